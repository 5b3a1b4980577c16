//! A British and an American company, and orders for them.

use domain::lists::{ListDetail, ListEntry};
use domain::order::{Address, Channel, OrderDates, OrderKind, PaymentStatus, References, Shipping, Totals};
use domain::{
    AccountingDocument, Company, Currency, DocumentLine, ItemLine, ListId, Lists, Order, OrderId, OrderLine,
    OrderNumber, Preferences, RealmId, Reason, ReasonCode, RowId, Sku,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{Context, Mapped, Outcome, Settings, map_order};

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn entry(id: &str, name: &str, detail: ListDetail) -> ListEntry {
    ListEntry {
        id: ListId::new(id),
        name: name.to_owned(),
        active: true,
        detail,
    }
}

pub fn customer(id: &str, name: &str, currency: Option<&str>) -> ListEntry {
    entry(
        id,
        name,
        ListDetail::Customer {
            currency: currency.map(self::currency),
            email: None,
        },
    )
}

pub fn customer_with_email(id: &str, name: &str, email: &str) -> ListEntry {
    entry(
        id,
        name,
        ListDetail::Customer {
            currency: None,
            email: Some(email.to_owned()),
        },
    )
}

pub fn vendor(id: &str, name: &str) -> ListEntry {
    entry(id, name, ListDetail::Vendor)
}

pub fn employee(id: &str, name: &str) -> ListEntry {
    entry(id, name, ListDetail::Employee)
}

pub fn item(id: &str, name: &str, sku: Option<&str>) -> ListEntry {
    let short_name = name.rsplit(':').next().unwrap().to_owned();
    let item_type = "NonInventory".to_owned();
    entry(
        id,
        name,
        ListDetail::Item {
            short_name,
            sku: sku.map(str::to_owned),
            item_type,
            start_date: None,
        },
    )
}

pub fn account(id: &str, name: &str, account_type: &str, currency: Option<&str>) -> ListEntry {
    let detail = ListDetail::Account {
        account_type: account_type.to_owned(),
        currency: currency.map(self::currency),
    };
    entry(id, name, detail)
}

pub fn tax_rate(id: &str, percent: &str) -> ListEntry {
    entry(
        id,
        &format!("rate {percent}"),
        ListDetail::TaxRate {
            percent: decimal(percent),
        },
    )
}

pub fn tax_code(id: &str, name: &str, rates: &[&str]) -> ListEntry {
    let sales_rates = rates.iter().copied().map(ListId::new).collect();
    entry(
        id,
        name,
        ListDetail::TaxCode {
            taxable: true,
            sales_rates,
        },
    )
}

pub fn inactive(mut entry: ListEntry) -> ListEntry {
    entry.active = false;
    entry
}

pub fn lists() -> Lists {
    Lists::from_entries([
        item("1", "Widget", Some("WIDGET")),
        item("2", "GADGET", None),
        item("3", "Shirts:RED", None),
        item("4", "Hats:RED", None),
        item("5", "Hats:BLUE", None),
        item("90", "Postage", None),
        item("91", "Rounding", None),
        item("92", "Discount", None),
        item("93", "Sales tax", None),
        inactive(item("94", "OLD", Some("OLD"))),
        tax_rate("r20", "20"),
        tax_rate("r5", "5"),
        tax_rate("r0", "0"),
        tax_rate("r7", "7"),
        tax_code("3", "20.0% S", &["r20"]),
        tax_code("12", "GST/PST", &["r5", "r7"]),
        tax_code("5", "5.0% R", &["r5"]),
        tax_code("7", "0.0% Z", &["r0"]),
        account("140", "Amazon clearing", "Bank", None),
        account("141", "Dollar clearing", "Bank", Some("USD")),
        account("142", "Sales", "Income", None),
        account("143", "Cost of goods", "Cost of Goods Sold", None),
        account("144", "Stock", "Other Current Asset", None),
        account("145", "Discounts given", "Income", None),
        entry("8", "PayPal", ListDetail::PaymentMethod),
        entry("9", "Online", ListDetail::Class),
        entry("10", "UK", ListDetail::Department),
        entry("11", "Net 30", ListDetail::Term),
    ])
}

pub fn lists_with(entries: impl IntoIterator<Item = ListEntry>) -> Lists {
    let mut lists = lists();
    for entry in entries {
        lists.put(entry);
    }
    lists
}

pub fn entry_of(id: &str, name: &str, detail: ListDetail) -> ListEntry {
    entry(id, name, detail)
}

pub fn company() -> Company {
    Company {
        realm_id: RealmId::new("1234567890123456"),
        name: "Example Ltd".to_owned(),
        country: "GB".to_owned(),
        time_zone: Some("Europe/London".to_owned()),
        preferences: Preferences {
            home_currency: currency("GBP"),
            multicurrency: true,
            custom_txn_numbers: true,
            allow_shipping: true,
            allow_discount: true,
            quantity_on_hand: true,
            track_departments: true,
            class_tracking_per_txn: true,
            class_tracking_per_txn_line: false,
            using_sales_tax: true,
            partner_tax_enabled: false,
            auto_apply_credit: false,
            book_close_date: None,
        },
    }
}

pub fn american_company() -> Company {
    let mut company = company();
    company.country = "US".to_owned();
    company.time_zone = Some("America/New_York".to_owned());
    company.preferences.home_currency = currency("USD");
    company.preferences.multicurrency = false;
    company.preferences.partner_tax_enabled = true;
    company
}

/// A row at 20 % with its gross; the net is exact.
pub fn row(sku: &str, quantity: i64, gross: &str, rate: &str) -> OrderLine {
    let gross = decimal(gross);
    let net = gross / (Decimal::ONE + decimal(rate) / Decimal::ONE_HUNDRED);
    OrderLine {
        row_id: RowId(Uuid::from_u128(0)),
        sku: Some(Sku::new(sku)),
        channel_sku: None,
        item_number: None,
        title: Some(format!("A {sku}")),
        channel_title: None,
        barcode: None,
        category: None,
        quantity: Decimal::from(quantity),
        price_per_unit: Decimal::ZERO,
        unit_cost: None,
        discount_percent: Decimal::ZERO,
        discount_value: Decimal::ZERO,
        tax_rate: decimal(rate),
        cost: net,
        cost_inc_tax: gross,
        sales_tax: None,
        tax_cost_inclusive: true,
        is_service: false,
        is_unlinked: false,
        bin_rack: None,
        options: Vec::new(),
        children: Vec::new(),
    }
}

/// An order of these rows with postage at 20 %, whose header agrees with them.
pub fn order_of(lines: Vec<OrderLine>, postage: &str) -> Order {
    let postage_cost = decimal(postage);
    let postage_cost_ex_tax = postage_cost / decimal("1.2");
    let gross: Decimal = lines.iter().map(|line| line.cost_inc_tax).sum();
    let net: Decimal = lines.iter().map(|line| line.cost).sum();
    let lines = numbered(lines);
    Order {
        id: OrderId(Uuid::from_u128(7)),
        number: OrderNumber(100_234),
        processed: true,
        kind: OrderKind::Sale,
        hold_or_cancel: false,
        status: PaymentStatus::Paid,
        references: References {
            reference: Some("026-1234567-1234567".to_owned()),
            secondary: None,
            external: None,
        },
        channel: Channel {
            source: "AMAZON".to_owned(),
            sub_source: "Amazon UK".to_owned(),
            site_code: None,
        },
        dates: dates(),
        location_id: Uuid::nil(),
        location_name: None,
        tax_id: None,
        folders: Vec::new(),
        identifiers: Vec::new(),
        notes: Vec::new(),
        extended_properties: Vec::new(),
        shipping: Shipping {
            service: Some("Royal Mail 48".to_owned()),
            ..Shipping::default()
        },
        channel_buyer_name: None,
        shipping_address: address(),
        billing_address: None,
        totals: Totals {
            currency: currency("GBP"),
            subtotal: net,
            postage_cost,
            postage_cost_ex_tax,
            tax: gross - net + postage_cost - postage_cost_ex_tax,
            total_charge: gross + postage_cost,
            total_discount: Decimal::ZERO,
            country_tax_rate: Some(decimal("20")),
            conversion_rate: None,
            payment_method: Some("PayPal".to_owned()),
        },
        lines,
    }
}

fn numbered(mut lines: Vec<OrderLine>) -> Vec<OrderLine> {
    for (index, line) in lines.iter_mut().enumerate() {
        line.row_id = RowId(Uuid::from_u128(index as u128 + 1));
    }
    lines
}

fn dates() -> OrderDates {
    OrderDates {
        received: Some("2026-03-01T10:00:00Z".parse().unwrap()),
        processed: Some("2026-03-02T12:00:00Z".parse().unwrap()),
        paid: Some("2026-03-01T10:05:00Z".parse().unwrap()),
        despatch_by: None,
        cancelled: None,
    }
}

pub fn address() -> Address {
    Address {
        full_name: Some("ATTN: Jane Mary Doe".to_owned()),
        company: None,
        line_1: Some("1 High Street".to_owned()),
        line_2: None,
        line_3: None,
        town: Some("Leeds".to_owned()),
        region: None,
        postal_code: Some("LS1 1AA".to_owned()),
        country: Some("United Kingdom".to_owned()),
        email: Some("jane@example.com".to_owned()),
        phone: Some("0113 496 0000".to_owned()),
    }
}

/// The order of quickbooks-online.md 3.26: 2 x 9.99 and 4.02 postage at 20 %.
pub fn order() -> Order {
    order_of(vec![row("WIDGET", 2, "19.98", "20")], "4.02")
}

/// An order in dollars: net 19.98, the tax of its rows, no postage.
pub fn american_order() -> Order {
    let mut order = order_of(vec![row("WIDGET", 2, "21.72", "8.7087")], "0");
    order.lines[0].cost = decimal("19.98");
    order.totals.currency = currency("USD");
    order.totals.subtotal = decimal("19.98");
    order.totals.tax = decimal("1.74");
    order
}

pub fn settings(text: &str) -> Settings {
    Settings::parse("test.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

pub fn map(order: &Order, text: &str) -> Mapped {
    map_with(order, text, &lists(), &company())
}

pub fn map_with(order: &Order, text: &str, lists: &Lists, company: &Company) -> Mapped {
    map_order(
        order,
        &Context {
            settings: &settings(text),
            lists,
            company,
            rules: None,
        },
    )
}

pub fn document(mapped: Mapped) -> AccountingDocument {
    match mapped.outcome {
        Outcome::Document(document) => *document,
        other => panic!("no document: {other:?}"),
    }
}

pub fn held(mapped: Mapped) -> Reason {
    match mapped.outcome {
        Outcome::Held(reason) => reason,
        other => panic!("not held: {other:?}"),
    }
}

pub fn skipped(mapped: Mapped) -> ReasonCode {
    match mapped.outcome {
        Outcome::Skipped(reason) => reason.code,
        other => panic!("not skipped: {other:?}"),
    }
}

pub fn item_lines(document: &AccountingDocument) -> Vec<&ItemLine> {
    let lines = document.lines.iter();
    lines
        .filter_map(|line| {
            if let DocumentLine::Item(line) = line {
                Some(line.as_ref())
            } else {
                None
            }
        })
        .collect()
}
