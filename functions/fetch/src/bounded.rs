//! A source of orders that begins nothing which the invocation has no time for.
//!
//! In: a source and the deadline. Out: the same source, until a further chunk of orders would not be read and stored in time; then an
//! error. What was stored before stays stored, and the watermark is not moved, so that the next invocation finds the rest: the stored
//! ones are told apart by their fingerprints (reliability.md 1.4, A4).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use lambda_host::Deadline;
use ports::{Clock, ConnectorError, Disposition, OrderHeader, OrderSource, OrdersRead, Window};

/// Time kept free for writing the report and for the answer to Lambda.
const MARGIN: Duration = Duration::from_secs(10);

/// A source with a deadline.
pub struct BoundedSource {
    inner: Arc<dyn OrderSource>,
    clock: Arc<dyn Clock>,
    deadline: Deadline,
    /// When the last chunk was begun, and how long the longest one took, from its reading to the next one's.
    pace: Mutex<(Option<Timestamp>, Duration)>,
    ran_out: AtomicBool,
}

impl BoundedSource {
    /// The source of one invocation.
    pub fn new(inner: Arc<dyn OrderSource>, clock: Arc<dyn Clock>, deadline: Deadline) -> Self {
        Self {
            inner,
            clock,
            deadline,
            pace: Mutex::new((None, Duration::ZERO)),
            ran_out: AtomicBool::new(false),
        }
    }

    /// True when it refused a chunk for want of time.
    pub fn ran_out(&self) -> bool {
        self.ran_out.load(Ordering::Relaxed)
    }

    /// Notes that a chunk begins and returns how long it may take: twice the longest one so far.
    fn expect(&self) -> Duration {
        let now = self.clock.now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, longest) = *pace;
        let last = begun.and_then(|begun| Duration::try_from(now.duration_since(begun)).ok());
        let longest = last.map_or(longest, |last| last.max(longest));
        *pace = (Some(now), longest);
        longest.saturating_mul(2)
    }
}

#[async_trait]
impl OrderSource for BoundedSource {
    async fn find_processed(&self, window: Window) -> Result<Vec<OrderHeader>, ConnectorError> {
        self.inner.find_processed(window).await
    }

    async fn find_open(&self) -> Result<Vec<OrderHeader>, ConnectorError> {
        self.inner.find_open().await
    }

    async fn find_by_reference(&self, reference: &str) -> Result<Vec<OrderHeader>, ConnectorError> {
        self.inner.find_by_reference(reference).await
    }

    async fn read_orders(&self, headers: &[OrderHeader]) -> Result<OrdersRead, ConnectorError> {
        let needed = self.expect().saturating_add(MARGIN);
        if !self.deadline.has_time_for(needed, self.clock.as_ref()) {
            self.ran_out.store(true, Ordering::Relaxed);
            return Err(ConnectorError::new(
                Disposition::Retry { after: None },
                "fetch",
                "the invocation has no time left for further orders",
                "The next one goes on from here",
            ));
        }
        self.inner.read_orders(headers).await
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }
}
