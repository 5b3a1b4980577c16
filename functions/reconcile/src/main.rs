//! The function `reconcile`: re-queues what stands still, settles lost answers, writes dead letters to the store, proves the day.
//!
//! In: `{"task": "sweep"}` or `{"task": "proof", "days": 3}`, on schedules; `{"task": "put_settings" | "put_rules", "text": ...}` from a person. Out: hints, states, metrics, a report. Maps nothing new and
//! posts nothing that was not posted before: a call it sends is one whose bytes are stored.

mod connect;
mod handler;
mod quiet;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use lambda_host::{Handler, HostError, Invocation, serve};
use serde::Deserialize;
use serde_json::{Value, json};
use stack::in_force::{Refusal, Replaces, put_rules, put_settings};
use store_aws::DynamoStore;

use crate::connect::Connection;

/// What a schedule asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
enum Task {
    /// Look after what stands still.
    Sweep,
    /// Prove the last days.
    Proof {
        /// How many.
        #[serde(default = "default_days")]
        days: u16,
    },
    /// Put settings in force.
    PutSettings {
        /// The text of a settings file.
        text: String,
        /// The version that it follows; left out, whichever is in force.
        #[serde(default)]
        replaces: Option<String>,
    },
    /// Put rules in force.
    PutRules {
        /// The text of a rules file.
        text: String,
        /// The version that they follow; left out, whichever is in force.
        #[serde(default)]
        replaces: Option<String>,
    },
}

/// Orders of the last three days: two were proved before, and may have been changed since.
fn default_days() -> u16 {
    3
}

/// The handler; connections are opened by the first event.
#[derive(Default)]
struct Function {
    connection: Connection,
}

#[async_trait]
impl Handler for Function {
    async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Value, HostError> {
        let task: Task = serde_json::from_value(event).map_err(|error| {
            HostError::new(
                "Request",
                format!("the task is sweep, proof, put_settings or put_rules: {error}"),
            )
        })?;
        let connection = &self.connection;
        match task {
            Task::Sweep => to_answer(&handler::sweep(&connection.parts().await?, invocation).await?),
            Task::Proof { days } => {
                keep_house(&connection.store().await?, jiff::Timestamp::now()).await?;
                let proof = handler::prove(&connection.parts().await?, days).await?;
                Ok(
                    json!({ "proved": proof.proved, "orders": proof.orders, "differences": proof.differences }),
                )
            }
            Task::PutSettings { text, replaces } => to_answer(
                &put_settings(
                    &connection.store().await?,
                    &text,
                    Replaces::named(replaces.as_deref()),
                    "invocation",
                )
                .await
                .map_err(refuse)?,
            ),
            Task::PutRules { text, replaces } => to_answer(
                &put_rules(
                    &connection.store().await?,
                    &text,
                    Replaces::named(replaces.as_deref()),
                    "invocation",
                )
                .await
                .map_err(refuse)?,
            ),
        }
    }
}

/// Moves the end of payloads whose documents wait; once a month gives an end to what a crash left without one, which reads the whole table.
async fn keep_house(store: &DynamoStore, now: jiff::Timestamp) -> Result<(), HostError> {
    let moved = store.keep_waiting().await?;
    let is_first = now.to_zoned(jiff::tz::TimeZone::UTC).day() == 1;
    let settled = if is_first {
        store.expire_settled().await?
    } else {
        0
    };
    if moved + settled > 0 {
        tracing::info!(moved, settled, "ends of payloads");
    }
    Ok(())
}

fn refuse(refusal: Refusal) -> HostError {
    handler::to_host_error(refusal.into())
}

fn to_answer<T: serde::Serialize>(answer: &T) -> Result<Value, HostError> {
    serde_json::to_value(answer).map_err(|error| HostError::new("Answer", error.to_string()))
}

fn main() -> Result<(), lambda_host::RuntimeError> {
    serve("reconcile", Function::default())
}
