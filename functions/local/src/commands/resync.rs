//! `linnbooks resync`: tries documents again, never twice.
//!
//! In: order numbers. Out: what became of each. A posted document is looked up first.

use std::collections::BTreeSet;

use pipeline::resync::{Resynced, find_one, resync};
use pipeline::sync::SyncRun;
use serde_json::json;

use super::RunReport;
use crate::cli::ResyncArguments;
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::progress_bar;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, a number that fits none or several documents, Linnworks, QuickBooks, the store.
pub async fn run(place: &Place, arguments: &ResyncArguments) -> anyhow::Result<Exit> {
    let (listener, bar) = progress_bar();
    let assembly = place.assemble(listener).await?;
    let (core, source, books) = (&assembly.core, assembly.source.as_ref(), assembly.books.as_ref());
    let mut keys = BTreeSet::new();
    let mut answers = Vec::new();
    let (mut refused, mut any_queued) = (false, false);
    for number in &arguments.numbers {
        let record = find_one(core.store.as_ref(), number).await?;
        keys.insert(record.key.clone());
        let answer = match resync(core, source, books, record, arguments.replace).await? {
            Resynced::Queued => {
                any_queued = true;
                "queued again".to_owned()
            }
            Resynced::StillPosted(what) => {
                format!(
                    "in QuickBooks as recorded: {}. Use --replace to post it anew",
                    what.join(", ")
                )
            }
            Resynced::Refused(reason) => {
                refused = true;
                reason.to_string()
            }
        };
        answers.push((number.clone(), answer));
    }
    let run = SyncRun {
        keys,
        ..SyncRun::default()
    };
    let report = place.go_on(&assembly, run, arguments.wait).await?;
    bar.finish_and_clear();
    if arguments.json {
        show::print_json(&to_json(report.as_ref(), &answers)?)?;
    } else {
        for (number, answer) in &answers {
            say!("{number}: {answer}");
        }
        match &report {
            Some(report) => super::sync::print_report(report),
            None if any_queued => say!("{}", place.what_follows()),
            None => {}
        }
    }
    Ok(match report {
        _ if refused => Exit::Waiting,
        Some(report) => report.exit(),
        None => Exit::Fine,
    })
}

/// The report, where there is one, with the answers.
fn to_json(report: Option<&RunReport>, answers: &[(String, String)]) -> anyhow::Result<serde_json::Value> {
    let mut value = report.map_or_else(|| Ok(json!({})), serde_json::to_value)?;
    let answers: Vec<_> = answers
        .iter()
        .map(|(number, answer)| json!({"number": number, "answer": answer}))
        .collect();
    if let Some(object) = value.as_object_mut() {
        object.insert("answers".into(), answers.into());
    }
    Ok(value)
}
