//! Moves pennies: nets that sum to what they should, and nets on which QuickBooks computes the tax the order has.
//!
//! In: settled lines. Out: the same lines with other nets. Never changes a gross.

use std::collections::BTreeMap;

use domain::{Currency, ListId};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::settle::SettledLine;
use crate::tax_code::Code;

/// Changes nets by one unit each, those first whose rounding lost most, until they sum to `target`. No net is moved past
/// zero or past its gross. False when it cannot be done.
pub fn spread(lines: &mut [&mut SettledLine], target: Decimal, unit: Decimal) -> bool {
    let mut missing = target - lines.iter().map(|line| line.net).sum::<Decimal>();
    let step = if missing.is_sign_negative() { -unit } else { unit };
    let steps_max = lines.len().saturating_mul(3);
    for _ in 0..steps_max {
        if missing.is_zero() {
            return true;
        }
        let best = lines
            .iter_mut()
            .filter(|line| may_move(line, step))
            .max_by(|left, right| lost(left, step).cmp(&lost(right, step)));
        let Some(line) = best else { return false };
        line.net += step;
        missing -= step;
    }
    missing.is_zero()
}

fn lost(line: &SettledLine, step: Decimal) -> Decimal {
    let difference = line.exact - line.net;
    if step.is_sign_negative() {
        -difference
    } else {
        difference
    }
}

/// True for a line without tax, whose net is its gross.
pub fn is_untaxed(line: &SettledLine) -> bool {
    line.part.gross == line.exact
}

/// The tax keeps its side: it never changes sign, and never exceeds the gross.
fn may_move(line: &SettledLine, step: Decimal) -> bool {
    let (low, high) = if line.gross.is_sign_negative() {
        (line.gross, Decimal::ZERO)
    } else {
        (Decimal::ZERO, line.gross)
    };
    !is_untaxed(line) && (low..=high).contains(&(line.net + step))
}

/// The tax QuickBooks computes itself: per rate, on the summed net, rounded half-up (quickbooks-online.md 3.19).
pub fn tax_on_sums(lines: &[SettledLine], currency: Currency) -> Decimal {
    let mut sums: BTreeMap<&ListId, (Decimal, Decimal)> = BTreeMap::new();
    for line in lines {
        for (rate, percent) in line.code.iter().flat_map(|code| &code.rates) {
            let entry = sums.entry(rate).or_insert((*percent, Decimal::ZERO));
            entry.1 += line.net;
        }
    }
    sums.values()
        .map(|(percent, net)| round_tax(*net, *percent, currency))
        .sum()
}

fn round_tax(net: Decimal, percent: Decimal, currency: Currency) -> Decimal {
    let tax = net * percent / Decimal::ONE_HUNDRED;
    tax.round_dp_with_strategy(currency.exponent(), RoundingStrategy::MidpointAwayFromZero)
}

/// Moves the nets of each tax code by pennies so that the tax QuickBooks computes makes them the gross, where that is
/// possible: 14.90 at 10 % has no such net, and the rounding line takes the penny.
pub fn fit_excluded(lines: &mut [SettledLine], currency: Currency) {
    let mut codes: Vec<Code> = lines.iter().filter_map(|line| line.code.clone()).collect();
    codes.sort_by(|left, right| left.reference.cmp(&right.reference));
    codes.dedup();
    for code in codes {
        let mut group: Vec<&mut SettledLine> = lines
            .iter_mut()
            .filter(|line| line.code.as_ref() == Some(&code))
            .collect();
        let gross: Decimal = group.iter().map(|line| line.gross).sum();
        let start: Decimal = group.iter().map(|line| line.net).sum();
        let reach = i64::try_from(group.len()).unwrap_or(1);
        let offsets = std::iter::once(0).chain((1..=reach).flat_map(|offset| [-offset, offset]));
        let fits = |net: &Decimal| {
            let tax: Decimal = code
                .rates
                .iter()
                .map(|(_, percent)| round_tax(*net, *percent, currency))
                .sum();
            net + tax == gross
        };
        let found = offsets
            .map(|offset| start + currency.unit() * Decimal::from(offset))
            .find(fits);
        if let Some(net) = found {
            let before: Vec<Decimal> = group.iter().map(|line| line.net).collect();
            if !spread(&mut group, net, currency.unit()) {
                for (line, net) in group.into_iter().zip(before) {
                    line.net = net;
                }
            }
        }
    }
}
