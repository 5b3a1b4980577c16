//! Conditions: checked when a file is read, compiled with the rules, judged on facts.
//!
//! In: a [`Condition`] and facts. Out: whether it holds. Text is compared letter by letter in Unicode lower case unless the
//! condition says `case: exact`; a list field passes when one of its entries does, and a negative comparison is the
//! opposite of its positive one. Judging allocates nothing, except the working memory a regular expression keeps.

use std::collections::{HashMap, HashSet};

use regex::{Regex, RegexBuilder};

use crate::facts::{Facts, Slot};
use crate::field::FieldType;
use crate::operator::Operator;
use crate::rule::{Condition, When};
use crate::value::{Bound, Value, fold};

/// Largest compiled regular expression, in bytes.
const REGEX_BYTES_MAX: usize = 256 * 1024;

/// What is wrong with a condition or an action, without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    pub(crate) cause: String,
    pub(crate) remedy: String,
}

impl Wrong {
    pub(crate) fn new(code: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            code,
            cause: cause.into(),
            remedy: remedy.into(),
        }
    }
}

/// Checks that a condition can be compiled.
pub(crate) fn check_condition(condition: &Condition, has_table: bool) -> Result<(), Wrong> {
    let (field, operator) = (&condition.field, condition.operator);
    let name = field.name();
    if operator == Operator::InTable && !has_table {
        let remedy = "Add `table: { left value: right value }` to the rule.";
        return Err(Wrong::new(
            "table-missing",
            "`in_table` needs the rule's `table`",
            remedy,
        ));
    }
    if operator.is_ordered() && !field.is_ordered() {
        let cause = format!(
            "'{name}' is a {} field, which has no order",
            field.field_type().as_str()
        );
        return Err(Wrong::new(
            "no-order",
            cause,
            "Compare it with equals, contains, starts_with or ends_with.",
        ));
    }
    for value in &condition.values {
        if value.is_empty() {
            let remedy =
                "Write `is_blank: true` for fields without a value, `is_not_blank: true` for all others.";
            return Err(Wrong::new(
                "value-missing",
                format!("`{}` has an empty value", operator.as_str()),
                remedy,
            ));
        }
        check_value(condition, value)?;
    }
    Ok(())
}

fn check_value(condition: &Condition, value: &str) -> Result<(), Wrong> {
    let (field, operator) = (&condition.field, condition.operator);
    let field_type = field.field_type();
    let expected = if operator.is_ordered() {
        Bound::parse(field_type, value).err()
    } else if operator.is_whole() && field_type != FieldType::List {
        Value::parse(field_type, value).err()
    } else {
        None
    };
    if let Some(expected) = expected {
        let cause = format!(
            "'{value}' is not {expected}, which '{}' is compared with",
            field.name()
        );
        return Err(Wrong::new(
            "wrong-type",
            cause,
            "Write numbers without currency signs and separators, dates as year-month-day.",
        ));
    }
    if operator == Operator::Regex {
        build_regex(value, condition.exact).map_err(|cause| {
            let remedy = "Look-around and back-references do not exist here; `\\` before . * + ? ( ) [ ] { } | ^ $ takes them as they are.";
            Wrong::new("bad-regex", cause, remedy)
        })?;
    }
    Ok(())
}

fn build_regex(pattern: &str, exact: bool) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(!exact)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!("the regular expression '{pattern}' is too large"),
            other => {
                let text = other.to_string();
                let last = text
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ");
                format!("the regular expression '{pattern}' cannot be read: {last}")
            }
        })
}

/// A compiled `when`.
#[derive(Debug)]
pub(crate) enum Tree {
    Always,
    Leaf(Leaf),
    All(Box<[Tree]>),
    Any(Box<[Tree]>),
}

/// A compiled condition.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) slot: Slot,
    pub(crate) test: Test,
    pub(crate) exact: bool,
}

/// What a compiled condition tests. Texts are folded unless the condition is exact.
#[derive(Debug)]
pub(crate) enum Test {
    Always,
    Blank(bool),
    Equals(bool, Box<str>),
    Contains(bool, Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    InList(HashSet<Box<str>>),
    Greater { bound: Bound, or_equal: bool },
    Less { bound: Bound, or_equal: bool },
    Regex(Box<Regex>),
}

impl Tree {
    /// Compiles `when`; `table` is the rule's.
    pub(crate) fn compile(when: &When, table: &[(String, String)]) -> Result<Self, Wrong> {
        let parts = |parts: &[When]| -> Result<Box<[Self]>, Wrong> {
            parts.iter().map(|part| Self::compile(part, table)).collect()
        };
        match when {
            When::Always => Ok(Self::Always),
            When::Is(condition) => Leaf::compile(&condition.value, table).map(Self::Leaf),
            When::All(inner) => parts(inner).map(Self::All),
            When::Any(inner) => parts(inner).map(Self::Any),
        }
    }

    /// True when a condition of it is on a line field.
    pub(crate) fn uses_lines(&self) -> bool {
        match self {
            Self::Always => false,
            Self::Leaf(leaf) => leaf.slot.is_line(),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::uses_lines),
        }
    }

    /// Whether it holds on the header and this line.
    pub(crate) fn holds(&self, facts: &Facts, line: Option<usize>) -> bool {
        match self {
            Self::Always => true,
            Self::Leaf(leaf) => leaf.holds(facts, line),
            Self::All(parts) => parts.iter().all(|part| part.holds(facts, line)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts, line)),
        }
    }
}

impl Leaf {
    fn compile(condition: &Condition, table: &[(String, String)]) -> Result<Self, Wrong> {
        check_condition(condition, !table.is_empty())?;
        let field_type = condition.field.field_type();
        let first = condition.values.first().map(String::as_str).unwrap_or_default();
        let text = |value: &str| needle(field_type, condition, value);
        let bound =
            || Bound::parse(field_type, first).map_err(|expected| Wrong::new("wrong-type", expected, ""));
        let test = match condition.operator {
            Operator::Always => Test::Always,
            Operator::IsBlank => Test::Blank(true),
            Operator::IsNotBlank => Test::Blank(false),
            Operator::Equals => Test::Equals(true, text(first)),
            Operator::NotEquals => Test::Equals(false, text(first)),
            Operator::Contains | Operator::Matches => Test::Contains(true, text(first)),
            Operator::DoesNotContain => Test::Contains(false, text(first)),
            Operator::StartsWith => Test::Prefix(text(first)),
            Operator::EndsWith => Test::Suffix(text(first)),
            Operator::InList => Test::InList(condition.values.iter().map(|value| text(value)).collect()),
            Operator::InTable => Test::InList(table.iter().map(|(left, _)| text(left)).collect()),
            Operator::GreaterThan => Test::Greater {
                bound: bound()?,
                or_equal: false,
            },
            Operator::GreaterOrEqual => Test::Greater {
                bound: bound()?,
                or_equal: true,
            },
            Operator::LessThan => Test::Less {
                bound: bound()?,
                or_equal: false,
            },
            Operator::LessOrEqual => Test::Less {
                bound: bound()?,
                or_equal: true,
            },
            Operator::Regex => {
                let regex = build_regex(first, condition.exact)
                    .map_err(|cause| Wrong::new("bad-regex", cause, ""))?;
                Test::Regex(Box::new(regex))
            }
        };
        Ok(Self {
            slot: Slot::from(&condition.field),
            test,
            exact: condition.exact,
        })
    }

    /// Whether it holds on the header and this line.
    pub(crate) fn holds(&self, facts: &Facts, line: Option<usize>) -> bool {
        let cell = facts.cell(&self.slot, line);
        let any = |passes: &dyn Fn(&str) -> bool| {
            if self.exact {
                cell.any_exact(passes)
            } else {
                cell.any_folded(passes)
            }
        };
        match &self.test {
            Test::Always => true,
            Test::Blank(wanted) => cell.value.is_blank() == *wanted,
            Test::Equals(wanted, needle) => any(&|text| text == &**needle) == *wanted,
            Test::Contains(wanted, needle) => any(&|text| text.contains(&**needle)) == *wanted,
            Test::Prefix(needle) => any(&|text| text.starts_with(&**needle)),
            Test::Suffix(needle) => any(&|text| text.ends_with(&**needle)),
            Test::InList(needles) => any(&|text| needles.contains(text)),
            Test::Greater { bound, or_equal } => bound
                .compare(&cell.value)
                .is_some_and(|order| order.is_gt() || (*or_equal && order.is_eq())),
            Test::Less { bound, or_equal } => bound
                .compare(&cell.value)
                .is_some_and(|order| order.is_lt() || (*or_equal && order.is_eq())),
            Test::Regex(regex) => cell.any_exact(|text| regex.is_match(text)),
        }
    }
}

/// A value as the texts of a field are compared with it: numbers and dates in their one form when they are compared whole,
/// folded unless exact.
pub(crate) fn needle(field_type: FieldType, condition: &Condition, value: &str) -> Box<str> {
    let shown = match Value::parse(field_type, value) {
        Ok(parsed @ (Value::Number(_) | Value::Date(_))) if condition.operator.is_whole() => {
            parsed.to_text().into_owned()
        }
        _ => value.to_owned(),
    };
    if condition.exact {
        shown.into()
    } else {
        fold(&shown).into()
    }
}

/// The rows of a table by the folded or exact form of their left value.
pub(crate) fn table_rows(
    table: &[(String, String)],
    field_type: FieldType,
    condition: &Condition,
) -> HashMap<Box<str>, String> {
    table
        .iter()
        .map(|(left, right)| (needle(field_type, condition, left), right.clone()))
        .collect()
}
