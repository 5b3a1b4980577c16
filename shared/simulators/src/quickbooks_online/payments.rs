//! Payments: received against invoices, credit memos used on invoices.
//!
//! In: a Payment body. Out: the complete payment, and the balances of what it is linked to. The sum of the invoice lines less
//! the credit lines is at most TotalAmt; the rest is UnappliedAmt (quickbooks-online.md 3.8). Does not store the payment
//! itself (see `write`).

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::books::{Books, Record};
use super::currency;
use super::fault::Fault;
use super::json::{Json, round_half_up};
use super::kind::EntityKind;
use super::sales::{complete_currency, complete_date, complete_deposit_account};

/// What payments have applied to a transaction, leaving one payment out.
pub(super) fn applied_amount(books: &Books, kind: EntityKind, id: &str, except: Option<&str>) -> Decimal {
    let applied = books.applied.get(&(kind, id.to_owned()));
    let amounts = applied
        .into_iter()
        .flatten()
        .filter(|(payment, _)| except != Some(payment.as_str()));
    amounts.map(|(_, amount)| *amount).sum()
}

/// The transactions a payment body links to: (entity, id, amount).
fn links(body: &Json) -> Vec<(EntityKind, String, Decimal)> {
    let mut found = Vec::new();
    for line in body.items_at("Line") {
        for link in line.items_at("LinkedTxn") {
            let kind = link.text_at("TxnType").and_then(EntityKind::parse);
            if let (Some(kind), Some(id)) = (kind, link.text_at("TxnId")) {
                found.push((kind, id.to_owned(), line.decimal_at("Amount").unwrap_or_default()));
            }
        }
    }
    found
}

fn cannot_link() -> Fault {
    let detail =
        "The transaction can't be linked: it does not exist, is void or belongs to another customer.";
    Fault::new("620", "Transaction ID cannot be linked", detail).at("LinkedTxn")
}

/// Completes a payment; `previous` is its stored form when it is being changed.
pub(super) fn complete(
    books: &Books,
    mut body: Json,
    previous: Option<&Record>,
    now: Timestamp,
) -> Result<Json, Fault> {
    if body.get("CustomerRef").is_none() {
        return Err(Fault::missing("CustomerRef"));
    }
    let Some(total) = body.decimal_at("TotalAmt") else {
        return Err(Fault::missing("TotalAmt"));
    };
    if total < Decimal::ZERO {
        return Err(Fault::business("Transaction amount must be 0 or greater."));
    }
    let customer = books.resolve(EntityKind::Customer, &body, "CustomerRef")?;
    books.complete_reference(EntityKind::Customer, &mut body, "CustomerRef")?;
    let date = complete_date(books, &mut body, now)?;
    // A foreign payment without a rate falls to 1 (quickbooks-online.md 3.8).
    let (code, rate) = complete_currency(books, &mut body, customer, date, |_| Some(Decimal::ONE))?;
    complete_deposit_account(books, &mut body, &code)?;
    books.complete_reference(EntityKind::PaymentMethod, &mut body, "PaymentMethodRef")?;
    let total = round_half_up(total, currency::decimals(&code));
    let applied = check_links(books, &body, previous.map(|record| record.id.as_str()), &code)?;
    if applied > total {
        return Err(Fault::business("The amount applied is greater than the payment."));
    }
    body.set_default("Line", Json::Array(Vec::new()));
    body.set("TotalAmt", Json::amount(total));
    body.set("UnappliedAmt", Json::amount(total - applied));
    body.set_default("ProcessPayment", Json::Bool(false));
    if books.company.multicurrency {
        body.set("HomeTotalAmt", Json::amount(round_half_up(total * rate, 2)));
    }
    Ok(body)
}

/// Checks every link and gives the sum of the invoice lines less the credit lines.
fn check_links(books: &Books, body: &Json, payment: Option<&str>, code: &str) -> Result<Decimal, Fault> {
    let customer = body.text_at("CustomerRef.value");
    let mut applied = Decimal::ZERO;
    for (kind, id, amount) in links(body) {
        if !matches!(kind, EntityKind::Invoice | EntityKind::CreditMemo) {
            return Err(cannot_link());
        }
        let target = books.get(kind, &id).ok_or_else(cannot_link)?;
        if target.body.text_at("CustomerRef.value") != customer {
            return Err(cannot_link());
        }
        if target.body.text_at("CurrencyRef.value") != Some(code) {
            return Err(Fault::business(
                "The payment must be in the currency of the transaction it is linked to.",
            ));
        }
        let deposit = target.body.decimal_at("Deposit").unwrap_or_default();
        let total = target.body.decimal_at("TotalAmt").unwrap_or_default();
        if total.is_zero() {
            return Err(cannot_link());
        }
        if amount > total - deposit - applied_amount(books, kind, &id, payment) {
            return Err(Fault::business(
                "You can't pay more than the open balance of the transaction.",
            ));
        }
        applied += if kind == EntityKind::Invoice {
            amount
        } else {
            -amount
        };
    }
    Ok(applied)
}

/// Replaces what a payment has applied and brings the balances of both its old and new targets up to date; `None` where the
/// payment did not exist before or is gone after.
pub(super) fn apply(
    books: &mut Books,
    payment: &str,
    old: Option<&Json>,
    new: Option<&Json>,
    now: Timestamp,
) {
    let mut touched: Vec<(EntityKind, String)> = Vec::new();
    for (kind, id, _) in old.map(links).unwrap_or_default() {
        let target = (kind, id);
        if let Some(amounts) = books.applied.get_mut(&target) {
            amounts.retain(|(other, _)| other != payment);
        }
        touched.push(target);
    }
    for (kind, id, amount) in new.map(links).unwrap_or_default() {
        let target = (kind, id);
        books
            .applied
            .entry(target.clone())
            .or_default()
            .push((payment.to_owned(), amount));
        touched.push(target);
    }
    touched.sort();
    touched.dedup();
    for (kind, id) in touched {
        refresh_balance(books, kind, &id, now);
    }
}

fn refresh_balance(books: &mut Books, kind: EntityKind, id: &str, now: Timestamp) {
    let Some(mut body) = books.get(kind, id).map(|record| record.body.clone()) else {
        return;
    };
    let deposit = body.decimal_at("Deposit").unwrap_or_default();
    let total = body.decimal_at("TotalAmt").unwrap_or_default();
    let balance = total - deposit - applied_amount(books, kind, id, None);
    body.set("Balance", Json::amount(balance));
    if kind == EntityKind::CreditMemo {
        body.set("RemainingCredit", Json::amount(balance));
    } else if body.get("HomeBalance").is_some() {
        let rate = body.decimal_at("ExchangeRate").unwrap_or(Decimal::ONE);
        body.set("HomeBalance", Json::amount(round_half_up(balance * rate, 2)));
    }
    let applied = books.applied.get(&(kind, id.to_owned()));
    let linked = applied.into_iter().flatten().map(|(payment, _)| {
        Json::object()
            .with("TxnId", Json::text(payment))
            .with("TxnType", Json::text("Payment"))
    });
    body.set("LinkedTxn", Json::Array(linked.collect()));
    books.replace(kind, id, body, now);
}

/// Frees the payments of a transaction that is voided or deleted: their amounts become unapplied (quickbooks-online.md 2.2).
pub(super) fn release(books: &mut Books, kind: EntityKind, id: &str, now: Timestamp) {
    for (payment, _) in books.applied.remove(&(kind, id.to_owned())).unwrap_or_default() {
        let Some(mut body) = books
            .get(EntityKind::Payment, &payment)
            .map(|record| record.body.clone())
        else {
            continue;
        };
        let points_here = |line: &Json| {
            line.items_at("LinkedTxn").iter().any(|link| {
                link.text_at("TxnId") == Some(id)
                    && link.text_at("TxnType").and_then(EntityKind::parse) == Some(kind)
            })
        };
        let lines = body
            .items_at("Line")
            .iter()
            .filter(|line| !points_here(line))
            .cloned()
            .collect();
        body.set("Line", Json::Array(lines));
        let applied: Decimal = links(&body)
            .into_iter()
            .map(|(kind, _, amount)| {
                if kind == EntityKind::Invoice {
                    amount
                } else {
                    -amount
                }
            })
            .sum();
        let total = body.decimal_at("TotalAmt").unwrap_or_default();
        body.set("UnappliedAmt", Json::amount(total - applied));
        books.replace(EntityKind::Payment, &payment, body, now);
    }
}
