//! `linnbooks demo`: the main job against simulators, from nothing to a proof, in one command and without any account.
//!
//! In: a seed and a number of orders. Out: what happened to every order, and whether that is what its world expects. Uses a temporary
//! store and real HTTP; every wait moves the simulated clock instead of the real one.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use jiff::{SignedDuration, Timestamp};
use pipeline::fetch::FetchRequest;
use pipeline::report::{DocumentRow, ShownState};
use ports::Window;
use serde::Serialize;
use simulators::time::SimulatedTime;
use simulators::world::{Expectation, World, WorldOptions};
use store_sqlite::SqliteStore;

use super::{Calls, RunReport};
use crate::assemble::{Assembly, Parts, build};
use crate::cli::{DemoArguments, DemoDocument};
use crate::config::read_named_rules;
use crate::exit::Exit;
use crate::progress::progress_bar;
use crate::show;
use crate::stage::{Stage, StageClock, demo_settings, world_options};

/// The demo's clock starts here, so that the same seed always shows the same.
const DEMO_NOW: &str = "2026-05-14T09:00:00Z";

/// Surprises printed; `--json` has all of them.
const SURPRISES_SHOWN_MAX: usize = 10;

/// The first order number of the second batch of `--steady`.
const SECOND_BATCH_FIRST_NUMBER: i32 = 500_001;

/// One run of the demo.
#[derive(Debug, Serialize)]
struct DemoReport {
    seed: u64,
    #[serde(flatten)]
    run: RunReport,
    expected: bool,
    surprises: Vec<String>,
    proved: bool,
    /// Answers that said "too many requests": each would be of linnbooks' own making.
    throttled: u64,
    /// Minutes of simulated time from the first call to the last posting, waits for limits included.
    simulated_minutes: String,
    steady: Vec<SteadyRun>,
}

/// The calls of one further run.
#[derive(Debug, Serialize)]
struct SteadyRun {
    name: &'static str,
    fetched: usize,
    posted: usize,
    calls: Calls,
    quickbooks_reads: u64,
}

/// Runs the command.
///
/// # Errors
/// Ports, the temporary store; anything the use cases report.
pub async fn run(arguments: &DemoArguments) -> anyhow::Result<Exit> {
    let now: Timestamp = DEMO_NOW.parse()?;
    let until = now.checked_sub(SignedDuration::from_hours(1))?;
    let world = World::generate(arguments.seed, world_options(arguments.orders, until));
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let stage = Stage::start(world, SimulatedTime::starting_at(now), free, free).await?;
    let directory = tempfile::tempdir()?;
    let (listener, bar) = progress_bar();
    let clock = StageClock::of(&stage.time);
    let store = SqliteStore::open(directory.path(), clock.clone())?;
    let mut settings = demo_settings()?;
    // One call at a time, so that the same seed always gives the same numbers in QuickBooks.
    settings.posting.calls_at_once = 1;
    if arguments.document == DemoDocument::InvoiceWithPayment {
        settings.document.kind = mapping::DocumentType::InvoiceWithPayment;
    }
    let parts = Parts {
        config: stage.config(),
        settings,
        rules: arguments.rules.as_deref().map(read_named_rules).transpose()?,
        data: directory.path().to_owned(),
        clock,
        progress: listener,
    };
    let assembly = build(parts, store)?;
    let report = play(arguments, &stage, &assembly).await;
    bar.finish_and_clear();
    let report = report?;
    if arguments.json {
        show::print_json(&report)?;
    } else {
        print_demo(&report, &stage);
    }
    Ok(if report.expected && report.proved {
        Exit::Fine
    } else {
        Exit::Failed
    })
}

async fn play(arguments: &DemoArguments, stage: &Stage, assembly: &Assembly) -> anyhow::Result<DemoReport> {
    let begun = stage.time.now();
    let run = RunReport::of(assembly, &sync(assembly).await?).await?;
    let minutes = rust_decimal::Decimal::from(stage.time.now().duration_since(begun).as_secs())
        / rust_decimal::Decimal::from(60);
    let throttled = stage.quickbooks.counters().throttled_429;
    let surprises = compare(&stage.world, &run.summary.documents);
    let first = steady_run("first batch", &run, run.calls, stage);
    let proof = prove(assembly, stage).await?;
    let mut steady = Vec::new();
    if arguments.steady {
        stage.quickbooks.reset_counters();
        steady.push(first);
        add_second_batch(arguments, stage)?;
        for name in ["second batch", "nothing new"] {
            let before = calls(assembly);
            stage.quickbooks.reset_counters();
            let run = RunReport::of(assembly, &sync(assembly).await?).await?;
            let after = calls(assembly);
            let used = Calls {
                linnworks: after.linnworks - before.linnworks,
                quickbooks: after.quickbooks - before.quickbooks,
            };
            steady.push(steady_run(name, &run, used, stage));
            stage.time.advance(std::time::Duration::from_secs(600));
        }
    }
    Ok(DemoReport {
        seed: arguments.seed,
        run,
        expected: surprises.is_empty(),
        surprises,
        proved: proof,
        throttled,
        simulated_minutes: minutes.round_dp(1).to_string(),
        steady,
    })
}

async fn sync(assembly: &Assembly) -> Result<pipeline::sync::SyncRun, pipeline::RunError> {
    let request = FetchRequest::default();
    pipeline::sync::sync(
        &assembly.core,
        assembly.source.as_ref(),
        assembly.books.as_ref(),
        &request,
    )
    .await
}

fn calls(assembly: &Assembly) -> Calls {
    Calls {
        linnworks: assembly.source.calls(),
        quickbooks: assembly.books.calls(),
    }
}

fn steady_run(name: &'static str, run: &RunReport, calls: Calls, stage: &Stage) -> SteadyRun {
    let counters = stage.quickbooks.counters();
    SteadyRun {
        name,
        fetched: run.fetched,
        posted: run.summary.counts.posted,
        calls,
        quickbooks_reads: counters.reads,
    }
}

/// As many orders again, all of them ordinary, processed after the first batch.
fn add_second_batch(arguments: &DemoArguments, stage: &Stage) -> anyhow::Result<()> {
    stage.time.advance(std::time::Duration::from_secs(2 * 3_600));
    let until = stage.time.now().checked_sub(SignedDuration::from_mins(1))?;
    let options = WorldOptions {
        first_number: SECOND_BATCH_FIRST_NUMBER,
        span: SignedDuration::from_mins(90),
        ..world_options(arguments.orders, until).without_anomalies()
    };
    stage
        .linnworks
        .add_orders(World::generate(arguments.seed, options).order_values());
    Ok(())
}

async fn prove(assembly: &Assembly, stage: &Stage) -> anyhow::Result<bool> {
    let to = stage.time.now();
    let from = to.checked_sub(SignedDuration::from_hours(24 * 7))?;
    let (core, source, books) = (&assembly.core, assembly.source.as_ref(), assembly.books.as_ref());
    Ok(
        pipeline::reconcile::reconcile(core, source, books, Window { from, to })
            .await?
            .proved,
    )
}

/// Every order whose end is not the one its world expects.
fn compare(world: &World, rows: &[DocumentRow]) -> Vec<String> {
    let by_number: BTreeMap<&str, &DocumentRow> = rows.iter().map(|row| (row.number.as_str(), row)).collect();
    let mut surprises = Vec::new();
    for made in &world.orders {
        let number = made.number.to_string();
        let Some(row) = by_number.get(number.as_str()) else {
            surprises.push(format!("order {number} was never seen"));
            continue;
        };
        let fits = match &made.expectation {
            Expectation::Posted { total, currency } => {
                let total = total.to_string().parse::<rust_decimal::Decimal>().ok();
                row.state == ShownState::Posted
                    && row.currency.as_deref() == Some(currency)
                    && row.total.as_deref().and_then(|text| text.parse().ok()) == total
            }
            Expectation::Skipped { .. } => row.state == ShownState::Skipped,
            Expectation::Held { .. } => row.state == ShownState::Held,
        };
        if !fits {
            let state = row.state.as_str();
            let why = row.reason.as_deref().unwrap_or("");
            surprises.push(format!(
                "order {number} is {state}, expected {:?}. {why}",
                made.expectation
            ));
        }
    }
    surprises
}

fn print_demo(report: &DemoReport, stage: &Stage) {
    say!(
        "A seller's Linnworks account and a QuickBooks company, simulated over HTTP ({} and {}), seed {}.",
        stage.linnworks.address(),
        stage.quickbooks.address(),
        report.seed
    );
    super::sync::print_report(&report.run);
    for run in &report.steady {
        say!(
            "{}: {} fetched, {} posted, {} calls to Linnworks, {} to QuickBooks ({} reads)",
            run.name,
            run.fetched,
            run.posted,
            run.calls.linnworks,
            run.calls.quickbooks,
            run.quickbooks_reads
        );
    }
    for surprise in report.surprises.iter().take(SURPRISES_SHOWN_MAX) {
        say!("Not as expected: {surprise}");
    }
    let proved = if report.proved {
        "PROVED: Linnworks and QuickBooks agree to the penny."
    } else {
        "NOT PROVED."
    };
    let expected = if report.expected {
        "Every order ended as its world expects."
    } else {
        "Some orders did not end as expected."
    };
    say!("{proved} {expected}");
}
