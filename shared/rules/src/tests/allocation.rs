//! Matching nothing allocates nothing.

use super::{compile, order, read};
use crate::{Kind, fields};

/// Rules of every comparison, none of which matches the order.
fn misses() -> String {
    let mut text = String::from("rules:\n");
    for number in 0..500 {
        let condition = match number % 14 {
            0 => format!("{{ field: sku, equals: PART-{number} }}"),
            1 => format!("{{ field: sku, in_list: [PART-{number}, X] }}"),
            2 => format!("{{ field: title, contains: word{number} }}"),
            3 => format!("{{ field: sku, starts_with: P{number} }}"),
            4 => format!("{{ field: sku, ends_with: \"-{number}\" }}"),
            5 => format!("{{ field: shipping_amount, greater_than: {} }}", 100 + number),
            6 => "{ field: shipping_amount, less_than: 0 }".to_owned(),
            7 => "{ field: source, is_blank: true }".to_owned(),
            8 => "{ field: terms, is_not_blank: true }".to_owned(),
            9 => "{ field: source, not_equals: amazon }".to_owned(),
            10 => "{ field: source, does_not_contain: amaz, case: ignore }".to_owned(),
            11 => "{ field: extended_property.gift, equals: yes }".to_owned(),
            12 => "{ field: sku, regex: \"^[0-9]{9}$\" }".to_owned(),
            _ => {
                format!("{{ any: [{{ field: source, equals: A{number} }}, {{ field: class, equals: B }}] }}")
            }
        };
        text.push_str(&format!(
            "  - {{ name: r{number}, when: {condition}, then: [{{ map_memo: x }}] }}\n"
        ));
    }
    text.push_str("  - { name: elsewhere, connection: [Shop 2], when: always, then: [{ map_memo: x }] }\n");
    text
}

#[test]
fn a_document_that_no_rule_matches_is_run_without_allocating() {
    let rules = compile(&read(&misses()));
    let mut facts = order(&["Widget", "ÉCLAIR", "b"]);
    for line in 0..3 {
        facts.set_on_line(line, fields::TITLE, "Garden chair");
    }
    // The first run gives regular expressions their working memory.
    assert!(
        rules
            .run(&mut facts, Kind::Order, Some("Shop 1"))
            .fired
            .is_empty()
    );
    let counted = allocation_counter::measure(|| {
        assert!(
            rules
                .run(&mut facts, Kind::Order, Some("Shop 1"))
                .fired
                .is_empty()
        );
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn the_count_of_allocations_counts() {
    let rules = compile(&read(
        "rules: [{ name: r, when: { field: source, equals: amazon }, then: [{ map_memo: x }] }]",
    ));
    let mut facts = order(&[]);
    let counted = allocation_counter::measure(|| {
        assert_eq!(rules.run(&mut facts, Kind::Order, None).fired.len(), 1);
    });
    assert!(counted.count_total > 0);
}
