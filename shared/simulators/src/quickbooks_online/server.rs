//! The socket: HTTP/1.1 over TCP on this machine.
//!
//! In: connections. Out: answers of the `engine`, waits, and connections closed without an answer. Every answer has an
//! `intuit_tid` (quickbooks-online.md 2.1). No TLS.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::engine::{Core, Verdict};
use super::http::{Answer, Request, form_decoded};

/// The largest request body, bytes.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The service, shared by its connections and its owner.
pub(super) struct Shared {
    core: Mutex<Core>,
    in_progress: AtomicUsize,
    answered: AtomicU64,
}

impl Shared {
    pub fn new(core: Core) -> Self {
        Self {
            core: Mutex::new(core),
            in_progress: AtomicUsize::new(0),
            answered: AtomicU64::new(0),
        }
    }

    /// The service, locked; a panic of another holder does not matter to a simulator.
    pub fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request as in progress until it is dropped.
struct InProgress<'a>(&'a AtomicUsize);

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct ClosedOnPurpose;

impl std::fmt::Display for ClosedOnPurpose {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("connection closed on purpose")
    }
}

impl std::error::Error for ClosedOnPurpose {}

/// Accepts connections until `stop` changes or its sender is gone.
pub(super) fn spawn(listener: TcpListener, shared: Arc<Shared>, stop: watch::Receiver<()>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut stopped = stop.clone();
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        tokio::spawn(serve(stream, shared.clone(), stop.clone()));
                    }
                }
            }
        }
    })
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<()>) {
    // Answers are single small writes; without this each would wait for the peer's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| handle(request, shared.clone()));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = stop.changed() => {}
        // An error is either the peer going away or a connection closed on purpose.
        _ = connection => {}
    }
}

async fn read(request: hyper::Request<Incoming>) -> Result<Request, Answer> {
    let (parts, body) = request.into_parts();
    let header = |name: HeaderName| {
        let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or("").to_owned()
    };
    let too_large = || Answer::html(413, "413 Request Entity Too Large");
    let body = Limited::new(body, BODY_BYTES_MAX)
        .collect()
        .await
        .map_err(|_| too_large())?
        .to_bytes();
    Ok(Request {
        is_post: parts.method == Method::POST,
        path: parts.uri.path().to_owned(),
        parameters: form_decoded(parts.uri.query().unwrap_or("")),
        authorization: header(AUTHORIZATION),
        content_type: header(CONTENT_TYPE).to_lowercase(),
        accepts_json: header(ACCEPT).contains("json"),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

async fn handle(
    request: hyper::Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, ClosedOnPurpose> {
    let in_progress = shared.in_progress.fetch_add(1, Ordering::SeqCst) + 1;
    let _guard = InProgress(&shared.in_progress);
    let request = match read(request).await {
        Ok(request) => request,
        Err(answer) => return respond(&shared, answer),
    };
    let verdict = shared.lock().serve(&request, in_progress);
    match verdict {
        Verdict::Answer(answer) => respond(&shared, answer),
        Verdict::Drop => Err(ClosedOnPurpose),
        Verdict::AnswerLater { milliseconds, answer } => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            respond(&shared, answer)
        }
        Verdict::CommitLater { milliseconds, answer } => {
            commit_after(&shared, request, milliseconds);
            answer.map_or(Err(ClosedOnPurpose), |answer| respond(&shared, answer))
        }
        Verdict::CommitThenAnswer { milliseconds } => {
            // A task of its own: the commit also happens when the client has gone.
            match commit_after(&shared, request, milliseconds).await {
                Ok(answer) => respond(&shared, answer),
                Err(_) => Err(ClosedOnPurpose),
            }
        }
    }
}

fn commit_after(shared: &Arc<Shared>, request: Request, milliseconds: u64) -> JoinHandle<Answer> {
    let shared = shared.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        shared.lock().perform(&request, None)
    })
}

fn respond(shared: &Shared, answer: Answer) -> Result<Response<Full<Bytes>>, ClosedOnPurpose> {
    let number = shared.answered.fetch_add(1, Ordering::SeqCst) + 1;
    let mut builder = Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, answer.content_type)
        .header("intuit_tid", format!("1-{number:08x}-5b6e7fd9c0de"))
        .header("qbo-version", "simulated");
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Full::new(Bytes::from(answer.body)))
        .map_err(|_| ClosedOnPurpose)
}

/// Binds an address; port 0 takes a free one.
pub(super) async fn bind(address: SocketAddr) -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(address).await?;
    let base = format!("http://{}", listener.local_addr()?);
    Ok((listener, base))
}
