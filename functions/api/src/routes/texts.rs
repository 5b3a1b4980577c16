//! Settings and rules: the texts in force, their versions, and putting others in force.
//!
//! A text is put in force only when it can be used, and only in place of the version that its writer looked at (`If-Match`).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::lists::Lists;
use jiff::Timestamp;
use pipeline::{RuleBook, RulesRefused};
use ports::Store;
use rules::{Finding, Severity};
use serde::{Deserialize, Serialize};
use stack::in_force::{self, InForce, Replaces};
use store_aws::Changed;
use utoipa::ToSchema;

use crate::api::Api;
use crate::identity::{Admin, Allowed, Read};
use crate::problem::Problem;
use crate::strict::Strict;

/// Changes shown of a history.
const CHANGES_MAX: usize = 200;

/// A text with its version.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextView {
    /// The version, a hash of the content; also the `ETag`.
    pub version: String,
    /// The text of the file.
    pub text: String,
}

/// A text to be put in force, or to be checked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextRequest {
    /// The text of the file.
    pub text: String,
}

/// What was put in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct InForceView {
    /// The version now in force.
    pub version: String,
    /// The one before.
    pub replaced: Option<String>,
}

/// One change of what is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The version put in force.
    pub version: String,
    /// The one before.
    pub replaced: Option<String>,
}

impl From<Changed> for ChangeView {
    fn from(changed: Changed) -> Self {
        let Changed {
            at,
            by,
            version,
            replaced,
        } = changed;
        Self {
            at,
            by,
            version,
            replaced,
        }
    }
}

/// The changes of what is in force, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryView {
    /// The changes.
    pub changes: Vec<ChangeView>,
}

async fn text_in_force(api: &Api, kind: &str) -> Result<Response, Problem> {
    let store = api.stack().await?.store();
    let missing = || {
        Problem::not_found(format!("no {kind} are in force yet")).with_remedy(format!(
            "PUT /v1/{kind} with `If-None-Match: *` puts the first in force"
        ))
    };
    let version = store.in_force(kind).await?.ok_or_else(missing)?;
    let text = store.version(kind, &version).await?.ok_or_else(missing)?;
    let tag = etag(&version)?;
    Ok(([(header::ETAG, tag)], Json(TextView { version, text })).into_response())
}

async fn text_of_version(api: &Api, kind: &str, version: String) -> Result<Json<TextView>, Problem> {
    let text = api.stack().await?.store().version(kind, &version).await?;
    let text = text.ok_or_else(|| Problem::not_found(format!("there is no such version of the {kind}")))?;
    Ok(Json(TextView { version, text }))
}

async fn history(api: &Api, kind: &str) -> Result<Json<HistoryView>, Problem> {
    let changes = api
        .stack()
        .await?
        .store()
        .changes_in_force(kind, CHANGES_MAX)
        .await?;
    Ok(Json(HistoryView {
        changes: changes.into_iter().map(ChangeView::from).collect(),
    }))
}

fn etag(version: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("\"{version}\"")).map_err(|_| Problem::defect())
}

/// The version that a writer looked at: `If-Match: "version"`, or `If-None-Match: *` for the first.
fn replaces(headers: &HeaderMap) -> Result<Replaces<'_>, Problem> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .map(str::trim)
    };
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (Some(tag), None) if tag != "*" => Ok(Replaces::Only(Some(tag.trim_matches('"')))),
        (None, Some("*")) => Ok(Replaces::Only(None)),
        (None, None) => Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition",
            "Which version does it replace?",
            "the request does not say which version it replaces",
        )
        .with_remedy("Send `If-Match: \"VERSION\"` with the version you looked at, or `If-None-Match: *` for the first")),
        _ => Err(Problem::unreadable("If-Match is one version in quotes, If-None-Match is *, and not both")),
    }
}

fn answer(done: InForce) -> Result<Response, Problem> {
    let tag = etag(&done.version)?;
    let view = InForceView {
        version: done.version,
        replaced: done.replaced,
    };
    Ok(([(header::ETAG, tag)], Json(view)).into_response())
}

/// The settings in force.
#[utoipa::path(get, path = "/v1/settings", tag = "settings", operation_id = "get_settings", responses(
    (status = 200, description = "The settings", body = TextView, headers(("etag" = String, description = "The version in quotes"))),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn settings(_: Allowed<Read>, State(api): State<Api>) -> Result<Response, Problem> {
    text_in_force(&api, "settings").await
}

/// Put settings in force.
#[utoipa::path(put, path = "/v1/settings", tag = "settings", operation_id = "put_settings", request_body = TextRequest,
    params(("If-Match" = Option<String>, Header, description = "The version it replaces, in quotes"), ("If-None-Match" = Option<String>, Header, description = "* for the first")), responses(
    (status = 200, description = "In force", body = InForceView, headers(("etag" = String, description = "The version in quotes"))),
    (status = "4XX", description = "Refused: 412 another version is in force, 422 the text cannot be used, 428 no version named", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_settings(
    Allowed(identity, _): Allowed<Admin>,
    State(api): State<Api>,
    headers: HeaderMap,
    Strict(request): Strict<TextRequest>,
) -> Result<Response, Problem> {
    let replaces = replaces(&headers)?;
    let store = api.stack().await?.store();
    answer(in_force::put_settings(store, &request.text, replaces, &identity.actor).await?)
}

/// Who put which settings in force, newest first.
#[utoipa::path(get, path = "/v1/settings/versions", tag = "settings", operation_id = "settings_history", responses(
    (status = 200, description = "The changes", body = HistoryView),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn settings_history(
    _: Allowed<Read>,
    State(api): State<Api>,
) -> Result<Json<HistoryView>, Problem> {
    history(&api, "settings").await
}

/// The settings of a version.
#[utoipa::path(get, path = "/v1/settings/versions/{version}", tag = "settings", operation_id = "settings_version", params(("version" = String, Path)), responses(
    (status = 200, description = "The settings", body = TextView),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn settings_version(
    _: Allowed<Read>,
    State(api): State<Api>,
    Path(version): Path<String>,
) -> Result<Json<TextView>, Problem> {
    text_of_version(&api, "settings", version).await
}

/// The rules in force.
#[utoipa::path(get, path = "/v1/rules", tag = "rules", operation_id = "get_rules", responses(
    (status = 200, description = "The rules", body = TextView, headers(("etag" = String, description = "The version in quotes"))),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn rules(_: Allowed<Read>, State(api): State<Api>) -> Result<Response, Problem> {
    text_in_force(&api, "rules").await
}

/// Put rules in force.
#[utoipa::path(put, path = "/v1/rules", tag = "rules", operation_id = "put_rules", request_body = TextRequest,
    params(("If-Match" = Option<String>, Header, description = "The version they replace, in quotes"), ("If-None-Match" = Option<String>, Header, description = "* for the first")), responses(
    (status = 200, description = "In force", body = InForceView, headers(("etag" = String, description = "The version in quotes"))),
    (status = "4XX", description = "Refused: 412 another version is in force, 422 the text cannot be used, 428 no version named", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_rules(
    Allowed(identity, _): Allowed<Admin>,
    State(api): State<Api>,
    headers: HeaderMap,
    Strict(request): Strict<TextRequest>,
) -> Result<Response, Problem> {
    let replaces = replaces(&headers)?;
    let store = api.stack().await?.store();
    answer(in_force::put_rules(store, &request.text, replaces, &identity.actor).await?)
}

/// Who put which rules in force, newest first.
#[utoipa::path(get, path = "/v1/rules/versions", tag = "rules", operation_id = "rules_history", responses(
    (status = 200, description = "The changes", body = HistoryView),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn rules_history(_: Allowed<Read>, State(api): State<Api>) -> Result<Json<HistoryView>, Problem> {
    history(&api, "rules").await
}

/// The rules of a version.
#[utoipa::path(get, path = "/v1/rules/versions/{version}", tag = "rules", operation_id = "rules_version", params(("version" = String, Path)), responses(
    (status = 200, description = "The rules", body = TextView),
    (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn rules_version(
    _: Allowed<Read>,
    State(api): State<Api>,
    Path(version): Path<String>,
) -> Result<Json<TextView>, Problem> {
    text_of_version(&api, "rules", version).await
}

/// What is wrong with rules, or will never have an effect.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// The version that the rules would have.
    pub version: String,
    /// How many rules there are.
    pub rules: usize,
    /// What was found.
    pub findings: Vec<FindingView>,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// Its stable name.
    pub code: String,
    /// The rule.
    pub rule: String,
    /// Its line in the text.
    pub line: usize,
    /// What is the matter.
    pub cause: String,
    /// What to do.
    pub remedy: String,
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        let severity = if finding.severity == Severity::Error {
            "error"
        } else {
            "warning"
        };
        Self {
            severity,
            code: finding.code.to_string(),
            rule: finding.rule.to_string(),
            line: finding.line,
            cause: finding.cause,
            remedy: finding.remedy,
        }
    }
}

/// Check rules without putting them in force; names are compared with the lists of QuickBooks as they were last read.
#[utoipa::path(post, path = "/v1/rules/check", tag = "rules", operation_id = "check_rules", request_body = TextRequest, responses(
    (status = 200, description = "What was found", body = CheckView),
    (status = "4XX", description = "Refused: 422 the text cannot be read as rules", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "Try again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn check_rules(
    _: Allowed<Read>,
    State(api): State<Api>,
    Strict(request): Strict<TextRequest>,
) -> Result<Json<CheckView>, Problem> {
    let book = RuleBook::parse("rules.yaml", &request.text).map_err(|RulesRefused(errors)| {
        let mut problem = Problem::unfit("the text cannot be used as rules");
        problem.errors = errors.iter().map(ToString::to_string).collect();
        problem
    })?;
    let lists = api
        .stack()
        .await?
        .store()
        .lists()
        .await?
        .map_or_else(Lists::default, |known| known.lists);
    let findings = book.file.check(&mapping::CompanyNames(&lists));
    Ok(Json(CheckView {
        version: book.version().to_owned(),
        rules: book.file.rules.len(),
        findings: findings.into_iter().map(FindingView::from).collect(),
    }))
}
