//! The rate limits of quickbooks-online.md 2.10, as windows that slide with simulated time.
//!
//! In: one call with its weight. Out: whether it is over a limit. Does not wait.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::switches::RateLimits;

/// The calls of the last minute.
#[derive(Default)]
pub(super) struct Windows {
    calls: VecDeque<Timestamp>,
    batches: VecDeque<Timestamp>,
}

fn within(times: &VecDeque<Timestamp>, now: Timestamp, seconds: i64) -> usize {
    let oldest = SignedDuration::from_secs(seconds);
    times
        .iter()
        .rev()
        .take_while(|at| now.duration_since(**at) < oldest)
        .count()
}

impl Windows {
    /// Whether a call is let through; if so it is counted. `batch_items` is `None` for a call that is no batch.
    pub fn admit(
        &mut self,
        limits: &RateLimits,
        batch_items: Option<usize>,
        in_progress: usize,
        now: Timestamp,
    ) -> bool {
        if !limits.enabled {
            return true;
        }
        let minute = SignedDuration::from_secs(60);
        for times in [&mut self.calls, &mut self.batches] {
            while times.front().is_some_and(|at| now.duration_since(*at) >= minute) {
                times.pop_front();
            }
        }
        let weight = match batch_items {
            Some(items) if limits.batch_items_count => items.max(1),
            _ => 1,
        };
        let is_over = self.calls.len() + weight > limits.per_minute
            || within(&self.calls, now, 1) + 1 > limits.per_second
            || in_progress > limits.concurrent
            || (batch_items.is_some() && self.batches.len() + 1 > limits.batch_per_minute);
        if is_over {
            return false;
        }
        self.calls.extend(std::iter::repeat_n(now, weight));
        if batch_items.is_some() {
            self.batches.push_back(now);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_call_of_a_second_is_over_the_limit() {
        let (mut windows, limits) = (Windows::default(), RateLimits::documented());
        let now = Timestamp::UNIX_EPOCH;
        assert!((0..10).all(|_| windows.admit(&limits, None, 1, now)));
        assert!(!windows.admit(&limits, None, 1, now));
        assert!(windows.admit(&limits, None, 1, now + SignedDuration::from_secs(1)));
    }

    #[test]
    fn batch_items_count_as_calls_only_by_switch() {
        let mut limits = RateLimits {
            per_minute: 40,
            per_second: 1000,
            ..RateLimits::documented()
        };
        let now = Timestamp::UNIX_EPOCH;
        let mut windows = Windows::default();
        assert!(windows.admit(&limits, Some(30), 1, now) && windows.admit(&limits, Some(30), 1, now));
        limits.batch_items_count = true;
        let mut windows = Windows::default();
        assert!(windows.admit(&limits, Some(30), 1, now));
        assert!(!windows.admit(&limits, Some(30), 1, now));
    }
}
