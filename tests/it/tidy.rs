//! The house rules that no compiler checks: module documentation, sizes, names of tests, no floats where money passes, no traces of
//! the machine it was written on.
//!
//! In: the sources, as text. Out: every place that breaks a rule, with file and line. Relies on rustfmt: a function ends at the brace
//! that stands under its beginning.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Lines of a file.
const FILE_LINES_MAX: usize = 500;

/// Lines of a function, from its `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 60;

/// The same in tests and benches, where tables of cases are data.
const TEST_FUNCTION_LINES_MAX: usize = 100;

/// Words in the name of a test.
const TEST_NAME_WORDS_MIN: usize = 4;

/// Packages through which money passes.
const MONEY: [&str; 8] = [
    "domain",
    "rules",
    "mapping",
    "ports",
    "pipeline",
    "linnworks",
    "quickbooks-online",
    "quickbooks-desktop",
];

/// A source file.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Its path from the root, for messages.
    fn name(&self) -> String {
        self.path
            .strip_prefix(root())
            .unwrap_or(&self.path)
            .display()
            .to_string()
            .replace('\\', "/")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn walk(directory: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", ".linnbooks", "__pycache__", "node_modules"].contains(&name.as_str()) {
                walk(&path, wanted, found);
            }
        } else if wanted(&path) {
            found.push(path);
        }
    }
}

fn files(wanted: &dyn Fn(&Path) -> bool) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root(), wanted, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            std::fs::read_to_string(&path)
                .ok()
                .map(|text| Source { path, text })
        })
        .collect()
}

fn rust_files() -> Vec<Source> {
    let sources = files(&|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(
        sources.len() > 100,
        "only {} sources were found: the walk is wrong",
        sources.len()
    );
    sources
}

/// Fails with every violation on a line of its own.
fn report(rule: &str, violations: Vec<String>) {
    let mut text = String::new();
    for violation in &violations {
        writeln!(text, "  {violation}").unwrap();
    }
    assert!(
        violations.is_empty(),
        "{rule}; {} places do not:\n{text}",
        violations.len()
    );
}

/// The line without its comment. A `//` inside a text ends the line too early, which hides nothing that the rules look for.
fn code_of(line: &str) -> &str {
    line.split("//").next().unwrap_or("")
}

fn has_word(code: &str, word: &str) -> bool {
    code.split(|character: char| !character.is_alphanumeric() && character != '_')
        .any(|token| token == word)
}

/// A function: its name, the line of its `fn`, its length in lines.
struct Function {
    name: String,
    line: usize,
    lines_count: usize,
    is_test: bool,
}

/// The name behind `fn` when the line begins a function.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    for word in words.by_ref() {
        match word {
            "fn" => break,
            "async" | "const" | "unsafe" | "extern" => {}
            _ if word.starts_with("pub") || word.starts_with("in") || word.ends_with(')') => {}
            _ => return None,
        }
    }
    words.next()?.split(['(', '<']).next()
}

fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let end_of_head = lines[at..]
            .iter()
            .position(|line| line.ends_with(['{', ';', '}']))
            .unwrap_or(0)
            + at;
        let end = if lines[end_of_head].ends_with('{') {
            let closing = format!("{}}}", " ".repeat(indent));
            lines[end_of_head..]
                .iter()
                .position(|line| **line == closing)
                .map_or(end_of_head, |more| end_of_head + more)
        } else {
            end_of_head
        };
        let attributes = lines[..at]
            .iter()
            .rev()
            .take_while(|line| !line.trim().is_empty() && !line.trim().starts_with('}'));
        let is_test = attributes.take(12).any(|line| {
            let line = line.trim();
            line == "#[test]" || line.starts_with("#[tokio::test")
        });
        found.push(Function {
            name: name.to_owned(),
            line: at + 1,
            lines_count: end - at + 1,
            is_test,
        });
    }
    found
}

#[test]
fn every_module_begins_by_saying_what_it_does() {
    let silent = rust_files()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "));
    report(
        "every module begins with //!",
        silent.map(|source| source.name()).collect(),
    );
}

#[test]
fn no_file_is_longer_than_can_be_overseen() {
    let long = rust_files()
        .into_iter()
        .map(|source| (source.name(), source.text.lines().count()));
    let long = long.filter(|(_, count)| *count > FILE_LINES_MAX);
    report(
        &format!("a file has at most {FILE_LINES_MAX} lines"),
        long.map(|(name, count)| format!("{name}: {count}")).collect(),
    );
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut long = Vec::new();
    let mut seen = 0;
    for source in rust_files() {
        for function in functions(&source.text) {
            seen += 1;
            let is_of_tests =
                function.is_test || source.name().contains("tests") || source.name().contains("benches");
            let limit = if is_of_tests {
                TEST_FUNCTION_LINES_MAX
            } else {
                FUNCTION_LINES_MAX
            };
            if function.lines_count > limit {
                long.push(format!(
                    "{}:{}: {} has {}",
                    source.name(),
                    function.line,
                    function.name,
                    function.lines_count
                ));
            }
        }
    }
    assert!(
        seen > 1_000,
        "only {seen} functions were found: the search is wrong"
    );
    report(
        &format!("a function has at most {FUNCTION_LINES_MAX} lines"),
        long,
    );
}

#[test]
fn a_function_of_sixty_one_lines_is_noticed() {
    let text = format!(
        "    pub async fn long(\n        a: u8,\n    ) -> u8 {{\n{}    }}\n",
        "        a;\n".repeat(57)
    );
    let found = functions(&text);
    assert_eq!((found[0].name.as_str(), found[0].lines_count), ("long", 61));
}

#[test]
fn the_name_of_every_test_is_a_sentence() {
    let mut short = Vec::new();
    let mut seen = 0;
    for source in rust_files() {
        // A name with $ is given by a macro's caller.
        let tests = functions(&source.text)
            .into_iter()
            .filter(|function| function.is_test);
        for test in tests.filter(|test| !test.name.starts_with('$')) {
            seen += 1;
            if test.name.split('_').count() < TEST_NAME_WORDS_MIN {
                short.push(format!("{}:{}: {}", source.name(), test.line, test.name));
            }
        }
    }
    assert!(seen > 300, "only {seen} tests were found: the search is wrong");
    report(
        &format!("the name of a test has at least {TEST_NAME_WORDS_MIN} words"),
        short,
    );
}

#[test]
fn no_binary_fraction_is_used_where_money_passes() {
    let mut floats = Vec::new();
    for source in rust_files() {
        let name = source.name();
        if !MONEY
            .iter()
            .any(|package| name.starts_with(&format!("shared/{package}/src/")))
        {
            continue;
        }
        for (at, line) in source.text.lines().enumerate() {
            if ["f32", "f64", "as_f64", "to_f64", "from_f64"]
                .iter()
                .any(|word| has_word(code_of(line), word))
            {
                floats.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    report("money is decimal from the first byte to the last", floats);
}

#[test]
fn nothing_is_left_to_be_done_later() {
    let mut unfinished = Vec::new();
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("XX", "X:"),
    ];
    for source in rust_files() {
        for (at, line) in source.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                unfinished.push(format!("{}:{}: {}", source.name(), at + 1, line.trim()));
            }
        }
    }
    report("what is here is finished", unfinished);
}

#[test]
fn no_file_tells_where_or_by_what_it_was_written() {
    let text_files = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned())
            .unwrap_or_default();
        name == "run"
            || name.starts_with('.')
            || ["rs", "toml", "md", "py", "yaml", "yml", "json", "snap"].contains(&extension.as_str())
    };
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("sub-", "agent"),
        concat!("sub", "agent"),
        concat!("this ses", "sion of work"),
        concat!("helper ", "session"),
        concat!("cla", "ude"),
        concat!("language ", "model"),
    ];
    let mut traces = Vec::new();
    for source in files(&text_files) {
        for (at, line) in source.text.lines().enumerate() {
            let lower = line.to_lowercase();
            if words.iter().any(|word| lower.contains(word)) {
                traces.push(format!("{}:{}: {}", source.name(), at + 1, line.trim()));
            }
        }
    }
    report("a file speaks of the product only", traces);
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let table = text
        .split("[workspace.dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    let silent = table.lines().filter(|line| {
        let is_ours = line.contains("{ path = ");
        line.contains(" = ")
            && !line.starts_with('#')
            && !is_ours
            && line.split(" # ").nth(1).is_none_or(|why| why.trim().len() < 5)
    });
    report(
        "each dependency of Cargo.toml has its reason behind it",
        silent.map(str::to_owned).collect(),
    );
}
