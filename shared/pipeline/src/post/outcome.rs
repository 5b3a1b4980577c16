//! Applies what QuickBooks answered to a call: done, refused, number in use, or unknown, entry by entry.
//!
//! In: a stored call and its outcome. Out: the documents' next states, written with the call's state; in one transaction unless all
//! are posted. What
//! QuickBooks returned is compared with what was asked, to the penny.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::money::show_amount;
use domain::{DocumentKey, DocumentState, PostedTransaction, Ready};
use ports::{
    Books, CallEntry, CallOutcome, CallState, Change, DocumentRecord, EntryOutcome, FormState,
    FoundTransaction, QueueName, Refusal, RefusalAct, StoredCall,
};

use super::conflict::{duplicated, number_taken, total_differs};
use super::{Posting, form_of};
use crate::core::{Core, Progress, later};
use crate::error::RunError;

/// How often a fault that a retry may cure is retried before the document is held.
pub(super) const CURABLE_REFUSALS_MAX: u32 = 5;

/// Codes that a replay of a call is answered with although its first attempt may have been done (reliability.md 0.1,
/// quickbooks-online.md 2.12).
const REPLAY_CODES: [&str; 2] = ["600", "6000"];

/// What becomes of the documents of a call.
#[derive(Default)]
pub(super) struct Verdicts {
    pub(super) changes: Vec<Change>,
    pub(super) posting: Posting,
    pub(super) forms: Vec<(ports::FormKey, FormState)>,
    pub(super) to_post: Vec<DocumentKey>,
    pub(super) to_map: Vec<DocumentKey>,
    /// Entries of which nothing is known yet.
    pub(super) open: usize,
    /// True when identical bytes must not be sent again.
    pub(super) spent: bool,
}

/// Applies the outcome of a call that was sent.
pub(super) async fn apply_outcome(
    core: &Core,
    books: &dyn Books,
    call: StoredCall,
    outcome: CallOutcome,
) -> Result<Posting, RunError> {
    let records = records_of(core, &call).await?;
    let mut verdicts = Verdicts::default();
    match outcome {
        CallOutcome::Answered(entries) => {
            let replayed = call.attempts > 1;
            let mut in_use = Vec::new();
            for (entry, outcome) in call.call.entries.iter().zip(entries) {
                let Some((record, ready)) = records.get(entry.key()).cloned() else {
                    continue;
                };
                match outcome {
                    EntryOutcome::Done(found) => {
                        judge_found(core, entry, record, ready, found, false, &mut verdicts)
                    }
                    EntryOutcome::Refused(refusal) if replayed && is_replay_refusal(&refusal) => {
                        verdicts.spent = true;
                        stay_unknown(core, record, ready, &call, &mut verdicts);
                    }
                    EntryOutcome::Refused(refusal) => refuse(core, record, ready, refusal, &mut verdicts),
                    EntryOutcome::DuplicateNumber { raw, .. } => {
                        in_use.push((entry.clone(), record, ready, raw))
                    }
                    EntryOutcome::Unknown(_) => {
                        // An answer that does not tell, to a repetition: repeating it once more would not tell either.
                        verdicts.spent |= replayed;
                        stay_unknown(core, record, ready, &call, &mut verdicts);
                    }
                }
            }
            judge_numbers_in_use(core, books, &call, in_use, &mut verdicts).await?;
        }
        CallOutcome::Unknown(_) => {
            for (record, ready) in records.into_values() {
                stay_unknown(core, record, ready, &call, &mut verdicts);
            }
        }
        CallOutcome::NotDone(error) => verdicts.posting.stopped_by = Some(error),
    }
    close(core, call, verdicts).await
}

/// The documents that this call still carries.
pub(super) async fn records_of(
    core: &Core,
    call: &StoredCall,
) -> Result<BTreeMap<DocumentKey, (DocumentRecord, Box<Ready>)>, RunError> {
    let keys: Vec<DocumentKey> = call
        .call
        .entries
        .iter()
        .map(|entry| entry.key().clone())
        .collect();
    let mut records = BTreeMap::new();
    for record in core.store.get_many(&keys).await? {
        let carried = match &record.state {
            DocumentState::Posting { ready, call: id } | DocumentState::Unknown { ready, call: id, .. }
                if *id == call.id() =>
            {
                Some(ready.clone())
            }
            _ => None,
        };
        if let Some(ready) = carried {
            records.insert(record.key.clone(), (record, ready));
        }
    }
    Ok(records)
}

/// Writes the verdicts with the call's state, then proves or pauses forms and hints at what comes next.
pub(super) async fn close(
    core: &Core,
    mut call: StoredCall,
    mut verdicts: Verdicts,
) -> Result<Posting, RunError> {
    let settle = Duration::from_secs(core.settings.posting.settle_unknown_after_seconds);
    call.state = match (verdicts.open, call.state) {
        (0, _) => CallState::Closed,
        (_, CallState::Unknown { look_ups, spent, .. }) => {
            let spent = spent || verdicts.spent;
            CallState::Unknown {
                look_up_at: later(core.now(), settle),
                look_ups,
                spent,
            }
        }
        _ => CallState::Unknown {
            look_up_at: later(call.last_sent_at, settle),
            look_ups: 0,
            spent: verdicts.spent,
        },
    };
    if let CallState::Unknown { look_up_at, .. } = &call.state {
        verdicts.posting.come_back(*look_up_at);
    }
    let changes = std::mem::take(&mut verdicts.changes);
    let ended = changes
        .iter()
        .filter(|change| !change.record.state.name().is_moving())
        .count();
    verdicts
        .posting
        .touched
        .extend(changes.iter().map(|change| change.record.key.clone()));
    pause_forms(core, &verdicts).await?;
    write_closed(core, &call, changes).await?;
    core.tell(Progress::Settled(ended));
    follow_up(core, verdicts).await
}

/// Verdicts that send something again, hold it or leave it open count only if nobody else settled the call meanwhile: call and
/// documents are one transaction. That a document is in the books is true in any case, and needs none.
async fn write_closed(core: &Core, call: &StoredCall, changes: Vec<Change>) -> Result<(), RunError> {
    let all_posted = changes
        .iter()
        .all(|change| matches!(change.record.state, DocumentState::Posted { .. }));
    if call.state == CallState::Closed && all_posted {
        core.store.close_call(call, changes).await?;
    } else {
        core.store.write_call(call, changes).await?;
    }
    Ok(())
}

/// Writes verdicts that no call is involved in.
pub(super) async fn write_verdicts(core: &Core, mut verdicts: Verdicts) -> Result<Posting, RunError> {
    let changes = std::mem::take(&mut verdicts.changes);
    let ended = changes
        .iter()
        .filter(|change| !change.record.state.name().is_moving())
        .count();
    verdicts
        .posting
        .touched
        .extend(changes.iter().map(|change| change.record.key.clone()));
    pause_forms(core, &verdicts).await?;
    core.store.write(changes).await?;
    core.tell(Progress::Settled(ended));
    follow_up(core, verdicts).await
}

/// A pause is written before the conflict that causes it: a crash between the two must not let more of the form go out.
async fn pause_forms(core: &Core, verdicts: &Verdicts) -> Result<(), RunError> {
    for (form, state) in verdicts
        .forms
        .iter()
        .filter(|(_, state)| matches!(state, FormState::Paused { .. }))
    {
        record_form(core, form, state.clone()).await?;
    }
    Ok(())
}

async fn follow_up(core: &Core, verdicts: Verdicts) -> Result<Posting, RunError> {
    for (form, state) in verdicts.forms {
        record_form(core, &form, state).await?;
    }
    core.hint(QueueName::Postings, verdicts.to_post).await?;
    core.hint(QueueName::Orders, verdicts.to_map).await?;
    Ok(verdicts.posting)
}

/// What a look-up says of one entry: true when it settles it, false when nothing of it is in QuickBooks.
pub(super) fn judge_look_up(
    core: &Core,
    entry: &CallEntry,
    record: &DocumentRecord,
    ready: &Ready,
    found: &[FoundTransaction],
    verdicts: &mut Verdicts,
) -> bool {
    let (record, ready) = (record.clone(), Box::new(ready.clone()));
    match own_of(entry, found).as_slice() {
        [own] => judge_found(core, entry, record, ready, (*own).clone(), true, verdicts),
        [] if others_of(entry, found).is_empty() => return false,
        [] => number_taken(core, entry, record, ready, found, None, verdicts),
        several => duplicated(core, entry, record, ready, several, verdicts),
    }
    true
}

async fn record_form(core: &Core, form: &ports::FormKey, state: FormState) -> Result<(), RunError> {
    let known = core.store.form(form).await?;
    // A pause is lifted by a person, not by the next document that happens to come out right.
    if known.as_ref() != Some(&state) && !matches!(known, Some(FormState::Paused { .. })) {
        core.store.put_form(form, Some(&state)).await?;
    }
    Ok(())
}

/// A transaction exists: is it the one that was asked for?
pub(super) fn judge_found(
    core: &Core,
    entry: &CallEntry,
    mut record: DocumentRecord,
    mut ready: Box<Ready>,
    found: FoundTransaction,
    adopted: bool,
    verdicts: &mut Verdicts,
) {
    let expected = entry.total;
    if found.total != expected.amount || found.currency != expected.currency {
        total_differs(core, entry, record, ready, &found, adopted, verdicts);
        return;
    }
    if let Some(form) = form_of(&ready) {
        verdicts.forms.push((form, FormState::Proven));
    }
    let what = format!(
        "{} {} {} {}",
        if adopted {
            "found in QuickBooks and adopted:"
        } else {
            "posted as"
        },
        found.kind.as_str(),
        found.id,
        show_amount(found.total, found.currency)
    );
    ready.posted.push(to_posted(&found, adopted));
    ready.single = false;
    ready.refusals = 0;
    ready.not_before = None;
    let state = if ready.next_step().is_some() {
        verdicts.to_post.push(record.key.clone());
        DocumentState::Ready { ready }
    } else {
        DocumentState::Posted {
            transactions: ready.posted,
            total: ready.document.total,
            at: core.now(),
            settings_version: ready.settings_version,
            rules_version: ready.rules_version,
            changed_since: None,
        }
    };
    record.list_refreshes = 0;
    verdicts.changes.push(core.change(record, state, what));
}

pub(super) fn to_posted(found: &FoundTransaction, adopted: bool) -> PostedTransaction {
    PostedTransaction {
        kind: found.kind,
        id: found.id.clone(),
        sync_token: found.sync_token.clone(),
        doc_number: found.number.clone(),
        total: found.total,
        currency: found.currency,
        adopted,
    }
}

fn is_replay_refusal(refusal: &Refusal) -> bool {
    refusal
        .reason
        .raw
        .as_ref()
        .is_some_and(|raw| REPLAY_CODES.contains(&raw.code.as_str()))
}

fn refuse(
    core: &Core,
    mut record: DocumentRecord,
    mut ready: Box<Ready>,
    refusal: Refusal,
    verdicts: &mut Verdicts,
) {
    // Definitely refused: whatever is sent next has other bytes, and so another key.
    record.revision += 1;
    let what = format!("refused by QuickBooks: {}", refusal.reason.code);
    let state = match refusal.act {
        RefusalAct::RefreshLists if record.list_refreshes == 0 => {
            record.list_refreshes += 1;
            verdicts.posting.lists_outdated = true;
            verdicts.to_map.push(record.key.clone());
            if ready.posted.is_empty() {
                DocumentState::Fetched
            } else {
                keep_ready(ready, verdicts, &record)
            }
        }
        RefusalAct::RetryLater if ready.refusals < CURABLE_REFUSALS_MAX => {
            ready.refusals += 1;
            let at = core.after(Duration::from_secs(30 * 2u64.pow(ready.refusals.min(6))));
            ready.not_before = Some(at);
            ready.single = true;
            verdicts.posting.come_back(at);
            DocumentState::Ready { ready }
        }
        _ => DocumentState::Held {
            reason: refusal.reason,
            posted: ready.posted,
        },
    };
    verdicts.changes.push(core.change(record, state, what));
}

/// A document with a part in QuickBooks is not mapped anew: only its next step is tried again.
fn keep_ready(ready: Box<Ready>, verdicts: &mut Verdicts, record: &DocumentRecord) -> DocumentState {
    verdicts.to_map.retain(|key| *key != record.key);
    verdicts.to_post.push(record.key.clone());
    DocumentState::Ready { ready }
}

/// Nothing is known of this entry.
pub(super) fn stay_unknown(
    core: &Core,
    record: DocumentRecord,
    ready: Box<Ready>,
    call: &StoredCall,
    verdicts: &mut Verdicts,
) {
    verdicts.open += 1;
    if matches!(record.state, DocumentState::Unknown { .. }) {
        return;
    }
    let state = DocumentState::Unknown {
        ready,
        call: call.id(),
        since: call.last_sent_at,
    };
    verdicts.changes.push(core.change(
        record,
        state,
        "the answer of QuickBooks was lost; a look-up will tell",
    ));
}

type InUse = (CallEntry, DocumentRecord, Box<Ready>, domain::RawFault);

/// 6140: the number is in use, by our own transaction or by another's (reliability.md 0.4).
async fn judge_numbers_in_use(
    core: &Core,
    books: &dyn Books,
    call: &StoredCall,
    in_use: Vec<InUse>,
    verdicts: &mut Verdicts,
) -> Result<(), RunError> {
    if in_use.is_empty() {
        return Ok(());
    }
    let probes: Vec<_> = in_use.iter().map(|(entry, ..)| entry.probe()).collect();
    let found = match books.look_up(&probes).await {
        Ok(found) => found,
        Err(error) => {
            // The look-up failed, not the posting: it is repeated when the call is settled.
            for (_, record, ready, _) in in_use {
                stay_unknown(core, record, ready, call, verdicts);
            }
            verdicts.spent = true;
            verdicts.posting.stopped_by = (!error.is_transient()).then_some(error);
            return Ok(());
        }
    };
    for (entry, record, ready, raw) in in_use {
        match own_of(&entry, &found).as_slice() {
            [own] => judge_found(core, &entry, record, ready, (*own).clone(), true, verdicts),
            // A repetition, and the search shows nobody who has the number: our own first attempt, not yet searchable.
            [] if call.attempts > 1 && others_of(&entry, &found).is_empty() => {
                verdicts.spent = true;
                stay_unknown(core, record, ready, call, verdicts);
            }
            [] => number_taken(core, &entry, record, ready, &found, Some(raw), verdicts),
            several => duplicated(core, &entry, record, ready, several, verdicts),
        }
    }
    Ok(())
}

/// The transactions among these that carry the document's marker.
pub(super) fn own_of<'a>(entry: &CallEntry, found: &'a [FoundTransaction]) -> Vec<&'a FoundTransaction> {
    found
        .iter()
        .filter(|one| one.kind == entry.kind && entry.marker.is_same_document(&one.private_note))
        .collect()
}

/// The transactions among these that have the document's number and not its marker.
pub(super) fn others_of<'a>(entry: &CallEntry, found: &'a [FoundTransaction]) -> Vec<&'a FoundTransaction> {
    let Some(number) = &entry.number else {
        return Vec::new();
    };
    found
        .iter()
        .filter(|one| {
            one.kind == entry.kind
                && one
                    .number
                    .as_deref()
                    .is_some_and(|other| other.eq_ignore_ascii_case(number))
        })
        .filter(|one| !entry.marker.is_same_document(&one.private_note))
        .collect()
}
