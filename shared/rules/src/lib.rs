//! The rule language: how users change what becomes of their documents without code.
//!
//! ```text
//! RuleFile::parse  ->  CompiledRules::compile  ->  run(&mut Facts)  ->  Trace
//!   rules.yaml            once per version          per document         what fired, before and after
//! ```
//! Rules run after a document is fetched and before it is posted, top-down, each seeing what the one before did
//! (behaviours.md 3). The crate is pure: no I/O, no clock, no random number, no binary floating point. It knows no order
//! and no accounting document; mapping makes [`Facts`] of them and reads the facts back.

mod action;
mod apply;
mod check;
mod compile;
mod condition;
mod error;
mod facts;
mod field;
pub mod fields;
mod file;
mod index;
mod near;
mod nearest;
mod operator;
mod reference;
mod rule;
mod rule_test;
mod run;
mod sheet;
mod template;
mod trace;
mod value;
mod verify;
mod yaml;

#[cfg(test)]
mod tests;

pub use action::{ACTIONS, ActionSpec, Form};
pub use check::{Finding, NameLookup, Names, NoNames, Severity};
pub use compile::CompiledRules;
pub use error::RuleError;
pub use facts::Facts;
pub use field::{
    EXTENDED_PREFIX, Field, FieldId, FieldSpec, FieldType, Kind, Kinds, Level, NameKind, Origin, Unknown,
};
pub use operator::{Operator, Takes};
pub use reference::{actions_markdown, conditions_markdown, fields_markdown};
pub use rule::{
    Action, Affix, Condition, Expect, ExpectOutcome, Given, Placed, Rule, RuleFile, RuleTest, Sample, Side,
    Surcharge, When,
};
pub use rule_test::{Difference, TestResult};
pub use sheet::{TwoColumns, import_two_columns};
pub use trace::{Change, Fired, NearMiss, Outcome, Trace};
pub use value::Value;
