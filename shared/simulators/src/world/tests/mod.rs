//! Checks of the worlds: determinism, the money of linnworks.md 4.4, and how each order ought to end.

mod variety;

use std::collections::HashSet;
use std::str::FromStr;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Expectation, World, WorldOptions, number};

const SEEDS: [u64; 6] = [0, 1, 2, 42, 1_000_003, u64::MAX];

fn world(seed: u64, orders_count: u32) -> World {
    World::generate(
        seed,
        WorldOptions {
            orders_count,
            ..WorldOptions::default()
        },
    )
}

fn amount(value: &Value) -> Decimal {
    let text = value.to_string();
    Decimal::from_str(&text).unwrap_or_else(|_| panic!("{text} is not a plain decimal"))
}

fn items(order: &Value) -> &[Value] {
    order["Items"].as_array().unwrap()
}

fn sum(order: &Value, member: &str) -> Decimal {
    items(order).iter().map(|item| amount(&item[member])).sum()
}

fn text<'a>(order: &'a Value, pointer: &str) -> &'a str {
    order.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn processed(order: &Value) -> Timestamp {
    text(order, "/ProcessedDateTime").parse().unwrap()
}

#[test]
fn the_same_seed_gives_identical_json() {
    for seed in SEEDS {
        assert_eq!(world(seed, 60), world(seed, 60), "seed {seed}");
        let text = |world: World| serde_json::to_string(&world.order_values()).unwrap();
        assert_eq!(text(world(seed, 60)), text(world(seed, 60)), "seed {seed}");
    }
}

#[test]
fn another_seed_gives_other_orders() {
    let ids = |seed| {
        world(seed, 50)
            .orders
            .into_iter()
            .map(|made| text(&made.order, "/OrderId").to_owned())
    };
    let all: HashSet<String> = SEEDS.into_iter().flat_map(ids).collect();
    assert_eq!(all.len(), 50 * SEEDS.len());
}

#[test]
fn the_sequence_of_a_seed_never_changes() {
    // Fixed for ever: a failing seed printed by a test must still mean the same world next year.
    let mut random = super::Random::new(42, 7);
    let drawn = [random.next(), random.next()];
    assert_eq!(drawn, FIRST_DRAWS);
    assert_eq!(super::Random::new(1, 1).guid().len(), 36);
}

/// Computed by another implementation of SplitMix64, itself checked against the published vector of seed 1234567.
const FIRST_DRAWS: [u64; 2] = [14_058_948_260_004_896_255, 8_466_209_909_892_613_468];

#[test]
fn every_line_follows_the_formulas_for_inclusive_prices() {
    for seed in SEEDS {
        for made in &world(seed, 300).orders {
            for item in items(&made.order) {
                let (price, quantity) = (amount(&item["PricePerUnit"]), amount(&item["Quantity"]));
                let (discount, rate) = (amount(&item["Discount"]), amount(&item["TaxRate"]));
                let hundred = Decimal::ONE_HUNDRED;
                let including = price * quantity * (hundred - discount) / hundred;
                let cost = amount(&item["Cost"]);
                assert_eq!(
                    amount(&item["CostIncTax"]),
                    including,
                    "seed {seed} order {}",
                    made.number
                );
                assert_eq!(
                    cost,
                    (including * hundred / (hundred + rate)).round_dp(4),
                    "order {}",
                    made.number
                );
                assert_eq!(
                    amount(&item["Tax"]),
                    including - cost,
                    "seed {seed} order {}",
                    made.number
                );
                assert_eq!(
                    amount(&item["DiscountValue"]),
                    price * quantity * discount / hundred
                );
                assert_eq!(item["TaxCostInclusive"], true);
            }
        }
    }
}

#[test]
fn posted_orders_reconcile_in_both_ways_and_total_whole_pennies() {
    for seed in SEEDS {
        for made in &world(seed, 400).orders {
            let Expectation::Posted { total, currency } = &made.expectation else {
                continue;
            };
            let totals = &made.order["TotalsInfo"];
            let charge = amount(&totals["TotalCharge"]);
            let subtotal = amount(&totals["Subtotal"]);
            let postage = amount(&totals["PostageCost"]);
            let postage_excluding_tax = amount(&totals["PostageCostExTax"]);
            let context = format!("seed {seed} order {}", made.number);
            assert_eq!(
                charge,
                subtotal + postage_excluding_tax + amount(&totals["Tax"]),
                "{context}"
            );
            assert_eq!(charge, sum(&made.order, "CostIncTax") + postage, "{context}");
            assert_eq!(subtotal, sum(&made.order, "Cost"), "{context}");
            assert_eq!(
                amount(&totals["TotalDiscount"]),
                sum(&made.order, "DiscountValue"),
                "{context}"
            );
            assert!(charge.normalize().scale() <= 2, "{context}: {charge}");
            assert!(charge > Decimal::ZERO, "{context}");
            assert_eq!(
                (charge, totals["Currency"].as_str().unwrap()),
                (*total, currency.as_str()),
                "{context}"
            );
            assert_eq!(
                made.order["ShippingInfo"]["PostageCost"], totals["PostageCost"],
                "{context}"
            );
        }
    }
}

#[test]
fn ten_decimals_reconcile_too() {
    let options = WorldOptions {
        decimals: 10,
        orders_count: 300,
        ..WorldOptions::default()
    };
    for made in World::generate(9, options.without_anomalies()).orders {
        let totals = &made.order["TotalsInfo"];
        let parts = ["Subtotal", "PostageCostExTax", "Tax"].map(|name| amount(&totals[name]));
        assert_eq!(
            amount(&totals["TotalCharge"]),
            parts.into_iter().sum(),
            "order {}",
            made.number
        );
    }
}

#[test]
fn amounts_keep_their_decimal_text_through_json() {
    for text in ["23.325", "0.1", "4.665", "12345.6789", "10.0", "0.0"] {
        let value = number(Decimal::from_str(text).unwrap());
        assert_eq!(value.to_string(), text);
        let read: Value = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(read.to_string(), text);
    }
}

#[test]
fn a_later_batch_continues_the_numbers_and_repeats_no_id() {
    let first = world(5, 80);
    let options = WorldOptions {
        orders_count: 80,
        first_number: 100_081,
        ..WorldOptions::default()
    };
    let second = World::generate(5, options);
    let orders = || first.orders.iter().chain(&second.orders);
    let numbers: Vec<i32> = orders().map(|made| made.number).collect();
    assert_eq!(numbers, (100_001..100_161).collect::<Vec<_>>());
    let ids: HashSet<&str> = orders().map(|made| text(&made.order, "/OrderId")).collect();
    assert_eq!(ids.len(), 160);
}

#[test]
fn processed_times_rise_within_the_span() {
    let options = WorldOptions {
        orders_count: 500,
        ..WorldOptions::default()
    };
    let (until, start) = (options.until, options.until.checked_sub(options.span).unwrap());
    for seed in SEEDS {
        let orders = World::generate(seed, options.clone()).orders;
        let times: Vec<Timestamp> = orders.iter().map(|made| processed(&made.order)).collect();
        assert!(times.is_sorted(), "seed {seed}");
        assert!(times.iter().all(|time| *time <= until), "seed {seed}");
        let early = start.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
        assert!(times.iter().all(|time| *time >= early), "seed {seed}");
    }
}

#[test]
fn without_anomalies_every_order_is_to_be_posted() {
    let options = WorldOptions {
        orders_count: 1000,
        ..WorldOptions::default()
    }
    .without_anomalies();
    let orders = World::generate(3, options).orders;
    assert!(
        orders
            .iter()
            .all(|made| matches!(made.expectation, Expectation::Posted { .. }))
    );
}

#[test]
fn anomalies_come_in_the_usual_shares() {
    let orders = world(11, 10_000).orders;
    let count = |why: &str| {
        let named = |expectation: &Expectation| match expectation {
            Expectation::Skipped { why } | Expectation::Held { why } => *why,
            Expectation::Posted { .. } => "posted",
        };
        orders
            .iter()
            .filter(|made| named(&made.expectation) == why)
            .count()
    };
    assert!((240..360).contains(&count("cancelled")), "{}", count("cancelled"));
    let again = count("resend") + count("zero_value_resend") + count("exchange");
    assert!((60..140).contains(&again), "{again}");
    assert!(count("resend") > 0 && count("zero_value_resend") > 0 && count("exchange") > 0);
    assert!(
        (60..140).contains(&count("unknown_sku")),
        "{}",
        count("unknown_sku")
    );
    assert!(
        (25..80).contains(&count("totals_disagree")),
        "{}",
        count("totals_disagree")
    );
    assert_eq!(count("malformed"), 0);
}

#[test]
fn only_the_orders_held_for_it_have_an_unknown_sku() {
    let world = world(13, 3000);
    let known: HashSet<&str> = world.items.iter().map(|item| item.sku.as_str()).collect();
    for made in &world.orders {
        let is_known = |item: &Value| {
            let names = ["/SKU", "/ChannelSKU", "/ItemNumber"].map(|name| text(item, name));
            names
                .into_iter()
                .find(|name| !name.is_empty())
                .is_some_and(|name| known.contains(name))
        };
        let unknown = made.expectation == Expectation::Held { why: "unknown_sku" };
        assert_eq!(
            !items(&made.order).iter().all(is_known),
            unknown,
            "order {}",
            made.number
        );
    }
}

#[test]
fn totals_that_disagree_do_so_by_more_than_five_pennies() {
    let options = WorldOptions {
        totals_disagree_per_mille: 500,
        orders_count: 200,
        ..WorldOptions::default()
    };
    let orders = World::generate(17, options).orders;
    let disagree = Expectation::Held {
        why: "totals_disagree",
    };
    let wrong: Vec<_> = orders
        .iter()
        .filter(|made| made.expectation == disagree)
        .collect();
    assert!(wrong.len() > 50);
    for made in wrong {
        let totals = &made.order["TotalsInfo"];
        let lines = sum(&made.order, "CostIncTax") + amount(&totals["PostageCost"]);
        assert!(
            (amount(&totals["TotalCharge"]) - lines).abs() > Decimal::new(5, 2),
            "order {}",
            made.number
        );
    }
}

#[test]
fn malformed_orders_lack_a_total_or_a_currency() {
    let options = WorldOptions {
        malformed_per_mille: 1000,
        orders_count: 50,
        ..WorldOptions::default()
    };
    let options = WorldOptions {
        malformed_per_mille: 1000,
        ..options.without_anomalies()
    };
    for made in World::generate(19, options).orders {
        assert_eq!(made.expectation, Expectation::Held { why: "malformed" });
        let totals = &made.order["TotalsInfo"];
        assert!(totals["TotalCharge"].is_null() || totals["Currency"] == "");
    }
}

#[test]
fn cancelled_and_resent_orders_say_so() {
    for made in world(23, 3000).orders {
        let is_cancelled = made.order["GeneralInfo"]["HoldOrCancel"] == true;
        assert_eq!(
            is_cancelled,
            made.expectation == Expectation::Skipped { why: "cancelled" }
        );
        let charge = amount(&made.order["TotalsInfo"]["TotalCharge"]);
        match made.expectation {
            Expectation::Skipped { why: "resend" } => {
                assert_eq!(
                    (&made.order["GeneralInfo"]["Status"], charge.is_zero()),
                    (&Value::from(4), false)
                );
            }
            Expectation::Skipped {
                why: "zero_value_resend" | "exchange",
            } => {
                assert_eq!(
                    (&made.order["GeneralInfo"]["Status"], charge.is_zero()),
                    (&Value::from(4), true)
                );
            }
            _ => assert_eq!(made.order["GeneralInfo"]["Status"], 1),
        }
    }
}

#[test]
fn a_world_in_pounds_has_no_other_currency() {
    let currencies = |gbp_only| {
        let options = WorldOptions {
            gbp_only,
            orders_count: 300,
            ..WorldOptions::default()
        };
        let orders = World::generate(29, options).orders;
        let seen: HashSet<String> = orders
            .iter()
            .map(|made| text(&made.order, "/TotalsInfo/Currency").to_owned())
            .collect();
        let mut seen: Vec<String> = seen.into_iter().collect();
        seen.sort();
        seen
    };
    assert_eq!(currencies(true), ["GBP"]);
    assert_eq!(currencies(false), ["EUR", "GBP", "USD"]);
}

#[test]
fn companies_on_account_are_unpaid_and_have_a_tax_number() {
    let options = WorldOptions {
        unpaid_per_mille: 300,
        orders_count: 200,
        ..WorldOptions::default()
    };
    let orders = World::generate(31, options.without_anomalies()).orders;
    let unpaid: Vec<_> = orders
        .iter()
        .filter(|made| made.order["PaidDateTime"].is_null())
        .collect();
    assert!((30..90).contains(&unpaid.len()), "{}", unpaid.len());
    for made in unpaid {
        assert_eq!(made.order["GeneralInfo"]["Status"], 0);
        assert_eq!(made.order["GeneralInfo"]["Source"], "DIRECT");
        assert!(!text(&made.order, "/TaxId").is_empty());
        assert!(!text(&made.order, "/CustomerInfo/Address/Company").is_empty());
    }
}
