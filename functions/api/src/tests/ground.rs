//! One stack with its API, served on loopback.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use jiff::{SignedDuration, ToSpan};
use ports::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulators::linnworks::LinnworksSimulator;
use simulators::quickbooks_online::{CompanySeed, ItemSeed, QuickBooksOnlineSimulator};
use simulators::time::SimulatedTime;
use simulators::world::{World, WorldOptions};
use stack::{Description, Stack};
use store_aws::{Connection, keys};

use super::emulators;
use crate::api::Api;
use crate::routes::router;

const SETTINGS: &str = r#"
[document]
type = "sales_receipt"
[customer]
mode = "store_name_and_currency"
[shipping]
item = "Shipping"
[rounding]
item = "Rounding"
tax_code = "No VAT"
[tax.codes]
"20" = "20.0% S"
"0" = "0.0% Z"
"#;

/// Everything a test needs.
pub struct Ground {
    pub address: String,
    pub stack: Arc<Stack>,
    pub world: World,
    pub requests_queue: String,
    pub sqs: aws_sdk_sqs::Client,
    pub quickbooks: QuickBooksOnlineSimulator,
    pub linnworks: LinnworksSimulator,
    _emulator: emulators::Emulator,
    client: reqwest::Client,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: String,
    pub etag: Option<String>,
    pub body: Value,
}

impl Ground {
    /// A stack of a seller with so many orders; settings are not in force yet.
    pub async fn new(orders: u32) -> Self {
        let time = SimulatedTime::new();
        let until = time.now().checked_sub(SignedDuration::from_mins(1)).unwrap();
        let options = WorldOptions {
            orders_count: orders,
            until,
            ..WorldOptions::default().without_anomalies()
        };
        let world = World::generate(5, options);
        let linnworks = LinnworksSimulator::start(world.order_values(), time.clone())
            .await
            .unwrap();
        let mut company = CompanySeed::united_kingdom();
        company.preferences.custom_txn_numbers = true;
        company.items.extend(
            world
                .items
                .iter()
                .map(|item| ItemSeed::non_inventory(&item.title, &item.sku)),
        );
        let quickbooks = QuickBooksOnlineSimulator::start(company, time.clone())
            .await
            .unwrap();
        let emulator = emulators::start_ministack();
        let connection = connect(&emulator.url()).await;
        make_table(&connection.dynamodb()).await;
        let sqs = connection.sqs();
        let mut queues = Vec::new();
        for name in [
            "orders",
            "postings",
            "requests",
            "orders-dead-letters",
            "postings-dead-letters",
        ] {
            let made = sqs.create_queue().queue_name(name).send().await.unwrap();
            queues.push(made.queue_url.unwrap());
        }
        put_secrets(&connection, &linnworks, &quickbooks).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let description = Description {
            public_url: Some(address.clone()),
            ..describe(&queues, &linnworks, &quickbooks)
        };
        let open = || Stack::open(description.clone(), &connection, Arc::new(SystemClock));
        serve(listener, Api::of(open()));
        Self {
            address,
            stack: Arc::new(open()),
            world,
            requests_queue: queues.remove(2),
            sqs,
            quickbooks,
            linnworks,
            _emulator: emulator,
            client: reqwest::Client::new(),
        }
    }

    /// The settings of the test, with the start date that lets all orders in.
    pub fn settings(&self) -> String {
        let start = jiff::Zoned::now().date().saturating_sub(60.days());
        format!("[start]\nstart_date = \"{start}\"\n{SETTINGS}")
    }

    /// Puts the settings in force.
    pub async fn with_settings(self) -> Self {
        let body = json!({ "text": self.settings() });
        let headers = [("if-none-match", "*")];
        let answer = self
            .send(Method::PUT, "/v1/settings", "admin", &headers, Some(&body))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self
    }

    /// Sends a request with a scope (empty: without any) and returns the answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        scope: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.address));
        if !scope.is_empty() {
            request = request.header("x-linnbooks-test-scopes", format!("linnbooks/{scope}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "read", &[], None).await
    }

    /// A POST of an operator under an idempotency key.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(
            Method::POST,
            path,
            "operate",
            &[("idempotency-key", key)],
            Some(body),
        )
        .await
    }

    /// Sends a body of any kind, as an admin with everything else in order.
    pub async fn send_raw(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.address));
        let request = request
            .header("x-linnbooks-test-scopes", "linnbooks/admin")
            .header("idempotency-key", "raw")
            .header("if-none-match", "*")
            .header("content-type", content_type);
        read(request.body(body).send().await.unwrap()).await
    }

    /// Fetches and posts everything, as the other functions do.
    pub async fn run(&self) {
        let core = self.stack.core().await.unwrap();
        let source = stack::account::open(&self.stack, &core.settings).await.unwrap();
        let books = stack::company::open(&self.stack, &core.settings).await.unwrap();
        let run = pipeline::sync::sync(&core, &source, &books, &pipeline::fetch::FetchRequest::default())
            .await
            .unwrap();
        assert!(run.stopped_by.is_none(), "{:?}", run.stopped_by);
    }

    /// Bodies of the requests on the queue, taken from it.
    pub async fn requests(&self) -> Vec<Value> {
        let answer = self
            .sqs
            .receive_message()
            .queue_url(&self.requests_queue)
            .max_number_of_messages(10)
            .send()
            .await;
        let messages = answer.unwrap().messages.unwrap_or_default();
        messages
            .iter()
            .map(|one| serde_json::from_str(one.body().unwrap()).unwrap())
            .collect()
    }
}

async fn read(response: reqwest::Response) -> Answer {
    let text = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert!(
        text("x-request-id").is_some(),
        "an answer without the id of its request"
    );
    let (content_type, etag) = (text("content-type").unwrap_or_default(), text("etag"));
    let status = response.status();
    let body = response.json().await.unwrap_or(Value::Null);
    Answer {
        status,
        content_type,
        etag,
        body,
    }
}

fn serve(listener: tokio::net::TcpListener, api: Api) {
    tokio::spawn(async move { axum::serve(listener, router(api)).await });
}

async fn connect(url: &str) -> Connection {
    let key = emulators::ACCESS_KEY;
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(emulators::REGION))
        .credentials_provider(Credentials::new(key, key, None, None, "tests"))
        .endpoint_url(url)
        .load()
        .await;
    Connection::on(&config)
}

/// The table of the template.
async fn make_table(client: &aws_sdk_dynamodb::Client) {
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .unwrap()
    };
    let projection = Projection::builder()
        .projection_type(ProjectionType::KeysOnly)
        .build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(keys::INDEX)
        .key_schema(key(keys::INDEX_PARTITION, KeyType::Hash))
        .projection(projection);
    let mut table = client
        .create_table()
        .table_name("table")
        .billing_mode(BillingMode::PayPerRequest);
    for name in [keys::PARTITION, keys::SORT, keys::INDEX_PARTITION] {
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S);
        table = table.attribute_definitions(attribute.build().unwrap());
    }
    table
        .key_schema(key(keys::PARTITION, KeyType::Hash))
        .key_schema(key(keys::SORT, KeyType::Range))
        .global_secondary_indexes(index.build().unwrap())
        .send()
        .await
        .unwrap();
}

async fn put_secrets(
    connection: &Connection,
    linnworks: &LinnworksSimulator,
    quickbooks: &QuickBooksOnlineSimulator,
) {
    let (source, books) = (linnworks.credentials(), quickbooks.credentials());
    let secrets = [
        (
            "linnworks",
            json!({"application_id": source.application_id, "application_secret": source.application_secret, "token": source.token}),
        ),
        (
            "quickbooks",
            json!({"client_id": books.client_id, "client_secret": books.client_secret, "realm_id": books.realm_id,
                "refresh_token": books.refresh_token}),
        ),
    ];
    for (name, value) in secrets {
        let secret = connection
            .secrets_manager()
            .create_secret()
            .name(format!("linnbooks/test/{name}"));
        secret.secret_string(value.to_string()).send().await.unwrap();
    }
}

fn describe(
    queues: &[String],
    linnworks: &LinnworksSimulator,
    quickbooks: &QuickBooksOnlineSimulator,
) -> Description {
    Description {
        table: "table".into(),
        orders_queue_url: queues[0].clone(),
        orders_dead_letters_url: queues[3].clone(),
        postings_queue_url: queues[1].clone(),
        postings_dead_letters_url: queues[4].clone(),
        requests_queue_url: queues[2].clone(),
        secrets_prefix: "linnbooks/test/".into(),
        payload_days: 30,
        linnworks_auth_url: Some(linnworks.address()),
        quickbooks_api_url: Some(quickbooks.address()),
        quickbooks_token_url: Some(format!("{}/oauth2/v1/tokens/bearer", quickbooks.address())),
        quickbooks_authorize_url: Some(format!("{}/connect/oauth2", quickbooks.address())),
        quickbooks_revoke_url: Some(format!("{}/v2/oauth2/tokens/revoke", quickbooks.address())),
        public_url: None,
        allow_loopback: true,
        quickbooks_shares: 1,
        function_life_max: Duration::from_secs(960),
    }
}
