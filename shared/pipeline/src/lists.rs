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

/// Makes the next reading of the lists include company settings and tax codes, whatever time has passed, when a document is held for
/// a reason that only they can take away: what a person has put right is seen at once. To be called before held documents are tried
/// again, since their reasons are gone then.
///
/// # Errors
/// Those of the store.
pub async fn outdate_company(core: &Core) -> Result<(), StoreError> {
    let held = DocumentFilter {
        states: vec![StateName::Held],
        ..DocumentFilter::default()
    };
    let held = core.store.list(&held).await?;
    let mut reasons = held.iter().filter_map(|record| record.state.reason());
    let Some(known) = core.store.lists().await? else {
        return Ok(());
    };
    if !reasons.any(|reason| CURABLE_BY_COMPANY.contains(&reason.code)) {
        return Ok(());
    }
    let update = ListsUpdate {
        replaced: Vec::new(),
        changed: Vec::new(),
        removed: Vec::new(),
        company: None,
        cursor: ListsCursor {
            daily_read_at: Timestamp::UNIX_EPOCH,
            ..known.cursor
        },
    };
    core.store.apply_lists(&update).await
}

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
