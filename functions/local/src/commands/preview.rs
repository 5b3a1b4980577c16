//! `linnbooks preview`: what would be posted for one order; writes nothing.
//!
//! In: an order number. Out: mapped fields with their sources, warnings, the planned request bodies, and for a posted order what
//! QuickBooks holds now. Two runs print the same bytes.

use domain::{Explanation, RuleTrace};
use pipeline::preview::Plan;
use pipeline::preview_report::PreviewReport;
use serde_json::Value;

use crate::cli::PreviewArguments;
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::no_progress;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, a number that fits none or several orders, Linnworks, QuickBooks.
pub async fn run(place: &Place, arguments: &PreviewArguments) -> anyhow::Result<Exit> {
    let assembly = place.assemble(no_progress()).await?;
    let report = PreviewReport::of(
        &assembly.core,
        assembly.source.as_ref(),
        assembly.books.as_ref(),
        &arguments.number,
        arguments.field.as_deref(),
    )
    .await?;
    if arguments.json {
        show::print_json(&report.to_json()?)?;
    } else {
        print_preview(&report)?;
    }
    Ok(if matches!(report.preview.plan, Plan::Hold(_)) {
        Exit::Waiting
    } else {
        Exit::Fine
    })
}

fn print_preview(report: &PreviewReport) -> anyhow::Result<()> {
    let preview = &report.preview;
    let state = preview
        .record
        .as_ref()
        .map_or("never fetched", |record| record.state.name().as_str());
    say!(
        "Order {} ({}), {}",
        preview.order.number,
        preview.order.total_charge().rounded(),
        state
    );
    print_facts(&preview.explanation.rules);
    print_rules(&preview.explanation.rules);
    print_fields(&preview.explanation);
    match &preview.plan {
        Plan::Skip(reason) => say!("It would be skipped: {reason}"),
        Plan::Hold(reason) => say!("It would be held: {reason}"),
        Plan::Post {
            document,
            creates,
            requests,
        } => {
            for one in creates {
                say!("First created: {} '{}'", one.kind().as_str(), one.name());
            }
            say!(
                "Total {} as in Linnworks; tax {} ({})",
                document.total,
                document.tax.total_tax,
                document.tax.form.as_str()
            );
            for request in requests {
                // Indented for reading. QuickBooks takes at most 15 digits, which survive this; --json has the bytes themselves.
                let body: Value = serde_json::from_str(&request.body)?;
                say!(
                    "POST {}\n{}",
                    request.resource,
                    serde_json::to_string_pretty(&body)?
                );
            }
        }
    }
    if report.is_posted() {
        let differences = report.differences();
        if differences.is_empty() {
            say!("It is posted; no change.");
        }
        for one in differences {
            say!("It is posted, and differs: {one}");
        }
    }
    say!("Preview: nothing was written.");
    Ok(())
}

/// The order and its lines as rules see them, before and after.
fn print_facts(rules: &RuleTrace) {
    let mut shown = show::table(&["Line", "Field", "Value", "Before the rules", "From", "Rules"]);
    for fact in &rules.facts {
        let before = if fact.before == fact.after {
            ""
        } else {
            fact.before.as_str()
        };
        shown.add_row([
            fact.line
                .map(|line| line.to_string())
                .unwrap_or_default()
                .as_str(),
            fact.field.as_str(),
            fact.after.as_str(),
            before,
            fact.source.as_str(),
            fact.rules.join(", ").as_str(),
        ]);
    }
    if !rules.facts.is_empty() {
        say!("{shown}");
    }
}

/// The rules that fired, in order, and those that nearly did.
pub fn print_rules(rules: &RuleTrace) {
    let Some(version) = &rules.version else { return };
    say!("Rules (version {version}): {} fired", rules.fired.len());
    let place = |line: Option<usize>| line.map(|line| format!("line {line} ")).unwrap_or_default();
    for fired in &rules.fired {
        say!(
            "  {}{}",
            fired.rule,
            if fired.stopped {
                " (no later rule runs)"
            } else {
                ""
            }
        );
        for change in &fired.changes {
            say!(
                "    {}{}: '{}' -> '{}'",
                place(change.line),
                change.field,
                change.before,
                change.after
            );
        }
    }
    for near in &rules.near_misses {
        say!(
            "  Nearly: {} ({}{} failed; the value is '{}')",
            near.rule,
            place(near.line),
            near.failed,
            near.actual
        );
    }
    if let Some(difference) = rules.ruled_difference {
        say!("  The rules change the total by {difference}.");
    }
}

fn print_fields(explanation: &Explanation) {
    let mut shown = show::table(&["Field", "Value", "From", "Setting"]);
    for field in &explanation.fields {
        shown.add_row([
            field.field.as_str(),
            field.value.as_str(),
            field.source.as_deref().unwrap_or(""),
            field.setting.as_deref().unwrap_or(""),
        ]);
    }
    if !explanation.fields.is_empty() {
        say!("{shown}");
    }
    for warning in &explanation.warnings {
        say!("Note: {warning}");
    }
}
