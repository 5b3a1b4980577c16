//! What became of a call (reliability.md 1.2 step 3): done, not done, unknown.

use ports::{Books, CallOutcome, ConnectorError, Disposition, EntryOutcome, RefusalAct};
use quickbooks_online::QuickBooksOnline;

use crate::support::*;

async fn send_one(reply: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> (CallOutcome, Server) {
    let server = Server::start(reply).await;
    let books = connect(&server);
    let outcome = books.send(&freeze_one(&books)).await;
    (outcome, server)
}

fn entries(outcome: CallOutcome) -> Vec<EntryOutcome> {
    match outcome {
        CallOutcome::Answered(entries) => entries,
        other => panic!("not answered: {other:?}"),
    }
}

fn one(outcome: CallOutcome) -> EntryOutcome {
    let mut entries = entries(outcome);
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn not_done(outcome: CallOutcome) -> ConnectorError {
    match outcome {
        CallOutcome::NotDone(error) => error,
        other => panic!("not NotDone: {other:?}"),
    }
}

#[tokio::test]
async fn a_created_sales_receipt_is_done_with_its_id_and_total() {
    let (outcome, server) =
        send_one(|_, _| json(200, envelope("SalesReceipt", &receipt("145", "LW1")))).await;
    let EntryOutcome::Done(found) = one(outcome) else {
        panic!()
    };
    assert_eq!((found.id.as_str(), found.sync_token.as_str()), ("145", "0"));
    assert_eq!(
        (found.total, found.total_tax),
        (decimal("24"), Some(decimal("4")))
    );
    assert_eq!(found.number.as_deref(), Some("LW1"));
    let request = &server.requests()[0];
    assert_eq!(request.method, "POST");
    assert_eq!(request.path(), format!("/v3/company/{REALM}/salesreceipt"));
    assert_eq!(request.bearer(), "A0");
    assert_eq!(
        (&*request.headers["accept"], &*request.headers["content-type"]),
        ("application/json", "application/json")
    );
}

#[tokio::test]
async fn the_frozen_bytes_and_their_key_are_sent_unchanged() {
    let server = Server::start(|_, _| json(200, envelope("SalesReceipt", &receipt("145", "LW1")))).await;
    let books = connect(&server);
    let call = freeze_one(&books);
    books.send(&call).await;
    books.send(&call).await;
    let requests = server.requests();
    assert_eq!(requests[0].body, call.body);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[0].target, requests[1].target);
    assert!(
        requests[0]
            .target
            .ends_with(&format!("?minorversion=75&requestid={}", call.request_id))
    );
    assert_eq!(books.calls(), 2);
}

#[tokio::test]
async fn every_lost_or_broken_answer_is_unknown() {
    type Make = fn() -> Reply;
    let cases: [(&str, Make); 11] = [
        ("dropped connection", || Reply::Drop),
        ("truncated body", || {
            Reply::Truncate(r#"{"SalesReceipt":{"Id":"#.into())
        }),
        ("cut json", || json(200, r#"{"SalesReceipt":{"Id":"1""#)),
        ("empty 200", || json(200, "")),
        ("empty object", || json(200, "{}")),
        ("html 200", || {
            Reply::Answer(200, "text/html", "<html>ok</html>".into())
        }),
        ("500 with a fault", || fault(500, "10000", "x")),
        ("503 html", || {
            Reply::Answer(503, "text/html", "<html>busy</html>".into())
        }),
        ("504 empty", || json(504, "")),
        ("400 html", || {
            Reply::Answer(400, "text/html", "<html>bad</html>".into())
        }),
        ("xml success", || {
            Reply::Answer(
                200,
                "text/xml",
                "<IntuitResponse><SalesReceipt/></IntuitResponse>".into(),
            )
        }),
    ];
    for (name, make) in cases {
        let (outcome, server) = send_one(move |_, _| make()).await;
        assert!(matches!(outcome, CallOutcome::Unknown(_)), "{name}: {outcome:?}");
        assert_eq!(server.requests().len(), 1, "{name} was repeated");
    }
}

#[tokio::test]
async fn an_answer_without_id_or_total_is_unknown_for_its_entry() {
    for object in [
        r#"{"SyncToken":"0","TotalAmt":24}"#,
        r#"{"Id":"1","SyncToken":"0"}"#,
        r#"{"Id":"1","TotalAmt":true}"#,
    ] {
        let (outcome, _) = send_one(move |_, _| json(200, envelope("SalesReceipt", object))).await;
        assert!(
            matches!(entries(outcome)[0], EntryOutcome::Unknown(_)),
            "{object}"
        );
    }
}

#[tokio::test]
async fn no_answer_in_time_is_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&format!("http://{}", listener.local_addr().unwrap()));
    config.answer_seconds_max = 1;
    let books = QuickBooksOnline::new(config, FakeClock::new(), MemoryVault::connected()).unwrap();
    let outcome = books.send(&freeze_one(&books)).await;
    let CallOutcome::Unknown(cause) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(cause, "no answer in time");
    drop(listener);
}

#[tokio::test]
async fn a_refused_connection_did_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let books = QuickBooksOnline::new(config(&url), FakeClock::new(), MemoryVault::connected()).unwrap();
    let error = not_done(books.send(&freeze_one(&books)).await);
    assert_eq!(error.disposition, Disposition::Retry { after: None });
}

#[tokio::test]
async fn a_failed_tls_handshake_did_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let books = QuickBooksOnline::new(config(&url), FakeClock::new(), MemoryVault::connected()).unwrap();
    let error = not_done(books.send(&freeze_one(&books)).await);
    assert_eq!(error.disposition, Disposition::Retry { after: None });
}

#[tokio::test]
async fn throttling_did_nothing_in_each_of_its_forms() {
    type Make = fn() -> Reply;
    let cases: [Make; 5] = [
        || fault(429, "3001", "The request limit was reached.  Try again later"),
        || Reply::Answer(429, "application/xml", XML_429.into()),
        || Reply::Answer(403, "application/xml", XML_429.replace("=429", "=403")),
        || fault(403, "003001", "The request limit was reached.  Try again later"),
        || Reply::Answer(429, "text/html", "<html>slow down</html>".into()),
    ];
    for make in cases {
        let (outcome, server) = send_one(move |_, _| make()).await;
        let error = not_done(outcome);
        assert_eq!(
            error.disposition,
            Disposition::Retry {
                after: Some(std::time::Duration::from_secs(60))
            }
        );
        assert_eq!(server.requests().len(), 1);
    }
}

const XML_429: &str = r#"<?xml version="1.0" encoding="UTF-8"?><IntuitResponse><Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message><Detail>limit</Detail></Error></Fault></IntuitResponse>"#;

#[tokio::test]
async fn the_wait_that_quickbooks_names_is_kept() {
    let (outcome, _) = send_one(|_, _| Reply::With(429, ("Retry-After", "7"), String::new())).await;
    let error = not_done(outcome);
    assert_eq!(
        error.disposition,
        Disposition::Retry {
            after: Some(std::time::Duration::from_secs(7))
        }
    );
}

#[tokio::test]
async fn after_throttling_the_next_call_waits() {
    let server = Server::start(|_, before| match before {
        0 => fault(429, "3001", "limit"),
        _ => json(200, envelope("SalesReceipt", &receipt("1", "LW1"))),
    })
    .await;
    let clock = FakeClock::new();
    let books = QuickBooksOnline::new(config(&server.url), clock.clone(), MemoryVault::connected()).unwrap();
    let call = freeze_one(&books);
    not_done(books.send(&call).await);
    assert!(matches!(
        entries(books.send(&call).await)[0],
        EntryOutcome::Done(_)
    ));
    assert_eq!(*clock.slept.lock().unwrap(), [std::time::Duration::from_secs(60)]);
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_the_same_bytes_are_sent_once_more() {
    for is_plain in [false, true] {
        let server = Server::start(move |request, _| match request {
            request if request.is_token() => tokens("A1", "R1"),
            request if request.bearer() == "A1" => json(200, envelope("SalesReceipt", &receipt("9", "LW1"))),
            _ if is_plain => Reply::Answer(401, "text/plain", "Unauthorized".into()),
            _ => expired(),
        })
        .await;
        let books = connect(&server);
        let outcome = entries(books.send(&freeze_one(&books)).await);
        assert!(matches!(&outcome[0], EntryOutcome::Done(found) if found.id.as_str() == "9"));
        let sent = server.api_requests();
        assert_eq!(sent.len(), 2);
        assert_eq!((&sent[0].target, &sent[0].body), (&sent[1].target, &sent[1].body));
        assert_eq!(books.calls(), 3);
    }
}

#[tokio::test]
async fn a_second_401_asks_a_person_to_reconnect() {
    let server = Server::start(|request, _| {
        if request.is_token() {
            tokens("A1", "R1")
        } else {
            expired()
        }
    })
    .await;
    let books = connect(&server);
    let error = not_done(books.send(&freeze_one(&books)).await);
    assert_eq!(error.disposition, Disposition::Reconnect);
    assert_eq!(server.api_requests().len(), 2);
}

#[tokio::test]
async fn a_wrong_company_asks_to_reconnect_and_names_sandbox_keys() {
    for code in ["3100", "003100"] {
        let (outcome, server) =
            send_one(move |_, _| fault(403, code, "ApplicationAuthorizationFailed")).await;
        let error = not_done(outcome);
        assert_eq!(error.disposition, Disposition::Reconnect);
        assert!(error.remedy.contains("sandbox"), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_ended_subscription_makes_the_company_unavailable() {
    let (outcome, _) = send_one(|_, _| fault(400, "6190", "Subscription period has ended")).await;
    assert_eq!(not_done(outcome).disposition, Disposition::Unavailable);
}

#[tokio::test]
async fn refusals_say_who_must_act_and_keep_the_raw_fault() {
    for (code, act) in [
        ("6210", RefusalAct::Person),
        ("610", RefusalAct::RefreshLists),
        ("2500", RefusalAct::RefreshLists),
        ("10000", RefusalAct::RetryLater),
        ("9999", RefusalAct::Person),
    ] {
        let (outcome, _) = send_one(move |_, _| fault(400, code, "the detail")).await;
        let EntryOutcome::Refused(refusal) = one(outcome) else {
            panic!("{code}")
        };
        assert_eq!(refusal.act, act, "{code}");
        let raw = refusal.reason.raw.unwrap();
        assert_eq!(
            (raw.code.as_str(), raw.detail.as_str(), raw.intuit_tid.as_deref()),
            (code, "the detail", Some("tid-0"))
        );
    }
}

#[tokio::test]
async fn a_fault_within_a_200_is_a_refusal() {
    let (outcome, _) = send_one(|_, _| fault(200, "6210", "closed")).await;
    assert!(matches!(entries(outcome)[0], EntryOutcome::Refused(_)));
}

#[tokio::test]
async fn an_xml_refusal_is_read() {
    let xml = r#"<IntuitResponse><Fault type="ValidationFault"><Error code="6210" element=""><Message>Account Period Closed</Message><Detail>d</Detail></Error></Fault></IntuitResponse>"#;
    let (outcome, _) = send_one(move |_, _| Reply::Answer(400, "application/xml", xml.into())).await;
    let EntryOutcome::Refused(refusal) = one(outcome) else {
        panic!()
    };
    assert_eq!(refusal.reason.code, domain::ReasonCode::ClosedBooks);
}

#[tokio::test]
async fn a_taken_number_names_its_transaction() {
    let detail = "You must specify a different number. DocNumber=LW1 is assigned to TxnType=SalesReceipt with TxnId=45823";
    let (outcome, _) = send_one(move |_, _| fault(400, "6140", detail)).await;
    let EntryOutcome::DuplicateNumber { transaction, .. } = one(outcome) else {
        panic!()
    };
    assert_eq!(transaction.unwrap().as_str(), "45823");
}

#[tokio::test]
async fn a_request_id_that_was_seen_before_is_unknown() {
    let (outcome, _) = send_one(|_, _| fault(400, "600", "Duplicate Request ID")).await;
    assert!(matches!(entries(outcome)[0], EntryOutcome::Unknown(_)));
}

#[tokio::test]
async fn batch_items_are_matched_by_id_in_any_order_and_a_missing_one_is_unknown() {
    let server = Server::start(|_, _| {
        let items = format!(
            r#"{{"BatchItemResponse":[{{"Fault":{{"Error":[{{"Message":"m","Detail":"d","code":"6210"}}],"type":"ValidationFault"}},"bId":"3"}},{{"SalesReceipt":{},"bId":"1"}}],"time":"2026-03-02T01:00:00-08:00"}}"#,
            receipt("501", "LW1")
        );
        json(200, items)
    })
    .await;
    let books = connect(&server);
    let call = freeze_batch(&books);
    let outcome = entries(books.send(&call).await);
    assert!(matches!(&outcome[0], EntryOutcome::Done(found) if found.id.as_str() == "501"));
    assert!(matches!(&outcome[1], EntryOutcome::Unknown(_)));
    assert!(
        matches!(&outcome[2], EntryOutcome::Refused(refusal) if refusal.reason.code == domain::ReasonCode::ClosedBooks)
    );
    assert_eq!(server.requests()[0].path(), format!("/v3/company/{REALM}/batch"));
}

#[tokio::test]
async fn an_item_that_comes_twice_is_unknown() {
    let server = Server::start(|_, _| {
        let item = format!(r#"{{"SalesReceipt":{},"bId":"1"}}"#, receipt("501", "LW1"));
        json(200, format!(r#"{{"BatchItemResponse":[{item},{item}]}}"#))
    })
    .await;
    let books = connect(&server);
    let outcome = entries(books.send(&freeze_batch(&books)).await);
    assert!(matches!(&outcome[0], EntryOutcome::Unknown(_)));
}

#[tokio::test]
async fn a_batch_refused_as_a_whole_refuses_every_entry() {
    let server = Server::start(|_, _| fault(400, "2010", "Unrecognized field")).await;
    let books = connect(&server);
    let outcome = entries(books.send(&freeze_batch(&books)).await);
    assert_eq!(outcome.len(), 3);
    assert!(
        outcome.iter().all(
            |entry| matches!(entry, EntryOutcome::Refused(refusal) if refusal.act == RefusalAct::Person)
        )
    );
}

#[tokio::test]
async fn a_batch_answered_with_6000_may_be_a_replay_and_every_entry_is_unknown() {
    let server = Server::start(|_, _| fault(400, "6000", "A business validation error")).await;
    let books = connect(&server);
    let outcome = entries(books.send(&freeze_batch(&books)).await);
    assert_eq!(outcome.len(), 3);
    assert!(
        outcome
            .iter()
            .all(|entry| matches!(entry, EntryOutcome::Unknown(_)))
    );
}

#[tokio::test]
async fn a_call_frozen_for_another_company_is_not_sent() {
    let server = Server::start(|_, _| json(200, "{}")).await;
    let mut other = config(&server.url);
    other.realm_id = domain::RealmId::new("123145000000000");
    let other = QuickBooksOnline::new(other, FakeClock::new(), MemoryVault::connected()).unwrap();
    let error = not_done(connect(&server).send(&freeze_one(&other)).await);
    assert_eq!(error.disposition, Disposition::Configuration);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (outcome, server) =
        send_one(|_, _| Reply::With(307, ("Location", "/elsewhere"), String::new())).await;
    assert!(matches!(outcome, CallOutcome::Unknown(_)));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn no_more_than_ten_calls_start_within_a_second() {
    let server = Server::start(|_, _| json(200, envelope("SalesReceipt", &receipt("1", "LW1")))).await;
    let clock = FakeClock::new();
    let books = QuickBooksOnline::new(config(&server.url), clock.clone(), MemoryVault::connected()).unwrap();
    let call = freeze_one(&books);
    for _ in 0..25 {
        books.send(&call).await;
    }
    let waited: std::time::Duration = clock.slept.lock().unwrap().iter().sum();
    assert!(waited >= std::time::Duration::from_secs(2), "{waited:?}");
}

#[tokio::test]
async fn a_connection_that_is_reset_while_sending_is_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // Closing with unread bytes resets the connection.
        while let Ok((stream, _)) = listener.accept().await {
            stream.readable().await.unwrap();
            drop(stream);
        }
    });
    let books = QuickBooksOnline::new(config(&url), FakeClock::new(), MemoryVault::connected()).unwrap();
    assert!(matches!(
        books.send(&freeze_one(&books)).await,
        CallOutcome::Unknown(_)
    ));
}
