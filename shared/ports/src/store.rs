//! What is kept: documents with their states, calls with their exact bytes, events, watermarks, lists, forms and rates.
//!
//! In: whole changes, each conditional on the version that was read. Out: records. The store decides nothing; it makes sure that
//! a change is whole, durable and not based on an outdated record.

use async_trait::async_trait;
use domain::document::{TaxForm, TransactionKind};
use domain::lists::Lists;
use domain::{Company, Currency, DocumentKey, DocumentState, Money, Order, Reason, RequestId, StateName};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::books::{FrozenCall, ListsCursor, ListsUpdate};
use crate::error::StoreError;

/// The schema version of records written now.
pub const RECORD_VERSION: u32 = 1;

/// A document with its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// Its identity.
    pub key: DocumentKey,
    /// The number people know it by.
    pub number: String,
    /// Its other references, for finding it.
    pub references: Vec<String>,
    /// Its state.
    pub state: DocumentState,
    /// The stored counter in the marker: raised by every correction, so bytes and key change together.
    pub revision: u32,
    /// Raised by every write; a write names the version it is based on. 0 for a record not yet stored.
    pub version: u64,
    /// What the buyer pays, once the order could be read.
    pub total: Option<Money>,
    /// When the order was processed.
    pub processed_at: Option<Timestamp>,
    /// The header's fingerprint at the last reading.
    pub fingerprint: String,
    /// A hash of the order as it was last read.
    pub payload_hash: String,
    /// How often its lists were refreshed because QuickBooks refused a reference; reset when it changes.
    pub list_refreshes: u32,
    /// True when it must be looked up in QuickBooks before it is sent for the first time: an earlier copy of the store may have
    /// posted it.
    #[serde(default)]
    pub look_up_first: bool,
    /// When it was first seen.
    pub fetched_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

/// A line of the audit trail; never changed, never deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The document.
    pub key: DocumentKey,
    /// Who: `linnbooks`, or a person's words with `resolve` and `resync`.
    pub actor: String,
    /// What happened, in a sentence without personal data.
    pub what: String,
}

/// A new or changed document with the event that tells of it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The record as it shall be; its `version` is the one it was read with (0: it must not exist yet). The store raises it.
    pub record: DocumentRecord,
    /// The order, when it was read anew.
    pub payload: Option<Box<Order>>,
    /// What happened; `None` where nothing that people need to know happened.
    pub event: Option<Event>,
}

/// A call with what is known of its fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCall {
    /// The call, byte for byte.
    pub call: FrozenCall,
    /// What is known.
    pub state: CallState,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was last sent (stored before the first byte leaves).
    pub last_sent_at: Timestamp,
    /// Raised by every write.
    pub version: u64,
}

impl StoredCall {
    /// Its key.
    pub fn id(&self) -> RequestId {
        self.call.request_id
    }
}

/// What is known of a call's fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CallState {
    /// On its way; found in this state after a crash, it is unknown.
    Sent,
    /// Provably not done, every time it was sent; may be sent again without a look-up.
    NotDone {
        /// Not before this instant.
        not_before: Timestamp,
    },
    /// The answer was lost.
    Unknown {
        /// Look-ups are meaningful from this instant.
        look_up_at: Timestamp,
        /// Look-ups made.
        look_ups: u32,
        /// True once identical bytes must not be sent again: part of the call was found, or its replay was refused.
        spent: bool,
    },
    /// Every entry is settled.
    Closed,
}

/// Which documents to list.
#[derive(Clone, Debug, Default)]
pub struct DocumentFilter {
    /// Only these states; empty for all.
    pub states: Vec<StateName>,
    /// Only documents whose order was processed at or after this instant.
    pub processed_from: Option<Timestamp>,
    /// Only documents whose order was processed at or before this instant.
    pub processed_to: Option<Timestamp>,
    /// Only documents whose state changed at or after this instant.
    pub updated_from: Option<Timestamp>,
}

/// A kind of transaction in one tax form and currency: its first document goes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FormKey {
    /// Kind.
    pub kind: TransactionKind,
    /// Tax form.
    pub tax: TaxForm,
    /// Currency.
    pub currency: Currency,
}

/// Whether a form has been seen to come out right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a handful of them exist")]
pub enum FormState {
    /// A returned total was equal.
    Proven,
    /// A returned total differed: nothing more of this form is posted until a person says so.
    Paused {
        /// Why, and the way out.
        reason: Reason,
        /// The document concerned.
        key: DocumentKey,
    },
}

/// The lists as far as they are known.
#[derive(Clone, Debug)]
pub struct KnownLists {
    /// How far.
    pub cursor: ListsCursor,
    /// The company.
    pub company: Company,
    /// The lists.
    pub lists: Lists,
}

/// The store.
#[async_trait]
pub trait Store: Send + Sync {
    /// The record of a document.
    async fn get(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError>;

    /// The records of documents; those not stored are left out.
    async fn get_many(&self, keys: &[DocumentKey]) -> Result<Vec<DocumentRecord>, StoreError>;

    /// The documents whose number or one of whose references is the text, without regard to case.
    async fn find(&self, text: &str) -> Result<Vec<DocumentRecord>, StoreError>;

    /// The documents that pass the filter, by number.
    async fn list(&self, filter: &DocumentFilter) -> Result<Vec<DocumentRecord>, StoreError>;

    /// The order of a document as last read.
    async fn payload(&self, key: &DocumentKey) -> Result<Option<Order>, StoreError>;

    /// Writes changes, all or none.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when one of the records has another version than the change is based on.
    async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError>;

    /// Writes changes, each whole and by itself, and returns the keys of those that were stale. For work on many documents that
    /// have nothing to do with each other: cheaper than [`Store::write`] where a transaction is paid for, and one stale document
    /// does not stop the others.
    ///
    /// # Errors
    /// Those of the medium; some of the changes may be written then.
    async fn write_each(&self, changes: Vec<Change>) -> Result<Vec<DocumentKey>, StoreError> {
        let mut stale = Vec::new();
        for change in changes {
            let key = change.record.key.clone();
            match self.write(vec![change]).await {
                Ok(()) => {}
                Err(StoreError::Stale(_)) => stale.push(key),
                Err(error) => return Err(error),
            }
        }
        Ok(stale)
    }

    /// Writes a call (new with version 0, or changed) together with changes of documents, all or none.
    ///
    /// # Errors
    /// As [`Store::write`].
    async fn write_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError>;

    /// Closes a call whose documents were all found done: each change whole and by itself, then the call. Only for changes that tell
    /// of what is in the books: they stay true whatever becomes of the call, so a crash between two of them leaves an open call of
    /// which a part is settled, and settling sees to the rest (reliability.md 1.4, C5 and C10). Cheaper than [`Store::write_call`]
    /// where a transaction is paid for.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when a document or the call has another version; the call is open then, other documents may be written.
    async fn close_call(&self, call: &StoredCall, changes: Vec<Change>) -> Result<(), StoreError> {
        self.write_call(call, changes).await
    }

    /// Calls that are not closed, oldest first.
    async fn open_calls(&self) -> Result<Vec<StoredCall>, StoreError>;

    /// The audit trail of a document, oldest first.
    async fn events(&self, key: &DocumentKey) -> Result<Vec<Event>, StoreError>;

    /// A watermark by name.
    async fn watermark(&self, name: &str) -> Result<Option<Timestamp>, StoreError>;

    /// Moves a watermark; never backwards.
    async fn advance_watermark(&self, name: &str, to: Timestamp) -> Result<(), StoreError>;

    /// The lists; `None` before they were first read.
    async fn lists(&self) -> Result<Option<KnownLists>, StoreError>;

    /// Applies what changed in the lists, whole.
    async fn apply_lists(&self, update: &ListsUpdate) -> Result<(), StoreError>;

    /// What is known of a form.
    async fn form(&self, form: &FormKey) -> Result<Option<FormState>, StoreError>;

    /// Every form known.
    async fn forms(&self) -> Result<Vec<(FormKey, FormState)>, StoreError>;

    /// Records what is known of a form; `None` forgets it, so that its next document goes alone again.
    async fn put_form(&self, form: &FormKey, state: Option<&FormState>) -> Result<(), StoreError>;

    /// The rate read for a day.
    async fn exchange_rate(&self, currency: Currency, date: Date) -> Result<Option<Decimal>, StoreError>;

    /// Keeps the rate of a day; the first one stays.
    async fn put_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
        rate: Decimal,
    ) -> Result<(), StoreError>;

    /// Keeps a version of the settings or rules by its hash.
    async fn put_version(&self, kind: &str, version: &str, text: &str) -> Result<(), StoreError>;

    /// A version of the settings or rules.
    async fn version(&self, kind: &str, version: &str) -> Result<Option<String>, StoreError>;
}
