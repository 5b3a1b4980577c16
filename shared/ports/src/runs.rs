//! Runs: what was asked for, by whom, and how it ended; for people and programs that wait for it.
//!
//! In: records. Out: the same, newest first. A run says nothing about a document: documents have their own states and trails.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreError;

/// The identity of a run: a UUID of version 7, so that ids sort by the time at which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub Uuid);

impl RunId {
    /// A new id of this instant.
    pub fn new(now: Timestamp) -> Self {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(
            uuid::NoContext,
            seconds,
            nanoseconds,
        )))
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::str::FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Fetches orders.
    Fetch,
    /// Tries one document again.
    Resync,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Asked for; nobody began yet.
    Requested,
    /// At work, or waiting for a further invocation.
    Working,
    /// At its end: what it fetched is stored and queued.
    Finished,
    /// Ended early; `cause` says why. What it stored stays, and the next run goes on.
    Failed,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// What it does.
    pub kind: RunKind,
    /// How far it came.
    pub state: RunState,
    /// Who asked: `schedule`, or `api` and the subject of the caller's token.
    pub by: String,
    /// What was asked for: order numbers, a span, or a document; for people.
    pub wanted: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Documents new or changed.
    pub fetched: usize,
    /// Why it failed, or what a resync answered.
    pub cause: Option<String>,
}

impl Run {
    /// A run that was asked for and that nobody began yet.
    pub fn requested(
        id: RunId,
        kind: RunKind,
        by: impl Into<String>,
        wanted: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            kind,
            state: RunState::Requested,
            by: by.into(),
            wanted,
            requested_at: now,
            updated_at: now,
            fetched: 0,
            cause: None,
        }
    }
}

/// What somebody asks `fetch` for: nothing named means the orders since the last run. As JSON it is the body of a request on the queue; an
/// unknown key is refused, since a misspelt `since` must not fetch everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Orders processed from this instant on.
    pub since: Option<Timestamp>,
    /// Orders processed up to this instant.
    pub until: Option<Timestamp>,
    /// Only these order numbers or references.
    pub orders: Vec<String>,
    /// The run under which it was asked for, where somebody waits for it.
    pub run_id: Option<RunId>,
}

impl Wanted {
    /// What is wanted, for people.
    pub fn describe(&self) -> String {
        let shown =
            |at: Option<Timestamp>, none: &str| at.map_or_else(|| none.to_owned(), |at| at.to_string());
        if !self.orders.is_empty() {
            return format!("orders {}", self.orders.join(", "));
        }
        if self.since.is_none() && self.until.is_none() {
            return "orders since the last run".to_owned();
        }
        let (since, until) = (shown(self.since, "the last run"), shown(self.until, "now"));
        format!("orders processed from {since} to {until}")
    }
}

/// Keeps runs for a while.
#[async_trait]
pub trait RunLog: Send + Sync {
    /// Writes a run, whatever was there under its id.
    async fn put_run(&self, run: &Run) -> Result<(), StoreError>;

    /// A run.
    async fn run(&self, id: RunId) -> Result<Option<Run>, StoreError>;

    /// Up to `most` runs, newest first, older than `before` where it is given.
    async fn runs(&self, before: Option<RunId>, most: usize) -> Result<Vec<Run>, StoreError>;
}
