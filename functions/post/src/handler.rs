//! Posts the documents of a batch.
//!
//! In: document keys. Out: Posted, Held, Conflict or Unknown, stored. What QuickBooks could not take now stays in the store; its message is
//! acknowledged all the same, since the sweeper queues it again when it is due: a company that is away for an hour must not turn good
//! documents into dead letters (reliability.md 1.4, C11).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::{DocumentKey, DocumentState, TransactionId};
use lambda_host::{BatchLimits, DocumentWork, HostError, Metric, emit};
use mapping::Settings;
use pipeline::lists::refresh_lists;
use pipeline::post::{Posting, post_documents};
use pipeline::{Core, RunError};
use ports::{Books, Disposition};

/// The longest that a chunk takes: QuickBooks gives up a call after 120 seconds (quickbooks-online.md 2.1), and a chunk may need a call
/// for new customers, one for a first document of its form, and one for the rest.
const CHUNK_DURATION_MAX: Duration = Duration::from_secs(400);

/// Documents of one chunk: one call's worth.
pub fn limits(settings: &Settings) -> BatchLimits {
    BatchLimits {
        documents_per_chunk: usize::try_from(settings.posting.batch_documents_max).unwrap_or(1),
        chunk_duration_max: CHUNK_DURATION_MAX,
    }
}

/// The settings with which a function posts: a call that was provably not done is not waited for here, where waiting is paid for; the
/// sweeper sends it again.
pub fn without_waiting(mut settings: Settings) -> Settings {
    settings.posting.send_attempts_max = 1;
    settings
}

/// The posting of one invocation.
pub struct Post {
    /// Store, queue, clock, settings.
    pub core: Core,
    /// QuickBooks.
    pub books: Arc<dyn Books>,
    /// True once QuickBooks took nothing more: the rest of the batch is not tried.
    pub stopped: AtomicBool,
}

#[async_trait]
impl DocumentWork for Post {
    async fn work(&self, keys: Vec<DocumentKey>) -> Result<(), HostError> {
        if self.stopped.load(Ordering::Relaxed) {
            return Ok(());
        }
        let calls_before = self.books.calls();
        let posting = post_documents(&self.core, self.books.as_ref(), &keys)
            .await
            .map_err(to_host_error)?;
        self.tell(&posting).await?;
        let calls = self.books.calls().saturating_sub(calls_before);
        emit(
            "post",
            &[Metric::count(
                "QuickBooksCalls",
                usize::try_from(calls).unwrap_or(usize::MAX),
            )],
        );
        if posting.lists_outdated {
            self.renew_lists().await?;
        }
        Ok(())
    }
}

impl Post {
    /// One line per document, with the intuit_tids of the calls that were made for its chunk.
    async fn tell(&self, posting: &Posting) -> Result<(), HostError> {
        let tids = lambda_host::log::take_intuit_tids().join(" ");
        let (mut posted, mut waiting) = (0, 0);
        for record in self.core.store.get_many(&posting.touched).await? {
            let reason = record.state.reason().map(|reason| reason.code.to_string());
            let ids: Vec<&str> = record
                .state
                .transactions()
                .iter()
                .map(|one| TransactionId::as_str(&one.id))
                .collect();
            match record.state {
                DocumentState::Posted { .. } => posted += 1,
                _ => waiting += 1,
            }
            tracing::info!(
                document = %record.key,
                number = record.number,
                state = record.state.name().as_str(),
                reason,
                quickbooks = ids.join(" "),
                intuit_tid = tids,
                "posted"
            );
        }
        emit(
            "post",
            &[
                Metric::count("Posted", posted),
                Metric::count("NotPosted", waiting),
            ],
        );
        if let Some(error) = &posting.stopped_by {
            self.stopped.store(true, Ordering::Relaxed);
            tracing::warn!(%error, "QuickBooks takes nothing more now; what is left is sent by the sweeper");
            let is_disconnected = error.disposition == Disposition::Reconnect;
            emit(
                "post",
                &[
                    Metric::flag("Stopped", true),
                    Metric::flag("Disconnected", is_disconnected),
                ],
            );
        }
        Ok(())
    }

    /// QuickBooks refused a reference: the lists are read anew before the documents are mapped again.
    async fn renew_lists(&self) -> Result<(), HostError> {
        match refresh_lists(&self.core, self.books.as_ref()).await {
            // The sweeper reads them too: nothing is lost.
            Err(RunError::Connector(error)) => tracing::warn!(%error, "the lists could not be read anew"),
            Err(error) => return Err(to_host_error(error)),
            Ok(_) => {}
        }
        Ok(())
    }
}

/// The error as Lambda shows it.
pub fn to_host_error(error: RunError) -> HostError {
    match error {
        RunError::Connector(error) => error.into(),
        RunError::Store(error) => error.into(),
        error @ RunError::Request { .. } => HostError::new("Request", error.to_string()),
    }
}
