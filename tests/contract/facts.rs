//! The contract of [`ports::Store`]: calls, watermarks, lists, forms, rates and versions.

use domain::lists::ListKind;
use domain::{Currency, DocumentState, ListId, Marker, RequestId, TaxForm, TransactionKind};
use jiff::civil::date;
use ports::{CallState, Change, DocumentRecord, FormKey, FormState, ListsUpdate};

use super::samples::{
    at, call, change, class, company, cursor, customer, decimal, event, fetched, key, posted_state, pounds,
    ready, reason, update,
};
use super::{Subject, assert_stale};

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
    let mut call = call(1, "{}");
    for version in 0..3 {
        call.version = version;
        subject.store.write_call(&call, vec![]).await.unwrap();
        let again = subject.store.write_call(&call, vec![change(fetched(1))]).await;
        assert_stale(again, &call.id().to_string());
        assert_eq!(subject.store.get(&key(1)).await.unwrap(), None);
    }
}

pub async fn a_call_is_closed_with_its_posted_documents(subject: &Subject) {
    let store = &subject.store;
    let mut call = call(9, "{}");
    let posting = |id| DocumentState::Posting {
        ready: ready(3),
        call: RequestId(uuid::Uuid::from_u128(id)),
    };
    let stored = (1..=3).map(|id| fetched_in(id, 0, posting(9)));
    store.write_call(&call, stored.collect()).await.unwrap();
    call.version = 1;
    call.state = CallState::Closed;
    // Another worker saw to the second document: the call stays open, and nothing of that document is lost.
    store.write(vec![fetched_in(2, 1, posted_state())]).await.unwrap();
    let verdicts = (1..=3).map(|id| fetched_in(id, 1, posted_state()));
    let refused = store.close_call(&call, verdicts.collect()).await;
    assert_stale(refused, &key(2).to_string());
    assert_eq!(store.open_calls().await.unwrap().len(), 1);
    assert_eq!(store.get(&key(2)).await.unwrap().unwrap().version, 2);
    // What is left of it is settled by a second try, from the records as they are.
    let mut rest = Vec::new();
    for record in store.get_many(&[1, 2, 3].map(key)).await.unwrap() {
        if !matches!(record.state, DocumentState::Posted { .. }) {
            rest.push(fetched_in(number_of(&record), record.version, posted_state()));
        }
    }
    store.close_call(&call, rest).await.unwrap();
    assert_eq!(store.open_calls().await.unwrap(), vec![]);
    for record in store.get_many(&[1, 2, 3].map(key)).await.unwrap() {
        assert_eq!((record.version, record.state), (2, posted_state()));
    }
}

fn number_of(record: &DocumentRecord) -> u128 {
    (1..=3).find(|id| key(*id) == record.key).unwrap()
}

fn fetched_in(id: u128, version: u64, state: DocumentState) -> Change {
    change(DocumentRecord {
        version,
        state,
        ..fetched(id)
    })
}

pub async fn a_call_closed_from_an_outdated_version_is_stale_and_stays_open(subject: &Subject) {
    let mut call = call(9, "{}");
    subject.store.write_call(&call, vec![]).await.unwrap();
    call.version = 1;
    call.attempts = 2;
    subject.store.write_call(&call, vec![]).await.unwrap();
    call.state = CallState::Closed;
    let refused = subject.store.close_call(&call, vec![]).await;
    assert_stale(refused, &call.id().to_string());
    assert_eq!(subject.store.open_calls().await.unwrap().len(), 1);
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

pub async fn a_call_of_thirty_large_documents_is_written_whole(subject: &Subject) {
    let mut records: Vec<_> = (1..=30).map(fetched).collect();
    let writes = records.iter().cloned().map(change).collect();
    subject.store.write(writes).await.unwrap();
    let mut call = call(99, &"{\"Line\":[\u{1F4E6}]}".repeat(50_000));
    for (version, state) in (0..).zip([CallState::Sent, CallState::Closed]) {
        let posting = records.iter_mut().map(|record| {
            record.version += 1;
            record.state = DocumentState::Posting {
                ready: ready(60),
                call: call.id(),
            };
            Change {
                event: Some(event(&record.key, "is sent")),
                ..change(record.clone())
            }
        });
        let posting = posting.collect();
        call.version = version;
        call.state = state;
        subject.store.write_call(&call, posting).await.unwrap();
        call.version = version + 1;
        let open = subject.store.open_calls().await.unwrap();
        assert_eq!(open, if version == 0 { vec![call.clone()] } else { vec![] });
    }
    let keys: Vec<_> = (1..=30).map(key).collect();
    let mut stored = subject.store.get_many(&keys).await.unwrap();
    stored.sort_by(|a, b| a.key.cmp(&b.key));
    assert!(stored.iter().all(|record| record.version == 3));
    assert_eq!(
        stored[29].state,
        DocumentState::Posting {
            ready: ready(60),
            call: call.id()
        }
    );
}

pub async fn a_text_of_two_megabytes_is_kept(subject: &Subject) {
    // Digits of a linear generator, so that no store can make much less of it.
    let mut seed = 7_u32;
    let text: String = (0..2_000_000)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'!' + u8::try_from((seed >> 24) % 90).unwrap())
        })
        .collect();
    subject.store.put_version("rules", "big", &text).await.unwrap();
    subject
        .store
        .put_version("rules", "big", "another")
        .await
        .unwrap();
    assert!(subject.store.version("rules", "big").await.unwrap() == Some(text));
}

pub async fn lists_of_five_thousand_entries_survive_many_small_changes(subject: &Subject) {
    let all: Vec<_> = (0..5_000)
        .map(|id| customer(&id.to_string(), &format!("Customer {id}")))
        .collect();
    let whole = ListsUpdate {
        replaced: vec![ListKind::Customer],
        company: Some(company("Shop")),
        ..update(all)
    };
    subject.store.apply_lists(&whole).await.unwrap();
    for round in 0..30 {
        let change = ListsUpdate {
            removed: vec![(ListKind::Customer, ListId::new(format!("{}", round + 100)))],
            ..update(vec![customer(&round.to_string(), &format!("Renamed {round}"))])
        };
        subject.store.apply_lists(&change).await.unwrap();
    }
    let lists = subject.store.lists().await.unwrap().unwrap().lists;
    assert_eq!(lists.all(ListKind::Customer).count(), 4_970);
    for (id, name) in [
        ("0", Some("Renamed 0")),
        ("29", Some("Renamed 29")),
        ("30", Some("Customer 30")),
        ("110", None),
    ] {
        let entry = lists.get(ListKind::Customer, &ListId::new(id));
        assert_eq!(entry.map(|entry| entry.name.as_str()), name, "{id}");
    }
}
