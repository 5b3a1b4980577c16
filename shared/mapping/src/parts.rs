//! The parts of a document before rounding: rows, postage and discounts, each with its item, rate, net and gross.
//!
//! Amounts come from Cost and CostIncTax, never from PricePerUnit (linnworks.md 4.4).

use domain::order::OrderLine;
use domain::{ItemRef, LineRole, ListRef, ReasonCode};
use jiff::civil::Date;
use rules::fields;
use rust_decimal::Decimal;

use crate::hold::{Hold, find_listed, hold};
use crate::rate::Rates;
use crate::screen::name_line;
use crate::settings::{DiscountMode, Shipping, ZeroValueLines};
use crate::work::Work;

/// What a part is booked to.
pub enum Target {
    /// An item.
    Item(ItemRef),
    /// QuickBooks' own discount line, with its account.
    DiscountAccount(ListRef),
}

/// One part, with exact amounts.
pub struct Part {
    /// What the line will be for.
    pub role: LineRole,
    /// What people call it, for messages.
    pub label: String,
    /// What it is booked to.
    pub target: Target,
    /// Description.
    pub description: Option<String>,
    /// Quantity; absent for an amount alone.
    pub quantity: Option<Decimal>,
    /// Tax rate in percent, as near as the order's amounts and the known rates tell.
    pub rate: Decimal,
    /// Without tax; may have many decimals.
    pub net: Decimal,
    /// With tax; may have many decimals.
    pub gross: Decimal,
    /// US: the line is taxable.
    pub taxable: bool,
    /// The row of the order it is for, from 0.
    pub row: Option<usize>,
}

/// What a row's discount takes off.
struct Off {
    rate: Decimal,
    net: Decimal,
    gross: Decimal,
}

impl Work<'_> {
    /// The parts, in the order of the lines.
    pub(crate) fn map_parts(&mut self, date: Date) -> Hold<Vec<Part>> {
        let order = self.order;
        let rates = Rates::of(self);
        let mut parts = Vec::with_capacity(order.lines.len() + 2);
        let mut offs = Vec::new();
        for (row, line) in order.lines.iter().enumerate() {
            if let Some((part, off)) = self.map_row(row, line, &rates)? {
                let number = parts.len() + 1;
                let item = self.map_item(row, line, date)?;
                self.explanation.note(
                    format!("line {number} item"),
                    item.item.name(),
                    item.source,
                    Some(&item.setting),
                );
                parts.push(Part {
                    target: Target::Item(item.item),
                    ..part
                });
                offs.extend(off);
            }
        }
        if let Some(part) = self.map_shipping(date, &rates)? {
            parts.push(part);
        }
        self.add_discounts(offs, &mut parts, date)?;
        if parts.is_empty() {
            let cause = "The order has no row and no postage that can be posted";
            return Err(hold(
                ReasonCode::NoLines,
                cause,
                "Correct the order in Linnworks.",
            ));
        }
        Ok(parts)
    }

    /// A row without its item, with what its discount takes off; `None` for a row that is left out.
    fn map_row(&mut self, row: usize, line: &OrderLine, rates: &Rates) -> Hold<Option<(Part, Option<Off>)>> {
        let worthless = line.cost.is_zero() && line.cost_inc_tax.is_zero();
        check_composite(line, worthless)?;
        let name = name_line(line);
        if worthless && self.drops_worthless(row, line) {
            self.explanation
                .warn(format!("The row '{name}' has no value and is left out."));
            return Ok(None);
        }
        if line.quantity.is_zero() {
            let cause = format!(
                "The row '{name}' has the quantity 0 and the amount {}",
                line.cost_inc_tax.normalize()
            );
            return Err(hold(
                ReasonCode::ZeroQuantity,
                cause,
                "Correct the row in Linnworks.",
            ));
        }
        let rate = rates.of_amounts(line.tax_rate, line.cost, line.cost_inc_tax);
        let off = self.find_off(line, rate);
        let (net_off, gross_off) = off
            .as_ref()
            .map_or_else(Default::default, |off| (off.net, off.gross));
        let currency = self.order.totals.currency;
        let gross = if off.is_some() {
            currency.round(line.cost_inc_tax + gross_off)
        } else {
            line.cost_inc_tax
        };
        // What the discount line takes off is whole, so that row and discount come to the row's rounded amount.
        let off = off.map(|off| Off {
            gross: gross - currency.round(line.cost_inc_tax),
            ..off
        });
        let description = self.map_description(row, line);
        let part = Part {
            role: LineRole::Row(line.row_id),
            label: name,
            target: Target::Item(ItemRef::BuiltInShipping),
            description,
            quantity: Some(line.quantity),
            rate,
            net: line.cost + net_off,
            gross,
            taxable: line.cost != line.cost_inc_tax,
            row: Some(row),
        };
        Ok(Some((part, off)))
    }

    fn map_description(&mut self, row: usize, line: &OrderLine) -> Option<String> {
        if let Some(ruled) = self.ruled_on(Some(row), fields::DESCRIPTION) {
            return ruled.text.and_then(|text| self.text(&text, 4000));
        }
        let title = line
            .title
            .as_deref()
            .filter(|title| !title.trim().is_empty())
            .or(line.channel_title.as_deref());
        title.and_then(|title| self.text(title, 4000))
    }

    fn drops_worthless(&self, row: usize, line: &OrderLine) -> bool {
        self.context.settings.product.zero_value_lines == ZeroValueLines::Drop
            || line.quantity.is_zero()
            || !self.has_item(row, line)
    }

    /// What the discount takes off a row, in the mode with a line of its own.
    fn find_off(&mut self, line: &OrderLine, rate: Decimal) -> Option<Off> {
        let percent = line.discount_percent;
        let none = percent.is_zero() && line.discount_value.is_zero();
        if none || self.context.settings.discount.mode == DiscountMode::AlreadyInside {
            return None;
        }
        let hundred = Decimal::ONE_HUNDRED;
        // Closer to 100 % the amounts after discount no longer tell the price before it.
        if percent > Decimal::ZERO && percent <= Decimal::from(99) {
            let left = (hundred - percent) / hundred;
            let before = |after: Decimal| after.checked_div(left);
            let (net, gross) = (before(line.cost)?, before(line.cost_inc_tax)?);
            return Some(Off {
                rate,
                net: net - line.cost,
                gross: gross - line.cost_inc_tax,
            });
        }
        if percent.is_sign_negative() || percent > hundred || line.discount_value <= Decimal::ZERO {
            self.explanation.warn(format!(
                "The discount of the row '{}' makes no sense and is not shown.",
                name_line(line)
            ));
            return None;
        }
        // DiscountValue is in the basis of the price (linnworks.md 4.4).
        let factor = Decimal::ONE + rate / hundred;
        let value = line.discount_value;
        let (net, gross) = if line.tax_cost_inclusive {
            (value.checked_div(factor)?, value)
        } else {
            (value, value * factor)
        };
        Some(Off { rate, net, gross })
    }

    fn map_shipping(&mut self, date: Date, rates: &Rates) -> Hold<Option<Part>> {
        let totals = &self.order.totals;
        let (net, gross) = (totals.postage_cost_ex_tax, totals.postage_cost);
        if net.is_zero() && gross.is_zero() {
            return Ok(None);
        }
        let settings = &self.context.settings.shipping;
        let ruled = self
            .ruled(fields::SHIPPING_ITEM)
            .and_then(|ruled| Some((ruled.text?, ruled.by)));
        let (name, setting) = ruled.unwrap_or_else(|| (settings.item.clone(), "shipping.item".to_owned()));
        let item = if name == Shipping::BUILT_IN {
            if !self.context.company.preferences.allow_shipping {
                return Err(hold(
                    ReasonCode::SettingUnusable,
                    "The order has postage, and QuickBooks' own shipping line is off",
                    "Turn shipping on in QuickBooks (Account and settings, Sales), or set shipping.item to the name of an item.",
                ));
            }
            ItemRef::BuiltInShipping
        } else {
            self.named_item(&name, &setting, date)?
        };
        self.explanation.note(
            "shipping item",
            item.name(),
            Some("TotalsInfo.PostageCost"),
            Some(&setting),
        );
        let description = self
            .order
            .shipping
            .service
            .as_deref()
            .and_then(|service| self.text(service, 4000));
        let stated = totals.country_tax_rate.unwrap_or_default();
        Ok(Some(Part {
            role: LineRole::Shipping,
            label: "postage".to_owned(),
            quantity: (item != ItemRef::BuiltInShipping).then_some(Decimal::ONE),
            target: Target::Item(item),
            description,
            rate: rates.of_amounts(stated, net, gross),
            net,
            gross,
            taxable: settings.taxable,
            row: None,
        }))
    }

    /// One discount line for each rate, so that each has its own tax code.
    fn add_discounts(&mut self, offs: Vec<Off>, parts: &mut Vec<Part>, date: Date) -> Hold<()> {
        let mut by_rate: Vec<Off> = Vec::new();
        for off in offs {
            match by_rate.iter_mut().find(|other| other.rate == off.rate) {
                Some(other) => {
                    other.net += off.net;
                    other.gross += off.gross;
                }
                None => by_rate.push(off),
            }
        }
        let settings = &self.context.settings.discount;
        let ruled = self
            .ruled(fields::DISCOUNT_ITEM)
            .and_then(|ruled| Some((ruled.text?, ruled.by)));
        let item = ruled.or_else(|| Some((settings.item.clone()?, "discount.item".to_owned())));
        for off in by_rate.into_iter().filter(|off| !off.gross.is_zero()) {
            let target = match (&item, settings.account.as_deref()) {
                (Some((name, setting)), _) => Target::Item(self.named_item(name, setting, date)?),
                (None, Some(name)) => self.discount_account(name)?,
                (None, None) => {
                    let cause = "A discount line has neither item nor account";
                    return Err(hold(ReasonCode::SettingUnusable, cause, "Set discount.item."));
                }
            };
            let setting = item
                .as_ref()
                .map_or("discount.account", |(_, setting)| setting.as_str());
            let path = Some("Items.Discount");
            self.explanation
                .note("discount line", (-off.gross).to_string(), path, Some(setting));
            parts.push(Part {
                role: LineRole::Discount,
                label: "discount".to_owned(),
                target,
                description: Some("Discount".to_owned()),
                quantity: Some(Decimal::ONE),
                rate: off.rate,
                taxable: off.net != off.gross,
                row: None,
                net: -off.net,
                gross: -off.gross,
            });
        }
        Ok(())
    }

    fn discount_account(&self, name: &str) -> Hold<Target> {
        if !self.context.company.preferences.allow_discount {
            return Err(hold(
                ReasonCode::SettingUnusable,
                "The order has a discount, and QuickBooks' own discount line is off",
                "Turn discounts on in QuickBooks (Account and settings, Sales), or set discount.item.",
            ));
        }
        let code = ReasonCode::UnknownAccount;
        let entry = find_listed(
            self.context.lists,
            domain::lists::ListKind::Account,
            name,
            code,
            "discount.account",
        )?;
        Ok(Target::DiscountAccount(entry.to_ref()))
    }
}

/// The money of a composite item stands on the parent (linnworks.md 4.3).
fn check_composite(line: &OrderLine, worthless: bool) -> Hold<()> {
    let children: Decimal = line.children.iter().map(|child| child.cost_inc_tax).sum();
    if worthless && !children.is_zero() {
        return Err(hold(
            ReasonCode::TotalsDisagree,
            format!(
                "The composite row '{}' has the amount 0, and its components have {}",
                name_line(line),
                children.normalize()
            ),
            "Put the amount on the composite item in Linnworks, or post the order by hand.",
        ));
    }
    Ok(())
}
