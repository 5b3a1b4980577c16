//! The stack that a function belongs to: its store, its queues, its settings.
//!
//! In: names and addresses from the environment, which the template sets. Out: the core of the use cases, on clients that are made once a
//! process. The settings are those in force; another version is taken up by the next event.

use std::sync::Arc;

use lambda_host::{HostError, environment};
use mapping::Settings;
use pipeline::{Core, RuleBook};
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
    /// The rules last used, with their version.
    rules: Mutex<Option<(String, Arc<RuleBook>)>>,
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
        let store = DynamoStore::new(connection.dynamodb(), &table, Arc::clone(&clock))
            .keeping_payloads(payload_days);
        let orders = queue_urls("ORDERS")?;
        let postings = queue_urls("POSTINGS")?;
        let queue = Arc::new(SqsQueue::new(
            connection.sqs(),
            Arc::clone(&clock),
            orders,
            postings,
        ));
        Ok(Self {
            store,
            queue,
            clock,
            settings: Mutex::new(None),
            rules: Mutex::new(None),
        })
    }

    /// The core of the use cases, with the settings and rules in force.
    ///
    /// # Errors
    /// Those of the store; settings that were never written, or a text that this version cannot read.
    pub async fn core(&self) -> Result<Core, HostError> {
        let settings = self.settings().await?;
        let queue = Arc::<SqsQueue>::clone(&self.queue);
        let mut core = Core::new(
            Arc::new(self.store.clone()),
            queue,
            Arc::clone(&self.clock),
            settings,
        );
        core.rules = self.rules().await?;
        Ok(core)
    }

    async fn settings(&self) -> Result<Arc<Settings>, HostError> {
        let parse = |text: &str| Settings::parse("settings.toml", text).map_err(|error| error.to_string());
        self.in_force("settings", &self.settings, parse)
            .await?
            .ok_or_else(|| {
                HostError::configuration(
                    "this stack has no settings yet: give it some (infra/README.md, settings)",
                )
            })
    }

    async fn rules(&self) -> Result<Option<Arc<RuleBook>>, HostError> {
        let parse = |text: &str| RuleBook::parse("rules.yaml", text).map_err(|error| error.to_string());
        self.in_force("rules", &self.rules, parse).await
    }

    /// The text of a kind in force, as it was parsed last where its version is the same.
    async fn in_force<T>(
        &self,
        kind: &str,
        known: &Mutex<Option<(String, Arc<T>)>>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Arc<T>>, HostError> {
        let Some(version) = self.store.in_force(kind).await? else {
            return Ok(None);
        };
        let mut known = known.lock().await;
        if let Some((of, value)) = known.as_ref()
            && *of == version
        {
            return Ok(Some(Arc::clone(value)));
        }
        let text = self.store.version(kind, &version).await?.ok_or_else(|| {
            HostError::configuration(format!(
                "the {kind} {version} are in force and their text is gone: import them again"
            ))
        })?;
        let value = parse(&text).map_err(|error| {
            HostError::configuration(format!("the {kind} {version} cannot be used: {error}"))
        })?;
        let value = Arc::new(value);
        *known = Some((version, Arc::clone(&value)));
        Ok(Some(value))
    }
}

fn queue_urls(name: &str) -> Result<QueueUrls, HostError> {
    Ok(QueueUrls {
        queue: environment::required(&format!("{name}_QUEUE_URL"))?,
        dead_letters: environment::optional(&format!("{name}_DEAD_LETTERS_URL")).unwrap_or_default(),
    })
}
