//! Linnworks over real HTTP on a loopback port: sessions, the processed-order search, order details, and its faults.
//!
//! In: orders as OrderDetails JSON, a `SimulatedTime`, switches. Out: an address to call and counters to read. Written
//! from linnworks.md 6.3; shares no code with the connector. Does not check permissions, does not serve orders-v2.
//!
//! An order with `Status` 4 is a resend, and an exchange if it also lies in a folder named "Exchange"; OrderDetails has no
//! member for it, search rows do (`IsResend`, `IsExchange`).

mod account;
mod call;
mod details;
mod office;
mod reply;
mod search;
mod service;
mod switches;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use account::Account;
use call::Call;
use reply::{Reply, ReplyBody};
use service::{Moment, Service};
pub use switches::{AccountState, Bound, Counters, Fault, QuotaBody, RandomFaults, Switches};

use crate::time::SimulatedTime;

const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The three secrets of an application installed in the account (linnworks.md 1.1). Invented ones.
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    /// `ApplicationId`.
    pub application_id: String,
    /// `ApplicationSecret`.
    pub application_secret: String,
    /// `Token`, the install token.
    pub token: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            application_id: "11111111-2222-3333-4444-555555555555".to_owned(),
            application_secret: "66666666-7777-8888-9999-aaaaaaaaaaaa".to_owned(),
            token: "bbbbbbbb-cccc-dddd-eeee-ffffffffffff".to_owned(),
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials(..)")
    }
}

/// A running Linnworks; dropping it stops it.
pub struct LinnworksSimulator {
    address: SocketAddr,
    service: Arc<Mutex<Service>>,
    time: SimulatedTime,
    server: JoinHandle<()>,
}

impl LinnworksSimulator {
    /// Starts on a free loopback port, inside the current tokio runtime. Errors: the port cannot be bound.
    pub async fn start(orders: Vec<Value>, time: SimulatedTime) -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), orders, time).await
    }

    /// Starts on the address. Errors: it cannot be bound.
    pub async fn start_on(address: SocketAddr, orders: Vec<Value>, time: SimulatedTime) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let mut account = Account::new(time.now());
        account.add_orders(orders);
        let service = Arc::new(Mutex::new(Service::new(account, address)));
        let server = tokio::spawn(serve(listener, Arc::clone(&service), time.clone()));
        Ok(Self {
            address,
            service,
            time,
            server,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Service> {
        lock(&self.service)
    }

    fn act<T>(&self, act: impl FnOnce(&mut Account) -> T) -> T {
        let mut service = self.lock();
        service.account.now = self.time.now();
        act(&mut service.account)
    }

    /// `http://127.0.0.1:PORT`, for authentication and data alike.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The secrets that authentication accepts.
    pub fn credentials(&self) -> Credentials {
        self.lock().credentials.clone()
    }

    /// Changes behaviour from the next request on.
    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.lock().switches);
    }

    /// Requests since the start or the last reset.
    pub fn counters(&self) -> Counters {
        self.lock().counters
    }

    /// Starts counting again.
    pub fn reset_counters(&self) {
        self.lock().counters = Counters::default();
    }

    /// Makes the next request of a method ("Orders/GetOrdersById", in any case; "" for any) go wrong once. Several
    /// planned faults befall one request each, in the order they were planned.
    pub fn fail_next(&self, method: &str, fault: Fault) {
        self.lock().faults.push((method.to_ascii_lowercase(), fault));
    }

    /// Does something to the account just before the request that makes `Counters::total` reach `number` is answered.
    pub fn on_request(&self, number: u64, action: impl FnOnce(&mut Account) + Send + 'static) {
        self.lock()
            .actions
            .push((Moment::Request(number), Box::new(action)));
    }

    /// Does something to the account just before the request that makes `Counters::search` reach `number` is answered:
    /// with 2, between the first page and the second.
    pub fn on_search(&self, number: u64, action: impl FnOnce(&mut Account) + Send + 'static) {
        self.lock()
            .actions
            .push((Moment::Search(number), Box::new(action)));
    }

    /// Adds orders, or replaces those with the same `OrderId`.
    pub fn add_orders(&self, orders: Vec<Value>) {
        self.act(|account| account.add_orders(orders));
    }

    /// Changes the OrderDetails JSON of an order; false if there is no such order. The simulator waits meanwhile: the
    /// change must not call it.
    pub fn edit_order(&self, id: &str, edit: impl FnOnce(&mut Value)) -> bool {
        self.act(|account| account.edit_order(id, edit))
    }

    /// Cancels an order now; false if there is no such order.
    pub fn cancel_order(&self, id: &str) -> bool {
        self.act(|account| account.cancel_order(id))
    }

    /// Processes an open order now; false if there is no such order.
    pub fn process_order(&self, id: &str) -> bool {
        self.act(|account| account.process_order(id))
    }

    /// Makes an order vanish; false if there is no such order.
    pub fn remove_order(&self, id: &str) -> bool {
        self.act(|account| account.remove_order(id))
    }

    /// OrderDetails of every order.
    pub fn orders(&self) -> Vec<Value> {
        self.lock().account.orders()
    }

    /// The seller uninstalls the application: sessions die and none can be opened (linnworks.md 1.5).
    pub fn revoke_install(&self) {
        let mut service = self.lock();
        service.is_installed = false;
        service.sessions.clear();
    }

    /// Ends every session; a new one can be opened.
    pub fn expire_sessions(&self) {
        self.lock().sessions.clear();
    }

    /// Stops listening and closes every connection.
    pub async fn shutdown(mut self) {
        self.server.abort();
        // The task was cancelled: its result says only that.
        let _cancelled = (&mut self.server).await;
    }
}

impl Drop for LinnworksSimulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(service: &Mutex<Service>) -> MutexGuard<'_, Service> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts connections until aborted; its connections end with it.
async fn serve(listener: TcpListener, service: Arc<Mutex<Service>>, time: SimulatedTime) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve_connection(stream, Arc::clone(&service), time.clone())); }
                Err(error) => tracing::debug!(%error, "a connection could not be accepted"),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, service: Arc<Mutex<Service>>, time: SimulatedTime) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let respond = service_fn(|request| respond(request, &service, &time));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), respond);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// An error closes the connection without an answer.
async fn respond(
    request: Request<Incoming>,
    service: &Mutex<Service>,
    time: &SimulatedTime,
) -> Result<Response<ReplyBody>, io::Error> {
    let (head, body) = request.into_parts();
    let text = |name| {
        head.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (authorization, content_type) = (text(AUTHORIZATION), text(CONTENT_TYPE));
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
    let body = body
        .map(http_body_util::Collected::to_bytes)
        .map_err(io::Error::other)?;
    let call = match head.method {
        Method::GET | Method::POST => Call::read(
            head.uri.path(),
            head.uri.query().unwrap_or_default(),
            &content_type,
            &body,
        ),
        _ => Call {
            method: String::new(),
            parameters: Err(Reply::not_found()),
        },
    };
    let reply = lock(service).answer(call, &authorization, time.now());
    let reply =
        reply.ok_or_else(|| io::Error::new(io::ErrorKind::ConnectionAborted, "dropped on purpose"))?;
    Ok(reply.into_response())
}
