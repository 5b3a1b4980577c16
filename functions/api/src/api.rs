//! What the API is connected with: the stack, the Linnworks account and the QuickBooks company.
//!
//! In: the environment and the secrets. Out: the parts that requests need. Opened by the first request that needs them, kept while the
//! process lives.

use std::sync::Arc;
use std::time::Duration;

use lambda_host::environment;
use pipeline::{Core, RunError};
use ports::{Books, OrderSource, SystemClock};
use stack::{Description, Stack, account, company};
use store_aws::Connection;
use tokio::sync::{Mutex, OnceCell};

use crate::identity::Identity;
use crate::problem::Problem;

/// A key whose request did not end by then is free again: Lambda has ended the request long before, and clocks may differ a little.
pub const REQUEST_LIFE_MAX: Duration = Duration::from_secs(60);

/// The parts of the API. A clone is the same.
#[derive(Clone, Default)]
pub struct Api {
    opened: Arc<OnceCell<Opened>>,
}

struct Opened {
    stack: Stack,
    /// Opened by the first request that needs them; forgotten when a connection changes.
    connectors: Mutex<Option<Connectors>>,
}

type Connectors = (Arc<dyn OrderSource>, Arc<dyn Books>);

/// The use cases with both vendors.
pub struct Connected {
    /// Store, queue, clock, settings and rules in force, acting for the caller.
    pub core: Core,
    /// Linnworks.
    pub source: Arc<dyn OrderSource>,
    /// QuickBooks.
    pub books: Arc<dyn Books>,
}

impl Api {
    /// The API of a stack that is open already.
    #[cfg(test)]
    pub fn of(stack: Stack) -> Self {
        let opened = Opened {
            stack,
            connectors: Mutex::default(),
        };
        Self {
            opened: Arc::new(OnceCell::new_with(Some(opened))),
        }
    }

    async fn opened(&self) -> Result<&Opened, RunError> {
        self.opened.get_or_try_init(open).await
    }

    /// The stack.
    ///
    /// # Errors
    /// Configuration.
    pub async fn stack(&self) -> Result<&Stack, Problem> {
        Ok(&self.opened().await?.stack)
    }

    /// The use cases, with the settings and rules in force.
    ///
    /// # Errors
    /// Configuration: no settings, no connection; those of the store.
    pub async fn connected(&self, identity: &Identity) -> Result<Connected, Problem> {
        let opened = self.opened().await?;
        let core = opened.stack.core().await?.acting_for(&identity.actor);
        let settings = Arc::clone(&core.settings);
        let mut known = opened.connectors.lock().await;
        let (source, books) = match known.as_ref() {
            Some(connectors) => connectors.clone(),
            None => {
                let source = account::open(&opened.stack, &settings).await?;
                let books = company::open(&opened.stack, &settings).await?;
                known.insert((Arc::new(source), Arc::new(books))).clone()
            }
        };
        Ok(Connected { core, source, books })
    }

    /// The next request that needs the vendors opens them anew: a connection has changed.
    pub async fn forget_connectors(&self) {
        if let Ok(opened) = self.opened().await {
            *opened.connectors.lock().await = None;
        }
    }
}

async fn open() -> Result<Opened, RunError> {
    let description = Description::read(&environment::optional)?;
    let connection = Connection::from_environment();
    Ok(Opened {
        stack: Stack::open(description, &connection, Arc::new(SystemClock)),
        connectors: Mutex::default(),
    })
}
