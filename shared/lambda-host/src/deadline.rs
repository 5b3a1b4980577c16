//! The instant by which an invocation must have ended.
//!
//! In: Lambda's deadline. Out: how much time is left, on the Clock port. Stops nothing by itself: work asks before it begins something
//! new, so that no request is on its way when Lambda ends or freezes the process (reliability.md 1.2, step 2).

use std::time::Duration;

use jiff::Timestamp;
use ports::Clock;

/// When Lambda ends the invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at: Timestamp,
}

impl Deadline {
    /// No deadline, for work outside Lambda.
    pub const NONE: Self = Self { at: Timestamp::MAX };

    /// From milliseconds since 1970, as Lambda gives it; 0 means none.
    pub fn from_milliseconds(milliseconds: u64) -> Self {
        let at = i64::try_from(milliseconds)
            .ok()
            .filter(|milliseconds| *milliseconds > 0)
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        at.map_or(Self::NONE, |at| Self { at })
    }

    /// The time that is left; zero when it has passed.
    pub fn remaining(&self, clock: &dyn Clock) -> Duration {
        Duration::try_from(self.at.duration_since(clock.now())).unwrap_or(Duration::ZERO)
    }

    /// True when work that takes up to `span` can still be begun.
    pub fn has_time_for(&self, span: Duration, clock: &dyn Clock) -> bool {
        self.remaining(clock) >= span
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::SystemClock;

    #[test]
    fn no_time_is_left_after_the_deadline() {
        let past = Deadline::from_milliseconds(1);
        assert_eq!(past.remaining(&SystemClock), Duration::ZERO);
        assert!(!past.has_time_for(Duration::from_millis(1), &SystemClock));
    }

    #[test]
    fn without_a_deadline_there_is_time_for_anything() {
        assert_eq!(Deadline::from_milliseconds(0), Deadline::NONE);
        assert!(Deadline::NONE.has_time_for(Duration::from_secs(1 << 30), &SystemClock));
    }
}
