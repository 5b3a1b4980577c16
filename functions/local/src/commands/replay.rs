//! `linnbooks replay`: which documents of a span would differ under another rules file.
//!
//! In: two days and a rules file. Out: each differing document with its fields, and the documents that were not compared. Sends
//! nothing to QuickBooks but questions, and stores nothing.

use std::sync::Arc;

use pipeline::replay::{Replay, replay};
use ports::Window;

use super::{parse_instant, zone_of};
use crate::cli::ReplayArguments;
use crate::config::read_named_rules;
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::no_progress;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, dates, the rules file, Linnworks, QuickBooks, the store.
pub async fn run(place: &Place, arguments: &ReplayArguments) -> anyhow::Result<Exit> {
    let rules = Arc::new(read_named_rules(&arguments.rules)?);
    let assembly = place.assemble(no_progress()).await?;
    let zone = zone_of(&assembly.core).await?;
    let window = Window {
        from: parse_instant("--from", &arguments.from, &zone, false)?,
        to: parse_instant("--to", &arguments.to, &zone, true)?,
    };
    let (source, books) = (assembly.source.as_ref(), assembly.books.as_ref());
    let found = replay(&assembly.core, source, books, window, rules).await?;
    if arguments.json {
        show::print_json(&found)?;
    } else {
        print_replay(&found);
    }
    let whole = found.not_compared.is_empty();
    Ok(if whole { Exit::Fine } else { Exit::Waiting })
}

fn print_replay(found: &Replay) {
    let mut shown = show::table(&["Order", "State", "Field", "Now", "Under the other rules"]);
    for document in &found.differing {
        for change in &document.changes {
            shown.add_row([
                document.number.as_str(),
                document.state,
                change.field.as_str(),
                change.before.as_str(),
                change.after.as_str(),
            ]);
        }
    }
    if !found.differing.is_empty() {
        say!("{shown}");
    }
    for one in &found.not_compared {
        say!("Not compared: order {}: {}", one.number, one.why);
    }
    say!(
        "{} documents compared, {} would differ. Replay: nothing was sent and nothing was stored.",
        found.compared,
        found.differing.len()
    );
}
