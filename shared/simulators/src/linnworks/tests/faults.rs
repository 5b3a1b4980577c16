//! Checks of everything that can be made to go wrong.

use reqwest::{Error, Response};
use serde_json::{Value, json};

use super::super::{Fault, RandomFaults};
use super::Fixture;

async fn details(fixture: &Fixture) -> Result<Response, Error> {
    fixture
        .post("Orders/GetOrdersById")
        .json(&json!({ "pkOrderIds": [fixture.id(0)] }))
        .send()
        .await
}

async fn spoiled(fixture: &Fixture, fault: Fault) -> (u16, String) {
    fixture.simulator.fail_next("orders/getOrdersById", fault);
    let response = details(fixture).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_planned_fault_befalls_one_request_of_its_method() {
    let fixture = Fixture::start(2).await;
    fixture
        .simulator
        .fail_next("Orders/GetOrdersById", Fault::ServerError);
    fixture.search(json!({})).await;
    assert_eq!(details(&fixture).await.unwrap().status(), 500);
    assert_eq!(details(&fixture).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_transient_sql_time_out_is_a_400_with_its_text() {
    let fixture = Fixture::start(1).await;
    let (status, text) = spoiled(&fixture, Fault::SqlTimeout).await;
    assert_eq!(status, 400);
    assert!(text.contains("Connection Timeout Expired") && text.contains("pre-login handshake"));
}

#[tokio::test]
async fn statuses_come_in_their_envelopes() {
    let fixture = Fixture::start(1).await;
    let (status, text) = spoiled(&fixture, Fault::BadGatewayHtml).await;
    assert!(status == 502 && text.starts_with("<html>"));
    assert_eq!(spoiled(&fixture, Fault::WrongCluster).await, (404, String::new()));
    let (status, text) = spoiled(&fixture, Fault::Unauthorised).await;
    assert_eq!(
        (status, text.as_str()),
        (401, "{\"Code\":null,\"Message\":\"Token is wrong\"}")
    );
    assert_eq!(spoiled(&fixture, Fault::Forbidden).await.0, 403);
    let (status, text) = spoiled(&fixture, Fault::QuotaExceeded).await;
    assert_eq!(
        (status, text.as_str()),
        (
            429,
            "\"API calls quota exceeded! Maximum admitted 250 per Minute.\""
        )
    );
}

#[tokio::test]
async fn an_answer_can_be_empty_null_or_cut_short() {
    let fixture = Fixture::start(1).await;
    assert_eq!(spoiled(&fixture, Fault::EmptyBody).await, (200, String::new()));
    assert_eq!(spoiled(&fixture, Fault::NullBody).await, (200, "null".to_owned()));
    let (status, text) = spoiled(&fixture, Fault::TruncatedJson).await;
    assert!(status == 200 && text.starts_with("[{"));
    assert!(serde_json::from_str::<Value>(&text).is_err());
}

#[tokio::test]
async fn a_dropped_connection_gives_no_answer_but_is_counted() {
    let fixture = Fixture::start(1).await;
    // A client may repeat by itself a request that a kept-alive connection lost; plan enough drops for that.
    for _ in 0..4 {
        fixture.simulator.fail_next("", Fault::DroppedConnection);
    }
    assert!(details(&fixture).await.is_err());
    assert!(fixture.simulator.counters().get_orders_by_id >= 1);
}

#[tokio::test]
async fn a_body_can_break_off_with_its_connection() {
    let fixture = Fixture::start(1).await;
    fixture.simulator.fail_next("", Fault::BrokenBody);
    let response = details(&fixture).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.is_err());
    assert_eq!(details(&fixture).await.unwrap().status(), 200);
}

#[tokio::test]
async fn random_faults_repeat_with_their_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let fixture = Fixture::start(1).await;
        fixture.simulator.set_switches(|switches| {
            let kinds = vec![Fault::ServerError, Fault::SqlTimeout];
            switches.random_faults = Some(RandomFaults {
                seed: 3,
                per_mille: 300,
                kinds,
                spare_authentication: true,
            });
        });
        let mut statuses = Vec::new();
        for _ in 0..60 {
            statuses.push(details(&fixture).await.unwrap().status().as_u16());
        }
        assert_eq!(fixture.authorize().await.0, 200);
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    let failed = runs[0].iter().filter(|status| **status != 200).count();
    assert!((8..30).contains(&failed), "{failed}");
}

#[tokio::test]
async fn an_action_can_be_planned_for_a_request() {
    let fixture = Fixture::start(3).await;
    let id = fixture.id(0);
    fixture.simulator.on_request(2, move |account| {
        account.cancel_order(&id);
    });
    let cancelled = |answer: Value| answer[0]["GeneralInfo"]["HoldOrCancel"] == true;
    let first: Value = details(&fixture).await.unwrap().json().await.unwrap();
    let second: Value = details(&fixture).await.unwrap().json().await.unwrap();
    assert_eq!((cancelled(first), cancelled(second)), (false, true));
}

#[tokio::test]
async fn other_verbs_and_methods_are_not_found() {
    let fixture = Fixture::start(1).await;
    assert_eq!(
        fixture.get("Orders/NoSuchMethod").send().await.unwrap().status(),
        404
    );
    let put = fixture
        .http
        .put(fixture.url("Orders/GetOrdersById"))
        .header("Authorization", &fixture.token);
    assert_eq!(put.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_malformed_body_is_counted_and_can_fail_under_its_method() {
    let fixture = Fixture::start(1).await;
    let broken = || fixture.post("Orders/GetOrdersById").body("{").send();
    assert_eq!(broken().await.unwrap().status(), 400);
    fixture
        .simulator
        .fail_next("Orders/GetOrdersById", Fault::ServerError);
    assert_eq!(broken().await.unwrap().status(), 500);
    assert_eq!(fixture.simulator.counters().get_orders_by_id, 2);
}
