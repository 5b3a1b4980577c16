//! The port [`Store`] on one DynamoDB table.
//!
//! In: calls of the port. Out: their answers. Reads are strongly consistent, except that the sparse index behind `list` and
//! `open_calls` follows the table a moment later: what it names is read again from the table, what it does not name yet is met
//! by the next sweep.
//!
//! `list` of states that move or wait for a person reads the index. A list of posted, skipped or all documents reads the whole
//! table: a person asks for it now and then, and an index over all documents would cost every order a write.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use domain::lists::fold_name;
use domain::{Currency, DocumentKey, Order};
use jiff::Timestamp;
use jiff::civil::Date;
use ports::{
    Change, Clock, DocumentFilter, DocumentRecord, Event, FormKey, FormState, KnownLists, ListsUpdate, Store,
    StoreError, StoredCall,
};
use rust_decimal::Decimal;

use crate::keys::{self, ItemKey};
use crate::table::Table;
use crate::{calls, documents, facts, find, lists, write};

/// How long large items stay after their document is final (reliability.md 4.1, GDPR row).
pub const PAYLOAD_DAYS: u64 = 30;

/// The store of one stack. A clone is the same store.
#[derive(Clone)]
pub struct DynamoStore {
    table: Table,
    clock: Arc<dyn Clock>,
    payload_days: u64,
}

impl std::fmt::Debug for DynamoStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DynamoStore")
            .field("table", &self.table.name())
            .finish_non_exhaustive()
    }
}

impl DynamoStore {
    /// A store on a table that has the layout of [`crate::keys`].
    pub fn new(client: Client, table: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            table: Table::new(client, table),
            clock,
            payload_days: PAYLOAD_DAYS,
        }
    }

    /// Large items stay for this many days after their document is final, instead of [`PAYLOAD_DAYS`].
    #[must_use]
    pub fn keeping_payloads(mut self, days: u64) -> Self {
        self.payload_days = days;
        self
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) fn payload_days(&self) -> u64 {
        self.payload_days
    }

    /// The state items of documents that may pass a filter.
    async fn candidates(&self, filter: &DocumentFilter) -> Result<Vec<DocumentRecord>, StoreError> {
        let indexes: Option<std::collections::BTreeSet<&str>> =
            filter.states.iter().map(|state| keys::index_of(*state)).collect();
        let items = match indexes {
            Some(indexes) if !indexes.is_empty() => {
                let mut wanted = Vec::new();
                for index in indexes {
                    wanted.extend(self.table.query_index("documents", index).await?);
                }
                self.table.get_many("documents", &wanted).await?
            }
            _ => self.table.scan("documents", "D#", keys::ONLY).await?,
        };
        documents::restore_all(&self.table, items).await
    }
}

pub(crate) fn passes(record: &DocumentRecord, filter: &DocumentFilter) -> bool {
    let processed_from = filter
        .processed_from
        .is_none_or(|from| record.processed_at.is_some_and(|at| at >= from));
    let processed_to = filter
        .processed_to
        .is_none_or(|to| record.processed_at.is_some_and(|at| at <= to));
    let updated = filter.updated_from.is_none_or(|from| record.updated_at >= from);
    (filter.states.is_empty() || filter.states.contains(&record.state.name()))
        && processed_from
        && processed_to
        && updated
}

/// By number: it is text of digits as a rule, so shorter ones come first.
fn sort_by_number(records: &mut [DocumentRecord]) {
    records.sort_by(|a, b| {
        (a.number.chars().count(), &a.number, &a.key).cmp(&(b.number.chars().count(), &b.number, &b.key))
    });
}

#[async_trait]
impl Store for DynamoStore {
    async fn get(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError> {
        let item = self
            .table
            .get(&documents::place_of(key), &keys::state(key))
            .await?;
        Ok(documents::restore_all(&self.table, item.into_iter().collect())
            .await?
            .pop())
    }

    async fn get_many(&self, keys: &[DocumentKey]) -> Result<Vec<DocumentRecord>, StoreError> {
        let distinct: std::collections::BTreeSet<&DocumentKey> = keys.iter().collect();
        let wanted: Vec<ItemKey> = distinct.into_iter().map(keys::state).collect();
        let items = self.table.get_many("documents", &wanted).await?;
        let mut records = documents::restore_all(&self.table, items).await?;
        let places: std::collections::HashMap<&DocumentKey, usize> =
            keys.iter().enumerate().map(|(place, key)| (key, place)).collect();
        records.sort_by_key(|record| places.get(&record.key).copied());
        Ok(records)
    }

    async fn find(&self, text: &str) -> Result<Vec<DocumentRecord>, StoreError> {
        let text = fold_name(text);
        let candidates: Vec<DocumentKey> = find::candidates(&self.table, &text).await?.into_iter().collect();
        let mut records = self.get_many(&candidates).await?;
        records.retain(|record| documents::found_by(record).contains(&text));
        sort_by_number(&mut records);
        Ok(records)
    }

    async fn list(&self, filter: &DocumentFilter) -> Result<Vec<DocumentRecord>, StoreError> {
        let mut records = self.candidates(filter).await?;
        records.retain(|record| passes(record, filter));
        sort_by_number(&mut records);
        Ok(records)
    }

    async fn payload(&self, key: &DocumentKey) -> Result<Option<Order>, StoreError> {
        documents::payload(&self.table, key).await
    }

    /// All or none up to 100 documents, DynamoDB's bound of a transaction; more are written in that many at a time.
    async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        write::write_all(&self.table, documents::plan_all(&changes)?, self.ends()).await
    }

    async fn write_each(&self, changes: Vec<Change>) -> Result<Vec<DocumentKey>, StoreError> {
        let plans = documents::plan_all(&changes)?;
        let stale = write::write_each(&self.table, plans, self.ends()).await?;
        Ok(stale.into_iter().map(|plan| plan.key).collect())
    }

    async fn write_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        let plans = documents::plan_all(&changes)?;
        let prepared = calls::prepare(&self.table, call).await?;
        write::write_call(&self.table, prepared, plans, self.ends()).await?;
        calls::expire_closed(&self.table, call, self.ends().of_settled).await;
        Ok(())
    }

    async fn close_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        let plans = documents::plan_all(&changes)?;
        let prepared = calls::prepare(&self.table, call).await?;
        write::close_call(&self.table, prepared, plans, self.ends()).await?;
        calls::expire_closed(&self.table, call, self.ends().of_settled).await;
        Ok(())
    }

    async fn open_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        calls::open(&self.table).await
    }

    async fn events(&self, key: &DocumentKey) -> Result<Vec<Event>, StoreError> {
        documents::events(&self.table, key).await
    }

    async fn watermark(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        facts::watermark(&self.table, name).await
    }

    async fn advance_watermark(&self, name: &str, to: Timestamp) -> Result<(), StoreError> {
        facts::advance_watermark(&self.table, name, to).await
    }

    async fn lists(&self) -> Result<Option<KnownLists>, StoreError> {
        lists::read(&self.table).await
    }

    async fn apply_lists(&self, update: &ListsUpdate) -> Result<(), StoreError> {
        lists::apply(&self.table, update).await
    }

    async fn form(&self, form: &FormKey) -> Result<Option<FormState>, StoreError> {
        facts::form(&self.table, form).await
    }

    async fn forms(&self) -> Result<Vec<(FormKey, FormState)>, StoreError> {
        facts::forms(&self.table).await
    }

    async fn put_form(&self, form: &FormKey, state: Option<&FormState>) -> Result<(), StoreError> {
        facts::put_form(&self.table, form, state).await
    }

    async fn exchange_rate(&self, currency: Currency, date: Date) -> Result<Option<Decimal>, StoreError> {
        facts::exchange_rate(&self.table, currency, date).await
    }

    async fn put_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
        rate: Decimal,
    ) -> Result<(), StoreError> {
        facts::put_exchange_rate(&self.table, currency, date, rate).await
    }

    async fn put_version(&self, kind: &str, version: &str, text: &str) -> Result<(), StoreError> {
        facts::put_version(&self.table, kind, version, text).await
    }

    async fn version(&self, kind: &str, version: &str) -> Result<Option<String>, StoreError> {
        facts::version(&self.table, kind, version).await
    }
}
