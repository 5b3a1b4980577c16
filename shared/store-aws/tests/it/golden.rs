//! Items of version 1, as they were written then, are still read. The file is never changed; a new version adds its own.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::lists::ListKind;
use domain::{DocumentState, TaxForm, TransactionKind};
use jiff::civil::date;
use ports::{FormKey, FormState, Store};
use serde_json::Value;

use crate::contract::samples::{
    at, call, company, cursor, customer, decimal, event, fetched, key, order, posted_state, pounds, ready,
    reason,
};
use crate::emulators;
use crate::ground::Ground;
use crate::items::ground;

/// Items in DynamoDB's own JSON, bytes as hexadecimal digits.
const VERSION_1: &str = include_str!("../golden/v1.json");

fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "S" => AttributeValue::S(value.as_str().unwrap().into()),
        "N" => AttributeValue::N(value.as_str().unwrap().into()),
        "B" => {
            let digits = value.as_str().unwrap();
            let bytes = (0..digits.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
            AttributeValue::B(Blob::new(bytes.collect::<Vec<_>>()))
        }
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(attribute).collect()),
        other => panic!("an attribute of type {other}"),
    }
}

async fn put_golden(ground: &Ground) {
    let items: Vec<HashMap<String, Value>> = serde_json::from_str(VERSION_1).unwrap();
    assert!(items.len() > 15, "the file is cut short");
    for item in items {
        let item = item.iter().map(|(name, value)| (name.clone(), attribute(value)));
        ground
            .dynamodb
            .put_item()
            .table_name(&ground.table)
            .set_item(Some(item.collect()))
            .send()
            .await
            .unwrap();
    }
}

fn form() -> FormKey {
    FormKey {
        kind: TransactionKind::Invoice,
        tax: TaxForm::InclusiveGross,
        currency: pounds(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_of_version_1_is_read() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_dynamodb_local();
    let ground = ground(&emulator).await;
    put_golden(&ground).await;
    let store = &ground.store;
    let call = ports::StoredCall {
        version: 1,
        ..call(
            9,
            "{\"DocNumber\":\"LW-100001\",\"PrivateNote\":\"\u{141}\u{f3}d\u{17a} \\\"x\\\"\\n\"}",
        )
    };
    let states = [
        posted_state(),
        DocumentState::Posting {
            ready: ready(50),
            call: call.id(),
        },
        DocumentState::Held {
            reason: reason(),
            posted: vec![],
        },
    ];
    for (id, state) in (1..).zip(states) {
        let expected = ports::DocumentRecord {
            version: 2,
            state,
            ..fetched(id)
        };
        assert_eq!(store.get(&key(id)).await.unwrap().unwrap(), expected);
        let found = store.find(&format!("206-{id:07}-abc")).await.unwrap();
        assert_eq!(found, [expected], "by its reference");
        assert_eq!(store.payload(&key(id)).await.unwrap(), Some(order(id, "golden")));
        let events = ["was fetched", "went on"].map(|what| event(&key(id), what));
        assert_eq!(store.events(&key(id)).await.unwrap(), events);
    }
    assert_eq!(store.open_calls().await.unwrap(), [call]);
    let paused = FormState::Paused {
        reason: reason(),
        key: key(1),
    };
    assert_eq!(store.forms().await.unwrap(), [(form(), paused)]);
    let known = store.lists().await.unwrap().unwrap();
    assert_eq!(known.company, company("Shop"));
    assert_eq!(known.cursor, cursor("2026-03-01T09:00:00Z"));
    let customers: Vec<_> = known.lists.all(ListKind::Customer).cloned().collect();
    assert_eq!(customers, [customer("58", "Amazon GBP")]);
    let watermark = store.watermark("processed").await.unwrap();
    assert_eq!(watermark, Some(at("2026-03-01T09:00:00.5Z")));
    let rate = store.exchange_rate(pounds(), date(2026, 2, 28)).await.unwrap();
    assert_eq!(rate, Some(decimal("1.1712")));
    let version = store.version("rules", "r1").await.unwrap();
    assert_eq!(version.as_deref(), Some("rules: []"));
}
