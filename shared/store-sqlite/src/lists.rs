//! The lists of the QuickBooks company, one row per kind and id, with the cursor and the company.
//!
//! In: updates, each applied whole. Out: the lists as far as they are known. Runs inside the caller's transaction.

use domain::Lists;
use domain::lists::ListEntry;
use ports::{KnownLists, ListsUpdate, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::at;
use crate::record::{decode, encode};

/// The lists; `None` while no update has brought the company.
pub(crate) fn read(connection: &Connection) -> Result<Option<KnownLists>, StoreError> {
    let state: Option<(String, Option<String>)> = connection
        .prepare_cached("SELECT cursor, company FROM lists_state")
        .and_then(|mut statement| {
            statement
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(at("lists"))?;
    let Some((cursor, Some(company))) = state else {
        return Ok(None);
    };
    let mut statement = connection
        .prepare_cached("SELECT kind, id, record FROM list_entries")
        .map_err(at("lists"))?;
    let rows = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        })
        .map_err(at("lists"))?;
    let mut lists = Lists::default();
    for row in rows {
        let (kind, id, json) = row.map_err(at("lists"))?;
        lists.put(decode::<ListEntry>(&format!("{kind} {id} of the lists"), &json)?);
    }
    Ok(Some(KnownLists {
        cursor: decode("cursor of the lists", &cursor)?,
        company: decode("company", &company)?,
        lists,
    }))
}

/// Applies an update: kinds read whole are emptied first, then come the new and changed entries, then what was deleted goes.
pub(crate) fn apply(connection: &Connection, update: &ListsUpdate) -> Result<(), StoreError> {
    for kind in &update.replaced {
        connection
            .prepare_cached("DELETE FROM list_entries WHERE kind = ?1")
            .and_then(|mut statement| statement.execute([kind.as_str()]))
            .map_err(at(format!("{} list", kind.as_str())))?;
    }
    for entry in &update.changed {
        let kind = entry.detail.kind().as_str();
        let place = format!("{kind} {} of the lists", entry.id);
        let json = encode(&place, entry)?;
        connection
            .prepare_cached(
                "INSERT INTO list_entries (kind, id, record) VALUES (?1, ?2, ?3)
                 ON CONFLICT (kind, id) DO UPDATE SET record = excluded.record",
            )
            .and_then(|mut statement| statement.execute(params![kind, entry.id.as_str(), json]))
            .map_err(at(&place))?;
    }
    for (kind, id) in &update.removed {
        connection
            .prepare_cached("DELETE FROM list_entries WHERE kind = ?1 AND id = ?2")
            .and_then(|mut statement| statement.execute([kind.as_str(), id.as_str()]))
            .map_err(at(format!("{} {id} of the lists", kind.as_str())))?;
    }
    write_state(connection, update)
}

/// Moves the cursor; the company stays as it was when the update does not have it.
fn write_state(connection: &Connection, update: &ListsUpdate) -> Result<(), StoreError> {
    let cursor = encode("cursor of the lists", &update.cursor)?;
    let company = update
        .company
        .as_ref()
        .map(|company| encode("company", company))
        .transpose()?;
    connection
        .prepare_cached(
            "INSERT INTO lists_state (only, cursor, company) VALUES (1, ?1, ?2)
             ON CONFLICT (only) DO UPDATE SET cursor = excluded.cursor, company = coalesce(excluded.company, company)",
        )
        .and_then(|mut statement| statement.execute(params![cursor, company]))
        .map_err(at("cursor of the lists"))?;
    Ok(())
}
