//! The rows of one rule in the full form: its conditions by path, its actions one by one.
//!
//! In: rows. Out: parts of a [`Rule`], or what is wrong with the row.

use std::collections::HashMap;

use super::list;
use crate::action::{ActionSpec, Form, target_for};
use crate::condition::Wrong;
use crate::error::did_you_mean;
use crate::field::{Field, FieldId, Kind, Unknown, simplify};
use crate::nearest::nearest;
use crate::operator::{Operator, Takes};
use crate::rule::{Action, Affix, Condition, Placed, Rule, Side, When};
use crate::verify::{parse_factor, parse_surcharge};

/// One row, by column.
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) cells: HashMap<&'static str, String>,
}

impl Row {
    pub(super) fn cell(&self, column: &'static str) -> &str {
        self.cells.get(column).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn needed(&self, column: &'static str) -> Result<String, Wrong> {
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
pub(super) struct Draft {
    pub(super) rule: Rule,
    pub(super) conditions: Vec<(Vec<usize>, DraftWhen)>,
}

pub(super) enum DraftWhen {
    Group(bool),
    Leaf(When),
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
    pub(super) fn take_condition(&mut self, row: &Row) -> Result<(), Wrong> {
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

    pub(super) fn take_action(&mut self, row: &Row) -> Result<(), Wrong> {
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
        Form::SplitSku => Action::SplitSku {
            keep: to_side(row.cell("to"))?,
            separator: value()?,
        },
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

fn to_side(word: &str) -> Result<Side, Wrong> {
    match simplify(word).as_str() {
        "left" => Ok(Side::Left),
        "right" => Ok(Side::Right),
        word => Err(Wrong::new(
            "unknown-side",
            format!("a SKU has no side '{word}'"),
            "Write left or right in 'to'.",
        )),
    }
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
pub(super) fn build(rows: &[(Vec<usize>, DraftWhen)]) -> Result<When, Wrong> {
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
