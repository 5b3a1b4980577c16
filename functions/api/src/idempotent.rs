//! A repeated request is answered, and not done again.
//!
//! In: the header `Idempotency-Key` with a request. Out: the answer of the first time. The same key with another request is refused; while
//! the first is being done, a repetition is asked to wait.

use axum::http::{HeaderMap, StatusCode};
use ports::RunId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use stack::Stack;
use store_aws::Claim;

use crate::api::REQUEST_LIFE_MAX;
use crate::identity::Identity;
use crate::problem::Problem;
use crate::strict::header;

/// The most characters of a key.
const KEY_CHARACTERS_MAX: usize = 128;

/// A claim on a key, or the answer that was given under it.
pub enum Attempt<T> {
    /// Do it under this id, then [`Key::keep`] the answer.
    Do(Key, RunId),
    /// It was done.
    Done(T),
}

/// A claimed key.
pub struct Key(String);

/// Claims the key of a request.
///
/// # Errors
/// 400 without a key, 409 while another is at work, 422 for a key of another request.
pub async fn claim<T: DeserializeOwned>(
    stack: &Stack,
    (headers, identity): (&HeaderMap, &Identity),
    (operation, request): (&str, &impl Serialize),
) -> Result<Attempt<T>, Problem> {
    let given = header(headers, "idempotency-key")?;
    if given.chars().count() > KEY_CHARACTERS_MAX {
        return Err(Problem::unreadable(format!(
            "Idempotency-Key has more than {KEY_CHARACTERS_MAX} characters"
        )));
    }
    // Keys of one caller are no affair of another's.
    let key = format!("{}\n{given}", identity.actor);
    let request = serde_json::to_string(request).map_err(|_| Problem::defect())?;
    let digest = Sha256::digest(format!("{operation}\n{request}").as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let clock = stack.clock();
    let claim = stack
        .store()
        .claim_answer(&key, &digest, (clock.as_ref(), REQUEST_LIFE_MAX))
        .await?;
    match claim {
        Claim::Ours(id) => Ok(Attempt::Do(Key(key), id)),
        Claim::Answered(answer) => serde_json::from_slice(&answer)
            .map(Attempt::Done)
            .map_err(|_| Problem::defect()),
        Claim::Busy => {
            let detail = "a request with this Idempotency-Key is being done";
            Err(
                Problem::new(StatusCode::CONFLICT, "being-done", "It is being done", detail)
                    .with_remedy("Repeat it after a moment: it will be answered, and not done again")
                    .after_seconds(2),
            )
        }
        Claim::Other => Err(
            Problem::unfit("this Idempotency-Key was used for another request")
                .with_remedy("Use a new key for every new request"),
        ),
    }
}

impl Key {
    /// Keeps the answer. Without it a repetition would do the same work under the same id, which does no harm.
    pub async fn keep<T: Serialize>(self, stack: &Stack, answer: &T) {
        let Ok(bytes) = serde_json::to_vec(answer) else {
            return;
        };
        if let Err(error) = stack.store().keep_answer(&self.0, bytes).await {
            tracing::warn!(%error, "an answer could not be kept");
        }
    }

    /// Gives the key back: the request was refused.
    pub async fn release(self, stack: &Stack) {
        if let Err(error) = stack.store().release_answer(&self.0).await {
            tracing::warn!(%error, "a key could not be given back");
        }
    }
}
