//! The query language (quickbooks-online.md 2.6).
//!
//! In: a statement. Out: a `QueryResponse`, or fault 4000 (cannot be parsed) or 4001 (cannot be asked). Strict where the
//! real parser is: unknown entities, members that cannot be filtered by, positions of 0. Does not read over HTTP.

mod parse;
mod run;

pub(super) use run::{QueryContext, parse_instant, run};
