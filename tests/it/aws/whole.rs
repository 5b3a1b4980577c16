//! Whole runs of the stack: by its own schedules, mappings and queues.
//!
//! In: a seller's orders. Out: each posted once, held or skipped with its reason, sums equal; the calls for the comparison of the roles.

use std::time::Instant;

use integration_tests::audit::Stage;
use integration_tests::world::{Seller, SellerOptions};
use serde_json::{Value, json};
use simulators::quickbooks_online::{
    FaultKind, FaultProbabilities, FaultTarget, PreviousTokenGrace, TokenRotation,
};
use simulators::time::SimulatedTime;

use super::stack::{EVERY_MINUTE, Options, Stack};

/// Orders of the ordinary run.
const ORDERS: u32 = 1_000;
/// Orders of the run with faults.
const ORDERS_WITH_FAULTS: u32 = 300;
/// Orders of the long run.
const ORDERS_LONG: u32 = 10_000;
/// Seconds after which the long run's fetch is ended by Lambda: it takes several.
const FETCH_SECONDS: u32 = 45;
/// Processes killed in the run with faults, where so many can be.
const KILLS: usize = 30;
/// An access token of QuickBooks is renewed with ten minutes left (quickbooks-online.md 1.4): of this life, ten seconds are used.
const TOKEN_LIFE_SECONDS: u32 = 610;
const TOKEN_USED_SECONDS: u64 = 10;

fn options(seed: u64) -> SellerOptions {
    SellerOptions {
        seed,
        batch_documents_max: 30,
        ..SellerOptions::default()
    }
}

async fn deploy(seller: &Seller, name: &'static str, judged: bool) -> Stack {
    let options = Options {
        name,
        fetch: EVERY_MINUTE,
        sweep: EVERY_MINUTE,
        settings: true,
        judged,
    };
    Stack::deploy(seller, &options).await
}

fn print_numbers(seller: &Seller, deployed: &Stack, orders: u32, begun: Instant) {
    let counters = seller.quickbooks.counters();
    println!(
        "{orders} orders in {} s, deployment included",
        begun.elapsed().as_secs()
    );
    println!(
        "QuickBooks: {} calls, {} of them batches with {} documents, {} reads, {} token requests",
        counters.total, counters.batch, counters.batch_items, counters.reads, counters.token
    );
    println!("Linnworks: {} calls", seller.linnworks.counters().total);
    println!("peak memory in KB: {:?}", deployed.peak_memory_kilobytes());
}

async fn prove(deployed: &Stack) {
    let task = json!({"task": "proof", "days": 1});
    let proof = deployed.invoke("reconcile", &task).await;
    let differences = proof["answer"]["differences"].as_array();
    let unproved: Vec<&Value> = differences.into_iter().flatten().take(5).collect();
    assert_eq!(proof["answer"]["proved"], true, "{unproved:?} {}", proof["error"]);
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn a_thousand_orders_pass_through_the_stack_by_its_schedules_to_the_penny() {
    let mut seller = Seller::open(options(41), SimulatedTime::new()).await;
    seller.add_orders(ORDERS);
    // The hardest that Intuit may do: every refresh gives another token, and the one before is dead at once. Whoever of post, post and
    // reconcile refreshes with a token that another replaced ends the connection for all, and nothing more is posted.
    seller.quickbooks.set_switches(|switches| {
        switches.access_token_life_seconds = TOKEN_LIFE_SECONDS;
        switches.token_rotation = TokenRotation::EveryRefresh;
        switches.previous_token_grace = PreviousTokenGrace::None;
    });
    let begun = Instant::now();
    let deployed = deploy(&seller, "books", false).await;
    deployed.wait_until_settled().await;
    deployed.audit(&seller, Stage::Ended).await;
    print_numbers(&seller, &deployed, ORDERS, begun);
    prove(&deployed).await;
    let counters = seller.quickbooks.counters();
    let refreshes_max = begun.elapsed().as_secs() / TOKEN_USED_SECONDS + 1;
    assert!(
        (2..=refreshes_max).contains(&counters.token),
        "{} refreshes; one at a time would be at most {refreshes_max}",
        counters.token
    );
    assert_eq!(counters.unauthorized_401, 0, "a token that had ended was used");
    deployed.recorder.keep_record("books").await;
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn faults_kills_wiped_queues_and_repeated_messages_double_and_lose_nothing() {
    let mut seller = Seller::open(options(43), SimulatedTime::new()).await;
    seller.add_orders(ORDERS_WITH_FAULTS);
    let faults = [
        (FaultKind::CommitThenDropConnection, 0.1),
        (FaultKind::DropBeforeCommit, 0.05),
        (FaultKind::CommitThen500, 0.05),
        (FaultKind::Unavailable503BeforeCommit, 0.05),
    ];
    let entries = faults
        .into_iter()
        .map(|(kind, share)| (kind, FaultTarget::WriteOrBatch, share))
        .collect();
    seller.quickbooks.set_switches(|switches| {
        switches.fault_probabilities = Some(FaultProbabilities { seed: 43, entries });
        // A function may be killed between Intuit's answer and the vault: the token before must still do (quickbooks-online.md 1.4).
        switches.access_token_life_seconds = TOKEN_LIFE_SECONDS;
        switches.token_rotation = TokenRotation::EveryRefresh;
        switches.previous_token_grace = PreviousTokenGrace::Hours(24);
    });
    let deployed = deploy(&seller, "faults", true).await;
    let shares = json!({
        "seed": 43, "throttle": 0.04, "error": 0.02, "lose": 0.02, "late": 0.01, "slow": 0.02, "part": 0.1, "twice": 0.1,
        "shuffle_seconds": 4,
    });
    deployed.recorder.set_faults(&shares).await;
    deployed.wait_until_fetched().await;
    deployed.purge("orders").await;
    deployed.send("orders", &["{ this is no message".into()]).await;
    let killed = deployed.kill_functions(KILLS, 43).await;
    println!("processes of functions killed at work: {killed:?}");
    deployed.purge("postings").await;
    seller
        .quickbooks
        .set_switches(|switches| switches.fault_probabilities = None);
    deployed.wait_until_settled().await;
    deployed.audit(&seller, Stage::Ended).await;
    repeat_every_message_twice(&seller, &deployed).await;
    deployed.recorder.set_faults(&json!({})).await;
    deployed.audit(&seller, Stage::Ended).await;
    assert_eq!(
        deployed.count("orders-dead-letters").await,
        1,
        "the poison message is given up, and it alone"
    );
    prove(&deployed).await;
    let struck = deployed.recorder.keep_record("faults").await;
    println!("calls of AWS that went wrong: {struck}");
    for kind in ["throttle", "error", "lose", "late", "slow", "part", "twice"] {
        assert!(
            struck[kind].as_u64().is_some_and(|count| count > 0),
            "{kind} never struck: {struck}"
        );
    }
}

/// Every document's message once more to be mapped and twice to be posted, backwards: nothing is to be done any more.
async fn repeat_every_message_twice(seller: &Seller, deployed: &Stack) {
    let before = seller.quickbooks.books().transactions.len();
    let ids = seller.expected.keys().rev().take(60);
    let messages: Vec<String> = ids
        .map(|id| json!({"version": 1, "key": format!("order:{id}")}).to_string())
        .collect();
    for queue in ["orders", "postings", "postings"] {
        deployed.send(queue, &messages).await;
    }
    deployed.wait_until_empty(&["orders", "postings"]).await;
    assert_eq!(
        seller.quickbooks.books().transactions.len(),
        before,
        "a repeated message posted again"
    );
}

#[tokio::test]
#[ignore = "started by tests/aws/run long, which builds the functions"]
async fn long_ten_thousand_orders_take_several_fetches_and_none_is_missed() {
    let mut seller = Seller::open(options(47), SimulatedTime::new()).await;
    seller.add_orders(ORDERS_LONG);
    let begun = Instant::now();
    let deployed = deploy(&seller, "long", false).await;
    deployed.limit("fetch", FETCH_SECONDS).await;
    deployed.wait_until_settled().await;
    deployed.audit(&seller, Stage::Ended).await;
    print_numbers(&seller, &deployed, ORDERS_LONG, begun);
    prove(&deployed).await;
}
