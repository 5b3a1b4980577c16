//! Many one-to-one rows that only take the same prefix or suffix away, where one rule would do (behaviours.md 7.1).
//!
//! In: rules. Out: one finding for each prefix or suffix that enough rows share.

use std::collections::BTreeMap;

use super::{Finding, Severity};
use crate::field::Field;
use crate::operator::Operator;
use crate::rule::{Action, Rule, RuleFile, When};

/// So many rows with one prefix or suffix are reported.
const ROWS_MIN: usize = 10;

/// One value becomes another.
struct Row<'a> {
    rule: &'a Rule,
    compared: &'a Field,
    target: &'a Field,
    from: &'a str,
    to: &'a str,
}

pub(super) fn check(file: &RuleFile, found: &mut Vec<Finding>) {
    let mut groups: BTreeMap<(&Field, &Field, bool, &str), (&Rule, usize)> = BTreeMap::new();
    for row in file.rules.iter().filter(|rule| rule.enabled).flat_map(rows) {
        for (prefix, affix) in [
            (true, row.from.strip_suffix(row.to)),
            (false, row.from.strip_prefix(row.to)),
        ] {
            if let Some(affix) = affix.filter(|affix| !affix.is_empty()) {
                groups
                    .entry((row.compared, row.target, prefix, affix))
                    .or_insert((row.rule, 0))
                    .1 += 1;
            }
        }
    }
    for ((compared, target, prefix, affix), (rule, count)) in
        groups.into_iter().filter(|(_, (_, count))| *count >= ROWS_MIN)
    {
        let (word, operator) = if prefix {
            ("prefix", "starts_with")
        } else {
            ("suffix", "ends_with")
        };
        found.push(Finding {
            severity: Severity::Warning,
            code: "one-rule-would-do",
            rule: rule.name.value.clone(),
            line: rule.name.line,
            cause: format!(
                "{count} rows from here on only take the {word} '{affix}' away from '{}'",
                compared.name()
            ),
            remedy: format!(
                "One rule does it: when {{ field: {}, {operator}: \"{affix}\" }} then {{ map: {} }}.",
                compared.name(),
                target.name()
            ),
        });
    }
}

fn rows(rule: &Rule) -> Vec<Row<'_>> {
    let When::Is(condition) = &rule.when else {
        return Vec::new();
    };
    let compared = &condition.value.field;
    let mut rows = Vec::new();
    for action in &rule.then {
        match (&action.value, condition.value.operator) {
            (Action::Set { field, value }, Operator::Equals) => {
                let from = condition
                    .value
                    .values
                    .first()
                    .map(String::as_str)
                    .unwrap_or_default();
                rows.push(Row {
                    rule,
                    compared,
                    target: field,
                    from,
                    to: value,
                });
            }
            (Action::FromTable { field }, Operator::InTable) => {
                rows.extend(rule.table.iter().map(|(from, to)| Row {
                    rule,
                    compared,
                    target: field,
                    from,
                    to,
                }));
            }
            _ => {}
        }
    }
    rows
}
