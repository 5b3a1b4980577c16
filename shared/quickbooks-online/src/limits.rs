//! Keeps calls below QuickBooks' rates (quickbooks-online.md 2.10).
//!
//! In: the wish to call. Out: the permission, after waiting. Each rate is a window of past starts on the Clock port: no span of
//! its length ever holds more starts than allowed, which a token bucket with a burst does not promise. (The `governor` crate
//! reads and waits on clocks of its own, so it cannot be driven by the port.) After a 429 the rates are halved and recover a
//! tenth a minute. Sends nothing and retries nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ports::Clock;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::config::Limits;

/// Added to each window, since calls do not all take equally long to arrive.
const SECOND: SignedDuration = SignedDuration::from_millis(1_050);
const MINUTE: SignedDuration = SignedDuration::from_millis(60_500);
const PERCENT_MIN: u32 = 10;
const PERCENT_BACK_PER_MINUTE: u32 = 10;

/// What a call weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// One call.
    Single,
    /// A batch with so many items.
    Batch(u32),
}

/// The gate that every call of one company passes.
pub(crate) struct Limiter {
    clock: Arc<dyn Clock>,
    limits: Limits,
    concurrent: Semaphore,
    state: Mutex<State>,
}

struct State {
    second: Starts,
    minute: Starts,
    batches: Starts,
    percent: u32,
    changed_at: Timestamp,
    blocked_until: Timestamp,
}

/// Past and reserved starts, oldest first.
struct Starts {
    window: SignedDuration,
    starts: VecDeque<Timestamp>,
}

impl Starts {
    fn new(window: SignedDuration) -> Self {
        Self {
            window,
            starts: VecDeque::new(),
        }
    }

    /// The earliest instant from `now` on at which `weight` more starts keep within `limit`.
    fn earliest(&mut self, now: Timestamp, weight: u32, limit: u32) -> Timestamp {
        // Far future starts come from a clock that was set back; they would block for hours.
        let horizon = now.saturating_add(self.window * 3).unwrap_or(now);
        self.starts.retain(|start| *start <= horizon);
        let weight = weight.min(limit).max(1) as usize;
        let limit = limit.max(1) as usize;
        let Some(over) = (self.starts.len() + weight).checked_sub(limit + 1) else {
            return now;
        };
        // The start that must have left the window before the last of ours fits.
        match self.starts.get(over) {
            Some(start) => start.saturating_add(self.window).unwrap_or(now).max(now),
            None => now,
        }
    }

    fn reserve(&mut self, at: Timestamp, weight: u32, limit: u32) {
        // A batch may have been given a later start than a single call that asks after it.
        let index = self.starts.partition_point(|start| *start <= at);
        for _ in 0..weight {
            self.starts.insert(index, at);
        }
        while self.starts.len() > limit.max(1) as usize {
            self.starts.pop_front();
        }
    }
}

impl Limiter {
    pub(crate) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let now = clock.now();
        let state = State {
            second: Starts::new(SECOND),
            minute: Starts::new(MINUTE),
            batches: Starts::new(MINUTE),
            percent: 100,
            changed_at: now,
            blocked_until: now,
        };
        let concurrent = Semaphore::new(limits.concurrent_calls.max(1) as usize);
        Self {
            clock,
            limits,
            concurrent,
            state: Mutex::new(state),
        }
    }

    /// Waits until a call may start. The permit is held until the answer is there.
    pub(crate) async fn enter(&self, weight: Weight) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so there is always a permit.
        let permit = self.concurrent.acquire().await.ok();
        let wait = self.reserve(weight);
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        permit
    }

    fn reserve(&self, weight: Weight) -> Duration {
        let now = self.clock.now();
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        state.recover(now);
        let (calls, is_batch) = match weight {
            Weight::Single => (1, false),
            Weight::Batch(items) if self.limits.batch_items_count_as_calls => (items.max(1), true),
            Weight::Batch(_) => (1, true),
        };
        let limits = &self.limits;
        let [second, minute, batches] = [
            limits.calls_per_second,
            limits.calls_per_minute,
            limits.batches_per_minute,
        ];
        let mut at = now.max(state.blocked_until);
        at = at.max(state.second.earliest(now, 1, scale(second, state.percent)));
        at = at.max(state.minute.earliest(now, calls, scale(minute, state.percent)));
        if is_batch {
            at = at.max(state.batches.earliest(now, 1, scale(batches, state.percent)));
            state.batches.reserve(at, 1, batches);
        }
        state.second.reserve(at, 1, second);
        state.minute.reserve(at, calls, minute);
        Duration::try_from(at.duration_since(now)).unwrap_or_default()
    }

    /// QuickBooks throttled a call that started at `started`: nothing starts before the wait is over, and the rates are halved
    /// once for all calls that were under way.
    pub(crate) fn slow_down(&self, started: Timestamp, wait: Duration) {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = SignedDuration::try_from(wait)
            .ok()
            .and_then(|wait| now.saturating_add(wait).ok())
            .unwrap_or(now);
        state.blocked_until = state.blocked_until.max(until);
        if state.percent == 100 || started >= state.changed_at {
            state.percent = (state.percent / 2).max(PERCENT_MIN);
            state.changed_at = now;
        }
    }

    /// The present share of the configured rates, in percent.
    #[cfg(test)]
    fn percent(&self) -> u32 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).percent
    }
}

impl State {
    fn recover(&mut self, now: Timestamp) {
        while self.percent < 100 && now.duration_since(self.changed_at) >= SignedDuration::from_secs(60) {
            self.percent = (self.percent + PERCENT_BACK_PER_MINUTE).min(100);
            self.changed_at = self
                .changed_at
                .saturating_add(SignedDuration::from_secs(60))
                .unwrap_or(now);
        }
    }
}

fn scale(limit: u32, percent: u32) -> u32 {
    (limit.saturating_mul(percent) / 100).max(1)
}
