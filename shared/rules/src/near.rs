//! Finds out whether a rule nearly matched: all its conditions but one held, or its only condition differs by a slip.
//!
//! In: a rule that did not match, and the facts at its turn. Out: the condition that failed and what the field had.

use crate::compile::CompiledRule;
use crate::condition::{Leaf, Test, Tree};
use crate::facts::Facts;
use crate::nearest::distance;
use crate::rule::When;
use crate::trace::NearMiss;

/// The near miss of a rule, on the line where it came nearest.
pub(crate) fn find_near_miss(rule: &CompiledRule, facts: &Facts) -> Option<NearMiss> {
    if !rule.uses_lines {
        return on_line(rule, facts, None);
    }
    (0..facts.line_count()).find_map(|line| on_line(rule, facts, Some(line)))
}

fn on_line(rule: &CompiledRule, facts: &Facts, line: Option<usize>) -> Option<NearMiss> {
    match (&rule.tree, &rule.when) {
        (Tree::Leaf(leaf), when) => is_slip(leaf, facts, line).then(|| describe(rule, when, facts, line)),
        (Tree::All(parts), When::All(whens)) if parts.len() > 1 => {
            let mut failed = parts
                .iter()
                .zip(whens)
                .filter(|(part, _)| !part.holds(facts, line));
            match (failed.next(), failed.next()) {
                (Some((_, when)), None) => Some(describe(rule, when, facts, line)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// True when the value differs from the wanted one by white space around it or by one letter in six.
fn is_slip(leaf: &Leaf, facts: &Facts, line: Option<usize>) -> bool {
    let Test::Equals(true, needle) = &leaf.test else {
        return false;
    };
    let slips_max = needle.chars().count() / 6;
    facts.cell(&leaf.slot, line).any_folded(|text| {
        let trimmed = text.trim();
        trimmed == needle.trim() || distance(trimmed, needle) <= slips_max
    })
}

fn describe(rule: &CompiledRule, when: &When, facts: &Facts, line: Option<usize>) -> NearMiss {
    let conditions = when.conditions();
    let failed: Vec<String> = conditions
        .iter()
        .map(|condition| condition.value.to_string())
        .collect();
    let actual = conditions.first().map(|condition| {
        facts
            .get_field(&condition.value.field, line)
            .to_text()
            .into_owned()
    });
    NearMiss {
        rule: rule.number,
        name: rule.name.clone(),
        line,
        failed: failed.join(" / "),
        actual: actual.unwrap_or_default(),
    }
}
