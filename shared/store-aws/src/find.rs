//! Finding documents by number and reference, for less than one write unit an order.
//!
//! ```text
//! F#<bucket>  <hash of b>    b = { hash of the folded text, 8 bytes; length of the key, 1 byte; the document's key }...
//! ```
//! In: the texts of a batch of documents. Out: keys of candidates. An item for every text would cost three units an order; here a
//! batch of documents writes at most one item for each of 16 buckets. Entries are hints: they are written before the document,
//! never taken away, and whoever finds a document by one compares the document's own texts. A find reads one bucket whole, about
//! 10 MB for a million orders.

use std::collections::{BTreeMap, BTreeSet};

use domain::DocumentKey;
use ports::StoreError;

use crate::keys::{self, BYTES, ItemKey};
use crate::record::{hash, hex};
use crate::table::{BYTES_PER_ITEM_MAX, Item, Table, bytes, key_item, read_bytes};

/// The items that make documents findable by their texts.
pub(crate) fn items<'a>(
    documents: impl Iterator<Item = (&'a DocumentKey, &'a BTreeSet<String>)>,
) -> Vec<Item> {
    let mut buckets: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, texts) in documents {
        for text in texts {
            let hash = hash(text.as_bytes());
            let chunks = buckets
                .entry(keys::find_bucket(u64::from_be_bytes(hash)))
                .or_default();
            let key = key.to_string();
            let entry: Vec<u8> = hash
                .into_iter()
                .chain(u8::try_from(key.len()).ok())
                .chain(key.bytes())
                .collect();
            match chunks.last_mut() {
                Some(chunk) if chunk.len() + entry.len() <= BYTES_PER_ITEM_MAX => chunk.extend(entry),
                _ => chunks.push(entry),
            }
        }
    }
    let mut items = Vec::new();
    for (bucket, chunks) in buckets {
        for chunk in chunks {
            // Named by its content: the same batch written again is the same item.
            let mut item = key_item(&ItemKey::new(&*bucket, hex(&hash(&chunk))));
            item.insert(BYTES.into(), bytes(chunk));
            items.push(item);
        }
    }
    items
}

/// Keys of documents that had this folded text once.
pub(crate) async fn candidates(table: &Table, text: &str) -> Result<BTreeSet<DocumentKey>, StoreError> {
    let place = "numbers and references";
    let wanted = hash(text.as_bytes());
    let bucket = keys::find_bucket(u64::from_be_bytes(wanted));
    let mut found = BTreeSet::new();
    // Sort keys are lower-case hexadecimal digits.
    for item in table.query(place, &bucket, "0", "g").await? {
        let mut rest = read_bytes(place, &item, BYTES)?;
        while let Some((hash, after)) = rest.split_first_chunk::<8>() {
            let Some((length, after)) = after.split_first() else {
                break;
            };
            let Some((key, after)) = after.split_at_checked(usize::from(*length)) else {
                break;
            };
            rest = after;
            if *hash == wanted
                && let Ok(key) = DocumentKey::try_from(String::from_utf8_lossy(key).into_owned())
            {
                found.insert(key);
            }
        }
    }
    Ok(found)
}
