//! What rules wrote to the fields of a document; the steps of the mapping ask here before they ask the settings.
//!
//! In: facts after the rules, and the trace. Out: values by field, on the document or on one of its rows, with the rule that
//! wrote them last. A field that no rule wrote is not here, whatever its value.

use std::collections::BTreeMap;

use rules::{Facts, Field, FieldId, Level, Trace, Value};

use crate::work::Work;

/// The written fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    header: BTreeMap<FieldId, Written>,
    rows: BTreeMap<(usize, FieldId), Written>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    value: Value,
    by: String,
}

/// What a rule wrote.
#[derive(Clone, Copy, Debug)]
pub struct Ruled<'w> {
    value: &'w Value,
    /// The rule, such as `rule 'Amazon stores'`; stands where the name of a setting would.
    pub by: &'w str,
}

impl Ruled<'_> {
    /// The text; nothing when the rule emptied the field.
    pub fn text(&self) -> Option<String> {
        (!self.value.is_blank()).then(|| self.value.to_text().trim().to_owned())
    }

    /// The day.
    pub fn date(&self) -> Option<jiff::civil::Date> {
        match self.value {
            Value::Date(date) => Some(*date),
            _ => None,
        }
    }
}

impl Overrides {
    /// What the trace says was written, with the values the facts have now. Rows are the lines of the order, then added ones.
    pub fn of(facts: &Facts, trace: &Trace) -> Self {
        let mut overrides = Self::default();
        for fired in &trace.fired {
            for change in &fired.changes {
                let Field::Known(id) = change.field else { continue };
                let by = format!("rule '{}'", fired.name);
                match (id.spec().level, change.line) {
                    (Level::Header, _) => {
                        let value = facts.get(id).clone();
                        overrides.header.insert(id, Written { value, by });
                    }
                    (Level::Line, Some(line)) => {
                        let value = facts.get_on_line(line, id).clone();
                        overrides.rows.insert((line, id), Written { value, by });
                    }
                    (Level::Line, None) => {}
                }
            }
        }
        overrides
    }

    /// What was written to a field of the document.
    pub fn header(&self, field: FieldId) -> Option<Ruled<'_>> {
        self.header.get(&field).map(Written::show)
    }

    /// What was written to a field of a row.
    pub fn row(&self, row: usize, field: FieldId) -> Option<Ruled<'_>> {
        self.rows.get(&(row, field)).map(Written::show)
    }

    /// Forgets a row that became no line of the order; later rows move up.
    pub fn drop_row(&mut self, dropped: usize) {
        let rows = std::mem::take(&mut self.rows);
        let kept = rows.into_iter().filter(|((row, _), _)| *row != dropped);
        self.rows = kept
            .map(|((row, field), written)| ((row - usize::from(row > dropped), field), written))
            .collect();
    }

    /// Every field with its row (from 0) and text, as far as rules gave it one.
    pub fn texts(&self) -> Vec<(FieldId, Option<usize>, String)> {
        let header = self.header.iter().map(|(field, written)| (*field, None, written));
        let rows = self
            .rows
            .iter()
            .map(|((row, field), written)| (*field, Some(*row), written));
        let all = header.chain(rows);
        all.filter_map(|(field, row, written)| Some((field, row, written.show().text()?)))
            .collect()
    }
}

impl Written {
    fn show(&self) -> Ruled<'_> {
        Ruled {
            value: &self.value,
            by: &self.by,
        }
    }
}

/// A text that a rule wrote, owned, with the rule.
pub struct RuledText {
    /// The text; nothing when the rule emptied the field.
    pub text: Option<String>,
    /// The rule, such as `rule 'Amazon stores'`.
    pub by: String,
}

impl Work<'_> {
    /// The text that a rule wrote to a field of the document.
    pub(crate) fn ruled(&self, field: FieldId) -> Option<RuledText> {
        self.overrides.header(field).map(RuledText::of)
    }

    /// The text that a rule wrote to a field of a row.
    pub(crate) fn ruled_on(&self, row: Option<usize>, field: FieldId) -> Option<RuledText> {
        self.overrides.row(row?, field).map(RuledText::of)
    }
}

impl RuledText {
    fn of(ruled: Ruled<'_>) -> Self {
        Self {
            text: ruled.text(),
            by: ruled.by.to_owned(),
        }
    }
}
