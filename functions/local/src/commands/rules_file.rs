//! `linnbooks rules import|export|rollback`: the commands that read and write the rules file.
//!
//! In: sheets, versions kept in the store. Out: the rules file, written whole; the one that was there is kept beside it.

use std::path::{Path, PathBuf};

use pipeline::{RuleBook, RulesRefused};
use rules::{Kind, RuleFile, TwoColumns, import_two_columns};

use crate::config::ConfigError;
use crate::exit::Exit;
use crate::place::Place;
use crate::show;

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
pub async fn import(place: &Place, csv: &Path, named: Option<&NamedSheet<'_>>) -> anyhow::Result<Exit> {
    // Before the sheet is read: rules that another puts in force meanwhile are not overwritten unseen.
    let now = place.version_in_force("rules").await?;
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
            let mut file = place
                .rules()
                .await?
                .map(|book| book.file.clone())
                .unwrap_or_default();
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
    let put = place.put_rules(&file.to_yaml(), now.as_deref()).await?;
    let rows: usize = file.rules.iter().map(|rule| rule.table.len()).sum();
    say!("{put}: {} rules, {rows} rows in tables.", file.rules.len());
    Ok(Exit::Fine)
}

/// Writes the rules as a sheet.
///
/// # Errors
/// A rules file that is not there or cannot be used; a sheet that cannot be written.
pub async fn export(place: &Place, csv: Option<&Path>) -> anyhow::Result<Exit> {
    let sheet = place.rules_there().await?.file.to_csv();
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
pub async fn roll_back(place: &Place, version: &str) -> anyhow::Result<Exit> {
    let now = place.version_in_force("rules").await?;
    let Some(text) = place.store()?.version("rules", version).await? else {
        let message = format!(
            "no rules of the version {version} are kept; `linnbooks rules history` lists those that were used"
        );
        return Err(ConfigError::Argument(message).into());
    };
    let put = place.put_rules(&text, now.as_deref()).await?;
    say!("{put} is version {version} again; `linnbooks replay` shows what it would change.");
    Ok(Exit::Fine)
}

/// Writes the file whole, after a look whether it can be used; the former one is kept as `.old`.
///
/// # Errors
/// Rules that cannot be used, a file that cannot be written.
pub fn write_rules(path: &Path, text: &str) -> anyhow::Result<()> {
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
