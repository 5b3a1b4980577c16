//! What `requestid` remembers (quickbooks-online.md 2.4).

use std::time::Duration;

use serde_json::json;
use simulators::quickbooks_online::{EntityKind, RequestIdMode, RequestIdOtherBody};

use crate::client::{Company, code};

async fn live(company: &Company) -> usize {
    company
        .simulator
        .books()
        .of_kind(EntityKind::SalesReceipt)
        .count()
}

#[tokio::test]
async fn a_repeated_requestid_gives_the_same_answer_and_writes_once() {
    let company = Company::united_kingdom().await;
    let body = company.receipt("R1").await;
    let (_, first) = company.post("salesreceipt?requestid=r-1", &body).await;
    let (status, second) = company.post("salesreceipt?requestid=r-1", &body).await;
    assert_eq!((status, &first["SalesReceipt"]), (200, &second["SalesReceipt"]));
    assert_eq!(live(&company).await, 1);
    assert_eq!(company.simulator.counters().created(EntityKind::SalesReceipt), 2);
}

#[tokio::test]
async fn a_requestid_can_be_forgotten_after_hours_or_ignored() {
    let mut company = Company::united_kingdom().await;
    company.simulator.set_switches(|switches| {
        switches.docnumber_unique = false;
        switches.requestid = RequestIdMode::HonouredHours(24);
    });
    let body = company.receipt("R2").await;
    company.post("salesreceipt?requestid=r-2", &body).await;
    company.time.advance(Duration::from_secs(23 * 3600));
    company.refresh().await;
    company.post("salesreceipt?requestid=r-2", &body).await;
    assert_eq!(live(&company).await, 1);
    company.time.advance(Duration::from_secs(2 * 3600));
    company.refresh().await;
    company.post("salesreceipt?requestid=r-2", &body).await;
    assert_eq!(live(&company).await, 2);
    company
        .simulator
        .set_switches(|switches| switches.requestid = RequestIdMode::Ignored);
    company.post("salesreceipt?requestid=r-2", &body).await;
    assert_eq!(live(&company).await, 3);
}

#[tokio::test]
async fn faults_are_remembered_only_by_switch_and_another_body_by_switch() {
    let company = Company::united_kingdom().await;
    let good = company.receipt("R3").await;
    let mut bad = good.clone();
    bad["CustomerRef"]["value"] = json!("999");
    assert_eq!(
        code(&company.post("salesreceipt?requestid=r-3", &bad).await.1),
        "2500"
    );
    assert_eq!(company.post("salesreceipt?requestid=r-3", &good).await.0, 200);
    assert_eq!(company.post("salesreceipt?requestid=r-3", &bad).await.0, 200);
    company.simulator.set_switches(|switches| {
        switches.requestid_other_body = RequestIdOtherBody::Fault600;
        switches.requestid_remembers_faults = true;
    });
    assert_eq!(
        code(&company.post("salesreceipt?requestid=r-3", &bad).await.1),
        "600"
    );
    assert_eq!(
        code(&company.post("salesreceipt?requestid=r-4", &bad).await.1),
        "2500"
    );
    assert_eq!(
        code(&company.post("salesreceipt?requestid=r-4", &good).await.1),
        "600"
    );
}

#[tokio::test]
async fn a_requestid_over_50_characters_is_refused() {
    let company = Company::united_kingdom().await;
    let long = format!("salesreceipt?requestid={}", "r".repeat(51));
    assert_eq!(
        code(&company.post(&long, &company.receipt("R5").await).await.1),
        "2130"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_requestid_sent_at_the_same_time_writes_once() {
    let company = std::sync::Arc::new(Company::united_kingdom().await);
    company
        .simulator
        .set_switches(|switches| switches.docnumber_unique = false);
    let body = company.receipt("R6").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (company, body) = (company.clone(), body.clone());
        calls.spawn(async move {
            company.post("salesreceipt?requestid=r-6", &body).await.1["SalesReceipt"]["Id"].clone()
        });
    }
    let ids = calls.join_all().await;
    assert!(ids.iter().all(|id| *id == ids[0] && id.is_string()), "{ids:?}");
    assert_eq!(live(&company).await, 1);
}
