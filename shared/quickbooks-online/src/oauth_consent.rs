//! A person connects a company, or disconnects it (quickbooks-online.md 1.2, 1.3, 1.6).
//!
//! ```text
//! authorize_url   where the person is sent
//! exchange        the code that came back -> tokens, in the vault before anything uses them
//! status          what is kept of a company's tokens, without them
//! disconnect      ends the tokens at Intuit, then forgets them
//! ```
//! In: the app's keys, a code with the company it came with. Out: tokens in the vault. The code is sent once, and never again: a second
//! exchange could end the tokens of the first. Who may connect, the state and the pin of the company are the caller's.

use std::sync::Arc;
use std::time::Duration;

use domain::RealmId;
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, ConnectorError, Disposition, TokenVault};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::{CONFIGURATION, check_url, http_client, is_realm};
use crate::oauth_tokens::{PLACE, TokenSet, name_of, vault_error};
use crate::token_endpoint::{AppKeys, Grant, Granted, request_token, revoke_token};

/// The scope of the accounting API.
const SCOPE: &str = "com.intuit.quickbooks.accounting";
/// Seconds until Intuit's answer is given up: the person is waiting, and what follows must end within the 25 seconds of a request.
const ANSWER_SECONDS_MAX: u32 = 9;
/// How often the tokens are offered to the vault, since they cannot be had again.
const WRITES_MAX: u32 = 5;
const WRITE_PAUSE: Duration = Duration::from_millis(200);
/// No chain of refresh tokens lives longer (quickbooks-online.md 1.3): five years, in days.
const CHAIN_DAYS_MAX: i64 = 5 * 365;

/// The app at Intuit. Its Debug shows no secret.
#[derive(Clone, Debug)]
pub struct ConsentConfig {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: SecretString,
    /// Where the person is sent, such as [`crate::AUTHORIZE_URL`].
    pub authorize_url: String,
    /// Token endpoint, such as [`crate::TOKEN_URL`].
    pub token_url: String,
    /// Where tokens are ended, such as [`crate::REVOKE_URL`].
    pub revoke_url: String,
    /// Where Intuit sends the person back, exactly as the app's settings have it.
    pub redirect_url: String,
    /// Allows `http://127.0.0.1` and the like; tests only.
    pub allow_loopback: bool,
}

/// Why a code did not become a connection.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The code was used, has ended, or is of another app; nothing was changed.
    #[error("QuickBooks does not take the code")]
    Refused,
    /// Intuit's answer was lost, and the code can be used only once: the tokens, if there are any, cannot be had.
    #[error("the answer of QuickBooks was lost")]
    Lost,
    /// Intuit gave tokens, and they could not be stored: they are lost.
    #[error("the tokens of QuickBooks could not be stored")]
    NotStored,
    /// Nothing was asked, or the app's keys are refused.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
}

/// What is kept of a company's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenStatus {
    /// There is a refresh token.
    pub is_kept: bool,
    /// When a person gave the consent; `None` for a first token that was given by hand.
    pub connected_at: Option<Timestamp>,
    /// When the connection ends unless it is renewed before, or for good; `None` where Intuit did not say.
    pub ends_at: Option<Timestamp>,
}

/// Connects and disconnects companies.
pub struct Consent {
    config: ConsentConfig,
    authorize_url: Url,
    token_url: Url,
    revoke_url: Url,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    vault: Arc<dyn TokenVault>,
}

impl std::fmt::Debug for Consent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Consent")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Consent {
    /// Makes no call.
    ///
    /// # Errors
    /// Configuration, when an address is not one of Intuit's.
    pub fn new(
        config: ConsentConfig,
        clock: Arc<dyn Clock>,
        vault: Arc<dyn TokenVault>,
    ) -> Result<Self, ConnectorError> {
        let loopback = config.allow_loopback;
        Ok(Self {
            authorize_url: check_url("authorize_url", &config.authorize_url, loopback)?,
            token_url: check_url("token_url", &config.token_url, loopback)?,
            revoke_url: check_url("revoke_url", &config.revoke_url, loopback)?,
            http: http_client(ANSWER_SECONDS_MAX, loopback)?,
            config,
            clock,
            vault,
        })
    }

    /// The address of Intuit's page that asks the person; `state` comes back with the answer.
    pub fn authorize_url(&self, state: &str) -> Url {
        let mut url = self.authorize_url.clone();
        url.query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("response_type", "code")
            .append_pair("scope", SCOPE)
            .append_pair("redirect_uri", &self.config.redirect_url)
            .append_pair("state", state);
        url
    }

    /// Exchanges a code for tokens, and stores them for the company that came with it, over whatever was stored for it.
    ///
    /// # Errors
    /// [`ConsentError`]; after any of them the person begins anew, and what was stored before is as it was.
    pub async fn exchange(&self, code: &SecretString, realm: &RealmId) -> Result<(), ConsentError> {
        if !is_realm(realm) {
            return Err(ConsentError::Refused);
        }
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", self.config.redirect_url.as_str()),
        ];
        let grant = match request_token(&self.http, &self.token_url, &self.keys(), &form).await {
            Ok(Granted::Tokens(grant)) => grant,
            Ok(Granted::Dead) => return Err(ConsentError::Refused),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "the exchange of a code");
                return Err(ConsentError::Lost);
            }
            Err(error) => return Err(error.into()),
        };
        // Without a refresh token there is no connection beyond the hour.
        let tokens = self.tokens_of(grant, realm).ok_or(ConsentError::Lost)?;
        self.store(&tokens, realm).await
    }

    fn keys(&self) -> AppKeys<'_> {
        AppKeys {
            answer_max: Duration::from_secs(u64::from(ANSWER_SECONDS_MAX)),
            client_id: &self.config.client_id,
            client_secret: &self.config.client_secret,
        }
    }

    fn tokens_of(&self, grant: Grant, realm: &RealmId) -> Option<TokenSet> {
        let now = self.clock.now();
        let after = |seconds: i64| {
            now.saturating_add(SignedDuration::from_secs(seconds))
                .unwrap_or(now)
        };
        Some(TokenSet {
            realm_id: realm.to_string(),
            access_token: grant.access_token,
            access_expires_at: after(grant.expires_in),
            refresh_token: grant.refresh_token?,
            refresh_expires_at: grant.refresh_expires_in.map(after),
            previous_refresh_token: None,
            first_token_used: None,
            connected_at: Some(now),
        })
    }

    /// Offers the tokens to the vault until it takes them. A newer consent replaces an older token always: the old one may be dead.
    async fn store(&self, tokens: &TokenSet, realm: &RealmId) -> Result<(), ConsentError> {
        let name = name_of(realm);
        for attempt in 1..=WRITES_MAX {
            match self.write_over(&name, tokens).await {
                Ok(true) => return Ok(()),
                // Another wrote between our two calls.
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, attempt, "tokens of a new connection could not be stored");
                    self.clock.sleep(WRITE_PAUSE * attempt).await;
                }
            }
        }
        tracing::error!("tokens of a new connection are lost: the vault did not take them");
        Err(ConsentError::NotStored)
    }

    async fn write_over(&self, name: &str, tokens: &TokenSet) -> Result<bool, ConnectorError> {
        let stored = self.vault.read(name).await.map_err(vault_error)?;
        let before: Option<TokenSet> = stored
            .as_ref()
            .and_then(|stored| serde_json::from_str(stored.value.expose_secret()).ok());
        let mut tokens = tokens.clone();
        tokens.first_token_used = before.and_then(|before| before.first_token_used);
        let version = stored.map_or(0, |stored| stored.version);
        let written = self
            .vault
            .write(name, &tokens.encode()?, version)
            .await
            .map_err(vault_error)?;
        Ok(written.is_some())
    }

    /// What is kept of a company's tokens; `None` when nothing is.
    ///
    /// # Errors
    /// Those of the vault; Configuration for a secret that cannot be read.
    pub async fn status(&self, realm: &RealmId) -> Result<Option<TokenStatus>, ConnectorError> {
        let Some((tokens, _)) = self.read(realm).await? else {
            return Ok(None);
        };
        let chain = SignedDuration::from_hours(CHAIN_DAYS_MAX * 24);
        let hard = tokens.connected_at.and_then(|at| at.saturating_add(chain).ok());
        Ok(Some(TokenStatus {
            is_kept: !tokens.refresh_token.is_empty(),
            connected_at: tokens.connected_at,
            ends_at: [tokens.refresh_expires_at, hard].into_iter().flatten().min(),
        }))
    }

    async fn read(&self, realm: &RealmId) -> Result<Option<(TokenSet, u64)>, ConnectorError> {
        let Some(stored) = self.vault.read(&name_of(realm)).await.map_err(vault_error)? else {
            return Ok(None);
        };
        // What the vault has lost is no connection.
        if stored.value.expose_secret().is_empty() {
            return Ok(None);
        }
        let tokens = serde_json::from_str(stored.value.expose_secret()).map_err(|_| {
            let cause = "the stored QuickBooks token cannot be read; it was left as it is";
            let remedy = "Connect QuickBooks again";
            ConnectorError::new(Disposition::Configuration, PLACE, cause, remedy)
        })?;
        Ok(Some((tokens, stored.version)))
    }

    /// Ends the tokens of a company at Intuit, then forgets them; false when there were none.
    ///
    /// # Errors
    /// Retry when Intuit or the vault is away: the tokens are kept, and it is to be tried again. Configuration for refused keys.
    pub async fn disconnect(&self, realm: &RealmId) -> Result<bool, ConnectorError> {
        let Some((first, _)) = self.read(realm).await? else {
            return Ok(false);
        };
        if first.refresh_token.is_empty() {
            return Ok(false);
        }
        revoke_token(&self.http, &self.revoke_url, &self.keys(), &first.refresh_token).await?;
        for _ in 0..WRITES_MAX {
            let Some((tokens, version)) = self.read(realm).await? else {
                return Ok(true);
            };
            if tokens.connected_at != first.connected_at {
                // Connected anew meanwhile: those tokens are another chain's.
                return Ok(true);
            }
            let forgotten = TokenSet {
                realm_id: realm.to_string(),
                first_token_used: tokens.first_token_used,
                ..TokenSet::default()
            };
            let value = forgotten.encode()?;
            let written = self
                .vault
                .write(&name_of(realm), &value, version)
                .await
                .map_err(vault_error)?;
            if written.is_some() {
                return Ok(true);
            }
        }
        let (cause, remedy) = (
            "the QuickBooks token was changed by others again and again",
            "Try again",
        );
        Err(ConnectorError::new(
            Disposition::Retry { after: None },
            CONFIGURATION,
            cause,
            remedy,
        ))
    }
}
