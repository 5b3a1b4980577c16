//! The bytes of every kind of document and tax form.

use domain::{
    CustomerRef, DocumentLine, ExchangeRate, ItemRef, ListId, NewCustomer, PostalAddress, TaxForm, TaxLine,
    TransactionKind,
};
use ports::{Books, ConnectorError, Disposition, FrozenCall};
use quickbooks_online::QuickBooksOnline;
use secrecy::SecretString;

use crate::support::*;

fn books() -> QuickBooksOnline {
    QuickBooksOnline::new(
        config("http://127.0.0.1:1"),
        FakeClock::new(),
        MemoryVault::connected(),
    )
    .unwrap()
}

fn freeze(
    document: &domain::AccountingDocument,
    kind: TransactionKind,
) -> Result<FrozenCall, ConnectorError> {
    books().freeze(&[submit(document, kind, 1)])
}

fn body(document: &domain::AccountingDocument, kind: TransactionKind) -> String {
    freeze(document, kind).unwrap().body
}

/// Sets tax form and amounts: net lines, or gross ones where the form sends the gross as amount.
fn with_form(form: TaxForm) -> domain::AccountingDocument {
    let mut document = document("LW100234");
    document.tax.form = form;
    let is_inclusive = matches!(form, TaxForm::Inclusive | TaxForm::InclusiveWithOverride);
    let is_us = matches!(form, TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine);
    for line in &mut document.lines {
        let DocumentLine::Item(line) = line else { continue };
        if form == TaxForm::InclusiveGross {
            line.amount = line.tax_inclusive_amount.unwrap();
            line.unit_price = line.unit_price.map(|_| decimal("9.99"));
        }
        if !is_inclusive {
            line.tax_inclusive_amount = None;
        }
        if is_us {
            line.tax_code = Some(list_ref(if form == TaxForm::UnitedStatesTotalTax {
                "TAX"
            } else {
                "NON"
            }));
        }
    }
    let rate = TaxLine {
        rate_id: ListId::new("12"),
        percent: decimal("20"),
        net: decimal("20.00"),
        tax: decimal("4.00"),
    };
    document.tax.lines = vec![rate];
    document
}

#[test]
fn the_body_of_a_sales_receipt_is_golden() {
    let mut document = document("LW100234");
    document.private_note = "AMAZON 026-1234567-1234567".into();
    insta::assert_snapshot!(body(&document, TransactionKind::SalesReceipt));
}

#[test]
fn the_body_of_a_sales_receipt_with_every_member_is_golden() {
    let mut document = document("LW100234");
    document.exchange_rate = ExchangeRate::Given(decimal("0.7900000"));
    document.email = Some("jo@example.com".into());
    let address = PostalAddress {
        lines: vec!["1 O'Neil \"Street\"".into(), String::new(), "Third".into()],
        city: Some("Zürich".into()),
        region: None,
        postal_code: Some("8000".into()),
        country: Some("Switzerland".into()),
    };
    document.billing_address = Some(address.clone());
    document.shipping_address = Some(address);
    document.class = Some(list_ref("7"));
    document.customer_memo = Some("Thank you \\ come again".into());
    document.lines.push(DocumentLine::Discount {
        amount: decimal("1.50"),
        account: Some(list_ref("86")),
    });
    document
        .lines
        .push(DocumentLine::Description("Gift for <you>".into()));
    insta::assert_snapshot!(body(&document, TransactionKind::SalesReceipt));
}

#[test]
fn the_body_of_an_invoice_is_golden_and_has_no_payment_members() {
    let body = body(&invoice("LW100234"), TransactionKind::Invoice);
    for member in ["DepositToAccountRef", "PaymentMethodRef", "PaymentRefNum"] {
        assert!(!body.contains(member), "{member}");
    }
    insta::assert_snapshot!(body);
}

#[test]
fn the_body_of_a_payment_is_golden() {
    let mut document = invoice("LW100234");
    document.exchange_rate = ExchangeRate::Given(decimal("0.79"));
    insta::assert_snapshot!(body(&document, TransactionKind::Payment));
}

#[test]
fn the_bodies_of_all_tax_forms_are_golden() {
    for form in [
        TaxForm::Excluded,
        TaxForm::ExcludedWithOverride,
        TaxForm::Inclusive,
        TaxForm::InclusiveWithOverride,
        TaxForm::InclusiveGross,
        TaxForm::NotApplicable,
        TaxForm::UnitedStatesTotalTax,
        TaxForm::UnitedStatesTaxLine,
    ] {
        let name = format!("tax_form_{}", form.as_str());
        insta::assert_snapshot!(name, body(&with_form(form), TransactionKind::SalesReceipt));
    }
}

#[test]
fn a_us_document_without_tax_leaves_the_tax_detail_out() {
    let mut document = with_form(TaxForm::UnitedStatesTotalTax);
    document.tax.total_tax = decimal("0.00");
    assert!(!body(&document, TransactionKind::SalesReceipt).contains("TxnTaxDetail"));
}

#[test]
fn the_body_of_a_batch_is_golden_with_short_item_ids() {
    let call = freeze_batch(&books());
    assert_eq!(call.resource, "batch");
    assert_eq!(call.request_id.to_string().len(), 36);
    for (index, entry) in call.entries.iter().enumerate() {
        assert_eq!(entry.batch_item_id, (index + 1).to_string());
        assert_eq!(entry.number.as_deref(), Some(format!("LW{}", index + 1).as_str()));
    }
    insta::assert_snapshot!(call.body);
}

#[test]
fn the_entry_of_a_payment_is_looked_up_by_its_reference_and_own_date() {
    let call = freeze(&invoice("LW1"), TransactionKind::Payment).unwrap();
    assert_eq!(call.resource, "payment");
    let [entry] = call.entries.as_slice() else {
        panic!()
    };
    assert_eq!(entry.batch_item_id, "");
    assert_eq!(entry.number.as_deref(), Some("026-1234567-1234567"));
    assert_eq!(entry.date.to_string(), "2026-03-05");
    assert_eq!(entry.total.amount, decimal("24"));
}

#[test]
fn the_marker_is_kept_when_the_note_is_too_long() {
    let mut document = document("LW1");
    document.private_note = "é".repeat(5000);
    let body = body(&document, TransactionKind::SalesReceipt);
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    let note = value["PrivateNote"].as_str().unwrap();
    assert_eq!(note.chars().count(), 4000);
    assert!(note.ends_with(&format!("\n{}", marker(1))));
    assert!(marker(1).is_in(note));
}

#[test]
fn the_same_submissions_give_the_same_bytes_and_key() {
    let (first, second) = (freeze_batch(&books()), freeze_batch(&books()));
    assert_eq!(first, second);
}

#[test]
fn the_key_changes_with_any_byte_and_with_the_company() {
    let receipt = TransactionKind::SalesReceipt;
    let base = freeze(&document("LW1"), receipt).unwrap();
    let mut note = document("LW1");
    note.private_note = "x".into();
    let mut amount = document("LW1");
    amount.total.amount = decimal("24.01");
    assert_ne!(base.request_id, freeze(&note, receipt).unwrap().request_id);
    assert_ne!(
        base.request_id,
        freeze(&document("LW2"), receipt).unwrap().request_id
    );
    // The total is not sent, so it does not change the bytes.
    assert_eq!(base.request_id, freeze(&amount, receipt).unwrap().request_id);
    let mut config = config("http://127.0.0.1:1");
    config.realm_id = domain::RealmId::new("1");
    let other = QuickBooksOnline::new(config, FakeClock::new(), MemoryVault::connected()).unwrap();
    let there = other.freeze(&[submit(&document("LW1"), receipt, 1)]).unwrap();
    assert_eq!(there.body, base.body);
    assert_ne!(there.request_id, base.request_id);
}

#[test]
fn the_key_of_known_bytes_never_changes_between_versions() {
    assert_eq!(
        freeze_one(&books()).request_id.to_string(),
        "3b6cac66-c47b-5a7a-b34f-3b1b5d0f58bb"
    );
}

#[test]
fn amounts_are_written_without_trailing_zeros() {
    let mut padded = document("LW1");
    let mut plain = document("LW1");
    for (document, quantity) in [(&mut padded, "2.0000"), (&mut plain, "2")] {
        let DocumentLine::Item(line) = &mut document.lines[0] else {
            panic!()
        };
        line.quantity = Some(decimal(quantity));
    }
    assert_eq!(
        body(&padded, TransactionKind::SalesReceipt),
        body(&plain, TransactionKind::SalesReceipt)
    );
}

#[test]
fn what_has_no_lawful_encoding_is_a_defect() {
    let receipt = TransactionKind::SalesReceipt;
    let mut rate = document("LW1");
    rate.exchange_rate = ExchangeRate::OfTheDay;
    let mut zero_rate = document("LW1");
    zero_rate.exchange_rate = ExchangeRate::Given(decimal("0"));
    let mut customer = document("LW1");
    customer.customer = CustomerRef::New(new_customer("Jo"));
    let mut item = document("LW1");
    let DocumentLine::Item(line) = &mut item.lines[0] else {
        panic!()
    };
    line.item = ItemRef::New(new_item("Widget"));
    let mut reference = document("LW1");
    reference.payment_reference = Some("1".repeat(22));
    for document in [&rate, &zero_rate, &customer, &item, &reference] {
        assert_eq!(
            freeze(document, receipt).unwrap_err().disposition,
            Disposition::Defect
        );
    }
    assert!(freeze(&document("LW1"), TransactionKind::Payment).is_err());
    let paid = invoice("LW1");
    let mut without_invoice = submit(&paid, TransactionKind::Payment, 1);
    without_invoice.invoice = None;
    assert!(books().freeze(&[without_invoice]).is_err());
    assert!(books().freeze(&[]).is_err());
    let one = document("LW1");
    let many: Vec<_> = (0..31).map(|number| submit(&one, receipt, number)).collect();
    assert!(books().freeze(&many).is_err());
    assert!(books().freeze(&many[..30]).is_ok());
}

#[test]
fn debug_of_the_connector_shows_no_secret() {
    let mut config = config("http://127.0.0.1:1");
    config.client_secret = SecretString::from("canary-client-secret");
    config.refresh_token = Some(SecretString::from("canary-refresh"));
    let books = QuickBooksOnline::new(config, FakeClock::new(), MemoryVault::connected()).unwrap();
    let text = format!("{books:?}");
    assert!(text.contains(REALM) && !text.contains("canary"), "{text}");
}

pub fn new_customer(name: &str) -> NewCustomer {
    NewCustomer {
        display_name: name.into(),
        currency: Some(gbp()),
        given_name: Some("Jo".into()),
        family_name: None,
        company_name: None,
        email: Some("jo@example.com".into()),
        phone: Some("0123".into()),
        billing_address: None,
        shipping_address: None,
    }
}

pub fn new_item(name: &str) -> domain::NewItem {
    domain::NewItem {
        name: name.into(),
        sku: Some("SKU-1".into()),
        description: None,
        kind: domain::NewItemKind::Inventory {
            expense_account: list_ref("80"),
            asset_account: list_ref("81"),
            start_date: "2020-01-01".parse().unwrap(),
        },
        income_account: list_ref("79"),
    }
}
