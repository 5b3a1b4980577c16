//! Actions at work on facts.
//!
//! In: a compiled action, facts, the lines that matched. Out: values to write, handed to the run, which writes and records
//! them. All sums are decimal and checked; what would not fit is left alone with a warning.

use std::collections::HashMap;
use std::sync::Arc;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::facts::{Facts, Slot};
use crate::field::{Field, FieldId, FieldType};
use crate::rule::Side;
use crate::value::{Value, strip_prefix, strip_suffix};

/// Decimals of a unit price that a multiplied quantity gives; the line's total decides anyway.
const PRICE_DECIMALS_MAX: u32 = 10;

/// One compiled action.
#[derive(Debug)]
pub(crate) struct Step {
    /// True when it runs on each line that matched.
    pub(crate) per_line: bool,
    pub(crate) effect: Effect,
}

/// What a compiled action does.
#[derive(Debug)]
pub(crate) enum Effect {
    Assign { field: Field, to: Slot, source: Source },
    MultiplyQuantity(Decimal),
    MultiplyLevel(Decimal),
    DivideLevel(Decimal),
    AddAmount(Decimal),
    AddPercent(Decimal),
    AddLine(Box<[(FieldId, Value)]>),
    End(End, Arc<str>),
}

/// How a rule ends a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Skip,
    Hold,
}

/// Where an assigned value comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Constant(Value),
    Copy(Slot),
    Compared {
        from: Slot,
        ends: Box<[StripEnd]>,
        else_whole: bool,
    },
    Table {
        from: Slot,
        exact: bool,
        rows: HashMap<Box<str>, Value>,
    },
    Template(Box<[Written]>),
    Split {
        keep: Side,
        separator: Box<str>,
    },
}

/// A prefix or suffix to remove.
#[derive(Debug)]
pub(crate) struct StripEnd {
    pub(crate) prefix: bool,
    pub(crate) text: Box<str>,
    pub(crate) exact: bool,
}

/// A part of a template.
#[derive(Debug)]
pub(crate) enum Written {
    Text(Box<str>),
    Value(Slot),
}

impl Source {
    /// The value; nothing when the field stays as it is.
    ///
    /// # Errors
    /// The value that does not fit the field's type, as text.
    pub(crate) fn compute(
        &self,
        facts: &Facts,
        to: &Slot,
        field: &Field,
        line: Option<usize>,
    ) -> Result<Option<Value>, String> {
        match self {
            Self::Constant(value) => Ok(Some(value.clone())),
            Self::Copy(from) => convert(&facts.cell(from, line).value, field.field_type()).map(Some),
            Self::Compared {
                from,
                ends,
                else_whole,
            } => {
                let value = &facts.cell(from, line).value;
                match strip(value, ends) {
                    Some(rest) => convert(&Value::from(rest), field.field_type()).map(Some),
                    None if *else_whole => convert(value, field.field_type()).map(Some),
                    None => Ok(None),
                }
            }
            Self::Table { from, exact, rows } => {
                let cell = facts.cell(from, line);
                let mut found = None;
                let mut look_up = |text: &str| {
                    found = rows.get(text);
                    found.is_some()
                };
                let _ = if *exact {
                    cell.any_exact(&mut look_up)
                } else {
                    cell.any_folded(&mut look_up)
                };
                Ok(found.cloned())
            }
            Self::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Written::Text(plain) => text.push_str(plain),
                        Written::Value(slot) => text.push_str(&facts.cell(slot, line).value.to_text()),
                    }
                }
                convert(&Value::from(text), field.field_type()).map(Some)
            }
            Self::Split { keep, separator } => {
                let value = &facts.cell(to, line).value;
                let sides = match value {
                    Value::Text(text) => text.split_once(&**separator),
                    _ => None,
                };
                Ok(sides.map(|(left, right)| Value::from(if *keep == Side::Left { left } else { right })))
            }
        }
    }
}

fn strip(value: &Value, ends: &[StripEnd]) -> Option<String> {
    let text = value.to_text();
    ends.iter().find_map(|end| {
        let rest = if end.prefix {
            strip_prefix(&text, &end.text, end.exact)
        } else {
            strip_suffix(&text, &end.text, end.exact)
        };
        rest.map(str::to_owned)
    })
}

/// A value as a field of this type holds it.
fn convert(value: &Value, field_type: FieldType) -> Result<Value, String> {
    match (value, field_type) {
        (Value::Absent, _)
        | (Value::Text(_), FieldType::Text)
        | (Value::Number(_), FieldType::Number | FieldType::Money)
        | (Value::Date(_), FieldType::Date)
        | (Value::List(_), FieldType::List) => Ok(value.clone()),
        (other, field_type) if other.is_blank() && field_type != FieldType::Text => Ok(Value::Absent),
        (other, field_type) => {
            let text = other.to_text();
            Value::parse(field_type, &text).map_err(|_| text.into_owned())
        }
    }
}

/// Quantity and unit price of a line whose quantity is multiplied; nothing when the quantity is no number.
pub(crate) fn multiply_quantity(
    quantity: &Value,
    price: &Value,
    factor: Decimal,
) -> Option<(Value, Option<Value>)> {
    let Value::Number(quantity) = quantity else {
        return None;
    };
    let more = quantity.checked_mul(factor)?.normalize();
    let price = match price {
        Value::Number(price) => price.checked_div(factor),
        _ => None,
    };
    let price = price.map(|price| {
        let rounded =
            price.round_dp_with_strategy(PRICE_DECIMALS_MAX, RoundingStrategy::MidpointAwayFromZero);
        Value::Number(rounded.normalize())
    });
    Some((Value::Number(more), price))
}

/// A number that an effect changes; nothing when there is none or the result does not fit.
pub(crate) fn change_number(effect: &Effect, before: &Value) -> Option<Value> {
    let number = match before {
        Value::Number(number) => Some(*number),
        _ => None,
    };
    let after = match effect {
        Effect::MultiplyLevel(factor) => number?.checked_mul(*factor)?,
        Effect::DivideLevel(factor) => number?.checked_div(*factor)?.floor(),
        Effect::AddAmount(amount) => number.unwrap_or_default().checked_add(*amount)?,
        Effect::AddPercent(percent) => {
            let base = number.unwrap_or_default();
            base.checked_add(base.checked_mul(*percent)?.checked_div(Decimal::ONE_HUNDRED)?)?
        }
        _ => return None,
    };
    Some(Value::Number(after.normalize()))
}
