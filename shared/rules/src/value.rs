//! Values of fields, how they are read from text, shown and folded.
//!
//! In: text of a file, or typed values from mapping. Out: [`Value`]. No binary floating point number: a decimal is parsed
//! from its digits.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::field::FieldType;

/// The value of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    #[default]
    Absent,
    /// Text; never trimmed.
    Text(String),
    /// A number or an amount.
    Number(Decimal),
    /// A day.
    Date(Date),
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// Reads a value as a field of this type holds it.
    ///
    /// # Errors
    /// What was expected, when the text is not it.
    pub fn parse(field_type: FieldType, text: &str) -> Result<Self, &'static str> {
        match field_type {
            FieldType::Text => Ok(Self::Text(text.to_owned())),
            FieldType::List => Ok(Self::List(vec![text.to_owned()])),
            FieldType::Number | FieldType::Money => parse_number(text)
                .map(Self::Number)
                .ok_or("a plain number such as 12.50"),
            FieldType::Date => parse_date(text)
                .map(Self::Date)
                .ok_or("a date such as 2026-01-31"),
        }
    }

    /// The value as people see it and as text conditions compare it: numbers without trailing zeros, dates as
    /// 2026-01-31, lists joined with `, `, nothing as the empty text.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Absent => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.normalize().to_string()),
            Self::Date(date) => Cow::Owned(date.to_string()),
            Self::List(entries) => Cow::Owned(entries.join(", ")),
        }
    }

    /// True for nothing, for text that is only white space, and for a list with nothing else.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(entries) => entries.iter().all(|entry| entry.trim().is_empty()),
            Self::Number(_) | Self::Date(_) => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::from(if yes { "yes" } else { "no" })
    }
}

impl From<Vec<String>> for Value {
    fn from(entries: Vec<String>) -> Self {
        Self::List(entries)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

/// What greater and less compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Number(Decimal),
    Date(Date),
}

impl Bound {
    /// Reads a bound; text fields (extended properties) take a number or a date.
    pub(crate) fn parse(field_type: FieldType, text: &str) -> Result<Self, &'static str> {
        match field_type {
            FieldType::Number | FieldType::Money => parse_number(text)
                .map(Self::Number)
                .ok_or("a plain number such as 12.50"),
            FieldType::Date => parse_date(text)
                .map(Self::Date)
                .ok_or("a date such as 2026-01-31"),
            FieldType::Text | FieldType::List => parse_number(text)
                .map(Self::Number)
                .or_else(|| parse_date(text).map(Self::Date))
                .ok_or("a plain number such as 12.50 or a date such as 2026-01-31"),
        }
    }

    /// How a value stands to the bound; nothing when it is of another type.
    pub(crate) fn compare(&self, value: &Value) -> Option<Ordering> {
        match (value, self) {
            (Value::Number(number), Self::Number(bound)) => Some(number.cmp(bound)),
            (Value::Date(date), Self::Date(bound)) => Some(date.cmp(bound)),
            (Value::Text(text), Self::Number(bound)) => parse_number(text).map(|number| number.cmp(bound)),
            (Value::Text(text), Self::Date(bound)) => parse_date(text).map(|date| date.cmp(bound)),
            _ => None,
        }
    }

    /// The bound on one scale with the values of its own type, for sorting.
    pub(crate) fn ordinal(&self) -> Decimal {
        match self {
            Self::Number(number) => *number,
            Self::Date(date) => date_ordinal(*date),
        }
    }
}

/// A value on the scale of [`Bound::ordinal`].
pub(crate) fn value_ordinal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Date(date) => Some(date_ordinal(*date)),
        _ => None,
    }
}

fn date_ordinal(date: Date) -> Decimal {
    let (year, month, day) = (
        i64::from(date.year()),
        i64::from(date.month()),
        i64::from(date.day()),
    );
    Decimal::from(year * 10_000 + month * 100 + day)
}

/// A decimal written in digits, with `-` and `.` only.
pub(crate) fn parse_number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain && !digits.ends_with('.') {
        Decimal::from_str_exact(text).ok()
    } else {
        None
    }
}

/// A day written 2026-01-31.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() == 10 { text.parse().ok() } else { None }
}

/// Text as conditions compare it without regard to case: each letter in Unicode lower case, whatever stands around it.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if is_folded(text) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
}

fn is_folded(text: &str) -> bool {
    if text.is_ascii() {
        return !text.bytes().any(|byte| byte.is_ascii_uppercase());
    }
    text.chars()
        .all(|letter| letter.to_lowercase().eq(std::iter::once(letter)))
}

/// True when `text` folds to `folded`; does not allocate.
pub(crate) fn folds_to(text: &str, folded: &str) -> bool {
    text.chars().flat_map(char::to_lowercase).eq(folded.chars())
}

/// What is left of `text` after a prefix; `prefix` is folded unless `exact`.
pub(crate) fn strip_prefix<'a>(text: &'a str, prefix: &str, exact: bool) -> Option<&'a str> {
    if exact {
        return text.strip_prefix(prefix);
    }
    let mut wanted = prefix.chars();
    let mut at = 0;
    for letter in text.chars() {
        if wanted.as_str().is_empty() {
            break;
        }
        for lower in letter.to_lowercase() {
            if wanted.next() != Some(lower) {
                return None;
            }
        }
        at += letter.len_utf8();
    }
    if wanted.as_str().is_empty() {
        text.get(at..)
    } else {
        None
    }
}

/// What is left of `text` before a suffix; `suffix` is folded unless `exact`.
pub(crate) fn strip_suffix<'a>(text: &'a str, suffix: &str, exact: bool) -> Option<&'a str> {
    if exact {
        return text.strip_suffix(suffix);
    }
    let mut wanted = suffix.chars();
    let mut at = text.len();
    for letter in text.chars().rev() {
        if wanted.as_str().is_empty() {
            break;
        }
        let lower: Vec<char> = letter.to_lowercase().collect();
        if !lower
            .into_iter()
            .rev()
            .all(|lower| wanted.next_back() == Some(lower))
        {
            return None;
        }
        at -= letter.len_utf8();
    }
    if wanted.as_str().is_empty() {
        text.get(..at)
    } else {
        None
    }
}
