//! What a browser does: from the one-time address to Intuit, and back with a code (quickbooks-online.md 1.2; reliability.md 4).
//!
//! ```text
//! start      ticket, once   ->  cookie with the session's secret; state -> hash of it, kept; redirect to Intuit
//! callback   state, once, of this very browser  ->  code -> tokens -> proof -> pin; a page
//! ```
//! In: queries and a cookie. Out: redirects and plain pages without personal data. Tickets and states are random, good for ten minutes, for
//! one use; the table has their hashes only. Nothing is logged of them: the log has routes, not queries.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::RealmId;
use jiff::Timestamp;
use ports::StoreError;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stack::Stack;
use stack::company::{self, AcceptError};

use crate::api::Api;
use crate::connections::pages::{self, Page};
use crate::connections::quickbooks::LIFE;
use crate::problem::Problem;

/// Where a browser begins.
pub(super) const START_PATH: &str = "/v1/connections/quickbooks/start";
/// The browser keeps it for this host alone, over TLS alone, and shows it to no script.
const SESSION_COOKIE: &str = "__Host-linnbooks-connect";
/// No value of a query is longer.
const VALUE_BYTES_MAX: usize = 2048;

/// Who asked for a connection.
#[derive(Serialize, Deserialize)]
pub(super) struct Ticket {
    pub(super) by: String,
}

impl Ticket {
    /// Keeps it; gives the secret that redeems it.
    pub(super) async fn keep(&self, stack: &Stack, until: Timestamp) -> Result<String, Problem> {
        keep(stack, "ticket", self, until).await
    }
}

/// A consent that is under way.
#[derive(Serialize, Deserialize)]
struct Pending {
    by: String,
    /// Hash of the secret that the browser has.
    session: String,
}

/// 244 random bits.
fn new_secret() -> String {
    let half = || uuid::Uuid::new_v4().simple().to_string();
    format!("{}{}", half(), half())
}

fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

async fn keep(
    stack: &Stack,
    kind: &str,
    value: &impl Serialize,
    until: Timestamp,
) -> Result<String, Problem> {
    let secret = new_secret();
    let text = serde_json::to_string(value).map_err(|_| Problem::defect())?;
    if !stack
        .store()
        .put_once(&format!("{kind} {secret}"), &text, until)
        .await?
    {
        return Err(Problem::defect());
    }
    Ok(secret)
}

/// What stands for a secret, to the first who comes in time.
async fn redeem<T: DeserializeOwned>(
    stack: &Stack,
    kind: &str,
    secret: &str,
) -> Result<Option<T>, StoreError> {
    if secret.is_empty() || secret.len() > VALUE_BYTES_MAX {
        return Ok(None);
    }
    let text = stack
        .store()
        .redeem_once(&format!("{kind} {secret}"), stack.clock().now())
        .await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The address of a ticket: sends the browser to Intuit.
pub(super) async fn start(
    State(api): State<Api>,
    method: Method,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    // A look at the head must not use the ticket up.
    if method != Method::GET {
        return pages::show(&pages::NOT_THIS_WAY);
    }
    begin(&api, query.get("ticket").map_or("", String::as_str))
        .await
        .unwrap_or_else(|page| pages::show(&page))
}

async fn begin(api: &Api, ticket: &str) -> Result<Response, Page> {
    let stack = api.stack().await.map_err(pages::of_problem)?;
    let ticket: Option<Ticket> = redeem(stack, "ticket", ticket).await.map_err(pages::of_store)?;
    let Ticket { by } = ticket.ok_or(pages::NO_TICKET)?;
    let consent = company::consent(stack)
        .await
        .map_err(|error| pages::of_problem(error.into()))?;
    let session = new_secret();
    let pending = Pending {
        by,
        session: hash(&session),
    };
    let until = stack
        .clock()
        .now()
        .saturating_add(LIFE)
        .map_err(|_| pages::FAILED)?;
    let state = keep(stack, "state", &pending, until)
        .await
        .map_err(pages::of_problem)?;
    let cookie = cookie(&session, LIFE.as_secs())?;
    let location = consent.authorize_url(&state);
    let location = HeaderValue::from_str(location.as_str()).map_err(|_| pages::FAILED)?;
    let mut response = StatusCode::FOUND.into_response();
    pages::protect(response.headers_mut());
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

fn cookie(session: &str, seconds: i64) -> Result<HeaderValue, Page> {
    let text =
        format!("{SESSION_COOKIE}={session}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).map_err(|_| pages::FAILED)
}

/// Where Intuit sends the browser back.
pub(super) async fn callback(
    State(api): State<Api>,
    method: Method,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if method != Method::GET {
        return pages::show(&pages::NOT_THIS_WAY);
    }
    let page = match finish(&api, &headers, &query).await {
        Ok(()) => {
            api.forget_connectors().await;
            pages::CONNECTED
        }
        Err(page) => page,
    };
    tracing::info!(outcome = page.name, "a connection with QuickBooks");
    let mut response = pages::show(&page);
    // The session served its one purpose.
    if let Ok(value) = cookie("", 0) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

async fn finish(api: &Api, headers: &HeaderMap, query: &HashMap<String, String>) -> Result<(), Page> {
    let value = |name: &str| query.get(name).map_or("", String::as_str);
    let stack = api.stack().await.map_err(pages::of_problem)?;
    // Used up in any case: a state that was shown to another browser is worth nothing any more.
    let pending: Option<Pending> = redeem(stack, "state", value("state"))
        .await
        .map_err(pages::of_store)?;
    let pending = pending.ok_or(pages::NO_STATE)?;
    if session_of(headers).is_none_or(|session| hash(session) != pending.session) {
        return Err(pages::OTHER_BROWSER);
    }
    match value("error") {
        "" => {}
        "access_denied" => return Err(pages::CANCELLED),
        _ => return Err(pages::REFUSED_BY_INTUIT),
    }
    let (code, realm) = (value("code"), value("realmId"));
    if code.is_empty() || realm.is_empty() || code.len().max(realm.len()) > VALUE_BYTES_MAX {
        return Err(pages::REFUSED_BY_INTUIT);
    }
    let accepted = company::accept(
        stack,
        &SecretString::from(code),
        &RealmId::new(realm),
        &pending.by,
    )
    .await;
    accepted.map_err(|error: AcceptError| pages::of_accept(error))
}

fn session_of(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_differ() {
        let (one, other) = (new_secret(), new_secret());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }

    #[test]
    fn the_cookie_is_found_among_others_and_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=1; x__Host-linnbooks-connect=evil"),
        );
        assert_eq!(session_of(&headers), None);
        headers.append(
            COOKIE,
            HeaderValue::from_static("b=2; __Host-linnbooks-connect=good"),
        );
        assert_eq!(session_of(&headers), Some("good"));
    }
}
