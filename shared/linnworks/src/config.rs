//! Settings of the connection.
//!
//! In: what the configuration file says. Out: one value without secrets in its Debug. Does not read files or the environment.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// How to reach one Linnworks account, with every bound by name.
#[derive(Clone, Debug)]
pub struct LinnworksConfig {
    /// ApplicationId of the app (linnworks.md 1.1).
    pub application_id: String,
    /// ApplicationSecret.
    pub application_secret: SecretString,
    /// The token that the account got on installing the app.
    pub token: SecretString,
    /// Host of the authorization, `https://api.linnworks.net`.
    pub auth_url: Url,
    /// Lets `http://127.0.0.1` stand in for Linnworks.
    pub allow_loopback: bool,
    /// Rows on a page of the processed search; 500 is used in production (linnworks.md 3.4).
    pub search_rows_per_page: u64,
    /// Ids in one GetOrdersById; 200 is known to work (linnworks.md 3.4, 6.4).
    pub orders_per_call: usize,
    /// Ids on a page of the open orders.
    pub open_ids_per_page: u64,
    /// The open-orders view that shows all orders.
    pub open_view_id: i64,
    /// A longer search window is cut into slices of this length.
    pub slice: Duration,
    /// Tries of one call that meets transient failures.
    pub attempts_max: usize,
    /// The first wait between tries; it doubles, with jitter.
    pub backoff_min: Duration,
    /// The longest wait between tries. A longer Retry-After is handed to the caller instead.
    pub backoff_max: Duration,
    /// The share of the stated limits that is used, in percent (linnworks.md 2.3).
    pub limit_share_percent: u32,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time for a whole call.
    pub call_timeout: Duration,
}

impl LinnworksConfig {
    /// The settings that suit production, for one account.
    pub fn new(
        application_id: impl Into<String>,
        application_secret: SecretString,
        token: SecretString,
        auth_url: Url,
    ) -> Self {
        Self {
            application_id: application_id.into(),
            application_secret,
            token,
            auth_url,
            allow_loopback: false,
            search_rows_per_page: 500,
            orders_per_call: 200,
            open_ids_per_page: 5_000,
            open_view_id: 1,
            slice: Duration::from_secs(31 * 86_400),
            attempts_max: 6,
            backoff_min: Duration::from_secs(2),
            backoff_max: Duration::from_secs(90),
            limit_share_percent: 90,
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
        }
    }
}
