//! The queue of requests to fetch.
//!
//! In: a request as JSON text. Out: it is on the queue. Knows nothing of its content; `fetch` reads it.

use aws_sdk_sqs::Client;
use ports::StoreError;

use crate::error::at;

/// The queue of requests of one stack. A clone is the same queue.
#[derive(Clone, Debug)]
pub struct RequestsQueue {
    client: Client,
    url: String,
}

impl RequestsQueue {
    /// The queue at an address.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Puts a request on the queue.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`]; the request may be on the queue all the same.
    pub async fn send(&self, body: &str) -> Result<(), StoreError> {
        let sent = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .send()
            .await;
        sent.map(|_| ())
            .map_err(|error| at("the queue of requests", &error))
    }
}
