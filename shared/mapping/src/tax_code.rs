//! The tax code of a rate: by the settings' table, else the one active code with that rate (quickbooks-online.md 3.18).

use domain::lists::{ListDetail, ListEntry, ListKind};
use domain::{ListId, ListRef, Lists, ReasonCode};
use rust_decimal::Decimal;

use crate::hold::{Hold, find_listed, hold};
use crate::settings::Rate;
use crate::work::Work;

/// A tax code with what QuickBooks computes for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub reference: ListRef,
    /// Its rates on sales, in percent.
    pub rates: Vec<(ListId, Decimal)>,
}

impl Code {
    /// A code of the US: TAX or NON.
    pub fn united_states(taxable: bool) -> Self {
        let id = if taxable { "TAX" } else { "NON" };
        Self {
            reference: ListRef {
                id: ListId::new(id),
                name: id.to_owned(),
            },
            rates: Vec::new(),
        }
    }

    /// The sum of its rates, in percent.
    pub fn percent(&self) -> Decimal {
        self.rates.iter().map(|(_, percent)| percent).sum()
    }
}

/// The percent of a code on sales; `None` when one of its rates is not in the lists or beyond reason.
pub fn code_percent(lists: &Lists, entry: &ListEntry) -> Option<Decimal> {
    read_code(lists, entry).map(|code| code.percent())
}

fn read_code(lists: &Lists, entry: &ListEntry) -> Option<Code> {
    let ListDetail::TaxCode { sales_rates, .. } = &entry.detail else {
        return None;
    };
    let rates =
        sales_rates.iter().map(
            |id| match lists.get(ListKind::TaxRate, id).map(|rate| &rate.detail) {
                Some(ListDetail::TaxRate { percent }) if percent.abs() <= Decimal::ONE_HUNDRED => {
                    Some((id.clone(), *percent))
                }
                _ => None,
            },
        );
    Some(Code {
        reference: entry.to_ref(),
        rates: rates.collect::<Option<_>>()?,
    })
}

/// The active code with a name that the settings give.
pub fn find_code(lists: &Lists, name: &str, setting: &str) -> Hold<Code> {
    let entry = find_listed(
        lists,
        ListKind::TaxCode,
        name,
        ReasonCode::UnknownTaxCode,
        setting,
    )?;
    read_code(lists, entry).ok_or_else(|| {
        let cause = format!("The rates of the tax code '{name}' are not known");
        hold(
            ReasonCode::UnknownTaxCode,
            cause,
            "Refresh the lists, or name another code in the settings.",
        )
    })
}

impl Work<'_> {
    /// The code of a rate.
    pub(crate) fn code_of_rate(&self, rate: Decimal, label: &str) -> Hold<Code> {
        let settings = &self.context.settings.tax;
        if let Some(name) = settings.codes.get(&Rate(rate)) {
            return self.named_code(name, "tax.codes");
        }
        if let Some(name) = settings.zero_rate_code.as_deref().filter(|_| rate.is_zero()) {
            return self.named_code(name, "tax.zero_rate_code");
        }
        let lists = self.context.lists;
        let active = lists.all(ListKind::TaxCode).filter(|entry| entry.active);
        let fitting: Vec<Code> = active
            .filter_map(|entry| read_code(lists, entry))
            .filter(|code| code.percent() == rate)
            .collect();
        let rate = rate.normalize();
        let remedy = if rate.is_zero() {
            "Set tax.zero_rate_code to the code of untaxed lines.".to_owned()
        } else {
            format!("Add \"{rate}\" = \"the code's name\" to tax.codes in the settings.")
        };
        match fitting.as_slice() {
            [code] => Ok(code.clone()),
            [] => {
                let cause = format!("QuickBooks has no active tax code of {rate} % for '{label}'");
                Err(hold(ReasonCode::UnknownTaxCode, cause, remedy))
            }
            several => {
                let names: Vec<&str> = several
                    .iter()
                    .map(|code| code.reference.name.as_str())
                    .take(8)
                    .collect();
                let cause = format!(
                    "Several tax codes have {rate} % for '{label}': {}",
                    names.join(", ")
                );
                Err(hold(ReasonCode::UnknownTaxCode, cause, remedy))
            }
        }
    }

    /// A code that the settings name.
    pub(crate) fn named_code(&self, name: &str, setting: &str) -> Hold<Code> {
        find_code(self.context.lists, name, setting)
    }

    /// The code of the rounding line, which must not bring tax of its own.
    pub(crate) fn rounding_code(&self) -> Hold<Code> {
        let setting = "rounding.tax_code";
        let code = match self.context.settings.rounding.tax_code.as_deref() {
            Some(name) => self.named_code(name, setting)?,
            None => self.code_of_rate(Decimal::ZERO, "rounding")?,
        };
        if code.percent().is_zero() {
            return Ok(code);
        }
        let cause = format!(
            "The tax code '{}' of the rounding line has tax",
            code.reference.name
        );
        Err(hold(
            ReasonCode::SettingUnusable,
            cause,
            format!("Set {setting} to a code without tax."),
        ))
    }
}
