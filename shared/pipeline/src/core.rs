//! What every use case needs: store, queue, clock, settings and rules.
//!
//! In: implementations behind ports. Out: small helpers over them (events, changes, sending messages). Decides nothing.

use std::sync::Arc;
use std::time::Duration;

use domain::{DocumentKey, DocumentState, Order, PostedTransaction, Reason, ReasonCode};
use jiff::Timestamp;
use mapping::{Context, Settings};
use ports::{Change, Clock, DocumentRecord, Event, KnownLists, Message, Queue, QueueName, Store, StoreError};

use crate::rule_book::RuleBook;

/// What happened just now, for a progress display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many more orders are to be read.
    Found(usize),
    /// So many more documents were fetched.
    Fetched(usize),
    /// So many more documents were mapped.
    Mapped(usize),
    /// So many more documents reached an end.
    Settled(usize),
    /// Waiting, and why.
    Waiting(String),
}

/// Store, queue, clock, settings and rules, shared by the use cases.
#[derive(Clone)]
pub struct Core {
    /// Where documents are kept.
    pub store: Arc<dyn Store>,
    /// What is to be done.
    pub queue: Arc<dyn Queue>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The settings in force.
    pub settings: Arc<Settings>,
    /// The rules in force, when there are any.
    pub rules: Option<Arc<RuleBook>>,
    /// Who is told of progress.
    pub progress: Arc<dyn Fn(Progress) + Send + Sync>,
    /// In whose name a person's decisions are written into the audit trail.
    pub person: Arc<str>,
}

impl Core {
    /// The parts, without rules and without anyone who is told of progress.
    pub fn new(
        store: Arc<dyn Store>,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        settings: Arc<Settings>,
    ) -> Self {
        Self {
            store,
            queue,
            clock,
            settings,
            rules: None,
            progress: Arc::new(|_| ()),
            person: "person".into(),
        }
    }

    /// The same with these rules, or with none.
    pub fn with_rules(mut self, rules: Option<Arc<RuleBook>>) -> Self {
        self.rules = rules;
        self
    }

    /// The same with a listener.
    pub fn with_progress(mut self, progress: Arc<dyn Fn(Progress) + Send + Sync>) -> Self {
        self.progress = progress;
        self
    }

    /// The same, acting for a person with this name in the audit trail.
    pub fn acting_for(mut self, person: &str) -> Self {
        self.person = person.into();
        self
    }

    /// What orders are mapped with, given the lists.
    pub fn context<'a>(&'a self, known: &'a KnownLists) -> Context<'a> {
        Context {
            settings: &self.settings,
            lists: &known.lists,
            company: &known.company,
            rules: self.rules.as_ref().map(|book| &book.compiled),
        }
    }

    /// The version of the rules in force.
    pub fn rules_version(&self) -> Option<String> {
        self.rules.as_ref().map(|book| book.version().to_owned())
    }

    /// The instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The instant, moved by a wait; the end of time when that is beyond it.
    pub fn after(&self, wait: Duration) -> Timestamp {
        later(self.now(), wait)
    }

    /// Tells of progress.
    pub fn tell(&self, progress: Progress) {
        (self.progress)(progress);
    }

    /// A change of a record to a new state, with the event that tells of it.
    pub fn change(&self, record: DocumentRecord, state: DocumentState, what: impl Into<String>) -> Change {
        self.change_by("linnbooks", record, state, what)
    }

    /// As [`Core::change`], by a named actor.
    pub fn change_by(
        &self,
        actor: &str,
        mut record: DocumentRecord,
        state: DocumentState,
        what: impl Into<String>,
    ) -> Change {
        let now = self.now();
        let event = Event {
            at: now,
            key: record.key.clone(),
            actor: actor.to_owned(),
            what: what.into(),
        };
        record.state = state;
        record.updated_at = now;
        Change {
            record,
            payload: None,
            event: Some(event),
        }
    }

    /// Sends hints that these documents have work to be done.
    ///
    /// # Errors
    /// Those of the queue.
    pub async fn hint(
        &self,
        queue: QueueName,
        keys: impl IntoIterator<Item = DocumentKey>,
    ) -> Result<(), StoreError> {
        let messages: Vec<Message> = keys.into_iter().map(Message::new).collect();
        if messages.is_empty() {
            return Ok(());
        }
        self.queue.send(queue, &messages, Duration::ZERO).await
    }
}

/// An instant moved by a wait; the end of time when that is beyond it.
pub fn later(at: Timestamp, wait: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| at.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

/// A hash of the order's content: another value means that the order changed.
///
/// # Errors
/// [`StoreError::Unreadable`] when the order has no JSON form, which is a defect.
pub fn hash_order(order: &Order) -> Result<String, StoreError> {
    let json = serde_json::to_vec(order).map_err(|error| StoreError::Unreadable {
        place: format!("order {}", order.number),
        cause: error.to_string(),
    })?;
    Ok(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &json).to_string())
}

/// The state of a document that is partly posted and shall go on from there: the next run maps it and makes what is missing.
pub(crate) fn go_on_with(number: &str, posted: Vec<PostedTransaction>) -> DocumentState {
    let reason = Reason::new(
        ReasonCode::Waiting,
        format!("order {number} is posted in part, the rest is to follow"),
        "The next `linnbooks sync` posts it",
    );
    DocumentState::Held { reason, posted }
}
