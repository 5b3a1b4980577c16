//! The port [`Queue`] on a table: visibility, receipts, a limit of deliveries, dead letters.
//!
//! ```text
//! send -> waiting --receive--> in flight --acknowledge--> gone
//!            ^                    |
//!            +--visibility ends---+      after DELIVERIES_MAX deliveries: dead letter
//! ```
//! In: messages that name a document. Out: the same, each delivered at least once.
//!
//! A message for a document that already waits in the same queue is not added a second time: the waiting one becomes visible at
//! the earlier of both instants and keeps its count of deliveries. One that is in flight does not count as waiting, since its
//! receiver may have read the store before the new reason to look arose. A waiting message that was delivered before loses its
//! receipt when another is folded into it, so that a late acknowledgement cannot take the new hint away.
//!
//! A message of an unknown version is left where it is, and receiving fails with its document's key.

use std::time::Duration;

use async_trait::async_trait;
use domain::DocumentKey;
use jiff::Timestamp;
use ports::queue::MESSAGE_VERSION;
use ports::{Message, Queue, QueueName, Received, StoreError};
use rusqlite::{Connection, Row, params};

use crate::SqliteStore;
use crate::error::{at, unreadable};
use crate::record::{instant, later, parse_instant};

/// How often a message is delivered before it goes to the dead letters. Above the 5 at which throttling alone uses the
/// deliveries up (reliability.md 1.4, C11).
pub const DELIVERIES_MAX: u32 = 8;

#[async_trait]
impl Queue for SqliteStore {
    async fn send(&self, queue: QueueName, messages: &[Message], delay: Duration) -> Result<(), StoreError> {
        let now = self.now();
        self.change(|transaction| {
            messages
                .iter()
                .try_for_each(|message| send(transaction, queue, message, now, delay))
        })
    }

    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, StoreError> {
        let now = self.now();
        self.change(|transaction| {
            bury(transaction, queue, now)?;
            receive(transaction, queue, most, now, visibility)
        })
    }

    async fn acknowledge(&self, queue: QueueName, receipts: &[String]) -> Result<(), StoreError> {
        self.change(|transaction| {
            receipts
                .iter()
                .try_for_each(|receipt| acknowledge(transaction, queue, receipt))
        })
    }

    async fn dead_letters(&self, queue: QueueName) -> Result<Vec<Message>, StoreError> {
        self.view(|connection| dead_letters(connection, queue))
    }

    async fn forget_dead_letters(&self, queue: QueueName, keys: &[DocumentKey]) -> Result<(), StoreError> {
        self.change(|transaction| keys.iter().try_for_each(|key| forget(transaction, queue, key)))
    }

    async fn next_visible_at(&self, queue: QueueName) -> Result<Option<Timestamp>, StoreError> {
        self.view(|connection| next_visible_at(connection, queue))
    }
}

fn place_of(queue: QueueName) -> String {
    format!("queue {}", queue.as_str())
}

fn send(
    connection: &Connection,
    queue: QueueName,
    message: &Message,
    now: Timestamp,
    delay: Duration,
) -> Result<(), StoreError> {
    let key = message.key.to_string();
    let visible_at = instant(later(now, delay));
    // Waiting: never delivered, or its visibility has ended.
    let folded = connection
        .prepare_cached(
            "UPDATE messages SET visible_at = min(visible_at, ?1), receipt = NULL, schema = ?2 WHERE id =
             (SELECT id FROM messages WHERE queue = ?3 AND key = ?4 AND (receipt IS NULL OR visible_at <= ?5)
              ORDER BY id LIMIT 1)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                visible_at,
                message.version,
                queue.as_str(),
                key,
                instant(now)
            ])
        })
        .map_err(at(place_of(queue)))?;
    if folded > 0 {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO messages (queue, schema, key, visible_at, deliveries) VALUES (?1, ?2, ?3, ?4, 0)",
        )
        .and_then(|mut statement| {
            statement.execute(params![queue.as_str(), message.version, key, visible_at])
        })
        .map_err(at(place_of(queue)))?;
    Ok(())
}

/// Moves visible messages that were delivered as often as allowed to the dead letters, one for each document.
fn bury(connection: &Connection, queue: QueueName, now: Timestamp) -> Result<(), StoreError> {
    let now = instant(now);
    let buried = connection
        .prepare_cached(
            "INSERT INTO dead_letters (queue, schema, key, at)
             SELECT queue, schema, key, ?2 FROM messages WHERE queue = ?1 AND visible_at <= ?2 AND deliveries >= ?3 ORDER BY id
             ON CONFLICT (queue, key) DO NOTHING",
        )
        .and_then(|mut statement| statement.execute(params![queue.as_str(), now, DELIVERIES_MAX]));
    buried.map_err(at(place_of(queue)))?;
    connection
        .prepare_cached("DELETE FROM messages WHERE queue = ?1 AND visible_at <= ?2 AND deliveries >= ?3")
        .and_then(|mut statement| statement.execute(params![queue.as_str(), now, DELIVERIES_MAX]))
        .map_err(at(place_of(queue)))?;
    Ok(())
}

/// A row as it is delivered: id, schema, key, receipt, deliveries.
type Delivered = (i64, u32, String, String, u32);

fn receive(
    connection: &Connection,
    queue: QueueName,
    most: usize,
    now: Timestamp,
    visibility: Duration,
) -> Result<Vec<Received>, StoreError> {
    // Ids are never used twice, so id and count name one delivery.
    let mut statement = connection
        .prepare_cached(
            "UPDATE messages SET deliveries = deliveries + 1, visible_at = ?1, receipt = id || '.' || (deliveries + 1)
             WHERE id IN (SELECT id FROM messages WHERE queue = ?2 AND visible_at <= ?3 ORDER BY visible_at, id LIMIT ?4)
             RETURNING id, schema, key, receipt, deliveries",
        )
        .map_err(at(place_of(queue)))?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let values = params![
        instant(later(now, visibility)),
        queue.as_str(),
        instant(now),
        limit
    ];
    let mut delivered: Vec<Delivered> = statement
        .query_map(values, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .and_then(|rows| rows.collect())
        .map_err(at(place_of(queue)))?;
    delivered.sort_unstable_by_key(|(id, ..)| *id);
    delivered
        .into_iter()
        .map(|(_, schema, key, receipt, deliveries)| {
            Ok(Received {
                message: restore(queue, schema, key)?,
                receipt,
                deliveries,
            })
        })
        .collect()
}

fn restore(queue: QueueName, schema: u32, key: String) -> Result<Message, StoreError> {
    let place = format!("message for {key} in queue {}", queue.as_str());
    if schema != MESSAGE_VERSION {
        let cause = format!("it has schema version {schema}, this linnbooks knows {MESSAGE_VERSION}");
        return Err(unreadable(place, cause));
    }
    let key = DocumentKey::try_from(key).map_err(|_| unreadable(place, "it does not name a document"))?;
    Ok(Message { version: schema, key })
}

fn acknowledge(connection: &Connection, queue: QueueName, receipt: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM messages WHERE queue = ?1 AND receipt = ?2")
        .and_then(|mut statement| statement.execute([queue.as_str(), receipt]))
        .map_err(at(place_of(queue)))?;
    Ok(())
}

fn dead_letters(connection: &Connection, queue: QueueName) -> Result<Vec<Message>, StoreError> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let mut statement = connection
        .prepare_cached("SELECT schema, key FROM dead_letters WHERE queue = ?1 ORDER BY id")
        .map_err(at(place_of(queue)))?;
    let rows = statement
        .query_map([queue.as_str()], read)
        .map_err(at(place_of(queue)))?;
    rows.map(|row| {
        let (schema, key) = row.map_err(at(place_of(queue)))?;
        restore(queue, schema, key)
    })
    .collect()
}

fn forget(connection: &Connection, queue: QueueName, key: &DocumentKey) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM dead_letters WHERE queue = ?1 AND key = ?2")
        .and_then(|mut statement| statement.execute([queue.as_str(), &key.to_string()]))
        .map_err(at(place_of(queue)))?;
    Ok(())
}

fn next_visible_at(connection: &Connection, queue: QueueName) -> Result<Option<Timestamp>, StoreError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT min(visible_at) FROM messages WHERE queue = ?1")
        .and_then(|mut statement| statement.query_row([queue.as_str()], |row| row.get(0)))
        .map_err(at(place_of(queue)))?;
    text.map(|text| parse_instant(&place_of(queue), &text))
        .transpose()
}
