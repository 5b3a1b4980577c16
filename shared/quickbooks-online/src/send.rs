//! Sends a frozen call once and sorts what became of each entry (quickbooks-online.md 2.4, 2.5, 2.14; reliability.md 1.2).
//!
//! In: a frozen call. Out: done, refused, number taken or unknown per entry; or that nothing was done; or that it is unknown.
//! Never sends anything twice, apart from the repeat of the same bytes after a 401.

use domain::{RawFault, TransactionKind};
use ports::{
    CallEntry, CallOutcome, ConnectorError, Disposition, EntryOutcome, FrozenCall, Refusal, RefusalAct,
};
use reqwest::Method;

use crate::client::{Answer, Call, CallFailure, Client};
use crate::convert::{BATCH, request_id, to_found};
use crate::faults::{FaultAct, classify, read_duplicate_id, read_fault};
use crate::limits::Weight;
use crate::wire::TextWire;
use crate::wire::answer::{BatchWire, MembersWire, read_member};
use crate::wire::transaction::FoundWire;

/// Sends the call.
pub(crate) async fn send(client: &Client, frozen: &FrozenCall) -> CallOutcome {
    if request_id(&client.config().realm_id, &frozen.resource, &frozen.body) != frozen.request_id {
        let cause = "the stored call was made for another company, or was changed since";
        let remedy = "Check `realm_id` in the configuration; the call was not sent";
        return CallOutcome::NotDone(ConnectorError::new(
            Disposition::Configuration,
            "QuickBooks call",
            cause,
            remedy,
        ));
    }
    let is_batch = frozen.resource == BATCH;
    let items = u32::try_from(frozen.entries.len()).unwrap_or(u32::MAX);
    let key = frozen.request_id.to_string();
    let call = Call {
        method: Method::POST,
        path: &frozen.resource,
        parameters: &[("requestid", &key)],
        body: Some(("application/json", &frozen.body)),
        weight: if is_batch {
            Weight::Batch(items)
        } else {
            Weight::Single
        },
    };
    match client.call(&call).await {
        Err(CallFailure::NotDone(error)) => CallOutcome::NotDone(error),
        Err(CallFailure::Unknown(cause)) => CallOutcome::Unknown(cause),
        Ok(answer) => sort_answer(frozen, &answer, is_batch),
    }
}

fn sort_answer(frozen: &FrozenCall, answer: &Answer, is_batch: bool) -> CallOutcome {
    let tid = answer.intuit_tid.as_deref();
    if let Some(raw) = &answer.fault {
        if is_batch && raw.code == "6000" {
            // A batch that QuickBooks has seen before may be answered so instead of with its first answer (reliability.md 0.1).
            let unknown =
                || EntryOutcome::Unknown("the batch was refused without a reason (code 6000)".to_owned());
            return CallOutcome::Answered(frozen.entries.iter().map(|_| unknown()).collect());
        }
        // The whole call was refused, so nothing of it was done.
        let outcomes = frozen.entries.iter().map(|_| sort_fault(raw)).collect();
        return CallOutcome::Answered(outcomes);
    }
    if !is_batch {
        let outcomes = frozen
            .entries
            .iter()
            .map(|entry| sort_entry(entry, &answer.members, tid))
            .collect();
        return CallOutcome::Answered(outcomes);
    }
    let items = match read_batch(&answer.members) {
        Some(items) => items,
        None => return CallOutcome::Unknown("the answer of the batch has no items".to_owned()),
    };
    let outcomes = frozen
        .entries
        .iter()
        .map(|entry| sort_item(entry, &items, tid))
        .collect();
    CallOutcome::Answered(outcomes)
}

/// The items of a batch's answer.
pub(crate) fn read_batch(members: &MembersWire) -> Option<Vec<MembersWire>> {
    let raw = members.get("BatchItemResponse")?;
    let wire: BatchWire = serde_json::from_str(&format!(r#"{{"BatchItemResponse":{}}}"#, raw.get())).ok()?;
    Some(wire.items)
}

/// The item with the id; `Err` when there is none or more than one.
pub(crate) fn find_item<'a>(
    items: &'a [MembersWire],
    batch_item_id: &str,
) -> Result<&'a MembersWire, String> {
    let mut matching = items
        .iter()
        .filter(|item| read_member::<TextWire>(item, "bId").is_some_and(|id| id.0 == batch_item_id));
    match (matching.next(), matching.next()) {
        (Some(item), None) => Ok(item),
        (None, _) => Err("the answer of the batch leaves this one out".to_owned()),
        (Some(_), Some(_)) => Err("the answer of the batch has this one twice".to_owned()),
    }
}

fn sort_item(entry: &CallEntry, items: &[MembersWire], tid: Option<&str>) -> EntryOutcome {
    match find_item(items, &entry.batch_item_id) {
        Ok(item) => sort_entry(entry, item, tid),
        Err(cause) => EntryOutcome::Unknown(cause),
    }
}

fn sort_entry(entry: &CallEntry, members: &MembersWire, tid: Option<&str>) -> EntryOutcome {
    if let Some(raw) = read_fault(members, tid) {
        return sort_fault(&raw);
    }
    let found = read_member::<FoundWire>(members, entry.kind.as_str())
        .and_then(|wire| to_found(entry.kind, wire, Some(entry.total.currency)));
    match found {
        Some(found) => EntryOutcome::Done(found),
        None => EntryOutcome::Unknown(describe_missing(entry.kind, tid)),
    }
}

fn describe_missing(kind: TransactionKind, tid: Option<&str>) -> String {
    format!(
        "the answer has no {} (intuit_tid {})",
        kind.as_str(),
        tid.unwrap_or("none")
    )
}

fn sort_fault(raw: &RawFault) -> EntryOutcome {
    let class = classify(raw);
    let act = match class.act {
        FaultAct::DuplicateNumber => {
            return EntryOutcome::DuplicateNumber {
                raw: raw.clone(),
                transaction: read_duplicate_id(raw),
            };
        }
        FaultAct::LookUp => {
            return EntryOutcome::Unknown(format!("{} (code {})", class.cause, raw.code));
        }
        FaultAct::RefreshLists => RefusalAct::RefreshLists,
        FaultAct::RetryLater | FaultAct::Throttled => RefusalAct::RetryLater,
        FaultAct::Person | FaultAct::Reconnect | FaultAct::Unavailable => RefusalAct::Person,
    };
    EntryOutcome::Refused(Refusal {
        reason: class.to_reason(raw),
        act,
    })
}
