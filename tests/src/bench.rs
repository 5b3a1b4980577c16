//! The use cases in this process, over the simulators, with a clock that waits by moving the simulated time.
//!
//! In: a seller. Out: runs, decisions by hand, states, and the audit of the end. Keeps the store across "restarts". Every call to
//! QuickBooks that the use cases make is written down in order.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{DocumentKey, DocumentState, OrderId, RealmId};
use jiff::Timestamp;
use linnworks::{Linnworks, LinnworksConfig};
use mapping::Settings;
use pipeline::fetch::FetchRequest;
use pipeline::report::summarise_records;
use pipeline::resolve::Decision;
use pipeline::resync::Resynced;
use pipeline::sync::SyncRun;
use pipeline::{Core, RunError};
use ports::{Clock, DocumentFilter, DocumentRecord, Event, OrderSource, Queue, Store, TokenVault};
use quickbooks_online::{Limits, QuickBooksConfig, QuickBooksOnline};
use secrecy::SecretString;
use simulators::quickbooks_online::{FaultKind, FaultTarget};
use simulators::time::SimulatedTime;
use store_sqlite::SqliteStore;

use crate::audit::{Stage, audit_books, audit_log};
use crate::recorder::Recorder;
use crate::world::{Seller, SellerOptions};

/// The instant at which every bench begins.
pub const BENCH_NOW: &str = "2026-05-14T09:00:00Z";
/// `posting.settle_unknown_after_seconds` of the benches.
pub const SETTLE: Duration = Duration::from_secs(300);
/// Runs after which everything must have come to its end.
const RUNS_MAX: usize = 20;

/// A clock that waits by moving the simulated time.
pub struct BenchClock(SimulatedTime);

#[async_trait]
impl Clock for BenchClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.advance(duration);
        tokio::task::yield_now().await;
    }
}

/// A seller and the use cases.
pub struct Bench {
    /// The accounts and what ought to become of each order.
    pub seller: Seller,
    /// What the use cases work with.
    pub core: Core,
    /// Linnworks' connector.
    pub source: Arc<dyn OrderSource>,
    /// QuickBooks' connector, with every call written down.
    pub books: Arc<Recorder>,
    _directory: tempfile::TempDir,
}

/// The options of most benches: no anomalies, one currency, five minutes before a look-up.
pub fn quiet() -> SellerOptions {
    SellerOptions {
        anomalies: false,
        gbp_only: true,
        settle_unknown_after_seconds: 300,
        ..SellerOptions::default()
    }
}

impl Bench {
    /// A bench without orders.
    pub async fn open(options: SellerOptions) -> Self {
        Self::open_over(options, |store| {
            (store.clone() as Arc<dyn Store>, store as Arc<dyn Queue>)
        })
        .await
    }

    /// A bench whose store and queue are wrapped.
    pub async fn open_over(
        options: SellerOptions,
        wrap: impl FnOnce(Arc<SqliteStore>) -> (Arc<dyn Store>, Arc<dyn Queue>),
    ) -> Self {
        let time = SimulatedTime::starting_at(BENCH_NOW.parse().unwrap());
        let seller = Seller::open(options, time.clone()).await;
        let directory = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(BenchClock(time));
        let sqlite = Arc::new(SqliteStore::open(directory.path(), clock.clone()).unwrap());
        let settings = Arc::new(Settings::parse("settings.toml", &seller.settings_text()).unwrap());
        let source = Arc::new(linnworks_of(&seller, clock.clone(), sqlite.clone()));
        let books = Arc::new(Recorder::over(Arc::new(quickbooks_of(
            &seller,
            clock.clone(),
            sqlite.clone(),
        ))));
        let (store, queue) = wrap(sqlite);
        let core = Core::new(store, queue, clock, settings);
        Self {
            seller,
            core,
            source,
            books,
            _directory: directory,
        }
    }

    /// A bench whose forms are proven by one posted order, with nothing written down yet.
    pub async fn proven(options: SellerOptions) -> Self {
        let mut bench = Self::open(options).await;
        // Enough for every channel's customer to exist.
        bench.seller.add_orders(12);
        bench.finish().await;
        bench.audit().await;
        bench.books.forget();
        bench.seller.quickbooks.reset_counters();
        bench
    }

    /// Changes the settings from here on.
    pub fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = (*self.core.settings).clone();
        change(&mut settings);
        self.core.settings = Arc::new(settings);
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.seller.time.advance(time);
    }

    /// The next matching request to QuickBooks goes wrong like this.
    pub fn strike(&self, kind: FaultKind, target: FaultTarget) {
        self.seller
            .quickbooks
            .set_switches(|switches| switches.strike_next(kind, target));
    }

    /// One run; its error is the test's.
    pub async fn try_sync(&self) -> Result<SyncRun, RunError> {
        let request = FetchRequest::default();
        pipeline::sync::sync(&self.core, self.source.as_ref(), self.books.as_ref(), &request).await
    }

    /// One run that must not fail.
    pub async fn sync(&self) -> SyncRun {
        self.try_sync().await.unwrap()
    }

    /// Runs, and lets time pass, until nothing moves any more.
    pub async fn finish(&self) {
        for _ in 0..RUNS_MAX {
            let run = self.sync().await;
            if !self
                .records()
                .await
                .iter()
                .any(|record| record.state.name().is_moving())
            {
                return;
            }
            let wait = run.run_again_at.map(|at| at.duration_since(self.core.now()));
            self.pass(wait.map_or(SETTLE, |wait| wait.unsigned_abs() + Duration::from_secs(1)));
        }
        let moving = self
            .records()
            .await
            .into_iter()
            .filter(|record| record.state.name().is_moving());
        panic!(
            "still moving after {RUNS_MAX} runs: {:?}",
            moving.map(|one| one.number).collect::<Vec<_>>()
        );
    }

    /// Every record.
    pub async fn records(&self) -> Vec<DocumentRecord> {
        self.core.store.list(&DocumentFilter::default()).await.unwrap()
    }

    /// The record of an order.
    pub async fn record(&self, id: &str) -> DocumentRecord {
        let key = key_of(id);
        self.core
            .store
            .get(&key)
            .await
            .unwrap()
            .expect("the order was fetched")
    }

    /// The state of an order.
    pub async fn state(&self, id: &str) -> DocumentState {
        self.record(id).await.state
    }

    /// The events of an order.
    pub async fn events(&self, id: &str) -> Vec<Event> {
        self.core.store.events(&key_of(id)).await.unwrap()
    }

    /// `linnbooks resync`.
    pub async fn resync(&self, id: &str, replace: bool) -> Resynced {
        let record = self.record(id).await;
        pipeline::resync::resync(
            &self.core,
            self.source.as_ref(),
            self.books.as_ref(),
            record,
            replace,
        )
        .await
        .unwrap()
    }

    /// `linnbooks resolve`.
    pub async fn resolve(&self, id: &str, decision: Decision) -> Result<String, RunError> {
        let record = self.record(id).await;
        pipeline::resolve::resolve(&self.core, self.books.as_ref(), record, decision).await
    }

    /// The books and the log are what the orders ought to come to.
    pub async fn audit(&self) {
        let violations = self.violations().await;
        assert!(violations.is_empty(), "{violations:#?}");
    }

    /// What the auditor says.
    pub async fn violations(&self) -> Vec<String> {
        let books = self.seller.quickbooks.books();
        let expected = &self.seller.expected;
        let log = serde_json::to_value(summarise_records(&self.records().await)).unwrap();
        let mut violations = audit_books(expected, self.seller.document(), &books, Stage::Ended);
        violations.extend(audit_log(expected, &books, &log, Stage::Ended));
        violations
    }

    /// Ids of the transactions in the books that carry an order's id, with their notes.
    pub fn booked(&self, id: &str) -> Vec<(String, String)> {
        let books = self.seller.quickbooks.books();
        let of_order = books
            .transactions
            .into_iter()
            .filter_map(|one| Some((one.id, one.private_note?)));
        of_order.filter(|(_, note)| note.contains(id)).collect()
    }
}

/// The key of an order.
pub fn key_of(id: &str) -> DocumentKey {
    DocumentKey::order(OrderId(id.parse().expect("an id")))
}

fn linnworks_of(seller: &Seller, clock: Arc<dyn Clock>, vault: Arc<dyn TokenVault>) -> Linnworks {
    let credentials = seller.linnworks.credentials();
    let mut config = LinnworksConfig::new(
        credentials.application_id,
        SecretString::from(credentials.application_secret),
        SecretString::from(credentials.token),
        seller.linnworks.address().parse().unwrap(),
    );
    config.allow_loopback = true;
    Linnworks::new(config, clock, vault).unwrap()
}

fn quickbooks_of(seller: &Seller, clock: Arc<dyn Clock>, vault: Arc<dyn TokenVault>) -> QuickBooksOnline {
    let credentials = seller.quickbooks.credentials();
    let mut config = QuickBooksConfig::new(
        credentials.client_id,
        SecretString::from(credentials.client_secret),
        Some(SecretString::from(credentials.refresh_token)),
        RealmId::new(credentials.realm_id),
    );
    let address = seller.quickbooks.address();
    config.token_url = format!("{address}/oauth2/v1/tokens/bearer");
    config.api_url = address;
    config.allow_loopback = true;
    config.limits = Limits {
        calls_per_minute: 100_000,
        calls_per_second: 1_000,
        ..Limits::default()
    };
    QuickBooksOnline::new(config, clock, vault).unwrap()
}
