//! Lost answers, broken bodies, limits (quickbooks-online.md 2.10, 2.11, 5.2).

use std::time::Duration;

use serde_json::{Value, json};
use simulators::quickbooks_online::{
    EntityKind, FaultKind, FaultProbabilities, FaultTarget, LateCommit, PlannedFault, RateLimits,
    ThrottleForm,
};

use crate::client::Company;

fn live(company: &Company) -> usize {
    company
        .simulator
        .books()
        .of_kind(EntityKind::SalesReceipt)
        .count()
}

fn strike(company: &Company, kind: FaultKind) {
    company
        .simulator
        .set_switches(|switches| switches.strike_next(kind, FaultTarget::Write));
}

/// Waits for the commit, not for a time: the books are asked until they show it.
async fn wait_for_one(company: &Company) {
    tokio::time::timeout(Duration::from_secs(10), async {
        while live(company) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_dropped_connection_hides_whether_the_write_was_done() {
    let company = Company::united_kingdom().await;
    for (kind, expected) in [
        (FaultKind::CommitThenDropConnection, 1),
        (FaultKind::DropBeforeCommit, 1),
    ] {
        strike(&company, kind);
        let body = company.receipt(&format!("{expected}-{kind:?}")[..8]).await;
        assert!(company.try_post("salesreceipt", &body).await.is_err());
        assert_eq!(live(&company), expected, "{kind:?}");
    }
    assert_eq!(company.simulator.counters().dropped, 2);
}

#[tokio::test]
async fn each_broken_answer_says_by_itself_whether_the_write_was_done() {
    let company = Company::united_kingdom().await;
    let cases = [
        (FaultKind::CommitThen500, 500, true),
        (FaultKind::Unavailable503BeforeCommit, 503, false),
        (FaultKind::HtmlBadGateway502 { committed: false }, 502, false),
        (FaultKind::HtmlBadGateway502 { committed: true }, 502, true),
        (FaultKind::TruncatedJson, 200, true),
        (FaultKind::EmptyBody, 200, true),
        (FaultKind::AccessTokenExpired, 401, false),
        (FaultKind::TooManyRequests(ThrottleForm::Json), 429, false),
        (FaultKind::TooManyRequests(ThrottleForm::Xml), 429, false),
        (FaultKind::TooManyRequests(ThrottleForm::Old403), 403, false),
    ];
    for (index, (kind, status, committed)) in cases.into_iter().enumerate() {
        let body = company.receipt(&format!("K{index}")).await;
        strike(&company, kind);
        let before = live(&company);
        let (got, text) = company
            .send(company.http.post(company.url("salesreceipt")).json(&body))
            .await
            .unwrap();
        assert_eq!(
            (got, live(&company) - before),
            (status, usize::from(committed)),
            "{kind:?}"
        );
        if !matches!(kind, FaultKind::CommitThen500 | FaultKind::AccessTokenExpired)
            && !matches!(
                kind,
                FaultKind::TooManyRequests(ThrottleForm::Json | ThrottleForm::Old403)
            )
        {
            assert!(serde_json::from_str::<Value>(&text).is_err(), "{kind:?}: {text}");
        }
    }
    assert_eq!(company.simulator.counters().throttled_429, 3);
}

#[tokio::test]
async fn a_late_commit_appears_when_simulated_time_has_passed() {
    let company = Company::united_kingdom().await;
    company
        .simulator
        .set_switches(|switches| switches.late_commit = LateCommit::SimulatedSeconds(300));
    strike(&company, FaultKind::CommitThenDropConnection);
    let body = company.receipt("T1").await;
    assert!(company.try_post("salesreceipt?requestid=t", &body).await.is_err());
    assert_eq!(live(&company), 0);
    company.time.advance(Duration::from_secs(301));
    assert_eq!(live(&company), 1);
}

#[tokio::test]
async fn a_late_commit_after_a_successful_repeat_writes_nothing_more() {
    let company = Company::united_kingdom().await;
    company
        .simulator
        .set_switches(|switches| switches.late_commit = LateCommit::SimulatedSeconds(300));
    strike(&company, FaultKind::CommitThen500);
    let body = company.receipt("T2").await;
    assert_eq!(company.post("salesreceipt?requestid=t", &body).await.0, 500);
    assert_eq!(company.post("salesreceipt?requestid=t", &body).await.0, 200);
    company.time.advance(Duration::from_secs(301));
    assert_eq!(live(&company), 1);
}

#[tokio::test]
async fn a_slow_commit_is_done_although_the_client_has_gone() {
    let company = Company::united_kingdom().await;
    let body = company.receipt("T3").await;
    strike(&company, FaultKind::SlowCommit { milliseconds: 50 });
    let request = company
        .http
        .post(company.url("salesreceipt"))
        .json(&body)
        .timeout(Duration::from_millis(10));
    assert!(company.send(request).await.unwrap_err().is_timeout());
    wait_for_one(&company).await;
}

#[tokio::test]
async fn a_late_commit_in_real_time_follows_the_lost_answer() {
    let company = Company::united_kingdom().await;
    company
        .simulator
        .set_switches(|switches| switches.late_commit = LateCommit::Milliseconds(20));
    strike(&company, FaultKind::CommitThenDropConnection);
    let body = company.receipt("T5").await;
    assert!(company.try_post("salesreceipt", &body).await.is_err());
    wait_for_one(&company).await;
}

#[tokio::test]
async fn calls_in_progress_are_limited() {
    let company = Company::united_kingdom().await;
    let limits = RateLimits {
        concurrent: 1,
        per_second: 100,
        ..RateLimits::documented()
    };
    company.simulator.set_switches(|switches| {
        switches.rate_limits = limits;
        switches.strike_next(FaultKind::SlowAnswer { milliseconds: 500 }, FaultTarget::Read);
    });
    company.simulator.reset_counters();
    let second = async {
        while company.simulator.counters().total == 0 {
            tokio::task::yield_now().await;
        }
        company.get("customer/2").await.0
    };
    let (first, second) = tokio::join!(company.get("customer/1"), second);
    assert_eq!((first.0, second), (200, 429));
}

#[tokio::test]
async fn a_planned_fault_waits_for_its_turn_and_its_target() {
    let company = Company::united_kingdom().await;
    let body = company.receipt("T4").await;
    company.simulator.set_switches(|switches| {
        let kind = FaultKind::Unavailable503BeforeCommit;
        switches.fault_queue.push_back(PlannedFault {
            kind,
            target: FaultTarget::Read,
            after: 1,
        });
    });
    assert_eq!(company.post("salesreceipt", &body).await.0, 200);
    assert_eq!(company.get("customer/1").await.0, 200);
    assert_eq!(company.get("customer/1").await.0, 503);
    assert_eq!(company.get("customer/1").await.0, 200);
}

#[tokio::test]
async fn random_faults_repeat_with_their_seed() {
    let run = async || {
        let company = Company::united_kingdom().await;
        company.simulator.set_switches(|switches| {
            let entries = vec![(FaultKind::Unavailable503BeforeCommit, FaultTarget::Read, 0.3)];
            switches.fault_probabilities = Some(FaultProbabilities { seed: 7, entries });
        });
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(company.get("customer/1").await.0);
        }
        statuses
    };
    let first = run().await;
    assert_eq!(first, run().await);
    assert!(first.contains(&200) && first.contains(&503));
}

#[tokio::test]
async fn rate_limits_are_counted_against_simulated_time() {
    let company = Company::united_kingdom().await;
    let limits = RateLimits {
        per_minute: 5,
        per_second: 100,
        ..RateLimits::documented()
    };
    company
        .simulator
        .set_switches(|switches| switches.rate_limits = limits);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(company.get("customer/1").await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    company.time.advance(Duration::from_secs(61));
    assert_eq!(company.get("customer/1").await.0, 200);
    assert_eq!(company.simulator.counters().throttled_429, 1);
}

#[tokio::test]
async fn a_token_answer_can_be_lost_too() {
    let company = Company::united_kingdom().await;
    company.simulator.set_switches(|switches| {
        switches.strike_next(FaultKind::CommitThenDropConnection, FaultTarget::Token);
    });
    let request = company
        .http
        .post(format!("{}/oauth2/v1/tokens/bearer", company.simulator.address()))
        .basic_auth("cid", Some("secret"))
        .form(&[("grant_type", "refresh_token"), ("refresh_token", "RT1")]);
    assert!(request.send().await.is_err());
}

#[tokio::test]
async fn the_bookkeeper_edits_renames_and_deletes() {
    let company = Company::united_kingdom().await;
    let (_, answer) = company.post("salesreceipt", &company.receipt("W1").await).await;
    let id = answer["SalesReceipt"]["Id"].as_str().unwrap();
    let patch = json!({"PrivateNote": "by hand", "DocNumber": "W2"});
    company
        .simulator
        .edit_by_hand(EntityKind::SalesReceipt, id, &patch)
        .unwrap();
    company
        .simulator
        .rename_by_hand(EntityKind::Customer, "1", "Shop Orders")
        .unwrap();
    let books = company.simulator.books();
    let stored = books.with_doc_number(EntityKind::SalesReceipt, "W2")[0];
    assert_eq!(
        (stored.sync_token, stored.private_note.as_deref()),
        (1, Some("by hand"))
    );
    assert_eq!(books.customers[0].display_name, "Shop Orders");
    company
        .simulator
        .void_by_hand(EntityKind::SalesReceipt, id)
        .unwrap();
    company
        .simulator
        .delete_by_hand(EntityKind::SalesReceipt, id)
        .unwrap();
    assert_eq!(
        company
            .simulator
            .delete_by_hand(EntityKind::SalesReceipt, id)
            .unwrap_err()
            .code,
        "610"
    );
}

#[tokio::test]
async fn the_port_is_free_after_a_shutdown() {
    let company = Company::united_kingdom().await;
    let address = company.simulator.address();
    company.simulator.shutdown().await;
    assert!(
        company
            .http
            .get(format!("{address}/.well-known/openid_configuration"))
            .send()
            .await
            .is_err()
    );
}
