//! For each field of a document: where its value came from.
//!
//! In: mapping writes as it goes. Out: what `preview` prints. Holds no rule of its own.

use serde::{Deserialize, Serialize};

/// The trace of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldTrace {
    /// The field's name as people see it, such as `document number` or `line 1 item`.
    pub field: String,
    /// The value it got.
    pub value: String,
    /// The path in the order it was taken from, such as `GeneralInfo.ReferenceNum`.
    pub source: Option<String>,
    /// The setting that decided, such as `document.number_from`.
    pub setting: Option<String>,
}

/// The traces of all fields, in the order they were mapped, and what a person should know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Field by field.
    pub fields: Vec<FieldTrace>,
    /// Things that were changed or may surprise, such as a shortened number.
    pub warnings: Vec<String>,
}

impl Explanation {
    /// Notes where a field's value came from.
    pub fn note(
        &mut self,
        field: impl Into<String>,
        value: impl Into<String>,
        source: Option<&str>,
        setting: Option<&str>,
    ) {
        self.fields.push(FieldTrace {
            field: field.into(),
            value: value.into(),
            source: source.map(str::to_owned),
            setting: setting.map(str::to_owned),
        });
    }

    /// Notes what may surprise.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }
}
