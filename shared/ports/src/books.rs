//! Where documents go: a QuickBooks company.
//!
//! In: submissions that are frozen into the exact bytes of one HTTP call, look-ups, requests for lists. Out: outcomes sorted
//! into done, not done and unknown. The use cases hold the protocol (reliability.md 1.2); a connector only speaks.

use async_trait::async_trait;
use domain::document::{AccountingDocument, NewCustomer, NewItem};
use domain::lists::{ListEntry, ListKind};
use domain::{
    Company, Currency, DocumentKey, ListId, Marker, Money, RawFault, Reason, RequestId, SyncToken,
    TransactionId, TransactionKind,
};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::ConnectorError;

/// One transaction to be made.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// Source document and revision: the marker in PrivateNote.
    pub marker: Marker,
    /// Which transaction of the document.
    pub kind: TransactionKind,
    /// The document, with customer and items existing and the exchange rate known.
    pub document: &'a AccountingDocument,
    /// The invoice that a payment closes.
    pub invoice: Option<TransactionId>,
    /// The customer of that invoice as QuickBooks has it.
    pub customer: ListId,
}

/// The frozen unit: one HTTP call with its exact bytes. The key is a function of realm and bytes, so that they can only change
/// together.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenCall {
    /// The idempotency key.
    pub request_id: RequestId,
    /// The resource, such as `salesreceipt` or `batch`.
    pub resource: String,
    /// The body, byte for byte.
    pub body: String,
    /// What it carries.
    pub entries: Vec<CallEntry>,
}

/// Shows everything but the body, which holds names and addresses.
impl std::fmt::Debug for FrozenCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FrozenCall")
            .field("request_id", &self.request_id)
            .field("resource", &self.resource)
            .field("body_bytes", &self.body.len())
            .field("entries", &self.entries.len())
            .finish()
    }
}

/// One transaction within a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEntry {
    /// bId in a batch, at most 10 characters; empty in a single call.
    pub batch_item_id: String,
    /// Whose transaction it is.
    pub marker: Marker,
    /// Which transaction.
    pub kind: TransactionKind,
    /// DocNumber, or PaymentRefNum of a payment; absent where the company numbers by itself.
    pub number: Option<String>,
    /// TxnDate.
    pub date: Date,
    /// What it must come to.
    pub total: Money,
}

impl CallEntry {
    /// The document's key.
    pub fn key(&self) -> &DocumentKey {
        &self.marker.key
    }

    /// How to look the transaction up.
    pub fn probe(&self) -> Probe {
        let by = match &self.number {
            Some(number) => ProbeBy::Number(number.clone()),
            None => ProbeBy::DateAndTotal {
                date: self.date,
                total: self.total.amount,
            },
        };
        Probe { kind: self.kind, by }
    }
}

/// What became of a call.
#[derive(Clone, Debug)]
pub enum CallOutcome {
    /// QuickBooks answered; one outcome per entry, in the entries' order.
    Answered(Vec<EntryOutcome>),
    /// Provably nothing was done: refused before execution (429, 401, connection refused, name not found ...).
    NotDone(ConnectorError),
    /// Something may have been done: no answer, a broken answer, a server error. The text says which.
    Unknown(String),
}

/// What became of one transaction of an answered call.
#[derive(Clone, Debug)]
pub enum EntryOutcome {
    /// It exists now (or existed already: a replayed answer looks the same).
    Done(FoundTransaction),
    /// Definitely refused.
    Refused(Refusal),
    /// The number is in use (6140).
    DuplicateNumber {
        /// The fault.
        raw: RawFault,
        /// The transaction that has it, when the fault names it.
        transaction: Option<TransactionId>,
    },
    /// The answer does not tell.
    Unknown(String),
}

/// A definite refusal.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Cause and remedy, with the raw fault.
    pub reason: Reason,
    /// Who must act.
    pub act: RefusalAct,
}

/// Who must act on a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalAct {
    /// A person.
    Person,
    /// Our lists may be out of date: read them again and map once more, once.
    RefreshLists,
    /// Nobody: try again later (a fault that says so).
    RetryLater,
}

/// A look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Which kind of transaction.
    pub kind: TransactionKind,
    /// By what.
    pub by: ProbeBy,
}

/// What a look-up goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeBy {
    /// DocNumber (PaymentRefNum for a payment).
    Number(String),
    /// TxnDate and TotalAmt, where there is no number.
    DateAndTotal {
        /// TxnDate.
        date: Date,
        /// TotalAmt.
        total: Decimal,
    },
    /// Id.
    Id(TransactionId),
}

/// A transaction as QuickBooks holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTransaction {
    /// Which kind.
    pub kind: TransactionKind,
    /// Id.
    pub id: TransactionId,
    /// SyncToken.
    pub sync_token: SyncToken,
    /// DocNumber or PaymentRefNum.
    pub number: Option<String>,
    /// TxnDate.
    pub date: Option<Date>,
    /// TotalAmt.
    pub total: Decimal,
    /// Tax, when QuickBooks says it.
    pub total_tax: Option<Decimal>,
    /// Currency.
    pub currency: Currency,
    /// PrivateNote, which carries our marker.
    pub private_note: String,
    /// Customer.
    pub customer: Option<ListId>,
}

/// A list object to find or create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewEntity {
    /// A customer.
    Customer(NewCustomer),
    /// An item.
    Item(NewItem),
}

impl NewEntity {
    /// Its list.
    pub fn kind(&self) -> ListKind {
        match self {
            Self::Customer(_) => ListKind::Customer,
            Self::Item(_) => ListKind::Item,
        }
    }

    /// Its name, unique in QuickBooks.
    pub fn name(&self) -> &str {
        match self {
            Self::Customer(customer) => &customer.display_name,
            Self::Item(item) => &item.name,
        }
    }
}

/// What became of a list object to find or create.
#[derive(Clone, Debug)]
pub enum EntityOutcome {
    /// It is there, made now or before. Boxed: it is larger than its sibling.
    Exists(Box<ListEntry>),
    /// It cannot be made.
    Refused(Reason),
}

/// How far the lists are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListsCursor {
    /// Changes are known up to this instant of QuickBooks' clock.
    pub changed_until: Timestamp,
    /// When what change data capture does not carry (tax codes and rates, company settings) was read.
    pub daily_read_at: Timestamp,
}

/// What has changed in the lists.
#[derive(Clone, Debug)]
pub struct ListsUpdate {
    /// Kinds that were read whole: everything else of that kind is gone.
    pub replaced: Vec<ListKind>,
    /// Entries new or changed.
    pub changed: Vec<ListEntry>,
    /// Entries deleted.
    pub removed: Vec<(ListKind, ListId)>,
    /// The company, when it was read.
    pub company: Option<Company>,
    /// How far the lists are known now.
    pub cursor: ListsCursor,
}

/// A QuickBooks company.
#[async_trait]
pub trait Books: Send + Sync {
    /// Freezes submissions (at least one) into the bytes of one call: a single create for one, a batch for more. Pure: the same
    /// submissions give the same bytes and the same key.
    ///
    /// # Errors
    /// A submission that has no lawful encoding (a customer still to be created, no exchange rate); a defect.
    fn freeze(&self, submissions: &[Submission<'_>]) -> Result<FrozenCall, ConnectorError>;

    /// Sends the bytes of a call, once. Token renewal and the one retry after a 401 happen inside; nothing else is repeated.
    async fn send(&self, call: &FrozenCall) -> CallOutcome;

    /// Every transaction that matches one of the probes.
    async fn look_up(&self, probes: &[Probe]) -> Result<Vec<FoundTransaction>, ConnectorError>;

    /// Finds or creates list objects, each once by its unique name; one outcome per entity, in order.
    async fn ensure_entities(&self, entities: &[NewEntity]) -> Result<Vec<EntityOutcome>, ConnectorError>;

    /// Reads the lists: everything without a cursor (or when too much time has passed), changes with one.
    async fn read_lists(&self, cursor: Option<&ListsCursor>) -> Result<ListsUpdate, ConnectorError>;

    /// QuickBooks' own rate: home units per unit of `currency` on the date.
    async fn read_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
    ) -> Result<Option<Decimal>, ConnectorError>;

    /// Every transaction of these kinds dated within the span, both days included.
    async fn list_transactions(
        &self,
        kinds: &[TransactionKind],
        from: Date,
        to: Date,
    ) -> Result<Vec<FoundTransaction>, ConnectorError>;

    /// Deletes a transaction. Deleting one that is gone is success.
    async fn delete(&self, kind: TransactionKind, id: &TransactionId) -> Result<(), ConnectorError>;

    /// HTTP requests made so far, token requests included.
    fn calls(&self) -> u64;
}
