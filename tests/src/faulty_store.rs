//! A store and queue of which one call fails: before it does anything, or after it was applied and its answer was lost; once, or
//! from then on, as when the process dies.
//!
//! In: which call, and how. Out: the real store's answers until then. Counts calls of store and queue together.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Currency, DocumentKey, Order};
use jiff::Timestamp;
use jiff::civil::Date;
use ports::{
    Change, DocumentFilter, DocumentRecord, Event, FormKey, FormState, KnownLists, ListsUpdate, Message,
    Queue, QueueName, Received, Store, StoreError, StoredCall,
};
use rust_decimal::Decimal;
use store_sqlite::SqliteStore;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Nothing is done.
    Before,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// Nothing is done, and nothing works any more until `revive`.
    DiesBefore,
    /// It is done, and nothing works any more until `revive`.
    DiesAfter,
}

#[derive(Debug)]
struct Plan {
    /// Calls that pass before one fails; `None` once it failed.
    passing: Option<usize>,
    failing: Failing,
    is_dead: bool,
}

/// The store and queue.
pub struct FaultyStore {
    inner: Arc<SqliteStore>,
    plan: Mutex<Plan>,
}

enum Fate {
    Works,
    FailsBefore,
    FailsAfter,
}

impl FaultyStore {
    /// Over a real one; the call after `passing` others fails.
    pub fn over(inner: Arc<SqliteStore>, passing: usize, failing: Failing) -> Self {
        Self {
            inner,
            plan: Mutex::new(Plan {
                passing: Some(passing),
                failing,
                is_dead: false,
            }),
        }
    }

    /// True when the planned failure has happened.
    pub fn has_failed(&self) -> bool {
        self.plan.lock().unwrap().passing.is_none()
    }

    /// Works again, as after a restart of the process.
    pub fn revive(&self) {
        self.plan.lock().unwrap().is_dead = false;
    }

    /// Works from now on, whatever was planned.
    pub fn heal(&self) {
        let mut plan = self.plan.lock().unwrap();
        plan.is_dead = false;
        plan.passing = None;
    }

    fn fate(&self) -> Fate {
        let mut plan = self.plan.lock().unwrap();
        if plan.is_dead {
            return Fate::FailsBefore;
        }
        match plan.passing {
            None => Fate::Works,
            Some(0) => {
                plan.passing = None;
                plan.is_dead = matches!(plan.failing, Failing::DiesBefore | Failing::DiesAfter);
                match plan.failing {
                    Failing::Before | Failing::DiesBefore => Fate::FailsBefore,
                    Failing::AnswerLost | Failing::DiesAfter => Fate::FailsAfter,
                }
            }
            Some(passing) => {
                plan.passing = Some(passing - 1);
                Fate::Works
            }
        }
    }

    async fn call<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let failed = || StoreError::Medium {
            place: "a test's store".into(),
            cause: "it fails on purpose".into(),
        };
        match self.fate() {
            Fate::Works => work.await,
            Fate::FailsBefore => Err(failed()),
            Fate::FailsAfter => {
                work.await?;
                Err(failed())
            }
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn get(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError> {
        self.call(self.inner.get(key)).await
    }
    async fn get_many(&self, keys: &[DocumentKey]) -> Result<Vec<DocumentRecord>, StoreError> {
        self.call(self.inner.get_many(keys)).await
    }
    async fn find(&self, text: &str) -> Result<Vec<DocumentRecord>, StoreError> {
        self.call(self.inner.find(text)).await
    }
    async fn list(&self, filter: &DocumentFilter) -> Result<Vec<DocumentRecord>, StoreError> {
        self.call(self.inner.list(filter)).await
    }
    async fn payload(&self, key: &DocumentKey) -> Result<Option<Order>, StoreError> {
        self.call(self.inner.payload(key)).await
    }
    async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.call(self.inner.write(changes)).await
    }
    async fn write_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        self.call(self.inner.write_call(call, changes)).await
    }
    /// Each document and the call are a step of their own, as in a store that pays for transactions.
    async fn close_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        for change in changes {
            self.call(self.inner.write(vec![change])).await?;
        }
        self.call(self.inner.write_call(call, vec![])).await
    }
    async fn open_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.call(self.inner.open_calls()).await
    }
    async fn events(&self, key: &DocumentKey) -> Result<Vec<Event>, StoreError> {
        self.call(self.inner.events(key)).await
    }
    async fn watermark(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.call(self.inner.watermark(name)).await
    }
    async fn advance_watermark(&self, name: &str, to: Timestamp) -> Result<(), StoreError> {
        self.call(self.inner.advance_watermark(name, to)).await
    }
    async fn lists(&self) -> Result<Option<KnownLists>, StoreError> {
        self.call(self.inner.lists()).await
    }
    async fn apply_lists(&self, update: &ListsUpdate) -> Result<(), StoreError> {
        self.call(self.inner.apply_lists(update)).await
    }
    async fn form(&self, form: &FormKey) -> Result<Option<FormState>, StoreError> {
        self.call(self.inner.form(form)).await
    }
    async fn forms(&self) -> Result<Vec<(FormKey, FormState)>, StoreError> {
        self.call(self.inner.forms()).await
    }
    async fn put_form(&self, form: &FormKey, state: Option<&FormState>) -> Result<(), StoreError> {
        self.call(self.inner.put_form(form, state)).await
    }
    async fn exchange_rate(&self, currency: Currency, date: Date) -> Result<Option<Decimal>, StoreError> {
        self.call(self.inner.exchange_rate(currency, date)).await
    }
    async fn put_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
        rate: Decimal,
    ) -> Result<(), StoreError> {
        self.call(self.inner.put_exchange_rate(currency, date, rate))
            .await
    }
    async fn put_version(&self, kind: &str, version: &str, text: &str) -> Result<(), StoreError> {
        self.call(self.inner.put_version(kind, version, text)).await
    }
    async fn version(&self, kind: &str, version: &str) -> Result<Option<String>, StoreError> {
        self.call(self.inner.version(kind, version)).await
    }
}

#[async_trait]
impl Queue for FaultyStore {
    async fn send(&self, queue: QueueName, messages: &[Message], delay: Duration) -> Result<(), StoreError> {
        self.call(self.inner.send(queue, messages, delay)).await
    }
    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, StoreError> {
        self.call(self.inner.receive(queue, most, visibility)).await
    }
    async fn acknowledge(&self, queue: QueueName, receipts: &[String]) -> Result<(), StoreError> {
        self.call(self.inner.acknowledge(queue, receipts)).await
    }
    async fn dead_letters(&self, queue: QueueName) -> Result<Vec<Message>, StoreError> {
        self.call(self.inner.dead_letters(queue)).await
    }
    async fn forget_dead_letters(&self, queue: QueueName, keys: &[DocumentKey]) -> Result<(), StoreError> {
        self.call(self.inner.forget_dead_letters(queue, keys)).await
    }
    async fn next_visible_at(&self, queue: QueueName) -> Result<Option<Timestamp>, StoreError> {
        self.call(self.inner.next_visible_at(queue)).await
    }
}
