//! `linnbooks log`: what happened to every document, with reasons.
//!
//! In: filters. Out: documents, or the whole story of one. Reads beside a running sync.

use jiff::tz::TimeZone;
use pipeline::report::{DocumentRow, summarise_records};
use pipeline::resync::find_one;
use ports::{DocumentFilter, Store};
use serde_json::json;

use super::parse_instant;
use crate::cli::LogArguments;
use crate::exit::Exit;
use crate::place::Place;
use crate::show;

/// Runs the command. It needs no configuration: the store tells everything.
///
/// # Errors
/// No store in the data directory; a number that fits none or several documents.
pub async fn run(place: &Place, arguments: &LogArguments) -> anyhow::Result<Exit> {
    let store = place.store()?;
    match &arguments.order {
        Some(number) => story(store.as_ref(), number, arguments.json).await,
        None => list(store.as_ref(), arguments).await,
    }
}

async fn list(store: &dyn Store, arguments: &LogArguments) -> anyhow::Result<Exit> {
    let since = arguments
        .since
        .as_deref()
        .map(|text| parse_instant("--since", text, &TimeZone::UTC, false))
        .transpose()?;
    let filter = DocumentFilter {
        states: arguments.states.clone(),
        updated_from: since,
        ..DocumentFilter::default()
    };
    let summary = summarise_records(&store.list(&filter).await?);
    if arguments.json {
        show::print_json(&summary)?;
        return Ok(Exit::Fine);
    }
    if !summary.documents.is_empty() {
        let mut shown = show::table(&["Order", "State", "Total", "QuickBooks", "Why, and what to do"]);
        for row in &summary.documents {
            shown.add_row(show::document_cells(row));
        }
        say!("{shown}");
        show::print_totals(&summary.totals);
    }
    say!("{}", show::counts_sentence(&summary));
    Ok(Exit::Fine)
}

async fn story(store: &dyn Store, number: &str, as_json: bool) -> anyhow::Result<Exit> {
    let record = find_one(store, number).await?;
    let events = store.events(&record.key).await?;
    let row = DocumentRow::of(&record);
    if as_json {
        show::print_json(&json!({ "document": row, "revision": record.revision, "events": events }))?;
        return Ok(Exit::Fine);
    }
    show::print_documents(std::slice::from_ref(&row));
    let mut shown = show::table(&["When", "Who", "What"]);
    for event in events {
        shown.add_row([show::show_instant(event.at), event.actor, event.what]);
    }
    say!("{shown}");
    Ok(Exit::Fine)
}
