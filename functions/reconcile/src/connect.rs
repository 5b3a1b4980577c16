//! What this function is connected with: the stack, the Linnworks account and the QuickBooks company.
//!
//! In: the environment and the secrets. Out: the parts of the tasks. Opened by the first event, kept while the process lives.

use std::sync::Arc;

use lambda_host::{HostError, environment};
use ports::{Books, OrderSource, SystemClock, TokenVault};
use stack::{Description, Stack, account, company};
use store_aws::{Connection as Aws, DynamoStore};
use tokio::sync::OnceCell;

use crate::handler::{Parts, to_host_error};

/// The connection of a process.
#[derive(Default)]
pub struct Connection {
    opened: OnceCell<Opened>,
}

struct Opened {
    stack: Stack,
    connectors: OnceCell<(Arc<dyn OrderSource>, Arc<dyn Books>)>,
}

impl Connection {
    /// The store alone, for tasks that need no settings.
    ///
    /// # Errors
    /// Configuration.
    pub async fn store(&self) -> Result<DynamoStore, HostError> {
        Ok(self.opened.get_or_try_init(open).await?.stack.store().clone())
    }

    /// The parts with the settings in force. A call that was provably not done is sent once a sweep, without waiting.
    ///
    /// # Errors
    /// Configuration, and those of the store and the vault.
    pub async fn parts(&self) -> Result<Parts, HostError> {
        let opened = self.opened.get_or_try_init(open).await?;
        let stack = &opened.stack;
        let core = stack.core().await.map_err(to_host_error)?;
        let settings = Arc::clone(&core.settings);
        let connect = || async {
            let source = account::open(stack, &settings).await.map_err(to_host_error)?;
            let books = company::open(stack, &settings).await.map_err(to_host_error)?;
            Ok::<(Arc<dyn OrderSource>, Arc<dyn Books>), HostError>((Arc::new(source), Arc::new(books)))
        };
        let (source, books) = opened.connectors.get_or_try_init(connect).await?.clone();
        let vault: Arc<dyn TokenVault> = Arc::new(stack.vault().clone());
        let life_max = stack.description().function_life_max;
        Ok(Parts {
            core,
            source,
            books,
            vault,
            life_max,
        })
    }
}

async fn open() -> Result<Opened, HostError> {
    let description = Description::read(&environment::optional).map_err(to_host_error)?;
    let aws = Aws::from_environment();
    Ok(Opened {
        stack: Stack::open(description, &aws, Arc::new(SystemClock)),
        connectors: OnceCell::new(),
    })
}
