//! Finding documents by number and reference, for less than one write unit an order.
//!
//! ```text
//! F#<bucket>  <hash of b>    b = { hash of the folded text, 8 bytes; 255 and the order's GUID, 16 bytes }...
//!                                or { hash of the folded text, 8 bytes; length of the key, 1 byte; the document's key }...
//! ```
//! In: the texts of a batch of documents. Out: keys of candidates. An item for every text would cost three units an order; here a
//! batch of documents writes at most one item for each of 4 buckets. Entries are hints: they are written before the document,
//! never taken away, and whoever finds a document by one compares the document's own texts. A find reads one bucket whole, about
//! 19 MB for a million orders of three texts: 5,000 read units, 0.0006 USD.

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
            let entry: Vec<u8> = hash.into_iter().chain(pack_key(key)).collect();
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
            let Some((key, after)) = unpack_key(after) else {
                break;
            };
            rest = after;
            if *hash == wanted {
                found.extend(key);
            }
        }
    }
    Ok(found)
}

/// The length that stands for the GUID of an order; no key's text is that long.
const ORDER_GUID: u8 = 255;

fn order_guid(key: &str) -> Option<uuid::Uuid> {
    let guid = key.strip_prefix("order:")?.parse::<uuid::Uuid>().ok()?;
    (format!("order:{guid}") == key).then_some(guid)
}

fn pack_key(key: &DocumentKey) -> Vec<u8> {
    let key = key.to_string();
    match order_guid(&key) {
        Some(guid) => [ORDER_GUID].into_iter().chain(guid.into_bytes()).collect(),
        // Keys are far shorter than this bound; an entry without its key would only find nothing.
        None => match u8::try_from(key.len()) {
            Ok(length) if length < ORDER_GUID => [length].into_iter().chain(key.bytes()).collect(),
            _ => vec![0],
        },
    }
}

/// The key at the beginning of bytes, where it is one, and what follows.
fn unpack_key(bytes: &[u8]) -> Option<(Option<DocumentKey>, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = if *length == ORDER_GUID {
        let (guid, rest) = rest.split_first_chunk::<16>()?;
        (format!("order:{}", uuid::Uuid::from_bytes(*guid)), rest)
    } else {
        let (key, rest) = rest.split_at_checked(usize::from(*length))?;
        (String::from_utf8_lossy(key).into_owned(), rest)
    };
    Some((DocumentKey::try_from(text).ok(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_key_reads_as_itself_and_bytes_cut_short_as_none() {
        for text in [
            "order:00000000-0000-0000-0000-0000000000ff",
            "order:00000000-0000-0000-0000-0000000000FF",
            "refund:1",
        ] {
            let key = DocumentKey::try_from(text.to_owned()).unwrap();
            let mut packed = pack_key(&key);
            packed.push(9);
            assert_eq!(unpack_key(&packed), Some((Some(key), &[9_u8][..])));
            assert_eq!(unpack_key(packed.get(..packed.len() - 2).unwrap()), None);
        }
        assert_eq!(unpack_key(&[]), None);
    }
}
