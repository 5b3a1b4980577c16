//! A store in which a call that may still be on its way is not yet open.
//!
//! In: a store, and how long a sender may live. Out: the same store; `open_calls` leaves out calls that were sent less long ago. `settle`
//! takes a call in state Sent for one whose sender died. In one process that is so; here another function may be waiting for its answer
//! at this moment, so the sender's longest life has to pass first (reliability.md 1.2, step 2: the lease outlives its holder).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{Currency, DocumentKey, Order};
use jiff::Timestamp;
use jiff::civil::Date;
use ports::{
    CallState, Change, Clock, DocumentFilter, DocumentRecord, Event, FormKey, FormState, KnownLists,
    ListsUpdate, Store, StoreError, StoredCall,
};
use rust_decimal::Decimal;

/// The store as the settling sees it.
pub struct QuietStore {
    inner: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    sender_life_max: Duration,
}

impl QuietStore {
    /// A view of a store whose senders live no longer than this.
    pub fn new(inner: Arc<dyn Store>, clock: Arc<dyn Clock>, sender_life_max: Duration) -> Self {
        Self {
            inner,
            clock,
            sender_life_max,
        }
    }

    fn may_be_on_its_way(&self, call: &StoredCall) -> bool {
        let age = Duration::try_from(self.clock.now().duration_since(call.last_sent_at)).unwrap_or_default();
        call.state == CallState::Sent && age < self.sender_life_max
    }
}

#[async_trait]
impl Store for QuietStore {
    async fn open_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        let mut calls = self.inner.open_calls().await?;
        calls.retain(|call| !self.may_be_on_its_way(call));
        Ok(calls)
    }

    async fn get(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError> {
        self.inner.get(key).await
    }

    async fn get_many(&self, keys: &[DocumentKey]) -> Result<Vec<DocumentRecord>, StoreError> {
        self.inner.get_many(keys).await
    }

    async fn find(&self, text: &str) -> Result<Vec<DocumentRecord>, StoreError> {
        self.inner.find(text).await
    }

    async fn list(&self, filter: &DocumentFilter) -> Result<Vec<DocumentRecord>, StoreError> {
        self.inner.list(filter).await
    }

    async fn payload(&self, key: &DocumentKey) -> Result<Option<Order>, StoreError> {
        self.inner.payload(key).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.inner.write(changes).await
    }

    async fn write_each(&self, changes: Vec<Change>) -> Result<Vec<DocumentKey>, StoreError> {
        self.inner.write_each(changes).await
    }

    async fn write_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        self.inner.write_call(call, changes).await
    }

    async fn close_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        self.inner.close_call(call, changes).await
    }

    async fn events(&self, key: &DocumentKey) -> Result<Vec<Event>, StoreError> {
        self.inner.events(key).await
    }

    async fn watermark(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.inner.watermark(name).await
    }

    async fn advance_watermark(&self, name: &str, to: Timestamp) -> Result<(), StoreError> {
        self.inner.advance_watermark(name, to).await
    }

    async fn lists(&self) -> Result<Option<KnownLists>, StoreError> {
        self.inner.lists().await
    }

    async fn apply_lists(&self, update: &ListsUpdate) -> Result<(), StoreError> {
        self.inner.apply_lists(update).await
    }

    async fn form(&self, form: &FormKey) -> Result<Option<FormState>, StoreError> {
        self.inner.form(form).await
    }

    async fn forms(&self) -> Result<Vec<(FormKey, FormState)>, StoreError> {
        self.inner.forms().await
    }

    async fn put_form(&self, form: &FormKey, state: Option<&FormState>) -> Result<(), StoreError> {
        self.inner.put_form(form, state).await
    }

    async fn exchange_rate(&self, currency: Currency, date: Date) -> Result<Option<Decimal>, StoreError> {
        self.inner.exchange_rate(currency, date).await
    }

    async fn put_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
        rate: Decimal,
    ) -> Result<(), StoreError> {
        self.inner.put_exchange_rate(currency, date, rate).await
    }

    async fn put_version(&self, kind: &str, version: &str, text: &str) -> Result<(), StoreError> {
        self.inner.put_version(kind, version, text).await
    }

    async fn version(&self, kind: &str, version: &str) -> Result<Option<String>, StoreError> {
        self.inner.version(kind, version).await
    }
}
