//! One member of an answer: absent, readable or wrong; and numbers from their text (linnworks.md 3.3).
//!
//! In: JSON text. Out: values of which none is a binary floating point number. Does not know any object of Linnworks; see
//! [`crate::wire`].

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

/// Exponents beyond this are no money; the bound keeps a hostile `1e999999999` from taking memory.
const EXPONENT_MAX: i32 = 60;

/// A member of an answer. Other methods drop null members, so null and absent are one (linnworks.md 3.3).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Field<T> {
    /// Not there, or null.
    #[default]
    Absent,
    /// Readable.
    Value(T),
    /// There, and not what it should be.
    Wrong,
}

impl<T> Field<T> {
    /// The value when it is readable.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Wrong => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        if raw.get().trim() == "null" {
            return Ok(Self::Absent);
        }
        Ok(serde_json::from_str(raw.get()).map_or(Self::Wrong, Self::Value))
    }
}

/// A decimal from the text of a JSON number: `23.325`, `1.2e1`. Digits beyond the 28th decimal are rounded (noise of binary
/// numbers, such as `5.684341886080802E-14`); more whole digits than a decimal holds are an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        parse_decimal(raw.get())
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a number that a decimal holds"))
    }
}

/// Reads the text of a JSON number; `None` for anything else and for more whole digits than 28.
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return Decimal::from_str(text).ok();
    };
    let exponent: i32 = exponent.parse().ok()?;
    if Decimal::from_str(mantissa).ok()?.is_zero() || exponent < -EXPONENT_MAX {
        return Some(Decimal::ZERO);
    }
    if exponent > EXPONENT_MAX {
        return None;
    }
    let (sign, digits) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let length = i32::try_from(all.len()).ok()?;
    let plain = if point <= 0 {
        format!("{sign}0.{}{all}", "0".repeat(point.unsigned_abs() as usize))
    } else if point >= length {
        format!(
            "{sign}{all}{}",
            "0".repeat((point - length).unsigned_abs() as usize)
        )
    } else {
        let (whole, fraction) = all.split_at_checked(point.unsigned_abs() as usize)?;
        format!("{sign}{whole}.{fraction}")
    };
    Decimal::from_str(&plain).ok()
}

/// True when the JSON is nested deeper than `depth_max`. A recursive type must not be read from such a text.
pub fn is_deeper_than(json: &str, depth_max: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut is_escaped = false;
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > depth_max {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}
