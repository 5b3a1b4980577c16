//! Reads `when`: a condition, `always`, or groups of `all` and `any`; and the peer's rows with `and` or `or`.
//!
//! In: nodes. Out: [`When`]. A list whose rows mix `and` with `or` is refused with the line of the row that differs, for
//! what the peer does with it is undefined (behaviours.md 3).

use super::read::{Reader, find};
use super::tree::{Key, Node, NodeKind};
use crate::condition::check_condition;
use crate::error::did_you_mean;
use crate::field::{Kind, simplify};
use crate::nearest::nearest;
use crate::operator::{Operator, Takes};
use crate::rule::{Condition, Placed, When};

const EXAMPLE: &str = "Write for example `{ field: sku, ends_with: \"-FBA\" }`.";

/// How the rows of a list are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

impl Reader<'_> {
    pub(super) fn read_when(&mut self, node: &Node, kind: Kind, has_table: bool) -> Option<When> {
        match &node.kind {
            NodeKind::Text(text) if simplify(text) == "always" => Some(When::Always),
            NodeKind::List(rows) => self.read_rows(node, rows, kind, has_table),
            NodeKind::Map(entries) => self.read_group(node, entries, kind, has_table),
            NodeKind::Text(_) | NodeKind::Nothing => {
                let cause = format!(
                    "`when` is a condition, a group or `always`, and this is {}",
                    node.describe()
                );
                self.errors.add(node.place, "condition-expected", cause, EXAMPLE);
                None
            }
        }
    }

    fn read_group(
        &mut self,
        node: &Node,
        entries: &[(Key, Node)],
        kind: Kind,
        has_table: bool,
    ) -> Option<When> {
        let is_group = |key: &str| matches!(key, "all" | "any");
        let Some((key, inner)) = entries.iter().find(|(key, _)| is_group(&simplify(&key.text))) else {
            return self.read_condition(node, entries, kind, has_table).map(When::Is);
        };
        if let Some((other, _)) = entries.iter().find(|(other, _)| other.text != key.text) {
            let cause = format!("'{}' stands beside '{}'", other.text, key.text);
            let remedy = "A group has `all` or `any` and nothing else; put one group inside the other.";
            self.errors.add(other.place, "mixed-group", cause, remedy);
            return None;
        }
        let rows = self.list(inner, &key.text, "Write a list of conditions under it.");
        if rows.is_empty() {
            self.errors.add(
                key.place,
                "empty-group",
                format!("the group `{}` is empty", key.text),
                EXAMPLE,
            );
            return None;
        }
        let count = rows.len();
        let parts: Vec<When> = rows
            .iter()
            .filter_map(|row| self.read_when(row, kind, has_table))
            .collect();
        let all = simplify(&key.text) == "all";
        (parts.len() == count).then_some(if all { When::All(parts) } else { When::Any(parts) })
    }

    /// The peer's form: a list whose rows carry `and` or `or`, all the same.
    fn read_rows(&mut self, node: &Node, rows: &[Node], kind: Kind, has_table: bool) -> Option<When> {
        let mut join = None;
        let mut parts = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let (joined, inner) = split_join(row);
            match (joined, join) {
                (Some(joined), Some(earlier)) if joined != earlier => {
                    let cause = "this list mixes AND with OR, and it is not said which belongs together";
                    let remedy = "Group the conditions: `all: [...]` with an `any: [...]` inside it, or the other way round.";
                    self.errors.add(row.place, "mixed-and-or", cause, remedy);
                    return None;
                }
                (Some(joined), _) => join = Some(joined),
                (None, _) if index > 0 => {
                    let cause = "it is not said whether this condition is joined by AND or by OR";
                    let remedy = "Write `when: { all: [...] }` when all must hold, `when: { any: [...] }` when one is enough.";
                    self.errors.add(row.place, "join-missing", cause, remedy);
                    return None;
                }
                (None, _) => {}
            }
            parts.push(self.read_when(inner, kind, has_table)?);
        }
        if parts.is_empty() {
            self.errors
                .add(node.place, "empty-group", "`when` has no condition", EXAMPLE);
            return None;
        }
        Some(if join == Some(Join::Or) {
            When::Any(parts)
        } else {
            When::All(parts)
        })
    }

    fn read_condition(
        &mut self,
        node: &Node,
        entries: &[(Key, Node)],
        kind: Kind,
        has_table: bool,
    ) -> Option<Placed<Condition>> {
        let (operator, value) = self.find_operator(node, entries)?;
        let Some(field_node) = find(entries, "field") else {
            self.errors.add(
                node.place,
                "field-missing",
                "this condition names no `field`",
                EXAMPLE,
            );
            return None;
        };
        let name = self.text(field_node, "field")?;
        let field = self.field(field_node.place, kind, &name)?;
        let exact = find(entries, "case").is_some_and(|node| self.is_exact(node));
        let values = self.operands(operator, value)?;
        let condition = Condition {
            field,
            operator,
            values,
            exact,
        };
        if let Err(wrong) = check_condition(&condition, has_table) {
            self.errors
                .add(value.place, wrong.code, wrong.cause, wrong.remedy);
            return None;
        }
        Some(Placed {
            value: condition,
            line: node.place.line,
        })
    }

    fn find_operator<'n>(&mut self, node: &Node, entries: &'n [(Key, Node)]) -> Option<(Operator, &'n Node)> {
        let mut found: Option<(Operator, &'n Node)> = None;
        let mut failed = false;
        for (key, value) in entries {
            if matches!(simplify(&key.text).as_str(), "field" | "case") {
                continue;
            }
            match (Operator::parse(&key.text), found) {
                (Some(operator), None) => found = Some((operator, value)),
                (Some(_), Some((first, _))) => {
                    let cause = format!("'{}' stands beside '{}'", key.text, first.as_str());
                    self.errors.add(
                        key.place,
                        "two-comparisons",
                        cause,
                        "Write two conditions in a group `all` or `any`.",
                    );
                    failed = true;
                }
                (None, _) => {
                    let words = Operator::ALL
                        .iter()
                        .flat_map(|one| std::iter::once(one.as_str()).chain(one.aliases().iter().copied()));
                    let words: Vec<&str> = words.chain(["field", "case"]).collect();
                    let names: Vec<&str> = Operator::ALL.iter().map(|operator| operator.as_str()).collect();
                    let near = did_you_mean(nearest(&simplify(&key.text), &words));
                    let remedy = format!("{near}Comparisons are: {}.", names.join(", "));
                    self.errors.add(
                        key.place,
                        "unknown-comparison",
                        format!("there is no comparison '{}'", key.text),
                        remedy,
                    );
                    failed = true;
                }
            }
        }
        if found.is_none() && !failed {
            self.errors.add(
                node.place,
                "comparison-missing",
                "this condition compares with nothing",
                EXAMPLE,
            );
        }
        if failed { None } else { found }
    }

    fn operands(&mut self, operator: Operator, value: &Node) -> Option<Vec<String>> {
        match operator.takes() {
            Takes::Nothing => {
                let yes = matches!(&value.kind, NodeKind::Text(text) if matches!(simplify(text).as_str(), "true" | "yes"));
                if !yes {
                    let cause = format!("`{}` takes no value", operator.as_str());
                    self.errors.add(
                        value.place,
                        "no-value-expected",
                        cause,
                        format!("Write `{}: true`.", operator.as_str()),
                    );
                }
                yes.then(Vec::new)
            }
            Takes::One if matches!(value.kind, NodeKind::List(_)) => {
                let cause = format!("`{}` takes one value, and this is a list", operator.as_str());
                self.errors.add(
                    value.place,
                    "one-value-expected",
                    cause,
                    "Write `in_list: [...]`, or a group `any`.",
                );
                None
            }
            Takes::One => match &value.kind {
                NodeKind::Text(text) if !text.is_empty() => Some(vec![text.clone()]),
                NodeKind::Map(_) => self.text(value, operator.as_str()).map(|text| vec![text]),
                _ => {
                    let cause = format!("`{}` has no value", operator.as_str());
                    let remedy = "Write `is_blank: true` for fields without a value, `is_not_blank: true` for all others.";
                    self.errors.add(value.place, "value-missing", cause, remedy);
                    None
                }
            },
            Takes::Several => {
                let texts = self.texts(value, operator.as_str());
                if texts.is_empty() {
                    self.errors.add(
                        value.place,
                        "empty-list",
                        "this list is empty",
                        "Write at least one value: `in_list: [A, B]`.",
                    );
                    return None;
                }
                Some(texts)
            }
        }
    }

    fn is_exact(&mut self, node: &Node) -> bool {
        let text = self.text(node, "case").unwrap_or_default();
        match simplify(&text).as_str() {
            "exact" => true,
            "ignore" | "" => false,
            _ => {
                let cause = format!("`case` is exact or ignore, and this is '{text}'");
                self.errors.add(
                    node.place,
                    "unknown-case",
                    cause,
                    "Leave it out to ignore case, or write `case: exact`.",
                );
                false
            }
        }
    }
}

/// The row without its `and` or `or`.
fn split_join(row: &Node) -> (Option<Join>, &Node) {
    if let NodeKind::Map(entries) = &row.kind
        && let [(key, inner)] = entries.as_slice()
    {
        match simplify(&key.text).as_str() {
            "and" => return (Some(Join::And), inner),
            "or" => return (Some(Join::Or), inner),
            _ => {}
        }
    }
    (None, row)
}
