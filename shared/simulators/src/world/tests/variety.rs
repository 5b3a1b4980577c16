//! Checks that every awkward case occurs in a world of ordinary size.

use std::collections::HashSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::super::{World, WorldItemKind};
use super::{amount, items, processed, text, world};

fn large() -> World {
    world(37, 2000)
}

fn any_order(world: &World, test: impl Fn(&Value) -> bool) -> bool {
    world.orders.iter().any(|made| test(&made.order))
}

fn any_line(world: &World, test: impl Fn(&Value) -> bool) -> bool {
    any_order(world, |order| items(order).iter().any(&test))
}

#[test]
fn lines_have_amounts_below_a_penny_odd_discounts_and_gifts() {
    let world = large();
    assert!(
        any_line(&world, |item| amount(&item["Cost"]) == Decimal::new(23_325, 3)),
        "cost below a penny"
    );
    assert!(
        any_line(&world, |item| amount(&item["CostIncTax"]).scale() > 2),
        "line total below a penny"
    );
    assert!(
        any_line(&world, |item| amount(&item["Discount"]) == Decimal::new(125, 1)),
        "discount of 12.5 %"
    );
    assert!(
        any_line(&world, |item| amount(&item["PricePerUnit"]).is_zero()),
        "gift"
    );
    assert!(
        any_line(&world, |item| item["Quantity"].as_i64() > Some(2)),
        "quantity"
    );
}

#[test]
fn lines_are_services_unlinked_and_composite() {
    let world = large();
    assert!(
        any_line(&world, |item| item["IsService"] == true && item["SKU"] == ""),
        "service without a SKU"
    );
    assert!(
        any_line(&world, |item| item["IsService"] == true && item["SKU"] != ""),
        "service with a SKU"
    );
    assert!(
        any_line(&world, |item| item["IsUnlinked"] == true && item["SKU"].is_null()),
        "unlinked"
    );
    let mut composites = 0;
    for made in &world.orders {
        for item in items(&made.order) {
            for child in item["CompositeSubItems"].as_array().unwrap() {
                composites += 1;
                assert!(amount(&child["CostIncTax"]).is_zero() && amount(&child["PricePerUnit"]).is_zero());
                assert!(
                    child["Quantity"].as_i64() >= item["Quantity"].as_i64(),
                    "multiplied out"
                );
            }
        }
    }
    assert!(composites > 0);
    assert!(world.items.iter().any(|item| item.kind == WorldItemKind::Service));
}

#[test]
fn orders_mix_rates_have_none_and_repeat_a_sku() {
    let world = large();
    let rates = |order: &Value| {
        items(order)
            .iter()
            .map(|item| amount(&item["TaxRate"]))
            .collect::<HashSet<_>>()
    };
    assert!(any_order(&world, |order| rates(order).len() > 1), "mixed rates");
    assert!(
        any_order(&world, |order| rates(order) == HashSet::from([Decimal::ZERO])),
        "no tax"
    );
    let is_twice = |order: &Value| {
        let [one, other] = items(order) else { return false };
        one["SKU"] == other["SKU"] && one["RowId"] != other["RowId"]
    };
    assert!(any_order(&world, is_twice), "one SKU on two rows");
}

#[test]
fn buyers_have_awkward_names_and_sometimes_no_billing_address() {
    let world = large();
    let name = |order: &Value| text(order, "/CustomerInfo/Address/FullName").to_owned();
    for part in [":", "'", "ATTN", "\u{5c71}", "&", "\u{f8}", "\""] {
        assert!(any_order(&world, |order| name(order).contains(part)), "{part}");
    }
    assert!(
        any_order(&world, |order| order["CustomerInfo"]["BillingAddress"].is_null()),
        "no billing address"
    );
    let billed_elsewhere = |order: &Value| {
        let customer = &order["CustomerInfo"];
        customer["BillingAddress"].is_object() && customer["BillingAddress"] != customer["Address"]
    };
    assert!(any_order(&world, billed_elsewhere), "another billing address");
    assert!(
        any_order(&world, |order| order["ExtendedProperties"][0]["Name"]
            == "GiftMessage"),
        "property"
    );
    assert!(any_order(&world, |order| !order["Notes"][0].is_null()), "note");
}

#[test]
fn references_are_long_and_not_unique() {
    let world = large();
    let reference = |order: &Value| text(order, "/GeneralInfo/ReferenceNum").to_owned();
    assert!(
        any_order(&world, |order| reference(order).starts_with("026-")),
        "Amazon reference"
    );
    assert!(
        any_order(&world, |order| reference(order).len() > 30),
        "long reference"
    );
    let is_repeated = |pair: &[super::super::WorldOrder]| {
        let [one, other] = pair else { return false };
        let source = |order: &Value| text(order, "/GeneralInfo/Source").to_owned();
        reference(&one.order) == reference(&other.order) && source(&one.order) != source(&other.order)
    };
    assert!(
        world.orders.windows(2).any(is_repeated),
        "one reference on two channels"
    );
}

#[test]
fn processed_times_coincide_and_have_up_to_seven_digits() {
    let world = large();
    let times: Vec<Timestamp> = world.orders.iter().map(|made| processed(&made.order)).collect();
    assert!(
        times.windows(2).any(|pair| pair[0] == pair[1]),
        "the same instant"
    );
    let digits = |order: &Value| {
        let written = text(order, "/ProcessedDateTime");
        written
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.trim_end_matches('Z').len())
    };
    let lengths: HashSet<usize> = world.orders.iter().map(|made| digits(&made.order)).collect();
    assert!(
        lengths.contains(&0) && lengths.contains(&2) && lengths.contains(&7),
        "{lengths:?}"
    );
    assert!(lengths.iter().all(|length| *length <= 7), "{lengths:?}");
}
