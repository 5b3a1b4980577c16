//! Replays a span under another rules file: which documents would differ, field by field. Sends nothing and stores nothing.
//!
//! In: the stored orders of a span, the rules in force, another rules file. Out: the differing documents, and those that could
//! not be compared. An order that is no longer kept is read again from Linnworks (behaviours.md 7.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Order;
use mapping::Outcome;
use ports::{Books, DocumentFilter, DocumentRecord, KnownLists, OrderSource, Window};
use serde::Serialize;
use serde_json::Value;

use crate::core::Core;
use crate::error::RunError;
use crate::lists::peek_lists;
use crate::resync::read_again;
use crate::rule_book::RuleBook;
use crate::transform::map_safely;

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// Version of the rules in force.
    pub rules_now: Option<String>,
    /// Version of the other rules.
    pub rules_then: String,
    /// Documents mapped under both.
    pub compared: usize,
    /// Those that would differ, by number.
    pub differing: Vec<DifferingDocument>,
    /// Those that were not compared, by number.
    pub not_compared: Vec<NotCompared>,
}

/// A document that would differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferingDocument {
    /// The order's number.
    pub number: String,
    /// The Linnworks id.
    pub source_id: String,
    /// Its state now.
    pub state: &'static str,
    /// What differs.
    pub changes: Vec<FieldDifference>,
}

/// A field that would differ; a value that is not there is the empty text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// Its path in the document, such as `customer.new.display_name`.
    pub field: String,
    /// Under the rules in force.
    pub before: String,
    /// Under the other rules.
    pub after: String,
}

/// A document that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// The order's number.
    pub number: String,
    /// The Linnworks id.
    pub source_id: String,
    /// Why.
    pub why: String,
}

/// Maps the stored orders processed within the window under the rules in force and under others.
///
/// # Errors
/// Those of the store, and of QuickBooks when its lists were never read.
pub async fn replay(
    core: &Core,
    source: &dyn OrderSource,
    books: &dyn Books,
    window: Window,
    rules: Arc<RuleBook>,
) -> Result<Replay, RunError> {
    let known = peek_lists(core, books).await?;
    let other = core.clone().with_rules(Some(Arc::clone(&rules)));
    let mut found = Replay {
        rules_now: core.rules_version(),
        rules_then: rules.version().to_owned(),
        ..Replay::default()
    };
    let filter = DocumentFilter {
        processed_from: Some(window.from),
        processed_to: Some(window.to),
        ..DocumentFilter::default()
    };
    for record in core.store.list(&filter).await? {
        match find_order(core, source, &record).await {
            Ok(order) => {
                found.compared += 1;
                let changes = compare(core, &other, &known, &order);
                if !changes.is_empty() {
                    found.differing.push(DifferingDocument {
                        number: record.number,
                        source_id: record.key.source_id().to_owned(),
                        state: record.state.name().as_str(),
                        changes,
                    });
                }
            }
            Err(why) => found.not_compared.push(NotCompared {
                number: record.number,
                source_id: record.key.source_id().to_owned(),
                why,
            }),
        }
    }
    Ok(found)
}

/// The order as it is kept, else as Linnworks has it now; why there is none.
async fn find_order(core: &Core, source: &dyn OrderSource, record: &DocumentRecord) -> Result<Order, String> {
    if let Some(order) = core
        .store
        .payload(&record.key)
        .await
        .map_err(|error| error.to_string())?
    {
        return Ok(order);
    }
    match read_again(source, record).await {
        Ok(Some(order)) => Ok(*order),
        Ok(None) => Err("the order is no longer kept, and Linnworks does not have it any more".to_owned()),
        Err(error) => Err(format!(
            "the order is no longer kept, and reading it again failed: {error}"
        )),
    }
}

fn compare(now: &Core, then: &Core, known: &KnownLists, order: &Order) -> Vec<FieldDifference> {
    let before = flatten(&map_safely(now, known, order));
    let mut after = flatten(&map_safely(then, known, order));
    let mut changes = Vec::new();
    for (field, before) in before {
        let after = after.remove(&field).unwrap_or_default();
        if before != after {
            changes.push(FieldDifference { field, before, after });
        }
    }
    let added = after.into_iter().filter(|(_, value)| !value.is_empty());
    changes.extend(added.map(|(field, after)| FieldDifference {
        field,
        before: String::new(),
        after,
    }));
    changes
}

/// Every leaf of an outcome by its path.
fn flatten(outcome: &Outcome) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    match outcome {
        Outcome::Document(document) => {
            leaves.insert("outcome".to_owned(), "posted".to_owned());
            let value = serde_json::to_value(document).unwrap_or_default();
            walk("", &value, &mut leaves);
        }
        Outcome::Skipped(reason) => {
            leaves.insert("outcome".to_owned(), format!("skipped: {}", reason.cause));
        }
        Outcome::Held(reason) => {
            leaves.insert("outcome".to_owned(), format!("held: {}", reason.cause));
        }
    }
    leaves
}

fn walk(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let join = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| walk(&join(name), value, leaves)),
        Value::Array(entries) => entries
            .iter()
            .enumerate()
            .for_each(|(index, value)| walk(&join(&(index + 1).to_string()), value, leaves)),
        Value::Null => {}
        Value::String(text) => {
            leaves.insert(path.to_owned(), text.clone());
        }
        other => {
            leaves.insert(path.to_owned(), other.to_string());
        }
    }
}
