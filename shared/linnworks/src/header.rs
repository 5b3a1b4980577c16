//! Headers of orders, pure (linnworks.md 4.1).
//!
//! In: a row of the processed search, or an order's details. Out: the header, with the fingerprint that shows a change. Does
//! not read lines; see [`crate::convert`].

use domain::order::OrderKind;
use domain::{Currency, Money, OrderId, OrderNumber};
use jiff::Timestamp;
use ports::OrderHeader;
use sha2::{Digest, Sha256};

use crate::convert::{Malformed, guid, parse_instant};
use crate::wire::{Field, HeaderWire, Number, OrderWire};

/// The header of a row of the processed search (linnworks.md 4.1).
///
/// Only the key must be readable. Whatever else is wrong with the row shows when its order is read, and then it is that
/// order's fault alone; an unreadable number is 0 until then.
///
/// # Errors
/// When pkOrderID is missing or no guid.
pub fn convert_header(wire: &HeaderWire) -> Result<OrderHeader, Malformed> {
    let id = OrderId(guid(&wire.id, "pkOrderID")?);
    let is = |field: &Field<bool>| field.as_ref().copied().unwrap_or(false);
    let kind = if is(&wire.is_exchange) {
        OrderKind::Exchange
    } else if is(&wire.is_resend) || wire.status.as_ref() == Some(&4) {
        OrderKind::Resend
    } else {
        OrderKind::Sale
    };
    let currency = wire.currency.as_ref().and_then(|code| Currency::parse(code).ok());
    let total = wire
        .total_charge
        .as_ref()
        .zip(currency)
        .map(|(Number(amount), currency)| Money::new(*amount, currency));
    Ok(OrderHeader {
        id,
        number: OrderNumber(wire.number.as_ref().copied().unwrap_or(0)),
        kind,
        processed: true,
        processed_at: row_processed_at(wire),
        cancelled: is(&wire.hold_or_cancel),
        total,
        fingerprint: fingerprint(wire, kind),
    })
}

/// When the row was processed, as far as it is readable.
pub fn row_processed_at(wire: &HeaderWire) -> Option<Timestamp> {
    wire.processed_on
        .as_ref()
        .and_then(|text| parse_instant(text).ok().flatten())
}

/// SHA-256 over what an accounting document or a decision about it rests on. Equal amounts in another spelling (27.99 and
/// 27.990) hash alike; fields are told apart by their lengths.
fn fingerprint(wire: &HeaderWire, kind: OrderKind) -> String {
    let show_text = |field: &Field<String>| {
        field
            .as_ref()
            .map(|text| text.trim().to_owned())
            .unwrap_or_default()
    };
    let show_number = |field: &Field<Number>| match field {
        Field::Absent => String::new(),
        Field::Value(Number(value)) => value.normalize().to_string(),
        Field::Wrong => "wrong".to_owned(),
    };
    let show_instant = |field: &Field<String>| {
        field
            .as_ref()
            .and_then(|text| parse_instant(text).ok().flatten())
            .map(|at| at.to_string())
            .unwrap_or_default()
    };
    let parts = [
        show_number(&wire.total_charge),
        show_number(&wire.tax),
        show_number(&wire.subtotal),
        show_number(&wire.postage_cost),
        show_number(&wire.total_discount),
        show_text(&wire.currency).to_ascii_uppercase(),
        wire.hold_or_cancel.as_ref().copied().unwrap_or(false).to_string(),
        format!("{kind:?}"),
        wire.status.as_ref().map(i64::to_string).unwrap_or_default(),
        show_instant(&wire.processed_on),
        show_instant(&wire.cancelled_on),
        show_text(&wire.reference),
        show_text(&wire.secondary_reference),
        show_text(&wire.external_reference),
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The header of an order that was not found by the processed search. Kind is known only as far as its status tells.
///
/// # Errors
/// When OrderId is missing or no guid.
pub fn header_of_order(wire: &OrderWire) -> Result<OrderHeader, Malformed> {
    let general = wire.general_info.as_ref().cloned().unwrap_or_default();
    let totals = wire.totals_info.as_ref().cloned().unwrap_or_default();
    let processed = wire.processed.as_ref().copied().unwrap_or(false);
    let row = HeaderWire {
        id: wire.order_id.clone(),
        number: wire.num_order_id.clone(),
        processed_on: wire.processed_date_time.clone(),
        cancelled_on: Field::Absent,
        postage_cost: totals.postage_cost,
        total_charge: totals.total_charge,
        subtotal: totals.subtotal,
        tax: totals.tax,
        total_discount: totals.total_discount,
        status: general.status,
        currency: totals.currency,
        reference: general.reference_num,
        secondary_reference: general.secondary_reference,
        external_reference: general.external_reference_num,
        hold_or_cancel: general.hold_or_cancel,
        is_resend: Field::Absent,
        is_exchange: Field::Absent,
    };
    let header =
        convert_header(&row).map_err(|Malformed(cause)| Malformed(cause.replace("pkOrderID", "OrderId")))?;
    Ok(OrderHeader {
        processed,
        cancelled: header.cancelled && processed,
        ..header
    })
}
