//! Tells what the rules did in plain data, which previews show and programs read.
//!
//! In: the trace of a run, the facts before and after. Out: [`RuleTrace`]. Decides nothing.

use domain::{FactTrace, FiredRule, KeptValue, NearMiss, RuleChange, RuleTrace};
use rules::{Facts, Field, FieldId, Kind, Level, Trace, fields};

use super::overrides::Overrides;

/// Fields that rules may write and QuickBooks Online has no place for (behaviours.md 4.14, 4.15).
const KEPT: [FieldId; 5] = [
    fields::SITE,
    fields::BIN,
    fields::UNIT_OF_MEASURE,
    fields::RECEIVABLE_ACCOUNT,
    fields::CUSTOMER_TAX_CODE,
];

/// The trace in plain data, with the values that QuickBooks Online cannot carry.
pub fn tell(trace: &Trace, version: &str, overrides: &Overrides) -> RuleTrace {
    let number = |line: &Option<usize>| line.map(|line| line + 1);
    let fired = trace.fired.iter().map(|fired| FiredRule {
        rule: fired.name.to_string(),
        changes: fired
            .changes
            .iter()
            .map(|change| RuleChange {
                field: change.field.name(),
                line: number(&change.line),
                before: change.before.to_text().into_owned(),
                after: change.after.to_text().into_owned(),
            })
            .collect(),
        stopped: fired.stopped,
    });
    let near_misses = trace.near_misses.iter().map(|near| NearMiss {
        rule: near.name.to_string(),
        line: number(&near.line),
        failed: near.failed.clone(),
        actual: near.actual.clone(),
    });
    let kept = overrides
        .texts()
        .into_iter()
        .filter(|(field, _, _)| KEPT.contains(field));
    RuleTrace {
        version: Some(version.to_owned()),
        fired: fired.collect(),
        near_misses: near_misses.collect(),
        ruled_difference: None,
        kept: kept
            .map(|(field, row, value)| KeptValue {
                field: field.spec().name.to_owned(),
                line: number(&row),
                value,
            })
            .collect(),
        facts: Vec::new(),
    }
}

/// A warning for each kind of value that QuickBooks Online cannot carry.
pub fn warn_of_kept(trace: &RuleTrace) -> Vec<String> {
    let mut named: Vec<&str> = trace.kept.iter().map(|kept| kept.field.as_str()).collect();
    named.sort_unstable();
    named.dedup();
    let warning = |field: &&str| {
        format!(
            "A rule sets '{field}', which QuickBooks Online has no place for; it is shown here and not sent."
        )
    };
    named.iter().map(warning).collect()
}

/// Every field that has a value before or after the rules, as people see it.
pub fn tell_facts(before: &Facts, after: &Facts, trace: &Trace) -> Vec<FactTrace> {
    let mut told = Vec::new();
    let wanted = |level: Level| {
        FieldId::all().filter(move |id| id.spec().level == level && id.spec().kinds.contains(Kind::Order))
    };
    let mut add = |id: FieldId, line: Option<usize>| {
        let field = Field::Known(id);
        let (before, after) = (before.get_field(&field, line), after.get_field(&field, line));
        let rules: Vec<String> = trace
            .fired
            .iter()
            .filter(|fired| {
                fired
                    .changes
                    .iter()
                    .any(|change| change.field == field && change.line == line)
            })
            .map(|fired| fired.name.to_string())
            .collect();
        if !before.is_blank() || !after.is_blank() || !rules.is_empty() {
            told.push(FactTrace {
                field: field.name(),
                line: line.map(|line| line + 1),
                source: id.spec().source.to_owned(),
                before: before.to_text().into_owned(),
                after: after.to_text().into_owned(),
                rules,
            });
        }
    };
    wanted(Level::Header).for_each(|id| add(id, None));
    for line in 0..after.line_count() {
        wanted(Level::Line).for_each(|id| add(id, Some(line)));
    }
    told
}
