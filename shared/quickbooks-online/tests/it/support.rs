//! A scripted HTTP server, a clock that jumps, a vault in memory, and documents.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{
    AccountingDocument, Currency, CustomerRef, DocNumber, DocumentKey, DocumentKind, DocumentLine,
    DocumentTax, ExchangeRate, ItemLine, ItemRef, LineRole, ListId, ListRef, Marker, Money, OrderId,
    PaymentPlan, RealmId, TaxForm, TransactionId, TransactionKind,
};
use jiff::{SignedDuration, Timestamp};
use ports::{Books, Clock, FrozenCall, StoreError, StoredSecret, Submission, TokenVault};
use quickbooks_online::{QuickBooksConfig, QuickBooksOnline};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const REALM: &str = "4620816365000000000";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub fn is_token(&self) -> bool {
        self.path() == "/token"
    }

    pub fn bearer(&self) -> &str {
        self.headers["authorization"].strip_prefix("Bearer ").unwrap()
    }
}

/// What the server does.
pub enum Reply {
    Answer(u16, &'static str, String),
    /// With one more header.
    With(u16, (&'static str, &'static str), String),
    /// Takes the request, then closes without a word.
    Drop,
    /// Says a longer body than it sends.
    Truncate(String),
}

pub fn json(status: u16, body: impl Into<String>) -> Reply {
    Reply::Answer(status, "application/json;charset=UTF-8", body.into())
}

pub fn fault(status: u16, code: &str, detail: &str) -> Reply {
    let body = serde_json::json!({"Fault": {"Error": [{"Message": "m", "Detail": detail, "code": code, "element": ""}],
        "type": "ValidationFault"}, "time": "2026-03-02T01:00:00.000-08:00"});
    json(status, body.to_string())
}

/// The lower-case 401 of the gateway.
pub fn expired() -> Reply {
    json(
        401,
        r#"{"warnings":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired","code":"3200","element":null}],"type":"AUTHENTICATION"},"batchItemResponse":[],"time":1601391072830}"#,
    )
}

pub fn tokens(access: &str, refresh: &str) -> Reply {
    json(
        200,
        format!(
            r#"{{"token_type":"bearer","access_token":"{access}","refresh_token":"{refresh}","expires_in":3600,"x_refresh_token_expires_in":8726400}}"#
        ),
    )
}

/// The server; it ends with the test's runtime.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `handler` gets the request and how many came before it.
    pub async fn start(handler: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, handler) = (Arc::clone(&requests), Arc::new(handler));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
                tokio::spawn(async move { serve(stream, &log, handler.as_ref()).await });
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The requests that are not for tokens.
    pub fn api_requests(&self) -> Vec<Request> {
        self.requests()
            .into_iter()
            .filter(|request| !request.is_token())
            .collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    handler: &(dyn Fn(&Request, usize) -> Reply + Send + Sync),
) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let before = {
        let mut log = log.lock().unwrap();
        log.push(request.clone());
        log.len() - 1
    };
    let (status, header, content_type, body, extra) = match handler(&request, before) {
        Reply::Answer(status, content_type, body) => (status, None, content_type, body, 0),
        Reply::With(status, header, body) => (status, Some(header), "application/json", body, 0),
        Reply::Truncate(body) => (200, None, "application/json", body, 10),
        Reply::Drop => return,
    };
    let header = header
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .unwrap_or_default();
    let text = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nintuit_tid: tid-{before}\r\n{header}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len() + extra
    );
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0u8; 65536];
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let mut lines = head.split("\r\n");
            let mut first = lines.next().unwrap().split(' ');
            let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
            let headers: BTreeMap<String, String> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length: usize = headers
                .get("content-length")
                .map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).unwrap();
                return Some(Request {
                    method,
                    target,
                    headers,
                    body,
                });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A clock that jumps instead of waiting.
pub struct FakeClock {
    now: Mutex<Timestamp>,
    pub slept: Mutex<Vec<Duration>>,
}

impl FakeClock {
    pub fn new() -> Arc<Self> {
        let now = Mutex::new("2026-03-02T09:00:00Z".parse().unwrap());
        Arc::new(Self {
            now,
            slept: Mutex::new(Vec::new()),
        })
    }

    pub fn advance(&self, duration: SignedDuration) {
        let mut now = self.now.lock().unwrap();
        *now = now.checked_add(duration).unwrap();
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.slept.lock().unwrap().push(duration);
        self.advance(SignedDuration::try_from(duration).unwrap());
        tokio::task::yield_now().await;
    }
}

/// A vault in memory that remembers what was written when.
#[derive(Default)]
pub struct MemoryVault {
    secrets: Mutex<BTreeMap<String, (String, u64)>>,
    leases: Mutex<BTreeMap<String, String>>,
    pub fails: Mutex<bool>,
    pub written: Mutex<Vec<String>>,
}

impl MemoryVault {
    pub fn name() -> String {
        format!("quickbooks-token-{REALM}")
    }

    /// With tokens that hold for an hour.
    pub fn connected() -> Arc<Self> {
        Self::holding("A0", "R0", "2026-03-02T10:00:00Z")
    }

    pub fn holding(access: &str, refresh: &str, expires: &str) -> Arc<Self> {
        let vault = Self::default();
        vault.put(&token_json(access, refresh, expires, REALM));
        Arc::new(vault)
    }

    pub fn put(&self, text: &str) {
        let mut secrets = self.secrets.lock().unwrap();
        let version = secrets.get(&Self::name()).map_or(0, |(_, version)| *version);
        secrets.insert(Self::name(), (text.to_owned(), version + 1));
    }

    pub fn text(&self) -> String {
        self.secrets
            .lock()
            .unwrap()
            .get(&Self::name())
            .map(|(text, _)| text.clone())
            .unwrap_or_default()
    }

    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    pub fn lend(&self, holder: &str) {
        self.leases
            .lock()
            .unwrap()
            .insert(Self::name(), holder.to_owned());
    }

    pub fn has_lease(&self) -> bool {
        !self.leases.lock().unwrap().is_empty()
    }
}

pub fn token_json(access: &str, refresh: &str, expires: &str, realm: &str) -> String {
    serde_json::json!({"realm_id": realm, "access_token": access, "access_expires_at": expires, "refresh_token": refresh})
        .to_string()
}

#[async_trait]
impl TokenVault for MemoryVault {
    async fn read(&self, name: &str) -> Result<Option<StoredSecret>, StoreError> {
        let secrets = self.secrets.lock().unwrap();
        Ok(secrets.get(name).map(|(text, version)| StoredSecret {
            value: SecretString::from(text.clone()),
            version: *version,
        }))
    }

    async fn write(
        &self,
        name: &str,
        value: &SecretString,
        replaces: u64,
    ) -> Result<Option<u64>, StoreError> {
        if *self.fails.lock().unwrap() {
            return Err(StoreError::Medium {
                place: "vault".into(),
                cause: "disk full".into(),
            });
        }
        let mut secrets = self.secrets.lock().unwrap();
        if secrets.get(name).map_or(0, |(_, version)| *version) != replaces {
            return Ok(None);
        }
        self.written
            .lock()
            .unwrap()
            .push(value.expose_secret().to_owned());
        secrets.insert(name.to_owned(), (value.expose_secret().to_owned(), replaces + 1));
        Ok(Some(replaces + 1))
    }

    async fn take_lease(&self, name: &str, holder: &str, _: Duration) -> Result<bool, StoreError> {
        let mut leases = self.leases.lock().unwrap();
        let owner = leases.entry(name.to_owned()).or_insert_with(|| holder.to_owned());
        Ok(owner == holder)
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let mut leases = self.leases.lock().unwrap();
        if leases.get(name).is_some_and(|owner| owner == holder) {
            leases.remove(name);
        }
        Ok(())
    }
}

pub fn config(url: &str) -> QuickBooksConfig {
    let mut config = QuickBooksConfig::new(
        "client",
        SecretString::from("client-secret"),
        Some(SecretString::from("FIRST")),
        RealmId::new(REALM),
    );
    config.api_url = url.to_owned();
    config.token_url = format!("{url}/token");
    config.allow_loopback = true;
    config
}

/// A connector with valid tokens.
pub fn connect(server: &Server) -> QuickBooksOnline {
    QuickBooksOnline::new(config(&server.url), FakeClock::new(), MemoryVault::connected()).unwrap()
}

pub fn gbp() -> Currency {
    Currency::parse("GBP").unwrap()
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn list_ref(id: &str) -> ListRef {
    ListRef {
        id: ListId::new(id),
        name: format!("name of {id}"),
    }
}

pub fn marker(number: u128) -> Marker {
    Marker {
        key: DocumentKey::order(OrderId(uuid::Uuid::from_u128(number))),
        revision: 1,
    }
}

/// The worked order of quickbooks-online.md 3.26: 2 x 9.99 + 4.02 post, 20 %.
pub fn document(number: &str) -> AccountingDocument {
    let line = |role, item, quantity: Option<&str>, price: Option<&str>, amount: &str, gross: &str| {
        DocumentLine::Item(Box::new(ItemLine {
            role,
            item,
            description: quantity.map(|_| "Widget A".to_owned()),
            quantity: quantity.map(decimal),
            unit_price: price.map(decimal),
            amount: decimal(amount),
            tax_code: Some(list_ref("3")),
            tax_inclusive_amount: Some(decimal(gross)),
            class: None,
        }))
    };
    AccountingDocument {
        kind: DocumentKind::SalesReceipt,
        doc_number: Some(DocNumber::parse(number).unwrap()),
        date: "2026-03-02".parse().unwrap(),
        customer: CustomerRef::Existing(list_ref("61")),
        currency: gbp(),
        exchange_rate: ExchangeRate::Home,
        billing_address: None,
        shipping_address: None,
        email: None,
        deposit_account: Some(list_ref("140")),
        payment_method: Some(list_ref("8")),
        payment_reference: Some("026-1234567-1234567".into()),
        class: None,
        department: Some(list_ref("2")),
        ship_date: Some("2026-03-03".parse().unwrap()),
        ship_method: Some("Royal Mail 48".into()),
        tracking_number: Some("XY123456789GB".into()),
        customer_memo: None,
        private_note: String::new(),
        lines: vec![
            line(
                LineRole::Row(domain::RowId(uuid::Uuid::nil())),
                ItemRef::Existing(list_ref("19")),
                Some("2"),
                Some("8.3250"),
                "16.65",
                "19.98",
            ),
            line(
                LineRole::Shipping,
                ItemRef::BuiltInShipping,
                None,
                None,
                "3.35",
                "4.02",
            ),
        ],
        tax: DocumentTax {
            form: TaxForm::Inclusive,
            total_tax: decimal("4.00"),
            lines: Vec::new(),
        },
        total: Money::new(decimal("24.00"), gbp()),
    }
}

pub fn invoice(number: &str) -> AccountingDocument {
    let mut document = document(number);
    document.kind = DocumentKind::Invoice {
        terms: Some(list_ref("4")),
        due_date: Some("2026-04-01".parse().unwrap()),
        payment: Some(PaymentPlan {
            date: "2026-03-05".parse().unwrap(),
            reference: "026-1234567-1234567".into(),
            deposit_account: Some(list_ref("140")),
            payment_method: Some(list_ref("8")),
        }),
    };
    document
}

pub fn submit(document: &AccountingDocument, kind: TransactionKind, number: u128) -> Submission<'_> {
    let invoice = (kind == TransactionKind::Payment).then(|| TransactionId::new("701"));
    Submission {
        marker: marker(number),
        kind,
        document,
        invoice,
        customer: ListId::new("61"),
    }
}

pub fn freeze_one(books: &QuickBooksOnline) -> FrozenCall {
    let document = document("LW1");
    books
        .freeze(&[submit(&document, TransactionKind::SalesReceipt, 1)])
        .unwrap()
}

/// Three sales receipts LW1 to LW3 in one batch.
pub fn freeze_batch(books: &QuickBooksOnline) -> FrozenCall {
    let documents = [document("LW1"), document("LW2"), document("LW3")];
    let submissions: Vec<Submission<'_>> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| submit(document, TransactionKind::SalesReceipt, index as u128 + 1))
        .collect();
    books.freeze(&submissions).unwrap()
}

/// A sales receipt as QuickBooks answers it.
pub fn receipt(id: &str, number: &str) -> String {
    format!(
        r#"{{"domain":"QBO","sparse":false,"Id":"{id}","SyncToken":"0","DocNumber":"{number}","TxnDate":"2026-03-02","CurrencyRef":{{"value":"GBP","name":"British Pound Sterling"}},"PrivateNote":"note","TxnTaxDetail":{{"TotalTax":4.0}},"CustomerRef":{{"value":"61"}},"TotalAmt":24.0,"Balance":0}}"#
    )
}

pub fn envelope(entity: &str, object: &str) -> String {
    format!(r#"{{"{entity}":{object},"time":"2026-03-02T01:00:00.000-08:00"}}"#)
}

pub fn rows(entity: &str, objects: &[String]) -> Reply {
    let list = if objects.is_empty() {
        String::new()
    } else {
        format!(
            r#""{entity}":[{}],"startPosition":1,"maxResults":{}"#,
            objects.join(","),
            objects.len()
        )
    };
    json(
        200,
        format!(r#"{{"QueryResponse":{{{list}}},"time":"2026-03-02T00:59:00.000-08:00"}}"#),
    )
}
