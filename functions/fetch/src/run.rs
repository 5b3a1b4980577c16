//! The record of a run: who asked for what, and how it ended.
//!
//! In: what is wanted, and what became of it. Out: the run's record, for people and programs that wait for it. A run of a schedule is
//! recorded as well. A record that cannot be written fails the invocation before it begins, and not afterwards: what was fetched is stored.

use lambda_host::HostError;
use ports::{Run, RunId, RunKind, RunState, Wanted};

use crate::handler::Parts;

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
    let by = if *wanted == Wanted::default() {
        "schedule"
    } else {
        "request"
    };
    let id = wanted.run_id.unwrap_or_else(|| RunId::new(now));
    let mut run = known.unwrap_or_else(|| Run::requested(id, RunKind::Fetch, by, wanted.describe(), now));
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
