//! A small Runtime API of this project's own: starts the built function as Lambda does, and hands it any event.
//!
//! In: a program, its environment, events. Out: answers, failures, or that the process ended. For what the emulator cannot: batches of
//! more than ten messages, the same batch in two processes at once, a kill at a chosen instant of a batch. Speaks the runtime interface
//! of AWS's developer guide for custom runtimes (`invocation/next`, `response`, `error`); knows no limits of memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

/// How long an invocation may take, as Lambda would end it.
const INVOCATION: Duration = Duration::from_secs(900);

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// With an answer.
    Answer(Value),
    /// The function said that it failed.
    Failure(Value),
    /// The process ended.
    Gone,
}

/// What the routes share.
struct Interface {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    ends: mpsc::UnboundedSender<Ended>,
}

/// A process of a function. Ends with its handle.
pub struct Process {
    child: tokio::process::Child,
    events: mpsc::UnboundedSender<String>,
    ends: mpsc::UnboundedReceiver<Ended>,
    server: tokio::task::JoinHandle<()>,
}

impl Process {
    /// Starts a function with its variables; what it logs goes to a file.
    pub async fn start(program: &Path, variables: &BTreeMap<String, String>, log: &Path) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, waiting) = mpsc::unbounded_channel();
        let (told, ends) = mpsc::unbounded_channel();
        let interface = Arc::new(Interface {
            events: Mutex::new(waiting),
            ends: told,
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
            .with_state(interface);
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let output = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        let child = tokio::process::Command::new(program)
            .env_clear()
            .envs(variables)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", program.file_name().unwrap())
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_REGION", super::emulators::REGION)
            .env("AWS_ACCESS_KEY_ID", super::emulators::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", super::emulators::ACCESS_KEY)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            child,
            events,
            ends,
            server,
        }
    }

    /// Hands an event to the function, which need not wait for it yet.
    pub fn give(&self, event: &Value) {
        self.events.send(event.to_string()).unwrap();
    }

    /// How the event given last ended.
    pub async fn end(&mut self) -> Ended {
        tokio::select! {
            // What was answered before the process ended counts.
            biased;
            Some(ended) = self.ends.recv() => ended,
            _ = self.child.wait() => self.ends.try_recv().unwrap_or(Ended::Gone),
        }
    }

    /// Hands an event to the function and waits for its end.
    pub async fn invoke(&mut self, event: &Value) -> Ended {
        self.give(event);
        self.end().await
    }

    /// Kills it after a time, unless its event ended before; tells how the event ended.
    pub async fn kill_after(&mut self, time: Duration) -> Ended {
        if let Ok(ended) = tokio::time::timeout(time, self.end()).await {
            return ended;
        }
        self.child.kill().await.unwrap();
        self.end().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The next event, whenever there is one.
async fn next(State(interface): State<Arc<Interface>>) -> impl IntoResponse {
    let event = interface.events.lock().await.recv().await;
    let Some(event) = event else {
        return Err(StatusCode::GONE);
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + INVOCATION;
    let header = |name: &'static str, value: String| (HeaderName::from_static(name), value);
    let headers = [
        header("lambda-runtime-aws-request-id", uuid::Uuid::new_v4().to_string()),
        header("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-2:000000000000:function:driven".to_owned(),
        ),
        header("content-type", "application/json".to_owned()),
    ];
    Ok((headers, event))
}

async fn response(State(interface): State<Arc<Interface>>, body: String) -> StatusCode {
    tell(&interface, Ended::Answer(read(&body)))
}

async fn failure(State(interface): State<Arc<Interface>>, body: String) -> StatusCode {
    tell(&interface, Ended::Failure(read(&body)))
}

fn tell(interface: &Interface, ended: Ended) -> StatusCode {
    // Nobody listens when the test has ended.
    interface.ends.send(ended).ok();
    StatusCode::ACCEPTED
}

fn read(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or(Value::Null)
}
