//! Tests of the sweep: calls that are on their way are left alone, a wiped queue is filled again, the lease keeps sweeps apart.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{DocumentState, RealmId};
use jiff::{SignedDuration, Timestamp, ToSpan};
use lambda_host::Invocation;
use linnworks::{Linnworks, LinnworksConfig};
use mapping::Settings;
use pipeline::Core;
use pipeline::fetch::{FetchRequest, fetch_orders};
use ports::{CallState, Clock, QueueName, Store};
use quickbooks_online::{QuickBooksConfig, QuickBooksOnline};
use simulators::linnworks::LinnworksSimulator;
use simulators::quickbooks_online::{CompanySeed, QuickBooksOnlineSimulator};
use simulators::time::SimulatedTime;
use simulators::world::{World, WorldOptions};
use store_sqlite::SqliteStore;
use url::Url;

use crate::handler::{Parts, prove, sweep};
use crate::quiet::QuietStore;

const LIFE_MAX: Duration = Duration::from_secs(960);

struct MovedClock(SimulatedTime);

#[async_trait]
impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

struct Ground {
    parts: Parts,
    time: SimulatedTime,
    quickbooks: QuickBooksOnlineSimulator,
    _linnworks: LinnworksSimulator,
    _directory: tempfile::TempDir,
}

const SETTINGS: &str = r#"
[document]
type = "sales_receipt"
[customer]
mode = "store_name_and_currency"
"#;

async fn ground(orders: u32) -> Ground {
    let time = SimulatedTime::new();
    let until = time.now().checked_sub(SignedDuration::from_mins(1)).unwrap();
    let options = WorldOptions {
        orders_count: orders,
        until,
        ..WorldOptions::default().without_anomalies()
    };
    let world = World::generate(5, options);
    let linnworks = LinnworksSimulator::start(world.order_values(), time.clone())
        .await
        .unwrap();
    let quickbooks = QuickBooksOnlineSimulator::start(CompanySeed::united_kingdom(), time.clone())
        .await
        .unwrap();
    let clock: Arc<dyn Clock> = Arc::new(MovedClock(time.clone()));
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(directory.path(), Arc::clone(&clock)).unwrap());
    let source = connect_linnworks(&linnworks, Arc::clone(&clock), &store);
    let books = connect_quickbooks(&quickbooks, Arc::clone(&clock), &store);
    let start = time
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .saturating_sub(60.days());
    let text = format!("[start]\nstart_date = \"{start}\"\n{SETTINGS}");
    let settings = Settings::parse("settings.toml", &text).unwrap();
    let core = Core::new(store.clone(), store.clone(), clock, Arc::new(settings));
    let parts = Parts {
        core,
        source: Arc::new(source),
        books: Arc::new(books),
        vault: store,
        life_max: LIFE_MAX,
    };
    Ground {
        parts,
        time,
        quickbooks,
        _linnworks: linnworks,
        _directory: directory,
    }
}

fn connect_linnworks(
    simulator: &LinnworksSimulator,
    clock: Arc<dyn Clock>,
    store: &Arc<SqliteStore>,
) -> Linnworks {
    let credentials = simulator.credentials();
    let mut config = LinnworksConfig::new(
        credentials.application_id,
        credentials.application_secret.into(),
        credentials.token.into(),
        Url::parse(&simulator.address()).unwrap(),
    );
    config.allow_loopback = true;
    Linnworks::new(config, clock, store.clone()).unwrap()
}

fn connect_quickbooks(
    simulator: &QuickBooksOnlineSimulator,
    clock: Arc<dyn Clock>,
    store: &Arc<SqliteStore>,
) -> QuickBooksOnline {
    let credentials = simulator.credentials();
    let realm = RealmId::new(credentials.realm_id);
    let first = Some(credentials.refresh_token.into());
    let mut config = QuickBooksConfig::new(
        credentials.client_id,
        credentials.client_secret.into(),
        first,
        realm,
    );
    config.api_url = simulator.address();
    config.token_url = format!("{}/oauth2/v1/tokens/bearer", simulator.address());
    config.allow_loopback = true;
    QuickBooksOnline::new(config, clock, store.clone()).unwrap()
}

fn invocation() -> Invocation {
    Invocation::outside_lambda("run")
}

/// A call of the store in state Sent, sent now.
async fn send_call(ground: &Ground) -> ports::StoredCall {
    let frozen = ports::FrozenCall {
        request_id: domain::RequestId(uuid::Uuid::new_v4()),
        resource: "batch".into(),
        body: "{}".into(),
        entries: Vec::new(),
    };
    let call = ports::StoredCall {
        call: frozen,
        state: CallState::Sent,
        attempts: 1,
        last_sent_at: ground.time.now(),
        version: 0,
    };
    ground
        .parts
        .core
        .store
        .write_call(&call, Vec::new())
        .await
        .unwrap();
    call
}

#[tokio::test]
async fn a_call_is_open_only_when_its_sender_can_no_longer_live() {
    let ground = ground(1).await;
    let core = &ground.parts.core;
    let quiet = QuietStore::new(Arc::clone(&core.store), Arc::clone(&core.clock), LIFE_MAX);
    let call = send_call(&ground).await;
    assert_eq!(core.store.open_calls().await.unwrap().len(), 1);
    assert!(
        quiet.open_calls().await.unwrap().is_empty(),
        "its sender may be waiting for the answer"
    );
    ground.time.advance(LIFE_MAX + Duration::from_secs(1));
    assert_eq!(quiet.open_calls().await.unwrap()[0].id(), call.id());
}

#[tokio::test]
async fn a_wiped_queue_is_filled_again_from_the_store() {
    let ground = ground(7).await;
    let core = &ground.parts.core;
    fetch_orders(core, ground.parts.source.as_ref(), &FetchRequest::default())
        .await
        .unwrap();
    let wiped = core
        .queue
        .receive(QueueName::Orders, 100, Duration::from_secs(86_400))
        .await
        .unwrap();
    let receipts: Vec<String> = wiped.into_iter().map(|one| one.receipt).collect();
    core.queue
        .acknowledge(QueueName::Orders, &receipts)
        .await
        .unwrap();
    let report = sweep(&ground.parts, &invocation()).await.unwrap();
    assert_eq!((report.moving, report.held, report.stopped_by), (7, 0, None));
    let again = core
        .queue
        .receive(QueueName::Orders, 100, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(again.len(), 7);
    assert!(
        core.store.lists().await.unwrap().is_some(),
        "the lists are there when the mapping asks for them"
    );
}

#[tokio::test]
async fn a_stack_with_nothing_to_do_asks_quickbooks_nothing() {
    let ground = ground(0).await;
    sweep(&ground.parts, &invocation()).await.unwrap();
    assert_eq!(ground.parts.books.calls(), 0);
}

#[tokio::test]
async fn an_outage_of_quickbooks_is_asked_once_a_sweep_and_hints_wait() {
    let ground = ground(3).await;
    let core = &ground.parts.core;
    fetch_orders(core, ground.parts.source.as_ref(), &FetchRequest::default())
        .await
        .unwrap();
    core.queue
        .receive(QueueName::Orders, 100, Duration::from_secs(86_400))
        .await
        .unwrap();
    ground.quickbooks.set_switches(|switches| {
        use simulators::quickbooks_online::{FaultKind, FaultProbabilities, FaultTarget};
        let entries = vec![(FaultKind::Unavailable503BeforeCommit, FaultTarget::Any, 1.0)];
        switches.fault_probabilities = Some(FaultProbabilities { seed: 1, entries });
    });
    let report = sweep(&ground.parts, &invocation()).await.unwrap();
    assert!(report.stopped_by.is_some());
    let hints = core
        .queue
        .receive(QueueName::Orders, 100, Duration::from_secs(60))
        .await
        .unwrap();
    assert!(hints.is_empty());
}

#[tokio::test]
async fn a_proof_before_anything_was_posted_is_not_proved_and_names_no_difference() {
    let ground = ground(2).await;
    let core = &ground.parts.core;
    fetch_orders(core, ground.parts.source.as_ref(), &FetchRequest::default())
        .await
        .unwrap();
    let proof = prove(&ground.parts, 5).await.unwrap();
    assert!(!proof.proved, "two documents still move");
    assert_eq!((proof.orders, proof.differences.len()), (2, 0));
    let records = core.store.list(&ports::DocumentFilter::default()).await.unwrap();
    assert!(
        records
            .iter()
            .all(|record| record.state == DocumentState::Fetched)
    );
}
