//! One order on its way through the mapping, step by step.
//!
//! In: the order and its context. Out: the outcome, with the explanation written along the way. The order of the steps is
//! the order in which a person would fix what is wrong: first whether, then when, then whom, what and how much.

use domain::order::PaymentStatus;
use domain::{AccountingDocument, DocumentKind, Explanation, Money, Order, PaymentPlan, Reason, ReasonCode};
use jiff::civil::Date;

use crate::hold::{Hold, hold};
use crate::number::Number;
use crate::settings::{CustomerMemo, DocumentType};
use crate::{Context, Outcome, screen, text};

/// The order, what it is mapped with, and the explanation so far.
pub struct Work<'a> {
    pub(crate) order: &'a Order,
    pub(crate) context: Context<'a>,
    pub(crate) explanation: Explanation,
}

impl Work<'_> {
    /// Maps the order.
    pub(crate) fn map(&mut self) -> Hold<Outcome> {
        let settings = self.context.settings;
        if let Some(reason) = screen::find_skip(self.order, settings) {
            return Ok(Outcome::Skipped(reason));
        }
        screen::check_numbers(self.order)?;
        if let Some(reason) = screen::find_zero_value(self.order, settings) {
            return Ok(Outcome::Skipped(reason));
        }
        let date = self.map_date()?;
        if let Some(reason) = self.find_before_start(date) {
            return Ok(Outcome::Skipped(reason));
        }
        self.check_open_books(date)?;
        self.build(date)
            .map(|document| Outcome::Document(Box::new(document)))
    }

    fn find_before_start(&self, date: Date) -> Option<Reason> {
        let start = self
            .context
            .settings
            .start
            .start_date
            .filter(|start| date < *start)?;
        let cause = format!("The document would be dated {date}, before the start date {start}");
        Some(Reason::new(
            ReasonCode::BeforeStart,
            cause,
            "The setting start.start_date says from when on orders are posted.",
        ))
    }

    fn check_open_books(&self, date: Date) -> Hold<()> {
        match self.context.company.preferences.book_close_date {
            Some(closed) if date <= closed => Err(hold(
                ReasonCode::ClosedBooks,
                format!("The document would be dated {date}, and the books are closed up to {closed}"),
                "Set start.start_date after the closing date, or open the books in QuickBooks.",
            )),
            _ => Ok(()),
        }
    }

    fn build(&mut self, date: Date) -> Hold<AccountingDocument> {
        let order = self.order;
        let exchange_rate = self.map_exchange_rate()?;
        let number = self.map_number()?;
        let customer = self.map_customer()?;
        let billing_address = self.map_billing_address();
        let shipping_address = self.map_shipping_address();
        let email = self.map_email();
        self.explain_email(email.as_deref());
        let class = self.map_class()?;
        let department = self.map_department()?;
        let payment_method = self.map_payment_method()?;
        let deposit_account = self.map_deposit_account()?;
        let parts = self.map_parts(date)?;
        let settled = self.settle(parts)?;
        let (lines, tax) = self.write_lines(settled, class.as_ref())?;
        let payment_reference = self.map_payment_reference(&number);
        let kind = self.map_kind(date, &number, deposit_account.clone(), payment_method.clone())?;
        let is_receipt = kind == DocumentKind::SalesReceipt;
        let header_class = class.filter(|_| self.context.company.preferences.class_tracking_per_txn);
        let document = AccountingDocument {
            private_note: self.compose_note(&number),
            customer_memo: self.map_memo(),
            ship_date: order.dates.processed.map(|instant| self.local_date(instant)),
            ship_method: self.map_shipping_text("shipping method", order.shipping.service.as_deref()),
            tracking_number: self
                .map_shipping_text("tracking number", order.shipping.tracking_number.as_deref()),
            kind,
            doc_number: number.sent,
            date,
            customer,
            currency: order.totals.currency,
            exchange_rate,
            billing_address,
            shipping_address,
            email,
            deposit_account: deposit_account.filter(|_| is_receipt),
            payment_method: payment_method.filter(|_| is_receipt),
            payment_reference: payment_reference.filter(|_| is_receipt),
            class: header_class,
            department,
            lines,
            tax,
            total: order.total_charge().rounded(),
        };
        self.explanation.note(
            "total",
            Money::to_string(&document.total),
            Some("TotalsInfo.TotalCharge"),
            None,
        );
        Ok(document)
    }

    fn map_kind(
        &mut self,
        date: Date,
        number: &Number,
        deposit_account: Option<domain::ListRef>,
        payment_method: Option<domain::ListRef>,
    ) -> Hold<DocumentKind> {
        let settings = &self.context.settings.document;
        let paid = self.order.status == PaymentStatus::Paid;
        let (wanted, setting) = match settings.type_when_unpaid {
            Some(kind) if !paid => (kind, "document.type_when_unpaid"),
            _ => (settings.kind, "document.type"),
        };
        let (kind, shown) = match wanted {
            DocumentType::SalesReceipt => (DocumentKind::SalesReceipt, "sales receipt"),
            DocumentType::InvoiceWithPayment if paid && !self.order.totals.total_charge.is_zero() => {
                let paid_date = self.order.dates.paid.map(|instant| self.local_date(instant));
                let reference = number
                    .sent
                    .as_ref()
                    .map_or_else(|| self.order.number.to_string(), ToString::to_string);
                // QuickBooks would refuse a payment in closed books; the invoice's date is open.
                let closed = self.context.company.preferences.book_close_date;
                let date = paid_date
                    .filter(|paid| closed.is_none_or(|closed| *paid > closed))
                    .unwrap_or(date);
                let payment = Some(PaymentPlan {
                    date,
                    reference,
                    deposit_account,
                    payment_method,
                });
                (
                    DocumentKind::Invoice {
                        terms: self.map_terms()?,
                        due_date: None,
                        payment,
                    },
                    "invoice with payment",
                )
            }
            DocumentType::Invoice | DocumentType::InvoiceWithPayment => (
                DocumentKind::Invoice {
                    terms: self.map_terms()?,
                    due_date: None,
                    payment: None,
                },
                "invoice",
            ),
        };
        self.explanation
            .note("document type", shown, Some("GeneralInfo.Status"), Some(setting));
        Ok(kind)
    }

    fn map_payment_reference(&mut self, number: &Number) -> Option<String> {
        let reference = self
            .order
            .references
            .reference
            .as_deref()
            .and_then(|reference| self.text(reference, 500));
        let (whole, path) = match reference {
            Some(reference) => (reference, "GeneralInfo.ReferenceNum"),
            None => (number.whole.clone(), "NumOrderId"),
        };
        let short = text::shorten(&whole, 21);
        self.explanation
            .note("payment reference", short.clone(), Some(path), None);
        Some(short)
    }

    fn map_memo(&mut self) -> Option<String> {
        let order = self.order;
        let (raw, path) = match self.context.settings.document.customer_memo {
            CustomerMemo::None => return None,
            CustomerMemo::Reference => (order.references.reference.clone(), "GeneralInfo.ReferenceNum"),
            CustomerMemo::OrderNumber => (Some(order.number.to_string()), "NumOrderId"),
            CustomerMemo::Notes => {
                let notes = order
                    .notes
                    .iter()
                    .filter(|note| !note.internal)
                    .map(|note| note.text.trim());
                (Some(notes.collect::<Vec<_>>().join("; ")), "Notes")
            }
        };
        let memo = self.text(&raw?, 1000)?;
        self.explanation
            .note("memo", memo.clone(), Some(path), Some("document.customer_memo"));
        Some(memo)
    }

    fn explain_email(&mut self, email: Option<&str>) {
        if let Some(email) = email {
            self.explanation.note(
                "e-mail",
                email,
                Some("CustomerInfo.BillingAddress.EmailAddress"),
                None,
            );
        }
    }

    fn map_shipping_text(&mut self, field: &str, raw: Option<&str>) -> Option<String> {
        let shown = self.text(raw?, 100)?;
        self.explanation
            .note(field, shown.clone(), Some("ShippingInfo"), None);
        Some(shown)
    }

    /// A text as the company takes it: no control characters, at most `max` characters, and in the US ISO-8859-1 only.
    pub(crate) fn text(&mut self, raw: &str, max: usize) -> Option<String> {
        let cleaned = text::clean(raw, max)?;
        if !self.context.company.is_united_states() {
            return Some(cleaned);
        }
        let latin = text::to_latin(&cleaned);
        if latin != cleaned {
            self.warn_once("Characters that a company in the US cannot hold were replaced by '?'.");
        }
        Some(latin)
    }

    /// A warning that is given once, however often its cause comes up.
    pub(crate) fn warn_once(&mut self, warning: &str) {
        if !self.explanation.warnings.iter().any(|given| given == warning) {
            self.explanation.warn(warning);
        }
    }
}
