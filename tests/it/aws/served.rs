//! The HTTP API of a deployed stack, through the emulator's gateway: every answer comes from the built function `api`.
//!
//! In: requests with the scopes that a token would have (the emulator has no authorizer; the function takes them from a header of the
//! tests only on a stack of tests). Out: documents in the books that nobody but the API asked for; answers that keep to the document at
//! /v1/openapi.json, as schemathesis (PyPI) judges.

use std::path::PathBuf;

use integration_tests::audit::Stage;
use integration_tests::world::{Seller, SellerOptions};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulators::time::SimulatedTime;

use super::speak::{root, variable};
use super::stack::{EVERY_MINUTE, NEVER, Options, Stack};

/// Orders of the test.
const ORDERS: u32 = 60;
/// Examples of each operation that schemathesis makes up.
const EXAMPLES: &str = "8";

/// A caller of the API.
struct Caller<'a> {
    stack: &'a Stack,
    client: reqwest::Client,
}

/// An answer.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Caller<'_> {
    async fn call(
        &self,
        (method, path): (Method, &str),
        scope: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.stack.api()));
        if !scope.is_empty() {
            request = request.header("x-linnbooks-test-scopes", format!("linnbooks/{scope}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer {
            status,
            headers,
            body,
        }
    }

    /// A GET that is answered with 200.
    async fn get(&self, path: &str) -> Value {
        let answer = self.call((Method::GET, path), "read", &[], None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// A POST under an idempotency key.
    async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let headers = [("idempotency-key", key)];
        self.call((Method::POST, path), "operate", &headers, Some(body))
            .await
    }
}

async fn open(seller: &Seller, name: &'static str) -> Stack {
    let options = Options {
        name,
        fetch: NEVER,
        sweep: EVERY_MINUTE,
        settings: false,
        judged: false,
    };
    Stack::deploy(seller, &options).await
}

async fn put_first_settings(caller: &Caller<'_>, seller: &Seller) {
    let body = json!({"text": seller.settings_text()});
    let first = [("if-none-match", "*")];
    let put = (Method::PUT, "/v1/settings");
    let answer = caller.call(put, "admin", &first, Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let version = answer.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(caller.get("/v1/settings").await["text"], body["text"]);
    let put = (Method::PUT, "/v1/settings");
    let outdated = caller
        .call(put, "admin", &[("if-match", "\"another\"")], Some(&body))
        .await;
    assert_eq!(outdated.status, 412, "{version} is in force: {}", outdated.body);
}

async fn refuse_without_scopes(caller: &Caller<'_>) {
    let body = json!({"text": ""});
    for (call, scope, status) in [
        ((Method::GET, "/v1/health"), "", 200),
        ((Method::GET, "/v1/openapi.json"), "", 200),
        ((Method::GET, "/v1/documents"), "", 401),
        ((Method::PUT, "/v1/settings"), "read", 403),
        ((Method::PUT, "/v1/settings"), "operate", 403),
        ((Method::GET, "/v1/nothing"), "admin", 404),
    ] {
        let path = call.1;
        let sent = (call.0 == Method::PUT).then_some(&body);
        let answer = caller.call(call, scope, &[], sent).await;
        assert_eq!(answer.status, status, "{path} as {scope:?}: {}", answer.body);
    }
}

/// Asks for all orders, twice under one key; returns when the run has finished.
async fn sync(caller: &Caller<'_>) {
    let first = caller.post("/v1/sync", "all", &json!({})).await;
    assert_eq!(first.status, 202, "{}", first.body);
    let again = caller.post("/v1/sync", "all", &json!({})).await;
    assert_eq!(again.body["run_id"], first.body["run_id"], "one key is one run");
    let other = caller
        .post("/v1/sync", "all", &json!({"orders": ["100001"]}))
        .await;
    assert_eq!(other.status, 422, "{}", other.body);
    let path = format!("/v1/runs/{}", first.body["run_id"].as_str().unwrap());
    caller
        .stack
        .wait("the run finishes", async || {
            let run = caller.get(&path).await;
            match run["state"].as_str() {
                Some("finished") => Ok(()),
                Some("failed") => panic!("{run}"),
                _ => Err(run.to_string()),
            }
        })
        .await;
}

/// A document of a state: its id and number.
async fn one_of(caller: &Caller<'_>, state: &str) -> (String, String) {
    let page = caller.get(&format!("/v1/documents?state={state}")).await;
    let document = &page["documents"][0];
    let text = |name: &str| {
        document[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {page}"))
            .to_owned()
    };
    (text("id"), text("number"))
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn orders_asked_for_through_the_http_api_are_posted_and_can_be_looked_at_and_resolved() {
    let options = SellerOptions {
        seed: 61,
        batch_documents_max: 30,
        ..SellerOptions::default()
    };
    let mut seller = Seller::open(options, SimulatedTime::new()).await;
    seller.add_orders(ORDERS);
    let stack = open(&seller, "served").await;
    let caller = Caller {
        stack: &stack,
        client: reqwest::Client::new(),
    };
    refuse_without_scopes(&caller).await;
    put_first_settings(&caller, &seller).await;
    sync(&caller).await;
    stack.wait_until_still().await;
    stack.audit(&seller, Stage::Ended).await;

    let (id, number) = one_of(&caller, "posted").await;
    let found = caller.get(&format!("/v1/documents?number={number}")).await;
    assert_eq!(found["documents"][0]["id"], id.as_str(), "{found}");
    let told = caller.get(&format!("/v1/documents/{id}")).await;
    assert!(told.to_string().contains(&number), "{told}");
    let preview = caller.get(&format!("/v1/preview/{number}")).await;
    assert!(preview.to_string().contains(&number), "{preview}");

    let path = format!("/v1/documents/{id}/resync");
    let first = caller.post(&path, "again", &json!({})).await;
    let again = caller.post(&path, "again", &json!({})).await;
    assert_eq!(first.status, 202, "{}", first.body);
    assert_eq!(first.body, again.body, "one key is one resync");

    let (held, _) = one_of(&caller, "held").await;
    let resolve = (Method::POST, format!("/v1/documents/{held}/resolve"));
    let reason = json!({"ignore": "not ours"});
    let resolved = caller
        .call((resolve.0, &resolve.1), "operate", &[], Some(&reason))
        .await;
    assert!(resolved.status.is_success(), "{}", resolved.body);
    stack.wait_until_still().await;
    stack.audit(&seller, Stage::Halfway).await;
    stack.recorder.keep_record("served").await;
}

/// The document without what the gateway's authorizer does, which the emulator lacks: tokens are another test's subject.
fn without_authorizer(mut document: Value) -> Value {
    if let Some(all) = document.as_object_mut() {
        all.remove("security");
    }
    if let Some(components) = document["components"].as_object_mut() {
        components.remove("securitySchemes");
    }
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for operation in paths.flat_map(|(_, path)| path.as_object_mut().into_iter().flatten()) {
        if let Some(operation) = operation.1.as_object_mut() {
            operation.remove("security");
        }
    }
    document
}

#[tokio::test]
#[ignore = "started by tests/aws/run, which builds the functions"]
async fn every_answer_of_the_served_api_keeps_to_its_openapi_document() {
    let seller = Seller::open(SellerOptions::default(), SimulatedTime::new()).await;
    let stack = open(&seller, "conforms").await;
    let caller = Caller {
        stack: &stack,
        client: reqwest::Client::new(),
    };
    put_first_settings(&caller, &seller).await;
    let directory = tempfile::tempdir().unwrap();
    let document = directory.path().join("openapi.json");
    let served = caller.get("/v1/openapi.json").await;
    std::fs::write(&document, without_authorizer(served).to_string()).unwrap();
    let mut command = tokio::process::Command::new(
        PathBuf::from(variable("LINNBOOKS_SCHEMATHESIS")).join("bin/schemathesis"),
    );
    let configuration = root().join("tests/aws/schemathesis.toml");
    command
        .args(["--config-file".as_ref(), configuration.as_os_str()])
        .args(["run".as_ref(), document.as_os_str()])
        .args(["--url", stack.api(), "--seed", "1", "--max-examples", EXAMPLES])
        .args(["--header", "x-linnbooks-test-scopes: linnbooks/admin"])
        .args(["--checks", "all", "--phases", "examples,coverage,fuzzing"])
        .args(["--request-timeout", "30", "--no-color"])
        .current_dir(directory.path());
    let output = command.output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}");
    assert!(output.status.success(), "schemathesis found something");
    stack.recorder.keep_record("conforms").await;
}
