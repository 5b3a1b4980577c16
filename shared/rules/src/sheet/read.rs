//! Reads the full form.
//!
//! In: the text of a sheet. Out: a [`RuleFile`], or every bad row with its number.

use std::collections::{HashMap, HashSet};

use super::{COLUMNS, list};
use crate::action::{ActionSpec, Form, target_for};
use crate::condition::{Wrong, check_condition};
use crate::error::{Errors, Place, RuleError, did_you_mean};
use crate::field::{Field, FieldId, Kind, Unknown, simplify};
use crate::nearest::nearest;
use crate::operator::{Operator, Takes};
use crate::rule::{Action, Affix, Condition, Placed, Rule, RuleFile, Side, When};
use crate::value::fold;
use crate::verify::{check_action, parse_factor, parse_surcharge};
use crate::yaml;

/// One row, by column.
struct Row {
    line: usize,
    cells: HashMap<&'static str, String>,
}

impl Row {
    fn cell(&self, column: &'static str) -> &str {
        self.cells.get(column).map(String::as_str).unwrap_or_default()
    }

    fn needed(&self, column: &'static str) -> Result<String, Wrong> {
        let cell = self.cell(column);
        if cell.is_empty() {
            let cause = format!("the column '{column}' is empty");
            return Err(Wrong::new(
                "cell-missing",
                cause,
                "Fill it in; the export shows the form.",
            ));
        }
        Ok(cell.to_owned())
    }
}

/// The rows of one rule.
struct Draft {
    rule: Rule,
    conditions: Vec<(Vec<usize>, DraftWhen)>,
}

enum DraftWhen {
    Group(bool),
    Leaf(When),
}

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
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    for header in reader.headers().into_iter().flatten() {
        let known = COLUMNS.into_iter().find(|column| *column == simplify(header));
        if known.is_none() {
            let near = did_you_mean(nearest(header, &COLUMNS));
            let remedy = format!("{near}The columns are: {}.", COLUMNS.join(", "));
            errors.add(
                Place {
                    line: 1,
                    column: 1,
                    width: usize::MAX,
                },
                "unknown-column",
                format!("there is no column '{header}'"),
                remedy,
            );
        }
        columns.push(known);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record
                    .position()
                    .and_then(|position| usize::try_from(position.line()).ok())
                    .unwrap_or_default();
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
            Err(error) => {
                errors.add(
                    Place::default(),
                    "not-csv",
                    format!("this is not a sheet: {error}"),
                    "Save it as CSV in UTF-8.",
                );
                break;
            }
        }
    }
    rows
}

fn to_place(line: usize) -> Place {
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

fn find_field(kind: Kind, name: &str) -> Result<Field, Wrong> {
    Field::parse(kind, name).map_err(|unknown| {
        let near = match unknown {
            Unknown::Nowhere(near) => near,
            Unknown::OtherKind(_) => None,
        };
        let cause = format!(
            "there is no field '{name}' for documents of kind {}",
            kind.as_str()
        );
        Wrong::new(
            "unknown-field",
            cause,
            format!("{}Names are those of the previewer.", did_you_mean(near)),
        )
    })
}

impl Draft {
    fn take_condition(&mut self, row: &Row) -> Result<(), Wrong> {
        let path: Option<Vec<usize>> = row
            .cell("path")
            .split('.')
            .map(|step| step.trim().parse().ok())
            .collect();
        let path = path.ok_or_else(|| {
            let cause = format!("'{}' is no path", row.cell("path"));
            Wrong::new(
                "bad-path",
                cause,
                "Write 1 for the first row, 1.1 and 1.2 for the rows in its group.",
            )
        })?;
        let name = simplify(row.cell("name"));
        let part = match name.as_str() {
            "all" => DraftWhen::Group(true),
            "any" => DraftWhen::Group(false),
            "always" if row.cell("field").is_empty() => DraftWhen::Leaf(When::Always),
            _ => DraftWhen::Leaf(self.condition(row)?),
        };
        self.conditions.push((path, part));
        Ok(())
    }

    fn condition(&self, row: &Row) -> Result<When, Wrong> {
        let word = row.needed("name")?;
        let operator = Operator::parse(&word).ok_or_else(|| {
            let names: Vec<&str> = Operator::ALL.iter().map(|operator| operator.as_str()).collect();
            let remedy = format!(
                "{}Comparisons are: {}.",
                did_you_mean(nearest(&word, &names)),
                names.join(", ")
            );
            Wrong::new(
                "unknown-comparison",
                format!("there is no comparison '{word}'"),
                remedy,
            )
        })?;
        let field = find_field(self.rule.kind, &row.needed("field")?)?;
        let values = match operator.takes() {
            Takes::Nothing => Vec::new(),
            Takes::One => vec![row.needed("value")?],
            Takes::Several => list::split(&row.needed("value")?),
        };
        let exact = match simplify(row.cell("case")).as_str() {
            "" | "ignore" => false,
            "exact" => true,
            word => {
                return Err(Wrong::new(
                    "unknown-case",
                    format!("'case' is exact or ignore, and this is '{word}'"),
                    "Leave it empty to ignore case.",
                ));
            }
        };
        Ok(When::Is(Placed {
            value: Condition {
                field,
                operator,
                values,
                exact,
            },
            line: row.line,
        }))
    }

    fn take_action(&mut self, row: &Row) -> Result<(), Wrong> {
        let kind = self.rule.kind;
        let word = row.needed("name")?;
        let field = || find_field(kind, &row.needed("field")?);
        let action = match simplify(&word).as_str() {
            "strip_prefix" => Action::Strip {
                field: field()?,
                affix: Affix::Prefix(row.needed("value")?),
            },
            "strip_suffix" => Action::Strip {
                field: field()?,
                affix: Affix::Suffix(row.needed("value")?),
            },
            _ => {
                let spec = ActionSpec::find(&word).ok_or_else(|| {
                    let words: Vec<&str> = crate::action::ACTIONS.iter().map(|spec| spec.name).collect();
                    let remedy = format!(
                        "{}The reference page lists all actions.",
                        did_you_mean(nearest(&word, &words))
                    );
                    Wrong::new("unknown-action", format!("there is no action '{word}'"), remedy)
                })?;
                to_action(spec.form, row, kind)?
            }
        };
        self.rule.then.push(Placed {
            value: action,
            line: row.line,
        });
        Ok(())
    }
}

fn to_action(form: Form, row: &Row, kind: Kind) -> Result<Action, Wrong> {
    let field = || find_field(kind, &row.needed("field")?);
    let to = || find_field(kind, &row.needed("to")?);
    let value = || row.needed("value");
    Ok(match form {
        Form::Set => Action::Set {
            field: field()?,
            value: value()?,
        },
        Form::Clear => Action::Clear { field: field()? },
        Form::Copy => Action::Copy {
            from: field()?,
            to: to()?,
        },
        Form::Map if row.cell("value").is_empty() => Action::Map { field: field()? },
        Form::Map => Action::Set {
            field: field()?,
            value: value()?,
        },
        Form::FromTable => Action::FromTable { field: field()? },
        Form::Strip => Action::Strip {
            field: field()?,
            affix: Affix::Matched,
        },
        Form::Template => Action::Template {
            field: to()?,
            text: value()?,
        },
        Form::SplitSku => {
            let keep = match simplify(row.cell("to")).as_str() {
                "left" => Side::Left,
                "right" => Side::Right,
                word => {
                    return Err(Wrong::new(
                        "unknown-side",
                        format!("a SKU has no side '{word}'"),
                        "Write left or right in 'to'.",
                    ));
                }
            };
            Action::SplitSku {
                keep,
                separator: value()?,
            }
        }
        Form::Multiply => Action::MultiplyQuantity(parse_factor(&value()?)?),
        Form::Divide => Action::DivideQuantity(parse_factor(&value()?)?),
        Form::Surcharge => Action::Surcharge(parse_surcharge(&value()?)?),
        Form::AddLine => Action::AddLine(to_line(&value()?, kind)?),
        Form::Skip => Action::Skip(value()?),
        Form::Hold => Action::Hold(value()?),
        Form::MapTo(id) => map_to(target_for(kind, id), row.cell("value")),
        Form::TemplateTo(id) => match row.cell("value") {
            text if text.contains(['{', '}']) => Action::Template {
                field: id.into(),
                text: text.to_owned(),
            },
            text => map_to(id, text),
        },
    })
}

fn map_to(field: FieldId, value: &str) -> Action {
    let field = field.into();
    if value.is_empty() {
        Action::Map { field }
    } else {
        Action::Set {
            field,
            value: value.to_owned(),
        }
    }
}

fn to_line(cell: &str, kind: Kind) -> Result<Vec<(FieldId, String)>, Wrong> {
    let mut line = Vec::new();
    for entry in list::split(cell) {
        let wrong = || {
            Wrong::new(
                "not-a-line-field",
                format!("'{entry}' is no field of a line"),
                "Write item=Gift wrap|quantity=1.",
            )
        };
        let (name, value) = entry.split_once('=').ok_or_else(wrong)?;
        match find_field(kind, name)? {
            Field::Known(id) => line.push((id, value.to_owned())),
            Field::Extended(_) => return Err(wrong()),
        }
    }
    Ok(line)
}

/// Puts the rows of a `when` together: a group's rows have its path with one more step.
fn build(rows: &[(Vec<usize>, DraftWhen)]) -> Result<When, Wrong> {
    let root = || {
        Wrong::new(
            "when-missing",
            "this rule has no row with path 1",
            "Write `always` or the outer group there.",
        )
    };
    match rows {
        [] => Err(root()),
        [(path, _), ..] if path.len() != 1 => Err(root()),
        [(path, _), rest @ ..] => {
            let stray = rest.iter().find(|(inner, _)| !inner.starts_with(path));
            if stray.is_some() {
                let remedy = "Write a row with path 1 and the name all or any, and give the conditions paths 1.1, 1.2 and so on.";
                return Err(Wrong::new(
                    "mixed-group",
                    "there are several conditions without a group",
                    remedy,
                ));
            }
            build_at(rows, path)
        }
    }
}

fn build_at(rows: &[(Vec<usize>, DraftWhen)], path: &[usize]) -> Result<When, Wrong> {
    let found = rows.iter().find(|(at, _)| at == path).map(|(_, part)| part);
    let children: Vec<&Vec<usize>> = rows
        .iter()
        .map(|(at, _)| at)
        .filter(|at| at.len() == path.len() + 1 && at.starts_with(path))
        .collect();
    match found {
        Some(DraftWhen::Leaf(when)) if children.is_empty() => Ok(when.clone()),
        Some(DraftWhen::Group(all)) if !children.is_empty() => {
            let parts: Result<Vec<When>, Wrong> =
                children.into_iter().map(|child| build_at(rows, child)).collect();
            parts.map(|parts| if *all { When::All(parts) } else { When::Any(parts) })
        }
        _ => {
            let shown: Vec<String> = path.iter().map(usize::to_string).collect();
            let cause = format!(
                "the condition with path {} is an empty group, or has rows below it",
                shown.join(".")
            );
            Err(Wrong::new(
                "empty-group",
                cause,
                "Give groups their rows, and conditions none.",
            ))
        }
    }
}
