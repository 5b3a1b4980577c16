//! Keeps the stored lists of the QuickBooks company fresh.
//!
//! In: the cursor of what is known. Out: the lists as of now, stored. One call a run in the steady state; everything when nothing
//! is known yet. Decides nothing about documents.

use domain::lists::Lists;
use ports::{Books, KnownLists, ListsUpdate};

use crate::core::Core;
use crate::error::RunError;

/// Reads what changed since the last time and returns the lists.
///
/// # Errors
/// Those of QuickBooks and of the store.
pub async fn refresh_lists(core: &Core, books: &dyn Books) -> Result<KnownLists, RunError> {
    let known = core.store.lists().await?;
    let update = books
        .read_lists(known.as_ref().map(|known| &known.cursor))
        .await?;
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
