//! The key layout of the one table, and nothing else: every partition, sort and attribute name is made here.
//!
//! ```text
//! p                     s            what                                            large  conditional  index `moving`
//! D#order:<guid>        S            state item of a document, under 1 KB as a rule    -        v         m while open
//! D#order:<guid>        B#<hash>     its accounting document, where it is large       yes       -         -
//! D#order:<guid>        C#<hash>     its order as read (payload)                      yes       -         -
//! D#order:<guid>        E#<version>  8 and more events moved out of the state item     -       new        -
//! C#<request id>        S            a call with its fate                              -        v         m until closed
//! C#<request id>        B#body       the call's exact bytes                           yes       -         -
//! F#<bucket>            <hash>       numbers and references of one batch of documents  -        -         -
//! W#<name>              S            a watermark                                       -        a         -
//! L                     #            head of the lists: cursor, company, segments      -        v         -
//! L                     <kind>#<id>  a segment: entries changed and removed           yes       -         -
//! X                     <form>       a form proven or paused                           -        -         -
//! R#<currency>          <date>       the exchange rate of a day                        -       new        -
//! V#<kind>#<version>    S            a version of the settings or rules               yes      new        -
//! N#<kind>              S            the version of the settings or rules in force         -        r         -
//! T#<name>              S            pointer to a secret: fence and version id         -        v         -
//! K#<name>              S            a lease: holder and end                           -        h, u      -
//! H#<kind>              <instant>#.. a change of what is in force: who, when, what     -        new       -
//! Q                     <run id>     a run: who asked for what, and how it ended       -        -         -
//! I#<key hash>          S            an answer given under an idempotency key          -        new, h    -
//! O#<token hash>        S            something that is redeemed once                   -        new       -
//! P#<vendor>            S            the company a connection is pinned to             -        c         -
//!
//! index `moving`, keys only, sparse:   m = moving | held | conflict | call    ->   p, s
//! ```
//! The index holds only what still moves or waits for a person: `m` goes away when a document is posted or skipped and when a
//! call is closed, and it does not change from Fetched to Posting, so that an order costs the index one write in and one out.
//!
//! Time to live (`x`) is on large items `B#` and `C#` alone, and it passes only once their document or call is final; see `ends` for how
//! a first payload has one from its beginning. It is on what serves people for a while alone, too: `Q`, `I#` and `O#`. Rows that prove
//! an effect never expire (reliability.md 1.4, K2).
//!
//! Item size decides cost (reliability.md 5.3), so attribute names have one letter.

use domain::{Currency, DocumentKey, RequestId, StateName};
use jiff::civil::Date;

/// Name of the partition key.
pub const PARTITION: &str = "p";
/// Name of the sort key.
pub const SORT: &str = "s";
/// Name of the sparse index; its projection is keys only.
pub const INDEX: &str = "moving";
/// Name of the index's partition key; it has no sort key.
pub const INDEX_PARTITION: &str = "m";
/// Name of the attribute with the time to live, in seconds since 1970.
pub const EXPIRES: &str = "x";

/// Version of an item, raised by every write.
pub(crate) const VERSION: &str = "v";
/// Record, deflated JSON.
pub(crate) const RECORD: &str = "r";
/// The write that made this version: tells a lost reply of ours from a write of another.
pub(crate) const WRITE: &str = "w";
/// Bytes of a large item.
pub(crate) const BYTES: &str = "b";
/// Items that the bytes are spread over, where they are more than one.
pub(crate) const PARTS: &str = "n";
/// Events not yet moved out.
pub(crate) const EVENTS: &str = "e";
/// Hash of number and references, as they are in the `F#` items.
pub(crate) const FOUND_BY: &str = "f";
/// Hash of the accounting document in its own item.
pub(crate) const DOCUMENT: &str = "d";
/// Hash of the payload.
pub(crate) const PAYLOAD: &str = "y";
/// Set while the document is final, and its large items expire.
pub(crate) const FINAL: &str = "z";
/// When the payload ends, in seconds since 1970, while the first payload is the document's only large item.
pub(crate) const ENDS: &str = "k";
/// An instant as text.
pub(crate) const INSTANT: &str = "a";
/// When a call was first stored, in nanoseconds.
pub(crate) const ORDER: &str = "o";
/// Holder of a lease.
pub(crate) const HOLDER: &str = "h";
/// End of a lease, as text.
pub(crate) const UNTIL: &str = "u";
/// The company of a connection.
pub(crate) const COMPANY: &str = "c";
/// Version id of a secret.
pub(crate) const SECRET_VERSION: &str = "i";

/// Sort key of items that are alone in their partition, and of the state item.
pub(crate) const ONLY: &str = "S";
/// Sort key of the head of the lists: before every segment.
pub(crate) const LISTS_HEAD: &str = "#";
/// Partition of the lists.
pub(crate) const LISTS: &str = "L";
/// Partition of the forms.
pub(crate) const FORMS: &str = "X";
/// Value of the index key of a call that is not closed.
pub(crate) const OPEN_CALL: &str = "call";
/// Partitions of the numbers and references. A find reads one of them whole; a batch writes at most this many items.
pub(crate) const FIND_BUCKETS: u64 = 4;

/// The key of one item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey {
    pub(crate) partition: String,
    pub(crate) sort: String,
}

impl ItemKey {
    pub(crate) fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            sort: sort.into(),
        }
    }
}

pub(crate) fn document_partition(key: &DocumentKey) -> String {
    format!("D#{key}")
}

/// The key that a document's partition names; `None` for another partition.
pub(crate) fn document_of(partition: &str) -> Option<DocumentKey> {
    let text = partition.strip_prefix("D#")?;
    DocumentKey::try_from(text.to_owned()).ok()
}

pub(crate) fn state(key: &DocumentKey) -> ItemKey {
    ItemKey::new(document_partition(key), ONLY)
}

pub(crate) fn document(key: &DocumentKey, hash: &str) -> ItemKey {
    ItemKey::new(document_partition(key), format!("B#{hash}"))
}

pub(crate) fn payload(key: &DocumentKey, hash: &str) -> ItemKey {
    ItemKey::new(document_partition(key), format!("C#{hash}"))
}

/// First sort key after the large items of a document or call; events and the state item follow.
pub(crate) const AFTER_LARGE: &str = "D";

pub(crate) fn events(key: &DocumentKey, version: u64) -> ItemKey {
    ItemKey::new(document_partition(key), format!("E#{version:012}"))
}

pub(crate) fn call(id: RequestId) -> ItemKey {
    ItemKey::new(format!("C#{id}"), ONLY)
}

pub(crate) fn call_body(id: RequestId) -> ItemKey {
    ItemKey::new(format!("C#{id}"), "B#body")
}

pub(crate) fn find_bucket(hash: u64) -> String {
    format!("F#{}", hash % FIND_BUCKETS)
}

pub(crate) fn watermark(name: &str) -> ItemKey {
    ItemKey::new(format!("W#{name}"), ONLY)
}

pub(crate) fn lists_head() -> ItemKey {
    ItemKey::new(LISTS, LISTS_HEAD)
}

pub(crate) fn lists_segment(segment: &str) -> ItemKey {
    ItemKey::new(LISTS, segment)
}

pub(crate) fn form(name: &str) -> ItemKey {
    ItemKey::new(FORMS, name)
}

pub(crate) fn exchange_rate(currency: Currency, date: Date) -> ItemKey {
    ItemKey::new(format!("R#{}", currency.code()), date.to_string())
}

pub(crate) fn version(kind: &str, version: &str) -> ItemKey {
    ItemKey::new(format!("V#{kind}#{version}"), ONLY)
}

pub(crate) fn in_force(kind: &str) -> ItemKey {
    ItemKey::new(format!("N#{kind}"), ONLY)
}

pub(crate) fn secret(name: &str) -> ItemKey {
    ItemKey::new(format!("T#{name}"), ONLY)
}

pub(crate) fn lease(name: &str) -> ItemKey {
    ItemKey::new(format!("K#{name}"), ONLY)
}

/// Partition of the runs; their sort keys are their ids.
pub(crate) const RUNS: &str = "Q";

pub(crate) fn history(kind: &str) -> String {
    format!("H#{kind}")
}

pub(crate) fn answer(key_hash: &str) -> ItemKey {
    ItemKey::new(format!("I#{key_hash}"), ONLY)
}

pub(crate) fn once(token_hash: &str) -> ItemKey {
    ItemKey::new(format!("O#{token_hash}"), ONLY)
}

pub(crate) fn pin(vendor: &str) -> ItemKey {
    ItemKey::new(format!("P#{vendor}"), ONLY)
}

/// The index keys of documents.
pub(crate) const DOCUMENT_INDEXES: [&str; 3] = ["moving", "held", "conflict"];

/// The index key of a document in this state; `None` for final states.
pub(crate) fn index_of(state: StateName) -> Option<&'static str> {
    match state {
        StateName::Fetched | StateName::Ready | StateName::Posting | StateName::Unknown => Some("moving"),
        StateName::Held => Some("held"),
        StateName::Conflict => Some("conflict"),
        StateName::Posted | StateName::Skipped => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_posted_and_skipped_documents_leave_the_index() {
        for state in StateName::ALL {
            let leaves = matches!(state, StateName::Posted | StateName::Skipped);
            assert_eq!(index_of(state).is_none(), leaves, "{state:?}");
            assert_eq!(index_of(state) == Some("moving"), state.is_moving(), "{state:?}");
        }
    }

    #[test]
    fn events_and_the_state_item_sort_after_large_items() {
        let key = DocumentKey::try_from("order:00000000-0000-0000-0000-000000000001".to_owned()).unwrap();
        for large in [document(&key, "f"), payload(&key, "f")] {
            assert!(large.sort.as_str() < AFTER_LARGE);
        }
        assert!(events(&key, 9).sort < events(&key, 10).sort);
        assert!(events(&key, u64::from(u32::MAX)).sort.as_str() < ONLY);
        assert_eq!(document_of(&state(&key).partition), Some(key));
    }
}
