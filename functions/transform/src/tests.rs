//! Tests of the mapping of a batch on the embedded store.

use std::sync::Arc;
use std::time::Duration;

use domain::{DocumentKey, OrderId};
use lambda_host::DocumentWork;
use mapping::Settings;
use pipeline::Core;
use ports::{Clock, QueueName, SystemClock};
use store_sqlite::SqliteStore;

use crate::handler::{LIMITS, Transform};

fn core(directory: &std::path::Path) -> Core {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Arc::new(SqliteStore::open(directory, Arc::clone(&clock)).unwrap());
    Core::new(store.clone(), store, clock, Arc::new(Settings::default()))
}

#[tokio::test]
async fn before_the_lists_were_ever_read_a_batch_is_taken_without_failing_and_nothing_is_hinted() {
    let directory = tempfile::tempdir().unwrap();
    let core = core(directory.path());
    let work = Transform::prepare(core.clone()).await.unwrap();
    let key = DocumentKey::order("0d9f5c32-52a0-4f3a-9f4e-2a6f3f0c7b11".parse::<OrderId>().unwrap());
    work.work(vec![key]).await.unwrap();
    let hints = core
        .queue
        .receive(QueueName::Postings, 10, Duration::from_secs(60))
        .await
        .unwrap();
    assert!(hints.is_empty());
}

#[test]
fn a_chunk_fits_into_the_functions_time_as_the_template_has_it() {
    let template = include_str!("../../../template.yaml");
    let transform = template.split("  Transform:\n").nth(1).unwrap();
    let timeout: u64 = transform
        .split("Timeout: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(LIMITS.chunk_duration_max < Duration::from_secs(timeout));
    let mapping = template.split("  TransformOrders:\n").nth(1).unwrap();
    let batch: usize = mapping
        .split("BatchSize: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(
        batch <= LIMITS.documents_per_chunk,
        "a batch is one chunk: what fails is not counted against what was never tried"
    );
}
