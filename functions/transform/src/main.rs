//! The function `transform`: fetched orders -> balanced accounting documents.
//!
//! In: an SQS batch of the orders queue. Out: documents Ready, Skipped or Held, hints on the postings queue, the messages that failed.
//! Has no secret and no connector: it speaks with the store and the queue alone.

mod connect;
mod handler;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use lambda_host::{Handler, HostError, Invocation, handle_batch, serve};
use serde_json::Value;

use crate::connect::Connection;
use crate::handler::{LIMITS, Transform};

/// The handler; connections are opened by the first event.
#[derive(Default)]
struct Function {
    connection: Connection,
}

#[async_trait]
impl Handler for Function {
    async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Value, HostError> {
        let batch = serde_json::from_value(event)
            .map_err(|error| HostError::new("Request", format!("this is no batch of SQS: {error}")))?;
        let core = self.connection.core().await?;
        let clock = std::sync::Arc::clone(&core.clock);
        let work = Transform::prepare(core).await?;
        let time = (invocation.deadline, clock.as_ref());
        let response = handle_batch(batch, connect::decode, work, LIMITS, time).await?;
        serde_json::to_value(response).map_err(|error| HostError::new("Answer", error.to_string()))
    }
}

fn main() -> Result<(), lambda_host::RuntimeError> {
    serve("transform", Function::default())
}
