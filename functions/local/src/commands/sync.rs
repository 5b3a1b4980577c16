//! `linnbooks sync`: one run, or a dry run.
//!
//! In: a window or order numbers. Out: what happened to each document. A dry run reads both sides and writes nothing.

use domain::{DocumentState, StateName};
use pipeline::fetch::{FetchRequest, OrderBooks, choose_window, find_references};
use pipeline::preview::{Plan, plan};
use pipeline::{Core, RunError, lists};
use ports::{OrderHeader, SourceOrder};
use serde::Serialize;

use super::{RunReport, parse_instant, zone_of};
use crate::assemble::Assembly;
use crate::cli::{Status, SyncArguments};
use crate::exit::Exit;
use crate::place::{Place, Synced};
use crate::progress::progress_bar;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, Linnworks while fetching, the store.
pub async fn run(place: &Place, arguments: &SyncArguments) -> anyhow::Result<Exit> {
    if arguments.dry_run {
        return dry_run(place, arguments).await;
    }
    let (listener, bar) = progress_bar();
    let synced = place.sync(arguments, listener).await;
    bar.finish_and_clear();
    let report = match synced? {
        Synced::Done(report) => report,
        Synced::Asked(run) => {
            if arguments.json {
                show::print_json(&serde_json::json!({ "run_id": run, "state": "requested" }))?;
            } else {
                say!("Asked for, as run {run}. {}", place.what_follows());
            }
            return Ok(Exit::Fine);
        }
    };
    if arguments.json {
        show::print_json(&report)?;
    } else {
        print_report(&report);
    }
    // Also what earlier runs left waiting: a scheduler shall not see green while an order is held.
    Ok(if report.waiting > 0 && report.exit() == Exit::Fine {
        Exit::Waiting
    } else {
        report.exit()
    })
}

/// The setting orders.status gives way to --status for this run.
pub fn choose_status(core: &mut Core, arguments: &SyncArguments) {
    let wanted = match arguments.status {
        None => return,
        Some(Status::Processed) => mapping::OrderStatusWanted::Processed,
        Some(Status::Open) => mapping::OrderStatusWanted::Open,
        Some(Status::Both) => mapping::OrderStatusWanted::Both,
    };
    let mut settings = core.settings.as_ref().clone();
    settings.orders.status = wanted;
    core.settings = std::sync::Arc::new(settings);
}

/// What the arguments ask for.
///
/// # Errors
/// Dates that cannot be read.
pub async fn to_request(core: &Core, arguments: &SyncArguments) -> anyhow::Result<FetchRequest> {
    let zone = zone_of(core).await?;
    let since = arguments
        .since
        .as_deref()
        .map(|text| parse_instant("--since", text, &zone, false))
        .transpose()?;
    let until = arguments
        .until
        .as_deref()
        .map(|text| parse_instant("--until", text, &zone, true))
        .transpose()?;
    let books = match core.settings.orders.status {
        mapping::OrderStatusWanted::Processed => OrderBooks::Processed,
        mapping::OrderStatusWanted::Open => OrderBooks::Open,
        mapping::OrderStatusWanted::Both => OrderBooks::Both,
    };
    Ok(FetchRequest {
        since,
        until,
        references: arguments.orders.clone(),
        books,
    })
}

/// The report for people.
pub fn print_report(report: &RunReport) {
    let summary = &report.summary;
    if !summary.documents.is_empty() {
        show::print_documents(&summary.documents);
        show::print_totals(&summary.totals);
    }
    say!(
        "{} fetched; {}; {} calls to Linnworks, {} to QuickBooks",
        report.fetched,
        show::counts_sentence(summary),
        report.calls.linnworks,
        report.calls.quickbooks
    );
    let shown = report
        .summary
        .documents
        .iter()
        .filter(|row| !row.state.is_settled())
        .count();
    if report.waiting > shown {
        say!(
            "{} more wait from earlier runs: `linnbooks log --state held`, and likewise conflict and unknown.",
            report.waiting - shown
        );
    }
    for finding in &report.preflight {
        say!("Settings: {finding}");
    }
    if let Some(error) = &report.stopped_by {
        say!("The run ended early: {error}");
        say!("Nothing is lost: the next `linnbooks sync` goes on from here.");
    }
    if let Some(at) = report.run_again_at {
        say!(
            "Run `linnbooks sync` again at or after {}: something is not settled yet.",
            show::show_instant(at)
        );
    }
}

/// One order of a dry run.
#[derive(Debug, Serialize)]
struct Planned {
    number: String,
    source_id: String,
    plan: &'static str,
    reason: Option<String>,
    document: Option<String>,
    doc_number: Option<String>,
    customer: Option<String>,
    total: Option<String>,
    currency: Option<String>,
    warnings: Vec<String>,
}

async fn dry_run(place: &Place, arguments: &SyncArguments) -> anyhow::Result<Exit> {
    let (listener, bar) = progress_bar();
    let mut assembly = place.assemble(listener).await?;
    choose_status(&mut assembly.core, arguments);
    let request = to_request(&assembly.core, arguments).await?;
    let headers = find_headers(&assembly, &request).await?;
    let known = lists::peek_lists(&assembly.core, assembly.books.as_ref()).await?;
    let read = assembly.source.read_orders(&headers).await?;
    let mut rows = Vec::new();
    for order in read.orders {
        let row = match order {
            SourceOrder::Malformed { id, cause } => unreadable(&headers, id, cause),
            SourceOrder::Read(order) => {
                let record = assembly
                    .core
                    .store
                    .get(&domain::DocumentKey::order(order.id))
                    .await?;
                if let Some(record) = record.filter(|record| record.state.name() == StateName::Posted) {
                    already_posted(&order, &record.state)
                } else {
                    let (explanation, plan) =
                        plan(&assembly.core, assembly.books.as_ref(), &known, &order, None).await?;
                    planned(&order, plan, explanation.warnings)
                }
            }
        };
        rows.push(row);
    }
    bar.finish_and_clear();
    rows.sort_by_key(|row| (row.number.parse::<i64>().ok(), row.number.clone()));
    if arguments.json {
        show::print_json(&serde_json::json!({ "dry_run": true, "documents": rows }))?;
    } else {
        print_plans(&rows);
    }
    let waits = rows.iter().any(|row| row.plan == "hold");
    Ok(if waits { Exit::Waiting } else { Exit::Fine })
}

async fn find_headers(assembly: &Assembly, request: &FetchRequest) -> Result<Vec<OrderHeader>, RunError> {
    if !request.references.is_empty() {
        return find_references(assembly.source.as_ref(), &request.references).await;
    }
    let mut headers = Vec::new();
    if request.books != OrderBooks::Open {
        let window = choose_window(&assembly.core, request).await?;
        headers.extend(assembly.source.find_processed(window).await?);
    }
    if request.books != OrderBooks::Processed {
        headers.extend(assembly.source.find_open().await?);
    }
    Ok(headers)
}

fn unreadable(headers: &[OrderHeader], id: domain::OrderId, cause: String) -> Planned {
    let number = headers
        .iter()
        .find(|header| header.id == id)
        .map(|header| header.number.to_string());
    Planned {
        number: number.unwrap_or_default(),
        source_id: id.to_string(),
        plan: "hold",
        reason: Some(cause),
        document: None,
        doc_number: None,
        customer: None,
        total: None,
        currency: None,
        warnings: Vec::new(),
    }
}

fn already_posted(order: &domain::Order, state: &DocumentState) -> Planned {
    let transactions: Vec<String> = state
        .transactions()
        .iter()
        .map(|one| format!("{} {}", one.kind.as_str(), one.id))
        .collect();
    let mut row = planned_base(order, "nothing");
    row.reason = Some(format!("posted already as {}", transactions.join(", ")));
    row
}

fn planned_base(order: &domain::Order, plan: &'static str) -> Planned {
    let total = order.total_charge().rounded();
    Planned {
        number: order.number.to_string(),
        source_id: order.id.to_string(),
        plan,
        reason: None,
        document: None,
        doc_number: None,
        customer: None,
        total: Some(domain::money::show_amount(total.amount, total.currency)),
        currency: Some(total.currency.to_string()),
        warnings: Vec::new(),
    }
}

fn planned(order: &domain::Order, plan: Plan, warnings: Vec<String>) -> Planned {
    match plan {
        Plan::Skip(reason) => Planned {
            reason: Some(reason.to_string()),
            ..planned_base(order, "skip")
        },
        Plan::Hold(reason) => Planned {
            reason: Some(reason.to_string()),
            ..planned_base(order, "hold")
        },
        Plan::Post { document, .. } => {
            let steps: Vec<&str> = document.kind.steps().iter().map(|step| step.as_str()).collect();
            Planned {
                document: Some(steps.join(" + ")),
                doc_number: document.doc_number.as_ref().map(ToString::to_string),
                customer: Some(document.customer.name().to_owned()),
                warnings,
                ..planned_base(order, "post")
            }
        }
    }
}

fn print_plans(rows: &[Planned]) {
    let mut shown = show::table(&[
        "Order",
        "Plan",
        "Total",
        "Document",
        "Number",
        "Customer",
        "Why, or warnings",
    ]);
    for row in rows {
        let total = [row.total.as_deref(), row.currency.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        let why = row.reason.clone().unwrap_or_else(|| row.warnings.join("; "));
        shown.add_row([
            row.number.clone(),
            row.plan.to_owned(),
            total,
            row.document.clone().unwrap_or_default(),
            row.doc_number.clone().unwrap_or_default(),
            row.customer.clone().unwrap_or_default(),
            why,
        ]);
    }
    say!("{shown}");
    say!("Dry run: nothing was stored and nothing was sent to QuickBooks but questions.");
}
