//! Large items: bytes written once, in as many parts as they need, apart from the state that points at them.
//!
//! In: bytes and a key that their content or owner names. Out: items to put, and the bytes again. A part after the first has the
//! key of the first with `.001`, `.002` ... at its end; the first says how many there are. They are put before the state that
//! points at them, so a crash between both leaves bytes that nobody points at, never a pointer to nothing.

use ports::StoreError;

use crate::error::unreadable;
use crate::keys::{BYTES, EXPIRES, ItemKey, PARTS, SORT};
use crate::record::{encode, hash, hex};
use crate::table::{
    BYTES_PER_ITEM_MAX, Item, Table, Write, bytes, key_item, number, read_bytes, read_text, together,
};

/// Bytes with the hash that names them.
#[derive(Clone, Debug)]
pub(crate) struct Large {
    pub(crate) hash: String,
    pub(crate) bytes: Vec<u8>,
}

impl Large {
    /// A value's bytes.
    pub(crate) fn of<T: serde::Serialize>(place: &str, value: &T) -> Result<Self, StoreError> {
        let bytes = encode(place, value)?;
        Ok(Self {
            hash: hex(&hash(&bytes)),
            bytes,
        })
    }
}

/// The items of bytes.
pub(crate) fn items(key: &ItemKey, plain: &[u8]) -> Vec<Item> {
    let parts = plain.len().div_ceil(BYTES_PER_ITEM_MAX).max(1);
    (0..parts)
        .map(|part| {
            let from = part * BYTES_PER_ITEM_MAX;
            let to = plain.len().min(from + BYTES_PER_ITEM_MAX);
            let mut item = key_item(&part_key(key, part));
            item.insert(BYTES.into(), bytes(plain.get(from..to).unwrap_or_default()));
            if part == 0 && parts > 1 {
                item.insert(PARTS.into(), number(parts));
            }
            item
        })
        .collect()
}

fn part_key(key: &ItemKey, part: usize) -> ItemKey {
    if part == 0 {
        key.clone()
    } else {
        ItemKey::new(&*key.partition, format!("{}.{part:03}", key.sort))
    }
}

/// The bytes of a key; `None` when they are not there or have expired.
pub(crate) async fn read(table: &Table, place: &str, key: &ItemKey) -> Result<Option<Vec<u8>>, StoreError> {
    match table.get(place, key).await? {
        Some(first) => join(table, place, key, &first).await,
        None => Ok(None),
    }
}

/// The bytes whose first part was read.
pub(crate) async fn join(
    table: &Table,
    place: &str,
    key: &ItemKey,
    first: &Item,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut whole = read_bytes(place, first, BYTES)?.to_vec();
    let Some(parts) = first
        .get(PARTS)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse::<usize>().ok())
    else {
        return Ok(Some(whole));
    };
    let keys: Vec<ItemKey> = (1..parts).map(|part| part_key(key, part)).collect();
    let mut rest = table.get_many(place, &keys).await?;
    if rest.len() + 1 != parts {
        return Ok(None);
    }
    rest.sort_by_cached_key(|item| item.get(SORT).and_then(|sort| sort.as_s().ok()).cloned());
    for part in &rest {
        whole.extend(read_bytes(place, part, BYTES)?);
    }
    Ok(Some(whole))
}

/// Sets the end of the time to live, in seconds since 1970, of all large items in a partition that have none or an earlier one; takes
/// it away for `None`.
pub(crate) async fn expire(
    table: &Table,
    place: &str,
    partition: &str,
    at: Option<i64>,
) -> Result<(), StoreError> {
    let found = table
        .query(place, partition, "B#", crate::keys::AFTER_LARGE)
        .await?;
    let mut works = Vec::new();
    let is_other = |item: &&Item| match (item.get(EXPIRES), at) {
        (None, at) => at.is_some(),
        (Some(_), None) => true,
        (Some(end), Some(at)) => number_of(end).is_none_or(|end| end < at),
    };
    for item in found.iter().filter(is_other) {
        let key = ItemKey::new(partition, read_text(place, item, SORT)?);
        // An item that expired meanwhile must not come back as an empty one.
        let mut write = Write::new(key, "attribute_exists(#p)");
        match at {
            Some(at) => write = write.set(EXPIRES, number(at)),
            None => write.remove.push(EXPIRES),
        }
        let (table, place) = (table.clone(), place.to_owned());
        works.push(async move { table.update(&place, &write).await.map(|_| ()) });
    }
    together(works).await.into_iter().collect()
}

/// The whole number of an attribute.
pub(crate) fn number_of(value: &aws_sdk_dynamodb::types::AttributeValue) -> Option<i64> {
    value.as_n().ok().and_then(|digits| digits.parse().ok())
}

/// The first part among items, which must be there.
pub(crate) fn expected(place: &str, found: Option<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
    found.ok_or_else(|| unreadable(place, "its bytes are missing"))
}
