//! Baskets: the lines of one order, with the money of linnworks.md 4.4.
//!
//! In: the order's random stream, its channel and the items. Out: `Line`s whose tax-inclusive totals add up to whole
//! pennies. Does not make the JSON (see `order`).

use rust_decimal::Decimal;

use super::catalogue::{Channel, WorldItem, WorldItemKind};
use super::random::Random;

/// One row of an order, in the currency of its channel; the price contains tax.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The Linnworks SKU; `None` on an unlinked row, "" on some service rows.
    pub(crate) sku: Option<String>,
    /// The channel's SKU, "" where there is none.
    pub(crate) channel_sku: String,
    /// `ItemNumber`, always set.
    pub(crate) item_number: String,
    pub(crate) title: String,
    pub(crate) quantity: i64,
    /// Price of one before discount, including tax.
    pub(crate) price: Decimal,
    /// Discount in percent.
    pub(crate) discount: Decimal,
    /// Tax in percent.
    pub(crate) rate: Decimal,
    pub(crate) is_service: bool,
    pub(crate) is_unlinked: bool,
    pub(crate) children: Vec<Line>,
}

impl Line {
    /// The line total including tax, not rounded: `p*q*(1-d)`.
    pub(crate) fn cost_including_tax(&self) -> Decimal {
        self.price * Decimal::from(self.quantity) - self.discount_value()
    }

    /// The line total excluding tax, rounded to so many decimals: `CostIncTax/(1+r)`.
    pub(crate) fn cost(&self, decimals: u32) -> Decimal {
        exclude_tax(self.cost_including_tax(), self.rate, decimals)
    }

    /// The discount on the whole line including tax: `p*q*d`.
    pub(crate) fn discount_value(&self) -> Decimal {
        self.price * Decimal::from(self.quantity) * self.discount / Decimal::ONE_HUNDRED
    }
}

/// The amount without the tax it contains, rounded to so many decimals.
pub(crate) fn exclude_tax(amount: Decimal, rate: Decimal, decimals: u32) -> Decimal {
    (amount * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate)).round_dp(decimals)
}

fn channel_price(item: &WorldItem, channel: &Channel) -> Decimal {
    (item.unit_price / channel.conversion_rate).round_dp(2)
}

fn line(item: &WorldItem, channel: &Channel, quantity: i64) -> Line {
    let zero_rated = item.zero_rated && channel.currency == "GBP";
    Line {
        sku: Some(item.sku.clone()),
        channel_sku: item.sku.clone(),
        item_number: item.sku.clone(),
        title: item.title.clone(),
        quantity,
        price: channel_price(item, channel),
        discount: Decimal::ZERO,
        rate: if zero_rated {
            Decimal::ZERO
        } else {
            channel.tax_rate
        },
        is_service: item.kind == WorldItemKind::Service,
        is_unlinked: false,
        children: Vec::new(),
    }
}

/// Draws lines for one order.
pub(crate) struct Basket<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) channel: &'a Channel,
    pub(crate) items: &'a [WorldItem],
}

impl Basket<'_> {
    /// Lines for an ordinary order; their tax-inclusive totals add up to whole pennies above zero.
    pub(crate) fn fill(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        match self.random.below(100) {
            0..38 => lines.extend(self.goods(1, |item| !item.zero_rated)),
            38..60 => lines.extend(self.several()),
            60..66 => lines.extend(self.goods(1, |item| item.zero_rated)),
            66..74 => lines.extend(self.mixed_rates()),
            74..80 => lines.extend(self.composite()),
            80..85 => lines.extend(self.with_free_gift()),
            85..89 => lines.extend(self.same_sku_twice()),
            89..94 => lines.extend(self.with_service()),
            _ => lines.extend(self.unlinked()),
        }
        if self.random.happens(180) {
            self.discount(&mut lines);
        }
        lines
    }

    /// A line whose SKU is not among the world's items.
    pub(crate) fn unknown_item(&mut self) -> Vec<Line> {
        let sku = format!("NEW-{}", self.random.digits(5));
        let mut lines = self.goods(1, |item| !item.zero_rated);
        for line in &mut lines {
            line.sku = Some(sku.clone());
            line.channel_sku = sku.clone();
            line.item_number = sku.clone();
            line.title = "Not in the books yet".to_owned();
        }
        if self.random.happens(500) {
            lines.extend(self.goods(1, |_| true));
        }
        lines
    }

    /// Lines that were sent again for nothing.
    pub(crate) fn free_of_charge(&mut self) -> Vec<Line> {
        let mut lines = self.several();
        for line in &mut lines {
            line.price = Decimal::ZERO;
        }
        lines
    }

    fn goods(&mut self, count: usize, wanted: impl Fn(&WorldItem) -> bool) -> Vec<Line> {
        let fitting: Vec<&WorldItem> = self
            .items
            .iter()
            .filter(|item| item.kind == WorldItemKind::Stock && item.sku != "GIFT-SET" && wanted(item))
            .collect();
        let start = self.random.below(u64::try_from(fitting.len()).unwrap_or(1));
        let start = usize::try_from(start).unwrap_or(0);
        let mut lines = Vec::new();
        for item in fitting.iter().cycle().skip(start).step_by(3).take(count) {
            let quantity = match self.random.below(10) {
                0..7 => 1,
                7..9 => 2,
                _ => i64::try_from(self.random.below(9)).unwrap_or(0) + 3,
            };
            lines.push(line(item, self.channel, quantity));
        }
        lines
    }

    fn several(&mut self) -> Vec<Line> {
        let count = usize::try_from(self.random.below(3)).unwrap_or(0) + 2;
        self.goods(count, |item| !item.zero_rated)
    }

    fn mixed_rates(&mut self) -> Vec<Line> {
        let mut lines = self.goods(1, |item| !item.zero_rated);
        lines.extend(self.goods(1, |item| item.zero_rated));
        lines
    }

    fn named(&self, sku: &str, quantity: i64) -> Option<Line> {
        self.items
            .iter()
            .find(|item| item.sku == sku)
            .map(|item| line(item, self.channel, quantity))
    }

    /// The money is on the parent; the components are free and their quantities multiplied out.
    fn composite(&mut self) -> Vec<Line> {
        let sets = i64::try_from(self.random.below(2)).unwrap_or(0) + 1;
        let children = [self.named("MUG-BLUE", sets), self.named("COASTER", 2 * sets)];
        let children = children.into_iter().flatten();
        let children = children
            .map(|child| Line {
                price: Decimal::ZERO,
                rate: Decimal::ZERO,
                ..child
            })
            .collect();
        self.named("GIFT-SET", sets)
            .into_iter()
            .map(|parent| Line {
                children: Vec::clone(&children),
                ..parent
            })
            .collect()
    }

    fn with_free_gift(&mut self) -> Vec<Line> {
        let mut lines = self.goods(1, |item| !item.zero_rated);
        lines.extend(self.named("TICKET-GIFT", 1).map(|gift| Line {
            price: Decimal::ZERO,
            ..gift
        }));
        lines
    }

    /// Two rows of one SKU, each half a penny short of whole pennies: together they are whole.
    fn same_sku_twice(&mut self) -> Vec<Line> {
        let tenths = i64::try_from(self.random.below(60)).unwrap_or(0) * 2 + 41;
        let mut lines = self.goods(1, |item| !item.zero_rated);
        for line in &mut lines {
            line.quantity = 1;
            line.price = Decimal::new(tenths, 1);
            line.discount = Decimal::from(5);
        }
        lines.extend(lines.clone());
        lines
    }

    fn with_service(&mut self) -> Vec<Line> {
        let mut lines = self.goods(1, |item| !item.zero_rated);
        let sku = self.random.pick_text(&["GIFT-WRAP", "HANDLING"]);
        let bare = self.random.happens(500);
        lines.extend(self.named(sku, 1).map(|service| match bare {
            true => Line {
                sku: Some(String::new()),
                channel_sku: String::new(),
                ..service
            },
            false => service,
        }));
        lines
    }

    fn unlinked(&mut self) -> Vec<Line> {
        let mut lines = self.goods(1, |_| true);
        for line in &mut lines {
            line.sku = None;
            line.is_unlinked = true;
            line.item_number = format!("LISTING-{}", self.random.digits(8));
        }
        lines
    }

    /// A percentage on the first line that leaves whole pennies; none if there is no such percentage.
    fn discount(&mut self, lines: &mut [Line]) {
        let Some(first) = lines.first_mut().filter(|line| line.discount.is_zero()) else {
            return;
        };
        let mut percents = [50, 100, 125, 150, 200, 250, 500].map(|tenths| Decimal::new(tenths, 1));
        let turn = usize::try_from(self.random.below(7)).unwrap_or(0);
        percents.rotate_left(turn);
        let whole = percents.into_iter().find(|percent| {
            let discounted = Line {
                discount: *percent,
                ..first.clone()
            };
            discounted.cost_including_tax().normalize().scale() <= 2
        });
        first.discount = whole.unwrap_or(Decimal::ZERO);
    }
}
