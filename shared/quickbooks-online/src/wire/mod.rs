//! What QuickBooks writes and reads, member by member (quickbooks-online.md 2, 3).
//!
//! In: JSON text. Out: structs with QuickBooks' own names and order of members. Numbers are read from and written as their
//! text, so no binary floating point number touches money. Decides nothing; `convert` and `faults` do.

pub(crate) mod answer;
pub(crate) mod list;
pub(crate) mod transaction;

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A number, exact in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberWire(pub(crate) Decimal);

impl Serialize for NumberWire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Without trailing zeros, so that 2 and 2.00 give the same bytes.
        let text = if self.0.is_zero() {
            "0".to_owned()
        } else {
            self.0.normalize().to_string()
        };
        RawValue::from_string(text)
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NumberWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get().trim_matches('"');
        Decimal::from_str(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map(Self)
            .map_err(|_| D::Error::custom("not a decimal number"))
    }
}

/// A text that may also come as a number (fault codes, SyncToken).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextWire(pub(crate) String);

impl<'de> Deserialize<'de> for TextWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if text.starts_with('"') {
            return serde_json::from_str(text).map(Self).map_err(D::Error::custom);
        }
        Ok(Self(text.to_owned()))
    }
}

/// A reference by id; the name is ignored on write and left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefWire {
    pub(crate) value: String,
}

impl RefWire {
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self { value: value.into() }
    }
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AddressWire {
    #[serde(rename = "Line1", skip_serializing_if = "Option::is_none")]
    pub(crate) line_1: Option<String>,
    #[serde(rename = "Line2", skip_serializing_if = "Option::is_none")]
    pub(crate) line_2: Option<String>,
    #[serde(rename = "Line3", skip_serializing_if = "Option::is_none")]
    pub(crate) line_3: Option<String>,
    #[serde(rename = "Line4", skip_serializing_if = "Option::is_none")]
    pub(crate) line_4: Option<String>,
    #[serde(rename = "Line5", skip_serializing_if = "Option::is_none")]
    pub(crate) line_5: Option<String>,
    #[serde(rename = "City", skip_serializing_if = "Option::is_none")]
    pub(crate) city: Option<String>,
    #[serde(rename = "CountrySubDivisionCode", skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    #[serde(rename = "PostalCode", skip_serializing_if = "Option::is_none")]
    pub(crate) postal_code: Option<String>,
    #[serde(rename = "Country", skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<String>,
}

/// An e-mail address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EmailWire {
    #[serde(rename = "Address", default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_every_digit_in_both_directions() {
        for text in ["0.9090889", "-12.5", "409.09", "0", "123456789012345.12345"] {
            let number: NumberWire = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), text);
        }
        let padded: NumberWire = serde_json::from_str("35.0").unwrap();
        assert_eq!(serde_json::to_string(&padded).unwrap(), "35");
        assert!(serde_json::from_str::<NumberWire>("true").is_err());
    }

    #[test]
    fn a_code_is_read_from_text_and_from_a_number() {
        assert_eq!(serde_json::from_str::<TextWire>("\"6140\"").unwrap().0, "6140");
        assert_eq!(serde_json::from_str::<TextWire>("6140").unwrap().0, "6140");
    }
}
