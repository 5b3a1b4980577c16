//! One run: fetch, transform, settle, post, until nothing more can be done now.
//!
//! In: what to fetch. Out: what happened to every document the run touched. A run that ends early loses nothing: the next one goes on
//! from the store. Does not wait for unknown outcomes; it says when to run again.

use std::collections::BTreeSet;

use domain::{DocumentKey, StateName};
use jiff::Timestamp;
use ports::{Books, ConnectorError, DocumentFilter, OrderSource};

use crate::core::Core;
use crate::error::RunError;
use crate::fetch::{FetchRequest, fetch_orders};
use crate::lists::{outdate_company, refresh_lists};
use crate::post::{post_queue, settle_calls, sweep};
use crate::rule_book::keep_rules;
use crate::transform::{retry_held, transform_queue};

/// Rounds of mapping and posting in one run: one for the work, one for documents whose lists were outdated, one for what those lead
/// to.
const ROUNDS_MAX: usize = 3;

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct SyncRun {
    /// Documents new or changed in Linnworks.
    pub fetched: usize,
    /// Documents the run touched, or that still move.
    pub keys: BTreeSet<DocumentKey>,
    /// When to run again for what is unsettled.
    pub run_again_at: Option<Timestamp>,
    /// What ended the run early.
    pub stopped_by: Option<ConnectorError>,
}

/// Runs once.
///
/// # Errors
/// Those of the store, and requests that cannot be met. Errors of Linnworks and QuickBooks end the run through
/// [`SyncRun::stopped_by`], with everything fetched safely stored; what was stored before is posted even while Linnworks is away.
pub async fn sync(
    core: &Core,
    source: &dyn OrderSource,
    books: &dyn Books,
    request: &FetchRequest,
) -> Result<SyncRun, RunError> {
    keep_settings(core).await?;
    keep_rules(core.store.as_ref(), core.rules.as_ref()).await?;
    outdate_company(core).await?;
    let mut run = SyncRun::default();
    match fetch_orders(core, source, request).await {
        Ok(fetched) => {
            run.fetched = fetched.keys.len();
            run.keys.extend(fetched.keys.into_iter().chain(fetched.asked));
        }
        Err(RunError::Connector(error)) => run.stopped_by = Some(error),
        Err(error) => return Err(error),
    }
    sweep(core).await?;
    match work(core, books, &mut run).await {
        Ok(()) => {}
        Err(RunError::Connector(error)) => run.stopped_by = Some(error),
        Err(error) => return Err(error),
    }
    let moving = DocumentFilter {
        states: StateName::ALL
            .into_iter()
            .filter(|state| state.is_moving())
            .collect(),
        ..DocumentFilter::default()
    };
    run.keys.extend(
        core.store
            .list(&moving)
            .await?
            .into_iter()
            .map(|record| record.key),
    );
    Ok(run)
}

/// Maps, settles and posts what the store holds, without fetching.
///
/// # Errors
/// Those of the store and queue, and of QuickBooks while its lists are read.
pub async fn work(core: &Core, books: &dyn Books, run: &mut SyncRun) -> Result<(), RunError> {
    if !has_work(core).await? {
        return Ok(());
    }
    let mut known = refresh_lists(core, books).await?;
    run.keys.extend(retry_held(core, &known).await?);
    for _ in 0..ROUNDS_MAX {
        run.keys.extend(transform_queue(core, &known).await?);
        let mut posting = settle_calls(core, books).await?;
        if posting.stopped_by.is_none() {
            posting.absorb(post_queue(core, books).await?);
        }
        run.keys.extend(posting.touched);
        run.run_again_at = [run.run_again_at, posting.run_again_at]
            .into_iter()
            .flatten()
            .min();
        if posting.stopped_by.is_some() {
            run.stopped_by = posting.stopped_by;
            return Ok(());
        }
        if !posting.lists_outdated {
            return Ok(());
        }
        known = refresh_lists(core, books).await?;
    }
    Ok(())
}

/// True when a document moves, or is held for a reason that may be gone: only then is QuickBooks asked at all.
async fn has_work(core: &Core) -> Result<bool, RunError> {
    let filter = DocumentFilter {
        states: StateName::ALL
            .into_iter()
            .filter(|state| state.is_moving())
            .collect(),
        ..DocumentFilter::default()
    };
    if !core.store.list(&filter).await?.is_empty() || !core.store.open_calls().await?.is_empty() {
        return Ok(true);
    }
    let held = DocumentFilter {
        states: vec![StateName::Held],
        ..DocumentFilter::default()
    };
    let held = core.store.list(&held).await?;
    Ok(held.iter().any(|record| {
        record
            .state
            .reason()
            .is_some_and(|reason| crate::transform::CURABLE.contains(&reason.code))
    }))
}

/// Keeps the settings under their version, so that a posted document can be explained later.
async fn keep_settings(core: &Core) -> Result<(), RunError> {
    let text = serde_json::to_string_pretty(core.settings.as_ref()).map_err(|error| {
        RunError::request(
            format!("the settings have no JSON form: {error}"),
            "Report this defect",
        )
    })?;
    core.store
        .put_version("settings", &core.settings.version(), &text)
        .await?;
    Ok(())
}
