//! The function `post`: accounting documents -> QuickBooks Online, each exactly once in effect.
//!
//! In: an SQS batch of the postings queue. Out: documents Posted, Held, Conflict or Unknown, the messages that failed. Several instances
//! work at the same time; each takes its share of the company's limits, by the mapping's maximum concurrency.

mod connect;
mod handler;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use lambda_host::{Handler, HostError, Invocation, handle_batch, serve};
use serde_json::Value;

use crate::connect::Connection;

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
        let post = Arc::new(self.connection.parts().await?);
        let clock = Arc::clone(&post.core.clock);
        let limits = handler::limits(&post.core.settings);
        let time = (invocation.deadline, clock.as_ref());
        let response = handle_batch(batch, connect::decode, post, limits, time).await?;
        serde_json::to_value(response).map_err(|error| HostError::new("Answer", error.to_string()))
    }
}

fn main() -> Result<(), lambda_host::RuntimeError> {
    serve("post", Function::default())
}
