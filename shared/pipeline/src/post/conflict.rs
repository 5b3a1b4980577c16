//! Conflicts: QuickBooks holds something else than what was asked for, and a person must decide.
//!
//! In: a document, its call's entry and what was found in QuickBooks. Out: the document in state Conflict, with what is the matter, the
//! transactions concerned and the commands that end it. Sends nothing.

use domain::money::show_amount;
use domain::{DocumentState, Ready, Reason, ReasonCode};
use ports::{CallEntry, DocumentRecord, FormState, FoundTransaction};

use super::form_of;
use super::outcome::{Verdicts, others_of, to_posted};
use crate::core::Core;

/// QuickBooks computed another total: the document is in conflict, and others of its form wait.
pub(super) fn total_differs(
    core: &Core,
    entry: &CallEntry,
    record: DocumentRecord,
    ready: Box<Ready>,
    found: &FoundTransaction,
    adopted: bool,
    verdicts: &mut Verdicts,
) {
    let reason = Reason::new(
        ReasonCode::TotalDiffers,
        format!(
            "{} {} came out as {} {} in QuickBooks, and {} was asked for",
            found.kind.as_str(),
            found.id,
            show_amount(found.total, found.currency),
            found.currency,
            entry.total
        ),
        format!(
            "Documents of this form are paused. Compare the two, choose another tax.form in the settings if QuickBooks computes \
             otherwise, then end this one with `linnbooks resync {0} --replace` (post it anew) or `linnbooks resolve {0} --adopt ID` \
             (keep it as it is); either lifts the pause",
            record.number
        ),
    );
    if let Some(form) = form_of(&ready) {
        let paused = FormState::Paused {
            reason: reason.clone(),
            key: record.key.clone(),
        };
        verdicts.forms.push((form, paused));
    }
    let what = format!(
        "conflict: QuickBooks returned {} instead of {}",
        found.total, entry.total.amount
    );
    let mut transactions = ready.posted.clone();
    transactions.push(to_posted(found, adopted));
    let state = DocumentState::Conflict {
        reason,
        ready,
        found: transactions,
    };
    verdicts.changes.push(core.change(record, state, what));
}

/// Another transaction has the document's number.
pub(super) fn number_taken(
    core: &Core,
    entry: &CallEntry,
    mut record: DocumentRecord,
    ready: Box<Ready>,
    found: &[FoundTransaction],
    raw: Option<domain::RawFault>,
    verdicts: &mut Verdicts,
) {
    record.revision += 1;
    let others = others_of(entry, found);
    let ids: Vec<String> = others
        .iter()
        .map(|other| format!("{} {}", other.kind.as_str(), other.id))
        .collect();
    let holder = if ids.is_empty() {
        "another transaction".to_owned()
    } else {
        ids.join(", ")
    };
    let mut reason = Reason::new(
        ReasonCode::NumberTaken,
        format!(
            "number {} belongs to {holder}, which linnbooks did not make",
            entry.number.as_deref().unwrap_or("-")
        ),
        format!(
            "If that is the same sale, entered by hand or by another program: `linnbooks resolve {0} --adopt ID`. If it is another: \
             give that one another number, or set document.number_prefix, then `linnbooks resync {0}`",
            record.number
        ),
    );
    reason.raw = raw;
    let transactions = others.into_iter().map(|other| to_posted(other, true)).collect();
    let state = DocumentState::Conflict {
        reason,
        ready,
        found: transactions,
    };
    verdicts
        .changes
        .push(core.change(record, state, "conflict: the number is taken"));
}

/// More than one transaction carries the document's marker.
pub(super) fn duplicated(
    core: &Core,
    entry: &CallEntry,
    record: DocumentRecord,
    ready: Box<Ready>,
    several: &[&FoundTransaction],
    verdicts: &mut Verdicts,
) {
    let ids: Vec<String> = several.iter().map(|one| one.id.to_string()).collect();
    let reason = Reason::new(
        ReasonCode::Duplicated,
        format!(
            "{} transactions carry the marker of this order: {} {}",
            ids.len(),
            entry.kind.as_str(),
            ids.join(", ")
        ),
        format!(
            "Delete all but one in QuickBooks, then `linnbooks resolve {} --adopt ID` with the one that stays",
            record.number
        ),
    );
    let transactions = several.iter().map(|one| to_posted(one, true)).collect();
    let state = DocumentState::Conflict {
        reason,
        ready,
        found: transactions,
    };
    verdicts
        .changes
        .push(core.change(record, state, "conflict: more than one transaction in QuickBooks"));
}
