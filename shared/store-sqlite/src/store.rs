//! The port [`Store`]: which functions run in which transaction.
//!
//! In: calls of the port. Out: their answers, each seen or done in one transaction. When one record of a list cannot be read, the
//! whole call fails and names it; the record and all others stay as they are.

use async_trait::async_trait;
use domain::{Currency, DocumentKey, Order};
use jiff::Timestamp;
use jiff::civil::Date;
use ports::{
    Change, DocumentFilter, DocumentRecord, Event, FormKey, FormState, KnownLists, ListsUpdate, Store,
    StoreError, StoredCall,
};
use rust_decimal::Decimal;

use crate::{SqliteStore, calls, documents, facts, lists};

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError> {
        self.view(|connection| documents::get(connection, key))
    }

    async fn get_many(&self, keys: &[DocumentKey]) -> Result<Vec<DocumentRecord>, StoreError> {
        self.view(|connection| {
            keys.iter()
                .filter_map(|key| documents::get(connection, key).transpose())
                .collect()
        })
    }

    async fn find(&self, text: &str) -> Result<Vec<DocumentRecord>, StoreError> {
        self.view(|connection| documents::find(connection, text))
    }

    async fn list(&self, filter: &DocumentFilter) -> Result<Vec<DocumentRecord>, StoreError> {
        self.view(|connection| documents::list(connection, filter))
    }

    async fn payload(&self, key: &DocumentKey) -> Result<Option<Order>, StoreError> {
        self.view(|connection| documents::payload(connection, key))
    }

    async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.change(|transaction| documents::write(transaction, &changes))
    }

    async fn write_each(&self, changes: Vec<Change>) -> Result<Vec<DocumentKey>, StoreError> {
        self.change(|transaction| {
            let mut stale = Vec::new();
            for change in changes {
                // A stale change is met before anything of it is written.
                match documents::write(transaction, std::slice::from_ref(&change)) {
                    Err(StoreError::Stale(_)) => stale.push(change.record.key),
                    written => written?,
                }
            }
            Ok(stale)
        })
    }

    async fn write_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        self.change(|transaction| {
            calls::write(transaction, call)?;
            documents::write(transaction, &changes)
        })
    }

    async fn open_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.view(calls::open)
    }

    async fn events(&self, key: &DocumentKey) -> Result<Vec<Event>, StoreError> {
        self.view(|connection| documents::events(connection, key))
    }

    async fn watermark(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.view(|connection| facts::watermark(connection, name))
    }

    async fn advance_watermark(&self, name: &str, to: Timestamp) -> Result<(), StoreError> {
        self.change(|transaction| facts::advance_watermark(transaction, name, to))
    }

    async fn lists(&self) -> Result<Option<KnownLists>, StoreError> {
        self.view(lists::read)
    }

    async fn apply_lists(&self, update: &ListsUpdate) -> Result<(), StoreError> {
        self.change(|transaction| lists::apply(transaction, update))
    }

    async fn form(&self, form: &FormKey) -> Result<Option<FormState>, StoreError> {
        self.view(|connection| facts::form(connection, form))
    }

    async fn forms(&self) -> Result<Vec<(FormKey, FormState)>, StoreError> {
        self.view(facts::forms)
    }

    async fn put_form(&self, form: &FormKey, state: Option<&FormState>) -> Result<(), StoreError> {
        self.change(|transaction| facts::put_form(transaction, form, state))
    }

    async fn exchange_rate(&self, currency: Currency, date: Date) -> Result<Option<Decimal>, StoreError> {
        self.view(|connection| facts::exchange_rate(connection, currency, date))
    }

    async fn put_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
        rate: Decimal,
    ) -> Result<(), StoreError> {
        self.change(|transaction| facts::put_exchange_rate(transaction, currency, date, rate))
    }

    async fn put_version(&self, kind: &str, version: &str, text: &str) -> Result<(), StoreError> {
        self.change(|transaction| facts::put_version(transaction, kind, version, text))
    }

    async fn version(&self, kind: &str, version: &str) -> Result<Option<String>, StoreError> {
        self.view(|connection| facts::version(connection, kind, version))
    }
}
