//! Rules as sheets: the peer's two columns in, and a full form that carries everything both ways (behaviours.md 3, "CSV").
//!
//! In: the text of a sheet. Out: rules, or every bad row with its number; a sheet with a bad row is refused whole. The full
//! form has one row for the rule, then rows for its conditions, its table, its actions; tests have rows of their own.

mod draft;
mod list;
mod read;
mod two_columns;
mod write;

pub use two_columns::{TwoColumns, import_two_columns};

use crate::error::RuleError;
use crate::rule::RuleFile;

/// The columns of the full form.
pub(crate) const COLUMNS: [&str; 12] = [
    "rule",
    "part",
    "path",
    "name",
    "field",
    "value",
    "to",
    "case",
    "enabled",
    "for",
    "connection",
    "stop",
];

impl RuleFile {
    /// The rules and tests as a sheet of the full form.
    pub fn to_csv(&self) -> String {
        write::write(self)
    }

    /// Reads a sheet of the full form.
    ///
    /// # Errors
    /// Every bad row, with its number.
    pub fn parse_csv(file_name: &str, text: &str) -> Result<Self, Vec<RuleError>> {
        read::read(file_name, text)
    }
}
