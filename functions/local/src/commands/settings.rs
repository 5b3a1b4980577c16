//! `linnbooks settings show|check|import|history`: what is in force, and whether QuickBooks can do it.
//!
//! In: the settings of the place, the company's lists and settings. Out: every setting, or what is wrong with them.

use crate::cli::{SettingsArguments, SettingsCommand};
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::no_progress;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, settings; QuickBooks for `check`.
pub async fn run(place: &Place, arguments: &SettingsArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        SettingsCommand::Show { example: true, .. } => {
            show::write_out(mapping::Settings::default_toml());
            Ok(Exit::Fine)
        }
        SettingsCommand::Show { json, .. } => show_settings(place.settings().await?.as_ref(), *json),
        SettingsCommand::Check { offline: true, json } => {
            report(*json, place.settings().await?.as_ref(), &[])
        }
        SettingsCommand::Check { offline: false, json } => check(place, *json).await,
        SettingsCommand::Import { file, replaces } => {
            say!("{}", place.import("settings", file, replaces.as_deref()).await?);
            Ok(Exit::Fine)
        }
        SettingsCommand::History { json } => super::history::run(place, "settings", *json).await,
    }
}

fn show_settings(settings: &mapping::Settings, as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        show::print_json(settings)?;
    } else {
        say!("# version {}", settings.version());
        show::write_out(&toml::to_string_pretty(settings)?);
    }
    Ok(Exit::Fine)
}

async fn check(place: &Place, as_json: bool) -> anyhow::Result<Exit> {
    let assembly = place.assemble(no_progress()).await?;
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
