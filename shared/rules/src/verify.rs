//! Checks that an action can run: that its field may be written, that its constant is of the field's type, and that an
//! action which takes the compared field has one.
//!
//! In: an action, the rule's kind and `when`. Out: nothing, or what is wrong. Knows no list of QuickBooks; see `check`.

use rust_decimal::Decimal;

use crate::action::choices;
use crate::condition::Wrong;
use crate::error::did_you_mean;
use crate::field::{Field, FieldId, FieldType, Kind, Level, simplify};
use crate::fields;
use crate::nearest::nearest;
use crate::operator::Operator;
use crate::rule::{Action, Affix, Condition, Surcharge, When};
use crate::template;
use crate::value::{Value, parse_number};

/// Largest factor of a quantity.
const FACTOR_MAX: i64 = 1_000_000;

/// Fields that a new line may have besides those that actions may write.
const LINE_EXTRAS: &[FieldId] = &[
    fields::LINE_TOTAL,
    fields::LINE_NET,
    fields::TITLE,
    fields::TAX_RATE,
    fields::PRICE_PER_UNIT,
];

/// Checks one action of a rule.
pub(crate) fn check_action(action: &Action, kind: Kind, when: &When) -> Result<(), Wrong> {
    match action {
        Action::Set { field, value } => {
            check_writable(field)?;
            check_constant(field, value)
        }
        Action::Clear { field } => check_writable(field),
        Action::Copy { from, to } => {
            check_writable(to)?;
            check_copy(from, to)
        }
        Action::Map { field } => {
            check_writable(field)?;
            check_copy(&compared(when)?.field, field)
        }
        Action::FromTable { field } => {
            check_writable(field)?;
            compared_by_table(when).map(|_| ())
        }
        Action::Strip { field, affix } => {
            check_writable(field)?;
            check_text(field)?;
            if *affix == Affix::Matched && affixes(when, field).is_empty() {
                let cause = format!(
                    "no condition of this rule says with what '{}' starts or ends",
                    field.name()
                );
                let remedy =
                    "Add a condition `starts_with` or `ends_with` on the field, or say `prefix` or `suffix`.";
                return Err(Wrong::new("nothing-to-strip", cause, remedy));
            }
            Ok(())
        }
        Action::Template { field, text } => {
            check_writable(field)?;
            template::parse(text, kind).map(|_| ())
        }
        Action::SplitSku { .. } | Action::AddLine(_) | Action::Surcharge(_) if kind == Kind::Stock => {
            let remedy = "On a stock update use skip, multiply_quantity, divide_quantity, map_stock_sku and map_stock_location.";
            Err(Wrong::new(
                "action-of-other-kind",
                "a stock update has neither lines nor shipping",
                remedy,
            ))
        }
        Action::DivideQuantity(_) if kind != Kind::Stock => {
            let remedy = "Write `multiply_quantity`, which keeps the line's total.";
            Err(Wrong::new(
                "action-of-other-kind",
                "only the level of a stock update can be divided",
                remedy,
            ))
        }
        Action::AddLine(line) => check_line(line),
        _ => Ok(()),
    }
}

fn check_writable(field: &Field) -> Result<(), Wrong> {
    match field {
        Field::Known(id) if id.spec().writable => Ok(()),
        _ => {
            let cause = format!(
                "'{}' is what Linnworks holds; an action cannot write it",
                field.name()
            );
            Err(Wrong::new(
                "not-writable",
                cause,
                "Write a field of the document instead, such as document_number or store_name.",
            ))
        }
    }
}

fn check_text(field: &Field) -> Result<(), Wrong> {
    if field.field_type() == FieldType::Text {
        return Ok(());
    }
    let cause = format!(
        "the type of '{}' is {}, not text",
        field.name(),
        field.field_type().as_str()
    );
    Err(Wrong::new("wrong-type", cause, "Name a text field."))
}

fn check_copy(from: &Field, to: &Field) -> Result<(), Wrong> {
    let (source, target) = (from.field_type(), to.field_type());
    let fits = target == FieldType::Text
        || source == target
        || (source.is_numeric() && target.is_numeric())
        || matches!(from, Field::Extended(_));
    if fits {
        return Ok(());
    }
    let cause = format!(
        "the type of '{}' is {}, and that of '{}' is {}",
        from.name(),
        source.as_str(),
        to.name(),
        target.as_str()
    );
    Err(Wrong::new("wrong-type", cause, "Copy a field of the same type."))
}

fn check_constant(field: &Field, value: &str) -> Result<(), Wrong> {
    if let Err(expected) = Value::parse(field.field_type(), value) {
        let cause = format!("'{value}' is not {expected}, which '{}' holds", field.name());
        return Err(Wrong::new(
            "wrong-type",
            cause,
            "Write numbers without currency signs and separators, dates as year-month-day.",
        ));
    }
    let Field::Known(id) = field else { return Ok(()) };
    if let Some(choices) = choices(*id)
        && choose(*id, value).is_none()
    {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let remedy = format!(
            "{}Possible here: {}.",
            did_you_mean(nearest(&simplify(value), &names)),
            names.join(", ")
        );
        return Err(Wrong::new(
            "unknown-value",
            format!("'{}' cannot be '{value}'", field.name()),
            remedy,
        ));
    }
    let code = value.len() == 3 && value.bytes().all(|letter| letter.is_ascii_alphabetic());
    if *id == fields::CURRENCY && !code {
        let cause = format!("'{value}' is no currency code");
        return Err(Wrong::new(
            "unknown-value",
            cause,
            "Write three letters, such as GBP.",
        ));
    }
    Ok(())
}

/// The value that a word means in a field with a fixed set of values.
fn choose(field: FieldId, word: &str) -> Option<&'static str> {
    let word = simplify(word);
    let found = choices(field)?
        .iter()
        .find(|(name, others)| *name == word || others.contains(&word.as_str()));
    found.map(|(name, _)| *name)
}

/// A constant as the field holds it: a known word for fields with a fixed set, upper case for currencies.
pub(crate) fn to_constant(field: &Field, value: &str) -> Result<Value, Wrong> {
    check_constant(field, value)?;
    if let Field::Known(id) = field {
        if let Some(chosen) = choose(*id, value) {
            return Ok(Value::from(chosen));
        }
        if *id == fields::CURRENCY {
            return Ok(Value::from(value.to_ascii_uppercase()));
        }
    }
    Value::parse(field.field_type(), value).map_err(|expected| Wrong::new("wrong-type", expected, ""))
}

fn check_line(line: &[(FieldId, String)]) -> Result<(), Wrong> {
    for (id, value) in line {
        let spec = id.spec();
        if spec.level != Level::Line || !(spec.writable || LINE_EXTRAS.contains(id)) {
            let cause = format!("a new line cannot have '{}'", spec.name);
            let remedy = "A new line has item or sku, description, quantity, line_total, tax_code, line_class, site and the like.";
            return Err(Wrong::new("not-a-line-field", cause, remedy));
        }
        check_constant(&Field::Known(*id), value)?;
    }
    let has = |wanted: &[FieldId]| line.iter().any(|(id, _)| wanted.contains(id));
    if !has(&[fields::ITEM, fields::SKU, fields::DESCRIPTION]) {
        return Err(Wrong::new(
            "argument-missing",
            "a new line needs an item, a SKU or a description",
            "Add `item: NAME`.",
        ));
    }
    Ok(())
}

/// The field that an action without a value takes, and the conditions on it that say what to strip.
#[derive(Debug)]
pub(crate) struct Compared<'a> {
    pub(crate) field: Field,
    pub(crate) affixes: Vec<&'a Condition>,
}

/// Finds the compared field: that of the one `always` condition; else that of the one `starts_with` or `ends_with`; else the
/// only field there is.
pub(crate) fn compared(when: &When) -> Result<Compared<'_>, Wrong> {
    let conditions = when.conditions();
    let pick = |wanted: &dyn Fn(Operator) -> bool| {
        let mut found: Vec<&Field> = conditions
            .iter()
            .filter(|one| wanted(one.value.operator))
            .map(|one| &one.value.field)
            .collect();
        found.sort();
        found.dedup();
        found
    };
    let always = pick(&|operator| operator == Operator::Always);
    let affixed = pick(&|operator| matches!(operator, Operator::StartsWith | Operator::EndsWith));
    let every = pick(&|_| true);
    let field = [always, affixed, every]
        .into_iter()
        .find_map(|found| match found.as_slice() {
            [field] => Some((*field).clone()),
            _ => None,
        });
    match field {
        Some(field) => Ok(Compared {
            affixes: affixes(when, &field),
            field,
        }),
        None if conditions.is_empty() => {
            let remedy = "Say which: `map: store_name` with `from: sub_source`, or `when: { field: sub_source, always: true }`.";
            Err(Wrong::new(
                "nothing-compared",
                "this action copies the compared field, and the rule compares none",
                remedy,
            ))
        }
        None => {
            let remedy = "Say which: `map: store_name` with `from: sub_source`.";
            Err(Wrong::new(
                "several-compared",
                "this action copies the compared field, and the rule compares several",
                remedy,
            ))
        }
    }
}

/// The conditions that say with what a field starts or ends.
pub(crate) fn affixes<'a>(when: &'a When, field: &Field) -> Vec<&'a Condition> {
    let conditions = when.conditions().into_iter().map(|placed| &placed.value);
    conditions
        .filter(|one| {
            one.field == *field && matches!(one.operator, Operator::StartsWith | Operator::EndsWith)
        })
        .collect()
}

/// The one condition `in_table`.
pub(crate) fn compared_by_table(when: &When) -> Result<&Condition, Wrong> {
    let mut found = when
        .conditions()
        .into_iter()
        .map(|placed| &placed.value)
        .filter(|one| one.operator == Operator::InTable);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => {
            let remedy = "Add the condition `{ field: sku, in_table: true }` once.";
            Err(Wrong::new(
                "table-not-compared",
                "`from_table` needs one condition `in_table` to look in the table",
                remedy,
            ))
        }
    }
}

/// A factor of a quantity.
pub(crate) fn parse_factor(text: &str) -> Result<Decimal, Wrong> {
    let found =
        parse_number(text).filter(|number| *number > Decimal::ZERO && *number <= Decimal::from(FACTOR_MAX));
    found.ok_or_else(|| {
        let cause = format!("'{text}' is no number to multiply or divide with");
        Wrong::new(
            "bad-factor",
            cause,
            format!("Write a number above 0, at most {FACTOR_MAX}."),
        )
    })
}

/// A surcharge: an amount, or a percentage with `%`.
pub(crate) fn parse_surcharge(text: &str) -> Result<Surcharge, Wrong> {
    let percent = text
        .trim()
        .strip_suffix('%')
        .and_then(parse_number)
        .map(Surcharge::Percent);
    percent
        .or_else(|| parse_number(text).map(Surcharge::Amount))
        .ok_or_else(|| {
            Wrong::new(
                "bad-surcharge",
                format!("'{text}' is no surcharge"),
                "Write an amount such as 1.50, or a share such as 10%.",
            )
        })
}
