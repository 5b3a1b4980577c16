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
const SECOND: SignedDuration = SignedDuration::from_millis(1_100);
const MINUTE: SignedDuration = SignedDuration::from_millis(60_700);
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
        state.mend(
            now,
            SignedDuration::from_secs(i64::from(self.limits.throttle_wait_seconds) * 2),
        );
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
        if state.percent == 100 || started > state.changed_at {
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
    /// A clock that was set back leaves instants in the future, which would block for hours.
    fn mend(&mut self, now: Timestamp, wait_max: SignedDuration) {
        if self.blocked_until.duration_since(now) > wait_max {
            self.blocked_until = now;
        }
        self.changed_at = self.changed_at.min(now);
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that jumps instead of waiting.
    struct Jumping(Mutex<Timestamp>);

    #[async_trait::async_trait]
    impl Clock for Jumping {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
        async fn sleep(&self, duration: Duration) {
            let mut now = self.0.lock().unwrap();
            *now = now
                .checked_add(SignedDuration::try_from(duration).unwrap())
                .unwrap();
        }
    }

    fn limiter(limits: Limits) -> (Limiter, Arc<Jumping>) {
        let clock = Arc::new(Jumping(Mutex::new("2026-03-02T09:00:00Z".parse().unwrap())));
        (Limiter::new(limits, clock.clone()), clock)
    }

    async fn starts(limiter: &Limiter, clock: &Jumping, count: usize, weight: Weight) -> Vec<Timestamp> {
        let mut starts = Vec::new();
        for _ in 0..count {
            let permit = limiter.enter(weight).await;
            starts.push(clock.now());
            drop(permit);
        }
        starts
    }

    /// The most starts within any window of this length.
    fn densest(starts: &[Timestamp], window: SignedDuration) -> usize {
        let within = |from: &Timestamp| {
            starts
                .iter()
                .filter(|at| *at >= from && at.duration_since(*from) < window)
                .count()
        };
        starts.iter().map(within).max().unwrap_or(0)
    }

    #[tokio::test]
    async fn no_second_and_no_minute_ever_holds_more_calls_than_allowed() {
        let (limiter, clock) = limiter(Limits::default());
        let starts = starts(&limiter, &clock, 1500, Weight::Single).await;
        assert!(densest(&starts, SignedDuration::from_secs(1)) <= 10);
        assert_eq!(densest(&starts, SignedDuration::from_secs(60)), 500);
        // Three bursts of 500 at 10 a second, a minute apart, are the most there can be.
        let ideal_seconds = 120 + 50;
        let seconds = starts.last().unwrap().duration_since(starts[0]).as_secs();
        assert!(seconds * 95 <= ideal_seconds * 100, "{seconds} s are too slow");
    }

    #[tokio::test]
    async fn batches_have_a_rate_of_their_own() {
        let (limiter, clock) = limiter(Limits::default());
        let starts = starts(&limiter, &clock, 81, Weight::Batch(30)).await;
        assert_eq!(densest(&starts, SignedDuration::from_secs(60)), 40);
    }

    #[tokio::test]
    async fn batch_items_count_as_calls_where_the_setting_says_so() {
        let (limiter, clock) = limiter(Limits {
            batch_items_count_as_calls: true,
            ..Limits::default()
        });
        let starts = starts(&limiter, &clock, 40, Weight::Batch(30)).await;
        assert_eq!(densest(&starts, SignedDuration::from_secs(60)), 16);
    }

    #[tokio::test]
    async fn a_single_call_is_not_held_up_by_a_batch_that_waits() {
        let (limiter, clock) = limiter(Limits {
            batches_per_minute: 1,
            ..Limits::default()
        });
        starts(&limiter, &clock, 1, Weight::Batch(1)).await;
        assert!(limiter.reserve(Weight::Batch(1)) > Duration::from_secs(59));
        assert_eq!(limiter.reserve(Weight::Single), Duration::ZERO);
    }

    #[tokio::test]
    async fn after_throttling_the_rate_is_halved_once_and_recovers_slowly() {
        let (limiter, clock) = limiter(Limits::default());
        let started = clock.now();
        for _ in 0..5 {
            limiter.slow_down(started, Duration::from_secs(60));
        }
        assert_eq!(limiter.percent(), 50, "five calls under way are one overload");
        assert_eq!(limiter.reserve(Weight::Single), Duration::from_secs(60));
        clock.sleep(Duration::from_secs(61)).await;
        let starts = starts(&limiter, &clock, 100, Weight::Single).await;
        assert!(densest(&starts, SignedDuration::from_secs(1)) <= 6);
        limiter.slow_down(clock.now(), Duration::ZERO);
        assert!(limiter.percent() < 50);
        clock.sleep(Duration::from_secs(3600)).await;
        limiter.reserve(Weight::Single);
        assert_eq!(limiter.percent(), 100);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_does_not_block_for_hours() {
        let (limiter, clock) = limiter(Limits::default());
        starts(&limiter, &clock, 500, Weight::Single).await;
        *clock.0.lock().unwrap() = "2026-03-02T01:00:00Z".parse().unwrap();
        assert_eq!(limiter.reserve(Weight::Single), Duration::ZERO);
    }

    #[tokio::test]
    async fn no_more_calls_run_at_once_than_allowed() {
        let (limiter, _) = limiter(Limits {
            concurrent_calls: 2,
            ..Limits::default()
        });
        let first = limiter.enter(Weight::Single).await;
        let second = limiter.enter(Weight::Single).await;
        assert_eq!(limiter.concurrent.available_permits(), 0);
        drop((first, second));
        assert_eq!(limiter.concurrent.available_permits(), 2);
    }
}
