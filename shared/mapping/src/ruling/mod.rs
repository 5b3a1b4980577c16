//! Runs the rules between reading an order and writing its document (behaviours.md 3, 4.8).
//!
//! ```text
//! Order + Settings -> Facts -> rules -> changed copy of the order    SKU, quantity, shipping amount, currency, lines ...
//!                                    -> Overrides                    asked before the settings by the steps of the mapping
//!                                    -> Skipped, Held                with the rule's name
//! ```
//! In: the order, compiled rules. Out: [`Ruling`]. What QuickBooks Online has no place for is kept in the trace and warned of.
//! A document whose total rules changed is held, unless the setting rules.changed_totals lets it through.

mod changes;
mod facts;
mod names;
mod overrides;
mod tell;

use domain::{Explanation, Order, Reason, ReasonCode};
use rules::{Facts, Kind, Trace};

use crate::settings::ChangedTotals;
use crate::{Context, Outcome};
use changes::change_order;
pub use facts::facts_of;
pub use names::CompanyNames;
pub use overrides::{Overrides, RuledText};

/// What the rules made of an order.
pub struct Ruling {
    /// The order as the rules leave it; `None` when they left its own fields alone.
    pub order: Option<Box<Order>>,
    /// What they wrote to the document's fields.
    pub overrides: Overrides,
    /// Lines that are text alone.
    pub texts: Vec<String>,
    /// The end, when a rule came to one.
    pub end: Option<Outcome>,
    /// The account of it.
    pub explanation: Explanation,
}

/// Runs the rules; with `explain`, also finds near misses and tells every field.
pub fn run_rules(order: &Order, context: &Context<'_>, explain: bool) -> Ruling {
    let mut ruling = Ruling {
        order: None,
        overrides: Overrides::default(),
        texts: Vec::new(),
        end: None,
        explanation: Explanation::default(),
    };
    let Some(rules) = context.rules else {
        if explain {
            let facts = facts_of(order, context);
            ruling.explanation.rules.facts = tell::tell_facts(&facts, &facts, &Trace::default());
        }
        return ruling;
    };
    let mut facts = facts_of(order, context);
    let connection = Some(context.settings.rules.connection.as_str());
    let trace = if explain {
        let before = facts.clone();
        let trace = rules.explain(&mut facts, Kind::Order, connection);
        ruling.explanation.rules.facts = tell::tell_facts(&before, &facts, &trace);
        trace
    } else {
        rules.run(&mut facts, Kind::Order, connection)
    };
    read_back(order, context, &facts, &trace, rules.version(), &mut ruling);
    ruling
}

fn read_back(
    order: &Order,
    context: &Context<'_>,
    facts: &Facts,
    trace: &Trace,
    version: &str,
    ruling: &mut Ruling,
) {
    ruling.overrides = Overrides::of(facts, trace);
    let told = std::mem::take(&mut ruling.explanation.rules.facts);
    ruling.explanation.rules = domain::RuleTrace {
        facts: told,
        ..tell::tell(trace, version, &ruling.overrides)
    };
    ruling.explanation.warnings.extend(trace.warnings.iter().cloned());
    ruling.end = match &trace.outcome {
        rules::Outcome::Skipped { rule, reason } => {
            Some(Outcome::Skipped(by_rule(ReasonCode::SkippedByRule, rule, reason)))
        }
        rules::Outcome::Held { rule, reason } => {
            Some(Outcome::Held(by_rule(ReasonCode::HeldByRule, rule, reason)))
        }
        rules::Outcome::GoesOn => None,
    };
    if ruling.end.is_some() || trace.fired.is_empty() {
        return;
    }
    let kept = tell::warn_of_kept(&ruling.explanation.rules);
    ruling.explanation.warnings.extend(kept);
    match change_order(order, facts, &ruling.overrides) {
        Ok(changed) => {
            ruling.texts = changed.texts;
            changed
                .dropped
                .iter()
                .for_each(|row| ruling.overrides.drop_row(*row));
            ruling.end = judge_total(order, &changed.order, context, trace, &mut ruling.explanation);
            ruling.order = (changed.order != *order).then(|| Box::new(changed.order));
        }
        Err(reason) => ruling.end = Some(Outcome::Held(*reason)),
    }
}

fn by_rule(code: ReasonCode, rule: &str, reason: &str) -> Reason {
    let (done, remedy) = match code {
        ReasonCode::SkippedByRule => (
            "skips",
            "Change the rule and run `linnbooks resync` with the order's number when it is to be posted after all.",
        ),
        _ => (
            "holds",
            "Do what the rule asks for, then change the rule or the order; the next `linnbooks sync` maps it again.",
        ),
    };
    let why = if reason.trim().is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    };
    Reason::new(code, format!("The rule '{rule}' {done} it{why}"), remedy).by_rule(rule)
}

/// Compares what the document comes to with what the buyer paid; holds it where the settings do not allow a difference.
fn judge_total(
    order: &Order,
    changed: &Order,
    context: &Context<'_>,
    trace: &Trace,
    explanation: &mut Explanation,
) -> Option<Outcome> {
    let (before, after) = (order.total_charge().rounded(), changed.total_charge().rounded());
    if before == after {
        return None;
    }
    explanation.rules.ruled_difference =
        (before.currency == after.currency).then(|| after.amount - before.amount);
    let names: Vec<String> = trace
        .fired
        .iter()
        .filter(|fired| touches_money(fired))
        .map(|fired| format!("'{}'", fired.name))
        .collect();
    let what = format!(
        "Rules make the document come to {after}, and the order's total is {before}: {}",
        names.join(", ")
    );
    if context.settings.rules.changed_totals == ChangedTotals::Post {
        explanation.warn(format!("{what}."));
        return None;
    }
    let remedy = "Change the rule, or set rules.changed_totals = \"post\" in the settings when the books are to differ from what the buyer paid.";
    Some(Outcome::Held(Reason::new(
        ReasonCode::TotalChangedByRule,
        what,
        remedy,
    )))
}

fn touches_money(fired: &rules::Fired) -> bool {
    let money = [
        rules::fields::SHIPPING_AMOUNT,
        rules::fields::CURRENCY,
        rules::fields::LINE_TOTAL,
        rules::fields::LINE_NET,
        rules::fields::PRICE_PER_UNIT,
    ];
    fired.changes.iter().any(|change| {
        let rules::Field::Known(id) = change.field else {
            return false;
        };
        money.contains(&id) && change.before != change.after
    })
}
