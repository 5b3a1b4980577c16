//! Freezes documents into one call, stores it, sends it.
//!
//! In: records in state Ready. Out: the call's outcome, applied. The call with its exact bytes, and every document's state Posting,
//! are stored in one transaction before the first byte is sent.

use std::time::Duration;

use domain::{DocumentState, Marker};
use ports::{Books, CallOutcome, CallState, Change, Disposition, DocumentRecord, StoredCall, Submission};

use super::outcome::{Verdicts, apply_outcome, judge_look_up, write_verdicts};
use super::prepare::{Prepared, prepare};
use super::{Posting, new_call};
use crate::core::{Core, Progress, later};
use crate::error::RunError;

/// The longest wait between two attempts of a call within one run.
pub(super) const RETRY_WAIT_MAX: Duration = Duration::from_secs(120);

/// Posts these documents in one call.
pub(super) async fn post_together(
    core: &Core,
    books: &dyn Books,
    records: Vec<DocumentRecord>,
) -> Result<Posting, RunError> {
    let mut posting = Posting::default();
    let prepared = match prepare(core, books, records).await {
        Ok((prepared, held)) => {
            core.tell(Progress::Settled(held.len()));
            posting.touched.extend(held.into_iter().map(|record| record.key));
            prepared
        }
        Err(RunError::Connector(error)) => {
            // Nothing was sent: the documents stay Ready, and the sweeper finds them again.
            posting.stopped_by = Some(error);
            return Ok(posting);
        }
        Err(error) => return Err(error),
    };
    if prepared.is_empty() {
        return Ok(posting);
    }
    let submissions: Vec<Submission<'_>> = prepared.iter().filter_map(submission).collect();
    let frozen = match books.freeze(&submissions) {
        Ok(frozen) => frozen,
        Err(error) if prepared.len() == 1 => {
            posting.absorb(hold_unfrozen(core, prepared, &error).await?);
            return Ok(posting);
        }
        // One document without lawful bytes must not hold up the others: each goes alone.
        Err(_) => {
            for one in prepared {
                posting.absorb(Box::pin(post_together(core, books, vec![one.record])).await?);
            }
            return Ok(posting);
        }
    };
    if prepared.iter().any(is_looked_up_first) {
        let (found, absent) = look_up_first(core, books, &frozen, prepared).await?;
        posting.absorb(found);
        if !absent.is_empty() && posting.stopped_by.is_none() {
            posting.absorb(Box::pin(post_together(core, books, absent)).await?);
        }
        return Ok(posting);
    }
    let call = new_call(core, frozen);
    let changes = prepared
        .into_iter()
        .map(|one| to_posting(core, one, &call))
        .collect();
    core.store.write_call(&call, changes).await?;
    let call = StoredCall {
        version: call.version + 1,
        ..call
    };
    posting.absorb(send_stored(core, books, call).await?);
    Ok(posting)
}

fn is_looked_up_first(one: &Prepared) -> bool {
    one.record.look_up_first && one.ready.posted.is_empty()
}

/// Looks documents up before their first sending: one that an earlier copy of the store posted is adopted. Returns the others, free
/// to be sent.
async fn look_up_first(
    core: &Core,
    books: &dyn Books,
    frozen: &ports::FrozenCall,
    prepared: Vec<Prepared>,
) -> Result<(Posting, Vec<DocumentRecord>), RunError> {
    let probes: Vec<_> = frozen.entries.iter().map(ports::CallEntry::probe).collect();
    let found = match books.look_up(&probes).await {
        Ok(found) => found,
        Err(error) => {
            return Ok((
                Posting {
                    stopped_by: Some(error),
                    ..Posting::default()
                },
                Vec::new(),
            ));
        }
    };
    let mut verdicts = Verdicts::default();
    let mut absent = Vec::new();
    for one in prepared {
        let entry = frozen.entries.iter().find(|entry| *entry.key() == one.record.key);
        let Some(entry) = entry else { continue };
        let mut record = one.record;
        record.look_up_first = false;
        if !judge_look_up(core, entry, &record, &one.ready, &found, &mut verdicts) {
            let mut change = core.change(record.clone(), record.state.clone(), String::new());
            change.event = None;
            verdicts.changes.push(change);
            absent.push(DocumentRecord {
                version: record.version + 1,
                ..record
            });
        }
    }
    Ok((write_verdicts(core, verdicts).await?, absent))
}

fn submission(one: &Prepared) -> Option<Submission<'_>> {
    let kind = one.ready.next_step()?;
    let domain::CustomerRef::Existing(customer) = &one.ready.document.customer else {
        return None;
    };
    Some(Submission {
        marker: Marker {
            key: one.record.key.clone(),
            revision: one.record.revision,
        },
        kind,
        document: &one.ready.document,
        invoice: one.ready.posted.first().map(|posted| posted.id.clone()),
        customer: customer.id.clone(),
    })
}

fn to_posting(core: &Core, one: Prepared, call: &StoredCall) -> Change {
    let state = DocumentState::Posting {
        ready: one.ready,
        call: call.id(),
    };
    let mut change = core.change(one.record, state, String::new());
    change.event = None;
    change
}

async fn hold_unfrozen(
    core: &Core,
    prepared: Vec<Prepared>,
    error: &ports::ConnectorError,
) -> Result<Posting, RunError> {
    let mut posting = Posting::default();
    for one in prepared {
        let reason = domain::Reason::new(
            domain::ReasonCode::Defect,
            error.cause.clone(),
            error.remedy.clone(),
        );
        let posted = one.ready.posted.clone();
        posting.touched.push(one.record.key.clone());
        let change = core.change(
            one.record,
            DocumentState::Held { reason, posted },
            "held: it cannot be written for QuickBooks",
        );
        core.store.write(vec![change]).await?;
    }
    Ok(posting)
}

/// Sends a call that is stored in state Sent with the present instant; repeats it while it is provably not done. A call whose state
/// in memory is Unknown was unknown before this sending.
pub(super) async fn send_stored(
    core: &Core,
    books: &dyn Books,
    mut call: StoredCall,
) -> Result<Posting, RunError> {
    let attempts_max = u32::try_from(core.settings.posting.send_attempts_max).unwrap_or(1);
    let mut attempts_here = 1;
    loop {
        let outcome = books.send(&call.call).await;
        let CallOutcome::NotDone(error) = outcome else {
            return apply_outcome(core, books, call, outcome).await;
        };
        let wait = wait_before_retry(&error.disposition, attempts_here);
        if let CallState::Unknown { look_ups, spent, .. } = call.state {
            return stay_unknown(core, call, (look_ups, spent), wait, error).await;
        }
        call.state = CallState::NotDone {
            not_before: later(core.now(), wait),
        };
        call = rewrite(core, call).await?;
        let may_retry = matches!(error.disposition, Disposition::Retry { .. });
        if !may_retry || attempts_here >= attempts_max {
            let mut posting = Posting::default();
            posting.come_back(later(core.now(), wait));
            posting.stopped_by = Some(error);
            return Ok(posting);
        }
        core.tell(Progress::Waiting(error.cause.clone()));
        core.clock.sleep(wait).await;
        attempts_here += 1;
        call.state = CallState::Sent;
        call.attempts += 1;
        call.last_sent_at = core.now();
        call = rewrite(core, call).await?;
    }
}

/// A call that was unknown before is not known to be undone because its repetition was: it is looked up again.
async fn stay_unknown(
    core: &Core,
    mut call: StoredCall,
    (look_ups, spent): (u32, bool),
    wait: Duration,
    error: ports::ConnectorError,
) -> Result<Posting, RunError> {
    let look_up_at = later(core.now(), wait);
    call.state = CallState::Unknown {
        look_up_at,
        look_ups,
        spent,
    };
    rewrite(core, call).await?;
    let mut posting = Posting::default();
    posting.come_back(look_up_at);
    posting.stopped_by = Some(error);
    Ok(posting)
}

/// Writes the call alone and returns it with its new version.
pub(super) async fn rewrite(core: &Core, call: StoredCall) -> Result<StoredCall, RunError> {
    core.store.write_call(&call, Vec::new()).await?;
    Ok(StoredCall {
        version: call.version + 1,
        ..call
    })
}

fn wait_before_retry(disposition: &Disposition, attempt: u32) -> Duration {
    let backoff = Duration::from_secs(2u64.saturating_pow(attempt.min(10)));
    match disposition {
        Disposition::Retry { after: Some(after) } => (*after).max(Duration::from_secs(1)),
        _ => backoff,
    }
    .min(RETRY_WAIT_MAX)
}
