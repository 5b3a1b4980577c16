//! The lists of the QuickBooks company: a head that points at segments.
//!
//! ```text
//! L  #               v, cursor, company, { kind: [segment, ...] }, segments no longer pointed at
//! L  Customer#<id>   entries changed and removed; written once
//! ```
//! In: updates, each applied whole by moving the head on its version. Out: the lists as far as they are known.
//!
//! Why segments: an item for each entry would cost 5,000 units and more whenever a kind is read whole, and one item for a kind
//! would be rewritten whole for every new customer. A change of a few entries is one small segment; when a kind has
//! [`SEGMENTS_MAX`] of them, or was read whole, they are folded into new ones. A reader that follows a head whose segments are
//! gone reads again: a segment is deleted two changes after it was left.

use std::collections::BTreeMap;

use domain::lists::{ListEntry, ListKind, Lists};
use domain::{Company, ListId};
use ports::{KnownLists, ListsCursor, ListsUpdate, StoreError};
use serde::{Deserialize, Serialize};

use crate::error::broken;
use crate::keys::{self, LISTS, RECORD, SORT, VERSION, WRITE};
use crate::large;
use crate::record::{decode, encode};
use crate::table::{Table, Write, bytes, number, read_bytes, read_number, read_text};
use crate::write::{is_ours, new_mark};

/// Segments of one kind before they are folded.
const SEGMENTS_MAX: usize = 12;
/// Entries in one segment: about 20 KB deflated.
const ENTRIES_PER_SEGMENT_MAX: usize = 1_000;
/// How often a change is made again because another was faster, and a reading because segments were gone.
const TRIES_MAX: usize = 8;

/// The head of the lists.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Head {
    cursor: Option<ListsCursor>,
    company: Option<Company>,
    segments: BTreeMap<String, Vec<String>>,
    left: Vec<String>,
}

/// Entries changed, then entries removed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Segment {
    changed: Vec<ListEntry>,
    removed: Vec<ListId>,
}

/// What was read: the head with its version, and the segments it points at.
struct Whole {
    version: u64,
    head: Head,
    segments: BTreeMap<String, Segment>,
}

/// The lists; `None` while no update has brought the company.
pub(crate) async fn read(table: &Table) -> Result<Option<KnownLists>, StoreError> {
    let whole = read_whole(table).await?;
    let (Some(cursor), Some(company)) = (whole.head.cursor.clone(), whole.head.company.clone()) else {
        return Ok(None);
    };
    let lists = ListKind::ALL
        .into_iter()
        .flat_map(|kind| entries(&whole, kind).into_values());
    Ok(Some(KnownLists {
        cursor,
        company,
        lists: Lists::from_entries(lists),
    }))
}

/// The entries of a kind, oldest segment first.
fn entries(whole: &Whole, kind: ListKind) -> BTreeMap<ListId, ListEntry> {
    let mut entries = BTreeMap::new();
    for name in whole.head.segments.get(kind.as_str()).into_iter().flatten() {
        let Some(segment) = whole.segments.get(name) else {
            continue;
        };
        entries.extend(
            segment
                .changed
                .iter()
                .map(|entry| (entry.id.clone(), entry.clone())),
        );
        for id in &segment.removed {
            entries.remove(id);
        }
    }
    entries
}

async fn read_whole(table: &Table) -> Result<Whole, StoreError> {
    for _ in 0..TRIES_MAX {
        // The head sorts first, so it is read before the segments it points at.
        let items = table.query("lists", LISTS, keys::LISTS_HEAD, "~").await?;
        let mut whole = Whole {
            version: 0,
            head: Head::default(),
            segments: BTreeMap::new(),
        };
        for item in &items {
            let sort = read_text("lists", item, SORT)?;
            if sort == keys::LISTS_HEAD {
                whole.version = read_number("lists", item, VERSION)?;
                whole.head = decode("head of the lists", read_bytes("lists", item, RECORD)?)?;
            } else if whole.head.segments.values().flatten().any(|name| name == sort) {
                let place = format!("segment {sort} of the lists");
                if let Some(packed) = large::join(table, &place, &keys::lists_segment(sort), item).await? {
                    whole.segments.insert(sort.to_owned(), decode(&place, &packed)?);
                }
            }
        }
        if whole
            .head
            .segments
            .values()
            .flatten()
            .all(|name| whole.segments.contains_key(name))
        {
            return Ok(whole);
        }
    }
    Err(broken("lists", "they change faster than they can be read"))
}

/// Applies an update: kinds read whole are emptied first, then come the new and changed entries, then what was deleted goes.
pub(crate) async fn apply(table: &Table, update: &ListsUpdate) -> Result<(), StoreError> {
    for _ in 0..TRIES_MAX {
        let whole = read_whole(table).await?;
        let (head, written) = next_head(&whole, update);
        let mut items = Vec::new();
        for (name, segment) in &written {
            let packed = encode(&format!("segment {name} of the lists"), segment)?;
            items.extend(large::items(&keys::lists_segment(name), &packed));
        }
        table.put_all("lists", items).await?;
        if move_head(table, whole.version, &head).await? {
            delete_segments(table, &whole.head.left).await;
            return Ok(());
        }
        delete_segments(
            table,
            &written.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        )
        .await;
    }
    Err(broken("lists", "they are changed again and again by others"))
}

/// The head after an update, and the segments it needs.
fn next_head(whole: &Whole, update: &ListsUpdate) -> (Head, Vec<(String, Segment)>) {
    let mut head = Head {
        cursor: Some(update.cursor.clone()),
        company: update.company.clone().or_else(|| whole.head.company.clone()),
        segments: whole.head.segments.clone(),
        left: vec![],
    };
    let mut written = Vec::new();
    for kind in ListKind::ALL {
        let changed: Vec<ListEntry> = update
            .changed
            .iter()
            .filter(|entry| entry.detail.kind() == kind)
            .cloned()
            .collect();
        let removed: Vec<ListId> = update
            .removed
            .iter()
            .filter(|(of, _)| *of == kind)
            .map(|(_, id)| id.clone())
            .collect();
        let is_replaced = update.replaced.contains(&kind);
        if !is_replaced && changed.is_empty() && removed.is_empty() {
            continue;
        }
        let names = head.segments.entry(kind.as_str().to_owned()).or_default();
        let is_folded = is_replaced || names.len() >= SEGMENTS_MAX || changed.len() > ENTRIES_PER_SEGMENT_MAX;
        let segments = if is_folded {
            let mut entries = if is_replaced {
                BTreeMap::new()
            } else {
                entries(whole, kind)
            };
            entries.extend(changed.into_iter().map(|entry| (entry.id.clone(), entry)));
            for id in &removed {
                entries.remove(id);
            }
            head.left.append(names);
            let all: Vec<ListEntry> = entries.into_values().collect();
            all.chunks(ENTRIES_PER_SEGMENT_MAX)
                .map(|chunk| Segment {
                    changed: chunk.to_vec(),
                    removed: vec![],
                })
                .collect()
        } else {
            vec![Segment { changed, removed }]
        };
        for segment in segments {
            let name = format!("{}#{}", kind.as_str(), uuid::Uuid::new_v4().simple());
            names.push(name.clone());
            written.push((name, segment));
        }
    }
    (head, written)
}

/// Moves the head on its version; false when another was faster.
async fn move_head(table: &Table, version: u64, head: &Head) -> Result<bool, StoreError> {
    let mark = new_mark();
    let condition = if version == 0 {
        "attribute_not_exists(#p)"
    } else {
        "#v = :v"
    };
    let mut write = Write::new(keys::lists_head(), condition)
        .set(VERSION, number(version.saturating_add(1)))
        .set(RECORD, bytes(encode("head of the lists", head)?))
        .set(WRITE, bytes(&*mark));
    if version > 0 {
        write = write.value("v", number(version));
    }
    Ok(table
        .update("head of the lists", &write)
        .await?
        .is_none_or(|item| is_ours(&item, &mark)))
}

/// Deletes segments nobody points at. What stays costs a little room.
async fn delete_segments(table: &Table, names: &[String]) {
    for name in names {
        let _stays = table
            .delete("lists", &Write::new(keys::lists_segment(name), ""))
            .await;
    }
}
