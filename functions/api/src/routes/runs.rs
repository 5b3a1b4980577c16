//! Runs: asking for one, and looking at what became of them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use ports::{Run, RunId, RunKind, RunLog, RunState, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::idempotent::{Attempt, claim};
use crate::identity::{Allowed, Operate, Read};
use crate::problem::Problem;
use crate::strict::{Strict, StrictQuery};

/// The most orders that one request may name.
const ORDERS_MAX: usize = 200;
/// The most characters of an order's number or reference.
const NUMBER_CHARACTERS_MAX: usize = 200;
/// Runs of a page when no number is asked for.
const PAGE: usize = 50;

/// What to fetch: nothing named means the orders since the last run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyncRequest {
    /// Orders processed from this instant on.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-01T00:00:00Z")]
    pub since: Option<Timestamp>,
    /// Orders processed up to this instant.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-02T00:00:00Z")]
    pub until: Option<Timestamp>,
    /// Only these order numbers or references; not together with a span.
    #[schema(max_items = 200, example = json!(["100001"]))]
    pub orders: Vec<String>,
}

impl SyncRequest {
    fn check(&self) -> Result<(), Problem> {
        let has_span = self.since.is_some() || self.until.is_some();
        if has_span && !self.orders.is_empty() {
            return Err(Problem::unfit(
                "the request names orders and a span: it can be one of them",
            ));
        }
        if self
            .since
            .zip(self.until)
            .is_some_and(|(since, until)| since >= until)
        {
            return Err(Problem::unfit("since is not before until"));
        }
        if self.orders.len() > ORDERS_MAX {
            return Err(Problem::unfit(format!("more than {ORDERS_MAX} orders at once"))
                .with_remedy("Ask for them in several requests"));
        }
        let is_none =
            |number: &String| number.trim().is_empty() || number.chars().count() > NUMBER_CHARACTERS_MAX;
        if self.orders.iter().any(is_none) {
            return Err(Problem::unfit(format!(
                "an order has 1 to {NUMBER_CHARACTERS_MAX} characters"
            )));
        }
        Ok(())
    }
}

/// A run was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// The run: `GET /v1/runs/{run_id}` tells what became of it.
    #[schema(value_type = String, format = "uuid")]
    pub run_id: RunId,
}

/// A run as the API shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub run_id: RunId,
    /// `fetch` or `resync`.
    #[schema(value_type = String, example = "fetch")]
    pub kind: RunKind,
    /// `requested`, `working`, `finished` or `failed`.
    #[schema(value_type = String, example = "finished")]
    pub state: RunState,
    /// Who asked for it.
    pub by: String,
    /// What was asked for.
    pub wanted: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When its state last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Documents new or changed.
    pub fetched: usize,
    /// Why it failed, or what a resync answered.
    pub cause: Option<String>,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            run_id: run.id,
            kind: run.kind,
            state: run.state,
            by: run.by,
            wanted: run.wanted,
            requested_at: run.requested_at,
            updated_at: run.updated_at,
            fetched: run.fetched,
            cause: run.cause,
        }
    }
}

/// Fetch orders: what is fetched is mapped and posted.
#[utoipa::path(post, path = "/v1/sync", tag = "runs", operation_id = "sync", request_body = SyncRequest,
    params(("Idempotency-Key" = String, Header, description = "Any text of up to 128 characters; a repeated request with it is answered and not done again")),
    responses(
        (status = 202, description = "Asked for", body = Accepted),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn sync(
    Allowed(identity, _): Allowed<Operate>,
    State(api): State<Api>,
    headers: HeaderMap,
    Strict(request): Strict<SyncRequest>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    request.check()?;
    let stack = api.stack().await?;
    let (key, run_id) = match claim(stack, (&headers, &identity), ("sync", &request)).await? {
        Attempt::Done(answer) => return Ok((StatusCode::ACCEPTED, Json(answer))),
        Attempt::Do(key, run_id) => (key, run_id),
    };
    let wanted = Wanted {
        since: request.since,
        until: request.until,
        orders: request.orders,
        run_id: None,
    };
    stack.ask_to_fetch(run_id, &identity.actor, wanted).await?;
    let answer = Accepted { run_id };
    key.keep(stack, &answer).await;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Where the last page ended.
    #[param(value_type = Option<String>, format = "uuid")]
    before: Option<RunId>,
    /// How many, up to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Runs, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunsPage {
    /// The runs.
    pub runs: Vec<RunView>,
    /// `before` of the next page; left out at the end.
    #[schema(value_type = Option<String>, format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<RunId>,
}

/// What was asked for, by whom, and how it ended; newest first, for 90 days.
#[utoipa::path(get, path = "/v1/runs", tag = "runs", operation_id = "list_runs", params(RunsQuery), responses(
    (status = 200, description = "A page of runs", body = RunsPage),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    _: Allowed<Read>,
    State(api): State<Api>,
    StrictQuery(query): StrictQuery<RunsQuery>,
) -> Result<Json<RunsPage>, Problem> {
    let limit = limit_of(query.limit, PAGE)?;
    let store = api.stack().await?.store();
    let mut runs = store.runs(query.before, limit + 1).await?;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next = runs.last().filter(|_| more).map(|run| run.id);
    Ok(Json(RunsPage {
        runs: runs.into_iter().map(RunView::from).collect(),
        next,
    }))
}

/// The length of a page.
///
/// # Errors
/// 400 for none, or too many.
pub fn limit_of(limit: Option<usize>, default: usize) -> Result<usize, Problem> {
    match limit.unwrap_or(default) {
        limit @ 1..=200 => Ok(limit),
        _ => Err(Problem::unreadable("limit is a number from 1 to 200")),
    }
}

/// One run.
#[utoipa::path(get, path = "/v1/runs/{run_id}", tag = "runs", operation_id = "get_run",
    params(("run_id" = String, Path, format = "uuid")), responses(
    (status = 200, description = "The run", body = RunView),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn one(
    _: Allowed<Read>,
    State(api): State<Api>,
    Path(run_id): Path<String>,
) -> Result<Json<RunView>, Problem> {
    let missing =
        || Problem::not_found("there is no run with this id").with_remedy("Runs are kept for 90 days");
    let id = run_id.parse().map_err(|_| missing())?;
    let run = api.stack().await?.store().run(id).await?.ok_or_else(missing)?;
    Ok(Json(run.into()))
}
