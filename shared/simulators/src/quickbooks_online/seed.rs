//! What a simulated company holds before the first call.
//!
//! In: plain data, by a preset (see `presets`) or by hand. Out: read once at the start of the simulator. Lists refer to
//! each other by name; ids are given out in order from 1. Does not check that names exist: a name that is not there
//! leaves the reference out.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// An account (quickbooks-online.md 3.21).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSeed {
    /// Name, up to 100 characters.
    pub name: String,
    /// AccountType, e.g. `Bank`.
    pub account_type: String,
    /// AccountSubType, e.g. `Checking`.
    pub account_sub_type: String,
    /// ISO currency code; the home currency when `None`.
    pub currency: Option<String>,
}

/// An item (quickbooks-online.md 3.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSeed {
    /// Name, without its parent's.
    pub name: String,
    /// Name of the parent item or category.
    pub parent: Option<String>,
    /// Sku; not unique.
    pub sku: Option<String>,
    /// Type: `Inventory`, `NonInventory`, `Service` or `Category`.
    pub item_type: String,
    /// Name of the income account.
    pub income_account: Option<String>,
    /// Name of the cost account.
    pub expense_account: Option<String>,
    /// Name of the stock account.
    pub asset_account: Option<String>,
    /// Units in stock; inventory only.
    pub quantity_on_hand: Decimal,
    /// First date of a transaction; inventory only.
    pub inventory_start: Option<Date>,
    /// Sales price in home currency.
    pub unit_price: Decimal,
    /// Whether it is active.
    pub active: bool,
}

impl ItemSeed {
    /// A service sold into `income_account`.
    pub fn service(name: &str, income_account: &str) -> Self {
        Self {
            name: name.to_owned(),
            parent: None,
            sku: None,
            item_type: "Service".to_owned(),
            income_account: Some(income_account.to_owned()),
            expense_account: None,
            asset_account: None,
            quantity_on_hand: Decimal::ZERO,
            inventory_start: None,
            unit_price: Decimal::ZERO,
            active: true,
        }
    }

    /// A good that is not counted, with a Sku, sold into `Sales`.
    pub fn non_inventory(name: &str, sku: &str) -> Self {
        Self {
            item_type: "NonInventory".to_owned(),
            sku: Some(sku.to_owned()),
            expense_account: Some("Cost of Goods Sold".to_owned()),
            ..Self::service(name, "Sales")
        }
    }

    /// A counted good with a Sku and an opening stock at 2020-01-01, in the accounts of the presets.
    pub fn inventory(name: &str, sku: &str, quantity_on_hand: Decimal) -> Self {
        Self {
            item_type: "Inventory".to_owned(),
            asset_account: Some("Inventory Asset".to_owned()),
            quantity_on_hand,
            inventory_start: Some(Date::constant(2020, 1, 1)),
            ..Self::non_inventory(name, sku)
        }
    }
}

/// A customer (quickbooks-online.md 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerSeed {
    /// DisplayName.
    pub display_name: String,
    /// ISO currency code; the home currency when `None`.
    pub currency: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether it is active.
    pub active: bool,
}

impl CustomerSeed {
    /// An active customer in the home currency.
    pub fn new(display_name: &str) -> Self {
        Self {
            display_name: display_name.to_owned(),
            currency: None,
            email: None,
            active: true,
        }
    }

    /// An active customer in another currency.
    pub fn in_currency(display_name: &str, currency: &str) -> Self {
        Self {
            currency: Some(currency.to_owned()),
            ..Self::new(display_name)
        }
    }
}

/// A vendor (quickbooks-online.md 3.3b).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorSeed {
    /// DisplayName.
    pub display_name: String,
    /// ISO currency code; the home currency when `None`.
    pub currency: Option<String>,
}

/// A tax rate (quickbooks-online.md 3.18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRateSeed {
    /// Name.
    pub name: String,
    /// RateValue, percent.
    pub percent: Decimal,
    /// Name of the agency.
    pub agency: String,
}

/// A tax code: one or more sales rates (quickbooks-online.md 3.18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxCodeSeed {
    /// Name, e.g. `20.0% S`.
    pub name: String,
    /// Names of its sales rates.
    pub sales_rates: Vec<String>,
    /// Whether it is taxable.
    pub taxable: bool,
    /// Whether it is active.
    pub active: bool,
}

/// A term (quickbooks-online.md 3.17).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermSeed {
    /// Name, up to 31 characters.
    pub name: String,
    /// Days until due.
    pub due_days: u32,
}

/// A payment method (quickbooks-online.md 3.17).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMethodSeed {
    /// Name, up to 31 characters.
    pub name: String,
    /// Whether it is a credit card.
    pub credit_card: bool,
}

/// A rate from one day on (quickbooks-online.md 3.20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRateSeed {
    /// ISO code of the foreign currency.
    pub currency: String,
    /// First day.
    pub as_of: Date,
    /// Home units per foreign unit.
    pub rate: Decimal,
}

/// The preferences that change what the API does (quickbooks-online.md 3.22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferencesSeed {
    /// SalesFormsPrefs.CustomTxnNumbers: no automatic DocNumber.
    pub custom_txn_numbers: bool,
    /// SalesFormsPrefs.AllowShipping: the line item SHIPPING_ITEM_ID works.
    pub allow_shipping: bool,
    /// SalesFormsPrefs.AllowDiscount: discount lines work.
    pub allow_discount: bool,
    /// ProductAndServicesPrefs.QuantityOnHand: inventory items can be created.
    pub quantity_on_hand: bool,
    /// AccountingInfoPrefs.TrackDepartments.
    pub track_departments: bool,
    /// AccountingInfoPrefs.ClassTrackingPerTxn.
    pub class_tracking_per_txn: bool,
    /// AccountingInfoPrefs.ClassTrackingPerTxnLine.
    pub class_tracking_per_txn_line: bool,
    /// TaxPrefs.PartnerTaxEnabled: automated sales tax (US).
    pub partner_tax_enabled: bool,
    /// TaxPrefs.AllowPartnerTaxOverride: `TotalTax` may replace the engine's figure. At minor version 75 it is kept
    /// either way (quickbooks-online.md 3.19); when false it counts only with `UseAutomatedSalesTax` absent or false.
    pub allow_partner_tax_override: bool,
    /// AccountingInfoPrefs.BookCloseDate: nothing dated on or before it can be written.
    pub book_close_date: Option<Date>,
}

impl Default for PreferencesSeed {
    fn default() -> Self {
        Self {
            custom_txn_numbers: false,
            allow_shipping: true,
            allow_discount: true,
            quantity_on_hand: true,
            track_departments: true,
            class_tracking_per_txn: false,
            class_tracking_per_txn_line: true,
            partner_tax_enabled: false,
            allow_partner_tax_override: true,
            book_close_date: None,
        }
    }
}

/// A company before the first call.
#[derive(Clone, PartialEq, Eq)]
pub struct CompanySeed {
    /// The company's id in addresses.
    pub realm_id: String,
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: String,
    /// The first refresh token.
    pub refresh_token: String,
    /// The code the authorize page hands out; single use.
    pub authorization_code: String,
    /// CompanyName.
    pub company_name: String,
    /// ISO country code: `US`, `GB`, `CA`, `AU`, `DE`…
    pub country: String,
    /// ISO code of the home currency.
    pub home_currency: String,
    /// Whether other currencies are on; then every transaction needs CurrencyRef.
    pub multicurrency: bool,
    /// DefaultTimeZone.
    pub time_zone: String,
    /// Preferences.
    pub preferences: PreferencesSeed,
    /// Accounts.
    pub accounts: Vec<AccountSeed>,
    /// Items; a parent stands before its children.
    pub items: Vec<ItemSeed>,
    /// Customers.
    pub customers: Vec<CustomerSeed>,
    /// Vendors.
    pub vendors: Vec<VendorSeed>,
    /// Display names of employees.
    pub employees: Vec<String>,
    /// Tax rates.
    pub tax_rates: Vec<TaxRateSeed>,
    /// Tax codes.
    pub tax_codes: Vec<TaxCodeSeed>,
    /// US: the tax code whose rates the tax engine applies to every address.
    pub engine_tax_code: Option<String>,
    /// Names of classes.
    pub classes: Vec<String>,
    /// Names of departments (locations).
    pub departments: Vec<String>,
    /// Terms.
    pub terms: Vec<TermSeed>,
    /// Payment methods.
    pub payment_methods: Vec<PaymentMethodSeed>,
    /// Exchange rates.
    pub exchange_rates: Vec<ExchangeRateSeed>,
}

impl std::fmt::Debug for CompanySeed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CompanySeed")
            .field("realm_id", &self.realm_id)
            .field("company_name", &self.company_name)
            .field("country", &self.country)
            .field("home_currency", &self.home_currency)
            .finish_non_exhaustive()
    }
}

impl CompanySeed {
    /// The same company with these items added.
    pub fn with_items(mut self, items: Vec<ItemSeed>) -> Self {
        self.items.extend(items);
        self
    }

    /// The same company with these customers added.
    pub fn with_customers(mut self, customers: Vec<CustomerSeed>) -> Self {
        self.customers.extend(customers);
        self
    }

    /// The same company with these vendors added.
    pub fn with_vendors(mut self, vendors: Vec<VendorSeed>) -> Self {
        self.vendors.extend(vendors);
        self
    }

    /// The same company with these accounts added.
    pub fn with_accounts(mut self, accounts: Vec<AccountSeed>) -> Self {
        self.accounts.extend(accounts);
        self
    }

    /// Whether the US rules of tax apply.
    pub fn is_united_states(&self) -> bool {
        self.country == "US"
    }
}
