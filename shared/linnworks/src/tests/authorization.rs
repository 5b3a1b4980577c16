//! Authorization, the session and its renewal.

use std::sync::atomic::{AtomicUsize, Ordering};

use ports::{Disposition, OrderSource};

use super::*;

fn empty_search(call: &Call) -> Reply {
    if call.method == AUTHORIZE {
        by_default()
    } else {
        page(1, 500, 0, &[])
    }
}

#[tokio::test]
async fn an_empty_window_takes_one_authorization_and_one_search() {
    let fake = Fake::start(empty_search).await;
    let bench = Bench::new(&fake);
    assert!(bench.source.find_processed(day()).await.unwrap().is_empty());
    assert_eq!((bench.source.calls(), fake.count_all()), (2, 2));
    let authorization = &fake.calls(AUTHORIZE)[0];
    assert_eq!(
        authorization.body,
        json!({"ApplicationId": "app-id", "ApplicationSecret": "app-secret-sentinel", "Token": "install-token-sentinel"})
    );
    let search = &fake.calls(SEARCH)[0];
    assert_eq!(
        (search.verb.as_str(), search.token.as_str()),
        ("POST", "session-1")
    );
    assert_eq!(search.agent, concat!("linnbooks/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn the_next_process_uses_the_session_of_the_vault() {
    let fake = Fake::start(empty_search).await;
    let first = Bench::new(&fake);
    first.source.find_processed(day()).await.unwrap();
    let second = Bench::with_vault(first.config.clone(), Arc::clone(&first.vault));
    second.source.find_processed(day()).await.unwrap();
    assert_eq!(fake.count(AUTHORIZE), 1);
    second.clock.advance(Duration::from_secs(1_801));
    second.source.find_processed(day()).await.unwrap();
    assert_eq!(fake.count(AUTHORIZE), 2);
}

#[tokio::test]
async fn a_broken_vault_does_not_stop_the_work() {
    let fake = Fake::start(empty_search).await;
    let vault = Arc::new(TestVault {
        is_broken: true,
        ..TestVault::default()
    });
    let bench = Bench::with_vault(config(&fake.url), vault);
    bench.source.find_processed(day()).await.unwrap();
    bench.source.find_processed(day()).await.unwrap();
    assert_eq!(fake.count(AUTHORIZE), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_parallel_calls_authorize_once() {
    let fake = Fake::start(empty_search).await;
    let bench = Arc::new(Bench::new(&fake));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.source.find_processed(day()).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!((fake.count(AUTHORIZE), fake.count(SEARCH)), (1, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_parallel_calls_renew_an_ended_session_once() {
    let fake = Fake::start(|call| match (call.method.as_str(), call.token.as_str()) {
        (AUTHORIZE, _) => by_default(),
        (_, "session-1") => Reply::text(401, ""),
        _ => page(1, 500, 0, &[]),
    })
    .await;
    let bench = Arc::new(Bench::new(&fake));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.source.find_processed(day()).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(fake.count(AUTHORIZE), 2);
}

#[tokio::test]
async fn after_one_401_the_call_is_repeated_with_a_new_session() {
    let fake = Fake::start(|call| match (call.method.as_str(), call.token.as_str()) {
        (AUTHORIZE, _) => by_default(),
        (_, "session-1") => Reply::text(401, r#"{"Code":null,"Message":"Token is wrong"}"#),
        _ => page(1, 500, 0, &[]),
    })
    .await;
    let bench = Bench::new(&fake);
    bench.source.find_processed(day()).await.unwrap();
    assert_eq!((fake.count(AUTHORIZE), fake.count(SEARCH)), (2, 2));
    let next = Bench::with_vault(bench.config.clone(), Arc::clone(&bench.vault));
    next.source.find_processed(day()).await.unwrap();
    assert_eq!(
        fake.count(AUTHORIZE),
        2,
        "the renewed session replaced the old one in the vault"
    );
}

#[tokio::test]
async fn a_second_401_asks_for_a_new_connection() {
    let fake = Fake::start(|call| {
        if call.method == AUTHORIZE {
            by_default()
        } else {
            Reply::text(401, "")
        }
    })
    .await;
    let bench = Bench::new(&fake);
    let error = bench.source.find_processed(day()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Reconnect);
    assert_eq!((fake.count(AUTHORIZE), fake.count(SEARCH)), (2, 2));
    bench.source.find_processed(day()).await.unwrap_err();
    assert_eq!(fake.count(AUTHORIZE), 4, "a refused session is not used again");
}

#[tokio::test]
async fn every_refused_authorization_asks_to_install_again() {
    for status in [400, 401, 403, 404, 405, 410, 422] {
        let fake =
            Fake::start(move |_| Reply::text(status, r#"{"Message":"install-token-sentinel is unknown"}"#))
                .await;
        let bench = Bench::new(&fake);
        let error = bench.source.find_processed(day()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::Reconnect, "{status}");
        assert!(
            error.remedy.contains("Install the app") && error.remedy.contains("token"),
            "{error}"
        );
        assert!(
            error.cause.contains("[secret] is unknown") && !error.to_string().contains("sentinel"),
            "{error}"
        );
        assert_eq!(fake.count_all(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_authorization_that_meets_an_overload_is_tried_again() {
    let tries = AtomicUsize::new(0);
    let fake = Fake::start(
        move |call| match (call.method.as_str(), tries.load(Ordering::SeqCst)) {
            (AUTHORIZE, attempt) if attempt < 3 => {
                tries.fetch_add(1, Ordering::SeqCst);
                [
                    Reply::text(503, "<html>"),
                    Reply::text(429, ""),
                    Reply::text(400, r#""Connection Timeout Expired""#),
                ]
                .into_iter()
                .nth(attempt)
                .unwrap()
            }
            (AUTHORIZE, _) => by_default(),
            _ => page(1, 500, 0, &[]),
        },
    )
    .await;
    let bench = Bench::new(&fake);
    bench.source.find_processed(day()).await.unwrap();
    assert_eq!(fake.count(AUTHORIZE), 4);
    assert_eq!(bench.source.calls(), 5);
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_is_not_of_linnworks() {
    for server in [
        "https://evil.example",
        "http://eu-ext.linnworks.net",
        "http://169.254.169.254",
        "",
        "https://a@eu-ext.linnworks.net",
    ] {
        let fake =
            Fake::start(move |_| Reply::json(&json!({"Token": "t", "Server": server, "TTL": 3600}))).await;
        let bench = Bench::new(&fake);
        let error = bench.source.find_processed(day()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::Configuration, "{server}");
        assert_eq!(bench.source.calls(), 1);
        assert!(!error.to_string().contains("evil"), "{error}");
    }
}

#[tokio::test]
async fn a_locked_account_is_reported_as_unavailable() {
    let fake = Fake::start(|_| Reply::json(&json!({"Token": "t", "Status": {"State": "LOCKED_FULL"}}))).await;
    let error = Bench::new(&fake).source.find_processed(day()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Unavailable);
    assert!(error.cause.contains("LOCKED_FULL"));
}

#[test]
fn settings_that_cannot_work_are_refused_before_any_call() {
    type Change = fn(&mut LinnworksConfig);
    let changes: [Change; 6] = [
        |config| config.allow_loopback = false,
        |config| config.auth_url = Url::parse("https://evil.example").unwrap(),
        |config| config.application_id = " ".into(),
        |config| config.token = SecretString::from(""),
        |config| config.search_rows_per_page = 0,
        |config| config.orders_per_call = 0,
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut config = config("http://127.0.0.1:1");
        change(&mut config);
        let clock = Arc::new(ports::SystemClock);
        let error = Linnworks::new(config, clock, Arc::new(TestVault::default()))
            .err()
            .unwrap();
        assert_eq!(error.disposition, Disposition::Configuration, "{index}");
    }
}
