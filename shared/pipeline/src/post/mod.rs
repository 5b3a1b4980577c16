//! Posts ready documents, each exactly once in effect.
//!
//! In: documents in state Ready, hints from the queue. Out: Posted, Held, Conflict or Unknown, with every call's exact bytes stored
//! before its first byte is sent. Does not map and does not wait for an unknown outcome: `settle` comes back to it.
//!
//! Invariant: a document in state Posting or Unknown names the one open call that carries it.

mod conflict;
mod outcome;
mod prepare;
mod send;
mod settle;

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{DocumentKey, DocumentState, Reason, ReasonCode};
use jiff::Timestamp;
use ports::{Books, CallState, DocumentRecord, FormKey, FormState, QueueName, StoreError, StoredCall};

use crate::core::Core;
use crate::error::RunError;

pub use settle::settle_calls;

/// What a posting run did.
#[derive(Clone, Debug, Default)]
pub struct Posting {
    /// Documents whose state changed.
    pub touched: Vec<DocumentKey>,
    /// When to run again for what is still unsettled.
    pub run_again_at: Option<Timestamp>,
    /// Documents whose lists turned out to be outdated; they are in state Fetched again.
    pub lists_outdated: bool,
    /// A connector that nothing more can be asked of in this run.
    pub stopped_by: Option<ports::ConnectorError>,
}

impl Posting {
    /// Notes that another run is worthwhile at this instant.
    pub fn come_back(&mut self, at: Timestamp) {
        self.run_again_at = Some(self.run_again_at.map_or(at, |known| known.min(at)));
    }

    /// Adds what a part of the run did.
    pub fn absorb(&mut self, other: Self) {
        self.touched.extend(other.touched);
        self.lists_outdated |= other.lists_outdated;
        self.stopped_by = other.stopped_by.or(self.stopped_by.take());
        if let Some(at) = other.run_again_at {
            self.come_back(at);
        }
    }
}

/// How a document goes out.
enum Way {
    /// With others.
    Batch(DocumentRecord),
    /// In a call of its own.
    Alone(DocumentRecord),
    /// Not in this round: another document of its form goes first.
    Later(DocumentKey),
}

/// Takes hints from the queue and posts their documents until nothing visible is left.
///
/// # Errors
/// Those of the store and queue. A connector that refuses everything ends the run through [`Posting::stopped_by`].
pub async fn post_queue(core: &Core, books: &dyn Books) -> Result<Posting, RunError> {
    let lease = Duration::from_secs(core.settings.posting.lease_seconds);
    let most = batch_documents(core).saturating_mul(calls_at_once(core));
    let mut posting = Posting::default();
    while posting.stopped_by.is_none() {
        let received = core.queue.receive(QueueName::Postings, most, lease).await?;
        if received.is_empty() {
            break;
        }
        let keys: Vec<DocumentKey> = received.iter().map(|one| one.message.key.clone()).collect();
        posting.absorb(post_documents(core, books, &keys).await?);
        let receipts: Vec<String> = received.into_iter().map(|one| one.receipt).collect();
        core.queue.acknowledge(QueueName::Postings, &receipts).await?;
    }
    Ok(posting)
}

/// Documents in one batch.
fn batch_documents(core: &Core) -> usize {
    usize::try_from(core.settings.posting.batch_documents_max)
        .unwrap_or(1)
        .max(1)
}

/// Calls on their way at the same time.
fn calls_at_once(core: &Core) -> usize {
    usize::try_from(core.settings.posting.calls_at_once)
        .unwrap_or(1)
        .max(1)
}

/// Posts documents of proven forms in batches, several calls at a time. Every call comes to its end, whatever becomes of the others.
async fn post_batches(
    core: &Core,
    books: &dyn Books,
    records: Vec<DocumentRecord>,
) -> Result<Posting, RunError> {
    let mut posting = Posting::default();
    // Customers and items first, so that calls at the same time do not make the same one.
    if let Err(error) = prepare::ensure_entities(core, books, &records).await {
        let RunError::Connector(error) = error else {
            return Err(error);
        };
        posting.stopped_by = Some(error);
        return Ok(posting);
    }
    let batches: Vec<&[DocumentRecord]> = records.chunks(batch_documents(core)).collect();
    for group in batches.chunks(calls_at_once(core)) {
        if posting.stopped_by.is_some() {
            break;
        }
        let calls = group
            .iter()
            .map(|batch| send::post_together(core, books, batch.to_vec()));
        for outcome in futures_util::future::join_all(calls).await {
            posting.absorb(outcome?);
        }
    }
    Ok(posting)
}

/// Posts the documents that are in state Ready; others are left alone.
///
/// # Errors
/// Those of the store and queue.
pub async fn post_documents(
    core: &Core,
    books: &dyn Books,
    keys: &[DocumentKey],
) -> Result<Posting, RunError> {
    let mut posting = Posting::default();
    let mut pending: Vec<DocumentKey> = unique(keys);
    while !pending.is_empty() && posting.stopped_by.is_none() {
        let mut together = Vec::new();
        let mut alone = Vec::new();
        let mut later = Vec::new();
        for way in choose_ways(core, &pending, &mut posting).await? {
            match way {
                Way::Batch(record) => together.push(record),
                Way::Alone(record) => alone.push(record),
                Way::Later(key) => later.push(key),
            }
        }
        for record in alone {
            if posting.stopped_by.is_some() {
                // Its state is Ready still: the sweeper finds it in the next run.
                break;
            }
            posting.absorb(send::post_together(core, books, vec![record]).await?);
        }
        if !together.is_empty() && posting.stopped_by.is_none() {
            posting.absorb(post_batches(core, books, together).await?);
        }
        pending = later;
    }
    Ok(posting)
}

fn unique(keys: &[DocumentKey]) -> Vec<DocumentKey> {
    let mut seen = BTreeSet::new();
    keys.iter()
        .filter(|key| seen.insert((*key).clone()))
        .cloned()
        .collect()
}

async fn choose_ways(core: &Core, keys: &[DocumentKey], posting: &mut Posting) -> Result<Vec<Way>, RunError> {
    let mut ways = Vec::new();
    let mut first_of: BTreeSet<FormKey> = BTreeSet::new();
    let forms = core.store.forms().await?;
    for record in core.store.get_many(keys).await? {
        let DocumentState::Ready { ready } = &record.state else {
            continue;
        };
        let Some(form) = form_of(ready) else { continue };
        if let Some(at) = ready.not_before.filter(|at| *at > core.now()) {
            posting.come_back(at);
            continue;
        }
        let known = forms.iter().find(|(key, _)| *key == form).map(|(_, state)| state);
        match known {
            Some(FormState::Paused { reason, key }) if *key != record.key => {
                posting.touched.push(record.key.clone());
                hold_for_form(core, record, reason).await?;
            }
            Some(_) if ready.single => ways.push(Way::Alone(record)),
            Some(_) => ways.push(Way::Batch(record)),
            None if !core.settings.posting.first_of_form_alone => ways.push(Way::Batch(record)),
            None if first_of.insert(form) => ways.push(Way::Alone(record)),
            None => ways.push(Way::Later(record.key)),
        }
    }
    Ok(ways)
}

/// The form of the next transaction of a document.
pub(crate) fn form_of(ready: &domain::Ready) -> Option<FormKey> {
    let kind = ready.next_step()?;
    Some(FormKey {
        kind,
        tax: ready.document.tax.form,
        currency: ready.document.currency,
    })
}

async fn hold_for_form(core: &Core, record: DocumentRecord, because: &Reason) -> Result<(), StoreError> {
    let reason = Reason::new(
        ReasonCode::FormPaused,
        format!("documents like this one are paused: {}", because.cause),
        because.remedy.clone(),
    );
    let posted = record.state.transactions().to_vec();
    let change = core.change(
        record,
        DocumentState::Held { reason, posted },
        "held: documents of this form are paused",
    );
    core.store.write(vec![change]).await
}

/// Sends hints again for whatever stands still: the queue is only a hint, the store knows what is to be done.
///
/// # Errors
/// Those of the store and queue.
pub async fn sweep(core: &Core) -> Result<(), RunError> {
    let filter = ports::DocumentFilter {
        states: vec![domain::StateName::Fetched, domain::StateName::Ready],
        ..ports::DocumentFilter::default()
    };
    let mut fetched = Vec::new();
    let mut ready = Vec::new();
    for record in core.store.list(&filter).await? {
        match record.state {
            DocumentState::Fetched => fetched.push(record.key),
            _ => ready.push(record.key),
        }
    }
    for queue in [QueueName::Orders, QueueName::Postings] {
        let given_up: Vec<DocumentKey> = core
            .queue
            .dead_letters(queue)
            .await?
            .into_iter()
            .map(|message| message.key)
            .collect();
        hold_dead_letters(core, &given_up).await?;
        core.queue.forget_dead_letters(queue, &given_up).await?;
        fetched.retain(|key| !given_up.contains(key));
        ready.retain(|key| !given_up.contains(key));
    }
    core.hint(QueueName::Orders, fetched).await?;
    core.hint(QueueName::Postings, ready).await?;
    Ok(())
}

async fn hold_dead_letters(core: &Core, keys: &[DocumentKey]) -> Result<(), StoreError> {
    for record in core.store.get_many(keys).await? {
        if !matches!(record.state, DocumentState::Fetched | DocumentState::Ready { .. }) {
            continue;
        }
        let reason = Reason::new(
            ReasonCode::DeadLetter,
            format!(
                "order {} was given up after repeated failures of the program",
                record.number
            ),
            format!(
                "Look at the program's log, then run `linnbooks resync {}`",
                record.number
            ),
        );
        let posted = record.state.transactions().to_vec();
        let change = core.change(
            record,
            DocumentState::Held { reason, posted },
            "held: given up by the queue",
        );
        core.store.write(vec![change]).await?;
    }
    Ok(())
}

/// A call that is about to be sent for the first time.
fn new_call(core: &Core, call: ports::FrozenCall) -> StoredCall {
    StoredCall {
        call,
        state: CallState::Sent,
        attempts: 1,
        last_sent_at: core.now(),
        version: 0,
    }
}

/// A transaction that a person points at, as the document's record keeps it.
pub(crate) fn posted_transaction(found: &ports::FoundTransaction) -> domain::PostedTransaction {
    outcome::to_posted(found, true)
}
