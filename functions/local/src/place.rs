//! Where a command works: a folder of this machine, or a deployed stack. What differs between them is here and in `asked`.
//!
//! ```text
//!                    a folder                                a stack
//! settings, rules    files beside linnbooks.toml             in force in the table, by version
//! documents          linnbooks.sqlite in the data folder     the table
//! who works          this process                            the functions; this process asks, and may wait
//! ```
//! In: the options of the command line. Out: settings, rules, the store, the assembly; texts put in force; work done or asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapping::Settings;
use pipeline::sync::{SyncRun, work};
use pipeline::{RuleBook, RunError};
use ports::{RunId, Store, SystemClock};
use stack::Stack;
use stack::in_force::{InForce, Replaces, put_rules, put_settings};
use store_aws::Changed;
use store_sqlite::SqliteStore;

use crate::assemble::{Assembly, Listener, assemble_folder, assemble_stack};
use crate::cli::{Cli, SyncArguments};
use crate::commands::RunReport;
use crate::commands::rules_file::write_rules;
use crate::commands::sync::{choose_status, to_request};
use crate::config::{ConfigError, read_config, read_rules, read_settings};
use crate::deployed::{self, StackError};

/// Changes of what is in force that a history shows.
const CHANGES_SHOWN_MAX: usize = 100;

/// The name in the audit trail where the command line names nobody.
const COMMAND_LINE: &str = "command line";

/// Where a command works.
pub enum Place {
    /// On this machine.
    Folder(Folder),
    /// On AWS.
    Stack(Box<Deployed>),
}

/// Files beside `linnbooks.toml`, a store in the data folder.
pub struct Folder {
    /// Connections.
    pub config: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// In whose name a person's decisions are written down, where it was said.
    pub by: Option<String>,
}

/// A deployed stack.
pub struct Deployed {
    /// As it was named.
    pub name: String,
    /// Its parts.
    pub stack: Stack,
    /// In whose name it is worked on.
    pub by: String,
}

/// What became of a sync.
pub enum Synced {
    /// It was done.
    Done(Box<RunReport>),
    /// The functions were asked for it.
    Asked(RunId),
}

impl Place {
    /// The place that the command line names. A stack is looked for; a folder is not looked at.
    ///
    /// # Errors
    /// A stack that cannot be found.
    pub async fn of(cli: &Cli) -> anyhow::Result<Self> {
        let Some(name) = &cli.stack else {
            return Ok(Self::Folder(Folder {
                config: cli.config.clone(),
                data: cli.data.clone(),
                by: cli.by.clone(),
            }));
        };
        let stack = deployed::open(name, cli.region.as_deref()).await?;
        let by = cli.by.clone().unwrap_or_else(|| COMMAND_LINE.to_owned());
        Ok(Self::Stack(Box::new(Deployed {
            name: name.clone(),
            stack,
            by,
        })))
    }

    /// Everything a command needs that speaks to Linnworks or QuickBooks. The store is opened for writing, since a token may be renewed
    /// and must be kept before it is used.
    ///
    /// # Errors
    /// Configuration, settings, rules; a store that another process works on, or that does not answer.
    pub async fn assemble(&self, progress: Listener) -> anyhow::Result<Assembly> {
        match self {
            Self::Folder(folder) => assemble_folder(folder, progress),
            Self::Stack(deployed) => Ok(assemble_stack(&deployed.stack, &deployed.by, progress).await?),
        }
    }

    /// The documents, for reading beside whoever works on them. Needs no settings and no connections.
    ///
    /// # Errors
    /// No store in the data folder.
    pub fn store(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(match self {
            Self::Folder(folder) => {
                Arc::new(SqliteStore::open_read_only(&folder.data, Arc::new(SystemClock))?)
            }
            Self::Stack(deployed) => Arc::new(deployed.stack.store().clone()),
        })
    }

    /// The settings in force. Needs no credentials of Linnworks or QuickBooks.
    ///
    /// # Errors
    /// Settings that cannot be used; a stack that has none.
    pub async fn settings(&self) -> anyhow::Result<Arc<Settings>> {
        match self {
            Self::Folder(folder) => Ok(Arc::new(read_settings(&folder.settings_path()?)?)),
            Self::Stack(deployed) => match deployed.stack.settings().await? {
                Some(settings) => Ok(settings),
                None => Err(deployed.lacks("settings")),
            },
        }
    }

    /// The rules in force; `None` where there are none.
    ///
    /// # Errors
    /// Rules that cannot be used.
    pub async fn rules(&self) -> anyhow::Result<Option<Arc<RuleBook>>> {
        match self {
            Self::Folder(folder) => Ok(read_rules(&folder.rules_path()?)?.map(Arc::new)),
            Self::Stack(deployed) => Ok(deployed.stack.rules().await?),
        }
    }

    /// The rules in force, which must be there.
    ///
    /// # Errors
    /// As [`Place::rules`], and none.
    pub async fn rules_there(&self) -> anyhow::Result<Arc<RuleBook>> {
        if let Some(book) = self.rules().await? {
            return Ok(book);
        }
        match self {
            Self::Folder(folder) => Err(crate::config::no_rules(&folder.rules_path()?).into()),
            Self::Stack(deployed) => Err(deployed.lacks("rules")),
        }
    }

    /// Why there are no rules, in words.
    ///
    /// # Errors
    /// A configuration that cannot be used.
    pub fn no_rules(&self) -> anyhow::Result<String> {
        Ok(match self {
            Self::Folder(folder) => format!("{} is not there", folder.rules_path()?.display()),
            Self::Stack(deployed) => format!("the stack {} has none in force", deployed.name),
        })
    }

    /// The version in force, which an import that begins now replaces unless it names another; `None` before the first, and in a folder.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn version_in_force(&self, kind: &str) -> anyhow::Result<Option<String>> {
        match self {
            Self::Folder(_) => Ok(None),
            Self::Stack(deployed) => Ok(deployed.stack.store().in_force(kind).await?),
        }
    }

    /// Puts rules in force that this program wrote or kept, and names the place of them.
    ///
    /// # Errors
    /// Rules that cannot be used, or that another changed meanwhile; a file that cannot be written.
    pub async fn put_rules(&self, text: &str, replaces: Option<&str>) -> anyhow::Result<String> {
        match self {
            Self::Folder(folder) => {
                let path = folder.rules_path()?;
                write_rules(&path, text)?;
                Ok(path.display().to_string())
            }
            Self::Stack(deployed) => {
                let store = deployed.stack.store();
                let put = put_rules(store, text, Replaces::Only(replaces), &deployed.by).await;
                let put = put.map_err(RunError::from)?;
                let before = put.replaced.as_deref().unwrap_or("none");
                Ok(format!(
                    "rules.yaml of the stack {} ({before} -> {})",
                    deployed.name, put.version
                ))
            }
        }
    }

    /// Puts a text of a person in force, `settings` or `rules`, and says so.
    ///
    /// # Errors
    /// In a folder, where files are in force as they are; a text that cannot be used, or that another replaced meanwhile.
    pub async fn import(&self, kind: &str, path: &Path, replaces: Option<&str>) -> anyhow::Result<String> {
        let deployed = match self {
            Self::Folder(folder) => return Err(folder.refuse_import(kind)?.into()),
            Self::Stack(deployed) => deployed,
        };
        // Read before the file: what is put in force meanwhile is not overwritten unseen.
        let now = self.version_in_force(kind).await?;
        let replaces = Replaces::Only(match replaces {
            Some("none") => None,
            Some(version) => Some(version),
            None => now.as_deref(),
        });
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.to_owned(),
            cause: error.to_string(),
            remedy: format!("Name the file with the {kind}"),
        })?;
        let store = deployed.stack.store();
        let put = if kind == "rules" {
            put_rules(store, &text, replaces, &deployed.by).await
        } else {
            put_settings(store, &text, replaces, &deployed.by).await
        };
        Ok(deployed.say(kind, &put.map_err(RunError::from)?))
    }

    /// Who changed what is in force, newest first; `None` in a folder, which keeps no such history.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn changes(&self, kind: &str) -> anyhow::Result<Option<Vec<Changed>>> {
        match self {
            Self::Folder(_) => Ok(None),
            Self::Stack(deployed) => {
                let store = deployed.stack.store();
                Ok(Some(store.changes_in_force(kind, CHANGES_SHOWN_MAX).await?))
            }
        }
    }

    /// Fetches, maps and posts, or asks the functions for it.
    ///
    /// # Errors
    /// Configuration, dates, Linnworks while fetching, the store.
    pub async fn sync(&self, arguments: &SyncArguments, progress: Listener) -> anyhow::Result<Synced> {
        match self {
            Self::Folder(_) => {
                let mut assembly = self.assemble(progress).await?;
                choose_status(&mut assembly.core, arguments);
                let request = to_request(&assembly.core, arguments).await?;
                let (core, source, books) =
                    (&assembly.core, assembly.source.as_ref(), assembly.books.as_ref());
                let run = pipeline::sync::sync(core, source, books, &request).await?;
                Ok(Synced::Done(Box::new(RunReport::of(&assembly, &run).await?)))
            }
            Self::Stack(deployed) => deployed.ask_to_fetch(arguments).await,
        }
    }

    /// Brings documents to an end that were queued again; `None` when the functions do it and nobody waits.
    ///
    /// # Errors
    /// Those of QuickBooks and the store.
    pub async fn go_on(
        &self,
        assembly: &Assembly,
        mut run: SyncRun,
        wait: bool,
    ) -> anyhow::Result<Option<RunReport>> {
        match self {
            Self::Folder(_) => work(&assembly.core, assembly.books.as_ref(), &mut run).await?,
            Self::Stack(_) if !wait => return Ok(None),
            Self::Stack(deployed) => deployed.wait_for(&run.keys).await?,
        }
        Ok(Some(RunReport::of(assembly, &run).await?))
    }

    /// How it goes on with what is queued.
    pub fn what_follows(&self) -> String {
        match self {
            Self::Folder(_) => "Run `linnbooks sync` to post it.".to_owned(),
            Self::Stack(deployed) => deployed.what_follows(),
        }
    }
}

impl Folder {
    /// The settings file. It is found without credentials: with a configuration its own file is meant, without one the file beside where
    /// the configuration would be.
    fn settings_path(&self) -> anyhow::Result<PathBuf> {
        self.path_of("settings.toml", |config| config.settings_path)
    }

    fn rules_path(&self) -> anyhow::Result<PathBuf> {
        self.path_of("rules.yaml", |config| config.rules_path)
    }

    fn path_of(
        &self,
        name: &str,
        named: impl Fn(crate::config::Config) -> PathBuf,
    ) -> anyhow::Result<PathBuf> {
        match read_config(&self.config, &|_| Some("unused".to_owned())) {
            Ok(config) => Ok(named(config)),
            Err(ConfigError::Unreadable { .. }) => {
                Ok(self.config.parent().unwrap_or(Path::new("")).join(name))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn refuse_import(&self, kind: &str) -> anyhow::Result<StackError> {
        let path = if kind == "rules" {
            self.rules_path()?
        } else {
            self.settings_path()?
        };
        Ok(StackError::Refused(format!(
            "the {kind} of this folder are the file {}: what it says is in force. Edit it; --stack NAME puts a file in force on a stack",
            path.display()
        )))
    }
}

impl Deployed {
    fn lacks(&self, kind: &str) -> anyhow::Error {
        let file = if kind == "rules" {
            "rules.yaml"
        } else {
            "settings.toml"
        };
        let cause = format!("the stack {} has no {kind} yet", self.name);
        let remedy = format!(
            "`linnbooks {kind} import {file} --stack {}` puts some in force",
            self.name
        );
        RunError::request(cause, remedy).into()
    }

    fn say(&self, kind: &str, put: &InForce) -> String {
        let before = put.replaced.as_deref().unwrap_or("none");
        if before == put.version {
            return format!(
                "The {kind} {} are in force on the stack {} already.",
                put.version, self.name
            );
        }
        format!(
            "The {kind} of the stack {}: {before} -> {}.",
            self.name, put.version
        )
    }

    /// Who brings queued documents to an end, and where it is seen.
    pub fn what_follows(&self) -> String {
        format!(
            "The functions of the stack {name} post it; `linnbooks log --stack {name}` tells what became of it.",
            name = self.name
        )
    }
}
