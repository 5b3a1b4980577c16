//! Documents page by page, for people who look through many.
//!
//! In: a filter, where the last page ended. Out: some of the documents and where the next page begins. What still moves or waits for a
//! person is read from the index and comes by its key; other states are read from the table itself, a bounded part of it for each page,
//! so that a page may be short and still not be the last one.

use ports::{DocumentFilter, DocumentRecord, Store, StoreError};

use crate::documents;
use crate::keys::{self, ItemKey};
use crate::record::hex;
use crate::store::{DynamoStore, passes};

/// Parts of the table that one page reads at most, of up to 1 MB each.
const PARTS_MAX: usize = 4;

/// Some of the documents.
#[derive(Clone, Debug)]
pub struct Page {
    /// The documents.
    pub records: Vec<DocumentRecord>,
    /// Where the next page begins: a text without meaning for others; `None` at the end.
    pub next: Option<String>,
}

impl DynamoStore {
    /// Up to `most` documents that pass the filter, from where the last page ended; `None` for a cursor that no page gave.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn list_page(
        &self,
        filter: &DocumentFilter,
        cursor: Option<&str>,
        most: usize,
    ) -> Result<Option<Page>, StoreError> {
        let after = match cursor.map(read_cursor) {
            Some(None) => return Ok(None),
            Some(after) => after,
            None => None,
        };
        let is_indexed =
            !filter.states.is_empty() && filter.states.iter().all(|state| keys::index_of(*state).is_some());
        if !is_indexed {
            return self.scan_page(filter, after, most).await.map(Some);
        }
        let mut records = self.list(filter).await?;
        records.sort_by(|a, b| a.key.cmp(&b.key));
        let after = after.and_then(|key| keys::document_of(&key.partition));
        records.retain(|record| after.as_ref().is_none_or(|after| record.key > *after));
        Ok(Some(cut(records, most)))
    }

    async fn scan_page(
        &self,
        filter: &DocumentFilter,
        mut after: Option<ItemKey>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let mut records: Vec<DocumentRecord> = Vec::new();
        for _ in 0..PARTS_MAX {
            let (items, next) = self
                .table()
                .scan_part("documents", ("D#", keys::ONLY), after)
                .await?;
            let restored = documents::restore_all(self.table(), items).await?;
            records.extend(restored.into_iter().filter(|record| passes(record, filter)));
            after = next;
            if after.is_none() || records.len() > most {
                break;
            }
        }
        if records.len() > most {
            return Ok(cut(records, most));
        }
        Ok(Page {
            records,
            next: after.as_ref().map(write_cursor),
        })
    }
}

/// The first `most` of the records; the next page begins after the last of them.
fn cut(mut records: Vec<DocumentRecord>, most: usize) -> Page {
    let more = records.len() > most;
    records.truncate(most);
    let last = records.last().filter(|_| more);
    let next = last.map(|record| write_cursor(&keys::state(&record.key)));
    Page { records, next }
}

fn write_cursor(key: &ItemKey) -> String {
    hex(format!("{}\n{}", key.partition, key.sort).as_bytes())
}

/// The key of a cursor; `None` for a text that is none.
fn read_cursor(cursor: &str) -> Option<ItemKey> {
    let digits: Vec<u8> = cursor
        .bytes()
        .map(|digit| char::from(digit).to_digit(16))
        .map(|digit| digit.and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect();
    let text = String::from_utf8(bytes?).ok()?;
    let (partition, sort) = text.split_once('\n')?;
    (!partition.is_empty() && !sort.is_empty()).then(|| ItemKey::new(partition, sort))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_the_key_it_was_made_of_and_other_texts_are_refused() {
        let key = ItemKey::new("D#order:1", "S");
        assert_eq!(read_cursor(&write_cursor(&key)), Some(key));
        for text in ["", "f", "zz", "4400", "ffff", "é", "0a53", "440a"] {
            assert_eq!(read_cursor(text), None, "{text}");
        }
    }
}
