//! The routes, and what holds for all of them: a log line, a request id, problems instead of plain texts, no panic that ends the process.
//!
//! In: requests. Out: answers. Which scope a route needs stands with its handler ([`crate::identity::Allowed`]).

pub mod documents;
pub mod health;
pub mod runs;
pub mod texts;

use std::panic::AssertUnwindSafe;

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
    watched(routes)
}

/// What holds for every request.
pub fn watched(routes: Router) -> Router {
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(watch))
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

/// One log line per request, with the route and not the path, since paths hold numbers of orders; a panic fails its request alone.
async fn watch(request: Request, next: Next) -> Response {
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
    let answer = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let mut response = answer.unwrap_or_else(|_| {
        span.in_scope(|| tracing::error!(route, "a panic"));
        Problem::defect().into_response()
    });
    span.in_scope(|| tracing::info!(method, route, status = response.status().as_u16(), "request"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
