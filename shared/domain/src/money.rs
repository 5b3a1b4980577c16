//! Decimal money with its currency.
//!
//! In: decimals parsed from text. Out: sums and roundings that never mix currencies. Does not convert between currencies
//! and knows no binary floating point number.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An ISO 4217 currency, such as `GBP`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads a three-letter code; upper and lower case are the same.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] when ISO 4217 has no such code.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(&code.trim().to_ascii_uppercase())
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(12).collect()))
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount has: 2 for GBP, 0 for JPY.
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }

    /// The amount rounded half-up (away from zero at the midpoint) to the currency's decimals.
    pub fn round(self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.exponent(), RoundingStrategy::MidpointAwayFromZero)
    }

    /// The smallest amount: 0.01 for GBP, 1 for JPY.
    pub fn unit(self) -> Decimal {
        Decimal::new(1, self.exponent())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::parse(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// An amount in one currency. The amount may have more decimals than the currency until [`Money::rounded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount in units of the currency (pounds, not pence).
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// An amount of a currency.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing of a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::new(Decimal::ZERO, currency)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::Overflow`] beyond 28 digits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let amount = self
            .amount
            .checked_add(other.amount)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self::new(amount, self.currency))
    }

    /// Rounded half-up to the currency's decimals.
    pub fn rounded(self) -> Self {
        Self::new(self.currency.round(self.amount), self.currency)
    }

    /// True when the amount has no more decimals than the currency.
    pub fn is_whole(self) -> bool {
        self.currency.round(self.amount) == self.amount
    }

    /// Splits the rounded amount over `weights` so that the parts are whole units and sum to it exactly (largest
    /// remainder). All-zero weights put everything on the first part; no weights give no parts.
    pub fn allocate(self, weights: &[Decimal]) -> Vec<Self> {
        let whole = self.rounded();
        let sum: Decimal = weights.iter().map(Decimal::abs).sum();
        if sum.is_zero() {
            let rest = weights.len().saturating_sub(1);
            return weights
                .first()
                .map(|_| {
                    std::iter::once(whole)
                        .chain(std::iter::repeat_n(Self::zero(self.currency), rest))
                        .collect()
                })
                .unwrap_or_default();
        }
        let places = self.currency.exponent();
        let exact: Vec<Decimal> = weights
            .iter()
            .map(|weight| share(whole.amount, weight.abs(), sum))
            .collect();
        let mut parts: Vec<Decimal> = exact
            .iter()
            .map(|amount| amount.round_dp_with_strategy(places, RoundingStrategy::ToZero))
            .collect();
        let step = if whole.amount.is_sign_negative() {
            -self.currency.unit()
        } else {
            self.currency.unit()
        };
        let mut order: Vec<usize> = (0..parts.len()).collect();
        let remainder = |index: &usize| match (exact.get(*index), parts.get(*index)) {
            (Some(exact), Some(part)) => (exact - part).abs(),
            _ => Decimal::ZERO,
        };
        order.sort_by(|left, right| remainder(right).cmp(&remainder(left)).then(left.cmp(right)));
        let mut missing = whole.amount - parts.iter().sum::<Decimal>();
        for index in order.into_iter().cycle() {
            if missing.is_zero() {
                break;
            }
            if let Some(part) = parts.get_mut(index) {
                *part += step;
                missing -= step;
            }
        }
        parts
            .into_iter()
            .map(|amount| Self::new(amount, self.currency))
            .collect()
    }
}

fn share(amount: Decimal, weight: Decimal, sum: Decimal) -> Decimal {
    weight
        .checked_div(sum)
        .and_then(|part| part.checked_mul(amount))
        .unwrap_or(Decimal::ZERO)
}

impl fmt::Display for Money {
    /// At least the currency's decimals: `12.50 GBP`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}",
            show_amount(self.amount, self.currency),
            self.currency
        )
    }
}

/// The amount as text with at least the currency's decimals: `12.50`.
pub fn show_amount(amount: Decimal, currency: Currency) -> String {
    let mut shown = amount.normalize();
    if shown.scale() < currency.exponent() {
        shown.rescale(currency.exponent());
    }
    shown.to_string()
}

/// Why an amount of money could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// ISO 4217 has no such code.
    #[error("no currency has the code '{0}'")]
    UnknownCurrency(String),
    /// Two currencies in one sum.
    #[error("{0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    /// More digits than a decimal holds.
    #[error("the amount is too large")]
    Overflow,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gbp() -> Currency {
        Currency::parse("gbp").unwrap()
    }

    #[test]
    fn a_midpoint_is_rounded_away_from_zero() {
        assert_eq!(gbp().round(Decimal::new(1_861_075, 3)).to_string(), "1861.08");
        assert_eq!(gbp().round(Decimal::new(-125, 3)).to_string(), "-0.13");
        assert_eq!(
            Currency::parse("JPY")
                .unwrap()
                .round(Decimal::new(105, 1))
                .to_string(),
            "11"
        );
    }

    #[test]
    fn amounts_are_shown_with_the_decimals_of_the_currency() {
        assert_eq!(Money::new(Decimal::new(125, 1), gbp()).to_string(), "12.50 GBP");
        assert_eq!(
            Money::new(Decimal::new(23325, 3), gbp()).to_string(),
            "23.325 GBP"
        );
    }

    #[test]
    fn two_currencies_are_never_added() {
        let usd = Currency::parse("USD").unwrap();
        assert_eq!(
            Money::zero(gbp()).checked_add(Money::zero(usd)),
            Err(MoneyError::Mixed(gbp(), usd))
        );
    }

    proptest! {
        #[test]
        fn allocated_parts_sum_to_the_whole(pence in -1_000_000i64..1_000_000, weights in prop::collection::vec(0i64..10_000, 1..12)) {
            let whole = Money::new(Decimal::new(pence, 2), gbp());
            let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
            let parts = whole.allocate(&weights);
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(parts.iter().map(|part| part.amount).sum::<Decimal>(), whole.amount);
            prop_assert!(parts.iter().all(|part| part.is_whole()));
        }
    }
}
