//! Reads the settings file and says what is wrong with it: place, excerpt, cause, remedy.
//!
//! In: the text. Out: settings, or an error laid out like a compiler's. Does not touch the file system.

use std::fmt;
use std::ops::Range;

use super::Settings;
use super::contradiction::{Contradiction, find_contradiction};

/// What is wrong with a settings file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The file's name as it was given.
    pub file_name: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line itself.
    pub excerpt: String,
    /// How many characters of it are concerned.
    pub width: usize,
    /// What is the matter.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let blank = " ".repeat(number.len());
        writeln!(
            formatter,
            "{}:{}:{}: {} [settings]",
            self.file_name, self.line, self.column, self.cause
        )?;
        writeln!(formatter, "{number} | {}", self.excerpt)?;
        let indent: String = self
            .excerpt
            .chars()
            .take(self.column.saturating_sub(1))
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(formatter, "{blank} | {indent}{}", "^".repeat(self.width.max(1)))?;
        formatter.write_str(&self.remedy)
    }
}

impl std::error::Error for SettingsError {}

pub(super) fn parse(file_name: &str, text: &str) -> Result<Settings, SettingsError> {
    let settings: Settings = toml::from_str(text).map_err(|error| {
        let (cause, remedy) = explain(error.message());
        place(file_name, text, error.span().unwrap_or(0..0), cause, remedy)
    })?;
    match find_contradiction(&settings) {
        None => Ok(settings),
        Some(Contradiction {
            table,
            key,
            cause,
            remedy,
        }) => {
            let span = locate(text, table, key).unwrap_or(0..0);
            Err(place(file_name, text, span, cause, remedy.to_owned()))
        }
    }
}

/// Cause and remedy from the parser's message.
fn explain(message: &str) -> (String, String) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    // The parser names the types of this program; a person knows numbers.
    let first_line = message.lines().next().unwrap_or_default();
    let first_line = ["i64", "u64", "u32", "u8"]
        .into_iter()
        .fold(first_line.to_owned(), |text, name| {
            text.replace(&format!("expected {name}"), "expected a whole number")
        });
    let Some((wrong, allowed)) = quoted.split_first() else {
        return (
            first_line,
            "Correct the value; settings.example.toml shows every key with its default.".to_owned(),
        );
    };
    let what = match message {
        _ if message.starts_with("unknown field") => "unknown key",
        _ if message.starts_with("unknown variant") => "unknown value",
        _ => {
            return (
                first_line,
                "Correct the value; settings.example.toml shows every key with its default.".to_owned(),
            );
        }
    };
    let list = allowed.join(", ");
    let remedy = match nearest(wrong, allowed) {
        Some(near) => format!("Did you mean '{near}'? Possible here: {list}."),
        None => format!("Possible here: {list}."),
    };
    (format!("{what} '{wrong}'"), remedy)
}

/// The candidate that differs least, when it differs little.
pub(crate) fn nearest<'a>(wrong: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    candidates
        .iter()
        .map(|candidate| (distance(&wrong, &candidate.to_lowercase()), *candidate))
        .filter(|(differs, candidate)| *differs <= candidate.chars().count().div_ceil(3))
        .min_by_key(|(differs, _)| *differs)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut last = index + 1;
        let mut next = vec![last];
        for (other, above) in right.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(letter != *other);
            last = changed.min(last + 1).min(above + 1);
            next.push(last);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// Where a key of a table stands; the table's header when the key is not there.
fn locate(text: &str, table: &str, key: &str) -> Option<Range<usize>> {
    let mut at = 0;
    let mut inside = false;
    let mut header = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        if trimmed.starts_with('[') {
            inside = trimmed.trim_matches(['[', ']', ' ']) == table;
            if inside && header.is_none() {
                header = Some(start..start + trimmed.len());
            }
        } else if inside && trimmed.split('=').next().is_some_and(|name| name.trim() == key) {
            return Some(start..start + trimmed.len());
        }
        at += line.len();
    }
    header
}

fn place(file_name: &str, text: &str, span: Range<usize>, cause: String, remedy: String) -> SettingsError {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let excerpt = text
        .get(line_start..)
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    let line_rest = excerpt.chars().count().saturating_sub(column - 1);
    let marked = text.get(span).map_or(1, |marked| marked.chars().count());
    SettingsError {
        file_name: file_name.to_owned(),
        line: before.matches('\n').count() + 1,
        column,
        excerpt: excerpt.to_owned(),
        width: marked.min(line_rest),
        cause,
        remedy,
    }
}
