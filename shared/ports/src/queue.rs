//! Work to do, delivered at least once.
//!
//! In: messages that name a document. Out: the same, hidden for a while and given again until acknowledged. A message is only a
//! hint: the store knows what is to be done, and the sweeper sends a lost hint again.

use std::time::Duration;

use async_trait::async_trait;
use domain::DocumentKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// The queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueName {
    /// Documents fetched, to be transformed.
    Orders,
    /// Documents ready, to be posted.
    Postings,
}

impl QueueName {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Postings => "postings",
        }
    }
}

/// The schema version of messages written now.
pub const MESSAGE_VERSION: u32 = 1;

/// A hint that a document has work to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Schema version.
    pub version: u32,
    /// The document.
    pub key: DocumentKey,
}

impl Message {
    /// A message of the present version.
    pub fn new(key: DocumentKey) -> Self {
        Self {
            version: MESSAGE_VERSION,
            key,
        }
    }
}

/// A message received, hidden from others until its visibility ends.
#[derive(Clone, Debug)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// What acknowledges this delivery.
    pub receipt: String,
    /// How often it has been delivered, this time included.
    pub deliveries: u32,
}

/// The queues of the pipeline.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Adds messages, visible after `delay`.
    async fn send(&self, queue: QueueName, messages: &[Message], delay: Duration) -> Result<(), StoreError>;

    /// Takes up to `most` visible messages and hides them for `visibility`. A message delivered more often than the queue allows
    /// goes to the dead letters instead.
    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, StoreError>;

    /// Removes delivered messages; an outdated receipt is ignored.
    async fn acknowledge(&self, queue: QueueName, receipts: &[String]) -> Result<(), StoreError>;

    /// Messages given up, oldest first; they are removed by `forget_dead_letters`.
    async fn dead_letters(&self, queue: QueueName) -> Result<Vec<Message>, StoreError>;

    /// Removes all dead letters of these documents.
    async fn forget_dead_letters(&self, queue: QueueName, keys: &[DocumentKey]) -> Result<(), StoreError>;

    /// When the next message becomes visible; `None` for an empty queue.
    async fn next_visible_at(&self, queue: QueueName) -> Result<Option<Timestamp>, StoreError>;
}
