//! Writes the lines of the document in the basis of its tax form, with unit prices that multiply out to the amount.
//!
//! QuickBooks refuses a line whose Amount is not UnitPrice x Qty, rounded half-up to two decimals (quickbooks-online.md
//! 3.4). Where no unit price within the decimals does it, the line is split: 10.00 for 3 is 2 at 3.33 and 1 at 3.34.

use std::collections::BTreeMap;

use domain::money::show_amount;
use domain::{
    DocumentLine, DocumentTax, ItemLine, ItemRef, LineRole, ListId, ListRef, Money, TaxForm, TaxLine,
};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::hold::{Hold, hold};
use crate::parts::{Part, Target};
use crate::settle::{Settled, SettledLine};
use crate::tax_code::Code;
use crate::work::Work;

impl Work<'_> {
    /// The lines and the tax of the document.
    pub(crate) fn write_lines(
        &mut self,
        settled: Settled,
        class: Option<&ListRef>,
    ) -> Hold<(Vec<DocumentLine>, DocumentTax)> {
        let class = class
            .filter(|_| self.context.company.preferences.class_tracking_per_txn_line)
            .cloned();
        let form = settled.form;
        let rounding = self.write_rounding(&settled, class.clone())?;
        let tax = self.write_tax(&settled)?;
        let mut lines = Vec::with_capacity(settled.lines.len() + 2);
        for line in settled.lines {
            let class = match self.map_line_class(line.part.row)? {
                Some(class) => class,
                None => class.clone(),
            };
            self.write_line(line, form, class, &mut lines);
        }
        let texts = std::mem::take(&mut self.texts);
        lines.extend(
            texts
                .iter()
                .filter_map(|text| self.text(text, 4000))
                .map(DocumentLine::Description),
        );
        if form == TaxForm::UnitedStatesTaxLine && !settled.tax.is_zero() {
            let item = self.extra_item(self.context.settings.tax.item.as_deref(), "tax.item")?;
            let code = Some(Code::united_states(false).reference);
            lines.push(amount_line(
                LineRole::Tax,
                item,
                "Sales tax",
                settled.tax,
                code,
                None,
                class,
            ));
        }
        lines.extend(rounding);
        Ok((lines, tax))
    }

    /// The line of the difference to the order's total.
    fn write_rounding(&self, settled: &Settled, class: Option<ListRef>) -> Hold<Option<DocumentLine>> {
        let amount = settled.rounding;
        if amount.is_zero() {
            return Ok(None);
        }
        let item = self.extra_item(self.context.settings.rounding.item.as_deref(), "rounding.item")?;
        let code = match settled.form {
            TaxForm::NotApplicable => None,
            TaxForm::UnitedStatesTaxLine | TaxForm::UnitedStatesTotalTax => {
                Some(Code::united_states(false).reference)
            }
            _ => Some(self.rounding_code()?.reference),
        };
        let inclusive = sends_inclusive(settled.form).then_some(amount);
        Ok(Some(amount_line(
            LineRole::Rounding,
            item,
            "Rounding",
            amount,
            code,
            inclusive,
            class,
        )))
    }

    fn extra_item(&self, name: Option<&str>, setting: &str) -> Hold<ItemRef> {
        let name = name.ok_or_else(|| {
            let cause = "A line needs an item that is not set";
            hold(
                domain::ReasonCode::SettingUnusable,
                cause,
                format!("Set {setting}."),
            )
        })?;
        self.named_item(name, setting, jiff::civil::Date::MAX)
    }

    /// The pieces of a part; one without price for a part that is an amount alone.
    fn price_part(&mut self, part: &Part, amount: Decimal) -> Vec<Option<Piece>> {
        let Some(quantity) = part.quantity else {
            return vec![None];
        };
        let decimals = u32::try_from(self.context.settings.product.unit_price_decimals_max).unwrap_or(2);
        let pieces = price(amount, quantity, decimals, self.order.totals.currency.exponent());
        if pieces.len() > 1 {
            let (label, count) = (&part.label, pieces.len());
            self.explanation.warn(format!(
                "'{label}' is split into {count} lines for the sake of whole prices."
            ));
        }
        pieces.into_iter().map(Some).collect()
    }

    fn write_line(
        &mut self,
        line: SettledLine,
        form: TaxForm,
        class: Option<ListRef>,
        lines: &mut Vec<DocumentLine>,
    ) {
        let amount = basis(form, line.net, line.gross);
        let number = lines.len() + 1;
        self.explain_line(number, &line.part, line.net, line.gross, line.code.as_ref());
        let pieces = self.price_part(&line.part, amount);
        let item = match line.part.target {
            Target::Item(item) => item,
            Target::DiscountAccount(account) => {
                lines.push(DocumentLine::Discount {
                    amount: -amount,
                    account: Some(account),
                });
                return;
            }
        };
        let code = line.code.map(|code| code.reference);
        let inclusive = sends_inclusive(form).then_some(line.gross);
        let amounts: Vec<Decimal> = pieces
            .iter()
            .map(|piece| piece.map_or(amount, |piece| piece.amount))
            .collect();
        let shares = inclusive.map(|gross| Money::new(gross, self.order.totals.currency).allocate(&amounts));
        for (index, (piece, amount)) in pieces.into_iter().zip(amounts).enumerate() {
            lines.push(DocumentLine::Item(Box::new(ItemLine {
                role: line.part.role.clone(),
                item: item.clone(),
                description: line.part.description.clone(),
                quantity: piece.map(|piece| piece.quantity),
                unit_price: piece.map(|piece| piece.unit_price),
                amount,
                tax_code: code.clone(),
                tax_inclusive_amount: shares
                    .as_ref()
                    .and_then(|shares| shares.get(index))
                    .map(|share| share.amount),
                class: class.clone(),
            })));
        }
    }

    fn explain_line(
        &mut self,
        number: usize,
        part: &Part,
        net: Decimal,
        gross: Decimal,
        code: Option<&Code>,
    ) {
        let currency = self.order.totals.currency;
        let (amounts, rate) = match part.role {
            LineRole::Shipping => (
                "TotalsInfo.PostageCostExTax, TotalsInfo.PostageCost",
                "TotalsInfo.CountryTaxRate",
            ),
            LineRole::Discount => ("Items.Discount", "Items.TaxRate"),
            _ => ("Items.Cost, Items.CostIncTax", "Items.TaxRate"),
        };
        let shown = format!(
            "net {}, gross {}",
            show_amount(net, currency),
            show_amount(gross, currency)
        );
        self.explanation
            .note(format!("line {number} amount"), shown, Some(amounts), None);
        if let Some(code) = code {
            let name = code.reference.name.clone();
            self.explanation.note(
                format!("line {number} tax code"),
                name,
                Some(rate),
                Some("tax.codes"),
            );
        }
    }

    fn write_tax(&self, settled: &Settled) -> Hold<DocumentTax> {
        let form = settled.form;
        let total_tax = match form {
            TaxForm::NotApplicable | TaxForm::UnitedStatesTaxLine => Decimal::ZERO,
            _ => settled.tax,
        };
        if !matches!(
            form,
            TaxForm::ExcludedWithOverride | TaxForm::InclusiveWithOverride
        ) {
            return Ok(DocumentTax {
                form,
                total_tax,
                lines: Vec::new(),
            });
        }
        let lines = self.tax_lines(settled);
        if lines.iter().map(|line| line.tax).sum::<Decimal>() == total_tax {
            return Ok(DocumentTax {
                form,
                total_tax,
                lines,
            });
        }
        let cause = "A line has tax, and its tax code has no rate that could carry it";
        Err(hold(
            domain::ReasonCode::UnknownTaxCode,
            cause,
            "Name another code in tax.codes.",
        ))
    }

    /// The order's own tax per rate; a code with several rates shares its tax out by their percents.
    fn tax_lines(&self, settled: &Settled) -> Vec<TaxLine> {
        let currency = self.order.totals.currency;
        let rounding = (!settled.rounding.is_zero())
            .then(|| self.rounding_code().ok())
            .flatten();
        let amounts = settled
            .lines
            .iter()
            .filter_map(|line| Some((line.code.as_ref()?, line.net, line.gross)));
        let rounded = rounding
            .iter()
            .map(|code| (code, settled.rounding, settled.rounding));
        let mut by_code: BTreeMap<&ListRef, (&Code, Decimal, Decimal)> = BTreeMap::new();
        for (code, net, gross) in amounts.chain(rounded) {
            let entry = by_code
                .entry(&code.reference)
                .or_insert((code, Decimal::ZERO, Decimal::ZERO));
            entry.1 += net;
            entry.2 += gross - net;
        }
        let mut by_rate: BTreeMap<&ListId, TaxLine> = BTreeMap::new();
        for (code, net, tax) in by_code.into_values() {
            let percents: Vec<Decimal> = code.rates.iter().map(|(_, percent)| *percent).collect();
            for ((id, percent), share) in code
                .rates
                .iter()
                .zip(Money::new(tax, currency).allocate(&percents))
            {
                let zero = TaxLine {
                    rate_id: id.clone(),
                    percent: *percent,
                    net: Decimal::ZERO,
                    tax: Decimal::ZERO,
                };
                let line = by_rate.entry(id).or_insert(zero);
                line.net += net;
                line.tax += share.amount;
            }
        }
        by_rate.into_values().collect()
    }
}

fn sends_inclusive(form: TaxForm) -> bool {
    matches!(form, TaxForm::Inclusive | TaxForm::InclusiveWithOverride)
}

/// The amount in the basis of the form.
fn basis(form: TaxForm, net: Decimal, gross: Decimal) -> Decimal {
    match form {
        TaxForm::InclusiveGross | TaxForm::NotApplicable => gross,
        TaxForm::Excluded
        | TaxForm::ExcludedWithOverride
        | TaxForm::Inclusive
        | TaxForm::InclusiveWithOverride
        | TaxForm::UnitedStatesTotalTax
        | TaxForm::UnitedStatesTaxLine => net,
    }
}

fn amount_line(
    role: LineRole,
    item: ItemRef,
    description: &str,
    amount: Decimal,
    tax_code: Option<ListRef>,
    tax_inclusive_amount: Option<Decimal>,
    class: Option<ListRef>,
) -> DocumentLine {
    DocumentLine::Item(Box::new(ItemLine {
        role,
        item,
        description: Some(description.to_owned()),
        quantity: Some(Decimal::ONE),
        unit_price: Some(amount),
        amount,
        tax_code,
        tax_inclusive_amount,
        class,
    }))
}

/// One priced piece of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Quantity.
    pub quantity: Decimal,
    /// Unit price.
    pub unit_price: Decimal,
    /// Amount.
    pub amount: Decimal,
}

/// The pieces of a line: one, where a unit price of at most `decimals` decimals multiplies out, else two or three whose
/// amounts have at most `places` decimals, as the currency does.
pub fn price(amount: Decimal, quantity: Decimal, decimals: u32, places: u32) -> Vec<Piece> {
    if let Some(piece) = try_piece(amount, quantity, decimals) {
        return vec![piece];
    }
    let exact = amount.checked_div(quantity).unwrap_or_default();
    let low = exact.round_dp_with_strategy(places, RoundingStrategy::ToZero);
    let whole = quantity.trunc();
    let fraction = quantity - whole;
    let mut pieces = Vec::with_capacity(3);
    let mut rest = amount;
    if !fraction.is_zero() {
        let part = (low * fraction).round_dp_with_strategy(places, RoundingStrategy::ToZero);
        let piece = try_piece(part, fraction, decimals);
        let nothing = Piece {
            quantity: fraction,
            unit_price: Decimal::ZERO,
            amount: Decimal::ZERO,
        };
        let piece = piece.unwrap_or(nothing);
        rest -= piece.amount;
        pieces.push(piece);
    }
    let step = Decimal::new(if amount.is_sign_negative() { -1 } else { 1 }, places);
    // The fraction may have taken less than its share.
    let low = rest
        .checked_div(whole)
        .unwrap_or_default()
        .round_dp_with_strategy(places, RoundingStrategy::ToZero);
    let above = ((rest - low * whole) / step).trunc();
    let below = whole - above;
    if below > Decimal::ZERO {
        pieces.push(Piece {
            quantity: below,
            unit_price: low,
            amount: low * below,
        });
    }
    if above > Decimal::ZERO {
        pieces.push(Piece {
            quantity: above,
            unit_price: low + step,
            amount: (low + step) * above,
        });
    }
    pieces
}

/// One piece, when a unit price of at most `decimals` decimals multiplies out.
fn try_piece(amount: Decimal, quantity: Decimal, decimals: u32) -> Option<Piece> {
    let exact = amount.checked_div(quantity)?;
    let unit_price = exact
        .round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
        .normalize();
    (multiply(unit_price, quantity) == amount).then_some(Piece {
        quantity,
        unit_price,
        amount,
    })
}

fn multiply(unit_price: Decimal, quantity: Decimal) -> Decimal {
    (unit_price * quantity).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
