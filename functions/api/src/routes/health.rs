//! Is the stack there, and is it set up? Public, so it tells no more than that.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::problem::Problem;

/// The health of a stack.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: what is not is a problem.
    pub status: &'static str,
    /// The version of linnbooks.
    pub version: &'static str,
    /// True once settings are in force: nothing is fetched before.
    pub has_settings: bool,
}

/// Whether the stack answers.
#[utoipa::path(get, path = "/v1/health", tag = "stack", operation_id = "health", security(()), responses(
    (status = 200, description = "It answers", body = Health),
    (status = 503, description = "The store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn health(State(api): State<Api>) -> Result<Json<Health>, Problem> {
    let settings = api.stack().await?.store().in_force("settings").await?;
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        has_settings: settings.is_some(),
    }))
}
