//! The error catalogue: single orders that cannot be posted, while the others are.
//!
//! In: an order, a list or a company that does not fit. Out: the messages, see `errors`. Each is held with its reason, exit code 3, and
//! posted once the cause is gone.

use jiff::Zoned;
use serde_json::{Value, json};
use simulators::quickbooks_online::{EntityKind, PreferencesSeed};

use crate::errors::Situation;

/// Runs into the mistake, then without it.
async fn hold(one: &Situation, name: &str, what: &str, held: usize) {
    one.catalogue(name, what, &["sync"], 3).await;
    let states = one.states().await;
    assert_eq!(
        states.iter().filter(|state| *state == "held").count(),
        held,
        "{states:?}"
    );
    assert_eq!(
        states.iter().filter(|state| *state == "posted").count(),
        states.len() - held,
        "{states:?}"
    );
}

async fn resync_all(one: &Situation) {
    let numbers: Vec<String> = (0..one.ids.len()).map(|at| one.number(at).to_string()).collect();
    let mut arguments = vec!["resync"];
    arguments.extend(numbers.iter().map(String::as_str));
    one.run(&arguments).await;
}

/// The SKU of the order's first line.
fn first_sku(one: &Situation) -> String {
    one.world.orders[0].order["Items"][0]["SKU"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_quickbooks_does_not_know_holds_its_order_until_the_item_is_there() {
    let one = Situation::open().await;
    let sku = first_sku(&one);
    assert!(
        one.linnworks
            .edit_order(&one.ids[0], |order| order["Items"][0]["SKU"] = "NEW-SKU".into())
    );
    hold(
        &one,
        "unknown_sku",
        "An order has a SKU that is not in QuickBooks.",
        1,
    )
    .await;
    let like: Value =
        serde_json::from_str(&one.quickbooks.books().item_with_sku(&sku).unwrap().json_text).unwrap();
    let item = json!({"Name": "New item", "Sku": "NEW-SKU", "Type": like["Type"],
        "IncomeAccountRef": like["IncomeAccountRef"], "ExpenseAccountRef": like["ExpenseAccountRef"]});
    one.quickbooks.create_by_hand(EntityKind::Item, &item).unwrap();
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_item_holds_its_order_until_it_is_active_again() {
    let one = Situation::open().await;
    let sku = first_sku(&one);
    let books = one.quickbooks.books();
    let item: Value = serde_json::from_str(&books.item_with_sku(&sku).unwrap().json_text).unwrap();
    let id = item["Id"].as_str().unwrap();
    one.quickbooks.deactivate_by_hand(EntityKind::Item, id).unwrap();
    let ended = one.run(&["sync"]).await;
    one.compare(
        "inactive_item",
        "An item was made inactive in QuickBooks.",
        &["sync"],
        &ended,
        3,
    )
    .await;
    one.quickbooks
        .edit_by_hand(
            EntityKind::Item,
            id,
            &json!({"Active": true, "Name": item["Name"]}),
        )
        .unwrap();
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_customer_holds_its_orders_until_it_is_active_again() {
    let one = Situation::open().await;
    one.post_first_order().await;
    let books = one.quickbooks.books();
    let made: Vec<_> = books
        .customers
        .iter()
        .filter(|customer| !customer.display_name.starts_with("Web Orders"))
        .collect();
    for customer in &made {
        one.quickbooks
            .deactivate_by_hand(EntityKind::Customer, &customer.id)
            .unwrap();
    }
    hold(
        &one,
        "inactive_customer",
        "The customer of the channel was made inactive in QuickBooks.",
        2,
    )
    .await;
    for customer in &made {
        let patch = json!({"Active": true, "DisplayName": customer.display_name});
        one.quickbooks
            .edit_by_hand(EntityKind::Customer, &customer.id, &patch)
            .unwrap();
    }
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tax_code_that_quickbooks_does_not_have_holds_every_order_until_the_setting_is_right() {
    let one = Situation::open().await;
    one.edit("settings.toml", "20.0% S", "20% VAT");
    one.catalogue(
        "settings_unknown_tax_code",
        "A tax code of the settings is not in QuickBooks.",
        &["sync"],
        3,
    )
    .await;
    one.edit("settings.toml", "20% VAT", "20.0% S");
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_quickbooks_does_not_have_holds_every_order_until_the_setting_is_right() {
    let one = Situation::open().await;
    one.edit("settings.toml", "Amazon Clearing", "Amazon Klearing");
    hold(
        &one,
        "settings_unknown_account",
        "An account of the settings is not in QuickBooks.",
        3,
    )
    .await;
    one.edit("settings.toml", "Amazon Klearing", "Amazon Clearing");
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_check_finds_what_the_company_does_not_have() {
    let one = Situation::open().await;
    one.edit("settings.toml", "Amazon Clearing", "Amazon Klearing");
    let ended = one.run(&["settings", "check"]).await;
    assert!(ended.stdout.contains("Amazon Klearing"), "{}", ended.stdout);
    assert_eq!(ended.code, 2);
    one.edit("settings.toml", "Amazon Klearing", "Amazon Clearing");
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_numbers_by_itself_is_told_what_to_switch_on() {
    let one = Situation::open_with(|company| company.preferences.custom_txn_numbers = false).await;
    hold(
        &one,
        "custom_numbers_off",
        "Custom transaction numbers are off in QuickBooks.",
        3,
    )
    .await;
    one.quickbooks
        .change_preferences(|preferences: &mut PreferencesSeed| preferences.custom_txn_numbers = true);
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_a_currency_that_is_off_is_held_and_the_others_are_posted() {
    let mut one = Situation::open_with(|company| {
        company.multicurrency = false;
        company.customers.clear();
        company.accounts.retain(|account| account.currency.is_none());
    })
    .await;
    let to_euro = |order: &mut Value| order["TotalsInfo"]["Currency"] = "EUR".into();
    assert!(one.linnworks.edit_order(&one.ids[0], to_euro));
    one.expect_absent(0);
    hold(
        &one,
        "multicurrency_off",
        "An order is in EUR, and multicurrency is off.",
        1,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_in_closed_books_are_held_until_the_books_are_open() {
    let one = Situation::open().await;
    one.quickbooks
        .close_books(Some(Zoned::now().date().tomorrow().unwrap()));
    hold(
        &one,
        "closed_books",
        "The books are closed on the day of the orders.",
        3,
    )
    .await;
    one.quickbooks.close_books(None);
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resync_by_hand_sees_that_the_books_were_opened() {
    let one = Situation::open().await;
    one.quickbooks
        .close_books(Some(Zoned::now().date().tomorrow().unwrap()));
    assert_eq!(one.run(&["sync"]).await.code, 3);
    one.quickbooks.close_books(None);
    resync_all(&one).await;
    assert_eq!(one.states().await, ["posted", "posted", "posted"]);
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_total_is_held_until_it_is_corrected_in_linnworks() {
    let one = Situation::open().await;
    let total = one.world.orders[0].order["TotalsInfo"]["TotalCharge"].clone();
    assert!(
        one.linnworks
            .edit_order(&one.ids[0], |order| order["TotalsInfo"]["TotalCharge"] =
                Value::Null)
    );
    hold(
        &one,
        "malformed_order",
        "Linnworks gives an order without a total.",
        1,
    )
    .await;
    assert!(
        one.linnworks
            .edit_order(&one.ids[0], |order| order["TotalsInfo"]["TotalCharge"] = total)
    );
    resync_all(&one).await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_lines_do_not_make_its_total_is_held() {
    let one = Situation::open().await;
    let total = one.world.orders[0].order["TotalsInfo"]["TotalCharge"].clone();
    assert!(
        one.linnworks
            .edit_order(&one.ids[0], |order| order["TotalsInfo"]["TotalCharge"] =
                json!(9_999))
    );
    hold(
        &one,
        "totals_disagree",
        "The lines of an order do not make its total.",
        1,
    )
    .await;
    assert!(
        one.linnworks
            .edit_order(&one.ids[0], |order| order["TotalsInfo"]["TotalCharge"] = total)
    );
    resync_all(&one).await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_linnworks_lists_and_does_not_return_is_held_until_it_comes() {
    let one = Situation::open().await;
    let id = one.ids[0].clone();
    one.linnworks
        .set_switches(|switches| switches.omitted_from_details = vec![id]);
    hold(
        &one,
        "order_not_returned",
        "Linnworks lists an order and leaves it out of the details.",
        1,
    )
    .await;
    one.linnworks
        .set_switches(|switches| switches.omitted_from_details = Vec::new());
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_document_has_is_a_conflict_until_a_person_decides() {
    let one = Situation::open().await;
    let number = one.number(0).to_string();
    let books = one.quickbooks.books();
    let item: Value = serde_json::from_str(&books.items[0].json_text).unwrap();
    let customer = &books.customers[0].id;
    let detail = json!({"ItemRef": {"value": item["Id"]}});
    let receipt = json!({
        "DocNumber": number, "CustomerRef": {"value": customer}, "CurrencyRef": {"value": "GBP"},
        "GlobalTaxCalculation": "NotApplicable",
        "Line": [{"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}]});
    let id = one
        .quickbooks
        .create_by_hand(EntityKind::SalesReceipt, &receipt)
        .unwrap();
    one.catalogue(
        "number_taken",
        "The bookkeeper has used an order's number for something else.",
        &["sync"],
        3,
    )
    .await;
    one.quickbooks
        .delete_by_hand(EntityKind::SalesReceipt, &id)
        .unwrap();
    let ended = one.run(&["resolve", &number, "--post"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    one.ends_well().await;
}
