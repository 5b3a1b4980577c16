//! Writes the full form.
//!
//! In: a [`RuleFile`]. Out: the text of a sheet that reads back as an equal file.

use super::{COLUMNS, list};
use crate::operator::Takes;
use crate::rule::{Action, Affix, Rule, RuleFile, Side, Surcharge, When};
use crate::yaml::write_test;

/// A row by column name.
#[derive(Default)]
struct Row<'a> {
    rule: &'a str,
    part: &'a str,
    path: String,
    name: &'a str,
    field: String,
    value: String,
    to: String,
    case: &'a str,
    flags: [String; 4],
}

pub(super) fn write(file: &RuleFile) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(COLUMNS);
    let mut put = |row: Row<'_>| {
        let [enabled, kind, connection, stop] = &row.flags;
        let cells = [
            row.rule, row.part, &row.path, row.name, &row.field, &row.value, &row.to, row.case, enabled,
            kind, connection, stop,
        ];
        let _ = writer.write_record(cells);
    };
    for rule in &file.rules {
        write_rule(rule, &mut put);
    }
    for test in &file.tests {
        put(Row {
            rule: &test.name.value,
            part: "test",
            value: write_test(test),
            ..Row::default()
        });
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn write_rule(rule: &Rule, put: &mut dyn FnMut(Row<'_>)) {
    let name = &rule.name.value;
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    let connections = list::join(rule.connections.iter().map(String::as_str));
    let flags = [
        yes(rule.enabled),
        rule.kind.as_str().to_owned(),
        connections,
        yes(rule.stop),
    ];
    put(Row {
        rule: name,
        part: "rule",
        flags,
        ..Row::default()
    });
    write_when(name, &rule.when, "1", put);
    for (left, right) in &rule.table {
        put(Row {
            rule: name,
            part: "table",
            value: left.clone(),
            to: right.clone(),
            ..Row::default()
        });
    }
    for action in &rule.then {
        put(action_row(name, &action.value));
    }
}

fn write_when(rule: &str, when: &When, path: &str, put: &mut dyn FnMut(Row<'_>)) {
    let base = Row {
        rule,
        part: "when",
        path: path.to_owned(),
        ..Row::default()
    };
    let (name, parts) = match when {
        When::Always => {
            return put(Row {
                name: "always",
                ..base
            });
        }
        When::Is(condition) => {
            let condition = &condition.value;
            let value = match condition.operator.takes() {
                Takes::Several => list::join(condition.values.iter().map(String::as_str)),
                _ => condition.values.first().cloned().unwrap_or_default(),
            };
            let case = if condition.exact { "exact" } else { "" };
            return put(Row {
                name: condition.operator.as_str(),
                field: condition.field.name(),
                value,
                case,
                ..base
            });
        }
        When::All(parts) => ("all", parts),
        When::Any(parts) => ("any", parts),
    };
    put(Row { name, ..base });
    for (number, part) in parts.iter().enumerate() {
        write_when(rule, part, &format!("{path}.{}", number + 1), put);
    }
}

fn action_row<'a>(rule: &'a str, action: &Action) -> Row<'a> {
    let row = |name: &'static str, field: String, value: &str, to: String| Row {
        rule,
        part: "then",
        name,
        field,
        value: value.to_owned(),
        to,
        ..Row::default()
    };
    let none = String::new;
    match action {
        Action::Set { field, value } => row("set", field.name(), value, none()),
        Action::Clear { field } => row("clear", field.name(), "", none()),
        Action::Copy { from, to } => row("copy", from.name(), "", to.name()),
        Action::Map { field } => row("map", field.name(), "", none()),
        Action::FromTable { field } => row("from_table", field.name(), "", none()),
        Action::Strip { field, affix } => match affix {
            Affix::Matched => row("strip", field.name(), "", none()),
            Affix::Prefix(text) => row("strip_prefix", field.name(), text, none()),
            Affix::Suffix(text) => row("strip_suffix", field.name(), text, none()),
        },
        Action::Template { field, text } => row("template", none(), text, field.name()),
        Action::SplitSku {
            keep: Side::Left,
            separator,
        } => row("split_sku", none(), separator, "left".to_owned()),
        Action::SplitSku {
            keep: Side::Right,
            separator,
        } => row("split_sku", none(), separator, "right".to_owned()),
        Action::MultiplyQuantity(factor) => row("multiply_quantity", none(), &factor.to_string(), none()),
        Action::DivideQuantity(factor) => row("divide_quantity", none(), &factor.to_string(), none()),
        Action::Surcharge(Surcharge::Amount(amount)) => {
            row("add_surcharge", none(), &amount.to_string(), none())
        }
        Action::Surcharge(Surcharge::Percent(percent)) => {
            row("add_surcharge", none(), &format!("{percent}%"), none())
        }
        Action::AddLine(line) => {
            let fields: Vec<String> = line
                .iter()
                .map(|(id, value)| format!("{}={value}", id.spec().name))
                .collect();
            row(
                "add_line",
                none(),
                &list::join(fields.iter().map(String::as_str)),
                none(),
            )
        }
        Action::Skip(reason) => row("skip", none(), reason, none()),
        Action::Hold(reason) => row("hold", none(), reason, none()),
    }
}
