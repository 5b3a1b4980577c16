//! Settings of the customer and the addresses.

use serde::{Deserialize, Serialize};

use super::value;

/// `[customer]`: whom a document is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Customer {
    /// How the customer's name is made (behaviours.md 4.5).
    pub mode: CustomerMode,
    /// The customer of the modes with a single customer.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
    /// What happens when QuickBooks has no such customer.
    pub missing: MissingCustomer,
    /// The customer that stands in, for `missing = "fixed_name"`.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub missing_name: Option<String>,
    /// What happens when the customer was made inactive in QuickBooks.
    pub inactive_customer: InactiveCustomer,
    /// How countries are written in addresses.
    pub country_form: CountryForm,
}

impl Default for Customer {
    fn default() -> Self {
        Self {
            mode: CustomerMode::StoreName,
            name: None,
            missing: MissingCustomer::Create,
            missing_name: None,
            inactive_customer: InactiveCustomer::Hold,
            country_form: CountryForm::Name,
        }
    }
}

/// How the customer's name is made (behaviours.md 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerMode {
    /// The store's name: a `[[channel]]` name, else the sub source, else the source.
    StoreName,
    /// The store's name and the currency: `Amazon USD`.
    StoreNameAndCurrency,
    /// `customer.name` for every order.
    SingleCustomer,
    /// `Last, First` of the billing address.
    LastFirst,
    /// `First Last` of the billing address.
    FirstLast,
    /// Billing company, else `First Last`.
    BillingCompanyElseFirstLast,
    /// Billing company, else `Last, First`.
    BillingCompanyElseLastFirst,
    /// Billing company, else `customer.name`.
    BillingCompanyElseSingleCustomer,
    /// `Last, First, e-mail`.
    LastFirstEmail,
    /// `First, Last, e-mail`.
    FirstLastEmail,
    /// The Linnworks order number.
    OrderNumber,
    /// `Last, First M`.
    LastFirstMiddle,
    /// Shipping company, else `First Last` of the delivery address.
    ShippingCompanyElseFirstLast,
    /// Shipping company, else `Last, First` of the delivery address.
    ShippingCompanyElseLastFirst,
    /// `Last, First` of the delivery address.
    ShippingLastFirst,
    /// Full name of the delivery address.
    ShippingFullName,
    /// `First Last` of the delivery address.
    ShippingFirstLast,
    /// `First Last` of the billing address.
    BillingFirstLast,
    /// Full name of the billing address.
    BillingFullName,
    /// The billing e-mail address as the name.
    EmailAsName,
    /// The billing e-mail address against the e-mail field of QuickBooks' customers; else `First Last`.
    EmailField,
}

impl CustomerMode {
    /// True when many buyers share the customer, so that no buyer's data belongs on it.
    pub fn is_shared(self) -> bool {
        matches!(
            self,
            Self::StoreName | Self::StoreNameAndCurrency | Self::SingleCustomer
        )
    }
}

/// What happens when QuickBooks has no such customer (behaviours.md 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingCustomer {
    /// It is created.
    Create,
    /// The order is held.
    Hold,
    /// The order goes under `customer.missing_name`.
    FixedName,
}

/// What happens when the customer was made inactive in QuickBooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InactiveCustomer {
    /// The order is held.
    Hold,
    /// Another customer with ` (C)` after the name is used.
    Suffix,
}

/// How countries are written in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountryForm {
    /// As Linnworks has it.
    Name,
    /// ISO 3166 code of two letters; an unknown country keeps its name.
    TwoLetter,
}
