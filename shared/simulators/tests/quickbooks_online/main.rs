//! The QuickBooks Online simulator over real HTTP, one module per group of behaviours.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; clippy only knows this inside the test functions themselves"
)]

mod batches;
mod client;
mod faults;
mod lists;
mod payments;
mod reads;
mod requestids;
mod sales;
mod taxes;
mod tokens;
