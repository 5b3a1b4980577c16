//! Random operations on the store and on a model in memory come to the same.
//!
//! The seed is fixed, so every run tries the same operations; `PROPTEST_RNG_SEED` tries others.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::DocumentKey;
use ports::{Message, QueueName, StoreError};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use secrecy::SecretString;
use store_sqlite::DELIVERIES_MAX;

use crate::contract::Subject;
use crate::contract::samples::{change, event, fetched, key};
use crate::subject;

fn config() -> ProptestConfig {
    let base = ProptestConfig::default();
    let rng_seed = if base.rng_seed == RngSeed::Random {
        RngSeed::Fixed(20_260_301)
    } else {
        base.rng_seed
    };
    ProptestConfig {
        cases: 64,
        failure_persistence: None,
        rng_seed,
        ..base
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

#[derive(Clone, Debug)]
enum QueueAct {
    Send { ids: Vec<u128>, delay: u64 },
    Receive { most: usize, visibility: u64 },
    Acknowledge { receipt: prop::sample::Index },
    Advance { seconds: u64 },
}

fn queue_act() -> impl Strategy<Value = QueueAct> {
    prop_oneof![
        3 => (prop::collection::vec(0..4_u128, 1..4), prop_oneof![Just(0), 0..20_u64])
            .prop_map(|(ids, delay)| QueueAct::Send { ids, delay }),
        5 => (0..4_usize, 0..10_u64).prop_map(|(most, visibility)| QueueAct::Receive { most, visibility }),
        2 => any::<prop::sample::Index>().prop_map(|receipt| QueueAct::Acknowledge { receipt }),
        3 => (0..12_u64).prop_map(|seconds| QueueAct::Advance { seconds }),
    ]
}

/// A message of the model. `delivery` is its last one, while that can be acknowledged.
struct ModelMessage {
    key: DocumentKey,
    visible_at: u64,
    deliveries: u32,
    delivery: Option<usize>,
}

#[derive(Default)]
struct QueueModel {
    now: u64,
    messages: Vec<ModelMessage>,
    dead: Vec<DocumentKey>,
    /// The receipts the store gave, by delivery.
    receipts: Vec<String>,
}

impl QueueModel {
    fn send(&mut self, key: DocumentKey, delay: u64) {
        let visible_at = self.now + delay;
        let is_waiting = |message: &&mut ModelMessage| {
            message.key == key && (message.delivery.is_none() || message.visible_at <= self.now)
        };
        match self.messages.iter_mut().find(is_waiting) {
            Some(message) => {
                message.visible_at = message.visible_at.min(visible_at);
                message.delivery = None;
            }
            None => self.messages.push(ModelMessage {
                key,
                visible_at,
                deliveries: 0,
                delivery: None,
            }),
        }
    }

    /// What is delivered: key and count, with the place to put the receipt.
    fn receive(&mut self, most: usize, visibility: u64) -> Vec<(DocumentKey, u32)> {
        let now = self.now;
        let dead = self.messages.extract_if(.., |message| {
            message.visible_at <= now && message.deliveries >= DELIVERIES_MAX
        });
        for message in dead {
            if !self.dead.contains(&message.key) {
                self.dead.push(message.key);
            }
        }
        let mut visible: Vec<usize> = (0..self.messages.len())
            .filter(|place| self.messages[*place].visible_at <= now)
            .collect();
        visible.sort_by_key(|place| (self.messages[*place].visible_at, *place));
        visible.truncate(most);
        visible.sort_unstable();
        let first_delivery = self.receipts.len();
        let delivered = visible.iter().enumerate().map(|(order, place)| {
            let message = &mut self.messages[*place];
            message.deliveries += 1;
            message.visible_at = now + visibility;
            message.delivery = Some(first_delivery + order);
            (message.key.clone(), message.deliveries)
        });
        delivered.collect()
    }

    fn acknowledge(&mut self, delivery: usize) {
        self.messages.retain(|message| message.delivery != Some(delivery));
    }
}

async fn act_on_queue(subject: &Subject, model: &mut QueueModel, act: QueueAct) {
    let queue = QueueName::Orders;
    match act {
        QueueAct::Send { ids, delay } => {
            let messages: Vec<_> = ids.iter().map(|id| Message::new(key(*id))).collect();
            subject
                .queue
                .send(queue, &messages, Duration::from_secs(delay))
                .await
                .unwrap();
            ids.into_iter().for_each(|id| model.send(key(id), delay));
        }
        QueueAct::Receive { most, visibility } => {
            let received = subject
                .queue
                .receive(queue, most, Duration::from_secs(visibility))
                .await
                .unwrap();
            let expected = model.receive(most, visibility);
            let found: Vec<_> = received
                .iter()
                .map(|received| (received.message.key.clone(), received.deliveries))
                .collect();
            assert_eq!(found, expected);
            model
                .receipts
                .extend(received.into_iter().map(|received| received.receipt));
        }
        QueueAct::Acknowledge { receipt } if !model.receipts.is_empty() => {
            let delivery = receipt.index(model.receipts.len());
            subject
                .queue
                .acknowledge(queue, &[model.receipts[delivery].clone()])
                .await
                .unwrap();
            model.acknowledge(delivery);
        }
        QueueAct::Acknowledge { .. } => {}
        QueueAct::Advance { seconds } => {
            subject.clock.advance(Duration::from_secs(seconds));
            model.now += seconds;
        }
    }
    let visible_at = subject.queue.next_visible_at(queue).await.unwrap();
    let start: jiff::Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    let seconds = visible_at.map(|at| at.duration_since(start).as_secs().unsigned_abs());
    assert_eq!(
        seconds,
        model.messages.iter().map(|message| message.visible_at).min()
    );
    let dead: Vec<_> = subject
        .queue
        .dead_letters(queue)
        .await
        .unwrap()
        .into_iter()
        .map(|dead| dead.key)
        .collect();
    assert_eq!(dead, model.dead);
}

#[derive(Clone, Debug)]
enum WriteAct {
    /// Changes of documents: id and the version each is based on.
    Documents(Vec<(u128, u64)>),
    /// A secret: name and the version it replaces.
    Secret(&'static str, u64),
}

fn write_act() -> impl Strategy<Value = WriteAct> {
    prop_oneof![
        3 => prop::collection::vec((0..3_u128, 0..4_u64), 1..4).prop_map(WriteAct::Documents),
        1 => (prop_oneof![Just("access"), Just("refresh")], 0..4_u64)
            .prop_map(|(name, replaces)| WriteAct::Secret(name, replaces)),
    ]
}

#[derive(Default)]
struct VersionModel {
    documents: BTreeMap<u128, u64>,
    secrets: BTreeMap<&'static str, u64>,
}

async fn act_on_versions(subject: &Subject, model: &mut VersionModel, act: WriteAct) {
    match act {
        WriteAct::Documents(changes) => {
            let mut after = model.documents.clone();
            let stale = changes.iter().find(|(id, based_on)| {
                let version = after.entry(*id).or_insert(0);
                let is_stale = version != based_on;
                *version += 1;
                is_stale
            });
            let written = changes.iter().map(|(id, based_on)| {
                let mut record = fetched(*id);
                record.version = *based_on;
                ports::Change {
                    event: Some(event(&record.key, "changed")),
                    ..change(record)
                }
            });
            match (subject.store.write(written.collect()).await, stale) {
                (Ok(()), None) => model.documents = after,
                (Err(StoreError::Stale(place)), Some((id, _))) => {
                    assert!(place.contains(&key(*id).to_string()))
                }
                other => panic!("the model says otherwise: {other:?}"),
            }
        }
        WriteAct::Secret(name, replaces) => {
            let version = model.secrets.entry(name).or_insert(0);
            let expected = (*version == replaces).then_some(replaces + 1);
            let value = SecretString::from(format!("{name} {replaces}"));
            assert_eq!(
                subject.vault.write(name, &value, replaces).await.unwrap(),
                expected
            );
            *version = expected.unwrap_or(*version);
        }
    }
    for id in 0..3 {
        let version = model.documents.get(&id).copied().unwrap_or(0);
        let record = subject.store.get(&key(id)).await.unwrap();
        assert_eq!(record.map_or(0, |record| record.version), version);
        assert_eq!(
            u64::try_from(subject.store.events(&key(id)).await.unwrap().len()).unwrap(),
            version
        );
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_queue_does_what_its_model_does(acts in prop::collection::vec(queue_act(), 1..80)) {
        let subject = subject();
        let mut model = QueueModel::default();
        block_on(async {
            for act in acts {
                act_on_queue(&subject, &mut model, act).await;
            }
        });
    }

    #[test]
    fn writes_succeed_exactly_when_their_versions_are_the_present_ones(acts in prop::collection::vec(write_act(), 1..50)) {
        let subject = subject();
        let mut model = VersionModel::default();
        block_on(async {
            for act in acts {
                act_on_versions(&subject, &mut model, act).await;
            }
        });
    }
}
