//! Access tokens: stored before they are used, renewed once, never lost.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use ports::{Books, CallOutcome, ConnectorError, Disposition};
use quickbooks_online::QuickBooksOnline;

use crate::support::*;

fn ok() -> Reply {
    json(200, envelope("SalesReceipt", &receipt("1", "LW1")))
}

fn error_of(outcome: CallOutcome) -> ConnectorError {
    match outcome {
        CallOutcome::NotDone(error) => error,
        other => panic!("{other:?}"),
    }
}

fn invalid_grant() -> Reply {
    json(
        400,
        r#"{"error_description":"Token invalid","error":"invalid_grant"}"#,
    )
}

fn make(server: &Server, vault: &Arc<MemoryVault>) -> (QuickBooksOnline, Arc<FakeClock>) {
    let clock = FakeClock::new();
    (
        QuickBooksOnline::new(config(&server.url), clock.clone(), vault.clone()).unwrap(),
        clock,
    )
}

async fn send(books: &QuickBooksOnline) -> CallOutcome {
    books.send(&freeze_one(books)).await
}

fn refresh_tokens_sent(server: &Server) -> Vec<String> {
    let tokens = server.requests().into_iter().filter(Request::is_token);
    tokens
        .map(|request| request.body.rsplit_once("refresh_token=").unwrap().1.to_owned())
        .collect()
}

#[tokio::test]
async fn the_first_connection_uses_the_configured_token_with_basic_authentication() {
    let server = Server::start(|request, _| {
        if request.is_token() {
            tokens("A1", "R1")
        } else {
            ok()
        }
    })
    .await;
    let vault = Arc::new(MemoryVault::default());
    let (books, _) = make(&server, &vault);
    assert!(matches!(send(&books).await, CallOutcome::Answered(_)));
    let request = &server.requests()[0];
    assert_eq!(request.body, "grant_type=refresh_token&refresh_token=FIRST");
    assert_eq!(
        request.headers["authorization"],
        "Basic Y2xpZW50OmNsaWVudC1zZWNyZXQ="
    );
    assert_eq!(
        request.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    let value = vault.value();
    assert_eq!(
        (&value["access_token"], &value["refresh_token"]),
        (&"A1".into(), &"R1".into())
    );
    assert_eq!(
        (&value["previous_refresh_token"], &value["realm_id"]),
        (&"FIRST".into(), &REALM.into())
    );
    assert_eq!(value["access_expires_at"], "2026-03-02T10:00:00Z");
    assert!(!vault.has_lease());
}

#[tokio::test]
async fn a_rotated_token_is_in_the_vault_before_it_is_used() {
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:05:00Z");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (watched, log) = (Arc::clone(&vault), Arc::clone(&seen));
    let server = Server::start(move |request, _| {
        if request.is_token() {
            return tokens("A1", "R1");
        }
        log.lock()
            .unwrap()
            .push((request.bearer().to_owned(), watched.text().contains("\"R1\"")));
        ok()
    })
    .await;
    let (books, _) = make(&server, &vault);
    send(&books).await;
    assert_eq!(*seen.lock().unwrap(), [("A1".to_owned(), true)]);
    assert_eq!(vault.value()["previous_refresh_token"], "R0");
}

#[tokio::test]
async fn a_token_that_cannot_be_stored_is_not_used_and_not_lost() {
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let server = Server::start(|request, _| {
        if request.is_token() {
            tokens("A1", "R1")
        } else {
            ok()
        }
    })
    .await;
    let (books, _) = make(&server, &vault);
    *vault.fails.lock().unwrap() = true;
    assert!(error_of(send(&books).await).is_transient());
    assert!(server.api_requests().is_empty());
    *vault.fails.lock().unwrap() = false;
    assert!(matches!(send(&books).await, CallOutcome::Answered(_)));
    assert_eq!(vault.value()["refresh_token"], "R1");
    assert_eq!(refresh_tokens_sent(&server), ["R0"]);
}

#[tokio::test]
async fn a_token_is_renewed_when_less_than_ten_minutes_are_left_and_not_before() {
    let vault = MemoryVault::connected();
    let server = Server::start(|request, _| {
        if request.is_token() {
            tokens("A1", "R0")
        } else {
            ok()
        }
    })
    .await;
    let (books, clock) = make(&server, &vault);
    clock.advance(SignedDuration::from_mins(49));
    send(&books).await;
    assert_eq!(server.api_requests().last().unwrap().bearer(), "A0");
    clock.advance(SignedDuration::from_mins(2));
    send(&books).await;
    assert_eq!(server.api_requests().last().unwrap().bearer(), "A1");
    assert!(vault.value().get("previous_refresh_token").is_none());
}

#[tokio::test]
async fn many_calls_at_once_renew_the_token_once() {
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let server = Server::start(|request, _| {
        if request.is_token() {
            tokens("A1", "R1")
        } else {
            ok()
        }
    })
    .await;
    let (books, _) = make(&server, &vault);
    let call = freeze_one(&books);
    let (a, b, c) = tokio::join!(books.send(&call), books.send(&call), books.send(&call));
    for outcome in [a, b, c] {
        assert!(matches!(outcome, CallOutcome::Answered(_)));
    }
    assert_eq!(refresh_tokens_sent(&server), ["R0"]);
    assert_eq!(books.calls(), 4);
}

#[tokio::test]
async fn two_processes_renew_the_token_once() {
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let server = Server::start(|request, before| match request {
        request if request.is_token() => tokens(&format!("A{}", before + 1), "R1"),
        _ => ok(),
    })
    .await;
    let ((one, _), (two, _)) = (make(&server, &vault), make(&server, &vault));
    let (first, second) = tokio::join!(send(&one), send(&two));
    assert!(matches!(first, CallOutcome::Answered(_)) && matches!(second, CallOutcome::Answered(_)));
    assert_eq!(refresh_tokens_sent(&server), ["R0"]);
}

#[tokio::test]
async fn a_process_without_the_lease_reads_what_the_other_wrote() {
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let server = Server::start(|_, _| ok()).await;
    vault.lend("another process");
    let (books, _) = make(&server, &vault);
    let other = async {
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        vault.put(&token_json("A7", "R7", "2026-03-02T11:00:00Z", REALM));
    };
    let (outcome, ()) = tokio::join!(send(&books), other);
    assert!(matches!(outcome, CallOutcome::Answered(_)), "{outcome:?}");
    assert_eq!(server.requests()[0].bearer(), "A7");
}

#[tokio::test]
async fn a_lease_that_is_never_given_back_ends_in_a_retry() {
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let server = Server::start(|_, _| ok()).await;
    vault.lend("a process that hangs");
    let (books, _) = make(&server, &vault);
    assert!(error_of(send(&books).await).is_transient());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn after_invalid_grant_the_token_that_another_stored_is_used() {
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let rotated = Arc::clone(&vault);
    let server = Server::start(move |request, _| match request {
        request if request.is_token() && request.body.ends_with("=R0") => {
            rotated.put(&token_json("A5", "R5", "2026-03-02T09:01:00Z", REALM));
            invalid_grant()
        }
        request if request.is_token() && request.body.ends_with("=R5") => tokens("A6", "R6"),
        _ => ok(),
    })
    .await;
    let (books, _) = make(&server, &vault);
    assert!(matches!(send(&books).await, CallOutcome::Answered(_)));
    assert_eq!(refresh_tokens_sent(&server), ["R0", "R5"]);
    assert_eq!(vault.value()["refresh_token"], "R6");
}

#[tokio::test]
async fn after_invalid_grant_the_previous_then_the_first_token_are_tried_once() {
    let vault = Arc::new(MemoryVault::default());
    let mut stored: serde_json::Value =
        serde_json::from_str(&token_json("A0", "R2", "2026-03-02T09:00:00Z", REALM)).unwrap();
    stored["previous_refresh_token"] = "R1".into();
    vault.put(&stored.to_string());
    let server = Server::start(|request, _| match request {
        request if request.is_token() && request.body.ends_with("=FIRST") => tokens("A9", "R9"),
        request if request.is_token() => invalid_grant(),
        _ => ok(),
    })
    .await;
    let (books, clock) = make(&server, &vault);
    assert!(matches!(send(&books).await, CallOutcome::Answered(_)));
    assert_eq!(refresh_tokens_sent(&server), ["R2", "R1", "FIRST"]);
    // The first token was used: it is not tried again.
    clock.advance(SignedDuration::from_hours(2));
    let mut dead = vault.value();
    dead["previous_refresh_token"] = serde_json::Value::Null;
    vault.put(&dead.to_string());
    let error = error_of(send(&books).await);
    assert_eq!(error.disposition, Disposition::Reconnect);
    assert_eq!(refresh_tokens_sent(&server), ["R2", "R1", "FIRST", "R9"]);
    assert!(error.remedy.contains("Connect QuickBooks again"));
}

#[tokio::test]
async fn without_any_token_a_person_must_connect() {
    let server = Server::start(|_, _| ok()).await;
    let mut config = config(&server.url);
    config.refresh_token = None;
    let books = QuickBooksOnline::new(config, FakeClock::new(), Arc::new(MemoryVault::default())).unwrap();
    assert_eq!(error_of(send(&books).await).disposition, Disposition::Reconnect);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn wrong_client_keys_are_a_matter_of_configuration() {
    let server = Server::start(|_, _| json(401, r#"{"error":"invalid_client"}"#)).await;
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let (books, _) = make(&server, &vault);
    assert_eq!(
        error_of(send(&books).await).disposition,
        Disposition::Configuration
    );
}

#[tokio::test]
async fn an_outage_of_the_token_endpoint_is_no_dead_token() {
    type Make = fn() -> Reply;
    let cases: [Make; 7] = [
        || Reply::Answer(503, "text/html", "<html>invalid_grant</html>".into()),
        || json(500, r#"{"error":"invalid_grant"}"#),
        || Reply::Answer(400, "text/html", "<html></html>".into()),
        || Reply::Answer(200, "text/html", "<html></html>".into()),
        || json(429, ""),
        || Reply::Drop,
        || Reply::Truncate(r#"{"access_token":"A1""#.into()),
    ];
    for make_reply in cases {
        let server = Server::start(move |_, _| make_reply()).await;
        let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
        let (books, _) = make(&server, &vault);
        let error = error_of(send(&books).await);
        assert!(matches!(error.disposition, Disposition::Retry { .. }), "{error}");
        assert_eq!(refresh_tokens_sent(&server), ["R0"]);
        assert!(vault.written.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_token_with_minutes_left_is_used_while_the_endpoint_is_down() {
    let server = Server::start(|request, _| if request.is_token() { json(503, "") } else { ok() }).await;
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:05:00Z");
    let (books, clock) = make(&server, &vault);
    for _ in 0..3 {
        assert!(matches!(send(&books).await, CallOutcome::Answered(_)));
    }
    assert_eq!(refresh_tokens_sent(&server).len(), 1);
    clock.advance(SignedDuration::from_secs(31));
    assert!(matches!(send(&books).await, CallOutcome::Answered(_)));
    assert_eq!(refresh_tokens_sent(&server).len(), 2);
}

#[tokio::test]
async fn an_absent_member_is_never_stored() {
    let server = Server::start(|request, before| match (request.is_token(), before) {
        (true, 0) => json(200, r#"{"access_token":"A1","expires_in":3600}"#),
        (true, _) => json(
            200,
            r#"{"access_token":"","refresh_token":"R3","expires_in":3600}"#,
        ),
        _ => ok(),
    })
    .await;
    let vault = MemoryVault::holding("A0", "R0", "2026-03-02T09:00:00Z");
    let (books, clock) = make(&server, &vault);
    assert!(matches!(send(&books).await, CallOutcome::Answered(_)));
    assert_eq!(
        (&vault.value()["access_token"], &vault.value()["refresh_token"]),
        (&"A1".into(), &"R0".into())
    );
    clock.advance(SignedDuration::from_hours(2));
    let before = vault.text();
    assert!(error_of(send(&books).await).is_transient());
    assert_eq!(vault.text(), before);
}

#[tokio::test]
async fn tokens_of_another_company_are_refused() {
    let server = Server::start(|_, _| ok()).await;
    let vault = Arc::new(MemoryVault::default());
    vault.put(&token_json("A0", "R0", "2026-03-02T10:00:00Z", "999"));
    let (books, _) = make(&server, &vault);
    assert_eq!(
        error_of(send(&books).await).disposition,
        Disposition::Configuration
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_left_as_it_is() {
    let server = Server::start(|_, _| ok()).await;
    let vault = Arc::new(MemoryVault::default());
    vault.put("{\"format\":2}");
    let (books, _) = make(&server, &vault);
    assert_eq!(
        error_of(send(&books).await).disposition,
        Disposition::Configuration
    );
    assert_eq!(vault.text(), "{\"format\":2}");
}

#[tokio::test]
async fn no_secret_is_in_any_error() {
    for status in [400, 401, 500] {
        let server = Server::start(move |request, _| match request.is_token() {
            true => json(status, r#"{"error":"other","leak":"canary-answer"}"#),
            false => ok(),
        })
        .await;
        let vault = MemoryVault::holding("canary-access", "canary-refresh", "2026-03-02T09:00:00Z");
        let (books, _) = make(&server, &vault);
        let error = error_of(send(&books).await);
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("canary") && !text.contains("client-secret"),
            "{text}"
        );
    }
}
