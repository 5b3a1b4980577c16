//! The two tasks: sweep what stands still, and prove the day.
//!
//! In: ports. Out: hints for whatever stands still, dead letters Held with their reason, calls settled, the state of the stack as metrics;
//! or the proof. One of each at a time, by a lease.

use std::sync::Arc;
use std::time::Duration;

use domain::{DocumentKey, StateName};
use lambda_host::{HostError, Invocation, Metric, emit};
use pipeline::lists::refresh_lists;
use pipeline::post::{Posting, settle_calls, sweep as send_hints};
use pipeline::reconcile::{Proof, reconcile};
use pipeline::transform::{CURABLE, retry_held};
use pipeline::{Core, RunError};
use ports::{
    Books, ConnectorError, Disposition, DocumentFilter, DocumentRecord, OrderSource, TokenVault, Window,
};
use serde::Serialize;

use crate::quiet::QuietStore;

/// Everything that the tasks need.
pub struct Parts {
    /// Store, queue, clock, settings.
    pub core: Core,
    /// Linnworks; only the proof asks it.
    pub source: Arc<dyn OrderSource>,
    /// QuickBooks.
    pub books: Arc<dyn Books>,
    /// Where the lease is.
    pub vault: Arc<dyn TokenVault>,
    /// The longest that an invocation lives: as long a call may be on its way, and a lease be held.
    pub life_max: Duration,
}

/// What a sweep found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SweepReport {
    /// True when another sweep was at work and nothing was done.
    pub busy: bool,
    /// Documents that still move.
    pub moving: usize,
    /// Documents that wait for a person.
    pub held: usize,
    /// Documents on which QuickBooks disagrees.
    pub conflicts: usize,
    /// Documents whose answer was lost.
    pub unknown: usize,
    /// Seconds since the state of the longest moving document changed.
    pub oldest_moving_seconds: u64,
    /// What QuickBooks refused.
    pub stopped_by: Option<String>,
}

/// Sweeps once.
///
/// # Errors
/// Those of the store and the queue. A QuickBooks that is away ends the settling, not the sweep.
pub async fn sweep(parts: &Parts, invocation: &Invocation) -> Result<SweepReport, HostError> {
    const LEASE: &str = "run-sweep";
    if !parts
        .vault
        .take_lease(LEASE, &invocation.run, parts.life_max)
        .await?
    {
        tracing::info!("another sweep is at work");
        return Ok(SweepReport {
            busy: true,
            ..SweepReport::default()
        });
    }
    let result = sweep_alone(parts).await;
    parts.vault.release_lease(LEASE, &invocation.run).await?;
    result
}

async fn sweep_alone(parts: &Parts) -> Result<SweepReport, HostError> {
    let core = &parts.core;
    let settled = match settle(parts).await {
        Ok(posting) => posting,
        Err(RunError::Connector(error)) => Posting {
            stopped_by: Some(error),
            ..Posting::default()
        },
        Err(error) => return Err(to_host_error(error)),
    };
    // Hints for a company that takes nothing now would only call it in vain: an outage is asked once a sweep.
    if settled.stopped_by.is_none() {
        send_hints(core).await.map_err(to_host_error)?;
    }
    tell(core, &settled.touched).await?;
    let report = take_stock(core, settled.stopped_by.as_ref()).await?;
    let count = |name, value| Metric::count(name, value);
    emit(
        "sweep",
        &[
            Metric::flag("Run", report.stopped_by.is_none()),
            count("MovingDocuments", report.moving),
            count("HeldDocuments", report.held),
            count("ConflictingDocuments", report.conflicts),
            count("UnknownDocuments", report.unknown),
            Metric::seconds("OldestMovingSeconds", report.oldest_moving_seconds),
            Metric::flag("Disconnected", is_disconnected(settled.stopped_by.as_ref())),
        ],
    );
    Ok(report)
}

/// Renews the lists, maps held documents again whose reason may be gone, and settles calls; nothing of it when nothing waits for it.
async fn settle(parts: &Parts) -> Result<Posting, RunError> {
    let core = &parts.core;
    if !has_work(core).await? {
        return Ok(Posting::default());
    }
    let known = refresh_lists(core, parts.books.as_ref()).await?;
    let mut touched = retry_held(core, &known).await?;
    let quiet = Core {
        store: Arc::new(QuietStore::new(
            Arc::clone(&core.store),
            Arc::clone(&core.clock),
            parts.life_max,
        )),
        ..core.clone()
    };
    let mut posting = settle_calls(&quiet, parts.books.as_ref()).await?;
    touched.append(&mut posting.touched);
    posting.touched = touched;
    Ok(posting)
}

/// True when a document moves, a call is open, or a document is held for a reason that may be gone.
async fn has_work(core: &Core) -> Result<bool, RunError> {
    if !core.store.open_calls().await?.is_empty() || !list(core, |state| state.is_moving()).await?.is_empty()
    {
        return Ok(true);
    }
    let held = list(core, |state| state == StateName::Held).await?;
    let is_curable = |record: &DocumentRecord| {
        record
            .state
            .reason()
            .is_some_and(|reason| CURABLE.contains(&reason.code))
    };
    Ok(held.iter().any(is_curable))
}

async fn list(
    core: &Core,
    wanted: impl Fn(StateName) -> bool,
) -> Result<Vec<DocumentRecord>, ports::StoreError> {
    let states = StateName::ALL
        .into_iter()
        .filter(|state| wanted(*state))
        .collect();
    core.store
        .list(&DocumentFilter {
            states,
            ..DocumentFilter::default()
        })
        .await
}

async fn take_stock(core: &Core, stopped_by: Option<&ConnectorError>) -> Result<SweepReport, HostError> {
    let waits =
        |state: StateName| state.is_moving() || matches!(state, StateName::Held | StateName::Conflict);
    let records = list(core, waits).await?;
    let count = |wanted: StateName| {
        records
            .iter()
            .filter(|record| record.state.name() == wanted)
            .count()
    };
    let moving = records.iter().filter(|record| record.state.name().is_moving());
    let oldest = moving.clone().map(|record| record.updated_at).min();
    let age = oldest.map_or(0, |oldest| core.now().duration_since(oldest).as_secs());
    Ok(SweepReport {
        busy: false,
        moving: moving.count(),
        held: count(StateName::Held),
        conflicts: count(StateName::Conflict),
        unknown: count(StateName::Unknown),
        oldest_moving_seconds: u64::try_from(age).unwrap_or(0),
        stopped_by: stopped_by.map(ToString::to_string),
    })
}

/// One line per document.
async fn tell(core: &Core, keys: &[DocumentKey]) -> Result<(), HostError> {
    let tids = lambda_host::log::take_intuit_tids().join(" ");
    for record in core.store.get_many(keys).await? {
        let reason = record.state.reason().map(|reason| reason.code.to_string());
        let state = record.state.name().as_str();
        tracing::info!(document = %record.key, number = record.number, state, reason, intuit_tid = tids, "settled");
    }
    Ok(())
}

/// Proves the last days and tells every difference.
///
/// # Errors
/// Those of Linnworks, QuickBooks and the store.
pub async fn prove(parts: &Parts, days: u16) -> Result<Proof, HostError> {
    let to = parts.core.now();
    let span = jiff::SignedDuration::from_hours(24 * i64::from(days.max(1)));
    let window = Window {
        from: to.checked_sub(span).unwrap_or(to),
        to,
    };
    let result = reconcile(&parts.core, parts.source.as_ref(), parts.books.as_ref(), window).await;
    let proof = match result {
        Ok(proof) => proof,
        Err(error) => {
            let is_away = matches!(&error, RunError::Connector(error) if is_disconnected(Some(error)));
            emit("proof", &[Metric::flag("Disconnected", is_away)]);
            return Err(to_host_error(error));
        }
    };
    for one in &proof.differences {
        tracing::warn!(
            number = one.number,
            difference = one.kind,
            what = one.what,
            remedy = one.remedy,
            "not proved"
        );
    }
    tracing::info!(
        proved = proof.proved,
        orders = proof.orders,
        differences = proof.differences.len(),
        "proof"
    );
    emit(
        "proof",
        &[
            Metric::flag("Run", true),
            Metric::flag("Proved", proof.proved),
            Metric::count("Differences", proof.differences.len()),
            Metric::count("Orders", proof.orders),
        ],
    );
    Ok(proof)
}

fn is_disconnected(error: Option<&ConnectorError>) -> bool {
    error.is_some_and(|error| error.disposition == Disposition::Reconnect)
}

/// The error as Lambda shows it.
pub fn to_host_error(error: RunError) -> HostError {
    match error {
        RunError::Connector(error) => error.into(),
        RunError::Store(error) => error.into(),
        error @ RunError::Request { .. } => HostError::new("Request", error.to_string()),
    }
}
