//! The contract of [`ports::Store`]: documents, payloads and events.

use std::sync::Arc;

use domain::{DocumentState, RequestId, StateName};
use ports::{Change, DocumentFilter, StoreError};

use super::samples::{at, change, event, fetched, key, order, posted_state, ready, reason};
use super::{Subject, assert_stale, race};

pub async fn a_document_is_read_back_as_it_was_written_with_its_version_raised(subject: &Subject) {
    let mut record = fetched(1);
    subject.store.write(vec![change(record.clone())]).await.unwrap();
    record.version = 1;
    assert_eq!(subject.store.get(&key(1)).await.unwrap().as_ref(), Some(&record));
    record.state = posted_state();
    subject.store.write(vec![change(record.clone())]).await.unwrap();
    record.version = 2;
    assert_eq!(subject.store.get(&key(1)).await.unwrap(), Some(record));
    assert_eq!(subject.store.get(&key(2)).await.unwrap(), None);
}

pub async fn a_new_document_that_exists_already_is_stale(subject: &Subject) {
    subject.store.write(vec![change(fetched(1))]).await.unwrap();
    assert_stale(
        subject.store.write(vec![change(fetched(1))]).await,
        &key(1).to_string(),
    );
}

pub async fn a_change_based_on_an_outdated_version_is_stale_and_names_the_document(subject: &Subject) {
    subject.store.write(vec![change(fetched(1))]).await.unwrap();
    let read = subject.store.get(&key(1)).await.unwrap().unwrap();
    subject.store.write(vec![change(read.clone())]).await.unwrap();
    assert_stale(subject.store.write(vec![change(read)]).await, &key(1).to_string());
    let mut never_stored = fetched(2);
    never_stored.version = 1;
    assert_stale(
        subject.store.write(vec![change(never_stored)]).await,
        &key(2).to_string(),
    );
}

pub async fn one_stale_change_undoes_all_changes_of_the_write(subject: &Subject) {
    subject.store.write(vec![change(fetched(2))]).await.unwrap();
    let first = Change {
        record: fetched(1),
        payload: Some(Box::new(order(1, "first"))),
        event: Some(event(&key(1), "was fetched")),
    };
    assert_stale(
        subject.store.write(vec![first, change(fetched(2))]).await,
        &key(2).to_string(),
    );
    assert_eq!(subject.store.get(&key(1)).await.unwrap(), None);
    assert_eq!(subject.store.payload(&key(1)).await.unwrap(), None);
    assert_eq!(subject.store.events(&key(1)).await.unwrap(), vec![]);
    assert_eq!(subject.store.find("100001").await.unwrap(), vec![]);
}

pub async fn of_two_threads_on_one_version_exactly_one_is_stale(subject: &Subject) {
    subject.store.write(vec![change(fetched(1))]).await.unwrap();
    for round in 0..20 {
        let record = subject.store.get(&key(1)).await.unwrap().unwrap();
        let results = race(|who| {
            let store = Arc::clone(&subject.store);
            let mut record = record.clone();
            record.fingerprint = format!("round {round}, thread {who}");
            async move { store.write(vec![change(record)]).await }
        })
        .await;
        let stale = results
            .iter()
            .filter(|result| matches!(result, Err(StoreError::Stale(_))))
            .count();
        let done = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!((done, stale), (1, 1), "round {round}");
    }
    assert_eq!(subject.store.get(&key(1)).await.unwrap().unwrap().version, 21);
}

pub async fn documents_not_stored_are_left_out_of_get_many(subject: &Subject) {
    subject
        .store
        .write(vec![change(fetched(1)), change(fetched(3))])
        .await
        .unwrap();
    let found = subject.store.get_many(&[key(3), key(2), key(1)]).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|record| record.key).collect();
    found.sort();
    assert_eq!(found, vec![key(1), key(3)]);
}

pub async fn a_document_is_found_by_number_and_references_without_regard_to_case(subject: &Subject) {
    let mut other = fetched(2);
    other.references = vec!["ÖRE-7".into(), "206-0000001-ABC".into(), "206-0000001-abc".into()];
    subject
        .store
        .write(vec![change(fetched(1)), change(other)])
        .await
        .unwrap();
    for (text, expected) in [
        ("100001", vec![key(1)]),
        (" 206-0000001-abc ", vec![key(1), key(2)]),
        ("öre-7", vec![key(2)]),
        ("206", vec![]),
    ] {
        let found: Vec<_> = subject
            .store
            .find(text)
            .await
            .unwrap()
            .into_iter()
            .map(|record| record.key)
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

pub async fn a_reference_that_was_taken_away_no_longer_finds_the_document(subject: &Subject) {
    subject.store.write(vec![change(fetched(1))]).await.unwrap();
    let mut record = subject.store.get(&key(1)).await.unwrap().unwrap();
    record.references = vec!["new".into()];
    subject.store.write(vec![change(record)]).await.unwrap();
    assert_eq!(subject.store.find("206-0000001-ABC").await.unwrap(), vec![]);
    assert_eq!(subject.store.find("NEW").await.unwrap().len(), 1);
    assert_eq!(subject.store.find("100001").await.unwrap().len(), 1);
}

pub async fn an_empty_text_finds_nothing(subject: &Subject) {
    let mut record = fetched(1);
    record.references = vec![String::new(), "  ".into()];
    subject.store.write(vec![change(record)]).await.unwrap();
    assert_eq!(subject.store.find(" ").await.unwrap(), vec![]);
}

pub async fn documents_are_listed_by_number_and_filtered(subject: &Subject) {
    let mut nine = fetched(1);
    nine.number = "9".into();
    let mut ten = fetched(2);
    ten.number = "10".into();
    ten.state = DocumentState::Held {
        reason: reason(),
        posted: vec![],
    };
    let mut eleven = fetched(3);
    eleven.number = "11".into();
    eleven.processed_at = None;
    subject
        .store
        .write(vec![change(eleven), change(ten), change(nine)])
        .await
        .unwrap();
    let list = async |filter: DocumentFilter| -> Vec<String> {
        subject
            .store
            .list(&filter)
            .await
            .unwrap()
            .into_iter()
            .map(|record| record.number)
            .collect()
    };
    let states = |states: &[StateName]| DocumentFilter {
        states: states.to_vec(),
        ..DocumentFilter::default()
    };
    assert_eq!(list(DocumentFilter::default()).await, ["9", "10", "11"]);
    assert_eq!(list(states(&[StateName::Fetched])).await, ["9", "11"]);
    assert_eq!(list(states(&[StateName::Held, StateName::Posted])).await, ["10"]);
    assert_eq!(
        list(states(&[StateName::Held, StateName::Fetched])).await,
        ["9", "10", "11"]
    );
    assert_eq!(
        list(states(&[StateName::Posting, StateName::Unknown])).await,
        Vec::<String>::new()
    );
    let processed = DocumentFilter {
        processed_from: Some(at("2026-01-01T00:00:00Z")),
        ..DocumentFilter::default()
    };
    assert_eq!(
        list(processed).await,
        ["9", "10"],
        "an order that was not processed is in no span"
    );
}

pub async fn the_bounds_of_a_filter_are_inclusive_to_the_nanosecond(subject: &Subject) {
    let instants = [
        "2026-02-28T10:00:00Z",
        "2026-02-28T10:00:00.000000001Z",
        "2026-02-28T10:00:00.5Z",
    ];
    for (id, instant) in (1..).zip(instants) {
        let mut record = fetched(id);
        record.processed_at = Some(at(instant));
        record.updated_at = at(instant);
        subject.store.write(vec![change(record)]).await.unwrap();
    }
    let middle = at("2026-02-28T10:00:00.000000001Z");
    let count = async |filter: DocumentFilter| subject.store.list(&filter).await.unwrap().len();
    assert_eq!(
        count(DocumentFilter {
            processed_from: Some(middle),
            ..DocumentFilter::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(DocumentFilter {
            processed_to: Some(middle),
            ..DocumentFilter::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(DocumentFilter {
            updated_from: Some(middle),
            ..DocumentFilter::default()
        })
        .await,
        2
    );
    let whole = DocumentFilter {
        states: vec![StateName::Fetched],
        processed_from: Some(middle),
        processed_to: Some(middle),
        updated_from: Some(middle),
    };
    assert_eq!(count(whole).await, 1);
}

pub async fn the_payload_stays_until_the_order_is_read_anew(subject: &Subject) {
    let with_order = |record, title| Change {
        record,
        payload: Some(Box::new(order(1, title))),
        event: None,
    };
    subject
        .store
        .write(vec![with_order(fetched(1), "first")])
        .await
        .unwrap();
    let record = subject.store.get(&key(1)).await.unwrap().unwrap();
    subject.store.write(vec![change(record)]).await.unwrap();
    assert_eq!(
        subject.store.payload(&key(1)).await.unwrap(),
        Some(order(1, "first"))
    );
    let record = subject.store.get(&key(1)).await.unwrap().unwrap();
    subject
        .store
        .write(vec![with_order(record, "second")])
        .await
        .unwrap();
    assert_eq!(
        subject.store.payload(&key(1)).await.unwrap(),
        Some(order(1, "second"))
    );
    assert_eq!(subject.store.payload(&key(2)).await.unwrap(), None);
}

pub async fn events_are_kept_in_the_order_of_the_writes(subject: &Subject) {
    for (version, what) in (0..).zip(["was fetched", "was mapped", "was posted"]) {
        let mut record = fetched(1);
        record.version = version;
        let event = Some(event(&key(1), what));
        subject
            .store
            .write(vec![Change {
                record,
                payload: None,
                event,
            }])
            .await
            .unwrap();
    }
    let events = subject.store.events(&key(1)).await.unwrap();
    let expected: Vec<_> = ["was fetched", "was mapped", "was posted"]
        .map(|what| event(&key(1), what))
        .to_vec();
    assert_eq!(events, expected);
    assert_eq!(subject.store.events(&key(2)).await.unwrap(), vec![]);
}

pub async fn of_changes_written_each_by_itself_only_the_stale_ones_are_left_out(subject: &Subject) {
    subject.store.write(vec![change(fetched(2))]).await.unwrap();
    let with_order = |id| Change {
        payload: Some(Box::new(order(id, "first"))),
        event: Some(event(&key(id), "was fetched")),
        ..change(fetched(id))
    };
    let changes = vec![with_order(1), with_order(2), with_order(3)];
    assert_eq!(subject.store.write_each(changes).await.unwrap(), vec![key(2)]);
    for (id, is_written) in [(1, true), (2, false), (3, true)] {
        assert_eq!(
            subject.store.events(&key(id)).await.unwrap().len() == 1,
            is_written,
            "{id}"
        );
        assert_eq!(
            subject.store.payload(&key(id)).await.unwrap().is_some(),
            is_written,
            "{id}"
        );
        let record = subject.store.get(&key(id)).await.unwrap().unwrap();
        assert_eq!(record.version, 1, "{id}");
    }
    assert_eq!(subject.store.write_each(vec![]).await.unwrap(), vec![]);
}

pub async fn a_thousand_changes_are_written_at_once(subject: &Subject) {
    let changes = (1..=1_000).map(|id| Change {
        event: Some(event(&key(id), "was fetched")),
        ..change(fetched(id))
    });
    subject.store.write(changes.collect()).await.unwrap();
    let keys: Vec<_> = (1..=1_001).map(key).collect();
    assert_eq!(subject.store.get_many(&keys).await.unwrap().len(), 1_000);
    let moving = DocumentFilter {
        states: vec![StateName::Fetched],
        ..DocumentFilter::default()
    };
    let listed = subject.store.list(&moving).await.unwrap();
    assert_eq!(listed.len(), 1_000);
    assert_eq!(listed[999].number, "101000");
    assert_eq!(subject.store.find("100777").await.unwrap()[0].key, key(777));
}

pub async fn events_of_a_long_life_are_all_kept_in_order(subject: &Subject) {
    let what = |version: u64| format!("event {version} {}", "of many words ".repeat(20));
    for version in 0..40 {
        let mut record = fetched(1);
        record.version = version;
        let event = Some(event(&key(1), &what(version)));
        subject
            .store
            .write(vec![Change {
                event,
                ..change(record)
            }])
            .await
            .unwrap();
    }
    let events = subject.store.events(&key(1)).await.unwrap();
    let found: Vec<_> = events.into_iter().map(|event| event.what).collect();
    assert_eq!(found, (0..40).map(what).collect::<Vec<_>>());
}

pub async fn a_document_of_any_size_is_read_back_in_every_state(subject: &Subject) {
    for (id, lines) in [(1, 1), (2, 3), (3, 40), (4, 500)] {
        let mut record = fetched(id);
        let call = RequestId(uuid::Uuid::from_u128(9));
        let states = [
            DocumentState::Fetched,
            DocumentState::Ready { ready: ready(lines) },
            DocumentState::Posting {
                ready: ready(lines),
                call,
            },
            DocumentState::Unknown {
                ready: ready(lines),
                call,
                since: at("2026-03-01T09:06:00Z"),
            },
            // Another document under a state that usually keeps the one it found.
            DocumentState::Posting {
                ready: ready(lines + 1),
                call,
            },
            DocumentState::Ready {
                ready: ready(lines + 1),
            },
            DocumentState::Conflict {
                reason: reason(),
                ready: ready(lines),
                found: vec![],
            },
            DocumentState::Held {
                reason: reason(),
                posted: vec![],
            },
            posted_state(),
            DocumentState::Skipped { reason: reason() },
            DocumentState::Conflict {
                reason: reason(),
                ready: ready(lines),
                found: vec![],
            },
        ];
        for state in states {
            record.state = state;
            subject.store.write(vec![change(record.clone())]).await.unwrap();
            record.version += 1;
            assert_eq!(
                subject.store.get(&key(id)).await.unwrap().as_ref(),
                Some(&record),
                "{lines} lines"
            );
        }
    }
}

pub async fn a_document_that_moves_again_is_listed_as_moving(subject: &Subject) {
    let list = async |state: StateName| -> usize {
        let filter = DocumentFilter {
            states: vec![state],
            ..DocumentFilter::default()
        };
        subject.store.list(&filter).await.unwrap().len()
    };
    let mut record = fetched(1);
    let first = Change {
        payload: Some(Box::new(order(1, "first"))),
        ..change(record.clone())
    };
    subject.store.write(vec![first]).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            (list(StateName::Fetched).await, list(StateName::Posted).await),
            (1, 0)
        );
        record.version += 1;
        record.state = posted_state();
        subject.store.write(vec![change(record.clone())]).await.unwrap();
        assert_eq!(
            (list(StateName::Fetched).await, list(StateName::Posted).await),
            (0, 1)
        );
        record.version += 1;
        record.state = DocumentState::Fetched;
        subject.store.write(vec![change(record.clone())]).await.unwrap();
    }
    assert_eq!(
        subject.store.payload(&key(1)).await.unwrap(),
        Some(order(1, "first"))
    );
}
