//! Conditions that can never hold, and `matches`, which is `contains`.
//!
//! In: rules. Out: findings. Says only what is certain: it compares constants, not documents.

use std::cmp::Ordering;

use super::{Finding, Severity};
use crate::field::{Field, FieldType};
use crate::fields;
use crate::operator::Operator;
use crate::rule::{Condition, Placed, RuleFile, When};
use crate::value::{Bound, fold};

pub(super) fn check(file: &RuleFile, found: &mut Vec<Finding>) {
    for rule in &file.rules {
        let mut add = |severity, code, line, cause: String, remedy: &str| {
            found.push(Finding {
                severity,
                code,
                rule: rule.name.value.clone(),
                line,
                cause,
                remedy: remedy.to_owned(),
            });
        };
        for condition in rule.when.conditions() {
            if condition.value.operator == Operator::Matches {
                let cause = format!(
                    "'{}' means that the value stands somewhere in the field",
                    condition.value
                );
                add(
                    Severity::Warning,
                    "matches-is-contains",
                    condition.line,
                    cause,
                    "Write contains, or equals when the whole value is meant.",
                );
            }
            if let Some(why) = find_never(&condition.value) {
                let cause = format!("'{}' never holds: {why}", condition.value);
                add(
                    Severity::Error,
                    "never-holds",
                    condition.line,
                    cause,
                    "Compare with a value that the field can have.",
                );
            }
        }
        find_contradictions(&rule.when, &mut add);
    }
}

/// The values that Linnworks and the mapping give to fields with few of them.
fn possible_values(field: &Field) -> Option<&'static [&'static str]> {
    const YES_NO: &[&str] = &["yes", "no"];
    let Field::Known(id) = field else { return None };
    match *id {
        fields::ORDER_BOOK => Some(&["open", "processed"]),
        fields::ORDER_KIND => Some(&["sale", "resend", "exchange"]),
        fields::ORDER_STATUS => Some(&["unpaid", "paid", "return", "pending", "resend"]),
        fields::PURCHASE_STATUS => Some(&["pending", "open", "partial", "delivered"]),
        fields::HOLD_OR_CANCEL | fields::IS_SERVICE | fields::IS_UNLINKED => Some(YES_NO),
        _ => None,
    }
}

/// How many letters every value of a field has.
fn letters(field: &Field) -> Option<usize> {
    let Field::Known(id) = field else { return None };
    match *id {
        fields::SHIPPING_COUNTRY_CODE | fields::BILLING_COUNTRY_CODE | fields::SUPPLIER_COUNTRY_CODE => {
            Some(2)
        }
        fields::ORDER_CURRENCY | fields::CURRENCY => Some(3),
        _ => None,
    }
}

fn find_never(condition: &Condition) -> Option<String> {
    let text = matches!(
        condition.operator,
        Operator::Contains | Operator::Matches | Operator::StartsWith | Operator::EndsWith
    );
    let whole = matches!(condition.operator, Operator::Equals | Operator::InList);
    if !text && !whole {
        return None;
    }
    let fits = |value: &String| can_hold(condition, &fold(value), whole);
    if condition.values.is_empty() || condition.values.iter().any(fits) {
        return None;
    }
    if let Some(values) = possible_values(&condition.field) {
        return Some(format!("the field is one of {}", values.join(", ")));
    }
    if let Some(letters) = letters(&condition.field) {
        return Some(format!("the field has {letters} letters"));
    }
    Some(format!(
        "the type of the field is {}",
        condition.field.field_type().as_str()
    ))
}

/// Whether some value of the field can pass; `value` is folded.
fn can_hold(condition: &Condition, value: &str, whole: bool) -> bool {
    if let Some(possible) = possible_values(&condition.field) {
        return possible.iter().any(|possible| {
            if whole {
                *possible == value
            } else {
                possible.contains(value)
            }
        });
    }
    if let Some(letters) = letters(&condition.field) {
        let count = value.chars().count();
        return if whole { count == letters } else { count <= letters };
    }
    let allowed = match condition.field.field_type() {
        FieldType::Number | FieldType::Money => "0123456789.-",
        FieldType::Date => "0123456789-",
        FieldType::Text | FieldType::List => return true,
    };
    value.chars().all(|letter| allowed.contains(letter))
}

type Add<'a> = dyn FnMut(Severity, &'static str, usize, String, &str) + 'a;

fn find_contradictions(when: &When, add: &mut Add<'_>) {
    match when {
        When::Always | When::Is(_) => {}
        When::Any(parts) => parts.iter().for_each(|part| find_contradictions(part, add)),
        When::All(parts) => {
            let conditions: Vec<&Placed<Condition>> = parts
                .iter()
                .filter_map(|part| match part {
                    When::Is(condition) => Some(condition),
                    _ => None,
                })
                .collect();
            for (at, left) in conditions.iter().enumerate() {
                let excluded = conditions
                    .iter()
                    .skip(at + 1)
                    .find(|right| excludes(&left.value, &right.value));
                if let Some(right) = excluded {
                    let cause = format!("'{}' and '{}' never hold together", left.value, right.value);
                    add(
                        Severity::Error,
                        "contradiction",
                        right.line,
                        cause,
                        "Use a group `any`, or remove one of them.",
                    );
                }
            }
            parts.iter().for_each(|part| find_contradictions(part, add));
        }
    }
}

fn excludes(left: &Condition, right: &Condition) -> bool {
    if left.field != right.field || left.field.field_type() == FieldType::List {
        return false;
    }
    excludes_one_way(left, right) || excludes_one_way(right, left)
}

/// Whether `left` holding keeps `right` from holding.
fn excludes_one_way(left: &Condition, right: &Condition) -> bool {
    let needs_value = |condition: &Condition| {
        !matches!(
            condition.operator,
            Operator::NotEquals
                | Operator::DoesNotContain
                | Operator::IsBlank
                | Operator::Always
                | Operator::Regex
        )
    };
    match left.operator {
        Operator::IsBlank => needs_value(right),
        Operator::Equals => left
            .values
            .first()
            .is_some_and(|value| !passes(value, left.field.field_type(), right)),
        Operator::GreaterThan | Operator::GreaterOrEqual => leaves_nothing(left, right),
        _ => false,
    }
}

/// Whether a field with this value, in whatever case where case does not count, can pass a condition.
fn passes(value: &str, field_type: FieldType, condition: &Condition) -> bool {
    let value = fold(value);
    let wanted: Vec<_> = condition.values.iter().map(|wanted| fold(wanted)).collect();
    let first = wanted.first().map(|first| &**first).unwrap_or_default();
    let numeric = field_type != FieldType::Text;
    match condition.operator {
        Operator::Equals | Operator::InList if numeric => condition.values.iter().any(|wanted| {
            let bound = Bound::parse(field_type, wanted).ok();
            bound.is_none() || bound == Bound::parse(field_type, &value).ok()
        }),
        Operator::Equals | Operator::InList => wanted.contains(&value),
        Operator::NotEquals => condition.exact || numeric || value != first,
        Operator::Contains | Operator::Matches => value.contains(first),
        Operator::DoesNotContain => condition.exact || !value.contains(first),
        Operator::StartsWith => value.starts_with(first),
        Operator::EndsWith => value.ends_with(first),
        _ => true,
    }
}

/// Whether nothing lies above the bound of `left` and below that of `right`.
fn leaves_nothing(left: &Condition, right: &Condition) -> bool {
    let bound = |condition: &Condition| {
        condition
            .values
            .first()
            .and_then(|value| Bound::parse(condition.field.field_type(), value).ok())
    };
    let below = matches!(right.operator, Operator::LessThan | Operator::LessOrEqual);
    let (Some(lower), Some(upper), true) = (bound(left), bound(right), below) else {
        return false;
    };
    let both_closed = left.operator == Operator::GreaterOrEqual && right.operator == Operator::LessOrEqual;
    match lower.ordinal().cmp(&upper.ordinal()) {
        Ordering::Greater => true,
        Ordering::Equal => !both_closed,
        Ordering::Less => false,
    }
}
