//! Answers a statement from the books.
//!
//! In: a statement and the books. Out: the `QueryResponse` member. Active rows only unless asked, 100 rows unless asked,
//! 1000 at most; new transactions stay unseen for the staleness switch. Does not change anything.

use std::cmp::Ordering;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::parse::{Condition, Operator, Selection, Statement, parse};
use crate::quickbooks_online::books::{Books, Record, key};
use crate::quickbooks_online::fault::Fault;
use crate::quickbooks_online::json::Json;
use crate::quickbooks_online::kind::EntityKind;
use crate::quickbooks_online::{company, properties, sales, write};

/// What a query reads.
pub(in crate::quickbooks_online) struct QueryContext<'a> {
    pub books: &'a Books,
    pub staleness_seconds: u32,
    pub now: Timestamp,
}

fn invalid(detail: String) -> Fault {
    Fault::new("4001", "Invalid query", format!("QueryValidationError: {detail}"))
}

/// Runs a statement; gives the `QueryResponse` member.
pub(in crate::quickbooks_online) fn run(context: &QueryContext<'_>, text: &str) -> Result<Json, Fault> {
    let mut statement = parse(text)?;
    let kind = EntityKind::parse(&statement.entity)
        .ok_or_else(|| invalid(format!("invalid context declaration: {}", statement.entity)))?;
    check(kind, &mut statement)?;
    let start = usize::try_from(statement.start - 1).unwrap_or(0);
    let max = usize::try_from(statement.max.unwrap_or(100))
        .unwrap_or(0)
        .min(1000);
    let is_count = statement.selection == Selection::Count;
    let rows = match context.company_rows(kind, &statement) {
        Some(rows) => rows,
        None => {
            let records = context.matching(kind, &statement)?;
            if is_count {
                return Ok(Json::object().with("totalCount", Json::count(records.len())));
            }
            // Only rows that are shown or sorted are worth rendering.
            let is_paged = statement.order.is_empty();
            let (skipped, kept) = if is_paged { (start, max) } else { (0, usize::MAX) };
            let rendered = records.into_iter().skip(skipped).take(kept);
            let mut rows: Vec<Json> = rendered
                .map(|record| context.books.render(kind, record))
                .collect();
            if !is_paged {
                sort(&mut rows, &statement.order);
                rows = rows.into_iter().skip(start).take(max).collect();
            }
            rows
        }
    };
    if is_count {
        return Ok(Json::object().with("totalCount", Json::count(rows.len())));
    }
    let page: Vec<Json> = rows.into_iter().map(|row| project(row, &statement)).collect();
    if page.is_empty() {
        return Ok(Json::object());
    }
    Ok(Json::object()
        .with("startPosition", Json::Number(statement.start.to_string()))
        .with("maxResults", Json::count(page.len()))
        .with(kind.name(), Json::Array(page)))
}

/// The member name as the schema spells it; unknown ones are refused.
fn spelled(kind: EntityKind, member: &str) -> Result<String, Fault> {
    let (head, tail) = member
        .split_once('.')
        .map_or((member, None), |(head, tail)| (head, Some(tail)));
    let head = properties::spelling(kind, head)
        .ok_or_else(|| invalid(format!("Property {member} not found for Entity {kind}")))?;
    Ok(match tail {
        None => head.to_owned(),
        Some(tail) if head == "MetaData" && tail.eq_ignore_ascii_case("CreateTime") => {
            "MetaData.CreateTime".into()
        }
        Some(tail) if head == "MetaData" && tail.eq_ignore_ascii_case("LastUpdatedTime") => {
            "MetaData.LastUpdatedTime".into()
        }
        Some(tail) => format!("{head}.{tail}"),
    })
}

fn check(kind: EntityKind, statement: &mut Statement) -> Result<(), Fault> {
    if statement.start < 1 {
        return Err(invalid(format!(
            "value {} is too small. Min allowed value is 1",
            statement.start
        )));
    }
    if statement.max.is_some_and(|max| max < 1) {
        return Err(invalid("value 0 is too small. Min allowed value is 1".to_owned()));
    }
    if statement.max.is_some_and(|max| max > 1000) {
        return Err(invalid(
            "value is too large. Max allowed value is 1000".to_owned(),
        ));
    }
    for condition in &mut statement.conditions {
        condition.member = spelled(kind, &condition.member)?;
        if !properties::is_filterable(kind, &condition.member) {
            return Err(invalid(format!(
                "property '{}' is not queryable",
                condition.member
            )));
        }
        if condition.member == "Id" && !matches!(condition.operator, Operator::Equal | Operator::In) {
            return Err(invalid("operator is not supported for property 'Id'".to_owned()));
        }
    }
    for (member, _) in &mut statement.order {
        *member = spelled(kind, member)?;
        if !properties::is_filterable(kind, member) && !properties::is_sortable_only(kind, member) {
            return Err(invalid(format!("property '{member}' is not sortable")));
        }
    }
    if let Selection::Members(members) = &mut statement.selection {
        for member in members {
            *member = spelled(kind, member)?;
        }
    }
    Ok(())
}

impl QueryContext<'_> {
    /// The rows of the company's own objects, which are no records.
    fn company_rows(&self, kind: EntityKind, statement: &Statement) -> Option<Vec<Json>> {
        match kind {
            EntityKind::Preferences => Some(vec![company::preferences_body(self.books)]),
            EntityKind::CompanyInfo => Some(vec![company::company_info_body(self.books)]),
            EntityKind::ExchangeRate => Some(self.exchange_rates(statement)),
            _ => None,
        }
    }

    fn matching<'b>(&'b self, kind: EntityKind, statement: &Statement) -> Result<Vec<&'b Record>, Fault> {
        let asks_active = statement
            .conditions
            .iter()
            .any(|condition| condition.member == "Active");
        let mut found = Vec::new();
        for record in self.candidates(kind, statement) {
            let hidden = kind.has_active() && !asks_active && !record.is_active();
            if hidden || self.is_stale(kind, record) {
                continue;
            }
            let mut matches = true;
            for condition in &statement.conditions {
                matches =
                    matches && self.is_match(self.value_of_record(record, &condition.member), condition)?;
            }
            if matches {
                found.push(record);
            }
        }
        Ok(found)
    }

    fn value_of_record(&self, record: &Record, member: &str) -> Option<String> {
        match member {
            "Id" => Some(record.id.clone()),
            "MetaData.CreateTime" => Some(self.books.stamp(record.created)),
            "MetaData.LastUpdatedTime" => Some(self.books.stamp(record.updated)),
            _ => value_of(&record.body, member),
        }
    }

    /// The rows worth looking at: those an index finds where a condition allows, else all.
    fn candidates<'b>(&'b self, kind: EntityKind, statement: &Statement) -> Vec<&'b Record> {
        // A name is indexed with its parents', so a plain `Name` only where there are none.
        let name_member = match kind {
            EntityKind::TaxCode | EntityKind::TaxRate | EntityKind::PaymentMethod | EntityKind::Term => {
                "Name"
            }
            _ if kind.is_name_list() => "DisplayName",
            _ => "FullyQualifiedName",
        };
        'conditions: for condition in &statement.conditions {
            if !matches!(condition.operator, Operator::Equal | Operator::In) {
                continue;
            }
            let member = condition.member.as_str();
            let mut found: Vec<&Record> = Vec::new();
            for value in &condition.values {
                match member {
                    "Id" => found.extend(self.books.get(kind, value)),
                    "DocNumber" if !value.trim().is_empty() => {
                        found.extend(self.books.by_doc_number(kind, value))
                    }
                    _ if member == name_member => found.extend(self.books.named_like(kind, value)),
                    _ => continue 'conditions,
                }
            }
            found.sort_by_key(|record| key(&record.id));
            found.dedup_by(|a, b| a.id == b.id);
            return found;
        }
        self.books.rows(kind).collect()
    }

    fn is_stale(&self, kind: EntityKind, record: &Record) -> bool {
        let age = self.now.duration_since(record.created);
        kind.is_transaction() && age < SignedDuration::from_secs(i64::from(self.staleness_seconds))
    }

    fn exchange_rates(&self, statement: &Statement) -> Vec<Json> {
        let asked = |member: &str| {
            let condition = statement
                .conditions
                .iter()
                .find(|condition| condition.member == member);
            condition.and_then(|condition| condition.values.first())
        };
        let day = asked("AsOfDate")
            .and_then(|text| text.get(..10)?.parse::<Date>().ok())
            .unwrap_or_else(|| self.books.server_date(self.now));
        let mut codes: Vec<&str> = self
            .books
            .company
            .exchange_rates
            .iter()
            .map(|rate| rate.currency.as_str())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        let wanted = asked("SourceCurrencyCode");
        codes
            .into_iter()
            .filter(|code| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(code)))
            .filter_map(|code| {
                let rate = sales::rate_of_day(self.books, code, day)?;
                let entry = crate::quickbooks_online::seed::ExchangeRateSeed {
                    currency: code.to_owned(),
                    as_of: day,
                    rate,
                };
                Some(write::exchange_rate_body(self.books, &entry, day))
            })
            .collect()
    }

    fn is_match(&self, value: Option<String>, condition: &Condition) -> Result<bool, Fault> {
        let first = condition.values.first().map_or("", String::as_str);
        let first = if first.eq_ignore_ascii_case("CURRENT_DATE") {
            self.books.server_date(self.now).to_string()
        } else {
            first.to_owned()
        };
        // Null is `' '` (quickbooks-online.md 2.6).
        let Some(value) = value else {
            return Ok(condition.operator == Operator::Equal && first.trim().is_empty());
        };
        let member = condition.member.as_str();
        let ordering = |other: &str| compare(member, &value, other);
        Ok(match condition.operator {
            Operator::Equal => ordering(&first)? == Ordering::Equal,
            Operator::Less => ordering(&first)? == Ordering::Less,
            Operator::Greater => ordering(&first)? == Ordering::Greater,
            Operator::LessOrEqual => ordering(&first)? != Ordering::Greater,
            Operator::GreaterOrEqual => ordering(&first)? != Ordering::Less,
            Operator::Like => is_like(&value.to_lowercase(), &first.to_lowercase()),
            Operator::In => {
                let mut any = false;
                for other in &condition.values {
                    any = any || ordering(other)? == Ordering::Equal;
                }
                any
            }
        })
    }
}

/// The text a member is compared by; references by their value, e-mail addresses by their address.
fn value_of(row: &Json, member: &str) -> Option<String> {
    match row.path(member)? {
        Json::Bool(value) => Some(value.to_string()),
        value @ Json::Object(_) => value
            .text_at("value")
            .or_else(|| value.text_at("Address"))
            .map(str::to_owned),
        value => value.as_text().map(str::to_owned),
    }
}

fn compare(member: &str, value: &str, other: &str) -> Result<Ordering, Fault> {
    if member.starts_with("MetaData.") {
        let (Ok(value), Some(other)) = (value.parse::<Timestamp>(), parse_instant(other)) else {
            return Err(invalid(format!("invalid value for property '{member}': {other}")));
        };
        return Ok(value.cmp(&other));
    }
    let is_number = matches!(member, "TotalAmt" | "Balance" | "UnitPrice" | "PurchaseCost");
    if is_number && let (Ok(value), Ok(other)) = (value.parse::<Decimal>(), other.parse::<Decimal>()) {
        return Ok(value.cmp(&other));
    }
    Ok(value.to_lowercase().cmp(&other.to_lowercase()))
}

/// An instant with an offset; without one it is read in the servers' zone.
pub(in crate::quickbooks_online) fn parse_instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local = text.parse::<jiff::civil::DateTime>().ok()?;
    local
        .to_zoned(jiff::tz::TimeZone::get("America/Los_Angeles").ok()?)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// `%` stands for any run of characters.
fn is_like(value: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('%');
    let Some(head) = parts.next() else {
        return value.is_empty();
    };
    let Some(mut rest) = value.strip_prefix(head) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

fn sort(rows: &mut [Json], order: &[(String, bool)]) {
    rows.sort_by(|a, b| {
        for (member, descending) in order {
            let (a, b) = (
                value_of(a, member).unwrap_or_default(),
                value_of(b, member).unwrap_or_default(),
            );
            let ordering = if member == "Id" {
                (a.len(), a).cmp(&(b.len(), b))
            } else {
                compare(member, &a, &b).unwrap_or(Ordering::Equal)
            };
            let ordering = if *descending { ordering.reverse() } else { ordering };
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        Ordering::Equal
    });
}

/// The asked members, with `sparse: true`; everything as it is.
fn project(row: Json, statement: &Statement) -> Json {
    let Selection::Members(members) = &statement.selection else {
        return row;
    };
    let mut shown = Json::object()
        .with("domain", Json::text("QBO"))
        .with("sparse", Json::Bool(true));
    for member in members {
        let head = member.split('.').next().unwrap_or(member);
        if let Some(value) = row.get(head) {
            shown.set(head, value.clone());
        }
    }
    if let Some(id) = row.get("Id") {
        shown.set("Id", id.clone());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_stands_for_any_run_of_characters() {
        assert!(is_like("lw100234", "lw%"));
        assert!(is_like("lw100234", "%0023%"));
        assert!(is_like("lw100234", "lw%34"));
        assert!(!is_like("lw100234", "lw"));
        assert!(!is_like("lw100234", "%5"));
    }
}
