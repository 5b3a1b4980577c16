//! The access token of one company, and its renewal (quickbooks-online.md 1.3 to 1.5).
//!
//! In: the vault's secret, or the configured first refresh token. Out: an access token that is written to the vault before it
//! is used. One renewal at a time: in the process by a mutex, across processes by the vault's lease; the loser reads again.
//! Never tries to log anything that was in a token answer.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ports::{Clock, ConnectorError, Disposition, TokenVault};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use crate::config::QuickBooksConfig;
use crate::oauth_tokens::{PLACE, TokenSet, name_of, vault_error};
use crate::token_endpoint::{ANSWER_MAX, AppKeys, Grant, Granted, request_token};

/// A token is renewed when it has less than this left.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);
/// Longer than all token requests of one renewal together.
const LEASE: Duration = Duration::from_secs(150);
const RENEWAL_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LEASE_POLL: Duration = Duration::from_secs(1);
const LEASE_POLLS_MAX: u32 = 180;

/// What the process knows: the secret and its version in the vault.
#[derive(Default)]
struct Known {
    tokens: Option<TokenSet>,
    version: u64,
    /// After a failed renewal the present token is used up to here without another try.
    try_again_at: Option<Timestamp>,
    /// Granted but not yet in the vault, since the vault failed; written before anything else is done.
    unsaved: Option<TokenSet>,
}

/// Gives out access tokens.
pub(crate) struct Tokens {
    config: Arc<QuickBooksConfig>,
    token_url: Url,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    vault: Arc<dyn TokenVault>,
    name: String,
    holder: String,
    count: Box<dyn Fn() + Send + Sync>,
    known: Mutex<Known>,
}

impl Tokens {
    /// `count` is called once per HTTP request.
    pub(crate) fn new(
        config: Arc<QuickBooksConfig>,
        token_url: Url,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
        vault: Arc<dyn TokenVault>,
        count: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        let name = name_of(&config.realm_id);
        let holder = Uuid::new_v4().to_string();
        Self {
            config,
            token_url,
            http,
            clock,
            vault,
            name,
            holder,
            count,
            known: Mutex::new(Known::default()),
        }
    }

    /// An access token with some minutes left.
    pub(crate) async fn access(&self) -> Result<SecretString, ConnectorError> {
        self.obtain(None).await
    }

    /// An access token other than one that QuickBooks rejected with 401.
    pub(crate) async fn access_after(&self, rejected: &SecretString) -> Result<SecretString, ConnectorError> {
        self.obtain(Some(rejected)).await
    }

    async fn obtain(&self, rejected: Option<&SecretString>) -> Result<SecretString, ConnectorError> {
        let mut known = self.known.lock().await;
        if let Some(token) = self.usable(&known, rejected) {
            return Ok(token);
        }
        if known.try_again_at.is_some_and(|at| self.clock.now() < at)
            && let Some(token) = self.alive(&known, rejected)
        {
            return Ok(token);
        }
        self.save_unsaved(&mut known).await?;
        self.read(&mut known).await?;
        if let Some(token) = self.usable(&known, rejected) {
            return Ok(token);
        }
        match self.renew_leased(&mut known, rejected).await {
            Ok(token) => Ok(token),
            // The present token still has minutes left: an outage of the token endpoint is none of ours yet.
            Err(error) if error.is_transient() => {
                known.try_again_at = self.clock.now().saturating_add(RENEWAL_PAUSE).ok();
                self.alive(&known, rejected).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    fn usable(&self, known: &Known, rejected: Option<&SecretString>) -> Option<SecretString> {
        self.valid_for(known, rejected, MARGIN)
    }

    fn alive(&self, known: &Known, rejected: Option<&SecretString>) -> Option<SecretString> {
        self.valid_for(known, rejected, SignedDuration::from_secs(30))
    }

    fn valid_for(
        &self,
        known: &Known,
        rejected: Option<&SecretString>,
        margin: SignedDuration,
    ) -> Option<SecretString> {
        let tokens = known.tokens.as_ref()?;
        let is_rejected = rejected.is_some_and(|rejected| rejected.expose_secret() == tokens.access_token);
        let left = tokens.access_expires_at.duration_since(self.clock.now());
        (!is_rejected && left > margin).then(|| SecretString::from(tokens.access_token.clone()))
    }

    /// Reads the vault's secret and checks that it belongs to this company.
    async fn read(&self, known: &mut Known) -> Result<(), ConnectorError> {
        let Some(stored) = self.vault.read(&self.name).await.map_err(vault_error)? else {
            *known = Known::default();
            return Ok(());
        };
        // What the vault has lost is no connection; the next token follows its version.
        if stored.value.expose_secret().is_empty() {
            *known = Known {
                version: stored.version,
                ..Known::default()
            };
            return Ok(());
        }
        let configuration =
            |cause: &str, remedy: &str| ConnectorError::new(Disposition::Configuration, PLACE, cause, remedy);
        let tokens: TokenSet = serde_json::from_str(stored.value.expose_secret()).map_err(|_| {
            configuration(
                "the stored QuickBooks token cannot be read; it was left as it is",
                "Use the version of linnbooks that wrote it, or connect QuickBooks again",
            )
        })?;
        if tokens.realm_id != self.config.realm_id.as_str() {
            return Err(configuration(
                "the stored QuickBooks token belongs to another company",
                "Correct `realm_id` in the settings, or connect this company",
            ));
        }
        known.tokens = Some(tokens);
        known.version = stored.version;
        Ok(())
    }

    /// Renews under the lease of the vault; while another holds it, waits and reads what it wrote.
    async fn renew_leased(
        &self,
        known: &mut Known,
        rejected: Option<&SecretString>,
    ) -> Result<SecretString, ConnectorError> {
        for _ in 0..LEASE_POLLS_MAX {
            let taken = self
                .vault
                .take_lease(&self.name, &self.holder, LEASE)
                .await
                .map_err(vault_error)?;
            if taken {
                let renewed = self.renew(known, rejected).await;
                if self.vault.release_lease(&self.name, &self.holder).await.is_err() {
                    tracing::warn!(
                        "the lease of the QuickBooks token could not be given back; it ends by itself"
                    );
                }
                return renewed;
            }
            self.clock.sleep(LEASE_POLL).await;
            self.read(known).await?;
            if let Some(token) = self.usable(known, rejected) {
                return Ok(token);
            }
        }
        let cause = "another process has been renewing the QuickBooks token for minutes";
        Err(retry(
            cause,
            "It is tried again; if this persists, see whether another linnbooks hangs",
        ))
    }

    async fn renew(
        &self,
        known: &mut Known,
        rejected: Option<&SecretString>,
    ) -> Result<SecretString, ConnectorError> {
        // Another process may have renewed between our last read and the lease.
        self.read(known).await?;
        if let Some(token) = self.usable(known, rejected) {
            return Ok(token);
        }
        let mut tried: Vec<String> = Vec::new();
        while let Some(candidate) = self.next_candidate(known, &tried) {
            match self.request(&candidate).await? {
                Granted::Tokens(grant) => return self.store(known, &candidate, &grant, rejected).await,
                Granted::Dead => {
                    tracing::warn!(
                        tries = tried.len() + 1,
                        "QuickBooks does not know the refresh token"
                    );
                    tried.push(candidate);
                    self.read(known).await?;
                    if let Some(token) = self.usable(known, rejected) {
                        return Ok(token);
                    }
                }
            }
        }
        let cause = if tried.is_empty() {
            "QuickBooks is not connected"
        } else {
            "the QuickBooks connection has ended"
        };
        // Who gave the first token by hand gives the next one so.
        let remedy = if self.config.refresh_token.is_some() {
            "Connect QuickBooks again and set the new `refresh_token`; nothing that waits is lost"
        } else {
            "Connect QuickBooks again; nothing that waits is lost"
        };
        Err(ConnectorError::new(Disposition::Reconnect, PLACE, cause, remedy))
    }

    /// The next refresh token to try: the stored one, the one before it, the configured first one if it was never used.
    fn next_candidate(&self, known: &Known, tried: &[String]) -> Option<String> {
        let first = self
            .config
            .refresh_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned());
        let mut candidates: Vec<String> = Vec::new();
        if let Some(tokens) = &known.tokens {
            candidates.push(tokens.refresh_token.clone());
            candidates.extend(tokens.previous_refresh_token.clone());
            candidates.extend(first.filter(|token| tokens.first_token_used != Some(fingerprint(token))));
        } else {
            candidates.extend(first);
        }
        candidates
            .into_iter()
            .find(|candidate| !candidate.is_empty() && !tried.contains(candidate))
    }

    async fn request(&self, refresh_token: &str) -> Result<Granted, ConnectorError> {
        (self.count)();
        let keys = AppKeys {
            answer_max: ANSWER_MAX,
            client_id: &self.config.client_id,
            client_secret: &self.config.client_secret,
        };
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        request_token(&self.http, &self.token_url, &keys, &form).await
    }

    /// Writes the grant, then gives out its access token. What the answer left out keeps its old value.
    async fn store(
        &self,
        known: &mut Known,
        used: &str,
        grant: &Grant,
        rejected: Option<&SecretString>,
    ) -> Result<SecretString, ConnectorError> {
        let now = self.clock.now();
        let after = |seconds: i64| {
            now.saturating_add(SignedDuration::from_secs(seconds))
                .unwrap_or(now)
        };
        let old = known.tokens.clone().unwrap_or_default();
        let refresh_token = grant.refresh_token.clone().unwrap_or_else(|| used.to_owned());
        let is_first = self
            .config
            .refresh_token
            .as_ref()
            .is_some_and(|first| first.expose_secret() == used);
        let rotated = refresh_token != used;
        let tokens = TokenSet {
            realm_id: self.config.realm_id.to_string(),
            connected_at: old.connected_at,
            access_token: grant.access_token.clone(),
            access_expires_at: after(grant.expires_in),
            refresh_expires_at: grant
                .refresh_expires_in
                .map(after)
                .or(old.refresh_expires_at.filter(|_| !rotated)),
            previous_refresh_token: if rotated {
                Some(used.to_owned())
            } else {
                old.previous_refresh_token
            },
            refresh_token,
            first_token_used: if is_first {
                Some(fingerprint(used))
            } else {
                old.first_token_used
            },
        };
        known.unsaved = Some(tokens);
        self.save_unsaved(known).await?;
        self.usable(known, rejected)
            .or_else(|| self.alive(known, rejected))
            .ok_or_else(|| {
                retry(
                    "QuickBooks gave a token that has ended already",
                    "Check this machine's clock; it is tried again",
                )
            })
    }

    /// Writes what was granted and is not yet in the vault. When another process was faster its value is read; ours follows it
    /// only if that value does not know of ours.
    async fn save_unsaved(&self, known: &mut Known) -> Result<(), ConnectorError> {
        let Some(tokens) = known.unsaved.clone() else {
            return Ok(());
        };
        let value = tokens.encode()?;
        for _ in 0..3 {
            if let Some(version) = self
                .vault
                .write(&self.name, &value, known.version)
                .await
                .map_err(vault_error)?
            {
                *known = Known {
                    tokens: Some(tokens),
                    version,
                    ..Known::default()
                };
                return Ok(());
            }
            self.read(known).await?;
            let is_older = known.tokens.as_ref().is_none_or(|stored| {
                Some(&stored.refresh_token) == tokens.previous_refresh_token.as_ref()
                    || (stored.refresh_token == tokens.refresh_token
                        && stored.access_expires_at <= tokens.access_expires_at)
            });
            if !is_older {
                known.unsaved = None;
                return Ok(());
            }
        }
        Err(retry(
            "the QuickBooks token was changed by others again and again",
            "It is tried again",
        ))
    }
}

fn fingerprint(token: &str) -> Uuid {
    Uuid::new_v5(&crate::NAMESPACE, token.as_bytes())
}

fn retry(cause: &str, remedy: &str) -> ConnectorError {
    ConnectorError::new(Disposition::Retry { after: None }, PLACE, cause, remedy)
}
