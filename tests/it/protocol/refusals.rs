//! Refusals, totals that differ, numbers of others: nothing is posted that should not be, and the way out works.

use domain::{DocumentState, ReasonCode, TransactionId};
use integration_tests::bench::{Bench, quiet};
use pipeline::resolve::Decision;
use pipeline::resync::Resynced;
use serde_json::json;
use simulators::quickbooks_online::{EntityKind, TaxInclusiveReading};

/// An order whose number a transaction of another has; its id, and that of the transaction.
async fn taken_number() -> (Bench, String, String) {
    let mut bench = Bench::proven(quiet()).await;
    let other = bench.seller.quickbooks.books().transactions[0].id.clone();
    let order = bench.seller.add_orders(1).remove(0);
    let number = bench.seller.expected[&order].number.to_string();
    let note = json!({ "DocNumber": number, "PrivateNote": "typed by hand" });
    bench
        .seller
        .quickbooks
        .edit_by_hand(EntityKind::SalesReceipt, &other, &note)
        .unwrap();
    bench.sync().await;
    (bench, order, other)
}

#[tokio::test]
async fn a_number_of_another_is_a_conflict() {
    let (bench, order, other) = taken_number().await;
    assert_eq!(super::show(&bench.state(&order).await), "conflict number-taken");
    assert!(bench.booked(&order).is_empty());
    let DocumentState::Conflict { found, .. } = bench.state(&order).await else {
        unreachable!()
    };
    assert_eq!(found[0].id, TransactionId::new(other));
    // It stays so until a person decides.
    bench.books.forget();
    bench.sync().await;
    assert!(bench.books.sent().is_empty());
    assert!(matches!(bench.resync(&order, false).await, Resynced::Refused(_)));
}

#[tokio::test]
async fn a_conflict_about_a_number_ends_by_posting_once_the_number_is_free() {
    let (bench, order, other) = taken_number().await;
    let free = json!({ "DocNumber": "X1" });
    bench
        .seller
        .quickbooks
        .edit_by_hand(EntityKind::SalesReceipt, &other, &free)
        .unwrap();
    bench.resolve(&order, Decision::Post).await.unwrap();
    bench.finish().await;
    assert_eq!(super::show(&bench.state(&order).await), "posted");
    assert_eq!(bench.booked(&order).len(), 1);
}

#[tokio::test]
async fn replacing_in_a_conflict_about_a_number_leaves_the_other_transaction_alone() {
    let (bench, order, other) = taken_number().await;
    bench.resync(&order, true).await;
    bench.finish().await;
    assert_eq!(super::show(&bench.state(&order).await), "conflict number-taken");
    assert!(
        bench
            .seller
            .quickbooks
            .books()
            .transaction(EntityKind::SalesReceipt, &other)
            .is_some()
    );
}

/// Five orders of a company that computes otherwise; the id of the one that was posted.
async fn differing_totals() -> (Bench, Vec<String>, String) {
    let mut bench = Bench::open(quiet()).await;
    let reading = TaxInclusiveReading::AmountTakenAsNet;
    bench
        .seller
        .quickbooks
        .set_switches(|switches| switches.tax_inclusive = reading);
    let orders = bench.seller.add_orders(5);
    bench.sync().await;
    bench.sync().await;
    let mut conflicts = Vec::new();
    for order in &orders {
        if super::show(&bench.state(order).await) == "conflict total-differs" {
            conflicts.push(order.clone());
        } else {
            assert_eq!(super::show(&bench.state(order).await), "held form-paused");
        }
    }
    assert_eq!(conflicts.len(), 1, "the first of a form goes alone");
    assert_eq!(bench.seller.quickbooks.books().transactions.len(), 1);
    bench
        .seller
        .quickbooks
        .set_switches(|switches| switches.tax_inclusive = TaxInclusiveReading::default());
    (bench, orders, conflicts.remove(0))
}

#[tokio::test]
async fn a_differing_total_pauses_the_form_and_adopting_lifts_the_pause() {
    let (bench, orders, odd) = differing_totals().await;
    let id = TransactionId::new(bench.booked(&odd).remove(0).0);
    bench.resolve(&odd, Decision::Adopt(id)).await.unwrap();
    bench.finish().await;
    for order in &orders {
        assert_eq!(super::show(&bench.state(order).await), "posted");
        assert_eq!(bench.booked(order).len(), 1);
    }
}

#[tokio::test]
async fn a_differing_total_is_put_right_by_replacing() {
    let (bench, _, odd) = differing_totals().await;
    assert_eq!(bench.resync(&odd, true).await, Resynced::Queued);
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn a_refusal_for_outdated_lists_refreshes_them_once() {
    let mut bench = Bench::proven(quiet()).await;
    let order = bench.seller.add_orders(1).remove(0);
    let books = bench.seller.quickbooks.books();
    let skus = bench.seller.order(&order)["Items"].as_array().unwrap().clone();
    let mut items = skus
        .iter()
        .filter_map(|line| books.item_with_sku(line["SKU"].as_str()?));
    let item = items.next().unwrap().id.clone();
    let quickbooks = bench.seller.quickbooks.clone();
    let gone = item.clone();
    // The item becomes inactive between the reading of the lists and the posting.
    bench.books.before_send(0, move || {
        quickbooks.deactivate_by_hand(EntityKind::Item, &gone).unwrap()
    });
    bench.finish().await;
    let state = bench.state(&order).await;
    assert_eq!(state.name().as_str(), "held", "{state:?}");
    assert_eq!(
        bench.books.list_reads(),
        2,
        "once at the start, once after the refusal"
    );
    assert_eq!(bench.books.sent().len(), 1);
    // Active again, the order goes out by itself.
    bench
        .seller
        .quickbooks
        .edit_by_hand(EntityKind::Item, &item, &json!({ "Active": true }))
        .unwrap();
    bench.pass(std::time::Duration::from_secs(5));
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn closed_books_hold_an_order_until_they_are_opened() {
    let mut bench = Bench::proven(quiet()).await;
    let order = bench.seller.add_orders(1).remove(0);
    bench
        .seller
        .quickbooks
        .close_books(Some("2026-12-31".parse().unwrap()));
    bench.finish().await;
    assert_eq!(
        super::show(&bench.state(&order).await),
        format!("held {}", ReasonCode::ClosedBooks)
    );
    assert!(bench.booked(&order).is_empty());
    bench.books.forget();
    bench.sync().await;
    assert!(
        bench.books.sent().is_empty(),
        "closed books are not knocked at in every run"
    );
    bench.seller.quickbooks.close_books(None);
    bench.resync(&order, false).await;
    bench.finish().await;
    bench.audit().await;
}
