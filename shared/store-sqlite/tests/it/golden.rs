//! Records of version 1, as they were written then, are still read. The files are never changed; a new version adds its own.

use domain::lists::ListKind;
use domain::{
    AccountingDocument, CustomerRef, DocNumber, DocumentKind, DocumentLine, DocumentState, DocumentTax,
    ExchangeRate, ItemLine, ItemRef, LineRole, ListId, ListRef, Money, NewCustomer, PaymentPlan,
    PostalAddress, RawFault, Ready, Reason, ReasonCode, RequestId, RowId, TaxForm, TaxLine, TransactionKind,
};
use jiff::civil::date;
use ports::{CallState, DocumentRecord, FormKey, FormState, Store, StoredCall};
use rusqlite::Connection;
use store_sqlite::{DATABASE_FILE, SqliteStore};
use tempfile::TempDir;
use uuid::Uuid;

use crate::contract::samples::{
    at, call, company, cursor, customer, decimal, fetched, key, order, posted_state, pounds, reason,
};
use crate::open;

/// A store whose file holds the given rows, written by no code of ours.
fn store_with(statements: &[(&str, &[&str])]) -> (TempDir, SqliteStore) {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    let beside = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    for (sql, values) in statements {
        beside.execute(sql, rusqlite::params_from_iter(*values)).unwrap();
    }
    (directory, store)
}

const INSERT_DOCUMENT: &str =
    "INSERT INTO documents (key, number, state, updated_at, version, record) VALUES (?1, '1', ?2, '', 7, ?3)";

async fn read_document(id: u128, state: &str, golden: &str) -> DocumentRecord {
    let key = key(id);
    let (_directory, store) = store_with(&[(INSERT_DOCUMENT, &[&key.to_string(), state, golden])]);
    store.get(&key).await.unwrap().unwrap()
}

fn reference(id: &str, name: &str) -> ListRef {
    ListRef {
        id: ListId::new(id),
        name: name.into(),
    }
}

fn line() -> ItemLine {
    ItemLine {
        role: LineRole::Row(RowId(Uuid::from_u128(5))),
        item: ItemRef::Existing(reference("21", "Shop:Blue mug")),
        description: Some("Blue mug".into()),
        quantity: Some(decimal("3")),
        unit_price: Some(decimal("3.4166667")),
        amount: decimal("10.25"),
        tax_code: Some(reference("6", "20.0% S")),
        tax_inclusive_amount: Some(decimal("12.30")),
        class: None,
    }
}

fn document() -> AccountingDocument {
    let payment = PaymentPlan {
        date: date(2026, 2, 28),
        reference: "206-0000001-ABC".into(),
        deposit_account: Some(reference("35", "Amazon clearing")),
        payment_method: None,
    };
    AccountingDocument {
        kind: DocumentKind::Invoice {
            terms: None,
            due_date: Some(date(2026, 3, 28)),
            payment: Some(payment),
        },
        doc_number: Some(DocNumber::parse("LW-100001").unwrap()),
        date: date(2026, 2, 28),
        customer: CustomerRef::New(NewCustomer {
            display_name: "Amazon GBP".into(),
            currency: Some(pounds()),
            given_name: None,
            family_name: None,
            company_name: None,
            email: None,
            phone: None,
            billing_address: None,
            shipping_address: None,
        }),
        currency: pounds(),
        exchange_rate: ExchangeRate::Given(decimal("1.1712")),
        billing_address: None,
        shipping_address: Some(PostalAddress {
            city: Some("Łódź".into()),
            ..PostalAddress::default()
        }),
        email: None,
        deposit_account: Some(reference("35", "Amazon clearing")),
        payment_method: None,
        payment_reference: None,
        class: None,
        department: Some(reference("2", "Warehouse")),
        ship_date: None,
        ship_method: None,
        tracking_number: None,
        customer_memo: None,
        private_note: "Linnworks 100001".into(),
        lines: vec![
            DocumentLine::Item(Box::new(line())),
            DocumentLine::Discount {
                amount: decimal("0.00"),
                account: None,
            },
            DocumentLine::Description("thank you".into()),
        ],
        tax: DocumentTax {
            form: TaxForm::InclusiveWithOverride,
            total_tax: decimal("2.05"),
            lines: vec![TaxLine {
                rate_id: ListId::new("4"),
                percent: decimal("20"),
                net: decimal("10.25"),
                tax: decimal("2.05"),
            }],
        },
        total: Money::new(decimal("12.30"), pounds()),
    }
}

fn ready() -> Box<Ready> {
    Box::new(Ready {
        document: document(),
        settings_version: "s1".into(),
        rules_version: Some("r1".into()),
        posted: posted_state().transactions().to_vec(),
        single: true,
        not_before: Some(at("2026-03-01T09:30:00Z")),
        refusals: 2,
    })
}

fn record(id: u128, state: DocumentState) -> DocumentRecord {
    DocumentRecord {
        state,
        version: 7,
        ..fetched(id)
    }
}

fn conflict() -> DocumentState {
    let raw = RawFault {
        code: "6140".into(),
        message: "Duplicate Document Number Error".into(),
        detail: "DocNumber=LW-100001 is assigned to TxnType=Invoice with TxnId=45823".into(),
        intuit_tid: Some("1-65f0".into()),
    };
    let reason = Reason::new(
        ReasonCode::Refused,
        "The number is in use.",
        "Adopt it, or renumber it.",
    )
    .with_raw(raw);
    DocumentState::Conflict {
        reason,
        ready: ready(),
        found: posted_state().transactions().to_vec(),
    }
}

#[tokio::test]
async fn a_posted_document_of_version_1_is_read() {
    let read = read_document(1, "posted", include_str!("../golden/v1/document_posted.json")).await;
    assert_eq!(read, record(1, posted_state()));
}

#[tokio::test]
async fn a_document_of_version_1_on_its_way_is_read() {
    let read = read_document(2, "posting", include_str!("../golden/v1/document_posting.json")).await;
    assert_eq!(
        read,
        record(
            2,
            DocumentState::Posting {
                ready: ready(),
                call: RequestId(Uuid::from_u128(9))
            }
        )
    );
}

#[tokio::test]
async fn a_document_of_version_1_in_conflict_is_read() {
    let read = read_document(3, "conflict", include_str!("../golden/v1/document_conflict.json")).await;
    assert_eq!(read, record(3, conflict()));
}

#[tokio::test]
async fn an_order_of_version_1_is_read() {
    let golden = include_str!("../golden/v1/payload.json");
    let key = key(1);
    let (_directory, store) = store_with(&[
        (INSERT_DOCUMENT, &[&key.to_string(), "fetched", "{}"]),
        (
            "INSERT INTO payloads (key, record) VALUES (?1, ?2)",
            &[&key.to_string(), golden],
        ),
    ]);
    assert_eq!(store.payload(&key).await.unwrap(), Some(order(1, "golden")));
}

#[tokio::test]
async fn a_call_of_version_1_is_read_with_its_exact_bytes() {
    let (_directory, store) = store_with(&[(
        "INSERT INTO calls (request_id, closed, version, record) VALUES ('x', 0, 7, ?1)",
        &[include_str!("../golden/v1/call.json")],
    )]);
    assert_eq!(store.open_calls().await.unwrap(), vec![golden_call()]);
}

fn golden_call() -> StoredCall {
    let body = "{\"DocNumber\":\"LW-100001\",\"PrivateNote\":\"\u{141}\u{f3}d\u{17a} \\\"x\\\"\\n\"}";
    StoredCall {
        state: CallState::Unknown {
            look_up_at: at("2026-03-01T09:10:00Z"),
            look_ups: 1,
            spent: true,
        },
        version: 7,
        ..call(9, body)
    }
}

#[tokio::test]
async fn lists_and_company_of_version_1_are_read() {
    let (_directory, store) = store_with(&[
        (
            "INSERT INTO lists_state (only, cursor, company) VALUES (1, ?1, ?2)",
            &[
                include_str!("../golden/v1/cursor.json"),
                include_str!("../golden/v1/company.json"),
            ],
        ),
        (
            "INSERT INTO list_entries (kind, id, record) VALUES ('Customer', '58', ?1)",
            &[include_str!("../golden/v1/list_entry.json")],
        ),
    ]);
    let known = store.lists().await.unwrap().unwrap();
    assert_eq!(known.company, company("Shop"));
    assert_eq!(known.cursor, cursor("2026-03-01T09:00:00Z"));
    let customers: Vec<_> = known.lists.all(ListKind::Customer).cloned().collect();
    assert_eq!(customers, vec![customer("58", "Amazon GBP")]);
}

#[tokio::test]
async fn a_form_of_version_1_is_read() {
    let (_directory, store) = store_with(&[(
        "INSERT INTO forms (form, record) VALUES ('x', ?1)",
        &[include_str!("../golden/v1/form.json")],
    )]);
    let form = FormKey {
        kind: TransactionKind::Invoice,
        tax: TaxForm::InclusiveGross,
        currency: pounds(),
    };
    let state = FormState::Paused {
        reason: reason(),
        key: key(1),
    };
    assert_eq!(store.forms().await.unwrap(), vec![(form, state)]);
}
