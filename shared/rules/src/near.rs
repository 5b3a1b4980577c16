//! Finds out whether a rule nearly matched: all its conditions but one held, or its only condition differs by a slip.
//!
//! In: a rule that did not match, and the facts at its turn. Out: the condition that failed and what the field had. Where
//! many rules miss by one condition, as thousands of rules for one SKU each do, the nearest are kept.

use crate::compile::CompiledRule;
use crate::condition::{Leaf, Test, Tree};
use crate::facts::Facts;
use crate::nearest::distance;
use crate::rule::When;
use crate::trace::{NearMiss, Trace};

/// So many near misses are told; the others are counted.
const NEAR_MISSES_MAX: usize = 20;

/// A near miss with how near it came: by a slip before others, then by how many conditions held.
pub(crate) struct Ranked {
    slip: bool,
    held: usize,
    miss: NearMiss,
}

/// Puts the nearest misses in the trace, in the order of the file.
pub(crate) fn keep_nearest(mut found: Vec<Ranked>, trace: &mut Trace) {
    found.sort_by_key(|ranked| std::cmp::Reverse((ranked.slip, ranked.held)));
    trace.near_misses_omitted = found.len().saturating_sub(NEAR_MISSES_MAX);
    found.truncate(NEAR_MISSES_MAX);
    trace.near_misses = found.into_iter().map(|ranked| ranked.miss).collect();
    trace.near_misses.sort_by_key(|miss| miss.rule);
}

/// The near miss of a rule, on the line where it came nearest.
pub(crate) fn find_near_miss(rule: &CompiledRule, facts: &Facts) -> Option<Ranked> {
    if !rule.uses_lines {
        return on_line(rule, facts, None);
    }
    let lines = (0..facts.line_count()).filter_map(|line| on_line(rule, facts, Some(line)));
    lines.reduce(|best, next| if next.slip && !best.slip { next } else { best })
}

fn on_line(rule: &CompiledRule, facts: &Facts, line: Option<usize>) -> Option<Ranked> {
    let slip = |tree: &Tree| matches!(tree, Tree::Leaf(leaf) if is_slip(leaf, facts, line));
    match (&rule.tree, &rule.when) {
        (tree, when @ When::Is(_)) if slip(tree) => Some(Ranked {
            slip: true,
            held: 0,
            miss: describe(rule, when, facts, line),
        }),
        (Tree::All(parts), When::All(whens)) if parts.len() > 1 => {
            let mut failed = parts
                .iter()
                .zip(whens)
                .filter(|(part, _)| !part.holds(facts, line));
            match (failed.next(), failed.next()) {
                (Some((part, when)), None) => {
                    let miss = describe(rule, when, facts, line);
                    Some(Ranked {
                        slip: slip(part),
                        held: parts.len() - 1,
                        miss,
                    })
                }
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
