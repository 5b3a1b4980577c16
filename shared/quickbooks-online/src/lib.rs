//! The QuickBooks Online connector.
//!
//! ```text
//! QuickBooksOnline           implements ports::Books for one company
//!   convert                  documents -> bytes, answers -> records
//!   send                     one frozen call, outcomes per entry
//!   transactions             look-ups, lists by date, deleting, exchange rates
//!   lists                    customers, items, accounts, tax codes ... whole or changes
//!   entities                 customers and items, found or created
//!   client                   one HTTP call: token, limits, sorting of what became of it
//!     oauth, token_endpoint  access tokens, stored before they are used
//! Consent                    a person connects a company, or disconnects it
//!     limits                 calls a second, a minute, at the same time
//!     faults                 QuickBooks' fault codes by who must act
//!   query                    the query language, with the one escaping function
//!   wire                     JSON as QuickBooks writes it
//! ```
//!
//! Holds no protocol: what is sent, when and how often is decided by the use cases.

mod client;
mod config;
mod convert;
mod entities;
mod faults;
mod limits;
mod lists;
mod oauth;
mod oauth_consent;
mod oauth_tokens;
mod query;
mod send;
mod token_endpoint;
mod transactions;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Currency, TransactionId, TransactionKind};
use jiff::civil::Date;
use ports::{
    Books, CallOutcome, Clock, ConnectorError, EntityOutcome, FoundTransaction, FrozenCall, ListsCursor,
    ListsUpdate, NewEntity, Probe, Submission, TokenVault,
};
use rust_decimal::Decimal;
use tokio::sync::Mutex;
use uuid::Uuid;

pub use config::{
    AUTHORIZE_URL, Limits, PRODUCTION_API_URL, QuickBooksConfig, REVOKE_URL, SANDBOX_API_URL, TOKEN_URL,
};
pub use oauth_consent::{Consent, ConsentConfig, ConsentError, TokenStatus};

use client::Client;

/// The namespace of idempotency keys. It must never change: frozen calls of older versions would get other keys.
const NAMESPACE: Uuid = Uuid::from_u128(0x9f1d_7c1e_4b0a_5e6b_8a53_1d2c_6f0e_77a4);

/// One QuickBooks Online company.
pub struct QuickBooksOnline {
    client: Client,
    /// Read once, for transactions that name no currency.
    home_currency: Mutex<Option<Currency>>,
}

impl QuickBooksOnline {
    /// A connector for the company of the configuration. Makes no call.
    ///
    /// # Errors
    /// Configuration, when a URL is not one of Intuit's or the realm is not a number.
    pub fn new(
        config: QuickBooksConfig,
        clock: Arc<dyn Clock>,
        vault: Arc<dyn TokenVault>,
    ) -> Result<Self, ConnectorError> {
        let client = Client::new(Arc::new(config), clock, vault)?;
        Ok(Self {
            client,
            home_currency: Mutex::new(None),
        })
    }
}

impl QuickBooksOnline {
    /// Proves that the tokens are good for the company, by reading its CompanyInfo.
    ///
    /// # Errors
    /// Reconnect or Forbidden when they are not; those of any read.
    pub async fn prove(&self) -> Result<(), ConnectorError> {
        self.read_company_info().await.map(|_| ())
    }
}

impl std::fmt::Debug for QuickBooksOnline {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("QuickBooksOnline")
            .field("config", self.client.config())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Books for QuickBooksOnline {
    fn freeze(&self, submissions: &[Submission<'_>]) -> Result<FrozenCall, ConnectorError> {
        convert::freeze(&self.client.config().realm_id, submissions)
    }

    async fn send(&self, call: &FrozenCall) -> CallOutcome {
        send::send(&self.client, call).await
    }

    async fn look_up(&self, probes: &[Probe]) -> Result<Vec<FoundTransaction>, ConnectorError> {
        self.look_up_probes(probes).await
    }

    async fn ensure_entities(&self, entities: &[NewEntity]) -> Result<Vec<EntityOutcome>, ConnectorError> {
        self.ensure_all(entities).await
    }

    async fn read_lists(&self, cursor: Option<&ListsCursor>) -> Result<ListsUpdate, ConnectorError> {
        self.update_lists(cursor).await
    }

    async fn read_exchange_rate(
        &self,
        currency: Currency,
        date: Date,
    ) -> Result<Option<Decimal>, ConnectorError> {
        self.read_rate(currency, date).await
    }

    async fn list_transactions(
        &self,
        kinds: &[TransactionKind],
        from: Date,
        to: Date,
    ) -> Result<Vec<FoundTransaction>, ConnectorError> {
        self.list_span(kinds, from, to).await
    }

    async fn delete(&self, kind: TransactionKind, id: &TransactionId) -> Result<(), ConnectorError> {
        self.delete_transaction(kind, id).await
    }

    fn calls(&self) -> u64 {
        self.client.calls()
    }
}
