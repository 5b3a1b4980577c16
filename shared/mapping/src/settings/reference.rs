//! The reference page of the settings, made from the doc comments of the settings themselves and from the example file, which
//! the tests hold equal to the defaults.
//!
//! In: the sources of this module and the example file, as text. Out: one table in Markdown for each table of settings.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Settings;

const SOURCES: [&str; 7] = [
    include_str!("channel.rs"),
    include_str!("customer.rs"),
    include_str!("document.rs"),
    include_str!("money.rs"),
    include_str!("operations.rs"),
    include_str!("product.rs"),
    include_str!("rules.rs"),
];

/// The page.
pub fn settings_markdown() -> String {
    let docs = Docs::read();
    let mut page = String::from(
        "# Settings\n\nMade by `linnbooks reference`; do not edit. Every key of `settings.toml` with its default. `linnbooks settings \
         show --example` prints the file itself.\n",
    );
    let mut table = "";
    for line in Settings::default_toml().lines() {
        let bare = line.trim_start_matches("# ");
        let code = bare.split(" # ").next().unwrap_or_default().trim();
        if let Some(name) = code.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = name.trim_matches(['[', ']']);
            let about = docs.tables.get(table).map(String::as_str).unwrap_or_default();
            let _ = write!(page, "\n## {code}\n\n");
            if !about.is_empty() {
                let _ = write!(page, "{about}\n\n");
            }
            page.push_str("| Key | Default | Meaning |\n|---|---|---|\n");
            continue;
        }
        let Some((key, value)) = code.split_once(" = ").filter(|(key, _)| is_key(key)) else {
            continue;
        };
        let absent = line.starts_with("# ");
        let default = if absent {
            format!("absent; such as `{value}`")
        } else {
            format!("`{value}`")
        };
        let meaning = docs.meaning(table, key, bare);
        let _ = writeln!(page, "| `{key}` | {default} | {meaning} |");
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

/// Doc comments by table, by table and key, and of the values of each type.
#[derive(Default)]
struct Docs {
    tables: BTreeMap<String, String>,
    /// By table and key: the doc comment and the type.
    keys: BTreeMap<(String, String), (String, String)>,
    /// By type: each value with its doc comment.
    values: BTreeMap<String, Vec<(String, String)>>,
}

impl Docs {
    fn read() -> Self {
        let mut docs = Self::default();
        SOURCES.iter().for_each(|source| docs.read_source(source));
        docs
    }

    fn read_source(&mut self, source: &str) {
        let (mut told, mut rename) = (Vec::new(), None);
        let (mut tables, mut values_of): (Vec<String>, Option<String>) = (Vec::new(), None);
        for line in source.lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("/// ") {
                told.push(text);
            } else if let Some((_, rest)) = line.split_once("rename = \"") {
                rename = rest.split('"').next().map(str::to_owned);
            } else if line.starts_with("pub struct ") {
                tables = told
                    .join(" ")
                    .split('`')
                    .filter_map(table_name)
                    .map(str::to_owned)
                    .collect();
                let about = told.join(" ");
                tables
                    .iter()
                    .for_each(|table| drop(self.tables.insert(table.clone(), about.clone())));
            } else if let Some(rest) = line.strip_prefix("pub enum ") {
                values_of = rest.split(' ').next().map(str::to_owned);
            } else if line == "}" {
                (tables, values_of) = (Vec::new(), None);
            } else if let Some((name, kind)) =
                line.strip_prefix("pub ").and_then(|rest| rest.split_once(": "))
            {
                let key = rename.take().unwrap_or_else(|| name.to_owned());
                let kind = kind
                    .trim_end_matches(',')
                    .trim_start_matches("Option<")
                    .trim_start_matches("Vec<");
                let kind = kind.trim_end_matches('>').to_owned();
                for table in &tables {
                    self.keys
                        .insert((table.clone(), key.clone()), (told.join(" "), kind.clone()));
                }
            } else if let (Some(kind), Some(value)) = (&values_of, line.strip_suffix(',')) {
                let value = rename.take().unwrap_or_else(|| to_snake_case(value));
                self.values
                    .entry(kind.clone())
                    .or_default()
                    .push((value, told.join(" ")));
            }
            if !line.starts_with("///")
                && !line.starts_with('#')
                && !line.starts_with("des")
                && !line.starts_with("ser")
                && !line.starts_with("skip")
                && line != ")]"
            {
                told.clear();
            }
        }
    }

    /// What a key means; for keys that people choose themselves, what the example file says.
    fn meaning(&self, table: &str, key: &str, line: &str) -> String {
        let Some((doc, kind)) = self.keys.get(&(table.to_owned(), key.to_owned())) else {
            return line
                .split_once(" # ")
                .map_or_else(|| "an example".to_owned(), |(_, note)| note.trim().to_owned());
        };
        let mut meaning = doc.clone();
        for (value, doc) in self.values.get(kind).into_iter().flatten() {
            let _ = write!(meaning, "<br>`{value}`: {doc}");
        }
        meaning.replace('|', "\\|")
    }
}

/// `[tax]` without its brackets.
fn table_name(text: &str) -> Option<&str> {
    Some(
        text.strip_prefix('[')?
            .strip_suffix(']')?
            .trim_matches(['[', ']']),
    )
}

fn to_snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_page_has_a_meaning_from_its_doc_comment() {
        let page = settings_markdown();
        let bare: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("| `") && line.ends_with("|  |"))
            .collect();
        assert!(bare.is_empty(), "{bare:#?}");
        assert!(
            page.contains("| `cap` | `\"0.05\"` | The largest difference"),
            "{page}"
        );
        assert!(
            page.contains("<br>`hold`: It is held: the books shall say what the buyer paid."),
            "{page}"
        );
        assert!(
            page.contains("<br>`store_name_and_currency`: The store's name and the currency"),
            "{page}"
        );
    }
}
