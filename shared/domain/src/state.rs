//! The states of a document on its way into QuickBooks; each carries its facts.
//!
//! ```text
//! Fetched -> Ready -> Posting -> Posted
//!    |         ^         |-> Unknown -> Posted, or the same bytes again
//!    |         |         |-> Held, Conflict
//!    +-> Skipped, Held --+ (resync, or the cause is gone)
//! ```
//! In: decisions of the use cases. Out: what stores keep. Does not decide a transition.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::document::{AccountingDocument, TransactionKind};
use crate::ids::{RequestId, SyncToken, TransactionId};
use crate::money::{Currency, Money};
use crate::reason::Reason;

/// A document that can be posted, with what is in QuickBooks of it already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The balanced document.
    pub document: AccountingDocument,
    /// Version (content hash) of the settings it was mapped with.
    pub settings_version: String,
    /// Version of the rules it was mapped with, when there are rules.
    pub rules_version: Option<String>,
    /// The transactions made so far, in the order of the document's steps.
    pub posted: Vec<PostedTransaction>,
    /// True when it must be sent in a call of its own.
    pub single: bool,
    /// Not before this instant, after a refusal that a wait may cure.
    pub not_before: Option<Timestamp>,
    /// How often it was refused with a fault that a retry may cure.
    pub refusals: u32,
}

impl Ready {
    /// The transaction to make next; `None` when all are made.
    pub fn next_step(&self) -> Option<TransactionKind> {
        self.document.kind.steps().get(self.posted.len()).copied()
    }
}

/// A transaction in QuickBooks, as QuickBooks returned it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedTransaction {
    /// Which transaction.
    pub kind: TransactionKind,
    /// Its id.
    pub id: TransactionId,
    /// Its version.
    pub sync_token: SyncToken,
    /// Its number (PaymentRefNum for a payment).
    pub doc_number: Option<String>,
    /// TotalAmt.
    pub total: Decimal,
    /// Currency.
    pub currency: Currency,
    /// True when it was found there instead of created by the answer we saw.
    pub adopted: bool,
}

/// The state of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DocumentState {
    /// Stored and queued.
    Fetched,
    /// Mapped and balanced, to be posted.
    Ready {
        /// The document. Boxed, as below: it is large.
        ready: Box<Ready>,
    },
    /// The exact bytes are stored in a call, and may be on their way.
    Posting {
        /// The document.
        ready: Box<Ready>,
        /// The call that carries it.
        call: RequestId,
    },
    /// The answer was lost; a look-up will tell.
    Unknown {
        /// The document.
        ready: Box<Ready>,
        /// The call that carried it.
        call: RequestId,
        /// Since when.
        since: Timestamp,
    },
    /// In QuickBooks.
    Posted {
        /// The transactions.
        transactions: Vec<PostedTransaction>,
        /// The document's total.
        total: Money,
        /// When the last of them was confirmed.
        at: Timestamp,
        /// Settings it was posted with.
        settings_version: String,
        /// Rules it was posted with.
        rules_version: Option<String>,
        /// Set when the order changed in Linnworks afterwards; nothing is changed in QuickBooks without a person.
        changed_since: Option<Timestamp>,
    },
    /// Left out by a named rule or setting.
    Skipped {
        /// Why.
        reason: Reason,
    },
    /// A person must act.
    Held {
        /// Why, and what to do.
        reason: Reason,
        /// Transactions made before it was held (the invoice of an unmade payment).
        posted: Vec<PostedTransaction>,
    },
    /// QuickBooks disagrees with what was asked.
    Conflict {
        /// Why, and what to do.
        reason: Reason,
        /// The document as it was to be posted.
        ready: Box<Ready>,
        /// What QuickBooks holds.
        found: Vec<PostedTransaction>,
    },
}

impl DocumentState {
    /// The state's name.
    pub fn name(&self) -> StateName {
        match self {
            Self::Fetched => StateName::Fetched,
            Self::Ready { .. } => StateName::Ready,
            Self::Posting { .. } => StateName::Posting,
            Self::Unknown { .. } => StateName::Unknown,
            Self::Posted { .. } => StateName::Posted,
            Self::Skipped { .. } => StateName::Skipped,
            Self::Held { .. } => StateName::Held,
            Self::Conflict { .. } => StateName::Conflict,
        }
    }

    /// The reason, for the states that have one.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Skipped { reason } | Self::Held { reason, .. } | Self::Conflict { reason, .. } => {
                Some(reason)
            }
            _ => None,
        }
    }

    /// The transactions known to be in QuickBooks.
    pub fn transactions(&self) -> &[PostedTransaction] {
        match self {
            Self::Posted { transactions, .. } => transactions,
            Self::Held { posted, .. } => posted,
            Self::Conflict { found, .. } => found,
            Self::Ready { ready } | Self::Posting { ready, .. } | Self::Unknown { ready, .. } => {
                &ready.posted
            }
            Self::Fetched | Self::Skipped { .. } => &[],
        }
    }
}

/// The name of a state, as stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// Stored and queued.
    Fetched,
    /// Mapped.
    Ready,
    /// Intent stored.
    Posting,
    /// Answer lost.
    Unknown,
    /// In QuickBooks.
    Posted,
    /// Left out.
    Skipped,
    /// Waits for a person.
    Held,
    /// QuickBooks disagrees.
    Conflict,
}

impl StateName {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Fetched,
        Self::Ready,
        Self::Posting,
        Self::Unknown,
        Self::Posted,
        Self::Skipped,
        Self::Held,
        Self::Conflict,
    ];

    /// The word stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Ready => "ready",
            Self::Posting => "posting",
            Self::Unknown => "unknown",
            Self::Posted => "posted",
            Self::Skipped => "skipped",
            Self::Held => "held",
            Self::Conflict => "conflict",
        }
    }

    /// True while the document still moves by itself.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Fetched | Self::Ready | Self::Posting | Self::Unknown)
    }
}
