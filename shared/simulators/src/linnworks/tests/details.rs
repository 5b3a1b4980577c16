//! Checks of order details, the seller's doings, open orders and the small methods.

use serde_json::{Value, json};

use super::{Fixture, answer, numbers};

const DEFAULT_LOCATION: &str = "00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn details_are_the_orders_as_given_with_explicit_nulls() {
    let fixture = Fixture::start(50).await;
    let ids: Vec<String> = (0..50).map(|index| fixture.id(index)).collect();
    let (_, answer) = fixture
        .call("Orders/GetOrdersById", json!({ "pkOrderIds": ids }))
        .await;
    let details = answer.as_array().unwrap();
    assert_eq!(details.len(), 50);
    for order in details {
        let same = fixture
            .world
            .orders
            .iter()
            .find(|made| made.order["OrderId"] == order["OrderId"]);
        assert_eq!(order, &same.unwrap().order);
        assert!(order.get("TaxId").is_some_and(Value::is_null));
        assert!(
            order["GeneralInfo"]
                .get("PickwaveIds")
                .is_some_and(Value::is_null)
        );
    }
}

#[tokio::test]
async fn unknown_ids_are_silently_omitted_and_repeated_ones_answered_once() {
    let fixture = Fixture::start(3).await;
    let ids = json!([
        fixture.id(0).to_uppercase(),
        fixture.id(0),
        "12345678-0000-4000-8000-000000000000"
    ]);
    let (status, answer) = fixture
        .call("Orders/GetOrdersById", json!({ "pkOrderIds": ids }))
        .await;
    assert_eq!((status.as_u16(), answer.as_array().unwrap().len()), (200, 1));
}

#[tokio::test]
async fn details_take_json_text_in_a_form_and_refuse_comma_lists() {
    let fixture = Fixture::start(3).await;
    let form = [("pkOrderIds", json!([fixture.id(0), fixture.id(2)]).to_string())];
    let (_, found) = answer(fixture.post("Orders/GetOrdersById").form(&form)).await;
    assert_eq!(found.as_array().unwrap().len(), 2);
    let form = [("pkOrderIds", format!("{},{}", fixture.id(0), fixture.id(2)))];
    assert_eq!(
        answer(fixture.post("Orders/GetOrdersById").form(&form)).await.0,
        400
    );
    assert_eq!(
        fixture
            .call("Orders/GetOrdersById", json!({ "pkOrderIds": ["x"] }))
            .await
            .0,
        400
    );
    assert_eq!(fixture.call("Orders/GetOrdersById", json!({})).await.0, 400);
}

#[tokio::test]
async fn details_can_be_limited_omitted_and_spelled_in_upper_case() {
    let fixture = Fixture::start(3).await;
    let omitted = fixture.id(1).to_uppercase();
    fixture.simulator.set_switches(|switches| {
        switches.details_ids_max = 2;
        switches.omitted_from_details = vec![omitted];
        switches.details_ids_upper_case = true;
    });
    let ask = |ids: Vec<String>| fixture.call("Orders/GetOrdersById", json!({ "pkOrderIds": ids }));
    assert_eq!(
        ask(vec![fixture.id(0), fixture.id(1), fixture.id(2)]).await.0,
        400
    );
    let (_, found) = ask(vec![fixture.id(0), fixture.id(1)]).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["OrderId"], fixture.id(0).to_uppercase());
}

#[tokio::test]
async fn money_reaches_the_wire_with_its_decimal_text() {
    let fixture = Fixture::start(1).await;
    fixture.simulator.edit_order(&fixture.id(0), |order| {
        order["TotalsInfo"]["Subtotal"] = serde_json::from_str("23.325").unwrap();
    });
    let body = json!({ "pkOrderIds": [fixture.id(0)] });
    let text = fixture
        .post("Orders/GetOrdersById")
        .json(&body)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.contains("\"Subtotal\":23.325,"));
}

#[tokio::test]
async fn an_unknown_number_is_an_empty_object() {
    let fixture = Fixture::start(2).await;
    let known = answer(fixture.get("Orders/GetOrderDetailsByNumOrderId?OrderId=100002")).await;
    assert_eq!(known.1["OrderId"], fixture.id(1));
    let unknown = answer(fixture.get("Orders/GetOrderDetailsByNumOrderId?orderid=5")).await;
    assert_eq!(unknown, (reqwest::StatusCode::OK, json!({})));
}

#[tokio::test]
async fn one_order_is_found_by_id_by_reference_and_as_a_row() {
    let fixture = Fixture::start(2).await;
    let by_id = answer(
        fixture
            .get("Orders/GetOrderById")
            .query(&[("pkOrderId", fixture.id(1))]),
    )
    .await;
    assert_eq!(by_id.1["NumOrderId"], 100_002);
    let reference = fixture.world.orders[0].order["GeneralInfo"]["ReferenceNum"]
        .as_str()
        .unwrap();
    let method = "Orders/GetOrderDetailsByReferenceId";
    let by_reference = answer(fixture.post(method).form(&[("ReferenceId", reference)])).await;
    assert_eq!(by_reference.1[0]["NumOrderId"], 100_001);
    let row = answer(
        fixture
            .get("ProcessedOrders/GetOrderInfo")
            .query(&[("pkOrderId", fixture.id(0))]),
    )
    .await;
    assert_eq!((&row.1["nOrderId"], row.1.get("Items")), (&json!(100_001), None));
}

#[tokio::test]
async fn what_the_seller_does_is_seen_by_the_next_request() {
    let fixture = Fixture::start(3).await;
    assert!(fixture.simulator.cancel_order(&fixture.id(0).to_uppercase()));
    assert!(
        fixture
            .simulator
            .edit_order(&fixture.id(1), |order| order["GeneralInfo"]["Status"] = json!(4))
    );
    assert!(fixture.simulator.remove_order(&fixture.id(2)));
    assert!(!fixture.simulator.remove_order(&fixture.id(2)));
    let page = fixture
        .search(json!({ "SearchSorting": { "SortField": "nOrderId", "SortDirection": "ASC" } }))
        .await;
    assert_eq!(numbers(&page), [100_001, 100_002]);
    assert_eq!(
        (&page["Data"][0]["HoldOrCancel"], &page["Data"][1]["IsResend"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(fixture.simulator.orders().len(), 2);
}

#[tokio::test]
async fn an_open_order_moves_to_the_processed_search_under_the_same_ids() {
    let fixture = Fixture::start(2).await;
    fixture.simulator.edit_order(&fixture.id(0), |order| {
        order["Processed"] = json!(false);
        order["ProcessedDateTime"] = Value::Null;
    });
    let request =
        json!({ "ViewId": 1, "LocationId": DEFAULT_LOCATION, "EntriesPerPage": 100, "PageNumber": 1 });
    let (_, ids) = fixture.call("OpenOrders/GetOpenOrderIds", request.clone()).await;
    assert_eq!(ids["Data"], json!([fixture.id(0).to_uppercase()]));
    let (_, open) = fixture.call("OpenOrders/GetOpenOrders", request.clone()).await;
    assert_eq!(open["Data"][0]["NumOrderId"], 100_001);
    assert!(open["Data"][0].get("Processed").is_none());
    let both = json!({ "OrderIds": [fixture.id(0), fixture.id(1)], "DetailLevel": ["NOTES"] });
    let (_, details) = fixture.call("OpenOrders/GetOpenOrdersDetails", both).await;
    assert_eq!(details["Orders"].as_array().unwrap().len(), 1);
    assert_eq!(numbers(&fixture.search(json!({})).await), [100_002]);
    assert!(fixture.simulator.process_order(&fixture.id(0)));
    assert_eq!(numbers(&fixture.search(json!({})).await), [100_001, 100_002]);
    let form = [("request", request.to_string())];
    let (_, ids) = answer(fixture.post("OpenOrders/GetOpenOrderIds").form(&form)).await;
    assert_eq!(ids["TotalEntries"], 0);
}

#[tokio::test]
async fn open_orders_need_view_location_and_page_size() {
    let fixture = Fixture::start(1).await;
    let whole = json!({ "ViewId": 1, "LocationId": DEFAULT_LOCATION, "EntriesPerPage": 100 });
    assert_eq!(
        fixture.call("OpenOrders/GetOpenOrderIds", whole.clone()).await.0,
        200
    );
    for name in ["ViewId", "LocationId", "EntriesPerPage"] {
        let mut request = whole.clone();
        request.as_object_mut().unwrap().remove(name);
        let (status, body) = fixture.call("OpenOrders/GetOpenOrderIds", request).await;
        assert_eq!(status, 400, "{name}");
        assert!(
            body["Message"].as_str().unwrap().starts_with("Object reference"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn one_unknown_sku_fails_the_whole_stock_update() {
    let fixture = Fixture::start(5).await;
    let item = &fixture.world.orders[0].order["Items"][0];
    let (sku, id) = (
        item["SKU"].clone(),
        item["StockItemId"].as_str().unwrap().to_owned(),
    );
    let level =
        |sku: &Value, level: i64| json!({ "SKU": sku, "LocationId": DEFAULT_LOCATION, "Level": level });
    let both =
        json!({ "stockLevels": [level(&sku, 5), level(&json!("NO-SUCH"), 5)], "changeSource": "sync" });
    let (status, body) = fixture.call("Stock/SetStockLevel", both).await;
    let message = "No item found for the following SKUs: NO-SUCH";
    assert_eq!(
        (status.as_u16(), body),
        (400, json!({ "Code": "-", "Message": message }))
    );
    let stored = || answer(fixture.get("Stock/GetStockLevel").query(&[("stockItemId", &id)]));
    assert_eq!(stored().await.1[0]["StockLevel"], 25);
    assert_eq!(
        fixture
            .call("Stock/SetStockLevel", json!({ "stockLevels": [level(&sku, 5)] }))
            .await
            .0,
        200
    );
    assert_eq!(stored().await.1[0]["StockLevel"], 5);
}

#[tokio::test]
async fn a_missing_purchase_order_is_a_bad_request() {
    let fixture = Fixture::start(5).await;
    let method = "PurchaseOrder/Get_PurchaseOrder";
    let (status, body) = fixture
        .call(method, json!({ "pkPurchaseId": DEFAULT_LOCATION }))
        .await;
    assert_eq!(
        (status.as_u16(), &body["Message"]),
        (400, &json!("Purchase Order does not exist"))
    );
    let search = json!({ "EntriesPerPage": 100, "PageNumber": 1 });
    let (_, found) = fixture.call("PurchaseOrder/Search_PurchaseOrders2", search).await;
    let id = found["Result"][0]["pkPurchaseID"].clone();
    assert_eq!(fixture.call(method, json!({ "pkPurchaseId": id })).await.0, 200);
}

#[tokio::test]
async fn currencies_come_from_the_orders_and_the_base_has_rate_one() {
    let fixture = Fixture::start(60).await;
    let (_, rates) =
        answer(fixture.get("Settings/GetCurrencyConversionRates?getCurrenciesFromOrders=true")).await;
    let rates = rates.as_array().unwrap();
    assert_eq!(rates.len(), 3);
    assert!(rates.contains(&json!({ "Currency": "GBP", "ConversionRate": 1.0 })));
    assert!(rates.contains(&json!({ "Currency": "EUR", "ConversionRate": 0.86 })));
}
