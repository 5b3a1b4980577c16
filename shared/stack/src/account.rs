//! The Linnworks account of a stack.
//!
//! ```text
//! open       the connector
//! give       another token, or other keys: proved by signing in, then written to the secret
//! status     whether there is one, and since when
//! ```
//! In: the secret `linnworks`, the settings, the template's address. Out: the connector. The secret is read when it is opened; who keeps
//! the connector uses a changed one when it opens it again.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use linnworks::{Linnworks, LinnworksConfig};
use mapping::Settings;
use pipeline::RunError;
use ports::{ConnectorError, TokenVault};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store_aws::Pin;
use url::Url;

use crate::{Stack, configuration};

/// The name of the secret, below the stack's prefix.
pub const SECRET: &str = "linnworks";

/// Where Linnworks signs in (linnworks.md 1.1).
const AUTH_URL: &str = "https://api.linnworks.net";
/// How long signing in may take while a person waits.
const SIGN_IN_MAX: Duration = Duration::from_secs(15);

/// The secret's text; without Debug, so that it cannot be shown.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    application_id: String,
    application_secret: String,
    token: String,
}

/// What a person gives to connect an account. Its Debug shows no secret.
#[derive(Clone, Debug)]
pub struct Given {
    /// The app's id; the one that is known when left out.
    pub application_id: Option<String>,
    /// The app's secret; the one that is known when left out.
    pub application_secret: Option<SecretString>,
    /// The token that the account showed on installing the app.
    pub token: SecretString,
}

/// Whether an account is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStatus {
    /// The app's keys and a token are there.
    pub is_given: bool,
    /// Since when; `None` where the secret was written by hand.
    pub since: Option<Timestamp>,
}

/// The connector.
///
/// # Errors
/// Configuration: a secret that is not there or not whole, an address that must not be called.
pub async fn open(stack: &Stack, settings: &Settings) -> Result<Linnworks, RunError> {
    let secret = read(stack).await?.ok_or_else(|| missing("is not there"))?;
    let limits = &settings.limits.linnworks;
    let mut config = config_of(stack, &secret)?;
    config.search_rows_per_page = limits.search_rows_per_page;
    config.orders_per_call = usize::try_from(limits.orders_per_call).unwrap_or(200);
    config.slice = Duration::from_secs(limits.window_hours_max.saturating_mul(3_600));
    Ok(connect(stack, config)?)
}

/// Signs in with what was given, then writes it to the secret; `by` is who gave it.
///
/// # Errors
/// Reconnect when Linnworks refuses it, Configuration when keys are missing: nothing was written. Those of the vault and the store.
pub async fn give(stack: &Stack, given: Given, by: &str) -> Result<(), RunError> {
    // A secret that cannot be read is replaced by one that can.
    let known = read(stack).await.unwrap_or_default();
    let (known_id, known_secret) = match known {
        Some(known) => (Some(known.application_id), Some(known.application_secret)),
        None => (None, None),
    };
    let given_secret = given
        .application_secret
        .map(|secret| secret.expose_secret().to_owned());
    let (Some(application_id), Some(application_secret)) =
        (given.application_id.or(known_id), given_secret.or(known_secret))
    else {
        return Err(configuration(
            "the Linnworks app is not known yet",
            "Give `application_id` and `application_secret` with the token",
        ));
    };
    let token = given.token.expose_secret().to_owned();
    let secret = Secret {
        application_id,
        application_secret,
        token,
    };
    let mut config = config_of(stack, &secret)?;
    config.attempts_max = 1;
    config.call_timeout = SIGN_IN_MAX;
    connect(stack, config)?.sign_in().await?;
    let text = serde_json::to_string(&secret).map_err(|_| missing("could not be written"))?;
    stack
        .vault()
        .write_given(SECRET, &SecretString::from(text))
        .await?;
    let pin = Pin {
        company: "account".to_owned(),
        at: stack.clock().now(),
        by: by.to_owned(),
    };
    stack.store().pin(SECRET, &pin).await?;
    Ok(())
}

/// Whether an account is connected. Asks Linnworks nothing.
///
/// # Errors
/// Those of the vault and the store.
pub async fn status(stack: &Stack) -> Result<AccountStatus, RunError> {
    let text = stack.vault().read_given(SECRET).await?;
    let is_given = text.is_some_and(|text| {
        serde_json::from_str::<Secret>(text.expose_secret())
            .is_ok_and(|secret| !secret.token.trim().is_empty())
    });
    let pin = stack.store().pin_of(SECRET).await?;
    Ok(AccountStatus {
        is_given,
        since: pin.map(|pin| pin.at).filter(|_| is_given),
    })
}

/// The secret; `None` where nothing was ever written.
async fn read(stack: &Stack) -> Result<Option<Secret>, RunError> {
    let Some(text) = stack.vault().read_given(SECRET).await? else {
        return Ok(None);
    };
    // The parser's message could quote the text.
    serde_json::from_str(text.expose_secret())
        .map(Some)
        .map_err(|_| missing("is not whole"))
}

fn config_of(stack: &Stack, secret: &Secret) -> Result<LinnworksConfig, RunError> {
    let description = stack.description();
    let address = description.linnworks_auth_url.as_deref().unwrap_or(AUTH_URL);
    let auth_url = Url::parse(address).map_err(|_| {
        configuration(
            "LINNWORKS_AUTH_URL is not an address",
            "Correct it in the template",
        )
    })?;
    let mut config = LinnworksConfig::new(
        secret.application_id.clone(),
        secret.application_secret.clone().into(),
        secret.token.clone().into(),
        auth_url,
    );
    config.allow_loopback = description.allow_loopback;
    Ok(config)
}

fn connect(stack: &Stack, config: LinnworksConfig) -> Result<Linnworks, ConnectorError> {
    let vault: Arc<dyn TokenVault> = Arc::new(stack.vault().clone());
    Linnworks::new(config, stack.clock(), vault)
}

fn missing(what: &str) -> RunError {
    configuration(
        format!("the secret {SECRET} {what}"),
        "Connect Linnworks: PUT /v1/connections/linnworks with its keys and token (infra/README.md, first connection)",
    )
}
