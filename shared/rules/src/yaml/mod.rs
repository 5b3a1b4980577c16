//! Rules files in YAML: read with places, written so that reading gives the same rules.
//!
//! Scalars stay text whatever they look like: `NO`, `0123` and `1e5` are a country and two SKUs, never a boolean or a
//! number (tooling.md 2.2). Events come from the parser under serde-saphyr; serde itself would stop at the first error
//! and guess types. In: text. Out: [`crate::RuleFile`], or everything that is wrong.

mod actions;
mod conditions;
mod read;
mod tests;
mod tree;
mod write;

pub(crate) use read::parse;
pub(crate) use write::{write, write_test};
