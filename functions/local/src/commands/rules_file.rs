//! `linnbooks rules import|export|rollback`: the commands that read and write the rules file.
//!
//! In: sheets, versions kept in the store. Out: the rules file, written whole; the one that was there is kept beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipeline::{RuleBook, RulesRefused};
use ports::{Store, SystemClock};
use rules::{Kind, RuleFile, TwoColumns, import_two_columns};
use store_sqlite::SqliteStore;

use crate::cli::Cli;
use crate::config::{ConfigError, read_config, read_named_rules, read_rules};
use crate::exit::Exit;
use crate::show;

/// The rules file that the configuration names; without a configuration, `rules.yaml` beside where it would be. No credentials are
/// needed for it.
///
/// # Errors
/// A configuration that cannot be used.
pub fn rules_path(cli: &Cli) -> anyhow::Result<PathBuf> {
    match read_config(&cli.config, &|_| Some("unused".to_owned())) {
        Ok(config) => Ok(config.rules_path),
        Err(ConfigError::Unreadable { .. }) => {
            Ok(cli.config.parent().unwrap_or(Path::new("")).join("rules.yaml"))
        }
        Err(error) => Err(error.into()),
    }
}

/// A sheet of two columns as one rule.
pub struct NamedSheet<'a> {
    /// The rule's name.
    pub name: &'a str,
    /// Its action.
    pub action: &'a str,
    /// The compared field.
    pub field: &'a str,
}

/// Takes a sheet into the rules file.
///
/// # Errors
/// A file that cannot be read or written; every bad row.
pub fn import(cli: &Cli, csv: &Path, named: Option<&NamedSheet<'_>>) -> anyhow::Result<Exit> {
    let path = rules_path(cli)?;
    let text = std::fs::read_to_string(csv).map_err(|error| ConfigError::Unreadable {
        path: csv.to_owned(),
        cause: error.to_string(),
        remedy: "Name a sheet of comma-separated values in UTF-8".into(),
    })?;
    let sheet = csv.display().to_string();
    let file = match named {
        None => RuleFile::parse_csv(&sheet, &text).map_err(RulesRefused)?,
        Some(named) => {
            let wanted = TwoColumns {
                name: named.name,
                kind: Kind::Order,
                action: named.action,
                field: named.field,
            };
            let rule = import_two_columns(&sheet, &text, &wanted).map_err(RulesRefused)?;
            let mut file = read_rules(&path)?.map(|book| book.file).unwrap_or_default();
            let folded = named.name.to_lowercase();
            match file
                .rules
                .iter_mut()
                .find(|other| other.name.value.to_lowercase() == folded)
            {
                Some(place) => *place = rule,
                None => file.rules.push(rule),
            }
            file
        }
    };
    write_rules(&path, &file.to_yaml())?;
    let rows: usize = file.rules.iter().map(|rule| rule.table.len()).sum();
    say!(
        "{}: {} rules, {rows} rows in tables.",
        path.display(),
        file.rules.len()
    );
    Ok(Exit::Fine)
}

/// Writes the rules as a sheet.
///
/// # Errors
/// A rules file that is not there or cannot be used; a sheet that cannot be written.
pub fn export(cli: &Cli, csv: Option<&Path>) -> anyhow::Result<Exit> {
    let sheet = read_named_rules(&rules_path(cli)?)?.file.to_csv();
    match csv {
        Some(path) => std::fs::write(path, sheet)?,
        None => show::write_out(&sheet),
    }
    Ok(Exit::Fine)
}

/// Writes the rules file as it was in a version.
///
/// # Errors
/// A version that is not kept, a file that cannot be written.
pub async fn roll_back(cli: &Cli, version: &str) -> anyhow::Result<Exit> {
    let path = rules_path(cli)?;
    let store = SqliteStore::open_read_only(&cli.data, Arc::new(SystemClock))?;
    let Some(text) = store.version("rules", version).await? else {
        let message = format!(
            "no rules of the version {version} are kept; `linnbooks rules history` lists those that were used"
        );
        return Err(ConfigError::Argument(message).into());
    };
    write_rules(&path, &text)?;
    say!(
        "{} is version {version} again; `linnbooks replay` shows what it would change.",
        path.display()
    );
    Ok(Exit::Fine)
}

/// Writes the file whole, after a look whether it can be used; the former one is kept as `.old`.
fn write_rules(path: &Path, text: &str) -> anyhow::Result<()> {
    RuleBook::parse(&path.display().to_string(), text)?;
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    if path.exists() {
        std::fs::copy(path, beside(".old"))?;
    }
    std::fs::write(beside(".new"), text)?;
    std::fs::rename(beside(".new"), path)?;
    Ok(())
}
