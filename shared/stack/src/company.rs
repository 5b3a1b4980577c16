//! The QuickBooks company of a stack.
//!
//! ```text
//! open        the connector, with this instance's share of the limits
//! give_app    the app's keys into the secret
//! consent     a person connects a company: where to send the person, and what to do with the answer
//! accept      code and company -> tokens in the vault, proved, the company pinned
//! status      app, company, since when, until when
//! disconnect  ends the tokens; the pin stays unless the company is forgotten too
//! ```
//! In: the secret `quickbooks` with the app's keys, the pin of the table, the settings, the template's addresses. A first refresh token
//! with its company may stand in the secret; its successors, and the tokens of a consent, live in the vault, where an older one never
//! replaces a newer one. The company is the pinned one; before the first pin, the secret's.

use std::sync::Arc;
use std::time::Duration;

use domain::RealmId;
use jiff::Timestamp;
use mapping::{QuickBooksLimits, Settings};
use pipeline::RunError;
use ports::TokenVault;
pub use quickbooks_online::ConsentError;
use quickbooks_online::{
    AUTHORIZE_URL, Consent, ConsentConfig, Limits, QuickBooksConfig, QuickBooksOnline, REVOKE_URL, TOKEN_URL,
    TokenStatus,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store_aws::Pin;

use crate::{Stack, configuration};

/// The name of the secret, below the stack's prefix.
pub const SECRET: &str = "quickbooks";
/// Where Intuit sends people back, below the stack's public address.
pub const CALLBACK_PATH: &str = "/v1/connections/quickbooks/callback";
/// How long the proof of a new connection may take: a person waits.
const PROOF_MAX: Duration = Duration::from_secs(8);

/// The secret's text; without Debug, so that it cannot be shown.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_id: String,
    client_secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    realm_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// What is known of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyStatus {
    /// The app's keys are there.
    pub has_app: bool,
    /// The company that the stack is pinned to.
    pub realm: Option<RealmId>,
    /// Tokens are there: of a consent, or a first one given by hand.
    pub is_connected: bool,
    /// When the person connected it; `None` for a first token that was given by hand.
    pub since: Option<Timestamp>,
    /// When the connection ends unless a run renews it before; `None` where it is not known.
    pub ends_at: Option<Timestamp>,
}

/// Why a consent did not become a connection.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The stack is connected with another company.
    #[error("the stack is connected with another company")]
    OtherCompany,
    /// The exchange of the code.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// The tokens are stored, and QuickBooks did not prove that they are good for the company.
    #[error("the connection could not be proved")]
    NotProved,
    /// The stack.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<ports::StoreError> for AcceptError {
    fn from(error: ports::StoreError) -> Self {
        Self::Run(error.into())
    }
}

/// The connector.
///
/// # Errors
/// Configuration: a secret that is not there or not whole, no company, an address that must not be called.
pub async fn open(stack: &Stack, settings: &Settings) -> Result<QuickBooksOnline, RunError> {
    let secret = read(stack).await?.ok_or_else(no_app)?;
    let realm = realm_of(stack, &secret).await?.ok_or_else(|| {
        configuration(
            "QuickBooks is not connected",
            "Connect it: POST /v1/connections/quickbooks (infra/README.md, first connection)",
        )
    })?;
    let mut config = config_of(stack, secret, realm);
    config.limits = share_limits(&settings.limits.quickbooks, stack.description().quickbooks_shares);
    let hours = settings.limits.linnworks.lists_daily_refresh_hours;
    config.lists_refresh_hours = u32::try_from(hours).unwrap_or(u32::MAX);
    Ok(QuickBooksOnline::new(config, stack.clock(), vault(stack))?)
}

/// Writes the app's keys into the secret. A company and a first token that stand there stay while the app is the same.
///
/// # Errors
/// Those of the vault.
pub async fn give_app(stack: &Stack, client_id: &str, client_secret: &SecretString) -> Result<(), RunError> {
    // A secret that cannot be read is replaced by one that can.
    let known = read(stack).await.unwrap_or_default();
    let (realm_id, refresh_token) = match known {
        Some(known) if known.client_id == client_id => (known.realm_id, known.refresh_token),
        Some(known) => (known.realm_id, None),
        None => (None, None),
    };
    let secret = Secret {
        client_id: client_id.to_owned(),
        client_secret: client_secret.expose_secret().to_owned(),
        realm_id,
        refresh_token,
    };
    write(stack, &secret).await
}

/// The address to which Intuit sends people back; it must be registered in the app's settings, exactly so.
///
/// # Errors
/// Configuration, where the stack has no public address.
pub fn redirect_url(stack: &Stack) -> Result<String, RunError> {
    let base = stack.description().public_url.as_deref().ok_or_else(|| {
        configuration(
            "the stack has no public address",
            "Deploy it with template.yaml, which has the HTTP API",
        )
    })?;
    Ok(format!("{}{CALLBACK_PATH}", base.trim_end_matches('/')))
}

/// The app, to connect or disconnect a company with.
///
/// # Errors
/// Configuration: no app yet, no public address, an address that is not Intuit's.
pub async fn consent(stack: &Stack) -> Result<Consent, RunError> {
    let secret = read(stack).await?.ok_or_else(no_app)?;
    consent_of(stack, &secret)
}

/// Makes a connection of a code and the company that came with it: the tokens are stored, then used to read the company, and then the
/// company is pinned. A stack that is pinned to another company refuses before anything is asked.
///
/// # Errors
/// [`AcceptError`]; after any of them the person begins anew.
pub async fn accept(
    stack: &Stack,
    code: &SecretString,
    realm: &RealmId,
    by: &str,
) -> Result<(), AcceptError> {
    let secret = read(stack).await?.ok_or_else(no_app)?;
    if realm_of(stack, &secret)
        .await?
        .is_some_and(|pinned| pinned != *realm)
    {
        return Err(AcceptError::OtherCompany);
    }
    consent_of(stack, &secret)?.exchange(code, realm).await?;
    let mut config = config_of(stack, secret, realm.clone());
    config.limits.throttle_attempts_max = 1;
    let books = QuickBooksOnline::new(config, stack.clock(), vault(stack)).map_err(RunError::from)?;
    match tokio::time::timeout(PROOF_MAX, books.prove()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "the proof of a new connection");
            return Err(AcceptError::NotProved);
        }
        Err(_) => {
            tracing::warn!("the proof of a new connection took too long");
            return Err(AcceptError::NotProved);
        }
    }
    let pin = Pin {
        company: realm.to_string(),
        at: stack.clock().now(),
        by: by.to_owned(),
    };
    // Two people who connect two companies at once: the first is pinned.
    if !stack.store().pin(SECRET, &pin).await? {
        return Err(AcceptError::OtherCompany);
    }
    Ok(())
}

/// What is known of the connection. Asks QuickBooks nothing.
///
/// # Errors
/// Those of the vault and the store; a secret that cannot be read.
pub async fn status(stack: &Stack) -> Result<CompanyStatus, RunError> {
    let Some(secret) = read(stack).await? else {
        return Ok(CompanyStatus::default());
    };
    let Some(realm) = realm_of(stack, &secret).await? else {
        return Ok(CompanyStatus {
            has_app: true,
            ..CompanyStatus::default()
        });
    };
    let kept = consent_of(stack, &secret)?.status(&realm).await?;
    let has_first = secret.refresh_token.is_some() && secret.realm_id.as_deref() == Some(realm.as_str());
    let TokenStatus {
        is_kept,
        connected_at,
        ends_at,
    } = kept.unwrap_or(TokenStatus {
        is_kept: has_first,
        connected_at: None,
        ends_at: None,
    });
    Ok(CompanyStatus {
        has_app: true,
        realm: Some(realm),
        is_connected: is_kept,
        since: connected_at.filter(|_| is_kept),
        ends_at: ends_at.filter(|_| is_kept),
    })
}

/// Ends the tokens at Intuit and forgets them; with `forget_company` the stack may be connected with another company afterwards. False
/// when there was no connection.
///
/// # Errors
/// Retry when Intuit is away: nothing was forgotten. Those of the vault and the store.
pub async fn disconnect(stack: &Stack, forget_company: bool) -> Result<bool, RunError> {
    let mut secret = read(stack).await?.ok_or_else(no_app)?;
    let Some(realm) = realm_of(stack, &secret).await? else {
        return Ok(false);
    };
    let was_connected = consent_of(stack, &secret)?.disconnect(&realm).await?;
    let had_first = secret.refresh_token.take().is_some();
    let had_realm = forget_company && secret.realm_id.take().is_some();
    if had_first || had_realm {
        write(stack, &secret).await?;
    }
    if forget_company {
        stack.store().unpin(SECRET, realm.as_str()).await?;
    }
    Ok(was_connected || had_first)
}

fn vault(stack: &Stack) -> Arc<dyn TokenVault> {
    Arc::new(stack.vault().clone())
}

/// The secret; `None` where nothing was ever written.
async fn read(stack: &Stack) -> Result<Option<Secret>, RunError> {
    let Some(text) = stack.vault().read_given(SECRET).await? else {
        return Ok(None);
    };
    // The parser's message could quote the text.
    let secret = serde_json::from_str(text.expose_secret()).map_err(|_| {
        configuration(
            format!("the secret {SECRET} is not whole"),
            "Give the app's keys again: PUT /v1/connections/quickbooks/app (infra/README.md, first connection)",
        )
    })?;
    Ok(Some(secret))
}

async fn write(stack: &Stack, secret: &Secret) -> Result<(), RunError> {
    let text = serde_json::to_string(secret).map_err(|_| {
        configuration(
            "the secret could not be written",
            "Report this as a defect of linnbooks",
        )
    })?;
    stack
        .vault()
        .write_given(SECRET, &SecretString::from(text))
        .await?;
    Ok(())
}

async fn realm_of(stack: &Stack, secret: &Secret) -> Result<Option<RealmId>, RunError> {
    let pin = stack.store().pin_of(SECRET).await?;
    let company = pin.map(|pin| pin.company).or_else(|| secret.realm_id.clone());
    Ok(company
        .filter(|company| !company.trim().is_empty())
        .map(RealmId::new))
}

fn config_of(stack: &Stack, secret: Secret, realm: RealmId) -> QuickBooksConfig {
    // A first token belongs to the company that it was written with.
    let is_its_own = secret.realm_id.as_deref() == Some(realm.as_str());
    let first = secret
        .refresh_token
        .filter(|_| is_its_own)
        .map(SecretString::from);
    let mut config = QuickBooksConfig::new(secret.client_id, secret.client_secret.into(), first, realm);
    let description = stack.description();
    if let Some(address) = &description.quickbooks_api_url {
        config.api_url.clone_from(address);
    }
    if let Some(address) = &description.quickbooks_token_url {
        config.token_url.clone_from(address);
    }
    config.allow_loopback = description.allow_loopback;
    config
}

fn consent_of(stack: &Stack, secret: &Secret) -> Result<Consent, RunError> {
    let description = stack.description();
    let address = |given: &Option<String>, vendor: &str| given.clone().unwrap_or_else(|| vendor.to_owned());
    let config = ConsentConfig {
        client_id: secret.client_id.clone(),
        client_secret: secret.client_secret.clone().into(),
        authorize_url: address(&description.quickbooks_authorize_url, AUTHORIZE_URL),
        token_url: address(&description.quickbooks_token_url, TOKEN_URL),
        revoke_url: address(&description.quickbooks_revoke_url, REVOKE_URL),
        redirect_url: redirect_url(stack)?,
        allow_loopback: description.allow_loopback,
    };
    Ok(Consent::new(config, stack.clock(), vault(stack))?)
}

fn no_app() -> RunError {
    configuration(
        "the QuickBooks app is not known yet",
        "Give its keys: PUT /v1/connections/quickbooks/app (infra/README.md, first connection)",
    )
}

/// The limits of one of `shares` instances; at least one of each, or nothing would ever be sent.
pub fn share_limits(limits: &QuickBooksLimits, shares: u32) -> Limits {
    let shares = u64::from(shares.max(1));
    let part = |whole: u64| u32::try_from((whole / shares).max(1)).unwrap_or(u32::MAX);
    Limits {
        calls_per_minute: part(limits.calls_per_minute),
        concurrent_calls: part(limits.concurrent_calls),
        calls_per_second: part(limits.calls_per_second),
        batches_per_minute: part(limits.batches_per_minute),
        batch_items_count_as_calls: limits.batch_items_count_as_calls,
        throttle_wait_seconds: u32::try_from(limits.throttle_wait_seconds).unwrap_or(u32::MAX),
        ..Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_all_instances_stay_within_the_limits_of_the_company() {
        let whole = QuickBooksLimits::default();
        for shares in 1..=10 {
            let part = share_limits(&whole, shares);
            for (one, all) in [
                (part.calls_per_minute, whole.calls_per_minute),
                (part.calls_per_second, whole.calls_per_second),
                (part.concurrent_calls, whole.concurrent_calls),
                (part.batches_per_minute, whole.batches_per_minute),
            ] {
                assert!(
                    u64::from(one * shares) <= all && one >= 1,
                    "{one} x {shares} of {all}"
                );
            }
        }
    }

    #[test]
    fn an_instance_among_many_can_still_call() {
        let part = share_limits(&QuickBooksLimits::default(), 1_000);
        assert_eq!((part.calls_per_second, part.batches_per_minute), (1, 1));
        assert_eq!(
            share_limits(&QuickBooksLimits::default(), 0).calls_per_minute,
            500
        );
    }
}
