//! The reference page of the settings, made from the example file, which the tests hold equal to the defaults.
//!
//! In: the example file. Out: one table in Markdown for each table of settings.

use std::fmt::Write;

use super::Settings;

/// The page.
pub fn settings_markdown() -> String {
    let mut page = String::from(
        "# Settings\n\nMade by `linnbooks reference`; do not edit. Every key of `settings.toml` with its default. `linnbooks settings \
         show --example` prints the file itself.\n",
    );
    let mut told: Vec<&str> = Vec::new();
    for line in Settings::default_toml().lines().skip(3) {
        let bare = line.trim_start_matches("# ");
        if bare.starts_with('[') {
            let (table, note) = split_note(bare);
            let lead = [told.join(" "), note.to_owned()].join(" ");
            let _ = write!(
                page,
                "\n## {table}\n\n{}\n\n| Key | Default | Meaning |\n|---|---|---|\n",
                lead.trim()
            );
            told.clear();
            continue;
        }
        match bare.split_once(" = ") {
            Some((key, rest)) if is_key(key) => {
                let (value, note) = split_note(rest);
                let default = if line.starts_with("# ") {
                    format!("absent; such as `{value}`")
                } else {
                    format!("`{value}`")
                };
                told.push(note);
                let meaning = told.join(" ");
                let _ = writeln!(page, "| `{key}` | {default} | {} |", meaning.trim());
                told.clear();
            }
            _ if bare.is_empty() => told.clear(),
            _ => told.push(bare),
        }
    }
    page
}

fn is_key(text: &str) -> bool {
    let key = text.trim_matches('"');
    !key.is_empty()
        && key
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_' || letter == ' ')
}

/// What stands before the comment, and the comment.
fn split_note(text: &str) -> (&str, &str) {
    match text.split_once(" # ") {
        Some((value, note)) => (value.trim(), note.trim()),
        None => (text.trim(), ""),
    }
}
