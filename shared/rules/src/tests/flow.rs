//! How rules follow each other: ends, chaining, lines, stock updates.

use super::{number, one_rule, order, read, run, run_kind, shown, shown_on_line};
use crate::{Facts, Kind, Outcome, Value, fields};

#[test]
fn skip_and_hold_end_the_run_with_reason_and_rule() {
    let file = read(
        "rules:\n  - { name: test orders, when: { field: reference, contains: az }, then: [{ skip: a test }] }\n  \
         - { name: later, when: always, then: [{ map_class: X }] }\n",
    );
    let mut facts = order(&[]);
    let trace = run(&file, &mut facts);
    assert_eq!(
        trace.outcome,
        Outcome::Skipped {
            rule: "test orders".into(),
            reason: "a test".into()
        }
    );
    assert_eq!(shown(&facts, fields::CLASS), "");
    let trace = run(&one_rule("always", "{ hold: look }"), &mut order(&[]));
    assert_eq!(
        trace.outcome,
        Outcome::Held {
            rule: "r".into(),
            reason: "look".into()
        }
    );
}

#[test]
fn stop_keeps_later_rules_from_running() {
    let file = read(
        "rules:\n  - { name: a, when: always, then: [{ map_class: A }], stop: true }\n  \
         - { name: b, when: always, then: [{ map_class: B }] }\n",
    );
    let mut facts = order(&[]);
    let trace = run(&file, &mut facts);
    assert_eq!(
        (
            trace.fired.len(),
            trace.fired[0].stopped,
            shown(&facts, fields::CLASS).as_str()
        ),
        (1, true, "A")
    );
}

#[test]
fn a_line_that_a_rule_adds_is_seen_by_later_rules() {
    let file = read(
        "rules:\n  - { name: wrap, when: { field: source, equals: amazon }, then: [{ add_line: { sku: WRAP, quantity: 1 } }] }\n  \
         - { name: map, when: { field: sku, equals: wrap }, then: [{ map_item: Gift wrap }] }\n",
    );
    let mut facts = order(&["A"]);
    let trace = run(&file, &mut facts);
    assert_eq!(trace.fired.len(), 2);
    assert_eq!(
        (facts.line_count(), facts.is_added(0), facts.is_added(1)),
        (2, false, true)
    );
    assert_eq!(shown_on_line(&facts, 1, fields::ITEM), "Gift wrap");
}

#[test]
fn a_table_maps_many_values_in_one_rule() {
    let file = read(
        "rules:\n  - name: skus\n    when: { field: sku, in_table: true }\n    table: { ABC: Widget, XYZ: Gadget }\n    \
         then: [{ from_table: sku }]\n",
    );
    let mut facts = order(&["abc", "xyz", "other", "Widget"]);
    let trace = run(&file, &mut facts);
    let skus: Vec<String> = (0..4)
        .map(|line| shown_on_line(&facts, line, fields::SKU))
        .collect();
    assert_eq!(skus, ["Widget", "Gadget", "other", "Widget"]);
    assert_eq!(trace.fired[0].changes.len(), 2);
}

#[test]
fn rules_apply_top_down_and_the_second_sees_what_the_first_did() {
    let file = read(
        "rules:\n  - { name: late, when: { field: class, equals: B }, then: [{ map_terms: never }] }\n  \
         - { name: r1, when: { field: source, equals: amazon }, then: [{ map_class: A }] }\n  \
         - { name: r2, when: { field: class, equals: a }, then: [{ map_class: B }] }\n  \
         - { name: r3, when: { all: [{ field: class, starts_with: b }, { field: class, not_equals: A }] }, then: [{ map_memo: \"{class}\" }] }\n",
    );
    let mut facts = order(&[]);
    let trace = run(&file, &mut facts);
    let told: Vec<String> = trace
        .fired
        .iter()
        .flat_map(|fired| {
            fired
                .changes
                .iter()
                .map(move |change| format!("{} {change}", fired.name))
        })
        .collect();
    assert_eq!(
        told,
        [
            "r1 class: '' -> 'A'",
            "r2 class: 'A' -> 'B'",
            "r3 memo: '' -> 'B'"
        ]
    );
    assert_eq!(shown(&facts, fields::TERMS), "");
}

#[test]
fn actions_of_a_rule_do_not_change_which_lines_it_matched() {
    let mut facts = order(&["A", "A"]);
    let trace = run(
        &one_rule(
            "{ field: sku, equals: A }",
            "{ map_sku: B }, { map_line_class: X }",
        ),
        &mut facts,
    );
    assert_eq!(trace.fired[0].changes.len(), 4);
    assert_eq!(shown_on_line(&facts, 1, fields::LINE_CLASS), "X");
}

#[test]
fn a_document_action_reads_line_fields_from_the_first_line_that_matched() {
    let mut facts = order(&["A", "B-1", "B-2"]);
    run(
        &one_rule("{ field: sku, starts_with: B }", "{ copy: sku, to: memo }"),
        &mut facts,
    );
    assert_eq!(shown(&facts, fields::MEMO), "B-1");
}

#[test]
fn a_value_that_does_not_fit_its_field_is_left_alone_with_a_warning() {
    let mut facts = order(&[]);
    facts.push_extended("postage", "free");
    let trace = run(
        &one_rule(
            "always",
            "{ copy: extended_property.postage, to: shipping_amount }",
        ),
        &mut facts,
    );
    assert_eq!(shown(&facts, fields::SHIPPING_AMOUNT), "4.5");
    assert_eq!(
        trace.warnings,
        ["rule 'r': 'free' does not fit the type money, so 'shipping_amount' stays as it is"]
    );
}

#[test]
fn a_sum_that_is_too_large_is_left_alone_with_a_warning() {
    let mut facts = order(&["A"]);
    facts.set_on_line(0, fields::QUANTITY, Value::Number(rust_decimal::Decimal::MAX));
    facts.set(fields::SHIPPING_AMOUNT, Value::Number(rust_decimal::Decimal::MAX));
    let trace = run(
        &one_rule("always", "{ multiply_quantity: 3 }, { add_surcharge: \"50%\" }"),
        &mut facts,
    );
    assert_eq!(trace.warnings.len(), 2);
}

#[test]
fn a_stock_update_is_excluded_multiplied_divided_and_sent_to_a_location() {
    let rule = |when: &str, then: &str| {
        read(&format!(
            "rules:\n  - name: r\n    for: stock\n    when: {when}\n    then: [{then}]\n"
        ))
    };
    let stock = || {
        let mut facts = Facts::new();
        facts.set(fields::PRODUCT_SKU, "PACK-3");
        facts.set(fields::STOCK_SKU, "PACK-3");
        facts.set(fields::STOCK_LEVEL, number("10"));
        facts
    };
    let level = |then: &str| {
        let mut facts = stock();
        run_kind(
            &rule("{ field: sku, starts_with: pack- }", then),
            &mut facts,
            Kind::Stock,
            None,
        );
        [fields::STOCK_LEVEL, fields::STOCK_SKU, fields::STOCK_LOCATION].map(|field| shown(&facts, field))
    };
    assert_eq!(level("{ multiply_quantity: 3 }")[0], "30");
    assert_eq!(level("{ divide_quantity: 3 }")[0], "3");
    assert_eq!(level("{ map_location: Enchantress }")[2], "Enchantress");
    assert_eq!(level("{ map: location, to: Enchantress }")[2], "Enchantress");
    assert_eq!(level("{ map_sku: P3 }")[1], "P3");
    let file = rule(
        "{ field: sku, equals: pack-3 }",
        "{ exclude product from inventory sync: not sold }",
    );
    let trace = run_kind(&file, &mut stock(), Kind::Stock, None);
    assert_eq!(
        trace.outcome,
        Outcome::Skipped {
            rule: "r".into(),
            reason: "not sold".into()
        }
    );
}
