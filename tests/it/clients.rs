//! Third-party clients in daily use drive both simulators, so that the simulators are not only what linnbooks believes them to be.
//!
//! In: `LINNBOOKS_PYTHON`, a Python with the packages that `tests/run` installs; the scripts of `tests/clients`. Out: failed checks by
//! name. Ignored outside `tests/run`, since only that installs the packages. Says nothing about the product itself.

use std::path::PathBuf;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulators::linnworks::LinnworksSimulator;
use simulators::quickbooks_online::{CompanySeed, ItemSeed, QuickBooksOnlineSimulator, RateLimits};
use simulators::time::SimulatedTime;
use simulators::world::{Expectation, World, WorldOptions};

/// Calls a minute of the simulated QuickBooks: more than the checks need, few enough to be used up at once.
const CALLS_PER_MINUTE: usize = 200;

/// Runs a script of `tests/clients` and prints what it says.
async fn run_script(name: &str, situation: Value) {
    let python = std::env::var_os("LINNBOOKS_PYTHON").expect(
        "LINNBOOKS_PYTHON is not set: run `tests/run clients`, which installs the clients and sets it",
    );
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(name);
    let mut command = Command::new(python);
    command
        .arg("-B")
        .arg(&script)
        .env("LINNBOOKS_SITUATION", situation.to_string());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{name} found something: {complaints}");
}

fn order_facts(world: &World) -> Vec<Value> {
    let orders = world.orders.iter();
    orders
        .map(|made| {
            let (total, currency) = match &made.expectation {
                Expectation::Posted { total, currency } => (Some(format!("{total:.2}")), Some(currency)),
                Expectation::Skipped { .. } | Expectation::Held { .. } => (None, None),
            };
            json!({"id": made.order["OrderId"], "number": made.number, "total": total, "currency": currency})
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python packages; tests/run installs them"]
async fn a_client_generated_from_the_vendors_descriptions_understands_the_linnworks_simulator() {
    let now = Timestamp::now();
    let span = SignedDuration::from_hours(48);
    let options = WorldOptions {
        orders_count: 50,
        until: now,
        span,
        ..WorldOptions::default()
    };
    let world = World::generate(3, options);
    let linnworks = LinnworksSimulator::start(world.order_values(), SimulatedTime::new())
        .await
        .unwrap();
    let credentials = linnworks.credentials();
    let date = |instant: Timestamp| instant.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let situation = json!({
        "address": linnworks.address(),
        "application_id": credentials.application_id,
        "application_secret": credentials.application_secret,
        "token": credentials.token,
        "from": date(now - span - SignedDuration::from_hours(1)),
        "to": date(now + SignedDuration::from_hours(1)),
        "orders": order_facts(&world),
    });
    run_script("linnworks_client.py", situation).await;
    let counters = linnworks.counters();
    assert!(
        counters.search > 2 && counters.answered_401 > 0 && counters.answered_429 > 0,
        "{counters:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python packages; tests/run installs them"]
async fn python_quickbooks_and_intuit_oauth_work_against_the_quickbooks_simulator() {
    let company =
        CompanySeed::united_kingdom().with_items(vec![ItemSeed::non_inventory("Check mug", "CHECK-MUG")]);
    let quickbooks = QuickBooksOnlineSimulator::start(company, SimulatedTime::new())
        .await
        .unwrap();
    quickbooks.set_switches(|switches| {
        let enough = CALLS_PER_MINUTE * 2;
        switches.rate_limits = RateLimits {
            per_minute: CALLS_PER_MINUTE,
            per_second: enough,
            ..RateLimits::documented()
        };
    });
    let credentials = quickbooks.credentials();
    let situation = json!({
        "address": quickbooks.address(),
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "refresh_token": credentials.refresh_token,
        "realm_id": credentials.realm_id,
        "calls_per_minute": CALLS_PER_MINUTE,
    });
    run_script("quickbooks_client.py", situation).await;
    let books = quickbooks.books();
    assert!(
        !books.customers.iter().any(|one| one.display_name == "Too late"),
        "a refused call wrote"
    );
    assert_eq!(
        books
            .transactions
            .iter()
            .filter(|one| one.kind.name() == "Payment")
            .count(),
        1
    );
}
