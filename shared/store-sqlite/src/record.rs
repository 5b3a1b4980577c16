//! How values become text in the file: versioned JSON, instants, whole numbers.
//!
//! ```text
//! {"schema":1,"record":{...}}          every JSON column; `schema` is ports::store::RECORD_VERSION when written
//! 2026-03-01T09:30:00.000000000Z       every instant: UTC, always nine decimals, so that text order is time order
//! ```
//! In: domain values. Out: text, and back. An unknown schema is an error that names the record; nothing is guessed.

use std::time::Duration;

use jiff::Timestamp;
use ports::StoreError;
use ports::store::RECORD_VERSION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::unreadable;

#[derive(Serialize)]
struct Written<'a, T> {
    schema: u32,
    record: &'a T,
}

#[derive(Deserialize)]
struct Kept<'a> {
    schema: u32,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// The JSON of a value with the present schema version.
pub(crate) fn encode<T: Serialize>(place: &str, record: &T) -> Result<String, StoreError> {
    serde_json::to_string(&Written {
        schema: RECORD_VERSION,
        record,
    })
    .map_err(|error| malformed(place, &error))
}

/// The value of a JSON text.
///
/// # Errors
/// [`StoreError::Unreadable`] with the place for another schema version, or for JSON that does not fit.
pub(crate) fn decode<T: DeserializeOwned>(place: &str, text: &str) -> Result<T, StoreError> {
    let kept: Kept<'_> = serde_json::from_str(text).map_err(|error| malformed(place, &error))?;
    if kept.schema != RECORD_VERSION {
        let cause = format!(
            "it has schema version {}, this linnbooks knows {RECORD_VERSION}",
            kept.schema
        );
        return Err(unreadable(place, cause));
    }
    serde_json::from_str(kept.record.get()).map_err(|error| malformed(place, &error))
}

/// serde's own words may quote the value, which can be personal data; the position is enough.
fn malformed(place: &str, error: &serde_json::Error) -> StoreError {
    let cause = format!(
        "its JSON does not fit at line {}, column {}",
        error.line(),
        error.column()
    );
    unreadable(place, cause)
}

/// The text of an instant.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// The instant of a text.
pub(crate) fn parse_instant(place: &str, text: &str) -> Result<Timestamp, StoreError> {
    text.parse()
        .map_err(|_| unreadable(place, "it has an instant that is none"))
}

/// The instant a while later; the end of time at the latest.
pub(crate) fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// A version as SQLite keeps it. No record comes near the limit.
pub(crate) fn integer(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// A version as it was kept; the tables admit none below 1.
pub(crate) fn version(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_of_instants_is_time_order() {
        let whole: Timestamp = "2026-03-01T09:30:00Z".parse().unwrap();
        let half = later(whole, Duration::from_millis(500));
        assert_eq!(instant(whole), "2026-03-01T09:30:00.000000000Z");
        assert!(instant(whole) < instant(half));
        assert_eq!(parse_instant("x", &instant(half)).unwrap(), half);
    }

    #[test]
    fn a_wait_beyond_the_end_of_time_ends_there() {
        assert_eq!(later(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MAX);
    }

    #[test]
    fn an_unknown_schema_is_refused_by_name() {
        let error = decode::<String>("document order:1", r#"{"schema":2,"record":"x"}"#).unwrap_err();
        assert!(matches!(&error, StoreError::Unreadable { place, .. } if place == "document order:1"));
        assert!(error.to_string().contains("schema version 2"));
    }

    #[test]
    fn malformed_json_is_refused_without_quoting_it() {
        let error = decode::<u32>("call 1", r#"{"schema":1,"record":"jo@example.com"}"#).unwrap_err();
        assert!(!error.to_string().contains("example.com"));
    }
}
