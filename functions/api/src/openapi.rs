//! The OpenAPI 3.1 document, made from the handlers.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::connections;
use crate::routes::{documents, health, runs, texts};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(title = "linnbooks", description = "Linnworks orders into QuickBooks, each exactly once and to the penny: the API of one stack."),
    paths(
        health::health, serve, runs::sync, runs::list, runs::one,
        documents::list, documents::one, documents::preview, documents::resync_one, documents::resolve_one,
        texts::settings, texts::put_settings, texts::settings_history, texts::settings_version,
        texts::rules, texts::put_rules, texts::rules_history, texts::rules_version, texts::check_rules,
        connections::connections, connections::put_linnworks, connections::put_app, connections::connect, connections::disconnect,
    ),
    modifiers(&Tokens),
)]
pub struct Document;

/// Every route but the public ones needs a token of the stack's user pool.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("A token of the stack's user pool with the scope linnbooks/read, linnbooks/operate or linnbooks/admin"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
        document.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    }
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "stack", operation_id = "openapi", security(()), responses(
    (status = 200, description = "The document", body = Object),
))]
pub async fn serve() -> Response {
    let hour = HeaderValue::from_static("public, max-age=3600");
    ([(CACHE_CONTROL, hour)], Json(Document::openapi())).into_response()
}
