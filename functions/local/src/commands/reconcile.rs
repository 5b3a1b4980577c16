//! `linnbooks reconcile`: proves that every penny arrived, or lists what did not.
//!
//! In: two days. Out: PROVED with the sums, or the differences by order. Changes nothing.

use ports::Window;

use super::{parse_instant, zone_of};
use crate::cli::ReconcileArguments;
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::no_progress;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, dates, Linnworks, QuickBooks, the store.
pub async fn run(place: &Place, arguments: &ReconcileArguments) -> anyhow::Result<Exit> {
    let assembly = place.assemble(no_progress()).await?;
    let zone = zone_of(&assembly.core).await?;
    let window = Window {
        from: parse_instant("--from", &arguments.from, &zone, false)?,
        to: parse_instant("--to", &arguments.to, &zone, true)?,
    };
    let proof = pipeline::reconcile::reconcile(
        &assembly.core,
        assembly.source.as_ref(),
        assembly.books.as_ref(),
        window,
    )
    .await?;
    if arguments.json {
        show::print_json(&proof)?;
    } else {
        print_proof(&proof);
    }
    Ok(if proof.proved { Exit::Fine } else { Exit::Waiting })
}

fn print_proof(proof: &pipeline::reconcile::Proof) {
    show::print_totals(&proof.summary.totals);
    for (code, count) in &proof.skipped_by {
        say!("{count} skipped: {code}");
    }
    for one in &proof.changed_by_rules {
        say!(
            "Rules changed the total of order {}: {} in Linnworks, {} in QuickBooks",
            one.number,
            one.source,
            one.posted
        );
    }
    let held: Vec<_> = proof
        .summary
        .documents
        .iter()
        .filter(|row| row.state == pipeline::report::ShownState::Held)
        .cloned()
        .collect();
    if !held.is_empty() {
        say!("Held, with the reason:");
        show::print_documents(&held);
    }
    if !proof.differences.is_empty() {
        let mut shown = show::table(&["Order", "Difference", "What", "What to do"]);
        for one in &proof.differences {
            shown.add_row([
                one.number.as_str(),
                one.kind,
                one.what.as_str(),
                one.remedy.as_str(),
            ]);
        }
        say!("{shown}");
    }
    let counts = show::counts_sentence(&proof.summary);
    if proof.proved {
        say!(
            "PROVED: {} orders in Linnworks = {counts}; every posted one is in QuickBooks with the same total.",
            proof.orders
        );
    } else {
        say!(
            "NOT PROVED: {} orders in Linnworks; {counts}; {} differences.",
            proof.orders,
            proof.differences.len()
        );
    }
}
