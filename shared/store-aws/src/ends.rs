//! When large items end: payloads, accounting documents, the bytes of calls.
//!
//! ```text
//! a document's first payload    written with an end: WAITING_DAYS for the document to become final, and the days it stays then;
//!                               the state item repeats it (`k`). An ordinary order costs no rewrite of its payload
//!   final in time               nothing to do: the end is late enough
//!   waits longer                `keep_waiting` moves the end, each day, before it comes near
//! any other large item          has no end until its document or call is final; it is set then, and taken away when it moves again
//! ```
//! In: the clock, documents that wait. Out: ends. The promise is the same for all: nothing ends before its document was final for
//! the days it is kept (reliability.md 1.4, K2). For a first payload it needs `keep_waiting` once in [`WAITING_DAYS`] and the days kept
//! together; a document that comes to be without its payload is held and asks to be read anew.

use std::time::Duration;

use ports::StoreError;

use crate::keys::{self, ENDS, ItemKey, VERSION};
use crate::large::{self, number_of};
use crate::record::later;
use crate::store::DynamoStore;
use crate::table::{Item, Table, Write, number, read_number, read_text};

/// How long a document may wait before the end of its payload is moved.
pub const WAITING_DAYS: u64 = 15;
/// Days before it must be moved that it is moved.
const EARLY_DAYS: u64 = 10;
const DAY_SECONDS: u64 = 86_400;

/// When large items end that are written or settled now, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// Of a first payload.
    pub(crate) of_first: i64,
    /// Of a document or call that is final now.
    pub(crate) of_settled: i64,
}

/// The end that a state item names for its payload.
pub(crate) fn end_in(item: &Item) -> Option<i64> {
    item.get(ENDS).and_then(number_of)
}

impl DynamoStore {
    pub(crate) fn ends(&self) -> Ends {
        Ends {
            of_first: self.in_days(self.payload_days().saturating_add(WAITING_DAYS)),
            of_settled: self.in_days(self.payload_days()),
        }
    }

    fn in_days(&self, days: u64) -> i64 {
        later(self.now(), Duration::from_secs(days.saturating_mul(DAY_SECONDS))).as_second()
    }

    /// Moves the end of payloads whose document still moves or waits for a person. For once a day. Returns how many it moved.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn keep_waiting(&self) -> Result<usize, StoreError> {
        let place = "documents that wait";
        let mut waiting = Vec::new();
        for index in keys::DOCUMENT_INDEXES {
            waiting.extend(self.table().query_index(place, index).await?);
        }
        let early = self.in_days(self.payload_days().saturating_add(EARLY_DAYS));
        let mut moved = 0;
        for item in self.table().get_many(place, &waiting).await? {
            // The index lags behind.
            if item.contains_key(keys::FINAL) {
                continue;
            }
            let partition = read_text(place, &item, keys::PARTITION)?;
            match end_in(&item) {
                // Large items without a common end have none at all while the document waits.
                None => large::expire(self.table(), place, partition, None).await?,
                Some(end) if end < early => {
                    move_end(self.table(), &item, end, self.ends().of_first).await?;
                    moved += 1;
                }
                Some(_) => {}
            }
        }
        Ok(moved)
    }

    /// Sets the end of large items whose document is final and that have none: a crash came between both writes. Reads the whole
    /// table; for once in a while. Returns how many documents it was.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn expire_settled(&self) -> Result<usize, StoreError> {
        let place = "large items";
        let mut partitions = std::collections::BTreeSet::new();
        for sort in ["B#", "C#"] {
            for item in self.table().scan(place, "D#", sort).await? {
                if !item.contains_key(keys::EXPIRES) {
                    partitions.insert(read_text(place, &item, keys::PARTITION)?.to_owned());
                }
            }
        }
        let states: Vec<ItemKey> = partitions
            .into_iter()
            .map(|partition| ItemKey::new(partition, keys::ONLY))
            .collect();
        let mut settled = 0;
        let found = self.table().get_many(place, &states).await?;
        for item in found.iter().filter(|item| item.contains_key(keys::FINAL)) {
            let partition = read_text(place, item, keys::PARTITION)?;
            large::expire(self.table(), place, partition, Some(self.ends().of_settled)).await?;
            settled += 1;
        }
        Ok(settled)
    }
}

/// The payload first, then the state that names its end: a crash between both leaves a payload that stays longer.
async fn move_end(table: &Table, item: &Item, from: i64, to: i64) -> Result<(), StoreError> {
    let place = "documents that wait";
    let partition = read_text(place, item, keys::PARTITION)?;
    large::expire(table, place, partition, Some(to)).await?;
    let write = Write::new(ItemKey::new(partition, keys::ONLY), "#v = :v AND #k = :k")
        .value("v", number(read_number(place, item, VERSION)?))
        .value("k", number(from))
        .set(ENDS, number(to));
    match table.update(place, &write).await? {
        // Changed meanwhile, and its large items have no end now: the one just set must go.
        Some(now) if !now.contains_key(ENDS) && !now.contains_key(keys::FINAL) => {
            large::expire(table, place, partition, None).await
        }
        _ => Ok(()),
    }
}
