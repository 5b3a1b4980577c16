//! Documents: what became of each, the preview, trying again, and a person's decisions.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::{DocumentKey, StateName, TransactionId};
use jiff::Timestamp;
use pipeline::preview_report::PreviewReport;
use pipeline::report::{DocumentRow, ShownState, TransactionRow};
use pipeline::resolve::{Decision, resolve};
use pipeline::resync::{Resynced, resync};
use ports::{DocumentFilter, DocumentRecord, Event, Run, RunId, RunKind, RunLog, RunState, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::runs::limit_of;
use crate::api::Api;
use crate::idempotent::{Attempt, claim};
use crate::identity::{Allowed, Operate, Read};
use crate::problem::Problem;
use crate::strict::{Strict, StrictQuery};

/// Documents of a page when no number is asked for.
const PAGE: usize = 50;
/// The most characters of a reason.
const REASON_CHARACTERS_MAX: usize = 500;

/// One document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// Its id in this API.
    #[schema(value_type = String, example = "order:6e1c8a0e-5b0f-4f0c-9d0e-0c5a1d2b3c4d")]
    pub id: DocumentKey,
    /// `order`.
    pub source: &'static str,
    /// The number people know.
    pub number: String,
    /// The Linnworks id.
    pub source_id: String,
    /// `posted`, `skipped`, `held`, `conflict`, `unknown` or `pending`.
    #[schema(value_type = String, example = "posted")]
    pub state: ShownState,
    /// Why, and what to do.
    pub reason: Option<String>,
    /// The stable name of the reason.
    pub reason_code: Option<String>,
    /// What the buyer pays, as text.
    #[schema(example = "56.49")]
    pub total: Option<String>,
    /// Its currency.
    #[schema(example = "GBP")]
    pub currency: Option<String>,
    /// When its order was processed.
    pub processed_at: Option<String>,
    /// What is in QuickBooks of it.
    pub quickbooks: Vec<TransactionView>,
}

/// One transaction in QuickBooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionView {
    /// SalesReceipt, Invoice or Payment.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Id.
    pub id: String,
    /// Number.
    pub doc_number: Option<String>,
    /// Total, as text.
    pub total: String,
}

impl From<TransactionRow> for TransactionView {
    fn from(row: TransactionRow) -> Self {
        let TransactionRow {
            kind,
            id,
            doc_number,
            total,
        } = row;
        Self {
            kind,
            id,
            doc_number,
            total,
        }
    }
}

impl From<&DocumentRecord> for DocumentView {
    fn from(record: &DocumentRecord) -> Self {
        let row = DocumentRow::of(record);
        Self {
            id: record.key.clone(),
            source: row.source,
            number: row.number,
            source_id: row.source_id,
            state: row.state,
            reason: row.reason,
            reason_code: row.reason_code,
            total: row.total,
            currency: row.currency,
            processed_at: row.processed_at,
            quickbooks: row.quickbooks.into_iter().map(TransactionView::from).collect(),
        }
    }
}

/// Which documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentsQuery {
    /// An order's number or one of its references.
    number: Option<String>,
    /// `fetched`, `ready`, `posting`, `unknown`, `posted`, `skipped`, `held` or `conflict`.
    state: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many, up to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Some documents.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentsPage {
    /// The documents; a page may be short, or empty, and still not be the last.
    pub documents: Vec<DocumentView>,
    /// `cursor` of the next page; left out at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Documents by number, by state, or all, page by page.
#[utoipa::path(get, path = "/v1/documents", tag = "documents", operation_id = "list_documents", params(DocumentsQuery), responses(
    (status = 200, description = "A page of documents", body = DocumentsPage),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    _: Allowed<Read>,
    State(api): State<Api>,
    StrictQuery(query): StrictQuery<DocumentsQuery>,
) -> Result<Json<DocumentsPage>, Problem> {
    let limit = limit_of(query.limit, PAGE)?;
    let state = query.state.as_deref().map(read_state).transpose()?;
    let store = api.stack().await?.store();
    if query.number.is_some() && query.cursor.is_some() {
        return Err(Problem::unreadable(
            "what has a number comes on one page: number and cursor are not for one request",
        ));
    }
    let page = match &query.number {
        Some(number) => {
            let mut found = store.find(number).await?;
            found.retain(|record| state.is_none_or(|state| record.state.name() == state));
            (found, None)
        }
        None => {
            let filter = DocumentFilter {
                states: state.into_iter().collect(),
                ..DocumentFilter::default()
            };
            let page = store.list_page(&filter, query.cursor.as_deref(), limit).await?;
            let page = page.ok_or_else(|| {
                Problem::unreadable("this cursor was given by no page")
                    .with_remedy("Begin with the first page")
            })?;
            (page.records, page.next)
        }
    };
    let documents = page.0.iter().map(DocumentView::from).collect();
    Ok(Json(DocumentsPage {
        documents,
        next: page.1,
    }))
}

fn read_state(text: &str) -> Result<StateName, Problem> {
    StateName::ALL
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| {
            let names: Vec<&str> = StateName::ALL.iter().map(|state| state.as_str()).collect();
            Problem::unreadable(format!("the states are {}", names.join(", ")))
        })
}

/// A document with its story.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentStory {
    /// The document.
    pub document: DocumentView,
    /// Raised by every correction.
    pub revision: u32,
    /// What happened to it, oldest first.
    pub events: Vec<EventView>,
}

/// A line of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What happened.
    pub what: String,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            at: event.at,
            actor: event.actor,
            what: event.what,
        }
    }
}

/// One document with everything that happened to it.
#[utoipa::path(get, path = "/v1/documents/{id}", tag = "documents", operation_id = "get_document", params(("id" = String, Path)), responses(
    (status = 200, description = "The document", body = DocumentStory),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn one(
    _: Allowed<Read>,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Json<DocumentStory>, Problem> {
    let store = api.stack().await?.store();
    let record = find(store, id).await?;
    let events = store
        .events(&record.key)
        .await?
        .into_iter()
        .map(EventView::from)
        .collect();
    Ok(Json(DocumentStory {
        document: DocumentView::from(&record),
        revision: record.revision,
        events,
    }))
}

async fn find(store: &dyn Store, id: String) -> Result<DocumentRecord, Problem> {
    let missing = || {
        Problem::not_found("there is no document with this id").with_remedy(
            "GET /v1/documents?number=NUMBER finds it; POST /v1/sync fetches one that is not known yet",
        )
    };
    let key = DocumentKey::try_from(id).map_err(|_| missing())?;
    store.get(&key).await?.ok_or_else(missing)
}

/// What would be posted for an order, and why; writes nothing.
#[utoipa::path(get, path = "/v1/preview/{number}", tag = "documents", operation_id = "preview", params(("number" = String, Path)), responses(
    (status = 200, description = "The preview, as `linnbooks preview --json` prints it", body = Object),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn preview(
    Allowed(identity, _): Allowed<Read>,
    State(api): State<Api>,
    Path(number): Path<String>,
) -> Result<Json<Value>, Problem> {
    let with = api.connected(&identity).await?;
    let report = PreviewReport::of(
        &with.core,
        with.source.as_ref(),
        with.books.as_ref(),
        &number,
        None,
    )
    .await?;
    Ok(Json(report.to_json()?))
}

/// How to try again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResyncRequest {
    /// Remove from QuickBooks what linnbooks posted, then post anew.
    pub replace: bool,
}

/// What became of a resync.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ResyncAnswer {
    /// Its run.
    #[schema(value_type = String, format = "uuid")]
    pub run_id: RunId,
    /// `queued`, or `still_posted`: QuickBooks has it as recorded.
    pub outcome: String,
    /// What is there, where it is still posted.
    pub transactions: Vec<String>,
}

/// Try a document again, never twice: a posted one is looked up first.
#[utoipa::path(post, path = "/v1/documents/{id}/resync", tag = "documents", operation_id = "resync", request_body = ResyncRequest,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "As for /v1/sync")), responses(
    (status = 202, description = "Queued, or nothing to do", body = ResyncAnswer),
    (status = "4XX", description = "Refused; 409 where its fate is not settled", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn resync_one(
    Allowed(identity, _): Allowed<Operate>,
    State(api): State<Api>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Strict(request): Strict<ResyncRequest>,
) -> Result<(StatusCode, Json<ResyncAnswer>), Problem> {
    let stack = api.stack().await?;
    let record = find(stack.store(), id).await?;
    let operation = format!("resync {}", record.key);
    let (key, run_id) = match claim(stack, (&headers, &identity), (&operation, &request)).await? {
        Attempt::Done(answer) => return Ok((StatusCode::ACCEPTED, Json(answer))),
        Attempt::Do(key, run_id) => (key, run_id),
    };
    let number = record.number.clone();
    let answer = match resync_with(&api, &identity, record, request.replace).await {
        Ok(answer) => answer,
        Err(problem) => {
            key.release(stack).await;
            return Err(problem);
        }
    };
    let (outcome, transactions) = match answer {
        Resynced::StillPosted(transactions) => ("still_posted", transactions),
        _ => ("queued", Vec::new()),
    };
    let wanted = format!("order {number} again");
    let now = stack.clock().now();
    let run = Run {
        state: RunState::Finished,
        cause: Some(outcome.to_owned()),
        ..Run::requested(run_id, RunKind::Resync, identity.actor, wanted, now)
    };
    stack.store().put_run(&run).await?;
    let answer = ResyncAnswer {
        run_id,
        outcome: outcome.to_owned(),
        transactions,
    };
    key.keep(stack, &answer).await;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

async fn resync_with(
    api: &Api,
    identity: &crate::identity::Identity,
    record: DocumentRecord,
    replace: bool,
) -> Result<Resynced, Problem> {
    let with = api.connected(identity).await?;
    match resync(
        &with.core,
        with.source.as_ref(),
        with.books.as_ref(),
        record,
        replace,
    )
    .await?
    {
        Resynced::Refused(reason) => {
            let status = StatusCode::CONFLICT;
            Err(
                Problem::new(status, "not-now", "It cannot be tried again now", reason.cause)
                    .with_remedy(reason.remedy),
            )
        }
        done => Ok(done),
    }
}

/// A person's decision; exactly one of the three.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResolveRequest {
    /// This transaction of QuickBooks is the document.
    #[schema(max_length = 40)]
    pub adopt: Option<String>,
    /// It is not in QuickBooks: post it.
    pub post: Option<bool>,
    /// Leave it out, and why.
    #[schema(max_length = 500)]
    pub ignore: Option<String>,
}

impl ResolveRequest {
    fn decision(self) -> Result<Decision, Problem> {
        let is_text = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        match (self.adopt, self.post, self.ignore) {
            (Some(id), None, None) if is_text(&id, 40) => Ok(Decision::Adopt(TransactionId::new(id))),
            (None, Some(true), None) => Ok(Decision::Post),
            (None, None, Some(why)) if is_text(&why, REASON_CHARACTERS_MAX) => Ok(Decision::Ignore(why)),
            _ => Err(Problem::unfit(
                "the decision is exactly one of adopt (an id), post (true) and ignore (a reason)",
            )),
        }
    }
}

/// What became of a decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolveAnswer {
    /// In a sentence.
    pub answer: String,
}

/// End a conflict, an unknown or a hold by hand; kept in the audit trail with who said so.
#[utoipa::path(post, path = "/v1/documents/{id}/resolve", tag = "documents", operation_id = "resolve", request_body = ResolveRequest,
    params(("id" = String, Path)), responses(
    (status = 200, description = "Decided", body = ResolveAnswer),
    (status = "4XX", description = "Refused: the decision does not fit the document's state", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn resolve_one(
    Allowed(identity, _): Allowed<Operate>,
    State(api): State<Api>,
    Path(id): Path<String>,
    Strict(request): Strict<ResolveRequest>,
) -> Result<Json<ResolveAnswer>, Problem> {
    let decision = request.decision()?;
    let record = find(api.stack().await?.store(), id).await?;
    let with = api.connected(&identity).await?;
    let answer = resolve(&with.core, with.books.as_ref(), record, decision).await?;
    Ok(Json(ResolveAnswer { answer }))
}
