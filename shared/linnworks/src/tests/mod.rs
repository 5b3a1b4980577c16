//! A small scripted server, a clock that does not wait and a vault in memory.

mod authorization;
mod conversion;
mod faults;
mod open_orders;
mod paging;
mod reading;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::OrderId;
use jiff::Timestamp;
use ports::{Clock, StoreError, StoredSecret, TokenVault, Window};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::{Linnworks, LinnworksConfig};

/// 2026-05-05T00:00:00Z
pub const START: i64 = 1_777_939_200;

/// What a request was.
#[derive(Clone, Debug)]
pub struct Call {
    pub verb: String,
    pub method: String,
    pub query: String,
    pub token: String,
    pub agent: String,
    pub body: Value,
}

/// What is answered.
pub struct Reply(pub u16, pub Vec<(&'static str, String)>, pub String);

impl Reply {
    pub fn json(value: &Value) -> Self {
        Self(200, Vec::new(), value.to_string())
    }
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self(status, Vec::new(), body.into())
    }
}

type Script = Box<dyn Fn(&Call) -> Reply + Send + Sync>;

/// A server on a free port of loopback.
pub struct Fake {
    pub url: String,
    calls: Mutex<Vec<Call>>,
    script: Script,
}

impl Fake {
    /// Answers authorizations itself (token `session-1`, `session-2` ...) and everything else by the script.
    pub async fn start(script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Self::start_raw(Box::new(script)).await
    }

    async fn start_raw(script: Script) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Arc::new(Self {
            url,
            calls: Mutex::default(),
            script,
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&fake));
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.calls
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.method == method)
            .cloned()
            .collect()
    }

    pub fn count(&self, method: &str) -> usize {
        self.calls(method).len()
    }

    pub fn count_all(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

async fn answer(
    State(fake): State<Arc<Fake>>,
    verb: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
            .to_owned()
    };
    let call = Call {
        verb: verb.to_string(),
        method: uri.path().trim_start_matches("/api/").to_owned(),
        query: uri.query().unwrap_or("").to_owned(),
        token: header("authorization"),
        agent: header("user-agent"),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    fake.calls.lock().unwrap().push(call.clone());
    let mut reply = (fake.script)(&call);
    if call.method == AUTHORIZE && reply.0 == 0 {
        let session = format!("session-{}", fake.count(AUTHORIZE));
        reply = Reply::json(
            &json!({"Token": session, "Server": fake.url, "TTL": 3600, "Status": {"State": "AVAILABLE"}}),
        );
    }
    let mut headers = HeaderMap::new();
    for (name, value) in reply.1 {
        headers.insert(name, value.parse().unwrap());
    }
    (StatusCode::from_u16(reply.0).unwrap(), headers, reply.2).into_response()
}

pub const AUTHORIZE: &str = "Auth/AuthorizeByApplication";
pub const SEARCH: &str = "ProcessedOrders/SearchProcessedOrders";
pub const BY_ID: &str = "Orders/GetOrdersById";

/// Lets the fake authorize by itself.
pub fn by_default() -> Reply {
    Reply::text(0, "")
}

/// A clock on which sleeping is instant.
pub struct TestClock {
    millisecond: AtomicI64,
    pub sleeps: Mutex<Vec<Duration>>,
}

impl TestClock {
    pub fn advance(&self, duration: Duration) {
        self.millisecond
            .fetch_add(i64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millisecond.load(Ordering::SeqCst)).unwrap()
    }
    async fn sleep(&self, duration: Duration) {
        self.sleeps.lock().unwrap().push(duration);
        self.advance(duration);
        tokio::task::yield_now().await;
    }
}

/// A vault in memory.
#[derive(Default)]
pub struct TestVault {
    secrets: Mutex<HashMap<String, StoredSecret>>,
    /// Every access fails.
    pub is_broken: bool,
}

impl TestVault {
    fn check(&self) -> Result<(), StoreError> {
        if self.is_broken {
            return Err(StoreError::Medium {
                place: "vault".into(),
                cause: "no medium".into(),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl TokenVault for TestVault {
    async fn read(&self, name: &str) -> Result<Option<StoredSecret>, StoreError> {
        self.check()?;
        Ok(self.secrets.lock().unwrap().get(name).cloned())
    }
    async fn write(
        &self,
        name: &str,
        value: &SecretString,
        replaces: u64,
    ) -> Result<Option<u64>, StoreError> {
        self.check()?;
        let mut secrets = self.secrets.lock().unwrap();
        if secrets.get(name).map_or(0, |stored| stored.version) != replaces {
            return Ok(None);
        }
        secrets.insert(
            name.to_owned(),
            StoredSecret {
                value: value.clone(),
                version: replaces + 1,
            },
        );
        Ok(Some(replaces + 1))
    }
    async fn take_lease(&self, _: &str, _: &str, _: Duration) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn release_lease(&self, _: &str, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A connector at a fake, with its clock and vault.
pub struct Bench {
    pub source: Linnworks,
    pub clock: Arc<TestClock>,
    pub vault: Arc<TestVault>,
    pub config: LinnworksConfig,
}

impl Bench {
    pub fn new(fake: &Fake) -> Self {
        Self::with(fake, |_| ())
    }

    pub fn with(fake: &Fake, change: impl FnOnce(&mut LinnworksConfig)) -> Self {
        let mut config = config(&fake.url);
        change(&mut config);
        Self::with_vault(config, Arc::default())
    }

    pub fn with_vault(config: LinnworksConfig, vault: Arc<TestVault>) -> Self {
        let clock = Arc::new(TestClock {
            millisecond: AtomicI64::new((START + 86_400) * 1_000),
            sleeps: Mutex::default(),
        });
        let source = Linnworks::new(
            config.clone(),
            Arc::<TestClock>::clone(&clock),
            Arc::<TestVault>::clone(&vault),
        )
        .unwrap();
        Self {
            source,
            clock,
            vault,
            config,
        }
    }
}

pub fn config(url: &str) -> LinnworksConfig {
    let mut config = LinnworksConfig::new(
        "app-id",
        SecretString::from("app-secret-sentinel"),
        SecretString::from("install-token-sentinel"),
        Url::parse(url).unwrap(),
    );
    config.allow_loopback = true;
    config
}

/// The day that the fixtures are about.
pub fn day() -> Window {
    Window {
        from: Timestamp::from_second(START).unwrap(),
        to: Timestamp::from_second(START + 86_399).unwrap(),
    }
}

pub fn id(number: u64) -> OrderId {
    OrderId(Uuid::from_u128(u128::from(number)))
}

/// A page of the search.
pub fn page(number: u64, size: u64, total: u64, rows: &[Value]) -> Reply {
    Reply::json(&json!({"ProcessedOrders": {
        "PageNumber": number, "EntriesPerPage": size, "TotalEntries": total,
        "TotalPages": total.div_ceil(size.max(1)), "Data": rows,
    }}))
}

/// A row of the search.
pub fn row(number: u64, processed_on: &str) -> Value {
    json!({
        "pkOrderID": id(number).to_string().to_uppercase(), "nOrderId": number, "dProcessedOn": processed_on,
        "fTotalCharge": 27.99, "fTax": 4.665, "Subtotal": 23.325, "fPostageCost": 0.0, "TotalDiscount": 0.0, "nStatus": 1,
        "cCurrency": "GBP", "ReferenceNum": format!("REF-{number}"), "SecondaryReference": "", "HoldOrCancel": false,
        "IsResend": false, "IsExchange": false, "dCancelledOn": "0001-01-01T00:00:00Z", "cFullName": "Name Sentinel",
    })
}

/// An order of GetOrdersById as JSON text, one line of 20.00 with tax of 20 % and no postage.
pub fn order(number: u64) -> String {
    include_str!("order.json")
        .replace("ORDER_ID", &id(number).to_string())
        .replace("\"ORDER_NUMBER\"", &number.to_string())
}

/// The headers of orders as the search tells them.
pub fn headers(numbers: impl IntoIterator<Item = u64>) -> Vec<ports::OrderHeader> {
    let header = |number| {
        let wire = serde_json::from_str(&row(number, "2026-05-05T10:00:00Z").to_string()).unwrap();
        crate::header::convert_header(&wire).unwrap()
    };
    numbers.into_iter().map(header).collect()
}

/// The ids that a GetOrdersById asks for.
pub fn asked_ids(call: &Call) -> Vec<u64> {
    let ids = call.body["pkOrderIds"].as_array().cloned().unwrap_or_default();
    let number = |id: &Value| Uuid::parse_str(id.as_str().unwrap()).unwrap().as_u128() as u64;
    ids.iter().map(number).collect()
}
