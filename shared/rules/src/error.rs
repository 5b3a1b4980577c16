//! What is wrong with a rules file or a sheet: place, excerpt, cause, remedy.
//!
//! In: readers say what they found. Out: text laid out like a compiler's (style.md 1.6, hledger). Decides nothing.

use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The file's name as it was given.
    pub file_name: String,
    /// Line, from 1; 0 when no place is known.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line itself, shortened.
    pub excerpt: String,
    /// How many characters of it are concerned.
    pub width: usize,
    /// Stable name for the catalogue.
    pub code: &'static str,
    /// What is the matter.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(
                formatter,
                "{}: {} [{}]\n{}",
                self.file_name, self.cause, self.code, self.remedy
            );
        }
        let number = self.line.to_string();
        let blank = " ".repeat(number.len());
        writeln!(
            formatter,
            "{}:{}:{}: {} [{}]",
            self.file_name, self.line, self.column, self.cause, self.code
        )?;
        writeln!(formatter, "{number} | {}", self.excerpt)?;
        let before = self.excerpt.chars().take(self.column.saturating_sub(1));
        let indent: String = before
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(formatter, "{blank} | {indent}{}", "^".repeat(self.width.max(1)))?;
        formatter.write_str(&self.remedy)
    }
}

impl std::error::Error for RuleError {}

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// How many characters.
    pub(crate) width: usize,
}

/// Longest excerpt, in characters; a longer line is cut.
const EXCERPT_CHARACTERS_MAX: usize = 120;

/// Collects what is wrong with one file.
pub(crate) struct Errors<'a> {
    file_name: &'a str,
    lines: Vec<&'a str>,
    pub(crate) found: Vec<RuleError>,
}

impl<'a> Errors<'a> {
    pub(crate) fn new(file_name: &'a str, text: &'a str) -> Self {
        Self {
            file_name,
            lines: text.lines().collect(),
            found: Vec::new(),
        }
    }

    pub(crate) fn add(
        &mut self,
        place: Place,
        code: &'static str,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let line = place
            .line
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .copied()
            .unwrap_or_default();
        let excerpt: String = line.chars().take(EXCERPT_CHARACTERS_MAX).collect();
        let rest = excerpt
            .chars()
            .count()
            .saturating_sub(place.column.saturating_sub(1));
        self.found.push(RuleError {
            file_name: self.file_name.to_owned(),
            line: place.line,
            column: place.column,
            excerpt,
            width: place.width.min(rest),
            code,
            cause: cause.into(),
            remedy: remedy.into(),
        });
    }
}

/// `Did you mean 'x'?` with a space after it, or nothing.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("Did you mean '{near}'? "))
        .unwrap_or_default()
}
