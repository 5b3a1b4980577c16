//! The contract of [`ports::Queue`].

use std::sync::Arc;
use std::time::Duration;

use domain::DocumentKey;
use ports::{Clock, Message, QueueName, Received};

use super::samples::key;
use super::{Subject, race};

const HIDDEN: Duration = Duration::from_secs(60);

impl Subject {
    async fn send(&self, ids: &[u128], delay_seconds: u64) {
        let messages: Vec<_> = ids.iter().map(|id| Message::new(key(*id))).collect();
        self.queue
            .send(QueueName::Orders, &messages, Duration::from_secs(delay_seconds))
            .await
            .unwrap();
    }

    async fn receive(&self, most: usize) -> Vec<Received> {
        self.queue.receive(QueueName::Orders, most, HIDDEN).await.unwrap()
    }

    async fn acknowledge(&self, received: &Received) {
        self.queue
            .acknowledge(QueueName::Orders, std::slice::from_ref(&received.receipt))
            .await
            .unwrap();
    }
}

fn keys(received: &[Received]) -> Vec<DocumentKey> {
    let mut keys: Vec<_> = received
        .iter()
        .map(|received| received.message.key.clone())
        .collect();
    keys.sort();
    keys
}

pub async fn a_message_is_hidden_while_in_flight_and_comes_again_unless_acknowledged(subject: &Subject) {
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

pub async fn queues_do_not_share_messages_receipts_or_dead_letters(subject: &Subject) {
    subject.send(&[1], 0).await;
    assert!(
        subject
            .queue
            .receive(QueueName::Postings, 10, HIDDEN)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        subject.queue.next_visible_at(QueueName::Postings).await.unwrap(),
        None
    );
    let received = subject.receive(10).await;
    subject
        .queue
        .acknowledge(QueueName::Postings, &[received[0].receipt.clone()])
        .await
        .unwrap();
    subject.clock.advance(HIDDEN);
    assert_eq!(subject.receive(10).await.len(), 1);
    subject
        .queue
        .send(QueueName::Postings, &[Message::new(key(1))], Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(
        subject
            .queue
            .receive(QueueName::Postings, 10, HIDDEN)
            .await
            .unwrap()[0]
            .deliveries,
        1
    );
}

pub async fn a_waiting_document_is_not_queued_twice(subject: &Subject) {
    subject.send(&[1, 2, 1], 0).await;
    subject.send(&[1], 0).await;
    assert_eq!(keys(&subject.receive(10).await), vec![key(1), key(2)]);
}

pub async fn a_document_in_flight_is_queued_again(subject: &Subject) {
    subject.send(&[1], 0).await;
    let first = subject.receive(10).await;
    subject.send(&[1, 1], 0).await;
    subject.acknowledge(&first[0]).await;
    let second = subject.receive(10).await;
    assert_eq!((keys(&second), second[0].deliveries), (vec![key(1)], 1));
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

pub async fn at_most_the_asked_number_is_received_and_none_twice(subject: &Subject) {
    let ids: Vec<u128> = (1..=25).collect();
    subject.send(&ids, 0).await;
    let mut all = Vec::new();
    for expected in [10, 10, 5, 0] {
        let received = subject.receive(10).await;
        assert_eq!(received.len(), expected);
        all.extend(keys(&received));
    }
    all.sort();
    assert_eq!(all, ids.into_iter().map(key).collect::<Vec<_>>());
    assert!(subject.receive(0).await.is_empty());
}

pub async fn a_message_delivered_too_often_becomes_one_dead_letter(subject: &Subject) {
    subject.send(&[1], 0).await;
    let mut deliveries = 0;
    while let Some(received) = subject.receive(1).await.first() {
        deliveries += 1;
        assert_eq!(received.deliveries, deliveries);
        assert!(deliveries <= 100, "a message is given up some time");
        subject.clock.advance(HIDDEN);
    }
    assert!(deliveries >= 5, "throttling alone must not use the deliveries up");
    let dead = || subject.queue.dead_letters(QueueName::Orders);
    assert_eq!(dead().await.unwrap(), vec![Message::new(key(1))]);
    assert_eq!(
        subject.queue.next_visible_at(QueueName::Orders).await.unwrap(),
        None
    );
    assert_eq!(
        subject.queue.dead_letters(QueueName::Postings).await.unwrap(),
        vec![]
    );
    subject
        .queue
        .forget_dead_letters(QueueName::Postings, &[key(1)])
        .await
        .unwrap();
    subject
        .queue
        .forget_dead_letters(QueueName::Orders, &[key(2)])
        .await
        .unwrap();
    assert_eq!(dead().await.unwrap().len(), 1);
    subject
        .queue
        .forget_dead_letters(QueueName::Orders, &[key(1)])
        .await
        .unwrap();
    assert_eq!(dead().await.unwrap(), vec![]);
    subject.send(&[1], 0).await;
    assert_eq!(subject.receive(1).await[0].deliveries, 1);
}

pub async fn two_receivers_never_get_the_same_message(subject: &Subject) {
    let ids: Vec<u128> = (1..=40).collect();
    subject.send(&ids, 0).await;
    let received = race(|_| {
        let queue = Arc::clone(&subject.queue);
        async move {
            let mut all = Vec::new();
            loop {
                let received = queue.receive(QueueName::Orders, 3, HIDDEN).await.unwrap();
                if received.is_empty() {
                    return all;
                }
                all.extend(received);
            }
        }
    });
    let all: Vec<_> = received.into_iter().flatten().collect();
    assert_eq!(keys(&all), ids.into_iter().map(key).collect::<Vec<_>>());
}
