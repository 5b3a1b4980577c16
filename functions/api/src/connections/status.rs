//! What is connected. Reads what is kept; asks no vendor.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use stack::account::{self, AccountStatus};
use stack::company::{self, CompanyStatus};
use utoipa::ToSchema;

use crate::api::Api;
use crate::identity::{Allowed, Read};
use crate::problem::Problem;

/// A connection that ends within this time is warned of.
const WARNED: SignedDuration = SignedDuration::from_hours(21 * 24);

/// The connections of a stack.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionsView {
    /// Linnworks.
    pub linnworks: ConnectionView,
    /// QuickBooks.
    pub quickbooks: ConnectionView,
}

/// One connection.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConnectionView {
    /// `connected`; `ended`: the tokens have expired; `disconnected`; `no_app`: the app's keys are missing.
    #[schema(example = "connected")]
    pub state: &'static str,
    /// Since when; left out where it was made by hand.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The QuickBooks company (realm) that the stack is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// When the connection ends unless a run renews it before.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// It ends soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
}

/// Which vendors are connected, since when, and what to do.
#[utoipa::path(get, path = "/v1/connections", tag = "connections", operation_id = "list_connections", responses(
    (status = 200, description = "The connections", body = ConnectionsView),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn connections(_: Allowed<Read>, State(api): State<Api>) -> Result<Json<ConnectionsView>, Problem> {
    let stack = api.stack().await?;
    let now = stack.clock().now();
    Ok(Json(ConnectionsView {
        linnworks: show_account(account::status(stack).await?),
        quickbooks: show_company(company::status(stack).await?, now),
    }))
}

fn show_account(status: AccountStatus) -> ConnectionView {
    let (state, remedy) = if status.is_given {
        ("connected", None)
    } else {
        (
            "disconnected",
            Some("PUT /v1/connections/linnworks with the app's keys and the token"),
        )
    };
    ConnectionView {
        state,
        since: status.since,
        remedy,
        ..ConnectionView::default()
    }
}

fn show_company(status: CompanyStatus, now: Timestamp) -> ConnectionView {
    const CONNECT: &str = "POST /v1/connections/quickbooks gives an address; open it in a browser";
    let left = status.ends_at.map(|ends| ends.duration_since(now));
    let has_ended = left.is_some_and(|left| left <= SignedDuration::ZERO);
    let (state, remedy) = match (status.has_app, status.is_connected) {
        (false, _) => (
            "no_app",
            Some("PUT /v1/connections/quickbooks/app with the app's keys"),
        ),
        (true, false) => ("disconnected", Some(CONNECT)),
        (true, true) if has_ended => ("ended", Some(CONNECT)),
        (true, true) => ("connected", None),
    };
    let warning = left
        .filter(|left| state == "connected" && *left < WARNED)
        .map(|left| {
            let days = left.as_hours() / 24;
            format!("it ends in {days} days unless a run renews it before; if none does, connect it again")
        });
    ConnectionView {
        state,
        since: status.since,
        company: status.realm.map(|realm| realm.to_string()),
        ends_at: status.ends_at,
        warning,
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(ends_at: &str) -> CompanyStatus {
        CompanyStatus {
            has_app: true,
            realm: Some(domain::RealmId::new("4620816365000000000")),
            is_connected: true,
            since: None,
            ends_at: Some(ends_at.parse().unwrap()),
        }
    }

    #[test]
    fn a_connection_that_ends_soon_is_warned_of_and_one_that_ended_is_to_be_made_again() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let far = show_company(connected("2026-06-10T09:00:00Z"), now);
        assert_eq!((far.state, far.warning), ("connected", None));
        let soon = show_company(connected("2026-03-05T10:00:00Z"), now);
        assert_eq!(soon.state, "connected");
        assert!(soon.warning.unwrap().contains("ends in 3 days"));
        let ended = show_company(connected("2026-03-02T09:00:00Z"), now);
        assert_eq!((ended.state, ended.warning), ("ended", None));
        assert!(ended.remedy.is_some());
    }

    #[test]
    fn without_the_keys_of_the_app_nothing_else_is_asked_for() {
        let shown = show_company(CompanyStatus::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(shown.state, "no_app");
    }
}
