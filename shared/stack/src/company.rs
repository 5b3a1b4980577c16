//! The QuickBooks company of a stack.
//!
//! In: the secret `quickbooks`, the settings, the template's addresses. Out: the connector with this instance's share of the limits. The
//! refresh token of the secret is the first one only; its successors live in the vault, where an older one never replaces a newer one.

use std::sync::Arc;

use domain::RealmId;
use mapping::{QuickBooksLimits, Settings};
use pipeline::RunError;
use ports::TokenVault;
use quickbooks_online::{Limits, QuickBooksConfig, QuickBooksOnline};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{Stack, configuration};

/// The name of the secret, below the stack's prefix.
pub const SECRET: &str = "quickbooks";

/// The secret's text; without Debug, so that it cannot be shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_id: String,
    client_secret: String,
    realm_id: String,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// The connector.
///
/// # Errors
/// Configuration: a secret that is not there or not whole, an address that must not be called.
pub async fn open(stack: &Stack, settings: &Settings) -> Result<QuickBooksOnline, RunError> {
    let text = stack
        .vault()
        .read_given(SECRET)
        .await?
        .ok_or_else(|| missing("is not there"))?;
    // The parser's message could quote the text.
    let secret: Secret = serde_json::from_str(text.expose_secret()).map_err(|_| missing("is not whole"))?;
    let first = secret.refresh_token.map(SecretString::from);
    let realm = RealmId::new(secret.realm_id);
    let mut config = QuickBooksConfig::new(secret.client_id, secret.client_secret.into(), first, realm);
    let description = stack.description();
    if let Some(address) = &description.quickbooks_api_url {
        config.api_url.clone_from(address);
    }
    if let Some(address) = &description.quickbooks_token_url {
        config.token_url.clone_from(address);
    }
    config.allow_loopback = description.allow_loopback;
    config.limits = share_limits(&settings.limits.quickbooks, description.quickbooks_shares);
    let hours = settings.limits.linnworks.lists_daily_refresh_hours;
    config.lists_refresh_hours = u32::try_from(hours).unwrap_or(u32::MAX);
    let vault: Arc<dyn TokenVault> = Arc::new(stack.vault().clone());
    Ok(QuickBooksOnline::new(config, stack.clock(), vault)?)
}

fn missing(what: &str) -> RunError {
    configuration(
        format!("the secret {SECRET} {what}"),
        "Write {\"client_id\", \"client_secret\", \"realm_id\", \"refresh_token\"} into it (infra/README.md, first connection)",
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
