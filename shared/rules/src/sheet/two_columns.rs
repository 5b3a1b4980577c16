//! The peer's sheet of two columns: the QuickBooks name left, the source value right. All rows become one grouped rule.
//!
//! In: the text of a sheet, the rule's name, action and field. Out: a rule with a table, or every bad row with its number.

use std::collections::HashMap;

use crate::action::{ActionSpec, Form, target_for};
use crate::error::{Errors, Place, RuleError, did_you_mean};
use crate::field::{Field, Kind, Unknown, simplify};
use crate::nearest::nearest;
use crate::operator::Operator;
use crate::rule::{Action, Condition, Placed, Rule, When};
use crate::value::fold;
use crate::verify::to_constant;

/// What the rule of a sheet is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwoColumns<'a> {
    /// The rule's name.
    pub name: &'a str,
    /// What it runs on.
    pub kind: Kind,
    /// The action, such as `map_sku`; one that sets a field.
    pub action: &'a str,
    /// The field that the right column is compared with.
    pub field: &'a str,
}

/// Reads a sheet of two columns as one rule: `when` the field is in the table, `then` the action sets what stands left.
/// A first row that names its columns (`QuickBooks ...`, or the field on the right) is left out.
///
/// # Errors
/// An unknown action or field, and every bad row with its number.
pub fn import_two_columns(
    file_name: &str,
    text: &str,
    wanted: &TwoColumns<'_>,
) -> Result<Rule, Vec<RuleError>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut errors = Errors::new(file_name, text);
    let (target, field) = (find_target(wanted, &mut errors), find_field(wanted, &mut errors));
    let (Some(target), Some(field)) = (target, field) else {
        return Err(errors.found);
    };
    let mut table: Vec<(String, String)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let first_line = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .find(|byte| first_line.bytes().any(|found| found == *byte))
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    for (index, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                errors.add(
                    Place::default(),
                    "not-csv",
                    format!("this is not a sheet: {error}"),
                    "Save it as CSV in UTF-8.",
                );
                break;
            }
        };
        let line = record
            .position()
            .and_then(|position| usize::try_from(position.line()).ok())
            .unwrap_or_default();
        let mut refuse = |code: &'static str, cause: String, remedy: &str| {
            errors.add(
                Place {
                    line,
                    column: 1,
                    width: usize::MAX,
                },
                code,
                format!("row {line}: {cause}"),
                remedy,
            );
        };
        let cells: Vec<&str> = record.iter().map(str::trim).collect();
        match cells.as_slice() {
            [left, right] if index == 0 && is_header(left, right, wanted) => {}
            [left, right] if left.is_empty() || right.is_empty() => {
                refuse(
                    "cell-missing",
                    "a cell is empty".to_owned(),
                    "Write the QuickBooks name left and the source value right.",
                );
            }
            [left, right] => {
                if let Err(wrong) = to_constant(&target, left) {
                    refuse(wrong.code, wrong.cause, &wrong.remedy);
                }
                match seen.insert(fold(right).into_owned(), line) {
                    Some(first) => {
                        let cause = format!("'{right}' stands in row {first} already");
                        refuse(
                            "repeated-table-value",
                            cause,
                            "Keep one of the rows; case does not count.",
                        );
                    }
                    None => table.push(((*right).to_owned(), (*left).to_owned())),
                }
            }
            other => {
                let cause = format!("{} columns instead of 2", other.len());
                refuse(
                    "wrong-column-count",
                    cause,
                    "Write the QuickBooks name left and the source value right.",
                );
            }
        }
    }
    if table.is_empty() && errors.found.is_empty() {
        errors.add(
            Place::default(),
            "empty-table",
            "this sheet has no rows",
            "Write the QuickBooks name left and the source value right.",
        );
    }
    if errors.found.is_empty() {
        Ok(to_rule(wanted, target, field, table))
    } else {
        Err(errors.found)
    }
}

fn to_rule(wanted: &TwoColumns<'_>, target: Field, field: Field, table: Vec<(String, String)>) -> Rule {
    let condition = Condition {
        field,
        operator: Operator::InTable,
        values: Vec::new(),
        exact: false,
    };
    Rule {
        name: Placed::nowhere(wanted.name.to_owned()),
        enabled: true,
        kind: wanted.kind,
        connections: Vec::new(),
        when: When::Is(Placed::nowhere(condition)),
        table,
        then: vec![Placed::nowhere(Action::FromTable { field: target })],
        stop: false,
    }
}

fn find_target(wanted: &TwoColumns<'_>, errors: &mut Errors<'_>) -> Option<Field> {
    let found = ActionSpec::find(wanted.action).and_then(|spec| match spec.form {
        Form::MapTo(field) | Form::TemplateTo(field) => Some(Field::Known(target_for(wanted.kind, field))),
        _ => None,
    });
    if found.is_none() {
        let names: Vec<&str> = crate::action::ACTIONS
            .iter()
            .filter(|spec| matches!(spec.form, Form::MapTo(_) | Form::TemplateTo(_)))
            .map(|spec| spec.name)
            .collect();
        let remedy = format!(
            "{}Possible here: {}.",
            did_you_mean(nearest(wanted.action, &names)),
            names.join(", ")
        );
        let cause = format!("'{}' is no action that sets a field", wanted.action);
        errors.add(Place::default(), "unknown-action", cause, remedy);
    }
    found
}

fn find_field(wanted: &TwoColumns<'_>, errors: &mut Errors<'_>) -> Option<Field> {
    match Field::parse(wanted.kind, wanted.field) {
        Ok(field) => Some(field),
        Err(unknown) => {
            let near = match unknown {
                Unknown::Nowhere(near) => near,
                Unknown::OtherKind(_) => None,
            };
            let cause = format!(
                "there is no field '{}' for documents of kind {}",
                wanted.field,
                wanted.kind.as_str()
            );
            errors.add(
                Place::default(),
                "unknown-field",
                cause,
                format!("{}Names are those of the previewer.", did_you_mean(near)),
            );
            None
        }
    }
}

fn is_header(left: &str, right: &str, wanted: &TwoColumns<'_>) -> bool {
    let right = simplify(right);
    simplify(left).starts_with("quickbooks")
        || matches!(right.as_str(), "source_value" | "source_sku")
        || right == simplify(wanted.field)
}
