//! Look-ups, lists by date, deleting, exchange rates.

use domain::{Currency, TransactionId, TransactionKind};
use ports::{Books, Disposition, Probe, ProbeBy};
use quickbooks_online::QuickBooksOnline;

use crate::support::*;

fn by_number(kind: TransactionKind, number: &str) -> Probe {
    Probe {
        kind,
        by: ProbeBy::Number(number.into()),
    }
}

fn statements(server: &Server) -> Vec<String> {
    server
        .requests()
        .into_iter()
        .map(|request| request.body)
        .collect()
}

#[tokio::test]
async fn thirty_numbers_are_looked_up_with_one_query() {
    let server = Server::start(|_, _| rows("SalesReceipt", &[receipt("7", "LW3")])).await;
    let books = connect(&server);
    let probes: Vec<Probe> = (0..61)
        .map(|number| by_number(TransactionKind::SalesReceipt, &format!("LW{number:02}")))
        .collect();
    let found = books.look_up(&probes).await.unwrap();
    assert_eq!(found.len(), 1, "the same transaction is given once");
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        (requests[0].method.as_str(), &*requests[0].headers["content-type"]),
        ("POST", "application/text")
    );
    assert!(
        requests[0]
            .body
            .starts_with("select * from SalesReceipt where DocNumber in ('LW00','LW01',")
    );
    assert_eq!(
        requests[2].body,
        "select * from SalesReceipt where DocNumber in ('LW60') orderby Id startposition 1 maxresults 1000"
    );
}

#[tokio::test]
async fn a_payment_is_looked_up_by_its_reference() {
    let payment = r#"{"Id":"125","SyncToken":"0","PaymentRefNum":"26-1","TxnDate":"2026-03-05","TotalAmt":25,"CurrencyRef":{"value":"GBP"},"CustomerRef":{"value":"20"}}"#;
    let server = Server::start(move |_, _| rows("Payment", &[payment.to_owned()])).await;
    let found = connect(&server)
        .look_up(&[by_number(TransactionKind::Payment, "26-1")])
        .await
        .unwrap();
    assert_eq!(
        (found[0].kind, found[0].number.as_deref()),
        (TransactionKind::Payment, Some("26-1"))
    );
    assert!(statements(&server)[0].contains("from Payment where PaymentRefNum in ('26-1')"));
}

#[tokio::test]
async fn a_transaction_without_number_is_looked_up_by_date_and_total() {
    let server = Server::start(|_, _| rows("Invoice", &[])).await;
    let by = ProbeBy::DateAndTotal {
        date: "2026-03-02".parse().unwrap(),
        total: decimal("24"),
    };
    let found = connect(&server)
        .look_up(&[Probe {
            kind: TransactionKind::Invoice,
            by,
        }])
        .await
        .unwrap();
    assert!(found.is_empty());
    let expected = "select * from Invoice where TxnDate = '2026-03-02' and TotalAmt = '24.00' orderby Id startposition 1 maxresults 1000";
    assert_eq!(statements(&server), [expected]);
}

#[tokio::test]
async fn a_transaction_is_looked_up_by_id() {
    let server = Server::start(|_, _| rows("Invoice", &[receipt("9", "LW1")])).await;
    let probe = Probe {
        kind: TransactionKind::Invoice,
        by: ProbeBy::Id(TransactionId::new("9")),
    };
    assert_eq!(
        connect(&server).look_up(&[probe]).await.unwrap()[0].id.as_str(),
        "9"
    );
    assert!(statements(&server)[0].contains("from Invoice where Id in ('9')"));
}

#[tokio::test]
async fn no_probe_makes_no_call() {
    let server = Server::start(|_, _| Reply::Drop).await;
    assert!(connect(&server).look_up(&[]).await.unwrap().is_empty());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_transaction_without_currency_is_in_the_home_currency() {
    let row = r#"{"Id":"1","SyncToken":"0","DocNumber":"LW1","TotalAmt":5}"#;
    let server = Server::start(move |request, _| match request.body.as_str() {
        "select * from Preferences" => rows(
            "Preferences",
            &[r#"{"CurrencyPrefs":{"HomeCurrency":{"value":"USD"}}}"#.into()],
        ),
        _ => rows("SalesReceipt", &[row.to_owned(), row.replace("\"1\"", "\"2\"")]),
    })
    .await;
    let found = connect(&server)
        .look_up(&[by_number(TransactionKind::SalesReceipt, "LW1")])
        .await
        .unwrap();
    assert!(
        found
            .iter()
            .all(|transaction| transaction.currency == Currency::parse("USD").unwrap())
    );
    assert_eq!(server.requests().len(), 2, "the home currency is read once");
}

#[tokio::test]
async fn full_pages_are_followed_until_one_is_not_full() {
    let page = |from: usize, count: usize| -> Vec<String> {
        (from..from + count)
            .map(|id| receipt(&id.to_string(), &format!("LW{id}")))
            .collect()
    };
    let server = Server::start(move |_, before| match before {
        0 => rows("SalesReceipt", &page(1, 1000)),
        // One row moved and comes again.
        1 => rows("SalesReceipt", &page(1000, 1000)),
        _ => rows("SalesReceipt", &[]),
    })
    .await;
    let span = ("2026-03-01".parse().unwrap(), "2026-03-31".parse().unwrap());
    let found = connect(&server)
        .list_transactions(&[TransactionKind::SalesReceipt], span.0, span.1)
        .await
        .unwrap();
    assert_eq!(found.len(), 1999);
    let statements = statements(&server);
    let where_dates =
        "select * from SalesReceipt where TxnDate >= '2026-03-01' and TxnDate <= '2026-03-31' orderby Id";
    assert_eq!(
        statements[0],
        format!("{where_dates} startposition 1 maxresults 1000")
    );
    assert_eq!(
        statements[1],
        format!("{where_dates} startposition 1001 maxresults 1000")
    );
    assert_eq!(
        statements[2],
        format!("{where_dates} startposition 2001 maxresults 1000")
    );
}

#[tokio::test]
async fn a_read_is_repeated_after_an_outage_but_not_for_ever() {
    let server = Server::start(|_, before| match before {
        0 => Reply::Drop,
        1 => json(503, ""),
        _ => rows("SalesReceipt", &[]),
    })
    .await;
    let probes = [by_number(TransactionKind::SalesReceipt, "LW1")];
    assert!(connect(&server).look_up(&probes).await.unwrap().is_empty());
    let down = Server::start(|_, _| json(503, "")).await;
    let error = connect(&down).look_up(&probes).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(down.requests().len(), 3);
}

#[tokio::test]
async fn a_throttled_read_waits_and_is_repeated() {
    let server = Server::start(|_, before| match before {
        0 => fault(429, "3001", "limit"),
        _ => rows("SalesReceipt", &[]),
    })
    .await;
    let clock = FakeClock::new();
    let books = QuickBooksOnline::new(config(&server.url), clock.clone(), MemoryVault::connected()).unwrap();
    books
        .look_up(&[by_number(TransactionKind::SalesReceipt, "LW1")])
        .await
        .unwrap();
    assert_eq!(*clock.slept.lock().unwrap(), [std::time::Duration::from_secs(60)]);
}

#[tokio::test]
async fn a_wait_of_an_hour_is_left_to_the_caller() {
    let server = Server::start(|_, _| Reply::With(429, ("Retry-After", "3600"), String::new())).await;
    let clock = FakeClock::new();
    let books = QuickBooksOnline::new(config(&server.url), clock.clone(), MemoryVault::connected()).unwrap();
    let error = books
        .look_up(&[by_number(TransactionKind::SalesReceipt, "LW1")])
        .await
        .unwrap_err();
    assert_eq!(
        error.disposition,
        Disposition::Retry {
            after: Some(std::time::Duration::from_secs(3600))
        }
    );
    assert!(clock.slept.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_fault_of_a_read_keeps_its_text_out_of_the_error() {
    let server = Server::start(|_, _| fault(400, "4001", "canary Jo Smith")).await;
    let error = connect(&server)
        .look_up(&[by_number(TransactionKind::SalesReceipt, "LW1")])
        .await
        .unwrap_err();
    assert_eq!(error.disposition, Disposition::Defect);
    let text = error.to_string();
    assert!(
        text.contains("4001") && text.contains("tid-0") && !text.contains("canary"),
        "{text}"
    );
}

#[tokio::test]
async fn deleting_reads_the_sync_token_first() {
    let server = Server::start(|request, _| match request.method.as_str() {
        "GET" => json(
            200,
            envelope("Invoice", r#"{"Id":"266","SyncToken":"4","TotalAmt":1}"#),
        ),
        _ => json(
            200,
            envelope("Invoice", r#"{"domain":"QBO","status":"Deleted","Id":"266"}"#),
        ),
    })
    .await;
    connect(&server)
        .delete(TransactionKind::Invoice, &TransactionId::new("266"))
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].path(), format!("/v3/company/{REALM}/invoice/266"));
    assert_eq!(requests[1].body, r#"{"Id":"266","SyncToken":"4"}"#);
    assert!(requests[1].target.contains("operation=delete&requestid="));
}

#[tokio::test]
async fn deleting_reads_again_once_when_another_was_faster() {
    let server = Server::start(|request, before| match (request.method.as_str(), before) {
        ("GET", _) => json(
            200,
            envelope(
                "Payment",
                &format!(r#"{{"Id":"1","SyncToken":"{before}","TotalAmt":1}}"#),
            ),
        ),
        (_, 1) => fault(400, "5010", "Stale Object"),
        _ => json(200, envelope("Payment", r#"{"status":"Deleted","Id":"1"}"#)),
    })
    .await;
    connect(&server)
        .delete(TransactionKind::Payment, &TransactionId::new("1"))
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[3].body, r#"{"Id":"1","SyncToken":"2"}"#);
    assert_ne!(
        requests[1].target, requests[3].target,
        "other bytes have another key"
    );

    let stale = Server::start(|request, _| match request.method.as_str() {
        "GET" => json(
            200,
            envelope("Payment", r#"{"Id":"1","SyncToken":"0","TotalAmt":1}"#),
        ),
        _ => fault(400, "5010", "Stale Object"),
    })
    .await;
    let error = connect(&stale)
        .delete(TransactionKind::Payment, &TransactionId::new("1"))
        .await
        .unwrap_err();
    assert!(error.is_transient());
    assert_eq!(stale.requests().len(), 4);
}

#[tokio::test]
async fn deleting_what_is_gone_is_success() {
    let gone = Server::start(|_, _| fault(400, "610", "Object Not Found")).await;
    connect(&gone)
        .delete(TransactionKind::Invoice, &TransactionId::new("1"))
        .await
        .unwrap();
    let deleted =
        Server::start(|_, _| json(200, envelope("Invoice", r#"{"status":"Deleted","Id":"1"}"#))).await;
    connect(&deleted)
        .delete(TransactionKind::Invoice, &TransactionId::new("1"))
        .await
        .unwrap();
    assert_eq!(deleted.requests().len(), 1);
    let meanwhile = Server::start(|request, _| match request.method.as_str() {
        "GET" => json(
            200,
            envelope("Invoice", r#"{"Id":"1","SyncToken":"0","TotalAmt":1}"#),
        ),
        _ => fault(400, "610", "Object Not Found"),
    })
    .await;
    connect(&meanwhile)
        .delete(TransactionKind::Invoice, &TransactionId::new("1"))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_exchange_rate_keeps_every_digit() {
    let server = Server::start(|_, before| match before {
        0 => json(
            200,
            envelope(
                "ExchangeRate",
                r#"{"SourceCurrencyCode":"EUR","AsOfDate":"2026-01-31","Rate":0.8412345}"#,
            ),
        ),
        1 => fault(400, "610", "Object Not Found"),
        _ => json(200, envelope("ExchangeRate", r#"{"SourceCurrencyCode":"EUR"}"#)),
    })
    .await;
    let books = connect(&server);
    let read = async || {
        books
            .read_exchange_rate(Currency::parse("EUR").unwrap(), "2026-01-31".parse().unwrap())
            .await
            .unwrap()
    };
    assert_eq!(read().await, Some(decimal("0.8412345")));
    assert_eq!(read().await, None);
    assert_eq!(read().await, None);
    let target = &server.requests()[0].target;
    assert!(
        target.ends_with("/exchangerate?minorversion=75&sourcecurrencycode=EUR&asofdate=2026-01-31"),
        "{target}"
    );
}
