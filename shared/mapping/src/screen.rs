//! Decides whether an order is to be posted at all (behaviours.md 1 and 2.5; linnworks.md 5).

use domain::order::{OrderKind, OrderLine, PaymentStatus};
use domain::{Order, Reason, ReasonCode};
use rust_decimal::Decimal;

use crate::hold::{Hold, hold};
use crate::settings::{OrderStatusWanted, Settings, ZeroValueOrders};

/// The largest amount, in units of a currency, that is taken for real. It keeps every sum and product far from the
/// 28 digits of a decimal.
const AMOUNT_MAX: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0); // 10^10
/// The largest quantity that is taken for real.
const QUANTITY_MAX: Decimal = Decimal::from_parts(100_000_000, 0, 0, false, 0); // 10^8
/// The most rows of one order.
const LINES_MAX: usize = 5_000;

/// Why the order is left out, if it is.
pub fn find_skip(order: &Order, settings: &Settings) -> Option<Reason> {
    if order.is_cancelled() {
        return Some(skip(
            ReasonCode::Cancelled,
            "The order was cancelled in Linnworks",
        ));
    }
    if order.kind == OrderKind::Resend || order.status == PaymentStatus::Resend {
        return Some(skip(
            ReasonCode::Resend,
            "The order is a resend, which is no revenue",
        ));
    }
    if order.kind == OrderKind::Exchange {
        return Some(skip(
            ReasonCode::Exchange,
            "The order is an exchange, which is no revenue of its own",
        ));
    }
    let wanted = match settings.orders.status {
        OrderStatusWanted::Processed => order.processed,
        OrderStatusWanted::Open => !order.processed,
        OrderStatusWanted::Both => true,
    };
    if !wanted {
        let state = if order.processed { "processed" } else { "open" };
        return Some(Reason::new(
            ReasonCode::StatusNotWanted,
            format!("The order is {state}"),
            "The setting orders.status says which orders are posted.",
        ));
    }
    None
}

fn skip(code: ReasonCode, cause: &str) -> Reason {
    Reason::new(code, cause, "Nothing is to be done.")
}

/// Why an order without value is left out, if it is.
pub fn find_zero_value(order: &Order, settings: &Settings) -> Option<Reason> {
    let worthless = order.totals.total_charge.is_zero()
        && order.totals.postage_cost.is_zero()
        && order
            .lines
            .iter()
            .all(|line| line.cost.is_zero() && line.cost_inc_tax.is_zero());
    let skipped = worthless && settings.orders.zero_value_orders == ZeroValueOrders::Skip;
    skipped.then(|| {
        let remedy = "The setting orders.zero_value_orders says what happens to such orders.";
        Reason::new(
            ReasonCode::ZeroValue,
            "Neither the total nor any line has value",
            remedy,
        )
    })
}

/// Holds an order with numbers beyond all reason, and one with a total below zero.
pub fn check_numbers(order: &Order) -> Hold<()> {
    let totals = &order.totals;
    let amounts = [
        totals.subtotal,
        totals.postage_cost,
        totals.postage_cost_ex_tax,
        totals.tax,
        totals.total_charge,
        totals.total_discount,
        totals.country_tax_rate.unwrap_or_default(),
        totals.conversion_rate.unwrap_or_default(),
    ];
    let rows = order
        .lines
        .iter()
        .chain(order.lines.iter().flat_map(|line| &line.children));
    let reasonable = amounts.iter().all(is_amount) && rows.clone().all(is_line);
    if !reasonable || rows.count() > LINES_MAX {
        let cause = "The order has an amount, a quantity or a number of rows beyond what QuickBooks can hold";
        return Err(hold(
            ReasonCode::Malformed,
            cause,
            "Correct the order in Linnworks.",
        ));
    }
    if let Some(line) = order
        .lines
        .iter()
        .find(|line| line.quantity.is_sign_negative() && !line.quantity.is_zero())
    {
        let cause = format!("The row '{}' has the quantity {}", name_line(line), line.quantity);
        return Err(hold(
            ReasonCode::Malformed,
            cause,
            "Correct the order in Linnworks.",
        ));
    }
    if totals.total_charge.is_sign_negative() && !totals.total_charge.is_zero() {
        let cause = format!("The order's total is {}", order.total_charge());
        return Err(hold(
            ReasonCode::NegativeTotal,
            cause,
            "Correct the order in Linnworks, or post it by hand.",
        ));
    }
    Ok(())
}

fn is_amount(amount: &Decimal) -> bool {
    amount.abs() <= AMOUNT_MAX
}

fn is_line(line: &OrderLine) -> bool {
    let amounts = [
        line.cost,
        line.cost_inc_tax,
        line.discount_value,
        line.discount_percent,
        line.tax_rate,
        line.price_per_unit,
    ];
    amounts.iter().all(is_amount) && line.quantity.abs() <= QUANTITY_MAX
}

/// The row as people know it.
pub fn name_line(line: &OrderLine) -> String {
    let sku = line.sku.as_ref().map(|sku| sku.as_str());
    let candidates = [
        sku,
        line.channel_sku.as_deref(),
        line.item_number.as_deref(),
        line.title.as_deref(),
    ];
    let name = candidates
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    name.map_or_else(
        || line.row_id.to_string(),
        |name| name.trim().chars().take(100).collect(),
    )
}
