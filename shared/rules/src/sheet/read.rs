//! Reads the full form.
//!
//! In: the text of a sheet. Out: a [`RuleFile`], or every bad row with its number.

use std::collections::HashSet;

use super::draft::{Draft, Row, build};
use super::{COLUMNS, list};
use crate::condition::{Wrong, check_condition};
use crate::error::{Errors, Place, RuleError, did_you_mean};
use crate::field::{Kind, simplify};
use crate::nearest::nearest;
use crate::rule::{Placed, Rule, RuleFile, When};
use crate::value::fold;
use crate::verify::check_action;
use crate::yaml;

pub(super) fn read(file_name: &str, text: &str) -> Result<RuleFile, Vec<RuleError>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut errors = Errors::new(file_name, text);
    let rows = read_rows(text, &mut errors);
    let mut reader = Reader {
        errors,
        drafts: Vec::new(),
        names: HashSet::new(),
        tests: Vec::new(),
    };
    for row in &rows {
        if let Err(wrong) = reader.take(row) {
            reader.refuse(row.line, wrong);
        }
    }
    reader.finish()
}

fn read_rows(text: &str, errors: &mut Errors<'_>) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns: Vec<_> = reader
        .headers()
        .into_iter()
        .flatten()
        .map(|header| find_column(header, errors))
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let cause = format!("this is not a sheet: {error}");
                errors.add(Place::default(), "not-csv", cause, "Save it as CSV in UTF-8.");
                break;
            }
        };
        let line = line_of(&record);
        if record.len() != columns.len() {
            let cause = format!(
                "row {line}: {} columns instead of {}",
                record.len(),
                columns.len()
            );
            errors.add(
                to_place(line),
                "wrong-column-count",
                cause,
                "Give each row a cell for each column.",
            );
            continue;
        }
        let cells = columns
            .iter()
            .zip(&record)
            .filter_map(|(column, cell)| Some(((*column)?, cell.to_owned())));
        rows.push(Row {
            line,
            cells: cells.collect(),
        });
    }
    rows
}

fn find_column(header: &str, errors: &mut Errors<'_>) -> Option<&'static str> {
    let known = COLUMNS.into_iter().find(|column| *column == simplify(header));
    if known.is_none() {
        let near = did_you_mean(nearest(header, &COLUMNS));
        let remedy = format!("{near}The columns are: {}.", COLUMNS.join(", "));
        errors.add(
            to_place(1),
            "unknown-column",
            format!("there is no column '{header}'"),
            remedy,
        );
    }
    known
}

/// The line on which a record begins.
pub(super) fn line_of(record: &csv::StringRecord) -> usize {
    record
        .position()
        .and_then(|position| usize::try_from(position.line()).ok())
        .unwrap_or_default()
}

pub(super) fn to_place(line: usize) -> Place {
    Place {
        line,
        column: 1,
        width: usize::MAX,
    }
}

struct Reader<'a> {
    errors: Errors<'a>,
    drafts: Vec<Draft>,
    names: HashSet<String>,
    tests: Vec<crate::rule::RuleTest>,
}

impl Reader<'_> {
    fn refuse(&mut self, line: usize, wrong: Wrong) {
        self.errors.add(
            to_place(line),
            wrong.code,
            format!("row {line}: {}", wrong.cause),
            wrong.remedy,
        );
    }

    fn take(&mut self, row: &Row) -> Result<(), Wrong> {
        match simplify(row.cell("part")).as_str() {
            "rule" => self.begin_rule(row),
            "test" => self.take_test(row),
            part @ ("when" | "table" | "then") => {
                let name = row.needed("rule")?;
                let found = self
                    .drafts
                    .last_mut()
                    .filter(|draft| draft.rule.name.value == name);
                let Some(draft) = found else {
                    let cause = format!("the rule '{name}' has not begun");
                    return Err(Wrong::new(
                        "rule-not-begun",
                        cause,
                        "Begin each rule with a row whose part is 'rule'.",
                    ));
                };
                match part {
                    "when" => draft.take_condition(row),
                    "then" => draft.take_action(row),
                    _ => {
                        draft.rule.table.push((row.needed("value")?, row.needed("to")?));
                        Ok(())
                    }
                }
            }
            part => {
                let parts = ["rule", "when", "table", "then", "test"];
                let remedy = format!(
                    "{}Parts are: {}.",
                    did_you_mean(nearest(part, &parts)),
                    parts.join(", ")
                );
                Err(Wrong::new(
                    "unknown-part",
                    format!("there is no part '{part}'"),
                    remedy,
                ))
            }
        }
    }

    fn begin_rule(&mut self, row: &Row) -> Result<(), Wrong> {
        let name = row.needed("rule")?;
        if !self.names.insert(fold(&name).into_owned()) {
            let cause = format!("there is a rule '{name}' already");
            return Err(Wrong::new(
                "repeated-name",
                cause,
                "Give each rule a name of its own.",
            ));
        }
        let kind = match row.cell("for") {
            "" => Kind::Order,
            word => Kind::parse(word).ok_or_else(|| {
                let words = Kind::ALL.map(Kind::as_str).join(", ");
                Wrong::new(
                    "unknown-kind",
                    format!("there is no kind of document '{word}'"),
                    format!("Possible here: {words}."),
                )
            })?,
        };
        let rule = Rule {
            name: Placed {
                value: name,
                line: row.line,
            },
            enabled: flag(row, "enabled", true)?,
            kind,
            connections: list::split(row.cell("connection")),
            when: When::Always,
            table: Vec::new(),
            then: Vec::new(),
            stop: flag(row, "stop", false)?,
        };
        self.drafts.push(Draft {
            rule,
            conditions: Vec::new(),
        });
        Ok(())
    }

    fn take_test(&mut self, row: &Row) -> Result<(), Wrong> {
        let text = row.needed("value")?;
        match yaml::parse("", &format!("tests:\n  - {text}")) {
            Ok(file) => self.tests.extend(file.tests),
            Err(errors) => {
                for error in errors {
                    self.refuse(row.line, Wrong::new(error.code, error.cause, error.remedy));
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<RuleFile, Vec<RuleError>> {
        let drafts = std::mem::take(&mut self.drafts);
        let mut rules = Vec::with_capacity(drafts.len());
        for mut draft in drafts {
            let line = draft.rule.name.line;
            match build(&draft.conditions) {
                Ok(when) => draft.rule.when = when,
                Err(wrong) => self.refuse(line, wrong),
            }
            self.check(&draft.rule);
            rules.push(draft.rule);
        }
        if self.errors.found.is_empty() {
            Ok(RuleFile {
                rules,
                tests: self.tests,
            })
        } else {
            self.errors.found.sort_by_key(|error| error.line);
            Err(self.errors.found)
        }
    }

    fn check(&mut self, rule: &Rule) {
        let mut seen = HashSet::new();
        for (left, _) in rule
            .table
            .iter()
            .filter(|(left, _)| !seen.insert(fold(left).into_owned()))
        {
            let cause = format!("'{left}' is in the table of this rule twice");
            self.refuse(
                rule.name.line,
                Wrong::new(
                    "repeated-table-value",
                    cause,
                    "Keep one of the rows; case does not count.",
                ),
            );
        }
        for condition in rule.when.conditions() {
            if let Err(wrong) = check_condition(&condition.value, !rule.table.is_empty()) {
                self.refuse(condition.line, wrong);
            }
        }
        for action in &rule.then {
            if let Err(wrong) = check_action(&action.value, rule.kind, &rule.when) {
                self.refuse(action.line, wrong);
            }
        }
        if rule.then.is_empty() {
            let wrong = Wrong::new(
                "then-missing",
                "this rule has no action",
                "Add a row whose part is 'then'.",
            );
            self.refuse(rule.name.line, wrong);
        }
    }
}

fn flag(row: &Row, column: &'static str, otherwise: bool) -> Result<bool, Wrong> {
    match simplify(row.cell(column)).as_str() {
        "" => Ok(otherwise),
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        word => Err(Wrong::new(
            "flag-expected",
            format!("'{column}' is yes or no, and this is '{word}'"),
            "Write yes or no.",
        )),
    }
}
