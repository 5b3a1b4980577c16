//! The rules as the use cases hold them: the file's text, its rules, and the compiled form.
//!
//! In: the text of a rules file. Out: a [`RuleBook`], compiled once; its text kept in the store under its version. Runs no rule
//! itself; mapping does.

use std::sync::Arc;

use ports::{Store, StoreError};
use rules::{CompiledRules, RuleError, RuleFile};
use thiserror::Error;

/// Rules that are ready to run, with the text they came from.
#[derive(Debug)]
pub struct RuleBook {
    /// The text of the file, as its writer left it.
    pub text: String,
    /// What it says.
    pub file: RuleFile,
    /// The compiled form.
    pub compiled: CompiledRules,
}

/// A rules file that cannot be used: everything that is wrong with it.
#[derive(Debug, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
pub struct RulesRefused(pub Vec<RuleError>);

impl RuleBook {
    /// Reads and compiles the text of a rules file. `file_name` is shown in errors only.
    ///
    /// # Errors
    /// Everything that is wrong with the file, with place, cause and remedy.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, RulesRefused> {
        let file = RuleFile::parse(file_name, text).map_err(RulesRefused)?;
        let compiled = CompiledRules::compile(&file).map_err(RulesRefused)?;
        Ok(Self {
            text: text.to_owned(),
            file,
            compiled,
        })
    }

    /// The hash of the content: equal rules have equal versions, however their file is written.
    pub fn version(&self) -> &str {
        self.compiled.version()
    }
}

/// Keeps the rules' text under its version, so that a posted document can be explained later.
///
/// # Errors
/// Those of the store.
pub async fn keep_rules(store: &dyn Store, rules: Option<&Arc<RuleBook>>) -> Result<(), StoreError> {
    match rules {
        Some(book) => store.put_version("rules", book.version(), &book.text).await,
        None => Ok(()),
    }
}
