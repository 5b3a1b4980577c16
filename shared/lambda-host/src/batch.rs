//! Lifts a use case over documents to an SQS batch with partial failures.
//!
//! In: records, a decoder, work over document keys. Out: the ids of the messages that must be given again, and of no others. Work is
//! done for as many documents at once as one call takes; where that fails, one document at a time, so that a poison record fails
//! alone. A panic is a failure like any other. An empty id is never returned: it would make Lambda give the whole batch again
//! (reliability.md 1.1, partial batch).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::DocumentKey;
use ports::{Clock, Message, StoreError};
use tracing::Instrument;

use crate::deadline::Deadline;
use crate::error::HostError;

/// Work over documents, done for several at once or for one.
#[async_trait]
pub trait DocumentWork: Send + Sync + 'static {
    /// Does it. Doing it again for a document that was done already must change nothing.
    ///
    /// # Errors
    /// Those after which the messages are to be given again.
    async fn work(&self, keys: Vec<DocumentKey>) -> Result<(), HostError>;
}

/// Bounds of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Documents at once.
    pub documents_per_chunk: usize,
    /// The longest that one chunk takes: none is begun with less time left.
    pub chunk_duration_max: Duration,
}

/// A message with the documents it names.
struct Work {
    message_id: Option<String>,
    key: DocumentKey,
}

/// Does the work of a batch and tells which messages must be given again.
///
/// # Errors
/// [`HostError`] when a message without an id failed: only the batch as a whole can be given again.
pub async fn handle_batch<W: DocumentWork>(
    event: SqsEvent,
    decode: fn(&str) -> Result<Message, StoreError>,
    work: Arc<W>,
    limits: BatchLimits,
    (deadline, clock): (Deadline, &dyn Clock),
) -> Result<SqsBatchResponse, HostError> {
    let mut failed: Vec<Option<String>> = Vec::new();
    let mut todo: Vec<Work> = Vec::new();
    for record in event.records {
        match read(&record, decode) {
            Ok(key) => todo.push(Work {
                message_id: record.message_id,
                key,
            }),
            Err(error) => {
                tracing::error!(message_id = record.message_id, %error, "a message cannot be read");
                failed.push(record.message_id);
            }
        }
    }
    for chunk in todo.chunks(limits.documents_per_chunk.max(1)) {
        if !deadline.has_time_for(limits.chunk_duration_max, clock) {
            tracing::warn!(documents = chunk.len(), "no time is left: these are given again");
            failed.extend(chunk.iter().map(|one| one.message_id.clone()));
            continue;
        }
        failed.extend(do_chunk(&work, chunk, limits, (deadline, clock)).await);
    }
    respond(failed)
}

fn read(
    record: &SqsMessage,
    decode: fn(&str) -> Result<Message, StoreError>,
) -> Result<DocumentKey, StoreError> {
    let body = record.body.as_deref().unwrap_or("");
    decode(body).map(|message| message.key)
}

/// All at once; one by one when that failed and there is more than one.
async fn do_chunk<W: DocumentWork>(
    work: &Arc<W>,
    chunk: &[Work],
    limits: BatchLimits,
    (deadline, clock): (Deadline, &dyn Clock),
) -> Vec<Option<String>> {
    let keys = chunk.iter().map(|one| one.key.clone()).collect();
    let Err(error) = attempt(work, keys).await else {
        return Vec::new();
    };
    if let [one] = chunk {
        tracing::error!(document = %one.key, kind = error.kind, %error, "a document failed");
        return vec![one.message_id.clone()];
    }
    tracing::warn!(documents = chunk.len(), kind = error.kind, %error, "a chunk failed: one document at a time");
    let mut failed = Vec::new();
    for one in chunk {
        if !deadline.has_time_for(limits.chunk_duration_max, clock) {
            failed.push(one.message_id.clone());
            continue;
        }
        if let Err(error) = attempt(work, vec![one.key.clone()]).await {
            tracing::error!(document = %one.key, kind = error.kind, %error, "a document failed");
            failed.push(one.message_id.clone());
        }
    }
    failed
}

/// In a task of its own, awaited to its end: a panic ends the task and nothing else.
async fn attempt<W: DocumentWork>(work: &Arc<W>, keys: Vec<DocumentKey>) -> Result<(), HostError> {
    let work = Arc::clone(work);
    let task = tokio::spawn(async move { work.work(keys).await }.in_current_span());
    match task.await {
        Ok(result) => result,
        Err(_) => Err(HostError::new(
            "Panic",
            "the program failed over this document, which is a defect: report it with `linnbooks preview`",
        )),
    }
}

fn respond(failed: Vec<Option<String>>) -> Result<SqsBatchResponse, HostError> {
    let mut response = SqsBatchResponse::default();
    for message_id in failed {
        match message_id.filter(|id| !id.is_empty()) {
            Some(id) => response.add_failure(id),
            None => {
                return Err(HostError::new(
                    "Request",
                    "a message without an id failed: the whole batch is given again",
                ));
            }
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
