//! Settings: one typed document, checked when it is read.
//!
//! In: the text of `settings.toml`. Out: [`Settings`], or a [`SettingsError`] with the place, the cause and the remedy.
//! Unknown keys are errors. Does not know the company; [`Settings::check`] compares with its lists.

mod channel;
mod check;
mod contradiction;
mod customer;
mod document;
mod money;
mod operations;
pub(crate) mod parse;
mod product;
mod reference;
mod rules;
mod value;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use channel::{ChannelSettings, find as find_channel};
pub use customer::{CountryForm, Customer, CustomerMode, InactiveCustomer, MissingCustomer};
pub use document::{
    CustomNumbersOff, CustomerMemo, DateFrom, Document, DocumentType, NumberFrom, NumberSuffix,
    OrderStatusWanted, Orders, Start, ZeroValueOrders,
};
pub use money::{
    ConversionRate, CurrencySettings, DefaultName, MissingPaymentMethod, Payment, Rate, RateFrom, Rounding,
    Tax, TaxFormWanted,
};
pub use operations::{Limits, LinnworksLimits, Posting, QuickBooksLimits};
pub use parse::SettingsError;
pub use product::{
    Discount, DiscountMode, MatchBy, MissingProduct, Product, ProductMap, Shipping, SkuFrom, ZeroValueLines,
};
pub use reference::settings_markdown;
pub use rules::{ChangedTotals, RulesSettings};
pub use value::{ZoneName, find_zone};

/// Everything a person can set. Each field is one table of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `[start]`
    pub start: Start,
    /// `[orders]`
    pub orders: Orders,
    /// `[document]`
    pub document: Document,
    /// `[customer]`
    pub customer: Customer,
    /// `[product]`
    pub product: Product,
    /// `[shipping]`
    pub shipping: Shipping,
    /// `[discount]`
    pub discount: Discount,
    /// `[tax]`
    pub tax: Tax,
    /// `[rounding]`
    pub rounding: Rounding,
    /// `[payment]`
    pub payment: Payment,
    /// `[class]`
    pub class: DefaultName,
    /// `[location]`
    pub location: DefaultName,
    /// `[currency]`
    pub currency: CurrencySettings,
    /// `[rules]`
    pub rules: RulesSettings,
    /// `[posting]`
    pub posting: Posting,
    /// `[limits]`
    pub limits: Limits,
    /// `[[channel]]`
    pub channel: Vec<ChannelSettings>,
}

impl Settings {
    /// Reads and checks the text of a settings file. `file_name` is shown in errors only.
    ///
    /// # Errors
    /// [`SettingsError`] for a text that is not TOML, an unknown key, a wrong type or a value that is not allowed.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, SettingsError> {
        parse::parse(file_name, text)
    }

    /// The hash of the settings' content: equal settings have equal versions, however their file is written.
    pub fn version(&self) -> String {
        let canonical = toml::to_string(self).unwrap_or_else(|_| format!("{self:?}"));
        let digest = Sha256::digest(canonical.as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The example file: every key with its default and what it means.
    pub fn default_toml() -> &'static str {
        include_str!("../../settings.example.toml")
    }
}

#[cfg(test)]
mod tests;
