//! What this queue promises beyond the contract: it goes by the store's clock and knows what a message says.

use std::time::Duration;

use ports::{Clock, QueueName};

use crate::contract::Subject;
use crate::contract::queue::{HIDDEN, keys};
use crate::contract::samples::key;

pub async fn a_message_is_hidden_to_the_last_nanosecond_and_then_comes_again(subject: &Subject) {
    subject.send(&[1], 0).await;
    let first = subject.receive(10).await;
    assert_eq!((keys(&first), first[0].deliveries), (vec![key(1)], 1));
    subject.clock.advance(HIDDEN - Duration::from_nanos(1));
    assert!(subject.receive(10).await.is_empty());
    subject.clock.advance(Duration::from_nanos(1));
    let second = subject.receive(10).await;
    assert_eq!((keys(&second), second[0].deliveries), (vec![key(1)], 2));
    assert_ne!(first[0].receipt, second[0].receipt);
    subject.acknowledge(&second[0]).await;
    subject.clock.advance(HIDDEN);
    assert!(subject.receive(10).await.is_empty());
    assert_eq!(
        subject.queue.next_visible_at(QueueName::Orders).await.unwrap(),
        None
    );
}

pub async fn a_delayed_message_becomes_visible_at_its_instant(subject: &Subject) {
    subject.send(&[1], 30).await;
    let expected = subject.clock.now().checked_add(Duration::from_secs(30)).unwrap();
    assert_eq!(
        subject.queue.next_visible_at(QueueName::Orders).await.unwrap(),
        Some(expected)
    );
    assert!(subject.receive(10).await.is_empty());
    subject.clock.advance(Duration::from_secs(30));
    assert_eq!(subject.receive(10).await.len(), 1);
    let end = subject.clock.now().checked_add(HIDDEN).unwrap();
    assert_eq!(
        subject.queue.next_visible_at(QueueName::Orders).await.unwrap(),
        Some(end)
    );
}

pub async fn an_outdated_receipt_is_ignored(subject: &Subject) {
    subject.send(&[1], 0).await;
    let first = subject.receive(1).await;
    subject.clock.advance(HIDDEN);
    let second = subject.receive(1).await;
    subject.acknowledge(&first[0]).await;
    subject
        .queue
        .acknowledge(QueueName::Orders, &["nonsense".to_owned()])
        .await
        .unwrap();
    subject.clock.advance(HIDDEN);
    assert_eq!(subject.receive(1).await[0].deliveries, second[0].deliveries + 1);
}

pub async fn a_waiting_document_is_not_queued_twice(subject: &Subject) {
    subject.send(&[1, 2, 1], 0).await;
    subject.send(&[1], 0).await;
    assert_eq!(keys(&subject.receive(10).await), vec![key(1), key(2)]);
}

pub async fn a_hint_folded_into_a_returned_message_survives_its_late_acknowledgement(subject: &Subject) {
    subject.send(&[1], 0).await;
    let slow = subject.receive(10).await;
    subject.clock.advance(HIDDEN);
    subject.send(&[1], 0).await;
    subject.acknowledge(&slow[0]).await;
    let again = subject.receive(10).await;
    assert_eq!(keys(&again), vec![key(1)]);
}

pub async fn a_sooner_hint_brings_a_delayed_message_forward(subject: &Subject) {
    subject.send(&[1], 3_600).await;
    subject.send(&[1], 10).await;
    subject.send(&[1], 1_800).await;
    subject.clock.advance(Duration::from_secs(10));
    assert_eq!(subject.receive(10).await.len(), 1);
    assert_eq!(subject.receive(10).await.len(), 0);
}
