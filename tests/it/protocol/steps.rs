//! Every single step fails once: for each call to the store and queue, in turn, a scenario is played in which that call fails, or in
//! which the process dies there. Afterwards clean runs bring every order into the books exactly once (reliability.md 1.4).
//!
//! The scenario has an anomaly of each kind, invoices with payments, a batch of which a part was done, and a QuickBooks that honours
//! neither requestid nor unique numbers: nothing but the protocol protects from a double.

use std::sync::Arc;

use integration_tests::bench::{Bench, SETTLE, quiet};
use integration_tests::faulty_store::{Failing, FaultyStore};
use integration_tests::world::SellerOptions;
use simulators::quickbooks_online::{FaultKind, FaultTarget, PlannedFault, RequestIdMode};

const ORDERS: u32 = 6;
/// More steps than the scenario has; reaching it means that the sweep does not end.
const STEPS_MAX: usize = 400;
/// Fewer steps than the scenario has; less means that the sweep fails nothing.
const STEPS_MIN: usize = 40;

/// Plays the scenario with one failing step; true when that step was reached.
async fn play(failing: Failing, step: usize) -> bool {
    let options = SellerOptions {
        document: "invoice_with_payment",
        anomalies: true,
        seed: 4,
        ..quiet()
    };
    let mut faulty = None;
    let mut bench = Bench::open_over(options, |store| {
        let wrapped = Arc::new(FaultyStore::over(store, step, failing));
        faulty = Some(wrapped.clone());
        (wrapped.clone(), wrapped)
    })
    .await;
    let faulty = faulty.unwrap();
    bench.seller.add_orders(ORDERS);
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Ignored;
        switches.docnumber_unique = false;
        // The first batch creates the customers.
        let kind = FaultKind::BatchPartialThenDrop { committed: 2 };
        switches.fault_queue.push_back(PlannedFault {
            kind,
            target: FaultTarget::Batch,
            after: 1,
        });
    });
    for _ in 0..3 {
        // A run that fails is the point; what it leaves behind is judged below.
        let _ = bench.try_sync().await;
        faulty.revive();
        bench.pass(SETTLE);
    }
    let reached = faulty.has_failed();
    if !reached {
        // The undisturbed scenario has a lost answer in it, or the sweep proves little.
        assert!(
            bench.books.story().contains(&"look up".to_owned()),
            "{:?}",
            bench.books.story()
        );
    }
    faulty.heal();
    bench.finish().await;
    let violations = bench.violations().await;
    assert!(violations.is_empty(), "step {step}, {failing:?}: {violations:#?}");
    reached
}

async fn sweep(failing: Failing) {
    let mut step = 0;
    while play(failing, step).await {
        step += 1;
        assert!(step < STEPS_MAX, "{failing:?}: the scenario does not end");
    }
    assert!(step > STEPS_MIN, "{failing:?}: only {step} steps");
    println!("{failing:?}: {step} steps failed, one in each scenario");
}

#[tokio::test]
async fn a_step_of_the_store_that_fails_loses_and_doubles_nothing() {
    sweep(Failing::Before).await;
}

#[tokio::test]
async fn a_step_of_the_store_whose_answer_is_lost_loses_and_doubles_nothing() {
    sweep(Failing::AnswerLost).await;
}

#[tokio::test]
async fn dying_before_a_step_of_the_store_loses_and_doubles_nothing() {
    sweep(Failing::DiesBefore).await;
}

#[tokio::test]
async fn dying_after_a_step_of_the_store_loses_and_doubles_nothing() {
    sweep(Failing::DiesAfter).await;
}
