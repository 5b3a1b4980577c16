//! Calls with their exact bytes and what is known of their fate.
//!
//! In: calls, conditional on their version. Out: those not closed. The bytes are kept as the text they are; JSON strings hold
//! every text without change. Runs inside the caller's transaction.

use ports::{CallState, StoreError, StoredCall};
use rusqlite::{Connection, named_params};

use crate::error::at;
use crate::record::{decode, encode, integer, version};

/// Writes a call: new with version 0, or changed.
///
/// # Errors
/// [`StoreError::Stale`] naming the call when its version is another.
pub(crate) fn write(connection: &Connection, call: &StoredCall) -> Result<(), StoreError> {
    let request_id = call.id().to_string();
    let place = format!("call {request_id}");
    let based_on = call.version;
    let call = StoredCall {
        version: based_on.saturating_add(1),
        ..call.clone()
    };
    let json = encode(&place, &call)?;
    let sql = if based_on == 0 {
        "INSERT INTO calls (request_id, closed, version, record) VALUES (:request_id, :closed, :based_on + 1, :record)
         ON CONFLICT (request_id) DO NOTHING"
    } else {
        "UPDATE calls SET closed = :closed, version = version + 1, record = :record
         WHERE request_id = :request_id AND version = :based_on"
    };
    let written = connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":request_id": request_id,
                ":closed": call.state == CallState::Closed,
                ":based_on": integer(based_on),
                ":record": json,
            })
        })
        .map_err(at(&place))?;
    if written == 0 {
        Err(StoreError::Stale(place))
    } else {
        Ok(())
    }
}

/// Calls that are not closed, in the order in which they were first stored.
pub(crate) fn open(connection: &Connection) -> Result<Vec<StoredCall>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT request_id, version, record FROM calls WHERE closed = 0 ORDER BY id")
        .map_err(at("open calls"))?;
    let rows = statement
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?))
        })
        .map_err(at("open calls"))?;
    rows.map(|row| {
        let (request_id, kept, json) = row.map_err(at("open calls"))?;
        let mut call: StoredCall = decode(&format!("call {request_id}"), &json)?;
        call.version = version(kept);
        Ok(call)
    })
    .collect()
}
