//! Fetches what an event asks for, over as many invocations as it takes.
//!
//! In: a request. Out: documents stored and queued, a report. One fetch at a time, by a lease: a schedule that fires twice does nothing
//! the second time (reliability.md 1.4, A1). A request of the queue that is not finished is given again by the queue and goes on; a
//! schedule's rest is done by the next one, since the watermark stands still until all is stored.

use std::sync::Arc;
use std::time::Duration;

use domain::DocumentKey;
use lambda_host::{HostError, Invocation, Metric, SqsBatchResponse, SqsEvent, emit};
use pipeline::fetch::{ORDERS_PER_CHUNK_MAX, OrderBooks, fetch_orders};
use pipeline::{Core, RunError};
use ports::{OrderSource, RunLog, TokenVault, Wanted};
use serde::Serialize;

use crate::bounded::BoundedSource;
use crate::request::{read_body, to_request};
use crate::run;

/// The lease of the one fetch that works.
pub const LEASE: &str = "run-fetch";

/// Everything that a fetch needs.
pub struct Parts {
    /// Store, queue, clock, settings.
    pub core: Core,
    /// Linnworks.
    pub source: Arc<dyn OrderSource>,
    /// Where the lease is.
    pub vault: Arc<dyn TokenVault>,
    /// Where runs are recorded.
    pub runs: Arc<dyn RunLog>,
    /// The longest that an invocation lives, and a little: a lease outlives its holder (reliability.md 1.2, step 2).
    pub life_max: Duration,
}

/// What a fetch did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FetchReport {
    /// Its id.
    pub run_id: String,
    /// Documents new or changed.
    pub fetched: usize,
    /// False when a further invocation must go on.
    pub finished: bool,
    /// True when another fetch was at work and nothing was done.
    pub busy: bool,
    /// Requests to Linnworks, sign-in included.
    pub linnworks_calls: u64,
}

/// Fetches once.
///
/// # Errors
/// Those of Linnworks and the store, and requests that cannot be met.
pub async fn fetch(
    parts: &Parts,
    wanted: &Wanted,
    invocation: &Invocation,
) -> Result<FetchReport, HostError> {
    let is_free = parts
        .vault
        .take_lease(LEASE, &invocation.run, parts.life_max)
        .await?;
    if !is_free {
        tracing::info!("another fetch is at work");
        return Ok(report(parts, invocation, (0, false, true), 0));
    }
    let calls_before = parts.source.calls();
    let result = fetch_recorded(parts, wanted, invocation).await;
    let released = parts.vault.release_lease(LEASE, &invocation.run).await;
    let (fetched, finished) = result?;
    released?;
    let report = report(parts, invocation, (fetched, finished, false), calls_before);
    emit(
        "fetch",
        &[
            Metric::count("Fetched", report.fetched),
            Metric::flag("Run", report.finished),
            Metric::flag("Unfinished", !report.finished),
        ],
    );
    Ok(report)
}

async fn fetch_recorded(
    parts: &Parts,
    wanted: &Wanted,
    invocation: &Invocation,
) -> Result<(usize, bool), HostError> {
    let run = run::begin(parts, wanted).await?;
    let result = fetch_alone(parts, wanted, invocation).await;
    run::end(parts, run, &result).await;
    result
}

fn report(
    parts: &Parts,
    invocation: &Invocation,
    (fetched, finished, busy): (usize, bool, bool),
    calls_before: u64,
) -> FetchReport {
    FetchReport {
        run_id: invocation.run.clone(),
        fetched,
        finished,
        busy,
        linnworks_calls: if busy {
            0
        } else {
            parts.source.calls().saturating_sub(calls_before)
        },
    }
}

async fn fetch_alone(
    parts: &Parts,
    wanted: &Wanted,
    invocation: &Invocation,
) -> Result<(usize, bool), HostError> {
    let core = &parts.core;
    let source = BoundedSource::new(
        Arc::clone(&parts.source),
        Arc::clone(&core.clock),
        invocation.deadline,
    );
    let request = to_request(wanted, books_of(core));
    match fetch_orders(core, &source, &request).await {
        Ok(fetched) => {
            tell(core, &fetched.keys).await?;
            Ok((fetched.keys.len(), true))
        }
        Err(_) if source.ran_out() => {
            tracing::warn!("not finished: what is stored is stored, the rest follows");
            Ok((0, false))
        }
        Err(error) => Err(to_host_error(error)),
    }
}

fn books_of(core: &Core) -> OrderBooks {
    match core.settings.orders.status {
        mapping::OrderStatusWanted::Processed => OrderBooks::Processed,
        mapping::OrderStatusWanted::Open => OrderBooks::Open,
        mapping::OrderStatusWanted::Both => OrderBooks::Both,
    }
}

/// One line per document.
async fn tell(core: &Core, keys: &[DocumentKey]) -> Result<(), HostError> {
    for chunk in keys.chunks(ORDERS_PER_CHUNK_MAX) {
        for record in core.store.get_many(chunk).await? {
            let reason = record.state.reason().map(|reason| reason.code.to_string());
            tracing::info!(document = %record.key, number = record.number, state = record.state.name().as_str(), reason, "fetched");
        }
    }
    Ok(())
}

/// The error as Lambda shows it.
pub fn to_host_error(error: RunError) -> HostError {
    match error {
        RunError::Connector(error) => {
            if error.disposition == ports::Disposition::Reconnect {
                emit("fetch", &[Metric::flag("Disconnected", true)]);
            }
            error.into()
        }
        RunError::Store(error) => error.into(),
        error @ RunError::Request { .. } => HostError::new("Request", error.to_string()),
    }
}

/// Fetches what the messages of the queue of requests ask for, one after another. One that is not finished, or failed, is given again.
///
/// # Errors
/// A failed message without an id.
pub async fn fetch_queue(
    parts: &Parts,
    batch: SqsEvent,
    invocation: &Invocation,
) -> Result<SqsBatchResponse, HostError> {
    let mut response = SqsBatchResponse::default();
    for record in batch.records {
        let done = match read_body(record.body.as_deref().unwrap_or("")) {
            Ok(wanted) => fetch(parts, &wanted, invocation)
                .await
                .map(|report| report.finished),
            Err(error) => Err(error),
        };
        if let Err(error) = &done {
            tracing::error!(message_id = record.message_id, kind = error.kind, %error, "a request failed");
        }
        if done == Ok(true) {
            continue;
        }
        match record.message_id.filter(|id| !id.is_empty()) {
            Some(id) => response.add_failure(id),
            None => {
                return Err(HostError::new(
                    "Request",
                    "a message without an id failed: it is given again",
                ));
            }
        }
    }
    Ok(response)
}
