//! The record of a run: who asked for what, and how it ended.
//!
//! In: what is wanted, and what became of it. Out: the run's record, for people and programs that wait for it. A run of a schedule is
//! recorded as well. A record that cannot be written fails the invocation before it begins, and not afterwards: what was fetched is stored.

use jiff::Timestamp;
use lambda_host::HostError;
use ports::{Run, RunId, RunKind, RunState};

use crate::handler::Parts;
use crate::request::Wanted;

/// Notes that a run begins.
///
/// # Errors
/// Those of the store.
pub async fn begin(parts: &Parts, wanted: &Wanted) -> Result<Run, HostError> {
    let now = parts.core.now();
    let known = match wanted.run_id {
        Some(id) => parts.runs.run(id).await?,
        None => None,
    };
    let mut run = known.unwrap_or_else(|| Run {
        id: wanted.run_id.unwrap_or_else(|| RunId::new(now)),
        kind: RunKind::Fetch,
        state: RunState::Requested,
        by: if *wanted == Wanted::default() {
            "schedule"
        } else {
            "request"
        }
        .to_owned(),
        wanted: wanted.describe(),
        requested_at: now,
        updated_at: now,
        fetched: 0,
        cause: None,
    });
    run.state = RunState::Working;
    run.updated_at = now;
    parts.runs.put_run(&run).await?;
    Ok(run)
}

/// Notes what became of a run: its documents and whether it is at its end, or why it failed.
pub async fn end(parts: &Parts, mut run: Run, result: &Result<(usize, bool), HostError>) {
    run.updated_at = parts.core.now().max(run.updated_at);
    match result {
        Ok((fetched, finished)) => {
            run.fetched += fetched;
            run.cause = None;
            if *finished {
                run.state = RunState::Finished;
            }
        }
        Err(error) => {
            run.state = RunState::Failed;
            run.cause = Some(error.message.clone());
        }
    }
    if let Err(error) = parts.runs.put_run(&run).await {
        tracing::warn!(run = %run.id, %error, "the end of the run could not be recorded");
    }
}

impl Wanted {
    /// What is wanted, for people.
    fn describe(&self) -> String {
        let instant = |at: Option<Timestamp>| at.map_or_else(|| "now".to_owned(), |at| at.to_string());
        match (self.since, self.orders.as_slice()) {
            (_, [_, ..]) => format!("orders {}", self.orders.join(", ")),
            (Some(since), _) => format!("orders processed from {since} to {}", instant(self.until)),
            (None, _) if self.until.is_some() => {
                format!("orders since the last run, to {}", instant(self.until))
            }
            (None, _) => "orders since the last run".to_owned(),
        }
    }
}
