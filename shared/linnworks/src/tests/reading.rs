//! Orders by id: batches, halving, neighbours.

use ports::{Disposition, OrderSource, OrdersRead, SourceOrder};

use super::*;

fn list(orders: &[String]) -> Reply {
    Reply::text(200, format!("[{}]", orders.join(",")))
}

/// Authorizes, and answers GetOrdersById by the script over the asked numbers.
async fn serve(script: impl Fn(&[u64]) -> Reply + Send + Sync + 'static) -> Arc<Fake> {
    Fake::start(move |call| {
        if call.method == AUTHORIZE {
            by_default()
        } else {
            script(&asked_ids(call))
        }
    })
    .await
}

async fn read(fake: &Fake, numbers: impl IntoIterator<Item = u64>) -> OrdersRead {
    Bench::new(fake)
        .source
        .read_orders(&headers(numbers))
        .await
        .unwrap()
}

fn read_numbers(read: &OrdersRead) -> Vec<i64> {
    let number = |order: &SourceOrder| match order {
        SourceOrder::Read(order) => Some(order.number.0),
        SourceOrder::Malformed { .. } => None,
    };
    read.orders.iter().filter_map(number).collect()
}

fn causes(read: &OrdersRead) -> Vec<(OrderId, String)> {
    let cause = |order: &SourceOrder| match order {
        SourceOrder::Read(_) => None,
        SourceOrder::Malformed { id, cause } => Some((*id, cause.clone())),
    };
    read.orders.iter().filter_map(cause).collect()
}

#[tokio::test]
async fn a_thousand_orders_are_read_in_five_calls() {
    let fake = serve(|asked| list(&asked.iter().map(|number| order(*number)).collect::<Vec<_>>())).await;
    let read = read(&fake, 1..=1_000).await;
    assert_eq!(read_numbers(&read), (1..=1_000).collect::<Vec<i64>>());
    assert_eq!((read.missing.len(), fake.count(BY_ID)), (0, 5));
}

#[tokio::test]
async fn no_orders_are_read_without_a_call() {
    let fake = serve(|_| list(&[])).await;
    let read = read(&fake, []).await;
    assert_eq!((read.orders.len(), fake.count_all()), (0, 0));
}

#[tokio::test]
async fn a_header_given_twice_is_asked_for_once() {
    let fake = serve(|asked| list(&asked.iter().map(|number| order(*number)).collect::<Vec<_>>())).await;
    assert_eq!(read_numbers(&read(&fake, [1, 2, 1]).await), [1, 2]);
    assert_eq!(asked_ids(&fake.calls(BY_ID)[0]), [1, 2]);
}

#[tokio::test]
async fn orders_that_do_not_come_are_reported_and_ids_are_compared_in_any_case() {
    let fake = serve(|_| {
        let upper = order(0xabc).replace(&id(0xabc).to_string(), &id(0xabc).to_string().to_uppercase());
        list(&[upper.clone(), upper, order(999)])
    })
    .await;
    let read = read(&fake, [0xabc, 2]).await;
    assert_eq!(read_numbers(&read), [0xabc]);
    assert_eq!(read.missing, [id(2)]);
}

#[tokio::test]
async fn a_malformed_order_does_not_hide_its_neighbours() {
    let fake = serve(|_| {
        let wrong = order(2).replace("\"TotalCharge\": 20.0", "\"TotalCharge\": \"20.0\"");
        list(&[order(1), wrong, order(3)])
    })
    .await;
    let read = read(&fake, 1..=3).await;
    assert_eq!(read_numbers(&read), [1, 3]);
    assert_eq!(
        causes(&read),
        [(
            id(2),
            "TotalsInfo.TotalCharge is no number that a decimal holds".to_owned()
        )]
    );
}

#[tokio::test]
async fn an_order_without_a_readable_id_is_known_by_its_number() {
    let fake = serve(|_| {
        let without = order(2).replace(&format!("\"{}\"", id(2)), "17");
        list(&[order(1), without, order(3)])
    })
    .await;
    let read = read(&fake, 1..=4).await;
    assert_eq!(read_numbers(&read), [1, 3]);
    assert_eq!(
        causes(&read),
        [(id(2), "OrderId is missing or no guid".to_owned())]
    );
    assert_eq!(read.missing, [id(4)]);
}

#[tokio::test]
async fn entries_that_are_no_orders_are_given_to_the_ids_that_did_not_come() {
    let fake = serve(|_| list(&[order(1), "null".into(), "\"text\"".into()])).await;
    let read = read(&fake, 1..=3).await;
    assert_eq!(read_numbers(&read), [1]);
    assert_eq!(
        causes(&read).iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [id(2), id(3)]
    );
    assert!(read.missing.is_empty());
}

#[tokio::test]
async fn a_refused_batch_is_halved_until_it_is_taken() {
    for (status, body) in [
        (400, ""),
        (413, "<html>"),
        (414, ""),
        (500, r#"{"Message":"Too many ids"}"#),
    ] {
        let fake = serve(move |asked| {
            if asked.len() > 60 {
                return Reply::text(status, body);
            }
            list(&asked.iter().map(|number| order(*number)).collect::<Vec<_>>())
        })
        .await;
        let read = read(&fake, 1..=200).await;
        assert_eq!(read_numbers(&read), (1..=200).collect::<Vec<i64>>(), "{status}");
        assert_eq!(fake.count(BY_ID), 7, "{status}: 200, 100, 50, 50, 100, 50, 50");
    }
}

#[tokio::test]
async fn an_order_that_is_refused_alone_is_reported_and_its_neighbours_are_read() {
    let fake = serve(|asked| {
        if asked.contains(&1) {
            return Reply::text(400, r#"{"Message":"cannot load"}"#);
        }
        list(&asked.iter().map(|number| order(*number)).collect::<Vec<_>>())
    })
    .await;
    let read = read(&fake, 1..=40).await;
    assert_eq!(read_numbers(&read), (2..=40).collect::<Vec<i64>>());
    assert_eq!(causes(&read).len(), 1);
    assert!(causes(&read)[0].1.contains("HTTP 400, \"cannot load\""));
}

#[tokio::test]
async fn when_every_order_is_refused_the_call_is_an_error_after_few_tries() {
    let fake = serve(|_| Reply::text(400, r#"{"Message":"The request is invalid."}"#)).await;
    let error = Bench::new(&fake)
        .source
        .read_orders(&headers(1..=200))
        .await
        .unwrap_err();
    assert_eq!(error.disposition, Disposition::Defect);
    assert!(fake.count(BY_ID) <= 15, "{}", fake.count(BY_ID));
}

#[tokio::test]
async fn a_failed_batch_fails_the_whole_reading() {
    let fake = serve(|asked| {
        if asked.contains(&201) {
            Reply::text(503, "")
        } else {
            list(&[order(1)])
        }
    })
    .await;
    let bench = Bench::with(&fake, |config| config.attempts_max = 2);
    let error = bench.source.read_orders(&headers(1..=201)).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Retry { after: None });
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_never_an_empty_list() {
    for body in ["", "null", "{}", r#""text""#, r#"{"Message":"x"}"#, "[", "[1"] {
        let fake = serve(move |_| Reply::text(200, body)).await;
        let bench = Bench::with(&fake, |config| config.attempts_max = 2);
        let error = bench.source.read_orders(&headers([1])).await.unwrap_err();
        assert!(error.is_transient(), "{body}");
        assert_eq!(fake.count(BY_ID), 2, "{body}");
    }
}

#[tokio::test]
async fn locations_are_named_with_one_more_call_and_only_where_needed() {
    let place = "7366e4bf-8b16-4f13-88a2-c74043e1c39c";
    let fake = Fake::start(move |call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        "Inventory/GetStockLocations" => {
            Reply::json(&json!([{"StockLocationId": place.to_uppercase(), "LocationName": "Berlin"}]))
        }
        _ => list(
            &asked_ids(call)
                .iter()
                .map(|number| located(*number, place))
                .collect::<Vec<_>>(),
        ),
    })
    .await;
    let bench = Bench::new(&fake);
    bench.source.read_orders(&headers([1])).await.unwrap();
    assert_eq!(fake.count("Inventory/GetStockLocations"), 0);
    let read = bench.source.read_orders(&headers([1, 2, 4])).await.unwrap();
    let names: Vec<Option<String>> = read
        .orders
        .iter()
        .filter_map(|order| match order {
            SourceOrder::Read(order) => Some(order.location_name.clone()),
            SourceOrder::Malformed { .. } => None,
        })
        .collect();
    assert_eq!(
        names,
        [
            Some("Default".to_owned()),
            Some("Berlin".to_owned()),
            Some("Berlin".to_owned())
        ]
    );
    assert_eq!(fake.count("Inventory/GetStockLocations"), 1);
}

/// Odd orders are at Default, even ones at another place.
fn located(number: u64, place: &str) -> String {
    let at = if number.is_multiple_of(2) {
        place
    } else {
        "00000000-0000-0000-0000-000000000000"
    };
    order(number).replace(
        "\"FulfilmentLocationId\": \"00000000-0000-0000-0000-000000000000\"",
        &format!("\"FulfilmentLocationId\": \"{at}\""),
    )
}

#[tokio::test]
async fn a_location_made_later_is_named_after_a_while_and_without_the_permission_none_is() {
    let reads = std::sync::atomic::AtomicUsize::new(0);
    let fake = Fake::start(move |call| match call.method.as_str() {
        AUTHORIZE => by_default(),
        "Inventory/GetStockLocations" => match reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Reply::text(403, ""),
            1 => Reply::json(&json!([])),
            _ => Reply::json(&json!([{"StockLocationId": id(9).to_string(), "LocationName": "New"}])),
        },
        _ => list(&[located(2, &id(9).to_string())]),
    })
    .await;
    let bench = Bench::new(&fake);
    let mut names = Vec::new();
    for _ in 0..5 {
        let read = bench.source.read_orders(&headers([2])).await.unwrap();
        if let SourceOrder::Read(order) = &read.orders[0] {
            names.push(order.location_name.clone());
        }
        bench.clock.advance(Duration::from_secs(500));
    }
    assert_eq!(names, [None, None, None, None, Some("New".to_owned())]);
    assert_eq!(fake.count("Inventory/GetStockLocations"), 3);
}
