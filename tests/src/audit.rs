//! The auditor: compares the books with what the orders ought to come to, knowing nothing of the product but its promise.
//!
//! In: expectations, a snapshot of the simulated books, the product's log as JSON. Out: violations in plain words; none when all is
//! well. An order is recognised by its id in PrivateNote, wherever it stands.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;
use simulators::quickbooks_online::{EntityKind, Snapshot, TransactionView};
use simulators::world::Expectation;
use uuid::Uuid;

use crate::world::{Expected, OrderGuid};

/// How much is asked of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A run was ended in the middle: nothing doubled, nothing foreign, nothing off; things may be missing.
    Halfway,
    /// The runs came to their end: everything is there.
    Ended,
}

/// The ids that stand in a text.
fn guids_in(text: &str) -> BTreeSet<OrderGuid> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(35))
        .filter_map(|at| text.get(at..at + 36))
        .filter(|candidate| candidate.as_bytes()[8] == b'-')
        .filter_map(|candidate| Uuid::try_parse(candidate).ok())
        .map(|id| id.to_string())
        .collect()
}

const KINDS: [EntityKind; 5] = [
    EntityKind::SalesReceipt,
    EntityKind::Invoice,
    EntityKind::Payment,
    EntityKind::CreditMemo,
    EntityKind::RefundReceipt,
];

/// The kinds that a document type makes, in order.
fn kinds_of(document: &str) -> &'static [EntityKind] {
    match document {
        "sales_receipt" => &[EntityKind::SalesReceipt],
        "invoice" => &[EntityKind::Invoice],
        "invoice_with_payment" => &[EntityKind::Invoice, EntityKind::Payment],
        other => panic!("the auditor does not know the document type {other}"),
    }
}

type Booked<'a> = BTreeMap<OrderGuid, Vec<&'a TransactionView>>;

fn by_order<'a>(
    expected: &BTreeMap<OrderGuid, Expected>,
    books: &'a Snapshot,
    violations: &mut Vec<String>,
) -> Booked<'a> {
    let mut booked = Booked::new();
    for one in books.transactions.iter().filter(|one| KINDS.contains(&one.kind)) {
        let note = one.private_note.as_deref().unwrap_or("");
        let ids = guids_in(note);
        let known: Vec<&OrderGuid> = ids.iter().filter(|id| expected.contains_key(*id)).collect();
        match known.as_slice() {
            [id] => booked.entry((*id).clone()).or_default().push(one),
            other => violations.push(format!(
                "{:?} {} names {} orders: {note}",
                one.kind,
                one.id,
                other.len()
            )),
        }
    }
    booked
}

/// Every way in which the books differ from what the orders ought to come to.
pub fn audit_books(
    expected: &BTreeMap<OrderGuid, Expected>,
    document: &str,
    books: &Snapshot,
    stage: Stage,
) -> Vec<String> {
    let mut violations = Vec::new();
    let booked = by_order(expected, books, &mut violations);
    for (id, order) in expected {
        let of_order = booked.get(id).map(Vec::as_slice).unwrap_or_default();
        match &order.end {
            Expectation::Posted { total, currency } => {
                for problem in audit_posted(kinds_of(document), of_order, *total, currency, stage) {
                    violations.push(format!("order {}: {problem}", order.number));
                }
            }
            _ if of_order.is_empty() => {}
            other => {
                violations.push(format!(
                    "order {} is to end as {other:?} and is in the books",
                    order.number
                ));
            }
        }
    }
    if stage == Stage::Ended {
        violations.extend(audit_sums(expected, document, books));
    }
    let mut names = BTreeSet::new();
    for customer in &books.customers {
        if !names.insert(customer.display_name.to_lowercase()) {
            violations.push(format!("two customers are called {}", customer.display_name));
        }
    }
    violations
}

fn audit_posted(
    kinds: &[EntityKind],
    booked: &[&TransactionView],
    total: Decimal,
    currency: &str,
    stage: Stage,
) -> Vec<String> {
    let mut problems = Vec::new();
    for kind in kinds {
        let count = booked.iter().filter(|one| one.kind == *kind).count();
        if count > 1 || (count == 0 && stage == Stage::Ended) {
            problems.push(format!("{count} transactions of kind {kind:?}"));
        }
    }
    for one in booked {
        if !kinds.contains(&one.kind) {
            problems.push(format!("{:?} {} was not asked for", one.kind, one.id));
        }
        if one.total != total || one.currency != currency {
            problems.push(format!(
                "{:?} {} is {} {}, expected {total} {currency}",
                one.kind, one.id, one.total, one.currency
            ));
        }
    }
    problems.extend(audit_payment(booked, stage, kinds));
    problems
}

/// A payment closes the invoice of its own order, and that invoice is paid exactly.
fn audit_payment(booked: &[&TransactionView], stage: Stage, kinds: &[EntityKind]) -> Vec<String> {
    let mut problems = Vec::new();
    let invoice = booked.iter().find(|one| one.kind == EntityKind::Invoice);
    for payment in booked.iter().filter(|one| one.kind == EntityKind::Payment) {
        let linked = payment.json["Line"].as_array().into_iter().flatten();
        let linked: Vec<&str> = linked
            .flat_map(|line| line["LinkedTxn"].as_array().into_iter().flatten())
            .filter_map(|link| link["TxnId"].as_str())
            .collect();
        if linked
            != invoice
                .map(|invoice| invoice.id.as_str())
                .into_iter()
                .collect::<Vec<_>>()
        {
            problems.push(format!("payment {} is linked to {linked:?}", payment.id));
        }
    }
    if stage == Stage::Ended
        && kinds.contains(&EntityKind::Payment)
        && let Some(invoice) = invoice
        && !invoice.balance.is_zero()
    {
        problems.push(format!(
            "invoice {} has a balance of {}",
            invoice.id, invoice.balance
        ));
    }
    problems
}

/// The sums of each currency and kind are those of the orders.
fn audit_sums(expected: &BTreeMap<OrderGuid, Expected>, document: &str, books: &Snapshot) -> Vec<String> {
    let mut wanted: BTreeMap<(EntityKind, String), Decimal> = BTreeMap::new();
    for order in expected.values() {
        if let Expectation::Posted { total, currency } = &order.end {
            for kind in kinds_of(document) {
                *wanted.entry((*kind, currency.clone())).or_default() += *total;
            }
        }
    }
    let mut found: BTreeMap<(EntityKind, String), Decimal> = BTreeMap::new();
    for one in books.transactions.iter().filter(|one| KINDS.contains(&one.kind)) {
        *found.entry((one.kind, one.currency.clone())).or_default() += one.total;
    }
    if wanted == found {
        Vec::new()
    } else {
        vec![format!("sums: expected {wanted:?}, found {found:?}")]
    }
}

/// Every way in which the product's own log (`linnbooks log --json`) differs from the books.
pub fn audit_log(
    expected: &BTreeMap<OrderGuid, Expected>,
    books: &Snapshot,
    log: &Value,
    stage: Stage,
) -> Vec<String> {
    let mut violations = Vec::new();
    let booked = by_order(expected, books, &mut violations);
    let mut seen = BTreeSet::new();
    for row in log["documents"].as_array().into_iter().flatten() {
        let id = row["source_id"].as_str().unwrap_or("").to_ascii_lowercase();
        let Some(order) = expected.get(&id) else {
            violations.push(format!("the log has an order {id} that was never made"));
            continue;
        };
        let told: BTreeSet<(String, Decimal)> = row["quickbooks"]
            .as_array()
            .into_iter()
            .flatten()
            .map(told_of)
            .collect();
        let of_order = booked.get(&id).map(Vec::as_slice).unwrap_or_default();
        let real: BTreeSet<(String, Decimal)> = of_order
            .iter()
            .map(|one| (format!("{:?} {}", one.kind, one.id), one.total))
            .collect();
        let state = row["state"].as_str().unwrap_or("");
        let agrees = if stage == Stage::Ended || state == "posted" {
            told == real
        } else {
            told.is_subset(&real)
        };
        if !agrees {
            violations.push(format!(
                "order {} is {state} with {told:?} in the log, the books have {real:?}",
                order.number
            ));
        }
        let wanted = match &order.end {
            Expectation::Posted { .. } => "posted",
            Expectation::Skipped { .. } => "skipped",
            Expectation::Held { .. } => "held",
        };
        if stage == Stage::Ended && state != wanted {
            violations.push(format!(
                "order {} is {state}, expected {wanted}: {}",
                order.number, row["reason"]
            ));
        }
        seen.insert(id);
    }
    if stage == Stage::Ended {
        let lost = expected.iter().filter(|(id, _)| !seen.contains(*id));
        violations.extend(lost.map(|(_, order)| format!("order {} is not in the log", order.number)));
    }
    let unlogged = booked.keys().filter(|id| !seen.contains(*id));
    violations.extend(unlogged.map(|id| format!("order {id} is in the books and not in the log")));
    violations
}

fn told_of(transaction: &Value) -> (String, Decimal) {
    let text = |name: &str| transaction[name].as_str().unwrap_or("").to_owned();
    (
        format!("{} {}", text("type"), text("id")),
        text("total").parse().unwrap_or(Decimal::MIN),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let id = "0d9f5c32-52a0-4f3a-9f4e-2a6f3f0c7b11";
        let found = guids_in(&format!(
            "Köln; linnbooks:order:{}:r1 and 1234567-89",
            id.to_uppercase()
        ));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [id]);
        assert!(guids_in("none here").is_empty());
    }
}
