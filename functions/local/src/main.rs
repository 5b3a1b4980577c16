//! `linnbooks`: the use cases in one process on SQLite, from the command line.
//!
//! In: arguments, `linnbooks.toml`, the settings file. Out: results on standard output, progress on standard error, an exit code: 0 all
//! fine, 1 the run failed, 2 bad usage or configuration, 3 the run finished and something waits. Holds no logic of its own.

#[macro_use]
mod show;

mod assemble;
mod cli;
mod commands;
mod config;
mod exit;
mod progress;
mod stage;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use exit::{Exit, exit_of};

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("linnbooks: the runtime could not start: {error}");
            return Exit::Failed.into();
        }
    };
    match runtime.block_on(run(&cli)) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("linnbooks: {error:#}");
            exit_of(&error).into()
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Demo(arguments) => commands::demo::run(arguments).await,
        Command::Simulate(arguments) => commands::simulate::run(arguments).await,
        Command::Sync(arguments) => commands::sync::run(cli, arguments).await,
        Command::Preview(arguments) => commands::preview::run(cli, arguments).await,
        Command::Resync(arguments) => commands::resync::run(cli, arguments).await,
        Command::Resolve(arguments) => commands::resolve::run(cli, arguments).await,
        Command::Log(arguments) => commands::log::run(cli, arguments).await,
        Command::Reconcile(arguments) => commands::reconcile::run(cli, arguments).await,
        Command::Settings(arguments) => commands::settings::run(cli, arguments).await,
        Command::Rules(arguments) => commands::rules::run(cli, arguments).await,
        Command::Replay(arguments) => commands::replay::run(cli, arguments).await,
        Command::Reference(arguments) => commands::reference::run(arguments),
    }
}

/// Logs go to standard error, and only when `LINNBOOKS_LOG` asks for them; they carry ids and counts, never payloads.
fn start_log() {
    let filter = std::env::var("LINNBOOKS_LOG").unwrap_or_else(|_| "off".to_owned());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .finish();
    // A second subscriber cannot exist in this process; were it so, the first one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
