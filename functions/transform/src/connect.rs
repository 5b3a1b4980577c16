//! What this function is connected with: the stack alone.
//!
//! In: the environment. Out: the core of the use cases. Opened by the first event, kept while the process lives.

use lambda_host::HostError;
use pipeline::Core;
use ports::{Message, StoreError};
use store_aws::Connection as Aws;
use tokio::sync::OnceCell;

use crate::stack::Stack;

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
        let open = || async { Stack::open(&Aws::from_environment().await) };
        self.stack.get_or_try_init(open).await?.core().await
    }
}

/// Reads the body of a message.
///
/// # Errors
/// [`StoreError::Unreadable`] for a body that is none, or of a newer version.
pub fn decode(body: &str) -> Result<Message, StoreError> {
    store_aws::read_message("the batch", body)
}
