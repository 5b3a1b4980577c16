//! The document's currency and the exchange rate (quickbooks-online.md 3.20).

use domain::{ExchangeRate, ReasonCode};
use rust_decimal::Decimal;

use crate::hold::{Hold, hold};
use crate::settings::{ConversionRate, RateFrom};
use crate::work::Work;

impl Work<'_> {
    /// The exchange rate of the order's currency; holds a foreign order while the company has one currency only.
    pub(crate) fn map_exchange_rate(&mut self) -> Hold<ExchangeRate> {
        let currency = self.order.totals.currency;
        let preferences = &self.context.company.preferences;
        self.explanation
            .note("currency", currency.code(), Some("TotalsInfo.Currency"), None);
        if currency.exponent() > 2 {
            let cause = format!(
                "{currency} has {} decimals, QuickBooks keeps two",
                currency.exponent()
            );
            return Err(hold(
                ReasonCode::SettingUnusable,
                cause,
                "Post the order by hand.",
            ));
        }
        if currency == preferences.home_currency {
            return Ok(ExchangeRate::Home);
        }
        if !preferences.multicurrency {
            return Err(hold(
                ReasonCode::MulticurrencyOff,
                format!(
                    "The order is in {currency}, and the company knows {} only",
                    preferences.home_currency
                ),
                "Turn on multicurrency in QuickBooks (it cannot be turned off again), or post the order by hand.",
            ));
        }
        match self.context.settings.currency.rate_from {
            RateFrom::QuickBooks => {
                let value = "QuickBooks' rate of the date";
                self.explanation
                    .note("exchange rate", value, None, Some("currency.rate_from"));
                Ok(ExchangeRate::OfTheDay)
            }
            RateFrom::Order => self.take_order_rate(),
        }
    }

    fn take_order_rate(&mut self) -> Hold<ExchangeRate> {
        let given = self
            .order
            .totals
            .conversion_rate
            .filter(|rate| *rate > Decimal::ZERO);
        let rate = given.and_then(|rate| match self.context.settings.currency.conversion_rate {
            ConversionRate::HomePerForeign => Some(rate),
            ConversionRate::ForeignPerHome => Decimal::ONE.checked_div(rate),
        });
        let rate = rate
            .map(|rate| rate.round_dp(7))
            .filter(|rate| *rate > Decimal::ZERO);
        let Some(rate) = rate else {
            return Err(hold(
                ReasonCode::NoExchangeRate,
                "The order has no usable ConversionRate",
                "Set currency.rate_from = \"quickbooks\", or give the currency a rate in Linnworks.",
            ));
        };
        let path = Some("TotalsInfo.ConversionRate");
        self.explanation.note(
            "exchange rate",
            rate.to_string(),
            path,
            Some("currency.rate_from"),
        );
        Ok(ExchangeRate::Given(rate))
    }
}
