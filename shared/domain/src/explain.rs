//! For each field of a document: where its value came from.
//!
//! In: mapping writes as it goes. Out: what `preview` prints. Knows no rule itself: what rules did is told here as plain data.

use rust_decimal::Decimal;
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

/// What the rules did to a document (behaviours.md 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrace {
    /// Version (content hash) of the rules; absent when there are none.
    pub version: Option<String>,
    /// The rules that matched, in the order in which they ran.
    pub fired: Vec<FiredRule>,
    /// Rules that nearly matched; only where an explanation was asked for.
    pub near_misses: Vec<NearMiss>,
    /// What the rules added to the order's total (or took off), in the document's currency.
    pub ruled_difference: Option<Decimal>,
    /// Values that rules set and QuickBooks Online has no place for, such as an inventory site.
    pub kept: Vec<KeptValue>,
    /// The whole document as rules see it, before and after; only where an explanation was asked for.
    pub facts: Vec<FactTrace>,
}

impl RuleTrace {
    /// True when there were no rules and nothing was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiredRule {
    /// Its name.
    pub rule: String,
    /// What it wrote, in order; values that stayed the same included.
    pub changes: Vec<RuleChange>,
    /// True when it kept later rules from running.
    pub stopped: bool,
}

/// A value that a rule wrote. Values are as people see them; nothing is the empty text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// The field, such as `store_name`.
    pub field: String,
    /// The line, from 1; absent on the document.
    pub line: Option<usize>,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// A rule of which all conditions but one held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearMiss {
    /// Its name.
    pub rule: String,
    /// The line on which it came nearest, from 1.
    pub line: Option<usize>,
    /// The condition that failed.
    pub failed: String,
    /// What the field had instead.
    pub actual: String,
}

/// A value that a rule set and QuickBooks Online has no place for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptValue {
    /// The field, such as `site`.
    pub field: String,
    /// The line, from 1; absent on the document.
    pub line: Option<usize>,
    /// The value.
    pub value: String,
}

/// One field as rules see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactTrace {
    /// The field by its name, such as `sub_source`.
    pub field: String,
    /// The line, from 1; absent on the document.
    pub line: Option<usize>,
    /// Where its first value is found: a path of Linnworks or a setting.
    pub source: String,
    /// Before the rules.
    pub before: String,
    /// After the rules.
    pub after: String,
    /// The rules that wrote it, in order.
    pub rules: Vec<String>,
}

/// The traces of all fields, in the order they were mapped, and what a person should know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Field by field.
    pub fields: Vec<FieldTrace>,
    /// Things that were changed or may surprise, such as a shortened number.
    pub warnings: Vec<String>,
    /// What the rules did.
    #[serde(default, skip_serializing_if = "RuleTrace::is_empty")]
    pub rules: RuleTrace,
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
