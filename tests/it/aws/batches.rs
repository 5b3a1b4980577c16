//! Whole batches of SQS in processes of `post`: what the emulator, which hands out ten messages at most, cannot show.
//!
//! In: a stack whose documents are ready, its table in DynamoDB Local. Out: every order in the books once, whatever was killed, repeated,
//! refused or lost (reliability.md 1.4).

use std::time::Duration;

use domain::StateName;
use integration_tests::audit::Stage;
use integration_tests::world::{Seller, SellerOptions};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use simulators::quickbooks_online::{
    FaultKind, FaultProbabilities, FaultTarget, PlannedFault, PreviousTokenGrace, TokenRotation,
};
use simulators::time::SimulatedTime;

use super::bench::{Bench, batch};
use super::driver::Ended;

/// Orders of one test: three batches of QuickBooks in one batch of SQS, and some more.
const ORDERS: u32 = 90;
/// Kills in the middle of a batch.
const KILLS: usize = 12;

async fn seller(seed: u64) -> Seller {
    let options = SellerOptions {
        seed,
        batch_documents_max: 30,
        ..SellerOptions::default()
    };
    let mut seller = Seller::open(options, SimulatedTime::new()).await;
    seller.add_orders(ORDERS);
    seller
}

fn failures(ended: &Ended) -> usize {
    match ended {
        Ended::Answer(answer) => answer["batchItemFailures"].as_array().map_or(0, Vec::len),
        other => panic!("the batch ended as {other:?}"),
    }
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn a_batch_of_sixty_handed_to_two_processes_at_once_is_posted_once() {
    let seller = seller(51).await;
    let bench = Bench::ready(&seller, "twice").await;
    let keys = bench.keys(&[StateName::Ready]).await;
    assert!(keys.len() >= 60, "{} documents are ready", keys.len());
    let same = batch(&keys[..60]);
    // Both are in the middle of their first batch at the same time.
    let slow = FaultKind::SlowAnswer { milliseconds: 700 };
    seller.quickbooks.set_switches(|switches| {
        switches.fault_probabilities = Some(FaultProbabilities {
            seed: 51,
            entries: vec![(slow, FaultTarget::Batch, 1.0)],
        });
    });
    let (mut one, mut other) = (bench.start("post").await, bench.start("post").await);
    let (first, second) = tokio::join!(one.invoke(&same), other.invoke(&same));
    println!(
        "the two left {} and {} of 60 to be given again",
        failures(&first),
        failures(&second)
    );
    bench.stack.audit(&seller, Stage::Halfway).await;
    // The order of a standard queue is any; a message that was done comes once more.
    let mut again = keys.clone();
    again.shuffle(&mut StdRng::seed_from_u64(51));
    failures(&one.invoke(&batch(&again)).await);
    failures(&other.invoke(&batch(&again)).await);
    bench.settle_and_audit(&seller).await;
    assert!(
        seller.quickbooks.counters().batch_items <= 2 * u64::from(ORDERS),
        "documents were sent again and again"
    );
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn post_killed_in_the_middle_of_its_batches_doubles_and_loses_nothing() {
    let seller = seller(53).await;
    let bench = Bench::ready(&seller, "killed").await;
    let mut random = StdRng::seed_from_u64(53);
    let (mut killed, mut answers_lost) = (0, 0);
    for _ in 0..KILLS {
        let keys = bench
            .keys(&[StateName::Ready, StateName::Posting, StateName::Unknown])
            .await;
        if keys.is_empty() {
            break;
        }
        // The answer of a batch comes late, so that some kills fall between QuickBooks and the store.
        seller.quickbooks.set_switches(|switches| {
            switches.fault_queue = [PlannedFault {
                kind: FaultKind::SlowAnswer { milliseconds: 1_500 },
                target: FaultTarget::Batch,
                after: random.random_range(0..2),
            }]
            .into();
        });
        let mut post = bench.start("post").await;
        post.give(&batch(&keys));
        let instant = Duration::from_millis(random.random_range(20..1_800));
        if post.kill_after(instant).await == Ended::Gone {
            killed += 1;
        }
        let known = bench.keys(&[StateName::Posted]).await.len();
        answers_lost += usize::from(seller.quickbooks.books().transactions.len() > known);
        bench.stack.audit(&seller, Stage::Halfway).await;
        bench.sweep().await;
    }
    seller
        .quickbooks
        .set_switches(|switches| switches.fault_queue.clear());
    println!("{killed} processes were killed, {answers_lost} of them between QuickBooks and the store");
    assert!(killed >= 3, "only {killed} kills fell into a batch");
    assert!(
        answers_lost >= 1,
        "no kill fell between QuickBooks and the store: they prove nothing"
    );
    bench.settle_and_audit(&seller).await;
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn throttled_refused_and_lost_calls_of_the_table_double_and_lose_nothing() {
    let seller = seller(57).await;
    let mut bench = Bench::open(&seller, "judged").await;
    // What fails as a whole is given again, as Lambda and its queues do.
    bench.attempts_max = 20;
    let recorder = &bench.stack.recorder;
    let shares = json!({
        "seed": 57, "throttle": 0.04, "error": 0.02, "lose": 0.05, "late": 0.05, "part": 0.3, "twice": 0.2,
    });
    recorder.set_faults(&shares).await;
    bench.invoke("fetch", &json!({})).await;
    bench.settle().await;
    let struck = recorder.keep_record("judged").await;
    println!("calls of AWS that went wrong: {struck}");
    recorder.set_faults(&json!({})).await;
    bench.settle_and_audit(&seller).await;
    let total: u64 = struck
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, count)| count.as_u64())
        .sum();
    assert!(total > 50, "too little went wrong to prove anything: {struck}");
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn processes_that_need_a_token_at_once_refresh_it_once() {
    let seller = seller(59).await;
    let bench = Bench::ready(&seller, "refreshers").await;
    seller.quickbooks.set_switches(|switches| {
        switches.token_rotation = TokenRotation::EveryRefresh;
        switches.previous_token_grace = PreviousTokenGrace::None;
        switches.access_token_life_seconds = 3_600;
    });
    let keys = bench.keys(&[StateName::Ready]).await;
    assert!(keys.len() >= 45, "{} documents are ready", keys.len());
    for round in 0..3 {
        // The token that the store has is refused from now on; all find out at once.
        let before = seller.quickbooks.counters();
        seller.quickbooks.expire_access_tokens();
        let mut posts = Vec::new();
        for _ in 0..3 {
            posts.push(bench.start("post").await);
        }
        let mut reconcile = bench.start("reconcile").await;
        for (post, part) in posts.iter().zip(keys.chunks(5).skip(round * 3)) {
            post.give(&batch(part));
        }
        reconcile.give(&json!({"task": "sweep"}));
        for post in &mut posts {
            let ended = post.end().await;
            assert_eq!(failures(&ended), 0, "{ended:?} {}", bench.words());
        }
        let swept = reconcile.end().await;
        assert!(stopped_by(&swept).is_null(), "{swept:?} {}", bench.words());
        let after = seller.quickbooks.counters();
        assert_eq!(
            after.token - before.token,
            1,
            "round {round}: one refreshes, the others read what it stored"
        );
    }
    bench.settle_and_audit(&seller).await;
}

fn stopped_by(ended: &Ended) -> Value {
    match ended {
        Ended::Answer(answer) => answer["stopped_by"].clone(),
        other => panic!("the sweep ended as {other:?}"),
    }
}
