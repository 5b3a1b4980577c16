//! Errors of the outside, sorted by who must act.
//!
//! In: what a connector or store met. Out: a disposition, a cause and a remedy in plain words, without secrets or personal
//! data. Nothing deeper branches on a text.

use std::time::Duration;

use thiserror::Error;

/// Who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Nobody: try again, after the wait when one is given.
    Retry {
        /// At least this long.
        after: Option<Duration>,
    },
    /// A person must reconnect the account; nothing of this connection works until then.
    Reconnect,
    /// The account or company cannot be used now (locked, maintenance, subscription ended).
    Unavailable,
    /// A permission or feature is missing.
    Forbidden,
    /// The settings or configuration must be corrected.
    Configuration,
    /// linnbooks did something the vendor does not take; a defect.
    Defect,
}

/// A call that a connector could not bring to its end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {cause}. {remedy}")]
pub struct ConnectorError {
    /// Which call, such as `linnworks Orders/GetOrdersById`.
    pub place: String,
    /// What happened.
    pub cause: String,
    /// What to do.
    pub remedy: String,
    /// Who must act.
    pub disposition: Disposition,
}

impl ConnectorError {
    /// An error at a place.
    pub fn new(
        disposition: Disposition,
        place: impl Into<String>,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            cause: cause.into(),
            remedy: remedy.into(),
            disposition,
        }
    }

    /// True when the same call may succeed later without a person.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.disposition,
            Disposition::Retry { .. } | Disposition::Unavailable
        )
    }
}

/// What a store, queue or vault could not do.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The record was changed by another since it was read.
    #[error("{0} was changed meanwhile")]
    Stale(String),
    /// Another process works on the same data.
    #[error(
        "another linnbooks works on the data in {place} (process {holder}). Wait until it ends, or stop it"
    )]
    Busy {
        /// The data.
        place: String,
        /// Its process id, as it wrote it down.
        holder: String,
    },
    /// There is nothing there yet.
    #[error(
        "there is no linnbooks data in the folder {place} yet. Run `linnbooks sync` first, or name the folder with --data"
    )]
    Absent {
        /// Where it was looked for.
        place: String,
    },
    /// A record that this version cannot read; it is left untouched.
    #[error(
        "{place} cannot be read: {cause}. It was left as it is; use the version of linnbooks that wrote it, or a newer one"
    )]
    Unreadable {
        /// Which record.
        place: String,
        /// Why.
        cause: String,
    },
    /// The medium failed.
    #[error("{place}: {cause}. Check the disk and the file's permissions")]
    Medium {
        /// What was tried.
        place: String,
        /// The medium's words.
        cause: String,
    },
    /// A service of the store did not do what was asked, after the repetitions it allows.
    #[error(
        "{place}: {cause}. Try again; if it stays so, check the stack's name, the region, the credentials and the network"
    )]
    Unreachable {
        /// What was tried.
        place: String,
        /// The service's code, without values.
        cause: String,
    },
}
