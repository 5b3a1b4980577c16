//! What happened, in the form that people and programs are shown.
//!
//! In: records. Out: counts, sums per currency, one row per document (DESIGN: the JSON of `sync` and `demo`). Reads the store alone.

use std::collections::BTreeMap;

use domain::money::show_amount;
use domain::{Currency, DocumentKey, DocumentState, Money, Reason, ReasonCode};
use ports::DocumentRecord;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::core::Core;
use crate::error::RunError;

/// The states that people are told of; everything on its way is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownState {
    /// In QuickBooks.
    Posted,
    /// Left out by a rule or setting.
    Skipped,
    /// Waits for a person.
    Held,
    /// QuickBooks disagrees.
    Conflict,
    /// Answer lost.
    Unknown,
    /// On its way.
    Pending,
}

impl ShownState {
    /// The state shown for a record.
    pub fn of(state: &DocumentState) -> Self {
        match state {
            DocumentState::Posted { .. } => Self::Posted,
            DocumentState::Skipped { .. } => Self::Skipped,
            DocumentState::Held { .. } => Self::Held,
            DocumentState::Conflict { .. } => Self::Conflict,
            DocumentState::Unknown { .. } => Self::Unknown,
            DocumentState::Fetched | DocumentState::Ready { .. } | DocumentState::Posting { .. } => {
                Self::Pending
            }
        }
    }

    /// True when nobody has to act and no run is needed.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Posted | Self::Skipped)
    }

    /// The word shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Skipped => "skipped",
            Self::Held => "held",
            Self::Conflict => "conflict",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
        }
    }
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentRow {
    /// order, refund, purchase_order or delivery.
    pub source: &'static str,
    /// The number people know.
    pub number: String,
    /// The Linnworks id.
    pub source_id: String,
    /// Its state.
    pub state: ShownState,
    /// Why, and what to do.
    pub reason: Option<String>,
    /// The stable name of the reason.
    pub reason_code: Option<String>,
    /// What the buyer pays, as text.
    pub total: Option<String>,
    /// Its currency.
    pub currency: Option<String>,
    /// When its order was processed.
    pub processed_at: Option<String>,
    /// What is in QuickBooks of it.
    pub quickbooks: Vec<TransactionRow>,
}

/// One transaction in QuickBooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransactionRow {
    /// SalesReceipt, Invoice or Payment.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Id.
    pub id: String,
    /// Number.
    pub doc_number: Option<String>,
    /// Total, as text.
    pub total: String,
}

impl DocumentRow {
    /// The row of a record.
    pub fn of(record: &DocumentRecord) -> Self {
        let reason = record
            .state
            .reason()
            .cloned()
            .or_else(|| moving_reason(&record.state));
        let changed = match &record.state {
            DocumentState::Posted {
                changed_since: Some(at),
                ..
            } => Some(format!(
                "the order was changed in Linnworks after it was posted (seen {at}). Compare with `linnbooks preview {0}`; \
                 `linnbooks resync {0} --replace` posts it anew",
                record.number
            )),
            _ => None,
        };
        Self {
            source: record.key.kind().as_str(),
            number: record.number.clone(),
            source_id: record.key.source_id().to_owned(),
            state: ShownState::of(&record.state),
            reason: reason.as_ref().map(ToString::to_string).or(changed),
            reason_code: reason.as_ref().map(|reason| reason.code.to_string()),
            total: record
                .total
                .map(|total| show_amount(total.amount, total.currency)),
            currency: record.total.map(|total| total.currency.to_string()),
            processed_at: record.processed_at.map(|at| at.to_string()),
            quickbooks: record
                .state
                .transactions()
                .iter()
                .map(|transaction| TransactionRow {
                    kind: transaction.kind.as_str(),
                    id: transaction.id.to_string(),
                    doc_number: transaction.doc_number.clone(),
                    total: show_amount(transaction.total, transaction.currency),
                })
                .collect(),
        }
    }
}

/// Why a document has not come to its end yet.
fn moving_reason(state: &DocumentState) -> Option<Reason> {
    Some(match state {
        DocumentState::Fetched => Reason::new(
            ReasonCode::Waiting,
            "The order is fetched and not turned into a document yet",
            "The next `linnbooks sync` goes on with it.",
        ),
        DocumentState::Ready { .. } => Reason::new(
            ReasonCode::Waiting,
            "The document is ready and not sent to QuickBooks yet",
            "The next `linnbooks sync` sends it.",
        ),
        DocumentState::Posting { .. } => Reason::new(
            ReasonCode::AnswerLost,
            "The document was being sent when linnbooks was ended",
            "The next `linnbooks sync` looks it up in QuickBooks before anything is sent again.",
        ),
        DocumentState::Unknown { since, .. } => Reason::new(
            ReasonCode::AnswerLost,
            format!("The answer of QuickBooks was lost at {since}"),
            "The next `linnbooks sync` looks it up in QuickBooks before anything is sent again.",
        ),
        _ => return None,
    })
}

/// Sums of one currency, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TotalsRow {
    /// Currency.
    pub currency: String,
    /// Sum of all orders.
    pub source: String,
    /// Of these: posted.
    pub posted: String,
    /// Skipped.
    pub skipped: String,
    /// Held.
    pub held: String,
    /// In conflict.
    pub conflicts: String,
    /// Unknown.
    pub unknown: String,
    /// Pending.
    pub pending: String,
}

/// Counts, sums and rows of a set of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Counts by state.
    #[serde(flatten)]
    pub counts: Counts,
    /// Sums by currency.
    pub totals: Vec<TotalsRow>,
    /// Documents by number.
    pub documents: Vec<DocumentRow>,
}

/// How many documents are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// In QuickBooks.
    pub posted: usize,
    /// Left out.
    pub skipped: usize,
    /// Held.
    pub held: usize,
    /// In conflict.
    pub conflicts: usize,
    /// Unknown.
    pub unknown: usize,
    /// On their way.
    pub pending: usize,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, state: ShownState) {
        *match state {
            ShownState::Posted => &mut self.posted,
            ShownState::Skipped => &mut self.skipped,
            ShownState::Held => &mut self.held,
            ShownState::Conflict => &mut self.conflicts,
            ShownState::Unknown => &mut self.unknown,
            ShownState::Pending => &mut self.pending,
        } += 1;
    }

    /// True when every document is posted or skipped.
    pub fn is_settled(&self) -> bool {
        self.held + self.conflicts + self.unknown + self.pending == 0
    }
}

/// Summarises documents.
///
/// # Errors
/// Those of the store.
pub async fn summarise(core: &Core, keys: &[DocumentKey]) -> Result<Summary, RunError> {
    Ok(summarise_records(&core.store.get_many(keys).await?))
}

/// Summarises records.
pub fn summarise_records(records: &[DocumentRecord]) -> Summary {
    let mut summary = Summary::default();
    let mut sums: BTreeMap<Currency, BTreeMap<ShownState, Decimal>> = BTreeMap::new();
    let mut sources: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for record in records {
        let state = ShownState::of(&record.state);
        summary.counts.add(state);
        if let Some(total) = record.total {
            // A posted document counts with what QuickBooks holds, so that a difference shows in the sums.
            let amount = booked_total(record)
                .filter(|booked| booked.currency == total.currency)
                .unwrap_or(total)
                .amount;
            *sums.entry(total.currency).or_default().entry(state).or_default() += amount;
            *sources.entry(total.currency).or_default() += total.amount;
        }
        summary.documents.push(DocumentRow::of(record));
    }
    summary.documents.sort_by_key(by_number);
    summary.totals = sums
        .iter()
        .map(|(currency, sums)| {
            totals_row(
                *currency,
                sources.get(currency).copied().unwrap_or_default(),
                sums,
            )
        })
        .collect();
    summary
}

fn by_number(row: &DocumentRow) -> (Option<i64>, String, String) {
    (row.number.parse().ok(), row.number.clone(), row.source_id.clone())
}

/// What the books hold for a posted document.
pub fn booked_total(record: &DocumentRecord) -> Option<Money> {
    match &record.state {
        DocumentState::Posted { transactions, .. } => transactions
            .first()
            .map(|first| Money::new(first.total, first.currency)),
        _ => None,
    }
}

fn totals_row(currency: Currency, source: Decimal, sums: &BTreeMap<ShownState, Decimal>) -> TotalsRow {
    let of = |state| show_amount(sums.get(&state).copied().unwrap_or_default(), currency);
    TotalsRow {
        currency: currency.to_string(),
        source: show_amount(source, currency),
        posted: of(ShownState::Posted),
        skipped: of(ShownState::Skipped),
        held: of(ShownState::Held),
        conflicts: of(ShownState::Conflict),
        unknown: of(ShownState::Unknown),
        pending: of(ShownState::Pending),
    }
}
