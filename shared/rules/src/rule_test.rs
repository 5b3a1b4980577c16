//! Runs the tests that stand in a rules file.
//!
//! In: the file, and a way to find fixtures. Out: for each test whether it passed, and if not what differs, with the facts
//! given and the trace, so that the reader sees why.

use std::fmt;

use crate::compile::CompiledRules;
use crate::error::RuleError;
use crate::facts::{Facts, Slot};
use crate::field::{Field, Level};
use crate::rule::{Expect, ExpectOutcome, Given, RuleFile, RuleTest, Sample};
use crate::trace::{Outcome, Trace};
use crate::value::{Value, parse_number};

/// What became of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// The test's name.
    pub name: String,
    /// What differs from what was expected; nothing when it passed.
    pub differences: Vec<Difference>,
    /// The facts it was given, as `field: value`.
    pub given: Vec<String>,
    /// What the rules did.
    pub trace: Trace,
}

impl TestResult {
    /// True when nothing differs.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl fmt::Display for TestResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.passed() {
            return write!(formatter, "ok     {}", self.name);
        }
        writeln!(formatter, "FAILED {}", self.name)?;
        for difference in &self.differences {
            writeln!(formatter, "  {difference}")?;
        }
        writeln!(formatter, "  given: {}", self.given.join(", "))?;
        let trace = self.trace.to_string();
        let trace = if trace.is_empty() {
            "no rule fired".to_owned()
        } else {
            trace.trim_end().replace('\n', "\n  ")
        };
        write!(formatter, "  {trace}")
    }
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What: a field with its line, `outcome`, `rules` or `lines`.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What came out.
    pub actual: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: expected '{}', got '{}'",
            self.what, self.expected, self.actual
        )
    }
}

impl RuleFile {
    /// Runs the file's tests. `find_fixture` gives the facts of a stored document by name; it may know none.
    ///
    /// # Errors
    /// Rules that do not compile.
    pub fn run_tests(
        &self,
        find_fixture: &dyn Fn(&str) -> Option<Facts>,
    ) -> Result<Vec<TestResult>, Vec<RuleError>> {
        let rules = CompiledRules::compile(self)?;
        Ok(self
            .tests
            .iter()
            .map(|test| run_test(test, &rules, find_fixture))
            .collect())
    }
}

impl Sample {
    /// The facts that the sample writes out.
    pub fn to_facts(&self) -> Facts {
        let mut facts = Facts::new();
        for line in self.lines.as_deref().unwrap_or_default() {
            let at = facts.push_line();
            for (field, text) in line {
                if let Field::Known(id) = field {
                    facts.set_on_line(at, *id, read(field, text));
                }
            }
        }
        for (field, text) in &self.header {
            match field {
                Field::Known(id) if id.spec().level == Level::Header => facts.set(*id, read(field, text)),
                Field::Known(_) => {}
                Field::Extended(name) => facts.push_extended(name, read(field, text)),
            }
        }
        facts
    }
}

/// A value of a test; the reader has checked its type. The entries of a list are separated by commas.
fn read(field: &Field, text: &str) -> Value {
    match field.field_type() {
        _ if text.is_empty() => Value::Absent,
        crate::field::FieldType::List => {
            Value::List(text.split(',').map(|entry| entry.trim().to_owned()).collect())
        }
        field_type => Value::parse(field_type, text).unwrap_or_default(),
    }
}

fn run_test(
    test: &RuleTest,
    rules: &CompiledRules,
    find_fixture: &dyn Fn(&str) -> Option<Facts>,
) -> TestResult {
    let (facts, given) = match &test.given {
        Given::Inline(sample) => (Some(sample.to_facts()), describe(sample)),
        Given::Fixture(name) => (find_fixture(name), vec![format!("fixture {name}")]),
    };
    let mut result = TestResult {
        name: test.name.value.clone(),
        differences: Vec::new(),
        given,
        trace: Trace::default(),
    };
    match facts {
        Some(mut facts) => {
            result.trace = rules.explain(&mut facts, test.kind, test.connection.as_deref());
            result.differences = compare(&test.expect, &facts, &result.trace);
        }
        None => result.differences.push(Difference {
            what: "fixture".to_owned(),
            expected: result.given.join(", "),
            actual: "no such document".to_owned(),
        }),
    }
    result
}

fn describe(sample: &Sample) -> Vec<String> {
    let pair = |(field, text): &(Field, String)| format!("{}: {text}", field.name());
    let mut given: Vec<String> = sample.header.iter().map(pair).collect();
    for (line, fields) in sample.lines.iter().flatten().enumerate() {
        given.extend(
            fields
                .iter()
                .map(|field| format!("line {} {}", line + 1, pair(field))),
        );
    }
    given
}

fn compare(expect: &Expect, facts: &Facts, trace: &Trace) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |what: String, expected: String, actual: String| {
        if expected != actual {
            found.push(Difference {
                what,
                expected,
                actual,
            });
        }
    };
    let expected = match &expect.outcome {
        ExpectOutcome::GoesOn => "goes on".to_owned(),
        ExpectOutcome::Skipped(reason) => format!("skipped: {reason}"),
        ExpectOutcome::Held(reason) => format!("held: {reason}"),
    };
    let actual = match &trace.outcome {
        Outcome::GoesOn => "goes on".to_owned(),
        Outcome::Skipped { reason, .. } => format!("skipped: {reason}"),
        Outcome::Held { reason, .. } => format!("held: {reason}"),
    };
    add("outcome".to_owned(), expected, actual);
    if let Some(rules) = &expect.rules {
        let fired: Vec<&str> = trace.fired.iter().map(|fired| &*fired.name).collect();
        add("rules".to_owned(), rules.join(", "), fired.join(", "));
    }
    for (field, text) in &expect.fields.header {
        add(field.name(), canonical(field, text), shown(facts, field, None));
    }
    if let Some(lines) = &expect.fields.lines {
        add(
            "lines".to_owned(),
            lines.len().to_string(),
            facts.line_count().to_string(),
        );
        for (line, fields) in lines.iter().enumerate() {
            for (field, text) in fields {
                add(
                    format!("line {} {}", line + 1, field.name()),
                    canonical(field, text),
                    shown(facts, field, Some(line)),
                );
            }
        }
    }
    found
}

/// A number without trailing zeros, anything else as it is.
fn canonical(field: &Field, text: &str) -> String {
    let number = parse_number(text).filter(|_| field.field_type().is_numeric());
    number.map_or_else(|| text.to_owned(), |number| number.normalize().to_string())
}

fn shown(facts: &Facts, field: &Field, line: Option<usize>) -> String {
    facts.cell(&Slot::from(field), line).value.to_text().into_owned()
}
