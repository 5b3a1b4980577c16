//! Settles the amounts: whole pennies in which net plus tax is gross, and lines plus rounding are the order's total.
//!
//! In: parts with exact amounts. Out: lines with whole amounts, their tax codes, the tax of the document and what is left
//! for the rounding line. Each gross is rounded once, half-up; the nets are rounded so that they and the order's tax come to
//! the gross (largest remainder). A difference to TotalCharge goes on the rounding line up to the cap; beyond it the order
//! is held with the sums shown (linnworks.md 4.4).

use std::collections::BTreeMap;

use domain::money::show_amount;
use domain::{LineRole, ReasonCode, TaxForm};
use rules::fields;
use rust_decimal::Decimal;

use crate::hold::{Hold, hold};
use crate::parts::{Part, Target};
use crate::pennies::{fit_excluded, is_untaxed, spread, tax_on_sums};
use crate::settings::find_channel;
use crate::tax_code::Code;
use crate::work::Work;

/// A part with whole amounts.
pub struct SettledLine {
    /// The part.
    pub part: Part,
    /// Without tax.
    pub net: Decimal,
    /// With tax.
    pub gross: Decimal,
    /// Tax code; absent where the document has no tax at all.
    pub code: Option<Code>,
    /// The net before rounding.
    pub exact: Decimal,
}

/// A document's amounts.
pub struct Settled {
    /// The form in which tax is asked for.
    pub form: TaxForm,
    /// The lines.
    pub lines: Vec<SettledLine>,
    /// The tax of the document.
    pub tax: Decimal,
    /// What the rounding line takes; zero for none.
    pub rounding: Decimal,
}

/// How an order is taxed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// With its own tax.
    Taxed,
    /// No tax on the document; the lines carry the gross.
    Untaxed,
    /// The channel collects the tax itself; the lines carry the net (quickbooks-online.md 3.19).
    CollectedByChannel,
}

impl Work<'_> {
    /// Settles the parts.
    pub(crate) fn settle(&mut self, parts: Vec<Part>) -> Hold<Settled> {
        let form = self.tax_form()?;
        check_discount_account(&parts, form)?;
        let treatment = self.treatment(form);
        let currency = self.order.totals.currency;
        let mut lines: Vec<SettledLine> = parts
            .into_iter()
            .map(|part| {
                let gross = currency.round(part.gross);
                // At rate zero a difference within rounding is no tax.
                let untaxed = part.rate.is_zero() && (part.gross - part.net).abs() < currency.unit();
                let exact = if untaxed { part.gross } else { part.net };
                SettledLine {
                    net: gross,
                    exact,
                    gross,
                    code: None,
                    part,
                }
            })
            .collect();
        let mut tax = Decimal::ZERO;
        match treatment {
            Treatment::Untaxed => {}
            Treatment::CollectedByChannel => {
                for line in &mut lines {
                    line.gross = currency.round(line.exact);
                    line.net = line.gross;
                }
            }
            Treatment::Taxed => {
                let wanted = self.find_tax(&mut lines, form)?;
                tax = self.spread_tax(&mut lines, wanted)?;
            }
        }
        self.assign_codes(&mut lines, form, treatment)?;
        if form == TaxForm::UnitedStatesTotalTax && !tax.is_zero() {
            ensure_taxable_line(&mut lines);
        }
        if form == TaxForm::Excluded {
            fit_excluded(&mut lines, currency);
            tax = tax_on_sums(&lines, currency);
        }
        let gross: Decimal = match form {
            TaxForm::Excluded => lines.iter().map(|line| line.net).sum::<Decimal>() + tax,
            _ => lines.iter().map(|line| line.gross).sum(),
        };
        let rounding = self.order.total_charge().rounded().amount - gross;
        self.check_rounding(&lines, tax, rounding)?;
        self.explain_tax(form, tax, rounding);
        Ok(Settled {
            form,
            lines,
            tax,
            rounding,
        })
    }

    fn tax_form(&self) -> Hold<TaxForm> {
        let company = self.context.company;
        let united_states = company.is_united_states();
        let form = self.context.settings.tax.form.resolve(united_states);
        let for_united_states = matches!(form, TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine);
        if for_united_states != united_states {
            return Err(hold(
                ReasonCode::SettingUnusable,
                format!(
                    "The tax form '{}' does not exist in a company of the country {}",
                    form.as_str(),
                    company.country
                ),
                "Set tax.form = \"automatic\".",
            ));
        }
        Ok(match (company.preferences.using_sales_tax, united_states) {
            (true, _) => form,
            (false, true) => TaxForm::UnitedStatesTaxLine,
            (false, false) => TaxForm::NotApplicable,
        })
    }

    fn treatment(&self, form: TaxForm) -> Treatment {
        let settings = self.context.settings;
        let collected = find_channel(&settings.channel, self.order, |channel| {
            channel.tax_collected_by_channel
        });
        match form {
            TaxForm::NotApplicable => Treatment::Untaxed,
            TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine if collected == Some(true) => {
                Treatment::CollectedByChannel
            }
            TaxForm::UnitedStatesTaxLine if settings.tax.item.is_none() => Treatment::Untaxed,
            _ => Treatment::Taxed,
        }
    }

    /// The order's tax, once its header and its lines agree on it.
    fn find_tax(&mut self, lines: &mut [SettledLine], form: TaxForm) -> Hold<Decimal> {
        let currency = self.order.totals.currency;
        let header = self.order.totals.tax;
        let slack = currency.unit() * Decimal::from(lines.len());
        let tax_of = |line: &SettledLine| line.part.gross - line.exact;
        let of_lines: Decimal = lines.iter().map(tax_of).sum();
        if (header - of_lines).abs() <= slack {
            return Ok(currency.round(header));
        }
        let of_rows: Decimal = lines
            .iter()
            .filter(|line| line.part.role != LineRole::Shipping)
            .map(tax_of)
            .sum();
        if (header - of_rows).abs() <= slack {
            self.explanation
                .warn("The order's Tax leaves out the tax on postage, which the document has.");
            return Ok(currency.round(of_lines));
        }
        let united_states = matches!(form, TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine);
        if united_states && of_lines.is_zero() && self.put_header_tax(lines, currency.round(header)) {
            return Ok(currency.round(header));
        }
        let show = |amount| show_amount(currency.round(amount), currency);
        let cause = format!(
            "The order's Tax is {}, the tax of its lines {}",
            show(header),
            show(of_lines)
        );
        let remedy = if united_states {
            "If the channel pays the tax itself, set tax_collected_by_channel = true in its [[channel]] table; else correct \
             the order in Linnworks."
        } else {
            "Correct the order in Linnworks, or post it by hand."
        };
        Err(hold(ReasonCode::TotalsDisagree, cause, remedy))
    }

    /// Tax that stands on the header alone, as channels in the US send it, is spread over the rows.
    fn put_header_tax(&mut self, lines: &mut [SettledLine], tax: Decimal) -> bool {
        let currency = self.order.totals.currency;
        let net: Decimal = lines.iter().map(|line| currency.round(line.exact)).sum();
        let missing = self.order.total_charge().rounded().amount - net - tax;
        if missing.abs() > self.context.settings.rounding.cap_in(currency) {
            return false;
        }
        let is_row = |line: &SettledLine| line.part.role != LineRole::Shipping && line.gross > Decimal::ZERO;
        let weights: Vec<Decimal> = lines
            .iter()
            .map(|line| if is_row(line) { line.gross } else { Decimal::ZERO })
            .collect();
        if weights.iter().all(Decimal::is_zero) {
            return false;
        }
        for (line, share) in lines
            .iter_mut()
            .zip(domain::Money::new(tax, currency).allocate(&weights))
        {
            line.gross += share.amount;
            line.part.taxable = line.part.taxable || !share.amount.is_zero();
            line.part.gross = line.gross;
        }
        true
    }

    /// Rounds the nets so that they and the tax come to the gross. Returns the tax: the one wanted, or where the lines
    /// cannot carry it to the penny, the rounded tax of the lines.
    fn spread_tax(&self, lines: &mut [SettledLine], wanted: Decimal) -> Hold<Decimal> {
        let currency = self.order.totals.currency;
        let gross: Decimal = lines.iter().map(|line| line.gross).sum();
        let of_lines: Decimal = lines.iter().map(|line| line.part.gross - line.exact).sum();
        for tax in [wanted, currency.round(of_lines)] {
            for line in lines.iter_mut() {
                line.net = if is_untaxed(line) {
                    line.gross
                } else {
                    currency.round(line.exact)
                };
            }
            if spread(
                &mut lines.iter_mut().collect::<Vec<_>>(),
                gross - tax,
                currency.unit(),
            ) {
                return Ok(tax);
            }
        }
        let shown = show_amount(wanted, currency);
        let cause = format!("The order's tax of {shown} cannot be shared out over its lines to the penny");
        Err(hold(
            ReasonCode::TotalsDisagree,
            cause,
            "Correct the order in Linnworks, or post it by hand.",
        ))
    }

    fn assign_codes(&self, lines: &mut [SettledLine], form: TaxForm, treatment: Treatment) -> Hold<()> {
        let mut codes: BTreeMap<Decimal, Code> = BTreeMap::new();
        for line in lines {
            if let Some(code) = self.ruled_code(line, form)? {
                line.code = Some(code);
                continue;
            }
            line.code = match form {
                TaxForm::NotApplicable => None,
                TaxForm::UnitedStatesTaxLine => Some(Code::united_states(false)),
                TaxForm::UnitedStatesTotalTax => Some(Code::united_states(
                    treatment == Treatment::Taxed && line.part.taxable,
                )),
                _ => match codes.get(&line.part.rate) {
                    Some(code) => Some(code.clone()),
                    None => {
                        let code = self.code_of_rate(line.part.rate, &line.part.label)?;
                        codes.insert(line.part.rate, code.clone());
                        Some(code)
                    }
                },
            };
        }
        Ok(())
    }

    /// The tax code that a rule gives the line. Its rate must be the one the order was taxed with, or QuickBooks would come to
    /// another total.
    fn ruled_code(&self, line: &SettledLine, form: TaxForm) -> Hold<Option<Code>> {
        let part = &line.part;
        let ruled = match part.role {
            LineRole::Shipping => self.ruled(fields::SHIPPING_TAX_CODE),
            LineRole::Discount => self.ruled(fields::DISCOUNT_TAX_CODE),
            _ => self.ruled_on(part.row, fields::TAX_CODE),
        };
        let Some((name, by)) = ruled.and_then(|ruled| Some((ruled.text?, ruled.by))) else {
            return Ok(None);
        };
        match form {
            TaxForm::NotApplicable | TaxForm::UnitedStatesTaxLine => return Ok(None),
            TaxForm::UnitedStatesTotalTax => match name.to_ascii_uppercase().as_str() {
                "TAX" => return Ok(Some(Code::united_states(true))),
                "NON" => return Ok(Some(Code::united_states(false))),
                _ => {
                    let cause = format!(
                        "The {by} gives '{}' the tax code '{name}', and lines in the US have TAX or NON",
                        part.label
                    );
                    return Err(hold(
                        ReasonCode::UnknownTaxCode,
                        cause,
                        "Name TAX or NON in the rule.",
                    ));
                }
            },
            _ => {}
        }
        let code = self.named_code(&name, &by)?;
        let (percent, rate) = (code.percent().normalize(), part.rate.normalize());
        if percent == rate {
            return Ok(Some(code));
        }
        let cause = format!(
            "The {by} gives '{}' the tax code '{name}' of {percent} %, and the order was taxed with {rate} %",
            part.label
        );
        let remedy = "Name a code of the same rate in the rule, or correct the tax in Linnworks.";
        Err(hold(ReasonCode::SettingUnusable, cause, remedy))
    }

    fn check_rounding(&self, lines: &[SettledLine], tax: Decimal, rounding: Decimal) -> Hold<()> {
        let settings = &self.context.settings.rounding;
        let currency = self.order.totals.currency;
        let cap = settings.cap_in(currency);
        let within = rounding.abs() <= cap;
        if rounding.is_zero() || (within && settings.item.is_some()) {
            return Ok(());
        }
        let show = |amount| show_amount(amount, currency);
        let is_postage = |line: &&SettledLine| line.part.role == LineRole::Shipping;
        let postage: Decimal = lines.iter().filter(is_postage).map(|line| line.gross).sum();
        let rows: Decimal = lines
            .iter()
            .filter(|line| !is_postage(line))
            .map(|line| line.gross)
            .sum();
        let cause = format!(
            "The lines come to {}, the postage to {} (tax {} in both), and the order's total is {}: a difference of {}",
            show(rows),
            show(postage),
            show(tax),
            self.order.total_charge().rounded(),
            show(rounding)
        );
        let remedy = if within {
            "Set rounding.item to the item of a rounding line, which takes differences up to rounding.cap."
                .to_owned()
        } else {
            format!(
                "Correct the order in Linnworks, or post it by hand; rounding.cap is {}.",
                show(cap)
            )
        };
        Err(hold(ReasonCode::TotalsDisagree, cause, remedy))
    }

    fn explain_tax(&mut self, form: TaxForm, tax: Decimal, rounding: Decimal) {
        let currency = self.order.totals.currency;
        self.explanation
            .note("tax form", form.as_str(), None, Some("tax.form"));
        self.explanation
            .note("tax", show_amount(tax, currency), Some("TotalsInfo.Tax"), None);
        let header = currency.round(self.order.totals.tax);
        if tax != header {
            let (tax, header) = (show_amount(tax, currency), show_amount(header, currency));
            self.explanation
                .warn(format!("The document's tax is {tax}, the order's {header}."));
        }
        if !rounding.is_zero() {
            let shown = show_amount(rounding, currency);
            self.explanation.note(
                "rounding",
                shown.clone(),
                Some("TotalsInfo.TotalCharge"),
                Some("rounding.cap"),
            );
            self.explanation.warn(format!(
                "A rounding line of {shown} makes the document come to the order's total."
            ));
        }
    }
}

/// Tax without any taxable line is refused or ignored (quickbooks-online.md 3.19), so the line with most of it is made one.
fn ensure_taxable_line(lines: &mut [SettledLine]) {
    let taxable = Some(Code::united_states(true));
    let sold = |line: &&mut SettledLine| matches!(line.part.target, Target::Item(_));
    if lines
        .iter()
        .any(|line| line.code == taxable && matches!(line.part.target, Target::Item(_)))
    {
        return;
    }
    let most = lines
        .iter_mut()
        .filter(sold)
        .max_by(|left, right| (left.gross - left.net).cmp(&(right.gross - right.net)));
    if let Some(line) = most {
        line.code = taxable;
    }
}

/// QuickBooks' discount line has no tax code of its own, so it cannot carry VAT (quickbooks-online.md 3.5).
fn check_discount_account(parts: &[Part], form: TaxForm) -> Hold<()> {
    let by_account = parts
        .iter()
        .filter(|part| matches!(part.target, Target::DiscountAccount(_)))
        .count();
    let allowed = matches!(
        form,
        TaxForm::NotApplicable | TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine
    );
    if by_account == 0 || allowed {
        return Ok(());
    }
    let cause = "QuickBooks' own discount line has no tax code, so it cannot carry the tax of a discount";
    Err(hold(
        ReasonCode::SettingUnusable,
        cause,
        "Set discount.item to an item, or discount.mode = \"already_inside\".",
    ))
}
