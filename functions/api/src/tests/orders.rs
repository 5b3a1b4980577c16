//! Runs and documents.

use reqwest::Method;
use serde_json::json;

use super::ground::Ground;

#[tokio::test]
async fn a_sync_is_asked_for_once_however_often_its_request_is_repeated() {
    let ground = Ground::new(1).await;
    let body = json!({"orders": ["100001"]});
    let first = ground.post("/v1/sync", "monday", &body).await;
    assert_eq!(first.status, 202, "{first:?}");
    let again = ground.post("/v1/sync", "monday", &body).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let requests = ground.requests().await;
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(requests[0]["run_id"], first.body["run_id"]);
    let other = ground.post("/v1/sync", "monday", &json!({})).await;
    assert_eq!(other.status, 422, "{other:?}");
    let run = ground
        .get(&format!("/v1/runs/{}", first.body["run_id"].as_str().unwrap()))
        .await;
    assert_eq!(
        (&run.body["state"], &run.body["by"]),
        (&json!("requested"), &json!("api test"))
    );
}

#[tokio::test]
async fn two_requests_with_one_key_at_the_same_moment_make_one_run() {
    let ground = Ground::new(1).await;
    let body = json!({});
    let sent = (0..6).map(|_| ground.post("/v1/sync", "same", &body));
    let answers = futures_util::future::join_all(sent).await;
    let mut runs: Vec<&str> = answers
        .iter()
        .filter_map(|answer| answer.body["run_id"].as_str())
        .collect();
    runs.dedup();
    assert_eq!(runs.len(), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| [202, 409].contains(&answer.status.as_u16())),
        "{answers:?}"
    );
    assert_eq!(ground.requests().await.len(), 1);
}

#[tokio::test]
async fn runs_come_newest_first_page_by_page() {
    let ground = Ground::new(1).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let answer = ground
            .post("/v1/sync", &format!("key-{number}"), &json!({}))
            .await;
        ids.push(answer.body["run_id"].as_str().unwrap().to_owned());
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let mut seen = Vec::new();
    let mut path = "/v1/runs?limit=2".to_owned();
    loop {
        let page = ground.get(&path).await.body;
        let runs = page["runs"].as_array().unwrap();
        seen.extend(runs.iter().map(|run| run["run_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/runs?limit=2&before={next}");
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn documents_are_found_listed_and_explained_after_a_run() {
    let ground = Ground::new(6).await.with_settings().await;
    ground.run().await;
    let mut seen = 0;
    let mut path = "/v1/documents?limit=2".to_owned();
    loop {
        let page = ground.get(&path).await.body;
        seen += page["documents"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/documents?limit=2&cursor={next}");
    }
    assert_eq!(seen, ground.world.orders.len());
    let posted = ground.get("/v1/documents?state=posted").await.body;
    let one = &posted["documents"][0];
    let number = one["number"].as_str().unwrap();
    let found = ground.get(&format!("/v1/documents?number={number}")).await.body;
    assert_eq!(found["documents"].as_array().unwrap(), std::slice::from_ref(one));
    let story = ground
        .get(&format!("/v1/documents/{}", one["id"].as_str().unwrap()))
        .await
        .body;
    assert_eq!(&story["document"], one);
    assert!(!story["events"].as_array().unwrap().is_empty());
    let preview = ground.get(&format!("/v1/preview/{number}")).await;
    assert_eq!(preview.status, 200, "{preview:?}");
    assert_eq!(
        (&preview.body["plan"], &preview.body["differences"]),
        (&json!("post"), &json!([]))
    );
    assert_eq!(ground.get("/v1/preview/987654321").await.status, 422);
}

#[tokio::test]
async fn a_resync_looks_first_and_a_replacement_is_queued_for_the_functions() {
    let ground = Ground::new(2).await.with_settings().await;
    ground.run().await;
    let posted = ground.get("/v1/documents?state=posted").await.body;
    let id = posted["documents"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/documents/{id}/resync");
    let before = ground.quickbooks.books().transactions.len();
    let still = ground.post(&path, "look", &json!({})).await;
    assert_eq!(
        (still.status.as_u16(), &still.body["outcome"]),
        (202, &json!("still_posted")),
        "{still:?}"
    );
    let again = ground.post(&path, "anew", &json!({"replace": true})).await;
    assert_eq!(
        (again.status.as_u16(), &again.body["outcome"]),
        (202, &json!("queued")),
        "{again:?}"
    );
    let repeated = ground.post(&path, "anew", &json!({"replace": true})).await;
    assert_eq!(repeated.body, again.body);
    assert_eq!(
        ground.quickbooks.books().transactions.len(),
        before - 1,
        "removed once"
    );
    ground.run().await;
    assert_eq!(
        ground.quickbooks.books().transactions.len(),
        before,
        "and posted anew once"
    );
    let story = ground.get(&format!("/v1/documents/{id}")).await.body;
    let events = story["events"].as_array().unwrap();
    assert!(
        events.iter().any(|event| event["actor"] == "api test"),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_decision_that_does_not_fit_the_state_changes_nothing() {
    let ground = Ground::new(1).await.with_settings().await;
    ground.run().await;
    let posted = ground.get("/v1/documents").await.body;
    let id = posted["documents"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/documents/{id}/resolve");
    for body in [
        json!({"ignore": "a test order"}),
        json!({}),
        json!({"post": false}),
        json!({"post": true, "adopt": "7"}),
    ] {
        let answer = ground
            .send(Method::POST, &path, "operate", &[], Some(&body))
            .await;
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
    }
    assert_eq!(ground.get("/v1/documents").await.body, posted);
}
