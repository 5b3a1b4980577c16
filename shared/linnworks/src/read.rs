//! Orders by id, in batches (linnworks.md 4.2, 4.3).
//!
//! In: headers. Out: each order read, malformed with its cause, or missing. An order that cannot be read never hides its
//! neighbours: the answer is cut into its orders before any is parsed, and a refused batch is halved until the order that
//! Linnworks refuses is alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::OrderId;
use ports::{ConnectorError, OrderHeader, OrdersRead, SourceOrder};
use serde_json::value::RawValue;

use crate::client::{Client, Parameters, Parsed};
use crate::convert::{Malformed, convert_order, parse_guid};
use crate::error::Fault;
use crate::wire::{Field, OrderWire, OrdersByIdWire, parse_order};

/// The method.
pub const BY_ID: &str = "Orders/GetOrdersById";
/// When this many orders were refused one by one and none was read, the fault is not theirs.
const REFUSED_ALONE_MAX: usize = 3;

/// The raw orders of some ids.
#[derive(Default)]
pub struct RawOrders {
    /// What came, as text.
    pub orders: Vec<Box<RawValue>>,
    /// Orders that Linnworks refuses to give, and its words.
    pub refused: BTreeMap<OrderId, String>,
}

/// Reads ids in batches. A batch that is refused (400, 413, 414, or a 5xx that says too much was asked) is halved.
///
/// # Errors
/// Whatever no halving mends; and a refusal when nothing at all could be read.
pub async fn read_raw(client: &Client, ids: &[OrderId]) -> Result<RawOrders, ConnectorError> {
    let mut result = RawOrders::default();
    let mut batches: VecDeque<Vec<OrderId>> = ids
        .chunks(client.config().orders_per_call)
        .map(<[OrderId]>::to_vec)
        .collect();
    let mut answered = false;
    while let Some(batch) = batches.pop_front() {
        match read_batch(client, &batch).await {
            Ok(orders) => {
                answered = true;
                result.orders.extend(orders);
            }
            Err(fault @ Fault::Refused { .. }) => {
                let (left, right) = batch.split_at(batch.len() / 2);
                if left.is_empty() {
                    let error = fault.into_error(BY_ID);
                    result
                        .refused
                        .extend(batch.iter().map(|id| (*id, error.cause.clone())));
                    let is_hopeless = batches.is_empty() || result.refused.len() >= REFUSED_ALONE_MAX;
                    if !answered && is_hopeless {
                        return Err(error);
                    }
                } else {
                    batches.push_front(right.to_vec());
                    batches.push_front(left.to_vec());
                }
            }
            Err(fault) => return Err(fault.into_error(BY_ID)),
        }
    }
    Ok(result)
}

async fn read_batch(client: &Client, ids: &[OrderId]) -> Result<Vec<Box<RawValue>>, Fault> {
    let body = OrdersByIdWire {
        ids: ids.iter().map(OrderId::to_string).collect(),
    };
    let parameters = Parameters::json(BY_ID, &body).map_err(|error| Fault::Final(Box::new(error)))?;
    client.call(BY_ID, &parameters, parse_list).await
}

/// A bare list, not yet parsed further.
pub fn parse_list(body: &str) -> Parsed<Vec<Box<RawValue>>> {
    serde_json::from_str(body).map_err(|_| "the answer is no list".to_owned())
}

/// Reads the orders of these headers, each once.
pub async fn read_orders(client: &Client, headers: &[OrderHeader]) -> Result<OrdersRead, ConnectorError> {
    let mut asked: BTreeMap<OrderId, &OrderHeader> = BTreeMap::new();
    let mut ids = Vec::new();
    for header in headers {
        if asked.insert(header.id, header).is_none() {
            ids.push(header.id);
        }
    }
    let raw = read_raw(client, &ids).await?;
    Ok(sort_answer(&ids, &asked, raw))
}

/// Puts each order of the answer to the header it was asked by.
fn sort_answer(ids: &[OrderId], asked: &BTreeMap<OrderId, &OrderHeader>, raw: RawOrders) -> OrdersRead {
    let mut found: BTreeMap<OrderId, SourceOrder> = BTreeMap::new();
    let mut unowned = Vec::new();
    for text in &raw.orders {
        let wire = parse_order(text.get());
        let id = wire
            .as_ref()
            .and_then(|wire| wire.order_id.as_ref())
            .and_then(|id| parse_guid(id))
            .map(OrderId);
        match (id, wire) {
            (Some(id), Some(wire)) => {
                if let Some(header) = asked.get(&id) {
                    found.entry(id).or_insert_with(|| convert(&wire, header));
                }
            }
            (_, wire) => unowned.push(wire),
        }
    }
    for (id, cause) in raw.refused {
        found.entry(id).or_insert(SourceOrder::Malformed { id, cause });
    }
    attribute(unowned, asked, &mut found);
    let missing = ids.iter().filter(|id| !found.contains_key(id)).copied().collect();
    let orders = ids.iter().filter_map(|id| found.remove(id)).collect();
    OrdersRead { orders, missing }
}

fn convert(wire: &OrderWire, header: &OrderHeader) -> SourceOrder {
    match convert_order(wire, header) {
        Ok(order) => SourceOrder::Read(Box::new(order)),
        Err(Malformed(cause)) => SourceOrder::Malformed { id: header.id, cause },
    }
}

/// An order without a readable id belongs to the header of the same number; or, when as many orders have no owner as headers
/// have no order, they are those. Else the headers stay missing.
fn attribute(
    unowned: Vec<Option<OrderWire>>,
    asked: &BTreeMap<OrderId, &OrderHeader>,
    found: &mut BTreeMap<OrderId, SourceOrder>,
) {
    let cause = || "OrderId is missing or no guid".to_owned();
    let mut left = 0;
    for wire in unowned {
        let number = wire.as_ref().and_then(|wire| match wire.num_order_id {
            Field::Value(number) => Some(number),
            Field::Absent | Field::Wrong => None,
        });
        let owner = asked
            .values()
            .find(|header| Some(header.number.0) == number && !found.contains_key(&header.id));
        match owner {
            Some(header) => {
                found.insert(
                    header.id,
                    SourceOrder::Malformed {
                        id: header.id,
                        cause: cause(),
                    },
                );
            }
            None => left += 1,
        }
    }
    let orphans: BTreeSet<OrderId> = asked
        .keys()
        .filter(|id| !found.contains_key(id))
        .copied()
        .collect();
    if left == orphans.len() {
        found.extend(
            orphans
                .into_iter()
                .map(|id| (id, SourceOrder::Malformed { id, cause: cause() })),
        );
    }
}
