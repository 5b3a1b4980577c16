//! The contract of the ports, every case on a table and queues of its own.

use std::pin::Pin;

use crate::contract::{Subject, queue_contract, store_contract, vault_contract};
use crate::emulators;
use crate::ground::{Endpoints, Ground};

type Case = (
    &'static str,
    fn(Subject) -> Pin<Box<dyn Future<Output = ()> + Send>>,
);

macro_rules! collect_each {
    ($cases:ident, $module:ident: $($name:ident),+ $(,)?) => {
        $(
            $cases.push((
                concat!(stringify!($module), "::", stringify!($name)),
                |subject| Box::pin(async move { crate::contract::$module::$name(&subject).await }),
            ));
        )+
    };
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    store_contract!(collect_each, cases);
    queue_contract!(collect_each, cases);
    vault_contract!(collect_each, cases);
    cases
}

/// Runs every case, and fails with the names of those that failed.
async fn run_all(endpoints: &Endpoints) {
    let cases = cases();
    assert!(cases.len() > 40, "the suite is gone");
    let mut failed = Vec::new();
    for (name, run) in cases {
        if only().is_some_and(|only| !name.contains(&only)) {
            continue;
        }
        let subject = Ground::new(endpoints).await.subject();
        let before = std::time::Instant::now();
        if tokio::spawn(run(subject)).await.is_err() {
            failed.push(name);
        }
        println!("{:>7} ms  {name}", before.elapsed().as_millis());
    }
    assert!(failed.is_empty(), "{} cases failed: {failed:#?}", failed.len());
}

/// `LINNBOOKS_CASE=text` runs only the cases whose names contain the text.
fn only() -> Option<String> {
    std::env::var("LINNBOOKS_CASE").ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_ministack() {
    if emulators::are_skipped() {
        return;
    }
    let ministack = emulators::start_ministack();
    run_all(&Endpoints {
        dynamodb: ministack.url(),
        others: Some(ministack.url()),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_dynamodb_local_with_queues_and_secrets_of_ministack() {
    if emulators::are_skipped() {
        return;
    }
    let dynamodb = emulators::start_dynamodb_local();
    let ministack = emulators::start_ministack();
    run_all(&Endpoints {
        dynamodb: dynamodb.url(),
        others: Some(ministack.url()),
    })
    .await;
}
