//! Settings that differ by channel: one table for each channel, account or currency.

use domain::{Currency, Order};
use serde::{Deserialize, Serialize};

use super::value;

/// `[[channel]]`: what is different for the orders of a source, a sub source, a currency, or any of these together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelSettings {
    /// Source, such as AMAZON; absent means any. Upper and lower case are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// SubSource; absent means any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_source: Option<String>,
    /// Currency; absent means any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Name of the store, for the customer.
    #[serde(
        deserialize_with = "value::text::<_, 490>",
        skip_serializing_if = "Option::is_none"
    )]
    pub store_name: Option<String>,
    /// Text before the document number; may be empty, which takes the general prefix away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_prefix: Option<String>,
    /// Deposit account.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub deposit_account: Option<String>,
    /// Class.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub class: Option<String>,
    /// Location.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub location: Option<String>,
    /// US: the channel collects and pays the sales tax itself (marketplace facilitator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_collected_by_channel: Option<bool>,
}

impl ChannelSettings {
    /// How many of its conditions the order meets; `None` when it misses one.
    fn fits(&self, order: &Order) -> Option<usize> {
        let source = self
            .source
            .as_deref()
            .map(|source| same(source, &order.channel.source));
        let sub_source = self
            .sub_source
            .as_deref()
            .map(|name| same(name, &order.channel.sub_source));
        let currency = self.currency.map(|currency| currency == order.totals.currency);
        // A sub source says more than a source, and a source more than a currency.
        let conditions = [(sub_source, 4), (source, 2), (currency, 1)];
        conditions.iter().try_fold(0, |weight, (met, more)| match met {
            None => Some(weight),
            Some(true) => Some(weight + more),
            Some(false) => None,
        })
    }
}

fn same(left: &str, right: &str) -> bool {
    domain::lists::fold_name(left) == domain::lists::fold_name(right)
}

/// The value of the most specific table that fits the order and has one; the first of equals.
pub fn find<'a, T>(
    channels: &'a [ChannelSettings],
    order: &Order,
    value: impl Fn(&'a ChannelSettings) -> Option<T>,
) -> Option<T> {
    let mut best: Option<(usize, T)> = None;
    for channel in channels {
        let Some(weight) = channel.fits(order) else {
            continue;
        };
        let Some(found) = value(channel) else { continue };
        if best.as_ref().is_none_or(|(heaviest, _)| weight > *heaviest) {
            best = Some((weight, found));
        }
    }
    best.map(|(_, found)| found)
}
