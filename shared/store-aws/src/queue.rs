//! The port [`Queue`] on SQS standard queues with dead-letter queues.
//!
//! ```text
//! send -> waiting --receive--> in flight --acknowledge--> gone
//!            ^                    |
//!            +--visibility ends---+      after the queue's maxReceiveCount: its dead-letter queue, by SQS itself
//! ```
//! In: messages that name a document. Out: the same, at least once and in no order. A message is self-contained versioned JSON of
//! some 70 bytes, so there is nothing to compress. SQS knows nothing of a message's content: a document may wait twice, and the
//! second delivery finds nothing to do (reliability.md 1.4, B1 and C7).
//!
//! What SQS bounds: ten messages a request (more are sent in several, and what failed within one is sent again); a delay of 15
//! minutes (a longer one is cut to that: the message comes early, and the store knows that it is early); a visibility of 12
//! hours. Receipts are SQS's receipt handles.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
use domain::DocumentKey;
use jiff::Timestamp;
use ports::queue::MESSAGE_VERSION;
use ports::{Clock, Message, Queue, QueueName, Received, StoreError};

use crate::error::{at, broken, unreadable};
use crate::record::later;

/// Entries in one batch request; SQS's own bound.
const ENTRIES_PER_BATCH_MAX: usize = 10;
/// The longest delay of a message; SQS's own bound.
const DELAY_MAX: Duration = Duration::from_secs(900);
/// The longest visibility; SQS's own bound.
const VISIBILITY_MAX: Duration = Duration::from_secs(43_200);
/// How often entries that failed within a batch are sent again.
const TRIES_MAX: u32 = 6;
/// The first wait between two tries; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// How long dead letters are hidden while they are read.
const DEAD_HIDDEN_SECONDS: i32 = 60;
/// The most dead letters read at once.
const DEAD_LETTERS_MAX: usize = 10_000;
/// When to look again at a queue whose messages are all hidden: SQS does not tell when they come back.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The addresses of one queue and its dead-letter queue.
#[derive(Clone, Debug)]
pub struct QueueUrls {
    /// The queue.
    pub queue: String,
    /// Where SQS moves messages delivered too often.
    pub dead_letters: String,
}

/// The queues of one stack. A clone is the same queues.
#[derive(Clone)]
pub struct SqsQueue {
    client: Client,
    clock: Arc<dyn Clock>,
    orders: QueueUrls,
    postings: QueueUrls,
    wait: Duration,
}

impl std::fmt::Debug for SqsQueue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SqsQueue")
            .field("orders", &self.orders)
            .field("postings", &self.postings)
            .finish_non_exhaustive()
    }
}

/// A message as SQS delivered it.
struct Delivered {
    message: Result<Message, StoreError>,
    receipt: String,
    deliveries: u32,
    sent_at: u64,
}

impl SqsQueue {
    /// Queues that are asked without waiting.
    pub fn new(client: Client, clock: Arc<dyn Clock>, orders: QueueUrls, postings: QueueUrls) -> Self {
        Self {
            client,
            clock,
            orders,
            postings,
            wait: Duration::ZERO,
        }
    }

    /// A receive waits up to this long, at most 20 s, for a first message (long polling); zero for not at all.
    #[must_use]
    pub fn waiting(mut self, wait: Duration) -> Self {
        self.wait = wait.min(Duration::from_secs(20));
        self
    }

    fn urls(&self, queue: QueueName) -> &QueueUrls {
        match queue {
            QueueName::Orders => &self.orders,
            QueueName::Postings => &self.postings,
        }
    }

    async fn receive_from(
        &self,
        place: &str,
        url: &str,
        most: usize,
        hidden: i32,
        wait: Duration,
    ) -> Result<Vec<Delivered>, StoreError> {
        let count = i32::try_from(most.min(ENTRIES_PER_BATCH_MAX)).unwrap_or(1);
        let answer = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(count)
            .visibility_timeout(hidden)
            .wait_time_seconds(seconds(wait))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| at(place, &error))?;
        Ok(answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .map(|message| delivered(place, message))
            .collect())
    }

    /// All messages of a dead-letter queue, oldest first, hidden for a while.
    async fn read_dead(&self, queue: QueueName) -> Result<Vec<Delivered>, StoreError> {
        let place = format!("dead letters of {}", place_of(queue));
        let mut all: Vec<Delivered> = Vec::new();
        let mut empty = 0;
        // SQS asks some of its servers only, so that one empty answer is not the end.
        while empty < 2 && all.len() < DEAD_LETTERS_MAX {
            let some = self
                .receive_from(
                    &place,
                    &self.urls(queue).dead_letters,
                    ENTRIES_PER_BATCH_MAX,
                    DEAD_HIDDEN_SECONDS,
                    Duration::ZERO,
                )
                .await?;
            empty = if some.is_empty() { empty + 1 } else { 0 };
            all.extend(some);
        }
        all.sort_by_key(|delivered| delivered.sent_at);
        Ok(all)
    }

    /// Makes dead letters visible again. What fails here becomes visible by itself.
    async fn show(&self, queue: QueueName, receipts: &[String]) {
        for chunk in receipts.chunks(ENTRIES_PER_BATCH_MAX) {
            let entries = chunk.iter().enumerate().filter_map(|(index, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(0)
                    .build()
                    .ok()
            });
            let _shown_later = self
                .client
                .change_message_visibility_batch()
                .queue_url(&self.urls(queue).dead_letters)
                .set_entries(Some(entries.collect()))
                .send()
                .await;
        }
    }

    async fn delete(&self, place: &str, url: &str, receipts: &[String]) -> Result<(), StoreError> {
        for chunk in receipts.chunks(ENTRIES_PER_BATCH_MAX) {
            let mut left: Vec<(String, String)> = chunk
                .iter()
                .enumerate()
                .map(|(index, receipt)| (index.to_string(), receipt.clone()))
                .collect();
            for tries in 0.. {
                let entries = left.iter().map(|(id, receipt)| {
                    DeleteMessageBatchRequestEntry::builder()
                        .id(id)
                        .receipt_handle(receipt)
                        .build()
                });
                let entries = entries
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|_| broken(place, "the request could not be made"))?;
                let answer = self
                    .client
                    .delete_message_batch()
                    .queue_url(url)
                    .set_entries(Some(entries))
                    .send()
                    .await;
                let answer = answer.map_err(|error| at(place, &error))?;
                // The sender's fault: a receipt that is outdated or none.
                let failed: Vec<&BatchResultErrorEntry> = answer
                    .failed
                    .iter()
                    .filter(|failed| !failed.sender_fault)
                    .collect();
                if failed.is_empty() {
                    break;
                }
                left.retain(|(id, _)| failed.iter().any(|failed| failed.id() == id));
                wait(place, tries, failed.first().map(|failed| failed.code())).await?;
            }
        }
        Ok(())
    }
}

fn place_of(queue: QueueName) -> String {
    format!("queue {}", queue.as_str())
}

/// Whole seconds, rounded up, as SQS takes them.
fn seconds(duration: Duration) -> i32 {
    let whole = duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(whole).unwrap_or(i32::MAX)
}

async fn wait(place: &str, tries: u32, code: Option<&str>) -> Result<(), StoreError> {
    if tries >= TRIES_MAX {
        return Err(broken(
            place,
            format!(
                "AWS answered {} again and again",
                code.unwrap_or("without a code")
            ),
        ));
    }
    tokio::time::sleep(FIRST_WAIT.saturating_mul(1 << tries.min(6))).await;
    Ok(())
}

fn delivered(place: &str, message: aws_sdk_sqs::types::Message) -> Delivered {
    let attribute = |name: &MessageSystemAttributeName| {
        message
            .attributes
            .as_ref()
            .and_then(|all| all.get(name))
            .and_then(|text| text.parse::<u64>().ok())
    };
    Delivered {
        message: read_message(place, message.body.as_deref().unwrap_or_default()),
        deliveries: attribute(&MessageSystemAttributeName::ApproximateReceiveCount)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(1),
        sent_at: attribute(&MessageSystemAttributeName::SentTimestamp).unwrap_or(0),
        receipt: message.receipt_handle.unwrap_or_default(),
    }
}

/// A message from its JSON.
///
/// # Errors
/// [`StoreError::Unreadable`] for another version, or for what is no message of linnbooks.
pub fn read_message(place: &str, body: &str) -> Result<Message, StoreError> {
    let message: Message = serde_json::from_str(body)
        .map_err(|_| unreadable(format!("message in {place}"), "it is no message of linnbooks"))?;
    if message.version != MESSAGE_VERSION {
        let cause = format!(
            "it has schema version {}, this linnbooks knows {MESSAGE_VERSION}",
            message.version
        );
        return Err(unreadable(
            format!("message for {} in {place}", message.key),
            cause,
        ));
    }
    Ok(message)
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, queue: QueueName, messages: &[Message], delay: Duration) -> Result<(), StoreError> {
        let place = place_of(queue);
        let delay = seconds(delay.min(DELAY_MAX));
        let mut seen = BTreeSet::new();
        let distinct: Vec<&Message> = messages
            .iter()
            .filter(|message| seen.insert(&message.key))
            .collect();
        for chunk in distinct.chunks(ENTRIES_PER_BATCH_MAX) {
            let mut left: Vec<(String, String)> = Vec::new();
            for (index, message) in chunk.iter().enumerate() {
                let body = serde_json::to_string(message)
                    .map_err(|_| broken(&place, "a message has no JSON form"))?;
                left.push((index.to_string(), body));
            }
            for tries in 0.. {
                let entries = left.iter().map(|(id, body)| {
                    SendMessageBatchRequestEntry::builder()
                        .id(id)
                        .message_body(body)
                        .delay_seconds(delay)
                        .build()
                });
                let entries = entries
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|_| broken(&place, "the request could not be made"))?;
                let answer = self
                    .client
                    .send_message_batch()
                    .queue_url(&self.urls(queue).queue)
                    .set_entries(Some(entries))
                    .send()
                    .await;
                let answer = answer.map_err(|error| at(&place, &error))?;
                if answer.failed.is_empty() {
                    break;
                }
                if let Some(refused) = answer.failed.iter().find(|failed| failed.sender_fault) {
                    return Err(broken(&place, format!("AWS answered {}", refused.code())));
                }
                left.retain(|(id, _)| answer.failed.iter().any(|failed| failed.id() == id));
                wait(&place, tries, answer.failed.first().map(|failed| failed.code())).await?;
            }
        }
        Ok(())
    }

    /// A message that cannot be read stays until SQS moves it to the dead letters; it fails the call only when nothing else came.
    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, StoreError> {
        let place = place_of(queue);
        let hidden = seconds(visibility.min(VISIBILITY_MAX));
        let mut received = Vec::new();
        let mut unread = None;
        while received.len() < most {
            let wait = if received.is_empty() {
                self.wait
            } else {
                Duration::ZERO
            };
            let some = self
                .receive_from(
                    &place,
                    &self.urls(queue).queue,
                    most - received.len(),
                    hidden,
                    wait,
                )
                .await?;
            if some.is_empty() {
                break;
            }
            for one in some {
                match one.message {
                    Ok(message) => received.push(Received {
                        message,
                        receipt: one.receipt,
                        deliveries: one.deliveries,
                    }),
                    Err(error) => unread = Some(error),
                }
            }
            if unread.is_some() && received.is_empty() {
                break;
            }
        }
        match unread {
            Some(error) if received.is_empty() => Err(error),
            _ => Ok(received),
        }
    }

    async fn acknowledge(&self, queue: QueueName, receipts: &[String]) -> Result<(), StoreError> {
        self.delete(&place_of(queue), &self.urls(queue).queue, receipts)
            .await
    }

    /// Reads the dead-letter queue and makes what it read visible again. A document with several dead letters is named once.
    async fn dead_letters(&self, queue: QueueName) -> Result<Vec<Message>, StoreError> {
        let dead = self.read_dead(queue).await?;
        let receipts: Vec<String> = dead.iter().map(|one| one.receipt.clone()).collect();
        self.show(queue, &receipts).await;
        let mut seen = BTreeSet::new();
        let mut messages = Vec::new();
        for one in dead {
            let message = one.message?;
            if seen.insert(message.key.clone()) {
                messages.push(message);
            }
        }
        Ok(messages)
    }

    async fn forget_dead_letters(&self, queue: QueueName, keys: &[DocumentKey]) -> Result<(), StoreError> {
        let place = format!("dead letters of {}", place_of(queue));
        let (forgotten, kept): (Vec<Delivered>, Vec<Delivered>) =
            self.read_dead(queue).await?.into_iter().partition(|one| {
                one.message
                    .as_ref()
                    .is_ok_and(|message| keys.contains(&message.key))
            });
        let receipts = |dead: Vec<Delivered>| dead.into_iter().map(|one| one.receipt).collect::<Vec<_>>();
        self.show(queue, &receipts(kept)).await;
        self.delete(&place, &self.urls(queue).dead_letters, &receipts(forgotten))
            .await
    }

    /// SQS tells how many messages there are, about, and not when hidden ones come back: now when some are visible, in five seconds
    /// when all are delayed or in flight, `None` when there seem to be none.
    async fn next_visible_at(&self, queue: QueueName) -> Result<Option<Timestamp>, StoreError> {
        let place = place_of(queue);
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.urls(queue).queue)
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await;
        let attributes = answer
            .map_err(|error| at(&place, &error))?
            .attributes
            .unwrap_or_default();
        let [visible, delayed, in_flight] = names.map(|name| {
            attributes
                .get(&name)
                .and_then(|text| text.parse::<u64>().ok())
                .unwrap_or(0)
        });
        let now = self.clock.now();
        Ok(match (visible, delayed + in_flight) {
            (0, 0) => None,
            (0, _) => Some(later(now, LOOK_AGAIN_AFTER)),
            _ => Some(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_up_to_whole_seconds() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(60)), 60);
        assert_eq!(seconds(Duration::MAX), i32::MAX);
    }

    #[test]
    fn a_message_of_another_version_is_named_and_not_guessed_at() {
        let key = "order:00000000-0000-0000-0000-000000000001";
        let error = read_message("queue orders", &format!(r#"{{"version":2,"key":"{key}"}}"#))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(key) && error.contains("schema version 2"),
            "{error}"
        );
        assert!(read_message("queue orders", "jo@example.com").is_err());
        assert_eq!(
            read_message("queue orders", &format!(r#"{{"version":1,"key":"{key}"}}"#))
                .unwrap()
                .key
                .to_string(),
            key
        );
    }
}
