//! Calls with their exact bytes and what is known of their fate.
//!
//! In: calls, conditional on their version. Out: those not closed. The body is an item of its own, written once and before the
//! call's first state; a change of state writes the small state item alone. Its time to live starts when the call is closed.

use std::sync::atomic::{AtomicU64, Ordering};

use ports::{CallState, StoreError, StoredCall};

use crate::keys::{self, INDEX_PARTITION, ORDER, RECORD, VERSION, WRITE};
use crate::large;
use crate::record::{decode, encode, pack, unpack};
use crate::table::{Table, Write, bytes, number, read_bytes, read_number, text};
use crate::write::{CallWrite, new_mark};

/// The last order number given in this process.
static LAST: AtomicU64 = AtomicU64::new(0);

fn place_of(id: domain::RequestId) -> String {
    format!("call {id}")
}

/// Puts the body of a new call, and returns the update of its state.
///
/// # Errors
/// Those of the table.
pub(crate) async fn prepare(table: &Table, call: &StoredCall) -> Result<CallWrite, StoreError> {
    let place = place_of(call.id());
    let mut kept = StoredCall {
        version: call.version.saturating_add(1),
        ..call.clone()
    };
    let body = std::mem::take(&mut kept.call.body);
    let mark = new_mark();
    let is_new = call.version == 0;
    let condition = if is_new {
        "attribute_not_exists(#p)"
    } else {
        "#v = :v"
    };
    let mut write = Write::new(keys::call(call.id()), condition)
        .set(VERSION, number(kept.version))
        .set(RECORD, bytes(encode(&place, &kept)?))
        .set(WRITE, bytes(&*mark));
    write = match call.state {
        CallState::Closed => write.without(INDEX_PARTITION),
        _ => write.set(INDEX_PARTITION, text(keys::OPEN_CALL)),
    };
    if is_new {
        table
            .put_all(
                &place,
                large::items(&keys::call_body(call.id()), &pack(&place, body.as_bytes())?),
            )
            .await?;
        write = write.set(ORDER, number(next_order()));
    } else {
        write = write.value("v", number(call.version));
    }
    Ok(CallWrite { place, write, mark })
}

/// Nanoseconds since 1970 on the machine's clock, raised so that no two calls of this process share one.
fn next_order() -> u64 {
    let now = u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(0);
    let last = LAST.fetch_max(now, Ordering::AcqRel);
    if last < now {
        now
    } else {
        LAST.fetch_add(1, Ordering::AcqRel) + 1
    }
}

/// Starts the time to live of a closed call's body. The state is written; a failure here only leaves the bytes longer.
pub(crate) async fn expire_closed(table: &Table, call: &StoredCall, expires: i64) {
    if call.state == CallState::Closed {
        let partition = keys::call(call.id()).partition;
        let _left_for_later = large::expire(table, &place_of(call.id()), &partition, Some(expires)).await;
    }
}

/// Calls that are not closed, in the order in which they were first stored.
pub(crate) async fn open(table: &Table) -> Result<Vec<StoredCall>, StoreError> {
    let wanted = table.query_index("open calls", keys::OPEN_CALL).await?;
    let mut calls = Vec::new();
    for item in table.get_many("open calls", &wanted).await? {
        let place = "open call";
        let mut call: StoredCall = decode(place, read_bytes(place, &item, RECORD)?)?;
        call.version = read_number(place, &item, VERSION)?;
        // The index lags behind; the item is the truth.
        if call.state == CallState::Closed {
            continue;
        }
        let place = place_of(call.id());
        let body = large::read(table, &place, &keys::call_body(call.id())).await?;
        let body = unpack(&place, &large::expected(&place, body)?)?;
        call.call.body =
            String::from_utf8(body).map_err(|_| crate::error::unreadable(&place, "its body is no text"))?;
        calls.push((read_number(&place, &item, ORDER)?, call));
    }
    calls.sort_by_key(|(order, _)| *order);
    Ok(calls.into_iter().map(|(_, call)| call).collect())
}
