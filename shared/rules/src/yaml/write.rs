//! Writes rules as YAML; reading it gives the same rules.
//!
//! In: a [`RuleFile`]. Out: text, the same for equal files. Every value is quoted unless it is a plain word.

use std::fmt::Write;

use crate::field::{Field, Kind};
use crate::operator::Takes;
use crate::rule::{
    Action, Affix, Condition, Expect, ExpectOutcome, Given, Rule, RuleFile, RuleTest, Sample, Side,
    Surcharge, When,
};

/// The text of a file.
pub(crate) fn write(file: &RuleFile) -> String {
    let mut out = String::new();
    out.push_str(if file.rules.is_empty() {
        "rules: []\n"
    } else {
        "rules:\n"
    });
    for rule in &file.rules {
        write_rule(&mut out, rule);
    }
    if !file.tests.is_empty() {
        out.push_str("tests:\n");
    }
    for test in &file.tests {
        out.push_str("  - ");
        out.push_str(&write_test(test));
        out.push('\n');
    }
    out
}

fn write_rule(out: &mut String, rule: &Rule) {
    add(out, format_args!("  - name: {}\n", scalar(&rule.name.value)));
    if !rule.enabled {
        out.push_str("    enabled: false\n");
    }
    if rule.kind != Kind::Order {
        add(out, format_args!("    for: {}\n", rule.kind.as_str()));
    }
    if !rule.connections.is_empty() {
        add(
            out,
            format_args!("    connection: {}\n", flow_list(&rule.connections)),
        );
    }
    add(out, format_args!("    when: {}\n", when(&rule.when)));
    if !rule.table.is_empty() {
        out.push_str("    table:\n");
        for (left, right) in &rule.table {
            add(out, format_args!("      {}: {}\n", scalar(left), scalar(right)));
        }
    }
    out.push_str("    then:\n");
    for action in &rule.then {
        add(out, format_args!("      - {}\n", write_action(&action.value)));
    }
    if rule.stop {
        out.push_str("    stop: true\n");
    }
}

fn when(when_: &When) -> String {
    let group = |word: &str, parts: &[When]| {
        let parts: Vec<String> = parts.iter().map(when).collect();
        format!("{{ {word}: [{}] }}", parts.join(", "))
    };
    match when_ {
        When::Always => "always".to_owned(),
        When::Is(condition) => write_condition(&condition.value),
        When::All(parts) => group("all", parts),
        When::Any(parts) => group("any", parts),
    }
}

fn write_condition(condition: &Condition) -> String {
    let operator = condition.operator;
    let value = match operator.takes() {
        Takes::Nothing => "true".to_owned(),
        Takes::One => scalar(condition.values.first().map(String::as_str).unwrap_or_default()),
        Takes::Several => flow_list(&condition.values),
    };
    let case = if condition.exact { ", case: exact" } else { "" };
    format!(
        "{{ field: {}, {}: {value}{case} }}",
        field(&condition.field),
        operator.as_str()
    )
}

fn write_action(action: &Action) -> String {
    match action {
        Action::Set { field: target, value } => {
            format!("{{ set: {}, to: {} }}", field(target), scalar(value))
        }
        Action::Clear { field: target } => format!("{{ clear: {} }}", field(target)),
        Action::Copy { from, to } => format!("{{ copy: {}, to: {} }}", field(from), field(to)),
        Action::Map { field: target } => format!("{{ map: {} }}", field(target)),
        Action::FromTable { field: target } => format!("{{ from_table: {} }}", field(target)),
        Action::Strip { field: target, affix } => match affix {
            Affix::Matched => format!("{{ strip: {} }}", field(target)),
            Affix::Prefix(text) => format!("{{ strip: {}, prefix: {} }}", field(target), scalar(text)),
            Affix::Suffix(text) => format!("{{ strip: {}, suffix: {} }}", field(target), scalar(text)),
        },
        Action::Template { field: target, text } => {
            format!("{{ template: {}, to: {} }}", scalar(text), field(target))
        }
        Action::SplitSku { keep, separator } => {
            let side = match keep {
                Side::Left => "left",
                Side::Right => "right",
            };
            format!("{{ split_sku: {side}, separator: {} }}", scalar(separator))
        }
        Action::MultiplyQuantity(factor) => format!("{{ multiply_quantity: {factor} }}"),
        Action::DivideQuantity(factor) => format!("{{ divide_quantity: {factor} }}"),
        Action::Surcharge(Surcharge::Amount(amount)) => format!("{{ add_surcharge: {amount} }}"),
        Action::Surcharge(Surcharge::Percent(percent)) => format!("{{ add_surcharge: \"{percent}%\" }}"),
        Action::AddLine(line) => {
            let fields: Vec<String> = line
                .iter()
                .map(|(id, value)| format!("{}: {}", id.spec().name, scalar(value)))
                .collect();
            format!("{{ add_line: {{ {} }} }}", fields.join(", "))
        }
        Action::Skip(reason) => format!("{{ skip: {} }}", scalar(reason)),
        Action::Hold(reason) => format!("{{ hold: {} }}", scalar(reason)),
    }
}

/// The text of one test, in one line.
pub(crate) fn write_test(test: &RuleTest) -> String {
    let mut parts = vec![format!("name: {}", scalar(&test.name.value))];
    if test.kind != Kind::Order {
        parts.push(format!("for: {}", test.kind.as_str()));
    }
    if let Some(connection) = &test.connection {
        parts.push(format!("connection: {}", scalar(connection)));
    }
    parts.push(match &test.given {
        Given::Inline(sample) => format!("given: {{{}}}", write_sample(sample).join(", ")),
        Given::Fixture(name) => format!("fixture: {}", scalar(name)),
    });
    parts.push(format!("expect: {{{}}}", write_expect(&test.expect).join(", ")));
    format!("{{ {} }}", parts.join(", "))
}

fn write_expect(expect: &Expect) -> Vec<String> {
    let mut parts = write_sample(&expect.fields);
    match &expect.outcome {
        ExpectOutcome::GoesOn => {}
        ExpectOutcome::Skipped(reason) => parts.push(format!("skipped: {}", scalar(reason))),
        ExpectOutcome::Held(reason) => parts.push(format!("held: {}", scalar(reason))),
    }
    if let Some(rules) = &expect.rules {
        parts.push(format!("rules: {}", flow_list(rules)));
    }
    parts
}

fn write_sample(sample: &Sample) -> Vec<String> {
    let pairs = |fields: &[(Field, String)]| -> Vec<String> {
        fields
            .iter()
            .map(|(name, value)| format!("{}: {}", field(name), scalar(value)))
            .collect()
    };
    let mut parts = pairs(&sample.header);
    if let Some(lines) = &sample.lines {
        let lines: Vec<String> = lines
            .iter()
            .map(|line| format!("{{{}}}", pairs(line).join(", ")))
            .collect();
        parts.push(format!("lines: [{}]", lines.join(", ")));
    }
    parts
}

fn add(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

fn field(field: &Field) -> String {
    scalar(&field.name())
}

fn flow_list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| scalar(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A scalar: plain when nothing in it can be read as anything else, else in double quotes with escapes.
pub(crate) fn scalar(text: &str) -> String {
    let plain_letter =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | ' ' | '-');
    let plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(plain_letter)
        && !text.ends_with(' ')
        && !text.contains(" -")
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "always" | "on" | "off" | "y" | "n"
        );
    if plain {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(letter),
            other if other.is_alphanumeric() => out.push(other),
            other => add(&mut out, format_args!("\\U{:08X}", u32::from(other))),
        }
    }
    out.push('"');
    out
}
