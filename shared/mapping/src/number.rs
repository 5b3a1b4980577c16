//! The document number: prefix, number, suffix, at most 21 characters (quickbooks-online.md 3.25).

use domain::lists::fold_name;
use domain::{DocNumber, ReasonCode};
use rules::fields;

use crate::hold::{Hold, hold};
use crate::settings::{CustomNumbersOff, NumberFrom, NumberSuffix, find_channel};
use crate::text;
use crate::work::Work;

const CHARACTERS_MAX: usize = 21;

/// The number of a document.
pub struct Number {
    /// What is sent; absent where the company numbers by itself.
    pub sent: Option<DocNumber>,
    /// The whole number, before it was shortened.
    pub whole: String,
}

impl Work<'_> {
    /// DocNumber.
    pub(crate) fn map_number(&mut self) -> Hold<Number> {
        let whole = self.compose_number()?;
        if !self.context.company.preferences.custom_txn_numbers {
            return self.map_number_off(whole);
        }
        let sent = self.shorten_number(&whole)?;
        Ok(Number {
            sent: Some(sent),
            whole: whole.text,
        })
    }

    /// While custom numbers are off, a number that is sent may come twice (quickbooks-online.md 3.25).
    fn map_number_off(&mut self, whole: Whole) -> Hold<Number> {
        if self.context.settings.document.custom_numbers_off == CustomNumbersOff::Refuse {
            return Err(hold(
                ReasonCode::CustomNumbersOff,
                "Custom transaction numbers are off in QuickBooks, so the document cannot carry the order's number",
                "Turn them on in QuickBooks (Account and settings, Sales), or set document.custom_numbers_off = \
                 \"post_without_number\".",
            ));
        }
        self.explanation.note(
            "document number",
            "none",
            None,
            Some("document.custom_numbers_off"),
        );
        Ok(Number {
            sent: None,
            whole: whole.text,
        })
    }

    /// The number without prefix and suffix, as the settings choose it, and its path.
    pub(crate) fn base_number(&mut self) -> (Option<String>, &'static str) {
        let order = self.order;
        let (raw, path) = match self.context.settings.document.number_from {
            NumberFrom::OrderNumber => (Some(order.number.to_string()), "NumOrderId"),
            NumberFrom::Reference => (order.references.reference.clone(), "GeneralInfo.ReferenceNum"),
            NumberFrom::Secondary => (
                order.references.secondary.clone(),
                "GeneralInfo.SecondaryReference",
            ),
            NumberFrom::External => (
                order.references.external.clone(),
                "GeneralInfo.ExternalReferenceNum",
            ),
        };
        (raw.and_then(|raw| self.text(&raw, 500)), path)
    }

    /// The text before the number, and the rule that gave it.
    pub(crate) fn number_prefix(&self) -> (String, Option<String>) {
        if let Some(ruled) = self.ruled(fields::NUMBER_PREFIX) {
            return (ruled.text.unwrap_or_default(), Some(ruled.by));
        }
        let settings = self.context.settings;
        let of_channel = find_channel(&settings.channel, self.order, |channel| {
            channel.number_prefix.as_deref()
        });
        let prefix = of_channel.or(settings.document.number_prefix.as_deref());
        (prefix.unwrap_or_default().to_owned(), None)
    }

    fn compose_number(&mut self) -> Hold<Whole> {
        let order = self.order;
        let (base, path, by) = match self.ruled(fields::DOCUMENT_NUMBER) {
            Some(ruled) => {
                let base = ruled.text.and_then(|raw| self.text(&raw, 500)).ok_or_else(|| {
                    let cause = format!("The {} takes the document's number away", ruled.by);
                    hold(ReasonCode::NumberMissing, cause, "Correct the rule.")
                })?;
                (base, None, Some(ruled.by))
            }
            None => {
                let (base, path) = self.base_number();
                let base = base.ok_or_else(|| {
                    hold(
                        ReasonCode::NumberMissing,
                        format!("The order has no {path}"),
                        "Set document.number_from to a number that every order has, such as \"order_number\".",
                    )
                })?;
                (base, Some(path), None)
            }
        };
        let (prefix, prefix_by) = self.number_prefix();
        let suffix = match self.context.settings.document.number_suffix {
            NumberSuffix::None => String::new(),
            NumberSuffix::OrderNumber => format!("-{}", order.number),
            NumberSuffix::Channel => format!("-{}", self.channel_code()),
        };
        Ok(Whole {
            text: format!("{prefix}{base}{suffix}"),
            suffix,
            path,
            by: by.or(prefix_by),
        })
    }

    /// Two letters and two hexadecimal digits that stand for source and sub source.
    fn channel_code(&self) -> String {
        let channel = &self.order.channel;
        let letter = |text: &str| {
            text.chars()
                .find(char::is_ascii_alphanumeric)
                .map_or('X', |c| c.to_ascii_uppercase())
        };
        let both = format!(
            "{}\n{}",
            fold_name(&channel.source),
            fold_name(&channel.sub_source)
        );
        format!(
            "{}{}{}",
            letter(&channel.source),
            letter(&channel.sub_source),
            text::hash(&both, 2)
        )
    }

    /// The suffix stays whole, for it keeps two channels apart; the rest is cut and gets a hash of the whole number.
    fn shorten_number(&mut self, whole: &Whole) -> Hold<DocNumber> {
        let body = whole.text.strip_suffix(&whole.suffix).unwrap_or(&whole.text);
        let room = CHARACTERS_MAX.saturating_sub(whole.suffix.chars().count());
        let short = if body.chars().count() <= room {
            whole.text.clone()
        } else if room >= 6 {
            let head: String = body.chars().take(room - 5).collect();
            format!("{head}-{}{}", text::hash(&whole.text, 4), whole.suffix)
        } else {
            text::hash(&whole.text, 16)
        };
        if short != whole.text {
            self.explanation
                .warn(format!("The number '{}' was shortened to '{short}'.", whole.text));
        }
        self.explanation.note(
            "document number",
            short.clone(),
            whole.path,
            Some(whole.by.as_deref().unwrap_or("document.number_from")),
        );
        DocNumber::parse(short).map_err(|error| {
            hold(
                ReasonCode::NumberMissing,
                error.to_string(),
                "Set document.number_from to another number.",
            )
        })
    }
}

struct Whole {
    text: String,
    suffix: String,
    path: Option<&'static str>,
    by: Option<String>,
}
