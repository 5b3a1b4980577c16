//! Tries a document again, whatever its state, without ever making it twice.
//!
//! In: one record. Out: the record back in state Fetched under a new revision, or the reason why nothing is to be done. A posted one is
//! looked up first; `replace` removes it from QuickBooks before. The run that follows posts it.

use domain::{DocumentState, PostedTransaction, Reason, ReasonCode};
use ports::{Books, DocumentRecord, OrderHeader, OrderSource, Probe, ProbeBy, QueueName, SourceOrder, Store};

use crate::core::{Core, go_on_with, hash_order};
use crate::error::RunError;
use crate::lists::outdate_company;

/// What a resync decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resynced {
    /// Queued again; the run that follows brings it to an end.
    Queued,
    /// It is in QuickBooks as recorded; nothing to do.
    StillPosted(Vec<String>),
    /// Its fate is not settled yet, or a person must resolve it first.
    Refused(Reason),
}

/// The one record that a number or reference means.
///
/// # Errors
/// None, or several, fit.
pub async fn find_one(store: &dyn Store, text: &str) -> Result<DocumentRecord, RunError> {
    let mut found = store.find(text).await?;
    // The order's own number wins over another order's reference.
    if found.len() > 1 && found.iter().filter(|record| record.number == text).count() == 1 {
        found.retain(|record| record.number == text);
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(RunError::request(
            format!("no document with the number or reference '{text}' is known"),
            format!("If it was never fetched: `linnbooks sync --order {text}`"),
        )),
        many => {
            let list: Vec<String> = many
                .iter()
                .map(|record| format!("{} ({})", record.number, record.state.name().as_str()))
                .collect();
            Err(RunError::request(
                format!("'{text}' fits {} documents: {}", many.len(), list.join(", ")),
                "Name one by its Linnworks order number",
            ))
        }
    }
}

/// Puts a document back to its beginning, where that is safe.
///
/// # Errors
/// Those of Linnworks, QuickBooks and the store.
pub async fn resync(
    core: &Core,
    source: &dyn OrderSource,
    books: &dyn Books,
    record: DocumentRecord,
    replace: bool,
) -> Result<Resynced, RunError> {
    outdate_company(core).await?;
    match &record.state {
        DocumentState::Posting { .. } | DocumentState::Unknown { .. } => Ok(Resynced::Refused(Reason::new(
            ReasonCode::AnswerLost,
            format!("the fate of {} is not settled yet", record.number),
            "Run `linnbooks sync` until it is, or decide by hand with `linnbooks resolve`",
        ))),
        DocumentState::Conflict { reason, found, .. } if !replace => Ok(Resynced::Refused(Reason::new(
            reason.code,
            reason.cause.clone(),
            format!(
                "{} transactions of QuickBooks are involved: use `linnbooks resolve`, or `resync --replace` to remove what linnbooks \
                 made and post it anew",
                found.len()
            ),
        ))),
        _ => {
            let still = still_there(books, &record).await?;
            let is_whole = still.len() == record.state.transactions().len();
            if !replace && is_whole && matches!(record.state, DocumentState::Posted { .. }) {
                return Ok(Resynced::StillPosted(still.iter().map(show_made).collect()));
            }
            let mut record = record;
            if replace {
                record = remove(core, books, record, &still).await?;
            }
            let next = if replace || still.is_empty() {
                DocumentState::Fetched
            } else {
                match beginning_of(&record, &still) {
                    Some(posted) => go_on_with(&record.number, posted),
                    None => return Ok(Resynced::Refused(beginning_gone(&record, &still))),
                }
            };
            start_over(core, source, record, next).await?;
            Ok(Resynced::Queued)
        }
    }
}

type Made = (domain::TransactionKind, domain::TransactionId);

fn show_made(made: &Made) -> String {
    format!("{} {}", made.0.as_str(), made.1)
}

/// What is posted of a document, when everything that QuickBooks still has is its beginning: an invoice without its payment.
fn beginning_of(record: &DocumentRecord, still: &[Made]) -> Option<Vec<PostedTransaction>> {
    let made = record.state.transactions();
    let is_still = |one: &&PostedTransaction| still.contains(&(one.kind, one.id.clone()));
    let beginning: Vec<PostedTransaction> = made.iter().take_while(is_still).cloned().collect();
    (beginning.len() == still.len()).then_some(beginning)
}

fn beginning_gone(record: &DocumentRecord, still: &[Made]) -> Reason {
    let what: Vec<String> = still.iter().map(show_made).collect();
    Reason::new(
        ReasonCode::Deleted,
        format!(
            "of order {} QuickBooks has only {} left",
            record.number,
            what.join(", ")
        ),
        format!(
            "`linnbooks resync {} --replace` removes the rest and posts it anew",
            record.number
        ),
    )
}

/// The transactions of a record that QuickBooks still has and that carry its marker.
async fn still_there(books: &dyn Books, record: &DocumentRecord) -> Result<Vec<Made>, RunError> {
    let made = record.state.transactions();
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let probes: Vec<Probe> = made
        .iter()
        .map(|one| Probe {
            kind: one.kind,
            by: ProbeBy::Id(one.id.clone()),
        })
        .collect();
    let found = books.look_up(&probes).await?;
    Ok(made
        .iter()
        .filter(|one| {
            found
                .iter()
                .any(|other| other.kind == one.kind && other.id == one.id)
        })
        .map(|one| (one.kind, one.id.clone()))
        .collect())
}

async fn remove(
    core: &Core,
    books: &dyn Books,
    record: DocumentRecord,
    made: &[Made],
) -> Result<DocumentRecord, RunError> {
    let marker = domain::Marker {
        key: record.key.clone(),
        revision: record.revision,
    };
    let probes: Vec<Probe> = made
        .iter()
        .map(|(kind, id)| Probe {
            kind: *kind,
            by: ProbeBy::Id(id.clone()),
        })
        .collect();
    let found = if probes.is_empty() {
        Vec::new()
    } else {
        books.look_up(&probes).await?
    };
    // Only what linnbooks made is removed: another's transaction, as in a conflict about a number, stays. A payment goes before the
    // invoice it closes.
    for one in found
        .iter()
        .rev()
        .filter(|one| marker.is_same_document(&one.private_note))
    {
        let state = record_state(core, &record).await?;
        let what = format!("removing {} {} to post it anew", one.kind.as_str(), one.id);
        core.store
            .write(vec![core.change_by(
                &core.person,
                state.clone(),
                state.state,
                what,
            )])
            .await?;
        books.delete(one.kind, &one.id).await?;
    }
    record_state(core, &record).await
}

async fn record_state(core: &Core, record: &DocumentRecord) -> Result<DocumentRecord, RunError> {
    Ok(core
        .store
        .get(&record.key)
        .await?
        .unwrap_or_else(|| record.clone()))
}

async fn start_over(
    core: &Core,
    source: &dyn OrderSource,
    mut record: DocumentRecord,
    next: DocumentState,
) -> Result<(), RunError> {
    lift_pause(core, &record).await?;
    // A new revision: whatever was sent before had other bytes and another key.
    record.revision += 1;
    record.list_refreshes = 0;
    let number = record.number.clone();
    let fresh = read_again(source, &record).await?;
    let mut change = core.change_by(&core.person, record, next, "resync asked for");
    if let Some(order) = fresh {
        change.record.payload_hash = hash_order(&order)?;
        change.record.total = Some(order.total_charge().rounded());
        change.payload = Some(order);
    } else if core.store.payload(&change.record.key).await?.is_none() {
        return Err(RunError::request(
            format!("order {number} could not be read from Linnworks, and no earlier reading is kept"),
            "Check the order in Linnworks",
        ));
    }
    let key = change.record.key.clone();
    core.store.write(vec![change]).await?;
    core.hint(QueueName::Orders, [key]).await?;
    Ok(())
}

/// Forgets the pause that this document caused: its next posting goes alone again and proves the form or pauses it anew.
pub(crate) async fn lift_pause(core: &Core, record: &DocumentRecord) -> Result<(), RunError> {
    for (form, state) in core.store.forms().await? {
        if matches!(&state, ports::FormState::Paused { key, .. } if *key == record.key) {
            core.store.put_form(&form, None).await?;
        }
    }
    Ok(())
}

pub(crate) async fn read_again(
    source: &dyn OrderSource,
    record: &DocumentRecord,
) -> Result<Option<Box<domain::Order>>, RunError> {
    let Some(id) = record.key.order_id() else {
        return Ok(None);
    };
    let found = source.find_by_reference(&record.number).await?;
    let headers: Vec<OrderHeader> = found.into_iter().filter(|header| header.id == id).collect();
    let read = source.read_orders(&headers).await?;
    Ok(read.orders.into_iter().find_map(|order| match order {
        SourceOrder::Read(order) if order.id == id => Some(order),
        _ => None,
    }))
}
