//! The tests of store-sqlite: the contract every store has to keep, and what only a file can do.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../../../../tests/contract/mod.rs"]
mod contract;
mod crash;
mod golden;
mod model;
mod process;
mod queue_on_a_clock;
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

/// What only this store promises, for the macro's sake under a name of its own.
mod beyond_contract {
    pub(crate) use crate::queue_on_a_clock;
}

/// One test for each function of a module.
macro_rules! one_test_each {
    ($root:ident, $name:ident: $($function:ident),+ $(,)?) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $function() {
                    crate::$root::$name::$function(&crate::subject()).await;
                }
            )+
        }
    };
}

mod contract_of_sqlite {
    use crate::contract::{queue_contract, store_contract, vault_contract};

    store_contract!(one_test_each, contract);
    queue_contract!(one_test_each, contract);
    vault_contract!(one_test_each, contract);
    one_test_each!(beyond_contract, queue_on_a_clock:
        a_message_is_hidden_to_the_last_nanosecond_and_then_comes_again,
        a_delayed_message_becomes_visible_at_its_instant,
        an_outdated_receipt_is_ignored,
        a_waiting_document_is_not_queued_twice,
        a_hint_folded_into_a_returned_message_survives_its_late_acknowledgement,
        a_sooner_hint_brings_a_delayed_message_forward,
    );
}
