//! Exit codes, stable for programs.
//!
//! In: the end of a command. Out: 0, 1, 2 or 3.

use std::process::ExitCode;

use pipeline::RunError;
use pipeline::report::Counts;

use crate::config::ConfigError;
use crate::deployed::StackError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All fine.
    Fine,
    /// The run failed.
    Failed,
    /// Usage or configuration is wrong.
    Misused,
    /// It finished, and some documents are held, in conflict, unknown or pending.
    Waiting,
}

impl Exit {
    /// The exit of a run with these counts.
    pub fn of_counts(counts: &Counts) -> Self {
        if counts.is_settled() {
            Self::Fine
        } else {
            Self::Waiting
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Misused => 2,
            Exit::Waiting => 3,
        })
    }
}

/// The exit of an error.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    let misused = error.chain().any(|cause| {
        cause.downcast_ref::<ConfigError>().is_some()
            || cause.downcast_ref::<StackError>().is_some()
            || cause.downcast_ref::<mapping::SettingsError>().is_some()
            || cause.downcast_ref::<pipeline::RulesRefused>().is_some()
            || cause
                .downcast_ref::<RunError>()
                .is_some_and(RunError::is_configuration)
            || cause
                .downcast_ref::<ports::ConnectorError>()
                .is_some_and(|error| error.disposition == ports::Disposition::Configuration)
    });
    if misused { Exit::Misused } else { Exit::Failed }
}
