//! Ends a conflict, an unknown or a hold by hand, and writes down who said so.
//!
//! In: a record and a person's decision. Out: the record's new state. Never sends a document itself: `post` makes it ready, the run that
//! follows sends it.

use domain::{DocumentState, Ready, Reason, ReasonCode, TransactionId, TransactionKind};
use ports::{Books, CallState, DocumentRecord, Probe, ProbeBy, QueueName};

use crate::core::Core;
use crate::error::RunError;
use crate::resync::lift_pause;

/// What the person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This transaction of QuickBooks is the document.
    Adopt(TransactionId),
    /// It is not in QuickBooks: post it.
    Post,
    /// Leave it out, and why.
    Ignore(String),
}

/// Applies the decision.
///
/// # Errors
/// A decision that does not fit the state, a transaction that is not there; those of QuickBooks and the store.
pub async fn resolve(
    core: &Core,
    books: &dyn Books,
    record: DocumentRecord,
    decision: Decision,
) -> Result<String, RunError> {
    let ready = match record.state.clone() {
        DocumentState::Conflict { ready, .. } | DocumentState::Unknown { ready, .. } => Some(ready),
        DocumentState::Held { .. } if matches!(decision, Decision::Ignore(_)) => None,
        other => {
            return Err(RunError::request(
                format!(
                    "document {} is {}, which needs no decision of this kind",
                    record.number,
                    other.name().as_str()
                ),
                "Conflicts and unknowns can be adopted, posted or ignored; a held document can be ignored",
            ));
        }
    };
    match (decision, ready) {
        (Decision::Ignore(why), _) => ignore(core, record, &why).await,
        (Decision::Adopt(id), Some(ready)) => adopt(core, books, record, ready, &id).await,
        (Decision::Post, Some(ready)) => {
            refuse_double(core, books, &record, &ready).await?;
            post(core, record, ready).await
        }
        (_, None) => Err(RunError::request(
            "there is nothing to post or adopt",
            "Use --ignore, or `linnbooks resync`",
        )),
    }
}

async fn ignore(core: &Core, record: DocumentRecord, why: &str) -> Result<String, RunError> {
    spend_call(core, &record).await?;
    lift_pause(core, &record).await?;
    let reason = Reason::new(
        ReasonCode::Ignored,
        format!("left out by hand: {why}"),
        format!("`linnbooks resync {}` brings it back", record.number),
    );
    let number = record.number.clone();
    let change = core.change_by(
        &core.person,
        record,
        DocumentState::Skipped { reason },
        format!("ignored by hand: {why}"),
    );
    core.store.write(vec![change]).await?;
    Ok(format!("{number} is left out from now on"))
}

async fn adopt(
    core: &Core,
    books: &dyn Books,
    record: DocumentRecord,
    mut ready: Box<Ready>,
    id: &TransactionId,
) -> Result<String, RunError> {
    let Some(kind) = ready.next_step() else {
        return Err(RunError::request(
            "every transaction of this document is known already",
            "Nothing is left to adopt",
        ));
    };
    let found = books
        .look_up(&[Probe {
            kind,
            by: ProbeBy::Id(id.clone()),
        }])
        .await?;
    let Some(found) = found.into_iter().find(|one| one.kind == kind && one.id == *id) else {
        return Err(RunError::request(
            format!("QuickBooks has no {} with the id {id}", kind.as_str()),
            "The id is the number in the address of the transaction's page (txnId=...)",
        ));
    };
    spend_call(core, &record).await?;
    lift_pause(core, &record).await?;
    let text = format!(
        "adopted {} {} with a total of {} {} by hand",
        kind.as_str(),
        found.id,
        found.total,
        found.currency
    );
    ready.posted.push(crate::post::posted_transaction(&found));
    ready.single = true;
    let key = record.key.clone();
    let more = ready.next_step().is_some();
    let state = if more {
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
    core.store
        .write(vec![core.change_by(&core.person, record, state, text.clone())])
        .await?;
    if more {
        core.hint(QueueName::Postings, [key]).await?;
    }
    Ok(text)
}

/// A person may err about what is in QuickBooks: a document whose marker is found there is not posted a second time.
async fn refuse_double(
    core: &Core,
    books: &dyn Books,
    record: &DocumentRecord,
    ready: &Ready,
) -> Result<(), RunError> {
    let Some(kind) = ready.next_step() else {
        return Ok(());
    };
    let marker = domain::Marker {
        key: record.key.clone(),
        revision: record.revision,
    };
    let found = books
        .look_up(&[probe_of(core, record, ready, kind).await?])
        .await?;
    let own = found
        .iter()
        .find(|one| one.kind == kind && marker.is_same_document(&one.private_note));
    match own {
        None => Ok(()),
        Some(own) => Err(RunError::request(
            format!(
                "QuickBooks has {} {} with the marker of order {}",
                kind.as_str(),
                own.id,
                record.number
            ),
            format!(
                "Keep it with `linnbooks resolve {0} --adopt {1}`, or post it anew with `linnbooks resync {0} --replace`",
                record.number, own.id
            ),
        )),
    }
}

/// How to look for the next transaction: as the call did that carried it, else by what the document says.
async fn probe_of(
    core: &Core,
    record: &DocumentRecord,
    ready: &Ready,
    kind: TransactionKind,
) -> Result<Probe, RunError> {
    if let DocumentState::Unknown { call: id, .. } = &record.state {
        let calls = core.store.open_calls().await?;
        let entries = calls
            .iter()
            .filter(|call| call.id() == *id)
            .flat_map(|call| &call.call.entries);
        if let Some(entry) = entries.into_iter().find(|entry| *entry.key() == record.key) {
            return Ok(entry.probe());
        }
    }
    let document = &ready.document;
    let number = document
        .doc_number
        .as_ref()
        .filter(|_| kind != TransactionKind::Payment);
    let by = match number {
        Some(number) => ProbeBy::Number(number.as_str().to_owned()),
        None => ProbeBy::DateAndTotal {
            date: document.date,
            total: document.total.amount,
        },
    };
    Ok(Probe { kind, by })
}

async fn post(core: &Core, mut record: DocumentRecord, mut ready: Box<Ready>) -> Result<String, RunError> {
    spend_call(core, &record).await?;
    lift_pause(core, &record).await?;
    record.revision += 1;
    ready.single = true;
    ready.not_before = None;
    let number = record.number.clone();
    let key = record.key.clone();
    let state = DocumentState::Ready { ready };
    core.store
        .write(vec![core.change_by(
            &core.person,
            record,
            state,
            "to be posted, by hand's decision",
        )])
        .await?;
    core.hint(QueueName::Postings, [key]).await?;
    Ok(format!("{number} is posted by the next run"))
}

/// The call that carried the document must not be sent again as a whole: the document has left it.
async fn spend_call(core: &Core, record: &DocumentRecord) -> Result<(), RunError> {
    let DocumentState::Unknown { call: id, .. } = &record.state else {
        return Ok(());
    };
    let Some(mut call) = core
        .store
        .open_calls()
        .await?
        .into_iter()
        .find(|call| call.id() == *id)
    else {
        return Ok(());
    };
    if let CallState::Unknown {
        look_up_at, look_ups, ..
    } = call.state
    {
        call.state = CallState::Unknown {
            look_up_at,
            look_ups,
            spent: true,
        };
        core.store.write_call(&call, Vec::new()).await?;
    }
    Ok(())
}
