//! What only SQS and Secrets Manager do, on ministack.

use std::time::Duration;

use ports::{Message, Queue, QueueName, StoreError, TokenVault};
use secrecy::{ExposeSecret, SecretString};

use crate::contract::samples::key;
use crate::emulators;
use crate::ground::{DELIVERIES_MAX, Endpoints, Ground};

async fn ground(emulator: &emulators::Emulator) -> Ground {
    Ground::new(&Endpoints {
        dynamodb: emulator.url(),
        others: Some(emulator.url()),
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_poll_returns_with_a_delayed_message_as_soon_as_it_is_visible() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_ministack();
    let ground = ground(&emulator).await;
    let messages = [Message::new(key(1))];
    ground
        .queue
        .send(QueueName::Orders, &messages, Duration::from_secs(1))
        .await
        .unwrap();
    assert!(
        ground
            .queue
            .receive(QueueName::Orders, 1, Duration::ZERO)
            .await
            .unwrap()
            .is_empty()
    );
    let received = ground
        .waiting_queue(20)
        .receive(QueueName::Orders, 1, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(received[0].message, messages[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_another_version_reaches_the_dead_letters_and_stops_no_other() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_ministack();
    let ground = ground(&emulator).await;
    let body = format!(r#"{{"version":2,"key":"{}"}}"#, key(7));
    ground
        .sqs
        .send_message()
        .queue_url(&ground.orders.queue)
        .message_body(body)
        .send()
        .await
        .unwrap();
    let alone = ground
        .queue
        .receive(QueueName::Orders, 1, Duration::ZERO)
        .await
        .unwrap_err();
    assert!(
        matches!(&alone, StoreError::Unreadable { place, .. } if place.contains(&key(7).to_string())),
        "{alone}"
    );
    ground
        .queue
        .send(QueueName::Orders, &[Message::new(key(1))], Duration::ZERO)
        .await
        .unwrap();
    let mut read = Vec::new();
    for _ in 0..=DELIVERIES_MAX {
        let received = ground
            .queue
            .receive(QueueName::Orders, 2, Duration::ZERO)
            .await
            .unwrap_or_default();
        let receipts: Vec<String> = received.iter().map(|one| one.receipt.clone()).collect();
        read.extend(received);
        ground
            .queue
            .acknowledge(QueueName::Orders, &receipts)
            .await
            .unwrap();
    }
    assert!(read.iter().any(|one| one.message.key == key(1)));
    let dead = ground.queue.dead_letters(QueueName::Orders).await.unwrap_err();
    assert!(dead.to_string().contains("schema version 2"), "{dead}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_of_one_document_are_named_once_and_forgotten_together() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_ministack();
    let ground = ground(&emulator).await;
    for id in [2, 1, 2, 3] {
        let body = serde_json::to_string(&Message::new(key(id))).unwrap();
        ground
            .sqs
            .send_message()
            .queue_url(&ground.orders.dead_letters)
            .message_body(body)
            .send()
            .await
            .unwrap();
    }
    let dead = async || -> Vec<_> {
        let mut dead: Vec<_> = ground
            .queue
            .dead_letters(QueueName::Orders)
            .await
            .unwrap()
            .into_iter()
            .map(|dead| dead.key)
            .collect();
        dead.sort();
        dead
    };
    assert_eq!(dead().await, [key(1), key(2), key(3)]);
    ground
        .queue
        .forget_dead_letters(QueueName::Orders, &[key(2)])
        .await
        .unwrap();
    assert_eq!(dead().await, [key(1), key(3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_current_label_on_another_version_changes_nothing_for_readers() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_ministack();
    let ground = ground(&emulator).await;
    for version in 0..3 {
        let value = SecretString::from(format!("token {version}"));
        assert_eq!(
            ground.vault.write("refresh", &value, version).await.unwrap(),
            Some(version + 1)
        );
    }
    // An older process writes in its own way: the label moves, the pointer does not.
    let id = format!("{}refresh", ground.prefix);
    ground
        .secrets
        .put_secret_value()
        .secret_id(&id)
        .secret_string("older")
        .send()
        .await
        .unwrap();
    let read = ground.vault.read("refresh").await.unwrap().unwrap();
    assert_eq!((read.value.expose_secret(), read.version), ("token 2", 3));
    assert_eq!(
        ground
            .vault
            .read_given("refresh")
            .await
            .unwrap()
            .unwrap()
            .expose_secret(),
        "older"
    );
    assert!(ground.vault.read_given("none").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_secrets_manager_has_dropped_is_empty_and_the_next_one_follows_it() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_ministack();
    let ground = ground(&emulator).await;
    let value = |text: &str| SecretString::from(text.to_owned());
    ground.vault.write("refresh", &value("first"), 0).await.unwrap();
    let id = format!("{}refresh", ground.prefix);
    let delete = ground.secrets.delete_secret().secret_id(&id);
    delete.force_delete_without_recovery(true).send().await.unwrap();
    let read = ground.vault.read("refresh").await.unwrap().unwrap();
    assert_eq!((read.value.expose_secret(), read.version), ("", 1));
    assert_eq!(
        ground.vault.write("refresh", &value("second"), 1).await.unwrap(),
        Some(2)
    );
    let read = ground.vault.read("refresh").await.unwrap().unwrap();
    assert_eq!((read.value.expose_secret(), read.version), ("second", 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_is_pinned_until_it_is_forgotten() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_ministack();
    let ground = ground(&emulator).await;
    let pin = |company: &str| store_aws::Pin {
        company: company.to_owned(),
        at: "2026-03-02T09:00:00Z".parse().unwrap(),
        by: "api 5f-1".to_owned(),
    };
    assert!(ground.store.pin("quickbooks", &pin("1")).await.unwrap());
    assert!(ground.store.pin("quickbooks", &pin("1")).await.unwrap());
    assert!(!ground.store.pin("quickbooks", &pin("2")).await.unwrap());
    ground.store.unpin("quickbooks", "2").await.unwrap();
    assert_eq!(ground.store.pin_of("quickbooks").await.unwrap(), Some(pin("1")));
    ground.store.unpin("quickbooks", "1").await.unwrap();
    assert!(ground.store.pin("quickbooks", &pin("2")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_refreshers_one_wins_each_fence_and_losers_read_its_token() {
    if emulators::are_skipped() {
        return;
    }
    let emulator = emulators::start_ministack();
    let ground = ground(&emulator).await;
    for version in 0..10 {
        let mut refreshers = tokio::task::JoinSet::new();
        for who in 0..6 {
            let vault = ground.vault.clone();
            refreshers.spawn(async move {
                let value = SecretString::from(format!("token {version} of {who}"));
                let won = vault.write("refresh", &value, version).await.unwrap();
                let seen = vault.read("refresh").await.unwrap().unwrap();
                (
                    won.map(|_| value.expose_secret().to_owned()),
                    seen.value.expose_secret().to_owned(),
                    seen.version,
                )
            });
        }
        let all = refreshers.join_all().await;
        let winners: Vec<_> = all.iter().filter_map(|(won, _, _)| won.clone()).collect();
        assert_eq!(winners.len(), 1, "fence {version}");
        assert!(
            all.iter()
                .all(|(won, seen, fence)| won.is_none() || (*seen == winners[0] && *fence == version + 1))
        );
        let last = ground.vault.read("refresh").await.unwrap().unwrap();
        assert_eq!(
            (last.value.expose_secret(), last.version),
            (winners[0].as_str(), version + 1)
        );
    }
}
