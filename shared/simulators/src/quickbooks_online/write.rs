//! Creates, updates, deletes and voids.
//!
//! In: an entity, an operation and a body. Out: the object as the API answers it, and the books changed; or a fault and
//! nothing changed. Holds sync tokens (quickbooks-online.md 2.8), full and sparse updates (2.2), document numbers (2.14,
//! 3.25) and the movement of stock (4). Does not know about HTTP, request ids or lost answers.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::books::{Books, Record};
use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;
use super::sales::{SaleRequest, check_open_period, date_member, stock_of, voided};
use super::seed::ExchangeRateSeed;
use super::switches::Switches;
use super::{lists, payments, properties};

/// What a write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Create without an Id in the body, update with one.
    Save,
    Delete,
    Void,
}

/// One write.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub kind: EntityKind,
    pub operation: Operation,
    pub body: Json,
    /// `include=allowduplicatedocnum`.
    pub allow_duplicate: bool,
}

impl Write {
    /// Whether it would make a new object.
    pub fn is_create(&self) -> bool {
        self.operation == Operation::Save && self.body.get("Id").is_none_or(Json::is_unset)
    }
}

/// Members the caller cannot set (quickbooks-online.md 3.0).
const READ_ONLY: [&str; 12] = [
    "Id",
    "SyncToken",
    "MetaData",
    "domain",
    "sparse",
    "status",
    "Balance",
    "HomeTotalAmt",
    "HomeBalance",
    "FullyQualifiedName",
    "UnappliedAmt",
    "RemainingCredit",
];

/// Does one write against the books.
pub(super) fn execute(
    books: &mut Books,
    switches: &Switches,
    write: &Write,
    now: Timestamp,
) -> Result<Json, Fault> {
    let kind = write.kind;
    if !kind.is_writable() || (kind == EntityKind::TaxAgency && !write.is_create()) {
        return Err(Fault::unsupported(&format!("write of {kind}")));
    }
    let body = write.body.clone().pruned();
    if switches.unknown_property_2010 {
        properties::check_known(kind, &body)?;
    }
    properties::check_lengths(kind, &body)?;
    if switches.us_latin1_only && books.company.is_united_states() {
        properties::check_latin1(&body)?;
    }
    if kind == EntityKind::ExchangeRate {
        return set_exchange_rate(books, &body, now);
    }
    match write.operation {
        Operation::Delete => delete(books, kind, &body, now),
        Operation::Void => void(books, kind, &body, now),
        Operation::Save if write.is_create() => create(books, switches, write, body, now),
        Operation::Save => update(books, switches, write, now),
    }
}

fn without_read_only(kind: EntityKind, mut body: Json) -> Json {
    for member in READ_ONLY {
        body.remove(member);
    }
    if kind.is_sale() {
        body.remove("TotalAmt");
        body.remove("LinkedTxn");
    }
    body
}

fn create(
    books: &mut Books,
    switches: &Switches,
    write: &Write,
    body: Json,
    now: Timestamp,
) -> Result<Json, Fault> {
    let kind = write.kind;
    let body = without_read_only(kind, body);
    let mut body = complete(books, switches, kind, body, None, false, now)?;
    if kind.is_sale() {
        number(books, switches, write, &mut body, None)?;
    }
    let id = books.insert(kind, body.clone(), now);
    if kind == EntityKind::Customer || kind == EntityKind::Vendor {
        add_currency(books, &body, now);
    }
    move_stock(books, kind, &body, Decimal::NEGATIVE_ONE, now);
    if kind == EntityKind::Payment {
        payments::apply(books, &id, None, Some(&body), now);
    }
    if kind == EntityKind::Invoice || kind == EntityKind::CreditMemo {
        add_receivable(books, &body, now);
    }
    shown(books, kind, &id)
}

fn complete(
    books: &Books,
    switches: &Switches,
    kind: EntityKind,
    body: Json,
    previous: Option<&Record>,
    lines_are_stored: bool,
    now: Timestamp,
) -> Result<Json, Fault> {
    if kind.is_sale() {
        SaleRequest {
            books,
            switches,
            kind,
            previous,
            lines_are_stored,
            now,
        }
        .complete(body)
    } else if kind == EntityKind::Payment {
        payments::complete(books, body, previous, now)
    } else {
        lists::complete(books, switches, kind, body, previous)
    }
}

fn shown(books: &Books, kind: EntityKind, id: &str) -> Result<Json, Fault> {
    books
        .get(kind, id)
        .map(|record| books.render(kind, record))
        .ok_or_else(Fault::not_found)
}

/// Finds the object a change is for and checks its sync token.
fn find_for_change(books: &Books, kind: EntityKind, body: &Json) -> Result<Record, Fault> {
    let id = body.text_at("Id").ok_or_else(|| Fault::missing("Id"))?;
    check_id(id)?;
    let record = books.get(kind, id).ok_or_else(Fault::not_found)?;
    let token = body
        .text_at("SyncToken")
        .ok_or_else(|| Fault::missing("SyncToken"))?;
    if token != record.sync_token.to_string() {
        return Err(Fault::new(
            "5010",
            "Stale Object Error",
            "Stale Object Error : You and Another User were working on this at the same time. Another User finished \
             before you did, so your work was not saved.",
        )
        .at(""));
    }
    Ok(record.clone())
}

/// Refuses ids that are no numbers (2030).
pub(super) fn check_id(id: &str) -> Result<(), Fault> {
    if !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(());
    }
    Err(Fault::new(
        "2030",
        "Invalid ID",
        format!("Id should be a valid number. Supplied value:{id}"),
    )
    .at("Id"))
}

/// The body after an update: a sparse one keeps what is not given, a full one clears it (quickbooks-online.md 2.2).
fn merged(kind: EntityKind, record: &Record, sent: &Json) -> Json {
    let sparse = sent.bool_at("sparse").unwrap_or(false);
    let mut body = if sparse {
        record.body.clone()
    } else {
        Json::object()
    };
    if sparse && kind.is_sale() {
        let is_stale = sent.get("Line").is_some()
            || record.body.decimal_at("TxnTaxDetail.TotalTax") == Some(Decimal::ZERO);
        if is_stale {
            body.remove("TxnTaxDetail");
        }
    }
    if sparse && kind.name_member() == "DisplayName" && sent.get("DisplayName").is_some() {
        body.remove("PrintOnCheckName");
    }
    for (name, value) in without_read_only(kind, sent.clone()).members() {
        if value.is_unset() {
            body.remove(name);
        } else {
            body.set(name, value.clone());
        }
    }
    // These stay whatever is sent.
    for member in ["DocNumber", "LinkedTxn"] {
        if let Some(value) = record.body.get(member) {
            body.set_default(member, value.clone());
        }
    }
    if kind == EntityKind::Item
        && let Some(start) = record.body.get("InvStartDate")
    {
        body.set("InvStartDate", start.clone());
        let quantity = record.body.get("QtyOnHand").cloned().unwrap_or(Json::count(0));
        body.set_default("QtyOnHand", quantity);
    }
    body.pruned()
}

fn update(books: &mut Books, switches: &Switches, write: &Write, now: Timestamp) -> Result<Json, Fault> {
    let kind = write.kind;
    let record = find_for_change(books, kind, &write.body)?;
    check_period_of(books, &record)?;
    let lines_are_stored = write.body.get("Line").is_none_or(Json::is_unset);
    let body = merged(kind, &record, &write.body);
    let mut body = complete(books, switches, kind, body, Some(&record), lines_are_stored, now)?;
    if kind.is_sale() {
        number(books, switches, write, &mut body, Some(&record))?;
    }
    move_stock(books, kind, &record.body, Decimal::ONE, now);
    books.replace(kind, &record.id, body.clone(), now);
    move_stock(books, kind, &body, Decimal::NEGATIVE_ONE, now);
    if kind == EntityKind::Payment {
        payments::apply(books, &record.id, Some(&record.body), Some(&body), now);
    }
    shown(books, kind, &record.id)
}

fn check_period_of(books: &Books, record: &Record) -> Result<(), Fault> {
    match date_member(&record.body, "TxnDate")? {
        Some(date) => check_open_period(books, date),
        None => Ok(()),
    }
}

fn delete(books: &mut Books, kind: EntityKind, body: &Json, now: Timestamp) -> Result<Json, Fault> {
    if !kind.is_transaction() {
        return Err(Fault::unsupported(&format!("delete of {kind}")));
    }
    let record = find_for_change(books, kind, body)?;
    check_period_of(books, &record)?;
    remove(books, kind, &record, now);
    Ok(Json::object()
        .with("Id", Json::text(&record.id))
        .with("domain", Json::text("QBO"))
        .with("status", Json::text("Deleted")))
}

/// Removes a transaction and undoes its effects.
pub(super) fn remove(books: &mut Books, kind: EntityKind, record: &Record, now: Timestamp) {
    move_stock(books, kind, &record.body, Decimal::ONE, now);
    if kind == EntityKind::Payment {
        payments::apply(books, &record.id, Some(&record.body), None, now);
    } else {
        payments::release(books, kind, &record.id, now);
    }
    books.delete(kind, &record.id, now);
}

fn void(books: &mut Books, kind: EntityKind, body: &Json, now: Timestamp) -> Result<Json, Fault> {
    if !matches!(
        kind,
        EntityKind::SalesReceipt | EntityKind::Invoice | EntityKind::Payment
    ) {
        return Err(Fault::unsupported(&format!("void of {kind}")));
    }
    let record = find_for_change(books, kind, body)?;
    check_period_of(books, &record)?;
    move_stock(books, kind, &record.body, Decimal::ONE, now);
    let mut body = voided(kind, record.body.clone());
    if kind == EntityKind::Payment {
        payments::apply(books, &record.id, Some(&record.body), None, now);
    } else {
        payments::release(books, kind, &record.id, now);
        if kind == EntityKind::Invoice {
            body.set("LinkedTxn", Json::Array(Vec::new()));
        }
    }
    books.replace(kind, &record.id, body, now);
    shown(books, kind, &record.id)
}

/// Gives a number where QuickBooks does, and refuses one that is taken (6140; quickbooks-online.md 2.14, 3.25).
fn number(
    books: &mut Books,
    switches: &Switches,
    write: &Write,
    body: &mut Json,
    previous: Option<&Record>,
) -> Result<(), Fault> {
    let kind = write.kind;
    let given = body.text_at("DocNumber").map(str::to_owned);
    let wants_number = given.as_deref() == Some("AUTO_GENERATE")
        || (given.is_none() && previous.is_none() && !books.company.preferences.custom_txn_numbers);
    if wants_number {
        let mut next = books.next_doc_number();
        while books.by_doc_number(kind, &next).next().is_some() {
            next = books.next_doc_number();
        }
        body.set("DocNumber", Json::text(next));
        return Ok(());
    }
    let Some(given) = given else { return Ok(()) };
    if !switches.docnumber_unique || write.allow_duplicate {
        return Ok(());
    }
    let own = previous.map(|record| record.id.as_str());
    match books.by_doc_number(kind, &given).find(|other| Some(other.id.as_str()) != own) {
        None => Ok(()),
        Some(other) => Err(Fault::new(
            "6140",
            "Duplicate Document Number Error",
            format!(
                "Duplicate Document Number Error : You must specify a different number. This number has already been \
                 used. DocNumber={given} is assigned to TxnType={kind} with TxnId={}",
                other.id
            ),
        )
        .at("")),
    }
}

/// Moves stock by `sign` times what the form takes out; the item's sync token stays (quickbooks-online.md 2.8).
fn move_stock(books: &mut Books, kind: EntityKind, body: &Json, sign: Decimal, now: Timestamp) {
    for (item, quantity) in stock_of(books, kind, body) {
        books.touch(EntityKind::Item, &item, now, |item| {
            let before = item.decimal_at("QtyOnHand").unwrap_or_default();
            item.set("QtyOnHand", Json::decimal(before + sign * quantity));
        });
    }
}

/// A customer's or vendor's new currency joins the company's list (quickbooks-online.md 3.3).
fn add_currency(books: &mut Books, body: &Json, now: Timestamp) {
    let Some(code) = body.text_at("CurrencyRef.value").map(str::to_owned) else {
        return;
    };
    if code == books.company.home_currency || books.by_name(EntityKind::CompanyCurrency, &code).is_some() {
        return;
    }
    let entry = Json::object()
        .with("Code", Json::text(&code))
        .with("Name", Json::text(super::currency::name(&code)))
        .with("Active", Json::Bool(true));
    books.insert(EntityKind::CompanyCurrency, entry, now);
}

/// The receivable account of a foreign currency comes with its first invoice (quickbooks-online.md 3.20).
fn add_receivable(books: &mut Books, body: &Json, now: Timestamp) {
    let Some(code) = body.text_at("CurrencyRef.value").map(str::to_owned) else {
        return;
    };
    let name = format!("Accounts Receivable (A/R) - {code}");
    if code == books.company.home_currency || books.by_name(EntityKind::Account, &name).is_some() {
        return;
    }
    let account = Json::object()
        .with("Name", Json::text(&name))
        .with("FullyQualifiedName", Json::text(&name))
        .with("Active", Json::Bool(true))
        .with("SubAccount", Json::Bool(false))
        .with("AccountType", Json::text("Accounts Receivable"))
        .with("AccountSubType", Json::text("AccountsReceivable"))
        .with("Classification", Json::text("Asset"))
        .with("CurrentBalance", Json::count(0))
        .with(
            "CurrencyRef",
            Json::reference(&code, Some(super::currency::name(&code))),
        );
    books.insert(EntityKind::Account, account, now);
}

/// The body of an exchange rate (quickbooks-online.md 3.20).
pub(super) fn exchange_rate_body(books: &Books, rate: &ExchangeRateSeed, day: jiff::civil::Date) -> Json {
    Json::object()
        .with("SourceCurrencyCode", Json::text(&rate.currency))
        .with("TargetCurrencyCode", Json::text(&books.company.home_currency))
        .with("Rate", Json::decimal(rate.rate))
        .with("AsOfDate", Json::text(day.to_string()))
}

fn set_exchange_rate(books: &mut Books, body: &Json, now: Timestamp) -> Result<Json, Fault> {
    if !books.company.multicurrency {
        return Err(Fault::business("Multicurrency is turned off."));
    }
    let currency = body
        .text_at("SourceCurrencyCode")
        .ok_or_else(|| Fault::missing("SourceCurrencyCode"))?;
    let rate = body.decimal_at("Rate").ok_or_else(|| Fault::missing("Rate"))?;
    let as_of = date_member(body, "AsOfDate")?.ok_or_else(|| Fault::missing("AsOfDate"))?;
    let entry = ExchangeRateSeed {
        currency: currency.to_owned(),
        as_of,
        rate,
    };
    books
        .company
        .exchange_rates
        .retain(|old| !(old.currency == entry.currency && old.as_of == entry.as_of));
    let shown = exchange_rate_body(books, &entry, as_of);
    books.company.exchange_rates.push(entry);
    let times = Json::object().with("LastUpdatedTime", Json::text(books.stamp(now)));
    Ok(shown
        .with("domain", Json::text("QBO"))
        .with("SyncToken", Json::text("0"))
        .with("MetaData", times))
}
