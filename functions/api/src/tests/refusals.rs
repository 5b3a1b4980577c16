//! What the API refuses, and how it says so; the document that describes it.

use std::time::Duration;

use axum::Router;
use axum::routing::{MethodRouter, get};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::ground::Ground;
use crate::openapi::Document;

#[tokio::test]
async fn every_route_but_the_public_ones_needs_its_scope() {
    let ground = Ground::new(1).await;
    let document = serde_json::to_value(Document::openapi()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let is_public = operation["security"] == json!([{}]);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path
                .replace("{id}", "order:x")
                .replace("{run_id}", "x")
                .replace("{number}", "1")
                .replace("{version}", "x");
            let without = ground
                .send(method.clone(), &path, "", &[], Some(&json!({})))
                .await;
            let expected = if is_public { 200 } else { 401 };
            assert_eq!(without.status, expected, "{method} {path}: {without:?}");
            let foreign = ground
                .send(method.clone(), &path, "nothing", &[], Some(&json!({})))
                .await;
            assert_eq!(
                foreign.status,
                if is_public { 200 } else { 403 },
                "{method} {path}"
            );
            if method != Method::GET && path != "/v1/rules/check" {
                let reader = ground
                    .send(method.clone(), &path, "read", &[], Some(&json!({})))
                    .await;
                assert_eq!(reader.status, 403, "{method} {path}: {reader:?}");
            }
        }
    }
}

#[tokio::test]
async fn refusals_are_problems_with_a_stable_name() {
    let ground = Ground::new(1).await;
    let long = "x".repeat(5 * 1024 * 1024);
    let large = format!("{{\"text\": \"{long}\"}}");
    let json = "application/json";
    let cases = [
        (Method::GET, "/v1/nothing", json, "", 404),
        (Method::DELETE, "/v1/settings", json, "", 405),
        (Method::POST, "/v1/sync", "text/plain", "{}", 415),
        (Method::POST, "/v1/sync", json, "{", 400),
        (Method::POST, "/v1/sync", json, r#"{"sinc": 1}"#, 422),
        (Method::POST, "/v1/sync", json, r#"{"orders": [""]}"#, 422),
        (Method::PUT, "/v1/rules", json, large.as_str(), 413),
        (Method::GET, "/v1/documents?stat=held", json, "", 400),
        (Method::GET, "/v1/settings?version=1", json, "", 400),
        (Method::GET, "/v1/documents?number=1&cursor=zz", json, "", 400),
        (Method::GET, "/v1/documents?state=lost", json, "", 400),
        (Method::GET, "/v1/documents?cursor=zz", json, "", 400),
        (Method::GET, "/v1/runs?limit=0", json, "", 400),
        (Method::GET, "/v1/runs/none", json, "", 404),
        (Method::GET, "/v1/documents/order:none", json, "", 404),
        (Method::GET, "/v1/preview/1", json, "", 409),
    ];
    for (method, path, content_type, body, status) in cases {
        let answer = ground
            .send_raw(method.clone(), path, content_type, body.into())
            .await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(answer.content_type, "application/problem+json", "{method} {path}");
        assert_eq!(answer.body["status"], status, "{method} {path}");
        assert!(
            answer.body["type"]
                .as_str()
                .unwrap()
                .starts_with("urn:linnbooks:problem:")
        );
    }
    let without_key = ground
        .send(Method::POST, "/v1/sync", "operate", &[], Some(&json!({})))
        .await;
    assert_eq!(without_key.status, 400, "{without_key:?}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    let keys = prop_oneof![
        Just("since"),
        Just("until"),
        Just("orders"),
        Just("text"),
        Just("replace"),
        Just("adopt"),
        Just("post"),
        Just("other")
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(keys.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[tokio::test]
async fn no_body_makes_the_api_fail() {
    let ground = Ground::new(1).await;
    let mut runner = TestRunner::deterministic();
    let paths = [
        (Method::POST, "/v1/sync"),
        (Method::POST, "/v1/rules/check"),
        (Method::PUT, "/v1/rules"),
        (Method::PUT, "/v1/settings"),
        (
            Method::POST,
            "/v1/documents/order:00000000-0000-0000-0000-000000000001/resync",
        ),
        (
            Method::POST,
            "/v1/documents/order:00000000-0000-0000-0000-000000000001/resolve",
        ),
    ];
    for _ in 0..60 {
        let body = any_json().new_tree(&mut runner).unwrap().current().to_string();
        for (method, path) in &paths {
            let answer = ground
                .send_raw(
                    method.clone(),
                    path,
                    "application/json",
                    body.clone().into_bytes(),
                )
                .await;
            assert!(
                answer.status.as_u16() < 500,
                "{method} {path} with {body}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_served_document_describes_every_route() {
    let ground = Ground::new(1).await;
    let served = ground.send(Method::GET, "/v1/openapi.json", "", &[], None).await;
    assert_eq!(served.body["openapi"], "3.1.0");
    let source = concat!(
        include_str!("../routes/mod.rs"),
        include_str!("../connections/mod.rs")
    );
    let routes: Vec<&str> = source
        .split(".route(")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    assert!(
        routes.len() > 20,
        "the routes are read from the routers' own lines"
    );
    for route in routes {
        // What a browser follows is not called by programs.
        let is_browsers = route.ends_with("/start") || route.ends_with("/callback");
        assert!(
            served.body["paths"][route].is_object() != is_browsers,
            "{route} is not described, or should not be"
        );
    }
}

#[test]
fn the_document_is_the_one_that_was_reviewed() {
    insta::assert_json_snapshot!(Document::openapi());
}

/// An address that answers with what holds for every request.
async fn serve(handler: MethodRouter, limit: Duration) -> String {
    let router = crate::routes::watched(Router::new().route("/v1/odd", handler), limit);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/v1/odd")
}

#[tokio::test]
async fn a_panic_fails_its_request_alone() {
    let handler = get(|| async {
        if true {
            panic!("jane@example.com")
        }
    });
    let address = serve(handler, Duration::from_secs(25)).await;
    for _ in 0..2 {
        let response = reqwest::get(&address).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = response.text().await.unwrap();
        assert!(
            body.contains("urn:linnbooks:problem:defect") && !body.contains("jane"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_told_to_come_again() {
    let address = serve(get(std::future::pending::<()>), Duration::from_millis(20)).await;
    let response = reqwest::get(&address).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "60");
    let body = response.text().await.unwrap();
    assert!(body.contains("urn:linnbooks:problem:too-slow"), "{body}");
}
