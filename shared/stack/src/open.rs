//! The store, the queues and the vault of a stack, and its settings and rules in force.
//!
//! In: a description, clients of AWS, a clock. Out: the core of the use cases. Clients are made once; another version of the settings or
//! rules is taken up by the next call.

use std::sync::Arc;

use mapping::Settings;
use pipeline::{Core, RuleBook, RunError};
use ports::{Clock, Run, RunId, RunKind, RunLog, Store, StoreError, Wanted};
use store_aws::{Connection, DynamoStore, QueueUrls, RequestsQueue, SecretsVault, SqsQueue};
use tokio::sync::Mutex;

use crate::configuration;
use crate::description::Description;

/// What was parsed last, with its version.
type Known<T> = Mutex<Option<(String, Arc<T>)>>;

/// One stack.
pub struct Stack {
    description: Description,
    store: DynamoStore,
    queue: Arc<SqsQueue>,
    requests: RequestsQueue,
    vault: SecretsVault,
    clock: Arc<dyn Clock>,
    settings: Known<Settings>,
    rules: Known<RuleBook>,
}

impl Stack {
    /// Makes the clients; asks nothing.
    pub fn open(description: Description, connection: &Connection, clock: Arc<dyn Clock>) -> Self {
        let store = DynamoStore::new(connection.dynamodb(), &description.table, Arc::clone(&clock))
            .keeping_payloads(description.payload_days);
        let orders = QueueUrls {
            queue: description.orders_queue_url.clone(),
            dead_letters: description.orders_dead_letters_url.clone(),
        };
        let postings = QueueUrls {
            queue: description.postings_queue_url.clone(),
            dead_letters: description.postings_dead_letters_url.clone(),
        };
        let queue = SqsQueue::new(connection.sqs(), Arc::clone(&clock), orders, postings);
        let requests = RequestsQueue::new(connection.sqs(), &description.requests_queue_url);
        let vault = SecretsVault::new(
            connection.secrets_manager(),
            connection.dynamodb(),
            &description.table,
            &description.secrets_prefix,
            Arc::clone(&clock),
        );
        Self {
            description,
            store,
            queue: Arc::new(queue),
            requests,
            vault,
            clock,
            settings: Mutex::default(),
            rules: Mutex::default(),
        }
    }

    /// Its names and addresses.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The store, for what needs no settings.
    pub fn store(&self) -> &DynamoStore {
        &self.store
    }

    /// Asks `fetch` for orders, in somebody's name and under a run. The run is recorded before it is queued: who is told of it finds it.
    ///
    /// # Errors
    /// Those of the store and the queue; asking again under the same run does no harm.
    pub async fn ask_to_fetch(&self, id: RunId, by: &str, wanted: Wanted) -> Result<(), StoreError> {
        let run = Run::requested(id, RunKind::Fetch, by, wanted.describe(), self.clock.now());
        self.store.put_run(&run).await?;
        let wanted = Wanted {
            run_id: Some(id),
            ..wanted
        };
        let body = serde_json::to_string(&wanted).map_err(|error| StoreError::Unreadable {
            place: "a request to fetch".to_owned(),
            cause: error.to_string(),
        })?;
        self.requests.send(&body).await
    }

    /// Where tokens and leases are.
    pub fn vault(&self) -> &SecretsVault {
        &self.vault
    }

    /// Time.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The core of the use cases, with the settings and rules in force.
    ///
    /// # Errors
    /// Those of the store; settings that were never written, or a text that this version cannot read.
    pub async fn core(&self) -> Result<Core, RunError> {
        let settings = self.settings().await?.ok_or_else(|| {
            configuration(
                "it has no settings yet",
                "Give it some: `linnbooks settings import settings.toml --stack NAME` (infra/README.md, settings)",
            )
        })?;
        Ok(self.core_with(settings, self.rules().await?))
    }

    /// The core with settings and rules of one's own, such as the defaults where none are needed.
    pub fn core_with(&self, settings: Arc<Settings>, rules: Option<Arc<RuleBook>>) -> Core {
        let queue = Arc::<SqsQueue>::clone(&self.queue);
        Core::new(Arc::new(self.store.clone()), queue, self.clock(), settings).with_rules(rules)
    }

    /// The settings in force; `None` before the first.
    ///
    /// # Errors
    /// Those of the store; a text that this version cannot read.
    pub async fn settings(&self) -> Result<Option<Arc<Settings>>, RunError> {
        let parse = |text: &str| Settings::parse("settings.toml", text).map_err(|error| error.to_string());
        self.in_force("settings", &self.settings, parse).await
    }

    /// The rules in force; `None` before the first.
    ///
    /// # Errors
    /// Those of the store; a text that this version cannot read.
    pub async fn rules(&self) -> Result<Option<Arc<RuleBook>>, RunError> {
        let parse = |text: &str| RuleBook::parse("rules.yaml", text).map_err(|error| error.to_string());
        self.in_force("rules", &self.rules, parse).await
    }

    /// The text of a kind in force, as it was parsed last where its version is the same.
    async fn in_force<T>(
        &self,
        kind: &str,
        known: &Known<T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Arc<T>>, RunError> {
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
            configuration(
                format!("the {kind} {version} are in force and their text is gone"),
                "Import them again",
            )
        })?;
        let value = parse(&text).map_err(|error| {
            configuration(
                format!("the {kind} {version} cannot be used: {error}"),
                "Import others, or use the version of linnbooks that took them",
            )
        })?;
        let value = Arc::new(value);
        *known = Some((version, Arc::clone(&value)));
        Ok(Some(value))
    }
}
