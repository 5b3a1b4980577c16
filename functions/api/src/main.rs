//! The function `api`: the HTTP API of a stack.
//!
//! In: requests of API Gateway, with who calls as its authorizer proved it. Out: JSON answers; errors as problem+json (RFC 9457) with cause
//! and remedy. Holds no logic of its own: it hands requests to the use cases, and posts nothing itself: what is to be posted is marked and
//! queued for `post`.

mod api;
mod connections;
mod idempotent;
mod identity;
mod openapi;
mod problem;
mod routes;
mod strict;
#[cfg(test)]
mod tests;

use crate::api::Api;

fn main() -> Result<(), lambda_host::RuntimeError> {
    lambda_host::http::serve_http("api", routes::router(Api::default()))
}
