//! Runs compiled rules on the facts of one document, top-down.
//!
//! In: rules, facts, the kind of document and its connection. Out: the facts as the rules leave them, and a [`Trace`].
//! `run` uses the index; `scan` tries every rule and must come to the same end; `explain` scans and also says what nearly
//! matched. Matching nothing allocates nothing.

use std::sync::Arc;

use crate::apply::{Effect, End, Source, Step, change_number, multiply_quantity};
use crate::compile::{CompiledRule, CompiledRules};
use crate::facts::{Facts, Slot, is_connection};
use crate::field::{Field, FieldId, Kind};
use crate::fields;
use crate::index::Candidates;
use crate::near::{find_near_miss, keep_nearest};
use crate::trace::{Change, Fired, Outcome, Trace};
use crate::value::Value;

impl CompiledRules {
    /// Runs the rules for this kind of document. `connection` is the name that rules may be limited to.
    pub fn run(&self, facts: &mut Facts, kind: Kind, connection: Option<&str>) -> Trace {
        let rules = self.of_kind(kind);
        let candidates = rules.index.candidates(facts);
        let mut run = Run {
            facts,
            connection,
            candidates: Some(candidates),
            trace: Trace::default(),
        };
        while let Some(position) = run.candidates.as_mut().and_then(Candidates::next) {
            let rule = usize::try_from(position)
                .ok()
                .and_then(|position| rules.rules.get(position));
            if rule.is_some_and(|rule| run.try_rule(rule) == Went::Ended) {
                break;
            }
        }
        run.trace
    }

    /// The same by trying every rule: the measure of `run`.
    pub fn scan(&self, facts: &mut Facts, kind: Kind, connection: Option<&str>) -> Trace {
        let mut run = Run {
            facts,
            connection,
            candidates: None,
            trace: Trace::default(),
        };
        for rule in &self.of_kind(kind).rules {
            if run.try_rule(rule) == Went::Ended {
                break;
            }
        }
        run.trace
    }

    /// The same as `scan`, and which rules nearly matched, with the condition that failed.
    pub fn explain(&self, facts: &mut Facts, kind: Kind, connection: Option<&str>) -> Trace {
        let mut run = Run {
            facts,
            connection,
            candidates: None,
            trace: Trace::default(),
        };
        let mut near = Vec::new();
        for rule in &self.of_kind(kind).rules {
            match run.try_rule(rule) {
                Went::Ended => break,
                Went::Past if run.is_wanted(rule) => near.extend(find_near_miss(rule, run.facts)),
                Went::Past | Went::Fired => {}
            }
        }
        keep_nearest(near, &mut run.trace);
        run.trace
    }
}

/// What became of one rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    Past,
    Fired,
    Ended,
}

/// The lines on which a rule matched.
enum Lines {
    /// The rule has no condition on a line.
    Every,
    /// These; not empty.
    These(Vec<usize>),
}

struct Run<'a> {
    facts: &'a mut Facts,
    connection: Option<&'a str>,
    candidates: Option<Candidates<'a>>,
    trace: Trace,
}

impl Run<'_> {
    fn is_wanted(&self, rule: &CompiledRule) -> bool {
        rule.connections.is_empty()
            || self
                .connection
                .is_some_and(|name| rule.connections.iter().any(|folded| is_connection(name, folded)))
    }

    fn find_lines(&self, rule: &CompiledRule) -> Option<Lines> {
        if !rule.uses_lines {
            return rule.tree.holds(self.facts, None).then_some(Lines::Every);
        }
        let mut lines = Vec::new();
        for line in 0..self.facts.line_count() {
            if rule.tree.holds(self.facts, Some(line)) {
                lines.push(line);
            }
        }
        (!lines.is_empty()).then_some(Lines::These(lines))
    }

    fn try_rule(&mut self, rule: &CompiledRule) -> Went {
        if !self.is_wanted(rule) {
            return Went::Past;
        }
        let Some(lines) = self.find_lines(rule) else {
            return Went::Past;
        };
        let mut changes = Vec::with_capacity(rule.steps.len());
        let mut ended = false;
        for step in &rule.steps {
            if let Effect::End(end, reason) = &step.effect {
                self.trace.outcome = to_outcome(*end, &rule.name, reason);
                ended = true;
                break;
            }
            self.do_step(step, &lines, &rule.name, &mut changes);
        }
        let stopped = ended || rule.stop;
        self.trace.fired.push(Fired {
            rule: rule.number,
            name: rule.name.clone(),
            changes,
            stopped,
        });
        if stopped { Went::Ended } else { Went::Fired }
    }

    fn do_step(&mut self, step: &Step, lines: &Lines, rule: &Arc<str>, changes: &mut Vec<Change>) {
        match (step.per_line, lines) {
            (true, Lines::Every) => {
                (0..self.facts.line_count())
                    .for_each(|line| self.do_effect(&step.effect, Some(line), rule, changes));
            }
            (true, Lines::These(lines)) => {
                lines
                    .iter()
                    .for_each(|line| self.do_effect(&step.effect, Some(*line), rule, changes));
            }
            (false, Lines::Every) => self.do_effect(
                &step.effect,
                (self.facts.line_count() > 0).then_some(0),
                rule,
                changes,
            ),
            (false, Lines::These(lines)) => {
                self.do_effect(&step.effect, lines.first().copied(), rule, changes)
            }
        }
    }

    fn do_effect(
        &mut self,
        effect: &Effect,
        line: Option<usize>,
        rule: &Arc<str>,
        changes: &mut Vec<Change>,
    ) {
        match effect {
            Effect::Assign { field, to, source } => self.assign(field, to, source, line, rule, changes),
            Effect::MultiplyQuantity(factor) => {
                let Some(line) = line else { return };
                let quantity = self.facts.get_on_line(line, fields::QUANTITY);
                let price = self.facts.get_on_line(line, fields::PRICE_PER_UNIT);
                match multiply_quantity(quantity, price, *factor) {
                    Some((quantity, price)) => {
                        self.write(
                            &fields::QUANTITY.into(),
                            &fields::QUANTITY.into(),
                            Some(line),
                            quantity,
                            changes,
                        );
                        if let Some(price) = price {
                            let field = fields::PRICE_PER_UNIT;
                            self.write(&field.into(), &field.into(), Some(line), price, changes);
                        }
                    }
                    None => self.warn(rule, "the quantity could not be multiplied"),
                }
            }
            Effect::MultiplyLevel(_) | Effect::DivideLevel(_) => {
                self.change(fields::STOCK_LEVEL, effect, rule, changes)
            }
            Effect::AddAmount(_) | Effect::AddPercent(_) => {
                self.change(fields::SHIPPING_AMOUNT, effect, rule, changes)
            }
            Effect::AddLine(values) => self.add_line(values, changes),
            Effect::End(..) => {}
        }
    }

    fn assign(
        &mut self,
        field: &Field,
        to: &Slot,
        source: &Source,
        line: Option<usize>,
        rule: &Arc<str>,
        changes: &mut Vec<Change>,
    ) {
        match source.compute(self.facts, to, field, line) {
            Ok(Some(value)) => {
                let place = if to.is_line() { line } else { None };
                self.write(field, to, place, value, changes);
            }
            Ok(None) => {}
            Err(text) => {
                let expected = field.field_type().as_str();
                self.warn(
                    rule,
                    &format!(
                        "'{text}' does not fit the type {expected}, so '{}' stays as it is",
                        field.name()
                    ),
                );
            }
        }
    }

    fn change(&mut self, id: FieldId, effect: &Effect, rule: &Arc<str>, changes: &mut Vec<Change>) {
        match change_number(effect, self.facts.get(id)) {
            Some(value) => self.write(&id.into(), &id.into(), None, value, changes),
            None => self.warn(rule, &format!("'{}' could not be changed", id.spec().name)),
        }
    }

    fn add_line(&mut self, values: &[(FieldId, Value)], changes: &mut Vec<Change>) {
        let line = self.facts.push_added_line();
        for (id, value) in values {
            self.facts.set_on_line(line, *id, value.clone());
            changes.push(Change {
                field: (*id).into(),
                line: Some(line),
                before: Value::Absent,
                after: value.clone(),
            });
        }
        if let Some(candidates) = &mut self.candidates {
            candidates.line_added(self.facts, line);
        }
    }

    fn write(
        &mut self,
        field: &Field,
        to: &Slot,
        line: Option<usize>,
        value: Value,
        changes: &mut Vec<Change>,
    ) {
        let before = self.facts.replace(to, line, value.clone());
        if before != value
            && let Some(candidates) = &mut self.candidates
        {
            candidates.changed(self.facts, to, line);
        }
        changes.push(Change {
            field: field.clone(),
            line,
            before,
            after: value,
        });
    }

    fn warn(&mut self, rule: &str, text: &str) {
        self.trace.warnings.push(format!("rule '{rule}': {text}"));
    }
}

fn to_outcome(end: End, rule: &Arc<str>, reason: &Arc<str>) -> Outcome {
    let (rule, reason) = (rule.clone(), reason.clone());
    match end {
        End::Skip => Outcome::Skipped { rule, reason },
        End::Hold => Outcome::Held { rule, reason },
    }
}
