//! Requests per method and minute, kept under the stated limits (linnworks.md 2.3).
//!
//! In: a method, before each request. Out: how long to wait first. Written here instead of taken from `governor`: its clock is
//! a trait of monotonic readings that cannot wait, while every wait of linnbooks goes through the Clock port. It keeps the
//! times of the last requests instead of a bucket of tokens, so that no span of a minute, wherever it starts, holds more
//! requests than the limit, and a pause still earns the whole limit at once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A minute, and a second for the difference between sending and counting.
const WINDOW: SignedDuration = SignedDuration::from_secs(61);

/// Methods with a stated limit of 250 a minute; all others have 150.
const METHODS_250: [&str; 3] = [
    "Orders/GetOrdersById",
    "Orders/GetOrderDetailsByNumOrderId",
    "Orders/GetOrderDetailsByReferenceId",
];

/// Times of the last requests by method.
pub struct Limits {
    share_percent: u32,
    sent: Mutex<HashMap<&'static str, VecDeque<Timestamp>>>,
}

impl Limits {
    /// Limits of which `share_percent` percent is used.
    pub fn new(share_percent: u32) -> Self {
        Self {
            share_percent: share_percent.clamp(1, 100),
            sent: Mutex::default(),
        }
    }

    /// Requests of a method in a minute, at least 1.
    pub fn per_minute(&self, method: &str) -> usize {
        let stated = if METHODS_250.contains(&method) { 250 } else { 150 };
        usize::try_from(stated * self.share_percent / 100)
            .unwrap_or(1)
            .max(1)
    }

    /// Takes the next free place for a request and returns how long it is until then.
    pub fn reserve(&self, method: &'static str, now: Timestamp) -> Duration {
        let limit = self.per_minute(method);
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let times = sent.entry(method).or_default();
        while times.len() > limit {
            times.pop_front();
        }
        let free = match times.front() {
            Some(oldest) if times.len() == limit => oldest.checked_add(WINDOW).unwrap_or(now).max(now),
            _ => now,
        };
        if times.len() == limit {
            times.pop_front();
        }
        times.push_back(free);
        Duration::try_from(free.duration_since(now)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCH: &str = "ProcessedOrders/SearchProcessedOrders";

    #[test]
    fn no_span_of_a_minute_holds_more_requests_than_the_share_of_the_limit() {
        let limits = Limits::new(90);
        let mut now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut times = Vec::new();
        for _ in 0..1_000 {
            now += SignedDuration::try_from(limits.reserve(SEARCH, now)).unwrap();
            times.push(now);
            now += SignedDuration::from_millis(120);
        }
        let limit = limits.per_minute(SEARCH);
        assert_eq!(limit, 135);
        assert!(
            times
                .windows(limit + 1)
                .all(|span| span[limit].duration_since(span[0]) >= WINDOW)
        );
        let minutes = now.duration_since(times[0]).as_secs() / 61;
        assert!(
            minutes <= 8,
            "1,000 requests at 135 a minute took {minutes} minutes"
        );
    }

    #[test]
    fn requests_reserved_at_once_are_spread_although_the_clock_stands() {
        let limits = Limits::new(100);
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let waits: Vec<u64> = (0..451).map(|_| limits.reserve(SEARCH, now).as_secs()).collect();
        assert_eq!(
            (waits[149], waits[150], waits[299], waits[300], waits[450]),
            (0, 61, 61, 122, 183)
        );
    }

    #[test]
    fn each_method_has_its_own_limit() {
        let limits = Limits::new(100);
        assert_eq!(limits.per_minute("Orders/GetOrdersById"), 250);
        assert_eq!(limits.per_minute("Auth/AuthorizeByApplication"), 150);
        assert_eq!(Limits::new(0).per_minute(SEARCH), 1);
    }
}
