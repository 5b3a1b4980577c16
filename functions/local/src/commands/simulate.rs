//! `linnbooks simulate`: only the simulators, until stopped, with a ready configuration.
//!
//! In: a seed, a number of orders, ports. Out: two addresses and a folder with `linnbooks.toml` and `settings.toml`. Runs until it gets a
//! signal.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use simulators::time::SimulatedTime;
use simulators::world::World;

use crate::cli::SimulateArguments;
use crate::config::Config;
use crate::exit::Exit;
use crate::stage::{DEMO_SETTINGS, Stage, world_options};

/// Runs the command.
///
/// # Errors
/// A port or a folder that cannot be had.
pub async fn run(arguments: &SimulateArguments) -> anyhow::Result<Exit> {
    let time = SimulatedTime::new();
    let world = World::generate(arguments.seed, world_options(arguments.orders, Timestamp::now()));
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stage = Stage::start(
        world,
        time,
        at(arguments.linnworks_port),
        at(arguments.quickbooks_port),
    )
    .await
    .context("a simulator could not start; is the port in use?")?;
    let directory = &arguments.write;
    std::fs::create_dir_all(directory)
        .with_context(|| format!("{} could not be made", directory.display()))?;
    let config_path = directory.join("linnbooks.toml");
    std::fs::write(&config_path, config_text(&stage.config()))?;
    let settings_path = directory.join("settings.toml");
    if !settings_path.exists() {
        std::fs::write(&settings_path, DEMO_SETTINGS)?;
    }
    say!("Linnworks simulator   {}", stage.linnworks.address());
    say!("QuickBooks simulator  {}", stage.quickbooks.address());
    say!("{} orders, seed {}", arguments.orders, arguments.seed);
    say!(
        "Try: linnbooks --config {} --data {}/data sync",
        config_path.display(),
        directory.display()
    );
    say!("Stop with Ctrl+C");
    tokio::signal::ctrl_c().await?;
    Ok(Exit::Fine)
}

/// The configuration as a file. The secrets in it open nothing but these simulators.
fn config_text(config: &Config) -> String {
    let refresh = config
        .refresh_token
        .as_ref()
        .map(ExposeSecret::expose_secret)
        .unwrap_or_default();
    format!(
        "# Leads to simulators on this machine; the secrets open nothing else.\n\
         [linnworks]\napplication_id = \"{}\"\napplication_secret = \"{}\"\ntoken = \"{}\"\nauth_url = \"{}\"\n\n\
         [quickbooks_online]\nclient_id = \"{}\"\nclient_secret = \"{}\"\nrefresh_token = \"{refresh}\"\nrealm_id = \"{}\"\n\
         api_url = \"{}\"\ntoken_url = \"{}\"\n\n[network]\nallow_loopback = true\n",
        config.application_id,
        config.application_secret.expose_secret(),
        config.token.expose_secret(),
        config.auth_url,
        config.client_id,
        config.client_secret.expose_secret(),
        config.realm_id,
        config.api_url,
        config.token_url,
    )
}
