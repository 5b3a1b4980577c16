//! The contract of [`ports::Queue`] on any clock: nothing here waits for time to pass.

use std::sync::Arc;
use std::time::Duration;

use domain::DocumentKey;
use ports::{Message, QueueName, Received};

use super::samples::key;
use super::{Subject, race};

pub const HIDDEN: Duration = Duration::from_secs(60);

impl Subject {
    pub async fn send(&self, ids: &[u128], delay_seconds: u64) {
        let messages: Vec<_> = ids.iter().map(|id| Message::new(key(*id))).collect();
        self.queue
            .send(QueueName::Orders, &messages, Duration::from_secs(delay_seconds))
            .await
            .unwrap();
    }

    pub async fn receive(&self, most: usize) -> Vec<Received> {
        self.receive_for(most, HIDDEN).await
    }

    /// With no visibility, a message is back at once.
    async fn receive_for(&self, most: usize, visibility: Duration) -> Vec<Received> {
        self.queue
            .receive(QueueName::Orders, most, visibility)
            .await
            .unwrap()
    }

    pub async fn acknowledge(&self, received: &Received) {
        self.queue
            .acknowledge(QueueName::Orders, std::slice::from_ref(&received.receipt))
            .await
            .unwrap();
    }
}

pub fn keys(received: &[Received]) -> Vec<DocumentKey> {
    let mut keys: Vec<_> = received
        .iter()
        .map(|received| received.message.key.clone())
        .collect();
    keys.sort();
    keys
}

pub async fn a_message_in_flight_is_hidden_and_another_is_not(subject: &Subject) {
    subject.send(&[1], 0).await;
    let first = subject.receive(10).await;
    assert_eq!((keys(&first), first[0].deliveries), (vec![key(1)], 1));
    assert!(subject.receive(10).await.is_empty());
    subject.send(&[2], 0).await;
    assert_eq!(keys(&subject.receive(10).await), vec![key(2)]);
    let in_flight = subject.queue.next_visible_at(QueueName::Orders).await.unwrap();
    assert!(in_flight.is_some(), "the queue is not empty");
}

pub async fn a_message_comes_again_unless_it_is_acknowledged(subject: &Subject) {
    subject.send(&[1], 0).await;
    let first = subject.receive_for(1, Duration::ZERO).await;
    let second = subject.receive(1).await;
    assert_eq!((keys(&second), second[0].deliveries), (vec![key(1)], 2));
    assert_ne!(first[0].receipt, second[0].receipt);
    subject.acknowledge(&second[0]).await;
    assert!(subject.receive(10).await.is_empty());
    let visible_at = subject.queue.next_visible_at(QueueName::Orders).await.unwrap();
    assert_eq!(visible_at, None);
}

pub async fn a_delayed_message_is_not_visible_yet(subject: &Subject) {
    subject.send(&[1], 600).await;
    assert!(subject.receive(10).await.is_empty());
    let visible_at = subject.queue.next_visible_at(QueueName::Orders).await.unwrap();
    assert!(visible_at.is_some(), "the queue is not empty");
}

pub async fn a_receipt_that_is_none_is_ignored(subject: &Subject) {
    subject.send(&[1], 0).await;
    let received = subject.receive_for(1, Duration::ZERO).await;
    let receipts = ["nonsense".to_owned(), received[0].receipt.clone()];
    subject
        .queue
        .acknowledge(QueueName::Orders, &receipts[..1])
        .await
        .unwrap();
    assert_eq!(subject.receive(1).await.len(), 1);
    subject.queue.acknowledge(QueueName::Orders, &[]).await.unwrap();
}

pub async fn queues_do_not_share_messages_receipts_or_dead_letters(subject: &Subject) {
    subject.send(&[1], 0).await;
    let others = || subject.queue.receive(QueueName::Postings, 10, HIDDEN);
    assert!(others().await.unwrap().is_empty());
    assert_eq!(
        subject.queue.next_visible_at(QueueName::Postings).await.unwrap(),
        None
    );
    let received = subject.receive_for(1, Duration::ZERO).await;
    subject
        .queue
        .acknowledge(QueueName::Postings, &[received[0].receipt.clone()])
        .await
        .unwrap();
    assert_eq!(subject.receive(10).await.len(), 1);
    subject
        .queue
        .send(QueueName::Postings, &[Message::new(key(1))], Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(others().await.unwrap()[0].deliveries, 1);
}

pub async fn a_document_in_flight_is_queued_again(subject: &Subject) {
    subject.send(&[1], 0).await;
    let first = subject.receive(10).await;
    subject.send(&[1, 1], 0).await;
    subject.acknowledge(&first[0]).await;
    let second = subject.receive(10).await;
    assert_eq!((keys(&second), second[0].deliveries), (vec![key(1)], 1));
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
    while let Some(received) = subject.receive_for(1, Duration::ZERO).await.first() {
        deliveries += 1;
        assert_eq!(received.deliveries, deliveries);
        assert!(deliveries <= 100, "a message is given up some time");
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
    })
    .await;
    let all: Vec<_> = received.into_iter().flatten().collect();
    assert_eq!(keys(&all), ids.into_iter().map(key).collect::<Vec<_>>());
}
