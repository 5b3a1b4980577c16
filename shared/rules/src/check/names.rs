//! Names in actions that QuickBooks (or Linnworks) does not have (behaviours.md 1, line 41).
//!
//! In: rules and the lists. Out: a finding for each unknown name.

use super::{Finding, NameLookup, Names, Severity};
use crate::field::Field;
use crate::rule::{Action, Rule, RuleFile};

pub(super) fn check(file: &RuleFile, names: &dyn Names, found: &mut Vec<Finding>) {
    for rule in &file.rules {
        for action in &rule.then {
            let mut look_up =
                |field: &Field, value: &str| check_name(rule, action.line, field, value, names, found);
            match &action.value {
                Action::Set { field, value } => look_up(field, value),
                Action::FromTable { field } => rule.table.iter().for_each(|(_, value)| look_up(field, value)),
                Action::AddLine(line) => line
                    .iter()
                    .for_each(|(id, value)| look_up(&Field::Known(*id), value)),
                _ => {}
            }
        }
    }
}

fn check_name(
    rule: &Rule,
    line: usize,
    field: &Field,
    value: &str,
    names: &dyn Names,
    found: &mut Vec<Finding>,
) {
    let Some(kind) = field.names() else { return };
    let NameLookup::Unknown(near) = names.look_up(kind, value) else {
        return;
    };
    let hint = match near.as_slice() {
        [] => String::new(),
        near => format!("Did you mean '{}'? ", near.join("', '")),
    };
    found.push(Finding {
        severity: Severity::Error,
        code: "unknown-name",
        rule: rule.name.value.clone(),
        line,
        cause: format!(
            "there is no {} '{value}', which it writes to '{}'",
            kind.as_str(),
            field.name()
        ),
        remedy: format!("{hint}Correct the name, or add it there and refresh the lists."),
    });
}
