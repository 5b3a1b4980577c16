//! Turns a Linnworks order into the accounting document that QuickBooks shall hold. Pure: the same order, settings, lists
//! and company give the same document, byte for byte.
//!
//! ```text
//! Order + Settings + Lists + Company
//!   screen     is it to be posted at all?            -> Skipped
//!   ruling     the rules, top-down                   -> Skipped, Held by a rule
//!   number, date, customer, currency, accounts       -> Held with cause and remedy
//!   parts      rows, postage, discount, each with its item and its exact net and gross
//!   settle     whole pennies: net + tax = gross, lines + rounding = TotalCharge
//!   lines      unit price x quantity = amount        -> AccountingDocument
//! ```
//! Also holds [`Settings`], the one typed document with everything a person can set. Does no I/O, reads no clock, draws
//! no random number. Where the document cannot be made to come to the order's total exactly, the order is held.

mod accounts;
mod address;
mod currency;
mod customer;
mod customer_name;
mod date;
mod hold;
mod item;
mod kind;
mod lines;
mod note;
mod number;
mod parts;
mod pennies;
mod person;
mod rate;
mod ruling;
mod screen;
mod settings;
mod settle;
mod tax_code;
mod text;
mod work;

#[cfg(test)]
mod tests;

use domain::{AccountingDocument, Company, Explanation, Lists, Order, Reason};
use rules::CompiledRules;

pub use ruling::{CompanyNames, facts_of};
pub use settings::*;
use work::Work;

/// What an order is mapped with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The lists of the company.
    pub lists: &'a Lists,
    /// The company.
    pub company: &'a Company,
    /// The rules, when there are any.
    pub rules: Option<&'a CompiledRules>,
}

/// What became of an order, and why each field is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The document, or why there is none.
    pub outcome: Outcome,
    /// Where each field came from, as far as the mapping got.
    pub explanation: Explanation,
}

/// The end of mapping an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A balanced document. Boxed: it is much larger than its siblings.
    Document(Box<AccountingDocument>),
    /// Left out by a setting, or because it is no sale.
    Skipped(Reason),
    /// A person must act first.
    Held(Reason),
}

/// Maps an order to its document. Never panics; what cannot be mapped is held with its reason.
pub fn map_order(order: &Order, context: &Context<'_>) -> Mapped {
    map_with(order, context, false)
}

/// The same, and tells every field before and after the rules and the rules that nearly matched; for previews.
pub fn explain_order(order: &Order, context: &Context<'_>) -> Mapped {
    map_with(order, context, true)
}

fn map_with(order: &Order, context: &Context<'_>, explain: bool) -> Mapped {
    if let Some(reason) = screen::find_skip(order, context.settings) {
        return Mapped {
            outcome: Outcome::Skipped(reason),
            explanation: Explanation::default(),
        };
    }
    let ruling = ruling::run_rules(order, context, explain);
    if let Some(outcome) = ruling.end {
        return Mapped {
            outcome,
            explanation: ruling.explanation,
        };
    }
    let mut work = Work {
        order: ruling.order.as_deref().unwrap_or(order),
        context: *context,
        explanation: ruling.explanation,
        overrides: ruling.overrides,
        texts: ruling.texts,
    };
    let outcome = match work.map() {
        Ok(outcome) => outcome,
        Err(reason) => Outcome::Held(*reason),
    };
    Mapped {
        outcome,
        explanation: work.explanation,
    }
}
