//! What this function is connected with: the stack and the QuickBooks company.
//!
//! In: the environment and the secrets. Out: the parts of a posting. Opened by the first event, kept while the process lives.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lambda_host::{HostError, environment};
use ports::{Books, Message, StoreError, SystemClock};
use stack::{Description, Stack, company};
use store_aws::Connection as Aws;
use tokio::sync::OnceCell;

use crate::handler::{Post, to_host_error, without_waiting};

/// The connection of a process.
#[derive(Default)]
pub struct Connection {
    opened: OnceCell<Opened>,
}

struct Opened {
    stack: Stack,
    books: OnceCell<Arc<dyn Books>>,
}

impl Connection {
    /// The parts with the settings in force. The connector keeps the limits it began with, and so its memory of the calls it made.
    ///
    /// # Errors
    /// Configuration, and those of the store and the vault.
    pub async fn parts(&self) -> Result<Post, HostError> {
        let opened = self.opened.get_or_try_init(open).await?;
        let stack = &opened.stack;
        let mut core = stack.core().await.map_err(to_host_error)?;
        core.settings = Arc::new(without_waiting(core.settings.as_ref().clone()));
        let settings = Arc::clone(&core.settings);
        let connect = || async {
            let books = company::open(stack, &settings).await.map_err(to_host_error)?;
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
    let description = Description::read(&environment::optional).map_err(to_host_error)?;
    let aws = Aws::from_environment();
    Ok(Opened {
        stack: Stack::open(description, &aws, Arc::new(SystemClock)),
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
