//! Checks of authentication, sessions and quotas.

use std::time::Duration;

use serde_json::json;

use super::super::{AccountState, QuotaBody};
use super::{Fixture, answer};

#[tokio::test]
async fn authentication_answers_the_server_and_the_life_of_the_session() {
    let fixture = Fixture::start(1).await;
    let (_, session) = fixture.authorize().await;
    assert_eq!(session["Server"], fixture.simulator.address());
    assert_eq!(
        (&session["TTL"], &session["Locality"]),
        (&json!(3600), &json!("EU"))
    );
    assert_eq!(session["Status"]["State"], "AVAILABLE");
    assert_ne!(session["Token"], json!(fixture.token));
}

#[tokio::test]
async fn authentication_accepts_forms_and_names_in_any_case() {
    let fixture = Fixture::start(1).await;
    let url = fixture.url("Auth/AuthorizeByApplication");
    let known = fixture.simulator.credentials();
    let flat = [
        ("applicationId", known.application_id.to_uppercase()),
        ("APPLICATIONSECRET", known.application_secret.clone()),
        ("token", known.token.clone()),
        ("surplus", "ignored".to_owned()),
    ];
    assert_eq!(answer(fixture.http.post(&url).form(&flat)).await.0, 200);
    let wrapped = [("request", fixture.secrets().to_string())];
    assert_eq!(answer(fixture.http.post(&url).form(&wrapped)).await.0, 200);
}

#[tokio::test]
async fn a_wrong_secret_is_answered_400_not_401() {
    let fixture = Fixture::start(1).await;
    for name in ["ApplicationId", "ApplicationSecret", "Token"] {
        let mut secrets = fixture.secrets();
        secrets[name] = json!("00000000-1111-2222-3333-444444444444");
        let (status, body) = answer(
            fixture
                .http
                .post(fixture.url("Auth/AuthorizeByApplication"))
                .json(&secrets),
        )
        .await;
        assert_eq!(status, 400, "{name}");
        assert!(body["Message"].is_string() && body["Code"].is_null());
    }
}

#[tokio::test]
async fn the_raw_token_is_needed_and_a_bearer_prefix_refused() {
    let fixture = Fixture::start(1).await;
    let url = fixture.url("Inventory/GetStockLocations");
    let with = |value: String| fixture.http.get(&url).header("Authorization", value);
    assert_eq!(answer(with(fixture.token.clone())).await.0, 200);
    assert_eq!(answer(with(format!("Bearer {}", fixture.token))).await.0, 401);
    assert_eq!(answer(fixture.http.get(&url)).await.0, 401);
    assert_eq!(fixture.simulator.counters().answered_401, 2);
}

#[tokio::test]
async fn a_session_ends_after_its_ttl_of_simulated_time() {
    let mut fixture = Fixture::start(1).await;
    fixture
        .simulator
        .set_switches(|switches| switches.session_ttl_seconds = Some(120));
    fixture.open_session().await;
    fixture.time.advance(Duration::from_secs(110));
    assert_eq!(answer(fixture.get("Auth/Ping")).await.0, 200);
    fixture.time.advance(Duration::from_secs(20));
    assert_eq!(answer(fixture.get("Auth/Ping")).await.0, 401);
    fixture.open_session().await;
    assert_eq!(answer(fixture.get("Auth/Ping")).await.0, 200);
}

#[tokio::test]
async fn ttl_state_and_server_can_be_switched() {
    let fixture = Fixture::start(1).await;
    fixture.simulator.set_switches(|switches| {
        switches.session_ttl_seconds = None;
        switches.account_state = AccountState::LockedFull;
        switches.server = Some("https://linnworks.example.com.evil.test".to_owned());
    });
    let (_, session) = fixture.authorize().await;
    assert!(session.get("TTL").is_none());
    assert_eq!(session["Status"]["State"], "LOCKED_FULL");
    assert_eq!(session["Server"], "https://linnworks.example.com.evil.test");
}

#[tokio::test]
async fn expired_sessions_can_be_renewed_and_a_revoked_install_cannot() {
    let mut fixture = Fixture::start(1).await;
    fixture.simulator.expire_sessions();
    assert_eq!(answer(fixture.get("Auth/GetServerUTCTime")).await.0, 401);
    fixture.open_session().await;
    assert_eq!(answer(fixture.get("Auth/GetServerUTCTime")).await.0, 200);
    fixture.simulator.revoke_install();
    assert_eq!(answer(fixture.get("Auth/GetServerUTCTime")).await.0, 401);
    assert_eq!(fixture.authorize().await.0, 400);
}

#[tokio::test]
async fn the_151st_search_in_a_minute_is_refused_and_the_next_minute_is_not() {
    let fixture = Fixture::start(1).await;
    let past_the_minute = 60 - fixture.time.now().as_second().rem_euclid(60);
    fixture
        .time
        .advance(Duration::from_secs(past_the_minute.unsigned_abs()));
    let body = json!({ "request": { "PageNumber": 1 } });
    let search = || {
        fixture
            .post("ProcessedOrders/SearchProcessedOrders")
            .json(&body)
            .send()
    };
    for _ in 0..150 {
        assert_eq!(search().await.unwrap().status(), 200);
    }
    let refused = search().await.unwrap();
    assert_eq!(refused.status(), 429);
    let seconds: u64 = refused.headers()["Retry-After"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(
        refused.text().await.unwrap(),
        "\"API calls quota exceeded! Maximum admitted 150 per Minute.\""
    );
    let details = json!({ "pkOrderIds": [] });
    assert_eq!(
        fixture.call("Orders/GetOrdersById", details).await.0,
        200,
        "each method has its own quota"
    );
    fixture.simulator.set_switches(|switches| {
        switches.quota_body = QuotaBody::Object;
        switches.retry_after = false;
    });
    let refused = search().await.unwrap();
    assert!(!refused.headers().contains_key("Retry-After"));
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .starts_with("{\"Message\":\"API calls quota")
    );
    fixture.time.advance(Duration::from_secs(seconds));
    assert_eq!(search().await.unwrap().status(), 200);
    assert_eq!(fixture.simulator.counters().answered_429, 2);
}

#[tokio::test]
async fn quotas_can_be_switched_off() {
    let fixture = Fixture::start(1).await;
    fixture
        .simulator
        .set_switches(|switches| switches.rate_limits = false);
    for _ in 0..300 {
        assert_eq!(answer(fixture.get("Auth/Ping")).await.0, 200);
    }
    assert_eq!(fixture.simulator.counters().auth, 300);
}

#[tokio::test]
async fn every_request_is_counted_under_one_heading() {
    let fixture = Fixture::start(3).await;
    fixture.authorize().await;
    fixture.search(json!({})).await;
    fixture
        .call("Orders/GetOrdersById", json!({ "pkOrderIds": [fixture.id(0)] }))
        .await;
    answer(fixture.get("Inventory/GetSuppliers")).await;
    answer(fixture.get("Nothing/Here")).await;
    let counters = fixture.simulator.counters();
    let parts = (
        counters.auth,
        counters.search,
        counters.get_orders_by_id,
        counters.others,
    );
    assert_eq!((counters.total, parts), (5, (1, 1, 1, 2)));
    fixture.simulator.reset_counters();
    assert_eq!(fixture.simulator.counters().total, 0);
}

#[tokio::test]
async fn nobody_answers_after_shutdown() {
    let fixture = Fixture::start(1).await;
    let url = fixture.url("Auth/Ping");
    assert_eq!(fixture.http.get(&url).send().await.unwrap().status(), 401);
    fixture.simulator.shutdown().await;
    assert!(fixture.http.get(&url).send().await.is_err());
}

#[tokio::test]
async fn dropping_a_simulator_stops_it_and_credentials_are_not_printed() {
    let fixture = Fixture::start(1).await;
    let url = fixture.url("Auth/Ping");
    assert_eq!(
        format!("{:?}", fixture.simulator.credentials()),
        "Credentials(..)"
    );
    drop(fixture.simulator);
    tokio::task::yield_now().await;
    assert!(fixture.http.get(&url).send().await.is_err());
}
