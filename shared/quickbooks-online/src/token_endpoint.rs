//! One request to the token endpoint, or to the one that ends tokens (quickbooks-online.md 1.3, 1.5, 1.6).
//!
//! In: a refresh token or an authorization code. Out: a grant, or that it is dead, or an error sorted by who must act. An outage of the
//! endpoint is never taken for a dead token. Repeats nothing and stores nothing.

use std::time::Duration;

use ports::{ConnectorError, Disposition};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::client::read_tid;

/// How long an answer may take when nobody waits for it.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(30);
const PLACE: &str = "QuickBooks token endpoint";
/// The life of an access token when the answer does not say (quickbooks-online.md 1.3).
const ACCESS_SECONDS: i64 = 3600;

/// The app's own keys, and how long an answer may take.
pub(crate) struct AppKeys<'a> {
    pub(crate) answer_max: Duration,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a SecretString,
}

/// What a refresh token or a code gave.
pub(crate) enum Granted {
    /// New tokens.
    Tokens(Grant),
    /// `invalid_grant`.
    Dead,
}

/// New tokens; has no Debug on purpose.
pub(crate) struct Grant {
    pub(crate) access_token: String,
    pub(crate) expires_in: i64,
    pub(crate) refresh_token: Option<String>,
    pub(crate) refresh_expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct TokenWire {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<i64>,
    x_refresh_token_expires_in: Option<i64>,
}

#[derive(Default, Deserialize)]
struct TokenErrorWire {
    error: Option<String>,
}

/// Asks for new tokens, once; `form` is the request's body.
///
/// # Errors
/// Retry for outages and broken answers, Configuration for wrong client keys, Defect for a malformed request.
pub(crate) async fn request_token(
    http: &reqwest::Client,
    url: &Url,
    keys: &AppKeys<'_>,
    form: &[(&str, &str)],
) -> Result<Granted, ConnectorError> {
    let answer = http
        .post(url.clone())
        .basic_auth(keys.client_id, Some(keys.client_secret.expose_secret()))
        .header("Accept", "application/json")
        .form(form)
        .timeout(keys.answer_max)
        .send()
        .await
        .map_err(|_| retry("it could not be reached"))?;
    let status = answer.status();
    let tid = read_tid(answer.headers());
    let body = answer.text().await.map_err(|_| retry("its answer broke off"))?;
    tracing::debug!(
        status = status.as_u16(),
        intuit_tid = tid.as_deref(),
        "QuickBooks token request"
    );
    if status.is_success() {
        return read_grant(&body);
    }
    read_refusal(status, &body)
}

/// Ends a token, and with it its pair, once (quickbooks-online.md 1.6). A token that is dead already is ended.
///
/// # Errors
/// Retry for outages, Configuration for wrong client keys.
pub(crate) async fn revoke_token(
    http: &reqwest::Client,
    url: &Url,
    keys: &AppKeys<'_>,
    token: &str,
) -> Result<(), ConnectorError> {
    let answer = http
        .post(url.clone())
        .basic_auth(keys.client_id, Some(keys.client_secret.expose_secret()))
        .header("Accept", "application/json")
        .form(&[("token", token)])
        .timeout(keys.answer_max)
        .send()
        .await
        .map_err(|_| retry("it could not be reached"))?;
    let status = answer.status();
    let tid = read_tid(answer.headers());
    tracing::debug!(
        status = status.as_u16(),
        intuit_tid = tid.as_deref(),
        "QuickBooks token revocation"
    );
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(keys_refused()),
        StatusCode::BAD_REQUEST => Ok(()),
        status if status.is_success() => Ok(()),
        status => Err(retry(&format!("it answered {}", status.as_u16()))),
    }
}

fn read_grant(body: &str) -> Result<Granted, ConnectorError> {
    let wire: TokenWire = serde_json::from_str(body).map_err(|_| retry("its answer could not be read"))?;
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let Some(access_token) = filled(wire.access_token) else {
        return Err(retry("its answer had no access token; nothing was stored"));
    };
    Ok(Granted::Tokens(Grant {
        access_token,
        expires_in: wire
            .expires_in
            .filter(|seconds| *seconds > 0)
            .unwrap_or(ACCESS_SECONDS),
        refresh_token: filled(wire.refresh_token),
        refresh_expires_in: wire.x_refresh_token_expires_in.filter(|seconds| *seconds > 0),
    }))
}

fn read_refusal(status: StatusCode, body: &str) -> Result<Granted, ConnectorError> {
    let error = serde_json::from_str::<TokenErrorWire>(body)
        .unwrap_or_default()
        .error
        .unwrap_or_default();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(retry(&format!("it answered {}", status.as_u16())));
    }
    match error.as_str() {
        "invalid_grant" => Ok(Granted::Dead),
        "invalid_client" | "unauthorized_client" => Err(keys_refused()),
        "invalid_request" | "unsupported_grant_type" | "invalid_scope" => Err(ConnectorError::new(
            Disposition::Defect,
            PLACE,
            "QuickBooks did not understand the token request",
            "Report this as a defect of linnbooks",
        )),
        _ => Err(retry(&format!(
            "it answered {} without a reason",
            status.as_u16()
        ))),
    }
}

fn keys_refused() -> ConnectorError {
    ConnectorError::new(
        Disposition::Configuration,
        PLACE,
        "QuickBooks does not accept the app's keys",
        "Correct `client_id` and `client_secret` in the configuration; sandbox and production have keys of their own",
    )
}

fn retry(cause: &str) -> ConnectorError {
    let remedy = "It is tried again; the connection is not lost";
    ConnectorError::new(Disposition::Retry { after: None }, PLACE, cause, remedy)
}
