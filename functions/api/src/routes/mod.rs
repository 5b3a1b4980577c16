//! The routes, and what holds for all of them: a log line, a request id, problems instead of plain texts, no panic that ends the process.
//!
//! In: requests. Out: answers. Which scope a route needs stands with its handler ([`crate::identity::Allowed`]).

pub mod documents;
pub mod health;
pub mod runs;
pub mod texts;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::FutureExt;
use lambda_host::http::InvocationId;
use tracing::Instrument;

use crate::api::Api;
use crate::openapi;
use crate::problem::Problem;
use crate::strict::BODY_BYTES_MAX;

/// The header that names a request in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long an answer may take: API Gateway, and Lambda, give up after 30 seconds, and their answer says nothing.
const ANSWER_MAX: Duration = Duration::from_secs(25);

/// The router of the whole API.
pub fn router(api: Api) -> Router {
    let routes = Router::new()
        .route("/v1/health", get(health::health))
        .route("/v1/openapi.json", get(openapi::serve))
        .route("/v1/sync", post(runs::sync))
        .route("/v1/runs", get(runs::list))
        .route("/v1/runs/{run_id}", get(runs::one))
        .route("/v1/documents", get(documents::list))
        .route("/v1/documents/{id}", get(documents::one))
        .route("/v1/documents/{id}/resync", post(documents::resync_one))
        .route("/v1/documents/{id}/resolve", post(documents::resolve_one))
        .route("/v1/preview/{number}", get(documents::preview))
        .route("/v1/settings", get(texts::settings).put(texts::put_settings))
        .route("/v1/settings/versions", get(texts::settings_history))
        .route("/v1/settings/versions/{version}", get(texts::settings_version))
        .route("/v1/rules", get(texts::rules).put(texts::put_rules))
        .route("/v1/rules/check", post(texts::check_rules))
        .route("/v1/rules/versions", get(texts::rules_history))
        .route("/v1/rules/versions/{version}", get(texts::rules_version))
        .merge(crate::connections::routes())
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_route)
        .with_state(api);
    watched(routes, ANSWER_MAX)
}

/// What holds for every request; each is answered within `limit`.
pub fn watched(routes: Router, limit: Duration) -> Router {
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(move |request, next| watch(limit, request, next)))
}

async fn no_route() -> Problem {
    Problem::not_found("there is no such address").with_remedy("/v1/openapi.json lists all of them")
}

async fn wrong_method() -> Problem {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    Problem::new(
        status,
        "method",
        "Not with this method",
        "the address does not take this method",
    )
    .with_remedy("/v1/openapi.json lists which it takes")
}

fn too_slow() -> Problem {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Problem::new(
        status,
        "too-slow",
        "It takes too long",
        "the vendors did not answer in time; what was begun is in the store",
    )
    .with_remedy("Repeat the request after a minute, with the same Idempotency-Key where it has one")
    .after_seconds(60)
}

/// One log line per request, with the route and not the path, since paths hold numbers of orders; a panic fails its request alone, and
/// one that takes too long is ended as by a crash, which every use case survives.
async fn watch(limit: Duration, request: Request, next: Next) -> Response {
    let id = request
        .extensions()
        .get::<InvocationId>()
        .map_or_else(|| uuid::Uuid::new_v4().to_string(), |id| id.0.clone());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let method = request.method().to_string();
    let span = tracing::info_span!("run", run = %id);
    let work = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .instrument(span.clone());
    let mut response = match tokio::time::timeout(limit, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            span.in_scope(|| tracing::error!(route, "a panic"));
            Problem::defect().into_response()
        }
        Err(_) => too_slow().into_response(),
    };
    span.in_scope(|| tracing::info!(method, route, status = response.status().as_u16(), "request"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
