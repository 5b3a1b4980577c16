//! Where QuickBooks is and how hard it may be asked.
//!
//! In: values of the settings. Out: a checked configuration: only hosts of Intuit are called, over https
//! (reliability.md 4.1); the loopback only where a test says so. Reads no file and no environment.

use std::time::Duration;

use domain::RealmId;
use ports::{ConnectorError, Disposition};
use secrecy::SecretString;
use url::{Host, Url};

/// The API of real companies.
pub const PRODUCTION_API_URL: &str = "https://quickbooks.api.intuit.com";
/// The API of sandbox companies.
pub const SANDBOX_API_URL: &str = "https://sandbox-quickbooks.api.intuit.com";
/// The token endpoint of both (quickbooks-online.md 1.1).
pub const TOKEN_URL: &str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";

/// Where a person allows the connection (quickbooks-online.md 1.1).
pub const AUTHORIZE_URL: &str = "https://appcenter.intuit.com/connect/oauth2";
/// Where tokens are ended (quickbooks-online.md 1.1).
pub const REVOKE_URL: &str = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke";

/// The place of errors that the configuration causes.
pub(crate) const CONFIGURATION: &str = "QuickBooks configuration";

/// The hosts that may be called, or that people may be sent to.
const HOSTS: [&str; 5] = [
    "appcenter.intuit.com",
    "quickbooks.api.intuit.com",
    "sandbox-quickbooks.api.intuit.com",
    "oauth.platform.intuit.com",
    "developer.api.intuit.com",
];

/// How the connector reaches one QuickBooks company. Its Debug shows no secret.
#[derive(Clone, Debug)]
pub struct QuickBooksConfig {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: SecretString,
    /// The first refresh token, from connecting the app; later ones live in the vault.
    pub refresh_token: Option<SecretString>,
    /// The company.
    pub realm_id: RealmId,
    /// Base URL of the API, such as [`PRODUCTION_API_URL`].
    pub api_url: String,
    /// Token endpoint, such as [`TOKEN_URL`].
    pub token_url: String,
    /// Allows `http://127.0.0.1` and the like; tests only.
    pub allow_loopback: bool,
    /// minorversion of every call (quickbooks-online.md 2.3).
    pub minor_version: u32,
    /// Seconds until an answer is given up; QuickBooks itself gives up after 120 (quickbooks-online.md 2.1).
    pub answer_seconds_max: u32,
    /// Rates and waits.
    pub limits: Limits,
    /// Hours after which tax codes, tax rates and company settings are read again.
    pub lists_refresh_hours: u32,
}

impl QuickBooksConfig {
    /// A configuration for production with the default limits.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: SecretString,
        refresh_token: Option<SecretString>,
        realm_id: RealmId,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret,
            refresh_token,
            realm_id,
            api_url: PRODUCTION_API_URL.to_owned(),
            token_url: TOKEN_URL.to_owned(),
            allow_loopback: false,
            minor_version: 75,
            answer_seconds_max: 120,
            limits: Limits::default(),
            lists_refresh_hours: 24,
        }
    }
}

/// The rates of quickbooks-online.md 2.10. Sources disagree on some, so each is a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls a minute.
    pub calls_per_minute: u32,
    /// Calls at the same time.
    pub concurrent_calls: u32,
    /// Calls a second.
    pub calls_per_second: u32,
    /// Batch calls a minute.
    pub batches_per_minute: u32,
    /// Every item of a batch counts as a call.
    pub batch_items_count_as_calls: bool,
    /// Seconds to wait after a 429 that names no wait.
    pub throttle_wait_seconds: u32,
    /// How often a read (never a create) is tried in all when QuickBooks throttles or fails.
    pub throttle_attempts_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_per_minute: 500,
            concurrent_calls: 10,
            calls_per_second: 10,
            batches_per_minute: 40,
            batch_items_count_as_calls: false,
            throttle_wait_seconds: 60,
            throttle_attempts_max: 3,
        }
    }
}

/// The client of all calls: it follows no redirect and repeats nothing by itself.
///
/// # Errors
/// Configuration, when this machine's TLS cannot be set up.
pub(crate) fn http_client(
    answer_seconds_max: u32,
    allow_loopback: bool,
) -> Result<reqwest::Client, ConnectorError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(10))
        // Shorter than usual idle limits of gateways, so that a call seldom meets a connection that is just being closed.
        .pool_idle_timeout(Duration::from_secs(20))
        .timeout(Duration::from_secs(u64::from(answer_seconds_max.max(1))))
        .user_agent(concat!("linnbooks/", env!("CARGO_PKG_VERSION")));
    if allow_loopback {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|_| {
        let (cause, remedy) = ("no HTTP client could be made", "Check this machine's TLS setup");
        ConnectorError::new(Disposition::Configuration, CONFIGURATION, cause, remedy)
    })
}

/// Parses a URL and checks that its host may be called.
///
/// # Errors
/// Configuration, naming the setting and the host.
pub(crate) fn check_url(setting: &str, text: &str, allow_loopback: bool) -> Result<Url, ConnectorError> {
    let refuse = |cause: String| {
        let remedy =
            format!("Correct `{setting}` in the configuration; only hosts of Intuit are called, over https");
        ConnectorError::new(Disposition::Configuration, CONFIGURATION, cause, remedy)
    };
    let url = Url::parse(text.trim()).map_err(|_| refuse(format!("`{setting}` is not a URL")))?;
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(refuse(format!("`{setting}` has parts besides host and path")));
    }
    if allow_loopback && is_loopback(&url) {
        return Ok(url);
    }
    let known = url.domain().is_some_and(|host| HOSTS.contains(&host));
    if url.scheme() != "https" || url.port().is_some() || !known {
        return Err(refuse(format!(
            "`{setting}` names {}, which may not be called",
            url.host_str().unwrap_or("no host")
        )));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    local && matches!(url.scheme(), "http" | "https")
}

/// True when the id may stand in a URL: digits only (quickbooks-online.md 1.2).
pub(crate) fn is_realm(realm: &RealmId) -> bool {
    let text = realm.as_str();
    !text.is_empty() && text.len() <= 25 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_outside_intuit_are_refused() {
        for hostile in [
            "http://quickbooks.api.intuit.com",
            "https://quickbooks.api.intuit.com.evil.example",
            "https://evil.example/quickbooks.api.intuit.com",
            "https://quickbooks.api.intuit.com@evil.example",
            "https://user:pass@quickbooks.api.intuit.com",
            "https://quickbooks.api.intuit.com:8443",
            "https://api.intuit.com",
            "https://127.0.0.1",
            "http://localhost:1",
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
            "quickbooks.api.intuit.com",
            "https://quickbooks.api.intuit.com/?next=x",
            "",
        ] {
            let error = check_url("api_url", hostile, false).unwrap_err();
            assert_eq!(error.disposition, Disposition::Configuration, "{hostile}");
        }
        for good in [
            PRODUCTION_API_URL,
            SANDBOX_API_URL,
            TOKEN_URL,
            AUTHORIZE_URL,
            REVOKE_URL,
        ] {
            assert!(check_url("api_url", good, false).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_loopback_is_called_only_where_it_is_allowed() {
        assert!(check_url("api_url", "http://127.0.0.1:8080", true).is_ok());
        assert!(check_url("api_url", "http://[::1]:8080", true).is_ok());
        assert!(check_url("api_url", "http://10.0.0.1:8080", true).is_err());
        assert!(check_url("api_url", "http://127.0.0.1.evil.example", true).is_err());
    }

    #[test]
    fn debug_of_the_configuration_shows_no_secret() {
        let config = QuickBooksConfig::new(
            "client",
            SecretString::from("s3cret-value"),
            Some(SecretString::from("refresh-value")),
            RealmId::new("1"),
        );
        let text = format!("{config:?}");
        assert!(
            !text.contains("s3cret-value") && !text.contains("refresh-value"),
            "{text}"
        );
    }

    #[test]
    fn a_realm_is_digits_only() {
        assert!(is_realm(&RealmId::new("4620816365000000000")));
        assert!(!is_realm(&RealmId::new("")));
        assert!(!is_realm(&RealmId::new("1/../2")));
    }
}
