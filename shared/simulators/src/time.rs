//! The simulators' clock: the real time plus an offset that tests and the demo move forward.
//!
//! In: `advance`. Out: `now`. Does not sleep; whoever waits moves the offset instead, so a five minute wait costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A clock shared by simulators (and by whoever drives them): real time plus an offset.
#[derive(Clone, Debug, Default)]
pub struct SimulatedTime {
    offset_milliseconds: Arc<AtomicI64>,
}

impl SimulatedTime {
    /// A clock that agrees with the real one until it is moved.
    pub fn new() -> Self {
        Self::default()
    }

    /// A clock that shows this instant now, and goes on from there.
    pub fn starting_at(instant: Timestamp) -> Self {
        let time = Self::default();
        let offset = instant
            .as_millisecond()
            .saturating_sub(Timestamp::now().as_millisecond());
        time.offset_milliseconds.store(offset, Ordering::SeqCst);
        time
    }

    /// The simulated instant.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_milliseconds.load(Ordering::SeqCst));
        Timestamp::now().saturating_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset_milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
    }
}
