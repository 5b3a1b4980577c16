//! Customers and items: found or created, once.

use domain::ReasonCode;
use domain::lists::ListDetail;
use ports::{Books, EntityOutcome, NewEntity};

use crate::freeze::{new_customer, new_item};
use crate::support::*;

fn customer(name: &str) -> NewEntity {
    NewEntity::Customer(new_customer(name))
}

fn item(name: &str) -> NewEntity {
    NewEntity::Item(new_item(name))
}

fn batch(items: &[String]) -> Reply {
    json(
        200,
        format!(
            r#"{{"BatchItemResponse":[{}],"time":"2026-03-02T01:00:00-08:00"}}"#,
            items.join(",")
        ),
    )
}

fn made(id: &str, name: &str, bid: &str) -> String {
    format!(r#"{{"Customer":{},"bId":"{bid}"}}"#, row(id, name, true, "GBP"))
}

fn row(id: &str, name: &str, active: bool, currency: &str) -> String {
    format!(
        r#"{{"Id":"{id}","SyncToken":"0","DisplayName":"{name}","Active":{active},"CurrencyRef":{{"value":"{currency}"}}}}"#
    )
}

fn refused(code: &str, bid: &str) -> String {
    format!(
        r#"{{"Fault":{{"Error":[{{"Message":"m","Detail":"d","code":"{code}","element":""}}],"type":"ValidationFault"}},"bId":"{bid}"}}"#
    )
}

fn is_batch(request: &Request) -> bool {
    request.path().ends_with("/batch")
}

fn exists(outcome: &EntityOutcome) -> &str {
    match outcome {
        EntityOutcome::Exists(entry) => entry.id.as_str(),
        EntityOutcome::Refused(reason) => panic!("{reason}"),
    }
}

fn refusal(outcome: &EntityOutcome) -> ReasonCode {
    match outcome {
        EntityOutcome::Refused(reason) => reason.code,
        EntityOutcome::Exists(entry) => panic!("{entry:?}"),
    }
}

#[tokio::test]
async fn customers_and_items_are_made_with_one_batch() {
    let server = Server::start(|_, _| {
        let item = r#"{"Item":{"Id":"906","Name":"Widget","FullyQualifiedName":"Widget","Sku":"SKU-1","Type":"Inventory","Active":true},"bId":"2"}"#;
        batch(&[item.to_owned(), made("63", "Jo Smith", "1")])
    })
    .await;
    let books = connect(&server);
    let outcomes = books
        .ensure_entities(&[customer("Jo Smith"), item("Widget")])
        .await
        .unwrap();
    assert_eq!((exists(&outcomes[0]), exists(&outcomes[1])), ("63", "906"));
    let EntityOutcome::Exists(entry) = &outcomes[1] else {
        panic!()
    };
    assert!(matches!(&entry.detail, ListDetail::Item { sku: Some(sku), .. } if sku == "SKU-1"));
    assert_eq!(books.calls(), 1);
    insta::assert_snapshot!(server.requests()[0].body);
}

#[tokio::test]
async fn more_than_thirty_are_made_with_several_batches() {
    let server = Server::start(|request, _| {
        let count = request.body.matches("\"bId\"").count();
        batch(
            &(1..=count)
                .map(|bid| made(&format!("6{bid}"), "x", &bid.to_string()))
                .collect::<Vec<_>>(),
        )
    })
    .await;
    let entities: Vec<NewEntity> = (0..31).map(|number| customer(&format!("C{number}"))).collect();
    assert_eq!(
        connect(&server).ensure_entities(&entities).await.unwrap().len(),
        31
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn nothing_to_make_makes_no_call() {
    let server = Server::start(|_, _| Reply::Drop).await;
    assert!(connect(&server).ensure_entities(&[]).await.unwrap().is_empty());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_same_entities_have_the_same_bytes_and_key() {
    let server = Server::start(|_, _| batch(&[made("63", "Jo", "1")])).await;
    let books = connect(&server);
    books.ensure_entities(&[customer("Jo")]).await.unwrap();
    books.ensure_entities(&[customer("Jo")]).await.unwrap();
    books.ensure_entities(&[customer("Joe")]).await.unwrap();
    let requests = server.requests();
    assert_eq!(
        (&requests[0].target, &requests[0].body),
        (&requests[1].target, &requests[1].body)
    );
    assert_ne!(requests[0].target, requests[2].target);
}

/// A server where the name is taken (6240) and the lists hold these rows.
async fn taken(customers: Vec<String>, vendors: Vec<String>) -> Server {
    Server::start(move |request, _| match request {
        request if is_batch(request) => batch(&[refused("6240", "1")]),
        request if request.body.contains("from Customer ") => rows("Customer", &customers),
        request if request.body.contains("from Vendor ") => rows("Vendor", &vendors),
        request if request.body.contains("from Employee ") => rows("Employee", &[]),
        _ => rows("Item", &customers),
    })
    .await
}

#[tokio::test]
async fn a_name_that_an_active_customer_has_is_found_whatever_its_case() {
    let server = taken(vec![row("70", "JO o'NEIL", true, "GBP")], vec![]).await;
    let outcomes = connect(&server)
        .ensure_entities(&[customer("Jo O'Neil")])
        .await
        .unwrap();
    assert_eq!(exists(&outcomes[0]), "70");
    let expected = r"select * from Customer where DisplayName in ('Jo O\'Neil','Jo O\'Neil (deleted)') and Active in (true,false) orderby Id startposition 1 maxresults 1000";
    assert_eq!(server.requests()[1].body, expected);
}

#[tokio::test]
async fn an_inactive_customer_is_refused_with_a_remedy() {
    for name in ["Jo", "Jo (deleted)"] {
        let server = taken(vec![row("70", name, false, "GBP")], vec![]).await;
        let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
        let EntityOutcome::Refused(reason) = &outcomes[0] else {
            panic!()
        };
        assert_eq!(reason.code, ReasonCode::InactiveCustomer);
        assert!(reason.remedy.contains("active again"));
        assert_eq!(reason.raw.as_ref().unwrap().code, "6240");
    }
}

#[tokio::test]
async fn a_name_that_a_supplier_has_is_taken() {
    let server = taken(vec![], vec![row("30", "jo", true, "GBP")]).await;
    let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
    assert_eq!(refusal(&outcomes[0]), ReasonCode::NameTaken);
}

#[tokio::test]
async fn a_customer_of_another_currency_is_refused() {
    let server = taken(vec![row("70", "Jo", true, "EUR")], vec![]).await;
    let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
    assert_eq!(refusal(&outcomes[0]), ReasonCode::CustomerCurrency);
}

#[tokio::test]
async fn an_item_is_found_inactive_or_hidden_by_a_category() {
    let cases = [
        (
            r#"{"Id":"5","Name":"Widget","FullyQualifiedName":"Widget","Type":"Service","Active":true}"#,
            None,
        ),
        (
            r#"{"Id":"5","Name":"Widget (deleted)","Type":"Service","Active":false}"#,
            Some(ReasonCode::InactiveItem),
        ),
        (
            r#"{"Id":"5","Name":"Widget","Type":"Category","Active":true}"#,
            Some(ReasonCode::NameTaken),
        ),
    ];
    for (object, expected) in cases {
        let server = taken(vec![object.to_owned()], vec![]).await;
        let outcomes = connect(&server).ensure_entities(&[item("Widget")]).await.unwrap();
        match expected {
            None => assert_eq!(exists(&outcomes[0]), "5"),
            Some(code) => assert_eq!(refusal(&outcomes[0]), code),
        }
    }
}

#[tokio::test]
async fn a_name_held_by_nobody_is_tried_with_a_new_key_and_then_refused() {
    let server = taken(vec![], vec![]).await;
    let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
    assert_eq!(refusal(&outcomes[0]), ReasonCode::NameTaken);
    let batches: Vec<Request> = server.requests().into_iter().filter(is_batch).collect();
    assert_eq!(batches.len(), 3);
    assert_ne!(batches[0].target, batches[1].target);
    assert!(batches.iter().all(|request| request.body == batches[0].body));
}

#[tokio::test]
async fn after_a_lost_answer_what_was_made_is_found_by_name() {
    let server = Server::start(|request, _| match is_batch(request) {
        true => Reply::Drop,
        false => rows("Customer", &[row("71", "Jo", true, "GBP")]),
    })
    .await;
    let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
    assert_eq!(exists(&outcomes[0]), "71");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn after_a_lost_answer_what_was_not_made_is_sent_again_byte_for_byte() {
    let server = Server::start(|request, before| match (is_batch(request), before) {
        (true, 0) => json(503, ""),
        (true, _) => batch(&[made("72", "Jo", "1")]),
        (false, _) => rows("Customer", &[]),
    })
    .await;
    let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
    assert_eq!(exists(&outcomes[0]), "72");
    let batches: Vec<Request> = server.requests().into_iter().filter(is_batch).collect();
    assert_eq!(
        (&batches[0].target, &batches[0].body),
        (&batches[1].target, &batches[1].body)
    );
}

#[tokio::test]
async fn answers_that_stay_lost_end_in_a_retry() {
    let server = Server::start(|request, _| {
        if is_batch(request) {
            Reply::Drop
        } else {
            rows("Customer", &[])
        }
    })
    .await;
    let error = connect(&server)
        .ensure_entities(&[customer("Jo")])
        .await
        .unwrap_err();
    assert!(error.is_transient());
    assert_eq!(server.requests().into_iter().filter(is_batch).count(), 3);
}

#[tokio::test]
async fn another_refusal_is_given_back_for_its_entity_only() {
    let server = Server::start(|_, _| batch(&[refused("2210", "1"), made("73", "Al", "2")])).await;
    let outcomes = connect(&server)
        .ensure_entities(&[customer("Jo"), customer("Al")])
        .await
        .unwrap();
    assert_eq!(refusal(&outcomes[0]), ReasonCode::Refused);
    assert_eq!(exists(&outcomes[1]), "73");
}

#[tokio::test]
async fn a_failure_of_quickbooks_itself_is_no_refusal() {
    let server = Server::start(|_, _| batch(&[refused("10000", "1")])).await;
    assert!(
        connect(&server)
            .ensure_entities(&[customer("Jo")])
            .await
            .unwrap_err()
            .is_transient()
    );
}

#[tokio::test]
async fn a_batch_that_is_replayed_with_6000_is_settled_by_name() {
    let whole: fn() -> Reply = || fault(400, "6000", "A business validation error");
    let per_item: fn() -> Reply = || batch(&[refused("6000", "1")]);
    for reply in [whole, per_item] {
        let server = Server::start(move |request, _| match is_batch(request) {
            true => reply(),
            false => rows("Customer", &[row("74", "Jo", true, "GBP")]),
        })
        .await;
        let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
        assert_eq!(exists(&outcomes[0]), "74");
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_6000_that_nothing_explains_is_a_refusal() {
    let server = Server::start(|request, _| match is_batch(request) {
        true => batch(&[refused("6000", "1")]),
        false => rows("Item", &[]),
    })
    .await;
    let outcomes = connect(&server).ensure_entities(&[item("Widget")]).await.unwrap();
    assert_eq!(refusal(&outcomes[0]), ReasonCode::Refused);
}

#[tokio::test]
async fn a_name_stays_refused_when_employees_may_not_be_read() {
    let server = Server::start(|request, _| match request {
        request if is_batch(request) => batch(&[refused("6240", "1")]),
        request if request.body.contains("from Employee ") => fault(400, "5020", "Permission Denied"),
        _ => rows("Customer", &[]),
    })
    .await;
    let outcomes = connect(&server).ensure_entities(&[customer("Jo")]).await.unwrap();
    assert_eq!(refusal(&outcomes[0]), ReasonCode::NameTaken);
}
