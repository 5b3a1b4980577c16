//! Sales forms: SalesReceipt, Invoice, CreditMemo, RefundReceipt.
//!
//! In: a request body merged with what is stored. Out: the complete form as QuickBooks would store it (totals, tax, home
//! amounts, defaults), or a fault. Request totals are ignored (quickbooks-online.md 3.0). Does not store, number or move
//! stock (see `write`).

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::{Books, Record};
use super::currency;
use super::fault::Fault;
use super::json::{Json, round_half_up};
use super::kind::EntityKind;
use super::lines::{LineContext, TaxMode, complete_tracked};
use super::payments;
use super::switches::{Switches, TaxInclusiveReading};
use super::tax::TaxContext;

/// A date member: a datetime is cut to its date (quickbooks-online.md 3.0).
pub(super) fn date_member(body: &Json, member: &str) -> Result<Option<Date>, Fault> {
    let Some(text) = body.text_at(member) else {
        return Ok(None);
    };
    let day = text.get(..10).unwrap_or(text);
    day.parse::<Date>().map(Some).map_err(|_| {
        Fault::new(
            "2060",
            "Invalid Date",
            format!("{member} should be a valid date. Supplied value:{text}"),
        )
        .at(member)
    })
}

/// Sets TxnDate (default: the servers' date) and refuses closed periods (6210).
pub(super) fn complete_date(books: &Books, body: &mut Json, now: Timestamp) -> Result<Date, Fault> {
    let date = date_member(body, "TxnDate")?.unwrap_or_else(|| books.server_date(now));
    check_open_period(books, date)?;
    body.set("TxnDate", Json::text(date.to_string()));
    Ok(date)
}

/// Refuses a date on or before the closing date (quickbooks-online.md 2.12).
pub(super) fn check_open_period(books: &Books, date: Date) -> Result<(), Fault> {
    match books.company.preferences.book_close_date {
        Some(close) if date <= close => Err(Fault::new(
            "6210",
            "Account Period Closed, Cannot Update Through Services API",
            "The account period has closed and the account books cannot be updated through through the QBO Services API",
        )
        .at("")),
        _ => Ok(()),
    }
}

/// The rate of a day for a currency, if one is known: the newest not after the day.
pub(super) fn rate_of_day(books: &Books, code: &str, day: Date) -> Option<Decimal> {
    let rates = books
        .company
        .exchange_rates
        .iter()
        .filter(|rate| rate.currency == code && rate.as_of <= day);
    rates.max_by_key(|rate| rate.as_of).map(|rate| rate.rate)
}

/// Sets CurrencyRef and ExchangeRate; checks them against the customer's (quickbooks-online.md 3.20). Gives the code and
/// the rate.
pub(super) fn complete_currency(
    books: &Books,
    body: &mut Json,
    customer: Option<&Record>,
    date: Date,
    default_rate: impl FnOnce(&str) -> Option<Decimal>,
) -> Result<(String, Decimal), Fault> {
    let home = &books.company.home_currency;
    let code = body.text_at("CurrencyRef.value").map(str::to_owned);
    let code = match code {
        Some(code) if !currency::is_code(&code) => {
            let detail = format!("Invalid currency type. Supplied value:{code}");
            return Err(Fault::new("2220", "Invalid Currency Type", detail).at("CurrencyRef"));
        }
        Some(code) if code != *home && !books.company.multicurrency => {
            return Err(Fault::business(&format!(
                "Multicurrency is turned off, {code} can't be used."
            )));
        }
        Some(code) => code,
        None if books.company.multicurrency => return Err(Fault::missing("CurrencyRef")),
        None => home.clone(),
    };
    let of_customer = customer
        .and_then(|one| one.body.text_at("CurrencyRef.value"))
        .unwrap_or(&code);
    if of_customer != code {
        return Err(Fault::business(
            "You can only use one foreign currency per transaction. The transaction's currency must be the customer's \
             currency.",
        ));
    }
    body.set("CurrencyRef", Json::reference(&code, Some(currency::name(&code))));
    let rate = if code == *home {
        Decimal::ONE
    } else {
        match body.decimal_at("ExchangeRate") {
            Some(rate) if rate > Decimal::ZERO => rate,
            Some(rate) => {
                let detail = format!("ExchangeRate should be positive. Supplied value:{rate}");
                return Err(Fault::new("2090", "Invalid Number", detail).at("ExchangeRate"));
            }
            None => default_rate(&code)
                .or_else(|| rate_of_day(books, &code, date))
                .unwrap_or(Decimal::ONE),
        }
    };
    if books.company.multicurrency {
        body.set("ExchangeRate", Json::decimal(rate));
    } else {
        body.remove("ExchangeRate");
    }
    Ok((code, rate))
}

/// Sets DepositToAccountRef (default: Undeposited Funds) and checks its type and currency (quickbooks-online.md 2.13,
/// 3.6, 3.20).
pub(super) fn complete_deposit_account(books: &Books, body: &mut Json, code: &str) -> Result<(), Fault> {
    let account = match books.resolve(EntityKind::Account, body, "DepositToAccountRef")? {
        Some(account) => Some(account),
        None => books
            .rows(EntityKind::Account)
            .find(|account| account.body.text_at("AccountSubType") == Some("UndepositedFunds")),
    };
    let Some(account) = account else { return Ok(()) };
    if !matches!(
        account.body.text_at("AccountType"),
        Some("Bank" | "Other Current Asset")
    ) {
        return Err(Fault::business(
            "You need to select a different type of account for this transaction.",
        ));
    }
    let currency = account.body.text_at("CurrencyRef.value").unwrap_or(code);
    if currency != code && currency != books.company.home_currency {
        return Err(Fault::business(
            "The account's currency must be the transaction's currency or the home currency.",
        ));
    }
    let reference = Json::reference(&account.id, Some(account.display_name(EntityKind::Account)));
    body.set("DepositToAccountRef", reference);
    Ok(())
}

/// How tax is read on this form; sets GlobalTaxCalculation outside the US.
fn tax_mode(books: &Books, body: &mut Json) -> Result<TaxMode, Fault> {
    if books.company.is_united_states() {
        body.remove("GlobalTaxCalculation");
        return Ok(TaxMode::UnitedStates);
    }
    let given = body
        .text_at("GlobalTaxCalculation")
        .unwrap_or("TaxExcluded")
        .to_owned();
    let mode = match given.as_str() {
        "TaxExcluded" => TaxMode::Excluded,
        "TaxInclusive" => TaxMode::Inclusive,
        "NotApplicable" => TaxMode::NotApplicable,
        _ => {
            let detail = format!("Property Name:GlobalTaxCalculation. Supplied value:{given}");
            return Err(Fault::new("2170", "Invalid Enumeration", detail).at("GlobalTaxCalculation"));
        }
    };
    body.set("GlobalTaxCalculation", Json::text(given));
    Ok(mode)
}

/// A form to be completed.
pub(super) struct SaleRequest<'a> {
    pub books: &'a Books,
    pub switches: &'a Switches,
    pub kind: EntityKind,
    /// The form as stored, when it is being changed.
    pub previous: Option<&'a Record>,
    /// Whether the lines are the stored ones, not the caller's.
    pub lines_are_stored: bool,
    pub now: Timestamp,
}

impl SaleRequest<'_> {
    /// Completes the form.
    pub fn complete(&self, mut body: Json) -> Result<Json, Fault> {
        let books = self.books;
        if matches!(self.kind, EntityKind::Invoice | EntityKind::CreditMemo)
            && body.get("CustomerRef").is_none()
        {
            return Err(Fault::missing("CustomerRef"));
        }
        if self.kind == EntityKind::RefundReceipt && body.get("DepositToAccountRef").is_none() {
            return Err(Fault::missing("DepositToAccountRef"));
        }
        if body.items_at("Line").is_empty() {
            return Err(Fault::missing("Line"));
        }
        let customer = books.resolve(EntityKind::Customer, &body, "CustomerRef")?;
        books.complete_reference(EntityKind::Customer, &mut body, "CustomerRef")?;
        let date = complete_date(books, &mut body, self.now)?;
        let (code, rate) = complete_currency(books, &mut body, customer, date, |_| None)?;
        if matches!(self.kind, EntityKind::SalesReceipt | EntityKind::RefundReceipt) {
            complete_deposit_account(books, &mut body, &code)?;
        }
        self.complete_references(&mut body)?;
        check_emails(&body)?;
        let mode = tax_mode(books, &mut body)?;
        let decimals = currency::decimals(&code);
        let mut switches = self.switches.clone();
        if self.lines_are_stored && switches.tax_inclusive == TaxInclusiveReading::AmountTakenAsGross {
            switches.tax_inclusive = TaxInclusiveReading::TaxInclusiveAmtHonoured;
        }
        let context = LineContext {
            books,
            switches: &switches,
            mode,
            txn_date: date,
            decimals,
        };
        let previous = self
            .previous
            .map_or(&[][..], |record| record.body.items_at("Line"));
        let sale = context.read(body.items_at("Line"), previous)?;
        let tax_after_discount = body.bool_at("ApplyTaxAfterDiscount").unwrap_or(false);
        let taxes = TaxContext {
            books,
            switches: &switches,
            mode,
            decimals,
            tax_after_discount,
        };
        let outcome = taxes.compute(&sale, body.get("TxnTaxDetail"))?;
        let total = outcome.net + outcome.total_tax;
        if total < Decimal::ZERO {
            return Err(Fault::business("Transaction amount must be 0 or greater."));
        }
        body.set("Line", Json::Array(sale.stored));
        body.set("TxnTaxDetail", outcome.detail);
        self.set_totals(&mut body, total, rate);
        self.set_defaults(&mut body, date);
        Ok(body)
    }

    fn complete_references(&self, body: &mut Json) -> Result<(), Fault> {
        let (books, switches) = (self.books, self.switches);
        let preferences = &books.company.preferences;
        let departments = preferences.track_departments;
        complete_tracked(
            books,
            switches,
            EntityKind::Department,
            body,
            "DepartmentRef",
            departments,
        )?;
        let classes = preferences.class_tracking_per_txn;
        complete_tracked(books, switches, EntityKind::Class, body, "ClassRef", classes)?;
        books.complete_reference(EntityKind::PaymentMethod, body, "PaymentMethodRef")?;
        books.complete_reference(EntityKind::Term, body, "SalesTermRef")
    }

    fn set_totals(&self, body: &mut Json, total: Decimal, rate: Decimal) {
        let applied = match self.previous {
            Some(record) => payments::applied_amount(self.books, self.kind, &record.id, None),
            None => Decimal::ZERO,
        };
        let balance = match self.kind {
            EntityKind::Invoice => total - body.decimal_at("Deposit").unwrap_or_default() - applied,
            EntityKind::CreditMemo => total - applied,
            _ => Decimal::ZERO,
        };
        body.set("TotalAmt", Json::amount(total));
        body.set("Balance", Json::amount(balance));
        if self.kind == EntityKind::CreditMemo {
            body.set("RemainingCredit", Json::amount(balance));
        }
        if self.books.company.multicurrency {
            body.set("HomeTotalAmt", Json::amount(round_half_up(total * rate, 2)));
            if self.kind == EntityKind::Invoice {
                body.set("HomeBalance", Json::amount(round_half_up(balance * rate, 2)));
            }
        }
    }

    fn set_defaults(&self, body: &mut Json, date: Date) {
        body.set_default("PrintStatus", Json::text("NotSet"));
        body.set_default("EmailStatus", Json::text("NotSet"));
        if self.books.company.is_united_states() {
            body.set_default("ApplyTaxAfterDiscount", Json::Bool(false));
        }
        if self.kind == EntityKind::Invoice {
            let term = self
                .books
                .resolve(EntityKind::Term, body, "SalesTermRef")
                .ok()
                .flatten();
            let days = term
                .and_then(|term| term.body.text_at("DueDays")?.parse::<i64>().ok())
                .unwrap_or(0);
            let due = date.saturating_add(jiff::SignedDuration::from_hours(24 * days));
            body.set_default("DueDate", Json::text(due.to_string()));
            body.set_default("LinkedTxn", Json::Array(Vec::new()));
        }
    }
}

fn check_emails(body: &Json) -> Result<(), Fault> {
    match body.text_at("BillEmail.Address") {
        Some(address) if !address.contains('@') || !address.contains('.') => {
            let detail = "Email Address does not conform to the RFC 822 standard.";
            Err(Fault::new("2210", "Invalid Email Address format", detail).at("BillEmail"))
        }
        _ => Ok(()),
    }
}

/// Quantities of inventory items on a stored form; positive leaves the stock (quickbooks-online.md 4).
pub(super) fn stock_of(books: &Books, kind: EntityKind, body: &Json) -> Vec<(String, Decimal)> {
    let sign = match kind {
        EntityKind::SalesReceipt | EntityKind::Invoice => Decimal::ONE,
        EntityKind::CreditMemo | EntityKind::RefundReceipt => Decimal::NEGATIVE_ONE,
        _ => return Vec::new(),
    };
    let details = body
        .items_at("Line")
        .iter()
        .filter_map(|line| line.get("SalesItemLineDetail"));
    details
        .filter_map(|detail| {
            let item = books.get(EntityKind::Item, detail.text_at("ItemRef.value")?)?;
            let counted = item.body.text_at("Type") == Some("Inventory");
            counted.then(|| {
                (
                    item.id.clone(),
                    sign * detail.decimal_at("Qty").unwrap_or_default(),
                )
            })
        })
        .collect()
}

/// The form after a void: amounts and quantities zero, the note says so (quickbooks-online.md 2.2).
pub(super) fn voided(kind: EntityKind, mut body: Json) -> Json {
    let mut lines = body.items_at("Line").to_vec();
    for line in &mut lines {
        line.set("Amount", Json::count(0));
        if let Some(detail) = line.get_mut("SalesItemLineDetail") {
            detail.set("Qty", Json::count(0));
            detail.remove("UnitPrice");
            detail.remove("TaxInclusiveAmt");
        }
    }
    let note = match body.text_at("PrivateNote") {
        Some(note) if !note.is_empty() => format!("Voided - {note}"),
        _ => "Voided".to_owned(),
    };
    body.set(
        "Line",
        if kind == EntityKind::Payment {
            Json::Array(Vec::new())
        } else {
            Json::Array(lines)
        },
    );
    body.set("PrivateNote", Json::text(note));
    for member in [
        "TotalAmt",
        "Balance",
        "HomeTotalAmt",
        "HomeBalance",
        "UnappliedAmt",
    ] {
        if body.get(member).is_some() {
            body.set(member, Json::count(0));
        }
    }
    if kind != EntityKind::Payment {
        body.set("TxnTaxDetail", Json::object().with("TotalTax", Json::count(0)));
    }
    body
}
