//! The stack that a function belongs to: its store, its queues, its settings.
//!
//! In: names and addresses from the environment, which the template sets. Out: the core of the use cases, on clients that are made once a
//! process. The settings are those in force; another version is taken up by the next event.

use std::sync::Arc;

use lambda_host::{HostError, environment};
use mapping::Settings;
use pipeline::Core;
use ports::{Clock, Store, SystemClock};
use store_aws::{Connection, DynamoStore, QueueUrls, SqsQueue};
use tokio::sync::Mutex;

/// One stack.
pub struct Stack {
    store: DynamoStore,
    queue: Arc<SqsQueue>,
    clock: Arc<dyn Clock>,
    /// The settings last used, with their version.
    settings: Mutex<Option<(String, Arc<Settings>)>>,
}

impl Stack {
    /// Makes the clients; asks nothing.
    ///
    /// # Errors
    /// Configuration, naming the missing variable.
    pub fn open(connection: &Connection) -> Result<Self, HostError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let table = environment::required("TABLE_NAME")?;
        let payload_days = environment::parsed("PAYLOAD_DAYS", store_aws::PAYLOAD_DAYS)?;
        let store = DynamoStore::new(connection.dynamodb(), &table, Arc::clone(&clock)).keeping_payloads(payload_days);
        let orders = queue_urls("ORDERS")?;
        let postings = queue_urls("POSTINGS")?;
        let queue = Arc::new(SqsQueue::new(connection.sqs(), Arc::clone(&clock), orders, postings));
        Ok(Self {
            store,
            queue,
            clock,
            settings: Mutex::new(None),
        })
    }

    /// The core of the use cases, with the settings in force.
    ///
    /// # Errors
    /// Those of the store; settings that were never written, or that this version cannot read.
    pub async fn core(&self) -> Result<Core, HostError> {
        Ok(Core {
            store: Arc::new(self.store.clone()),
            queue: Arc::<SqsQueue>::clone(&self.queue),
            clock: Arc::clone(&self.clock),
            settings: self.settings().await?,
            progress: Arc::new(|_| ()),
        })
    }

    async fn settings(&self) -> Result<Arc<Settings>, HostError> {
        let version = self.store.in_force("settings").await?.ok_or_else(|| {
            HostError::configuration(
                "this stack has no settings yet: give it some (infra/README.md, settings)",
            )
        })?;
        let mut known = self.settings.lock().await;
        if let Some((of, settings)) = known.as_ref()
            && *of == version
        {
            return Ok(Arc::clone(settings));
        }
        let text = self.store.version("settings", &version).await?.ok_or_else(|| {
            HostError::configuration(format!("the settings {version} are in force and their text is gone: import them again"))
        })?;
        let settings = Settings::parse("settings.toml", &text)
            .map_err(|error| HostError::configuration(format!("the settings {version} cannot be used: {error}")))?;
        let settings = Arc::new(settings);
        *known = Some((version, Arc::clone(&settings)));
        Ok(settings)
    }
}

fn queue_urls(name: &str) -> Result<QueueUrls, HostError> {
    Ok(QueueUrls {
        queue: environment::required(&format!("{name}_QUEUE_URL"))?,
        dead_letters: environment::optional(&format!("{name}_DEAD_LETTERS_URL")).unwrap_or_default(),
    })
}
