//! Brings changed Linnworks orders into the store and onto the queue.
//!
//! In: a window, or order numbers. Out: records in state Fetched (or Held, when an order cannot be read), and hints. The watermark
//! moves only over what is stored, windows overlap, and an order that did not come is recorded as such. Does not map.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{DocumentKey, DocumentState, Order, Reason, ReasonCode};
use jiff::Timestamp;
use ports::{Change, DocumentRecord, OrderHeader, OrderSource, QueueName, SourceOrder, Window};

use crate::core::{Core, Progress, go_on_with, hash_order};
use crate::error::RunError;

/// The name of the watermark of processed orders.
pub const WATERMARK: &str = "linnworks-processed";

/// The name of the watermark that says when orders were last fetched, by this machine's clock.
pub const LAST_RUN: &str = "last-fetch";

/// Orders read and stored at a time: as many as one call of Linnworks gives (linnworks.md 4.2), so that smaller chunks would cost calls
/// and larger ones memory. A crash repeats at most this much reading.
pub const ORDERS_PER_CHUNK_MAX: usize = 200;

/// The most that this machine's clock may be ahead of Linnworks' without an order being missed.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(24 * 3600);

/// What to fetch.
#[derive(Clone, Debug, Default)]
pub struct FetchRequest {
    /// Orders processed from this instant on; `None`: from the watermark.
    pub since: Option<Timestamp>,
    /// Orders processed up to this instant; `None`: now.
    pub until: Option<Timestamp>,
    /// Only these order numbers or references.
    pub references: Vec<String>,
    /// Which order books.
    pub books: OrderBooks,
}

/// Which order books to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBooks {
    /// Processed orders.
    #[default]
    Processed,
    /// Open orders.
    Open,
    /// Both.
    Both,
}

/// What a fetch did.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// Documents new or changed.
    pub keys: Vec<DocumentKey>,
    /// Documents that were named in the request, changed or not.
    pub asked: Vec<DocumentKey>,
}

/// Fetches what the request asks for.
///
/// # Errors
/// Those of Linnworks and of the store; what was stored before stays stored, and the watermark is not moved.
pub async fn fetch_orders(
    core: &Core,
    source: &dyn OrderSource,
    request: &FetchRequest,
) -> Result<Fetched, RunError> {
    let manner = Manner {
        even_unchanged: !request.references.is_empty(),
        look_up_first: needs_look_up(core, request).await?,
    };
    if !request.references.is_empty() {
        let headers = find_references(source, &request.references).await?;
        let asked = headers
            .iter()
            .map(|header| DocumentKey::order(header.id))
            .collect();
        let keys = store_headers(core, source, &headers, manner).await?;
        return Ok(Fetched { keys, asked });
    }
    let mut fetched = Fetched::default();
    if request.books != OrderBooks::Open {
        let window = choose_window(core, request).await?;
        let headers = source.find_processed(window).await?;
        fetched
            .keys
            .extend(store_headers(core, source, &headers, manner).await?);
        if request.since.is_none() && request.until.is_none() {
            core.store
                .advance_watermark(WATERMARK, next_watermark(&headers, window))
                .await?;
            core.store.advance_watermark(LAST_RUN, core.now()).await?;
        }
    }
    if request.books != OrderBooks::Processed {
        let headers = source.find_open().await?;
        fetched
            .keys
            .extend(store_headers(core, source, &headers, manner).await?);
    }
    Ok(fetched)
}

/// Where the next run begins (less the overlap): the newest order that Linnworks itself dated, so that a clock of ours that is ahead
/// leaves no gap; and at least the end of the window less [`CLOCK_SKEW_MAX`], so that quiet days do not make the window grow.
fn next_watermark(headers: &[OrderHeader], window: Window) -> Timestamp {
    let newest = headers
        .iter()
        .filter_map(|header| header.processed_at)
        .filter(|at| *at <= window.to)
        .max();
    let floor = earlier(window.to, CLOCK_SKEW_MAX).max(window.from);
    newest.map_or(floor, |newest| newest.max(floor))
}

/// How found orders are taken.
#[derive(Clone, Copy)]
struct Manner {
    /// Also those that did not change: a person named them.
    even_unchanged: bool,
    /// Documents seen for the first time are looked up in QuickBooks before they are sent.
    look_up_first: bool,
}

/// True unless the run goes on from a recent one: an order of another span that is new to this store may have been posted by an
/// earlier copy of it (a lost folder, a restored backup).
async fn needs_look_up(core: &Core, request: &FetchRequest) -> Result<bool, RunError> {
    if request.since.is_some() || request.until.is_some() || !request.references.is_empty() {
        return Ok(true);
    }
    let longest = Duration::from_secs(
        core.settings
            .posting
            .look_up_first_after_hours
            .saturating_mul(3600),
    );
    let last = core.store.watermark(LAST_RUN).await?;
    Ok(last.is_none_or(|last| last < earlier(core.now(), longest)))
}

/// The headers of all the references; one that is unknown, or fits several orders, is refused.
///
/// # Errors
/// Those of Linnworks, and a request that fits no order or several.
pub async fn find_references(
    source: &dyn OrderSource,
    references: &[String],
) -> Result<Vec<OrderHeader>, RunError> {
    let mut headers: Vec<OrderHeader> = Vec::new();
    for reference in references {
        let found = source.find_by_reference(reference).await?;
        match found.as_slice() {
            [] => {
                return Err(RunError::request(
                    format!("Linnworks has no order with the number or reference '{reference}'"),
                    "Check the number in Linnworks; open orders are found only while they are open",
                ));
            }
            [one] => headers.push(one.clone()),
            many => {
                let numbers: Vec<String> = many.iter().map(|header| header.number.to_string()).collect();
                return Err(RunError::request(
                    format!("'{reference}' fits {} orders: {}", many.len(), numbers.join(", ")),
                    "Name one by its Linnworks order number",
                ));
            }
        }
    }
    Ok(headers)
}

/// The window of a run: from the watermark less the overlap (or from the start date) to now.
///
/// # Errors
/// Those of the store; a request without any beginning.
pub async fn choose_window(core: &Core, request: &FetchRequest) -> Result<Window, RunError> {
    let to = request.until.unwrap_or_else(|| core.now());
    let overlap = Duration::from_secs(core.settings.limits.linnworks.overlap_minutes.saturating_mul(60));
    let from = match request.since {
        Some(since) => since,
        None => match core.store.watermark(WATERMARK).await? {
            Some(mark) => earlier(mark, overlap),
            None => start_instant(core).ok_or_else(|| {
                RunError::request(
                    "there is no start date yet, so it is not known which orders are already in the books",
                    "Set start_date under [start] in the settings (orders dated before it are never posted), or pass --since",
                )
            })?,
        },
    };
    if from > to {
        return Err(RunError::request(
            format!("the window from {from} to {to} is empty"),
            "Give a --since before --until, and a start date that is not in the future",
        ));
    }
    Ok(Window { from, to })
}

/// The first instant of the start date anywhere on earth; the mapping leaves out what the company's own zone dates before it.
fn start_instant(core: &Core) -> Option<Timestamp> {
    let date = core.settings.start.start_date?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(earlier(midnight, Duration::from_secs(14 * 3600)))
}

fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_sub(by).ok())
        .unwrap_or(at)
}

/// A header with what is stored of its order.
type Wanted<'a> = (&'a OrderHeader, Option<DocumentRecord>);

/// Reads and stores what is new or changed, a full chunk at a time: at any time the orders of one chunk are held, and the records of two.
async fn store_headers(
    core: &Core,
    source: &dyn OrderSource,
    headers: &[OrderHeader],
    manner: Manner,
) -> Result<Vec<DocumentKey>, RunError> {
    let mut touched = Vec::new();
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    for chunk in headers.chunks(ORDERS_PER_CHUNK_MAX) {
        let before = wanted.len();
        wanted.extend(find_wanted(core, chunk, manner).await?);
        core.tell(Progress::Found(wanted.len() - before));
        if wanted.len() >= ORDERS_PER_CHUNK_MAX {
            let rest = wanted.split_off(ORDERS_PER_CHUNK_MAX);
            touched.extend(store_chunk(core, source, &wanted, manner).await?);
            wanted = rest;
        }
    }
    if !wanted.is_empty() {
        touched.extend(store_chunk(core, source, &wanted, manner).await?);
    }
    Ok(touched)
}

/// Those of a chunk that are to be read: new, changed, or asked for.
async fn find_wanted<'a>(
    core: &Core,
    chunk: &'a [OrderHeader],
    manner: Manner,
) -> Result<Vec<Wanted<'a>>, RunError> {
    let keys: Vec<DocumentKey> = chunk.iter().map(|header| DocumentKey::order(header.id)).collect();
    let mut known: BTreeMap<DocumentKey, DocumentRecord> = core
        .store
        .get_many(&keys)
        .await?
        .into_iter()
        .map(|record| (record.key.clone(), record))
        .collect();
    let with_record = chunk
        .iter()
        .map(|header| (header, known.remove(&DocumentKey::order(header.id))));
    let is_wanted = |(header, record): &Wanted<'_>| {
        manner.even_unchanged
            || record
                .as_ref()
                .is_none_or(|record| record.fingerprint != header.fingerprint)
    };
    Ok(with_record.filter(is_wanted).collect())
}

async fn store_chunk(
    core: &Core,
    source: &dyn OrderSource,
    chunk: &[Wanted<'_>],
    manner: Manner,
) -> Result<Vec<DocumentKey>, RunError> {
    let headers: Vec<OrderHeader> = chunk.iter().map(|(header, _)| (*header).clone()).collect();
    let read = source.read_orders(&headers).await?;
    let missing: BTreeSet<_> = read.missing.into_iter().collect();
    let mut orders: BTreeMap<_, _> = read
        .orders
        .into_iter()
        .map(|order| match order {
            SourceOrder::Read(order) => (order.id, Ok(order)),
            SourceOrder::Malformed { id, cause } => (id, Err(cause)),
        })
        .collect();
    let mut changes = Vec::new();
    let mut work = Vec::new();
    let mut touched = Vec::new();
    for (header, record) in chunk {
        let outcome = match orders.remove(&header.id) {
            Some(Ok(order)) => take_order(core, header, record.clone(), order, manner)?,
            Some(Err(cause)) => Some(hold_unreadable(core, header, record.clone(), &cause)),
            None if missing.contains(&header.id) => Some(hold_unreadable(
                core,
                header,
                record.clone(),
                "Linnworks lists the order and did not return it when it was asked for",
            )),
            None => None,
        };
        if let Some(change) = outcome {
            touched.push(change.record.key.clone());
            if matches!(change.record.state, DocumentState::Fetched) {
                work.push(change.record.key.clone());
            }
            changes.push(change);
        }
    }
    // A record that another worker changed meanwhile keeps its old fingerprint: the overlap of the next run reads the order again.
    core.store.write_each(changes).await?;
    core.hint(QueueName::Orders, work).await?;
    core.tell(Progress::Fetched(chunk.len()));
    Ok(touched)
}

/// A record for a document seen for the first time.
fn new_record(core: &Core, header: &OrderHeader) -> DocumentRecord {
    let now = core.now();
    DocumentRecord {
        key: DocumentKey::order(header.id),
        number: header.number.to_string(),
        references: Vec::new(),
        state: DocumentState::Fetched,
        revision: 1,
        version: 0,
        total: header.total,
        processed_at: header.processed_at,
        fingerprint: String::new(),
        payload_hash: String::new(),
        list_refreshes: 0,
        look_up_first: false,
        fetched_at: now,
        updated_at: now,
    }
}

fn take_order(
    core: &Core,
    header: &OrderHeader,
    record: Option<DocumentRecord>,
    order: Box<Order>,
    manner: Manner,
) -> Result<Option<Change>, RunError> {
    let hash = hash_order(&order)?;
    let mut record = record.unwrap_or_else(|| new_record(core, header));
    let is_new = record.version == 0;
    record.look_up_first |= is_new && manner.look_up_first;
    // A person who names a held order wants it tried again.
    let retry = manner.even_unchanged && matches!(record.state, DocumentState::Held { .. });
    if !is_new && record.payload_hash == hash && !retry {
        record.fingerprint = header.fingerprint.clone();
        return Ok(Some(Change {
            record,
            payload: None,
            event: None,
        }));
    }
    let is_same = record.payload_hash == hash;
    let Some((state, what)) = next_state(&record, is_same, retry, core.now()) else {
        return Ok(None);
    };
    record.number = order.number.to_string();
    record.references = [
        &order.references.reference,
        &order.references.secondary,
        &order.references.external,
    ]
    .into_iter()
    .flatten()
    .cloned()
    .collect();
    record.total = Some(order.total_charge().rounded());
    record.processed_at = order.dates.processed.or(header.processed_at);
    record.fingerprint = header.fingerprint.clone();
    record.payload_hash = hash;
    let mut change = core.change(record, state, what);
    change.payload = Some(order);
    Ok(Some(change))
}

/// The state of a document whose order was read again, and what is told of it; none when the order must be left for later.
fn next_state(
    record: &DocumentRecord,
    is_same: bool,
    retry: bool,
    now: Timestamp,
) -> Option<(DocumentState, &'static str)> {
    Some(match record.state.clone() {
        // A call may be on its way: the order is read again once the call is settled.
        DocumentState::Posting { .. } | DocumentState::Unknown { .. } => return None,
        // A part of it is posted and the next step is about to follow: it is read again once that is done.
        DocumentState::Ready { ready } if !ready.posted.is_empty() => return None,
        // What is posted of it must not be forgotten: it would be posted twice.
        DocumentState::Held { posted, .. } if !posted.is_empty() && retry => (
            go_on_with(&record.number, posted),
            "tried again, asked for by its number",
        ),
        state @ DocumentState::Held { .. } if !state.transactions().is_empty() => (
            state,
            "the order was changed in Linnworks; a part of it is posted already",
        ),
        DocumentState::Posted {
            transactions,
            total,
            at,
            settings_version,
            rules_version,
            ..
        } => {
            let changed_since = Some(now);
            let state = DocumentState::Posted {
                transactions,
                total,
                at,
                settings_version,
                rules_version,
                changed_since,
            };
            (
                state,
                "the order was changed in Linnworks after it was posted; QuickBooks was left as it is",
            )
        }
        DocumentState::Skipped { reason } if reason.code == ReasonCode::Ignored => (
            DocumentState::Skipped { reason },
            "the order was changed in Linnworks; it stays ignored",
        ),
        state @ DocumentState::Conflict { .. } => {
            (state, "the order was changed in Linnworks while in conflict")
        }
        _ if record.version == 0 => (DocumentState::Fetched, "fetched"),
        _ if is_same => (DocumentState::Fetched, "tried again, asked for by its number"),
        _ => (
            DocumentState::Fetched,
            "fetched again: the order was changed in Linnworks",
        ),
    })
}

fn hold_unreadable(core: &Core, header: &OrderHeader, record: Option<DocumentRecord>, cause: &str) -> Change {
    let mut record = record.unwrap_or_else(|| new_record(core, header));
    // Without the fingerprint it is read again as long as a search finds it.
    record.fingerprint = String::new();
    if record.state.name().is_moving() && record.version > 0 && record.state != DocumentState::Fetched {
        return Change {
            record,
            payload: None,
            event: None,
        };
    }
    if matches!(
        record.state,
        DocumentState::Posted { .. } | DocumentState::Conflict { .. }
    ) {
        let state = record.state.clone();
        return core.change(record, state, format!("could not be read again: {cause}"));
    }
    let reason = Reason::new(
        ReasonCode::Malformed,
        format!("order {} could not be read: {cause}", header.number),
        format!(
            "Open the order in Linnworks, correct it, and run `linnbooks resync {}`",
            header.number
        ),
    );
    let posted = record.state.transactions().to_vec();
    core.change(
        record,
        DocumentState::Held { reason, posted },
        format!("held: {cause}"),
    )
}
