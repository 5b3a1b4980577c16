//! List objects, settings and rates as they come, customers and items as they are created (quickbooks-online.md 3.3, 3.11,
//! 3.18, 3.20 to 3.22).
//!
//! In: JSON, or values of `convert`. Out: structs, or JSON with a fixed order of members.

use serde::{Deserialize, Serialize};

use super::transaction::FoundRefWire;
use super::{AddressWire, EmailWire, NumberWire, RefWire, TextWire};

/// A list object of any kind; each kind fills its own members.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListObjectWire {
    pub(crate) id: Option<TextWire>,
    pub(crate) name: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) fully_qualified_name: Option<String>,
    pub(crate) active: Option<bool>,
    /// `Deleted` on the stubs of change data capture.
    #[serde(rename = "status")]
    pub(crate) status: Option<String>,
    pub(crate) currency_ref: Option<FoundRefWire>,
    pub(crate) primary_email_addr: Option<EmailWire>,
    pub(crate) sku: Option<String>,
    #[serde(rename = "Type")]
    pub(crate) kind: Option<String>,
    pub(crate) inv_start_date: Option<String>,
    pub(crate) account_type: Option<String>,
    pub(crate) taxable: Option<bool>,
    pub(crate) sales_tax_rate_list: Option<TaxRateListWire>,
    pub(crate) rate_value: Option<NumberWire>,
    pub(crate) effective_tax_rate: Option<Vec<EffectiveRateWire>>,
}

/// The rates of a tax code.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TaxRateListWire {
    pub(crate) tax_rate_detail: Option<Vec<TaxRateDetailWire>>,
}

/// One rate of a tax code.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TaxRateDetailWire {
    pub(crate) tax_rate_ref: Option<FoundRefWire>,
}

/// A rate with its span of dates.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EffectiveRateWire {
    pub(crate) rate_value: Option<NumberWire>,
}

/// CompanyInfo.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CompanyInfoWire {
    pub(crate) company_name: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) default_time_zone: Option<String>,
}

/// Preferences.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PreferencesWire {
    pub(crate) sales_forms_prefs: SalesFormsWire,
    pub(crate) product_and_services_prefs: ProductsWire,
    pub(crate) accounting_info_prefs: AccountingWire,
    pub(crate) tax_prefs: TaxPrefsWire,
    pub(crate) currency_prefs: CurrencyPrefsWire,
}

/// SalesFormsPrefs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SalesFormsWire {
    pub(crate) custom_txn_numbers: bool,
    pub(crate) allow_shipping: bool,
    pub(crate) allow_discount: bool,
    pub(crate) auto_apply_credit: bool,
}

/// ProductAndServicesPrefs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ProductsWire {
    pub(crate) quantity_on_hand: bool,
}

/// AccountingInfoPrefs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AccountingWire {
    pub(crate) track_departments: bool,
    pub(crate) class_tracking_per_txn: bool,
    pub(crate) class_tracking_per_txn_line: bool,
    pub(crate) book_close_date: Option<String>,
}

/// TaxPrefs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TaxPrefsWire {
    pub(crate) using_sales_tax: bool,
    pub(crate) partner_tax_enabled: bool,
}

/// CurrencyPrefs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CurrencyPrefsWire {
    pub(crate) multi_currency_enabled: bool,
    pub(crate) home_currency: Option<FoundRefWire>,
}

/// ExchangeRate.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ExchangeRateWire {
    pub(crate) rate: Option<NumberWire>,
}

/// A customer to create.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewCustomerWire {
    pub(crate) display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) primary_email_addr: Option<EmailWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) primary_phone: Option<PhoneWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bill_addr: Option<AddressWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ship_addr: Option<AddressWire>,
}

/// A telephone number.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PhoneWire {
    pub(crate) free_form_number: String,
}

/// An item to create.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewItemWire {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sku: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(rename = "Type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) track_qty_on_hand: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) qty_on_hand: Option<NumberWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inv_start_date: Option<String>,
    pub(crate) income_account_ref: RefWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expense_account_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) asset_account_ref: Option<RefWire>,
}
