//! Accounting documents to the bytes QuickBooks takes, and what comes back to the ports' records
//! (quickbooks-online.md 3.4 to 3.8, 3.19, 3.20, 3.26).
//!
//! In: submissions, or wire structs. Out: frozen calls, found transactions. Pure; every value was decided by mapping.

use domain::{
    AccountingDocument, Currency, CustomerRef, DocumentKind, DocumentLine, ExchangeRate, ItemLine, ItemRef,
    ListId, ListRef, Marker, PaymentPlan, PostalAddress, RealmId, RequestId, SyncToken, TaxForm,
    TransactionId, TransactionKind,
};
use ports::{CallEntry, ConnectorError, Disposition, FoundTransaction, FrozenCall, Submission};
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::NAMESPACE;
use crate::wire::transaction::{
    DiscountWire, FoundWire, LineWire, LinkedWire, NamedRefWire, NothingWire, PaymentLineWire, PaymentWire,
    SaleWire, SalesItemWire, TaxDetailWire, TaxLineDetailWire, TaxLineWire,
};
use crate::wire::{AddressWire, EmailWire, NumberWire, RefWire};

/// Items of one batch (quickbooks-online.md 2.5).
pub(crate) const BATCH_ITEMS_MAX: usize = 30;
/// Characters of PrivateNote (quickbooks-online.md 3.1).
const NOTE_CHARACTERS_MAX: usize = 4000;
/// Characters of PaymentRefNum (quickbooks-online.md 3.1).
const REFERENCE_CHARACTERS_MAX: usize = 21;
const NOTE_SEPARATOR: char = '\n';
/// The shipping line built into QuickBooks (quickbooks-online.md 3.5).
const SHIPPING_ITEM: &str = "SHIPPING_ITEM_ID";

/// The resource of a batch.
pub(crate) const BATCH: &str = "batch";

/// The path of a kind of transaction.
pub(crate) fn resource(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::SalesReceipt => "salesreceipt",
        TransactionKind::Invoice => "invoice",
        TransactionKind::Payment => "payment",
    }
}

/// The idempotency key: changes with any byte of realm, resource or body.
pub(crate) fn request_id(realm: &RealmId, resource: &str, body: &str) -> RequestId {
    RequestId(Uuid::new_v5(
        &NAMESPACE,
        format!("{realm}\n{resource}\n{body}").as_bytes(),
    ))
}

/// Freezes submissions into one call.
///
/// # Errors
/// Defect for a submission without a lawful encoding.
pub(crate) fn freeze(realm: &RealmId, submissions: &[Submission<'_>]) -> Result<FrozenCall, ConnectorError> {
    let count = submissions.len();
    if count == 0 || count > BATCH_ITEMS_MAX {
        return Err(defect(&format!(
            "a call carries 1 to {BATCH_ITEMS_MAX} transactions, not {count}"
        )));
    }
    let is_batch = count > 1;
    let mut entries = Vec::with_capacity(count);
    let mut bodies = Vec::with_capacity(count);
    for (index, submission) in submissions.iter().enumerate() {
        let batch_item_id = if is_batch {
            (index + 1).to_string()
        } else {
            String::new()
        };
        bodies.push(encode(submission)?);
        entries.push(to_entry(submission, batch_item_id)?);
    }
    let (resource, body) = match (submissions, bodies.as_slice()) {
        ([only], [body]) => (resource(only.kind).to_owned(), body.clone()),
        _ => {
            let creates = entries
                .iter()
                .zip(&bodies)
                .map(|(entry, body)| (entry.kind.as_str(), body.as_str()));
            (BATCH.to_owned(), encode_batch(creates))
        }
    };
    Ok(FrozenCall {
        request_id: request_id(realm, &resource, &body),
        resource,
        body,
        entries,
    })
}

/// A batch of creates with the ids 1, 2, 3 ... (quickbooks-online.md 2.5).
pub(crate) fn encode_batch<'a>(creates: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let items: Vec<String> = creates
        .enumerate()
        .map(|(index, (entity, body))| {
            format!(
                r#"{{"bId":"{}","operation":"create","{entity}":{body}}}"#,
                index + 1
            )
        })
        .collect();
    format!(r#"{{"BatchItemRequest":[{}]}}"#, items.join(","))
}

fn to_entry(submission: &Submission<'_>, batch_item_id: String) -> Result<CallEntry, ConnectorError> {
    let document = submission.document;
    let (number, date) = match submission.kind {
        TransactionKind::Payment => {
            let plan = payment_plan(document)?;
            (filled(&plan.reference), plan.date)
        }
        _ => (
            document
                .doc_number
                .as_ref()
                .map(|number| number.as_str().to_owned()),
            document.date,
        ),
    };
    Ok(CallEntry {
        batch_item_id,
        marker: submission.marker.clone(),
        kind: submission.kind,
        number,
        date,
        total: document.total,
    })
}

fn encode(submission: &Submission<'_>) -> Result<String, ConnectorError> {
    if !submission.document.kind.steps().contains(&submission.kind) {
        return Err(defect("the document has no such transaction"));
    }
    match submission.kind {
        TransactionKind::Payment => to_json(&to_payment(submission)?),
        _ => to_json(&to_sale(submission)?),
    }
}

/// JSON text; also used for list objects.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, ConnectorError> {
    serde_json::to_string(value).map_err(|_| defect("the JSON could not be written"))
}

fn to_sale(submission: &Submission<'_>) -> Result<SaleWire, ConnectorError> {
    let document = submission.document;
    if matches!(document.customer, CustomerRef::New(_)) {
        return Err(defect("the customer was not created before the document"));
    }
    let (terms, due_date, is_receipt) = match &document.kind {
        DocumentKind::SalesReceipt => (None, None, true),
        DocumentKind::Invoice { terms, due_date, .. } => (terms.as_ref(), due_date.as_ref(), false),
    };
    // An invoice has no payment of its own (quickbooks-online.md 3.7).
    let (deposit_account, payment_method, payment_reference) = if is_receipt {
        check_reference(document.payment_reference.as_deref().unwrap_or_default())?;
        (
            document.deposit_account.as_ref(),
            document.payment_method.as_ref(),
            document.payment_reference.as_deref(),
        )
    } else {
        (None, None, None)
    };
    let lines: Result<Vec<LineWire>, ConnectorError> = document.lines.iter().map(to_line).collect();
    Ok(SaleWire {
        doc_number: document
            .doc_number
            .as_ref()
            .map(|number| number.as_str().to_owned()),
        txn_date: document.date.to_string(),
        customer_ref: RefWire::new(submission.customer.as_str()),
        currency_ref: RefWire::new(document.currency.code()),
        exchange_rate: to_rate(&document.exchange_rate)?,
        due_date: due_date.map(ToString::to_string),
        sales_term_ref: terms.map(to_ref),
        deposit_to_account_ref: deposit_account.map(to_ref),
        payment_method_ref: payment_method.map(to_ref),
        payment_ref_num: payment_reference.and_then(filled),
        class_ref: document.class.as_ref().map(to_ref),
        department_ref: document.department.as_ref().map(to_ref),
        bill_email: to_email(document.email.as_deref()),
        bill_addr: document.billing_address.as_ref().and_then(to_address),
        ship_addr: document.shipping_address.as_ref().and_then(to_address),
        ship_date: document.ship_date.map(|date| date.to_string()),
        ship_method_ref: document.ship_method.as_deref().and_then(to_ship_method),
        tracking_num: document.tracking_number.as_deref().and_then(filled),
        customer_memo: document
            .customer_memo
            .as_deref()
            .and_then(filled)
            .map(RefWire::new),
        private_note: to_note(&document.private_note, &submission.marker),
        global_tax_calculation: to_calculation(document.tax.form),
        line: lines?,
        txn_tax_detail: to_tax(document),
    })
}

/// The shipping method is free text in both members (quickbooks-online.md 3.6).
fn to_ship_method(method: &str) -> Option<NamedRefWire> {
    filled(method).map(|method| NamedRefWire {
        value: method.clone(),
        name: method,
    })
}

fn to_payment(submission: &Submission<'_>) -> Result<PaymentWire, ConnectorError> {
    let document = submission.document;
    let plan = payment_plan(document)?;
    check_reference(&plan.reference)?;
    let Some(invoice) = &submission.invoice else {
        return Err(defect("a payment names no invoice"));
    };
    let linked = LinkedWire {
        txn_id: invoice.to_string(),
        txn_type: "Invoice",
    };
    let total = NumberWire(document.total.amount);
    Ok(PaymentWire {
        txn_date: plan.date.to_string(),
        customer_ref: RefWire::new(submission.customer.as_str()),
        currency_ref: RefWire::new(document.currency.code()),
        // Left out, the rate of a payment can fall to 1 (quickbooks-online.md 3.8).
        exchange_rate: to_rate(&document.exchange_rate)?,
        total_amt: total,
        deposit_to_account_ref: plan.deposit_account.as_ref().map(to_ref),
        payment_method_ref: plan.payment_method.as_ref().map(to_ref),
        payment_ref_num: filled(&plan.reference),
        private_note: submission.marker.to_string(),
        line: vec![PaymentLineWire {
            amount: total,
            linked_txn: vec![linked],
        }],
    })
}

fn payment_plan(document: &AccountingDocument) -> Result<&PaymentPlan, ConnectorError> {
    match &document.kind {
        DocumentKind::Invoice {
            payment: Some(plan), ..
        } => Ok(plan),
        _ => Err(defect("the document has no payment")),
    }
}

fn check_reference(reference: &str) -> Result<(), ConnectorError> {
    if reference.chars().count() > REFERENCE_CHARACTERS_MAX {
        return Err(defect("a payment reference has more than 21 characters"));
    }
    Ok(())
}

fn to_line(line: &DocumentLine) -> Result<LineWire, ConnectorError> {
    let empty = LineWire {
        detail_type: "DescriptionOnly",
        amount: None,
        description: None,
        sales_item_line_detail: None,
        discount_line_detail: None,
        description_line_detail: None,
    };
    Ok(match line {
        DocumentLine::Item(line) => LineWire {
            detail_type: "SalesItemLineDetail",
            amount: Some(NumberWire(line.amount)),
            description: line.description.as_deref().and_then(filled),
            sales_item_line_detail: Some(to_sales_item(line)?),
            ..empty
        },
        DocumentLine::Discount { amount, account } => LineWire {
            detail_type: "DiscountLineDetail",
            amount: Some(NumberWire(*amount)),
            discount_line_detail: Some(DiscountWire {
                percent_based: false,
                discount_account_ref: account.as_ref().map(to_ref),
            }),
            ..empty
        },
        DocumentLine::Description(text) => LineWire {
            description: Some(text.clone()),
            description_line_detail: Some(NothingWire {}),
            ..empty
        },
    })
}

fn to_sales_item(line: &ItemLine) -> Result<SalesItemWire, ConnectorError> {
    let item_ref = match &line.item {
        ItemRef::Existing(item) => to_ref(item),
        ItemRef::BuiltInShipping => RefWire::new(SHIPPING_ITEM),
        ItemRef::New(_) => return Err(defect("an item was not created before the document")),
    };
    Ok(SalesItemWire {
        item_ref,
        qty: line.quantity.map(NumberWire),
        unit_price: line.unit_price.map(NumberWire),
        tax_inclusive_amt: line.tax_inclusive_amount.map(NumberWire),
        tax_code_ref: line.tax_code.as_ref().map(to_ref),
        class_ref: line.class.as_ref().map(to_ref),
    })
}

fn to_calculation(form: TaxForm) -> Option<&'static str> {
    match form {
        TaxForm::Excluded | TaxForm::ExcludedWithOverride => Some("TaxExcluded"),
        TaxForm::Inclusive | TaxForm::InclusiveWithOverride | TaxForm::InclusiveGross => Some("TaxInclusive"),
        TaxForm::NotApplicable => Some("NotApplicable"),
        TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine => None,
    }
}

/// TxnTaxDetail, only where the form sends tax (quickbooks-online.md 3.19; 5.2 pitfall 7 for the US without tax).
fn to_tax(document: &AccountingDocument) -> Option<TaxDetailWire> {
    let tax = &document.tax;
    match tax.form {
        TaxForm::ExcludedWithOverride | TaxForm::InclusiveWithOverride if !tax.lines.is_empty() => {
            let tax_line = tax
                .lines
                .iter()
                .map(|line| TaxLineWire {
                    amount: NumberWire(line.tax),
                    detail_type: "TaxLineDetail",
                    tax_line_detail: TaxLineDetailWire {
                        tax_rate_ref: RefWire::new(line.rate_id.as_str()),
                        percent_based: true,
                        tax_percent: NumberWire(line.percent),
                        net_amount_taxable: NumberWire(line.net),
                    },
                })
                .collect();
            Some(TaxDetailWire {
                total_tax: NumberWire(tax.total_tax),
                tax_line,
            })
        }
        TaxForm::UnitedStatesTotalTax if !tax.total_tax.is_zero() => Some(TaxDetailWire {
            total_tax: NumberWire(tax.total_tax),
            tax_line: Vec::new(),
        }),
        _ => None,
    }
}

fn to_rate(rate: &ExchangeRate) -> Result<Option<NumberWire>, ConnectorError> {
    match rate {
        ExchangeRate::Home => Ok(None),
        ExchangeRate::Given(rate) if *rate > Decimal::ZERO => Ok(Some(NumberWire(*rate))),
        ExchangeRate::Given(_) => Err(defect("the exchange rate is not above zero")),
        ExchangeRate::OfTheDay => Err(defect(
            "the exchange rate of the day was not read before the document",
        )),
    }
}

/// The note with the marker behind it; a note that is too long is cut, the marker never.
fn to_note(note: &str, marker: &Marker) -> String {
    let marker = marker.to_string();
    let note = note.trim();
    if note.is_empty() {
        return marker;
    }
    let room = NOTE_CHARACTERS_MAX.saturating_sub(marker.chars().count() + 1);
    let mut text: String = note.chars().take(room).collect();
    text.push(NOTE_SEPARATOR);
    text.push_str(&marker);
    text
}

pub(crate) fn to_ref(reference: &ListRef) -> RefWire {
    RefWire::new(reference.id.as_str())
}

pub(crate) fn to_email(address: Option<&str>) -> Option<EmailWire> {
    address.and_then(filled).map(|address| EmailWire {
        address: Some(address),
    })
}

pub(crate) fn to_address(address: &PostalAddress) -> Option<AddressWire> {
    let line = |index: usize| address.lines.get(index).and_then(|line| filled(line));
    let part = |part: &Option<String>| part.as_deref().and_then(filled);
    let wire = AddressWire {
        line_1: line(0),
        line_2: line(1),
        line_3: line(2),
        line_4: line(3),
        line_5: line(4),
        city: part(&address.city),
        region: part(&address.region),
        postal_code: part(&address.postal_code),
        country: part(&address.country),
    };
    let is_empty = [
        &wire.line_1,
        &wire.line_2,
        &wire.line_3,
        &wire.line_4,
        &wire.line_5,
        &wire.city,
        &wire.region,
        &wire.postal_code,
        &wire.country,
    ]
    .iter()
    .all(|part| part.is_none());
    (!is_empty).then_some(wire)
}

/// The text, unless there is none.
pub(crate) fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// A transaction that came back; `None` when it lacks what cannot be missing. `fallback` is taken where QuickBooks names no
/// currency, as in companies with one currency.
pub(crate) fn to_found(
    kind: TransactionKind,
    wire: FoundWire,
    fallback: Option<Currency>,
) -> Option<FoundTransaction> {
    let is_deleted = wire.status.as_deref() == Some("Deleted");
    let id = wire
        .id
        .map(|id| id.0)
        .filter(|id| !id.is_empty() && !is_deleted)?;
    let number = if kind == TransactionKind::Payment {
        wire.payment_ref_num
    } else {
        wire.doc_number
    };
    let code = wire.currency_ref.and_then(|reference| reference.value);
    Some(FoundTransaction {
        kind,
        id: TransactionId::new(id),
        sync_token: SyncToken::new(wire.sync_token.map(|token| token.0).unwrap_or_default()),
        number,
        date: wire
            .txn_date
            .as_deref()
            .and_then(|date| date.get(..10))
            .and_then(|date| date.parse().ok()),
        total: wire.total_amt?.0,
        total_tax: wire.txn_tax_detail.and_then(|tax| tax.total_tax).map(|tax| tax.0),
        currency: match code {
            Some(code) => Currency::parse(&code).ok()?,
            None => fallback?,
        },
        private_note: wire.private_note.unwrap_or_default(),
        customer: wire
            .customer_ref
            .and_then(|reference| reference.value)
            .map(ListId::new),
    })
}

fn defect(cause: &str) -> ConnectorError {
    ConnectorError::new(
        Disposition::Defect,
        "QuickBooks document",
        cause,
        "Report this as a defect of linnbooks",
    )
}
