//! Discovery, tokens, revocation (quickbooks-online.md 1).

use std::time::Duration;

use serde_json::Value;
use simulators::quickbooks_online::{PreviousTokenGrace, TokenRotation};

use crate::client::Company;

#[tokio::test]
async fn the_discovery_document_points_at_this_server() {
    let company = Company::united_kingdom().await;
    let base = company.simulator.address();
    let url = format!("{base}/.well-known/openid_configuration");
    let body: Value = company.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(body["token_endpoint"], format!("{base}/oauth2/v1/tokens/bearer"));
    assert_eq!(
        body["revocation_endpoint"],
        format!("{base}/v2/oauth2/tokens/revoke")
    );
}

#[tokio::test]
async fn the_refresh_token_keeps_its_value_for_a_day_and_then_the_old_value_is_dead() {
    let company = Company::united_kingdom().await;
    let (_, first) = company.token_call("RT1").await;
    assert_eq!(first["refresh_token"], "RT1");
    assert_eq!(first["expires_in"], 3600);
    company.time.advance(Duration::from_secs(25 * 3600));
    let (_, second) = company.token_call("RT1").await;
    assert_ne!(second["refresh_token"], "RT1");
    let (status, refused) = company.token_call("RT1").await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")));
    let (status, _) = company
        .token_call(second["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_rotated_token_works_within_its_grace_by_switch() {
    let company = Company::united_kingdom().await;
    company.simulator.set_switches(|switches| {
        switches.token_rotation = TokenRotation::EveryRefresh;
        switches.previous_token_grace = PreviousTokenGrace::Hours(24);
    });
    let current = company.simulator.credentials().refresh_token;
    let (_, rotated) = company.token_call(&current).await;
    assert_ne!(rotated["refresh_token"].as_str(), Some(current.as_str()));
    assert_eq!(company.token_call(&current).await.0, 200);
    company.time.advance(Duration::from_secs(25 * 3600));
    assert_eq!(company.token_call(&current).await.0, 400);
}

#[tokio::test]
async fn an_expired_access_token_gets_the_lower_case_envelope_with_a_numeric_time() {
    let company = Company::united_kingdom().await;
    company.time.advance(Duration::from_secs(3601));
    let (status, body) = company.get("companyinfo/1").await;
    assert_eq!(status, 401);
    assert_eq!(body["fault"]["error"][0]["code"], "3200");
    assert!(body["time"].is_i64());
    assert_eq!(company.simulator.counters().unauthorized_401, 1);
}

#[tokio::test]
async fn another_company_is_refused_with_3100() {
    let company = Company::united_kingdom().await;
    let url = format!("{}/v3/company/123/companyinfo/123", company.simulator.address());
    let (status, text) = company.send(company.http.get(url)).await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, body["fault"]["error"][0]["code"].as_str()),
        (403, Some("3100"))
    );
}

#[tokio::test]
async fn revoking_either_token_kills_both() {
    let mut company = Company::united_kingdom().await;
    let credentials = company.simulator.credentials();
    let answer = company
        .http
        .post(format!("{}/v2/oauth2/tokens/revoke", company.simulator.address()))
        .basic_auth(credentials.client_id, Some(credentials.client_secret))
        .json(&serde_json::json!({"token": company.token}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(company.get("companyinfo/1").await.0, 401);
    assert_eq!(company.token_call("RT1").await.0, 400);
    company.simulator.reconnect();
    company.refresh().await;
    assert_eq!(company.get("companyinfo/1").await.0, 200);
}

#[tokio::test]
async fn a_wrong_client_secret_is_invalid_client() {
    let company = Company::united_kingdom().await;
    let answer = company
        .http
        .post(format!("{}/oauth2/v1/tokens/bearer", company.simulator.address()))
        .basic_auth("cid", Some("wrong"))
        .form(&[("grant_type", "refresh_token"), ("refresh_token", "RT1")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_client");
}

#[tokio::test]
async fn the_authorize_page_hands_out_a_code_that_works_once() {
    let company = Company::united_kingdom().await;
    let base = company.simulator.address();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let query = [
        ("client_id", "cid"),
        ("redirect_uri", "http://localhost/cb"),
        ("state", "a b"),
        ("response_type", "code"),
        ("scope", "com.intuit.quickbooks.accounting"),
    ];
    let answer = http
        .get(format!("{base}/connect/oauth2"))
        .query(&query)
        .send()
        .await
        .unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(
        location.contains("state=a%20b") && location.contains("realmId="),
        "{location}"
    );
    let code = location
        .split("code=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let exchange = || {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "http://localhost/cb"),
        ];
        http.post(format!("{base}/oauth2/v1/tokens/bearer"))
            .basic_auth("cid", Some("secret"))
            .form(&form)
            .send()
    };
    assert_eq!(exchange().await.unwrap().status().as_u16(), 200);
    assert_eq!(exchange().await.unwrap().status().as_u16(), 400);
}
