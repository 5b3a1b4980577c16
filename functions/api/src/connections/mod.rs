//! Connecting the vendors: QuickBooks by a person's consent in a browser, Linnworks by the token that it shows.
//!
//! ```text
//! GET    /v1/connections                         read    what is connected, since when, until when, what to do
//! PUT    /v1/connections/linnworks               admin   proved by signing in, then kept
//! PUT    /v1/connections/quickbooks/app          admin   the app's keys
//! POST   /v1/connections/quickbooks              admin   a one-time address for a browser
//! GET    /v1/connections/quickbooks/start        ticket  -> Intuit's page                      (browser)
//! GET    /v1/connections/quickbooks/callback     state   <- Intuit, with a code                (browser)
//! DELETE /v1/connections/quickbooks              admin   ends the tokens, and forgets them
//! ```
//! In: requests. Out: answers without any secret. The protocol with Intuit and the vault is `stack::company`'s.

mod browser;
mod linnworks;
mod pages;
mod quickbooks;
mod status;

use axum::Router;
use axum::routing::{get, post, put};

pub use linnworks::*;
pub use quickbooks::*;
pub use status::*;

use crate::api::Api;

/// The routes.
pub fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/connections", get(status::connections))
        .route("/v1/connections/linnworks", put(linnworks::put_linnworks))
        .route("/v1/connections/quickbooks/app", put(quickbooks::put_app))
        .route(
            "/v1/connections/quickbooks",
            post(quickbooks::connect).delete(quickbooks::disconnect),
        )
        .route("/v1/connections/quickbooks/start", get(browser::start))
        .route("/v1/connections/quickbooks/callback", get(browser::callback))
}
