//! Orders in full, open ones and processed ones (linnworks.md 4.2, 4.3).
//!
//! In: ids, numbers or references. Out: OrderDetails with explicit nulls; pages of open orders.

use serde_json::{Value, json};

use super::account::{Account, StoredOrder, at, text_at};
use super::call::{Parameters, guid};
use super::reply::Reply;
use super::search;
use super::switches::Switches;

const REFERENCE_ORDERS_MAX: usize = 50;
const NULL_REFERENCE: &str = "Object reference not set to an instance of an object.";

/// `Orders/GetOrdersById`: unknown ids are silently left out, and the answer is not in the order of the request.
pub(crate) fn orders_by_id(
    account: &Account,
    switches: &Switches,
    parameters: &Parameters,
) -> Result<Reply, Reply> {
    if parameters.value("pkOrderIds").is_none() {
        return Err(Reply::invalid());
    }
    let ids = parameters.guids("pkOrderIds")?;
    if switches.details_ids_max > 0 && ids.len() > switches.details_ids_max {
        return Err(Reply::invalid());
    }
    let mut wanted: Vec<&String> = ids.iter().collect();
    wanted.sort();
    wanted.dedup();
    wanted.retain(|id| {
        !switches
            .omitted_from_details
            .iter()
            .any(|omitted| omitted.eq_ignore_ascii_case(id))
    });
    let found = wanted
        .into_iter()
        .filter_map(|id| account.orders.get(id))
        .map(|order| {
            let mut details = order.details.clone();
            if switches.details_ids_upper_case {
                let upper = text_at(&details, &["OrderId"]).to_ascii_uppercase();
                details
                    .as_object_mut()
                    .map(|members| members.insert("OrderId".to_owned(), json!(upper)));
            }
            details
        });
    Ok(Reply::ok(&found.collect()))
}

/// `Orders/GetOrderById`.
pub(crate) fn order_by_id(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let id = guid(&parameters.text("pkOrderId"))?;
    Ok(Reply::ok(
        account
            .orders
            .get(&id)
            .map_or(&Value::Null, |order| &order.details),
    ))
}

/// `Orders/GetOrderDetailsByNumOrderId`: 200 and an empty object for an unknown number.
pub(crate) fn order_by_number(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let number = parameters.integer("OrderId")?.ok_or_else(Reply::invalid)?;
    let empty = json!({});
    Ok(Reply::ok(
        account
            .order_by_number(number)
            .map_or(&empty, |order| &order.details),
    ))
}

/// `Orders/GetOrderDetailsByReferenceId`: at most 50 orders.
pub(crate) fn orders_by_reference(account: &Account, parameters: &Parameters) -> Reply {
    let reference = parameters.text("ReferenceId");
    let found = account.orders.values().filter(|order| {
        let names = ["ReferenceNum", "SecondaryReference"];
        names
            .iter()
            .any(|name| text_at(&order.details, &["GeneralInfo", name]).eq_ignore_ascii_case(&reference))
    });
    Reply::ok(
        &found
            .take(REFERENCE_ORDERS_MAX)
            .map(|order| order.details.clone())
            .collect(),
    )
}

/// `ProcessedOrders/GetOrderInfo`: one search row.
pub(crate) fn order_info(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let id = guid(&parameters.text("pkOrderId"))?;
    let order = account.orders.get(&id).filter(|order| order.is_processed());
    Ok(Reply::ok(&order.map_or(Value::Null, search::row)))
}

/// `ProcessedOrders/GetProcessedAuditTrail`.
pub(crate) fn audit_trail(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let id = guid(&parameters.text("pkOrderId"))?;
    let Some(order) = account.orders.get(&id).filter(|order| order.is_processed()) else {
        return Ok(Reply::ok(&json!([])));
    };
    Ok(Reply::ok(&json!([{
        "sid_history": at(&order.details, &["NumOrderId"]),
        "fkOrderId": id.to_ascii_uppercase(),
        "HistoryNote": "Order has been processed",
        "fkOrderHistoryTypeId": "ORDER_PROCESSED",
        "DateStamp": at(&order.details, &["ProcessedDateTime"]),
        "Tag": "",
        "UpdatedBy": "SYNC",
        "TypeDescription": "Order processed",
    }])))
}

/// What a page of open orders holds.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum OpenPage {
    /// `OpenOrders/GetOpenOrderIds`: GUIDs, in upper case.
    Ids,
    /// `OpenOrders/GetOpenOrders`: OpenOrder objects.
    Orders,
}

/// `OpenOrders/GetOpenOrderIds` and `OpenOrders/GetOpenOrders`: ViewId, LocationId and EntriesPerPage are required.
pub(crate) fn open_orders(
    account: &Account,
    parameters: &Parameters,
    kind: OpenPage,
) -> Result<Reply, Reply> {
    let request = parameters.unwrapped("request");
    let missing = || Reply::bad_request(NULL_REFERENCE);
    request.integer("ViewId")?.ok_or_else(missing)?;
    request.value("LocationId").ok_or_else(missing)?;
    let location = guid(&request.text("LocationId"))?;
    let rows = request.integer("EntriesPerPage")?.ok_or_else(missing)?.max(1);
    let page = request.integer("PageNumber")?.unwrap_or(1).max(1);
    let found: Vec<&StoredOrder> = account
        .orders
        .values()
        .filter(|order| !order.is_processed())
        .filter(|order| text_at(&order.details, &["FulfilmentLocationId"]).eq_ignore_ascii_case(&location))
        .collect();
    let take = usize::try_from(rows).unwrap_or(usize::MAX);
    let skip = usize::try_from((page - 1).saturating_mul(rows)).unwrap_or(usize::MAX);
    let data = found.iter().skip(skip).take(take).map(|order| match kind {
        OpenPage::Ids => json!(text_at(&order.details, &["OrderId"]).to_ascii_uppercase()),
        OpenPage::Orders => open_order(order),
    });
    let data: Vec<Value> = data.collect();
    Ok(Reply::ok(&json!({
        "ResultCountRemovedByPostFilter": 0,
        "PageNumber": page,
        "EntriesPerPage": rows,
        "TotalEntries": found.len(),
        "TotalPages": found.len().div_ceil(take),
        "Data": data,
    })))
}

/// `OpenOrders/GetOpenOrdersDetails`: open orders only.
pub(crate) fn open_orders_details(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let ids = parameters.unwrapped("request").guids("OrderIds")?;
    let found = ids
        .iter()
        .filter_map(|id| account.orders.get(id))
        .filter(|order| !order.is_processed());
    let orders: Vec<Value> = found.map(|order| order.details.clone()).collect();
    Ok(Reply::ok(&json!({ "Orders": orders })))
}

fn open_order(order: &StoredOrder) -> Value {
    let mut open = order.details.clone();
    let Some(members) = open.as_object_mut() else {
        return open;
    };
    for name in [
        "Processed",
        "ProcessedDateTime",
        "FulfilmentLocationId",
        "ExtendedProperties",
        "Notes",
        "PaidDateTime",
    ] {
        members.remove(name);
    }
    let tax_number = members.remove("TaxId").unwrap_or_default();
    members.insert("TaxInfo".to_owned(), json!({ "TaxNumber": tax_number }));
    members.insert("IsPostFilteredOut".to_owned(), json!(false));
    members.insert("CanFulfil".to_owned(), json!(true));
    let state = json!({ "FulfillmentState": "Sufficient_Stock", "PurchaseOrderState": null });
    members.insert("Fulfillment".to_owned(), state);
    members.insert("HasItems".to_owned(), json!(!order.items().is_empty()));
    members.insert("TotalItemsSum".to_owned(), json!(order.items().len()));
    open
}
