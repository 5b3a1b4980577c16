//! The secret of one connection, as it is kept in the vault.
//!
//! In and out: JSON. Its members are never shown; it has no Debug.

use domain::RealmId;
use jiff::Timestamp;
use ports::{ConnectorError, Disposition, StoreError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The place of errors of a connection.
pub(crate) const PLACE: &str = "QuickBooks connection";

/// The one secret of a connection, as JSON in the vault.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct TokenSet {
    pub(crate) realm_id: String,
    pub(crate) access_token: String,
    pub(crate) access_expires_at: Timestamp,
    /// Empty once the connection was ended.
    pub(crate) refresh_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_expires_at: Option<Timestamp>,
    /// The refresh token before this one: tried once when this one is dead (quickbooks-online.md 1.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous_refresh_token: Option<String>,
    /// Fingerprint of the configured first token that was used already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_token_used: Option<Uuid>,
    /// When a person gave the consent that these tokens come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connected_at: Option<Timestamp>,
}

impl TokenSet {
    /// The text for the vault.
    pub(crate) fn encode(&self) -> Result<SecretString, ConnectorError> {
        let text = serde_json::to_string(self).map_err(|_| {
            let (cause, remedy) = (
                "the token could not be encoded",
                "Report this as a defect of linnbooks",
            );
            ConnectorError::new(Disposition::Defect, PLACE, cause, remedy)
        })?;
        Ok(SecretString::from(text))
    }
}

/// The name of a company's secret in the vault.
pub(crate) fn name_of(realm: &RealmId) -> String {
    format!("quickbooks-token-{realm}")
}

/// The error of a vault that failed.
pub(crate) fn vault_error(error: StoreError) -> ConnectorError {
    let disposition = match error {
        StoreError::Stale(_)
        | StoreError::Busy { .. }
        | StoreError::Medium { .. }
        | StoreError::Unreachable { .. } => Disposition::Retry { after: None },
        StoreError::Absent { .. } | StoreError::Unreadable { .. } => Disposition::Configuration,
    };
    ConnectorError::new(
        disposition,
        PLACE,
        format!("the token vault failed: {error}"),
        "See to the store of linnbooks",
    )
}
