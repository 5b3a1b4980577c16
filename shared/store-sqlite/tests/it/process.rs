//! One process at a time, files for their owner only, and files of other versions left alone.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use ports::{Store, StoreError};
use rusqlite::Connection;
use store_sqlite::{DATABASE_FILE, LOCK_FILE, SqliteStore};
use tempfile::TempDir;

use crate::contract::ManualClock;
use crate::contract::samples::{change, fetched, key};
use crate::open;

/// Names the directory in the environment of the child that `kill_9_frees_the_lock` starts.
const CHILD_DIRECTORY: &str = "STORE_SQLITE_CHILD_DIRECTORY";

fn try_open(directory: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(directory, Arc::new(ManualClock::new()))
}

fn open_read_only(directory: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open_read_only(directory, Arc::new(ManualClock::new()))
}

#[track_caller]
fn assert_busy(directory: &Path, process: u32) {
    match try_open(directory) {
        Err(StoreError::Busy { place, holder }) => {
            assert_eq!(place, directory.display().to_string());
            if cfg!(unix) {
                assert_eq!(holder, process.to_string());
            }
        }
        other => panic!("expected busy, got {other:?}"),
    }
}

#[test]
fn a_second_open_is_busy_and_names_the_directory_and_the_process() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    assert_busy(directory.path(), std::process::id());
    let clone = store.clone();
    drop(store);
    assert_busy(directory.path(), std::process::id());
    drop(clone);
    open(directory.path());
}

#[test]
fn what_a_dead_process_wrote_into_the_lock_file_does_not_lock() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(LOCK_FILE), "123456789\n").unwrap();
    let _store = open(directory.path());
    assert_busy(directory.path(), std::process::id());
}

/// Starts itself as a child that holds the lock until it is killed.
#[tokio::test]
async fn kill_9_frees_the_lock() {
    if let Some(directory) = std::env::var_os(CHILD_DIRECTORY) {
        let store = open(Path::new(&directory));
        Store::write(&store, vec![change(fetched(1))]).await.unwrap();
        println!("\nthe child holds the lock");
        // Ends by itself when the parent is gone.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let directory = TempDir::new().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::kill_9_frees_the_lock", "--nocapture"])
        .env(CHILD_DIRECTORY, directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let held = output
        .lines()
        .map_while(Result::ok)
        .any(|line| line == "the child holds the lock");
    assert!(held, "the child ended without taking the lock");
    assert_busy(directory.path(), child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    let store = open(directory.path());
    assert_eq!(
        store.get(&key(1)).await.unwrap().map(|record| record.version),
        Some(1)
    );
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    Store::write(&store, vec![change(fetched(1))]).await.unwrap();
    drop(store);
    assert!(open(directory.path()).get(&key(1)).await.unwrap().is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn directory_and_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("shop").join(".linnbooks");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let store = open(&directory);
    Store::write(&store, vec![change(fetched(1))]).await.unwrap();
    assert_eq!(mode(&directory), 0o700);
    let files: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() >= 3, "database, log and lock: {files:?}");
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    drop(store);
    let database = directory.join(DATABASE_FILE);
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
    open(&directory);
    assert_eq!(
        mode(&database),
        0o600,
        "a file that others could read is narrowed"
    );
}

#[tokio::test]
async fn a_reader_beside_a_writer_sees_what_is_committed_and_cannot_write() {
    let directory = TempDir::new().unwrap();
    let writer = open(directory.path());
    let reader = open_read_only(directory.path()).unwrap();
    assert_eq!(reader.get(&key(1)).await.unwrap(), None);
    Store::write(&writer, vec![change(fetched(1))]).await.unwrap();
    assert!(reader.get(&key(1)).await.unwrap().is_some());
    let refused = Store::write(&reader, vec![change(fetched(2))]).await;
    assert!(matches!(refused, Err(StoreError::Medium { .. })), "{refused:?}");
    drop(writer);
    assert!(
        open_read_only(directory.path())
            .unwrap()
            .get(&key(1))
            .await
            .unwrap()
            .is_some()
    );
}

#[test]
fn reading_where_there_is_no_store_says_so_and_makes_nothing() {
    let directory = TempDir::new().unwrap();
    let error = open_read_only(directory.path()).unwrap_err();
    assert!(
        error.to_string().contains("there is no linnbooks data in"),
        "{error}"
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// Opening is refused, both ways, and the file is what it was, byte for byte.
#[track_caller]
fn assert_untouched(directory: &TempDir, words: &str) {
    let path = directory.path().join(DATABASE_FILE);
    let before = fs::read(&path).unwrap();
    for result in [try_open(directory.path()), open_read_only(directory.path())] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_of_a_newer_version_is_left_untouched() {
    let directory = TempDir::new().unwrap();
    open(directory.path());
    let connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert_untouched(&directory, "version 99");
}

#[test]
fn a_database_of_another_program_is_left_untouched() {
    let directory = TempDir::new().unwrap();
    let connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    connection
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .unwrap();
    drop(connection);
    assert_untouched(&directory, "not a store of linnbooks");
}

#[test]
fn a_file_that_is_no_database_is_left_untouched() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(DATABASE_FILE), "dear diary, ".repeat(100)).unwrap();
    assert_untouched(&directory, "not a database of SQLite");
}
