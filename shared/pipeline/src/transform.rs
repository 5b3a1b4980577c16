//! Turns fetched orders into balanced accounting documents.
//!
//! In: documents in state Fetched, settings, the stored lists. Out: Ready, Skipped or Held, and hints to post. Makes no network
//! call: customers and items to be created are named in the document, the poster creates them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{DocumentKey, DocumentState, Order, Ready, Reason, ReasonCode, StateName};
use mapping::Outcome;
use ports::{Change, DocumentFilter, DocumentRecord, KnownLists, QueueName, StoreError};

use crate::core::{Core, Progress};
use crate::error::RunError;

/// Documents mapped in one transaction.
pub const DOCUMENTS_PER_WRITE_MAX: usize = 100;

/// Reasons that a change of settings or lists can take away, so that the document is mapped again by itself.
pub const CURABLE: &[ReasonCode] = &[
    ReasonCode::HeldByRule,
    ReasonCode::TotalChangedByRule,
    ReasonCode::UnknownItem,
    ReasonCode::AmbiguousItem,
    ReasonCode::InactiveItem,
    ReasonCode::UnknownCustomer,
    ReasonCode::InactiveCustomer,
    ReasonCode::CustomerCurrency,
    ReasonCode::CustomerNameMissing,
    ReasonCode::NameTaken,
    ReasonCode::UnknownAccount,
    ReasonCode::WrongAccount,
    ReasonCode::UnknownTaxCode,
    ReasonCode::UnknownClass,
    ReasonCode::UnknownDepartment,
    ReasonCode::UnknownPaymentMethod,
    ReasonCode::UnknownTerm,
    ReasonCode::MulticurrencyOff,
    ReasonCode::NoExchangeRate,
    ReasonCode::CustomNumbersOff,
    ReasonCode::SettingUnusable,
    ReasonCode::TotalsDisagree,
    ReasonCode::DateMissing,
    ReasonCode::NumberMissing,
    ReasonCode::FormPaused,
    ReasonCode::Waiting,
    ReasonCode::ClosedBooks,
];

/// Those of [`CURABLE`] that hang on what is read only once a day (company settings, tax codes): while a document is held by one of
/// them, a run reads that too, so that what a person has put right is seen at once.
pub const CURABLE_BY_COMPANY: &[ReasonCode] = &[
    ReasonCode::UnknownTaxCode,
    ReasonCode::MulticurrencyOff,
    ReasonCode::CustomNumbersOff,
    ReasonCode::SettingUnusable,
    ReasonCode::ClosedBooks,
];

/// Takes hints from the queue and maps their documents, until the queue has no visible message.
///
/// # Errors
/// Those of the store and the queue.
pub async fn transform_queue(core: &Core, known: &KnownLists) -> Result<Vec<DocumentKey>, RunError> {
    let lease = std::time::Duration::from_secs(core.settings.posting.lease_seconds);
    let mut touched = Vec::new();
    loop {
        let received = core
            .queue
            .receive(QueueName::Orders, DOCUMENTS_PER_WRITE_MAX, lease)
            .await?;
        if received.is_empty() {
            return Ok(touched);
        }
        let keys: Vec<DocumentKey> = received.iter().map(|one| one.message.key.clone()).collect();
        touched.extend(transform_documents(core, known, &keys).await?);
        let receipts: Vec<String> = received.into_iter().map(|one| one.receipt).collect();
        core.queue.acknowledge(QueueName::Orders, &receipts).await?;
    }
}

/// Maps the documents that are in state Fetched; others are left alone.
///
/// # Errors
/// Those of the store and the queue.
pub async fn transform_documents(
    core: &Core,
    known: &KnownLists,
    keys: &[DocumentKey],
) -> Result<Vec<DocumentKey>, RunError> {
    let mut changes = Vec::new();
    for record in core.store.get_many(keys).await? {
        if matches!(record.state, DocumentState::Fetched) {
            changes.push(map_record(core, known, record).await?);
        }
    }
    core.tell(Progress::Mapped(changes.len()));
    write_mapped(core, changes).await
}

/// Maps held documents again whose reason may be gone, and writes those with another outcome.
///
/// # Errors
/// Those of the store and the queue.
pub async fn retry_held(core: &Core, known: &KnownLists) -> Result<Vec<DocumentKey>, RunError> {
    let filter = DocumentFilter {
        states: vec![StateName::Held],
        ..DocumentFilter::default()
    };
    let mut changes = Vec::new();
    for record in core.store.list(&filter).await? {
        let DocumentState::Held { reason, .. } = &record.state else {
            continue;
        };
        if !CURABLE.contains(&reason.code) || is_still_paused(core, &record).await? {
            continue;
        }
        let before = record.state.clone();
        let change = map_record(core, known, record).await?;
        if change.record.state != before {
            changes.push(change);
        }
    }
    write_mapped(core, changes).await
}

async fn is_still_paused(core: &Core, record: &DocumentRecord) -> Result<bool, StoreError> {
    match record.state.reason() {
        Some(reason) if reason.code == ReasonCode::FormPaused => {
            let forms = core.store.forms().await?;
            Ok(forms
                .iter()
                .any(|(_, state)| matches!(state, ports::FormState::Paused { .. })))
        }
        _ => Ok(false),
    }
}

async fn write_mapped(core: &Core, changes: Vec<Change>) -> Result<Vec<DocumentKey>, RunError> {
    let mut touched = Vec::new();
    for chunk in changes.chunks(DOCUMENTS_PER_WRITE_MAX) {
        // A stale one has another worker that saw to it.
        let stale = core.store.write_each(chunk.to_vec()).await?;
        let written: Vec<&Change> = chunk
            .iter()
            .filter(|change| !stale.contains(&change.record.key))
            .collect();
        let ready = written
            .iter()
            .filter(|change| matches!(change.record.state, DocumentState::Ready { .. }));
        core.hint(QueueName::Postings, ready.map(|change| change.record.key.clone()))
            .await?;
        let ended = written
            .iter()
            .filter(|change| !change.record.state.name().is_moving())
            .count();
        core.tell(Progress::Settled(ended));
        touched.extend(written.iter().map(|change| change.record.key.clone()));
    }
    Ok(touched)
}

async fn map_record(core: &Core, known: &KnownLists, record: DocumentRecord) -> Result<Change, RunError> {
    let Some(order) = core.store.payload(&record.key).await? else {
        let reason = Reason::new(
            ReasonCode::Malformed,
            format!("the stored order {} is gone", record.number),
            format!("Run `linnbooks resync {}` to read it again", record.number),
        );
        let posted = record.state.transactions().to_vec();
        return Ok(core.change(
            record,
            DocumentState::Held { reason, posted },
            "held: the stored order is gone",
        ));
    };
    let outcome = map_safely(core, known, &order);
    let posted = record.state.transactions().to_vec();
    Ok(match outcome {
        Outcome::Document(document) if !continues(&document, &posted) => {
            let reason = partly_posted(&record.number);
            core.change(
                record,
                DocumentState::Held { reason, posted },
                "held: partly posted as another kind or with another total",
            )
        }
        Outcome::Document(document) => {
            let ready = Ready {
                document: *document,
                settings_version: core.settings.version(),
                rules_version: core.rules_version(),
                posted,
                single: false,
                not_before: None,
                refusals: 0,
            };
            core.change(
                record,
                DocumentState::Ready {
                    ready: Box::new(ready),
                },
                "mapped",
            )
        }
        Outcome::Skipped(reason) => {
            let what = format!("skipped: {} [{}]", reason.cause, reason.code);
            core.change(record, DocumentState::Skipped { reason }, what)
        }
        Outcome::Held(reason) => {
            let what = format!("held: {}", reason.code);
            core.change(record, DocumentState::Held { reason, posted }, what)
        }
    })
}

fn partly_posted(number: &str) -> Reason {
    Reason::new(
        ReasonCode::SettingUnusable,
        format!(
            "order {number} is partly posted, as another kind of document or with another total than it would have now"
        ),
        format!(
            "Set document.type back for it, or remove what is posted and post it anew with `linnbooks resync {number} --replace`"
        ),
    )
}

/// True when what is posted already is the beginning of this document: the same kinds, the same total.
fn continues(document: &domain::AccountingDocument, posted: &[domain::PostedTransaction]) -> bool {
    let steps = document.kind.steps();
    let total = document.total;
    let is_step = |made: &domain::PostedTransaction, step: &domain::TransactionKind| {
        made.kind == *step && made.total == total.amount && made.currency == total.currency
    };
    posted.len() <= steps.len() && posted.iter().zip(steps).all(|(made, step)| is_step(made, step))
}

/// Maps one order; a panic, which would be a defect, holds this order and no other.
pub fn map_safely(core: &Core, known: &KnownLists, order: &Order) -> Outcome {
    let context = core.context(known);
    match catch_unwind(AssertUnwindSafe(|| mapping::map_order(order, &context).outcome)) {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Held(Reason::new(
            ReasonCode::Defect,
            format!("order {} made the mapping fail", order.number),
            "This is a defect of linnbooks: report it with the output of `linnbooks preview`. Nothing was posted",
        )),
    }
}
