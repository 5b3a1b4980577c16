//! Rule tests that stand in the rules file.

use super::read;
use crate::{Facts, fields};

const FILE: &str = "\
rules:
  - name: Amazon DE sales
    when: { all: [{ field: source, equals: AMAZON }, { field: sub_source, equals: Amazon DE }] }
    then: [{ map_document_type: sales_receipt }, { map_deposit_account: Clearing - Amazon EU }]
    stop: true
  - name: strip FBA
    when: { field: sku, ends_with: \"-FBA\" }
    then: [{ map_sku: }]
  - name: anything else
    when: { field: source, not_equals: SHOP }
    then: [{ hold: no rule for this sub source }]
tests:
  - name: amazon_de_order_posts_to_the_eu_clearing_account
    given: { source: AMAZON, sub_source: Amazon DE, total_charge: 119.00 }
    expect: { document_type: sales_receipt, deposit_account: Clearing - Amazon EU, rules: [Amazon DE sales] }
  - name: unknown_channel_is_held
    given: { source: ETSY }
    expect: { held: no rule for this sub source }
  - name: fba_is_stripped
    given: { source: SHOP, lines: [{ sku: ABC-FBA, quantity: 1.0 }, { sku: ABC }], extended_properties: { Gift: NO } }
    expect: { lines: [{ sku: ABC, quantity: 1 }, { sku: ABC }], extended_property.gift: NO, deposit_account: }
";

#[test]
fn tests_in_the_file_pass() {
    let results = read(FILE).run_tests(&|_| None).unwrap();
    let told: Vec<String> = results.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "ok     amazon_de_order_posts_to_the_eu_clearing_account",
            "ok     unknown_channel_is_held",
            "ok     fba_is_stripped"
        ]
    );
}

#[test]
fn a_failing_test_shows_the_facts_the_trace_and_the_difference() {
    let file = read(
        "rules:\n  - { name: a, when: { field: source, equals: X }, then: [{ map_class: A }] }\n  \
         - { name: b, when: { all: [{ field: source, equals: X }, { field: terms, equals: net }] }, then: [{ map_class: B }] }\ntests:\n  \
         - { name: t, given: { source: X, lines: [{ sku: S }] }, expect: { class: B, skipped: why, rules: [b], lines: [{ sku: T }, {}] } }\n",
    );
    let results = file.run_tests(&|_| None).unwrap();
    assert!(!results[0].passed());
    insta::assert_snapshot!(results[0].to_string());
}

#[test]
fn fixtures_come_from_the_caller_and_a_missing_one_fails_the_test() {
    let file = read(
        "rules: [{ name: a, when: { field: source, equals: X }, then: [{ map_class: A }] }]\ntests:\n  \
         - { name: t, fixture: order 7, expect: { class: A } }\n  - { name: u, fixture: order 8, expect: { class: A } }\n",
    );
    let find = |name: &str| {
        let mut facts = Facts::new();
        facts.set(fields::SOURCE, "x");
        (name == "order 7").then_some(facts)
    };
    let results = file.run_tests(&find).unwrap();
    assert_eq!([results[0].passed(), results[1].passed()], [true, false]);
    assert_eq!(
        results[1].differences[0].to_string(),
        "fixture: expected 'fixture order 8', got 'no such document'"
    );
}
