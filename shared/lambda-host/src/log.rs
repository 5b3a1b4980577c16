//! JSON log lines: one object a line, with the run's id and whatever ids the event names.
//!
//! In: `tracing` events. Out: lines on stdout, redacted. Payloads are never logged; the redaction is a second fence behind the errors
//! of ports, which hold no secret and no personal data. The intuit_tid of every QuickBooks call is kept until it is taken, so that the
//! line of a document can name the calls that carried it (quickbooks-online.md 2.1).

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The most characters of one value.
pub const VALUE_CHARACTERS_MAX: usize = 600;

/// The most intuit_tids kept until they are taken.
const TIDS_MAX: usize = 100;

/// Fields whose value is never written, whatever it is.
const SECRET_FIELDS: [&str; 9] = [
    "authorization",
    "token",
    "access_token",
    "refresh_token",
    "secret",
    "password",
    "email",
    "address",
    "body",
];

/// The intuit_tids of the calls made since they were last taken.
static TIDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes the intuit_tids of the QuickBooks calls made since the last taking.
pub fn take_intuit_tids() -> Vec<String> {
    std::mem::take(&mut *TIDS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Installs the log of a process; a second installation changes nothing.
pub fn install(stage: &'static str) {
    let wanted = crate::environment::optional("LOG_LEVEL").and_then(|level| level.parse().ok());
    let log = JsonLog {
        stage,
        level: wanted.unwrap_or(LevelFilter::INFO),
        write: |line| {
            // A log that cannot be written must not end the work.
            writeln!(std::io::stdout().lock(), "{line}").ok();
        },
    };
    tracing_subscriber::registry().with(log).try_init().ok();
}

/// The layer that writes lines.
struct JsonLog {
    stage: &'static str,
    level: LevelFilter,
    write: fn(&Value),
}

impl JsonLog {
    /// Our own words at the wished level; those of libraries from warnings on, except the trace of QuickBooks calls.
    fn is_wanted(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_ours = [
            "lambda_host",
            "fetch",
            "transform",
            "post",
            "reconcile",
            "api",
            "stack",
            "linnworks",
            "quickbooks_online",
            "store_aws",
            "pipeline",
        ]
        .iter()
        .any(|name| target.split("::").next() == Some(name));
        let level = if is_ours { self.level } else { LevelFilter::WARN };
        *metadata.level() <= level
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // QuickBooks calls are traced below the wished level too: their ids are wanted.
        metadata.is_span() || self.is_wanted(metadata) || metadata.target().starts_with("quickbooks_online")
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        keep_tid(&fields);
        if !self.is_wanted(event.metadata()) {
            return;
        }
        let mut line = Map::new();
        line.insert("at".into(), jiff::Timestamp::now().to_string().into());
        line.insert("level".into(), level_name(*event.metadata().level()).into());
        line.insert("stage".into(), self.stage.into());
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                line.extend(of_span.0.clone());
            }
        }
        line.extend(fields.0);
        (self.write)(&Value::Object(line));
    }
}

fn keep_tid(fields: &Fields) {
    let Some(tid) = fields.0.get("intuit_tid").and_then(Value::as_str) else {
        return;
    };
    let mut tids = TIDS.lock().unwrap_or_else(PoisonError::into_inner);
    if tids.len() < TIDS_MAX {
        tids.push(tid.to_owned());
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Fields as JSON, redacted.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        let value = if SECRET_FIELDS.contains(&name) {
            "[not logged]".into()
        } else {
            value
        };
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, redact(&format!("{value:?}")).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, redact(value).into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

/// The text without what looks like a credential or an e-mail address, cut to [`VALUE_CHARACTERS_MAX`].
pub fn redact(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut after_scheme = false;
    for word in text.split(' ') {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let hide = after_scheme || looks_secret(bare) || looks_like_address(bare);
        words.push(if hide && !bare.is_empty() {
            "[not logged]"
        } else {
            word
        });
        after_scheme = ["bearer", "basic"].contains(&bare.to_ascii_lowercase().as_str());
    }
    let mut text = words.join(" ");
    if let Some((cut, _)) = text.char_indices().nth(VALUE_CHARACTERS_MAX) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// A JSON web token, or a long run of characters as only credentials have it.
fn looks_secret(word: &str) -> bool {
    let is_dense = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c))
    };
    word.starts_with("eyJ") || (word.len() > 60 && is_dense(word))
}

fn looks_like_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    static LINES: Mutex<Vec<Value>> = Mutex::new(Vec::new());

    fn logged(events: impl FnOnce()) -> Vec<Value> {
        let log = JsonLog {
            stage: "post",
            level: LevelFilter::INFO,
            write: |line| LINES.lock().unwrap().push(line.clone()),
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log), events);
        std::mem::take(&mut *LINES.lock().unwrap())
    }

    #[test]
    fn a_line_has_the_run_its_stage_and_the_fields_but_no_secret() {
        let lines = logged(|| {
            let run = tracing::info_span!("run", run = "r-1");
            run.in_scope(|| tracing::info!(document = "order:1", token = "hush", attempts = 2u64, "posted"));
            tracing::debug!(target: "quickbooks_online::client", intuit_tid = "1-abc", "QuickBooks call");
            tracing::info!(target: "hyper", "chatter of a library");
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        for (name, wanted) in [
            ("run", "r-1"),
            ("stage", "post"),
            ("document", "order:1"),
            ("token", "[not logged]"),
        ] {
            assert_eq!(line[name], wanted, "{line}");
        }
        assert_eq!(line["attempts"], 2);
        assert!(!line.to_string().contains("hush"));
        assert!(take_intuit_tids().contains(&"1-abc".to_owned()));
        assert!(!take_intuit_tids().contains(&"1-abc".to_owned()));
    }

    #[test]
    fn credentials_and_addresses_inside_a_text_are_hidden() {
        let token = "A".repeat(61);
        let text = format!("answer 401 for Bearer abc.def, {token} of jane@example.com, order 100001");
        let shown = redact(&text);
        for hidden in ["abc.def", token.as_str(), "jane"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("order 100001") && shown.contains("401"), "{shown}");
    }

    #[test]
    fn a_long_value_is_cut_at_its_bound() {
        let shown = redact(&"ä ".repeat(VALUE_CHARACTERS_MAX));
        assert_eq!(shown.chars().count(), VALUE_CHARACTERS_MAX + 1);
    }
}
