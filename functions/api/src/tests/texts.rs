//! Settings and rules.

use reqwest::Method;
use serde_json::{Value, json};

use super::ground::{Answer, Ground};

const RULES: &str = "rules:\n  - name: One\n    when: { field: source, equals: amazon }\n    then: [{ map_number_prefix: AZ- }]\n";

async fn put(ground: &Ground, path: &str, text: &str, precondition: (&str, &str)) -> Answer {
    let body = json!({ "text": text });
    ground
        .send(Method::PUT, path, "admin", &[precondition], Some(&body))
        .await
}

#[tokio::test]
async fn settings_follow_only_the_version_that_their_writer_looked_at() {
    let ground = Ground::new(1).await;
    let missing = ground.get("/v1/settings").await;
    assert_eq!(missing.status, 404, "{missing:?}");
    let first = put(
        &ground,
        "/v1/settings",
        &ground.settings(),
        ("if-none-match", "*"),
    )
    .await;
    assert_eq!(first.status, 200, "{first:?}");
    let shown = ground.get("/v1/settings").await;
    assert_eq!(
        (shown.etag.clone(), &shown.body["text"]),
        (first.etag.clone(), &json!(ground.settings()))
    );
    let changed = format!("{}[orders]\nstatus = \"both\"\n", ground.settings());
    let again = put(&ground, "/v1/settings", &changed, ("if-none-match", "*")).await;
    assert_eq!(again.status, 412, "{again:?}");
    let second = put(
        &ground,
        "/v1/settings",
        &changed,
        ("if-match", &shown.etag.unwrap()),
    )
    .await;
    assert_eq!(second.status, 200, "{second:?}");
    let late = put(
        &ground,
        "/v1/settings",
        &ground.settings(),
        ("if-match", &first.etag.unwrap()),
    )
    .await;
    assert_eq!(late.status, 412, "{late:?}");
    let history = ground.get("/v1/settings/versions").await.body;
    let versions: Vec<&Value> = history["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["version"])
        .collect();
    assert_eq!(versions, [&second.body["version"], &first.body["version"]]);
    assert_eq!(history["changes"][0]["by"], "api test");
    let path = format!(
        "/v1/settings/versions/{}",
        first.body["version"].as_str().unwrap()
    );
    assert_eq!(ground.get(&path).await.body["text"], json!(ground.settings()));
}

#[tokio::test]
async fn a_text_that_cannot_be_used_is_refused_with_every_mistake_and_changes_nothing() {
    let ground = Ground::new(1).await;
    let wrong =
        "rules:\n  - name: One\n    when: { field: sorce, equals: a }\n    then: [{ map_nothing: x }]\n";
    let refused = put(&ground, "/v1/rules", wrong, ("if-none-match", "*")).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused.body["errors"].as_array().unwrap().len() >= 2,
        "{refused:?}"
    );
    assert_eq!(ground.get("/v1/rules").await.status, 404);
    let checked = ground
        .send(
            Method::POST,
            "/v1/rules/check",
            "read",
            &[],
            Some(&json!({"text": RULES})),
        )
        .await;
    assert_eq!(
        (checked.status.as_u16(), &checked.body["rules"]),
        (200, &json!(1)),
        "{checked:?}"
    );
}

#[tokio::test]
async fn rules_put_in_force_are_those_of_the_next_preview() {
    let ground = Ground::new(3).await.with_settings().await;
    ground.run().await;
    let rules = RULES.replace("equals: amazon", "always: true");
    let done = put(&ground, "/v1/rules", &rules, ("if-none-match", "*")).await;
    assert_eq!(done.status, 200, "{done:?}");
    let number = ground.world.orders[0].number;
    let preview = ground.get(&format!("/v1/preview/{number}")).await.body;
    assert_eq!(preview["rules_version"], done.body["version"]);
    assert_eq!(
        preview["document"]["doc_number"],
        json!(format!("AZ-{number}")),
        "{preview}"
    );
}

#[tokio::test]
async fn a_change_without_a_named_predecessor_is_refused() {
    let ground = Ground::new(1).await;
    let body = json!({ "text": ground.settings() });
    let answer = ground
        .send(Method::PUT, "/v1/settings", "admin", &[], Some(&body))
        .await;
    assert_eq!(answer.status, 428, "{answer:?}");
}
