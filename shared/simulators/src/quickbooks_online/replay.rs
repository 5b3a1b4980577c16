//! What `requestid` remembers (quickbooks-online.md 2.4).
//!
//! In: a request id (with the bId of a batch item) and the body sent. Out: the stored answer, if the switch says it is kept.
//! Checks the documented lengths. One company per simulator, so the company is not part of the key.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use super::fault::Fault;
use super::json::Json;
use super::switches::{RequestIdMode, RequestIdOtherBody, Switches};

/// What a request came to.
pub(super) type Outcome = Result<Json, Fault>;

struct Remembered {
    body_hash: u64,
    at: Timestamp,
    outcome: Outcome,
}

/// The request ids seen.
#[derive(Default)]
pub(super) struct Replays {
    seen: HashMap<(String, String), Remembered>,
}

/// The id of a single request or of one item of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestKey<'a> {
    pub requestid: &'a str,
    /// Empty for a single request.
    pub bid: &'a str,
}

fn hash_of(body: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

/// Refuses an id that is too long (2130): 50 characters, 36 for a batch.
pub(super) fn check_length(requestid: &str, is_batch: bool) -> Result<(), Fault> {
    let max = if is_batch { 36 } else { 50 };
    if requestid.chars().count() <= max {
        return Ok(());
    }
    let detail = format!("The request id is longer than {max} characters");
    Err(Fault::new("2130", "Invalid Request Id Format", detail).at("requestid"))
}

impl Replays {
    /// The stored answer of a repeat.
    pub fn find(
        &self,
        key: RequestKey<'_>,
        body: &str,
        switches: &Switches,
        now: Timestamp,
    ) -> Option<Outcome> {
        let found = self.seen.get(&(key.requestid.to_owned(), key.bid.to_owned()))?;
        let is_kept = match switches.requestid {
            RequestIdMode::Ignored => false,
            RequestIdMode::HonouredHours(hours) => {
                now.duration_since(found.at) < SignedDuration::from_hours(i64::from(hours))
            }
            RequestIdMode::Honoured | RequestIdMode::Replay6000 => true,
        };
        if !is_kept {
            return None;
        }
        let other_body = found.body_hash != hash_of(body);
        if other_body && switches.requestid_other_body == RequestIdOtherBody::Fault600 {
            let detail = "The request id already exists. Our system detected the duplicate";
            return Some(Err(Fault::new("600", "Duplicate Request ID", detail)));
        }
        if switches.requestid == RequestIdMode::Replay6000 && !key.bid.is_empty() {
            return Some(Err(Fault::business(
                "An unexpected error occurred while processing the request.",
            )));
        }
        Some(found.outcome.clone())
    }

    /// Whether any item of a batch with this id was seen.
    pub fn has_batch(&self, requestid: &str) -> bool {
        self.seen
            .keys()
            .any(|(id, bid)| id == requestid && !bid.is_empty())
    }

    /// Remembers an answer; faults only where the switch says so.
    pub fn remember(
        &mut self,
        key: RequestKey<'_>,
        body: &str,
        outcome: &Outcome,
        switches: &Switches,
        now: Timestamp,
    ) {
        if outcome.is_err() && !switches.requestid_remembers_faults {
            return;
        }
        let remembered = Remembered {
            body_hash: hash_of(body),
            at: now,
            outcome: outcome.clone(),
        };
        self.seen
            .insert((key.requestid.to_owned(), key.bid.to_owned()), remembered);
    }
}
