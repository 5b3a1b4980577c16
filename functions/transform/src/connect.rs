//! What this function is connected with: the stack alone.
//!
//! In: the environment. Out: the core of the use cases. Opened by the first event, kept while the process lives.

use std::sync::Arc;

use lambda_host::{HostError, environment};
use pipeline::Core;
use ports::{Message, StoreError, SystemClock};
use stack::{Description, Stack};
use store_aws::Connection as Aws;
use tokio::sync::OnceCell;

use crate::handler::to_host_error;

/// The connection of a process.
#[derive(Default)]
pub struct Connection {
    stack: OnceCell<Stack>,
}

impl Connection {
    /// The core with the settings in force.
    ///
    /// # Errors
    /// Configuration and those of the store.
    pub async fn core(&self) -> Result<Core, HostError> {
        let stack = self.stack.get_or_try_init(open).await?;
        stack.core().await.map_err(to_host_error)
    }
}

async fn open() -> Result<Stack, HostError> {
    let description = Description::read(&environment::optional).map_err(to_host_error)?;
    Ok(Stack::open(
        description,
        &Aws::from_environment(),
        Arc::new(SystemClock),
    ))
}

/// Reads the body of a message.
///
/// # Errors
/// [`StoreError::Unreadable`] for a body that is none, or of a newer version.
pub fn decode(body: &str) -> Result<Message, StoreError> {
    store_aws::read_message("the batch", body)
}
