//! Tests of the posting of a batch: what QuickBooks does not take now is left to the sweeper.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Currency, DocumentKey, OrderId, TransactionId, TransactionKind};
use jiff::civil::Date;
use lambda_host::DocumentWork;
use mapping::Settings;
use pipeline::Core;
use ports::{
    Books, CallOutcome, Clock, ConnectorError, Disposition, EntityOutcome, FoundTransaction, FrozenCall,
    ListsCursor, ListsUpdate, NewEntity, Probe, Submission, SystemClock,
};
use rust_decimal::Decimal;
use store_sqlite::SqliteStore;

use crate::handler::{Post, limits, without_waiting};

/// A QuickBooks that takes nothing and counts the calls.
#[derive(Default)]
struct Closed(AtomicU64);

impl Closed {
    fn refuse<T>(&self) -> Result<T, ConnectorError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(ConnectorError::new(
            Disposition::Reconnect,
            "QuickBooks",
            "closed",
            "open it",
        ))
    }
}

#[async_trait]
impl Books for Closed {
    fn freeze(&self, _: &[Submission<'_>]) -> Result<FrozenCall, ConnectorError> {
        self.refuse()
    }

    async fn send(&self, _: &FrozenCall) -> CallOutcome {
        CallOutcome::NotDone(ConnectorError::new(
            Disposition::Reconnect,
            "QuickBooks",
            "closed",
            "open it",
        ))
    }

    async fn look_up(&self, _: &[Probe]) -> Result<Vec<FoundTransaction>, ConnectorError> {
        self.refuse()
    }

    async fn ensure_entities(&self, _: &[NewEntity]) -> Result<Vec<EntityOutcome>, ConnectorError> {
        self.refuse()
    }

    async fn read_lists(&self, _: Option<&ListsCursor>) -> Result<ListsUpdate, ConnectorError> {
        self.refuse()
    }

    async fn read_exchange_rate(&self, _: Currency, _: Date) -> Result<Option<Decimal>, ConnectorError> {
        self.refuse()
    }

    async fn list_transactions(
        &self,
        _: &[TransactionKind],
        _: Date,
        _: Date,
    ) -> Result<Vec<FoundTransaction>, ConnectorError> {
        self.refuse()
    }

    async fn delete(&self, _: TransactionKind, _: &TransactionId) -> Result<(), ConnectorError> {
        self.refuse()
    }

    fn calls(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn post(directory: &std::path::Path, stopped: bool) -> Post {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Arc::new(SqliteStore::open(directory, Arc::clone(&clock)).unwrap());
    let core = Core::new(
        store.clone(),
        store,
        clock,
        Arc::new(without_waiting(Settings::default())),
    );
    Post {
        core,
        books: Arc::new(Closed::default()),
        stopped: AtomicBool::new(stopped),
    }
}

fn key() -> DocumentKey {
    DocumentKey::order("0d9f5c32-52a0-4f3a-9f4e-2a6f3f0c7b11".parse::<OrderId>().unwrap())
}

#[tokio::test]
async fn a_message_of_a_document_that_the_store_does_not_know_is_taken_and_calls_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let post = post(directory.path(), false);
    post.work(vec![key()]).await.unwrap();
    assert_eq!(post.books.calls(), 0);
}

#[tokio::test]
async fn after_quickbooks_took_nothing_more_the_rest_of_the_batch_is_left_to_the_sweeper() {
    let directory = tempfile::tempdir().unwrap();
    let post = post(directory.path(), true);
    post.work(vec![key()]).await.unwrap();
    assert_eq!(post.books.calls(), 0);
}

#[test]
fn a_function_sends_a_call_once_and_a_chunk_is_one_batch() {
    let settings = without_waiting(Settings::default());
    assert_eq!(settings.posting.send_attempts_max, 1);
    assert_eq!(limits(&settings).documents_per_chunk, 30);
}

#[test]
fn a_chunk_fits_twice_into_the_functions_time_as_the_template_has_it() {
    let template = include_str!("../../../template.yaml");
    let post = template.split("  Post:\n").nth(1).unwrap();
    let timeout: u64 = post
        .split("Timeout: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(limits(&Settings::default()).chunk_duration_max * 2 < Duration::from_secs(timeout));
}
