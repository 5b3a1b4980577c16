//! The function `fetch`: changed Linnworks orders -> store and queue, on a schedule or on request.
//!
//! In: `{}`, `{"since", "until"}`, `{"orders": [...]}`, or messages of the queue of requests that hold the same. Out: documents in state
//! Fetched, hints on the orders queue, a report. Maps nothing and knows no QuickBooks.

mod bounded;
mod connect;
mod handler;
mod request;
mod run;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use lambda_host::{Handler, HostError, Invocation, serve};
use serde_json::Value;

use crate::connect::Connection;
use crate::request::{Event, read_event};

/// The handler; connections are opened by the first event.
#[derive(Default)]
struct Fetch {
    connection: Connection,
}

#[async_trait]
impl Handler for Fetch {
    async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Value, HostError> {
        let event = read_event(event)?;
        let parts = self.connection.parts().await?;
        let answer = match event {
            Event::Direct(wanted) => serde_json::to_value(handler::fetch(&parts, &wanted, invocation).await?),
            Event::Queue(batch) => {
                serde_json::to_value(handler::fetch_queue(&parts, batch, invocation).await?)
            }
        };
        answer.map_err(|error| HostError::new("Answer", error.to_string()))
    }
}

fn main() -> Result<(), lambda_host::RuntimeError> {
    serve("fetch", Fetch::default())
}
