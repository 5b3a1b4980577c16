//! Maps the documents of a batch.
//!
//! In: document keys. Out: Ready, Skipped or Held, stored, with hints to post. The lists of the company are those in the store: they are
//! read from QuickBooks by `reconcile` and `post`. Before they were ever read nothing can be mapped; the documents stay in state Fetched
//! and the sweeper queues them again once they are there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::DocumentKey;
use lambda_host::{BatchLimits, DocumentWork, HostError, Metric, emit};
use pipeline::transform::{DOCUMENTS_PER_WRITE_MAX, transform_documents};
use pipeline::{Core, RunError};
use ports::KnownLists;

/// A chunk is mapped and stored in one transaction; mapping takes milliseconds, storing less than a second as a rule.
pub const LIMITS: BatchLimits = BatchLimits {
    documents_per_chunk: DOCUMENTS_PER_WRITE_MAX,
    chunk_duration_max: Duration::from_secs(15),
};

/// The mapping of one invocation.
pub struct Transform {
    core: Core,
    known: Option<KnownLists>,
}

impl Transform {
    /// Reads the lists once for the batch: they may have changed since the last one.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn prepare(core: Core) -> Result<Arc<Self>, HostError> {
        let known = core.store.lists().await?;
        if known.is_none() {
            tracing::warn!(
                "the lists of QuickBooks were not read yet: nothing is mapped, the sweeper queues it again"
            );
        }
        Ok(Arc::new(Self { core, known }))
    }
}

#[async_trait]
impl DocumentWork for Transform {
    async fn work(&self, keys: Vec<DocumentKey>) -> Result<(), HostError> {
        let Some(known) = &self.known else { return Ok(()) };
        let touched = transform_documents(&self.core, known, &keys)
            .await
            .map_err(to_host_error)?;
        let mut counts = [0usize; 3];
        for record in self.core.store.get_many(&touched).await? {
            let reason = record.state.reason().map(|reason| reason.code.to_string());
            let name = record.state.name();
            let slot = match name {
                domain::StateName::Held => 1,
                domain::StateName::Skipped => 2,
                _ => 0,
            };
            if let Some(count) = counts.get_mut(slot) {
                *count += 1;
            }
            tracing::info!(document = %record.key, number = record.number, state = name.as_str(), reason, "mapped");
        }
        let [ready, held, skipped] = counts;
        emit(
            "transform",
            &[
                Metric::count("Ready", ready),
                Metric::count("Held", held),
                Metric::count("Skipped", skipped),
            ],
        );
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
