//! Compares the settings with a company: every name that QuickBooks lacks, and everything its own settings will refuse.
//!
//! In: lists and company. Out: reasons, each of which would hold some order later. Maps no order.

use domain::lists::{ListDetail, ListKind};
use domain::{Company, Currency, Lists, Reason, ReasonCode, TaxForm};
use rust_decimal::Decimal;

use super::{
    CustomNumbersOff, CustomerMode, DateFrom, Discount, DiscountMode, MissingCustomer, MissingProduct,
    Settings, Shipping, TaxFormWanted, find_zone,
};
use crate::accounts::is_deposit_type;
use crate::hold::{Hold, find_listed, hold};
use crate::item::find_item;
use crate::tax_code::find_code;

impl Settings {
    /// What in these settings cannot work with this company: names that QuickBooks lacks or that are of the wrong type or
    /// currency, and what the company's own settings refuse. Empty when all is well.
    pub fn check(&self, lists: &Lists, company: &Company) -> Vec<Reason> {
        let mut check = Check {
            settings: self,
            lists,
            company,
            found: Vec::new(),
        };
        check.numbers_and_dates();
        check.customers();
        check.products();
        check.shipping_and_discounts();
        check.taxes();
        check.accounts();
        check.classes();
        check.found
    }
}

struct Check<'a> {
    settings: &'a Settings,
    lists: &'a Lists,
    company: &'a Company,
    found: Vec<Reason>,
}

const INCOME: &[&str] = &["Income", "Other Income"];
const EXPENSE: &[&str] = &["Cost of Goods Sold", "Expense", "Other Expense"];
const ASSET: &[&str] = &["Other Current Asset"];

impl Check<'_> {
    fn take<T>(&mut self, result: Hold<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(reason) => {
                self.found.push(*reason);
                None
            }
        }
    }

    fn add(&mut self, code: ReasonCode, cause: impl Into<String>, remedy: impl Into<String>) {
        self.found.push(Reason::new(code, cause, remedy));
    }

    fn numbers_and_dates(&mut self) {
        let document = &self.settings.document;
        let preferences = &self.company.preferences;
        if !preferences.custom_txn_numbers && document.custom_numbers_off == CustomNumbersOff::Refuse {
            let cause = "Custom transaction numbers are off in QuickBooks, so every order would be held";
            let remedy = "Turn them on in QuickBooks (Account and settings, Sales), or set document.custom_numbers_off.";
            self.add(ReasonCode::CustomNumbersOff, cause, remedy);
        }
        let zone = self.company.time_zone.as_deref().and_then(find_zone);
        if document.time_zone.is_none() && zone.is_none() {
            let cause = "The company has no known time zone, so dates would be in UTC";
            self.add(ReasonCode::SettingUnusable, cause, "Set document.time_zone.");
        }
        let start = self.settings.start.start_date;
        if let Some(closed) = preferences
            .book_close_date
            .filter(|closed| start.is_none_or(|start| start <= *closed))
        {
            let cause = format!("The books are closed up to {closed}; orders dated until then will be held");
            self.add(
                ReasonCode::ClosedBooks,
                cause,
                "Set start.start_date after the closing date.",
            );
        }
        let open = self.settings.orders.status != super::OrderStatusWanted::Processed;
        let by_processed = |from: &DateFrom| matches!(from, DateFrom::Processed | DateFrom::Despatched);
        if open && by_processed(&document.date_from) && document.date_fallback.iter().all(by_processed) {
            let cause = "Open orders have no processed date, so they would all be held";
            self.add(
                ReasonCode::DateMissing,
                cause,
                "Set document.date_from or document.date_fallback to \"received\".",
            );
        }
        if let Some(name) = document.terms.as_deref() {
            let found = find_listed(
                self.lists,
                ListKind::Term,
                name,
                ReasonCode::UnknownTerm,
                "document.terms",
            );
            self.take(found.map(|_| ()));
        }
    }

    fn customers(&mut self) {
        let customer = &self.settings.customer;
        let mut names = Vec::new();
        if customer.missing == MissingCustomer::FixedName {
            names.push((customer.missing_name.as_deref(), "customer.missing_name"));
        }
        let single = matches!(
            customer.mode,
            CustomerMode::SingleCustomer | CustomerMode::BillingCompanyElseSingleCustomer
        );
        if single && customer.missing == MissingCustomer::Hold {
            names.push((customer.name.as_deref(), "customer.name"));
        }
        for (name, setting) in names {
            if let Some(name) = name {
                let code = ReasonCode::UnknownCustomer;
                self.take(find_listed(self.lists, ListKind::Customer, name, code, setting).map(|_| ()));
            }
        }
        let currencies = self
            .settings
            .channel
            .iter()
            .filter_map(|channel| channel.currency);
        let currencies = currencies.chain(self.settings.payment.deposit_account_by_currency.keys().copied());
        let home = self.company.preferences.home_currency;
        let foreign: Vec<Currency> = currencies.filter(|currency| *currency != home).collect();
        if let (Some(foreign), false) = (foreign.first(), self.company.preferences.multicurrency) {
            let cause = format!("The settings speak of {foreign}, and multicurrency is off in QuickBooks");
            self.add(
                ReasonCode::MulticurrencyOff,
                cause,
                "Turn it on in QuickBooks; it cannot be turned off again.",
            );
        }
    }

    fn products(&mut self) {
        let product = &self.settings.product;
        self.item(product.unlinked_item.as_deref(), "product.unlinked_item");
        self.item(product.service_item.as_deref(), "product.service_item");
        for entry in &product.map {
            self.item(Some(&entry.item), "product.map");
        }
        if product.missing == MissingProduct::Hold {
            return;
        }
        self.account(
            product.income_account.as_deref(),
            "product.income_account",
            INCOME,
        );
        self.account(
            product.expense_account.as_deref(),
            "product.expense_account",
            EXPENSE,
        );
        self.account(product.asset_account.as_deref(), "product.asset_account", ASSET);
        if product.missing == MissingProduct::CreateInventory && !self.company.preferences.quantity_on_hand {
            let cause = "Inventory items are to be created, and QuickBooks does not track quantities";
            self.add(
                ReasonCode::SettingUnusable,
                cause,
                "Turn on quantity on hand in QuickBooks, or change product.missing.",
            );
        }
    }

    fn shipping_and_discounts(&mut self) {
        let preferences = &self.company.preferences;
        let Settings {
            shipping, discount, ..
        } = self.settings;
        if shipping.item != Shipping::BUILT_IN {
            self.item(Some(&shipping.item), "shipping.item");
        } else if !preferences.allow_shipping {
            let cause = "QuickBooks' own shipping line is off, so orders with postage would be held";
            let remedy =
                "Turn shipping on in QuickBooks (Account and settings, Sales), or set shipping.item.";
            self.add(ReasonCode::SettingUnusable, cause, remedy);
        }
        if discount.mode == DiscountMode::OwnLine {
            self.discounts(discount);
        }
    }

    fn discounts(&mut self, discount: &Discount) {
        if discount.item.is_some() {
            self.item(discount.item.as_deref(), "discount.item");
            return;
        }
        if let Some(name) = discount.account.as_deref() {
            let code = ReasonCode::UnknownAccount;
            self.take(find_listed(self.lists, ListKind::Account, name, code, "discount.account").map(|_| ()));
        }
        if !self.company.preferences.allow_discount {
            let cause = "QuickBooks' own discount line is off, so orders with a discount would be held";
            let remedy =
                "Turn discounts on in QuickBooks (Account and settings, Sales), or set discount.item.";
            self.add(ReasonCode::SettingUnusable, cause, remedy);
        }
    }

    fn taxes(&mut self) {
        let tax = &self.settings.tax;
        let united_states = self.company.is_united_states();
        let form = tax.form.resolve(united_states);
        let american = matches!(form, TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine);
        if tax.form != TaxFormWanted::Automatic && american != united_states {
            let cause = format!(
                "The tax form '{}' does not exist in the country {}",
                form.as_str(),
                self.company.country
            );
            self.add(
                ReasonCode::SettingUnusable,
                cause,
                "Set tax.form = \"automatic\".",
            );
        }
        self.item(tax.item.as_deref().filter(|_| american), "tax.item");
        self.item(self.settings.rounding.item.as_deref(), "rounding.item");
        if united_states || !self.company.preferences.using_sales_tax {
            return;
        }
        for (rate, name) in &tax.codes {
            self.code(Some(name), "tax.codes", rate.0);
        }
        self.code(tax.zero_rate_code.as_deref(), "tax.zero_rate_code", Decimal::ZERO);
        self.code(
            self.settings.rounding.tax_code.as_deref(),
            "rounding.tax_code",
            Decimal::ZERO,
        );
    }

    fn code(&mut self, name: Option<&str>, setting: &str, rate: Decimal) {
        let Some(name) = name else { return };
        let Some(code) = self.take(find_code(self.lists, name, setting)) else {
            return;
        };
        let percent = code.percent();
        if percent != rate {
            let (percent, rate) = (percent.normalize(), rate.normalize());
            let cause =
                format!("The tax code '{name}' has {percent} %, and the settings use it for {rate} %");
            self.add(
                ReasonCode::UnknownTaxCode,
                cause,
                format!("Name another code in the setting {setting}."),
            );
        }
    }

    fn accounts(&mut self) {
        let payment = &self.settings.payment;
        self.deposit(
            payment.deposit_account.as_deref(),
            "payment.deposit_account",
            None,
        );
        for name in payment.deposit_account_by_method.values() {
            self.deposit(Some(name), "payment.deposit_account_by_method", None);
        }
        for (currency, name) in &payment.deposit_account_by_currency {
            self.deposit(Some(name), "payment.deposit_account_by_currency", Some(*currency));
        }
        for channel in &self.settings.channel {
            self.deposit(
                channel.deposit_account.as_deref(),
                "channel.deposit_account",
                channel.currency,
            );
        }
        for name in payment.method.values() {
            let code = ReasonCode::UnknownPaymentMethod;
            self.take(
                find_listed(self.lists, ListKind::PaymentMethod, name, code, "payment.method").map(|_| ()),
            );
        }
    }

    /// A deposit account, which must be in the currency, or in the home currency.
    fn deposit(&mut self, name: Option<&str>, setting: &str, wanted: Option<Currency>) {
        let Some(name) = name else { return };
        let found = find_listed(
            self.lists,
            ListKind::Account,
            name,
            ReasonCode::UnknownAccount,
            setting,
        );
        let Some(entry) = self.take(found) else { return };
        let ListDetail::Account {
            account_type,
            currency,
        } = &entry.detail
        else {
            return;
        };
        if !is_deposit_type(account_type) {
            let cause = format!(
                "The account '{name}' is of type {account_type}, and no money can be deposited there"
            );
            let remedy =
                format!("Choose an account of type Bank or Other Current Asset in the setting {setting}.");
            self.add(ReasonCode::WrongAccount, cause, remedy);
        }
        let home = self.company.preferences.home_currency;
        if let (Some(own), Some(wanted)) = (*currency, wanted)
            && own != wanted
            && own != home
        {
            let cause = format!("The account '{name}' is in {own}, and the settings use it for {wanted}");
            self.add(
                ReasonCode::WrongAccount,
                cause,
                format!("Choose an account in {wanted} in the setting {setting}."),
            );
        }
    }

    fn classes(&mut self) {
        let settings = self.settings;
        let preferences = &self.company.preferences;
        let classes_on = preferences.class_tracking_per_txn || preferences.class_tracking_per_txn_line;
        let locations_on = preferences.track_departments;
        self.listed(
            settings.class.name.as_deref(),
            ListKind::Class,
            "class.name",
            classes_on,
        );
        self.listed(
            settings.location.name.as_deref(),
            ListKind::Department,
            "location.name",
            locations_on,
        );
        for channel in &settings.channel {
            self.listed(
                channel.class.as_deref(),
                ListKind::Class,
                "channel.class",
                classes_on,
            );
            self.listed(
                channel.location.as_deref(),
                ListKind::Department,
                "channel.location",
                locations_on,
            );
        }
    }

    fn listed(&mut self, name: Option<&str>, kind: ListKind, setting: &str, tracked: bool) {
        let Some(name) = name else { return };
        if !tracked {
            let cause = format!("The setting {setting} is set, and QuickBooks does not track any");
            let remedy = format!(
                "Turn tracking on in QuickBooks (Account and settings, Advanced), or remove {setting}."
            );
            self.add(ReasonCode::SettingUnusable, cause, remedy);
        }
        let code = if kind == ListKind::Class {
            ReasonCode::UnknownClass
        } else {
            ReasonCode::UnknownDepartment
        };
        self.take(find_listed(self.lists, kind, name, code, setting).map(|_| ()));
    }

    fn item(&mut self, name: Option<&str>, setting: &str) {
        let Some(name) = name else { return };
        self.take(find_item(self.lists, name, setting).map(|_| ()));
    }

    fn account(&mut self, name: Option<&str>, setting: &str, types: &[&str]) {
        let Some(name) = name else { return };
        let found = find_listed(
            self.lists,
            ListKind::Account,
            name,
            ReasonCode::UnknownAccount,
            setting,
        );
        let wrong = found.and_then(|entry| match &entry.detail {
            ListDetail::Account { account_type, .. } if !types.contains(&account_type.as_str()) => Err(hold(
                ReasonCode::WrongAccount,
                format!("The account '{name}' is of type {account_type}"),
                format!(
                    "Choose an account of type {} in the setting {setting}.",
                    types.join(" or ")
                ),
            )),
            _ => Ok(()),
        });
        self.take(wrong);
    }
}
