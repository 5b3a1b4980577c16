//! The session that an authorization gives, kept in the vault so that the next process need not authorize again
//! (linnworks.md 1.2, 1.4).
//!
//! In: the answer of AuthorizeByApplication, or what the vault holds. Out: a token, the host it is good for and when to renew
//! it. Does not call anything; [`crate::client`] does.

use jiff::{SignedDuration, Timestamp};
use ports::{ConnectorError, Disposition};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::LinnworksConfig;
use crate::error::{place, reconnect};
use crate::host::check_base_url;
use crate::wire::{AuthorizationWire, StatusWire};

/// The name of the session in the vault.
pub const SESSION_NAME: &str = "linnworks-session";
/// Path of the authorization below `api/`.
pub const AUTHORIZE: &str = "Auth/AuthorizeByApplication";
/// A session is renewed this long before its TTL ends.
const MARGIN_SECONDS: i64 = 300;
/// No session is used longer: one report says that idle ones end after about 30 minutes (linnworks.md 1.4).
const LIFETIME_SECONDS_MAX: i64 = 1_800;

/// A live session.
#[derive(Clone)]
pub struct Session {
    /// Sent as `Authorization`.
    pub token: SecretString,
    /// Base URL, checked.
    pub server: Url,
    /// To be renewed from then on.
    pub expires_at: Timestamp,
}

/// The form in the vault. It holds a secret: no Debug.
#[derive(Serialize, Deserialize)]
struct StoredSession {
    token: String,
    server: String,
    expires_at: Timestamp,
    /// Which account and app it belongs to, as a hash: a session of other settings is not used.
    account: String,
}

impl Session {
    /// Reads the authorization's answer.
    ///
    /// # Errors
    /// Unavailable for a locked account or maintenance, Retry for an answer without token, Configuration for a server that is
    /// not of Linnworks.
    pub fn from_answer(
        answer: &AuthorizationWire,
        config: &LinnworksConfig,
        now: Timestamp,
    ) -> Result<Self, ConnectorError> {
        let state = answer
            .status
            .as_ref()
            .and_then(|StatusWire { state }| state.as_ref())
            .map(|state| state.trim().to_uppercase());
        if let Some(state @ ("LOCKED_BASIC" | "LOCKED_FULL" | "MAINTENANCE")) = state.as_deref() {
            return Err(ConnectorError::new(
                Disposition::Unavailable,
                place(AUTHORIZE),
                format!("the Linnworks account cannot be used now: {state}"),
                "Wait until it is open again; for a lock see the subscription in Linnworks",
            ));
        }
        let token = [&answer.token, &answer.access_token]
            .into_iter()
            .find_map(|field| {
                field
                    .as_ref()
                    .map(|token| token.trim())
                    .filter(|token| !token.is_empty())
            });
        let token = token.ok_or_else(|| {
            ConnectorError::new(
                Disposition::Retry { after: None },
                place(AUTHORIZE),
                "the answer has no session token",
                "It is tried again later",
            )
        })?;
        let server = answer.server.as_ref().map_or("", String::as_str);
        let server = check_base_url(server, config.allow_loopback).map_err(|cause| {
            ConnectorError::new(
                Disposition::Configuration,
                place(AUTHORIZE),
                format!("the answer names a server that is not used: {cause}"),
                "Check auth_url; nothing was sent to that server",
            )
        })?;
        let expires_at = now
            .checked_add(lifetime(answer.ttl.as_ref().copied()))
            .unwrap_or(now);
        Ok(Self {
            token: SecretString::from(token),
            server,
            expires_at,
        })
    }

    /// Reads what the vault holds; `None` when it is of other settings, has ended or cannot be read.
    pub fn from_vault(value: &SecretString, config: &LinnworksConfig, now: Timestamp) -> Option<Self> {
        let stored: StoredSession = serde_json::from_str(value.expose_secret()).ok()?;
        if stored.account != account_of(config) || stored.token.is_empty() {
            return None;
        }
        let server = check_base_url(&stored.server, config.allow_loopback).ok()?;
        let session = Self {
            token: SecretString::from(stored.token),
            server,
            expires_at: stored.expires_at,
        };
        session.is_good(now).then_some(session)
    }

    /// The form for the vault.
    pub fn to_vault(&self, config: &LinnworksConfig) -> Option<SecretString> {
        let stored = StoredSession {
            token: self.token.expose_secret().to_owned(),
            server: self.server.to_string(),
            expires_at: self.expires_at,
            account: account_of(config),
        };
        serde_json::to_string(&stored).ok().map(SecretString::from)
    }

    /// True until it must be renewed. A far later end than any session has is a clock that was set back.
    pub fn is_good(&self, now: Timestamp) -> bool {
        let latest = now
            .checked_add(SignedDuration::from_secs(LIFETIME_SECONDS_MAX))
            .unwrap_or(now);
        now < self.expires_at && self.expires_at <= latest
    }
}

/// min(TTL - 300 s, 30 min); half of a TTL so short that nothing would be left; 30 min when there is none.
fn lifetime(ttl_seconds: Option<i64>) -> SignedDuration {
    let seconds = ttl_seconds.map_or(LIFETIME_SECONDS_MAX, |ttl| {
        ttl.saturating_sub(MARGIN_SECONDS).max(ttl / 2).max(0)
    });
    SignedDuration::from_secs(seconds.min(LIFETIME_SECONDS_MAX))
}

fn account_of(config: &LinnworksConfig) -> String {
    let mut hash = Sha256::new();
    for part in [
        config.auth_url.as_str(),
        &config.application_id,
        config.application_secret.expose_secret(),
        config.token.expose_secret(),
    ] {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The error of an authorization that Linnworks refuses: every 4xx but 429 (linnworks.md 1.5).
pub fn refused_authorization(status: u16, message: &str) -> ConnectorError {
    reconnect(
        AUTHORIZE,
        format!(
            "Linnworks refused the authorization: HTTP {status}, {message}. The app was uninstalled, or the application id, \
             its secret or the token is wrong"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> LinnworksConfig {
        LinnworksConfig::new(
            "app",
            SecretString::from("sentinel-secret"),
            SecretString::from("sentinel-token"),
            Url::parse("https://api.linnworks.net").unwrap(),
        )
    }

    fn answer(json: &str) -> AuthorizationWire {
        serde_json::from_str(json).unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn a_session_is_renewed_before_its_ttl_and_after_half_an_hour_at_the_latest() {
        let seconds = |ttl| lifetime(ttl).as_secs();
        assert_eq!(seconds(None), 1_800);
        assert_eq!(seconds(Some(86_400)), 1_800);
        assert_eq!(seconds(Some(1_500)), 1_200);
        assert_eq!(seconds(Some(60)), 30);
        assert_eq!(seconds(Some(-5)), 0);
        assert_eq!(seconds(Some(i64::MIN)), 0);
    }

    #[test]
    fn a_locked_account_is_unavailable() {
        for state in ["LOCKED_BASIC", "LOCKED_FULL", "maintenance"] {
            let json = format!(
                r#"{{"Token":"t","Server":"https://eu-ext.linnworks.net","Status":{{"State":"{state}"}}}}"#
            );
            let error = Session::from_answer(&answer(&json), &config(), now())
                .err()
                .unwrap();
            assert_eq!(error.disposition, Disposition::Unavailable, "{state}");
        }
    }

    #[test]
    fn the_access_token_stands_in_for_a_missing_token() {
        let json = r#"{"Token":null,"AccessToken":"a","Server":"https://eu-ext.linnworks.net","TTL":3600}"#;
        let session = Session::from_answer(&answer(json), &config(), now())
            .ok()
            .unwrap();
        assert_eq!(session.token.expose_secret(), "a");
        let error = Session::from_answer(
            &answer(r#"{"Server":"https://eu-ext.linnworks.net"}"#),
            &config(),
            now(),
        )
        .err()
        .unwrap();
        assert!(error.is_transient());
    }

    #[test]
    fn a_session_in_the_vault_is_used_only_by_the_settings_it_belongs_to() {
        let json = r#"{"Token":"t","Server":"https://eu-ext.linnworks.net","TTL":3600}"#;
        let session = Session::from_answer(&answer(json), &config(), now())
            .ok()
            .unwrap();
        let stored = session.to_vault(&config()).unwrap();
        assert!(Session::from_vault(&stored, &config(), now()).is_some());
        let other = LinnworksConfig {
            token: SecretString::from("another"),
            ..config()
        };
        assert!(Session::from_vault(&stored, &other, now()).is_none());
        let later = now() + SignedDuration::from_secs(1_800);
        assert!(Session::from_vault(&stored, &config(), later).is_none());
        let back = now() - SignedDuration::from_secs(86_400);
        assert!(Session::from_vault(&stored, &config(), back).is_none());
        assert!(Session::from_vault(&SecretString::from("{"), &config(), now()).is_none());
    }

    #[test]
    fn the_debug_of_the_settings_shows_no_secret() {
        let shown = format!("{:?}", config());
        assert!(shown.contains("app") && !shown.contains("sentinel"), "{shown}");
    }
}
