//! Looks for rules that cannot do what their writer meant: names that are not in QuickBooks, rules that never run, conditions
//! that never hold, and thousands of rules where one would do.
//!
//! In: a [`RuleFile`] that reads well, and a way to look names up. Out: findings with line, cause and remedy. Runs no rule.

mod affix;
mod conditions;
mod names;
mod order;

use std::fmt;

use crate::field::NameKind;
use crate::rule::RuleFile;

/// The names of the company's lists.
pub trait Names {
    /// Looks a name up, as mapping would.
    fn look_up(&self, kind: NameKind, name: &str) -> NameLookup;
}

/// What became of looking a name up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameLookup {
    /// It is there.
    Known,
    /// The list is not at hand, so nothing is said.
    NotChecked,
    /// It is not there; these are near.
    Unknown(Vec<String>),
}

/// Looks nothing up: for checks without a company.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Names for NoNames {
    fn look_up(&self, _: NameKind, _: &str) -> NameLookup {
        NameLookup::NotChecked
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Documents would be held, or a rule does nothing.
    Error,
    /// It works, and is likely not what was meant.
    Warning,
}

/// One thing that the check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name for the catalogue.
    pub code: &'static str,
    /// The rule's name.
    pub rule: String,
    /// Line of the file; 0 when the rule came from no file.
    pub line: usize,
    /// What is the matter.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        if self.line > 0 {
            write!(formatter, "line {}: ", self.line)?;
        }
        write!(
            formatter,
            "{severity}: rule '{}': {} [{}]\n  {}",
            self.rule, self.cause, self.code, self.remedy
        )
    }
}

impl RuleFile {
    /// Everything in these rules that is likely not meant, in the order of the file.
    pub fn check(&self, names: &dyn Names) -> Vec<Finding> {
        let mut found = Vec::new();
        names::check(self, names, &mut found);
        conditions::check(self, &mut found);
        order::check(self, &mut found);
        affix::check(self, &mut found);
        found.sort_by_key(|finding: &Finding| finding.line);
        found
    }
}
