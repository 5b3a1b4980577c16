//! Queries, reads by id, change data capture, XML (quickbooks-online.md 2.1, 2.6, 2.7).

use std::time::Duration;

use serde_json::json;
use simulators::quickbooks_online::{CompanySeed, CustomerSeed, EntityKind};

use crate::client::{Company, code};

#[tokio::test]
async fn queries_page_by_100_unless_asked_and_by_1000_at_most() {
    let customers = (0..1200)
        .map(|index| CustomerSeed::new(&format!("Customer {index:04}")))
        .collect();
    let company = Company::start(CompanySeed::united_kingdom().with_customers(customers)).await;
    let rows =
        async |statement: &str| company.query(statement).await.1["QueryResponse"]["maxResults"].clone();
    assert_eq!(rows("select * from Customer").await, 100);
    assert_eq!(rows("select * from customer maxresults 1000").await, 1000);
    assert_eq!(
        rows("SELECT * FROM Customer STARTPOSITION 1001 MAXRESULTS 1000").await,
        203
    );
    let (_, count) = company.query("select count(*) from Customer").await;
    assert_eq!(count["QueryResponse"], json!({"totalCount": 1203}));
    for statement in [
        "select * from Customer maxresults 1001",
        "select * from Customer startposition 0",
    ] {
        assert_eq!(code(&company.query(statement).await.1), "4001", "{statement}");
    }
}

#[tokio::test]
async fn statements_that_cannot_be_parsed_or_asked_are_refused() {
    let company = Company::united_kingdom().await;
    for (statement, expected) in [
        ("select * from Custmoer", "4001"),
        ("select * from Customer where Nope = '1'", "4001"),
        ("select * from SalesReceipt where PrivateNote = 'x'", "4001"),
        ("select * from SalesReceipt where Line.Amount = '1'", "4001"),
        ("select * from Vendor where PrimaryEmailAddr = 'a@b.c'", "4001"),
        (
            "select * from Customer where PrimaryEmailAddr.Address = 'a@b.c'",
            "4001",
        ),
        ("select * from Payment where DocNumber = '1'", "4001"),
        ("select * from Item where Id > '1'", "4001"),
        ("select * from Customer where DisplayName = 'Amy's'", "4000"),
        (
            "select * from Customer where DisplayName = 'a' or DisplayName = 'b'",
            "4000",
        ),
        ("delete from Customer", "4000"),
        ("", "4000"),
    ] {
        let (status, answer) = company.query(statement).await;
        assert_eq!((status, code(&answer).as_str()), (400, expected), "{statement}");
    }
}

#[tokio::test]
async fn escapes_lists_of_members_and_patterns_are_understood() {
    let company = Company::united_kingdom().await;
    company
        .post("customer", &json!({"DisplayName": "Amy's & Co"}))
        .await;
    for statement in [
        r"select * from Customer where DisplayName = 'amy\'s & co'",
        "select * from Customer where DisplayName LIKE 'Amy%Co'",
        "SELECT * FROM Customer WHERE Id IN ('6','77')",
    ] {
        let (_, body) = company.query(statement).await;
        assert_eq!(
            body["QueryResponse"]["Customer"][0]["DisplayName"], "Amy's & Co",
            "{statement}"
        );
    }
    let (_, all) = company.query("select *, Sku from Item where Sku = 'WID-1'").await;
    assert_eq!(all["QueryResponse"]["Item"][0]["Sku"], "WID-1");
    let (_, some) = company
        .query("select Id, Name from Item orderby Name desc maxresults 1")
        .await;
    let row = &some["QueryResponse"]["Item"][0];
    assert_eq!(
        (row["Name"].as_str(), row["sparse"].as_bool()),
        (Some("Widget"), Some(true))
    );
    assert!(row["Type"].is_null());
}

#[tokio::test]
async fn a_query_by_post_takes_the_bare_statement() {
    let company = Company::united_kingdom().await;
    let request = company.http.post(company.url("query?minorversion=75"));
    let request = request
        .header("content-type", "application/text")
        .body("SELECT COUNT(*) FROM Item ");
    let (status, text) = company.send(request).await.unwrap();
    assert!(status == 200 && text.contains("\"totalCount\":7"), "{text}");
}

#[tokio::test]
async fn new_transactions_are_missing_from_queries_while_stale_but_not_from_reads() {
    let company = Company::united_kingdom().await;
    company
        .simulator
        .set_switches(|switches| switches.query_staleness_seconds = 60);
    let (_, answer) = company.post("salesreceipt", &company.receipt("Q1").await).await;
    let statement = "select * from SalesReceipt where DocNumber = 'Q1'";
    assert_eq!(company.query(statement).await.1["QueryResponse"], json!({}));
    let id = answer["SalesReceipt"]["Id"].as_str().unwrap();
    assert_eq!(company.get(&format!("salesreceipt/{id}")).await.0, 200);
    company.time.advance(Duration::from_secs(61));
    assert_eq!(company.query(statement).await.1["QueryResponse"]["maxResults"], 1);
}

#[tokio::test]
async fn transactions_are_found_by_number_date_total_and_time() {
    let company = Company::united_kingdom().await;
    company.post("salesreceipt", &company.receipt("F1").await).await;
    for condition in [
        "DocNumber IN ('f1','f2')",
        "TxnDate >= '2026-03-01' and TxnDate < '2026-03-03'",
        "TotalAmt > '23.99'",
        "MetaData.LastUpdatedTime > '2020-01-01T00:00:00Z' order by MetaData.LastUpdatedTime",
        "CustomerRef = '1'",
    ] {
        let (_, body) = company
            .query(&format!("select * from SalesReceipt where {condition}"))
            .await;
        assert_eq!(body["QueryResponse"]["maxResults"], 1, "{condition}: {body}");
    }
    let (_, none) = company
        .query("select * from SalesReceipt where TotalAmt > '100.00'")
        .await;
    assert_eq!(none["QueryResponse"], json!({}));
}

#[tokio::test]
async fn change_data_capture_shows_changes_and_stubs_of_the_deleted() {
    let company = Company::united_kingdom().await;
    let (_, kept) = company.post("salesreceipt", &company.receipt("D1").await).await;
    let (_, gone) = company.post("salesreceipt", &company.receipt("D2").await).await;
    let id = gone["SalesReceipt"]["Id"].as_str().unwrap();
    company
        .simulator
        .delete_by_hand(EntityKind::SalesReceipt, id)
        .unwrap();
    let (_, body) = company
        .get("cdc?entities=SalesReceipt,Invoice&changedSince=2020-01-01T00:00:00Z")
        .await;
    let responses = &body["CDCResponse"][0]["QueryResponse"];
    assert_eq!(responses[0]["SalesReceipt"][0]["Id"], kept["SalesReceipt"]["Id"]);
    assert_eq!(responses[0]["SalesReceipt"][1]["status"], "Deleted");
    assert_eq!(responses[1], json!({}));
    let (_, refused) = company
        .get("cdc?entities=TaxCode&changedSince=2026-01-01T00:00:00Z")
        .await;
    assert_eq!(code(&refused), "4001");
    assert_eq!(
        (
            company.simulator.counters().cdc,
            company.simulator.counters().reads > 2
        ),
        (2, true)
    );
}

#[tokio::test]
async fn change_data_capture_is_cut_at_1000_objects_and_30_days() {
    let customers = (0..1100)
        .map(|index| CustomerSeed::new(&format!("Customer {index:04}")))
        .collect();
    let mut company = Company::start(CompanySeed::united_kingdom().with_customers(customers)).await;
    let call = "cdc?entities=Customer&changedSince=2020-01-01T00:00:00Z";
    let (_, body) = company.get(call).await;
    assert_eq!(body["CDCResponse"][0]["QueryResponse"][0]["maxResults"], 1000);
    company.time.advance(Duration::from_secs(31 * 24 * 3600));
    company.refresh().await;
    assert_eq!(
        company.get(call).await.1["CDCResponse"][0]["QueryResponse"][0],
        json!({})
    );
}

#[tokio::test]
async fn wrong_ids_and_addresses_are_refused() {
    let company = Company::united_kingdom().await;
    for (rest, expected) in [
        ("customer/1.5", "2030"),
        ("customer/999", "610"),
        ("customer/1/5", "500"),
        ("bill/1", "500"),
    ] {
        assert_eq!(code(&company.get(rest).await.1), expected, "{rest}");
    }
}

#[tokio::test]
async fn without_asking_for_json_the_answer_is_xml() {
    let company = Company::united_kingdom().await;
    let answer = company
        .http
        .get(company.url("customer/1"))
        .bearer_auth(&company.token)
        .send()
        .await
        .unwrap();
    assert!(answer.headers().contains_key("intuit_tid"));
    let text = answer.text().await.unwrap();
    assert!(
        text.starts_with("<?xml") && text.contains("<DisplayName>Web Orders</DisplayName>"),
        "{text}"
    );
}
