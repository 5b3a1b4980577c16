//! Errors as the API shows them: problem+json (RFC 9457).
//!
//! In: errors of the use cases, or what is wrong with a request. Out: a status, a title, the cause, the remedy, and where several things
//! are wrong all of them. Nothing of it is secret or personal, since the errors it is made of are not.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::RunError;
use ports::{Disposition, StoreError};
use serde::Serialize;
use stack::in_force::Refusal;
use utoipa::ToSchema;

/// A request that was not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:linnbooks:problem:` and the problem's stable name.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Box<str>,
    /// The problem in a few words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Everything that is wrong, where it is more than one thing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// Seconds after which the same request may succeed.
    #[serde(skip)]
    pub retry_after_seconds: Option<u32>,
}

impl Problem {
    /// A problem with its stable name.
    pub fn new(status: StatusCode, name: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:linnbooks:problem:{name}").into_boxed_str(),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            remedy: None,
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same, that may pass by itself.
    #[must_use]
    pub fn after_seconds(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Something that is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "There is no such thing",
            detail,
        )
    }

    /// A request that cannot be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unreadable",
            "The request cannot be read",
            detail,
        )
    }

    /// A request that can be read and not be met.
    pub fn unfit(detail: impl Into<String>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "unfit", "The request cannot be met", detail)
    }

    /// A defect of ours; the log has more.
    pub fn defect() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(
            status,
            "defect",
            "A defect of linnbooks",
            "the request met an error that should not exist",
        )
        .with_remedy("The function's log has the line, under the request's id")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let after = self.retry_after_seconds;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the store");
        match error {
            StoreError::Stale(what) => {
                let detail = format!("{what} was changed by another at the same moment");
                Self::new(
                    StatusCode::CONFLICT,
                    "changed-meanwhile",
                    "It was changed meanwhile",
                    detail,
                )
                .with_remedy("Look at it again, and repeat the request")
                .after_seconds(1)
            }
            StoreError::Unreachable { .. } | StoreError::Busy { .. } | StoreError::Medium { .. } => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Self::new(
                    status,
                    "store",
                    "The store does not answer",
                    "the store of the stack did not do what was asked",
                )
                .with_remedy("Try again in a moment")
                .after_seconds(5)
            }
            StoreError::Absent { .. } | StoreError::Unreadable { .. } => Self::defect(),
        }
    }
}

impl From<RunError> for Problem {
    fn from(error: RunError) -> Self {
        let error = match error {
            RunError::Store(error) => return error.into(),
            RunError::Request { cause, remedy } => return Self::unfit(cause).with_remedy(remedy),
            RunError::Connector(error) => error,
        };
        let (status, name, title) = match error.disposition {
            Disposition::Retry { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "vendor-busy",
                "The vendor asks to wait",
            ),
            Disposition::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "vendor-away",
                "The vendor is away",
            ),
            Disposition::Reconnect => (
                StatusCode::CONFLICT,
                "disconnected",
                "The connection must be made again",
            ),
            Disposition::Forbidden => (
                StatusCode::CONFLICT,
                "forbidden-by-vendor",
                "The vendor does not allow it",
            ),
            Disposition::Configuration => (
                StatusCode::CONFLICT,
                "not-configured",
                "The stack is not configured for it",
            ),
            Disposition::Defect => {
                tracing::error!(%error, "a defect");
                return Self::defect();
            }
        };
        let mut problem = Self::new(status, name, title, format!("{}: {}", error.place, error.cause));
        if let Disposition::Retry { after } = error.disposition {
            let seconds = after.map_or(10, |after| u32::try_from(after.as_secs()).unwrap_or(u32::MAX));
            problem = problem.after_seconds(seconds.max(1));
        }
        problem.with_remedy(error.remedy)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::Unusable(words) => {
                let mut problem = Self::unfit("the text cannot be used; nothing was changed");
                problem.errors = words.split("\n\n").map(str::to_owned).collect();
                problem
            }
            outdated @ Refusal::Outdated { .. } => {
                let status = StatusCode::PRECONDITION_FAILED;
                Self::new(
                    status,
                    "outdated",
                    "Another version is in force",
                    outdated.to_string(),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::ConnectorError;

    #[test]
    fn a_vendor_that_asks_to_wait_is_no_error_of_the_caller() {
        let after = Some(std::time::Duration::from_secs(42));
        let error = ConnectorError::new(
            Disposition::Retry { after },
            "quickbooks query",
            "too many calls",
            "Wait",
        );
        let problem = Problem::from(RunError::Connector(error));
        assert_eq!((problem.status, problem.retry_after_seconds), (503, Some(42)));
        let response = problem.into_response();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "42");
    }

    #[test]
    fn a_defect_shows_nothing_of_what_went_wrong() {
        let error = StoreError::Unreadable {
            place: "document 7".into(),
            cause: "jane@example.com".into(),
        };
        let problem = Problem::from(error);
        assert_eq!(problem.status, 500);
        assert!(!format!("{problem:?}").contains("jane"), "{problem:?}");
    }
}
