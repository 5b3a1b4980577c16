//! Batches (quickbooks-online.md 2.5).
//!
//! In: a `BatchItemRequest` array of up to 30 items. Out: one response per item; a fault of one does not stop the others.
//! Items are done in order and cannot refer to each other. Does not know about lost answers beyond doing only the first so
//! many items.

use super::engine::Core;
use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;
use super::replay::{self, Outcome, RequestKey};
use super::switches::RequestIdMode;
use super::write::{Operation, Write};

/// The most items of a batch.
const ITEMS_MAX: usize = 30;

/// The writes of a batch, for counting.
pub(super) fn writes(body: &Json) -> Vec<Write> {
    body.items_at("BatchItemRequest")
        .iter()
        .filter_map(|item| item_write(item).ok())
        .collect()
}

fn item_write(item: &Json) -> Result<Write, Fault> {
    let entity = item.members().find_map(|(name, body)| {
        let kind = EntityKind::parse(name).filter(|_| matches!(body, Json::Object(_)))?;
        Some((kind, body.clone()))
    });
    let Some((kind, mut body)) = entity else {
        return Err(Fault::new(
            "2000",
            "Unsupported object name",
            "The batch item names no supported object",
        ));
    };
    let options = item.text_at("optionsData").unwrap_or("").to_lowercase();
    let is_void = options.split(',').any(|word| word.trim() == "void");
    let operation = match item.text_at("operation").map(str::to_lowercase).as_deref() {
        Some("create") => {
            body.remove("Id");
            Operation::Save
        }
        Some("update") if is_void => Operation::Void,
        Some("update") if body.get("Id").is_none_or(Json::is_unset) => return Err(Fault::missing("Id")),
        Some("update") => Operation::Save,
        Some("delete") => Operation::Delete,
        _ => return Err(Fault::missing("operation")),
    };
    let allow_duplicate = options
        .split(',')
        .any(|word| word.trim() == "allowduplicatedocnum");
    Ok(Write {
        kind,
        operation,
        body,
        allow_duplicate,
    })
}

/// Checks the batch as a whole: size, request id, bIds.
fn check(core: &Core, items: &[Json], requestid: Option<&str>) -> Result<(), Fault> {
    if items.len() > ITEMS_MAX {
        let detail = format!(
            "The batch has {} items, at most {ITEMS_MAX} are allowed",
            items.len()
        );
        return Err(Fault::new("1040", "Batch size exceeds limit", detail));
    }
    let Some(requestid) = requestid else { return Ok(()) };
    replay::check_length(requestid, true)?;
    if items
        .iter()
        .any(|item| item.text_at("bId").unwrap_or("").chars().count() > 10)
    {
        let detail = "A bId is longer than 10 characters although a request id is given";
        return Err(Fault::new("2130", "Invalid Request Id Format", detail).at("bId"));
    }
    let refuses_replay =
        core.switches.requestid == RequestIdMode::Replay6000 && core.switches.replay_6000_whole;
    if refuses_replay && core.replays.has_batch(requestid) {
        return Err(Fault::business(
            "An unexpected error occurred while processing the request.",
        ));
    }
    Ok(())
}

/// Does the first `limit` items (all when `None`); gives the `BatchItemResponse` array.
pub(super) fn run(core: &mut Core, body: &Json, requestid: Option<&str>, limit: Option<usize>) -> Outcome {
    let items = body.items_at("BatchItemRequest");
    check(core, items, requestid)?;
    let mut responses = Vec::new();
    for item in items.iter().take(limit.unwrap_or(ITEMS_MAX)) {
        let bid = item.text_at("bId").unwrap_or("").to_owned();
        let outcome = run_item(core, item, requestid, &bid);
        let response = outcome.unwrap_or_else(|fault| Json::object().with("Fault", fault.body()));
        responses.push(response.with("bId", Json::text(bid)));
    }
    Ok(Json::object().with("BatchItemResponse", Json::Array(responses)))
}

fn run_item(core: &mut Core, item: &Json, requestid: Option<&str>, bid: &str) -> Outcome {
    if let Some(query) = item.text_at("Query") {
        return core.query(query);
    }
    let write = item_write(item)?;
    // An empty bId still is an item of a batch.
    let bid = if bid.is_empty() { " " } else { bid };
    let key = requestid.map(|requestid| RequestKey { requestid, bid });
    core.write_once(&write, key, &item.to_string())
}
