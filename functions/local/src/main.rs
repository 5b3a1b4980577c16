//! `linnbooks`: the use cases in one process on SQLite, from the command line.
//!
//! In: arguments, `linnbooks.toml`, the settings file. Out: results on standard output, progress on standard error, an exit code: 0 all
//! fine, 1 the run failed, 2 bad usage or configuration, 3 the run finished and something waits. Holds no logic of its own.

#[macro_use]
mod show;

mod asked;
mod assemble;
mod cli;
mod commands;
mod config;
mod deployed;
mod exit;
mod place;
mod progress;
mod stage;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use deployed::StackError;
use exit::{Exit, exit_of};
use place::Place;

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
    let place = || Place::of(cli);
    match &cli.command {
        Command::Demo(arguments) => {
            refuse_stack(cli, "demo")?;
            commands::demo::run(arguments).await
        }
        Command::Simulate(arguments) => {
            refuse_stack(cli, "simulate")?;
            commands::simulate::run(arguments).await
        }
        Command::Reference(arguments) => {
            refuse_stack(cli, "reference")?;
            commands::reference::run(arguments)
        }
        Command::Sync(arguments) => commands::sync::run(&place().await?, arguments).await,
        Command::Preview(arguments) => commands::preview::run(&place().await?, arguments).await,
        Command::Resync(arguments) => commands::resync::run(&place().await?, arguments).await,
        Command::Resolve(arguments) => commands::resolve::run(&place().await?, arguments).await,
        Command::Log(arguments) => commands::log::run(&place().await?, arguments).await,
        Command::Reconcile(arguments) => commands::reconcile::run(&place().await?, arguments).await,
        Command::Settings(arguments) => commands::settings::run(&place().await?, arguments).await,
        Command::Rules(arguments) => commands::rules::run(&place().await?, arguments).await,
        Command::Replay(arguments) => commands::replay::run(&place().await?, arguments).await,
    }
}

/// For commands that have nothing to do with a stack: who names one meant something else.
fn refuse_stack(cli: &Cli, command: &str) -> Result<(), StackError> {
    match &cli.stack {
        None => Ok(()),
        Some(name) => Err(StackError::Refused(format!(
            "`linnbooks {command}` does not work on a stack: leave out --stack {name} (or unset LINNBOOKS_STACK)"
        ))),
    }
}

/// The clients of AWS: their logs name access keys, signed requests and headers, and are never written, whatever is asked for.
const CHATTY: &str = "aws_=off";

/// Logs go to standard error, and only when `LINNBOOKS_LOG` asks for them; they carry ids and counts, never payloads.
fn start_log() {
    let wanted = std::env::var("LINNBOOKS_LOG").unwrap_or_else(|_| "off".to_owned());
    let mut filter = tracing_subscriber::EnvFilter::new(wanted);
    if let Ok(quiet) = CHATTY.parse() {
        filter = filter.add_directive(quiet);
    }
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .finish();
    // A second subscriber cannot exist in this process; were it so, the first one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
