//! Tests of partial batches: poison, panics, ids that are missing, time that runs out.

use super::*;
use std::collections::BTreeSet;
use std::sync::Mutex;

use domain::OrderId;
use ports::SystemClock;
use uuid::Uuid;

/// Work that fails for some documents, panics for others, and notes every attempt.
#[derive(Default)]
struct Scripted {
    poison: BTreeSet<DocumentKey>,
    explosive: BTreeSet<DocumentKey>,
    done: Mutex<BTreeSet<DocumentKey>>,
    attempts: Mutex<Vec<usize>>,
}

#[async_trait]
impl DocumentWork for Scripted {
    async fn work(&self, keys: Vec<DocumentKey>) -> Result<(), HostError> {
        self.attempts.lock().unwrap().push(keys.len());
        assert!(!keys.iter().any(|key| self.explosive.contains(key)), "explosive");
        if keys.iter().any(|key| self.poison.contains(key)) {
            return Err(HostError::new("Store", "poison"));
        }
        self.done.lock().unwrap().extend(keys);
        Ok(())
    }
}

const LIMITS: BatchLimits = BatchLimits {
    documents_per_chunk: 30,
    chunk_duration_max: Duration::from_secs(60),
};

fn key(number: u128) -> DocumentKey {
    DocumentKey::order(OrderId(Uuid::from_u128(number)))
}

fn decode(body: &str) -> Result<Message, StoreError> {
    let number = body.parse::<u128>().map_err(|error| StoreError::Unreadable {
        place: "a message".into(),
        cause: error.to_string(),
    })?;
    Ok(Message::new(key(number)))
}

fn record(number: u128) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(format!("m{number}"));
    record.body = Some(number.to_string());
    record
}

fn event(records: Vec<SqsMessage>) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = records;
    event
}

async fn handle(
    work: Scripted,
    records: Vec<SqsMessage>,
    deadline: Deadline,
) -> (Arc<Scripted>, Result<Vec<String>, HostError>) {
    let work = Arc::new(work);
    let response = handle_batch(
        event(records),
        decode,
        Arc::clone(&work),
        LIMITS,
        (deadline, &SystemClock),
    )
    .await;
    let failed = response.map(|response| {
        let failures = response.batch_item_failures.into_iter();
        failures.map(|failure| failure.item_identifier).collect()
    });
    (work, failed)
}

#[tokio::test]
async fn a_good_batch_is_done_by_chunks_and_nothing_is_given_again() {
    let (work, failed) = handle(Scripted::default(), (0..60).map(record).collect(), Deadline::NONE).await;
    assert_eq!(failed.unwrap(), Vec::<String>::new());
    assert_eq!(*work.attempts.lock().unwrap(), [30, 30]);
}

#[tokio::test]
async fn a_poison_record_and_a_panic_fail_alone() {
    let script = Scripted {
        poison: [key(3)].into(),
        explosive: [key(7)].into(),
        ..Scripted::default()
    };
    let (work, failed) = handle(script, (0..30).map(record).collect(), Deadline::NONE).await;
    assert_eq!(failed.unwrap(), ["m3", "m7"]);
    assert_eq!(work.done.lock().unwrap().len(), 28);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_fails_alone() {
    let mut broken = record(1);
    broken.body = Some("{".into());
    let (work, failed) = handle(
        Scripted::default(),
        vec![record(0), broken, record(2)],
        Deadline::NONE,
    )
    .await;
    assert_eq!(failed.unwrap(), ["m1"]);
    assert_eq!(work.done.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_failed_message_without_an_id_fails_the_batch_instead_of_naming_an_empty_id() {
    for id in [None, Some(String::new())] {
        let mut nameless = record(3);
        nameless.message_id = id;
        let script = Scripted {
            poison: [key(3)].into(),
            ..Scripted::default()
        };
        let (_, failed) = handle(script, vec![record(1), nameless], Deadline::NONE).await;
        assert_eq!(failed.unwrap_err().kind, "Request");
    }
}

#[tokio::test]
async fn no_new_chunk_is_begun_when_its_time_is_not_left() {
    let deadline = Deadline::from_milliseconds(1);
    let (work, failed) = handle(Scripted::default(), (0..2).map(record).collect(), deadline).await;
    assert_eq!(failed.unwrap(), ["m0", "m1"]);
    assert!(work.attempts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_answer_has_the_form_that_lambda_reads() {
    let response = respond(vec![Some("m1".into())]).unwrap();
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"batchItemFailures": [{"itemIdentifier": "m1"}]})
    );
}
