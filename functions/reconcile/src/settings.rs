//! Puts settings in force.
//!
//! In: the text of a settings file, and the version it follows. Out: the version now in force, or why the text is refused. A text that
//! cannot be used is never put in force.

use lambda_host::HostError;
use mapping::Settings;
use ports::Store;
use serde::Serialize;
use store_aws::DynamoStore;

/// Settings that were put in force.
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
pub async fn put_settings(store: &DynamoStore, text: &str, replaces: Option<&str>) -> Result<InForce, HostError> {
    let settings =
        Settings::parse("settings.toml", text).map_err(|error| HostError::new("Request", error.to_string()))?;
    let version = settings.version();
    let now = store.in_force("settings").await?;
    if replaces.is_some() && replaces != now.as_deref() {
        let shown = now.unwrap_or_else(|| "none".into());
        let cause = format!("the settings in force are {shown}, not those named as replaced: look at them, and try again");
        return Err(HostError::new("Request", cause));
    }
    if now.as_deref() != Some(version.as_str()) {
        store.put_version("settings", &version, text).await?;
        if !store.put_in_force("settings", &version, now.as_deref()).await? {
            return Err(HostError::new("Request", "others changed the settings at the same moment: look at them, and try again"));
        }
    }
    Ok(InForce { version, replaced: now })
}
