//! The Linnworks account of a stack.
//!
//! In: the secret `linnworks`, the settings, the template's address. Out: the connector. The secret is read once a process; a changed one
//! is used by the next.

use std::sync::Arc;
use std::time::Duration;

use linnworks::{Linnworks, LinnworksConfig};
use mapping::Settings;
use pipeline::RunError;
use ports::TokenVault;
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use crate::{Stack, configuration};

/// The name of the secret, below the stack's prefix.
pub const SECRET: &str = "linnworks";

/// Where Linnworks signs in (linnworks.md 1.1).
const AUTH_URL: &str = "https://api.linnworks.net";

/// The secret's text; without Debug, so that it cannot be shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    application_id: String,
    application_secret: String,
    token: String,
}

/// The connector.
///
/// # Errors
/// Configuration: a secret that is not there or not whole, an address that must not be called.
pub async fn open(stack: &Stack, settings: &Settings) -> Result<Linnworks, RunError> {
    let text = stack
        .vault()
        .read_given(SECRET)
        .await?
        .ok_or_else(|| missing("is not there"))?;
    // The parser's message could quote the text.
    let secret: Secret = serde_json::from_str(text.expose_secret()).map_err(|_| missing("is not whole"))?;
    let address = stack
        .description()
        .linnworks_auth_url
        .as_deref()
        .unwrap_or(AUTH_URL);
    let auth_url = Url::parse(address).map_err(|_| {
        configuration(
            "LINNWORKS_AUTH_URL is not an address",
            "Correct it in the template",
        )
    })?;
    let limits = &settings.limits.linnworks;
    let mut config = LinnworksConfig::new(
        secret.application_id,
        secret.application_secret.into(),
        secret.token.into(),
        auth_url,
    );
    config.allow_loopback = stack.description().allow_loopback;
    config.search_rows_per_page = limits.search_rows_per_page;
    config.orders_per_call = usize::try_from(limits.orders_per_call).unwrap_or(200);
    config.slice = Duration::from_secs(limits.window_hours_max.saturating_mul(3_600));
    let vault: Arc<dyn TokenVault> = Arc::new(stack.vault().clone());
    Ok(Linnworks::new(config, stack.clock(), vault)?)
}

fn missing(what: &str) -> RunError {
    configuration(
        format!("the secret {SECRET} {what}"),
        "Write {\"application_id\", \"application_secret\", \"token\"} into it (infra/README.md, first connection)",
    )
}
