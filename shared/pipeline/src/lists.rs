//! Keeps the stored lists of the QuickBooks company fresh.
//!
//! In: the cursor of what is known. Out: the lists as of now, stored. One call a run in the steady state; everything when nothing
//! is known yet. Decides nothing about documents.

use domain::StateName;
use domain::lists::Lists;
use jiff::Timestamp;
use ports::{Books, DocumentFilter, KnownLists, ListsCursor, ListsUpdate, StoreError};

use crate::core::Core;
use crate::error::RunError;
use crate::transform::CURABLE_BY_COMPANY;

/// How much of the lists a run reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// What changed since the last time; company settings and tax codes once a day.
    #[default]
    Changes,
    /// Company settings and tax codes too, whatever time has passed.
    Company,
}

/// What must be read: the company too when a document is held for a reason that only its settings or tax codes can take away.
///
/// # Errors
/// Those of the store.
pub async fn needed_reading(core: &Core) -> Result<Reading, StoreError> {
    let held = DocumentFilter {
        states: vec![StateName::Held],
        ..DocumentFilter::default()
    };
    let held = core.store.list(&held).await?;
    let mut reasons = held.iter().filter_map(|record| record.state.reason());
    let waits = reasons.any(|reason| CURABLE_BY_COMPANY.contains(&reason.code));
    Ok(if waits { Reading::Company } else { Reading::Changes })
}

/// Reads what changed since the last time and returns the lists.
///
/// # Errors
/// Those of QuickBooks and of the store.
pub async fn refresh_lists(core: &Core, books: &dyn Books) -> Result<KnownLists, RunError> {
    read_lists(core, books, Reading::Changes).await
}

/// Reads what is wanted and returns the lists.
///
/// # Errors
/// Those of QuickBooks and of the store.
pub async fn read_lists(core: &Core, books: &dyn Books, reading: Reading) -> Result<KnownLists, RunError> {
    let cursor = core.store.lists().await?.map(|known| match reading {
        Reading::Changes => known.cursor,
        Reading::Company => ListsCursor {
            daily_read_at: Timestamp::UNIX_EPOCH,
            ..known.cursor
        },
    });
    let update = books.read_lists(cursor.as_ref()).await?;
    core.store.apply_lists(&update).await?;
    match core.store.lists().await? {
        Some(known) => Ok(known),
        None => Err(RunError::request(
            "QuickBooks did not say which company this is",
            "Run again; when it persists, check realm_id",
        )),
    }
}

/// The lists as stored; read from QuickBooks when there are none yet.
///
/// # Errors
/// Those of QuickBooks and of the store.
pub async fn known_lists(core: &Core, books: &dyn Books) -> Result<KnownLists, RunError> {
    match core.store.lists().await? {
        Some(known) => Ok(known),
        None => refresh_lists(core, books).await,
    }
}

/// The lists as of now without storing them, for a preview.
///
/// # Errors
/// Those of QuickBooks and of the store.
pub async fn peek_lists(core: &Core, books: &dyn Books) -> Result<KnownLists, RunError> {
    if let Some(known) = core.store.lists().await? {
        return Ok(known);
    }
    let update = books.read_lists(None).await?;
    let company = update.company.clone();
    let company = company
        .ok_or_else(|| RunError::request("QuickBooks did not say which company this is", "Run again"))?;
    Ok(KnownLists {
        cursor: update.cursor.clone(),
        company,
        lists: to_lists(update),
    })
}

fn to_lists(update: ListsUpdate) -> Lists {
    Lists::from_entries(update.changed)
}
