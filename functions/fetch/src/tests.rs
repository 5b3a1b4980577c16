//! Tests of the function against a simulated account: several invocations, the lease, the queue of requests.

mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{OrderId, StateName};
use jiff::{SignedDuration, Timestamp, ToSpan};
use lambda_host::{Deadline, Invocation, SqsEvent, SqsMessage};
use linnworks::{Linnworks, LinnworksConfig};
use mapping::Settings;
use pipeline::Core;
use ports::{
    Clock, ConnectorError, DocumentFilter, OrderHeader, OrderSource, OrdersRead, QueueName, Run, RunId,
    RunLog, RunState, StoreError, Window,
};
use simulators::linnworks::LinnworksSimulator;
use simulators::time::SimulatedTime;
use simulators::world::{World, WorldOptions};
use store_sqlite::SqliteStore;
use url::Url;

use crate::handler::{LEASE, Parts, fetch, fetch_queue};
use ports::Wanted;

/// What one chunk of orders takes on the test's clock.
const CHUNK_SECONDS: u64 = 20;

/// A clock that a test moves.
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

/// Runs, kept in memory.
#[derive(Default)]
struct Runs(Mutex<BTreeMap<RunId, Run>>);

#[async_trait]
impl RunLog for Runs {
    async fn put_run(&self, run: &Run) -> Result<(), StoreError> {
        self.0.lock().unwrap().insert(run.id, run.clone());
        Ok(())
    }

    async fn run(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        Ok(self.0.lock().unwrap().get(&id).cloned())
    }

    async fn runs(&self, before: Option<RunId>, most: usize) -> Result<Vec<Run>, StoreError> {
        let runs = self.0.lock().unwrap();
        let older = runs
            .values()
            .rev()
            .filter(|run| before.is_none_or(|before| run.id < before));
        Ok(older.take(most).cloned().collect())
    }
}

/// A source of which each chunk takes its time, and which remembers what was read.
struct SlowSource {
    inner: Linnworks,
    read: Arc<Mutex<Vec<OrderId>>>,
    time: SimulatedTime,
}

#[async_trait]
impl OrderSource for SlowSource {
    async fn find_processed(&self, window: Window) -> Result<Vec<OrderHeader>, ConnectorError> {
        self.inner.find_processed(window).await
    }

    async fn find_open(&self) -> Result<Vec<OrderHeader>, ConnectorError> {
        self.inner.find_open().await
    }

    async fn find_by_reference(&self, reference: &str) -> Result<Vec<OrderHeader>, ConnectorError> {
        self.inner.find_by_reference(reference).await
    }

    async fn read_orders(&self, headers: &[OrderHeader]) -> Result<OrdersRead, ConnectorError> {
        let read = self.inner.read_orders(headers).await;
        let ids = headers.iter().map(|header| header.id);
        self.read.lock().unwrap().extend(ids);
        self.time.advance(Duration::from_secs(CHUNK_SECONDS));
        read
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }
}

/// A seller with so many orders, and the parts of a fetch.
struct Ground {
    parts: Parts,
    time: SimulatedTime,
    world: World,
    read: Arc<Mutex<Vec<OrderId>>>,
    _linnworks: LinnworksSimulator,
    _directory: tempfile::TempDir,
}

async fn ground(orders: u32) -> Ground {
    let time = SimulatedTime::new();
    let (world, simulator) = simulate(orders, &time).await;
    ground_on(world, simulator, time)
}

/// A seller with so many orders, and the simulator that has them.
async fn simulate(orders: u32, time: &SimulatedTime) -> (World, LinnworksSimulator) {
    let until = time.now().checked_sub(SignedDuration::from_mins(1)).unwrap();
    let options = WorldOptions {
        orders_count: orders,
        until,
        ..WorldOptions::default().without_anomalies()
    };
    let world = World::generate(11, options);
    let simulator = LinnworksSimulator::start(world.order_values(), time.clone())
        .await
        .unwrap();
    simulator.set_switches(|switches| switches.rate_limits = false);
    (world, simulator)
}

fn ground_on(world: World, simulator: LinnworksSimulator, time: SimulatedTime) -> Ground {
    let clock: Arc<dyn Clock> = Arc::new(MovedClock(time.clone()));
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(directory.path(), Arc::clone(&clock)).unwrap());
    let credentials = simulator.credentials();
    let mut config = LinnworksConfig::new(
        credentials.application_id,
        credentials.application_secret.into(),
        credentials.token.into(),
        Url::parse(&simulator.address()).unwrap(),
    );
    config.allow_loopback = true;
    let inner = Linnworks::new(config, Arc::clone(&clock), store.clone()).unwrap();
    let start = time
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .saturating_sub(60.days());
    let settings = Settings::parse("settings.toml", &format!("[start]\nstart_date = \"{start}\"\n")).unwrap();
    let core = Core::new(store.clone(), store.clone(), clock, Arc::new(settings));
    let read = Arc::new(Mutex::new(Vec::new()));
    let source = Arc::new(SlowSource {
        inner,
        read: Arc::clone(&read),
        time: time.clone(),
    });
    let parts = Parts {
        core,
        source,
        vault: store,
        runs: Arc::new(Runs::default()),
        life_max: Duration::from_secs(960),
    };
    Ground {
        parts,
        time,
        world,
        read,
        _linnworks: simulator,
        _directory: directory,
    }
}

impl Ground {
    /// An invocation with so many seconds.
    fn invocation(&self, run: &str, seconds: i64) -> Invocation {
        let end = self
            .time
            .now()
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap();
        let deadline = Deadline::from_milliseconds(u64::try_from(end.as_millisecond()).unwrap());
        Invocation {
            run: run.to_owned(),
            deadline,
        }
    }

    async fn stored(&self) -> usize {
        self.parts
            .core
            .store
            .list(&DocumentFilter::default())
            .await
            .unwrap()
            .len()
    }
}

#[tokio::test]
async fn a_backlog_is_finished_over_several_invocations_and_nothing_is_skipped() {
    let ground = ground(10_000).await;
    let mut stored = Vec::new();
    let mut finished = false;
    while !finished {
        assert!(stored.len() < 10, "it never ends");
        // Time for some twenty chunks of two hundred.
        let invocation = ground.invocation(&format!("run-{}", stored.len()), 450);
        let report = fetch(&ground.parts, &Wanted::default(), &invocation)
            .await
            .unwrap();
        assert!(!report.busy, "the lease of the one before was given back");
        assert!(
            !invocation
                .deadline
                .remaining(ground.parts.core.clock.as_ref())
                .is_zero(),
            "a chunk was begun that could not be ended in time"
        );
        finished = report.finished;
        stored.push(ground.stored().await);
    }
    assert!(stored.len() >= 3 && stored.is_sorted(), "{stored:?}");
    assert!(
        stored
            .iter()
            .zip(stored.iter().skip(1))
            .all(|(before, after)| before < after),
        "an invocation made no progress: {stored:?}"
    );
    assert_eq!(stored.last(), Some(&ground.world.orders.len()));
    let read = ground.read.lock().unwrap().clone();
    let each: BTreeSet<OrderId> = read.iter().copied().collect();
    assert_eq!(
        (read.len(), each.len()),
        (10_000, 10_000),
        "each order is read once"
    );
    let next = fetch(&ground.parts, &Wanted::default(), &ground.invocation("next", 450))
        .await
        .unwrap();
    assert_eq!((next.fetched, next.finished), (0, true));
}

#[tokio::test]
async fn a_second_fetch_at_the_same_time_does_nothing() {
    let ground = ground(3).await;
    let vault = Arc::clone(&ground.parts.vault);
    assert!(
        vault
            .take_lease(LEASE, "another", Duration::from_secs(60))
            .await
            .unwrap()
    );
    let report = fetch(&ground.parts, &Wanted::default(), &ground.invocation("run", 900))
        .await
        .unwrap();
    assert!(report.busy && !report.finished);
    assert_eq!(ground.stored().await, 0);
}

#[tokio::test]
async fn the_lease_of_a_killed_fetch_ends_with_its_longest_life() {
    let ground = ground(3).await;
    let vault = Arc::clone(&ground.parts.vault);
    assert!(
        vault
            .take_lease(LEASE, "killed", ground.parts.life_max)
            .await
            .unwrap()
    );
    ground
        .time
        .advance(ground.parts.life_max + Duration::from_secs(1));
    let report = fetch(&ground.parts, &Wanted::default(), &ground.invocation("run", 900))
        .await
        .unwrap();
    assert!(report.finished);
    assert_eq!(ground.stored().await, ground.world.orders.len());
}

fn message(id: &str, body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(id.into());
    message.body = Some(body.into());
    message
}

#[tokio::test]
async fn a_request_of_the_queue_is_given_again_until_it_is_finished_and_a_broken_one_alone() {
    let ground = ground(3).await;
    let number = ground.world.orders[0].number;
    let mut batch = SqsEvent::default();
    batch.records = vec![
        message("good", &format!("{{\"orders\":[\"{number}\"]}}")),
        message("broken", "{\"order\":[]}"),
        message("unknown", "{\"orders\":[\"987654321\"]}"),
    ];
    let response = fetch_queue(&ground.parts, batch, &ground.invocation("run", 900))
        .await
        .unwrap();
    let failed: Vec<String> = response
        .batch_item_failures
        .into_iter()
        .map(|one| one.item_identifier)
        .collect();
    assert_eq!(failed, ["broken", "unknown"]);
    let documents = ground
        .parts
        .core
        .store
        .list(&DocumentFilter::default())
        .await
        .unwrap();
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].state.name(), StateName::Fetched);
    let hints = ground
        .parts
        .core
        .queue
        .receive(QueueName::Orders, 10, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(hints.len(), 1);
}

#[tokio::test]
async fn a_requested_run_is_recorded_from_its_request_to_its_end() {
    let ground = ground(5).await;
    let runs = Arc::clone(&ground.parts.runs);
    let id = RunId::new(ground.time.now());
    let number = ground.world.orders.first().unwrap().number.to_string();
    let wanted = Wanted {
        orders: vec![number.clone()],
        run_id: Some(id),
        ..Wanted::default()
    };
    fetch(&ground.parts, &wanted, &ground.invocation("one", 900))
        .await
        .unwrap();
    let run = runs.run(id).await.unwrap().unwrap();
    assert_eq!((run.state, run.fetched), (RunState::Finished, 1));
    assert!(run.wanted.contains(&number), "{}", run.wanted);
    fetch(&ground.parts, &Wanted::default(), &ground.invocation("two", 900))
        .await
        .unwrap();
    let recorded = runs.runs(None, 10).await.unwrap();
    assert_eq!((recorded.len(), recorded[0].by.as_str()), (2, "schedule"));
}

#[tokio::test]
async fn a_run_that_failed_says_why_and_one_that_lacked_time_goes_on_working() {
    let ground = ground(5).await;
    let runs = Arc::clone(&ground.parts.runs);
    let id = RunId::new(ground.time.now());
    let wanted = Wanted {
        orders: vec!["no such order".into()],
        run_id: Some(id),
        ..Wanted::default()
    };
    fetch(&ground.parts, &wanted, &ground.invocation("one", 900))
        .await
        .unwrap_err();
    let run = runs.run(id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Failed);
    assert!(run.cause.unwrap().contains("no such order"));
    fetch(&ground.parts, &Wanted::default(), &ground.invocation("two", 1))
        .await
        .unwrap();
    let newest = runs.runs(None, 1).await.unwrap().remove(0);
    assert_eq!((newest.state, newest.fetched), (RunState::Working, 0));
}
