//! Tests of the whole product.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "everything here is a test, helper functions included"
)]

mod aws;
mod clients;
mod dependencies;
#[path = "../emulators/mod.rs"]
#[allow(dead_code, reason = "shared with other tests, which use the rest")]
mod emulators;
mod errors;
mod errors_config;
mod errors_linnworks;
mod errors_orders;
mod errors_quickbooks;
mod errors_stack;
mod kill;
mod protocol;
mod rules;
mod stack_cli;
mod tidy;
