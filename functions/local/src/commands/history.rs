//! `linnbooks settings history` and `linnbooks rules history`: which versions there were.
//!
//! In: a kind. Out: on a stack who put which version in force and when; in a folder, whose files nobody watches, the versions with which
//! documents were posted. Changes nothing.

use std::collections::BTreeMap;

use domain::DocumentState;
use ports::{DocumentFilter, Store};
use serde_json::json;
use store_aws::Changed;

use crate::exit::Exit;
use crate::place::Place;
use crate::show;

/// Runs the command for `settings` or `rules`.
///
/// # Errors
/// Those of the store.
pub async fn run(place: &Place, kind: &str, as_json: bool) -> anyhow::Result<Exit> {
    match place.changes(kind).await? {
        Some(changes) => show_changes(&changes, as_json),
        None => show_used(place.store()?.as_ref(), kind, as_json).await,
    }
}

fn show_changes(changes: &[Changed], as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        show::print_json(&json!({ "changes": changes }))?;
        return Ok(Exit::Fine);
    }
    let mut shown = show::table(&["When", "Who", "Version", "Replaced"]);
    for one in changes {
        shown.add_row([
            show::show_instant(one.at),
            one.by.clone(),
            one.version.clone(),
            one.replaced.clone().unwrap_or_default(),
        ]);
    }
    say!("{shown}");
    Ok(Exit::Fine)
}

async fn show_used(store: &dyn Store, kind: &str, as_json: bool) -> anyhow::Result<Exit> {
    let mut used: BTreeMap<String, (usize, jiff::Timestamp, jiff::Timestamp)> = BTreeMap::new();
    for record in store.list(&DocumentFilter::default()).await? {
        let DocumentState::Posted {
            rules_version,
            settings_version,
            at,
            ..
        } = record.state
        else {
            continue;
        };
        let version = if kind == "rules" {
            rules_version
        } else {
            Some(settings_version)
        };
        if let Some(version) = version {
            let entry = used.entry(version).or_insert((0, at, at));
            *entry = (entry.0 + 1, entry.1.min(at), entry.2.max(at));
        }
    }
    let mut rows: Vec<_> = used.into_iter().collect();
    rows.sort_by_key(|(_, (_, first, _))| *first);
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(version, (count, first, last))| json!({ "version": version, "posted": count, "first": first, "last": last }))
            .collect();
        show::print_json(&json!({ "versions": rows }))?;
        return Ok(Exit::Fine);
    }
    let mut shown = show::table(&["Version", "Documents posted", "First", "Last"]);
    for (version, (count, first, last)) in rows {
        shown.add_row([
            version,
            count.to_string(),
            show::show_instant(first),
            show::show_instant(last),
        ]);
    }
    say!("{shown}");
    Ok(Exit::Fine)
}
