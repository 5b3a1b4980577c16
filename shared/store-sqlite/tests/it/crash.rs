//! What a crash leaves: everything committed, nothing else.
//!
//! A crash is made by copying the file and its write-ahead log while the store is open, as a machine that loses power leaves
//! them; the shared memory beside them is lost.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ports::{Change, Store};
use rusqlite::Connection;
use store_sqlite::{DATABASE_FILE, SqliteStore};
use tempfile::TempDir;

use crate::contract::samples::{change, event, fetched, key};
use crate::open;

const LOG_FILE: &str = "linnbooks.sqlite-wal";

/// The directory as it lies after a crash, with the first bytes of the log only.
fn crash(directory: &Path, log_bytes: usize) -> TempDir {
    let copy = TempDir::new().unwrap();
    fs::copy(directory.join(DATABASE_FILE), copy.path().join(DATABASE_FILE)).unwrap();
    let log = fs::read(directory.join(LOG_FILE)).unwrap();
    fs::write(copy.path().join(LOG_FILE), &log[..log_bytes.min(log.len())]).unwrap();
    copy
}

fn log_bytes(directory: &Path) -> usize {
    usize::try_from(fs::metadata(directory.join(LOG_FILE)).unwrap().len()).unwrap()
}

async fn count(store: &SqliteStore) -> usize {
    store.list(&ports::DocumentFilter::default()).await.unwrap().len()
}

#[tokio::test]
async fn a_crash_in_the_middle_of_a_write_loses_nothing_that_was_committed() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    for id in 0..20 {
        Store::write(&store, vec![change(fetched(id))]).await.unwrap();
    }
    let committed = log_bytes(directory.path());
    let beside = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    beside
        .execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE;")
        .unwrap();
    for id in 0..200 {
        let sql = "INSERT INTO documents (key, number, state, updated_at, version, record) VALUES (?1, '1', 'fetched', '', 1, ?2)";
        beside
            .execute(sql, (format!("order:{id}"), "x".repeat(5_000)))
            .unwrap();
    }
    assert!(
        log_bytes(directory.path()) > committed,
        "the unfinished write has reached the log"
    );

    let copy = crash(directory.path(), usize::MAX);
    let after = open(copy.path());
    assert_eq!(count(&after).await, 20);
    let check = Connection::open(copy.path().join(DATABASE_FILE)).unwrap();
    let verdict: String = check
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    Store::write(&after, vec![change(fetched(20))]).await.unwrap();
}

#[tokio::test]
async fn a_torn_log_keeps_whole_changes_from_the_first_to_some_last() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    for pair in 0..8 {
        let ids = [pair * 2, pair * 2 + 1];
        let changes = ids.map(|id| Change {
            record: fetched(id),
            payload: None,
            event: Some(event(&key(id), "was fetched")),
        });
        Store::write(&store, changes.to_vec()).await.unwrap();
    }
    let whole = log_bytes(directory.path());
    let mut before = 0;
    for cut in (0..=24).map(|part| whole * part / 24) {
        let copy = crash(directory.path(), cut);
        let after = open(copy.path());
        let documents = after.list(&ports::DocumentFilter::default()).await.unwrap();
        assert!(
            documents.len().is_multiple_of(2),
            "{} documents at {cut} bytes",
            documents.len()
        );
        assert!(documents.len() >= before, "a longer log has less at {cut} bytes");
        before = documents.len();
        for (id, document) in (0..).zip(&documents) {
            assert_eq!(document.key, key(id));
            assert_eq!(after.events(&document.key).await.unwrap().len(), 1);
        }
    }
    assert_eq!(before, 16);
}

#[tokio::test]
async fn a_reader_after_a_crash_sees_what_was_committed() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    Store::write(&store, vec![change(fetched(1))]).await.unwrap();
    let copy = crash(directory.path(), usize::MAX);
    let reader = SqliteStore::open_read_only(copy.path(), Arc::new(ports::SystemClock)).unwrap();
    assert!(reader.get(&key(1)).await.unwrap().is_some());
}
