//! Time as a port: every wait of the use cases goes through it, so that tests need not sleep.
//!
//! In: nothing. Out: the instant, and waits. The system clock is the one implementation here; it has no other room to be in.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// The clock of the use cases and connectors.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The instant, in UTC.
    fn now(&self) -> Timestamp;
    /// Returns after the duration has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// Real time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
