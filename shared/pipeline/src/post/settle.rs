//! Settles calls whose fate is not known: a look-up before any second send.
//!
//! In: the open calls of the store. Out: their documents Posted (adopted), or the identical bytes again, or single posts of what a
//! second look-up proved absent.
//!
//! ```text
//! Unknown --wait--> look up all numbers in one query
//!    none found            -> the identical call again (same bytes, same key)
//!    some found            -> those adopted; the call is spent: wait, look up again, what is absent then is posted singly
//!    replay refused        -> likewise spent
//!    all found             -> closed
//! ```
//! A call of which a part was found is never sent again as a whole: with a key that QuickBooks does not honour and numbers that it
//! does not check, that would double the part that was found.

use std::time::Duration;

use domain::DocumentState;
use ports::{Books, CallState, DocumentRecord, StoredCall};

use super::Posting;
use super::outcome::{Verdicts, close, judge_look_up, records_of, stay_unknown};
use super::send::{rewrite, send_stored};
use crate::core::{Core, later};
use crate::error::RunError;

/// Look-ups without any finding that must precede a single post of what a spent call carried.
const LOOK_UPS_OF_SPENT_CALL_MIN: u32 = 2;

/// Settles every open call as far as it can be now.
///
/// # Errors
/// Those of the store and queue.
pub async fn settle_calls(core: &Core, books: &dyn Books) -> Result<Posting, RunError> {
    let mut posting = Posting::default();
    for call in core.store.open_calls().await? {
        if posting.stopped_by.is_some() {
            break;
        }
        posting.absorb(settle_call(core, books, call).await?);
    }
    Ok(posting)
}

async fn settle_call(core: &Core, books: &dyn Books, mut call: StoredCall) -> Result<Posting, RunError> {
    let mut posting = Posting::default();
    match call.state.clone() {
        CallState::Closed => Ok(posting),
        // Found like this after a crash: the bytes may have left.
        CallState::Sent => {
            let mut verdicts = Verdicts::default();
            for (record, ready) in records_of(core, &call).await?.into_values() {
                stay_unknown(core, record, ready, &call, &mut verdicts);
            }
            posting.absorb(close(core, call.clone(), verdicts).await?);
            let reread = core
                .store
                .open_calls()
                .await?
                .into_iter()
                .find(|open| open.id() == call.id());
            match reread {
                Some(open) if is_due(core, &open) => {
                    posting.run_again_at = None;
                    posting.absorb(look_up_call(core, books, open).await?);
                }
                _ => {}
            }
            Ok(posting)
        }
        CallState::NotDone { not_before } if not_before > core.now() => {
            posting.come_back(not_before);
            Ok(posting)
        }
        CallState::NotDone { .. } => {
            call.state = CallState::Sent;
            call.attempts += 1;
            call.last_sent_at = core.now();
            let call = rewrite(core, call).await?;
            send_stored(core, books, call).await
        }
        CallState::Unknown { look_up_at, .. } if look_up_at > core.now() => {
            posting.come_back(look_up_at);
            Ok(posting)
        }
        CallState::Unknown { .. } => look_up_call(core, books, call).await,
    }
}

fn is_due(core: &Core, call: &StoredCall) -> bool {
    matches!(&call.state, CallState::Unknown { look_up_at, .. } if *look_up_at <= core.now())
}

async fn look_up_call(core: &Core, books: &dyn Books, mut call: StoredCall) -> Result<Posting, RunError> {
    let CallState::Unknown { look_ups, spent, .. } = call.state else {
        return Ok(Posting::default());
    };
    let records = records_of(core, &call).await?;
    let entries: Vec<_> = call
        .call
        .entries
        .iter()
        .filter(|entry| records.contains_key(entry.key()))
        .cloned()
        .collect();
    if entries.is_empty() {
        return close(core, call, Verdicts::default()).await;
    }
    let probes: Vec<_> = entries.iter().map(ports::CallEntry::probe).collect();
    let found = match books.look_up(&probes).await {
        Ok(found) => found,
        Err(error) => return Ok(look_later(core, error)),
    };
    let look_ups = look_ups + 1;
    let mut verdicts = Verdicts::default();
    let absent: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry, records.get(entry.key()).cloned()?)))
        .filter(|(entry, (record, ready))| !judge_look_up(core, entry, record, ready, &found, &mut verdicts))
        .map(|(_, of_entry)| of_entry)
        .collect();
    let whole_call_absent = absent.len() == call.call.entries.len();
    let spent = spent || !whole_call_absent;
    call.state = CallState::Unknown {
        look_up_at: core.now(),
        look_ups,
        spent,
    };
    if absent.is_empty() {
        return close(core, call, verdicts).await;
    }
    if spent && look_ups >= LOOK_UPS_OF_SPENT_CALL_MIN {
        for (record, ready) in absent {
            post_singly(core, record, ready, &mut verdicts);
        }
        return close(core, call, verdicts).await;
    }
    if spent || u64::from(look_ups) > core.settings.posting.unknown_look_ups_max {
        for (record, ready) in absent {
            stay_unknown(core, record, ready, &call, &mut verdicts);
        }
        return close(core, call, verdicts).await;
    }
    // Nothing of it is there: the identical bytes under the same key.
    call.state = CallState::Sent;
    call.attempts += 1;
    call.last_sent_at = core.now();
    let call = rewrite(core, call).await?;
    let call = keep_look_ups(call, look_ups);
    send_stored(core, books, call).await
}

fn look_later(core: &Core, error: ports::ConnectorError) -> Posting {
    let mut posting = Posting::default();
    posting.come_back(later(core.now(), settle_wait(core)));
    posting.stopped_by = Some(error);
    posting
}

/// The stored state while on its way is Sent; the number of look-ups made so far is kept in memory for the outcome.
fn keep_look_ups(mut call: StoredCall, look_ups: u32) -> StoredCall {
    call.state = CallState::Unknown {
        look_up_at: call.last_sent_at,
        look_ups,
        spent: false,
    };
    call
}

fn post_singly(
    core: &Core,
    mut record: DocumentRecord,
    mut ready: Box<domain::Ready>,
    verdicts: &mut Verdicts,
) {
    // Other bytes, and so another key: the old call is given up for good.
    record.revision += 1;
    ready.single = true;
    verdicts.to_post.push(record.key.clone());
    let what = "two look-ups did not find it in QuickBooks; it is posted in a call of its own";
    verdicts
        .changes
        .push(core.change(record, DocumentState::Ready { ready }, what));
}

fn settle_wait(core: &Core) -> Duration {
    Duration::from_secs(core.settings.posting.settle_unknown_after_seconds)
}
