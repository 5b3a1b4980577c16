//! What rules see of one document: values of its header, its lines and its extended properties.
//!
//! In: mapping sets them. Out: conditions read them, actions write them, mapping reads them back. Text is folded once, when
//! it is set, so that running rules that do not match allocates nothing.

use std::borrow::Cow;

use crate::field::{Field, FieldId, Level};
use crate::fields::{FIELDS, HEADER_FIELDS};
use crate::value::{Value, fold, folds_to};

/// Values of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    header: Vec<Cell>,
    lines: Vec<Line>,
    extended: Vec<Property>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    cells: Vec<Cell>,
    added: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Property {
    name: String,
    cell: Cell,
}

impl Default for Facts {
    fn default() -> Self {
        Self::new()
    }
}

impl Facts {
    /// A document of which nothing is known, without lines.
    pub fn new() -> Self {
        Self {
            header: vec![Cell::default(); HEADER_FIELDS],
            lines: Vec::new(),
            extended: Vec::new(),
        }
    }

    /// Sets a field of the header. A line field is set on every line.
    pub fn set(&mut self, field: FieldId, value: impl Into<Value>) {
        let cell = Cell::new(value.into());
        match locate(field) {
            (Level::Header, index) => put(&mut self.header, index, cell),
            (Level::Line, index) => self
                .lines
                .iter_mut()
                .for_each(|line| put(&mut line.cells, index, cell.clone())),
        }
    }

    /// Sets a field of one line; a line that is not there is left alone.
    pub fn set_on_line(&mut self, line: usize, field: FieldId, value: impl Into<Value>) {
        if let ((Level::Line, index), Some(line)) = (locate(field), self.lines.get_mut(line)) {
            put(&mut line.cells, index, Cell::new(value.into()));
        }
    }

    /// Adds an empty line of the source document and returns its index.
    pub fn push_line(&mut self) -> usize {
        self.push(false)
    }

    pub(crate) fn push_added_line(&mut self) -> usize {
        self.push(true)
    }

    fn push(&mut self, added: bool) -> usize {
        self.lines.push(Line {
            cells: vec![Cell::default(); FIELDS.len() - HEADER_FIELDS],
            added,
        });
        self.lines.len() - 1
    }

    /// Sets an extended property; of several with one name the first counts.
    pub fn push_extended(&mut self, name: &str, value: impl Into<Value>) {
        self.extended.push(Property {
            name: fold(name).into_owned(),
            cell: Cell::new(value.into()),
        });
    }

    /// How many lines there are, added ones included.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// True when a rule added this line.
    pub fn is_added(&self, line: usize) -> bool {
        self.lines.get(line).is_some_and(|line| line.added)
    }

    /// A field of the header.
    pub fn get(&self, field: FieldId) -> &Value {
        &self.cell(&Slot::from(field), None).value
    }

    /// A field of one line.
    pub fn get_on_line(&self, line: usize, field: FieldId) -> &Value {
        &self.cell(&Slot::from(field), Some(line)).value
    }

    /// Any field; line fields need the line.
    pub fn get_field(&self, field: &Field, line: Option<usize>) -> &Value {
        &self.cell(&Slot::from(field), line).value
    }

    pub(crate) fn cell(&self, slot: &Slot, line: Option<usize>) -> &Cell {
        static ABSENT: Cell = Cell {
            value: Value::Absent,
            folded: Folded::Same,
        };
        let found = match slot {
            Slot::Header(index) => self.header.get(*index),
            Slot::Line(index) => line
                .and_then(|line| self.lines.get(line))
                .and_then(|line| line.cells.get(*index)),
            Slot::Extended(name) => self
                .extended
                .iter()
                .find(|property| property.name == **name)
                .map(|property| &property.cell),
        };
        found.unwrap_or(&ABSENT)
    }

    /// Replaces a value and returns the one before.
    pub(crate) fn replace(&mut self, slot: &Slot, line: Option<usize>, value: Value) -> Value {
        let place = match slot {
            Slot::Header(index) => self.header.get_mut(*index),
            Slot::Line(index) => line
                .and_then(|line| self.lines.get_mut(line))
                .and_then(|line| line.cells.get_mut(*index)),
            Slot::Extended(_) => None,
        };
        place.map_or(Value::Absent, |cell| {
            std::mem::replace(cell, Cell::new(value)).value
        })
    }
}

fn put(cells: &mut [Cell], index: usize, cell: Cell) {
    if let Some(place) = cells.get_mut(index) {
        *place = cell;
    }
}

fn locate(field: FieldId) -> (Level, usize) {
    let index = usize::from(field.0);
    match index.checked_sub(HEADER_FIELDS) {
        Some(index) => (Level::Line, index),
        None => (Level::Header, index),
    }
}

/// Where a field lies in the facts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Slot {
    Header(usize),
    Line(usize),
    Extended(Box<str>),
}

impl Slot {
    pub(crate) fn is_line(&self) -> bool {
        matches!(self, Self::Line(_))
    }
}

impl From<FieldId> for Slot {
    fn from(field: FieldId) -> Self {
        match locate(field) {
            (Level::Header, index) => Self::Header(index),
            (Level::Line, index) => Self::Line(index),
        }
    }
}

impl From<&Field> for Slot {
    fn from(field: &Field) -> Self {
        match field {
            Field::Known(id) => Self::from(*id),
            Field::Extended(name) => Self::Extended(fold(name).into()),
        }
    }
}

/// A value with its folded text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) value: Value,
    folded: Folded,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Folded {
    /// The value is text that is folded already, or nothing.
    #[default]
    Same,
    One(Box<str>),
    Many(Box<[Box<str>]>),
}

impl Cell {
    fn new(value: Value) -> Self {
        let folded = match &value {
            Value::Absent => Folded::Same,
            Value::Text(text) => match fold(text) {
                Cow::Borrowed(_) => Folded::Same,
                Cow::Owned(folded) => Folded::One(folded.into()),
            },
            Value::Number(_) | Value::Date(_) => Folded::One(value.to_text().into()),
            Value::List(entries) => Folded::Many(entries.iter().map(|entry| fold(entry).into()).collect()),
        };
        Self { value, folded }
    }

    /// True when one of its folded texts passes.
    pub(crate) fn any_folded(&self, mut passes: impl FnMut(&str) -> bool) -> bool {
        match (&self.folded, &self.value) {
            (Folded::One(text), _) => passes(text),
            (Folded::Many(texts), _) => texts.iter().any(|text| passes(text)),
            (Folded::Same, Value::Text(text)) => passes(text),
            (Folded::Same, _) => false,
        }
    }

    /// True when one of its texts passes as it is written.
    pub(crate) fn any_exact(&self, mut passes: impl FnMut(&str) -> bool) -> bool {
        match (&self.value, &self.folded) {
            (Value::Text(text), _) => passes(text),
            (Value::List(texts), _) => texts.iter().any(|text| passes(text)),
            (_, Folded::One(text)) => passes(text),
            _ => false,
        }
    }
}

/// True when two names of connections are the same without regard to case; `folded` is folded.
pub(crate) fn is_connection(name: &str, folded: &str) -> bool {
    folds_to(name, folded)
}
