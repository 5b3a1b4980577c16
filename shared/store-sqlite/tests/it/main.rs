//! The tests of store-sqlite: the contract every store has to keep, and what only a file can do.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../contract/mod.rs"]
mod contract;
mod crash;
mod golden;
mod model;
mod process;
mod tables;

use std::path::Path;
use std::sync::Arc;

use contract::{ManualClock, Subject};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A store in a directory, on a clock of its own.
fn open(directory: &Path) -> SqliteStore {
    SqliteStore::open(directory, Arc::new(ManualClock::new())).unwrap()
}

/// An empty store in a temporary directory.
fn subject() -> Subject {
    let ground = TempDir::new().unwrap();
    let clock = Arc::new(ManualClock::new());
    let store = Arc::new(SqliteStore::open(ground.path(), clock.clone()).unwrap());
    Subject {
        store: store.clone(),
        queue: store.clone(),
        vault: store,
        clock,
        _ground: Box::new(ground),
    }
}

mod contract_of_sqlite {
    use crate::contract::contract_tests;

    contract_tests!(crate::subject);
}
