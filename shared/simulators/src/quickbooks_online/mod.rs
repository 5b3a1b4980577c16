//! QuickBooks Online over real HTTP: authorization server and accounting API of one company.
//!
//! In: a company to start with, a clock, switches for what Intuit's documents leave open and for what goes wrong. Out: an
//! address to call, the books as they are, counts of the calls. Written from quickbooks-online.md alone; its section 8 lists
//! what is reproduced. Not simulated: purchases, estimates, journal entries, reports, attachments, webhooks, bundles,
//! automatic application of credits, balances of customers and accounts, changes of Preferences through the API.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use simulators::quickbooks_online::{CompanySeed, QuickBooksOnlineSimulator, RequestIdMode};
//! use simulators::time::SimulatedTime;
//!
//! let simulator = QuickBooksOnlineSimulator::start(CompanySeed::united_kingdom(), SimulatedTime::new()).await?;
//! simulator.set_switches(|switches| switches.requestid = RequestIdMode::Ignored);
//! println!("{}", simulator.address());
//! # Ok(())
//! # }
//! ```

mod batch;
mod books;
mod cdc;
mod chaos;
mod company;
mod counters;
mod currency;
mod engine;
mod fault;
mod hand;
mod http;
mod json;
mod kind;
mod limits;
mod lines;
mod lists;
mod load;
mod oauth;
mod payments;
mod presets;
mod properties;
mod query;
mod replay;
mod route;
mod sales;
mod seed;
mod server;
mod snapshot;
mod switches;
mod tax;
mod write;
mod xml;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use counters::Counters;
pub use hand::HandError;
pub use kind::EntityKind;
pub use seed::{
    AccountSeed, CompanySeed, CustomerSeed, ExchangeRateSeed, ItemSeed, PaymentMethodSeed, PreferencesSeed,
    TaxCodeSeed, TaxRateSeed, TermSeed, VendorSeed,
};
pub use snapshot::{CustomerView, ItemView, Snapshot, TransactionView};
pub use switches::{
    FaultKind, FaultProbabilities, FaultTarget, LateCommit, NameComparison, PersonDecision, PlannedFault,
    PreviousTokenGrace, RateLimits, RequestIdMode, RequestIdOtherBody, Switches, TaxInclusiveReading,
    ThrottleForm, TokenRotation, UntrackedReference, UsTotalTax,
};

use crate::time::SimulatedTime;

/// What an app needs to connect to the company.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: String,
    /// The refresh token that is good now; empty after a revocation.
    pub refresh_token: String,
    /// The company's id.
    pub realm_id: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Credentials")
            .field("realm_id", &self.realm_id)
            .finish_non_exhaustive()
    }
}

/// A running simulator; it stops when dropped.
pub struct QuickBooksOnlineSimulator {
    shared: Arc<server::Shared>,
    address: String,
    client_id: String,
    client_secret: String,
    realm_id: String,
    stop: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

impl std::fmt::Debug for QuickBooksOnlineSimulator {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("QuickBooksOnlineSimulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl QuickBooksOnlineSimulator {
    /// Starts on a free port of this machine.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(company: CompanySeed, time: SimulatedTime) -> std::io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), company, time).await
    }

    /// Starts on an address.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start_on(
        address: SocketAddr,
        company: CompanySeed,
        time: SimulatedTime,
    ) -> std::io::Result<Self> {
        let (listener, base) = server::bind(address).await?;
        let (client_id, client_secret) = (company.client_id.clone(), company.client_secret.clone());
        let realm_id = company.realm_id.clone();
        let shared = Arc::new(server::Shared::new(engine::Core::new(
            company,
            time,
            base.clone(),
        )));
        let (stop, stopped) = watch::channel(());
        let accepting = server::spawn(listener, shared.clone(), stopped);
        Ok(Self {
            shared,
            address: base,
            client_id,
            client_secret,
            realm_id,
            stop,
            accepting,
        })
    }

    /// The base address, `http://127.0.0.1:PORT`, of both the authorization server and the API.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// What an app needs to connect; the refresh token is the one good now.
    pub fn credentials(&self) -> Credentials {
        Credentials {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            refresh_token: self.shared.lock().tokens.refresh_token().unwrap_or("").to_owned(),
            realm_id: self.realm_id.clone(),
        }
    }

    /// A copy of the switches as they are.
    pub fn switches(&self) -> Switches {
        self.shared.lock().switches.clone()
    }

    /// Changes switches; the next request sees them.
    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.shared.lock().switches);
    }

    /// The calls since the start or the last reset.
    pub fn counters(&self) -> Counters {
        self.shared.lock().counters.clone()
    }

    /// Sets every count to zero.
    pub fn reset_counters(&self) {
        self.shared.lock().counters = Counters::default();
    }

    /// The books as they are, with everything committed that is due.
    pub fn books(&self) -> Snapshot {
        let mut core = self.shared.lock();
        core.commit_due();
        snapshot::take(&core.books)
    }

    /// Stops accepting, closes connections, waits until the port is free.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(());
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for QuickBooksOnlineSimulator {
    fn drop(&mut self) {
        self.accepting.abort();
        self.stop.send_replace(());
    }
}
