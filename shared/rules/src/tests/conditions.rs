//! The golden table of every comparison, type and case, and the truth tables of groups.

use super::{compile, number, one_rule, order, run};
use crate::{Facts, Kind, Operator, Takes, Value, fields};

/// The values of the golden table: text in two cases, blank, number, date, list.
fn sample() -> Facts {
    let mut facts = Facts::new();
    facts.set(fields::SOURCE, "Amazon UK");
    facts.set(fields::SUB_SOURCE, "  ");
    facts.set(fields::TOTAL_CHARGE, number("12.50"));
    facts.set(
        fields::RECEIVED_DATE,
        "2026-01-31".parse::<jiff::civil::Date>().unwrap(),
    );
    facts.set(fields::FOLDERS, vec!["Urgent".to_owned(), "VIP".to_owned()]);
    facts.push_extended("Gift", "Yes 12");
    facts.push_extended("Weight", "7.5");
    facts
}

fn holds(field: &str, operator: &str, value: &str, exact: bool) -> Result<bool, String> {
    let case = if exact { ", case: exact" } else { "" };
    let text = format!(
        "rules: [{{ name: r, when: {{ field: {field}, {operator}: {value}{case} }}, then: [{{ map_class: X }}] }}]"
    );
    let file = crate::RuleFile::parse("rules.yaml", &text).map_err(|errors| errors[0].code.to_owned())?;
    let mut facts = sample();
    let trace = compile(&file).run(&mut facts, Kind::Order, None);
    let scanned = compile(&file).scan(&mut sample(), Kind::Order, None);
    assert_eq!(trace, scanned);
    Ok(!trace.fired.is_empty())
}

#[test]
fn golden_table_of_every_comparison_type_and_case() {
    let cells: &[(&str, &[&str])] = &[
        (
            "source",
            &[
                "Amazon UK",
                "AMAZON uk",
                "amazon",
                "AMAZON",
                "UK",
                "uk",
                "maz",
                "x",
            ],
        ),
        ("sub_source", &["EBAY1"]),
        ("reference", &["AZ"]),
        ("total_charge", &["12.5", "12.50", "12", "13", "2.5"]),
        ("received_date", &["2026-01-31", "2026-02-01", "2026-01-30"]),
        ("folders", &["urgent", "VIP", "vip", "IP", "other"]),
        ("extended_property.gift", &["yes 12", "Yes", "7"]),
        ("extended_property.weight", &["7.5", "7.50", "8", "2026-01-01"]),
        ("extended_property.absent", &["x", "1"]),
    ];
    let mut table = String::new();
    for operator in Operator::ALL {
        for (field, values) in cells {
            let once = operator.takes() == Takes::Nothing;
            for value in values.iter().take(if once { 1 } else { usize::MAX }) {
                let written = match operator.takes() {
                    Takes::Nothing => "true".to_owned(),
                    Takes::One => format!("\"{value}\""),
                    Takes::Several => format!("[\"{value}\", \"zzz{value}\"]"),
                };
                if *operator == Operator::InList
                    && !field.starts_with("source")
                    && !field.starts_with("folders")
                {
                    continue;
                }
                let show = |result: Result<bool, String>| match result {
                    Ok(true) => "yes".to_owned(),
                    Ok(false) => "no".to_owned(),
                    Err(code) => code,
                };
                let ignore = show(holds(field, operator.as_str(), &written, false));
                let exact = show(holds(field, operator.as_str(), &written, true));
                table.push_str(&format!(
                    "{field:26} {:18} {written:34} {ignore:12} {exact}\n",
                    operator.as_str()
                ));
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_operator_is_in_the_golden_table() {
    assert_eq!(Operator::ALL.len(), 17);
}

#[test]
fn unicode_letters_are_compared_in_lower_case_letter_by_letter() {
    for (value, wanted, same) in [
        ("ÉCLAIR", "éclair", true),
        ("ΟΔΟΣ", "οδοσ", true),
        ("STRASSE", "straße", false),
        ("İ", "i", false),
    ] {
        let mut facts = Facts::new();
        facts.set(fields::STORE_NAME, value);
        let file = one_rule(
            &format!("{{ field: store_name, equals: \"{wanted}\" }}"),
            "{ map_class: X }",
        );
        assert_eq!(!run(&file, &mut facts).fired.is_empty(), same, "{value} {wanted}");
    }
}

#[test]
fn groups_follow_their_truth_tables() {
    for bits in 0..8_u8 {
        let [a, b, c] = [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0];
        let part = |field: &str, on: bool| {
            format!("{{ field: {field}, equals: \"{}\" }}", if on { "1" } else { "0" })
        };
        let (pa, pb, pc) = (part("store_name", a), part("terms", b), part("memo", c));
        let cases = [
            (format!("{{ all: [{pa}, {pb}, {pc}] }}"), a && b && c),
            (format!("{{ any: [{pa}, {pb}, {pc}] }}"), a || b || c),
            (
                format!("{{ all: [{pa}, {{ any: [{pb}, {pc}] }}] }}"),
                a && (b || c),
            ),
            (
                format!("{{ any: [{pa}, {{ all: [{pb}, {pc}] }}] }}"),
                a || (b && c),
            ),
            (format!("[{pa}, {{ and: {pb} }}, {{ and: {pc} }}]"), a && b && c),
            (
                format!("[{{ or: {pa} }}, {{ or: {pb} }}, {{ or: {pc} }}]"),
                a || b || c,
            ),
        ];
        for (when, wanted) in cases {
            let mut facts = Facts::new();
            for field in [fields::STORE_NAME, fields::TERMS, fields::MEMO] {
                facts.set(field, "1");
            }
            let fired = !run(&one_rule(&when, "{ map_class: X }"), &mut facts)
                .fired
                .is_empty();
            assert_eq!(fired, wanted, "{when}");
        }
    }
}

#[test]
fn all_conditions_of_a_rule_must_hold_on_the_same_line() {
    let when = "{ all: [{ field: sku, equals: A }, { field: quantity, greater_than: 2 }] }";
    let mut facts = order(&["A", "B"]);
    facts.set_on_line(1, fields::QUANTITY, number("3"));
    assert!(run(&one_rule(when, "{ hold: big }"), &mut facts).fired.is_empty());
    facts.set_on_line(0, fields::QUANTITY, number("3"));
    assert_eq!(run(&one_rule(when, "{ hold: big }"), &mut facts).fired.len(), 1);
}

#[test]
fn a_condition_on_a_line_never_holds_on_a_document_without_lines() {
    let mut facts = order(&[]);
    for when in [
        "{ field: sku, is_blank: true }",
        "{ field: sku, always: true }",
        "{ field: sku, not_equals: A }",
    ] {
        assert!(
            run(&one_rule(when, "{ map_class: X }"), &mut facts)
                .fired
                .is_empty()
        );
    }
}

#[test]
fn a_rule_limited_to_a_connection_runs_there_only() {
    let file = super::read(
        "rules: [{ name: r, connection: [Shop 1, Shop 2], when: always, then: [{ map_class: X }] }]",
    );
    for (connection, fires) in [
        (Some("shop 2"), true),
        (Some("SHOP 1"), true),
        (Some("Shop 3"), false),
        (None, false),
    ] {
        let trace = super::run_kind(&file, &mut order(&[]), Kind::Order, connection);
        assert_eq!(!trace.fired.is_empty(), fires, "{connection:?}");
    }
}

#[test]
fn rules_run_only_on_their_kind_of_document() {
    let file = super::read("rules: [{ name: r, for: refund, when: always, then: [{ map_class: X }] }]");
    for kind in Kind::ALL {
        let trace = super::run_kind(&file, &mut order(&[]), kind, None);
        assert_eq!(!trace.fired.is_empty(), kind == Kind::Refund);
    }
}

#[test]
fn disabled_rules_do_not_run() {
    let file = super::read("rules: [{ name: r, enabled: false, when: always, then: [{ map_class: X }] }]");
    assert!(run(&file, &mut order(&[])).fired.is_empty());
}

#[test]
fn the_peers_names_of_fields_and_comparisons_work() {
    let mut facts = order(&["A"]);
    facts.set(fields::TOTAL_TAX, Value::Number(3.into()));
    let when = "{ all: [{ field: order source WH, Equals: EBAY1 }, { field: selling channel, Starts with: ama }, \
                { field: total tax, More than: 0 }] }";
    assert_eq!(
        run(&one_rule(when, "{ Map order class: X }"), &mut facts)
            .fired
            .len(),
        1
    );
}
