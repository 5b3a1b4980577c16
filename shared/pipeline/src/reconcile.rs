//! Proves that every penny of a span arrived, or lists what did not.
//!
//! In: Linnworks' own list of the span, the store, QuickBooks read back. Out: sums per currency and every difference by order. Changes
//! nothing.
//!
//! ```text
//! Linnworks count and sum = posted + skipped by named rule or setting + held + conflicts + unknown + pending
//! each posted transaction = what QuickBooks holds now
//! ```

use std::collections::{BTreeMap, BTreeSet};

use domain::money::show_amount;
use domain::{Currency, DocumentKey, DocumentState, TransactionKind};
use jiff::civil::Date;
use ports::{Books, DocumentRecord, FoundTransaction, OrderHeader, OrderSource, Window};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::core::Core;
use crate::error::RunError;
use crate::report::{Summary, summarise_records};

/// The result of a reconciliation.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// True when the sums agree and nothing differs.
    pub proved: bool,
    /// Orders in Linnworks.
    pub orders: usize,
    /// Sum of Linnworks per currency, as text.
    pub source: BTreeMap<String, String>,
    /// What the store has of them.
    #[serde(flatten)]
    pub summary: Summary,
    /// Skipped documents by the rule or setting that skipped them.
    pub skipped_by: BTreeMap<String, usize>,
    /// Posted documents whose total rules changed on purpose: what the buyer paid, and what the books hold.
    pub changed_by_rules: Vec<ChangedTotal>,
    /// What does not agree.
    pub differences: Vec<Difference>,
}

/// A posted document whose total rules changed, with the setting rules.changed_totals = "post".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedTotal {
    /// The order's number.
    pub number: String,
    /// The order's total, with its currency.
    pub source: String,
    /// The document's total, with its currency.
    pub posted: String,
}

/// One thing that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The order's number.
    pub number: String,
    /// Stable name of the kind of difference.
    pub kind: &'static str,
    /// What is the matter, with both values.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// Reconciles the orders processed within the window.
///
/// # Errors
/// Those of Linnworks, QuickBooks and the store.
pub async fn reconcile(
    core: &Core,
    source: &dyn OrderSource,
    books: &dyn Books,
    window: Window,
) -> Result<Proof, RunError> {
    let headers = source.find_processed(window).await?;
    let mut records: BTreeMap<DocumentKey, DocumentRecord> = BTreeMap::new();
    for chunk in headers.chunks(1_000) {
        let keys: Vec<DocumentKey> = chunk.iter().map(|header| DocumentKey::order(header.id)).collect();
        records.extend(
            core.store
                .get_many(&keys)
                .await?
                .into_iter()
                .map(|record| (record.key.clone(), record)),
        );
    }
    let mut differences = compare_source(&headers, &records);
    let all: Vec<DocumentRecord> = records.into_values().collect();
    let held = read_back(books, &all).await?;
    differences.extend(compare_books(&all, &held));
    differences.sort_by(|left, right| left.number.cmp(&right.number).then(left.kind.cmp(right.kind)));
    let summary = summarise_records(&all);
    let skipped_by = count_skipped(&all);
    let proved = differences.is_empty()
        && summary.counts.conflicts + summary.counts.unknown + summary.counts.pending == 0;
    Ok(Proof {
        proved,
        orders: headers.len(),
        source: sum_source(&headers),
        summary,
        skipped_by,
        changed_by_rules: find_changed_totals(&all),
        differences,
    })
}

fn sum_source(headers: &[OrderHeader]) -> BTreeMap<String, String> {
    let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for total in headers.iter().filter_map(|header| header.total) {
        *sums.entry(total.currency).or_default() += total.rounded().amount;
    }
    sums.into_iter()
        .map(|(currency, sum)| (currency.to_string(), show_amount(sum, currency)))
        .collect()
}

/// Without rules a posted document comes to the order's total, or it would not have been posted.
fn find_changed_totals(records: &[DocumentRecord]) -> Vec<ChangedTotal> {
    let changed = records.iter().filter_map(|record| {
        let DocumentState::Posted {
            total,
            rules_version: Some(_),
            ..
        } = &record.state
        else {
            return None;
        };
        let source = record.total?.rounded();
        (*total != source).then(|| ChangedTotal {
            number: record.number.clone(),
            source: source.to_string(),
            posted: total.to_string(),
        })
    });
    changed.collect()
}

fn count_skipped(records: &[DocumentRecord]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        if let DocumentState::Skipped { reason } = &record.state {
            let code = reason.code.to_string();
            let by = reason
                .rule
                .as_ref()
                .map_or_else(|| code.clone(), |rule| format!("{code}: {rule}"));
            *counts.entry(by).or_default() += 1;
        }
    }
    counts
}

fn compare_source(
    headers: &[OrderHeader],
    records: &BTreeMap<DocumentKey, DocumentRecord>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for header in headers {
        let number = header.number.to_string();
        let Some(record) = records.get(&DocumentKey::order(header.id)) else {
            differences.push(Difference {
                kind: "never-fetched",
                what: "it is in Linnworks and linnbooks has never seen it".into(),
                remedy: format!("`linnbooks sync --order {number}`"),
                number,
            });
            continue;
        };
        let recorded = record.total.map(domain::Money::rounded);
        let listed = header.total.map(domain::Money::rounded);
        if let (Some(recorded), Some(listed)) = (recorded, listed)
            && recorded != listed
        {
            differences.push(Difference {
                kind: "changed-in-linnworks",
                what: format!("Linnworks says {listed} now, and {recorded} when it was read"),
                remedy: format!("`linnbooks resync {number}`, with --replace when it is posted"),
                number,
            });
        } else if let DocumentState::Posted {
            changed_since: Some(at),
            ..
        } = &record.state
        {
            differences.push(Difference {
                kind: "changed-in-linnworks",
                what: format!("the order was changed in Linnworks after it was posted (seen {at})"),
                remedy: format!("`linnbooks preview {number}` shows it as it is now; `linnbooks resync {number} --replace` posts it anew"),
                number,
            });
        }
    }
    differences
}

async fn read_back(books: &dyn Books, records: &[DocumentRecord]) -> Result<Vec<FoundTransaction>, RunError> {
    let mut kinds: BTreeSet<TransactionKind> = BTreeSet::new();
    let mut dates: Option<(Date, Date)> = None;
    for record in records {
        kinds.extend(record.state.transactions().iter().map(|one| one.kind));
        if let (DocumentState::Posted { .. }, Some(date)) = (&record.state, posting_date(record)) {
            dates = Some(dates.map_or((date, date), |(from, to)| (from.min(date), to.max(date))));
        }
    }
    let Some((from, to)) = dates else {
        return Ok(Vec::new());
    };
    // A document may be dated by another instant than its processing; a few days around cover the time zones and most choices, the
    // rest is looked up by id.
    let from = from.checked_sub(jiff::Span::new().days(7)).unwrap_or(from);
    let to = to.checked_add(jiff::Span::new().days(7)).unwrap_or(to);
    let kinds: Vec<TransactionKind> = kinds.into_iter().collect();
    let mut found = books.list_transactions(&kinds, from, to).await?;
    let known: BTreeSet<(TransactionKind, String)> =
        found.iter().map(|one| (one.kind, one.id.to_string())).collect();
    let probes: Vec<ports::Probe> = records
        .iter()
        .filter(|record| matches!(record.state, DocumentState::Posted { .. }))
        .flat_map(|record| record.state.transactions())
        .filter(|one| !known.contains(&(one.kind, one.id.to_string())))
        .map(|one| ports::Probe {
            kind: one.kind,
            by: ports::ProbeBy::Id(one.id.clone()),
        })
        .collect();
    if !probes.is_empty() {
        found.extend(books.look_up(&probes).await?);
    }
    Ok(found)
}

fn posting_date(record: &DocumentRecord) -> Option<Date> {
    record
        .processed_at
        .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
}

fn compare_books(records: &[DocumentRecord], found: &[FoundTransaction]) -> Vec<Difference> {
    let by_id: BTreeMap<(TransactionKind, &str), &FoundTransaction> = found
        .iter()
        .map(|one| ((one.kind, one.id.as_str()), one))
        .collect();
    let mut by_marker: BTreeMap<(TransactionKind, String), Vec<&FoundTransaction>> = BTreeMap::new();
    for one in found {
        if let Some(stem) = marker_stem(&one.private_note) {
            by_marker.entry((one.kind, stem)).or_default().push(one);
        }
    }
    let mut differences = Vec::new();
    for record in records {
        let DocumentState::Posted { transactions, .. } = &record.state else {
            continue;
        };
        let number = &record.number;
        for made in transactions {
            let name = format!("{} {}", made.kind.as_str(), made.id);
            match by_id.get(&(made.kind, made.id.as_str())) {
                None => differences.push(Difference {
                    number: number.clone(),
                    kind: "deleted-in-quickbooks",
                    what: format!("{name} is no longer in QuickBooks"),
                    remedy: format!("`linnbooks resync {number}` posts it again; `resolve` is not needed"),
                }),
                Some(now) if now.total != made.total => differences.push(Difference {
                    number: number.clone(),
                    kind: "edited-in-quickbooks",
                    what: format!(
                        "{name} was posted with {} and holds {} now",
                        show_amount(made.total, made.currency),
                        show_amount(now.total, now.currency)
                    ),
                    remedy: format!("Ask who changed it; `linnbooks resync {number} --replace` posts the order's figures again"),
                }),
                Some(_) => {}
            }
            let stem = domain::Marker {
                key: record.key.clone(),
                revision: record.revision,
            }
            .stem();
            let twins = by_marker.get(&(made.kind, stem)).map_or(0, Vec::len);
            if twins > 1 {
                differences.push(Difference {
                    number: number.clone(),
                    kind: "duplicated-in-quickbooks",
                    what: format!("{twins} {}s carry the marker of this order", made.kind.as_str()),
                    remedy: format!("Delete all but {name} in QuickBooks"),
                });
            }
        }
    }
    differences
}

/// The marker in a note, without its revision.
fn marker_stem(note: &str) -> Option<String> {
    let start = note.find("linnbooks:")?;
    let rest = note.get(start..)?;
    let end = rest.find(":r").map(|at| at + 2)?;
    rest.get(..end).map(str::to_owned)
}
