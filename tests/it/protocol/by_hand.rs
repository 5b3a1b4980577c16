//! What people do: resync, replace, resolve, delete in QuickBooks, edit in Linnworks. Nothing of it doubles a document.

use domain::TransactionId;
use integration_tests::bench::{Bench, SETTLE, quiet};
use integration_tests::world::SellerOptions;
use pipeline::resolve::Decision;
use pipeline::resync::Resynced;
use simulators::quickbooks_online::{EntityKind, FaultKind, FaultTarget, RequestIdMode};

const LOST: FaultKind = FaultKind::CommitThenDropConnection;
const NOTHING_DONE: FaultKind = FaultKind::DropBeforeCommit;

/// A posted order, and its transaction.
async fn posted() -> (Bench, String, String) {
    let mut bench = Bench::proven(quiet()).await;
    let order = bench.seller.add_orders(1).remove(0);
    bench.finish().await;
    let (id, _) = bench.booked(&order).remove(0);
    bench.books.forget();
    (bench, order, id)
}

#[tokio::test]
async fn a_document_deleted_by_hand_is_posted_once_by_resync() {
    let (mut bench, order, id) = posted().await;
    bench
        .seller
        .quickbooks
        .delete_by_hand(EntityKind::SalesReceipt, &id)
        .unwrap();
    bench.change_settings(|settings| settings.document.number_prefix = Some("B".to_owned()));
    bench.sync().await;
    assert!(
        bench.booked(&order).is_empty(),
        "nothing is posted again without being asked for"
    );
    assert_eq!(bench.resync(&order, false).await, Resynced::Queued);
    bench.finish().await;
    bench.finish().await;
    let booked = bench.booked(&order);
    assert_eq!(booked.len(), 1);
    assert!(
        booked[0].1.contains(&format!("{order}:r2")),
        "a new revision: {}",
        booked[0].1
    );
    assert!(matches!(
        bench.resync(&order, false).await,
        Resynced::StillPosted(_)
    ));
    bench.audit().await;
}

#[tokio::test]
async fn resync_of_a_posted_document_says_that_it_is_still_posted() {
    let (bench, order, id) = posted().await;
    let Resynced::StillPosted(what) = bench.resync(&order, false).await else {
        panic!("not still posted")
    };
    assert_eq!(what, [format!("SalesReceipt {id}")]);
    bench.finish().await;
    assert!(bench.books.sent().is_empty());
    bench.audit().await;
}

#[tokio::test]
async fn replacing_removes_the_posted_document_and_posts_it_once() {
    for unique in [true, false] {
        let (bench, order, id) = posted().await;
        bench
            .seller
            .quickbooks
            .set_switches(|switches| switches.docnumber_unique = unique);
        assert_eq!(bench.resync(&order, true).await, Resynced::Queued);
        bench.finish().await;
        let booked = bench.booked(&order);
        assert_eq!(booked.len(), 1);
        assert_ne!(booked[0].0, id);
        bench.audit().await;
    }
}

#[tokio::test]
async fn an_order_edited_after_posting_is_reported_and_left_untouched() {
    let (bench, order, _) = posted().await;
    let before = bench.seller.quickbooks.books();
    bench.seller.linnworks.edit_order(&order, |order| {
        order["GeneralInfo"]["ReferenceNum"] = "EDITED".into()
    });
    bench.finish().await;
    let domain::DocumentState::Posted { changed_since, .. } = bench.state(&order).await else {
        panic!("not posted")
    };
    assert!(changed_since.is_some());
    assert_eq!(bench.seller.quickbooks.books(), before);
    assert!(bench.books.sent().is_empty());
}

#[tokio::test]
async fn an_unknown_adopted_by_hand_is_not_sent_again() {
    let mut bench = Bench::proven(quiet()).await;
    bench
        .seller
        .quickbooks
        .set_switches(|switches| switches.docnumber_unique = false);
    let order = bench.seller.add_orders(1).remove(0);
    bench.strike(LOST, FaultTarget::Write);
    bench.sync().await;
    let id = TransactionId::new(bench.booked(&order).remove(0).0);
    bench.resolve(&order, Decision::Adopt(id)).await.unwrap();
    bench.pass(SETTLE);
    bench.finish().await;
    assert_eq!(bench.books.sent().len(), 1);
    assert!(bench.core.store.open_calls().await.unwrap().is_empty());
    bench.audit().await;
}

#[tokio::test]
async fn one_of_an_unknown_batch_posted_by_hand_does_not_double_the_others() {
    let mut bench = Bench::proven(quiet()).await;
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Ignored;
        switches.docnumber_unique = false;
    });
    let orders = bench.seller.add_orders(4);
    bench.strike(NOTHING_DONE, FaultTarget::Batch);
    bench.sync().await;
    bench.resolve(&orders[1], Decision::Post).await.unwrap();
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn posting_an_unknown_by_hand_that_is_in_the_books_is_refused() {
    let mut bench = Bench::proven(quiet()).await;
    bench
        .seller
        .quickbooks
        .set_switches(|switches| switches.docnumber_unique = false);
    let order = bench.seller.add_orders(1).remove(0);
    bench.strike(LOST, FaultTarget::Write);
    bench.sync().await;
    let refusal = bench
        .resolve(&order, Decision::Post)
        .await
        .unwrap_err()
        .to_string();
    let (id, _) = bench.booked(&order).remove(0);
    assert!(refusal.contains(&format!("--adopt {id}")), "{refusal}");
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn one_of_an_unknown_batch_ignored_by_hand_is_never_posted() {
    let mut bench = Bench::proven(quiet()).await;
    let orders = bench.seller.add_orders(4);
    bench.strike(NOTHING_DONE, FaultTarget::Batch);
    bench.sync().await;
    bench
        .resolve(&orders[2], Decision::Ignore("a test order".to_owned()))
        .await
        .unwrap();
    bench.finish().await;
    assert_eq!(
        super::show(&bench.state(&orders[2]).await),
        "skipped ignored-by-hand"
    );
    for (place, order) in orders.iter().enumerate() {
        assert_eq!(bench.booked(order).len(), usize::from(place != 2));
    }
    let words: Vec<String> = bench
        .events(&orders[2])
        .await
        .into_iter()
        .map(|event| event.actor)
        .collect();
    assert!(
        words.contains(&"person".to_owned()),
        "the decision is written down"
    );
}

#[tokio::test]
async fn a_number_held_by_an_own_older_revision_is_adopted() {
    let mut bench = Bench::proven(quiet()).await;
    // The search is late, so the decision to post is a wrong one; the number stops it.
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Ignored;
        switches.query_staleness_seconds = 100;
    });
    let order = bench.seller.add_orders(1).remove(0);
    bench.strike(LOST, FaultTarget::Write);
    bench.sync().await;
    bench.resolve(&order, Decision::Post).await.unwrap();
    bench.pass(SETTLE);
    bench.finish().await;
    assert_eq!(bench.record(&order).await.revision, 2);
    assert!(bench.booked(&order)[0].1.contains(":r1"));
    bench.audit().await;
}

/// An order whose invoice is posted and whose payment was refused.
async fn half_posted() -> (Bench, String) {
    let options = SellerOptions {
        document: "invoice_with_payment",
        ..quiet()
    };
    let mut bench = Bench::proven(options).await;
    bench.seller.quickbooks.set_switches(|switches| {
        switches.requestid = RequestIdMode::Ignored;
        switches.docnumber_unique = false;
    });
    let order = bench.seller.add_orders(1).remove(0);
    let quickbooks = bench.seller.quickbooks.clone();
    bench.books.before_send(1, move || {
        quickbooks.close_books(Some("2026-12-31".parse().unwrap()))
    });
    bench.finish().await;
    assert_eq!(super::show(&bench.state(&order).await), "held closed-books");
    assert_eq!(bench.booked(&order).len(), 1, "the invoice");
    bench.seller.quickbooks.close_books(None);
    (bench, order)
}

#[tokio::test]
async fn resync_of_a_refused_payment_keeps_the_invoice_that_is_posted() {
    let (mut bench, order) = half_posted().await;
    // Another number by now: only the record knows the invoice.
    bench.change_settings(|settings| settings.document.number_prefix = Some("B".to_owned()));
    bench.resync(&order, false).await;
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn an_order_edited_while_its_payment_is_held_keeps_the_invoice_that_is_posted() {
    let (bench, order) = half_posted().await;
    bench.seller.linnworks.edit_order(&order, |order| {
        order["GeneralInfo"]["ReferenceNum"] = "EDITED".into()
    });
    bench.finish().await;
    bench.resync(&order, false).await;
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn replacing_a_half_posted_document_removes_its_invoice() {
    let (bench, order) = half_posted().await;
    bench.resync(&order, true).await;
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn a_payment_deleted_by_hand_is_not_called_still_posted() {
    let options = SellerOptions {
        document: "invoice_with_payment",
        ..quiet()
    };
    let mut bench = Bench::proven(options).await;
    let order = bench.seller.add_orders(1).remove(0);
    bench.finish().await;
    let books = bench.seller.quickbooks.books();
    let payment = books
        .of_kind(EntityKind::Payment)
        .find(|one| one.private_note.as_deref().unwrap().contains(&order))
        .unwrap();
    bench
        .seller
        .quickbooks
        .delete_by_hand(EntityKind::Payment, &payment.id)
        .unwrap();
    let answer = bench.resync(&order, false).await;
    assert!(!matches!(answer, Resynced::StillPosted(_)), "{answer:?}");
    bench.finish().await;
    bench.audit().await;
}
