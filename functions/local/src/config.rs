//! `linnbooks.toml`: connections. A value may be `env:NAME`; unknown keys are refused with their place.
//!
//! In: the file and the environment. Out: typed connections with secrets that no Debug shows. Opens no connection.

use std::path::{Path, PathBuf};

use mapping::Settings;
use pipeline::RuleBook;
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;

/// What is wrong with the configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("{path}: {cause}. {remedy}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: String,
        /// What to do.
        remedy: String,
    },
    /// The file says something that cannot be.
    #[error("{path}: {cause}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Place and cause.
        cause: String,
    },
    /// A variable that the file names is not set.
    #[error(
        "{path}: {key} is env:{variable}, and the environment has no {variable}. Set it, for example: export {variable}=..."
    )]
    MissingVariable {
        /// Which file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The variable.
        variable: String,
    },
    /// An argument that cannot be read.
    #[error("{0}")]
    Argument(String),
}

/// Everything from `linnbooks.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    linnworks: LinnworksTable,
    quickbooks_online: QuickBooksTable,
    #[serde(default)]
    network: NetworkTable,
    #[serde(default)]
    files: FilesTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinnworksTable {
    application_id: String,
    application_secret: String,
    token: String,
    #[serde(default = "default_auth_url")]
    auth_url: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickBooksTable {
    client_id: String,
    client_secret: String,
    #[serde(default)]
    refresh_token: Option<String>,
    realm_id: String,
    #[serde(default = "default_api_url")]
    api_url: String,
    #[serde(default = "default_token_url")]
    token_url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkTable {
    #[serde(default)]
    allow_loopback: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilesTable {
    #[serde(default = "default_settings")]
    settings: PathBuf,
    #[serde(default = "default_rules")]
    rules: PathBuf,
}

impl Default for FilesTable {
    fn default() -> Self {
        Self {
            settings: default_settings(),
            rules: default_rules(),
        }
    }
}

fn default_auth_url() -> String {
    "https://api.linnworks.net".into()
}

fn default_api_url() -> String {
    "https://quickbooks.api.intuit.com".into()
}

fn default_token_url() -> String {
    "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer".into()
}

fn default_settings() -> PathBuf {
    "settings.toml".into()
}

fn default_rules() -> PathBuf {
    "rules.yaml".into()
}

/// The connections, with every `env:NAME` replaced.
#[derive(Debug)]
pub struct Config {
    /// Linnworks application id.
    pub application_id: String,
    /// Linnworks application secret.
    pub application_secret: SecretString,
    /// Linnworks install token.
    pub token: SecretString,
    /// Where Linnworks signs in.
    pub auth_url: String,
    /// Intuit client id.
    pub client_id: String,
    /// Intuit client secret.
    pub client_secret: SecretString,
    /// The first refresh token; rotations live in the store.
    pub refresh_token: Option<SecretString>,
    /// The company.
    pub realm_id: String,
    /// QuickBooks' API.
    pub api_url: String,
    /// QuickBooks' token endpoint.
    pub token_url: String,
    /// True lets loopback stand in for the real hosts.
    pub allow_loopback: bool,
    /// The settings file.
    pub settings_path: PathBuf,
    /// The rules file; there may be none.
    pub rules_path: PathBuf,
}

/// The environment, as a function so that tests need not change the process's own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the configuration file.
///
/// # Errors
/// [`ConfigError`] with place, cause and remedy.
pub fn read_config(path: &Path, environment: Environment<'_>) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        cause: match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        },
        remedy:
            "Write it as the README shows, name it with --config, or try `linnbooks demo`, which needs none"
                .into(),
    })?;
    let file: File = toml::from_str(&text).map_err(|error| invalid(path, &text, &error))?;
    let value = |key: &str, raw: String| resolve(path, key, raw, environment);
    let secret = |key: &str, raw: String| resolve(path, key, raw, environment).map(SecretString::from);
    let directory = path.parent().unwrap_or(Path::new(""));
    Ok(Config {
        application_id: value("linnworks.application_id", file.linnworks.application_id)?,
        application_secret: secret("linnworks.application_secret", file.linnworks.application_secret)?,
        token: secret("linnworks.token", file.linnworks.token)?,
        auth_url: value("linnworks.auth_url", file.linnworks.auth_url)?,
        client_id: value("quickbooks_online.client_id", file.quickbooks_online.client_id)?,
        client_secret: secret(
            "quickbooks_online.client_secret",
            file.quickbooks_online.client_secret,
        )?,
        refresh_token: file
            .quickbooks_online
            .refresh_token
            .map(|raw| secret("quickbooks_online.refresh_token", raw))
            .transpose()?,
        realm_id: value("quickbooks_online.realm_id", file.quickbooks_online.realm_id)?,
        api_url: value("quickbooks_online.api_url", file.quickbooks_online.api_url)?,
        token_url: value("quickbooks_online.token_url", file.quickbooks_online.token_url)?,
        allow_loopback: file.network.allow_loopback,
        settings_path: directory.join(file.files.settings),
        rules_path: directory.join(file.files.rules),
    })
}

/// The parser's message with the place. The excerpt of the line is left out: it may hold a secret.
fn invalid(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map(|before| before.matches('\n').count() + 1);
    let place = line.map_or(String::new(), |line| format!("line {line}: "));
    let message = error
        .message()
        .replace("unknown field", "unknown key")
        .replace("missing field", "missing key");
    ConfigError::Invalid {
        path: path.to_owned(),
        cause: format!("{place}{message}. Correct it; the README shows a whole file"),
    }
}

fn resolve(path: &Path, key: &str, raw: String, environment: Environment<'_>) -> Result<String, ConfigError> {
    let value = match raw.strip_prefix("env:") {
        Some(variable) => environment(variable).ok_or_else(|| ConfigError::MissingVariable {
            path: path.to_owned(),
            key: key.to_owned(),
            variable: variable.to_owned(),
        })?,
        None => raw,
    };
    if value.trim().is_empty() {
        return Err(ConfigError::Invalid {
            path: path.to_owned(),
            cause: format!("{key} is empty. Give it a value, or env:NAME to take it from the environment"),
        });
    }
    Ok(value.trim().to_owned())
}

/// Reads the settings file; without one the defaults hold.
///
/// # Errors
/// The settings' own errors, and a file that cannot be read.
pub fn read_settings(path: &Path) -> anyhow::Result<Settings> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Settings::parse(&path.display().to_string(), &text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            cause: error.to_string(),
            remedy: "Correct the file's permissions".into(),
        }
        .into()),
    }
}

/// Reads a rules file that must be there.
///
/// # Errors
/// As [`read_rules`], and a file that is not there.
pub fn read_named_rules(path: &Path) -> anyhow::Result<RuleBook> {
    Ok(read_rules(path)?.ok_or_else(|| no_rules(path))?)
}

/// The error of a rules file that must be there and is not.
pub fn no_rules(path: &Path) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_owned(),
        cause: "there is no such file".to_owned(),
        remedy: "Name a rules file; infra/reference/actions.md says what may stand in one".into(),
    }
}

/// Reads the rules file; without one there are no rules.
///
/// # Errors
/// Everything that is wrong with the rules, and a file that cannot be read.
pub fn read_rules(path: &Path) -> anyhow::Result<Option<RuleBook>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(RuleBook::parse(&path.display().to_string(), &text)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            cause: error.to_string(),
            remedy: "Correct the file's permissions".into(),
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const GOOD: &str = r#"
        [linnworks]
        application_id = "app"
        application_secret = "env:LINNWORKS_APPLICATION_SECRET"
        token = "install-token"
        [quickbooks_online]
        client_id = "client"
        client_secret = "intuit-secret"
        realm_id = "4620816365000000000"
    "#;

    fn read(text: &str, environment: Environment<'_>) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("linnbooks.toml");
        std::fs::write(&path, text).unwrap();
        read_config(&path, environment)
    }

    #[test]
    fn a_value_is_taken_from_the_environment_and_shown_nowhere() {
        let config = read(GOOD, &|name| {
            (name == "LINNWORKS_APPLICATION_SECRET").then(|| "hush".into())
        })
        .unwrap();
        assert_eq!(config.application_secret.expose_secret(), "hush");
        let shown = format!("{config:?}");
        assert!(
            !shown.contains("hush") && !shown.contains("install-token") && !shown.contains("intuit-secret"),
            "{shown}"
        );
    }

    #[test]
    fn a_missing_variable_is_named_with_its_key() {
        let error = read(GOOD, &|_| None).unwrap_err().to_string();
        assert!(
            error.contains("linnworks.application_secret is env:LINNWORKS_APPLICATION_SECRET"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_without_values() {
        let error = read(&GOOD.replace("client_id", "clientid"), &|_| Some("x".into()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 7") && error.contains("clientid"), "{error}");
        assert!(!error.contains("intuit-secret"), "{error}");
    }

    #[test]
    fn an_empty_value_is_refused() {
        let error = read(&GOOD.replace("\"app\"", "\"\""), &|_| Some("x".into()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("linnworks.application_id is empty"), "{error}");
    }
}
