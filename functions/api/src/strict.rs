//! Requests, strictly read.
//!
//! In: bodies and queries. Out: typed values, or a problem that says what is wrong: another content type (415), too large a body (413), no
//! JSON (400), a key too many or a value that does not fit (422 for bodies, 400 for queries). Nothing is guessed.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The most bytes of a body: a rules file of some ten thousand rules.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A JSON body.
pub struct Strict<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Strict<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let detail = "the body must be JSON, and its content type application/json";
            return Err(Problem::new(status, "content-type", "Not JSON", detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|_| {
            let detail = format!("the body has more than {BODY_BYTES_MAX} bytes, or broke off");
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
                detail,
            )
        })?;
        read_json(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    value
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        // serde's words quote keys and kinds of values of a request; values of ours are not among them.
        if error.is_data() {
            Problem::unfit(error.to_string())
        } else {
            Problem::unreadable(error.to_string())
        }
    })
}

/// A query whose keys are all known.
pub struct StrictQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(query)| Self(query))
            .map_err(|error| Problem::unreadable(error.body_text()))
    }
}

/// The routes that take a query; a query of any other is a mistake of its writer.
const WITH_QUERY: [&str; 3] = ["/v1/runs", "/v1/documents", "/v1/connections/quickbooks"];

/// Refuses the query of a route that takes none.
///
/// # Errors
/// 400.
pub fn refuse_stray_query(parts: &Parts) -> Result<(), Problem> {
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    if WITH_QUERY.contains(&route) || parts.uri.query().is_none_or(str::is_empty) {
        return Ok(());
    }
    Err(Problem::unreadable("this address takes no query"))
}

/// A header that must be there.
///
/// # Errors
/// 400, naming the header.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    let value = headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::trim);
    value.filter(|value| !value.is_empty()).ok_or_else(|| {
        Problem::unreadable(format!("the request has no header {name}")).with_remedy("See /v1/openapi.json")
    })
}
