//! One HTTP call at a time: authorization, limits, repeats.
//!
//! In: a method and its parameters. Out: the parsed answer or the error by who must act. All calls are reads, so a repeat after
//! a lost answer is harmless. Counts every request before it is sent. Logs methods, counts and durations only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use ports::{Clock, ConnectorError, Disposition, TokenVault};
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::sync::Mutex;
use url::Url;

use crate::config::LinnworksConfig;
use crate::error::{Fault, describe_body, judge_failure, place};
use crate::host::check_base_url;
use crate::limit::Limits;
use crate::session::{AUTHORIZE, SESSION_NAME, Session, refused_authorization};
use crate::wire::AuthorizationWire;

/// The most bytes of an answer, unpacked. 200 large orders take about 4 MB.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The place of errors that the configuration causes.
const CONFIGURATION: &str = "linnworks configuration";

/// What a call sends.
pub enum Parameters {
    /// POST with a JSON body.
    Json(String),
    /// GET with one query parameter.
    Query(&'static str, String),
    /// GET alone.
    None,
}

impl Parameters {
    /// A JSON body.
    ///
    /// # Errors
    /// Never for the types of [`crate::wire`]; a defect otherwise.
    pub fn json<T: Serialize>(method: &str, body: &T) -> Result<Self, ConnectorError> {
        serde_json::to_string(body).map(Self::Json).map_err(|_| {
            ConnectorError::new(
                Disposition::Defect,
                place(method),
                "the request cannot be written as JSON",
                "Report this to the makers of linnbooks",
            )
        })
    }
}

/// A parsed answer, or what is wrong with it: such an answer is asked for again.
pub type Parsed<T> = Result<T, String>;

/// Calls one Linnworks account.
pub struct Client {
    config: LinnworksConfig,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    vault: Arc<dyn TokenVault>,
    limits: Limits,
    requests: AtomicU64,
    /// Held while authorizing, so that parallel calls authorize once.
    session: Mutex<Option<Session>>,
}

/// What one HTTP exchange brought.
struct Answer {
    status: u16,
    retry_after: Option<String>,
    body: String,
}

impl Client {
    /// Checks the settings; calls nothing.
    pub fn new(
        config: LinnworksConfig,
        clock: Arc<dyn Clock>,
        vault: Arc<dyn TokenVault>,
    ) -> Result<Self, ConnectorError> {
        let wrong = |cause: String, remedy: &str| {
            ConnectorError::new(Disposition::Configuration, CONFIGURATION, cause, remedy)
        };
        check_base_url(config.auth_url.as_str(), config.allow_loopback).map_err(|cause| {
            wrong(
                format!("auth_url is not used: {cause}"),
                "Set it to https://api.linnworks.net",
            )
        })?;
        let blank = [
            ("application_id", config.application_id.as_str()),
            ("application_secret", config.application_secret.expose_secret()),
            ("token", config.token.expose_secret()),
        ];
        if let Some((name, _)) = blank.iter().find(|(_, value)| value.trim().is_empty()) {
            return Err(wrong(
                format!("{name} is empty"),
                "Copy it from the app's page in Linnworks",
            ));
        }
        if config.search_rows_per_page == 0 || config.orders_per_call == 0 || config.open_ids_per_page == 0 {
            return Err(wrong(
                "a page or batch size is 0".to_owned(),
                "Set it to 1 or more",
            ));
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("linnbooks/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .gzip(true)
            .https_only(!config.allow_loopback)
            .connect_timeout(config.connect_timeout)
            .timeout(config.call_timeout);
        if config.allow_loopback {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|_| {
            wrong(
                "the HTTP client cannot be made".to_owned(),
                "Check the TLS and proxy settings of this machine",
            )
        })?;
        let limits = Limits::new(config.limit_share_percent);
        Ok(Self {
            config,
            http,
            clock,
            vault,
            limits,
            requests: AtomicU64::new(0),
            session: Mutex::new(None),
        })
    }

    /// The settings.
    pub fn config(&self) -> &LinnworksConfig {
        &self.config
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// HTTP requests so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Makes a call until it brings an answer that `parse` takes, or an error that a repeat does not mend. One 401 leads to
    /// one new authorization; it takes no try away.
    pub async fn call<T>(
        &self,
        method: &'static str,
        parameters: &Parameters,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Result<T, Fault> {
        let mut waits = self.waits();
        let mut session = self
            .session()
            .await
            .map_err(|error| Fault::Final(Box::new(error)))?;
        let mut authorized_again = false;
        loop {
            let fault = match self.exchange_data(&session, method, parameters).await {
                Ok(body) => match parse_body(&body, &parse) {
                    Ok(parsed) => return Ok(parsed),
                    Err(cause) => Fault::Transient { cause },
                },
                Err(fault) => fault,
            };
            match fault {
                Fault::Session if !authorized_again => {
                    authorized_again = true;
                    session = self
                        .renew(&session)
                        .await
                        .map_err(|error| Fault::Final(Box::new(error)))?;
                }
                Fault::Session | Fault::NotFound => {
                    self.forget(&session).await;
                    return Err(fault);
                }
                fault => self.wait_before_repeat(method, fault, &mut waits).await?,
            }
        }
    }

    /// Waits before the next try, or gives the fault back when it is not transient, the tries are used up or Linnworks asks
    /// for a longer wait than is made here.
    async fn wait_before_repeat(
        &self,
        method: &str,
        fault: Fault,
        waits: &mut ExponentialBackoff,
    ) -> Result<(), Fault> {
        if !fault.is_transient() {
            return Err(fault);
        }
        let Some(wait) = waits.next() else {
            return Err(fault);
        };
        let wait = match fault {
            Fault::Throttled { after: Some(after) } if after > self.config.backoff_max => return Err(fault),
            Fault::Throttled { after: Some(after) } => after,
            _ => wait,
        };
        tracing::warn!(
            method,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "linnworks call is repeated"
        );
        self.clock.sleep(wait).await;
        Ok(())
    }

    fn waits(&self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(self.config.backoff_min)
            .with_max_delay(self.config.backoff_max)
            .with_factor(2.0)
            .with_max_times(self.config.attempts_max.saturating_sub(1))
            .with_jitter()
            .build()
    }

    async fn exchange_data(
        &self,
        session: &Session,
        method: &'static str,
        parameters: &Parameters,
    ) -> Result<String, Fault> {
        let url = join(&session.server, method)?;
        let token = session.token.expose_secret();
        let mut header = HeaderValue::from_str(token).map_err(|_| Fault::Session)?;
        header.set_sensitive(true);
        let request = match parameters {
            Parameters::Json(body) => self
                .http
                .post(url)
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(body.clone()),
            Parameters::Query(name, value) => self.http.get(url).query(&[(name, value)]),
            Parameters::None => self.http.get(url),
        };
        let answer = self
            .exchange(method, request.header(AUTHORIZATION, header))
            .await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(judge_failure(
            answer.status,
            answer.retry_after.as_deref(),
            &answer.body,
            &self.secrets(token),
        ))
    }

    fn secrets<'a>(&'a self, token: &'a str) -> [&'a str; 3] {
        [
            token,
            self.config.application_secret.expose_secret(),
            self.config.token.expose_secret(),
        ]
    }

    /// One request within the limits.
    async fn exchange(
        &self,
        method: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, Fault> {
        let wait = self.limits.reserve(method, self.clock.now());
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut response = request
            .header("Accept", "application/json")
            .send()
            .await
            .map_err(|error| describe_loss(&error))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| describe_loss(&error))? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(Fault::Refused {
                    status: 413,
                    message: "the answer is larger than linnbooks takes".to_owned(),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            retry_after,
            // The bytes themselves where they are a text, which they are: an answer of 200 orders is megabytes.
            body: String::from_utf8(body)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        })
    }

    /// The session in use: the one at hand, the one in the vault, or a new one.
    async fn session(&self) -> Result<Session, ConnectorError> {
        let mut slot = self.session.lock().await;
        let now = self.clock.now();
        if let Some(session) = slot.as_ref().filter(|session| session.is_good(now)) {
            return Ok(session.clone());
        }
        // What is in the slot has ended or was refused; the vault may hold a newer one, of another process.
        let refused = slot.as_ref().map(|session| session.token.clone());
        let stored = self.read_vault().await;
        let session = stored
            .and_then(|(value, _)| Session::from_vault(&value, &self.config, now))
            .filter(|session| {
                refused
                    .as_ref()
                    .is_none_or(|refused| refused.expose_secret() != session.token.expose_secret())
            });
        let session = match session {
            Some(session) => session,
            None => self.authorize_and_store().await?,
        };
        *slot = Some(session.clone());
        Ok(session)
    }

    /// A session after `refused` was answered with 401: the one that a parallel call got meanwhile, or a new one. The vault is
    /// not asked: it holds the refused one, or one that is no younger.
    async fn renew(&self, refused: &Session) -> Result<Session, ConnectorError> {
        let mut slot = self.session.lock().await;
        let now = self.clock.now();
        let newer = slot.as_ref().filter(|session| {
            session.token.expose_secret() != refused.token.expose_secret() && session.is_good(now)
        });
        if let Some(newer) = newer {
            return Ok(newer.clone());
        }
        let session = self.authorize_and_store().await?;
        *slot = Some(session.clone());
        Ok(session)
    }

    /// Ends a session here, so that the next call does not use it again.
    async fn forget(&self, refused: &Session) {
        let mut slot = self.session.lock().await;
        if let Some(session) = slot
            .as_mut()
            .filter(|held| held.token.expose_secret() == refused.token.expose_secret())
        {
            session.expires_at = jiff::Timestamp::MIN;
        }
    }

    /// The vault spares authorizations; when it fails, the work goes on without it.
    async fn read_vault(&self) -> Option<(SecretString, u64)> {
        match self.vault.read(SESSION_NAME).await {
            Ok(stored) => stored.map(|stored| (stored.value, stored.version)),
            Err(error) => {
                tracing::warn!(%error, "the linnworks session cannot be read from the vault");
                None
            }
        }
    }

    /// Signs in with the settings' own keys, whatever session is at hand.
    pub async fn sign_in(&self) -> Result<(), ConnectorError> {
        let mut slot = self.session.lock().await;
        *slot = Some(self.authorize_and_store().await?);
        Ok(())
    }

    async fn authorize_and_store(&self) -> Result<Session, ConnectorError> {
        let session = self.authorize().await?;
        if let Some(value) = session.to_vault(&self.config) {
            let version = self.read_vault().await.map_or(0, |(_, version)| version);
            // Another process may have been faster; its session is as good as ours.
            if let Err(error) = self.vault.write(SESSION_NAME, &value, version).await {
                tracing::warn!(%error, "the linnworks session cannot be written to the vault");
            }
        }
        Ok(session)
    }

    async fn authorize(&self) -> Result<Session, ConnectorError> {
        let mut waits = self.waits();
        loop {
            let fault = match self.exchange_authorization().await {
                Ok(answer) => return Session::from_answer(&answer, &self.config, self.clock.now()),
                Err(fault) => fault,
            };
            self.wait_before_repeat(AUTHORIZE, fault, &mut waits)
                .await
                .map_err(|fault| fault.into_error(AUTHORIZE))?;
        }
    }

    /// Flat JSON with the three secrets (linnworks.md 1.1). The answer holds secrets and is never repeated.
    async fn exchange_authorization(&self) -> Result<AuthorizationWire, Fault> {
        let body = serde_json::json!({
            "ApplicationId": self.config.application_id,
            "ApplicationSecret": self.config.application_secret.expose_secret(),
            "Token": self.config.token.expose_secret(),
        });
        let url = join(&self.config.auth_url, AUTHORIZE)?;
        let answer = self.exchange(AUTHORIZE, self.http.post(url).json(&body)).await?;
        if (200..300).contains(&answer.status) {
            return serde_json::from_str(&answer.body).map_err(|_| Fault::Transient {
                cause: "the answer of the authorization is not the expected JSON".to_owned(),
            });
        }
        let secrets = self.secrets("");
        let fault = judge_failure(
            answer.status,
            answer.retry_after.as_deref(),
            &answer.body,
            &secrets,
        );
        match (answer.status, fault) {
            (400..=499, Fault::Throttled { after }) => Err(Fault::Throttled { after }),
            // An overloaded database answers 400 to anything, the authorization included; it is no reason to reinstall.
            (400, Fault::Transient { cause }) => Err(Fault::Transient { cause }),
            (status @ 400..=499, _) => Err(Fault::Final(Box::new(refused_authorization(
                status,
                &describe_body(&answer.body, &secrets),
            )))),
            (_, fault) => Err(fault),
        }
    }
}

fn join(server: &Url, method: &str) -> Result<Url, Fault> {
    server
        .join(&format!("/api/{method}"))
        .map_err(|_| Fault::NotFound)
}

/// A 2xx answer without a body, or with one that is not the JSON of a read, is no empty list: it is asked for again
/// (linnworks.md 2.1).
fn parse_body<T>(body: &str, parse: impl Fn(&str) -> Parsed<T>) -> Parsed<T> {
    let body = body.trim_start_matches('\u{feff}').trim();
    if body.is_empty() {
        return Err("the answer has no body".to_owned());
    }
    if serde_json::from_str::<&serde_json::value::RawValue>(body).is_err() {
        return Err("the answer is no JSON".to_owned());
    }
    parse(body)
}

fn describe_loss(error: &reqwest::Error) -> Fault {
    let cause = if error.is_timeout() {
        "Linnworks did not answer in time"
    } else if error.is_connect() {
        "Linnworks cannot be reached"
    } else {
        "the connection to Linnworks broke"
    };
    Fault::Transient {
        cause: cause.to_owned(),
    }
}
