//! One order on its way through the mapping, step by step.
//!
//! In: the order and its context. Out: the outcome, with the explanation written along the way. The order of the steps is
//! the order in which a person would fix what is wrong: first whether, then when, then whom, what and how much.

use domain::{AccountingDocument, DocumentKind, Explanation, Money, Order, Reason, ReasonCode};
use jiff::civil::Date;
use rules::fields;

use crate::hold::{Hold, hold};
use crate::ruling::Overrides;
use crate::{Context, Outcome, screen, text};

/// The order, what it is mapped with, and the explanation so far.
pub struct Work<'a> {
    pub(crate) order: &'a Order,
    pub(crate) context: Context<'a>,
    pub(crate) explanation: Explanation,
    /// What rules wrote to the document's fields.
    pub(crate) overrides: Overrides,
    /// Lines of text alone that rules added.
    pub(crate) texts: Vec<String>,
}

impl Work<'_> {
    /// Maps the order.
    pub(crate) fn map(&mut self) -> Hold<Outcome> {
        let settings = self.context.settings;
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
            ship_date: self.map_ship_date(),
            ship_method: self.map_ship_method(),
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

    fn map_ship_date(&mut self) -> Option<Date> {
        if let Some(ruled) = self.overrides.header(fields::SHIP_DATE) {
            let (date, by) = (ruled.date(), ruled.by.to_owned());
            let shown = date.map_or_else(|| "none".to_owned(), |date| date.to_string());
            self.explanation.note("ship date", shown, None, Some(&by));
            return date;
        }
        let processed = self.order.dates.processed;
        processed.map(|instant| self.local_date(instant))
    }

    fn map_ship_method(&mut self) -> Option<String> {
        if let Some(ruled) = self.ruled(fields::SHIP_METHOD) {
            let shown = self.text(&ruled.text?, 100)?;
            self.explanation
                .note("shipping method", shown.clone(), None, Some(&ruled.by));
            return Some(shown);
        }
        self.map_shipping_text("shipping method", self.order.shipping.service.as_deref())
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
