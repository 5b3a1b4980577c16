//! `linnbooks settings show|check`: what is in force, and whether QuickBooks can do it.
//!
//! In: the settings file, the company's lists and settings. Out: every setting, or what is wrong with them.

use crate::assemble::assemble;
use crate::cli::{Cli, SettingsArguments, SettingsCommand};
use crate::config::{read_config, read_settings};
use crate::exit::Exit;
use crate::progress::no_progress;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, settings; QuickBooks for `check`.
pub async fn run(cli: &Cli, arguments: &SettingsArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        SettingsCommand::Show { example: true, .. } => {
            show::write_out(mapping::Settings::default_toml());
            Ok(Exit::Fine)
        }
        SettingsCommand::Show { json, .. } => show_settings(cli, *json),
        SettingsCommand::Check { offline: true, json } => {
            let settings = read_file(cli)?;
            report(*json, &settings, &[])
        }
        SettingsCommand::Check { offline: false, json } => check(cli, *json).await,
    }
}

/// The settings file, without credentials.
///
/// # Errors
/// A configuration or settings that cannot be used.
pub fn read_file(cli: &Cli) -> anyhow::Result<mapping::Settings> {
    // The settings need no credentials: with a configuration its own file is meant, without one settings.toml beside it.
    let path = match read_config(&cli.config, &|_| Some("unused".to_owned())) {
        Ok(config) => config.settings_path,
        Err(crate::config::ConfigError::Unreadable { .. }) => cli
            .config
            .parent()
            .unwrap_or(std::path::Path::new(""))
            .join("settings.toml"),
        Err(error) => return Err(error.into()),
    };
    read_settings(&path)
}

fn show_settings(cli: &Cli, as_json: bool) -> anyhow::Result<Exit> {
    let settings = read_file(cli)?;
    if as_json {
        show::print_json(&settings)?;
    } else {
        say!("# version {}", settings.version());
        show::write_out(&toml::to_string_pretty(&settings)?);
    }
    Ok(Exit::Fine)
}

async fn check(cli: &Cli, as_json: bool) -> anyhow::Result<Exit> {
    let assembly = assemble(cli, no_progress())?;
    let update = assembly.books.read_lists(None).await?;
    let Some(company) = update.company else {
        return Err(
            pipeline::RunError::request("QuickBooks did not say which company this is", "Run again").into(),
        );
    };
    let lists = domain::Lists::from_entries(update.changed);
    let reasons = assembly.core.settings.check(&lists, &company);
    if !as_json {
        say!(
            "Company: {} ({}), {}",
            company.name,
            company.country,
            company.preferences.home_currency
        );
    }
    report(as_json, &assembly.core.settings, &reasons)
}

fn report(as_json: bool, settings: &mapping::Settings, reasons: &[domain::Reason]) -> anyhow::Result<Exit> {
    if as_json {
        show::print_json(&serde_json::json!({ "version": settings.version(), "findings": reasons }))?;
    } else if reasons.is_empty() {
        say!("The settings are in order (version {}).", settings.version());
    } else {
        let mut shown = show::table(&["Finding", "What is the matter", "What to do"]);
        for reason in reasons {
            shown.add_row([
                reason.code.as_str(),
                reason.cause.as_str(),
                reason.remedy.as_str(),
            ]);
        }
        say!("{shown}");
    }
    Ok(if reasons.is_empty() {
        Exit::Fine
    } else {
        Exit::Misused
    })
}
