//! The Linnworks account: its token is tried before it is kept.

use axum::extract::State;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use stack::account::{self, Given};
use utoipa::ToSchema;

use crate::api::Api;
use crate::connections::quickbooks::is_value;
use crate::identity::{Admin, Allowed};
use crate::problem::Problem;
use crate::strict::Strict;

/// What Linnworks shows; has no Debug on purpose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinnworksRequest {
    /// *Application ID* of the app; the known one when left out.
    #[schema(max_length = 4096)]
    application_id: Option<String>,
    /// *Application Secret* of the app; the known one when left out.
    #[schema(max_length = 4096)]
    application_secret: Option<String>,
    /// The token that the account showed on installing the app.
    #[schema(max_length = 4096)]
    token: String,
}

/// Connect Linnworks: signs in with the keys and the token, then keeps them.
#[utoipa::path(put, path = "/v1/connections/linnworks", tag = "connections", operation_id = "connect_linnworks",
    request_body = LinnworksRequest, responses(
    (status = 204, description = "Connected"),
    (status = "4XX", description = "Refused, by Linnworks (409) or before; nothing was kept", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_linnworks(
    Allowed(identity, _): Allowed<Admin>,
    State(api): State<Api>,
    Strict(request): Strict<LinnworksRequest>,
) -> Result<StatusCode, Problem> {
    let LinnworksRequest {
        application_id,
        application_secret,
        token,
    } = request;
    let given = [
        application_id.as_deref(),
        application_secret.as_deref(),
        Some(&token),
    ];
    if !given.into_iter().flatten().all(is_value) {
        return Err(Problem::unfit(
            "a key or token is empty or has more than 4096 characters",
        ));
    }
    let given = Given {
        application_id,
        application_secret: application_secret.map(SecretString::from),
        token: token.into(),
    };
    account::give(api.stack().await?, given, &identity.actor).await?;
    api.forget_connectors().await;
    Ok(StatusCode::NO_CONTENT)
}
