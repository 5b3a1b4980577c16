//! The tests of store-aws: the contract every store has to keep, against two emulators, and what only AWS can do: lost replies,
//! throttles, transactions, leases, labels, write units.
//!
//! DynamoDB Local, AWS's own, is the judge of conditional and transactional writes; ministack has SQS and Secrets Manager too.
//! Each test starts the emulators it needs; every case has a table, queues and secrets of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod cases;
#[path = "../../../../tests/contract/mod.rs"]
mod contract;
#[allow(dead_code, reason = "other tests use more of it")]
#[path = "../../../../tests/emulators/mod.rs"]
mod emulators;
mod ends;
mod faults;
mod golden;
mod ground;
mod items;
mod proxy;
mod services;
mod units;
