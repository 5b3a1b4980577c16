//! Helpers of the integration tests.
//!
//! In: what a test asks for. Out: a seller with simulated accounts, the real program as a process, and an auditor of the books that
//! shares nothing with the product. Fails loudly: a helper that cannot do its work ends the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "only tests call this crate, and a failing helper is a failing test"
)]

pub mod audit;
pub mod bench;
pub mod faulty_store;
pub mod process;
pub mod recorder;
pub mod world;
