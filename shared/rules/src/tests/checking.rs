//! What the check finds, and what it leaves alone.

use super::read;
use crate::{NameKind, NameLookup, Names, NoNames};

fn check(text: &str) -> Vec<String> {
    read(text)
        .check(&NoNames)
        .iter()
        .map(|finding| format!("{} {} [{}]", finding.rule, finding.cause, finding.code))
        .collect()
}

fn codes(text: &str) -> Vec<String> {
    read(text)
        .check(&NoNames)
        .iter()
        .map(|finding| format!("{} {}", finding.rule, finding.code))
        .collect()
}

struct Company;

impl Names for Company {
    fn look_up(&self, kind: NameKind, name: &str) -> NameLookup {
        match (kind, name) {
            (NameKind::Class, "Online") | (NameKind::Item, "Widget") => NameLookup::Known,
            (NameKind::Site, _) => NameLookup::NotChecked,
            (NameKind::Class, _) => NameLookup::Unknown(vec!["Online".to_owned()]),
            _ => NameLookup::Unknown(Vec::new()),
        }
    }
}

#[test]
fn names_that_are_not_in_quickbooks_are_found_with_their_line() {
    let file = read(
        "rules:\n  - name: r\n    when: always\n    then:\n      - map_class: Onlin\n      - map_class: Online\n      - map_deposit_account: PayPal\n      \
         - map_site: B30\n      - map_memo: free\n      - add_line: { item: Wrap }\n  - name: t\n    when: { field: sku, in_table: yes }\n    \
         table: { A: Widget, B: Gadget }\n    then: [{ from_table: sku }]\n",
    );
    let found: Vec<String> = file.check(&Company).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "line 5: error: rule 'r': there is no class 'Onlin', which it writes to 'class' [unknown-name]\n  \
             Did you mean 'Online'? Correct the name, or add it there and refresh the lists.",
            "line 7: error: rule 'r': there is no account 'PayPal', which it writes to 'deposit_account' [unknown-name]\n  \
             Correct the name, or add it there and refresh the lists.",
            "line 10: error: rule 'r': there is no item 'Wrap', which it writes to 'item' [unknown-name]\n  \
             Correct the name, or add it there and refresh the lists.",
            "line 14: error: rule 't': there is no item 'Gadget', which it writes to 'sku' [unknown-name]\n  \
             Correct the name, or add it there and refresh the lists.",
        ]
    );
}

#[test]
fn rules_after_one_that_ends_every_document_never_run() {
    let text = |when: &str| {
        format!(
            "rules:\n  - {{ name: end, when: {when}, then: [{{ skip: no }}] }}\n  - {{ name: a, when: always, then: [{{ map_class: X }}] }}\n  \
             - {{ name: b, when: always, then: [{{ map_terms: X }}] }}\n  - {{ name: r, for: refund, when: always, then: [{{ map_class: X }}] }}\n"
        )
    };
    let wanted =
        "a it and the 1 rules after it never run: rule 'end' before them ends every document [unreachable]";
    assert_eq!(check(&text("always")), [wanted]);
    assert_eq!(check(&text("{ field: source, always: true }")), [wanted]);
    assert!(check(&text("{ field: source, equals: x }")).is_empty());
    assert!(check(&text("{ field: sku, always: true }")).is_empty());
}

#[test]
fn a_rule_that_an_earlier_one_always_ends_is_shadowed() {
    let text = |between: &str, second: &str| {
        format!(
            "rules:\n  - {{ name: first, when: {{ field: class, equals: A }}, then: [{{ map_memo: X }}], stop: true }}\n{between}  \
             - {{ name: second, when: {second}, then: [{{ map_terms: X }}] }}\n"
        )
    };
    let same = "{ field: class, equals: A }";
    let more = "{ all: [{ field: class, equals: A }, { field: source, equals: x }] }";
    assert_eq!(codes(&text("", same)), ["second shadowed"]);
    assert_eq!(codes(&text("", more)), ["second shadowed"]);
    assert!(codes(&text("", "{ field: class, equals: B }")).is_empty());
    let writes = "  - { name: writes, when: always, then: [{ map_class: A }] }\n";
    assert!(codes(&text(writes, same)).is_empty());
}

#[test]
fn a_value_that_is_always_replaced_is_found() {
    let text = |second: &str| {
        format!(
            "rules:\n  - {{ name: first, when: {{ field: source, equals: A }}, then: [{{ map_class: X }}] }}\n  \
             - {{ name: second, when: {{ field: source, equals: {second} }}, then: [{{ map_class: Y }}] }}\n"
        )
    };
    assert_eq!(codes(&text("A")), ["first overwritten"]);
    assert!(codes(&text("B")).is_empty());
}

#[test]
fn disabled_rules_and_actions_after_the_end_are_found() {
    let text = "rules:\n  - { name: a, enabled: no, when: always, then: [{ map_class: X }] }\n  \
                - { name: b, when: { field: source, equals: x }, then: [{ skip: no }, { map_class: X }] }\n";
    assert_eq!(codes(text), ["a disabled", "b action-after-end"]);
}

#[test]
fn conditions_that_never_fit_their_field_are_found() {
    let never = [
        (
            "{ field: shipping_country_code, equals: United Kingdom }",
            "the field has 2 letters",
        ),
        (
            "{ field: order status, in_list: [refunded, lost] }",
            "the field is one of unpaid, paid, return, pending, resend",
        ),
        (
            "{ field: order_book, contains: shut }",
            "the field is one of open, processed",
        ),
        (
            "{ field: order total, contains: GBP }",
            "the type of the field is money",
        ),
        (
            "{ field: received_date, starts_with: \"31/01\" }",
            "the type of the field is date",
        ),
        ("{ field: currency, ends_with: POUND }", "the field has 3 letters"),
    ];
    for (when, why) in never {
        let found = check(&format!(
            "rules: [{{ name: r, when: {when}, then: [{{ map_class: X }}] }}]"
        ));
        assert!(
            found.len() == 1 && found[0].ends_with(&format!("never holds: {why} [never-holds]")),
            "{found:?}"
        );
    }
    let sound = [
        "{ field: shipping_country_code, equals: gb }",
        "{ field: order status, in_list: [PAID, lost] }",
        "{ field: order total, contains: \".5\" }",
        "{ field: received_date, starts_with: 2026-01 }",
        "{ field: shipping_country_code, not_equals: United Kingdom }",
    ];
    for when in sound {
        assert!(
            check(&format!(
                "rules: [{{ name: r, when: {when}, then: [{{ map_class: X }}] }}]"
            ))
            .is_empty(),
            "{when}"
        );
    }
}

#[test]
fn contradictions_are_found_and_compatible_conditions_are_not() {
    let both = |left: &str, right: &str| {
        let text = format!(
            "rules: [{{ name: r, when: {{ all: [{{ {left} }}, {{ {right} }}] }}, then: [{{ map_class: X }}] }}]"
        );
        codes(&text) == ["r contradiction"]
    };
    let contradictions = [
        ("field: source, equals: A", "field: source, equals: B"),
        ("field: source, equals: A", "field: source, not_equals: a"),
        ("field: source, equals: AB", "field: source, does_not_contain: b"),
        ("field: source, starts_with: X", "field: source, equals: AB"),
        ("field: source, equals: A", "field: source, in_list: [B, C]"),
        ("field: source, is_blank: true", "field: source, equals: A"),
        (
            "field: source, is_not_blank: true",
            "field: source, is_blank: true",
        ),
        (
            "field: order total, greater_than: 5",
            "field: order total, less_than: 5",
        ),
        (
            "field: order total, greater_or_equal: 5",
            "field: order total, less_than: 5",
        ),
        (
            "field: order date, after: 2026-02-01",
            "field: order date, before: 2026-01-01",
        ),
        ("field: order total, equals: 5", "field: order total, equals: 6"),
    ];
    for (left, right) in contradictions {
        assert!(both(left, right), "{left} / {right}");
    }
    let compatible = [
        ("field: source, equals: A", "field: source, equals: a"),
        ("field: source, equals: A", "field: sub_source, equals: B"),
        (
            "field: source, equals: A",
            "field: source, not_equals: a, case: exact",
        ),
        ("field: folders, equals: A", "field: folders, equals: B"),
        (
            "field: order total, greater_or_equal: 5",
            "field: order total, less_or_equal: 5",
        ),
        (
            "field: order total, equals: 5",
            "field: order total, equals: 5.00",
        ),
        ("field: source, is_blank: true", "field: source, not_equals: A"),
    ];
    for (left, right) in compatible {
        assert!(!both(left, right), "{left} / {right}");
    }
}

#[test]
fn matches_is_said_to_mean_contains() {
    let found = codes(
        "rules: [{ name: r, when: { field: payment_method, matches: PayPal }, then: [{ map_class: X }] }]",
    );
    assert_eq!(found, ["r matches-is-contains"]);
}

#[test]
fn many_rows_with_one_suffix_are_reported_once() {
    let rows = |count: usize| {
        let rows: Vec<String> = (0..count)
            .map(|number| format!("S{number}-FBA: S{number}"))
            .collect();
        format!(
            "rules: [{{ name: t, when: {{ field: sku, in_table: true }}, table: {{ {} }}, then: [{{ from_table: sku }}] }}]",
            rows.join(", ")
        )
    };
    let file = read(&rows(10));
    let found = file.check(&NoNames);
    assert_eq!(
        found[0].cause,
        "10 rows from here on only take the suffix '-FBA' away from 'sku'"
    );
    assert_eq!(
        found[0].remedy,
        "One rule does it: when { field: sku, ends_with: \"-FBA\" } then { map: sku }."
    );
    assert!(codes(&rows(9)).is_empty());
    let rules: Vec<String> = (0..10)
        .map(|n| {
            format!(
                "{{ name: r{n}, when: {{ field: sku, equals: AMZ-{n} }}, then: [{{ map_sku: \"{n}\" }}] }}"
            )
        })
        .collect();
    let found = codes(&format!("rules: [{}]", rules.join(", ")));
    assert_eq!(found, ["r0 one-rule-would-do"]);
}

#[test]
fn findings_of_the_check_agree_with_what_runs() {
    // A rule that the check calls unreachable, shadowed or never holding must not fire, whatever the document.
    use super::property::{Random, random_file};
    let mut found_any = 0;
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let file = random_file(&mut random, 10);
        let dead: Vec<String> = file
            .check(&NoNames)
            .into_iter()
            .filter(|finding| matches!(finding.code, "unreachable" | "shadowed" | "contradiction"))
            .map(|finding| finding.rule)
            .collect();
        let whole_rule_dead = |name: &str| {
            let rule = file.rules.iter().find(|rule| rule.name.value == name).unwrap();
            // A contradiction inside an `any` does not make the whole rule dead.
            !format!("{:?}", rule.when).contains("Any(")
        };
        found_any += dead.len();
        for trial in 0..10 {
            let mut facts = super::order(&["A", "b-A", "AB"]);
            facts.set(crate::fields::CLASS, *random.pick(&["A", "ab", ""]));
            facts.set(crate::fields::TERMS, *random.pick(&["a", "12", ""]));
            let trace = super::run(&file, &mut facts);
            for fired in trace.fired {
                assert!(
                    !(dead.contains(&fired.name.to_string()) && whole_rule_dead(&fired.name)),
                    "seed {seed} trial {trial} {}",
                    fired.name
                );
            }
        }
    }
    assert!(found_any > 100, "{found_any}");
}
