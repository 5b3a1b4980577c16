//! Tests of the rule language.

mod actions;
mod allocation;
mod checking;
mod conditions;
mod flow;
mod mistakes;
mod property;
mod reference;
mod samples;
mod scenarios;
mod sheets;
mod yaml;

use crate::{CompiledRules, Facts, FieldId, Kind, RuleFile, Trace, Value, fields};

/// Reads rules; what is wrong ends the test.
fn read(text: &str) -> RuleFile {
    match RuleFile::parse("rules.yaml", text) {
        Ok(file) => file,
        Err(errors) => panic!(
            "{}",
            errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n\n")
        ),
    }
}

/// One order rule around a `when` and a `then`.
fn one_rule(when: &str, then: &str) -> RuleFile {
    read(&format!(
        "rules:\n  - name: r\n    when: {when}\n    then: [{then}]\n"
    ))
}

fn compile(file: &RuleFile) -> CompiledRules {
    CompiledRules::compile(file).unwrap()
}

/// Runs order rules, with and without the index; both must agree.
fn run(file: &RuleFile, facts: &mut Facts) -> Trace {
    run_kind(file, facts, Kind::Order, None)
}

fn run_kind(file: &RuleFile, facts: &mut Facts, kind: Kind, connection: Option<&str>) -> Trace {
    let rules = compile(file);
    let mut other = facts.clone();
    let scanned = rules.scan(&mut other, kind, connection);
    let trace = rules.run(facts, kind, connection);
    assert_eq!(trace, scanned, "the index and the scan differ");
    assert_eq!(*facts, other, "the index and the scan left different facts");
    trace
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// An order with lines of these SKUs, each with quantity 2 and a total of 10.
fn order(skus: &[&str]) -> Facts {
    let mut facts = Facts::new();
    facts.set(fields::SOURCE, "AMAZON");
    facts.set(fields::SUB_SOURCE, "EBAY1");
    facts.set(fields::ORDER_NUMBER, "104233");
    facts.set(fields::REFERENCE, "AZ-77");
    facts.set(fields::SHIPPING_AMOUNT, number("4.50"));
    for sku in skus {
        let line = facts.push_line();
        facts.set_on_line(line, fields::SKU, *sku);
        facts.set_on_line(line, fields::QUANTITY, number("2"));
        facts.set_on_line(line, fields::PRICE_PER_UNIT, number("5"));
        facts.set_on_line(line, fields::LINE_TOTAL, number("10"));
    }
    facts
}

fn shown(facts: &Facts, field: FieldId) -> String {
    facts.get(field).to_text().into_owned()
}

fn shown_on_line(facts: &Facts, line: usize, field: FieldId) -> String {
    facts.get_on_line(line, field).to_text().into_owned()
}
