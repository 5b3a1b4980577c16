//! Applies what rules changed of the source fields to a copy of the order: SKU, quantity, shipping amount, currency, billing
//! name and company, added lines.
//!
//! In: the order, the facts after the rules, what was written. Out: the changed copy, and the descriptions of added lines
//! that are text alone. A quantity keeps the line's total; the shipping amount keeps its tax rate. Sums are checked by the
//! mapping like those of any order.

use domain::order::{Address, OrderLine};
use domain::{Currency, Order, ReasonCode, RowId, Sku};
use rules::{Facts, FieldId, Value, fields};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::overrides::Overrides;
use crate::hold::{Hold, hold};

/// Decimals that computed amounts keep until the mapping rounds them.
const DECIMALS_MAX: u32 = 8;

/// The order as the rules leave it, and added lines that are text alone.
pub struct Changed {
    /// The copy.
    pub order: Order,
    /// Texts of lines without item and amount.
    pub texts: Vec<String>,
    /// The rows of these, which are no lines of the order, the last one first.
    pub dropped: Vec<usize>,
}

/// The copy of the order with what rules changed.
///
/// # Errors
/// A currency that does not exist, amounts beyond reason.
pub fn change_order(order: &Order, facts: &Facts, overrides: &Overrides) -> Hold<Changed> {
    let mut changed = Changed {
        order: order.clone(),
        texts: Vec::new(),
        dropped: Vec::new(),
    };
    if let Some(ruled) = overrides.header(fields::CURRENCY) {
        let code = ruled.text().unwrap_or_default();
        changed.order.totals.currency = Currency::parse(&code).map_err(|_| {
            let cause = format!(
                "The {} sets the currency '{code}', which does not exist",
                ruled.by
            );
            hold(ReasonCode::SettingUnusable, cause, "Correct the rule.")
        })?;
    }
    change_billing(&mut changed.order, overrides);
    for (row, line) in changed.order.lines.iter_mut().enumerate() {
        if let Some(ruled) = overrides.row(row, fields::SKU) {
            line.sku = ruled.text().map(Sku::new);
        }
        if overrides.row(row, fields::QUANTITY).is_some() {
            line.quantity = number(facts.get_on_line(row, fields::QUANTITY)).unwrap_or(line.quantity);
            line.price_per_unit =
                number(facts.get_on_line(row, fields::PRICE_PER_UNIT)).unwrap_or(line.price_per_unit);
        }
    }
    if overrides.header(fields::SHIPPING_AMOUNT).is_some() {
        let gross = number(facts.get(fields::SHIPPING_AMOUNT)).unwrap_or_default();
        change_postage(&mut changed.order, gross).ok_or_else(too_large)?;
    }
    for row in (0..facts.line_count()).filter(|row| facts.is_added(*row)) {
        add_line(&mut changed, facts, row).ok_or_else(too_large)?;
    }
    Ok(changed)
}

fn too_large() -> Box<domain::Reason> {
    let cause = "Rules lead to an amount beyond what QuickBooks can hold";
    hold(ReasonCode::Malformed, cause, "Correct the rules.")
}

fn change_billing(order: &mut Order, overrides: &Overrides) {
    let company = overrides.header(fields::BILLING_COMPANY);
    let name = overrides.header(fields::BILLING_FULL_NAME);
    if company.is_none() && name.is_none() {
        return;
    }
    let mut address: Address = order.bill_to().clone();
    if let Some(company) = company {
        address.company = company.text();
    }
    if let Some(name) = name {
        address.full_name = name.text();
    }
    order.billing_address = Some(address);
}

/// Sets the postage with tax; its net, the order's tax and total follow. `None` when a sum does not fit.
fn change_postage(order: &mut Order, gross: Decimal) -> Option<()> {
    let totals = &mut order.totals;
    let (net_before, gross_before) = (totals.postage_cost_ex_tax, totals.postage_cost);
    let gross = totals.currency.round(gross);
    let net = if gross_before.is_zero() {
        let rate = totals.country_tax_rate.unwrap_or_default();
        gross.checked_div(Decimal::ONE + rate / Decimal::ONE_HUNDRED)?
    } else {
        gross.checked_mul(net_before)?.checked_div(gross_before)?
    };
    let net = net.round_dp(DECIMALS_MAX);
    let rows_tax: Decimal = order.lines.iter().map(|line| line.cost_inc_tax - line.cost).sum();
    let postage_tax = gross_before - net_before;
    // Some channels leave the tax on postage out of Tax (linnworks.md 4.4); it stays out.
    let left_out =
        !postage_tax.is_zero() && (totals.tax - rows_tax).abs() < (totals.tax - rows_tax - postage_tax).abs();
    if !left_out {
        totals.tax = totals.tax.checked_add(gross - net - postage_tax)?;
    }
    totals.total_charge = totals.total_charge.checked_add(gross - gross_before)?;
    totals.postage_cost = gross;
    totals.postage_cost_ex_tax = net;
    Some(())
}

fn add_line(changed: &mut Changed, facts: &Facts, row: usize) -> Option<()> {
    let order = &mut changed.order;
    let currency = order.totals.currency;
    let amount = |field: FieldId| number(facts.get_on_line(row, field));
    let words = |field: FieldId| {
        let value = facts.get_on_line(row, field);
        (!value.is_blank()).then(|| value.to_text().trim().to_owned())
    };
    let quantity = amount(fields::QUANTITY).unwrap_or(Decimal::ONE);
    let rate = amount(fields::TAX_RATE).unwrap_or_default();
    let factor = Decimal::ONE.checked_add(rate.checked_div(Decimal::ONE_HUNDRED)?)?;
    let (net, gross) = added_amounts(&amount, currency, quantity, factor)?;
    let has_item = words(fields::ITEM).is_some() || words(fields::SKU).is_some();
    if !has_item && gross.is_zero() {
        changed
            .texts
            .extend(words(fields::DESCRIPTION).or_else(|| words(fields::TITLE)));
        changed.dropped.insert(0, row);
        return Some(());
    }
    let totals = &mut order.totals;
    totals.subtotal = totals.subtotal.checked_add(net)?;
    totals.tax = totals.tax.checked_add(gross.checked_sub(net)?)?;
    totals.total_charge = totals.total_charge.checked_add(gross)?;
    let name = format!("rule line {row}");
    order.lines.push(OrderLine {
        row_id: RowId(Uuid::new_v5(&order.id.0, name.as_bytes())),
        sku: words(fields::SKU).map(Sku::new),
        channel_sku: None,
        item_number: None,
        title: words(fields::TITLE).or_else(|| words(fields::DESCRIPTION)),
        channel_title: None,
        barcode: None,
        category: None,
        quantity,
        price_per_unit: amount(fields::PRICE_PER_UNIT).unwrap_or_default(),
        unit_cost: None,
        discount_percent: Decimal::ZERO,
        discount_value: Decimal::ZERO,
        tax_rate: rate,
        cost: net,
        cost_inc_tax: gross,
        sales_tax: None,
        tax_cost_inclusive: true,
        is_service: false,
        is_unlinked: false,
        bin_rack: None,
        options: Vec::new(),
        children: Vec::new(),
    });
    Some(())
}

/// Net and gross of an added line, from whichever amounts the rule gave.
fn added_amounts(
    amount: &dyn Fn(FieldId) -> Option<Decimal>,
    currency: Currency,
    quantity: Decimal,
    factor: Decimal,
) -> Option<(Decimal, Decimal)> {
    Some(
        match (
            amount(fields::LINE_NET),
            amount(fields::LINE_TOTAL),
            amount(fields::PRICE_PER_UNIT),
        ) {
            (Some(net), Some(gross), _) => (net, currency.round(gross)),
            (Some(net), None, _) => (net, currency.round(net.checked_mul(factor)?)),
            (None, Some(gross), _) => untax(currency.round(gross), factor)?,
            (None, None, Some(price)) => untax(currency.round(price.checked_mul(quantity)?), factor)?,
            (None, None, None) => (Decimal::ZERO, Decimal::ZERO),
        },
    )
}

/// The net and the gross of an amount with tax.
fn untax(gross: Decimal, factor: Decimal) -> Option<(Decimal, Decimal)> {
    Some((gross.checked_div(factor)?.round_dp(DECIMALS_MAX), gross))
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}
