//! What this function is connected with: the stack, the Linnworks account and the QuickBooks company.
//!
//! In: the environment and the secrets. Out: the parts of the tasks. Opened by the first event, kept while the process lives.

use std::sync::Arc;

use lambda_host::{HostError, environment};
use ports::{Books, OrderSource, SystemClock, TokenVault};
use store_aws::{Connection as Aws, DynamoStore, SecretsVault};
use tokio::sync::OnceCell;

use crate::handler::Parts;
use crate::stack::Stack;
use crate::{account, company};

/// The connection of a process.
#[derive(Default)]
pub struct Connection {
    opened: OnceCell<Opened>,
}

struct Opened {
    stack: Stack,
    store: DynamoStore,
    vault: SecretsVault,
    connectors: OnceCell<(Arc<dyn OrderSource>, Arc<dyn Books>)>,
}

impl Connection {
    /// The store alone, for tasks that need no settings.
    ///
    /// # Errors
    /// Configuration.
    pub async fn store(&self) -> Result<DynamoStore, HostError> {
        Ok(self.opened.get_or_try_init(open).await?.store.clone())
    }

    /// The parts with the settings in force. A call that was provably not done is sent once a sweep, without waiting.
    ///
    /// # Errors
    /// Configuration, and those of the store and the vault.
    pub async fn parts(&self) -> Result<Parts, HostError> {
        let opened = self.opened.get_or_try_init(open).await?;
        let core = opened.stack.core().await?;
        let clock = Arc::clone(&core.clock);
        let settings = Arc::clone(&core.settings);
        let connect = || async {
            let source = account::open(&opened.vault, &settings, Arc::clone(&clock)).await?;
            let books = company::open(&opened.vault, &settings, Arc::clone(&clock)).await?;
            Ok::<(Arc<dyn OrderSource>, Arc<dyn Books>), HostError>((Arc::new(source), Arc::new(books)))
        };
        let (source, books) = opened.connectors.get_or_try_init(connect).await?.clone();
        let vault: Arc<dyn TokenVault> = Arc::new(opened.vault.clone());
        let life_max = environment::function_life_max()?;
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
    let aws = Aws::from_environment().await;
    let table = environment::required("TABLE_NAME")?;
    let prefix = environment::required("SECRETS_PREFIX")?;
    let clock = Arc::new(SystemClock);
    Ok(Opened {
        stack: Stack::open(&aws)?,
        store: DynamoStore::new(aws.dynamodb(), &table, clock.clone()),
        vault: SecretsVault::new(aws.secrets_manager(), aws.dynamodb(), &table, &prefix, clock),
        connectors: OnceCell::new(),
    })
}
