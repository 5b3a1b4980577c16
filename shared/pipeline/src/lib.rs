//! The use cases: fetch, transform, post, settle, preview, resync, resolve and reconcile.
//!
//! In: ports and settings. Out: documents moved from state to state, and reports of what happened. The use cases decide; the
//! ports do. Nothing here knows HTTP, SQL or AWS.
//!
//! The posting protocol (reliability.md 1.2): intent before act; the frozen unit is the HTTP call; an unknown outcome is settled by
//! a look-up before any second send; identical bytes are never sent again once a part of the call was found; what QuickBooks
//! returns is compared to the penny.

pub mod core;
pub mod error;
pub mod fetch;
pub mod lists;
pub mod post;
pub mod preview;
pub mod preview_report;
pub mod reconcile;
pub mod replay;
pub mod report;
pub mod resolve;
pub mod resync;
pub mod rule_book;
pub mod sync;
pub mod transform;

pub use core::{Core, Progress};
pub use error::RunError;
pub use rule_book::{RuleBook, RulesRefused};
