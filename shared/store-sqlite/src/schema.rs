//! The tables of the file, and the check of its version.
//!
//! ```text
//! documents 1 --- n document_references     number and references, folded, for `find`
//!     |    1 --- 0..1 payloads              the order as last read
//!     |    1 --- n events                   append only: triggers refuse UPDATE, DELETE and REPLACE
//! calls                                     exact bytes and fate; open ones indexed
//! watermarks                                name -> instant
//! list_entries, lists_state                 QuickBooks' lists, one row per kind and id; cursor and company
//! forms, exchange_rates, versions           forms proven or paused; rates by day; settings and rules by hash
//! messages, dead_letters                    the queues
//! secrets, leases                           the vault
//! ```
//! In: a connection. Out: the same with the tables of [`SCHEMA_VERSION`] and the pragmas set. A column beside a JSON record is
//! there for an index; the record is the truth, except `version`, whose column is. A file of another version is not touched.

use ports::StoreError;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::{at, unreadable};

/// The version of these tables, kept in `user_version`.
pub(crate) const SCHEMA_VERSION: i64 = 1;

/// The states in the partial index, as [`domain::StateName::is_moving`] has them. A query uses the index when it repeats the
/// condition word for word.
pub(crate) const MOVING: &str = "state IN ('fetched', 'ready', 'posting', 'unknown')";

const TABLES: &str = "
CREATE TABLE documents (
    key          TEXT PRIMARY KEY,
    number       TEXT NOT NULL,
    state        TEXT NOT NULL,
    processed_at TEXT,
    updated_at   TEXT NOT NULL,
    version      INTEGER NOT NULL CHECK (version > 0),
    record       TEXT NOT NULL
) STRICT;
CREATE INDEX documents_by_state ON documents (state, updated_at);
CREATE INDEX documents_by_processed ON documents (processed_at);
CREATE INDEX documents_by_updated ON documents (updated_at);

CREATE TABLE document_references (
    text TEXT NOT NULL,
    key  TEXT NOT NULL REFERENCES documents (key),
    PRIMARY KEY (text, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_references_by_key ON document_references (key);

CREATE TABLE payloads (
    key    TEXT PRIMARY KEY REFERENCES documents (key),
    record TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    key   TEXT NOT NULL,
    at    TEXT NOT NULL,
    actor TEXT NOT NULL,
    what  TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_key ON events (key, id);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'events are never replaced'); END;

CREATE TABLE calls (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    closed     INTEGER NOT NULL CHECK (closed IN (0, 1)),
    version    INTEGER NOT NULL CHECK (version > 0),
    record     TEXT NOT NULL
) STRICT;
CREATE INDEX calls_open ON calls (id) WHERE closed = 0;

CREATE TABLE watermarks (
    name TEXT PRIMARY KEY,
    at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE list_entries (
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
CREATE TABLE lists_state (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    cursor  TEXT NOT NULL,
    company TEXT
) STRICT;

CREATE TABLE forms (
    form   TEXT PRIMARY KEY,
    record TEXT NOT NULL
) STRICT;
CREATE TABLE exchange_rates (
    currency TEXT NOT NULL,
    date     TEXT NOT NULL,
    rate     TEXT NOT NULL,
    PRIMARY KEY (currency, date)
) STRICT, WITHOUT ROWID;
CREATE TABLE versions (
    kind    TEXT NOT NULL,
    version TEXT NOT NULL,
    text    TEXT NOT NULL,
    PRIMARY KEY (kind, version)
) STRICT;

CREATE TABLE messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    queue      TEXT NOT NULL,
    schema     INTEGER NOT NULL,
    key        TEXT NOT NULL,
    visible_at TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    receipt    TEXT UNIQUE
) STRICT;
CREATE INDEX messages_by_visible ON messages (queue, visible_at, id);
CREATE INDEX messages_by_key ON messages (queue, key);
CREATE TABLE dead_letters (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    queue  TEXT NOT NULL,
    schema INTEGER NOT NULL,
    key    TEXT NOT NULL,
    at     TEXT NOT NULL,
    UNIQUE (queue, key)
) STRICT;

CREATE TABLE secrets (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;
CREATE TABLE leases (
    name       TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
";

/// What holds for the connection, not for the file. FULL flushes every commit to disk; with secure_delete an overwritten secret
/// is overwritten in the file too.
const PRAGMAS: &str = "
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
";

/// Checks the file's version, sets it up when it is new, and sets the pragmas.
///
/// # Errors
/// [`StoreError::Unreadable`] for a newer version or a file of something else; it is left as it was.
pub(crate) fn prepare(connection: &mut Connection, place: &str) -> Result<(), StoreError> {
    let is_new = user_version(connection, place)? == 0 && is_empty(connection, place)?;
    if !is_new {
        check(connection, place)?;
    }
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(at(place))?;
    if !mode.eq_ignore_ascii_case("wal") {
        let cause = format!("its file system admits no write-ahead log (SQLite chose {mode})");
        return Err(StoreError::Medium {
            place: place.into(),
            cause,
        });
    }
    connection.execute_batch(PRAGMAS).map_err(at(place))?;
    if is_new {
        create(connection, place)?;
    }
    Ok(())
}

/// Checks that the file has the tables of this version.
///
/// # Errors
/// [`StoreError::Unreadable`] for any other version.
pub(crate) fn check(connection: &Connection, place: &str) -> Result<(), StoreError> {
    match user_version(connection, place)? {
        SCHEMA_VERSION => Ok(()),
        0 => Err(unreadable(place, "it is not a store of linnbooks")),
        other => {
            let cause = format!("its tables have version {other}, this linnbooks knows {SCHEMA_VERSION}");
            Err(unreadable(place, cause))
        }
    }
}

fn create(connection: &mut Connection, place: &str) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(at(place))?;
    transaction.execute_batch(TABLES).map_err(at(place))?;
    let moving = format!("CREATE INDEX documents_moving ON documents (state, updated_at) WHERE {MOVING}");
    transaction.execute_batch(&moving).map_err(at(place))?;
    transaction
        .pragma_update(None, "user_version", SCHEMA_VERSION)
        .map_err(at(place))?;
    transaction.commit().map_err(at(place))
}

fn user_version(connection: &Connection, place: &str) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(at(place))
}

fn is_empty(connection: &Connection, place: &str) -> Result<bool, StoreError> {
    connection
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| {
            row.get(0)
        })
        .map_err(at(place))
}

#[cfg(test)]
mod tests {
    use domain::StateName;

    use super::*;

    #[test]
    fn the_partial_index_has_exactly_the_moving_states() {
        let moving: Vec<String> = StateName::ALL
            .into_iter()
            .filter(|state| state.is_moving())
            .map(|state| format!("'{}'", state.as_str()))
            .collect();
        assert_eq!(MOVING, format!("state IN ({})", moving.join(", ")));
    }

    #[test]
    fn a_commit_is_flushed_to_disk_and_readers_do_not_wait() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(directory.path().join("x.sqlite")).unwrap();
        prepare(&mut connection, "x").unwrap();
        let pragma = |name: &str| {
            connection
                .pragma_query_value(None, name, |row| Ok(format!("{:?}", row.get_ref(0)?)))
                .unwrap()
        };
        assert_eq!(pragma("synchronous"), "Integer(2)", "FULL");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
        assert_eq!(pragma("secure_delete"), "Integer(1)");
        let mode: String = connection
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
    }
}
