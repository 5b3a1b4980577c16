//! Why a document was skipped, held or is in conflict, in words that a bookkeeper can act on.
//!
//! In: what was found. Out: a stable code, the cause, the remedy, and the raw fault where QuickBooks gave one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cause with its remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable name for programs and for the error catalogue.
    pub code: ReasonCode,
    /// What is the matter, naming the value concerned.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
    /// The answer of QuickBooks, word for word.
    pub raw: Option<RawFault>,
    /// The name of the rule that decided so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl Reason {
    /// A reason found by linnbooks itself.
    pub fn new(code: ReasonCode, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            code,
            cause: cause.into(),
            remedy: remedy.into(),
            raw: None,
            rule: None,
        }
    }

    /// The same with the rule that decided so.
    pub fn by_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// The same with the answer of QuickBooks.
    pub fn with_raw(mut self, raw: RawFault) -> Self {
        self.raw = Some(raw);
        self
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} [{}]. {}", self.cause, self.code, self.remedy)?;
        match &self.raw {
            Some(raw) => write!(formatter, " (QuickBooks: {raw})"),
            None => Ok(()),
        }
    }
}

/// The fault of QuickBooks (quickbooks-online.md 2.11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawFault {
    /// Code, such as 6140.
    pub code: String,
    /// Message.
    pub message: String,
    /// Detail.
    pub detail: String,
    /// intuit_tid of the answer.
    pub intuit_tid: Option<String>,
}

impl fmt::Display for RawFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.message)?;
        if !self.detail.is_empty() && self.detail != self.message {
            write!(formatter, ": {}", self.detail)?;
        }
        match &self.intuit_tid {
            Some(tid) => write!(formatter, " (intuit_tid {tid})"),
            None => Ok(()),
        }
    }
}

macro_rules! reason_codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// The stable names of all reasons.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ReasonCode {
            $($(#[$meta])* #[serde(rename = $text)] $name),+
        }

        impl ReasonCode {
            /// Every reason there is, for the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

reason_codes! {
    // Skipped
    /// Cancelled in Linnworks.
    Cancelled = "cancelled",
    /// A resend; no revenue.
    Resend = "resend",
    /// An exchange; no revenue of its own.
    Exchange = "exchange",
    /// Dated before the start date.
    BeforeStart = "before-start",
    /// Neither total nor lines have value, and the setting leaves such orders out.
    ZeroValue = "zero-value",
    /// Its status is not among those to post.
    StatusNotWanted = "status-not-wanted",
    /// A person said so with `resolve --ignore`.
    Ignored = "ignored-by-hand",
    /// A rule left it out.
    SkippedByRule = "skipped-by-rule",
    // Held: the order
    /// The order could not be read.
    Malformed = "malformed-order",
    /// Lines and header disagree by more than the cap.
    TotalsDisagree = "totals-disagree",
    /// The order has no line that can be posted.
    NoLines = "no-lines",
    /// A total below zero.
    NegativeTotal = "negative-total",
    /// A date that the settings need is missing.
    DateMissing = "date-missing",
    /// The number that the settings ask for is missing.
    NumberMissing = "number-missing",
    /// Quantity zero on a line with value.
    ZeroQuantity = "zero-quantity",
    // Held: settings, rules and lists
    /// A rule holds it for a person.
    HeldByRule = "held-by-rule",
    /// Rules changed what the document comes to, and the settings do not allow it.
    TotalChangedByRule = "total-changed-by-rule",
    /// SKU without item.
    UnknownItem = "unknown-item",
    /// More than one item fits.
    AmbiguousItem = "ambiguous-item",
    /// Item made inactive in QuickBooks.
    InactiveItem = "inactive-item",
    /// Customer not in QuickBooks and creation switched off.
    UnknownCustomer = "unknown-customer",
    /// Customer made inactive in QuickBooks.
    InactiveCustomer = "inactive-customer",
    /// The customer's currency is not the order's.
    CustomerCurrency = "customer-currency",
    /// The order has no name that the matching mode needs.
    CustomerNameMissing = "customer-name-missing",
    /// The name is taken by a vendor or an employee, and no safe name is allowed.
    NameTaken = "name-taken",
    /// Account named in the settings is not in QuickBooks.
    UnknownAccount = "unknown-account",
    /// Account of the wrong kind or currency.
    WrongAccount = "wrong-account",
    /// No tax code for a rate.
    UnknownTaxCode = "unknown-tax-code",
    /// Class not in QuickBooks.
    UnknownClass = "unknown-class",
    /// Location not in QuickBooks.
    UnknownDepartment = "unknown-location",
    /// Payment method not in QuickBooks.
    UnknownPaymentMethod = "unknown-payment-method",
    /// Term not in QuickBooks.
    UnknownTerm = "unknown-term",
    /// Multicurrency is off.
    MulticurrencyOff = "multicurrency-off",
    /// No exchange rate.
    NoExchangeRate = "no-exchange-rate",
    /// Custom transaction numbers are off.
    CustomNumbersOff = "custom-numbers-off",
    /// A setting asks for what cannot be.
    SettingUnusable = "setting-unusable",
    // Held: QuickBooks
    /// Books closed on that date.
    ClosedBooks = "closed-books",
    /// QuickBooks refused the document.
    Refused = "refused-by-quickbooks",
    /// A reference is inactive or unknown to QuickBooks.
    BadReference = "bad-reference",
    /// The tax form is paused because a returned total differed.
    FormPaused = "form-paused",
    /// The connection must be renewed by a person.
    Disconnected = "disconnected",
    /// The queue gave up after repeated failures.
    DeadLetter = "dead-letter",
    /// A defect of linnbooks.
    Defect = "defect",
    // Conflict
    /// QuickBooks returned another total.
    TotalDiffers = "total-differs",
    /// The number belongs to another transaction.
    NumberTaken = "number-taken",
    /// More than one transaction carries the marker.
    Duplicated = "duplicated",
    /// The posted transaction is gone.
    Deleted = "deleted-in-quickbooks",
    // Unknown
    /// The answer of QuickBooks was lost.
    AnswerLost = "answer-lost",
    /// Waiting for a retry.
    Waiting = "waiting",
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
