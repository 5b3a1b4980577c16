//! Answers given under an idempotency key, so that a repeated request is answered and not done again.
//!
//! ```text
//! claim    the key is free, or its claim is older than its maker can live   -> ours, with an id that stays the same
//!          another is at work on it                                          -> busy
//!          it was answered for the same request                              -> the same answer
//!          it was used for another request                                   -> refused
//! answer   what was answered, by whoever holds the claim
//! ```
//! In: a key, a hash of the request. Out: what to do. Kept for seven days. The key itself is not kept, only its hash.

use std::time::Duration;

use jiff::Timestamp;
use ports::{Clock, RunId, StoreError};

use crate::keys::{self, BYTES, EXPIRES, HOLDER, RECORD, UNTIL, WRITE};
use crate::record::{hash, hex, instant};
use crate::store::DynamoStore;
use crate::table::{Item, Write, bytes, number, read_text, text};
use crate::write::{is_ours, new_mark};

/// How long answers are kept, in seconds.
const KEPT_SECONDS: i64 = 7 * 24 * 3_600;

/// What a key is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours: do it under this id, then [`DynamoStore::keep_answer`].
    Ours(RunId),
    /// Another request with the same key is being done.
    Busy,
    /// It was done: this was the answer.
    Answered(Vec<u8>),
    /// The key was used for another request.
    Other,
}

impl DynamoStore {
    /// Claims a key for a request.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn claim_answer(
        &self,
        key: &str,
        request: &str,
        (clock, life_max): (&dyn Clock, Duration),
    ) -> Result<Claim, StoreError> {
        const PLACE: &str = "an idempotency key";
        let now = clock.now();
        let mark = new_mark();
        let id = RunId::new(now);
        let until = now.checked_add(life_max).unwrap_or(Timestamp::MAX);
        let write = Write::new(self.answer_key(key), "attribute_not_exists(#p)")
            .set(WRITE, bytes(&*mark))
            .set(HOLDER, text(request))
            .set(RECORD, text(id.to_string()))
            .set(UNTIL, text(instant(until)))
            .set(EXPIRES, number(now.as_second().saturating_add(KEPT_SECONDS)));
        let Some(found) = self.table().update(PLACE, &write).await? else {
            return Ok(Claim::Ours(id));
        };
        if is_ours(&found, &mark) {
            return Ok(Claim::Ours(id));
        }
        if read_text(PLACE, &found, HOLDER)? != request {
            return Ok(Claim::Other);
        }
        if let Some(answer) = found.get(BYTES).and_then(|value| value.as_b().ok()) {
            return Ok(Claim::Answered(answer.as_ref().to_vec()));
        }
        self.take_over(key, (&found, until, now)).await
    }

    /// A claim whose maker cannot live any more is taken over, with its id.
    async fn take_over(
        &self,
        key: &str,
        (found, until, now): (&Item, Timestamp, Timestamp),
    ) -> Result<Claim, StoreError> {
        const PLACE: &str = "an idempotency key";
        let held = read_text(PLACE, found, UNTIL)?;
        if held > instant(now).as_str() {
            return Ok(Claim::Busy);
        }
        let mark = new_mark();
        let write = Write::new(self.answer_key(key), "#u = :o AND attribute_not_exists(#b)")
            .set(WRITE, bytes(&*mark))
            .set(UNTIL, text(instant(until)))
            .value("o", text(held));
        let failed = self.table().update(PLACE, &write).await?;
        if failed.is_some_and(|item| !is_ours(&item, &mark)) {
            return Ok(Claim::Busy);
        }
        let id = read_text(PLACE, found, RECORD)?;
        id.parse()
            .map(Claim::Ours)
            .map_err(|_| crate::error::unreadable(PLACE, "its id is none"))
    }

    /// Keeps the answer to a claimed request.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn keep_answer(&self, key: &str, answer: Vec<u8>) -> Result<(), StoreError> {
        let write = Write::new(self.answer_key(key), "").set(BYTES, bytes(answer));
        self.table()
            .update("an idempotency key", &write)
            .await
            .map(|_| ())
    }

    /// Gives a claim back: the request was refused, and the key may be used again.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn release_answer(&self, key: &str) -> Result<(), StoreError> {
        let write = Write::new(self.answer_key(key), "attribute_not_exists(#b)");
        self.table()
            .delete("an idempotency key", &write)
            .await
            .map(|_| ())
    }

    fn answer_key(&self, key: &str) -> keys::ItemKey {
        keys::answer(&hex(&hash(key.as_bytes())))
    }
}
