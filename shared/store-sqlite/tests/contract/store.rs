//! The contract of [`ports::Store`].

use std::sync::{Arc, Barrier};

use domain::lists::ListKind;
use domain::{Currency, DocumentState, ListId, Marker, StateName, TaxForm, TransactionKind};
use jiff::civil::date;
use ports::{CallState, Change, DocumentFilter, FormKey, FormState, ListsUpdate, StoreError};

use super::Subject;
use super::samples::{
    at, call, change, class, company, cursor, customer, decimal, event, fetched, key, order, posted_state,
    pounds, reason, update,
};

fn assert_stale(result: Result<(), StoreError>, name: &str) {
    match result {
        Err(StoreError::Stale(place)) => assert!(place.contains(name), "{place} does not name {name}"),
        other => panic!("expected stale, got {other:?}"),
    }
}

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
        });
        let stale = results
            .iter()
            .filter(|result| matches!(result, Err(StoreError::Stale(_))))
            .count();
        let done = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!((done, stale), (1, 1), "round {round}");
    }
    assert_eq!(subject.store.get(&key(1)).await.unwrap().unwrap().version, 21);
}

/// Runs the same work on two threads that start together.
pub fn race<T: Send, F: Future<Output = T> + Send>(work: impl Fn(usize) -> F) -> Vec<T> {
    let start = Barrier::new(2);
    let works: Vec<F> = (0..2).map(work).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = works
            .into_iter()
            .map(|work| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    start.wait();
                    runtime.block_on(work)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
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

pub async fn a_call_and_its_documents_are_written_together_or_not_at_all(subject: &Subject) {
    subject.store.write(vec![change(fetched(1))]).await.unwrap();
    let outdated = fetched(1);
    assert_stale(
        subject
            .store
            .write_call(&call(1, "{}"), vec![change(outdated)])
            .await,
        &key(1).to_string(),
    );
    assert_eq!(subject.store.open_calls().await.unwrap(), vec![]);
    let record = subject.store.get(&key(1)).await.unwrap().unwrap();
    subject
        .store
        .write_call(&call(1, "{}"), vec![change(record)])
        .await
        .unwrap();
    assert_eq!(subject.store.open_calls().await.unwrap().len(), 1);
    assert_eq!(subject.store.get(&key(1)).await.unwrap().unwrap().version, 2);
}

pub async fn a_call_keeps_its_bytes_and_is_open_until_closed(subject: &Subject) {
    let body = "{\"PrivateNote\":\"linnbooks:order:1:r1 \u{1F4E6} \\u0000 \\\"x\\\"\",\r\n\t\"Amount\":12.30}\u{2028}";
    let mut call = call(1, body);
    call.call.entries.first_mut().unwrap().marker = Marker {
        key: key(1),
        revision: 3,
    };
    let states = [
        CallState::Sent,
        CallState::NotDone {
            not_before: at("2026-03-01T09:10:00Z"),
        },
        CallState::Unknown {
            look_up_at: at("2026-03-01T09:10:00Z"),
            look_ups: 2,
            spent: true,
        },
    ];
    for (version, state) in (0..).zip(states) {
        call.version = version;
        call.state = state;
        subject.store.write_call(&call, vec![]).await.unwrap();
        call.version = version + 1;
        assert_eq!(subject.store.open_calls().await.unwrap(), vec![call.clone()]);
    }
    call.state = CallState::Closed;
    subject.store.write_call(&call, vec![]).await.unwrap();
    assert_eq!(subject.store.open_calls().await.unwrap(), vec![]);
}

pub async fn a_call_written_twice_from_one_version_is_stale(subject: &Subject) {
    let call = call(1, "{}");
    subject.store.write_call(&call, vec![]).await.unwrap();
    let result = subject.store.write_call(&call, vec![change(fetched(1))]).await;
    assert_stale(result, &call.id().to_string());
    assert_eq!(subject.store.get(&key(1)).await.unwrap(), None);
}

pub async fn open_calls_come_oldest_first(subject: &Subject) {
    for id in [7, 2, 9] {
        subject.store.write_call(&call(id, "{}"), vec![]).await.unwrap();
    }
    let mut first = call(7, "{}");
    first.version = 1;
    first.attempts = 2;
    subject.store.write_call(&first, vec![]).await.unwrap();
    let open: Vec<_> = subject
        .store
        .open_calls()
        .await
        .unwrap()
        .iter()
        .map(|call| call.id())
        .collect();
    assert_eq!(open, [7, 2, 9].map(|id| call(id, "{}").id()).to_vec());
}

pub async fn a_watermark_never_moves_backwards(subject: &Subject) {
    let store = &subject.store;
    assert_eq!(store.watermark("processed").await.unwrap(), None);
    for (to, expected) in [
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00.5Z", "2026-03-01T09:00:00.5Z"),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00.5Z"),
        ("2025-03-01T09:00:00Z", "2026-03-01T09:00:00.5Z"),
    ] {
        store.advance_watermark("processed", at(to)).await.unwrap();
        assert_eq!(store.watermark("processed").await.unwrap(), Some(at(expected)));
    }
    assert_eq!(store.watermark("open").await.unwrap(), None);
}

pub async fn lists_are_none_before_the_company_was_read(subject: &Subject) {
    assert!(subject.store.lists().await.unwrap().is_none());
    subject
        .store
        .apply_lists(&update(vec![customer("1", "Amazon")]))
        .await
        .unwrap();
    assert!(subject.store.lists().await.unwrap().is_none());
    let with_company = ListsUpdate {
        company: Some(company("Shop")),
        ..update(vec![])
    };
    subject.store.apply_lists(&with_company).await.unwrap();
    let later = ListsUpdate {
        cursor: cursor("2026-03-01T10:00:00Z"),
        ..update(vec![])
    };
    subject.store.apply_lists(&later).await.unwrap();
    let known = subject.store.lists().await.unwrap().unwrap();
    assert_eq!(known.company, company("Shop"));
    assert_eq!(known.cursor, cursor("2026-03-01T10:00:00Z"));
    assert_eq!(
        known.lists.get(ListKind::Customer, &ListId::new("1")),
        Some(&customer("1", "Amazon"))
    );
}

pub async fn a_kind_that_was_read_whole_replaces_what_was_known_of_it(subject: &Subject) {
    let first = vec![customer("1", "Amazon"), customer("2", "eBay"), class("1", "Shop")];
    let first = ListsUpdate {
        company: Some(company("Shop")),
        ..update(first)
    };
    subject.store.apply_lists(&first).await.unwrap();
    let whole = ListsUpdate {
        replaced: vec![ListKind::Customer],
        ..update(vec![customer("2", "eBay UK")])
    };
    subject.store.apply_lists(&whole).await.unwrap();
    let lists = subject.store.lists().await.unwrap().unwrap().lists;
    assert_eq!(
        lists.all(ListKind::Customer).collect::<Vec<_>>(),
        vec![&customer("2", "eBay UK")]
    );
    assert_eq!(
        lists.all(ListKind::Class).count(),
        1,
        "another kind with the same id stays"
    );
}

pub async fn changed_and_removed_entries_leave_the_others_alone(subject: &Subject) {
    let first = vec![
        customer("1", "Amazon"),
        customer("2", "eBay"),
        customer("3", "Etsy"),
    ];
    let first = ListsUpdate {
        company: Some(company("Shop")),
        ..update(first)
    };
    subject.store.apply_lists(&first).await.unwrap();
    let removed = vec![
        (ListKind::Customer, ListId::new("3")),
        (ListKind::Class, ListId::new("2")),
    ];
    let next = ListsUpdate {
        removed,
        ..update(vec![customer("1", "Amazon UK")])
    };
    subject.store.apply_lists(&next).await.unwrap();
    let lists = subject.store.lists().await.unwrap().unwrap().lists;
    let customers: Vec<_> = lists.all(ListKind::Customer).collect();
    assert_eq!(
        customers,
        vec![&customer("1", "Amazon UK"), &customer("2", "eBay")]
    );
}

pub async fn a_form_is_proven_paused_and_forgotten(subject: &Subject) {
    let form = |tax| FormKey {
        kind: TransactionKind::SalesReceipt,
        tax,
        currency: pounds(),
    };
    let paused = FormState::Paused {
        reason: reason(),
        key: key(1),
    };
    let store = &subject.store;
    assert_eq!(store.form(&form(TaxForm::Excluded)).await.unwrap(), None);
    store
        .put_form(&form(TaxForm::Excluded), Some(&FormState::Proven))
        .await
        .unwrap();
    store
        .put_form(&form(TaxForm::Inclusive), Some(&FormState::Proven))
        .await
        .unwrap();
    store
        .put_form(&form(TaxForm::Excluded), Some(&paused))
        .await
        .unwrap();
    assert_eq!(
        store.form(&form(TaxForm::Excluded)).await.unwrap(),
        Some(paused.clone())
    );
    let mut forms = store.forms().await.unwrap();
    forms.sort_by_key(|(form, _)| *form);
    assert_eq!(
        forms,
        vec![
            (form(TaxForm::Excluded), paused),
            (form(TaxForm::Inclusive), FormState::Proven)
        ]
    );
    store.put_form(&form(TaxForm::Excluded), None).await.unwrap();
    assert_eq!(store.form(&form(TaxForm::Excluded)).await.unwrap(), None);
    assert_eq!(store.forms().await.unwrap().len(), 1);
}

pub async fn the_first_exchange_rate_of_a_day_stays_exact(subject: &Subject) {
    let euro = Currency::parse("EUR").unwrap();
    let day = date(2026, 2, 28);
    let store = &subject.store;
    store
        .put_exchange_rate(euro, day, decimal("0.8612345678901234567890123456"))
        .await
        .unwrap();
    store.put_exchange_rate(euro, day, decimal("0.9")).await.unwrap();
    let kept = store.exchange_rate(euro, day).await.unwrap();
    assert_eq!(kept, Some(decimal("0.8612345678901234567890123456")));
    assert_eq!(store.exchange_rate(euro, date(2026, 3, 1)).await.unwrap(), None);
    assert_eq!(store.exchange_rate(pounds(), day).await.unwrap(), None);
}

pub async fn a_version_of_settings_is_kept_by_its_hash(subject: &Subject) {
    let store = &subject.store;
    store
        .put_version("settings", "abc", "currency = \"GBP\"\n")
        .await
        .unwrap();
    store
        .put_version("settings", "abc", "currency = \"GBP\"\n")
        .await
        .unwrap();
    store.put_version("rules", "abc", "rules: []").await.unwrap();
    assert_eq!(
        store.version("settings", "abc").await.unwrap().as_deref(),
        Some("currency = \"GBP\"\n")
    );
    assert_eq!(
        store.version("rules", "abc").await.unwrap().as_deref(),
        Some("rules: []")
    );
    assert_eq!(store.version("rules", "def").await.unwrap(), None);
}
