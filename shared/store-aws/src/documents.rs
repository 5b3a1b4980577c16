//! The state items of documents: what a record becomes, and back.
//!
//! In: records and changes. Out: [`Plan`]s, and records again. A record's accounting document stays inside the state item while
//! the whole fits a write unit; a larger one is an item of its own, written once, and the record keeps its hash. Decides nothing
//! about the order of writes; see `write`.

use domain::lists::fold_name;
use domain::{DocumentKey, DocumentState, Order};
use ports::{Change, DocumentRecord, Event, StoreError};
use serde_json::Value;
use std::collections::BTreeSet;

use crate::error::unreadable;
use crate::keys::{self, DOCUMENT, EVENTS, PAYLOAD, RECORD, VERSION};
use crate::large::{self, Large};
use crate::record::{decode, encode, hash, instant, parse_instant};
use crate::table::{Item, Table, read_bytes, read_number, read_text};

/// A packed record with its document inside may have this many bytes: keys, hashes and the events of an ordinary life fit beside
/// it within the 1,024 of one write unit.
const INSIDE_BYTES_MAX: usize = 640;

/// What a change, or several of one document, come to.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) key: DocumentKey,
    pub(crate) based_on: u64,
    pub(crate) version: u64,
    pub(crate) record: Vec<u8>,
    /// The accounting document, where it does not fit inside.
    pub(crate) document: Option<Large>,
    /// True when the document may be new: it is put whatever is there.
    pub(crate) document_is_new: bool,
    pub(crate) payload: Option<Large>,
    pub(crate) events: Vec<Vec<u8>>,
    /// Number and references, folded.
    pub(crate) found_by: BTreeSet<String>,
    pub(crate) index: Option<&'static str>,
    pub(crate) is_final: bool,
}

impl Plan {
    /// True for a document's first payload: it is written with its end, and no rewrite sets it later.
    pub(crate) fn has_first_payload(&self) -> bool {
        self.based_on == 0 && self.payload.is_some() && self.document.is_none()
    }
}

pub(crate) fn place_of(key: &DocumentKey) -> String {
    format!("document {key}")
}

/// Plans of changes, one for each document; changes of one document follow each other's versions.
///
/// # Errors
/// [`StoreError::Stale`] when they do not.
pub(crate) fn plan_all(changes: &[Change]) -> Result<Vec<Plan>, StoreError> {
    let mut plans: Vec<Plan> = Vec::new();
    let mut places: std::collections::HashMap<DocumentKey, usize> = std::collections::HashMap::new();
    for change in changes {
        let plan = plan(change)?;
        match places.get(&plan.key).and_then(|place| plans.get_mut(*place)) {
            Some(before) if before.version != plan.based_on => {
                return Err(StoreError::Stale(place_of(&plan.key)));
            }
            Some(before) => {
                let events = [std::mem::take(&mut before.events), plan.events].concat();
                let payload = plan.payload.or_else(|| before.payload.take());
                *before = Plan {
                    based_on: before.based_on,
                    events,
                    payload,
                    document_is_new: true,
                    ..plan
                };
            }
            None => {
                places.insert(plan.key.clone(), plans.len());
                plans.push(plan);
            }
        }
    }
    Ok(plans)
}

fn plan(change: &Change) -> Result<Plan, StoreError> {
    let place = place_of(&change.record.key);
    let version = change.record.version.saturating_add(1);
    let record = DocumentRecord {
        version,
        ..change.record.clone()
    };
    let (bytes, document) = pack_record(&place, &record)?;
    let state = record.state.name();
    let events = change
        .event
        .iter()
        .map(|event| pack_event(&place, event))
        .collect::<Result<_, _>>()?;
    let payload = change
        .payload
        .as_deref()
        .map(|order| Large::of(&format!("payload of {place}"), order))
        .transpose()?;
    Ok(Plan {
        based_on: change.record.version,
        version,
        record: bytes,
        document,
        document_is_new: matches!(record.state, DocumentState::Ready { .. }) || change.record.version == 0,
        payload,
        events,
        found_by: found_by(&record),
        index: keys::index_of(state),
        is_final: keys::index_of(state).is_none(),
        key: record.key,
    })
}

/// The folded texts a document is found by.
pub(crate) fn found_by(record: &DocumentRecord) -> BTreeSet<String> {
    record
        .references
        .iter()
        .chain([&record.number])
        .map(|text| fold_name(text))
        .filter(|text| !text.is_empty())
        .collect()
}

/// A hash over the texts that a document is found by.
pub(crate) fn found_by_hash(texts: &BTreeSet<String>) -> Vec<u8> {
    let joined: Vec<u8> = texts.iter().flat_map(|text| text.bytes().chain([0])).collect();
    hash(&joined).to_vec()
}

fn pack_record(place: &str, record: &DocumentRecord) -> Result<(Vec<u8>, Option<Large>), StoreError> {
    let whole = encode(place, record)?;
    if whole.len() <= INSIDE_BYTES_MAX {
        return Ok((whole, None));
    }
    let mut value = serde_json::to_value(record).map_err(|_| unreadable(place, "it has no JSON form"))?;
    let Some(document) = value.pointer_mut("/state/ready/document") else {
        return Ok((whole, None));
    };
    let large = Large::of(place, &document.take())?;
    Ok((encode(place, &value)?, Some(large)))
}

/// Records of state items; large documents are read for all of them at once.
pub(crate) async fn restore_all(table: &Table, items: Vec<Item>) -> Result<Vec<DocumentRecord>, StoreError> {
    let mut wanted = Vec::new();
    for item in &items {
        if let Some(hash) = hash_in(item, DOCUMENT) {
            wanted.push(keys::document(&key_of(item)?, &hash));
        }
    }
    let place = "accounting documents";
    let mut found = std::collections::HashMap::new();
    for first in table.get_many(place, &wanted).await? {
        let key = keys::ItemKey::new(
            read_text(place, &first, keys::PARTITION)?,
            read_text(place, &first, keys::SORT)?,
        );
        if let Some(bytes) = large::join(table, place, &key, &first).await? {
            found.insert(key, bytes);
        }
    }
    items
        .iter()
        .map(|item| {
            let key = key_of(item)?;
            let bytes = hash_in(item, DOCUMENT)
                .map(|hash| large::expected(&place_of(&key), found.remove(&keys::document(&key, &hash))));
            restore(&key, item, bytes.transpose()?)
        })
        .collect()
}

fn restore(key: &DocumentKey, item: &Item, document: Option<Vec<u8>>) -> Result<DocumentRecord, StoreError> {
    let place = place_of(key);
    let bytes = read_bytes(&place, item, RECORD)?;
    let mut record: DocumentRecord = match document {
        None => decode(&place, bytes)?,
        Some(document) => {
            let mut value: Value = decode(&place, bytes)?;
            let slot = value
                .pointer_mut("/state/ready/document")
                .ok_or_else(|| unreadable(&place, "it has no place for its document"))?;
            *slot = decode(&place, &document)?;
            serde_json::from_value(value).map_err(|_| unreadable(&place, "its JSON does not fit"))?
        }
    };
    record.version = read_number(&place, item, VERSION)?;
    Ok(record)
}

fn key_of(item: &Item) -> Result<DocumentKey, StoreError> {
    let partition = read_text("document", item, keys::PARTITION)?;
    keys::document_of(partition).ok_or_else(|| unreadable("document", "its key names no document"))
}

/// A hash kept in an item.
pub(crate) fn hash_in(item: &Item, name: &str) -> Option<String> {
    item.get(name)
        .and_then(|value| value.as_b().ok())
        .map(|bytes| crate::record::hex(bytes.as_ref()))
}

/// The order of a document.
pub(crate) async fn payload(table: &Table, key: &DocumentKey) -> Result<Option<Order>, StoreError> {
    let place = format!("payload of {}", place_of(key));
    let Some(item) = table.get(&place, &keys::state(key)).await? else {
        return Ok(None);
    };
    let Some(hash) = hash_in(&item, PAYLOAD) else {
        return Ok(None);
    };
    let bytes = large::read(table, &place, &keys::payload(key, &hash)).await?;
    bytes.map(|bytes| decode(&place, &bytes)).transpose()
}

fn pack_event(place: &str, event: &Event) -> Result<Vec<u8>, StoreError> {
    encode(place, &(instant(event.at), &event.actor, &event.what))
}

/// The audit trail of a document, oldest first: events moved out sort before the state item with the latest.
pub(crate) async fn events(table: &Table, key: &DocumentKey) -> Result<Vec<Event>, StoreError> {
    let place = format!("events of {}", place_of(key));
    let items = table
        .query(
            &place,
            &keys::document_partition(key),
            keys::AFTER_LARGE,
            keys::ONLY,
        )
        .await?;
    let mut events = Vec::new();
    for item in &items {
        let packed = item
            .get(EVENTS)
            .and_then(|value| value.as_l().ok())
            .map(Vec::as_slice)
            .unwrap_or_default();
        for bytes in packed {
            let bytes = bytes
                .as_b()
                .map_err(|_| unreadable(&place, "one of them is no bytes"))?;
            let (at, actor, what): (String, String, String) = decode(&place, bytes.as_ref())?;
            events.push(Event {
                at: parse_instant(&place, &at)?,
                key: key.clone(),
                actor,
                what,
            });
        }
    }
    Ok(events)
}
