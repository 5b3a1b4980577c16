//! `linnbooks resync`: tries documents again, never twice.
//!
//! In: order numbers. Out: what became of each. A posted document is looked up first.

use std::collections::BTreeSet;

use pipeline::resync::{Resynced, find_one, resync};
use pipeline::sync::{SyncRun, work};
use serde_json::json;

use super::RunReport;
use crate::assemble::assemble;
use crate::cli::{Cli, ResyncArguments};
use crate::exit::Exit;
use crate::progress::progress_bar;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, a number that fits none or several documents, Linnworks, QuickBooks, the store.
pub async fn run(cli: &Cli, arguments: &ResyncArguments) -> anyhow::Result<Exit> {
    let (listener, bar) = progress_bar();
    let assembly = assemble(cli, listener)?;
    let (core, source, books) = (&assembly.core, assembly.source.as_ref(), assembly.books.as_ref());
    let mut keys = BTreeSet::new();
    let mut answers = Vec::new();
    let mut refused = false;
    for number in &arguments.numbers {
        let record = find_one(core, number).await?;
        keys.insert(record.key.clone());
        let answer = match resync(core, source, books, record, arguments.replace).await? {
            Resynced::Queued => "queued again".to_owned(),
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
    let mut run = SyncRun {
        keys,
        ..SyncRun::default()
    };
    work(core, books, &mut run).await?;
    bar.finish_and_clear();
    let report = RunReport::of(&assembly, &run).await?;
    if arguments.json {
        let mut value = serde_json::to_value(&report)?;
        if let Some(object) = value.as_object_mut() {
            let answers: Vec<_> = answers
                .iter()
                .map(|(number, answer)| json!({"number": number, "answer": answer}))
                .collect();
            object.insert("answers".into(), answers.into());
        }
        show::print_json(&value)?;
    } else {
        for (number, answer) in &answers {
            say!("{number}: {answer}");
        }
        super::sync::print_report(&report);
    }
    Ok(if refused { Exit::Waiting } else { report.exit() })
}
