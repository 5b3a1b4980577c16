//! The store, the queues and the token vault on one SQLite file, for one process on one machine.
//!
//! ```text
//! <directory>/               0700
//!   linnbooks.sqlite         0600   every table (see `schema`); -wal and -shm beside it while it is open
//!   linnbooks.lock           0600   held by the one process that may write; has its process id
//! ```
//! In: whole changes through the ports [`ports::Store`], [`ports::Queue`] and [`ports::TokenVault`]. Out: what was kept.
//!
//! A change is one transaction. The file is in WAL mode with `synchronous=FULL`, so a change that was reported as done survives
//! a crash and a loss of power: intent before act (reliability.md 1.2) rests on this. SQLite is called inline: a call takes
//! fractions of a millisecond plus one flush to disk, and there is only one writer.
//!
//! Does not decide anything, does not speak to a network, and does not encrypt: what protects the file is written at `vault`.

mod calls;
mod documents;
mod error;
mod facts;
mod files;
mod lists;
mod lock;
mod queue;
mod record;
mod schema;
mod store;
mod vault;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ports::{Clock, StoreError};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::error::at;
use crate::lock::ProcessLock;

pub use crate::queue::DELIVERIES_MAX;

/// The name of the database file.
pub const DATABASE_FILE: &str = "linnbooks.sqlite";

/// The name of the lock file.
pub const LOCK_FILE: &str = "linnbooks.lock";

/// How long a statement waits for another connection. Only a reader beside a writer ever waits, and only for moments.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Store, queue and vault on one file. A clone is the same store.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    // Dropped in this order: the file is closed before the lock is freed.
    connection: Mutex<Connection>,
    _lock: Option<ProcessLock>,
    clock: Arc<dyn Clock>,
    directory: PathBuf,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SqliteStore")
            .field("directory", &self.inner.directory)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store in a directory for reading and writing; makes both when they do not exist. The process holds the
    /// directory's lock until the last clone is dropped or the process ends, however it ends.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another holds the lock, [`StoreError::Unreadable`] for a file of a newer version (it is not
    /// touched), [`StoreError::Medium`] when the disk or the permissions do not allow it.
    pub fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        files::make_private_directory(directory)?;
        let lock = ProcessLock::take(directory)?;
        let path = directory.join(DATABASE_FILE);
        files::make_private_file(&path)?;
        files::sync_directory(directory)?;
        let place = path.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags).map_err(at(&place))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(at(&place))?;
        schema::prepare(&mut connection, &place)?;
        Ok(Self::new(connection, Some(lock), clock, directory))
    }

    /// Opens an existing store for reading only, beside the process that works on it. Takes no lock; every write fails with
    /// [`StoreError::Medium`].
    ///
    /// # Errors
    /// [`StoreError::Absent`] when there is no store in the directory, [`StoreError::Unreadable`] when it has another version.
    pub fn open_read_only(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let path = directory.join(DATABASE_FILE);
        let place = path.display().to_string();
        if !path.is_file() {
            return Err(StoreError::Absent {
                place: directory.display().to_string(),
            });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(at(&place))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(at(&place))?;
        schema::check(&connection, &place)?;
        Ok(Self::new(connection, None, clock, directory))
    }

    fn new(
        connection: Connection,
        lock: Option<ProcessLock>,
        clock: Arc<dyn Clock>,
        directory: &Path,
    ) -> Self {
        connection.set_prepared_statement_cache_capacity(64);
        let connection = Mutex::new(connection);
        Self {
            inner: Arc::new(Inner {
                connection,
                _lock: lock,
                clock,
                directory: directory.to_owned(),
            }),
        }
    }

    /// The instant on the store's clock.
    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Runs reads that see one state of the file.
    fn view<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.transact(TransactionBehavior::Deferred, |transaction| work(transaction))
    }

    /// Runs a change: all of it, or nothing when `work` fails.
    fn change<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact(TransactionBehavior::Immediate, work)
    }

    fn transact<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // A panic in another thread has rolled its transaction back; the connection is as good as before.
        let mut connection = self
            .inner
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let transaction = connection
            .transaction_with_behavior(behavior)
            .map_err(at("beginning a transaction"))?;
        let value = work(&transaction)?;
        transaction.commit().map_err(at("committing a transaction"))?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_within_a_change_undoes_it_and_leaves_the_store_usable() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path(), Arc::new(ports::SystemClock)).unwrap();
        let other = store.clone();
        let change = move || {
            other.change(|transaction| -> Result<(), StoreError> {
                facts::put_version(transaction, "settings", "1", "text")?;
                panic!("one bad record");
            })
        };
        assert!(std::thread::spawn(change).join().is_err());
        assert_eq!(
            store
                .view(|connection| facts::version(connection, "settings", "1"))
                .unwrap(),
            None
        );
        store
            .change(|transaction| facts::put_version(transaction, "settings", "1", "text"))
            .unwrap();
        assert!(
            store
                .view(|connection| facts::version(connection, "settings", "1"))
                .unwrap()
                .is_some()
        );
    }
}
