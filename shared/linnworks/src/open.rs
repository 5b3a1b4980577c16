//! Open orders, order look-ups by number and reference, and the names of locations (linnworks.md 4.2, 4.10).
//!
//! In: nothing, or what a person typed. Out: headers. Does not search processed orders; see [`crate::search`].

use std::collections::{BTreeMap, BTreeSet};

use domain::OrderId;
use ports::{ConnectorError, Disposition, OrderHeader};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::client::{Client, Parameters, Parsed};
use crate::convert::parse_guid;
use crate::error::{Fault, place};
use crate::header::header_of_order;
use crate::read::{parse_list, read_raw};
use crate::search::check_page;
use crate::wire::{Field, LocationWire, OpenOrderIdsWire, PageWire, parse_order};

const OPEN_IDS: &str = "OpenOrders/GetOpenOrderIds";
const LOCATIONS: &str = "Inventory/GetStockLocations";
const BY_NUMBER: &str = "Orders/GetOrderDetailsByNumOrderId";
const BY_REFERENCE: &str = "Orders/GetOrderDetailsByReferenceId";
/// Passes over the ids of one location before the list is given up as too unsteady.
const PASSES_MAX: usize = 6;

/// The stock locations by id, with their names.
pub async fn read_locations(client: &Client) -> Result<BTreeMap<Uuid, String>, ConnectorError> {
    let parse = |body: &str| -> Parsed<BTreeMap<Uuid, String>> {
        let list: Vec<LocationWire> =
            serde_json::from_str(body).map_err(|_| "the answer is no list of locations".to_owned())?;
        let mut locations = BTreeMap::new();
        for location in list {
            let id = location.stock_location_id.as_ref().and_then(|id| parse_guid(id));
            let id = id.ok_or_else(|| "StockLocationId is missing or no guid".to_owned())?;
            locations.insert(id, location.location_name.as_ref().cloned().unwrap_or_default());
        }
        Ok(locations)
    };
    client
        .call(LOCATIONS, &Parameters::None, parse)
        .await
        .map_err(|fault| fault.into_error(LOCATIONS))
}

/// Headers of all open orders of all locations. Their details are read for the numbers, which the list of ids has not.
pub async fn find_open(client: &Client) -> Result<Vec<OrderHeader>, ConnectorError> {
    let mut ids = BTreeSet::new();
    for location in read_locations(client).await?.into_keys() {
        ids.extend(find_open_ids(client, location).await?);
    }
    let ids: Vec<OrderId> = ids.into_iter().collect();
    let raw = read_raw(client, &ids).await?;
    let headers: BTreeMap<OrderId, OrderHeader> = raw
        .orders
        .iter()
        .filter_map(|order| header_of(order))
        .map(|header| (header.id, header))
        .collect();
    // An order that Linnworks lists and does not give keeps a header, so that reading it tells why.
    let missing = ids
        .iter()
        .filter(|id| !headers.contains_key(id))
        .map(|id| header_without_details(*id));
    Ok(missing
        .chain(headers.values().filter(|header| !header.processed).cloned())
        .collect())
}

fn header_without_details(id: OrderId) -> OrderHeader {
    OrderHeader {
        id,
        number: domain::OrderNumber(0),
        kind: domain::order::OrderKind::Sale,
        processed: false,
        processed_at: None,
        cancelled: false,
        total: None,
        fingerprint: String::new(),
    }
}

/// Ids leave the list while it is paged, so more than one page is read until two passes agree (reliability.md 3 row 11).
async fn find_open_ids(client: &Client, location: Uuid) -> Result<BTreeSet<OrderId>, ConnectorError> {
    let mut previous: Option<BTreeSet<OrderId>> = None;
    for _ in 0..PASSES_MAX {
        let (ids, pages) = read_open_ids(client, location).await?;
        if pages == 1 || previous.as_ref() == Some(&ids) {
            return Ok(ids);
        }
        previous = Some(ids);
    }
    Err(Fault::Transient {
        cause: format!("the open orders were different in each of {PASSES_MAX} readings"),
    }
    .into_error(OPEN_IDS))
}

/// One pass, and how many pages it took.
async fn read_open_ids(client: &Client, location: Uuid) -> Result<(BTreeSet<OrderId>, u64), ConnectorError> {
    let asked = client.config().open_ids_per_page;
    let mut ids = BTreeSet::new();
    let mut number = 1;
    loop {
        let body = OpenOrderIdsWire {
            view_id: client.config().open_view_id,
            location_id: location.to_string(),
            entries_per_page: asked,
            page_number: number,
        };
        let parameters = Parameters::json(OPEN_IDS, &body)?;
        let page = client
            .call(OPEN_IDS, &parameters, |body| parse_ids(body, number, asked))
            .await;
        let page = page.map_err(|fault| fault.into_error(OPEN_IDS))?;
        if page.hidden > 0 {
            return Err(ConnectorError::new(
                Disposition::Configuration,
                place(OPEN_IDS),
                format!(
                    "the view {} hides {} open orders",
                    client.config().open_view_id,
                    page.hidden
                ),
                "Choose a view of Linnworks without filters",
            ));
        }
        let size = page.ids.len();
        ids.extend(page.ids);
        let is_all = u64::try_from(ids.len()).unwrap_or(u64::MAX) >= page.total;
        if size == 0 || is_all || number > page.total {
            return Ok((ids, number));
        }
        number += 1;
    }
}

struct IdsPage {
    ids: Vec<OrderId>,
    total: u64,
    hidden: u64,
}

fn parse_ids(body: &str, number: u64, asked: u64) -> Parsed<IdsPage> {
    let page: PageWire<String> =
        serde_json::from_str(body).map_err(|_| "the answer is no page of ids".to_owned())?;
    let hidden = page
        .result_count_removed_by_post_filter
        .as_ref()
        .copied()
        .unwrap_or(0);
    let (total, _, texts) = check_page(page, number, asked)?;
    let ids: Option<Vec<OrderId>> = texts.iter().map(|text| parse_guid(text).map(OrderId)).collect();
    Ok(IdsPage {
        ids: ids.ok_or_else(|| "an id of Data is no guid".to_owned())?,
        total,
        hidden,
    })
}

/// Headers of orders, open ones too, whose number or one of whose references is the text.
pub async fn find_by_details(client: &Client, text: &str) -> Result<Vec<OrderHeader>, ConnectorError> {
    let mut orders: Vec<Box<RawValue>> = Vec::new();
    if text.parse::<i32>().is_ok_and(|number| number > 0) {
        let parameters = Parameters::Query("OrderId", text.to_owned());
        let order = client
            .call(BY_NUMBER, &parameters, parse_one)
            .await
            .map_err(|fault| fault.into_error(BY_NUMBER))?;
        orders.extend(order);
    }
    let parameters = Parameters::Query("ReferenceId", text.to_owned());
    orders.extend(
        client
            .call(BY_REFERENCE, &parameters, parse_list)
            .await
            .map_err(|fault| fault.into_error(BY_REFERENCE))?,
    );
    let headers: BTreeMap<OrderId, OrderHeader> = orders
        .iter()
        .filter(|order| is_match(order, text))
        .filter_map(|order| header_of(order))
        .map(|header| (header.id, header))
        .collect();
    Ok(headers.into_values().collect())
}

/// One order; an unknown number gives an object without its members, or null (linnworks.md 2.1).
fn parse_one(body: &str) -> Parsed<Option<Box<RawValue>>> {
    if body == "null" {
        return Ok(None);
    }
    let wrong = || "the answer is no order".to_owned();
    let order = parse_order(body).ok_or_else(wrong)?;
    if order.order_id == Field::Absent {
        return Ok(None);
    }
    RawValue::from_string(body.to_owned())
        .map(Some)
        .map_err(|_| wrong())
}

fn header_of(order: &RawValue) -> Option<OrderHeader> {
    parse_order(order.get()).and_then(|wire| header_of_order(&wire).ok())
}

fn is_match(order: &RawValue, text: &str) -> bool {
    let Some(wire) = parse_order(order.get()) else {
        return false;
    };
    let number = wire.num_order_id.as_ref().map(i64::to_string);
    let general = wire.general_info.as_ref().cloned().unwrap_or_default();
    let references = [
        &general.reference_num,
        &general.secondary_reference,
        &general.external_reference_num,
    ];
    is_same(number.as_deref(), text)
        || references
            .iter()
            .any(|field| is_same(field.as_ref().map(String::as_str), text))
}

/// Equal but for case and blanks around.
pub fn is_same(value: Option<&str>, text: &str) -> bool {
    value.is_some_and(|value| value.trim().to_lowercase() == text.trim().to_lowercase())
}
