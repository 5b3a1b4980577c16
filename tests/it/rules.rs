//! Rules from the file to the books: what they change is posted, what they leave out is reconciled under their name, previews and
//! replays send nothing, 5,000 rules go through every command.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{DocumentState, ReasonCode};
use integration_tests::bench::{Bench, quiet};
use integration_tests::process::Linnbooks;
use integration_tests::world::{Seller, SellerOptions};
use pipeline::RuleBook;
use pipeline::reconcile::reconcile;
use pipeline::replay::replay;
use ports::Window;
use simulators::time::SimulatedTime;

/// Sellers of these tests read this clock; the program reads the machine's.
fn real_time() -> SimulatedTime {
    SimulatedTime::starting_at(jiff::Timestamp::now())
}

fn book(text: &str) -> Option<Arc<RuleBook>> {
    Some(Arc::new(RuleBook::parse("rules.yaml", text).unwrap()))
}

/// A rule on every order of AMAZON.
fn on_amazon(name: &str, action: &str) -> String {
    format!(
        "rules:\n  - name: {name}\n    when: {{ field: selling channel, equals: amazon }}\n    then:\n      - {action}\n"
    )
}

/// The whole time of a bench.
fn all_time(bench: &Bench) -> Window {
    let to = bench.core.now();
    Window {
        from: to.checked_sub(jiff::SignedDuration::from_hours(24)).unwrap(),
        to,
    }
}

/// How many orders of a seller came from AMAZON.
fn amazon_orders(seller: &Seller) -> usize {
    let orders = seller.linnworks.orders();
    orders
        .iter()
        .filter(|order| order["GeneralInfo"]["Source"] == "AMAZON")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_name_and_a_prefix_by_rule_stand_in_the_books_and_their_version_with_the_document() {
    let mut bench = Bench::open(quiet()).await;
    let text = "rules:\n  - name: Store and currency\n    when: always\n    then:\n      - template: \"{sub_source} by rule {currency}\"\n        to: customer_name\n      - map_number_prefix: R-\n";
    bench.core.rules = book(text);
    bench.seller.add_orders(8);
    bench.finish().await;
    let books = bench.seller.quickbooks.books();
    let receipts: Vec<_> = books
        .transactions
        .iter()
        .filter(|one| one.private_note.is_some())
        .collect();
    assert_eq!(receipts.len(), 8);
    for receipt in receipts {
        assert!(
            receipt.customer_name.as_ref().unwrap().ends_with(" by rule GBP"),
            "{:?}",
            receipt.customer_name
        );
        assert!(
            receipt.doc_number.as_ref().unwrap().starts_with("R-"),
            "{:?}",
            receipt.doc_number
        );
    }
    let version = bench.core.rules_version();
    for record in bench.records().await {
        let DocumentState::Posted { rules_version, .. } = record.state else {
            panic!("{:?}", record.state)
        };
        assert_eq!(rules_version, version);
    }
    let kept = bench
        .core
        .store
        .version("rules", &version.unwrap())
        .await
        .unwrap();
    assert_eq!(kept.as_deref(), Some(text));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_skipped_by_a_rule_is_reconciled_under_the_name_of_the_rule() {
    let mut bench = Bench::open(quiet()).await;
    bench.core.rules = book(&on_amazon("No Amazon", "skip: posted by another tool"));
    bench.seller.add_orders(12);
    bench.finish().await;
    let skipped = amazon_orders(&bench.seller);
    assert!(
        skipped > 0 && skipped < 12,
        "the world has {skipped} orders of AMAZON"
    );
    let window = all_time(&bench);
    let proof = reconcile(&bench.core, bench.source.as_ref(), bench.books.as_ref(), window)
        .await
        .unwrap();
    assert!(proof.proved, "{:?}", proof.differences);
    assert_eq!(
        proof.skipped_by.get("skipped-by-rule: No Amazon"),
        Some(&skipped),
        "{:?}",
        proof.skipped_by
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_held_by_a_rule_is_posted_by_the_next_run_once_the_rule_is_gone() {
    let mut bench = Bench::open(quiet()).await;
    bench.core.rules =
        book("rules:\n  - name: Look first\n    when: always\n    then:\n      - hold: ask the owner\n");
    let ids = bench.seller.add_orders(2);
    bench.sync().await;
    for id in &ids {
        let state = bench.state(id).await;
        let reason = state.reason().unwrap();
        assert_eq!(
            (reason.code, reason.rule.as_deref()),
            (ReasonCode::HeldByRule, Some("Look first"))
        );
    }
    bench.core.rules = None;
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surcharge_is_held_and_once_allowed_shown_by_the_reconciliation() {
    let mut bench = Bench::open(quiet()).await;
    bench.core.rules =
        book("rules:\n  - name: Handling\n    when: always\n    then:\n      - add_surcharge: 1.50\n");
    let ids = bench.seller.add_orders(2);
    bench.sync().await;
    let state = bench.state(&ids[0]).await;
    assert_eq!(
        state.reason().unwrap().code,
        ReasonCode::TotalChangedByRule,
        "{state:?}"
    );
    bench.change_settings(|settings| settings.rules.changed_totals = mapping::ChangedTotals::Post);
    bench.finish().await;
    let window = all_time(&bench);
    let proof = reconcile(&bench.core, bench.source.as_ref(), bench.books.as_ref(), window)
        .await
        .unwrap();
    assert!(proof.proved, "{:?}", proof.differences);
    assert_eq!(proof.changed_by_rules.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_lists_exactly_the_documents_that_would_differ_and_sends_nothing() {
    let mut bench = Bench::open(quiet()).await;
    bench.seller.add_orders(12);
    bench.finish().await;
    bench.seller.quickbooks.reset_counters();
    let window = all_time(&bench);
    let other = book(&on_amazon("Prefix", "map_number_prefix: AZ-")).unwrap();
    let found = replay(
        &bench.core,
        bench.source.as_ref(),
        bench.books.as_ref(),
        window,
        other,
    )
    .await
    .unwrap();
    assert_eq!((found.compared, found.not_compared.len()), (12, 0));
    assert_eq!(found.differing.len(), amazon_orders(&bench.seller));
    for document in &found.differing {
        let fields: Vec<&str> = document
            .changes
            .iter()
            .map(|change| change.field.as_str())
            .collect();
        assert!(fields.contains(&"doc_number"), "{fields:?}");
        let number = document
            .changes
            .iter()
            .find(|change| change.field == "doc_number")
            .unwrap();
        assert_eq!(number.after, format!("AZ-{}", document.number));
    }
    let counters = bench.seller.quickbooks.counters();
    assert!(counters.create.is_empty() && counters.change.is_empty() && counters.batch == 0);
    bench.core.rules = book(&on_amazon("Prefix", "map_number_prefix: AZ-"));
    let same = book(&on_amazon("Prefix", "map_number_prefix: AZ-")).unwrap();
    let none = replay(
        &bench.core,
        bench.source.as_ref(),
        bench.books.as_ref(),
        window,
        same,
    )
    .await
    .unwrap();
    assert!(none.differing.is_empty(), "{:?}", none.differing);
}

/// The program in a directory with a seller's files and these rules.
async fn program(rules: &str) -> (Seller, Linnbooks, tempfile::TempDir) {
    let mut seller = Seller::open(
        SellerOptions {
            anomalies: false,
            gbp_only: true,
            ..SellerOptions::default()
        },
        real_time(),
    )
    .await;
    seller.add_orders(3);
    let directory = tempfile::tempdir().unwrap();
    seller.write_files(directory.path());
    std::fs::write(directory.path().join("rules.yaml"), rules).unwrap();
    let linnbooks = Linnbooks::in_directory(directory.path());
    (seller, linnbooks, directory)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_previews_are_the_same_bytes_tell_the_rules_and_write_nothing() {
    let rules = "rules:\n  - name: Site\n    when: { field: sub_source, is_not_blank: true }\n    then:\n      - map_site: B30\n";
    let (seller, linnbooks, _directory) = program(rules).await;
    let number = seller.expected.values().next().unwrap().number.to_string();
    let first = linnbooks.run(&["preview", &number, "--json"]).await;
    let second = linnbooks.run(&["preview", &number, "--json"]).await;
    assert_eq!(first.code, 0, "{}", first.errors);
    assert_eq!(first.json, second.json);
    assert_eq!(first.json["rules"][0]["rule"], "Site");
    assert_eq!(first.json["rules"][0]["changes"][0]["after"], "B30");
    assert_eq!(first.json["kept"][0]["field"], "site");
    let only = linnbooks
        .run(&["preview", &number, "--field", "site", "--json"])
        .await;
    let shown = only.json["order"].as_array().unwrap();
    assert!(
        !shown.is_empty()
            && shown
                .iter()
                .all(|fact| fact["field"].as_str().unwrap().contains("site")),
        "{shown:?}"
    );
    let counters = seller.quickbooks.counters();
    assert!(counters.create.is_empty() && counters.change.is_empty() && counters.batch == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_names_an_unknown_account_is_reported_before_any_order_runs() {
    let rules = "rules:\n  - name: Clearing\n    when: always\n    then:\n      - set: deposit_account\n        to: Amazn Clearing\n";
    let (_seller, linnbooks, _directory) = program(rules).await;
    let checked = linnbooks.run(&["rules", "check", "--json"]).await;
    assert_eq!(checked.code, 2, "{}", checked.errors);
    let finding = &checked.json["findings"][0];
    assert_eq!(finding["code"], "unknown-name");
    assert!(
        finding["remedy"].as_str().unwrap().contains("Amazon Clearing"),
        "{finding}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_rows_are_imported_checked_run_and_exported_without_loss() {
    let own = "rules:\n  - name: Own\n    when: always\n    then:\n      - map_memo: \"{source}\"\ntests:\n  - name: memo\n    given: { source: EBAY }\n    expect: { memo: EBAY }\n";
    let (_seller, linnbooks, directory) = program(own).await;
    let rows: String = (0..5_000).map(|row| format!("Rounding,OLD-{row}\n")).collect();
    let sheet = directory.path().join("skus.csv");
    std::fs::write(&sheet, rows).unwrap();
    let sheet = sheet.display().to_string();
    let import = [
        "rules", "import", "--csv", &sheet, "--name", "Old SKUs", "--action", "map_sku", "--field", "sku",
    ];
    let imported = linnbooks.run(&import).await;
    assert_eq!(imported.code, 0, "{}", imported.errors);
    let checked = linnbooks.run(&["rules", "check", "--json"]).await;
    assert_eq!(
        (checked.code, checked.json["rules"].as_u64()),
        (0, Some(2)),
        "{} {}",
        checked.errors,
        checked.json
    );
    let tested = linnbooks.run(&["rules", "test", "--json"]).await;
    assert_eq!(
        (tested.code, tested.json["failed"].as_u64()),
        (0, Some(0)),
        "{}",
        tested.errors
    );
    let run = linnbooks.run(&["sync", "--json"]).await;
    assert_eq!(run.count("posted"), 3, "{}", run.errors);
    let before = linnbooks.run(&["rules", "list", "--json"]).await;
    let whole = directory.path().join("whole.csv").display().to_string();
    assert_eq!(linnbooks.run(&["rules", "export", "--csv", &whole]).await.code, 0);
    assert_eq!(linnbooks.run(&["rules", "import", "--csv", &whole]).await.code, 0);
    let after = linnbooks.run(&["rules", "list", "--json"]).await;
    assert_eq!(before.json["version"], after.json["version"]);
    roll_back(
        &linnbooks,
        directory.path(),
        before.json["version"].as_str().unwrap(),
    )
    .await;
}

/// The version that was posted with can be had back after the file was lost.
async fn roll_back(linnbooks: &Linnbooks, directory: &Path, version: &str) {
    let history = linnbooks.run(&["rules", "history", "--json"]).await;
    assert_eq!(
        history.json["versions"][0]["version"], version,
        "{}",
        history.errors
    );
    std::fs::remove_file(directory.join("rules.yaml")).unwrap();
    assert_eq!(linnbooks.run(&["rules", "rollback", version]).await.code, 0);
    let list = linnbooks.run(&["rules", "list", "--json"]).await;
    assert_eq!(list.json["version"], version);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_pages_are_those_that_the_code_writes() {
    let kept: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("infra/reference");
    let directory = tempfile::tempdir().unwrap();
    let written = directory.path().join("reference");
    let ended = Linnbooks::in_directory(directory.path())
        .run(&["reference", "--write", &written.display().to_string()])
        .await;
    assert_eq!(ended.code, 0, "{}", ended.errors);
    for name in ["fields.md", "conditions.md", "actions.md", "settings.md"] {
        let (now, then) = (
            std::fs::read_to_string(written.join(name)).unwrap(),
            std::fs::read_to_string(kept.join(name)).unwrap(),
        );
        assert!(
            now == then,
            "{name} is outdated: run `linnbooks reference --write infra/reference`"
        );
    }
}
