//! Readers of single settings: decimals, bounded numbers, time zones.
//!
//! In: one TOML value. Out: a typed value, or a message that says what is allowed. Knows no key.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use rust_decimal::Decimal;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A whole number from `MIN` to `MAX`.
pub fn whole<'de, D: Deserializer<'de>, const MIN: u64, const MAX: u64>(
    deserializer: D,
) -> Result<u64, D::Error> {
    let number = i64::deserialize(deserializer)?;
    match u64::try_from(number) {
        Ok(number) if (MIN..=MAX).contains(&number) => Ok(number),
        _ => Err(D::Error::custom(format!(
            "{number} is out of range, expected a number from {MIN} to {MAX}"
        ))),
    }
}

struct DecimalVisitor;

impl Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a decimal number in quotes, such as \"0.05\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        Decimal::from_str(text.trim())
            .map_err(|_| E::custom(format!("'{text}' is not a decimal number such as \"0.05\"")))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Decimal, E> {
        Ok(Decimal::from(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Decimal, E> {
        Ok(Decimal::from(number))
    }
}

/// A decimal from 0 to `MAX`, written in quotes or as a whole number: a binary float would not be the number that was
/// written.
pub fn decimal<'de, D: Deserializer<'de>, const MAX: u64>(deserializer: D) -> Result<Decimal, D::Error> {
    let number = deserializer.deserialize_any(DecimalVisitor)?;
    if number.is_sign_negative() || number > Decimal::from(MAX) {
        return Err(D::Error::custom(format!(
            "{number} is out of range, expected a number from 0 to {MAX}"
        )));
    }
    Ok(number.normalize())
}

/// Writes a decimal in quotes.
pub fn write_decimal<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.normalize().to_string())
}

/// A text that is not blank and has at most `MAX` characters.
pub fn text<'de, D: Deserializer<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    check_text(&text, MAX).map_err(D::Error::custom)?;
    Ok(Some(text))
}

fn check_text(text: &str, max: usize) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("a blank text says nothing, leave the key out instead".to_owned());
    }
    let length = text.chars().count();
    if length > max {
        return Err(format!(
            "the text has {length} characters, at most {max} are possible"
        ));
    }
    Ok(())
}

/// A date written `"2026-01-31"`.
pub fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Date::from_str(&text)
        .map(Some)
        .map_err(|_| D::Error::custom(format!("'{text}' is not a date such as \"2026-01-31\"")))
}

/// The name of a time zone of the IANA database, such as `Europe/London`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ZoneName(String);

impl ZoneName {
    /// Checks that the zone exists.
    ///
    /// # Errors
    /// A message when the database has no such zone.
    pub fn parse(name: &str) -> Result<Self, String> {
        find_zone(name).map(|_| Self(name.to_owned())).ok_or_else(|| {
            format!("'{name}' is not a time zone, expected an IANA name such as \"Europe/London\" or \"America/New_York\"")
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for ZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The zone of a name, from the database built into the program, so that every machine decides alike.
pub fn find_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}
