//! Linnworks as a source of orders (linnworks.md).
//!
//! ```text
//! Linnworks (OrderSource)
//!   search    headers of a window, complete or an error
//!   open      open orders, look-ups by number and reference, locations
//!   read      whole orders by id, each on its own
//!   client    authorization, limits, repeats, one HTTP call at a time
//!     session   the token, kept in the vault
//!     host      which servers may get it
//!     limit     requests a minute
//!     error     what an answer means
//!   convert   wire to domain, pure
//!     header    rows of a search, with their fingerprint
//!     wire      the JSON, over field: absent, readable or wrong
//! ```
//! In: settings, a clock and a vault. Out: the [`ports::OrderSource`]. Reads only; writes nothing to Linnworks.

mod client;
mod config;
mod convert;
mod error;
mod field;
mod header;
mod host;
mod limit;
mod open;
mod read;
mod search;
mod session;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ports::{
    Clock, ConnectorError, Disposition, OrderHeader, OrderSource, OrdersRead, SourceOrder, TokenVault, Window,
};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::client::Client;
pub use crate::config::LinnworksConfig;
use crate::open::is_same;
use crate::search::{Row, Search};
pub use crate::session::SESSION_NAME;

/// No order of Linnworks was processed before: 2000-01-01.
const FIRST_SECOND: i64 = 946_684_800;
/// The zero guid is the Default location (linnworks.md 3.3).
const DEFAULT_LOCATION: &str = "Default";

/// A location that is not known is looked for again after this time: it may be new.
const LOCATIONS_FRESH: SignedDuration = SignedDuration::from_mins(15);

/// One Linnworks account.
pub struct Linnworks {
    client: Client,
    /// Read when the first order of another location than Default comes, and when.
    locations: Mutex<Option<(Timestamp, BTreeMap<Uuid, String>)>>,
}

impl Linnworks {
    /// Checks the settings. Nothing is called before the first order is asked for.
    ///
    /// # Errors
    /// [`Disposition::Configuration`] for a host that is not of Linnworks, an empty secret, or a page size of 0.
    pub fn new(
        config: LinnworksConfig,
        clock: Arc<dyn Clock>,
        vault: Arc<dyn TokenVault>,
    ) -> Result<Self, ConnectorError> {
        Ok(Self {
            client: Client::new(config, clock, vault)?,
            locations: Mutex::new(None),
        })
    }

    /// Proves that the keys and the token are good, by signing in with them.
    ///
    /// # Errors
    /// Reconnect when Linnworks refuses them; those of any call.
    pub async fn sign_in(&self) -> Result<(), ConnectorError> {
        self.client.sign_in().await
    }

    /// Takes the search's header of a processed order in place of the details' one: only the search tells an exchange from a
    /// sale (linnworks.md 4.1).
    async fn complete_header(&self, header: &mut OrderHeader) -> Result<(), ConnectorError> {
        let Some(at) = header.processed_at.filter(|_| header.processed) else {
            return Ok(());
        };
        let rows = Search::new(&self.client, "")
            .find(Window { from: at, to: at }, i64::MAX)
            .await?;
        if let Some(row) = rows.into_iter().find(|row| row.header.id == header.id) {
            *header = row.header;
        }
        Ok(())
    }

    /// Sets the location's name of each order. Linnworks gives orders the id alone.
    async fn name_locations(&self, orders: &mut [SourceOrder]) -> Result<(), ConnectorError> {
        for order in orders {
            let SourceOrder::Read(order) = order else { continue };
            order.location_name = if order.location_id.is_nil() {
                Some(DEFAULT_LOCATION.to_owned())
            } else {
                self.location_name(order.location_id).await?
            };
        }
        Ok(())
    }

    async fn location_name(&self, id: Uuid) -> Result<Option<String>, ConnectorError> {
        let mut locations = self.locations.lock().await;
        let now = self.client.clock().now();
        if let Some((read_at, known)) = locations.as_ref() {
            let is_fresh = now.duration_since(*read_at) < LOCATIONS_FRESH;
            if let Some(name) = known
                .get(&id)
                .map(|name| Some(name.clone()))
                .or(is_fresh.then_some(None))
            {
                return Ok(name);
            }
        }
        let read = match open::read_locations(&self.client).await {
            Ok(read) => read,
            // Orders can be read without this permission; then locations have no names.
            Err(error) if error.disposition == Disposition::Forbidden => {
                tracing::warn!(%error, "locations have no names");
                BTreeMap::new()
            }
            Err(error) => return Err(error),
        };
        Ok(locations.insert((now, read)).1.get(&id).cloned())
    }
}

#[async_trait]
impl OrderSource for Linnworks {
    async fn find_processed(&self, window: Window) -> Result<Vec<OrderHeader>, ConnectorError> {
        let slice = i64::try_from(self.client.config().slice.as_secs()).unwrap_or(i64::MAX);
        let rows = Search::new(&self.client, "").find(window, slice).await?;
        tracing::debug!(
            orders = rows.len(),
            requests = self.client.requests(),
            "processed orders found"
        );
        Ok(rows.into_iter().map(|row| row.header).collect())
    }

    async fn find_open(&self) -> Result<Vec<OrderHeader>, ConnectorError> {
        open::find_open(&self.client).await
    }

    /// Looks among processed orders first; only where none is found, among all orders by number and reference.
    async fn find_by_reference(&self, reference: &str) -> Result<Vec<OrderHeader>, ConnectorError> {
        let text = reference.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.client.clock().now();
        let to = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now);
        let from = Timestamp::from_second(FIRST_SECOND).unwrap_or(Timestamp::UNIX_EPOCH);
        let rows = Search::new(&self.client, text)
            .find(Window { from, to }, i64::MAX)
            .await?;
        let is_match = |row: &Row| {
            is_same(Some(&row.header.number.to_string()), text)
                || row.references.iter().any(|value| is_same(Some(value), text))
        };
        let found: Vec<OrderHeader> = rows.into_iter().filter(is_match).map(|row| row.header).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let mut found = open::find_by_details(&self.client, text).await?;
        for header in &mut found {
            self.complete_header(header).await?;
        }
        Ok(found)
    }

    async fn read_orders(&self, headers: &[OrderHeader]) -> Result<OrdersRead, ConnectorError> {
        let mut read = read::read_orders(&self.client, headers).await?;
        self.name_locations(&mut read.orders).await?;
        tracing::debug!(
            orders = read.orders.len(),
            missing = read.missing.len(),
            "orders read"
        );
        Ok(read)
    }

    fn calls(&self) -> u64 {
        self.client.requests()
    }
}
