//! Deposit account, payment method, class, location and terms: names from the settings, looked up in the lists.

use domain::lists::{ListDetail, ListEntry, ListKind, fold_name};
use domain::{ListRef, ReasonCode};

use crate::hold::{Hold, find_listed, hold};
use crate::settings::{MissingPaymentMethod, find_channel};
use crate::work::Work;

impl Work<'_> {
    /// The account the money goes to: by channel, else by payment method, else by currency, else the general one.
    pub(crate) fn map_deposit_account(&mut self) -> Hold<Option<ListRef>> {
        let settings = self.context.settings;
        let payment = &settings.payment;
        let method = self.order.totals.payment_method.as_deref().unwrap_or_default();
        let by_channel = find_channel(&settings.channel, self.order, |channel| {
            channel.deposit_account.as_deref()
        });
        let by_method = find_folded(&payment.deposit_account_by_method, method);
        let by_currency = payment
            .deposit_account_by_currency
            .get(&self.order.totals.currency)
            .map(String::as_str);
        let chosen = [
            (by_channel, "channel.deposit_account", Some("GeneralInfo.Source")),
            (
                by_method,
                "payment.deposit_account_by_method",
                Some("TotalsInfo.PaymentMethod"),
            ),
            (
                by_currency,
                "payment.deposit_account_by_currency",
                Some("TotalsInfo.Currency"),
            ),
            (
                payment.deposit_account.as_deref(),
                "payment.deposit_account",
                None,
            ),
        ];
        let Some((name, setting, path)) = chosen
            .into_iter()
            .find_map(|(name, setting, path)| Some((name?, setting, path)))
        else {
            return Ok(None);
        };
        let entry = find_listed(
            self.context.lists,
            ListKind::Account,
            name,
            ReasonCode::UnknownAccount,
            setting,
        )?;
        self.check_deposit_account(entry, setting)?;
        self.explanation
            .note("deposit account", entry.name.clone(), path, Some(setting));
        Ok(Some(entry.to_ref()))
    }

    /// Bank or Other Current Asset, in the order's currency or the home currency (quickbooks-online.md 3.6, 3.20).
    fn check_deposit_account(&self, entry: &ListEntry, setting: &str) -> Hold<()> {
        let ListDetail::Account {
            account_type,
            currency,
        } = &entry.detail
        else {
            return Ok(());
        };
        if !is_deposit_type(account_type) {
            let cause = format!(
                "The account '{}' is of type {account_type}, and no money can be deposited there",
                entry.name
            );
            let remedy =
                format!("Choose an account of type Bank or Other Current Asset in the setting {setting}.");
            return Err(hold(ReasonCode::WrongAccount, cause, remedy));
        }
        let home = self.context.company.preferences.home_currency;
        let order_currency = self.order.totals.currency;
        match *currency {
            Some(currency) if currency != order_currency && currency != home => Err(hold(
                ReasonCode::WrongAccount,
                format!(
                    "The account '{}' is in {currency}, the order in {order_currency}",
                    entry.name
                ),
                format!(
                    "Set an account in {order_currency} in payment.deposit_account_by_currency, or change {setting}."
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The payment method, by the settings' table, else by the same name.
    pub(crate) fn map_payment_method(&mut self) -> Hold<Option<ListRef>> {
        let settings = &self.context.settings.payment;
        let raw = self
            .order
            .totals
            .payment_method
            .as_deref()
            .map(str::trim)
            .filter(|method| !method.is_empty());
        let Some(raw) = raw else { return Ok(None) };
        let mapped = find_folded(&settings.method, raw);
        let name = mapped.unwrap_or(raw);
        let setting = "payment.method";
        let found = find_listed(
            self.context.lists,
            ListKind::PaymentMethod,
            name,
            ReasonCode::UnknownPaymentMethod,
            setting,
        );
        match found {
            Ok(entry) => {
                let setting = mapped.is_some().then_some(setting);
                self.explanation.note(
                    "payment method",
                    entry.name.clone(),
                    Some("TotalsInfo.PaymentMethod"),
                    setting,
                );
                Ok(Some(entry.to_ref()))
            }
            Err(reason) if mapped.is_some() || settings.missing_method == MissingPaymentMethod::Hold => {
                Err(reason)
            }
            Err(_) => {
                self.explanation.warn(format!(
                    "QuickBooks has no payment method '{name}', so it is left out."
                ));
                Ok(None)
            }
        }
    }

    /// The class; held where the company tracks none, for QuickBooks would drop it silently (quickbooks-online.md 3.16).
    pub(crate) fn map_class(&mut self) -> Hold<Option<ListRef>> {
        let preferences = &self.context.company.preferences;
        let tracked = preferences.class_tracking_per_txn || preferences.class_tracking_per_txn_line;
        let settings = self.context.settings;
        let by_channel = find_channel(&settings.channel, self.order, |channel| channel.class.as_deref());
        let general = settings.class.name.as_deref();
        self.map_name(
            ListKind::Class,
            by_channel,
            general,
            ["channel.class", "class.name"],
            tracked,
        )
    }

    /// The location.
    pub(crate) fn map_department(&mut self) -> Hold<Option<ListRef>> {
        let tracked = self.context.company.preferences.track_departments;
        let settings = self.context.settings;
        let by_channel = find_channel(&settings.channel, self.order, |channel| {
            channel.location.as_deref()
        });
        let general = settings.location.name.as_deref();
        self.map_name(
            ListKind::Department,
            by_channel,
            general,
            ["channel.location", "location.name"],
            tracked,
        )
    }

    fn map_name(
        &mut self,
        kind: ListKind,
        by_channel: Option<&str>,
        general: Option<&str>,
        settings: [&'static str; 2],
        tracked: bool,
    ) -> Hold<Option<ListRef>> {
        let [channel_setting, general_setting] = settings;
        let setting = if by_channel.is_some() {
            channel_setting
        } else {
            general_setting
        };
        let Some(name) = by_channel.or(general) else {
            return Ok(None);
        };
        let noun = crate::hold::kind_noun(kind);
        if !tracked {
            let cause = format!("The settings give the {noun} '{name}', and QuickBooks does not track any");
            let remedy = format!(
                "Turn tracking on in QuickBooks (Account and settings, Advanced), or remove {setting}."
            );
            return Err(hold(ReasonCode::SettingUnusable, cause, remedy));
        }
        let code = if kind == ListKind::Class {
            ReasonCode::UnknownClass
        } else {
            ReasonCode::UnknownDepartment
        };
        let entry = find_listed(self.context.lists, kind, name, code, setting)?;
        self.explanation
            .note(noun, entry.name.clone(), None, Some(setting));
        Ok(Some(entry.to_ref()))
    }

    /// The terms of an invoice.
    pub(crate) fn map_terms(&mut self) -> Hold<Option<ListRef>> {
        let Some(name) = self.context.settings.document.terms.as_deref() else {
            return Ok(None);
        };
        let setting = "document.terms";
        let entry = find_listed(
            self.context.lists,
            ListKind::Term,
            name,
            ReasonCode::UnknownTerm,
            setting,
        )?;
        self.explanation
            .note("terms", entry.name.clone(), None, Some(setting));
        Ok(Some(entry.to_ref()))
    }
}

/// True for the types of account that money can be deposited to (quickbooks-online.md 3.6).
pub fn is_deposit_type(account_type: &str) -> bool {
    matches!(account_type, "Bank" | "Other Current Asset")
}

fn find_folded<'a>(table: &'a std::collections::BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let folded = fold_name(name);
    table
        .iter()
        .find(|(key, _)| fold_name(key) == folded)
        .map(|(_, value)| value.as_str())
}
