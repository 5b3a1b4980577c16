//! The error catalogue: what QuickBooks refuses, and how it fails.
//!
//! In: a connection that is gone, limits, answers that are none. Out: the messages, see `errors`. What was fetched stays stored, and
//! the next run posts it.

use simulators::quickbooks_online::{FaultKind, FaultTarget, PlannedFault, ThrottleForm};

use crate::errors::Situation;

fn strike(one: &Situation, times: usize, kind: FaultKind, target: FaultTarget) {
    one.quickbooks.set_switches(|switches| {
        for _ in 0..times {
            switches.fault_queue.push_back(PlannedFault::next(kind, target));
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_quickbooks_client_is_told_from_a_disconnected_company() {
    let one = Situation::open().await;
    one.configure("client_secret", "of-another-app");
    one.catalogue(
        "quickbooks_wrong_client",
        "client_secret is of another app.",
        &["sync"],
        1,
    )
    .await;
    one.write_config();
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_was_disconnected_works_again_with_a_new_refresh_token() {
    let one = Situation::open().await;
    one.quickbooks.revoke();
    one.catalogue(
        "quickbooks_disconnected",
        "The user disconnected the app in QuickBooks.",
        &["sync"],
        1,
    )
    .await;
    let token = one.quickbooks.reconnect();
    one.configure("refresh_token", &token);
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_disconnected_between_two_runs_works_again_with_a_new_refresh_token() {
    let one = Situation::open().await;
    one.ends_well().await;
    one.quickbooks.revoke();
    one.catalogue(
        "quickbooks_disconnected_later",
        "The app was disconnected after a good run.",
        &["settings", "check"],
        1,
    )
    .await;
    let token = one.quickbooks.reconnect();
    one.configure("refresh_token", &token);
    let check = one.run(&["settings", "check"]).await;
    assert_eq!(check.code, 0, "{}", check.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_of_somebody_else_is_refused() {
    let one = Situation::open().await;
    one.configure("realm_id", "9130350000000000000");
    one.catalogue(
        "quickbooks_wrong_realm",
        "realm_id is another company's.",
        &["sync"],
        1,
    )
    .await;
    one.write_config();
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_beyond_the_attempts_end_the_run_and_lose_nothing() {
    let one = Situation::open().await;
    strike(
        &one,
        3,
        FaultKind::TooManyRequests(ThrottleForm::Json),
        FaultTarget::Read,
    );
    one.catalogue(
        "quickbooks_throttled",
        "QuickBooks refuses three reads one after the other with 429.",
        &["sync"],
        1,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_html_page_instead_of_the_lists_ends_the_run() {
    let one = Situation::open().await;
    strike(
        &one,
        3,
        FaultKind::HtmlBadGateway502 { committed: false },
        FaultTarget::Read,
    );
    one.catalogue(
        "quickbooks_html_read",
        "A gateway answers reads with HTML.",
        &["sync"],
        1,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_html_page_after_a_posting_is_an_unknown_outcome_that_is_looked_up() {
    let one = Situation::open().await;
    one.post_first_order().await;
    strike(
        &one,
        1,
        FaultKind::HtmlBadGateway502 { committed: true },
        FaultTarget::WriteOrBatch,
    );
    one.catalogue(
        "quickbooks_html_write",
        "A gateway answers a posting with HTML although QuickBooks did it.",
        &["sync"],
        3,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_an_unknown_outcome_that_is_looked_up() {
    let one = Situation::open().await;
    one.post_first_order().await;
    strike(
        &one,
        1,
        FaultKind::CommitThenDropConnection,
        FaultTarget::WriteOrBatch,
    );
    one.catalogue(
        "quickbooks_answer_lost",
        "The connection breaks after QuickBooks did a posting.",
        &["sync"],
        3,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quickbooks_away_for_a_posting_is_tried_again() {
    let one = Situation::open().await;
    one.post_first_order().await;
    strike(
        &one,
        1,
        FaultKind::Unavailable503BeforeCommit,
        FaultTarget::WriteOrBatch,
    );
    one.catalogue(
        "quickbooks_unavailable",
        "QuickBooks answers a posting with 503.",
        &["sync"],
        3,
    )
    .await;
    one.ends_well().await;
}
