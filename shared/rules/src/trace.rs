//! What rules did to one document, in order, and what nearly happened.
//!
//! In: the run writes it. Out: plain data for previews, logs and reconciliation. Decides nothing.

use std::fmt;
use std::sync::Arc;

use crate::field::Field;
use crate::value::Value;

/// The account of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The rules that matched, in the order in which they ran.
    pub fired: Vec<Fired>,
    /// How it ended.
    pub outcome: Outcome,
    /// Rules that nearly matched; filled by `explain` only.
    pub near_misses: Vec<NearMiss>,
    /// How many more nearly matched; the nearest are told.
    pub near_misses_omitted: usize,
    /// What a person should know, such as a value that could not be copied.
    pub warnings: Vec<String>,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Its place in the file's list, from 0.
    pub rule: usize,
    /// Its name.
    pub name: Arc<str>,
    /// What it wrote, in order; values that stayed the same included.
    pub changes: Vec<Change>,
    /// True when it kept later rules from running.
    pub stopped: bool,
}

/// A value that a rule wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field.
    pub field: Field,
    /// The line, from 0; absent on the header.
    pub line: Option<usize>,
    /// Before.
    pub before: Value,
    /// After.
    pub after: Value,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "line {} ", line + 1)?;
        }
        write!(
            formatter,
            "{}: '{}' -> '{}'",
            self.field.name(),
            self.before.to_text(),
            self.after.to_text()
        )
    }
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The document goes on.
    #[default]
    GoesOn,
    /// A rule left it out.
    Skipped {
        /// The rule's name.
        rule: Arc<str>,
        /// Its reason.
        reason: Arc<str>,
    },
    /// A rule held it for a person.
    Held {
        /// The rule's name.
        rule: Arc<str>,
        /// Its reason.
        reason: Arc<str>,
    },
}

/// A rule of which all conditions but one held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// Its place in the file's list, from 0.
    pub rule: usize,
    /// Its name.
    pub name: Arc<str>,
    /// The line on which it came nearest, from 0.
    pub line: Option<usize>,
    /// The condition that failed.
    pub failed: String,
    /// What the field had instead.
    pub actual: String,
}

impl fmt::Display for NearMiss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "rule '{}' did not match", self.name)?;
        if let Some(line) = self.line {
            write!(formatter, " line {}", line + 1)?;
        }
        write!(
            formatter,
            ": {} failed, the value is '{}'",
            self.failed, self.actual
        )
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fired in &self.fired {
            let stopped = if fired.stopped { ", and stopped" } else { "" };
            writeln!(
                formatter,
                "rule {} '{}' fired{stopped}",
                fired.rule + 1,
                fired.name
            )?;
            for change in &fired.changes {
                writeln!(formatter, "  {change}")?;
            }
        }
        match &self.outcome {
            Outcome::GoesOn => {}
            Outcome::Skipped { rule, reason } => writeln!(formatter, "skipped by rule '{rule}': {reason}")?,
            Outcome::Held { rule, reason } => writeln!(formatter, "held by rule '{rule}': {reason}")?,
        }
        for near in &self.near_misses {
            writeln!(formatter, "{near}")?;
        }
        if self.near_misses_omitted > 0 {
            writeln!(
                formatter,
                "{} more rules did not match by one condition",
                self.near_misses_omitted
            )?;
        }
        for warning in &self.warnings {
            writeln!(formatter, "warning: {warning}")?;
        }
        Ok(())
    }
}
