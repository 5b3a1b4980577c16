//! QuickBooks' connector with every call of the posting protocol written down, and something to be done just before one of them.
//!
//! In: the real connector. Out: the same answers, and a list of what was asked in order. Changes no answer.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{Currency, TransactionId, TransactionKind};
use jiff::civil::Date;
use ports::{
    Books, CallOutcome, ConnectorError, EntityOutcome, FoundTransaction, FrozenCall, ListsCursor,
    ListsUpdate, NewEntity, Probe, Submission,
};
use quickbooks_online::QuickBooksOnline;
use rust_decimal::Decimal;

/// What was asked of QuickBooks.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A call was sent.
    Sent(FrozenCall),
    /// Transactions were looked up.
    LookedUp(Vec<Probe>),
    /// The lists were read.
    ReadLists,
    /// A transaction was deleted.
    Deleted(TransactionId),
}

type Deed = Box<dyn FnOnce() + Send>;

/// The connector, watched.
pub struct Recorder {
    inner: Arc<QuickBooksOnline>,
    asked: Mutex<Vec<Asked>>,
    before_send: Mutex<Vec<(usize, Deed)>>,
}

impl Recorder {
    /// Watches a connector.
    pub fn over(inner: Arc<QuickBooksOnline>) -> Self {
        Self {
            inner,
            asked: Mutex::default(),
            before_send: Mutex::default(),
        }
    }

    /// Everything asked since the beginning or the last `forget`.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The calls sent.
    pub fn sent(&self) -> Vec<FrozenCall> {
        let calls = self.asked().into_iter().filter_map(|asked| match asked {
            Asked::Sent(call) => Some(call),
            _ => None,
        });
        calls.collect()
    }

    /// The order of sendings (`send N`: so many entries) and look-ups (`look up`), in words.
    pub fn story(&self) -> Vec<String> {
        let words = self.asked().into_iter().filter_map(|asked| match asked {
            Asked::Sent(call) => Some(format!("send {}", call.entries.len())),
            Asked::LookedUp(_) => Some("look up".to_owned()),
            _ => None,
        });
        words.collect()
    }

    /// How often the lists were read.
    pub fn list_reads(&self) -> usize {
        self.asked()
            .iter()
            .filter(|asked| matches!(asked, Asked::ReadLists))
            .count()
    }

    /// Forgets what was asked.
    pub fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }

    /// Does something just before the sending after `passed` others from now on.
    pub fn before_send(&self, passed: usize, deed: impl FnOnce() + Send + 'static) {
        self.before_send.lock().unwrap().push((passed, Box::new(deed)));
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().unwrap().push(asked);
    }

    fn do_deeds(&self) {
        let mut due = Vec::new();
        let mut deeds = self.before_send.lock().unwrap();
        let mut left = Vec::new();
        for (passed, deed) in deeds.drain(..) {
            match passed.checked_sub(1) {
                Some(fewer) => left.push((fewer, deed)),
                None => due.push(deed),
            }
        }
        *deeds = left;
        drop(deeds);
        due.into_iter().for_each(|deed| deed());
    }
}

#[async_trait]
impl Books for Recorder {
    fn freeze(&self, submissions: &[Submission<'_>]) -> Result<FrozenCall, ConnectorError> {
        self.inner.freeze(submissions)
    }

    async fn send(&self, call: &FrozenCall) -> CallOutcome {
        self.do_deeds();
        self.note(Asked::Sent(call.clone()));
        self.inner.send(call).await
    }

    async fn look_up(&self, probes: &[Probe]) -> Result<Vec<FoundTransaction>, ConnectorError> {
        self.note(Asked::LookedUp(probes.to_vec()));
        self.inner.look_up(probes).await
    }

    async fn ensure_entities(&self, entities: &[NewEntity]) -> Result<Vec<EntityOutcome>, ConnectorError> {
        self.inner.ensure_entities(entities).await
    }

    async fn read_lists(&self, cursor: Option<&ListsCursor>) -> Result<ListsUpdate, ConnectorError> {
        self.note(Asked::ReadLists);
        self.inner.read_lists(cursor).await
    }

    async fn read_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
    ) -> Result<Option<Decimal>, ConnectorError> {
        self.inner.read_exchange_rate(currency, date).await
    }

    async fn list_transactions(
        &self,
        kinds: &[TransactionKind],
        from: Date,
        to: Date,
    ) -> Result<Vec<FoundTransaction>, ConnectorError> {
        self.inner.list_transactions(kinds, from, to).await
    }

    async fn delete(&self, kind: TransactionKind, id: &TransactionId) -> Result<(), ConnectorError> {
        self.note(Asked::Deleted(id.clone()));
        self.inner.delete(kind, id).await
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }
}
