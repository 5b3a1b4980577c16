//! Which item a line gets, and which rows become lines.

use domain::lists::ListDetail;
use domain::{ItemRef, NewItemKind, ReasonCode};

use super::world::*;

fn first_item(sku: &str, text: &str) -> String {
    let mapped = document(map(&order_of(vec![row(sku, 1, "12", "20")], "0"), text));
    item_lines(&mapped)[0].item.name().to_owned()
}

fn held_for(sku: &str, text: &str) -> domain::Reason {
    held(map(&order_of(vec![row(sku, 1, "12", "20")], "0"), text))
}

#[test]
fn a_sku_matches_the_sku_field_or_the_name_or_the_full_name() {
    assert_eq!(first_item("widget", ""), "Widget");
    assert_eq!(first_item("Gadget", ""), "GADGET");
    assert_eq!(
        first_item("gadget", "[product]\nmatch_by = \"item_name\""),
        "GADGET"
    );
    assert_eq!(
        first_item("BLUE", "[product]\nmatch_by = \"item_name\""),
        "Hats:BLUE"
    );
    assert_eq!(
        first_item("hats:red", "[product]\nmatch_by = \"full_name\""),
        "Hats:RED"
    );
    assert_eq!(
        held_for("GADGET", "[product]\nmatch_by = \"sku\"").code,
        ReasonCode::UnknownItem
    );
}

#[test]
fn a_child_under_two_parents_is_held_and_not_guessed() {
    let reason = held_for("RED", "");
    assert_eq!(reason.code, ReasonCode::AmbiguousItem);
    assert!(reason.cause.contains("Shirts:RED, Hats:RED"), "{reason}");
    let text = "[product]\nmap = [{ sku = \"red\", item = \"Hats:RED\" }]";
    assert_eq!(first_item("RED", text), "Hats:RED");
}

#[test]
fn an_unknown_sku_is_held_with_the_line_that_maps_it() {
    let reason = held_for("NEW-1", "");
    assert_eq!(reason.code, ReasonCode::UnknownItem);
    assert!(
        reason.remedy.contains("{ sku = \"NEW-1\", item = \"...\" }"),
        "{reason}"
    );
    assert_eq!(
        first_item(
            "NEW-1",
            "[product]\nmap = [{ sku = \"NEW-1\", item = \"Widget\" }]"
        ),
        "Widget"
    );
}

#[test]
fn an_inactive_item_holds_the_order() {
    assert_eq!(held_for("OLD", "").code, ReasonCode::InactiveItem);
}

#[test]
fn an_active_item_of_that_name_beats_an_inactive_one_with_that_sku() {
    let order = order_of(vec![row("OLD", 1, "12", "20")], "0");
    let mapped = document(map_with(
        &order,
        "",
        &lists_with([item("95", "Parent:OLD", None)]),
        &company(),
    ));
    assert_eq!(item_lines(&mapped)[0].item.name(), "Parent:OLD");
}

#[test]
fn an_unknown_sku_is_created_with_the_configured_type_and_accounts() {
    let accounts = "income_account = \"Sales\"\nexpense_account = \"Cost of goods\"\nasset_account = \"Stock\"\ninventory_start_date = \"2020-01-01\"";
    let new_item = |missing: &str| {
        let text = format!("[product]\nmissing = \"{missing}\"\n{accounts}");
        let mapped = document(map(&order_of(vec![row("NEW:1", 1, "12", "20")], "0"), &text));
        let ItemRef::New(item) = item_lines(&mapped)[0].item.clone() else {
            panic!("not new")
        };
        item
    };
    let item = new_item("create_inventory");
    assert_eq!(
        (item.name.as_str(), item.sku.as_deref()),
        ("NEW-1", Some("NEW:1"))
    );
    assert_eq!(item.income_account.name, "Sales");
    assert!(
        matches!(item.kind, NewItemKind::Inventory { asset_account, .. } if asset_account.name == "Stock")
    );
    assert!(matches!(new_item("create_service").kind, NewItemKind::Service));
    let kind = new_item("create_non_inventory").kind;
    assert!(
        matches!(kind, NewItemKind::NonInventory { expense_account: Some(account) } if account.name == "Cost of goods")
    );
}

#[test]
fn a_row_without_sku_takes_the_channels_or_the_unlinked_item_or_is_held() {
    let mut order = order();
    order.lines[0].sku = None;
    assert_eq!(held(map(&order, "")).code, ReasonCode::UnknownItem);
    let unlinked = "[product]\nunlinked_item = \"GADGET\"";
    assert_eq!(
        item_lines(&document(map(&order, unlinked)))[0].item.name(),
        "GADGET"
    );
    order.lines[0].item_number = Some("WIDGET".to_owned());
    assert_eq!(
        item_lines(&document(map(&order, unlinked)))[0].item.name(),
        "Widget"
    );
    order.lines[0].channel_sku = Some("B07-UNKNOWN".to_owned());
    assert_eq!(held(map(&order, "")).code, ReasonCode::UnknownItem);
    assert_eq!(
        item_lines(&document(map(&order, unlinked)))[0].item.name(),
        "GADGET"
    );
}

#[test]
fn a_service_row_takes_the_service_item() {
    let mut order = order();
    order.lines[0].sku = None;
    order.lines[0].is_service = true;
    assert!(held(map(&order, "")).remedy.contains("product.service_item"));
    let mapped = document(map(&order, "[product]\nservice_item = \"GADGET\""));
    assert_eq!(item_lines(&mapped)[0].item.name(), "GADGET");
}

#[test]
fn a_composite_is_posted_as_its_parent_and_never_loses_its_components_money() {
    let mut order = order();
    order.lines[0].children = vec![row("PART", 4, "0", "20")];
    let mapped = document(map(&order, ""));
    assert_eq!(mapped.lines.len(), 2);
    order.lines[0].children = vec![row("PART", 4, "19.98", "20")];
    order.lines[0].cost = decimal("0");
    order.lines[0].cost_inc_tax = decimal("0");
    let reason = held(map(&order, ""));
    assert_eq!(reason.code, ReasonCode::TotalsDisagree);
    assert!(reason.cause.contains("19.98"), "{reason}");
}

#[test]
fn a_free_gift_stays_as_a_line_unless_the_setting_drops_it() {
    let order = order_of(
        vec![row("WIDGET", 1, "12", "20"), row("GADGET", 2, "0", "20")],
        "0",
    );
    let kept = document(map(&order, ""));
    let gift = item_lines(&kept)[1].clone();
    assert_eq!(
        (gift.quantity, gift.unit_price),
        (Some(decimal("2")), Some(decimal("0")))
    );
    let dropped = document(map(&order, "[product]\nzero_value_lines = \"drop\""));
    assert_eq!(dropped.lines.len(), 1);
}

#[test]
fn a_row_with_value_and_without_quantity_is_held() {
    let order = order_of(vec![row("WIDGET", 0, "12", "20")], "0");
    assert_eq!(held(map(&order, "")).code, ReasonCode::ZeroQuantity);
}

#[test]
fn an_order_whose_rows_are_all_dropped_is_held() {
    let order = order_of(vec![row("WIDGET", 1, "0", "20")], "0");
    let text = "[orders]\nzero_value_orders = \"post\"\n[product]\nzero_value_lines = \"drop\"";
    assert_eq!(held(map(&order, text)).code, ReasonCode::NoLines);
}

#[test]
fn a_category_and_an_item_that_starts_later_cannot_be_sold() {
    let item = |item_type: &str, start: Option<&str>| {
        entry_of(
            "50",
            "Box",
            ListDetail::Item {
                short_name: "Box".to_owned(),
                sku: Some("BOX".to_owned()),
                item_type: item_type.to_owned(),
                start_date: start.map(|start| start.parse().unwrap()),
            },
        )
    };
    let order = order_of(vec![row("BOX", 1, "12", "20")], "0");
    for entry in [item("Category", None), item("Inventory", Some("2026-03-03"))] {
        let reason = held(map_with(&order, "", &lists_with([entry]), &company()));
        assert_eq!(reason.code, ReasonCode::BadReference);
    }
    document(map_with(
        &order,
        "",
        &lists_with([item("Inventory", Some("2026-03-02"))]),
        &company(),
    ));
}

#[test]
fn postage_needs_the_shipping_line_of_quickbooks_or_an_item() {
    let mut company = company();
    company.preferences.allow_shipping = false;
    let reason = held(map_with(&order(), "", &lists(), &company));
    assert_eq!(reason.code, ReasonCode::SettingUnusable);
    let mapped = document(map_with(
        &order(),
        "[shipping]\nitem = \"Postage\"",
        &lists(),
        &company,
    ));
    let postage = item_lines(&mapped)[1];
    assert_eq!(postage.item.name(), "Postage");
    assert_eq!(
        (postage.quantity, postage.unit_price),
        (Some(decimal("1")), Some(decimal("3.35")))
    );
}
