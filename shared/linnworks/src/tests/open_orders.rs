//! Open orders and look-ups.

use std::sync::atomic::{AtomicUsize, Ordering};

use ports::{Disposition, OrderSource};

use super::*;

const IDS: &str = "OpenOrders/GetOpenOrderIds";
const LOCATIONS: &str = "Inventory/GetStockLocations";
const BY_NUMBER: &str = "Orders/GetOrderDetailsByNumOrderId";
const BY_REFERENCE: &str = "Orders/GetOrderDetailsByReferenceId";

fn open(number: u64) -> String {
    order(number)
        .replace("\"Processed\": true", "\"Processed\": false")
        .replace("2026-05-05T14:03:21.507Z", "0001-01-01T00:00:00Z")
}

fn details(call: &Call) -> Reply {
    Reply::text(
        200,
        format!(
            "[{}]",
            asked_ids(call)
                .iter()
                .map(|number| open(*number))
                .collect::<Vec<_>>()
                .join(",")
        ),
    )
}

fn ids_page(call: &Call, ids: &[u64], hidden: u64) -> Reply {
    let size = call.body["EntriesPerPage"].as_u64().unwrap().min(3);
    let number = call.body["PageNumber"].as_u64().unwrap();
    let data: Vec<String> = ids
        .iter()
        .skip(((number - 1) * size) as usize)
        .take(size as usize)
        .map(|number| id(*number).to_string())
        .collect();
    Reply::json(&json!({
        "PageNumber": number, "EntriesPerPage": size, "TotalEntries": ids.len(), "Data": data,
        "ResultCountRemovedByPostFilter": hidden,
    }))
}

#[tokio::test]
async fn open_orders_of_every_location_are_found_over_all_pages() {
    let fake = Fake::start(|call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        LOCATIONS => Reply::json(&json!([
            {"StockLocationId": id(0).to_string(), "LocationName": "Default"},
            {"StockLocationId": id(77).to_string(), "LocationName": "Berlin"},
        ])),
        IDS if call.body["LocationId"] == json!(id(0).to_string()) => {
            ids_page(call, &[1, 2, 3, 4, 5, 6, 7], 0)
        }
        IDS => ids_page(call, &[8, 9], 0),
        _ => details(call),
    })
    .await;
    let found = Bench::new(&fake).source.find_open().await.unwrap();
    assert_eq!(
        found.iter().map(|header| header.number.0).collect::<Vec<_>>(),
        (1..=9).collect::<Vec<_>>()
    );
    assert!(
        found
            .iter()
            .all(|header| !header.processed && !header.cancelled && header.processed_at.is_none())
    );
    assert_eq!(fake.count(IDS), 3 + 3 + 1, "three pages twice, one page once");
    let request = &fake.calls(IDS)[0].body;
    assert_eq!(
        (request["ViewId"].as_i64(), request.get("request")),
        (Some(1), None)
    );
}

#[tokio::test]
async fn an_order_that_leaves_the_list_between_pages_does_not_hide_another() {
    let calls = AtomicUsize::new(0);
    let fake = Fake::start(move |call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        LOCATIONS => Reply::json(&json!([{"StockLocationId": id(0).to_string(), "LocationName": "Default"}])),
        IDS if calls.fetch_add(1, Ordering::SeqCst) == 0 => ids_page(call, &[1, 2, 3, 4, 5, 6, 7], 0),
        IDS => ids_page(call, &[2, 3, 4, 5, 6, 7], 0),
        _ => details(call),
    })
    .await;
    let found = Bench::new(&fake).source.find_open().await.unwrap();
    assert_eq!(
        found.iter().map(|header| header.number.0).collect::<Vec<_>>(),
        (2..=7).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_view_that_hides_orders_is_an_error() {
    let fake = Fake::start(|call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        LOCATIONS => Reply::json(&json!([{"StockLocationId": id(0).to_string(), "LocationName": "Default"}])),
        _ => ids_page(call, &[1], 4),
    })
    .await;
    let error = Bench::new(&fake).source.find_open().await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Configuration);
}

#[tokio::test]
async fn an_order_that_is_listed_and_not_given_keeps_a_header() {
    let fake = Fake::start(|call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        LOCATIONS => Reply::json(&json!([{"StockLocationId": id(0).to_string(), "LocationName": "Default"}])),
        IDS => ids_page(call, &[1, 2], 0),
        _ => Reply::text(200, format!("[{}]", open(2))),
    })
    .await;
    let found = Bench::new(&fake).source.find_open().await.unwrap();
    assert_eq!(
        found
            .iter()
            .map(|header| (header.id, header.number.0))
            .collect::<Vec<_>>(),
        [(id(1), 0), (id(2), 2)]
    );
}

/// Answers the search with the rows and the look-ups with the orders.
async fn lookup(rows: Vec<Value>, by_number: String, by_reference: String) -> Arc<Fake> {
    Fake::start(move |call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        SEARCH => page(1, 500, rows.len() as u64, &rows),
        BY_NUMBER => Reply::text(200, by_number.clone()),
        BY_REFERENCE => Reply::text(200, by_reference.clone()),
        _ => Reply::text(404, ""),
    })
    .await
}

#[tokio::test]
async fn a_reference_matches_exactly_and_in_any_case() {
    let at = "2020-01-01T10:00:00Z";
    let mut external = row(4, at);
    external["ExternalReference"] = json!(" ref-1 ");
    let fake = lookup(vec![row(1, at), row(11, at), external], "{}".into(), "[]".into()).await;
    let bench = Bench::new(&fake);
    let found = bench.source.find_by_reference(" Ref-1 ").await.unwrap();
    assert_eq!(
        found.iter().map(|header| header.number.0).collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(fake.calls(SEARCH)[0].body["request"]["SearchTerm"], "Ref-1");
    let found = bench.source.find_by_reference("11").await.unwrap();
    assert_eq!(
        found.iter().map(|header| header.number.0).collect::<Vec<_>>(),
        [11]
    );
    assert_eq!(fake.count(BY_NUMBER) + fake.count(BY_REFERENCE), 0);
}

#[tokio::test]
async fn an_open_order_is_found_by_its_number() {
    let fake = lookup(Vec::new(), open(42), "[]".into()).await;
    let found = Bench::new(&fake).source.find_by_reference("42").await.unwrap();
    assert_eq!((found[0].number.0, found[0].processed), (42, false));
    assert_eq!(
        (
            fake.calls(BY_NUMBER)[0].verb.as_str(),
            fake.calls(BY_NUMBER)[0].query.as_str()
        ),
        ("GET", "OrderId=42")
    );
}

#[tokio::test]
async fn an_open_order_is_found_by_its_reference_and_others_are_left_out() {
    let other = open(43).replace("20-0001", "20-0002");
    let fake = lookup(Vec::new(), "{}".into(), format!("[{},{other}]", open(42))).await;
    let found = Bench::new(&fake)
        .source
        .find_by_reference("20-0001")
        .await
        .unwrap();
    assert_eq!(
        found.iter().map(|header| header.number.0).collect::<Vec<_>>(),
        [42]
    );
    assert_eq!(fake.count(BY_NUMBER), 0);
}

#[tokio::test]
async fn an_unknown_number_is_no_order_and_an_empty_text_calls_nothing() {
    for empty in [
        "{}",
        "null",
        r#"{"OrderId":"00000000-0000-0000-0000-000000000000","NumOrderId":0}"#,
    ] {
        let fake = lookup(Vec::new(), empty.into(), "[]".into()).await;
        let bench = Bench::new(&fake);
        assert!(
            bench.source.find_by_reference("42").await.unwrap().is_empty(),
            "{empty}"
        );
        assert!(bench.source.find_by_reference("  ").await.unwrap().is_empty());
        assert_eq!(fake.count(SEARCH), 1);
    }
}

#[tokio::test]
async fn a_processed_order_that_the_text_search_misses_is_told_apart_as_an_exchange() {
    let at = "2026-05-05T14:03:21.507Z";
    let mut exchange = row(42, at);
    exchange["IsExchange"] = json!(true);
    let fake = Fake::start(move |call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        SEARCH if call.body["request"]["SearchTerm"] == "" => {
            page(1, 500, 2, &[row(41, at), exchange.clone()])
        }
        SEARCH => page(1, 500, 0, &[]),
        BY_NUMBER => Reply::text(200, order(42)),
        _ => Reply::text(200, "[]"),
    })
    .await;
    let found = Bench::new(&fake).source.find_by_reference("42").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].number.0, found[0].kind),
        (42, domain::order::OrderKind::Exchange)
    );
}
