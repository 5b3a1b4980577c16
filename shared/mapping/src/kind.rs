//! The kind of document, and the texts that go with it: payment, reference of the payment, memo.

use domain::order::PaymentStatus;
use domain::{DocumentKind, ListRef, PaymentPlan, ReasonCode};
use jiff::civil::Date;
use rules::fields;

use crate::hold::{Hold, hold};
use crate::number::Number;
use crate::settings::{CustomerMemo, DocumentType};
use crate::text;
use crate::work::Work;

impl Work<'_> {
    /// The transaction that the order becomes: by a rule, else by the settings and whether it is paid (behaviours.md 4.4).
    pub(crate) fn map_kind(
        &mut self,
        date: Date,
        number: &Number,
        deposit_account: Option<ListRef>,
        payment_method: Option<ListRef>,
    ) -> Hold<DocumentKind> {
        let paid = self.order.status == PaymentStatus::Paid;
        let (wanted, setting) = self.wanted_type(paid)?;
        let (kind, shown) = match wanted {
            DocumentType::SalesReceipt => (DocumentKind::SalesReceipt, "sales receipt"),
            DocumentType::InvoiceWithPayment if paid && !self.order.totals.total_charge.is_zero() => {
                let payment = Some(self.plan_payment(date, number, deposit_account, payment_method));
                (self.invoice(payment)?, "invoice with payment")
            }
            DocumentType::Invoice | DocumentType::InvoiceWithPayment => (self.invoice(None)?, "invoice"),
        };
        self.explanation
            .note("document type", shown, Some("GeneralInfo.Status"), Some(&setting));
        Ok(kind)
    }

    fn wanted_type(&self, paid: bool) -> Hold<(DocumentType, String)> {
        let settings = &self.context.settings.document;
        let Some(ruled) = self.ruled(fields::DOCUMENT_TYPE) else {
            return Ok(match settings.type_when_unpaid {
                Some(kind) if !paid => (kind, "document.type_when_unpaid".to_owned()),
                _ => (settings.kind, "document.type".to_owned()),
            });
        };
        let word = ruled.text.unwrap_or_default();
        let kind = match word.as_str() {
            "sales_receipt" => DocumentType::SalesReceipt,
            "invoice" => DocumentType::Invoice,
            "invoice_with_payment" => DocumentType::InvoiceWithPayment,
            _ => {
                let cause = format!(
                    "The {} makes the order a '{word}', which is not posted for orders",
                    ruled.by
                );
                let remedy = "Name sales_receipt, invoice or invoice_with_payment in the rule.";
                return Err(hold(ReasonCode::SettingUnusable, cause, remedy));
            }
        };
        Ok((kind, ruled.by))
    }

    fn invoice(&mut self, payment: Option<PaymentPlan>) -> Hold<DocumentKind> {
        let due_date = self
            .overrides
            .header(fields::DUE_DATE)
            .and_then(|ruled| Some((ruled.date()?, ruled.by.to_owned())));
        if let Some((date, by)) = &due_date {
            self.explanation
                .note("due date", date.to_string(), None, Some(by));
        }
        Ok(DocumentKind::Invoice {
            terms: self.map_terms()?,
            due_date: due_date.map(|(date, _)| date),
            payment,
        })
    }

    fn plan_payment(
        &mut self,
        date: Date,
        number: &Number,
        deposit_account: Option<ListRef>,
        payment_method: Option<ListRef>,
    ) -> PaymentPlan {
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
        PaymentPlan {
            date,
            reference,
            deposit_account,
            payment_method,
        }
    }

    /// The reference of the payment before it is shortened, as the order has it.
    pub(crate) fn base_payment_reference(&mut self) -> Option<String> {
        let reference = self.order.references.reference.as_deref();
        reference.and_then(|reference| self.text(reference, 500))
    }

    /// PaymentRefNum, at most 21 characters.
    pub(crate) fn map_payment_reference(&mut self, number: &Number) -> Option<String> {
        let ruled = self.ruled(fields::PAYMENT_REFERENCE);
        let (whole, path, by) = match ruled {
            Some(ruled) => {
                let text = ruled.text?;
                (self.text(&text, 500)?, None, Some(ruled.by))
            }
            None => match self.base_payment_reference() {
                Some(reference) => (reference, Some("GeneralInfo.ReferenceNum"), None),
                None => (number.whole.clone(), Some("NumOrderId"), None),
            },
        };
        let short = text::shorten(&whole, 21);
        self.explanation
            .note("payment reference", short.clone(), path, by.as_deref());
        Some(short)
    }

    /// The memo that the buyer sees.
    pub(crate) fn map_memo(&mut self) -> Option<String> {
        if let Some(ruled) = self.ruled(fields::CUSTOMER_MEMO) {
            let memo = self.text(&ruled.text?, 1000)?;
            self.explanation.note("memo", memo.clone(), None, Some(&ruled.by));
            return Some(memo);
        }
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
}
