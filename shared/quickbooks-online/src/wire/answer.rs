//! The envelopes around every answer (quickbooks-online.md 2.1, 2.5 to 2.7, 2.11).
//!
//! In: JSON. Out: the members, each still JSON text where its kind is only known to the caller. Both spellings of a fault are
//! read: `Fault` of the services and the lower-case `fault` of the gateway.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::TextWire;

/// The members of an envelope or batch item by name.
pub(crate) type MembersWire = BTreeMap<String, Box<RawValue>>;

/// A fault, in either spelling.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FaultWire {
    #[serde(rename = "Error", alias = "error", default)]
    pub(crate) errors: Option<Vec<ErrorWire>>,
}

/// One error of a fault.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorWire {
    #[serde(rename = "Message", alias = "message", default)]
    pub(crate) message: Option<String>,
    #[serde(rename = "Detail", alias = "detail", default)]
    pub(crate) detail: Option<String>,
    #[serde(default)]
    pub(crate) code: Option<TextWire>,
}

/// The answer of a batch.
#[derive(Deserialize)]
pub(crate) struct BatchWire {
    #[serde(rename = "BatchItemResponse", default)]
    pub(crate) items: Vec<MembersWire>,
}

/// The answer of change data capture.
#[derive(Deserialize)]
pub(crate) struct ChangesWire {
    #[serde(rename = "CDCResponse", default)]
    pub(crate) responses: Vec<ChangesPartWire>,
}

/// One part of it.
#[derive(Deserialize)]
pub(crate) struct ChangesPartWire {
    #[serde(rename = "QueryResponse", default)]
    pub(crate) lists: Vec<MembersWire>,
    #[serde(rename = "Fault", alias = "fault", default)]
    pub(crate) fault: Option<FaultWire>,
}

/// Reads one member; `None` when it is absent, null or not of that shape.
pub(crate) fn read_member<T: for<'de> Deserialize<'de>>(members: &MembersWire, name: &str) -> Option<T> {
    members
        .get(name)
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// The instant of QuickBooks' own clock; the gateway writes milliseconds, the services a text with offset.
pub(crate) fn read_time(members: &MembersWire) -> Option<Timestamp> {
    let text = read_member::<TextWire>(members, "time")?.0;
    match text.parse::<i64>() {
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_time_are_read() {
        let services: MembersWire =
            serde_json::from_str(r#"{"time":"2015-07-29T09:25:04.214-07:00"}"#).unwrap();
        assert_eq!(
            read_time(&services).unwrap().to_string(),
            "2015-07-29T16:25:04.214Z"
        );
        let gateway: MembersWire = serde_json::from_str(r#"{"time":1601391072830}"#).unwrap();
        assert_eq!(
            read_time(&gateway).unwrap().to_string(),
            "2020-09-29T14:51:12.83Z"
        );
    }
}
