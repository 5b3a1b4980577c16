//! The peer's sheet of two columns: the QuickBooks name left, the source value right. All rows become one grouped rule.
//!
//! In: the text of a sheet, the rule's name, action and field. Out: a rule with a table, or every bad row with its number.

use std::collections::HashMap;

use super::read::{line_of, to_place};
use crate::action::{ActionSpec, Form, target_for};
use crate::condition::Wrong;
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
/// A first row that names its columns (`QuickBooks ...`, or the field on the right) is left out. Cells are separated by
/// commas, semicolons or tabs, whichever gives the most rows two columns.
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
    let mut rows = Rows {
        wanted,
        target: &target,
        table: Vec::new(),
        seen: HashMap::new(),
    };
    for (index, record) in open(text, find_delimiter(text)).records().enumerate() {
        let (line, taken) = match record {
            Ok(record) => (line_of(&record), rows.take(&record, index == 0)),
            Err(error) => {
                let cause = format!("this is not a sheet: {error}");
                errors.add(Place::default(), "not-csv", cause, "Save it as CSV in UTF-8.");
                break;
            }
        };
        if let Err(wrong) = taken {
            errors.add(
                to_place(line),
                wrong.code,
                format!("row {line}: {}", wrong.cause),
                wrong.remedy,
            );
        }
    }
    let table = rows.table;
    if table.is_empty() && errors.found.is_empty() {
        errors.add(Place::default(), "empty-table", "this sheet has no rows", FORM);
    }
    if errors.found.is_empty() {
        Ok(to_rule(wanted, target, field, table))
    } else {
        Err(errors.found)
    }
}

const FORM: &str = "Write the QuickBooks name left and the source value right.";

fn open(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

fn find_delimiter(text: &str) -> u8 {
    let fitting = |delimiter: u8| {
        open(text, delimiter)
            .records()
            .flatten()
            .filter(|record| record.len() == 2)
            .count()
    };
    // Of equals the last one counts, so that a comma comes first.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| fitting(*delimiter))
        .unwrap_or(b',')
}

/// The rows read so far.
struct Rows<'a> {
    wanted: &'a TwoColumns<'a>,
    target: &'a Field,
    table: Vec<(String, String)>,
    seen: HashMap<String, usize>,
}

impl Rows<'_> {
    fn take(&mut self, record: &csv::StringRecord, first: bool) -> Result<(), Wrong> {
        let cells: Vec<&str> = record.iter().map(str::trim).collect();
        let [left, right] = cells.as_slice() else {
            return Err(Wrong::new(
                "wrong-column-count",
                format!("{} columns instead of 2", cells.len()),
                FORM,
            ));
        };
        if first && is_header(left, right, self.wanted) {
            return Ok(());
        }
        if left.is_empty() || right.is_empty() {
            return Err(Wrong::new("cell-missing", "a cell is empty", FORM));
        }
        to_constant(self.target, left)?;
        let line = line_of(record);
        if let Some(earlier) = self.seen.insert(fold(right).into_owned(), line) {
            let cause = format!("'{right}' stands in row {earlier} already");
            return Err(Wrong::new(
                "repeated-table-value",
                cause,
                "Keep one of the rows; case does not count.",
            ));
        }
        self.table.push(((*right).to_owned(), (*left).to_owned()));
        Ok(())
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
