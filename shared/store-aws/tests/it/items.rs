//! What lies in the table: the sparse index, events moved out, entries that find a document.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{DocumentState, RequestId};
use ports::{Change, DocumentRecord, Store};
use store_aws::{ACTIONS_PER_TRANSACTION_MAX, keys, units};

use crate::contract::samples::{call, change, event, fetched, key, order, posted_state, ready, reason};
use crate::emulators;
use crate::ground::{Endpoints, Ground};

pub type Item = HashMap<String, AttributeValue>;

pub async fn ground(emulator: &emulators::Emulator) -> Ground {
    Ground::new(&Endpoints {
        dynamodb: emulator.url(),
        others: None,
    })
    .await
}

pub async fn all_items(ground: &Ground) -> Vec<Item> {
    let mut pages = ground
        .dynamodb
        .scan()
        .table_name(&ground.table)
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    let mut items = Vec::new();
    while let Some(item) = pages.next().await {
        items.push(item.unwrap());
    }
    items
}

pub fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item[name].as_s().unwrap()
}

async fn indexed(ground: &Ground) -> usize {
    let page = ground
        .dynamodb
        .scan()
        .table_name(&ground.table)
        .index_name(keys::INDEX)
        .send()
        .await
        .unwrap();
    usize::try_from(page.count()).unwrap()
}

pub fn with_order(id: u128) -> Change {
    Change {
        payload: Some(Box::new(order(id, "first"))),
        event: Some(event(&key(id), "was fetched")),
        ..change(fetched(id))
    }
}

pub fn at_version(id: u128, version: u64, state: DocumentState) -> DocumentRecord {
    DocumentRecord {
        version,
        state,
        ..fetched(id)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_holds_what_moves_or_waits_and_nothing_else() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    ground
        .store
        .write((1..=3).map(with_order).collect())
        .await
        .unwrap();
    assert_eq!(indexed(&ground).await, 3);
    ground.store.write_call(&call(9, "{}"), vec![]).await.unwrap();
    assert_eq!(indexed(&ground).await, 4);
    let changes = [
        posted_state(),
        DocumentState::Skipped { reason: reason() },
        DocumentState::Held {
            reason: reason(),
            posted: vec![],
        },
    ];
    let changes = (1..)
        .zip(changes)
        .map(|(id, state)| change(at_version(id, 1, state)));
    ground.store.write(changes.collect()).await.unwrap();
    assert_eq!(indexed(&ground).await, 2, "the held document and the call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_item_stays_within_one_write_unit_however_long_its_life() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    let call = RequestId(uuid::Uuid::from_u128(9));
    ground.store.write(vec![with_order(1)]).await.unwrap();
    for version in 1..40 {
        let state = match version % 3 {
            0 => DocumentState::Fetched,
            1 => DocumentState::Ready { ready: ready(3) },
            _ => DocumentState::Posting {
                ready: ready(3),
                call,
            },
        };
        let change = Change {
            event: Some(event(&key(1), "mapped")),
            ..change(at_version(1, version, state))
        };
        ground.store.write(vec![change]).await.unwrap();
        for item in all_items(&ground)
            .await
            .iter()
            .filter(|item| text(item, keys::SORT) == "S")
        {
            assert!(
                units::item_bytes(item) <= units::UNIT_BYTES,
                "{} bytes at version {version}",
                units::item_bytes(item)
            );
        }
    }
    let moved = all_items(&ground)
        .await
        .iter()
        .filter(|item| text(item, keys::SORT).starts_with("E#"))
        .count();
    assert_eq!(
        (moved, ground.store.events(&key(1)).await.unwrap().len()),
        (4, 40)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_documents_with_long_lives_and_their_call_are_one_transaction() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    // Every assumption fails for all of them: events to move out, other references, another document.
    for version in 0..8 {
        let changes = (1..=30).map(|id| Change {
            event: Some(event(&key(id), "mapped")),
            ..change(at_version(id, version, DocumentState::Fetched))
        });
        ground.store.write(changes.collect()).await.unwrap();
    }
    let call = call(99, "{}");
    let changes = (1..=30).map(|id| {
        let mut record = at_version(
            id,
            8,
            DocumentState::Posting {
                ready: ready(60),
                call: call.id(),
            },
        );
        record.references = vec![format!("OTHER-{id}")];
        Change {
            event: Some(event(&key(id), "is sent")),
            ..change(record)
        }
    });
    ground.store.write_call(&call, changes.collect()).await.unwrap();
    const { assert!(30 * 3 < ACTIONS_PER_TRANSACTION_MAX) };
    for id in 1..=30 {
        assert_eq!(ground.store.events(&key(id)).await.unwrap().len(), 9);
        assert_eq!(
            ground.store.find(&format!("other-{id}")).await.unwrap()[0].version,
            9
        );
    }
    let too_many = (200..350).map(|id| change(fetched(id))).collect();
    let refused = ground.store.write_call(&call, too_many).await.unwrap_err();
    assert!(refused.to_string().contains("more than the 100"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_and_debug_show_no_payload_and_no_secret() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    ground.store.write(vec![with_order(1)]).await.unwrap();
    // A record of something else where the order was.
    for mut item in all_items(&ground).await {
        if text(&item, keys::SORT).starts_with("C#") {
            item.insert("b".into(), AttributeValue::B(b"jo@example.com".to_vec().into()));
            ground
                .dynamodb
                .put_item()
                .table_name(&ground.table)
                .set_item(Some(item))
                .send()
                .await
                .unwrap();
        }
    }
    let error = ground.store.payload(&key(1)).await.unwrap_err();
    assert!(
        matches!(&error, ports::StoreError::Unreadable { place, .. } if place.contains(&key(1).to_string())),
        "{error}"
    );
    assert!(!error.to_string().contains("example.com"));
    ground
        .dynamodb
        .delete_table()
        .table_name(&ground.table)
        .send()
        .await
        .unwrap();
    let error = ground.store.get(&key(1)).await.unwrap_err();
    assert!(error.to_string().contains("ResourceNotFoundException"), "{error}");
}
