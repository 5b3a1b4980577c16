//! What this function is connected with: the stack and the Linnworks account.
//!
//! In: the environment and the secrets. Out: the parts of a fetch. Opened by the first event, kept while the process lives.

use std::sync::Arc;

use lambda_host::{HostError, environment};
use ports::{OrderSource, SystemClock, TokenVault};
use stack::{Description, Stack, account};
use store_aws::Connection as Aws;
use tokio::sync::OnceCell;

use crate::handler::{Parts, to_host_error};

/// The connection of a process.
#[derive(Default)]
pub struct Connection {
    opened: OnceCell<Opened>,
}

struct Opened {
    stack: Stack,
    source: OnceCell<Arc<dyn OrderSource>>,
}

impl Connection {
    /// The parts with the settings in force. The connector keeps the limits it began with.
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
            Ok::<Arc<dyn OrderSource>, HostError>(Arc::new(source))
        };
        let source = Arc::clone(opened.source.get_or_try_init(connect).await?);
        let vault: Arc<dyn TokenVault> = Arc::new(stack.vault().clone());
        let life_max = stack.description().function_life_max;
        Ok(Parts {
            core,
            source,
            vault,
            runs: Arc::new(stack.store().clone()),
            life_max,
        })
    }
}

async fn open() -> Result<Opened, HostError> {
    let description = Description::read(&environment::optional).map_err(to_host_error)?;
    let aws = Aws::from_environment();
    Ok(Opened {
        stack: Stack::open(description, &aws, Arc::new(SystemClock)),
        source: OnceCell::new(),
    })
}
