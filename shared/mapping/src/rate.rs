//! The tax rate of an amount: the stated one, as long as net and gross bear it out, near a rate that is known.

use domain::Currency;
use domain::lists::ListKind;
use rust_decimal::Decimal;

use crate::tax_code::code_percent;
use crate::work::Work;

/// The rates that are known: of the settings, of the company's tax codes, of the order's rows and country.
pub struct Rates {
    known: Vec<Decimal>,
    tolerance: Decimal,
    currency: Currency,
}

impl Rates {
    /// The rates known to an order's mapping.
    pub fn of(work: &Work<'_>) -> Self {
        let settings = &work.context.settings.tax;
        let lists = work.context.lists;
        let mut known: Vec<Decimal> = vec![Decimal::ZERO];
        known.extend(settings.codes.keys().map(|rate| rate.0));
        let codes = lists.all(ListKind::TaxCode).filter(|entry| entry.active);
        known.extend(codes.filter_map(|entry| code_percent(lists, entry)));
        known.sort();
        known.dedup();
        Self {
            known,
            tolerance: settings.rate_tolerance_percent,
            currency: work.order.totals.currency,
        }
    }

    /// The rate of an amount, in percent.
    pub fn of_amounts(&self, stated: Decimal, net: Decimal, gross: Decimal) -> Decimal {
        let untaxed = net == gross && !net.is_zero() && !self.is_tiny(gross);
        let rate = if untaxed {
            Decimal::ZERO
        } else if self.fits(stated, net, gross) {
            stated
        } else {
            self.derive(net, gross)
        };
        self.snap(rate)
    }

    /// The known rate that the amounts bear out best, else the rate they have.
    fn derive(&self, net: Decimal, gross: Decimal) -> Decimal {
        let fitting = self
            .known
            .iter()
            .copied()
            .filter(|rate| self.fits(*rate, net, gross));
        let miss = |rate: &Decimal| (grossed(net, *rate) - gross).abs();
        if let Some(rate) = fitting.min_by(|left, right| miss(left).cmp(&miss(right)).then(right.cmp(left))) {
            return rate;
        }
        let factor = gross
            .checked_div(net)
            .unwrap_or(Decimal::ONE)
            .clamp(-Decimal::TEN, Decimal::TEN);
        ((factor - Decimal::ONE) * Decimal::ONE_HUNDRED).round_dp(2)
    }

    /// An odd rate, such as 20.15 from a channel's rounded tax, counts as the known rate nearby (linnworks.md 4.3); but
    /// a little tax never counts as none.
    fn snap(&self, rate: Decimal) -> Decimal {
        let near =
            self.known.iter().copied().filter(|known| {
                *known == rate || (!known.is_zero() && (known - rate).abs() <= self.tolerance)
            });
        near.min_by_key(|known| (known - rate).abs()).unwrap_or(rate)
    }

    /// Net and gross may each have been rounded to the currency's decimals.
    fn fits(&self, rate: Decimal, net: Decimal, gross: Decimal) -> bool {
        let sensible = !rate.is_sign_negative() && rate <= Decimal::ONE_HUNDRED;
        sensible && (grossed(net, rate) - gross).abs() <= self.currency.unit() * Decimal::TWO
    }

    /// So small that its tax can round to nothing.
    fn is_tiny(&self, amount: Decimal) -> bool {
        amount.abs() <= self.currency.unit() * Decimal::TEN
    }
}

fn grossed(net: Decimal, rate: Decimal) -> Decimal {
    net * (Decimal::ONE + rate / Decimal::ONE_HUNDRED)
}
