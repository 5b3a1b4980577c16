//! Reads a rules file: the file, its rules, and what is common to them.
//!
//! In: text. Out: a [`RuleFile`], or everything that is wrong, each with place, cause and remedy. Conditions are read in
//! `conditions`, actions in `actions`, rule tests in `tests`.

use std::collections::HashMap;

use super::tree::{self, Key, Node, NodeKind};
use crate::error::{Errors, Place, RuleError, did_you_mean};
use crate::field::{EXTENDED_PREFIX, Field, Kind, Unknown, simplify};
use crate::nearest::nearest;
use crate::rule::{Placed, Rule, RuleFile};
use crate::value::fold;

const FILE_KEYS: &[&str] = &["rules", "tests"];
const RULE_KEYS: &[&str] = &[
    "name",
    "enabled",
    "for",
    "connection",
    "when",
    "table",
    "then",
    "stop",
];

/// Reads the text of a rules file.
pub(crate) fn parse(file_name: &str, text: &str) -> Result<RuleFile, Vec<RuleError>> {
    let mut reader = Reader {
        errors: Errors::new(file_name, text),
    };
    let file = reader.read_file(text);
    if reader.errors.found.is_empty() {
        Ok(file)
    } else {
        Err(reader.errors.found)
    }
}

/// Reads nodes and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) errors: Errors<'a>,
}

impl Reader<'_> {
    fn read_file(&mut self, text: &str) -> RuleFile {
        let mut file = RuleFile::default();
        let root = tree::read(text, &mut self.errors);
        let Some(root) = root else { return file };
        if matches!(root.kind, NodeKind::Nothing) {
            return file;
        }
        let Some(entries) = self.map(&root, "a rules file", "Begin with `rules:`.") else {
            return file;
        };
        self.check_keys(entries, FILE_KEYS, "a rules file");
        if let Some(node) = find(entries, "rules") {
            for node in self.list(node, "rules", "Begin each rule with `- name:`.") {
                if let Some(rule) = self.read_rule(node) {
                    file.rules.push(rule);
                }
            }
        }
        self.check_names(&file.rules);
        if let Some(node) = find(entries, "tests") {
            for node in self.list(node, "tests", "Begin each test with `- name:`.") {
                if let Some(test) = self.read_test(node) {
                    file.tests.push(test);
                }
            }
        }
        file
    }

    fn read_rule(&mut self, node: &Node) -> Option<Rule> {
        let entries = self.map(node, "a rule", "Begin the rule with `- name:`.")?;
        self.check_keys(entries, RULE_KEYS, "a rule");
        let kind = find(entries, "for")
            .and_then(|node| self.kind(node))
            .unwrap_or_default();
        let name = self.name(node.place, entries, "rule");
        let table = find(entries, "table")
            .map(|node| self.table(node))
            .unwrap_or_default();
        let when = match find(entries, "when") {
            Some(when) => self.read_when(when, kind, !table.is_empty()),
            None => {
                let remedy =
                    "Say when it runs: `when: always`, or `when: { field: source, equals: AMAZON }`.";
                self.errors
                    .add(node.place, "when-missing", "this rule has no `when`", remedy);
                None
            }
        };
        let then = match find(entries, "then") {
            Some(then) => self.read_actions(then, kind, when.as_ref()),
            None => {
                let remedy = "Say what it does: `then: [{ map_store_name: Amazon }]`.";
                self.errors
                    .add(node.place, "then-missing", "this rule has no `then`", remedy);
                None
            }
        };
        Some(Rule {
            name: name?,
            enabled: find(entries, "enabled").is_none_or(|node| self.flag(node, "enabled")),
            kind,
            connections: find(entries, "connection")
                .map(|node| self.texts(node, "connection"))
                .unwrap_or_default(),
            when: when?,
            table,
            then: then?,
            stop: find(entries, "stop").is_some_and(|node| self.flag(node, "stop")),
        })
    }

    pub(super) fn name(
        &mut self,
        place: Place,
        entries: &[(Key, Node)],
        what: &str,
    ) -> Option<Placed<String>> {
        match find(entries, "name") {
            Some(node) => {
                let text = self.text(node, "name")?;
                Some(Placed {
                    value: text,
                    line: node.place.line,
                })
            }
            None => {
                let remedy = "Give it a name; logs and explanations show it.";
                self.errors.add(
                    place,
                    "name-missing",
                    format!("this {what} has no `name`"),
                    remedy,
                );
                None
            }
        }
    }

    fn check_names(&mut self, rules: &[Rule]) {
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(rules.len());
        for rule in rules {
            let line = rule.name.line;
            if let Some(first) = seen.insert(fold(&rule.name.value).into_owned(), line) {
                let cause = format!("the rule on line {first} is named '{}' too", rule.name.value);
                let place = Place {
                    line,
                    column: 1,
                    width: usize::MAX,
                };
                self.errors.add(
                    place,
                    "repeated-name",
                    cause,
                    "Give each rule a name of its own; many values go in one `table`.",
                );
            }
        }
    }

    pub(super) fn kind(&mut self, node: &Node) -> Option<Kind> {
        let word = self.text(node, "for")?;
        let found = Kind::parse(&word);
        if found.is_none() {
            let words = Kind::ALL.map(Kind::as_str);
            let remedy = format!(
                "{}Possible here: {}.",
                did_you_mean(nearest(&word, &words)),
                words.join(", ")
            );
            self.errors.add(
                node.place,
                "unknown-kind",
                format!("there is no kind of document '{word}'"),
                remedy,
            );
        }
        found
    }

    fn table(&mut self, node: &Node) -> Vec<(String, String)> {
        let remedy = "Write it as `table: { left value: right value }`.";
        let Some(entries) = self.map(node, "a table", remedy) else {
            return Vec::new();
        };
        if entries.is_empty() {
            self.errors
                .add(node.place, "empty-table", "this table has no rows", remedy);
        }
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(entries.len());
        let mut rows = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            if key.text.is_empty() {
                self.errors.add(
                    key.place,
                    "value-missing",
                    "this row of the table has no left value",
                    remedy,
                );
            }
            if let Some(first) = seen.insert(fold(&key.text).into_owned(), key.place.line) {
                let cause = format!("'{}' is in this table already, on line {first}", key.text);
                self.errors.add(
                    key.place,
                    "repeated-table-value",
                    cause,
                    "Keep one of the rows; case does not count.",
                );
            }
            if let Some(text) = self.text(value, &key.text) {
                rows.push((key.text.clone(), text));
            }
        }
        rows
    }

    /// A field by name.
    pub(super) fn field(&mut self, place: Place, kind: Kind, name: &str) -> Option<Field> {
        match Field::parse(kind, name) {
            Ok(field) => Some(field),
            Err(Unknown::OtherKind(spec)) => {
                let cause = format!("'{name}' is no field of documents of kind {}", kind.as_str());
                let remedy = format!(
                    "It belongs to: {}. Write `for: KIND` in the rule.",
                    spec.kinds.to_words()
                );
                self.errors.add(place, "field-of-other-kind", cause, remedy);
                None
            }
            Err(Unknown::Nowhere(near)) => {
                let cause = format!("there is no field '{name}'");
                let hint = format!(
                    "{}Names are those of the previewer; extended properties are {EXTENDED_PREFIX}NAME.",
                    did_you_mean(near)
                );
                self.errors.add(place, "unknown-field", cause, hint);
                None
            }
        }
    }

    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str, remedy: &str) -> Option<&'n [(Key, Node)]> {
        match &node.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => {
                self.errors.add(
                    node.place,
                    "map-expected",
                    format!("{what} is a map, and this is {}", node.describe()),
                    remedy,
                );
                None
            }
        }
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str, remedy: &str) -> &'n [Node] {
        match &node.kind {
            NodeKind::List(nodes) => nodes,
            NodeKind::Nothing => &[],
            _ => {
                self.errors.add(
                    node.place,
                    "list-expected",
                    format!("`{what}` is a list, and this is {}", node.describe()),
                    remedy,
                );
                &[]
            }
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            NodeKind::Text(text) if !text.is_empty() => Some(text.clone()),
            NodeKind::Text(_) | NodeKind::Nothing => {
                let remedy = "Write a text after the colon.";
                self.errors.add(
                    node.place,
                    "text-expected",
                    format!("`{what}` has no text"),
                    remedy,
                );
                None
            }
            NodeKind::List(_) | NodeKind::Map(_) => {
                let cause = format!("`{what}` is one text, and this is {}", node.describe());
                self.errors.add(
                    node.place,
                    "text-expected",
                    cause,
                    "Write one text; put it in quotes when it has : # { } [ ].",
                );
                None
            }
        }
    }

    /// One text, or a list of them.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        match &node.kind {
            NodeKind::List(nodes) => nodes.iter().filter_map(|node| self.text(node, what)).collect(),
            _ => self.text(node, what).into_iter().collect(),
        }
    }

    pub(super) fn flag(&mut self, node: &Node, what: &str) -> bool {
        let text = self.text(node, what);
        match text.as_deref().map(simplify).as_deref() {
            Some("true" | "yes") => true,
            Some("false" | "no") | None => false,
            Some(other) => {
                let cause = format!("`{what}` is yes or no, and this is '{other}'");
                self.errors
                    .add(node.place, "flag-expected", cause, "Write true or false.");
                false
            }
        }
    }

    pub(super) fn check_keys(&mut self, entries: &[(Key, Node)], allowed: &[&str], what: &str) {
        for (key, _) in entries {
            if !allowed.contains(&simplify(&key.text).as_str()) {
                let near = did_you_mean(nearest(&key.text, allowed));
                let remedy = format!("{near}Possible here: {}.", allowed.join(", "));
                self.errors.add(
                    key.place,
                    "unknown-key",
                    format!("{what} has no '{}'", key.text),
                    remedy,
                );
            }
        }
    }
}

/// The value of a key; spaces, hyphens and case of the key are free.
pub(super) fn find<'n>(entries: &'n [(Key, Node)], key: &str) -> Option<&'n Node> {
    entries
        .iter()
        .find(|(found, _)| simplify(&found.text) == key)
        .map(|(_, node)| node)
}
