//! Lost answers: a look-up before any second send, and the same bytes when there is one (reliability.md 1.2 step 6, 1.4 C2 to C10).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::DocumentState;
use integration_tests::bench::{Bench, SETTLE, quiet};
use integration_tests::world::SellerOptions;
use simulators::quickbooks_online::{
    EntityKind, FaultKind, FaultTarget, LateCommit, RequestIdMode, RequestIdOtherBody, ThrottleForm,
};

const LOST: FaultKind = FaultKind::CommitThenDropConnection;
const NOTHING_DONE: FaultKind = FaultKind::DropBeforeCommit;

#[tokio::test]
async fn repeating_a_submission_after_timeout_creates_one_sales_receipt() {
    let mut bench = Bench::proven(quiet()).await;
    let order = bench.seller.add_orders(1).remove(0);
    bench.strike(LOST, FaultTarget::Write);
    bench.sync().await;
    assert_eq!(super::show(&bench.state(&order).await), "unknown");
    assert_eq!(bench.booked(&order).len(), 1, "QuickBooks did it");
    // Before the time has come nothing is sent and nothing is asked, however often it is run.
    bench.sync().await;
    bench.sync().await;
    assert_eq!(bench.books.story(), ["send 1"]);
    bench.pass(SETTLE);
    bench.sync().await;
    assert_eq!(bench.books.story(), ["send 1", "look up"]);
    let DocumentState::Posted { transactions, .. } = bench.state(&order).await else {
        panic!("not posted")
    };
    assert!(transactions[0].adopted);
    assert_eq!(
        bench
            .seller
            .quickbooks
            .counters()
            .created(EntityKind::SalesReceipt),
        1
    );
    bench.audit().await;
}

#[tokio::test]
async fn an_unknown_batch_is_looked_up_before_anything_is_sent_again() {
    let mut bench = Bench::proven(quiet()).await;
    bench.seller.add_orders(5);
    bench.strike(NOTHING_DONE, FaultTarget::Batch);
    bench.sync().await;
    bench.sync().await;
    assert_eq!(bench.books.story(), ["send 5"]);
    bench.pass(SETTLE);
    bench.sync().await;
    assert_eq!(bench.books.story(), ["send 5", "look up", "send 5"]);
    bench.audit().await;
}

#[tokio::test]
async fn a_batch_of_which_a_part_was_found_is_never_sent_again_as_a_whole() {
    let mut bench = Bench::proven(quiet()).await;
    // Nothing but the look-up protects the part that was done.
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Ignored;
        switches.docnumber_unique = false;
    });
    bench.seller.add_orders(5);
    bench.strike(
        FaultKind::BatchPartialThenDrop { committed: 2 },
        FaultTarget::Batch,
    );
    bench.finish().await;
    assert_eq!(
        bench.books.story(),
        ["send 5", "look up", "look up", "send 1", "send 1", "send 1"]
    );
    bench.audit().await;
}

/// A batch whose documents a bookkeeper deleted before linnbooks could look for them: its repetition is refused.
async fn refuse_replay(whole: bool) -> Bench {
    let mut bench = Bench::proven(quiet()).await;
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Replay6000;
        switches.replay_6000_whole = whole;
    });
    let orders = bench.seller.add_orders(3);
    bench.strike(LOST, FaultTarget::Batch);
    bench.sync().await;
    for order in &orders {
        let (id, _) = bench.booked(order).remove(0);
        bench
            .seller
            .quickbooks
            .delete_by_hand(EntityKind::SalesReceipt, &id)
            .unwrap();
    }
    bench.finish().await;
    bench
}

#[tokio::test]
async fn a_replay_refused_with_6000_leads_to_single_posts_after_a_second_look_up() {
    let bench = refuse_replay(false).await;
    let expected = [
        "send 3", "look up", "send 3", "look up", "send 1", "send 1", "send 1",
    ];
    assert_eq!(bench.books.story(), expected);
    bench.audit().await;
}

#[tokio::test]
async fn a_batch_refused_whole_with_6000_leads_to_single_posts_after_a_second_look_up() {
    let bench = refuse_replay(true).await;
    let expected = [
        "send 3", "look up", "send 3", "look up", "send 1", "send 1", "send 1",
    ];
    assert_eq!(bench.books.story(), expected);
    bench.audit().await;
}

#[tokio::test]
async fn a_replay_refused_with_6000_that_was_done_is_found_by_the_second_look_up() {
    for whole in [false, true] {
        let mut bench = Bench::proven(quiet()).await;
        bench.seller.quickbooks.set_switches(|switches| {
            switches.requestid = RequestIdMode::Replay6000;
            switches.replay_6000_whole = whole;
            switches.docnumber_unique = false;
            switches.query_staleness_seconds = 400;
        });
        bench.seller.add_orders(4);
        bench.strike(LOST, FaultTarget::Batch);
        bench.finish().await;
        assert_eq!(
            bench.books.story(),
            ["send 4", "look up", "send 4", "look up"],
            "whole: {whole}"
        );
        bench.audit().await;
    }
}

#[tokio::test]
async fn a_number_of_ours_in_use_is_adopted() {
    let mut bench = Bench::proven(quiet()).await;
    // The search does not show it in time, the repetition is written again: the number tells.
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Ignored;
        switches.query_staleness_seconds = 320;
    });
    let orders = bench.seller.add_orders(3);
    bench.strike(LOST, FaultTarget::Batch);
    bench.sync().await;
    bench.pass(SETTLE);
    let time = bench.seller.time.clone();
    bench
        .books
        .before_send(0, move || time.advance(Duration::from_secs(30)));
    bench.sync().await;
    assert_eq!(bench.books.story(), ["send 3", "look up", "send 3", "look up"]);
    for order in &orders {
        let DocumentState::Posted { transactions, .. } = bench.state(order).await else {
            panic!("not posted")
        };
        assert!(transactions[0].adopted);
    }
    bench.audit().await;
}

#[tokio::test]
async fn a_number_of_ours_in_use_is_adopted_although_searches_do_not_show_it_yet() {
    let mut bench = Bench::proven(quiet()).await;
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Ignored;
        switches.query_staleness_seconds = 500;
    });
    let order = bench.seller.add_orders(1).remove(0);
    bench.strike(LOST, FaultTarget::Write);
    bench.finish().await;
    assert_eq!(super::show(&bench.state(&order).await), "posted");
    bench.audit().await;
}

#[tokio::test]
async fn the_bytes_of_each_attempt_of_a_call_are_identical() {
    let mut bench = Bench::proven(quiet()).await;
    // QuickBooks itself watches: the same key with another body is refused.
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid_other_body = RequestIdOtherBody::Fault600;
        switches.query_staleness_seconds = 800;
    });
    bench.seller.add_orders(6);
    bench.strike(NOTHING_DONE, FaultTarget::Batch);
    bench.strike(FaultKind::TooManyRequests(ThrottleForm::Json), FaultTarget::Batch);
    bench.strike(LOST, FaultTarget::Batch);
    bench.sync().await;
    // The settings change while the call is on its way: what is frozen stays frozen.
    bench.change_settings(|settings| settings.document.number_prefix = Some("NEW-".to_owned()));
    bench.finish().await;
    let mut bodies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in bench.books.sent() {
        bodies
            .entry(call.request_id.to_string())
            .or_default()
            .insert(call.body);
    }
    assert_eq!(bodies.len(), 1, "one call only");
    assert!(bodies.values().all(|bodies| bodies.len() == 1));
    assert!(bench.books.sent().len() >= 3, "{:?}", bench.books.story());
    bench.audit().await;
}

#[tokio::test]
async fn a_batch_committed_long_after_its_connection_was_lost_is_not_doubled() {
    let mut bench = Bench::proven(quiet()).await;
    bench
        .seller
        .quickbooks
        .set_switches(|switches| switches.late_commit = LateCommit::SimulatedSeconds(250));
    bench.seller.add_orders(5);
    bench.strike(LOST, FaultTarget::Batch);
    bench.finish().await;
    assert_eq!(bench.books.story(), ["send 5", "look up"]);
    bench.audit().await;
}

#[tokio::test]
async fn reordered_answers_of_a_batch_reach_their_own_orders() {
    let mut bench = Bench::proven(quiet()).await;
    bench.seller.add_orders(7);
    bench.strike(FaultKind::BatchReordered, FaultTarget::Batch);
    bench.finish().await;
    assert_eq!(bench.books.story(), ["send 7"]);
    bench.audit().await;
}

#[tokio::test]
async fn documents_without_numbers_are_settled_by_date_total_and_marker() {
    let options = SellerOptions {
        custom_numbers: false,
        ..quiet()
    };
    let mut bench = Bench::proven(options).await;
    bench
        .seller
        .quickbooks
        .set_switches(|switches| switches.requestid = RequestIdMode::Ignored);
    // Two orders of the same day and total: only the marker tells them apart.
    let first = bench.seller.add_orders(1).remove(0);
    let mut twin = bench.seller.order(&first);
    twin["OrderId"] = "7d9f5c32-52a0-4f3a-9f4e-2a6f3f0c7b11".into();
    twin["NumOrderId"] = 900_001.into();
    let end = bench.seller.end_of(&first);
    bench.seller.add_order(twin, end);
    bench.seller.add_orders(3);
    bench.strike(
        FaultKind::BatchPartialThenDrop { committed: 1 },
        FaultTarget::Batch,
    );
    bench.finish().await;
    assert!(
        bench
            .seller
            .quickbooks
            .books()
            .transactions
            .iter()
            .all(|one| { one.doc_number.as_deref().is_none_or(|number| number.len() < 6) })
    );
    bench.audit().await;
}

#[tokio::test]
async fn storms_of_429_wait_and_lose_nothing() {
    for form in [ThrottleForm::Json, ThrottleForm::Xml, ThrottleForm::Old403] {
        let mut bench = Bench::proven(quiet()).await;
        bench.seller.add_orders(20);
        for _ in 0..9 {
            bench.strike(FaultKind::TooManyRequests(form), FaultTarget::WriteOrBatch);
        }
        let before = bench.core.now();
        bench.finish().await;
        assert!(
            bench.core.now().duration_since(before).as_secs() > 30,
            "{form:?}: it did not wait"
        );
        assert!(
            !bench.books.story().contains(&"look up".to_owned()),
            "{form:?}: a refused call is not unknown"
        );
        bench.audit().await;
    }
}

#[tokio::test]
async fn the_first_document_of_each_form_goes_alone() {
    let options = SellerOptions {
        gbp_only: false,
        ..quiet()
    };
    let mut bench = Bench::open(options).await;
    bench.seller.add_orders(40);
    bench.finish().await;
    let mut seen = BTreeSet::new();
    for call in bench.books.sent() {
        for entry in &call.entries {
            if seen.insert(entry.total.currency.to_string()) {
                assert_eq!(
                    call.entries.len(),
                    1,
                    "the first in {} went with others",
                    entry.total.currency
                );
            }
        }
    }
    assert!(seen.len() >= 3, "{seen:?}");
    bench.audit().await;
}
