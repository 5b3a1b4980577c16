//! The error catalogue: what Linnworks refuses, and how it fails.
//!
//! In: an account that cannot be used, or answers that are none. Out: the messages, see `errors`. A failed fetch moves no watermark:
//! everything is fetched by the next run.

use simulators::linnworks::{AccountState, Fault};

use crate::errors::Situation;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_linnworks_credentials_are_told_from_a_service_that_is_down() {
    let one = Situation::open().await;
    one.configure("application_secret", "00000000-1111-2222-3333-444444444444");
    one.catalogue(
        "linnworks_wrong_secret",
        "application_secret is of another app.",
        &["sync"],
        1,
    )
    .await;
    one.write_config();
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_uninstalled_must_be_installed_again() {
    let one = Situation::open().await;
    one.ends_well().await;
    one.linnworks.revoke_install();
    let what = "The seller uninstalled the app after a good run.";
    one.catalogue("linnworks_uninstalled", what, &["sync"], 1).await;
    assert_eq!(one.states().await, ["posted", "posted", "posted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_account_is_told_from_wrong_credentials() {
    let one = Situation::open().await;
    one.linnworks
        .set_switches(|switches| switches.account_state = AccountState::LockedFull);
    one.catalogue(
        "linnworks_account_locked",
        "Linnworks has locked the account.",
        &["sync"],
        1,
    )
    .await;
    one.linnworks
        .set_switches(|switches| switches.account_state = AccountState::Available);
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_under_maintenance_is_tried_again_later() {
    let one = Situation::open().await;
    one.linnworks
        .set_switches(|switches| switches.account_state = AccountState::Maintenance);
    one.catalogue(
        "linnworks_maintenance",
        "The account is under maintenance.",
        &["sync"],
        1,
    )
    .await;
    one.linnworks
        .set_switches(|switches| switches.account_state = AccountState::Available);
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_of_linnworks_is_named() {
    let one = Situation::open().await;
    one.linnworks.fail_next("Orders/GetOrdersById", Fault::Forbidden);
    one.catalogue(
        "linnworks_permission_missing",
        "The user of the app may not view orders.",
        &["sync"],
        1,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_for_long_ends_the_run_with_its_wait() {
    let one = Situation::open().await;
    one.linnworks
        .set_switches(|switches| switches.fault_retry_after_seconds = 600);
    one.linnworks
        .fail_next("Orders/GetOrdersById", Fault::QuotaExceeded);
    one.catalogue(
        "linnworks_quota",
        "Linnworks asks to wait for ten minutes.",
        &["sync"],
        1,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_html_page_of_linnworks_is_not_noticed_by_the_user() {
    let one = Situation::open().await;
    one.linnworks
        .fail_next("Orders/GetOrdersById", Fault::BadGatewayHtml);
    one.ends_well().await;
    assert_eq!(
        one.linnworks.counters().get_orders_by_id,
        2,
        "one page of HTML, one answer"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn html_pages_of_linnworks_that_do_not_end_stop_the_run() {
    let one = Situation::open().await;
    for _ in 0..6 {
        one.linnworks
            .fail_next("ProcessedOrders/SearchProcessedOrders", Fault::BadGatewayHtml);
    }
    one.catalogue(
        "linnworks_html",
        "A gateway answers with HTML for about a minute.",
        &["sync"],
        1,
    )
    .await;
    one.ends_well().await;
}
