//! The port [`RunLog`]: one item per run, for 90 days.
//!
//! In: runs. Out: the same, newest first: ids sort by time, and so do the sort keys.

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::{Run, RunId, RunLog, StoreError};

use crate::keys::{self, EXPIRES, ItemKey, RECORD};
use crate::record::{decode, encode};
use crate::store::DynamoStore;
use crate::table::{Item, Write, bytes, number, read_bytes};

/// How long runs are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

fn place(id: RunId) -> String {
    format!("run {id}")
}

fn read(item: &Item) -> Result<Run, StoreError> {
    decode("a run", read_bytes("a run", item, RECORD)?)
}

#[async_trait]
impl RunLog for DynamoStore {
    async fn put_run(&self, run: &Run) -> Result<(), StoreError> {
        let place = place(run.id);
        let end = run.requested_at.as_second().saturating_add(KEPT.as_secs());
        let write = Write::new(ItemKey::new(keys::RUNS, run.id.to_string()), "")
            .set(RECORD, bytes(encode(&place, run)?))
            .set(EXPIRES, number(end));
        self.table().update(&place, &write).await.map(|_| ())
    }

    async fn run(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        let key = ItemKey::new(keys::RUNS, id.to_string());
        let item = self.table().get(&place(id), &key).await?;
        item.as_ref().map(read).transpose()
    }

    async fn runs(&self, before: Option<RunId>, most: usize) -> Result<Vec<Run>, StoreError> {
        let before = before.map(|id| id.to_string());
        let items = self
            .table()
            .query_down("the runs", keys::RUNS, before.as_deref(), most)
            .await?;
        items.iter().map(read).collect()
    }
}
