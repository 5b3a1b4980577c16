//! Turns errors of SQLite, of the file system and of JSON into [`StoreError`], with the place and never a value.
//!
//! In: an error and the place it happened at. Out: the error a use case sees. Decides nothing about retries.

use ports::StoreError;
use rusqlite::ErrorCode;

/// Adds the place to an error of SQLite. Its words name tables and columns, never bound values.
pub(crate) fn at(place: impl Into<String>) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => unreadable(place, "it is not a database of SQLite"),
        _ => StoreError::Medium {
            place: place.into(),
            cause: error.to_string(),
        },
    }
}

/// Adds the place to an error of the file system.
pub(crate) fn at_file(place: impl Into<String>) -> impl FnOnce(std::io::Error) -> StoreError {
    move |error| StoreError::Medium {
        place: place.into(),
        cause: error.to_string(),
    }
}

/// A record that this version cannot read.
pub(crate) fn unreadable(place: impl Into<String>, cause: impl Into<String>) -> StoreError {
    StoreError::Unreadable {
        place: place.into(),
        cause: cause.into(),
    }
}
