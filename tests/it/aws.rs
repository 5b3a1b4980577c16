//! The stack of template.yaml on an emulator of AWS: schedule -> fetch -> queue -> transform -> queue -> post -> simulated accounts.
//!
//! In: the built functions (`LINNBOOKS_FUNCTIONS`), a Python with boto3 (`LINNBOOKS_AWS_PYTHON`); tests/aws/run sets both. Out: the books,
//! audited by what shares nothing with the product. The emulator runs the functions as processes of this machine, by their event source
//! mappings and schedules.
//!
//! Where the emulator differs from AWS: it enforces no role (tests/aws/policies.py compares them with the recorded calls instead), hands
//! numbers of CloudFormation parameters over as text (tests/aws/stack.py), ignores batching windows, and knows no alarms and no
//! dashboard (left out by the template's one parameter for tests).

mod stack;

use std::time::Duration;

use integration_tests::audit::{Stage, audit_books, audit_log};
use integration_tests::world::{Seller, SellerOptions};
use jiff::SignedDuration;
use serde_json::json;
use simulators::quickbooks_online::{FaultKind, FaultProbabilities, FaultTarget};
use simulators::time::SimulatedTime;

use stack::Stack as Deployed;

/// Orders of the ordinary run.
const ORDERS: u32 = 1_000;

/// Orders of the run with faults.
const ORDERS_WITH_FAULTS: u32 = 300;

/// How long a run may take until nothing moves any more.
const PATIENCE: Duration = Duration::from_secs(540);

fn options(seed: u64) -> SellerOptions {
    SellerOptions {
        seed,
        batch_documents_max: 30,
        ..SellerOptions::default()
    }
}

/// Ends the run: nothing moves, the books are those that were expected, and so is the store.
async fn audit(seller: &Seller, deployed: &Deployed) {
    let rows = deployed.wait_until_settled(seller.expected.len(), PATIENCE).await;
    let books = seller.quickbooks.books();
    let mut violations = audit_books(&seller.expected, seller.document(), &books, Stage::Ended);
    violations.extend(audit_log(&seller.expected, &books, &rows, Stage::Ended));
    violations.truncate(20);
    assert!(violations.is_empty(), "{violations:#?}\n{}", deployed.words());
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn a_thousand_orders_pass_through_the_stack_by_its_schedules_to_the_penny() {
    let mut seller = Seller::open(options(41), SimulatedTime::new()).await;
    seller.add_orders(ORDERS);
    let begun = std::time::Instant::now();
    let deployed = Deployed::deploy(&seller, "books").await;
    audit(&seller, &deployed).await;
    println!(
        "{ORDERS} orders in {} s, deployment included",
        begun.elapsed().as_secs()
    );
    let counters = seller.quickbooks.counters();
    println!(
        "QuickBooks: {} batches with {} documents, {} reads",
        counters.batch, counters.batch_items, counters.reads
    );
    println!("peak memory in KB: {:?}", deployed.peak_memory_kilobytes());
    let proof = deployed
        .invoke("reconcile", &json!({"task": "proof", "days": 1}))
        .await;
    let unproved: Vec<_> = proof["answer"]["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .take(5)
        .collect();
    assert_eq!(proof["answer"]["proved"], true, "{unproved:?} {}", proof["error"]);
    deployed.check_policies().await;
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
        switches.fault_probabilities = Some(FaultProbabilities { seed: 43, entries })
    });
    let deployed = Deployed::deploy(&seller, "faults").await;
    deployed.wait_until_fetched(PATIENCE).await;
    deployed.purge("orders").await;
    deployed.send("orders", "{ this is no message").await;
    let killed = deployed
        .kill_functions_until_posted(&seller, Duration::from_secs(60))
        .await;
    println!("{killed} processes of functions were killed at work");
    deployed.purge("postings").await;
    seller
        .quickbooks
        .set_switches(|switches| switches.fault_probabilities = None);
    audit(&seller, &deployed).await;
    // Every message once more, twice: nothing is to be done any more.
    let before = seller.quickbooks.books().transactions.len();
    let keys: Vec<String> = seller.expected.keys().take(60).cloned().collect();
    for queue in ["orders", "postings", "postings"] {
        for id in &keys {
            deployed
                .send(
                    queue,
                    &json!({"version": 1, "key": format!("order:{id}")}).to_string(),
                )
                .await;
        }
    }
    deployed.wait_until_empty(&["orders", "postings"], PATIENCE).await;
    assert_eq!(
        seller.quickbooks.books().transactions.len(),
        before,
        "a repeated message posted again"
    );
    assert_eq!(
        deployed.count("orders-dead-letters").await,
        1,
        "the poison message is given up, and it alone"
    );
    let age = seller.time.now().duration_since(jiff::Timestamp::now());
    assert!(
        age.abs() < SignedDuration::from_secs(5),
        "the test goes by real time"
    );
}
