//! The rest of the account: locations, suppliers, currencies, stock, refunds and purchase orders.
//!
//! In: parameters. Out: answers in the official shapes. Refunds are always empty and there is one purchase order per
//! account with stock: enough for a client to read them, not to test accounting with.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::account::{Account, StockItem, at, text_at};
use super::call::{Parameters, guid};
use super::reply::Reply;
use crate::world::ZERO_GUID;

const SUPPLIER_ID: &str = "5d0b6f0e-6b8a-4d8c-9c2b-1a2b3c4d5e6f";
const PURCHASE_ID: &str = "af770cd5-c134-4b54-86b6-00062e018d4c";
const REFUND_RANGE_DAYS_MAX: i64 = 93; // "3 months" of the specification
const LOCATIONS: [(&str, &str, i32, bool); 2] = [
    (ZERO_GUID, "Default", 1, false),
    ("c618694a-b0cf-4b32-8f77-482e0abbeb37", "Example Ltd FBA", 2, true),
];

/// The name of a location; "Default" for one that is not known.
pub(crate) fn location_name(id: &str) -> &'static str {
    let found = LOCATIONS
        .iter()
        .find(|(known, ..)| known.eq_ignore_ascii_case(id));
    found.map_or("Default", |(_, name, ..)| *name)
}

/// `Inventory/GetStockLocations`.
pub(crate) fn stock_locations() -> Reply {
    let locations = LOCATIONS.iter().map(|(id, name, number, is_fulfilment_centre)| {
        json!({
            "Address1": "", "Address2": "", "City": "", "County": "", "Country": "", "ZipCode": "",
            "IsNotTrackable": false,
            "LocationTag": "",
            "CountInOrderUntilAcknowledgement": false,
            "FulfilmentCenterDeductStockWhenProcessed": false,
            "IsWarehouseManaged": false,
            "StockLocationId": id,
            "LocationName": name,
            "IsFulfillmentCenter": is_fulfilment_centre,
            "StockLocationIntId": number,
        })
    });
    Reply::ok(&locations.collect())
}

/// `Inventory/GetSuppliers`.
pub(crate) fn suppliers() -> Reply {
    let supplier = |id: &str, name: &str, country: Value, currency: &str| {
        json!({
            "pkSupplierID": id, "SupplierName": name, "ContactName": null, "Address": null,
            "AlternativeAddress": null, "City": null, "Region": null, "Country": country, "PostCode": null,
            "TelephoneNumber": null, "SecondaryTelNumber": null, "FaxNumber": null, "Email": null, "WebPage": null,
            "Currency": currency,
        })
    };
    Reply::ok(&json!([
        supplier(ZERO_GUID, "Default", Value::Null, "GBP"),
        supplier(SUPPLIER_ID, "Pottery Supplies GmbH", json!("Germany"), "EUR"),
    ]))
}

/// `Settings/GetCurrencyConversionRates`: the base currency has rate 1.
pub(crate) fn currency_rates(account: &Account, parameters: &Parameters) -> Reply {
    let wanted = parameters.text("currency");
    let mut rates = vec![("GBP".to_owned(), json!(1.0))];
    for order in account.orders.values() {
        let totals = at(&order.details, &["TotalsInfo"]);
        let currency = text_at(totals, &["Currency"]);
        if !currency.is_empty() && !rates.iter().any(|(known, _)| known == currency) {
            rates.push((currency.to_owned(), at(totals, &["ConversionRate"]).clone()));
        }
    }
    let rates = rates
        .into_iter()
        .filter(|(currency, _)| wanted.is_empty() || currency.eq_ignore_ascii_case(&wanted));
    Reply::ok(
        &rates
            .map(|(currency, rate)| json!({ "Currency": currency, "ConversionRate": rate }))
            .collect(),
    )
}

/// `ReturnsRefunds/SearchReturnsRefundsPaged`: 400 beyond three months; never any rows.
pub(crate) fn search_refunds(parameters: &Parameters) -> Result<Reply, Reply> {
    let range = parameters.instant("from")?.zip(parameters.instant("to")?);
    let longest = SignedDuration::from_hours(REFUND_RANGE_DAYS_MAX * 24);
    if range.is_some_and(|(from, to)| to.duration_since(from) > longest) {
        return Err(Reply::bad_request("Date range must not exceed 3 months."));
    }
    let rows = parameters
        .integer("numEntriesPerPage")?
        .unwrap_or(200)
        .clamp(1, 200);
    let page = parameters.integer("pageNum")?.unwrap_or(1);
    let answer =
        json!({ "PageNumber": page, "EntriesPerPage": rows, "TotalEntries": 0, "TotalPages": 0, "Data": [] });
    Ok(Reply::ok(&answer))
}

/// `ReturnsRefunds/GetProcessedOrAckedErrorRefundHeaders`: never any headers.
pub(crate) fn refund_headers(parameters: &Parameters) -> Result<Reply, Reply> {
    let page = parameters.wrapped("request")?.integer("Page")?.unwrap_or(1);
    Ok(Reply::ok(
        &json!({ "Page": page, "TotalHeaders": 0, "HeadersPerPage": 50, "RefundHeaders": [] }),
    ))
}

/// `ReturnsRefunds/GetRefundHeadersByOrderId`: never any headers.
pub(crate) fn refund_headers_by_order(parameters: &Parameters) -> Result<Reply, Reply> {
    guid(&parameters.wrapped("request")?.text("OrderId"))?;
    Ok(Reply::ok(&json!({ "RefundHeaders": [] })))
}

fn purchase_header() -> Value {
    json!({
        "ExternalInvoiceNumber": "PO000123", "Status": "OPEN", "Currency": "GBP", "SupplierReferenceNumber": "",
        "Locked": false, "UnitAmountTaxIncludedType": 0, "LineCount": 1, "DeliveredLinesCount": 0,
        "pkPurchaseID": PURCHASE_ID, "fkSupplierId": SUPPLIER_ID, "fkLocationId": ZERO_GUID,
        "DateOfPurchase": "2026-04-20T00:00:00Z", "DateOfDelivery": "2026-04-20T00:00:00Z",
        "QuotedDeliveryDate": "2026-05-10T00:00:00Z", "PostagePaid": 0.0, "TotalCost": 120.0, "taxPaid": 20.0,
        "ShippingTaxRate": -1.0, "ConversionRate": 1.0, "ConvertedShippingCost": 0.0, "ConvertedShippingTax": 0.0,
        "ConvertedOtherCost": 0.0, "ConvertedOtherTax": 0.0, "ConvertedGrandTotal": 120.0,
    })
}

/// `PurchaseOrder/Search_PurchaseOrders2`.
pub(crate) fn search_purchase_orders(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let request = parameters.unwrapped("request");
    let rows = request.integer("EntriesPerPage")?.unwrap_or(100).max(1);
    let page = request.integer("PageNumber")?.unwrap_or(1).max(1);
    let orders = if account.stock.is_empty() {
        Vec::new()
    } else {
        vec![purchase_header()]
    };
    let (total, data) = (orders.len(), if page == 1 { orders } else { Vec::new() });
    Ok(Reply::ok(&json!({
        "Result": data, "TotalPages": total, "CurrentPageNumber": page, "EntriesPerPage": rows,
        "TotalNumberOfRecords": total,
    })))
}

/// `PurchaseOrder/Get_PurchaseOrder`: 400 for one that does not exist.
pub(crate) fn purchase_order(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let id = guid(&parameters.text("pkPurchaseId"))?;
    let item = account.stock.values().next().filter(|_| id == PURCHASE_ID);
    let Some(item) = item else {
        return Err(Reply::bad_request("Purchase Order does not exist"));
    };
    let line = json!({
        "pkPurchaseItemId": "b1111111-0000-4000-8000-000000000001", "fkStockItemId": item.id, "StockItemIntId": 0,
        "Quantity": 10, "Cost": 120.0, "Delivered": 0, "TaxRate": 20.0, "Tax": 20.0, "PackQuantity": 10, "PackSize": 1,
        "SKU": item.sku, "ItemTitle": item.title, "InventoryTrackingType": 0, "IsDeleted": false, "SortOrder": 0,
        "DimHeight": 0.0, "DimWidth": 0.0, "DimDepth": 0.0, "BarcodeNumber": "", "BoundToOpenOrdersItems": 0,
        "BinRack": null, "QuantityBoundToOpenOrdersItems": 0, "SupplierCode": null, "SupplierBarcode": null,
        "SkuGroupIds": [],
    });
    Ok(Reply::ok(&json!({
        "NoteCount": 0, "PurchaseOrderHeader": purchase_header(), "PurchaseOrderItem": [line],
        "AdditionalCosts": [], "DeliveredRecords": [],
    })))
}

fn stock_level(account: &Account, item: &StockItem) -> Value {
    json!({
        "Location": {
            "StockLocationId": ZERO_GUID, "StockLocationIntId": 0, "LocationName": "Default",
            "IsFulfillmentCenter": false, "IsWarehouseManaged": false,
        },
        "StockLevel": item.level, "StockValue": 0.0, "MinimumLevel": -1, "InOrderBook": 0, "Due": 0, "JIT": false,
        "InOrders": 0, "Available": item.level, "UnitCost": 0.0, "SKU": item.sku, "AutoAdjust": false,
        "LastUpdateDate": account.now.to_string(), "LastUpdateOperation": "DIRECT ADJUSTMENT",
        "rowid": item.id, "PendingUpdate": false, "StockItemPurchasePrice": 0.0, "StockItemId": item.id,
        "StockItemIntId": 0,
    })
}

/// `Stock/GetStockLevel`: one entry per location; none for an unknown item.
pub(crate) fn stock_levels(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let id = guid(&parameters.text("stockItemId"))?;
    let found = account.stock.values().filter(|item| item.id == id);
    Ok(Reply::ok(&found.map(|item| stock_level(account, item)).collect()))
}

/// `Stock/GetStockLevel_Batch`.
pub(crate) fn stock_levels_batch(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let ids = parameters.wrapped("request")?.guids("StockItemIds")?;
    let found = ids
        .iter()
        .filter_map(|id| account.stock.values().find(|item| &item.id == id));
    let levels = found
        .map(|item| json!({ "pkStockItemId": item.id, "StockItemLevels": [stock_level(account, item)] }));
    Ok(Reply::ok(&levels.collect()))
}

/// `Inventory/GetStockItemIdsBySKU`: unknown SKUs are just missing.
pub(crate) fn stock_item_ids(account: &Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let skus = parameters.wrapped("request")?.list("SKUS")?;
    let found = skus.iter().filter_map(|sku| {
        account
            .stock
            .get(&sku.as_str().unwrap_or_default().to_lowercase())
    });
    let items: Vec<Value> = found
        .map(|item| json!({ "StockItemId": item.id, "SKU": item.sku }))
        .collect();
    Ok(Reply::ok(&json!({ "Items": items })))
}

/// `Stock/SetStockLevel`: absolute levels; one unknown SKU makes the whole call fail and changes nothing.
pub(crate) fn set_stock_levels(account: &mut Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let updates: Vec<Parameters> = parameters
        .list("stockLevels")?
        .iter()
        .map(Parameters::of)
        .collect();
    let unknown = updates.iter().map(|update| update.text("SKU"));
    let unknown: Vec<String> = unknown
        .filter(|sku| !account.stock.contains_key(&sku.to_lowercase()))
        .collect();
    if !unknown.is_empty() {
        return Err(Reply::unknown_skus(&unknown));
    }
    let mut changed = Vec::new();
    for update in &updates {
        let level = update.integer("Level")?.ok_or_else(Reply::invalid)?;
        let sku = update.text("SKU").to_lowercase();
        if let Some(item) = account.stock.get_mut(&sku) {
            item.level = level;
            changed.push(sku);
        }
    }
    let items = changed.iter().filter_map(|sku| account.stock.get(sku));
    Ok(Reply::ok(&items.map(|item| stock_level(account, item)).collect()))
}

/// `Stock/UpdateStockLevelsBulk`: absolute levels, errors per row.
pub(crate) fn update_stock_levels(account: &mut Account, parameters: &Parameters) -> Result<Reply, Reply> {
    let mut answers = Vec::new();
    for (index, row) in parameters
        .unwrapped("request")
        .list("Items")?
        .iter()
        .map(Parameters::of)
        .enumerate()
    {
        let level = row.integer("StockLevel")?.ok_or_else(Reply::invalid)?;
        let item = account.stock.get_mut(&row.text("SKU").to_lowercase());
        let (errors, id) = match item {
            Some(item) => {
                item.level = level;
                (json!([]), item.id.clone())
            }
            None => (json!(["Stock item not found"]), ZERO_GUID.to_owned()),
        };
        answers.push(json!({
            "Errors": errors, "SKU": row.text("SKU"), "StockItemId": id, "StockLocationName": "Default",
            "StockLocationId": ZERO_GUID, "StockLevel": level, "StockValue": null, "UnitCost": null, "Binrack": null,
            "MinimumLevel": null, "RowIndex": index,
        }));
    }
    Ok(Reply::ok(&json!({ "Items": answers })))
}
