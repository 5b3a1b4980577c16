//! Connecting, over real HTTP, with a browser that keeps its cookie and an authorization server that means it.

use jiff::Timestamp;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, redirect};
use serde_json::json;
use simulators::quickbooks_online::{FaultKind, FaultTarget, PersonDecision};
use stack::{account, company};

use super::ground::Ground;

const CONNECT: &str = "/v1/connections/quickbooks";

/// A browser that follows no redirect by itself.
struct Browser(Client);

/// An answer to a browser.
#[derive(Debug)]
struct Seen {
    status: u16,
    location: String,
    cookie: String,
    text: String,
}

impl Browser {
    fn new() -> Self {
        let builder = Client::builder().redirect(redirect::Policy::none()).no_proxy();
        Self(builder.build().unwrap())
    }

    async fn open(&self, url: &str, cookie: &str) -> Seen {
        let mut request = self.0.get(url);
        if !cookie.is_empty() {
            request = request.header(COOKIE, cookie);
        }
        let response = request.send().await.unwrap();
        let header = |name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        let (location, cookie) = (header(LOCATION), header(SET_COOKIE));
        let status = response.status().as_u16();
        Seen {
            status,
            location,
            cookie,
            text: response.text().await.unwrap(),
        }
    }
}

/// A stack whose app is known and whose company is not.
async fn unconnected() -> Ground {
    let ground = Ground::new(1).await.with_settings().await;
    let path = format!("{CONNECT}?forget_company=true");
    let answer = ground.send(Method::DELETE, &path, "admin", &[], None).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["was_connected"]),
        (200, &json!(true)),
        "{answer:?}"
    );
    ground
}

/// From the API to the callback's address and the cookie of the browser.
async fn consent(ground: &Ground, browser: &Browser) -> (String, String) {
    let answer = ground.send(Method::POST, CONNECT, "admin", &[], None).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let start = browser.open(answer.body["start_url"].as_str().unwrap(), "").await;
    assert_eq!(start.status, 302, "{start:?}");
    for part in ["__Host-", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(start.cookie.contains(part), "{}", start.cookie);
    }
    let cookie = start.cookie.split(';').next().unwrap().to_owned();
    let intuit = browser.open(&start.location, "").await;
    assert_eq!(intuit.status, 302, "{intuit:?}");
    assert!(
        intuit
            .location
            .starts_with(&format!("{}{CONNECT}/callback?", ground.address))
    );
    (intuit.location, cookie)
}

async fn connect(ground: &Ground, browser: &Browser) -> Seen {
    let (callback, cookie) = consent(ground, browser).await;
    browser.open(&callback, &cookie).await
}

async fn state(ground: &Ground) -> String {
    let answer = ground.get("/v1/connections").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["quickbooks"]["state"].as_str().unwrap().to_owned()
}

async fn proof(ground: &Ground) -> Result<(), String> {
    let settings = ground.stack.settings().await.unwrap().unwrap();
    let books = company::open(&ground.stack, &settings)
        .await
        .map_err(|error| error.to_string())?;
    books.prove().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_person_connects_a_company_and_no_answer_shows_a_secret() {
    let (ground, browser) = (unconnected().await, Browser::new());
    assert_eq!(state(&ground).await, "disconnected");
    assert!(proof(&ground).await.is_err());
    let page = connect(&ground, &browser).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("QuickBooks is connected") && page.cookie.contains("Max-Age=0"));
    let shown = ground.get("/v1/connections").await.body;
    let quickbooks = &shown["quickbooks"];
    let credentials = ground.quickbooks.credentials();
    assert_eq!(quickbooks["state"], "connected");
    assert_eq!(quickbooks["company"], credentials.realm_id.as_str());
    let since: Timestamp = quickbooks["since"].as_str().unwrap().parse().unwrap();
    let ends: Timestamp = quickbooks["ends_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(ends.duration_since(since).as_secs(), 8_726_400);
    proof(&ground).await.unwrap();
    for text in [page.text, shown.to_string()] {
        for secret in [&credentials.refresh_token, &credentials.client_secret] {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
    }
    let pin = ground.stack.store().pin_of("quickbooks").await.unwrap().unwrap();
    assert_eq!(pin.by, "api test");
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_began() {
    let (ground, browser) = (unconnected().await, Browser::new());
    let (callback, cookie) = consent(&ground, &browser).await;
    let wrong_state = callback.replace("state=", "state=0");
    assert_eq!(browser.open(&wrong_state, &cookie).await.status, 410);
    let foreign = browser.open(&callback, "__Host-linnbooks-connect=stolen").await;
    assert_eq!(foreign.status, 403, "{foreign:?}");
    // Shown to another browser, the state is worth nothing any more.
    assert_eq!(browser.open(&callback, &cookie).await.status, 410);
    assert_eq!(state(&ground).await, "disconnected");

    let (callback, cookie) = consent(&ground, &browser).await;
    let (one, other) = tokio::join!(browser.open(&callback, &cookie), browser.open(&callback, &cookie));
    let mut both = [one.status, other.status];
    both.sort_unstable();
    assert_eq!(both, [200, 410]);
    assert_eq!(browser.open(&callback, &cookie).await.status, 410);
    // A second exchange would have ended the tokens of the first.
    proof(&ground).await.unwrap();
}

#[tokio::test]
async fn an_address_opens_once_and_in_time_and_is_not_used_up_by_a_look_at_its_head() {
    let (ground, browser) = (unconnected().await, Browser::new());
    let answer = ground.send(Method::POST, CONNECT, "admin", &[], None).await;
    let start = answer.body["start_url"].as_str().unwrap().to_owned();
    assert_eq!(browser.0.head(&start).send().await.unwrap().status(), 405);
    assert_eq!(browser.open(&start, "").await.status, 302);
    assert_eq!(browser.open(&start, "").await.status, 410);
    let past = ground.stack.clock().now() - jiff::SignedDuration::from_secs(1);
    ground
        .stack
        .store()
        .put_once("ticket late", r#"{"by":"api test"}"#, past)
        .await
        .unwrap();
    let late = browser
        .open(&format!("{}{CONNECT}/start?ticket=late", ground.address), "")
        .await;
    assert_eq!((late.status, late.cookie.as_str()), (410, ""));
    for scope in ["read", "operate"] {
        assert_eq!(
            ground.send(Method::POST, CONNECT, scope, &[], None).await.status,
            403
        );
        assert_eq!(
            ground
                .send(Method::DELETE, CONNECT, scope, &[], None)
                .await
                .status,
            403
        );
    }
}

#[tokio::test]
async fn another_company_than_the_pinned_one_is_refused_before_its_code_is_used() {
    let (ground, browser) = (unconnected().await, Browser::new());
    let realm = format!("realmId={}", ground.quickbooks.credentials().realm_id);
    // A company that the tokens are not good for is never pinned.
    let (callback, cookie) = consent(&ground, &browser).await;
    let page = browser
        .open(&callback.replace(&realm, "realmId=1234567890"), &cookie)
        .await;
    assert_eq!(page.status, 502, "{page:?}");
    assert_eq!(ground.stack.store().pin_of("quickbooks").await.unwrap(), None);

    assert_eq!(connect(&ground, &browser).await.status, 200);
    let (callback, cookie) = consent(&ground, &browser).await;
    let page = browser
        .open(&callback.replace(&realm, "realmId=1234567890"), &cookie)
        .await;
    assert_eq!(page.status, 409, "{page:?}");
    assert!(page.text.contains("another company") && page.text.contains("forget_company"));
    proof(&ground).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_and_a_cancelled_consent_are_said_and_the_next_try_connects() {
    let (ground, browser) = (unconnected().await, Browser::new());
    let lose = FaultKind::CommitThenDropConnection;
    ground
        .quickbooks
        .set_switches(|switches| switches.strike_next(lose, FaultTarget::Token));
    let page = connect(&ground, &browser).await;
    assert_eq!(page.status, 502, "{page:?}");
    assert!(page.text.contains("was lost") && page.text.contains("POST /v1/connections/quickbooks"));
    ground
        .quickbooks
        .set_switches(|switches| switches.person = PersonDecision::Cancels);
    let page = connect(&ground, &browser).await;
    assert!(page.text.contains("cancelled"), "{page:?}");
    assert_eq!(state(&ground).await, "disconnected");
    ground
        .quickbooks
        .set_switches(|switches| switches.person = PersonDecision::Allows);
    assert_eq!(connect(&ground, &browser).await.status, 200);
    assert_eq!(state(&ground).await, "connected");
}

#[tokio::test]
async fn the_end_of_a_connection_ends_its_tokens_and_keeps_the_company_unless_told_otherwise() {
    let (ground, browser) = (unconnected().await, Browser::new());
    assert_eq!(connect(&ground, &browser).await.status, 200);
    let answer = ground.send(Method::DELETE, CONNECT, "admin", &[], None).await;
    assert_eq!(answer.body, json!({ "was_connected": true }));
    assert_eq!(
        ground.quickbooks.credentials().refresh_token,
        "",
        "the token lives on at Intuit"
    );
    let shown = ground.get("/v1/connections").await.body;
    assert_eq!(shown["quickbooks"]["state"], "disconnected");
    assert_eq!(
        shown["quickbooks"]["company"],
        ground.quickbooks.credentials().realm_id.as_str()
    );
    assert!(proof(&ground).await.unwrap_err().contains("not connected"));
    assert_eq!(connect(&ground, &browser).await.status, 200);
    proof(&ground).await.unwrap();
}

#[tokio::test]
async fn a_token_of_linnworks_is_tried_before_it_is_kept() {
    let ground = Ground::new(1).await.with_settings().await;
    let path = "/v1/connections/linnworks";
    let wrong = json!({ "token": "5e11e7a1-canary" });
    let answer = ground.send(Method::PUT, path, "admin", &[], Some(&wrong)).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(!format!("{answer:?}").contains("5e11e7a1-canary"), "{answer:?}");
    let settings = ground.stack.settings().await.unwrap().unwrap();
    account::open(&ground.stack, &settings)
        .await
        .unwrap()
        .sign_in()
        .await
        .unwrap();
    assert_eq!(
        ground.get("/v1/connections").await.body["linnworks"].get("since"),
        None
    );
    let right = json!({ "token": ground.linnworks.credentials().token });
    let answer = ground.send(Method::PUT, path, "admin", &[], Some(&right)).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    let shown = ground.get("/v1/connections").await.body;
    assert_eq!(shown["linnworks"]["state"], "connected");
    assert!(shown["linnworks"]["since"].is_string());
    assert_eq!(
        ground
            .send(Method::PUT, path, "operate", &[], Some(&right))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn the_keys_of_the_app_are_given_without_the_console_of_aws() {
    let (ground, browser) = (unconnected().await, Browser::new());
    let path = format!("{CONNECT}/app");
    let wrong = json!({ "client_id": ground.quickbooks.credentials().client_id, "client_secret": "wrong" });
    let answer = ground.send(Method::PUT, &path, "admin", &[], Some(&wrong)).await;
    assert_eq!(
        answer.body["redirect_url"],
        format!("{}{CONNECT}/callback", ground.address)
    );
    let page = connect(&ground, &browser).await;
    assert_eq!(page.status, 409, "{page:?}");
    let credentials = ground.quickbooks.credentials();
    let right = json!({ "client_id": credentials.client_id, "client_secret": credentials.client_secret });
    assert_eq!(
        ground
            .send(Method::PUT, &path, "admin", &[], Some(&right))
            .await
            .status,
        200
    );
    assert_eq!(connect(&ground, &browser).await.status, 200);
}
