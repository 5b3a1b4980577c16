//! `linnbooks preview`: what would be posted for one order; writes nothing.
//!
//! In: an order number. Out: mapped fields with their sources, warnings, the planned request bodies, and for a posted order what
//! QuickBooks holds now. Two runs print the same bytes.

use domain::{DocumentState, Explanation, RuleTrace};
use pipeline::preview::{Plan, Preview, preview};
use ports::{FoundTransaction, Probe, ProbeBy};
use serde_json::{Value, json};

use crate::assemble::{Assembly, assemble};
use crate::cli::{Cli, PreviewArguments};
use crate::exit::Exit;
use crate::progress::no_progress;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, a number that fits none or several orders, Linnworks, QuickBooks.
pub async fn run(cli: &Cli, arguments: &PreviewArguments) -> anyhow::Result<Exit> {
    let assembly = assemble(cli, no_progress())?;
    let mut preview = preview(
        &assembly.core,
        assembly.source.as_ref(),
        assembly.books.as_ref(),
        &arguments.number,
    )
    .await?;
    if let Some(part) = &arguments.field {
        let part = part.to_lowercase();
        preview
            .explanation
            .fields
            .retain(|field| field.field.to_lowercase().contains(&part));
        let facts = &mut preview.explanation.rules.facts;
        facts.retain(|fact| fact.field.contains(&part));
    }
    let posted = read_posted(&assembly, &preview).await?;
    if arguments.json {
        show::print_json(&to_json(&preview, &posted)?)?;
    } else {
        print_preview(&preview, &posted)?;
    }
    Ok(if matches!(preview.plan, Plan::Hold(_)) {
        Exit::Waiting
    } else {
        Exit::Fine
    })
}

/// What QuickBooks holds of a document that is posted already.
async fn read_posted(assembly: &Assembly, preview: &Preview) -> anyhow::Result<Vec<FoundTransaction>> {
    let Some(record) = &preview.record else {
        return Ok(Vec::new());
    };
    let DocumentState::Posted { transactions, .. } = &record.state else {
        return Ok(Vec::new());
    };
    let probes: Vec<Probe> = transactions
        .iter()
        .map(|one| Probe {
            kind: one.kind,
            by: ProbeBy::Id(one.id.clone()),
        })
        .collect();
    Ok(assembly.books.look_up(&probes).await?)
}

/// What differs between the plan and what QuickBooks holds, in sentences; empty when nothing does.
fn differences(preview: &Preview, posted: &[FoundTransaction]) -> Vec<String> {
    let Plan::Post { document, .. } = &preview.plan else {
        return Vec::new();
    };
    let Some(record) = &preview.record else {
        return Vec::new();
    };
    let mut differences = Vec::new();
    for (kind, made) in document.kind.steps().iter().zip(record.state.transactions()) {
        let Some(now) = posted
            .iter()
            .find(|one| one.id == made.id && one.kind == made.kind)
        else {
            differences.push(format!(
                "{} {} is no longer in QuickBooks",
                made.kind.as_str(),
                made.id
            ));
            continue;
        };
        let name = format!("{} {}", kind.as_str(), now.id);
        if *kind != now.kind {
            differences.push(format!(
                "{} {} would be a {}",
                now.kind.as_str(),
                now.id,
                kind.as_str()
            ));
        }
        if now.total != document.total.amount || now.currency != document.total.currency {
            differences.push(format!(
                "{name}: total {} {} would be {}",
                now.total, now.currency, document.total
            ));
        }
        if *kind != domain::TransactionKind::Payment {
            if now.date.is_some_and(|date| date != document.date) {
                differences.push(format!("{name}: another date would be sent: {}", document.date));
            }
            let number = document.doc_number.as_ref().map(ToString::to_string);
            if number.is_some() && number != now.number {
                differences.push(format!(
                    "{name}: number {} would be {}",
                    now.number.as_deref().unwrap_or("-"),
                    number.unwrap_or_default()
                ));
            }
            if now.total_tax.is_some_and(|tax| tax != document.tax.total_tax) {
                differences.push(format!(
                    "{name}: tax {} would be {}",
                    now.total_tax.unwrap_or_default(),
                    document.tax.total_tax
                ));
            }
        }
    }
    differences
}

fn to_json(preview: &Preview, posted: &[FoundTransaction]) -> anyhow::Result<Value> {
    let total = preview.order.total_charge().rounded();
    let mut value = json!({
        "number": preview.order.number,
        "source_id": preview.order.id,
        "total": domain::money::show_amount(total.amount, total.currency),
        "currency": total.currency,
        "state": preview.record.as_ref().map(|record| record.state.name()),
        "fields": preview.explanation.fields,
        "order": preview.explanation.rules.facts,
        "rules": preview.explanation.rules.fired,
        "near_misses": preview.explanation.rules.near_misses,
        "rules_version": preview.explanation.rules.version,
        "ruled_difference": preview.explanation.rules.ruled_difference.map(|amount| amount.to_string()),
        "kept": preview.explanation.rules.kept,
        "warnings": preview.explanation.warnings,
    });
    let plan = match &preview.plan {
        Plan::Skip(reason) => json!({ "plan": "skip", "reason": reason }),
        Plan::Hold(reason) => json!({ "plan": "hold", "reason": reason }),
        Plan::Post {
            document,
            creates,
            requests,
        } => {
            let requests = requests
                .iter()
                .map(|request| {
                    let body: Box<serde_json::value::RawValue> = serde_json::value::RawValue::from_string(request.body.clone())?;
                    Ok(json!({ "resource": request.resource, "body": serde_json::to_value(&body)?, "bytes": request.body }))
                })
                .collect::<anyhow::Result<Vec<Value>>>()?;
            let creates: Vec<Value> = creates
                .iter()
                .map(|one| json!({ "kind": one.kind().as_str(), "name": one.name() }))
                .collect();
            json!({ "plan": "post", "document": document, "creates": creates, "requests": requests })
        }
    };
    if let (Some(value), Value::Object(plan)) = (value.as_object_mut(), plan) {
        value.extend(plan);
        if !posted.is_empty()
            || matches!(
                preview.record.as_ref().map(|record| record.state.name()),
                Some(domain::StateName::Posted)
            )
        {
            value.insert("differences".into(), json!(differences(preview, posted)));
        }
    }
    Ok(value)
}

fn print_preview(preview: &Preview, posted: &[FoundTransaction]) -> anyhow::Result<()> {
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
    if preview
        .record
        .as_ref()
        .is_some_and(|record| record.state.name() == domain::StateName::Posted)
    {
        let differences = differences(preview, posted);
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
