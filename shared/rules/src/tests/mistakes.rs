//! The catalogue of mistakes in rules files: each with the whole message that a person reads.

use crate::RuleFile;

/// A mistake by name, and the smallest file that has it.
const MISTAKES: &[(&str, &str)] = &[
    ("not yaml", "rules:\n  - name: [a\n"),
    ("tab as indentation", "rules:\n\t- name: a\n"),
    ("unknown key of the file", "rulez:\n  - name: a\n"),
    ("rules are no list", "rules: a\n"),
    ("rule is no map", "rules: [a]\n"),
    (
        "name missing",
        "rules: [{ when: always, then: [{ map_class: X }] }]\n",
    ),
    (
        "name twice",
        "rules:\n  - { name: a, when: always, then: [{ map_class: X }] }\n  - { name: A, when: always, then: [{ map_terms: X }] }\n",
    ),
    (
        "when missing",
        "rules:\n  - name: a\n    then: [{ map_class: X }]\n",
    ),
    ("then missing", "rules:\n  - name: a\n    when: always\n"),
    ("then empty", "rules:\n  - { name: a, when: always, then: [] }\n"),
    (
        "unknown key of a rule",
        "rules:\n  - name: a\n    wen: always\n    when: always\n    then: [{ map_class: X }]\n",
    ),
    (
        "key twice",
        "rules:\n  - name: a\n    when: always\n    when: always\n    then: [{ map_class: X }]\n",
    ),
    (
        "unknown kind",
        "rules:\n  - { name: a, for: refunds, when: always, then: [{ map_class: X }] }\n",
    ),
    (
        "flag",
        "rules:\n  - { name: a, enabled: maybe, when: always, then: [{ map_class: X }] }\n",
    ),
    (
        "null",
        "rules:\n  - { name: a, when: { field: sku, equals: null }, then: [{ map_class: X }] }\n",
    ),
    (
        "alias",
        "rules:\n  - { name: &a b, when: *a, then: [{ map_class: X }] }\n",
    ),
    (
        "tag",
        "rules:\n  - { name: !!str a, when: always, then: [{ map_class: X }] }\n",
    ),
    (
        "when is a word",
        "rules:\n  - { name: a, when: never, then: [{ map_class: X }] }\n",
    ),
    (
        "and mixed with or",
        "rules:\n  - name: a\n    when:\n      - { field: source, equals: A }\n      - and: { field: terms, equals: B }\n      - or: { field: memo, equals: C }\n    then: [{ map_class: X }]\n",
    ),
    (
        "and or or not said",
        "rules:\n  - name: a\n    when:\n      - { field: source, equals: A }\n      - { field: terms, equals: B }\n    then: [{ map_class: X }]\n",
    ),
    (
        "all beside any",
        "rules:\n  - name: a\n    when:\n      all: [{ field: source, equals: A }]\n      any: [{ field: source, equals: B }]\n    then: [{ map_class: X }]\n",
    ),
    (
        "empty group",
        "rules:\n  - { name: a, when: { any: [] }, then: [{ map_class: X }] }\n",
    ),
    (
        "field missing",
        "rules:\n  - { name: a, when: { equals: A }, then: [{ map_class: X }] }\n",
    ),
    (
        "comparison missing",
        "rules:\n  - { name: a, when: { field: source }, then: [{ map_class: X }] }\n",
    ),
    (
        "unknown field",
        "rules:\n  - { name: a, when: { field: sub_sorce, equals: A }, then: [{ map_class: X }] }\n",
    ),
    (
        "field of another kind",
        "rules:\n  - { name: a, when: { field: supplier_name, equals: A }, then: [{ map_class: X }] }\n",
    ),
    (
        "unknown comparison",
        "rules:\n  - { name: a, when: { field: source, equal_too: A }, then: [{ map_class: X }] }\n",
    ),
    (
        "two comparisons",
        "rules:\n  - { name: a, when: { field: source, equals: A, contains: B }, then: [{ map_class: X }] }\n",
    ),
    (
        "value missing",
        "rules:\n  - { name: a, when: { field: source, equals: \"\" }, then: [{ map_class: X }] }\n",
    ),
    (
        "value of a comparison without one",
        "rules:\n  - { name: a, when: { field: source, is_blank: no }, then: [{ map_class: X }] }\n",
    ),
    (
        "list for one value",
        "rules:\n  - { name: a, when: { field: source, equals: [A, B] }, then: [{ map_class: X }] }\n",
    ),
    (
        "empty list",
        "rules:\n  - { name: a, when: { field: source, in_list: [] }, then: [{ map_class: X }] }\n",
    ),
    (
        "number expected",
        "rules:\n  - { name: a, when: { field: order total, greater_than: \"£300\" }, then: [{ map_class: X }] }\n",
    ),
    (
        "exponent as number",
        "rules:\n  - { name: a, when: { field: order total, greater_than: 1e5 }, then: [{ map_class: X }] }\n",
    ),
    (
        "date expected",
        "rules:\n  - { name: a, when: { field: order date, less_than: 1/1/2022 }, then: [{ map_class: X }] }\n",
    ),
    (
        "greater on text",
        "rules:\n  - { name: a, when: { field: source, greater_than: 5 }, then: [{ map_class: X }] }\n",
    ),
    (
        "bad regex",
        "rules:\n  - { name: a, when: { field: sku, regex: \"(a\" }, then: [{ map_class: X }] }\n",
    ),
    (
        "look-ahead in a regex",
        "rules:\n  - { name: a, when: { field: sku, regex: \"a(?=b)\" }, then: [{ map_class: X }] }\n",
    ),
    (
        "regex too large",
        "rules:\n  - { name: a, when: { field: sku, regex: \"(\\\\w{100}){100}\" }, then: [{ map_class: X }] }\n",
    ),
    (
        "unknown case",
        "rules:\n  - { name: a, when: { field: sku, equals: A, case: upper }, then: [{ map_class: X }] }\n",
    ),
    (
        "table missing",
        "rules:\n  - { name: a, when: { field: sku, in_table: true }, then: [{ from_table: sku }] }\n",
    ),
    (
        "table value twice",
        "rules:\n  - name: a\n    when: { field: sku, in_table: true }\n    table: { A: X, a: Y }\n    then: [{ from_table: sku }]\n",
    ),
    (
        "table without a left value",
        "rules:\n  - { name: a, when: { field: sku, in_table: true }, table: { \"\": X }, then: [{ from_table: sku }] }\n",
    ),
    (
        "table not compared",
        "rules:\n  - { name: a, when: always, table: { A: X }, then: [{ from_table: sku }] }\n",
    ),
    (
        "unknown action",
        "rules:\n  - { name: a, when: always, then: [{ map_clas: X }] }\n",
    ),
    (
        "two actions in one map",
        "rules:\n  - { name: a, when: always, then: [{ map_class: X, map_terms: Y }] }\n",
    ),
    (
        "unknown key of an action",
        "rules:\n  - { name: a, when: always, then: [{ strip: sku, sufix: X }] }\n",
    ),
    (
        "argument missing",
        "rules:\n  - { name: a, when: always, then: [{ set: class }] }\n",
    ),
    (
        "field that cannot be written",
        "rules:\n  - { name: a, when: always, then: [{ set: order_number, to: X }] }\n",
    ),
    (
        "constant of the wrong type",
        "rules:\n  - { name: a, when: always, then: [{ map_shipping_amount: free }] }\n",
    ),
    (
        "unknown document type",
        "rules:\n  - { name: a, when: always, then: [{ map_document_type: receipt }] }\n",
    ),
    (
        "no currency code",
        "rules:\n  - { name: a, when: always, then: [{ map_currency: Euro }] }\n",
    ),
    (
        "copy of another type",
        "rules:\n  - { name: a, when: always, then: [{ copy: source, to: date }] }\n",
    ),
    (
        "nothing compared to copy",
        "rules:\n  - { name: a, when: always, then: [{ map_store_name: }] }\n",
    ),
    (
        "several compared to copy",
        "rules:\n  - { name: a, when: { all: [{ field: source, equals: A }, { field: terms, equals: B }] }, then: [{ map_store_name: }] }\n",
    ),
    (
        "nothing to strip",
        "rules:\n  - { name: a, when: { field: sku, contains: X }, then: [{ strip: sku }] }\n",
    ),
    (
        "template with an unknown field",
        "rules:\n  - { name: a, when: always, then: [{ map_memo: \"{refrence}\" }] }\n",
    ),
    (
        "template with a lone brace",
        "rules:\n  - { name: a, when: always, then: [{ map_memo: \"a } b\" }] }\n",
    ),
    (
        "separator missing",
        "rules:\n  - { name: a, when: always, then: [{ split_sku: left }] }\n",
    ),
    (
        "unknown side",
        "rules:\n  - { name: a, when: always, then: [{ split_sku: middle, separator: \"-\" }] }\n",
    ),
    (
        "factor zero",
        "rules:\n  - { name: a, when: always, then: [{ multiply_quantity: 0 }] }\n",
    ),
    (
        "bad surcharge",
        "rules:\n  - { name: a, when: always, then: [{ add_surcharge: ten percent }] }\n",
    ),
    (
        "skip without reason",
        "rules:\n  - { name: a, when: always, then: [{ skip: }] }\n",
    ),
    (
        "line of a new line unknown",
        "rules:\n  - { name: a, when: always, then: [{ add_line: { item: X, class: Y } }] }\n",
    ),
    (
        "division of an order",
        "rules:\n  - { name: a, when: always, then: [{ divide_quantity: 2 }] }\n",
    ),
    (
        "surcharge on stock",
        "rules:\n  - { name: a, for: stock, when: always, then: [{ add_surcharge: 2 }] }\n",
    ),
    (
        "test without facts",
        "tests:\n  - { name: t, expect: { class: X } }\n",
    ),
    (
        "test without expectation",
        "tests:\n  - { name: t, given: { source: X } }\n",
    ),
    (
        "line field on the document of a test",
        "tests:\n  - { name: t, given: { sku: X }, expect: {} }\n",
    ),
    (
        "value of the wrong type in a test",
        "tests:\n  - { name: t, given: { total_charge: much }, expect: {} }\n",
    ),
    (
        "skipped and held",
        "tests:\n  - { name: t, given: {}, expect: { skipped: a, held: b } }\n",
    ),
];

#[test]
fn every_catalogued_mistake_is_refused_with_place_cause_and_remedy() {
    let mut page = String::new();
    for (name, text) in MISTAKES {
        let errors = RuleFile::parse("rules.yaml", text).expect_err(name);
        page.push_str(&format!("## {name}\n\n"));
        for error in errors {
            assert!(
                error.line > 0 && !error.cause.is_empty() && !error.remedy.is_empty(),
                "{name}: {error}"
            );
            page.push_str(&format!("{error}\n\n"));
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let text = "rules:\n  - { name: a, when: { field: sorce, equals: A }, then: [{ map_clas: X }] }\n  - { name: b, when: never, then: [] }\n";
    let errors = RuleFile::parse("rules.yaml", text).unwrap_err();
    let codes: Vec<(usize, &str)> = errors.iter().map(|error| (error.line, error.code)).collect();
    assert_eq!(
        codes,
        [
            (2, "unknown-field"),
            (2, "unknown-action"),
            (3, "condition-expected"),
            (3, "then-missing")
        ]
    );
}
