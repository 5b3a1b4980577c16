//! Batches (quickbooks-online.md 2.5).

use serde_json::{Value, json};
use simulators::quickbooks_online::{EntityKind, FaultKind, FaultTarget, RequestIdMode};

use crate::client::{Company, code};

async fn batch_of(company: &Company, numbers: &[&str]) -> Value {
    let mut items = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let receipt = company.receipt(number).await;
        items.push(json!({"bId": format!("b{index}"), "operation": "create", "SalesReceipt": receipt}));
    }
    json!({"BatchItemRequest": items})
}

fn live(company: &Company) -> usize {
    company
        .simulator
        .books()
        .of_kind(EntityKind::SalesReceipt)
        .count()
}

#[tokio::test]
async fn one_items_fault_does_not_stop_the_others() {
    let company = Company::united_kingdom().await;
    let mut batch = batch_of(&company, &["B1", "B1"]).await;
    batch["BatchItemRequest"].as_array_mut().unwrap().extend([
        json!({"bId": "q", "Query": "select * from SalesReceipt where DocNumber = 'B1'"}),
        json!({"bId": "d", "operation": "delete", "Invoice": {"Id": "129", "SyncToken": "0"}}),
        json!({"bId": "s", "operation": "create", "SalesReceipt": company.receipt("B1").await,
            "optionsData": "allowduplicatedocnum"}),
    ]);
    let (status, answer) = company.post("batch", &batch).await;
    let items = answer["BatchItemResponse"].as_array().unwrap();
    assert_eq!((status, items.len()), (200, 5));
    assert_eq!(items[0]["SalesReceipt"]["DocNumber"], "B1");
    assert_eq!(
        (code(&items[1]).as_str(), items[1]["bId"].as_str()),
        ("6140", Some("b1"))
    );
    assert_eq!(items[2]["QueryResponse"]["maxResults"], 1);
    assert_eq!(code(&items[3]), "610");
    assert_eq!(items[4]["SalesReceipt"]["DocNumber"], "B1");
    let counters = company.simulator.counters();
    assert_eq!((counters.batch, counters.batch_items), (1, 5));
    assert_eq!(counters.created(EntityKind::SalesReceipt), 3);
}

#[tokio::test]
async fn a_batch_takes_30_items_and_short_ids() {
    let company = Company::united_kingdom().await;
    let item = |index: usize| json!({"bId": format!("b{index}"), "Query": "select * from Class"});
    let items: Vec<Value> = (0..31).map(item).collect();
    assert_eq!(
        code(&company.post("batch", &json!({"BatchItemRequest": items})).await.1),
        "1040"
    );
    assert_eq!(
        company
            .post("batch", &json!({"BatchItemRequest": items[..30]}))
            .await
            .0,
        200
    );
    let long = json!({"BatchItemRequest": [{"bId": "x".repeat(11), "Query": "select * from Class"}]});
    assert_eq!(company.post("batch", &long).await.0, 200);
    assert_eq!(code(&company.post("batch?requestid=1", &long).await.1), "2130");
    let long = format!("batch?requestid={}", "r".repeat(37));
    assert_eq!(
        code(
            &company
                .post(&long, &json!({"BatchItemRequest": [item(0)]}))
                .await
                .1
        ),
        "2130"
    );
}

#[tokio::test]
async fn a_repeated_batch_is_keyed_by_request_and_item() {
    let company = Company::united_kingdom().await;
    company
        .simulator
        .set_switches(|switches| switches.docnumber_unique = false);
    let mut batch = batch_of(&company, &["K1", "K2"]).await;
    let (_, first) = company.post("batch?requestid=k", &batch).await;
    let (_, second) = company.post("batch?requestid=k", &batch).await;
    assert_eq!(first["BatchItemResponse"], second["BatchItemResponse"]);
    assert_eq!(live(&company), 2);
    batch["BatchItemRequest"][0]["bId"] = json!("other");
    company.post("batch?requestid=k", &batch).await;
    assert_eq!(live(&company), 3);
}

#[tokio::test]
async fn a_repeated_batch_can_answer_6000_per_item_or_whole() {
    let company = Company::united_kingdom().await;
    company
        .simulator
        .set_switches(|switches| switches.requestid = RequestIdMode::Replay6000);
    let batch = batch_of(&company, &["Z1", "Z2"]).await;
    company.post("batch?requestid=z", &batch).await;
    let (status, answer) = company.post("batch?requestid=z", &batch).await;
    assert_eq!(
        (status, code(&answer["BatchItemResponse"][1]).as_str()),
        (200, "6000")
    );
    company
        .simulator
        .set_switches(|switches| switches.replay_6000_whole = true);
    let (status, answer) = company.post("batch?requestid=z", &batch).await;
    assert_eq!((status, code(&answer).as_str()), (400, "6000"));
    let single = company.receipt("Z3").await;
    company.post("salesreceipt?requestid=y", &single).await;
    assert_eq!(company.post("salesreceipt?requestid=y", &single).await.0, 200);
    assert_eq!(live(&company), 3);
}

#[tokio::test]
async fn a_partly_committed_batch_is_finished_by_the_same_requestid() {
    let company = Company::united_kingdom().await;
    let batch = batch_of(&company, &["H1", "H2", "H3"]).await;
    company.simulator.set_switches(|switches| {
        switches.strike_next(
            FaultKind::BatchPartialThenDrop { committed: 2 },
            FaultTarget::Batch,
        );
        switches.strike_next(FaultKind::BatchReordered, FaultTarget::Batch);
    });
    assert!(company.try_post("batch?requestid=h", &batch).await.is_err());
    assert_eq!(live(&company), 2);
    let (_, answer) = company.post("batch?requestid=h", &batch).await;
    let order: Vec<&str> = answer["BatchItemResponse"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["bId"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["b2", "b1", "b0"]);
    assert_eq!(live(&company), 3);
}
