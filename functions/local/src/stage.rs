//! The stage for `demo` and `simulate`: a world of orders, both simulators, and a configuration that fits them.
//!
//! In: a seed and a number of orders. Out: running simulators, settings, and what every order ought to come to. The simulators are real
//! HTTP servers on loopback; the connectors do not know that they are not the real thing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mapping::Settings;
use ports::Clock;
use secrecy::SecretString;
use simulators::linnworks::LinnworksSimulator;
use simulators::quickbooks_online::{CompanySeed, ItemSeed, QuickBooksOnlineSimulator, RateLimits};
use simulators::time::SimulatedTime;
use simulators::world::{World, WorldItem, WorldOptions};

use crate::config::Config;

/// The settings of the demo: an ordinary UK seller.
pub const DEMO_SETTINGS: &str = include_str!("demo-settings.toml");

/// A running stage.
pub struct Stage {
    /// Linnworks.
    pub linnworks: LinnworksSimulator,
    /// QuickBooks.
    pub quickbooks: QuickBooksOnlineSimulator,
    /// The clock of both.
    pub time: SimulatedTime,
    /// The orders and what they ought to come to.
    pub world: World,
}

/// The options of a demo's world whose last order was processed at this instant.
pub fn world_options(orders: u32, until: Timestamp) -> WorldOptions {
    WorldOptions {
        orders_count: orders,
        until,
        span: SignedDuration::from_hours(72),
        ..WorldOptions::default()
    }
}

impl Stage {
    /// Starts both simulators on these addresses.
    ///
    /// # Errors
    /// A port that cannot be had.
    pub async fn start(
        world: World,
        time: SimulatedTime,
        linnworks: SocketAddr,
        quickbooks: SocketAddr,
    ) -> std::io::Result<Self> {
        let linnworks = LinnworksSimulator::start_on(linnworks, world.order_values(), time.clone()).await?;
        let company = company_of(&world);
        let quickbooks = QuickBooksOnlineSimulator::start_on(quickbooks, company, time.clone()).await?;
        // As strict about its limits as the real service: a 429 in a demo would be of our own making.
        quickbooks.set_switches(|switches| switches.rate_limits = RateLimits::documented());
        Ok(Self {
            linnworks,
            quickbooks,
            time,
            world,
        })
    }

    /// The configuration that leads to this stage.
    pub fn config(&self) -> Config {
        let source = self.linnworks.credentials();
        let books = self.quickbooks.credentials();
        Config {
            application_id: source.application_id,
            application_secret: SecretString::from(source.application_secret),
            token: SecretString::from(source.token),
            auth_url: self.linnworks.address(),
            client_id: books.client_id,
            client_secret: SecretString::from(books.client_secret),
            refresh_token: Some(SecretString::from(books.refresh_token)),
            realm_id: books.realm_id,
            api_url: self.quickbooks.address(),
            token_url: format!("{}/oauth2/v1/tokens/bearer", self.quickbooks.address()),
            allow_loopback: true,
            settings_path: "settings.toml".into(),
            rules_path: "rules.yaml".into(),
        }
    }
}

/// A UK company that has the world's items.
fn company_of(world: &World) -> CompanySeed {
    let mut company = CompanySeed::united_kingdom();
    company.preferences.custom_txn_numbers = true;
    company.items.extend(world.items.iter().map(item_of));
    company
}

fn item_of(item: &WorldItem) -> ItemSeed {
    ItemSeed {
        unit_price: item.unit_price,
        ..ItemSeed::non_inventory(&item.title, &item.sku)
    }
}

/// The settings of the demo.
///
/// # Errors
/// A defect of the file that is built in.
pub fn demo_settings() -> Result<Settings, mapping::SettingsError> {
    Settings::parse("demo-settings.toml", DEMO_SETTINGS)
}

/// A clock that waits by moving the simulated time.
pub struct StageClock {
    time: SimulatedTime,
}

impl StageClock {
    /// The clock of a stage.
    pub fn of(time: &SimulatedTime) -> Arc<dyn Clock> {
        Arc::new(Self { time: time.clone() })
    }
}

#[async_trait]
impl Clock for StageClock {
    fn now(&self) -> Timestamp {
        self.time.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.time.advance(duration);
        tokio::task::yield_now().await;
    }
}
