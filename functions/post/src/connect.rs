//! What this function is connected with: the stack and the QuickBooks company.
//!
//! In: the environment and the secrets. Out: the parts of a posting. Opened by the first event, kept while the process lives.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lambda_host::{HostError, environment};
use ports::{Books, Message, StoreError};
use store_aws::{Connection as Aws, SecretsVault};
use tokio::sync::OnceCell;

use crate::company;
use crate::handler::{Post, without_waiting};
use crate::stack::Stack;

/// The connection of a process.
#[derive(Default)]
pub struct Connection {
    opened: OnceCell<Opened>,
}

struct Opened {
    stack: Stack,
    vault: SecretsVault,
    books: OnceCell<Arc<dyn Books>>,
}

impl Connection {
    /// The parts with the settings in force. The connector keeps the limits it began with, and so its memory of the calls it made.
    ///
    /// # Errors
    /// Configuration, and those of the store and the vault.
    pub async fn parts(&self) -> Result<Post, HostError> {
        let opened = self.opened.get_or_try_init(open).await?;
        let mut core = opened.stack.core().await?;
        core.settings = Arc::new(without_waiting(core.settings.as_ref().clone()));
        let clock = Arc::clone(&core.clock);
        let settings = Arc::clone(&core.settings);
        let connect = || async {
            let books = company::open(&opened.vault, &settings, clock).await?;
            Ok::<Arc<dyn Books>, HostError>(Arc::new(books))
        };
        let books = Arc::clone(opened.books.get_or_try_init(connect).await?);
        Ok(Post {
            core,
            books,
            stopped: AtomicBool::new(false),
        })
    }
}

async fn open() -> Result<Opened, HostError> {
    let aws = Aws::from_environment().await;
    let table = environment::required("TABLE_NAME")?;
    let prefix = environment::required("SECRETS_PREFIX")?;
    let clock = Arc::new(ports::SystemClock);
    Ok(Opened {
        stack: Stack::open(&aws)?,
        vault: SecretsVault::new(aws.secrets_manager(), aws.dynamodb(), &table, &prefix, clock),
        books: OnceCell::new(),
    })
}

/// Reads the body of a message.
///
/// # Errors
/// [`StoreError::Unreadable`] for a body that is none, or of a newer version.
pub fn decode(body: &str) -> Result<Message, StoreError> {
    store_aws::read_message("the batch", body)
}
