//! What holds in the file whoever writes to it, and records of versions to come.

use std::time::Duration;

use domain::StateName;
use ports::{Change, DocumentFilter, Message, Queue, QueueName, Store, StoreError, TokenVault};
use rusqlite::Connection;
use secrecy::SecretString;
use store_sqlite::{DATABASE_FILE, DELIVERIES_MAX, SqliteStore};
use tempfile::TempDir;

use crate::contract::samples::{call, change, event, fetched, key};
use crate::{open, subject};

/// A store with the documents 1 to 3, and another connection to its file.
async fn opened() -> (TempDir, SqliteStore, Connection) {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    for id in 1..=3 {
        let event = Some(event(&key(id), "was fetched"));
        Store::write(
            &store,
            vec![Change {
                record: fetched(id),
                payload: None,
                event,
            }],
        )
        .await
        .unwrap();
    }
    let beside = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    (directory, store, beside)
}

#[tokio::test]
async fn events_cannot_be_changed_deleted_or_replaced() {
    let (_directory, store, beside) = opened().await;
    for sql in [
        "UPDATE events SET what = 'nothing happened'",
        "UPDATE events SET id = 99 WHERE id = 1",
        "DELETE FROM events WHERE id = 1",
        "INSERT OR REPLACE INTO events (id, key, at, actor, what) VALUES (1, 'x', 'x', 'x', 'x')",
    ] {
        let error = beside.execute(sql, []).unwrap_err();
        assert!(error.to_string().contains("events are never"), "{sql}: {error}");
    }
    assert_eq!(
        store.events(&key(1)).await.unwrap(),
        vec![event(&key(1), "was fetched")]
    );
}

#[tokio::test]
async fn a_document_of_an_unknown_version_is_named_and_the_others_are_read() {
    let (_directory, store, beside) = opened().await;
    let newer = r#"{"schema":2,"record":{"shape":"unheard of"}}"#;
    beside
        .execute(
            "UPDATE documents SET record = ?1 WHERE key = ?2",
            [newer, &key(2).to_string()],
        )
        .unwrap();
    let named = |error: StoreError| {
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains(&key(2).to_string()), "{error}");
    };
    named(store.get(&key(2)).await.unwrap_err());
    named(store.list(&DocumentFilter::default()).await.unwrap_err());
    named(store.find("100002").await.unwrap_err());
    named(store.get_many(&[key(1), key(2)]).await.unwrap_err());
    assert_eq!(store.get_many(&[key(1), key(3)]).await.unwrap().len(), 2);
    let held = DocumentFilter {
        states: vec![StateName::Held],
        ..DocumentFilter::default()
    };
    assert_eq!(
        store.list(&held).await.unwrap(),
        vec![],
        "a list without it is read"
    );
    assert!(matches!(
        Store::write(&store, vec![change(fetched(2))]).await,
        Err(StoreError::Stale(_))
    ));
    let kept: String = beside
        .query_row(
            "SELECT record FROM documents WHERE key = ?1",
            [key(2).to_string()],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, newer);
}

#[tokio::test]
async fn a_call_of_an_unknown_version_is_named() {
    let (_directory, store, beside) = opened().await;
    store.write_call(&call(1, "{}"), vec![]).await.unwrap();
    beside
        .execute(r#"UPDATE calls SET record = '{"schema":7,"record":{}}'"#, [])
        .unwrap();
    let error = store.open_calls().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("call {}", call(1, "{}").id())),
        "{error}"
    );
}

#[tokio::test]
async fn a_message_of_an_unknown_version_stays_in_the_queue_and_is_named() {
    let (_directory, store, beside) = opened().await;
    store
        .send(
            QueueName::Orders,
            &[Message::new(key(1)), Message::new(key(2))],
            Duration::ZERO,
        )
        .await
        .unwrap();
    beside
        .execute(
            "UPDATE messages SET schema = 2 WHERE key = ?1",
            [key(2).to_string()],
        )
        .unwrap();
    for _ in 0..=DELIVERIES_MAX {
        let error = store
            .receive(QueueName::Orders, 10, Duration::ZERO)
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains(&key(2).to_string()), "{error}");
    }
    let kept: (i64, i64) = beside
        .query_row("SELECT count(*), max(deliveries) FROM messages", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(kept, (2, 0), "nothing was counted as a delivery");
}

#[tokio::test]
async fn a_message_is_delivered_exactly_as_often_as_the_limit_says() {
    let subject = subject();
    subject
        .queue
        .send(QueueName::Postings, &[Message::new(key(1))], Duration::ZERO)
        .await
        .unwrap();
    for expected in 1..=DELIVERIES_MAX {
        let received = subject
            .queue
            .receive(QueueName::Postings, 1, Duration::from_secs(1))
            .await
            .unwrap();
        assert_eq!(received[0].deliveries, expected);
        assert_eq!(
            subject.queue.dead_letters(QueueName::Postings).await.unwrap(),
            vec![]
        );
        subject.clock.advance(Duration::from_secs(1));
    }
    let none = subject
        .queue
        .receive(QueueName::Postings, 1, Duration::from_secs(1))
        .await
        .unwrap();
    assert!(none.is_empty());
    assert_eq!(
        subject.queue.dead_letters(QueueName::Postings).await.unwrap(),
        vec![Message::new(key(1))]
    );
}

#[tokio::test]
async fn a_document_given_up_twice_is_one_dead_letter_and_keeps_its_place() {
    let subject = subject();
    for id in [1, 2, 1] {
        subject
            .queue
            .send(QueueName::Orders, &[Message::new(key(id))], Duration::ZERO)
            .await
            .unwrap();
        for _ in 0..=DELIVERIES_MAX {
            subject
                .queue
                .receive(QueueName::Orders, 1, Duration::ZERO)
                .await
                .unwrap();
        }
    }
    assert_eq!(
        subject.queue.next_visible_at(QueueName::Orders).await.unwrap(),
        None
    );
    let dead = subject.queue.dead_letters(QueueName::Orders).await.unwrap();
    assert_eq!(dead, vec![Message::new(key(1)), Message::new(key(2))]);
}

#[tokio::test]
async fn neither_debug_nor_an_error_shows_a_secret() {
    let (directory, store, _beside) = opened().await;
    let secret = SecretString::from("AB11-refresh-token");
    TokenVault::write(&store, "refresh", &secret, 0).await.unwrap();
    let kept = TokenVault::read(&store, "refresh").await.unwrap();
    let reader =
        SqliteStore::open_read_only(directory.path(), std::sync::Arc::new(ports::SystemClock)).unwrap();
    let error = TokenVault::write(&reader, "refresh", &secret, 1)
        .await
        .unwrap_err();
    let shown = format!("{store:?} {kept:?} {error} {error:?}");
    assert!(!shown.contains("AB11"), "{shown}");
    assert!(shown.contains("SqliteStore"), "{shown}");
}

#[tokio::test]
async fn a_replaced_secret_is_not_left_in_the_file() {
    let (directory, store, beside) = opened().await;
    for (value, replaces) in [("the-first-refresh-token", 0), ("the-second-refresh-token", 1)] {
        TokenVault::write(&store, "refresh", &SecretString::from(value), replaces)
            .await
            .unwrap();
    }
    beside
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
        .unwrap();
    let bytes = std::fs::read(directory.path().join(DATABASE_FILE)).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("the-second-refresh-token"));
    assert!(!holds("the-first-refresh-token"));
}
