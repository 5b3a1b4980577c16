//! Deposit account, payment method, class, location and terms: names from the settings, looked up in the lists.

use domain::lists::{ListDetail, ListEntry, ListKind, fold_name};
use domain::{ListRef, ReasonCode};
use rules::fields;

use crate::hold::{Hold, find_listed, hold, name_setting};
use crate::ruling::RuledText;
use crate::settings::{MissingPaymentMethod, find_channel};
use crate::work::Work;

impl Work<'_> {
    /// The account the money goes to: by a rule, else by channel, by payment method, by currency, else the general one.
    pub(crate) fn map_deposit_account(&mut self) -> Hold<Option<ListRef>> {
        let (name, setting, path) = match self.ruled(fields::DEPOSIT_ACCOUNT) {
            Some(ruled) => match ruled.text {
                Some(name) => (name, ruled.by, None),
                None => return Ok(None),
            },
            None => match self.chosen_deposit_account() {
                Some((name, setting, path)) => (name, setting.to_owned(), path),
                None => return Ok(None),
            },
        };
        let entry = find_listed(
            self.context.lists,
            ListKind::Account,
            &name,
            ReasonCode::UnknownAccount,
            &setting,
        )?;
        self.check_deposit_account(entry, &setting)?;
        self.explanation
            .note("deposit account", entry.name.clone(), path, Some(&setting));
        Ok(Some(entry.to_ref()))
    }

    /// The account that the settings choose, with the setting and the path it hangs on.
    pub(crate) fn chosen_deposit_account(&self) -> Option<(String, &'static str, Option<&'static str>)> {
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
        chosen
            .into_iter()
            .find_map(|(name, setting, path)| Some((name?.to_owned(), setting, path)))
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
            let remedy = format!(
                "Choose an account of type Bank or Other Current Asset in {}.",
                name_setting(setting)
            );
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
                    "Set an account in {order_currency} in payment.deposit_account_by_currency, or change {}.",
                    name_setting(setting)
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The payment method, by the settings' table, else by the same name.
    pub(crate) fn map_payment_method(&mut self) -> Hold<Option<ListRef>> {
        if let Some(ruled) = self.ruled(fields::PAYMENT_METHOD) {
            let kind = ListKind::PaymentMethod;
            return self.find_ruled(kind, ruled, ReasonCode::UnknownPaymentMethod, "payment method");
        }
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
        let chosen = match self.ruled(fields::CLASS) {
            Some(ruled) => ruled.text.map(|name| (name, ruled.by)),
            None => self
                .chosen_class()
                .map(|(name, setting)| (name, setting.to_owned())),
        };
        self.map_name(ListKind::Class, chosen, tracked)
    }

    /// The class of a row that a rule gave one; `None` where none did.
    pub(crate) fn map_line_class(&mut self, row: Option<usize>) -> Hold<Option<Option<ListRef>>> {
        let Some(ruled) = self.ruled_on(row, fields::LINE_CLASS) else {
            return Ok(None);
        };
        let tracked = self.context.company.preferences.class_tracking_per_txn_line;
        let chosen = ruled.text.map(|name| (name, ruled.by));
        self.map_name(ListKind::Class, chosen, tracked).map(Some)
    }

    /// The class that the settings choose, with the setting.
    pub(crate) fn chosen_class(&self) -> Option<(String, &'static str)> {
        let settings = self.context.settings;
        let by_channel = find_channel(&settings.channel, self.order, |channel| channel.class.as_deref());
        let general = settings.class.name.as_deref();
        choose(by_channel, "channel.class", general, "class.name")
    }

    /// The location.
    pub(crate) fn map_department(&mut self) -> Hold<Option<ListRef>> {
        let tracked = self.context.company.preferences.track_departments;
        let chosen = match self.ruled(fields::LOCATION) {
            Some(ruled) => ruled.text.map(|name| (name, ruled.by)),
            None => self
                .chosen_department()
                .map(|(name, setting)| (name, setting.to_owned())),
        };
        self.map_name(ListKind::Department, chosen, tracked)
    }

    /// The location that the settings choose, with the setting.
    pub(crate) fn chosen_department(&self) -> Option<(String, &'static str)> {
        let settings = self.context.settings;
        let by_channel = find_channel(&settings.channel, self.order, |channel| {
            channel.location.as_deref()
        });
        let general = settings.location.name.as_deref();
        choose(by_channel, "channel.location", general, "location.name")
    }

    fn map_name(
        &mut self,
        kind: ListKind,
        chosen: Option<(String, String)>,
        tracked: bool,
    ) -> Hold<Option<ListRef>> {
        let Some((name, setting)) = chosen else {
            return Ok(None);
        };
        let noun = crate::hold::kind_noun(kind);
        if !tracked {
            let by = if setting.starts_with("rule '") {
                format!("The {setting} gives")
            } else {
                "The settings give".to_owned()
            };
            let cause = format!("{by} the {noun} '{name}', and QuickBooks does not track any");
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
        let entry = find_listed(self.context.lists, kind, &name, code, &setting)?;
        self.explanation
            .note(noun, entry.name.clone(), None, Some(&setting));
        Ok(Some(entry.to_ref()))
    }

    /// The list entry that a rule names; nothing when it emptied the field.
    fn find_ruled(
        &mut self,
        kind: ListKind,
        ruled: RuledText,
        code: ReasonCode,
        field: &str,
    ) -> Hold<Option<ListRef>> {
        let Some(name) = ruled.text else { return Ok(None) };
        let entry = find_listed(self.context.lists, kind, &name, code, &ruled.by)?;
        self.explanation
            .note(field, entry.name.clone(), None, Some(&ruled.by));
        Ok(Some(entry.to_ref()))
    }

    /// The terms of an invoice.
    pub(crate) fn map_terms(&mut self) -> Hold<Option<ListRef>> {
        if let Some(ruled) = self.ruled(fields::TERMS) {
            return self.find_ruled(ListKind::Term, ruled, ReasonCode::UnknownTerm, "terms");
        }
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

/// The channel's name before the general one, with its setting.
fn choose(
    by_channel: Option<&str>,
    channel_setting: &'static str,
    general: Option<&str>,
    general_setting: &'static str,
) -> Option<(String, &'static str)> {
    let by_channel = by_channel.map(|name| (name.to_owned(), channel_setting));
    by_channel.or_else(|| general.map(|name| (name.to_owned(), general_setting)))
}

fn find_folded<'a>(table: &'a std::collections::BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let folded = fold_name(name);
    table
        .iter()
        .find(|(key, _)| fold_name(key) == folded)
        .map(|(_, value)| value.as_str())
}
