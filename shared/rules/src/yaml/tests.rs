//! Reads rule tests: facts inline or by fixture, and what must come out.
//!
//! In: nodes. Out: [`RuleTest`].

use super::read::{Reader, find};
use super::tree::{Key, Node};
use crate::field::{Field, Kind, Level, simplify};
use crate::rule::{Expect, ExpectOutcome, Given, RuleTest, Sample};
use crate::value::Value;

const TEST_KEYS: &[&str] = &["name", "for", "connection", "given", "fixture", "expect"];
const OUTCOME_KEYS: &[&str] = &["skipped", "held", "rules"];

impl Reader<'_> {
    pub(super) fn read_test(&mut self, node: &Node) -> Option<RuleTest> {
        let entries = self.map(node, "a test", "Begin the test with `- name:`.")?;
        self.check_keys(entries, TEST_KEYS, "a test");
        let kind = find(entries, "for")
            .and_then(|node| self.kind(node))
            .unwrap_or_default();
        let name = self.name(node.place, entries, "test");
        let connection = find(entries, "connection").and_then(|node| self.text(node, "connection"));
        let given = match (find(entries, "given"), find(entries, "fixture")) {
            (Some(given), None) => self.sample(given, kind, &[]).map(Given::Inline),
            (None, Some(fixture)) => self.text(fixture, "fixture").map(Given::Fixture),
            _ => {
                let remedy = "Write `given: { source: AMAZON }`, or `fixture: NAME` of a stored document.";
                self.errors.add(
                    node.place,
                    "given-missing",
                    "a test needs either `given` or `fixture`",
                    remedy,
                );
                None
            }
        };
        let expect = match find(entries, "expect") {
            Some(expect) => self.expect(expect, kind),
            None => {
                let remedy = "Write `expect: { store_name: Amazon }`, or `expect: { skipped: REASON }`.";
                self.errors
                    .add(node.place, "expect-missing", "this test expects nothing", remedy);
                None
            }
        };
        Some(RuleTest {
            name: name?,
            kind,
            connection,
            given: given?,
            expect: expect?,
        })
    }

    fn expect(&mut self, node: &Node, kind: Kind) -> Option<Expect> {
        let fields = self.sample(node, kind, OUTCOME_KEYS)?;
        let entries = self.map(node, "expect", "Name fields with their values.")?;
        let outcome = match (find(entries, "skipped"), find(entries, "held")) {
            (None, None) => ExpectOutcome::GoesOn,
            (Some(reason), None) => ExpectOutcome::Skipped(self.text(reason, "skipped")?),
            (None, Some(reason)) => ExpectOutcome::Held(self.text(reason, "held")?),
            (Some(skipped), Some(_)) => {
                let cause = "a document is skipped or held, not both";
                self.errors.add(
                    skipped.place,
                    "skipped-and-held",
                    cause,
                    "Keep the one that is expected.",
                );
                return None;
            }
        };
        let rules = find(entries, "rules")
            .map(|node| self.list(node, "rules", "Write the names as a list: `rules: []`."));
        let rules = rules.map(|nodes| nodes.iter().filter_map(|node| self.text(node, "rules")).collect());
        Some(Expect {
            outcome,
            fields,
            rules,
        })
    }

    /// Fields with values; `lines` is a list of the same. An empty value means that the field is blank.
    fn sample(&mut self, node: &Node, kind: Kind, others: &[&str]) -> Option<Sample> {
        let entries = self.map(
            node,
            "a document of a test",
            "Name fields with their values: `{ source: AMAZON }`.",
        )?;
        let mut sample = Sample::default();
        for (key, value) in entries {
            let simple = simplify(&key.text);
            if others.contains(&simple.as_str()) {
                continue;
            }
            match simple.as_str() {
                "lines" => {
                    let nodes = self.list(value, "lines", "Begin each line with `-`.");
                    sample.lines = Some(nodes.iter().map(|node| self.sample_line(node, kind)).collect());
                }
                "extended_properties" => self.sample_properties(value, &mut sample.header),
                _ => sample
                    .header
                    .extend(self.sample_field(key, value, kind, Level::Header)),
            }
        }
        Some(sample)
    }

    fn sample_line(&mut self, node: &Node, kind: Kind) -> Vec<(Field, String)> {
        let entries = self
            .map(node, "a line", "Name fields with their values: `{ sku: ABC }`.")
            .unwrap_or_default();
        entries
            .iter()
            .filter_map(|(key, value)| self.sample_field(key, value, kind, Level::Line))
            .collect()
    }

    fn sample_properties(&mut self, node: &Node, header: &mut Vec<(Field, String)>) {
        let entries = self
            .map(node, "extended_properties", "Write `{ NAME: VALUE }`.")
            .unwrap_or_default();
        for (key, value) in entries {
            if let Some(text) = self.text(value, &key.text) {
                header.push((Field::Extended(key.text.as_str().into()), text));
            }
        }
    }

    fn sample_field(&mut self, key: &Key, value: &Node, kind: Kind, level: Level) -> Option<(Field, String)> {
        let field = self.field(key.place, kind, &key.text)?;
        if field.level() != level {
            let (cause, remedy) = match level {
                Level::Header => ("a field of lines", "Write it under `lines`."),
                Level::Line => ("a field of the document", "Write it beside `lines`."),
            };
            self.errors.add(
                key.place,
                "wrong-level",
                format!("'{}' is {cause}", key.text),
                remedy,
            );
            return None;
        }
        let text = match &value.kind {
            super::tree::NodeKind::Nothing => String::new(),
            super::tree::NodeKind::Text(text) => text.clone(),
            _ => self.texts(value, &key.text).join(", "),
        };
        if !text.is_empty()
            && let Err(expected) = Value::parse(field.field_type(), &text)
        {
            let cause = format!("'{text}' is not {expected}, which '{}' holds", field.name());
            self.errors.add(
                value.place,
                "wrong-type",
                cause,
                "Write numbers without separators, dates as year-month-day.",
            );
            return None;
        }
        Some((field, text))
    }
}
