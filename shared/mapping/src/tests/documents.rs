//! Which orders become documents, of which type, number, date and note.

use domain::order::{Note, OrderKind, PaymentStatus};
use domain::{DocumentKind, ReasonCode, TransactionKind};

use super::world::*;

#[test]
fn an_ordinary_order_becomes_the_worked_sales_receipt() {
    let mapped = map(&order(), "");
    insta::assert_json_snapshot!("ordinary_order", document(mapped));
}

#[test]
fn a_foreign_order_with_two_rates_and_a_new_item_becomes_this_invoice() {
    let mut order = order_of(
        vec![row("WIDGET", 3, "10.00", "20"), row("NEW-1", 1, "10.50", "5")],
        "2.99",
    );
    order.totals.currency = currency("EUR");
    order.lines[0].discount_percent = decimal("10");
    let text = "
[document]
type = \"invoice_with_payment\"
number_from = \"reference\"
terms = \"Net 30\"
[product]
missing = \"create_non_inventory\"
income_account = \"Sales\"
[shipping]
item = \"Postage\"
[discount]
mode = \"own_line\"
item = \"Discount\"
[tax]
form = \"inclusive_with_override\"";
    insta::assert_json_snapshot!("foreign_invoice", document(map(&order, text)));
}

#[test]
fn an_american_order_becomes_this_sales_receipt() {
    let mapped = map_with(&american_order(), "", &lists(), &american_company());
    insta::assert_json_snapshot!("american_order", document(mapped));
}

#[test]
fn an_invoice_of_nothing_has_no_payment() {
    let free = order_of(vec![row("WIDGET", 1, "0", "20")], "0");
    let text = "[orders]\nzero_value_orders = \"post\"\n[document]\ntype = \"invoice_with_payment\"";
    assert_eq!(
        document(map(&free, text)).kind.steps(),
        [TransactionKind::Invoice]
    );
}

#[test]
fn every_field_of_an_ordinary_order_is_explained() {
    insta::assert_json_snapshot!("ordinary_order_explained", map(&order(), "").explanation);
}

#[test]
fn the_same_order_gives_the_same_document_twice() {
    assert_eq!(map(&order(), ""), map(&order(), ""));
}

#[test]
fn cancelled_orders_resends_and_exchanges_are_skipped() {
    let mut cancelled = order();
    cancelled.hold_or_cancel = true;
    assert_eq!(skipped(map(&cancelled, "")), ReasonCode::Cancelled);
    let mut resend = order();
    resend.kind = OrderKind::Resend;
    assert_eq!(skipped(map(&resend, "")), ReasonCode::Resend);
    let mut resend = order();
    resend.status = PaymentStatus::Resend;
    assert_eq!(skipped(map(&resend, "")), ReasonCode::Resend);
    let mut exchange = order();
    exchange.kind = OrderKind::Exchange;
    assert_eq!(skipped(map(&exchange, "")), ReasonCode::Exchange);
}

#[test]
fn open_orders_are_posted_only_when_wanted() {
    let mut open = order();
    open.processed = false;
    open.dates.processed = None;
    assert_eq!(skipped(map(&open, "")), ReasonCode::StatusNotWanted);
    let text = "[orders]\nstatus = \"open\"\n[document]\ndate_from = \"received\"";
    document(map(&open, text));
    assert_eq!(skipped(map(&order(), text)), ReasonCode::StatusNotWanted);
    document(map(&order(), "[orders]\nstatus = \"both\""));
}

#[test]
fn an_order_dated_before_the_start_date_is_skipped() {
    assert_eq!(
        skipped(map(&order(), "[start]\nstart_date = \"2026-03-03\"")),
        ReasonCode::BeforeStart
    );
    document(map(&order(), "[start]\nstart_date = \"2026-03-02\""));
}

#[test]
fn an_order_without_value_is_skipped_unless_the_setting_posts_it() {
    let free = order_of(vec![row("WIDGET", 1, "0", "20")], "0");
    assert_eq!(skipped(map(&free, "")), ReasonCode::ZeroValue);
    let posted = document(map(&free, "[orders]\nzero_value_orders = \"post\""));
    assert!(posted.total.amount.is_zero());
    assert_eq!(posted.lines.len(), 1);
}

#[test]
fn an_order_despatched_late_in_the_evening_utc_is_dated_in_the_companys_zone() {
    let mut order = order();
    order.dates.processed = Some("2026-07-01T23:30:00Z".parse().unwrap());
    assert_eq!(document(map(&order, "")).date.to_string(), "2026-07-02");
    let text = "[document]\ntime_zone = \"America/New_York\"";
    assert_eq!(document(map(&order, text)).date.to_string(), "2026-07-01");
}

#[test]
fn without_any_time_zone_dates_are_in_utc_and_a_warning_says_so() {
    let mut company = company();
    company.time_zone = None;
    let mapped = map_with(&order(), "", &lists(), &company);
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("UTC"))
    );
}

#[test]
fn a_missing_date_holds_the_order_unless_another_stands_in() {
    let mut order = order();
    order.dates.paid = None;
    assert_eq!(
        held(map(&order, "[document]\ndate_from = \"paid\"")).code,
        ReasonCode::DateMissing
    );
    let text = "[document]\ndate_from = \"paid\"\ndate_fallback = [\"received\"]";
    assert_eq!(document(map(&order, text)).date.to_string(), "2026-03-01");
}

#[test]
fn an_order_dated_in_closed_books_is_held() {
    let mut company = company();
    company.preferences.book_close_date = Some("2026-03-02".parse().unwrap());
    let reason = held(map_with(&order(), "", &lists(), &company));
    assert_eq!(reason.code, ReasonCode::ClosedBooks);
}

#[test]
fn the_number_comes_from_the_reference_with_the_channels_prefix() {
    let text = "[document]\nnumber_from = \"reference\"\nnumber_prefix = \"LW\"\n[[channel]]\nsource = \"amazon\"\nnumber_prefix = \"A\"";
    assert_eq!(
        document(map(&order(), text)).doc_number.unwrap().as_str(),
        "A026-1234567-1234567"
    );
    let mut ebay = order();
    ebay.channel.source = "EBAY".to_owned();
    assert_eq!(
        document(map(&ebay, text)).doc_number.unwrap().as_str(),
        "LW026-1234567-1234567"
    );
}

#[test]
fn a_number_of_22_characters_is_shortened_and_kept_in_the_note() {
    let text = "[document]\nnumber_from = \"reference\"\nnumber_prefix = \"LWX\"";
    let mapped = map(&order(), text);
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("was shortened"))
    );
    let mapped = document(mapped);
    let number = mapped.doc_number.unwrap();
    assert_eq!(number.as_str().chars().count(), 21);
    assert!(number.as_str().starts_with("LWX026-1234567-1"), "{number}");
    assert!(
        mapped.private_note.contains("number LWX026-1234567-1234567"),
        "{}",
        mapped.private_note
    );
}

#[test]
fn the_same_number_on_two_channels_differs_by_the_channels_code() {
    let text = "[document]\nnumber_from = \"reference\"\nnumber_suffix = \"channel\"";
    let mut shop = order();
    shop.channel.sub_source = "Amazon DE".to_owned();
    let one = document(map(&order(), text)).doc_number.unwrap();
    let two = document(map(&shop, text)).doc_number.unwrap();
    assert_ne!(one, two);
    assert!(one.as_str().chars().count() <= 21);
    assert!(one.as_str().contains("-AA"), "{one}");
}

#[test]
fn the_order_number_as_suffix_survives_shortening() {
    let text = "[document]\nnumber_from = \"reference\"\nnumber_suffix = \"order_number\"";
    let number = document(map(&order(), text)).doc_number.unwrap();
    assert!(number.as_str().ends_with("-100234"), "{number}");
    assert_eq!(number.as_str().chars().count(), 21);
}

#[test]
fn a_missing_reference_holds_the_order_when_it_is_to_be_the_number() {
    let mut order = order();
    order.references.reference = Some("  ".to_owned());
    assert_eq!(
        held(map(&order, "[document]\nnumber_from = \"reference\"")).code,
        ReasonCode::NumberMissing
    );
}

#[test]
fn while_custom_numbers_are_off_orders_are_held_or_posted_without_number() {
    let mut company = company();
    company.preferences.custom_txn_numbers = false;
    assert_eq!(
        held(map_with(&order(), "", &lists(), &company)).code,
        ReasonCode::CustomNumbersOff
    );
    let text = "[document]\ncustom_numbers_off = \"post_without_number\"";
    let posted = document(map_with(&order(), text, &lists(), &company));
    assert_eq!(posted.doc_number, None);
    assert!(posted.private_note.contains("number 100234"));
}

#[test]
fn a_paid_order_becomes_an_invoice_with_its_payment_and_an_unpaid_one_stays_open() {
    let text = "[document]\ntype = \"invoice_with_payment\"\nterms = \"Net 30\"\n[payment]\ndeposit_account = \"Amazon clearing\"";
    let paid = document(map(&order(), text));
    assert_eq!(
        paid.kind.steps(),
        [TransactionKind::Invoice, TransactionKind::Payment]
    );
    assert_eq!(paid.deposit_account, None);
    let DocumentKind::Invoice {
        terms,
        payment: Some(payment),
        ..
    } = paid.kind
    else {
        panic!("no payment")
    };
    assert_eq!(terms.unwrap().name, "Net 30");
    assert_eq!(payment.reference, "100234");
    assert_eq!(payment.deposit_account.unwrap().name, "Amazon clearing");
    assert_eq!(payment.payment_method.unwrap().name, "PayPal");
    assert_eq!(payment.date.to_string(), "2026-03-01");
    let mut unpaid = order();
    unpaid.status = PaymentStatus::Unpaid;
    assert_eq!(
        document(map(&unpaid, text)).kind.steps(),
        [TransactionKind::Invoice]
    );
}

#[test]
fn a_payment_dated_in_closed_books_takes_the_invoices_date() {
    let mut company = company();
    company.preferences.book_close_date = Some("2026-03-01".parse().unwrap());
    let text = "[document]\ntype = \"invoice_with_payment\"";
    let mapped = document(map_with(&order(), text, &lists(), &company));
    let DocumentKind::Invoice {
        payment: Some(payment),
        ..
    } = mapped.kind
    else {
        panic!("no payment")
    };
    assert_eq!(payment.date.to_string(), "2026-03-02");
}

#[test]
fn unpaid_orders_can_become_invoices_while_paid_ones_become_sales_receipts() {
    let text = "[document]\ntype_when_unpaid = \"invoice\"";
    assert_eq!(document(map(&order(), text)).kind, DocumentKind::SalesReceipt);
    let mut unpaid = order();
    unpaid.status = PaymentStatus::Unpaid;
    assert_eq!(
        document(map(&unpaid, text)).kind.steps(),
        [TransactionKind::Invoice]
    );
}

#[test]
fn the_memo_holds_the_notes_that_are_not_internal() {
    let mut order = order();
    let note = |text: &str, internal| Note {
        text: text.to_owned(),
        internal,
        at: None,
        by: None,
    };
    order.notes = vec![
        note("Gift\nwrap", false),
        note("bad payer", true),
        note("ring twice", false),
    ];
    let mapped = document(map(&order, "[document]\ncustomer_memo = \"notes\""));
    assert_eq!(mapped.customer_memo.as_deref(), Some("Gift wrap; ring twice"));
}

#[test]
fn long_references_never_make_the_note_longer_than_quickbooks_takes() {
    let mut order = order();
    order.references.secondary = Some("x".repeat(9000));
    assert_eq!(document(map(&order, "")).private_note.chars().count(), 3900);
}

#[test]
fn a_payment_reference_over_21_characters_is_shortened() {
    let mut order = order();
    order.references.reference = Some("PAYPAL-TRANSACTION-0123456789".to_owned());
    let reference = document(map(&order, "")).payment_reference.unwrap();
    assert_eq!(reference.chars().count(), 21);
    assert!(reference.starts_with("PAYPAL-TRANSACTI"), "{reference}");
}
