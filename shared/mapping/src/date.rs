//! The document's date: an instant of the order, in the company's time zone.

use domain::ReasonCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rules::fields;

use crate::hold::{Hold, hold};
use crate::settings::{DateFrom, find_zone};
use crate::work::Work;

impl Work<'_> {
    /// TxnDate. A document without date would get the server's, in Pacific time (quickbooks-online.md 3.0).
    pub(crate) fn map_date(&mut self) -> Hold<Date> {
        if let Some(ruled) = self.overrides.header(fields::DATE) {
            let (date, by) = (ruled.date(), ruled.by.to_owned());
            let date = date.ok_or_else(|| {
                let cause = format!("The {by} takes the document's date away");
                hold(ReasonCode::DateMissing, cause, "Correct the rule.")
            })?;
            self.explanation.note("date", date.to_string(), None, Some(&by));
            return Ok(date);
        }
        let settings = &self.context.settings.document;
        let wanted = settings.date_from;
        let candidates = std::iter::once(&wanted).chain(&settings.date_fallback);
        let found = candidates
            .copied()
            .find_map(|from| self.instant(from).map(|instant| (from, instant)));
        let Some((from, instant)) = found else {
            return Err(hold(
                ReasonCode::DateMissing,
                format!("The order has no {}", source_path(wanted)),
                "Set document.date_from to a date that every order has, or name stand-ins in document.date_fallback.",
            ));
        };
        let date = self.local_date(instant);
        let setting = if from == wanted {
            "document.date_from"
        } else {
            "document.date_fallback"
        };
        self.explanation
            .note("date", date.to_string(), Some(source_path(from)), Some(setting));
        Ok(date)
    }

    fn instant(&self, from: DateFrom) -> Option<Timestamp> {
        let dates = &self.order.dates;
        match from {
            DateFrom::Processed | DateFrom::Despatched => dates.processed,
            DateFrom::Received => dates.received,
            DateFrom::Paid => dates.paid,
        }
    }

    /// The date of an instant in the zone of the documents.
    pub(crate) fn local_date(&mut self, instant: Timestamp) -> Date {
        instant.to_zoned(self.zone()).date()
    }

    fn zone(&mut self) -> TimeZone {
        let set = self
            .context
            .settings
            .document
            .time_zone
            .as_ref()
            .map(|zone| zone.as_str());
        let own = self.context.company.time_zone.as_deref();
        match set.or(own).and_then(find_zone) {
            Some(zone) => zone,
            None => {
                self.warn_once(
                    "The company has no known time zone, so dates are in UTC; set document.time_zone.",
                );
                TimeZone::UTC
            }
        }
    }
}

fn source_path(from: DateFrom) -> &'static str {
    match from {
        DateFrom::Processed | DateFrom::Despatched => "ProcessedDateTime",
        DateFrom::Received => "GeneralInfo.ReceivedDate",
        DateFrom::Paid => "PaidDateTime",
    }
}
