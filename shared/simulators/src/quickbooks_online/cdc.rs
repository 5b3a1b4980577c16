//! Change data capture (quickbooks-online.md 2.7).
//!
//! In: entity names and an instant. Out: full objects changed since, by time, deleted ones last as stubs; at most 1000
//! objects per call and at most 30 days back, both cut without a word. TaxCode and TaxRate (and other entities not supported) are refused with 4001: the
//! documents say they are not covered but not what happens, and a fault shows the mistake.

use jiff::{SignedDuration, Timestamp};

use super::books::Books;
use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;
use super::query;

fn invalid(detail: String) -> Fault {
    Fault::new("4001", "Invalid query", detail)
}

/// The most objects of one answer.
const OBJECTS_MAX: usize = 1000;

/// The furthest look-back, days.
const DAYS_MAX: i64 = 30;

/// Answers one call; gives the `CDCResponse` member.
pub(super) fn run(books: &Books, entities: &str, since: &str, now: Timestamp) -> Result<Json, Fault> {
    let since = query::parse_instant(since)
        .or_else(|| {
            since
                .parse::<jiff::civil::Date>()
                .ok()?
                .to_zoned(books.pacific.clone())
                .ok()
                .map(|at| at.timestamp())
        })
        .ok_or_else(|| invalid(format!("changedSince is not a valid date: {since}")))?;
    // An older instant is answered too (recorded), but reaches no further back.
    let oldest = now
        .saturating_sub(SignedDuration::from_hours(24 * DAYS_MAX))
        .unwrap_or(since);
    let since = since.max(oldest);
    let mut left = OBJECTS_MAX;
    let mut responses = Vec::new();
    for name in entities.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let unsupported = || invalid(format!("entity {name} is not supported by change data capture"));
        let kind = EntityKind::parse(name).ok_or_else(unsupported)?;
        if matches!(
            kind,
            EntityKind::TaxCode
                | EntityKind::TaxRate
                | EntityKind::TaxAgency
                | EntityKind::Preferences
                | EntityKind::CompanyInfo
                | EntityKind::ExchangeRate
                | EntityKind::CompanyCurrency
        ) {
            return Err(unsupported());
        }
        let mut rows = changed(books, kind, since);
        rows.truncate(left);
        left -= rows.len();
        responses.push(if rows.is_empty() {
            Json::object()
        } else {
            Json::object()
                .with("startPosition", Json::count(1))
                .with("maxResults", Json::count(rows.len()))
                .with(kind.name(), Json::Array(rows))
        });
    }
    Ok(Json::Array(vec![
        Json::object().with("QueryResponse", Json::Array(responses)),
    ]))
}

fn changed(books: &Books, kind: EntityKind, since: Timestamp) -> Vec<Json> {
    let mut live: Vec<_> = books
        .rows(kind)
        .filter(|record| record.updated >= since)
        .collect();
    live.sort_by_key(|record| record.updated);
    let mut rows: Vec<Json> = live
        .into_iter()
        .map(|record| books.render(kind, record))
        .collect();
    let gone = books
        .deleted
        .iter()
        .filter(|stub| stub.kind == kind && stub.at >= since);
    rows.extend(gone.map(|stub| {
        Json::object()
            .with("domain", Json::text("QBO"))
            .with("status", Json::text("Deleted"))
            .with("Id", Json::text(&stub.id))
            .with(
                "MetaData",
                Json::object().with("LastUpdatedTime", Json::text(books.stamp(stub.at))),
            )
    }));
    rows
}
