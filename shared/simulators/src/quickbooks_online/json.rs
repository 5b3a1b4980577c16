//! A JSON value that keeps numbers as decimals.
//!
//! In: the text of a request body. Out: the same value with every number read from its own text (never through binary
//! floats, which would break the amount rule of quickbooks-online.md 3.4), and back to text. Does not keep the order of
//! members: answers come out sorted by name.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::value::RawValue;

/// A JSON value; numbers keep their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a value; the error says where the text stops being JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let raw: Box<RawValue> = serde_json::from_str(text)?;
        Self::from_raw(&raw)
    }

    fn from_raw(raw: &RawValue) -> Result<Self, serde_json::Error> {
        let text = raw.get().trim();
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)?;
                let mut object = BTreeMap::new();
                for (name, member) in members {
                    object.insert(name, Self::from_raw(&member)?);
                }
                Self::Object(object)
            }
            Some(b'[') => {
                let items: Vec<Box<RawValue>> = serde_json::from_str(text)?;
                Self::Array(
                    items
                        .iter()
                        .map(|item| Self::from_raw(item))
                        .collect::<Result<_, _>>()?,
                )
            }
            Some(b'"') => Self::Text(serde_json::from_str(text)?),
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Number(text.to_owned()),
        })
    }

    /// An object without members.
    pub fn object() -> Self {
        Self::Object(BTreeMap::new())
    }

    /// A text value.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// A whole number.
    pub fn count(value: usize) -> Self {
        Self::Number(value.to_string())
    }

    /// A quantity, price, rate or percentage: no trailing zeros (`35`, `0.9090889`).
    pub fn decimal(value: Decimal) -> Self {
        Self::Number(value.normalize().to_string())
    }

    /// An amount of money: zero is `0`, whole amounts end in `.0` (`35.0`, `409.09`), as recorded.
    pub fn amount(value: Decimal) -> Self {
        let value = value.normalize();
        Self::Number(if value.is_zero() {
            "0".to_owned()
        } else if value.scale() == 0 {
            format!("{value}.0")
        } else {
            value.to_string()
        })
    }

    /// A reference `{"value","name"}`.
    pub fn reference(value: &str, name: Option<&str>) -> Self {
        let mut object = Self::object();
        object.set("value", Self::text(value));
        if let Some(name) = name {
            object.set("name", Self::text(name));
        }
        object
    }

    /// The member `name` of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// The member at the end of a dotted path (`SalesItemLineDetail.ItemRef.value`).
    pub fn path(&self, path: &str) -> Option<&Json> {
        path.split('.').try_fold(self, |value, name| value.get(name))
    }

    /// The member `name`, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json> {
        match self {
            Self::Object(members) => members.get_mut(name),
            _ => None,
        }
    }

    /// Sets a member; does nothing on a value that is no object.
    pub fn set(&mut self, name: &str, value: Json) {
        if let Self::Object(members) = self {
            members.insert(name.to_owned(), value);
        }
    }

    /// Sets a member unless there is one.
    pub fn set_default(&mut self, name: &str, value: Json) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        match self {
            Self::Object(members) => members.remove(name),
            _ => None,
        }
    }

    /// A chain form of `set`.
    pub fn with(mut self, name: &str, value: Json) -> Self {
        self.set(name, value);
        self
    }

    /// The text of a text value or the digits of a number (clients send `SyncToken: 0`).
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The text at a dotted path.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.path(path).and_then(Json::as_text)
    }

    /// The number, exact; a text that is a number counts too.
    pub fn as_decimal(&self) -> Option<Decimal> {
        let text = self.as_text()?.trim();
        Decimal::from_str(text)
            .or_else(|_| Decimal::from_scientific(text))
            .ok()
    }

    /// The number at a dotted path.
    pub fn decimal_at(&self, path: &str) -> Option<Decimal> {
        self.path(path).and_then(Json::as_decimal)
    }

    /// The truth at a dotted path; the texts `true` and `false` count too.
    pub fn bool_at(&self, path: &str) -> Option<bool> {
        match self.path(path)? {
            Self::Bool(value) => Some(*value),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The items of an array, or nothing.
    pub fn items(&self) -> &[Json] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The items of the array member `name`, or nothing.
    pub fn items_at(&self, name: &str) -> &[Json] {
        self.get(name).map_or(&[], Json::items)
    }

    /// The members of an object, or nothing.
    pub fn members(&self) -> impl Iterator<Item = (&String, &Json)> {
        match self {
            Self::Object(members) => Some(members.iter()),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    /// Whether the value says nothing: null, an empty text, or an object of such values (quickbooks-online.md 2.1:
    /// empty strings are sent for unset members).
    pub fn is_unset(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Object(members) => !members.is_empty() && members.values().all(Json::is_unset),
            _ => false,
        }
    }

    /// The value without unset members, at every depth.
    pub fn pruned(self) -> Self {
        match self {
            Self::Object(members) => Self::Object(
                members
                    .into_iter()
                    .filter(|(_, value)| !value.is_unset())
                    .map(|(name, value)| (name, value.pruned()))
                    .collect(),
            ),
            Self::Array(items) => Self::Array(
                items
                    .into_iter()
                    .filter(|item| !item.is_unset())
                    .map(Json::pruned)
                    .collect(),
            ),
            other => other,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(text) => out.write_str(text),
            Self::Text(text) => out.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?),
            Self::Array(items) => {
                out.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if index > 0 { "," } else { "" })?;
                }
                out.write_str("]")
            }
            Self::Object(members) => {
                out.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    let name = serde_json::to_string(name).map_err(|_| fmt::Error)?;
                    write!(out, "{}{name}:{value}", if index > 0 { "," } else { "" })?;
                }
                out.write_str("}")
            }
        }
    }
}

/// Rounds half away from zero, as QuickBooks rounds amounts (quickbooks-online.md 3.4).
pub(super) fn round_half_up(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}
