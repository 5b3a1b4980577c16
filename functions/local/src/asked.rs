//! What the functions of a stack are asked for, and waiting until they did it.
//!
//! In: what to fetch, or documents that were queued. Out: a request on the stack's queue with a record of its run; the end of it for
//! whoever waits. Posts nothing itself.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::{DocumentKey, StateName};
use pipeline::fetch::FetchRequest;
use pipeline::sync::SyncRun;
use pipeline::{Core, RunError};
use ports::{DocumentFilter, RunId, RunLog, RunState, Store, Wanted};

use crate::cli::SyncArguments;
use crate::commands::sync::to_request;
use crate::commands::{Calls, RunReport};
use crate::deployed::StackError;
use crate::place::{Deployed, Synced};

/// How often is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long is waited at most: three sweeps, each of which settles lost answers.
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);

impl Deployed {
    /// Puts a request on the stack's queue and, where it is wanted, waits for its end.
    ///
    /// # Errors
    /// Settings that are not there, dates, the store and the queue.
    pub async fn ask_to_fetch(&self, arguments: &SyncArguments) -> anyhow::Result<Synced> {
        if arguments.status.is_some() {
            return Err(StackError::Refused(
                "--status does not go with --stack: the functions read the orders that the stack's setting orders.status names".into(),
            )
            .into());
        }
        let core = self.stack.core().await?;
        let request = to_request(&core, arguments).await?;
        let run = self.ask(&core, &request).await?;
        if !arguments.wait {
            return Ok(Synced::Asked(run));
        }
        Ok(Synced::Done(Box::new(self.follow(&core, &request, run).await?)))
    }

    async fn ask(&self, core: &Core, request: &FetchRequest) -> anyhow::Result<RunId> {
        let id = RunId::new(core.now());
        let wanted = Wanted {
            since: request.since,
            until: request.until,
            orders: request.references.clone(),
            run_id: None,
        };
        self.stack.ask_to_fetch(id, &self.by, wanted).await?;
        Ok(id)
    }

    /// Waits until the run is at its end and nothing moves, and tells of the documents that were seen on the way.
    async fn follow(&self, core: &Core, request: &FetchRequest, id: RunId) -> anyhow::Result<RunReport> {
        let store = self.stack.store();
        let begun = Instant::now();
        let mut sync = SyncRun::default();
        let run = loop {
            let run = store.run(id).await?.ok_or_else(|| {
                RunError::request(format!("the record of the run {id} is gone"), "Ask again")
            })?;
            sync.keys.extend(moving(store).await?);
            if matches!(run.state, RunState::Finished | RunState::Failed) || begun.elapsed() > WAIT_MAX {
                break run;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        for reference in &request.references {
            let found = store.find(reference).await?;
            sync.keys.extend(found.into_iter().map(|record| record.key));
        }
        self.wait_for(&sync.keys).await?;
        sync.fetched = run.fetched;
        let mut report = RunReport::of_core(core, Calls::default(), &sync).await?;
        report.run_id = id.0;
        report.stopped_by = match run.state {
            RunState::Finished => None,
            RunState::Failed => Some(run.cause.unwrap_or_else(|| "the run failed".to_owned())),
            RunState::Requested | RunState::Working => Some(format!(
                "the functions were not at its end within {} minutes, and go on with it",
                WAIT_MAX.as_secs() / 60
            )),
        };
        Ok(report)
    }

    /// Waits until none of these documents moves, and not longer than a while.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn wait_for(&self, keys: &BTreeSet<DocumentKey>) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut left: Vec<DocumentKey> = keys.iter().cloned().collect();
        loop {
            let records = self.stack.store().get_many(&left).await?;
            left = records
                .into_iter()
                .filter(|record| record.state.name().is_moving())
                .map(|record| record.key)
                .collect();
            if left.is_empty() || begun.elapsed() > WAIT_MAX {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

async fn moving(store: &dyn Store) -> Result<Vec<DocumentKey>, ports::StoreError> {
    let states = StateName::ALL
        .into_iter()
        .filter(|state| state.is_moving())
        .collect();
    let filter = DocumentFilter {
        states,
        ..DocumentFilter::default()
    };
    let records = store.list(&filter).await?;
    Ok(records.into_iter().map(|record| record.key).collect())
}
