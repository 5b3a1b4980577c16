//! A table, queues and secrets for one case, on emulators.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use store_aws::{Connection, DynamoStore, QueueUrls, SecretsVault, SqsQueue, keys};

use crate::contract::{ManualClock, Subject};
use crate::emulators;

/// Deliveries before SQS moves a message to the dead letters, as the template has it.
pub const DELIVERIES_MAX: u32 = 5;

/// Where the services are.
#[derive(Clone)]
pub struct Endpoints {
    pub dynamodb: String,
    /// SQS and Secrets Manager; `None` where a test needs only the table.
    pub others: Option<String>,
}

/// Clients at an endpoint.
pub async fn connect(url: &str) -> Connection {
    Connection::on(&config(url).await)
}

pub async fn config(url: &str) -> SdkConfig {
    let key = emulators::ACCESS_KEY;
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(emulators::REGION))
        .credentials_provider(Credentials::new(key, key, None, None, "tests"))
        .endpoint_url(url)
        .load()
        .await
}

/// A name that nothing else has.
pub fn unique(name: &str) -> String {
    format!("{name}-{}", uuid::Uuid::new_v4().simple())
}

/// Makes a table of the layout of `keys`.
pub async fn make_table(client: &aws_sdk_dynamodb::Client) -> String {
    let name = unique("table");
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .unwrap()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name(keys::INDEX)
        .key_schema(key(keys::INDEX_PARTITION, KeyType::Hash))
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::KeysOnly)
                .build(),
        )
        .build()
        .unwrap();
    client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(keys::PARTITION))
        .attribute_definitions(attribute(keys::SORT))
        .attribute_definitions(attribute(keys::INDEX_PARTITION))
        .key_schema(key(keys::PARTITION, KeyType::Hash))
        .key_schema(key(keys::SORT, KeyType::Range))
        .global_secondary_indexes(index)
        .send()
        .await
        .unwrap();
    name
}

/// Makes a queue with its dead-letter queue.
pub async fn make_queue(client: &aws_sdk_sqs::Client, name: &str) -> QueueUrls {
    let made = client
        .create_queue()
        .queue_name(unique(&format!("{name}-dead")))
        .send()
        .await
        .unwrap();
    let dead_letters = made.queue_url.unwrap();
    let attributes = client
        .get_queue_attributes()
        .queue_url(&dead_letters)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .unwrap();
    let arn = attributes.attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
    let redrive = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"{DELIVERIES_MAX}"}}"#);
    let made = client
        .create_queue()
        .queue_name(unique(name))
        .attributes(QueueAttributeName::RedrivePolicy, redrive)
        .send()
        .await
        .unwrap();
    QueueUrls {
        queue: made.queue_url.unwrap(),
        dead_letters,
    }
}

/// Everything on emulators, empty.
pub struct Ground {
    pub store: DynamoStore,
    pub queue: SqsQueue,
    pub vault: SecretsVault,
    pub clock: Arc<ManualClock>,
    pub table: String,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
    pub orders: QueueUrls,
    pub prefix: String,
}

impl Ground {
    pub async fn new(endpoints: &Endpoints) -> Self {
        let dynamodb = connect(&endpoints.dynamodb).await.dynamodb();
        let others = connect(endpoints.others.as_ref().unwrap_or(&endpoints.dynamodb)).await;
        let (sqs, secrets) = (others.sqs(), others.secrets_manager());
        let table = make_table(&dynamodb).await;
        let (orders, postings) = match endpoints.others {
            Some(_) => (
                make_queue(&sqs, "orders").await,
                make_queue(&sqs, "postings").await,
            ),
            None => {
                let none = QueueUrls {
                    queue: String::new(),
                    dead_letters: String::new(),
                };
                (none.clone(), none)
            }
        };
        let clock = Arc::new(ManualClock::new());
        let prefix = format!("{}/", unique("linnbooks"));
        Self {
            store: DynamoStore::new(dynamodb.clone(), &table, clock.clone()),
            queue: SqsQueue::new(sqs.clone(), clock.clone(), orders.clone(), postings),
            vault: SecretsVault::new(secrets.clone(), dynamodb.clone(), &table, &prefix, clock.clone()),
            clock,
            table,
            dynamodb,
            sqs,
            secrets,
            orders,
            prefix,
        }
    }

    /// As the contract takes it.
    pub fn subject(self) -> Subject {
        Subject {
            store: Arc::new(self.store),
            queue: Arc::new(self.queue),
            vault: Arc::new(self.vault),
            clock: self.clock,
            _ground: Box::new(()),
        }
    }

    /// A queue that waits for a first message.
    pub fn waiting_queue(&self, seconds: u64) -> SqsQueue {
        self.queue.clone().waiting(Duration::from_secs(seconds))
    }
}
