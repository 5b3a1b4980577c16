//! Why an invocation failed, as Lambda shows it.
//!
//! In: errors of ports and use cases. Out: a stable kind for alarms and one sentence. Holds no secret and no personal data, since the
//! errors it is made of hold none.

use lambda_runtime::Diagnostic;
use ports::{ConnectorError, Disposition, StoreError};
use thiserror::Error;

/// An invocation that could not do its work; Lambda reports it as the function's error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct HostError {
    /// Stable name: `Configuration`, `Store`, `Connector`, `Reconnect`, `Request`, `Panic`.
    pub kind: &'static str,
    /// What happened and what to do.
    pub message: String,
}

impl HostError {
    /// An error of a kind.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What the template should have told the function, and did not.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new("Configuration", message)
    }
}

impl From<StoreError> for HostError {
    fn from(error: StoreError) -> Self {
        Self::new("Store", error.to_string())
    }
}

impl From<ConnectorError> for HostError {
    fn from(error: ConnectorError) -> Self {
        let kind = match error.disposition {
            Disposition::Reconnect => "Reconnect",
            Disposition::Configuration => "Configuration",
            _ => "Connector",
        };
        Self::new(kind, error.to_string())
    }
}

impl From<HostError> for Diagnostic {
    fn from(error: HostError) -> Self {
        Self {
            error_type: error.kind.to_owned(),
            error_message: error.message,
        }
    }
}
