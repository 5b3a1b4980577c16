//! The QuickBooks app and company: keys, the one-time address for a browser, and the end of a connection.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use stack::company;
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::connections::browser::{START_PATH, Ticket};
use crate::identity::{Admin, Allowed};
use crate::problem::Problem;
use crate::strict::{Strict, StrictQuery};

/// How long a ticket, and then a state, is good.
pub(super) const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// The most characters of a key or token.
const VALUE_CHARACTERS_MAX: usize = 4096;

/// True for what can be a key or token.
pub(super) fn is_value(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= VALUE_CHARACTERS_MAX
}

/// The app's keys; has no Debug on purpose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppRequest {
    /// *Client ID* of the app.
    #[schema(max_length = 4096)]
    client_id: String,
    /// *Client Secret* of the app.
    #[schema(max_length = 4096)]
    client_secret: String,
}

/// What to do next with the app.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppAnswer {
    /// Register this as a redirect URI in the app's settings at Intuit, exactly so.
    pub redirect_url: String,
}

/// Give the keys of the QuickBooks app.
#[utoipa::path(put, path = "/v1/connections/quickbooks/app", tag = "connections", operation_id = "put_quickbooks_app",
    request_body = AppRequest, responses(
    (status = 200, description = "Kept", body = AppAnswer),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_app(
    _: Allowed<Admin>,
    State(api): State<Api>,
    Strict(request): Strict<AppRequest>,
) -> Result<Json<AppAnswer>, Problem> {
    if !is_value(&request.client_id) || !is_value(&request.client_secret) {
        return Err(Problem::unfit("a key is empty or has more than 4096 characters"));
    }
    let stack = api.stack().await?;
    let redirect_url = company::redirect_url(stack)?;
    let secret = SecretString::from(request.client_secret);
    company::give_app(stack, request.client_id.trim(), &secret).await?;
    api.forget_connectors().await;
    Ok(Json(AppAnswer { redirect_url }))
}

/// Proves that a request has no body, or an empty one.
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await;
        match bytes.as_deref().map(<[u8]>::trim_ascii) {
            Ok(b"" | b"{}") => Ok(Self),
            _ => Err(Problem::unfit("this request has no body")),
        }
    }
}

/// Where a person goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectAnswer {
    /// Open this in a browser, once. Whoever opens it connects the company, so give it to nobody else.
    pub start_url: String,
    /// Until when it can be opened.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Begin to connect QuickBooks: gives a one-time address for a browser.
#[utoipa::path(post, path = "/v1/connections/quickbooks", tag = "connections", operation_id = "connect_quickbooks", responses(
    (status = 201, description = "The address", body = ConnectAnswer),
    (status = "4XX", description = "Refused; 409 without the app's keys", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn connect(
    Allowed(identity, _): Allowed<Admin>,
    State(api): State<Api>,
    _: NoBody,
) -> Result<(StatusCode, Json<ConnectAnswer>), Problem> {
    let stack = api.stack().await?;
    // Missing keys are said here, and not on a page that a browser shows.
    company::consent(stack).await?;
    let callback = company::redirect_url(stack)?;
    let base = callback.strip_suffix(company::CALLBACK_PATH).unwrap_or_default();
    let expires_at = stack
        .clock()
        .now()
        .saturating_add(LIFE)
        .map_err(|_| Problem::defect())?;
    let token = Ticket { by: identity.actor }.keep(stack, expires_at).await?;
    let start_url = format!("{base}{START_PATH}?ticket={token}");
    Ok((
        StatusCode::CREATED,
        Json(ConnectAnswer {
            start_url,
            expires_at,
        }),
    ))
}

/// How to end a connection.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DisconnectQuery {
    /// Also forget which company it is, so that another can be connected.
    #[serde(default)]
    forget_company: bool,
}

/// What became of the end.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisconnectAnswer {
    /// There was a connection, and it is ended.
    pub was_connected: bool,
}

/// End the connection with QuickBooks: the tokens are ended at Intuit and forgotten.
#[utoipa::path(delete, path = "/v1/connections/quickbooks", tag = "connections", operation_id = "disconnect_quickbooks",
    params(DisconnectQuery), responses(
    (status = 200, description = "Ended", body = DisconnectAnswer),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Intuit or the store is away: nothing was forgotten, try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn disconnect(
    _: Allowed<Admin>,
    State(api): State<Api>,
    StrictQuery(query): StrictQuery<DisconnectQuery>,
) -> Result<Json<DisconnectAnswer>, Problem> {
    let was_connected = company::disconnect(api.stack().await?, query.forget_company).await?;
    api.forget_connectors().await;
    Ok(Json(DisconnectAnswer { was_connected }))
}
