//! Puts settings or rules in force.
//!
//! In: the text of a file, and the version it follows. Out: the version now in force, or why the text is refused. A text that cannot be
//! used is never put in force, and two people who change it at the same time do not overwrite each other unseen.

use mapping::Settings;
use pipeline::{RuleBook, RunError};
use ports::Store;
use serde::Serialize;
use store_aws::DynamoStore;

/// What was put in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// The version, a hash of the content.
    pub version: String,
    /// The one before.
    pub replaced: Option<String>,
}

/// Why a text was not put in force; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The text cannot be used: place, cause and remedy.
    #[error("{0}")]
    Unusable(String),
    /// Another version is in force than the writer knew.
    #[error("the {kind} in force are {now}, not those named as replaced: look at them, and try again")]
    Outdated {
        /// `settings` or `rules`.
        kind: &'static str,
        /// The version in force.
        now: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] ports::StoreError),
}

impl From<Refusal> for RunError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => Self::Store(error),
            other => Self::request(other.to_string(), "Nothing was changed"),
        }
    }
}

/// Which version the writer expects to replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces<'a> {
    /// Whichever is in force.
    Any,
    /// This one; `None`: there is none yet.
    Only(Option<&'a str>),
}

impl<'a> Replaces<'a> {
    /// The version named, or whichever is in force.
    pub fn named(version: Option<&'a str>) -> Self {
        version.map_or(Self::Any, |version| Self::Only(Some(version)))
    }
}

/// Checks and stores settings, then moves the pointer.
///
/// # Errors
/// Settings that cannot be used, or that others changed meanwhile; those of the store.
pub async fn put_settings(
    store: &DynamoStore,
    text: &str,
    replaces: Replaces<'_>,
    by: &str,
) -> Result<InForce, Refusal> {
    let settings =
        Settings::parse("settings.toml", text).map_err(|error| Refusal::Unusable(error.to_string()))?;
    put(store, "settings", (&settings.version(), text), (replaces, by)).await
}

/// Checks and stores rules, then moves the pointer.
///
/// # Errors
/// Rules that cannot be used, or that others changed meanwhile; those of the store.
pub async fn put_rules(
    store: &DynamoStore,
    text: &str,
    replaces: Replaces<'_>,
    by: &str,
) -> Result<InForce, Refusal> {
    let rules = RuleBook::parse("rules.yaml", text).map_err(|error| Refusal::Unusable(error.to_string()))?;
    put(store, "rules", (rules.version(), text), (replaces, by)).await
}

async fn put(
    store: &DynamoStore,
    kind: &'static str,
    (version, text): (&str, &str),
    (replaces, by): (Replaces<'_>, &str),
) -> Result<InForce, Refusal> {
    let now = store.in_force(kind).await?;
    let outdated = |now: Option<String>| Refusal::Outdated {
        kind,
        now: now.unwrap_or_else(|| "none".into()),
    };
    if let Replaces::Only(expected) = replaces
        && expected != now.as_deref()
    {
        return Err(outdated(now));
    }
    if now.as_deref() != Some(version) {
        store.put_version(kind, version, text).await?;
        if !store.put_in_force(kind, version, now.as_deref(), by).await? {
            return Err(outdated(store.in_force(kind).await?));
        }
    }
    Ok(InForce {
        version: version.to_owned(),
        replaced: now,
    })
}
