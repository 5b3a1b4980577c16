//! The processed search, read so that no row can be skipped (linnworks.md 3.4, 4.1; reliability.md 3 row 11).
//!
//! In: a window and a search text. Out: every row in it, once, or an error. Does not read orders.
//!
//! Rows move between numbered pages while orders are processed or edited, so the next request does not ask for page 2: it asks
//! for page 1 from the last row's second on. Whether the bounds of a search are inclusive is not known (linnworks.md 6.4), so
//! every bound is a second wider than needed and rows are told apart by their ids. Only where more rows than a page holds lie
//! within one second, or the rows do not come in the asked order, pages are numbered, and then read until two passes agree.

use std::collections::{BTreeMap, BTreeSet};

use domain::OrderId;
use jiff::Timestamp;
use ports::{ConnectorError, OrderHeader, Window};

use crate::client::{Client, Parameters, Parsed};
use crate::convert::Malformed;
use crate::error::Fault;
use crate::header::convert_header;
use crate::wire::{Field, HeaderWire, PageWire, RequestWire, SearchAnswerWire, SearchWire, SortingWire};

/// The method.
pub const SEARCH: &str = "ProcessedOrders/SearchProcessedOrders";
/// Passes over the same rows before the search is given up as too unsteady.
const PASSES_MAX: usize = 6;

/// A row: its header, and the references that a person may ask for.
#[derive(Clone, Debug)]
pub struct Row {
    /// What the port wants.
    pub header: OrderHeader,
    /// ReferenceNum, SecondaryReference, ExternalReference.
    pub references: Vec<String>,
}

type Rows = BTreeMap<OrderId, Row>;

/// One page of rows.
struct Page {
    rows: Vec<Row>,
    /// Rows on all pages of this request.
    total: u64,
    /// Fewer rows than a page holds.
    is_short: bool,
}

/// One search text over the processed orders.
pub struct Search<'a> {
    client: &'a Client,
    term: &'a str,
}

impl<'a> Search<'a> {
    /// A search for a text; empty for all orders.
    pub fn new(client: &'a Client, term: &'a str) -> Self {
        Self { client, term }
    }

    /// Every row processed within the closed window, oldest first. Long windows are cut into slices.
    pub async fn find(&self, window: Window, slice_seconds: i64) -> Result<Vec<Row>, ConnectorError> {
        let mut found = Rows::new();
        let end = window.to.as_second();
        let mut start = window.from.as_second();
        while start <= end && window.from <= window.to {
            let slice_end = start.saturating_add(slice_seconds.max(1)).min(end);
            let rows = self
                .find_slice(start - 1, slice_end + 2)
                .await
                .map_err(|fault| fault.into_error(SEARCH))?;
            found.extend(rows);
            start = slice_end + 1;
        }
        let is_inside = |row: &Row| {
            row.header
                .processed_at
                .is_none_or(|at| window.from <= at && at <= window.to)
        };
        let mut rows: Vec<Row> = found.into_values().filter(is_inside).collect();
        rows.sort_by_key(|row| (row.header.processed_at, row.header.id));
        Ok(rows)
    }

    /// One slice. When fewer rows came than the first answer counted, rows have left meanwhile or were missed: it is read
    /// again until two passes agree.
    async fn find_slice(&self, from: i64, to: i64) -> Result<Rows, Fault> {
        let mut previous: Option<BTreeSet<OrderId>> = None;
        for _ in 0..PASSES_MAX {
            let (rows, total) = self.read_from_row_to_row(from, to).await?;
            let ids: BTreeSet<OrderId> = rows.keys().copied().collect();
            if count(ids.len()) >= total || previous.as_ref() == Some(&ids) {
                return Ok(rows);
            }
            previous = Some(ids);
        }
        Err(unsteady())
    }

    /// One pass over a slice, and the number of rows that its first answer counted. Ends with a short page that holds all
    /// rows its own request counts.
    async fn read_from_row_to_row(&self, from: i64, to: i64) -> Result<(Rows, u64), Fault> {
        let mut rows = Rows::new();
        let mut total_first = None;
        let mut cursor = from;
        loop {
            let page = self.read_page(cursor, to, 1).await?;
            let total = *total_first.get_or_insert(page.total);
            let is_last = page.is_short && count(page.rows.len()) >= page.total;
            let last = last_second_if_sorted(&page.rows);
            rows.extend(page.rows.into_iter().map(|row| (row.header.id, row)));
            if is_last {
                return Ok((rows, total));
            }
            match last {
                Some(last) if last - 1 > cursor => cursor = last - 1,
                Some(last) if last >= cursor && last + 1 < to => {
                    rows.extend(self.read_numbered_pages(cursor, last + 2).await?);
                    cursor = last + 1;
                }
                _ => {
                    rows.extend(self.read_numbered_pages(cursor, to).await?);
                    return Ok((rows, total));
                }
            }
        }
    }

    /// Numbered pages, read until two passes bring the same rows and as many as were counted.
    async fn read_numbered_pages(&self, from: i64, to: i64) -> Result<Rows, Fault> {
        let mut previous: Option<BTreeSet<OrderId>> = None;
        for _ in 0..PASSES_MAX {
            let (rows, total) = self.read_numbered_pass(from, to).await?;
            let ids: BTreeSet<OrderId> = rows.keys().copied().collect();
            if count(ids.len()) == total && previous.as_ref() == Some(&ids) {
                return Ok(rows);
            }
            previous = Some(ids);
        }
        Err(unsteady())
    }

    async fn read_numbered_pass(&self, from: i64, to: i64) -> Result<(Rows, u64), Fault> {
        let mut rows = Rows::new();
        let mut number = 1;
        loop {
            let page = self.read_page(from, to, number).await?;
            let size = count(page.rows.len());
            // A server that ignores page numbers must not keep this going.
            let is_beyond = number > page.total.saturating_add(1);
            rows.extend(page.rows.into_iter().map(|row| (row.header.id, row)));
            if size == 0 || is_beyond || (page.is_short && count(rows.len()) >= page.total) {
                return Ok((rows, page.total));
            }
            number += 1;
        }
    }

    async fn read_page(&self, from: i64, to: i64, number: u64) -> Result<Page, Fault> {
        let asked = self.client.config().search_rows_per_page;
        let body = RequestWire {
            request: SearchWire {
                search_term: self.term,
                date_field: "processed",
                from_date: show_second(from),
                to_date: show_second(to),
                page_number: number,
                results_per_page: asked,
                search_sorting: SortingWire {
                    sort_field: "dProcessedOn",
                    sort_direction: "ASC",
                },
            },
        };
        let parameters = Parameters::json(SEARCH, &body).map_err(|error| Fault::Final(Box::new(error)))?;
        self.client
            .call(SEARCH, &parameters, |body| parse_page(body, number, asked))
            .await
    }
}

fn parse_page(body: &str, number: u64, asked: u64) -> Parsed<Page> {
    let answer: SearchAnswerWire =
        serde_json::from_str(body).map_err(|_| "the answer is no object".to_owned())?;
    let Field::Value(page) = answer.processed_orders else {
        return Err("ProcessedOrders is missing".to_owned());
    };
    let (total, size, rows) = check_page(page, number, asked)?;
    let rows: Vec<Row> = rows.iter().map(convert_row).collect::<Parsed<_>>()?;
    Ok(Page {
        total,
        is_short: count(rows.len()) < size,
        rows,
    })
}

/// What every page must say: its rows, how many there are in all, and the number that was asked for. Returns the total, the
/// page size in force (a server may take a smaller one than asked, linnworks.md 3.4) and the rows.
pub fn check_page<T>(page: PageWire<T>, number: u64, asked: u64) -> Parsed<(u64, u64, Vec<T>)> {
    let Field::Value(total) = page.total_entries else {
        return Err("TotalEntries is missing".to_owned());
    };
    if page.page_number.as_ref().is_some_and(|echo| *echo != number) {
        return Err("another page came than was asked for".to_owned());
    }
    let fields = match page.data {
        Field::Value(fields) => fields,
        Field::Absent if total == 0 => Vec::new(),
        Field::Absent | Field::Wrong => return Err("Data is missing".to_owned()),
    };
    let size = page
        .entries_per_page
        .as_ref()
        .copied()
        .filter(|echo| *echo > 0)
        .map_or(asked, |echo| echo.min(asked));
    let mut rows = Vec::with_capacity(fields.len());
    for field in fields {
        let Field::Value(row) = field else {
            return Err("a row of Data has another form than expected".to_owned());
        };
        rows.push(row);
    }
    if rows.is_empty() && number == 1 && total > 0 {
        return Err("TotalEntries counts rows and Data has none".to_owned());
    }
    Ok((total, size, rows))
}

fn convert_row(wire: &HeaderWire) -> Parsed<Row> {
    let header = convert_header(wire).map_err(|Malformed(cause)| cause)?;
    let references = [
        &wire.reference,
        &wire.secondary_reference,
        &wire.external_reference,
    ];
    Ok(Row {
        header,
        references: references
            .iter()
            .filter_map(|field| field.as_ref().cloned())
            .collect(),
    })
}

/// The second of the last row, when every row has a time and none is older than the one before it.
fn last_second_if_sorted(rows: &[Row]) -> Option<i64> {
    let times: Option<Vec<Timestamp>> = rows.iter().map(|row| row.header.processed_at).collect();
    let times = times.filter(|times| times.is_sorted())?;
    times.last().map(|at| at.as_second())
}

fn show_second(second: i64) -> String {
    Timestamp::from_second(second)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn unsteady() -> Fault {
    Fault::Transient {
        cause: format!("the rows of the search were different in each of {PASSES_MAX} readings"),
    }
}
