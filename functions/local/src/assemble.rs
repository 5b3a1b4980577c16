//! Puts the adapters together: configuration and settings become connectors, a store and the core of the use cases.
//!
//! In: a configuration. Out: everything a command needs. Sends nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::RealmId;
use linnworks::{Linnworks, LinnworksConfig};
use mapping::Settings;
use pipeline::{Core, Progress, RuleBook, RunError};
use ports::{Books, Clock, OrderSource, SystemClock, TokenVault};
use quickbooks_online::{Limits, QuickBooksConfig, QuickBooksOnline};
use stack::{Stack, account, company};
use store_sqlite::SqliteStore;
use url::Url;

use crate::config::{Config, ConfigError, read_config, read_rules, read_settings};
use crate::place::Folder;

/// Everything a command needs.
pub struct Assembly {
    /// Store, queue, clock and settings.
    pub core: Core,
    /// Linnworks.
    pub source: Arc<dyn OrderSource>,
    /// QuickBooks.
    pub books: Arc<dyn Books>,
}

/// Who is told of progress.
pub type Listener = Arc<dyn Fn(Progress) + Send + Sync>;

/// Where to and with what: the parts that differ between the command line and the demo.
pub struct Parts {
    /// Connections.
    pub config: Config,
    /// Settings.
    pub settings: Settings,
    /// Rules, when there are any.
    pub rules: Option<RuleBook>,
    /// The data directory.
    pub data: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who is told of progress.
    pub progress: Listener,
}

/// Reads the files of a folder and puts everything together; the store is opened for writing.
///
/// # Errors
/// Configuration, settings, and a store that another process works on.
pub fn assemble_folder(folder: &Folder, progress: Listener) -> anyhow::Result<Assembly> {
    let parts = read_parts(folder, progress)?;
    let store = SqliteStore::open(&parts.data, parts.clock.clone())?;
    let mut assembly = build(parts, store)?;
    if let Some(by) = &folder.by {
        assembly.core = assembly.core.acting_for(by);
    }
    Ok(assembly)
}

/// Puts the parts of a stack together, with the settings and rules that are in force there, acting for somebody. The connectors share
/// tokens, sessions and leases with the stack's functions, and take one share of the company's limits.
///
/// # Errors
/// Settings that were never put in force; secrets that are not there; those of the store.
pub async fn assemble_stack(stack: &Stack, by: &str, progress: Listener) -> Result<Assembly, RunError> {
    let core = stack.core().await?.with_progress(progress).acting_for(by);
    let source = account::open(stack, &core.settings).await?;
    let books = company::open(stack, &core.settings).await?;
    Ok(Assembly {
        core,
        source: Arc::new(source),
        books: Arc::new(books),
    })
}

fn read_parts(folder: &Folder, progress: Listener) -> anyhow::Result<Parts> {
    let config = read_config(&folder.config, &|name| std::env::var(name).ok())?;
    let settings = read_settings(&config.settings_path)?;
    let rules = read_rules(&config.rules_path)?;
    Ok(Parts {
        config,
        settings,
        rules,
        data: folder.data.clone(),
        clock: Arc::new(SystemClock),
        progress,
    })
}

/// Puts the parts together around an open store.
///
/// # Errors
/// Addresses that must not be called.
pub fn build(parts: Parts, store: SqliteStore) -> anyhow::Result<Assembly> {
    let store = Arc::new(store);
    let settings = Arc::new(parts.settings);
    let vault: Arc<dyn TokenVault> = store.clone();
    let source = linnworks_connector(&parts.config, &settings, parts.clock.clone(), vault.clone())?;
    let books = quickbooks_connector(&parts.config, &settings, parts.clock.clone(), vault)?;
    let core = Core::new(store.clone(), store, parts.clock, settings)
        .with_rules(parts.rules.map(Arc::new))
        .with_progress(parts.progress);
    Ok(Assembly {
        core,
        source: Arc::new(source),
        books: Arc::new(books),
    })
}

fn linnworks_connector(
    config: &Config,
    settings: &Settings,
    clock: Arc<dyn Clock>,
    vault: Arc<dyn TokenVault>,
) -> anyhow::Result<Linnworks> {
    let auth_url = Url::parse(&config.auth_url)
        .map_err(|error| ConfigError::Argument(format!("linnworks.auth_url is not an address: {error}")))?;
    let limits = &settings.limits.linnworks;
    let mut linnworks = LinnworksConfig::new(
        config.application_id.clone(),
        config.application_secret.clone(),
        config.token.clone(),
        auth_url,
    );
    linnworks.allow_loopback = config.allow_loopback;
    linnworks.search_rows_per_page = limits.search_rows_per_page;
    linnworks.orders_per_call = usize::try_from(limits.orders_per_call).unwrap_or(200);
    linnworks.slice = Duration::from_secs(limits.window_hours_max.saturating_mul(3_600));
    Ok(Linnworks::new(linnworks, clock, vault)?)
}

fn quickbooks_connector(
    config: &Config,
    settings: &Settings,
    clock: Arc<dyn Clock>,
    vault: Arc<dyn TokenVault>,
) -> anyhow::Result<QuickBooksOnline> {
    let limits = &settings.limits.quickbooks;
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let mut quickbooks = QuickBooksConfig::new(
        config.client_id.clone(),
        config.client_secret.clone(),
        config.refresh_token.clone(),
        RealmId::new(config.realm_id.clone()),
    );
    quickbooks.api_url.clone_from(&config.api_url);
    quickbooks.token_url.clone_from(&config.token_url);
    quickbooks.allow_loopback = config.allow_loopback;
    quickbooks.limits = Limits {
        calls_per_minute: small(limits.calls_per_minute),
        concurrent_calls: small(limits.concurrent_calls),
        calls_per_second: small(limits.calls_per_second),
        batches_per_minute: small(limits.batches_per_minute),
        batch_items_count_as_calls: limits.batch_items_count_as_calls,
        throttle_wait_seconds: small(limits.throttle_wait_seconds),
        ..Limits::default()
    };
    quickbooks.lists_refresh_hours = small(settings.limits.linnworks.lists_daily_refresh_hours);
    Ok(QuickBooksOnline::new(quickbooks, clock, vault)?)
}
