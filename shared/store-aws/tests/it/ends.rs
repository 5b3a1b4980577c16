//! When large items end: never before their document was final for the days they are kept.

use std::time::Duration;

use domain::DocumentState;
use ports::{CallState, Change, Store};
use store_aws::keys;

use crate::contract::samples::{call, change, order, posted_state, ready, reason};
use crate::emulators;
use crate::ground::Ground;
use crate::items::{all_items, at_version, ground, text, with_order};

/// 30 days after the clock's 2026-03-01T09:00:00Z.
const IN_30_DAYS: i64 = 1_774_947_600;
const DAY: i64 = 86_400;

/// The first letters and the end of all items that have one.
async fn ends(ground: &Ground) -> Vec<(String, i64)> {
    let mut ends: Vec<(String, i64)> = all_items(ground)
        .await
        .iter()
        .filter_map(|item| Some((item, item.get(keys::EXPIRES)?.as_n().unwrap())))
        .map(|(item, end)| (text(item, keys::SORT)[..2].to_owned(), end.parse().unwrap()))
        .collect();
    ends.sort();
    ends
}

fn pass(ground: &Ground, days: u64) {
    ground.clock.advance(Duration::from_secs(days * 86_400));
}

fn payload(end: i64) -> Vec<(String, i64)> {
    vec![("C#".to_owned(), end)]
}

async fn to(ground: &Ground, version: u64, state: DocumentState) {
    let change = change(at_version(1, version, state));
    ground.store.write(vec![change]).await.unwrap();
}

fn held() -> DocumentState {
    DocumentState::Held {
        reason: reason(),
        posted: vec![],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_items_but_the_first_payload_have_no_end_until_their_document_or_call_is_final() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    let id = call(9, "{}").id();
    ground.store.write(vec![with_order(1)]).await.unwrap();
    let states = [
        DocumentState::Ready { ready: ready(50) },
        DocumentState::Posting {
            ready: ready(50),
            call: id,
        },
        held(),
        DocumentState::Conflict {
            reason: reason(),
            ready: ready(50),
            found: vec![],
        },
    ];
    for (version, state) in (1..).zip(states) {
        to(&ground, version, state).await;
        assert_eq!(ends(&ground).await, payload(IN_30_DAYS + 15 * DAY), "{version}");
    }
    to(&ground, 5, posted_state()).await;
    let both = [
        vec![("B#".to_owned(), IN_30_DAYS)],
        payload(IN_30_DAYS + 15 * DAY),
    ];
    assert_eq!(ends(&ground).await, both.concat());
    to(&ground, 6, DocumentState::Fetched).await;
    assert_eq!(ends(&ground).await, vec![], "it moves again and keeps all it has");

    let mut call = call(9, "{}");
    ground.store.write_call(&call, vec![]).await.unwrap();
    assert_eq!(ends(&ground).await, vec![]);
    call.version = 1;
    call.state = CallState::Closed;
    ground.store.write_call(&call, vec![]).await.unwrap();
    assert_eq!(ends(&ground).await, [("B#".to_owned(), IN_30_DAYS)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_payload_of_a_document_that_waits_ends_later_and_later() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    ground.store.write(vec![with_order(1)]).await.unwrap();
    to(&ground, 1, held()).await;
    let mut end = IN_30_DAYS + 15 * DAY;
    assert_eq!(ground.store.keep_waiting().await.unwrap(), 0);
    for waits in 1..20 {
        pass(&ground, 6);
        assert_eq!(ground.store.keep_waiting().await.unwrap(), 1);
        assert_eq!(ground.store.keep_waiting().await.unwrap(), 0);
        end += 6 * DAY;
        assert_eq!(ends(&ground).await, payload(end), "after {} days", waits * 6);
    }
    to(&ground, 2, posted_state()).await;
    pass(&ground, 14);
    assert_eq!(ground.store.keep_waiting().await.unwrap(), 0);
    assert_eq!(ends(&ground).await, payload(end), "45 days after it was final");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payload_that_would_end_too_early_for_its_final_document_ends_later() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    ground.store.write(vec![with_order(1)]).await.unwrap();
    pass(&ground, 16);
    to(&ground, 1, posted_state()).await;
    assert_eq!(ends(&ground).await, payload(IN_30_DAYS + 16 * DAY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payload_read_anew_has_no_end_until_its_document_is_final() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    ground.store.write(vec![with_order(1)]).await.unwrap();
    let again = Change {
        payload: Some(Box::new(order(1, "second"))),
        ..change(at_version(1, 1, held()))
    };
    ground.store.write(vec![again]).await.unwrap();
    pass(&ground, 40);
    // The first payload's end is near, and nothing names it any more; while the document waits it has none.
    assert_eq!(ground.store.keep_waiting().await.unwrap(), 0);
    assert_eq!(ends(&ground).await, vec![]);
    to(&ground, 2, posted_state()).await;
    let end = IN_30_DAYS + 40 * DAY;
    assert_eq!(ends(&ground).await, [payload(end), payload(end)].concat());
}
