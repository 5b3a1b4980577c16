//! What the QuickBooks company allows, as its settings say (quickbooks-online.md 3.22).
//!
//! In: read by the connector. Out: used by mapping and preflight. Decides nothing.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::RealmId;
use crate::money::Currency;

/// One QuickBooks company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub realm_id: RealmId,
    /// Its name.
    pub name: String,
    /// Two-letter country, such as GB or US.
    pub country: String,
    /// IANA time zone, when QuickBooks says it.
    pub time_zone: Option<String>,
    /// Its settings.
    pub preferences: Preferences,
}

impl Company {
    /// True for a company in the United States, whose tax works differently.
    pub fn is_united_states(&self) -> bool {
        self.country.eq_ignore_ascii_case("US")
    }
}

/// The company settings that decide what a document may contain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Home currency.
    pub home_currency: Currency,
    /// Several currencies are on.
    pub multicurrency: bool,
    /// Custom transaction numbers are on: a DocNumber that is sent is kept and checked.
    pub custom_txn_numbers: bool,
    /// The built-in shipping line is on.
    pub allow_shipping: bool,
    /// Discount lines are on.
    pub allow_discount: bool,
    /// Quantity on hand is tracked.
    pub quantity_on_hand: bool,
    /// Locations are on.
    pub track_departments: bool,
    /// Classes on the header.
    pub class_tracking_per_txn: bool,
    /// Classes on the lines.
    pub class_tracking_per_txn_line: bool,
    /// Sales tax is on.
    pub using_sales_tax: bool,
    /// Automated sales tax is on.
    pub partner_tax_enabled: bool,
    /// Open credits are applied to new invoices by QuickBooks itself.
    pub auto_apply_credit: bool,
    /// Nothing may be posted on or before this date.
    pub book_close_date: Option<Date>,
}
