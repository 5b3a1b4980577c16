//! Why a run could not go on, as opposed to a document that is held.
//!
//! In: errors of ports. Out: one error with place, cause and remedy for the entry points to show.

use ports::{ConnectorError, Disposition, StoreError};
use thiserror::Error;

/// A run that ended early. What was stored stays; the next run goes on from there.
#[derive(Debug, Error)]
pub enum RunError {
    /// Linnworks or QuickBooks.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was asked for cannot be.
    #[error("{cause}. {remedy}")]
    Request {
        /// What is the matter.
        cause: String,
        /// What to do.
        remedy: String,
    },
}

impl RunError {
    /// A request that cannot be met.
    pub fn request(cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Request {
            cause: cause.into(),
            remedy: remedy.into(),
        }
    }

    /// True when usage or configuration is at fault (exit code 2).
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::Request { .. } => true,
            Self::Connector(error) => error.disposition == Disposition::Configuration,
            Self::Store(_) => false,
        }
    }
}
