//! Puts settings or rules in force.
//!
//! In: the text of a file, and the version it follows. Out: the version now in force, or why the text is refused. A text that cannot be
//! used is never put in force.

use lambda_host::HostError;
use mapping::Settings;
use pipeline::rule_book::RuleBook;
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

/// Checks and stores settings, then moves the pointer.
///
/// # Errors
/// Request: settings that cannot be used, or that others changed meanwhile.
pub async fn put_settings(
    store: &DynamoStore,
    text: &str,
    replaces: Option<&str>,
) -> Result<InForce, HostError> {
    let settings = Settings::parse("settings.toml", text).map_err(|error| refuse(error.to_string()))?;
    put(store, "settings", (&settings.version(), text), replaces).await
}

/// Checks and stores rules, then moves the pointer.
///
/// # Errors
/// Request: rules that cannot be used, or that others changed meanwhile.
pub async fn put_rules(
    store: &DynamoStore,
    text: &str,
    replaces: Option<&str>,
) -> Result<InForce, HostError> {
    let rules = RuleBook::parse("rules.yaml", text).map_err(|error| refuse(error.to_string()))?;
    put(store, "rules", (rules.version(), text), replaces).await
}

async fn put(
    store: &DynamoStore,
    kind: &str,
    (version, text): (&str, &str),
    replaces: Option<&str>,
) -> Result<InForce, HostError> {
    let now = store.in_force(kind).await?;
    if replaces.is_some() && replaces != now.as_deref() {
        let shown = now.unwrap_or_else(|| "none".into());
        return Err(refuse(format!(
            "the {kind} in force are {shown}, not those named as replaced: look at them, and try again"
        )));
    }
    if now.as_deref() != Some(version) {
        store.put_version(kind, version, text).await?;
        if !store.put_in_force(kind, version, now.as_deref()).await? {
            return Err(refuse(format!(
                "others changed the {kind} at the same moment: look at them, and try again"
            )));
        }
    }
    Ok(InForce {
        version: version.to_owned(),
        replaced: now,
    })
}

fn refuse(cause: String) -> HostError {
    HostError::new("Request", cause)
}
