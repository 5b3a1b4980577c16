//! The error catalogue: configuration, settings, arguments, the store.
//!
//! In: files and arguments with one mistake each. Out: the messages, see `errors`. All of these end with 2 before anything is sent,
//! except where only the answer of a service or the store can show the mistake.

use simulators::quickbooks_online::{FaultKind, FaultTarget};

use crate::errors::Situation;

/// A mistake in `linnbooks.toml`: it is refused, nothing is sent, and the corrected file works.
async fn refuse_config(name: &str, what: &str, spoil: impl FnOnce(&Situation)) {
    let one = Situation::open().await;
    spoil(&one);
    one.catalogue(name, what, &["sync"], 2).await;
    assert_eq!(
        (one.linnworks.counters().total, one.quickbooks.counters().total),
        (0, 0),
        "something was sent"
    );
    one.write_config();
    one.ends_well().await;
}

/// A mistake in `settings.toml`.
async fn refuse_settings(name: &str, what: &str, from: &str, to: &str) {
    let one = Situation::open().await;
    one.edit("settings.toml", from, to);
    one.catalogue(name, what, &["sync"], 2).await;
    assert_eq!(
        (one.linnworks.counters().total, one.quickbooks.counters().total),
        (0, 0),
        "something was sent"
    );
    one.edit("settings.toml", to, from);
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_configuration_file_is_named_with_what_to_do() {
    refuse_config("config_file_missing", "There is no linnbooks.toml.", |one| {
        std::fs::remove_file(one.path("linnbooks.toml")).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_no_toml_is_named_with_its_line() {
    refuse_config("config_no_toml", "A quote is missing in linnbooks.toml.", |one| {
        one.edit("linnbooks.toml", "client_id = \"", "client_id = ");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_of_the_configuration_is_named_with_those_there_are() {
    refuse_config(
        "config_unknown_key",
        "A key of linnbooks.toml is misspelt.",
        |one| {
            one.edit("linnbooks.toml", "application_secret", "aplication_secret");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_of_the_configuration_is_named() {
    refuse_config(
        "config_missing_key",
        "linnbooks.toml does not say which company.",
        |one| {
            one.edit("linnbooks.toml", "realm_id", "# realm_id");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_variable_is_named_with_its_key_and_taken_once_it_is_set() {
    let mut one = Situation::open().await;
    one.configure("client_secret", "env:LINNBOOKS_TEST_CLIENT_SECRET");
    one.catalogue(
        "config_variable_missing",
        "linnbooks.toml names a variable that is not set.",
        &["sync"],
        2,
    )
    .await;
    one.export(
        "LINNBOOKS_TEST_CLIENT_SECRET",
        &one.quickbooks.credentials().client_secret,
    );
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linnworks_address_without_tls_is_not_called() {
    refuse_config("config_linnworks_without_tls", "auth_url is http.", |one| {
        one.configure("auth_url", "http://api.linnworks.net");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quickbooks_address_without_tls_is_not_called() {
    refuse_config("config_quickbooks_without_tls", "api_url is http.", |one| {
        one.configure("api_url", "http://quickbooks.api.intuit.com");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_of_a_stranger_is_not_called() {
    refuse_config(
        "config_strange_host",
        "token_url leads to a host that is not Intuit's.",
        |one| {
            one.configure(
                "token_url",
                "https://oauth.platform.intuit.com.example.org/tokens",
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_is_not_called_unless_it_is_allowed() {
    refuse_config(
        "config_loopback_not_allowed",
        "The addresses lead to simulators, and allow_loopback is false.",
        |one| {
            one.edit(
                "linnbooks.toml",
                "allow_loopback = true",
                "allow_loopback = false",
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_that_is_no_number_is_refused_before_it_is_asked() {
    refuse_config(
        "config_realm_no_number",
        "realm_id is the company's name.",
        |one| {
            one.configure("realm_id", "Sample Trading Ltd");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_setting_is_named_with_the_nearest_one() {
    refuse_settings(
        "settings_unknown_key",
        "A setting is misspelt.",
        "type = \"sales_receipt\"",
        "typ = \"sales_receipt\"",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_value_of_a_setting_is_named_with_those_there_are() {
    refuse_settings(
        "settings_unknown_value",
        "A document type that does not exist.",
        "\"sales_receipt\"",
        "\"sales_reciept\"",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_of_the_wrong_type_is_named_with_its_line() {
    let (from, to) = (
        "settle_unknown_after_seconds = 1",
        "settle_unknown_after_seconds = \"soon\"",
    );
    refuse_settings(
        "settings_wrong_type",
        "A number of seconds is given as a word.",
        from,
        to,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_zone_that_does_not_exist_is_refused() {
    let (from, to) = (
        "type = \"sales_receipt\"\n",
        "type = \"sales_receipt\"\ntime_zone = \"Europe/Londn\"\n",
    );
    refuse_settings("settings_bad_zone", "A time zone is misspelt.", from, to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_start_date_nothing_is_fetched() {
    let one = Situation::open().await;
    one.edit("settings.toml", "start_date = ", "# start_date = ");
    one.catalogue(
        "settings_no_start_date",
        "The settings do not say from when on orders are to be posted.",
        &["sync"],
        2,
    )
    .await;
    one.edit("settings.toml", "# start_date = ", "start_date = ");
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_none_is_refused_with_both_forms() {
    let one = Situation::open().await;
    one.catalogue(
        "argument_no_date",
        "--since is neither a date nor an instant.",
        &["sync", "--since", "yesterday"],
        2,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_ends_before_it_begins_is_refused() {
    let one = Situation::open().await;
    let arguments = ["sync", "--since", "2026-05-02", "--until", "2026-05-01"];
    one.catalogue(
        "argument_empty_window",
        "--until is before --since.",
        &arguments,
        2,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_linnworks_does_not_know_is_named() {
    let one = Situation::open().await;
    one.catalogue(
        "order_unknown",
        "No order has this number.",
        &["sync", "--order", "999999"],
        2,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_two_orders_share_is_refused_with_their_numbers() {
    let one = Situation::open().await;
    for id in &one.ids[..2] {
        assert!(
            one.linnworks
                .edit_order(id, |order| order["GeneralInfo"]["ReferenceNum"] = "SAME-1".into())
        );
    }
    one.catalogue(
        "order_ambiguous",
        "Two orders have this reference.",
        &["sync", "--order", "SAME-1"],
        2,
    )
    .await;
    one.ends_well().await;
    one.catalogue(
        "resync_ambiguous",
        "Two documents have this reference.",
        &["resync", "SAME-1"],
        2,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_never_fetched_cannot_be_resynced() {
    let one = Situation::open().await;
    one.ends_well().await;
    one.catalogue(
        "resync_unknown",
        "No document has this number.",
        &["resync", "999999"],
        2,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_document_cannot_be_ignored() {
    let one = Situation::open().await;
    one.ends_well().await;
    let number = one.number(0).to_string();
    one.catalogue(
        "resolve_posted",
        "The document is posted.",
        &["resolve", &number, "--ignore", "test order"],
        2,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_any_data_says_where_it_looked() {
    let one = Situation::open().await;
    one.catalogue(
        "log_without_data",
        "There was no sync yet in this folder.",
        &["log"],
        1,
    )
    .await;
    one.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_data_is_refused_and_the_first_is_not_disturbed() {
    let one = Situation::open().await;
    one.quickbooks.set_switches(|switches| {
        switches.strike_next(FaultKind::SlowAnswer { milliseconds: 2_500 }, FaultTarget::Token)
    });
    let first = one.start(&["sync"]);
    // A request proves that the first process holds the store.
    while one.quickbooks.counters().total == 0 && one.linnworks.counters().total == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let second = one.run(&["sync"]).await;
    let first = one.end(first).await;
    assert_eq!(first.code, 0, "{}", first.stdout);
    one.compare(
        "store_busy",
        "Another process works on the same data.",
        &["sync"],
        &second,
        1,
    )
    .await;
    one.ends_well().await;
}
