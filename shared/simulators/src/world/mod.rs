//! Seeded worlds: the orders of a seller on several channels, and how each ought to end in the books.
//!
//! In: a seed and `WorldOptions`. Out: a `World`, the same for the same input on every machine. Orders obey linnworks.md
//! 4.4 to the last decimal, except those made to disagree. Does not serve anything (see `linnworks`), and knows nothing of
//! the connector or the mapping.

mod catalogue;
mod lines;
mod order;
mod people;
pub(crate) mod random;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub use catalogue::{Channel, WorldItem, WorldItemKind};
use lines::{Basket, Line};
use order::OrderFacts;
pub(crate) use order::{ZERO_GUID, number};
use random::Random;

/// What a world is made of; `Default` gives 100 orders of one week with the usual share of anomalies.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// How many orders.
    pub orders_count: u32,
    /// `NumOrderId` of the first; a second batch continues with `first_number + orders_count`.
    pub first_number: i32,
    /// No order is processed after this instant.
    pub until: Timestamp,
    /// Processed times are spread over so long a time before `until`.
    pub span: SignedDuration,
    /// Leaves out the channels in EUR and USD.
    pub gbp_only: bool,
    /// Cancelled orders, of a thousand.
    pub cancelled_per_mille: u32,
    /// Resends (half of them at zero value), of a thousand.
    pub resends_per_mille: u32,
    /// Exchanges, of a thousand.
    pub exchanges_per_mille: u32,
    /// Orders with a SKU that is not among the items, of a thousand.
    pub unknown_sku_per_mille: u32,
    /// Orders whose header total differs from their lines, of a thousand.
    pub totals_disagree_per_mille: u32,
    /// Orders with a needed value missing or nonsensical, of a thousand.
    pub malformed_per_mille: u32,
    /// Orders of companies on account (DIRECT, status unpaid), of a thousand.
    pub unpaid_per_mille: u32,
    /// Decimals kept in amounts without tax (4 in the vendor's samples; Linnworks does not round them). At most 10.
    pub decimals: u32,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            orders_count: 100,
            first_number: 100_001,
            until: Timestamp::from_second(1_778_457_600).unwrap_or(Timestamp::UNIX_EPOCH), // 2026-05-11T00:00:00Z
            span: SignedDuration::from_hours(7 * 24),
            gbp_only: false,
            cancelled_per_mille: 30,
            resends_per_mille: 5,
            exchanges_per_mille: 5,
            unknown_sku_per_mille: 10,
            totals_disagree_per_mille: 5,
            malformed_per_mille: 0,
            unpaid_per_mille: 0,
            decimals: 4,
        }
    }
}

impl WorldOptions {
    /// Switches every anomaly off: each order is to be posted.
    #[must_use]
    pub fn without_anomalies(self) -> Self {
        Self {
            cancelled_per_mille: 0,
            resends_per_mille: 0,
            exchanges_per_mille: 0,
            unknown_sku_per_mille: 0,
            totals_disagree_per_mille: 0,
            malformed_per_mille: 0,
            ..self
        }
    }
}

/// How an order ought to end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Expectation {
    /// One document with this total, to the penny.
    Posted {
        /// What the buyer paid, whole pennies.
        total: Decimal,
        /// ISO code.
        currency: String,
    },
    /// No document, by rule.
    Skipped {
        /// `cancelled`, `resend`, `zero_value_resend` or `exchange`.
        why: &'static str,
    },
    /// No document until a person acts.
    Held {
        /// `unknown_sku`, `totals_disagree` or `malformed`.
        why: &'static str,
    },
}

/// An order and how it ought to end.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldOrder {
    /// OrderDetails JSON as `Orders/GetOrdersById` returns it.
    pub order: Value,
    /// How it ought to end.
    pub expectation: Expectation,
    /// `NumOrderId`.
    pub number: i32,
}

/// A seller's orders, items and channels.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The seed it was made from.
    pub seed: u64,
    /// In the order of their numbers and processed times.
    pub orders: Vec<WorldOrder>,
    /// Every item the books should know.
    pub items: Vec<WorldItem>,
    /// Every channel an order may come from.
    pub channels: Vec<Channel>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Fate {
    Ordinary,
    Cancelled,
    Resend,
    ZeroValueResend,
    Exchange,
    UnknownSku,
    TotalsDisagree,
    Malformed,
}

impl Fate {
    fn draw(random: &mut Random, options: &WorldOptions) -> Self {
        let resend = if random.happens(500) {
            Self::Resend
        } else {
            Self::ZeroValueResend
        };
        let mut place = random.below(1000);
        for (share, fate) in [
            (options.cancelled_per_mille, Self::Cancelled),
            (options.resends_per_mille, resend),
            (options.exchanges_per_mille, Self::Exchange),
            (options.unknown_sku_per_mille, Self::UnknownSku),
            (options.totals_disagree_per_mille, Self::TotalsDisagree),
            (options.malformed_per_mille, Self::Malformed),
        ] {
            match place.checked_sub(u64::from(share)) {
                Some(rest) => place = rest,
                None => return fate,
            }
        }
        Self::Ordinary
    }

    fn expectation(self, total: Decimal, currency: &str) -> Expectation {
        match self {
            Self::Ordinary => Expectation::Posted {
                total,
                currency: currency.to_owned(),
            },
            Self::Cancelled => Expectation::Skipped { why: "cancelled" },
            Self::Resend => Expectation::Skipped { why: "resend" },
            Self::ZeroValueResend => Expectation::Skipped {
                why: "zero_value_resend",
            },
            Self::Exchange => Expectation::Skipped { why: "exchange" },
            Self::UnknownSku => Expectation::Held { why: "unknown_sku" },
            Self::TotalsDisagree => Expectation::Held {
                why: "totals_disagree",
            },
            Self::Malformed => Expectation::Held { why: "malformed" },
        }
    }
}

impl World {
    /// The world of a seed. An order depends on the seed, its number and the options alone, so batches can be added.
    pub fn generate(seed: u64, options: WorldOptions) -> Self {
        let mut channels = catalogue::channels(options.gbp_only);
        let items = catalogue::items();
        let marketplaces = channels.clone();
        channels.push(catalogue::direct_channel());
        let mut orders: Vec<WorldOrder> = Vec::new();
        let maker = OrderMaker {
            seed,
            options: &options,
            marketplaces: &marketplaces,
            items: &items,
        };
        for position in 0..options.orders_count {
            let made = maker.order(position, orders.last());
            orders.push(made);
        }
        Self {
            seed,
            orders,
            items,
            channels,
        }
    }

    /// The orders' JSON, for a simulator.
    pub fn order_values(&self) -> Vec<Value> {
        self.orders.iter().map(|made| made.order.clone()).collect()
    }
}

struct OrderMaker<'a> {
    seed: u64,
    options: &'a WorldOptions,
    marketplaces: &'a [Channel],
    items: &'a [WorldItem],
}

impl OrderMaker<'_> {
    fn order(&self, position: u32, before: Option<&WorldOrder>) -> WorldOrder {
        let number = self.options.first_number.saturating_add_unsigned(position);
        let mut stream = Random::new(self.seed, u64::from(number.unsigned_abs()));
        let random = &mut stream;
        let on_account = random.happens(self.options.unpaid_per_mille);
        let direct = catalogue::direct_channel();
        let picked = random.pick(self.marketplaces).unwrap_or(&direct);
        let channel = if on_account { &direct } else { picked };
        let fate = Fate::draw(random, self.options);
        let (lines, postage) = self.contents(random, channel, fate);
        let processed = self.processed_time(position, random, before);
        let received = earlier(processed, random, 3 * 86_400);
        let status = match fate {
            Fate::Resend | Fate::ZeroValueResend | Fate::Exchange => 4,
            _ if on_account => 0,
            _ => 1,
        };
        let facts = OrderFacts {
            id: random.guid(),
            number,
            reference: reference(random, channel, before),
            channel,
            buyer: people::buyer(random, channel, on_account),
            lines,
            postage,
            status,
            cancelled: fate == Fate::Cancelled,
            folder: (fate == Fate::Exchange).then_some("Exchange"),
            received,
            paid: (!on_account).then(|| {
                received
                    .saturating_add(SignedDuration::from_secs(1))
                    .unwrap_or(received)
            }),
            processed,
            decimals: self.options.decimals.min(10),
        };
        let total = facts.totals().total_charge.normalize();
        let mut order = facts.to_json(random);
        spoil(&mut order, fate, total, random);
        WorldOrder {
            order,
            expectation: fate.expectation(total, channel.currency),
            number,
        }
    }

    /// The lines and the postage.
    fn contents(&self, random: &mut Random, channel: &Channel, fate: Fate) -> (Vec<Line>, Decimal) {
        let mut basket = Basket {
            random: &mut *random,
            channel,
            items: self.items,
        };
        let lines = match fate {
            Fate::ZeroValueResend | Fate::Exchange => return (basket.free_of_charge(), Decimal::ZERO),
            Fate::UnknownSku => basket.unknown_item(),
            _ => basket.fill(),
        };
        let postage = match random.below(3) {
            0 => Decimal::ZERO,
            1 => random
                .pick(&[299, 399, 495, 1250])
                .map_or(Decimal::ZERO, |pennies| Decimal::new(*pennies, 2)),
            _ => random.pennies(150, 999),
        };
        (lines, postage)
    }

    /// Evenly spread with jitter; one in twelve shares the instant of the order before, as a bulk despatch does.
    fn processed_time(&self, position: u32, random: &mut Random, before: Option<&WorldOrder>) -> Timestamp {
        let shared = before
            .filter(|_| random.happens(80))
            .and_then(|made| made.order.get("ProcessedDateTime"));
        if let Some(instant) = shared.and_then(Value::as_str).and_then(|text| text.parse().ok()) {
            return instant;
        }
        let count = i64::from(self.options.orders_count.max(1));
        let slot_milliseconds = i64::try_from(self.options.span.as_millis()).unwrap_or(i64::MAX) / count;
        let slots_left = count - i64::from(position);
        let jitter = i64::try_from(random.below(slot_milliseconds.unsigned_abs().max(1))).unwrap_or(0);
        let back = SignedDuration::from_millis(slots_left.saturating_mul(slot_milliseconds) - jitter);
        let instant = self
            .options
            .until
            .saturating_sub(back)
            .unwrap_or(self.options.until);
        // 0 to 7 fraction digits occur (linnworks.md 3.2); cutting digits off never moves past `until`.
        let unit = random
            .pick(&[1_000_000_000_i64, 10_000_000, 1_000_000])
            .copied()
            .unwrap_or(1_000_000);
        let cut = instant.as_nanosecond() - instant.as_nanosecond().rem_euclid(i128::from(unit));
        let ticks = if unit == 1_000_000 && jitter > 0 {
            i128::from(random.below(9_999) * 100)
        } else {
            0
        };
        let moved = Timestamp::from_nanosecond(cut + ticks - if ticks > 0 { 1_000_000 } else { 0 });
        moved.unwrap_or(instant)
    }
}

fn earlier(instant: Timestamp, random: &mut Random, most_seconds: u64) -> Timestamp {
    let seconds = i64::try_from(random.below(most_seconds) + 60).unwrap_or(60);
    let back = instant
        .saturating_sub(SignedDuration::from_secs(seconds))
        .unwrap_or(instant);
    Timestamp::from_second(back.as_second()).unwrap_or(back)
}

/// The channel's order number; one in fifty repeats the number of an order on another channel.
fn reference(random: &mut Random, channel: &Channel, before: Option<&WorldOrder>) -> String {
    let general = before.and_then(|made| made.order.get("GeneralInfo"));
    let other = |key: &str| general.and_then(|info| info.get(key)).and_then(Value::as_str);
    let own = match channel.source {
        "AMAZON" => format!("026-{}-{}", random.digits(7), random.digits(7)),
        "EBAY" => format!("{}-{}-{}", random.digits(2), random.digits(5), random.digits(5)),
        "SHOPIFY" if random.happens(100) => {
            format!("SHOPIFY-{}-{}-gift", random.digits(13), random.digits(4))
        }
        _ => format!("#{}", random.digits(5)),
    };
    match (random.happens(20), other("Source"), other("ReferenceNum")) {
        (true, Some(source), Some(reference)) if source != channel.source => reference.to_owned(),
        _ => own,
    }
}

fn spoil(order: &mut Value, fate: Fate, total: Decimal, random: &mut Random) {
    let Some(totals) = order.get_mut("TotalsInfo").and_then(Value::as_object_mut) else {
        return;
    };
    match fate {
        Fate::TotalsDisagree => {
            let wrong = total + random.pennies(6, 500);
            totals.insert("TotalCharge".to_owned(), number(wrong));
        }
        Fate::Malformed if random.happens(500) => {
            totals.insert("TotalCharge".to_owned(), Value::Null);
        }
        Fate::Malformed => {
            totals.insert("Currency".to_owned(), json!(""));
        }
        _ => {}
    }
}
