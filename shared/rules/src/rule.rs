//! The rule language as data: files, rules, conditions, actions and rule tests.
//!
//! ```text
//! RuleFile
//!   Rule        name, enabled, kind, connections, when, table, then, stop
//!     When        always | a condition | all of | any of, nested
//!     Action      what is done to each line or to the document that matches
//!   RuleTest    facts, and what they must become
//! ```
//! Rules run top-down; each sees what the rules before it did. A rule with a condition on a line field is tried on each
//! line: its line actions run on the lines that match, its document actions run once when any line matches and read line
//! fields from the first of them. A rule without such a condition runs its line actions on every line, and its document
//! actions read line fields from the first line. All conditions of a rule are judged before its first action. In: `read`, `sheet`. Out: `compile`, `write`. Evaluates nothing.

use std::fmt;

use rust_decimal::Decimal;

use crate::field::{Field, FieldId, Kind};
use crate::operator::Operator;

/// A value with the line of the file it stands on; the line does not count when two are compared.
#[derive(Clone, Default)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Line from 1; 0 when it was not read from a file.
    pub line: usize,
}

impl<T> Placed<T> {
    /// A value that stands in no file.
    pub fn nowhere(value: T) -> Self {
        Self { value, line: 0 }
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Placed<T> {}

impl<T: fmt::Debug> fmt::Debug for Placed<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(formatter)
    }
}

/// A file of rules with their tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFile {
    /// The rules, in the order in which they run.
    pub rules: Vec<Rule>,
    /// Their tests.
    pub tests: Vec<RuleTest>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name; unique in the file without regard to case.
    pub name: Placed<String>,
    /// False when it is kept but not run.
    pub enabled: bool,
    /// What it runs on.
    pub kind: Kind,
    /// The connections it is limited to; none means all.
    pub connections: Vec<String>,
    /// When it runs.
    pub when: When,
    /// Left and right values for `in_table` and `from_table`.
    pub table: Vec<(String, String)>,
    /// What it does, in order.
    pub then: Vec<Placed<Action>>,
    /// True when no later rule runs on a document it matched.
    pub stop: bool,
}

/// When a rule runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// On every document.
    #[default]
    Always,
    /// When a condition holds.
    Is(Placed<Condition>),
    /// When all hold; never empty.
    All(Vec<When>),
    /// When at least one holds; never empty.
    Any(Vec<When>),
}

impl When {
    /// Every condition in it, in the order written.
    pub fn conditions(&self) -> Vec<&Placed<Condition>> {
        match self {
            Self::Always => Vec::new(),
            Self::Is(condition) => vec![condition],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::conditions).collect(),
        }
    }
}

/// A comparison of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The field.
    pub field: Field,
    /// The comparison.
    pub operator: Operator,
    /// The values it takes: none, one or several.
    pub values: Vec<String>,
    /// True when upper and lower case differ. Without it, text is compared letter by letter in Unicode lower case.
    pub exact: bool,
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.field.name(), self.operator.as_str())?;
        let shown: Vec<String> = self.values.iter().map(|value| format!("'{value}'")).collect();
        match self.values.len() {
            0 => {}
            1..=5 => write!(formatter, " {}", shown.join(", "))?,
            more => write!(formatter, " {} values", more)?,
        }
        if self.exact {
            formatter.write_str(" (case: exact)")
        } else {
            Ok(())
        }
    }
}

/// What a rule does. The named actions of files and sheets are all forms of these; see `action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sets a field to a constant.
    Set {
        /// The field.
        field: Field,
        /// The constant.
        value: String,
    },
    /// Sets a field to nothing.
    Clear {
        /// The field.
        field: Field,
    },
    /// Copies a field.
    Copy {
        /// From here.
        from: Field,
        /// To there.
        to: Field,
    },
    /// Sets a field to the compared one, without the prefix or suffix that the condition matched ("map all", empty target).
    Map {
        /// The field that is set.
        field: Field,
    },
    /// Sets a field to the right value of the row of the rule's table whose left value the compared field has.
    FromTable {
        /// The field that is set.
        field: Field,
    },
    /// Removes a prefix or a suffix from a field.
    Strip {
        /// The field.
        field: Field,
        /// What is removed.
        affix: Affix,
    },
    /// Sets a field to a text with `{field}` in it; `{{` and `}}` stand for braces.
    Template {
        /// The field.
        field: Field,
        /// The text.
        text: String,
    },
    /// Keeps one side of a separator in the SKU.
    SplitSku {
        /// Which side.
        keep: Side,
        /// The separator; the first one counts.
        separator: String,
    },
    /// Multiplies the quantity and keeps the line's total. On a stock update, multiplies the level.
    MultiplyQuantity(Decimal),
    /// On a stock update, divides the level and rounds it down to a whole number.
    DivideQuantity(Decimal),
    /// Adds to the shipping amount.
    Surcharge(Surcharge),
    /// Adds a line with these fields.
    AddLine(Vec<(FieldId, String)>),
    /// Leaves the document out. Nothing runs after it.
    Skip(String),
    /// Holds the document for a person. Nothing runs after it.
    Hold(String),
}

/// What is removed from a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affix {
    /// The prefix or suffix by which the rule's condition on this field matched.
    Matched,
    /// This prefix, when it is there.
    Prefix(String),
    /// This suffix, when it is there.
    Suffix(String),
}

/// A side of a separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What stands before it.
    Left,
    /// What stands after it.
    Right,
}

/// An addition to the shipping amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surcharge {
    /// An amount in the document's currency, such as 1.50.
    Amount(Decimal),
    /// A share of the shipping amount, such as 10%.
    Percent(Decimal),
}

/// A test of the rules: facts, and what they must become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTest {
    /// Its name.
    pub name: Placed<String>,
    /// What it runs on.
    pub kind: Kind,
    /// The connection it comes from.
    pub connection: Option<String>,
    /// Where the facts come from.
    pub given: Given,
    /// What must come out.
    pub expect: Expect,
}

/// The facts of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Written in the test.
    Inline(Sample),
    /// A stored document by name; the caller of the tests knows it.
    Fixture(String),
}

/// Fields with values, of a document and its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Header fields and extended properties.
    pub header: Vec<(Field, String)>,
    /// Fields of each line; absent when the lines do not matter.
    pub lines: Option<Vec<Vec<(Field, String)>>>,
}

/// What must come out of a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// The end.
    pub outcome: ExpectOutcome,
    /// Fields after the rules; fields that are not named do not matter.
    pub fields: Sample,
    /// The names of the rules that fire, in order; absent when they do not matter.
    pub rules: Option<Vec<String>>,
}

/// The end that a test expects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExpectOutcome {
    /// Neither skipped nor held.
    #[default]
    GoesOn,
    /// Skipped with this reason.
    Skipped(String),
    /// Held with this reason.
    Held(String),
}
