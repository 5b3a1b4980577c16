//! Settings of tax, rounding, payments, accounts and currencies.

use std::collections::BTreeMap;

use domain::{Currency, TaxForm};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::value;

/// `[tax]`: how tax is asked for and which code a rate has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tax {
    /// The form (quickbooks-online.md 3.19).
    pub form: TaxFormWanted,
    /// Code of rate zero.
    #[serde(
        deserialize_with = "value::text::<_, 100>",
        skip_serializing_if = "Option::is_none"
    )]
    pub zero_rate_code: Option<String>,
    /// How far, in percent points, a rate such as 20.15 may lie from a known one to count as it.
    #[serde(
        deserialize_with = "value::decimal::<_, 5>",
        serialize_with = "value::write_decimal"
    )]
    pub rate_tolerance_percent: Decimal,
    /// US: item of a tax line, for `united_states_tax_line`.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub item: Option<String>,
    /// Tax code by rate in percent: `"20" = "20.0% S"`.
    pub codes: BTreeMap<Rate, String>,
}

impl Default for Tax {
    fn default() -> Self {
        Self {
            form: TaxFormWanted::Automatic,
            zero_rate_code: None,
            rate_tolerance_percent: Decimal::new(25, 2),
            item: None,
            codes: BTreeMap::new(),
        }
    }
}

/// The form in which tax is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxFormWanted {
    /// `united_states_total_tax` in the US, `inclusive` elsewhere.
    Automatic,
    /// See [`TaxForm::Excluded`].
    Excluded,
    /// See [`TaxForm::ExcludedWithOverride`].
    ExcludedWithOverride,
    /// See [`TaxForm::Inclusive`].
    Inclusive,
    /// See [`TaxForm::InclusiveWithOverride`].
    InclusiveWithOverride,
    /// See [`TaxForm::InclusiveGross`].
    InclusiveGross,
    /// See [`TaxForm::NotApplicable`].
    NotApplicable,
    /// See [`TaxForm::UnitedStatesTotalTax`].
    UnitedStatesTotalTax,
    /// See [`TaxForm::UnitedStatesTaxLine`].
    UnitedStatesTaxLine,
}

impl TaxFormWanted {
    /// The form for a company in the US or elsewhere.
    pub fn resolve(self, united_states: bool) -> TaxForm {
        match self {
            Self::Automatic if united_states => TaxForm::UnitedStatesTotalTax,
            Self::Automatic | Self::Inclusive => TaxForm::Inclusive,
            Self::Excluded => TaxForm::Excluded,
            Self::ExcludedWithOverride => TaxForm::ExcludedWithOverride,
            Self::InclusiveWithOverride => TaxForm::InclusiveWithOverride,
            Self::InclusiveGross => TaxForm::InclusiveGross,
            Self::NotApplicable => TaxForm::NotApplicable,
            Self::UnitedStatesTotalTax => TaxForm::UnitedStatesTotalTax,
            Self::UnitedStatesTaxLine => TaxForm::UnitedStatesTaxLine,
        }
    }
}

/// A tax rate in percent, as the key of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub Decimal);

impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        value::write_decimal(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        value::decimal::<_, 100>(deserializer).map(Self)
    }
}

/// `[rounding]`: the difference of pennies between lines and total (linnworks.md 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rounding {
    /// The largest difference, in the order's currency, that goes on a rounding line; more holds the order. For a
    /// currency without decimals, hundredths stand for whole units: 0.05 is 5 yen.
    #[serde(
        deserialize_with = "value::decimal::<_, 1>",
        serialize_with = "value::write_decimal"
    )]
    pub cap: Decimal,
    /// Item of the rounding line; without it any difference holds the order.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub item: Option<String>,
    /// Tax code of the rounding line; absent means the code of rate zero.
    #[serde(
        deserialize_with = "value::text::<_, 100>",
        skip_serializing_if = "Option::is_none"
    )]
    pub tax_code: Option<String>,
}

impl Default for Rounding {
    fn default() -> Self {
        Self {
            cap: Decimal::new(5, 2),
            item: None,
            tax_code: None,
        }
    }
}

impl Rounding {
    /// The cap in a currency.
    pub fn cap_in(&self, currency: Currency) -> Decimal {
        self.cap * Decimal::ONE_HUNDRED * currency.unit()
    }
}

/// `[payment]`: payment method and deposit account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Payment {
    /// What happens to a payment method that QuickBooks lacks.
    pub missing_method: MissingPaymentMethod,
    /// Deposit account where nothing else names one; absent leaves the choice to QuickBooks (Undeposited Funds).
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub deposit_account: Option<String>,
    /// QuickBooks payment method by the name Linnworks has.
    pub method: BTreeMap<String, String>,
    /// Deposit account by the payment method's name in Linnworks.
    pub deposit_account_by_method: BTreeMap<String, String>,
    /// Deposit account by currency.
    pub deposit_account_by_currency: BTreeMap<Currency, String>,
}

/// What happens to a payment method that QuickBooks lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPaymentMethod {
    /// It is left out.
    #[default]
    LeaveOut,
    /// The order is held.
    Hold,
}

/// `[class]` and `[location]`: the name every document gets unless its `[[channel]]` has another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DefaultName {
    /// Full name in QuickBooks.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
}

/// `[currency]`: where the exchange rate of foreign orders comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CurrencySettings {
    /// Where the rate comes from.
    pub rate_from: RateFrom,
    /// What ConversionRate of Linnworks is; unverified, so it is a setting (linnworks.md 4.3).
    pub conversion_rate: ConversionRate,
}

impl Default for CurrencySettings {
    fn default() -> Self {
        Self {
            rate_from: RateFrom::QuickBooks,
            conversion_rate: ConversionRate::HomePerForeign,
        }
    }
}

/// Where the exchange rate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RateFrom {
    /// QuickBooks' rate of the document's date.
    #[serde(rename = "quickbooks")]
    QuickBooks,
    /// ConversionRate of the order.
    #[serde(rename = "order")]
    Order,
}

/// What ConversionRate of Linnworks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversionRate {
    /// Home units per unit of the order's currency: it is sent as it is.
    HomePerForeign,
    /// Units of the order's currency per home unit: one divided by it is sent.
    ForeignPerHome,
}
