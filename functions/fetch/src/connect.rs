//! What this function is connected with: the stack and the Linnworks account.
//!
//! In: the environment and the secrets. Out: the parts of a fetch. Opened by the first event, kept while the process lives.

use std::sync::Arc;

use lambda_host::{HostError, environment};
use ports::{OrderSource, TokenVault};
use store_aws::{Connection as Aws, SecretsVault};
use tokio::sync::OnceCell;

use crate::account;
use crate::handler::Parts;
use crate::stack::Stack;

/// The connection of a process.
#[derive(Default)]
pub struct Connection {
    opened: OnceCell<Opened>,
}

struct Opened {
    stack: Stack,
    vault: SecretsVault,
    source: OnceCell<Arc<dyn OrderSource>>,
}

impl Connection {
    /// The parts with the settings in force. The connector keeps the limits it began with.
    ///
    /// # Errors
    /// Configuration, and those of the store and the vault.
    pub async fn parts(&self) -> Result<Parts, HostError> {
        let opened = self.opened.get_or_try_init(open).await?;
        let core = opened.stack.core().await?;
        let clock = Arc::clone(&core.clock);
        let settings = Arc::clone(&core.settings);
        let connect = || async {
            let source = account::open(&opened.vault, &settings, clock).await?;
            Ok::<Arc<dyn OrderSource>, HostError>(Arc::new(source))
        };
        let source = Arc::clone(opened.source.get_or_try_init(connect).await?);
        let vault: Arc<dyn TokenVault> = Arc::new(opened.vault.clone());
        let life_max = environment::function_life_max()?;
        Ok(Parts {
            core,
            source,
            vault,
            life_max,
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
        source: OnceCell::new(),
    })
}
