//! Lost answers and throttles, on DynamoDB Local behind the proxy: what was done is known to be done, once.

use std::sync::Arc;

use ports::{CallState, Change, Store, StoreError, TokenVault};
use store_aws::{DynamoStore, SecretsVault};

use crate::contract::ManualClock;
use crate::contract::samples::{call, change, event, fetched, key, order, posted_state};
use crate::emulators;
use crate::ground::{connect, make_table, unique};
use crate::proxy::{Fault, Proxy};

/// More than the SDK repeats a request.
const EVERY_ATTEMPT: usize = 5;

struct Scene {
    store: DynamoStore,
    proxy: Proxy,
    table: String,
    _emulator: emulators::Emulator,
}

async fn scene() -> Scene {
    let emulator = emulators::start_dynamodb_local();
    let proxy = Proxy::start(emulator.address()).await;
    let client = connect(&proxy.url()).await.dynamodb();
    let table = make_table(&client).await;
    Scene {
        store: DynamoStore::new(client, &table, Arc::new(ManualClock::new())),
        proxy,
        table,
        _emulator: emulator,
    }
}

fn with_event(id: u128, version: u64) -> Change {
    let mut record = fetched(id);
    record.version = version;
    Change {
        payload: Some(Box::new(order(id, "first"))),
        event: Some(event(&key(id), "was fetched")),
        ..change(record)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_answers_are_lost_is_done_once_and_known_to_be_done() {
    if emulators::are_skipped() {
        return;
    }
    let scene = scene().await;
    for (id, lost) in [(1, 1), (2, 3), (3, EVERY_ATTEMPT)] {
        for version in 0..3 {
            scene.proxy.fault("UpdateItem", Fault::LoseAnswer, lost);
            scene.store.write(vec![with_event(id, version)]).await.unwrap();
            assert!(scene.proxy.is_over(), "{lost} answers were to be lost");
        }
        assert_eq!(scene.store.get(&key(id)).await.unwrap().unwrap().version, 3);
        assert_eq!(
            scene.store.events(&key(id)).await.unwrap().len(),
            3,
            "each event once"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_answers_are_lost_is_done_once_and_known_to_be_done() {
    if emulators::are_skipped() {
        return;
    }
    let scene = scene().await;
    for (round, lost) in [1, 3, EVERY_ATTEMPT].into_iter().enumerate() {
        let first = u128::try_from(round).unwrap() * 10;
        scene.proxy.fault("TransactWriteItems", Fault::LoseAnswer, lost);
        let changes = (1..=5).map(|id| with_event(first + id, 0)).collect();
        scene
            .store
            .write_call(&call(first + 1, "{}"), changes)
            .await
            .unwrap();
        assert!(scene.proxy.is_over(), "{lost} answers were to be lost");
        for id in 1..=5 {
            assert_eq!(scene.store.events(&key(first + id)).await.unwrap().len(), 1);
        }
    }
    let open = scene.store.open_calls().await.unwrap();
    assert_eq!(
        open.iter().map(|call| call.version).collect::<Vec<_>>(),
        [1, 1, 1]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_of_another_writer_is_not_taken_for_ours() {
    if emulators::are_skipped() {
        return;
    }
    let scene = scene().await;
    scene.store.write(vec![with_event(1, 0)]).await.unwrap();
    // The same content, from the same version, by two writers: the one that comes second is stale though all is as it wished.
    scene.store.write(vec![with_event(1, 1)]).await.unwrap();
    scene.proxy.fault("UpdateItem", Fault::LoseAnswer, 2);
    let second = scene.store.write(vec![with_event(1, 1)]).await;
    assert!(matches!(second, Err(StoreError::Stale(_))), "{second:?}");
    scene.proxy.fault("TransactWriteItems", Fault::LoseAnswer, 2);
    let second = scene.store.write(vec![with_event(1, 1), with_event(2, 0)]).await;
    assert!(matches!(second, Err(StoreError::Stale(_))), "{second:?}");
    assert_eq!(scene.store.get(&key(2)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_requests_are_repeated_a_bounded_number_of_times() {
    if emulators::are_skipped() {
        return;
    }
    let scene = scene().await;
    for operation in ["UpdateItem", "BatchWriteItem", "BatchGetItem", "Query"] {
        scene.proxy.fault(operation, Fault::Throttle, 2);
    }
    scene.store.write(vec![with_event(1, 0)]).await.unwrap();
    assert_eq!(scene.store.get_many(&[key(1)]).await.unwrap().len(), 1);
    assert_eq!(scene.store.events(&key(1)).await.unwrap().len(), 1);
    assert!(scene.proxy.is_over());
    let before = scene.proxy.requests("UpdateItem");
    scene.proxy.fault("UpdateItem", Fault::Throttle, 100);
    let error = scene.store.write(vec![with_event(1, 1)]).await.unwrap_err();
    assert!(
        error.to_string().contains("ProvisionedThroughputExceeded"),
        "{error}"
    );
    assert_eq!(scene.proxy.requests("UpdateItem") - before, EVERY_ATTEMPT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payload_that_could_not_be_marked_to_expire_does_not_undo_the_state() {
    if emulators::are_skipped() {
        return;
    }
    let scene = scene().await;
    // Read anew before it is final: the payload has no end yet.
    scene.store.write(vec![with_event(1, 0)]).await.unwrap();
    scene.store.write(vec![with_event(1, 1)]).await.unwrap();
    let mut record = fetched(1);
    record.version = 2;
    record.state = posted_state();
    scene.proxy.fault("Query", Fault::Throttle, EVERY_ATTEMPT);
    scene.store.write(vec![change(record)]).await.unwrap();
    assert!(scene.proxy.is_over());
    assert_eq!(scene.store.get(&key(1)).await.unwrap().unwrap().version, 3);
    assert_eq!(
        scene.store.expire_settled().await.unwrap(),
        1,
        "the sweep finds what was left"
    );
    assert_eq!(scene.store.expire_settled().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_a_call_twice_with_a_lost_answer_is_stale_the_second_time_only() {
    if emulators::are_skipped() {
        return;
    }
    let scene = scene().await;
    let mut call = call(1, "{}");
    scene
        .store
        .write_call(&call, vec![with_event(1, 0)])
        .await
        .unwrap();
    call.version = 1;
    call.state = CallState::Closed;
    scene
        .proxy
        .fault("TransactWriteItems", Fault::LoseAnswer, EVERY_ATTEMPT);
    scene
        .store
        .write_call(&call, vec![with_event(1, 1)])
        .await
        .unwrap();
    let again = scene.store.write_call(&call, vec![with_event(1, 1)]).await;
    assert!(matches!(again, Err(StoreError::Stale(_))), "{again:?}");
    assert_eq!(scene.store.open_calls().await.unwrap(), vec![]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pointer_whose_answers_are_lost_still_names_the_token_that_was_written() {
    if emulators::are_skipped() {
        return;
    }
    let scene = scene().await;
    let ministack = emulators::start_ministack();
    let secrets = connect(&ministack.url()).await.secrets_manager();
    let table = connect(&scene.proxy.url()).await.dynamodb();
    let prefix = format!("{}/", unique("linnbooks"));
    let vault = SecretsVault::new(
        secrets,
        table,
        &scene.table,
        &prefix,
        Arc::new(ManualClock::new()),
    );
    for (version, lost) in [(0, 1), (1, 3), (2, EVERY_ATTEMPT)] {
        scene.proxy.fault("UpdateItem", Fault::LoseAnswer, lost);
        let value = secrecy::SecretString::from(format!("token {version}"));
        assert_eq!(
            vault.write("refresh", &value, version).await.unwrap(),
            Some(version + 1)
        );
        assert!(scene.proxy.is_over());
        let read = vault.read("refresh").await.unwrap().unwrap();
        assert_eq!(read.version, version + 1);
        assert_eq!(
            secrecy::ExposeSecret::expose_secret(&read.value),
            secrecy::ExposeSecret::expose_secret(&value)
        );
    }
}
