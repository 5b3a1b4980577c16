//! Documents, calls and lists to write.

use domain::lists::{ListDetail, ListEntry};
use domain::order::{Address, Channel, OrderDates, OrderKind, PaymentStatus, References, Shipping, Totals};
use domain::{
    AccountingDocument, Company, Currency, CustomerRef, DocNumber, DocumentKey, DocumentKind, DocumentLine,
    DocumentState, DocumentTax, ExchangeRate, ItemLine, ItemRef, LineRole, ListId, ListRef, Marker, Money,
    Order, OrderId, OrderNumber, PostalAddress, PostedTransaction, Preferences, Ready, RealmId, Reason,
    ReasonCode, RequestId, RowId, SyncToken, TaxForm, TransactionId, TransactionKind,
};
use jiff::Timestamp;
use jiff::civil::date;
use ports::{
    CallEntry, CallState, Change, DocumentRecord, Event, FrozenCall, ListsCursor, ListsUpdate, StoredCall,
};
use rust_decimal::Decimal;
use uuid::Uuid;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn pounds() -> Currency {
    Currency::parse("GBP").unwrap()
}

pub fn key(id: u128) -> DocumentKey {
    DocumentKey::order(OrderId(Uuid::from_u128(id)))
}

/// A document just fetched, not yet stored; its number is 100000 plus the id.
pub fn fetched(id: u128) -> DocumentRecord {
    DocumentRecord {
        key: key(id),
        number: (100_000 + id).to_string(),
        references: vec![format!("206-{id:07}-ABC")],
        state: DocumentState::Fetched,
        revision: 1,
        version: 0,
        total: Some(Money::new(decimal("12.30"), pounds())),
        processed_at: Some(at("2026-02-28T10:00:00Z")),
        fingerprint: "header-1".into(),
        payload_hash: "order-1".into(),
        list_refreshes: 0,
        look_up_first: false,
        fetched_at: at("2026-03-01T09:00:00Z"),
        updated_at: at("2026-03-01T09:00:00Z"),
    }
}

pub fn posted_state() -> DocumentState {
    DocumentState::Posted {
        transactions: vec![PostedTransaction {
            kind: TransactionKind::SalesReceipt,
            id: TransactionId::new("145"),
            sync_token: SyncToken::new("0"),
            doc_number: Some("LW-100001".into()),
            total: decimal("12.30"),
            currency: pounds(),
            adopted: false,
        }],
        total: Money::new(decimal("12.30"), pounds()),
        at: at("2026-03-01T09:05:00Z"),
        settings_version: "s1".into(),
        rules_version: None,
        changed_since: None,
    }
}

pub fn reason() -> Reason {
    Reason::new(ReasonCode::UnknownItem, "The item is missing.", "Make the item.")
}

pub fn change(record: DocumentRecord) -> Change {
    Change {
        record,
        payload: None,
        event: None,
    }
}

pub fn event(key: &DocumentKey, what: &str) -> Event {
    Event {
        at: at("2026-03-01T09:00:00.25Z"),
        key: key.clone(),
        actor: "linnbooks".into(),
        what: what.into(),
    }
}

pub fn order(id: u128, title: &str) -> Order {
    Order {
        id: OrderId(Uuid::from_u128(id)),
        number: OrderNumber(100_001),
        processed: true,
        kind: OrderKind::Sale,
        hold_or_cancel: false,
        status: PaymentStatus::Paid,
        references: References::default(),
        channel: Channel {
            source: "AMAZON".into(),
            sub_source: "UK".into(),
            site_code: None,
        },
        dates: OrderDates::default(),
        location_id: Uuid::nil(),
        location_name: None,
        tax_id: None,
        folders: vec![title.into()],
        identifiers: vec![],
        notes: vec![],
        extended_properties: vec![],
        shipping: Shipping {
            total_weight: Some(decimal("0.450")),
            ..Shipping::default()
        },
        channel_buyer_name: None,
        shipping_address: Address {
            town: Some("Łódź".into()),
            ..Address::default()
        },
        billing_address: None,
        totals: Totals {
            currency: pounds(),
            subtotal: decimal("10.25"),
            postage_cost: decimal("0"),
            postage_cost_ex_tax: decimal("0"),
            tax: decimal("2.05"),
            total_charge: decimal("12.3000"),
            total_discount: decimal("0"),
            country_tax_rate: Some(decimal("20")),
            conversion_rate: None,
            payment_method: None,
        },
        lines: vec![],
    }
}

/// A call just about to be sent, not yet stored.
pub fn call(id: u128, body: &str) -> StoredCall {
    StoredCall {
        call: FrozenCall {
            request_id: RequestId(Uuid::from_u128(id)),
            resource: "salesreceipt".into(),
            body: body.into(),
            entries: vec![CallEntry {
                batch_item_id: String::new(),
                marker: Marker {
                    key: key(id),
                    revision: 1,
                },
                kind: TransactionKind::SalesReceipt,
                number: Some("LW-100001".into()),
                date: date(2026, 2, 28),
                total: Money::new(decimal("12.30"), pounds()),
            }],
        },
        state: CallState::Sent,
        attempts: 1,
        last_sent_at: at("2026-03-01T09:04:00Z"),
        version: 0,
    }
}

pub fn customer(id: &str, name: &str) -> ListEntry {
    let detail = ListDetail::Customer {
        currency: Some(pounds()),
        email: None,
    };
    ListEntry {
        id: ListId::new(id),
        name: name.into(),
        active: true,
        detail,
    }
}

pub fn class(id: &str, name: &str) -> ListEntry {
    ListEntry {
        id: ListId::new(id),
        name: name.into(),
        active: true,
        detail: ListDetail::Class,
    }
}

pub fn company(name: &str) -> Company {
    Company {
        realm_id: RealmId::new("4620816365000000000"),
        name: name.into(),
        country: "GB".into(),
        time_zone: Some("Europe/London".into()),
        preferences: Preferences {
            home_currency: pounds(),
            multicurrency: true,
            custom_txn_numbers: true,
            allow_shipping: false,
            allow_discount: true,
            quantity_on_hand: true,
            track_departments: false,
            class_tracking_per_txn: false,
            class_tracking_per_txn_line: true,
            using_sales_tax: true,
            partner_tax_enabled: false,
            auto_apply_credit: false,
            book_close_date: Some(date(2025, 12, 31)),
        },
    }
}

pub fn cursor(until: &str) -> ListsCursor {
    ListsCursor {
        changed_until: at(until),
        daily_read_at: at("2026-03-01T00:00:00Z"),
    }
}

/// An update that changes entries only.
pub fn update(changed: Vec<ListEntry>) -> ListsUpdate {
    ListsUpdate {
        replaced: vec![],
        changed,
        removed: vec![],
        company: None,
        cursor: cursor("2026-03-01T09:00:00Z"),
    }
}

fn reference(id: &str, name: &str) -> ListRef {
    ListRef {
        id: ListId::new(id),
        name: name.into(),
    }
}

/// A document to be posted with this many lines.
pub fn ready(lines: u128) -> Box<Ready> {
    let line = |number: u128| ItemLine {
        role: LineRole::Row(RowId(Uuid::from_u128(number))),
        item: ItemRef::Existing(reference(&number.to_string(), &format!("Shop:Item {number}"))),
        description: Some(format!("Item {number}")),
        quantity: Some(decimal("3")),
        unit_price: Some(decimal("3.4166667")),
        amount: decimal("10.25"),
        tax_code: Some(reference("6", "20.0% S")),
        tax_inclusive_amount: Some(decimal("12.30")),
        class: None,
    };
    let document = AccountingDocument {
        kind: DocumentKind::SalesReceipt,
        doc_number: Some(DocNumber::parse("LW-100001").unwrap()),
        date: date(2026, 2, 28),
        customer: CustomerRef::Existing(reference("58", "Amazon GBP")),
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
        lines: (1..=lines)
            .map(|number| DocumentLine::Item(Box::new(line(number))))
            .collect(),
        tax: DocumentTax {
            form: TaxForm::Inclusive,
            total_tax: decimal("2.05"),
            lines: vec![],
        },
        total: Money::new(decimal("12.30"), pounds()),
    };
    Box::new(Ready {
        document,
        settings_version: "s1".into(),
        rules_version: Some("r1".into()),
        posted: vec![],
        single: false,
        not_before: None,
        refusals: 0,
    })
}
