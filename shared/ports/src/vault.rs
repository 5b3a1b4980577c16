//! Rotating tokens, written before they are used.
//!
//! In: secrets by name with the version they replace. Out: the newest one. An older value never replaces a newer one.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::error::StoreError;

/// A secret with its version.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    /// The value; its Debug shows nothing.
    pub value: SecretString,
    /// 1 for the first value, plus one for each later one.
    pub version: u64,
}

/// Keeps secrets with compare and set.
#[async_trait]
pub trait TokenVault: Send + Sync {
    /// The newest value.
    async fn read(&self, name: &str) -> Result<Option<StoredSecret>, StoreError>;

    /// Writes a value that follows `replaces` (0 when there is none yet), durably, and returns its version; `None` when another
    /// was faster: read again.
    async fn write(&self, name: &str, value: &SecretString, replaces: u64)
    -> Result<Option<u64>, StoreError>;

    /// Takes the right to renew a secret for a while; `false` when another has it.
    async fn take_lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, StoreError>;

    /// Gives the right back.
    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError>;
}
