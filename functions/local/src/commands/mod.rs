//! One file per command, named by its word on the command line.

pub mod demo;
pub mod history;
pub mod log;
pub mod preview;
pub mod reconcile;
pub mod reference;
pub mod replay;
pub mod resolve;
pub mod resync;
pub mod rules;
pub mod rules_file;
pub mod settings;
pub mod simulate;
pub mod sync;

use domain::{DocumentKey, StateName};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pipeline::Core;
use pipeline::report::{Summary, summarise};
use pipeline::sync::SyncRun;
use ports::DocumentFilter;
use serde::Serialize;

use crate::assemble::Assembly;
use crate::config::ConfigError;
use crate::exit::Exit;

/// HTTP requests of a run, sign-in and tokens included.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Calls {
    /// To Linnworks.
    pub linnworks: u64,
    /// To QuickBooks.
    pub quickbooks: u64,
}

/// What a run prints with `--json`.
#[derive(Debug, Serialize)]
pub struct RunReport {
    /// The run.
    pub run_id: uuid::Uuid,
    /// Orders new or changed.
    pub fetched: usize,
    /// HTTP requests.
    pub calls: Calls,
    /// When to run again for what is unsettled.
    pub run_again_at: Option<Timestamp>,
    /// Why the run ended early.
    pub stopped_by: Option<String>,
    /// Documents of the whole store that wait for a person or for another run, those of earlier runs included.
    pub waiting: usize,
    /// What the company lacks, or will refuse, of what the settings ask for.
    pub preflight: Vec<domain::Reason>,
    /// Counts, sums and documents.
    #[serde(flatten)]
    pub summary: Summary,
}

impl RunReport {
    /// The report of a run.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn of(assembly: &Assembly, run: &SyncRun) -> anyhow::Result<Self> {
        let calls = Calls {
            linnworks: assembly.source.calls(),
            quickbooks: assembly.books.calls(),
        };
        Self::of_core(&assembly.core, calls, run).await
    }

    /// The report of a run that made these requests.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn of_core(core: &Core, calls: Calls, run: &SyncRun) -> anyhow::Result<Self> {
        let keys: Vec<DocumentKey> = run.keys.iter().cloned().collect();
        let preflight = match core.store.lists().await? {
            Some(known) => core.settings.check(&known.lists, &known.company),
            None => Vec::new(),
        };
        let waiting = DocumentFilter {
            states: StateName::ALL
                .into_iter()
                .filter(|state| !matches!(state, StateName::Posted | StateName::Skipped))
                .collect(),
            ..DocumentFilter::default()
        };
        let waiting = core.store.list(&waiting).await?.len();
        Ok(Self {
            run_id: uuid::Uuid::new_v4(),
            fetched: run.fetched,
            calls,
            run_again_at: run.run_again_at,
            stopped_by: run.stopped_by.as_ref().map(ToString::to_string),
            waiting,
            preflight,
            summary: summarise(core, &keys).await?,
        })
    }

    /// How the run ended.
    pub fn exit(&self) -> Exit {
        if self.stopped_by.is_some() {
            Exit::Failed
        } else {
            Exit::of_counts(&self.summary.counts)
        }
    }
}

/// An instant from `2026-03-01T08:00:00Z` or from a date, whose beginning (or end) in the zone is meant.
///
/// # Errors
/// A text that is neither.
pub fn parse_instant(
    option: &str,
    text: &str,
    zone: &TimeZone,
    end_of_day: bool,
) -> Result<Timestamp, ConfigError> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let date = parse_date(option, text)?;
    let day = if end_of_day {
        date.tomorrow().unwrap_or(date)
    } else {
        date
    };
    let midnight = day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
    let instant = midnight.map_err(|error| ConfigError::Argument(format!("{option} {text}: {error}")))?;
    if end_of_day {
        Ok(instant
            .checked_sub(jiff::SignedDuration::from_millis(1))
            .unwrap_or(instant))
    } else {
        Ok(instant)
    }
}

/// A date.
///
/// # Errors
/// A text that is none.
pub fn parse_date(option: &str, text: &str) -> Result<Date, ConfigError> {
    text.parse::<Date>().map_err(|_| {
        ConfigError::Argument(format!(
            "{option} {text} is neither a date (2026-03-01) nor an instant (2026-03-01T08:00:00Z)"
        ))
    })
}

/// The zone in which dates on the command line are meant: the setting's, the company's, else UTC.
pub async fn zone_of(core: &Core) -> anyhow::Result<TimeZone> {
    let named = core
        .settings
        .document
        .time_zone
        .as_ref()
        .map(|zone| zone.as_str().to_owned());
    let name = match named {
        Some(name) => Some(name),
        None => core
            .store
            .lists()
            .await?
            .and_then(|known| known.company.time_zone),
    };
    Ok(name
        .and_then(|name| mapping::find_zone(&name))
        .unwrap_or(TimeZone::UTC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_means_the_whole_day_in_its_zone() {
        let london = TimeZone::get("Europe/London").unwrap();
        let from = parse_instant("--since", "2026-07-01", &london, false).unwrap();
        let to = parse_instant("--until", "2026-07-01", &london, true).unwrap();
        assert_eq!(from.to_string(), "2026-06-30T23:00:00Z");
        assert_eq!(to.to_string(), "2026-07-01T22:59:59.999Z");
    }

    #[test]
    fn a_text_that_is_no_date_is_refused_with_both_forms() {
        let error = parse_instant("--since", "yesterday", &TimeZone::UTC, false)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("--since yesterday") && error.contains("2026-03-01T08:00:00Z"),
            "{error}"
        );
    }
}
