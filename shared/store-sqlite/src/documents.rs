//! Documents with their references, payloads and events.
//!
//! In: changes, each conditional on the version it is based on. Out: records. Runs inside the caller's transaction and neither
//! begins nor commits one.

use std::collections::BTreeSet;

use domain::lists::fold_name;
use domain::{DocumentKey, Order};
use jiff::Timestamp;
use ports::{Change, DocumentFilter, DocumentRecord, Event, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params, params_from_iter};

use crate::error::at;
use crate::record::{decode, encode, instant, integer, parse_instant, version};
use crate::schema::MOVING;

/// A row as it is read: key, version, JSON.
type KeptDocument = (String, i64, String);

const COLUMNS: &str = "SELECT key, version, record FROM documents";

// The number is text of digits as a rule: shorter ones first is then the order of the numbers.
const BY_NUMBER: &str = "ORDER BY length(number), number, key";

fn place_of(key: &str) -> String {
    format!("document {key}")
}

fn keep(row: &Row<'_>) -> rusqlite::Result<KeptDocument> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn restore((key, version_kept, json): KeptDocument) -> Result<DocumentRecord, StoreError> {
    let mut record: DocumentRecord = decode(&place_of(&key), &json)?;
    record.version = version(version_kept);
    Ok(record)
}

/// The record of a document.
pub(crate) fn get(connection: &Connection, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError> {
    let key = key.to_string();
    let place = place_of(&key);
    let mut statement = connection
        .prepare_cached(&format!("{COLUMNS} WHERE key = ?1"))
        .map_err(at(&place))?;
    statement
        .query_row([&key], keep)
        .optional()
        .map_err(at(&place))?
        .map(restore)
        .transpose()
}

/// The documents whose number or one of whose references is the text, folded.
pub(crate) fn find(connection: &Connection, text: &str) -> Result<Vec<DocumentRecord>, StoreError> {
    let sql =
        format!("{COLUMNS} WHERE key IN (SELECT key FROM document_references WHERE text = ?1) {BY_NUMBER}");
    query(connection, &sql, &[fold_name(text)])
}

/// The documents that pass the filter, by number.
pub(crate) fn list(
    connection: &Connection,
    filter: &DocumentFilter,
) -> Result<Vec<DocumentRecord>, StoreError> {
    let (sql, bounds) = compose(filter);
    query(connection, &sql, &bounds)
}

fn query(
    connection: &Connection,
    sql: &str,
    parameters: &[String],
) -> Result<Vec<DocumentRecord>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(at("documents"))?;
    let rows = statement
        .query_map(params_from_iter(parameters), keep)
        .map_err(at("documents"))?;
    rows.map(|row| row.map_err(at("documents")).and_then(restore))
        .collect()
}

/// The query of a filter with its instants. States are written into the text: they are words of our own, and only so can
/// SQLite see that the partial index covers them.
fn compose(filter: &DocumentFilter) -> (String, Vec<String>) {
    let mut conditions = Vec::new();
    let mut bounds = Vec::new();
    if !filter.states.is_empty() {
        let states: Vec<String> = filter
            .states
            .iter()
            .map(|state| format!("'{}'", state.as_str()))
            .collect();
        conditions.push(format!("state IN ({})", states.join(", ")));
        if filter.states.iter().all(|state| state.is_moving()) {
            conditions.push(MOVING.to_owned());
        }
    }
    let mut bound = |condition: &str, at: Option<Timestamp>| {
        if let Some(at) = at {
            bounds.push(instant(at));
            conditions.push(format!("{condition} ?{}", bounds.len()));
        }
    };
    bound("processed_at >=", filter.processed_from);
    bound("processed_at <=", filter.processed_to);
    bound("updated_at >=", filter.updated_from);
    let conditions = if conditions.is_empty() {
        "TRUE".to_owned()
    } else {
        conditions.join(" AND ")
    };
    (format!("{COLUMNS} WHERE {conditions} {BY_NUMBER}"), bounds)
}

/// The order of a document.
pub(crate) fn payload(connection: &Connection, key: &DocumentKey) -> Result<Option<Order>, StoreError> {
    let place = format!("payload of document {key}");
    let json: Option<String> = connection
        .prepare_cached("SELECT record FROM payloads WHERE key = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([key.to_string()], |row| row.get(0))
                .optional()
        })
        .map_err(at(&place))?;
    json.map(|json| decode(&place, &json)).transpose()
}

/// The audit trail of a document, oldest first.
pub(crate) fn events(connection: &Connection, key: &DocumentKey) -> Result<Vec<Event>, StoreError> {
    let place = format!("events of document {key}");
    let mut statement = connection
        .prepare_cached("SELECT at, actor, what FROM events WHERE key = ?1 ORDER BY id")
        .map_err(at(&place))?;
    let rows = statement
        .query_map([key.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        })
        .map_err(at(&place))?;
    rows.map(|row| {
        let (instant, actor, what) = row.map_err(at(&place))?;
        Ok(Event {
            at: parse_instant(&place, &instant)?,
            key: key.clone(),
            actor,
            what,
        })
    })
    .collect()
}

/// Writes changes in their order.
///
/// # Errors
/// [`StoreError::Stale`] naming the first document whose version is another; the caller rolls back.
pub(crate) fn write(connection: &Connection, changes: &[Change]) -> Result<(), StoreError> {
    for change in changes {
        write_record(connection, &change.record)?;
        write_references(connection, &change.record)?;
        if let Some(order) = &change.payload {
            write_payload(connection, &change.record.key, order)?;
        }
        if let Some(event) = &change.event {
            write_event(connection, event)?;
        }
    }
    Ok(())
}

fn write_record(connection: &Connection, record: &DocumentRecord) -> Result<(), StoreError> {
    let key = record.key.to_string();
    let place = place_of(&key);
    let based_on = record.version;
    let record = DocumentRecord {
        version: based_on.saturating_add(1),
        ..record.clone()
    };
    let json = encode(&place, &record)?;
    let sql = if based_on == 0 {
        "INSERT INTO documents (key, number, state, processed_at, updated_at, version, record)
         VALUES (:key, :number, :state, :processed_at, :updated_at, :based_on + 1, :record)
         ON CONFLICT (key) DO NOTHING"
    } else {
        "UPDATE documents SET number = :number, state = :state, processed_at = :processed_at, updated_at = :updated_at,
         version = version + 1, record = :record WHERE key = :key AND version = :based_on"
    };
    let written = connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":key": key,
                ":number": record.number,
                ":state": record.state.name().as_str(),
                ":processed_at": record.processed_at.map(instant),
                ":updated_at": instant(record.updated_at),
                ":based_on": integer(based_on),
                ":record": json,
            })
        })
        .map_err(at(&place))?;
    if written == 0 {
        Err(StoreError::Stale(place))
    } else {
        Ok(())
    }
}

/// Writes the folded number and references when they are others than before; most changes leave them alone.
fn write_references(connection: &Connection, record: &DocumentRecord) -> Result<(), StoreError> {
    let key = record.key.to_string();
    let place = format!("references of document {key}");
    let wanted: BTreeSet<String> = record
        .references
        .iter()
        .chain([&record.number])
        .map(|text| fold_name(text))
        .filter(|text| !text.is_empty())
        .collect();
    let mut statement = connection
        .prepare_cached("SELECT text FROM document_references WHERE key = ?1")
        .map_err(at(&place))?;
    let kept: BTreeSet<String> = statement
        .query_map([&key], |row| row.get(0))
        .and_then(|rows| rows.collect())
        .map_err(at(&place))?;
    for text in kept.difference(&wanted) {
        connection
            .prepare_cached("DELETE FROM document_references WHERE text = ?1 AND key = ?2")
            .and_then(|mut statement| statement.execute([text, &key]))
            .map_err(at(&place))?;
    }
    for text in wanted.difference(&kept) {
        connection
            .prepare_cached("INSERT INTO document_references (text, key) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute([text, &key]))
            .map_err(at(&place))?;
    }
    Ok(())
}

fn write_payload(connection: &Connection, key: &DocumentKey, order: &Order) -> Result<(), StoreError> {
    let place = format!("payload of document {key}");
    let json = encode(&place, order)?;
    connection
        .prepare_cached(
            "INSERT INTO payloads (key, record) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET record = excluded.record",
        )
        .and_then(|mut statement| statement.execute(params![key.to_string(), json]))
        .map_err(at(&place))?;
    Ok(())
}

fn write_event(connection: &Connection, event: &Event) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO events (key, at, actor, what) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut statement| {
            statement.execute(params![
                event.key.to_string(),
                instant(event.at),
                event.actor,
                event.what
            ])
        })
        .map_err(at(format!("events of document {}", event.key)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::StateName;

    use super::*;

    #[test]
    fn the_sweeper_reads_moving_documents_through_the_partial_index() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(directory.path().join("x.sqlite")).unwrap();
        crate::schema::prepare(&mut connection, "x").unwrap();
        let plan = |states: &[StateName]| -> String {
            let (sql, _) = compose(&DocumentFilter {
                states: states.to_vec(),
                ..DocumentFilter::default()
            });
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> = statement
                .query_map([], |row| row.get(3))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            steps.join("; ")
        };
        assert!(
            plan(&[StateName::Ready]).contains("documents_moving"),
            "{}",
            plan(&[StateName::Ready])
        );
        assert!(plan(&[StateName::Unknown, StateName::Posting]).contains("documents_moving"));
        assert!(plan(&[StateName::Held]).contains("documents_by_state"));
        assert!(plan(&[StateName::Held, StateName::Ready]).contains("documents_by_state"));
    }
}
