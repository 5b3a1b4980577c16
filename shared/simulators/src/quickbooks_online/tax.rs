//! Tax of a sales form, exact to the penny.
//!
//! In: net and gross amounts by tax code, the discount, the caller's `TxnTaxDetail`. Out: the stored `TxnTaxDetail`, the tax
//! and the net after discount. Outside the US tax is computed per rate on the summed net (quickbooks-online.md 3.19); a
//! form with gross figures keeps them: the tax is what is between. A discount lowers the taxed amounts in proportion.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::books::Books;
use super::fault::Fault;
use super::json::{Json, round_half_up};
use super::kind::EntityKind;
use super::lines::{SaleLines, TaxMode};
use super::switches::{Switches, UsTotalTax};

/// Tax of a form.
#[derive(Debug)]
pub(super) struct TaxOutcome {
    pub detail: Json,
    pub total_tax: Decimal,
    /// Sum of the lines less the discount.
    pub net: Decimal,
}

/// What the tax is called in fault 6000 (quickbooks-online.md 2.13).
pub(super) fn local_name(country: &str) -> &'static str {
    match country {
        "CA" => "GST/HST",
        "AU" | "NZ" | "IN" | "SG" => "GST",
        _ => "VAT",
    }
}

/// The sales rates of a code: (rate id, percent).
fn rates_of_code(books: &Books, code: &str) -> Vec<(String, Decimal)> {
    let Some(record) = books.get(EntityKind::TaxCode, code) else {
        return Vec::new();
    };
    let details = record
        .body
        .path("SalesTaxRateList.TaxRateDetail")
        .map_or(&[][..], Json::items);
    details
        .iter()
        .filter_map(|detail| books.get(EntityKind::TaxRate, detail.text_at("TaxRateRef.value")?))
        .map(|rate| {
            (
                rate.id.clone(),
                rate.body.decimal_at("RateValue").unwrap_or_default(),
            )
        })
        .collect()
}

/// The percentages of a code added up.
pub(super) fn percent_of_code(books: &Books, code: &str) -> Decimal {
    rates_of_code(books, code)
        .iter()
        .map(|(_, percent)| *percent)
        .sum()
}

/// One rate's part of a form.
#[derive(Clone, Debug, Default)]
struct RatePart {
    percent: Decimal,
    net: Decimal,
    tax: Decimal,
}

/// Splits `total` in proportion to `weights`, each part rounded, the last with a weight taking what is left.
fn split(total: Decimal, weights: &[Decimal], decimals: u32) -> Vec<Decimal> {
    let sum: Decimal = weights.iter().sum();
    let last = weights.iter().rposition(|weight| !weight.is_zero());
    let mut left = total;
    weights
        .iter()
        .enumerate()
        .map(|(index, weight)| {
            let part = match (sum.is_zero(), Some(index) == last) {
                (true, _) => Decimal::ZERO,
                (false, true) => left,
                (false, false) => round_half_up(total * weight / sum, decimals),
            };
            left -= part;
            part
        })
        .collect()
}

/// What tax is computed from.
pub(super) struct TaxContext<'a> {
    pub books: &'a Books,
    pub switches: &'a Switches,
    pub mode: TaxMode,
    pub decimals: u32,
    /// US: whether the discount comes before tax.
    pub tax_after_discount: bool,
}

impl TaxContext<'_> {
    /// The tax of the lines; `sent` is the caller's `TxnTaxDetail`.
    pub fn compute(&self, sale: &SaleLines, sent: Option<&Json>) -> Result<TaxOutcome, Fault> {
        match self.mode {
            TaxMode::UnitedStates => self.united_states(sale, sent),
            TaxMode::NotApplicable if sent.is_some() => Err(Fault::new(
                "6170",
                "Invalid TxnTaxDetail",
                "TxnTaxDetail is not allowed when GlobalTaxCalculation is NotApplicable",
            )
            .at("TxnTaxDetail")),
            TaxMode::NotApplicable => Ok(TaxOutcome {
                detail: Json::object().with("TotalTax", Json::count(0)),
                total_tax: Decimal::ZERO,
                net: sale.subtotal() - sale.discount,
            }),
            TaxMode::Excluded | TaxMode::Inclusive => self.by_code(sale, sent),
        }
    }

    fn by_code(&self, sale: &SaleLines, sent: Option<&Json>) -> Result<TaxOutcome, Fault> {
        let mut codes: BTreeMap<&str, (Decimal, Decimal)> = BTreeMap::new();
        let mut keeps_gross = self.mode == TaxMode::Inclusive;
        for line in &sale.taxed {
            let sums = codes.entry(line.tax_code.as_deref().unwrap_or("")).or_default();
            sums.0 += line.net;
            sums.1 += line.gross.unwrap_or_default();
            keeps_gross &= line.gross.is_some();
        }
        self.discount_codes(&mut codes, sale.discount, keeps_gross);
        let mut parts: BTreeMap<String, RatePart> = BTreeMap::new();
        for (code, (net, gross)) in &codes {
            let rates = rates_of_code(self.books, code);
            let percents: Vec<Decimal> = rates.iter().map(|(_, percent)| *percent).collect();
            let kept = split(*gross - *net, &percents, self.decimals);
            for ((id, percent), kept) in rates.iter().zip(kept) {
                let part = parts.entry(id.clone()).or_default();
                part.percent = *percent;
                part.net += *net;
                part.tax += if keeps_gross { kept } else { Decimal::ZERO };
            }
        }
        if !keeps_gross {
            for part in parts.values_mut() {
                part.tax = round_half_up(part.net * part.percent / Decimal::ONE_HUNDRED, self.decimals);
            }
        }
        let overrides = self.overrides(&parts, sent)?;
        let net = codes.values().map(|(net, _)| *net).sum();
        Ok(self.outcome(&parts, &overrides, net))
    }

    fn discount_codes(&self, codes: &mut BTreeMap<&str, (Decimal, Decimal)>, discount: Decimal, gross: bool) {
        let weights: Vec<Decimal> = codes
            .values()
            .map(|(net, with_tax)| if gross { *with_tax } else { *net })
            .collect();
        let parts = split(discount, &weights, self.decimals);
        for ((code, sums), part) in codes.iter_mut().zip(parts) {
            if gross {
                let factor = Decimal::ONE + percent_of_code(self.books, code) / Decimal::ONE_HUNDRED;
                sums.1 -= part;
                sums.0 -= round_half_up(part / factor, self.decimals);
            } else {
                sums.0 -= part;
            }
        }
    }

    /// The caller's own amounts by rate id; a rate no line has is refused.
    fn overrides(
        &self,
        parts: &BTreeMap<String, RatePart>,
        sent: Option<&Json>,
    ) -> Result<BTreeMap<String, Decimal>, Fault> {
        let mut overrides = BTreeMap::new();
        let lines = sent.map_or(&[][..], |detail| detail.items_at("TaxLine"));
        for line in lines {
            let rate = line
                .text_at("TaxLineDetail.TaxRateRef.value")
                .ok_or_else(|| Fault::missing("TaxRateRef"))?;
            if !parts.contains_key(rate) {
                return match self.books.get(EntityKind::TaxRate, rate) {
                    None => Err(Fault::bad_reference("TaxRates", rate, "TaxRateRef")),
                    Some(_) => Err(Fault::business(
                        "The tax rate of a tax line is on none of the lines.",
                    )),
                };
            }
            let amount = line
                .decimal_at("Amount")
                .ok_or_else(|| Fault::missing("TaxLine.Amount"))?;
            *overrides.entry(rate.to_owned()).or_default() += round_half_up(amount, self.decimals);
        }
        Ok(if self.switches.tax_line_override {
            overrides
        } else {
            BTreeMap::new()
        })
    }

    fn outcome(
        &self,
        parts: &BTreeMap<String, RatePart>,
        overrides: &BTreeMap<String, Decimal>,
        net: Decimal,
    ) -> TaxOutcome {
        let mut total_tax = Decimal::ZERO;
        let mut lines = Vec::new();
        for (id, part) in parts {
            let tax = overrides.get(id).copied().unwrap_or(part.tax);
            total_tax += tax;
            let mut detail = Json::object()
                .with("TaxRateRef", Json::reference(id, None))
                .with("PercentBased", Json::Bool(true))
                .with("TaxPercent", Json::decimal(part.percent))
                .with("NetAmountTaxable", Json::amount(part.net));
            if tax != part.tax {
                detail.set("OverrideDeltaAmount", Json::amount(tax - part.tax));
            }
            let line = Json::object()
                .with("Amount", Json::amount(tax))
                .with("DetailType", Json::text("TaxLineDetail"))
                .with("TaxLineDetail", detail);
            lines.push(line);
        }
        let mut detail = Json::object().with("TotalTax", Json::amount(total_tax));
        if !lines.is_empty() {
            detail.set("TaxLine", Json::Array(lines));
        }
        TaxOutcome {
            detail,
            total_tax,
            net,
        }
    }

    /// The US form: one figure, kept from the caller or computed, spread over the engine's rates.
    fn united_states(&self, sale: &SaleLines, sent: Option<&Json>) -> Result<TaxOutcome, Fault> {
        let is_taxable = |code: &Option<String>| code.as_deref() == Some("TAX");
        let subtotal = sale.subtotal();
        let mut taxable: Decimal = sale
            .taxed
            .iter()
            .filter(|line| is_taxable(&line.tax_code))
            .map(|line| line.net)
            .sum();
        if self.tax_after_discount {
            let shares = split(sale.discount, &[taxable, subtotal - taxable], self.decimals);
            taxable -= shares.first().copied().unwrap_or_default();
        }
        let has_taxable = sale.taxed.iter().any(|line| is_taxable(&line.tax_code));
        let total = self.united_states_total(has_taxable, sent)?;
        let (code, rates) = self.united_states_rates(sent);
        let mut parts: BTreeMap<String, RatePart> = BTreeMap::new();
        for (id, percent) in rates.iter().filter(|_| has_taxable) {
            let tax = round_half_up(taxable * percent / Decimal::ONE_HUNDRED, self.decimals);
            parts.insert(
                id.clone(),
                RatePart {
                    percent: *percent,
                    net: taxable,
                    tax,
                },
            );
        }
        let net = subtotal - sale.discount;
        let mut overrides = BTreeMap::new();
        if let Some(total) = total {
            let percents: Vec<Decimal> = parts.values().map(|part| part.percent).collect();
            overrides = parts
                .keys()
                .cloned()
                .zip(split(total, &percents, self.decimals))
                .collect();
        }
        let mut outcome = self.outcome(&parts, &overrides, net);
        if parts.is_empty()
            && let Some(total) = total
        {
            // No rate to spread it over: the figure stands alone.
            outcome.total_tax = total;
            outcome.detail.set("TotalTax", Json::amount(total));
        }
        if let Some(code) = code.filter(|_| has_taxable) {
            outcome.detail.set("TxnTaxCodeRef", Json::reference(&code, None));
        }
        Ok(outcome)
    }

    /// The caller's total where it counts.
    fn united_states_total(&self, has_taxable: bool, sent: Option<&Json>) -> Result<Option<Decimal>, Fault> {
        let Some(total) = sent.and_then(|detail| detail.decimal_at("TotalTax")) else {
            return Ok(None);
        };
        let preferences = &self.books.company.preferences;
        let forced = sent.and_then(|detail| detail.bool_at("UseAutomatedSalesTax")) == Some(true);
        if preferences.partner_tax_enabled && forced && !preferences.allow_partner_tax_override {
            return Ok(None);
        }
        match self.switches.us_total_tax {
            UsTotalTax::Recomputed => Ok(None),
            UsTotalTax::RefusedWithoutTaxLine if !has_taxable => Err(Fault::business(
                "The sales tax was miscalculated. No line is taxable.",
            )),
            _ if !has_taxable => Ok(None),
            _ => Ok(Some(round_half_up(total, self.decimals))),
        }
    }

    /// The code and rates that apply: the engine's, or the caller's code where automated sales tax is off.
    fn united_states_rates(&self, sent: Option<&Json>) -> (Option<String>, Vec<(String, Decimal)>) {
        let company = &self.books.company;
        let code = if company.preferences.partner_tax_enabled {
            let name = company.engine_tax_code.as_deref();
            name.and_then(|name| self.books.by_name(EntityKind::TaxCode, name))
                .map(|code| code.id.clone())
        } else {
            sent.and_then(|detail| detail.text_at("TxnTaxCodeRef.value"))
                .map(str::to_owned)
        };
        let rates = code
            .as_deref()
            .map(|code| rates_of_code(self.books, code))
            .unwrap_or_default();
        (code, rates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_adds_up_to_its_total() {
        let weights = [Decimal::new(71, 1), Decimal::ZERO, Decimal::from(2)];
        let parts = split(Decimal::new(174, 2), &weights, 2);
        assert_eq!(parts.iter().sum::<Decimal>(), Decimal::new(174, 2));
        assert_eq!(parts[1], Decimal::ZERO);
    }

    use proptest::prelude::*;

    use crate::quickbooks_online::lines::TaxedLine;
    use crate::quickbooks_online::load::load;
    use crate::quickbooks_online::seed::CompanySeed;

    fn sum_of_lines(outcome: &TaxOutcome) -> Decimal {
        outcome
            .detail
            .items_at("TaxLine")
            .iter()
            .filter_map(|line| line.decimal_at("Amount"))
            .sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_gross_form_totals_its_gross_amounts_and_a_net_form_its_net_plus_tax(
            lines in prop::collection::vec((1_i64..100_000, 0_usize..9), 1..30),
            discount in 0_i64..2,
        ) {
            let books = load(CompanySeed::united_kingdom(), jiff::Timestamp::UNIX_EPOCH);
            let codes: Vec<String> = books.rows(EntityKind::TaxCode).map(|code| code.id.clone()).collect();
            let switches = Switches::default();
            let taxed = |is_gross: bool| lines.iter().map(|(pence, code)| {
                let code = codes[*code].clone();
                let gross = Decimal::new(*pence, 2);
                let factor = Decimal::ONE + percent_of_code(&books, &code) / Decimal::ONE_HUNDRED;
                let net = round_half_up(gross / factor, 2);
                TaxedLine { net, gross: is_gross.then_some(gross), tax_code: Some(code) }
            }).collect();
            let discount = Decimal::new(discount, 2);
            for mode in [TaxMode::Inclusive, TaxMode::Excluded] {
                let is_gross = mode == TaxMode::Inclusive;
                let sale = SaleLines { taxed: taxed(is_gross), discount, ..SaleLines::default() };
                let context =
                    TaxContext { books: &books, switches: &switches, mode, decimals: 2, tax_after_discount: false };
                let outcome = context.compute(&sale, None).unwrap();
                prop_assert_eq!(sum_of_lines(&outcome), outcome.total_tax);
                if is_gross {
                    let gross: Decimal = sale.taxed.iter().filter_map(|line| line.gross).sum();
                    prop_assert_eq!(outcome.net + outcome.total_tax, gross - discount);
                } else {
                    prop_assert_eq!(outcome.net, sale.subtotal() - discount);
                }
            }
        }
    }
}
