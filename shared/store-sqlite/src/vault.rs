//! The port [`TokenVault`] on two tables: secrets with compare and set, leases with an end.
//!
//! In: secrets by name with the version they replace. Out: the newest one.
//!
//! What protects the values: they lie in the file as they are, not encrypted. The file has mode 0600 in a directory of mode
//! 0700, so other users of the machine cannot read it; whoever can act as this user, as root, or can read the disk or a backup
//! of it, can. Encrypt the disk, and leave the file out of backups that others can read. A key beside the file would add
//! nothing against any of these. Replaced values are overwritten in the file (`secure_delete`), though copies can remain in
//! the write-ahead log until it is written over, and in blocks that a flash disk keeps. No value appears in an error.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use ports::{StoreError, StoredSecret, TokenVault};
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

use crate::SqliteStore;
use crate::error::at;
use crate::record::{instant, integer, later, version};

#[async_trait]
impl TokenVault for SqliteStore {
    async fn read(&self, name: &str) -> Result<Option<StoredSecret>, StoreError> {
        self.view(|connection| read(connection, name))
    }

    async fn write(
        &self,
        name: &str,
        value: &SecretString,
        replaces: u64,
    ) -> Result<Option<u64>, StoreError> {
        self.change(|transaction| write(transaction, name, value, replaces))
    }

    /// A holder that takes its own lease again prolongs it.
    async fn take_lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, StoreError> {
        let now = self.now();
        self.change(|transaction| take_lease(transaction, name, holder, now, duration))
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.change(|transaction| release_lease(transaction, name, holder))
    }
}

fn read(connection: &Connection, name: &str) -> Result<Option<StoredSecret>, StoreError> {
    connection
        .prepare_cached("SELECT value, version FROM secrets WHERE name = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([name], |row| {
                    let value = SecretString::from(row.get::<_, String>(0)?);
                    Ok(StoredSecret {
                        value,
                        version: version(row.get(1)?),
                    })
                })
                .optional()
        })
        .map_err(at(format!("secret {name}")))
}

fn write(
    connection: &Connection,
    name: &str,
    value: &SecretString,
    replaces: u64,
) -> Result<Option<u64>, StoreError> {
    let sql = if replaces == 0 {
        "INSERT INTO secrets (name, value, version) VALUES (?1, ?2, ?3 + 1) ON CONFLICT (name) DO NOTHING"
    } else {
        "UPDATE secrets SET value = ?2, version = version + 1 WHERE name = ?1 AND version = ?3"
    };
    let written = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params![name, value.expose_secret(), integer(replaces)]))
        .map_err(at(format!("secret {name}")))?;
    Ok((written > 0).then_some(replaces.saturating_add(1)))
}

fn take_lease(
    connection: &Connection,
    name: &str,
    holder: &str,
    now: Timestamp,
    duration: Duration,
) -> Result<bool, StoreError> {
    let taken = connection
        .prepare_cached(
            "INSERT INTO leases (name, holder, expires_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
             WHERE holder = excluded.holder OR expires_at <= ?4",
        )
        .and_then(|mut statement| {
            statement.execute([name, holder, &instant(later(now, duration)), &instant(now)])
        })
        .map_err(at(format!("lease {name}")))?;
    Ok(taken > 0)
}

fn release_lease(connection: &Connection, name: &str, holder: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM leases WHERE name = ?1 AND holder = ?2")
        .and_then(|mut statement| statement.execute([name, holder]))
        .map_err(at(format!("lease {name}")))?;
    Ok(())
}
