//! Rules that never run, or whose work a later rule always undoes.
//!
//! In: rules in their order. Out: findings. An earlier rule that ends the document keeps a later one from running when the
//! later one needs all that the earlier one needs, and no rule between them writes the fields concerned.

use std::collections::HashMap;

use super::{Finding, Severity};
use crate::field::{Field, Kind, Level};
use crate::operator::Operator;
use crate::rule::{Action, Rule, RuleFile, When};

pub(super) fn check(file: &RuleFile, found: &mut Vec<Finding>) {
    for rule in &file.rules {
        check_disabled(rule, found);
        check_after_end(rule, found);
    }
    for kind in Kind::ALL {
        let rules: Vec<&Rule> = file
            .rules
            .iter()
            .filter(|rule| rule.enabled && rule.kind == kind)
            .collect();
        let reachable = check_unconditional_end(&rules, found);
        check_shadowed(rules.get(..reachable).unwrap_or_default(), found);
    }
}

fn add(
    found: &mut Vec<Finding>,
    severity: Severity,
    code: &'static str,
    rule: &Rule,
    cause: String,
    remedy: &str,
) {
    let (rule, line) = (rule.name.value.clone(), rule.name.line);
    found.push(Finding {
        severity,
        code,
        rule,
        line,
        cause,
        remedy: remedy.to_owned(),
    });
}

fn check_disabled(rule: &Rule, found: &mut Vec<Finding>) {
    if !rule.enabled {
        let remedy = "Remove it, or remove `enabled: false`.";
        add(
            found,
            Severity::Warning,
            "disabled",
            rule,
            "it is disabled and never runs".to_owned(),
            remedy,
        );
    }
}

fn check_after_end(rule: &Rule, found: &mut Vec<Finding>) {
    let end = rule.then.iter().position(|action| is_end(&action.value));
    if end.is_some_and(|end| end + 1 < rule.then.len()) {
        let cause = "it has actions after `skip` or `hold`, which never run".to_owned();
        add(
            found,
            Severity::Error,
            "action-after-end",
            rule,
            cause,
            "Put them before it, or remove them.",
        );
    }
}

fn is_end(action: &Action) -> bool {
    matches!(action, Action::Skip(_) | Action::Hold(_))
}

/// True when no rule runs on a document after this one matched it.
fn ends(rule: &Rule) -> bool {
    rule.stop || rule.then.iter().any(|action| is_end(&action.value))
}

fn is_unconditional(rule: &Rule) -> bool {
    let always = |when: &When| match when {
        When::Always => true,
        When::Is(condition) => {
            condition.value.operator == Operator::Always && condition.value.field.level() == Level::Header
        }
        _ => false,
    };
    rule.connections.is_empty()
        && match &rule.when {
            When::All(parts) => parts.iter().all(always),
            when => always(when),
        }
}

/// Reports the rules after one that ends every document, and returns how many can run.
fn check_unconditional_end(rules: &[&Rule], found: &mut Vec<Finding>) -> usize {
    let Some(at) = rules.iter().position(|rule| ends(rule) && is_unconditional(rule)) else {
        return rules.len();
    };
    if let (Some(ender), Some(first)) = (rules.get(at), rules.get(at + 1)) {
        let (count, name) = (rules.len() - at - 1, &ender.name.value);
        let cause = match count {
            1 => format!("it never runs: rule '{name}' before it ends every document"),
            _ => format!(
                "it and the {} rules after it never run: rule '{name}' before them ends every document",
                count - 1
            ),
        };
        add(
            found,
            Severity::Error,
            "unreachable",
            first,
            cause,
            "Move that rule to the end, or give it a condition.",
        );
    }
    at + 1
}

/// What a rule is known by: its connections and its conditions.
fn condition_key(rule: &Rule, when: &When) -> String {
    let mut connections: Vec<String> = rule.connections.iter().map(|name| name.to_lowercase()).collect();
    connections.sort();
    format!(
        "{connections:?} {when:?} {:?}",
        matches_table(when).then_some(&rule.table)
    )
}

fn matches_table(when: &When) -> bool {
    when.conditions()
        .iter()
        .any(|condition| condition.value.operator == Operator::InTable)
}

fn check_shadowed(rules: &[&Rule], found: &mut Vec<Finding>) {
    let last_writes = find_last_writes(rules);
    let mut enders: HashMap<String, usize> = HashMap::new();
    let mut setters: HashMap<(String, Field), usize> = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        let shadow = needed(rule).into_iter().find_map(|key| {
            let earlier = enders.get(&key)?;
            let unchanged = is_unchanged(rule, *earlier, at, &last_writes);
            unchanged.then_some(*earlier)
        });
        if let Some(earlier) = shadow.and_then(|earlier| rules.get(earlier)) {
            let cause = format!(
                "it never runs: rule '{}' before it ends every document that it matches",
                earlier.name.value
            );
            add(
                found,
                Severity::Error,
                "shadowed",
                rule,
                cause,
                "Move it before that rule, or remove it.",
            );
            continue;
        }
        let key = condition_key(rule, &rule.when);
        for action in &rule.then {
            let Action::Set { field, .. } = &action.value else {
                continue;
            };
            let earlier = setters.insert((key.clone(), field.clone()), at);
            if let Some(earlier) = earlier
                .filter(|earlier| *earlier != at)
                .and_then(|earlier| rules.get(earlier))
                && is_idle_between(rules, earlier, at, field)
            {
                let cause = format!(
                    "what it writes to '{}' is always replaced by rule '{}'",
                    field.name(),
                    rule.name.value
                );
                add(
                    found,
                    Severity::Warning,
                    "overwritten",
                    earlier,
                    cause,
                    "Remove one of the two rules.",
                );
            }
        }
        if ends(rule) {
            enders.entry(key).or_insert(at);
        }
    }
}

/// The keys of enders that would keep this rule from running: its whole condition, and each condition that it needs.
fn needed(rule: &Rule) -> Vec<String> {
    let mut keys = vec![condition_key(rule, &rule.when)];
    if let When::All(parts) = &rule.when {
        keys.extend(parts.iter().map(|part| condition_key(rule, part)));
    }
    keys
}

/// For each field that rules write, where they do, in order.
fn find_last_writes(rules: &[&Rule]) -> HashMap<Field, Vec<usize>> {
    let mut writes: HashMap<Field, Vec<usize>> = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        for field in rule.then.iter().flat_map(|action| written(&action.value)) {
            writes.entry(field).or_default().push(at);
        }
    }
    writes
}

/// Whether no rule from `earlier` up to `at` writes a field that the rule at `at` compares, and none adds a line.
fn is_unchanged(rule: &Rule, earlier: usize, at: usize, writes: &HashMap<Field, Vec<usize>>) -> bool {
    rule.when.conditions().iter().all(|condition| {
        let writers = writes
            .get(&condition.value.field)
            .map(Vec::as_slice)
            .unwrap_or_default();
        !writers.iter().any(|writer| (earlier..at).contains(writer))
    })
}

/// Whether the rules between two, which have the same conditions, neither write nor read the field, nor end documents, and
/// the first does not change what the second compares.
fn is_idle_between(rules: &[&Rule], earlier: &Rule, at: usize, field: &Field) -> bool {
    let compared = |rule: &Rule, field: &Field| {
        rule.when
            .conditions()
            .iter()
            .any(|condition| condition.value.field == *field)
    };
    let Some(start) = rules.iter().position(|rule| std::ptr::eq(*rule, earlier)) else {
        return false;
    };
    let changes_own = earlier
        .then
        .iter()
        .flat_map(|action| written(&action.value))
        .any(|field| compared(earlier, &field));
    let between = rules.get(start + 1..at).unwrap_or_default();
    !changes_own && !ends(earlier) && !compared(earlier, field) && between.is_empty()
}

/// The fields that an action writes.
fn written(action: &Action) -> Vec<Field> {
    use crate::fields;
    match action {
        Action::Set { field, .. }
        | Action::Clear { field }
        | Action::Copy { to: field, .. }
        | Action::Map { field }
        | Action::FromTable { field }
        | Action::Strip { field, .. }
        | Action::Template { field, .. } => vec![field.clone()],
        Action::SplitSku { .. } => vec![fields::SKU.into()],
        Action::MultiplyQuantity(_) => {
            vec![
                fields::QUANTITY.into(),
                fields::PRICE_PER_UNIT.into(),
                fields::STOCK_LEVEL.into(),
            ]
        }
        Action::DivideQuantity(_) => vec![fields::STOCK_LEVEL.into()],
        Action::Surcharge(_) => vec![fields::SHIPPING_AMOUNT.into()],
        Action::AddLine(_) => crate::field::FieldId::all()
            .filter(|id| id.spec().level == Level::Line)
            .map(Field::Known)
            .collect(),
        Action::Skip(_) | Action::Hold(_) => Vec::new(),
    }
}
