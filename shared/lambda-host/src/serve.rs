//! One process of a function: asks Lambda for events and answers them, one after another.
//!
//! In: a handler. Out: its answers. Every invocation has a run id (Lambda's request id), under which all its log lines stand. Builds
//! nothing but the handler itself: connections are opened by the first event that needs them.

use std::sync::Arc;

use async_trait::async_trait;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use tracing::Instrument;

use crate::deadline::Deadline;
use crate::error::HostError;
use crate::log;

/// One invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its id: Lambda's request id, by which its log lines are found.
    pub run: String,
    /// By when it must have ended.
    pub deadline: Deadline,
}

impl Invocation {
    /// An invocation outside Lambda, without a deadline.
    pub fn outside_lambda(run: impl Into<String>) -> Self {
        Self {
            run: run.into(),
            deadline: Deadline::NONE,
        }
    }
}

/// What a function does with an event.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Does the work; every future that it begins has ended when it returns.
    ///
    /// # Errors
    /// [`HostError`] when the event as a whole failed; Lambda or the queue gives it again.
    async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Value, HostError>;
}

/// Serves events until Lambda ends the process.
///
/// # Errors
/// Those of the operating system and of Lambda's runtime interface.
pub fn serve<H: Handler>(stage: &'static str, handler: H) -> Result<(), lambda_runtime::Error> {
    log::install(stage);
    let handler = Arc::new(handler);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let service = service_fn(move |event: LambdaEvent<Value>| {
            let handler = Arc::clone(&handler);
            async move { answer(handler.as_ref(), stage, event).await }
        });
        Runtime::new(service).run().await
    })
}

async fn answer<H: Handler>(
    handler: &H,
    stage: &'static str,
    event: LambdaEvent<Value>,
) -> Result<Value, Diagnostic> {
    let invocation = Invocation {
        run: event.context.request_id,
        deadline: Deadline::from_milliseconds(event.context.deadline),
    };
    let span = tracing::info_span!("run", run = %invocation.run);
    let result = handler
        .handle(event.payload, &invocation)
        .instrument(span.clone())
        .await;
    result.map_err(|error| {
        span.in_scope(|| tracing::error!(stage, kind = error.kind, %error, "the run failed"));
        Diagnostic::from(error)
    })
}
