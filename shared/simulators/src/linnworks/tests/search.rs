//! Checks of the processed-order search.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::Bound;
use super::{Fixture, answer, numbers};
use crate::world::Expectation;

async fn all_pages(fixture: &Fixture, rows: u32) -> Vec<i64> {
    let mut found = Vec::new();
    let mut page_number = 1;
    loop {
        let sorting = json!({ "SortField": "dProcessedOn", "SortDirection": "ASC" });
        let request = json!({ "PageNumber": page_number, "ResultsPerPage": rows, "SearchSorting": sorting });
        let page = fixture.search(request).await;
        found.extend(numbers(&page));
        if page_number >= page["TotalPages"].as_i64().unwrap() {
            return found;
        }
        page_number += 1;
    }
}

#[tokio::test]
async fn pages_together_hold_every_processed_order_once() {
    let fixture = Fixture::start(107).await;
    let found = all_pages(&fixture, 25).await;
    assert_eq!(found, (100_001..100_108).collect::<Vec<i64>>());
    assert_eq!(fixture.simulator.counters().search, 5);
}

#[tokio::test]
async fn the_page_size_has_a_floor_and_a_cap_and_the_answer_says_which() {
    let fixture = Fixture::start(45).await;
    let page = fixture
        .search(json!({ "PageNumber": 1, "ResultsPerPage": 5 }))
        .await;
    assert_eq!((&page["EntriesPerPage"], numbers(&page).len()), (&json!(20), 20));
    fixture
        .simulator
        .set_switches(|switches| switches.search_page_rows_max = 30);
    let page = fixture
        .search(json!({ "PageNumber": 2, "ResultsPerPage": 500 }))
        .await;
    assert_eq!((&page["EntriesPerPage"], numbers(&page).len()), (&json!(30), 15));
    assert_eq!(
        (&page["TotalEntries"], &page["TotalPages"]),
        (&json!(45), &json!(2))
    );
    let beyond = fixture.search(json!({ "PageNumber": 9 })).await;
    assert_eq!(beyond["Data"], json!([]));
}

#[tokio::test]
async fn an_empty_account_has_an_empty_page() {
    let fixture = Fixture::start(0).await;
    let page = fixture
        .search(json!({ "SearchTerm": "", "DateField": "processed" }))
        .await;
    assert_eq!(
        (&page["TotalEntries"], &page["TotalPages"], &page["Data"]),
        (&json!(0), &json!(0), &json!([]))
    );
}

#[tokio::test]
async fn both_bounds_are_inclusive_until_switched() {
    let fixture = Fixture::start(30).await;
    let range = json!({ "FromDate": fixture.processed(3), "ToDate": fixture.processed(12), "DateField": "processed" });
    let found = numbers(&fixture.search(range.clone()).await);
    assert!(found.contains(&100_004) && found.contains(&100_013));
    fixture
        .simulator
        .set_switches(|switches| switches.to_date = Bound::Exclusive);
    let found = numbers(&fixture.search(range.clone()).await);
    assert!(found.contains(&100_004) && !found.contains(&100_013));
    fixture
        .simulator
        .set_switches(|switches| switches.from_date = Bound::Exclusive);
    let found = numbers(&fixture.search(range).await);
    assert!(!found.contains(&100_004) && found.contains(&100_006));
}

#[tokio::test]
async fn every_way_of_writing_a_date_is_understood_and_others_refused() {
    let fixture = Fixture::start(30).await;
    let all = [
        "2026-05-01T00:00:00Z",
        "2026-05-01T00:00:00+00:00",
        "2026-05-01T02:00:00+02:00",
        "2026-05-01",
        "2026-05-01T00:00:00",
        "2026-05-01 00:00:00",
        "2026-05-01T00:00:00.000000+0000",
    ];
    for text in all {
        let page = fixture
            .search(json!({ "fromdate": text, "TODATE": "2026-06-01" }))
            .await;
        assert_eq!(page["TotalEntries"], 30, "{text}");
    }
    let request = json!({ "request": { "FromDate": "yesterday" } });
    let (status, body) = fixture
        .call("ProcessedOrders/SearchProcessedOrders", request)
        .await;
    assert_eq!(
        (status.as_u16(), &body["Message"]),
        (400, &json!("The request is invalid."))
    );
}

#[tokio::test]
async fn json_form_and_query_encodings_give_the_same_answer() {
    let fixture = Fixture::start(40).await;
    let request = json!({ "PageNumber": 2, "ResultsPerPage": 20, "Unknown": { "ignored": true } });
    let wrapped = fixture
        .call(
            "ProcessedOrders/SearchProcessedOrders",
            json!({ "Request": request }),
        )
        .await;
    let form = [("request", request.to_string())];
    let posted = answer(fixture.post("processedorders/searchprocessedorders").form(&form)).await;
    let queried = answer(fixture.get("ProcessedOrders/SearchProcessedOrders").query(&form)).await;
    assert_eq!(wrapped.0, 200);
    assert_eq!((&wrapped, &wrapped), (&posted, &queried));
}

#[tokio::test]
async fn a_body_without_its_wrapper_is_refused() {
    let fixture = Fixture::start(1).await;
    let (status, body) = fixture
        .call(
            "ProcessedOrders/SearchProcessedOrders",
            json!({ "PageNumber": 1 }),
        )
        .await;
    assert_eq!(
        (status.as_u16(), body),
        (400, json!({ "Code": null, "Message": "request is empty" }))
    );
    let broken = answer(
        fixture
            .post("ProcessedOrders/SearchProcessedOrders")
            .body("{\"request\":"),
    )
    .await;
    assert_eq!(
        broken,
        (
            reqwest::StatusCode::BAD_REQUEST,
            json!({ "Message": "The request is invalid." })
        )
    );
}

#[tokio::test]
async fn rows_leave_null_keys_out_and_repeat_the_totals_text() {
    let fixture = Fixture::start(60).await;
    let page = fixture
        .search(json!({ "ResultsPerPage": 100, "SearchSorting": { "SortDirection": "ASC" } }))
        .await;
    for (row, made) in page["Data"].as_array().unwrap().iter().zip(&fixture.world.orders) {
        assert!(
            row.as_object().unwrap().values().all(|value| !value.is_null()),
            "{row}"
        );
        let has_billing = !made.order["CustomerInfo"]["BillingAddress"].is_null();
        assert_eq!(row.get("BillingName").is_some(), has_billing);
        assert_eq!(
            row["Subtotal"].to_string(),
            made.order["TotalsInfo"]["Subtotal"].to_string()
        );
        assert_eq!(row["fTotalCharge"], made.order["TotalsInfo"]["TotalCharge"]);
        assert_eq!(row["pkOrderID"], made.order["OrderId"]);
    }
}

#[tokio::test]
async fn cancelled_orders_are_in_the_same_list_and_marked() {
    let fixture = Fixture::start(300).await;
    let page = fixture.search(json!({ "ResultsPerPage": 500 })).await;
    let rows = page["Data"].as_array().unwrap();
    let marked: HashSet<i64> = rows
        .iter()
        .filter(|row| row["HoldOrCancel"] == true)
        .map(|row| row["nOrderId"].as_i64().unwrap())
        .collect();
    let cancelled = Expectation::Skipped { why: "cancelled" };
    let expected = fixture
        .world
        .orders
        .iter()
        .filter(|made| made.expectation == cancelled);
    assert_eq!(marked, expected.map(|made| i64::from(made.number)).collect());
    assert!(!marked.is_empty());
    let by_date = fixture
        .search(json!({ "DateField": "cancelled", "ResultsPerPage": 500 }))
        .await;
    assert_eq!(numbers(&by_date).into_iter().collect::<HashSet<i64>>(), marked);
    let sentinel = |row: &&Value| row["dCancelledOn"] == "0001-01-01T00:00:00Z";
    assert_eq!(rows.iter().filter(sentinel).count(), rows.len() - marked.len());
}

#[tokio::test]
async fn resends_and_exchanges_are_marked() {
    let fixture = Fixture::start(600).await;
    fixture
        .simulator
        .set_switches(|switches| switches.search_page_rows_max = 1000);
    let page = fixture.search(json!({ "ResultsPerPage": 1000 })).await;
    for (flag, whys) in [
        ("IsResend", vec!["resend", "zero_value_resend"]),
        ("IsExchange", vec!["exchange"]),
    ] {
        let marked = page["Data"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row[flag] == true)
            .count();
        let is_one = |expectation: &Expectation| matches!(expectation, Expectation::Skipped { why } if whys.contains(why));
        let expected = fixture
            .world
            .orders
            .iter()
            .filter(|made| is_one(&made.expectation))
            .count();
        assert_eq!(marked, expected, "{flag}");
    }
}

#[tokio::test]
async fn filters_and_terms_narrow_the_search() {
    let fixture = Fixture::start(100).await;
    let filter = |field: &str, term: &str| json!({ "ResultsPerPage": 200, "SearchFilters": [{ "SearchField": field, "SearchTerm": term }] });
    let amazon = fixture.search(filter("SubSource", "amazon de")).await;
    assert!(amazon["TotalEntries"].as_i64() > Some(0));
    assert!(
        amazon["Data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["cCurrency"] == "EUR")
    );
    assert!(numbers(&fixture.search(filter("Source", "EBAY")).await).len() > 3);
    assert!(!numbers(&fixture.search(filter("ItemIdentifier", "GIFT-SET")).await).is_empty());
    assert_eq!(
        numbers(&fixture.search(json!({ "SearchTerm": "100042" })).await),
        [100_042]
    );
    let reference = fixture.world.orders[8].order["GeneralInfo"]["ReferenceNum"].clone();
    assert!(numbers(&fixture.search(json!({ "SearchTerm": reference })).await).contains(&100_009));
    let refused = fixture
        .call(
            "ProcessedOrders/SearchProcessedOrders",
            json!({ "request": filter("Colour", "x") }),
        )
        .await;
    assert_eq!(refused.0, 400);
}

#[tokio::test]
async fn sorting_follows_the_asked_field_and_direction() {
    let fixture = Fixture::start(60).await;
    let sorted = |field: &'static str, direction: &'static str| {
        let sorting = json!({ "SortField": field, "SortDirection": direction });
        fixture.search(json!({ "ResultsPerPage": 100, "SearchSorting": sorting }))
    };
    assert!(numbers(&sorted("nOrderId", "ASC").await).is_sorted());
    assert!(
        numbers(&sorted("dProcessedOn", "DESC").await)
            .iter()
            .rev()
            .is_sorted()
    );
    let received = sorted("dReceivedDate", "ASC").await;
    assert!(
        received["Data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["dReceivedDate"].as_str())
            .is_sorted()
    );
}

#[tokio::test]
async fn a_late_row_is_hidden_from_search_but_not_from_details() {
    let fixture = Fixture::start(2).await;
    fixture
        .simulator
        .set_switches(|switches| switches.late_visible_seconds = 90);
    let now = fixture.time.now().to_string();
    fixture
        .simulator
        .edit_order(&fixture.id(1), |order| order["ProcessedDateTime"] = json!(now));
    assert_eq!(numbers(&fixture.search(json!({})).await), [100_001]);
    let (_, details) = fixture
        .call("Orders/GetOrdersById", json!({ "pkOrderIds": [fixture.id(1)] }))
        .await;
    assert_eq!(details[0]["NumOrderId"], 100_002);
    fixture.time.advance(Duration::from_secs(91));
    assert_eq!(numbers(&fixture.search(json!({})).await), [100_002, 100_001]);
}

#[tokio::test]
async fn a_row_removed_between_pages_shifts_the_next_page() {
    let fixture = Fixture::start(60).await;
    let first = fixture.id(0);
    fixture.simulator.on_search(2, move |account| {
        account.remove_order(&first);
    });
    let found = all_pages(&fixture, 20).await;
    assert_eq!(found.len(), 59);
    assert!(
        !found.contains(&100_021),
        "the row that moved from page 2 to page 1 is missed"
    );
}

#[tokio::test]
async fn a_row_added_between_pages_repeats_one() {
    let fixture = Fixture::start(60).await;
    let mut early = fixture.world.orders[0].order.clone();
    early["OrderId"] = json!("0fffffff-0000-4000-8000-000000000001");
    early["NumOrderId"] = json!(99_999);
    fixture
        .simulator
        .on_search(3, move |account| account.add_orders(vec![early]));
    let found = all_pages(&fixture, 20).await;
    assert_eq!(found.iter().filter(|number| **number == 100_040).count(), 2);
}

#[tokio::test]
async fn the_older_search_has_no_wrapper_and_is_limited() {
    let fixture = Fixture::start(30).await;
    let method = "ProcessedOrders/SearchProcessedOrdersPaged";
    let body = |from: &str, rows: u32| {
        json!({ "from": from, "to": "2026-06-01T00:00:00Z", "dateType": "PROCESSED", "searchField": "",
            "exactMatch": false, "searchTerm": "", "pageNum": 1, "numEntriesPerPage": rows })
    };
    let (status, page) = fixture.call(method, body("2026-05-01", 500)).await;
    assert_eq!(
        (status.as_u16(), &page["EntriesPerPage"], numbers(&page).len()),
        (200, &json!(200), 30)
    );
    assert_eq!(fixture.call(method, body("2026-01-01", 10)).await.0, 400);
    assert_eq!(fixture.simulator.counters().search, 2);
}
