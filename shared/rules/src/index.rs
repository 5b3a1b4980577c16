//! The index: from the values of a document to the rules that can match it.
//!
//! Each rule is posted under its rarest condition that can be looked up: equals and lists in hash maps, prefixes and
//! suffixes in hash maps by length, contains in one Aho-Corasick automaton for each field, greater and less in sorted
//! thresholds. Rules without such a condition are always tried. Candidates come out of a heap in the order of the file, and
//! every candidate is judged in full, so the index only ever saves work. When an action changes a field, only that field's
//! new value is looked up, for later rules (tooling.md 2.2).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use aho_corasick::AhoCorasick;
use rust_decimal::Decimal;

use crate::compile::CompiledRule;
use crate::condition::{Leaf, Test, Tree};
use crate::facts::{Cell, Facts, Slot};
use crate::value::{fold, value_ordinal};

/// Positions of rules.
type Posting = Vec<u32>;

/// The index over the rules of one kind.
#[derive(Debug, Default)]
pub(crate) struct Index {
    fields: Vec<FieldIndex>,
    header: Vec<Option<usize>>,
    line: Vec<Option<usize>>,
    always: Posting,
}

#[derive(Debug)]
struct FieldIndex {
    slot: Slot,
    equals: HashMap<Box<str>, Posting>,
    prefixes: ByLength,
    suffixes: ByLength,
    contains: Option<(AhoCorasick, Vec<Posting>)>,
    greater: Vec<(Decimal, u32)>,
    less: Vec<(Decimal, u32)>,
    blank: Posting,
}

#[derive(Debug, Default)]
struct ByLength {
    lengths: Vec<usize>,
    postings: HashMap<Box<str>, Posting>,
}

/// Something a rule can be looked up by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Equals(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Contains(Box<str>),
    Greater(Decimal),
    Less(Decimal),
    Blank,
}

/// Candidates still to try, in the order of the file.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    index: &'a Index,
    heap: BinaryHeap<Reverse<u32>>,
    always_at: usize,
    next: u32,
}

impl Index {
    pub(crate) fn new(rules: &[CompiledRule]) -> Self {
        let mut counts: HashMap<(Slot, Key), usize> = HashMap::new();
        for rule in rules {
            count(&rule.tree, &mut counts);
        }
        let mut builder = Builder::default();
        for (position, rule) in (0_u32..).zip(rules) {
            match find_anchors(&rule.tree, &counts) {
                Some((_, anchors)) => anchors
                    .into_iter()
                    .for_each(|(slot, key)| builder.post(slot, key, position)),
                None => builder.always.push(position),
            }
        }
        builder.finish()
    }

    /// The candidates for a document.
    pub(crate) fn candidates(&self, facts: &Facts) -> Candidates<'_> {
        let mut candidates = Candidates {
            index: self,
            heap: BinaryHeap::new(),
            always_at: 0,
            next: 0,
        };
        for field in &self.fields {
            if field.slot.is_line() {
                (0..facts.line_count())
                    .for_each(|line| candidates.look_up(field, facts.cell(&field.slot, Some(line))));
            } else {
                candidates.look_up(field, facts.cell(&field.slot, None));
            }
        }
        candidates
    }

    fn field(&self, slot: &Slot) -> Option<&FieldIndex> {
        let at = match slot {
            Slot::Header(index) => self.header.get(*index).copied().flatten(),
            Slot::Line(index) => self.line.get(*index).copied().flatten(),
            Slot::Extended(_) => None,
        };
        at.and_then(|at| self.fields.get(at))
    }
}

impl Candidates<'_> {
    /// The next rule to try.
    pub(crate) fn next(&mut self) -> Option<u32> {
        while self.heap.peek().is_some_and(|Reverse(first)| *first < self.next) {
            self.heap.pop();
        }
        let found = self.heap.peek().map(|Reverse(first)| *first);
        let always = self.index.always.get(self.always_at).copied();
        let next = match (found, always) {
            (Some(found), Some(always)) => found.min(always),
            (found, always) => found.or(always)?,
        };
        if always == Some(next) {
            self.always_at += 1;
        }
        self.next = next + 1;
        Some(next)
    }

    /// Adds the later rules that the new value of a field can match.
    pub(crate) fn changed(&mut self, facts: &Facts, slot: &Slot, line: Option<usize>) {
        if let Some(field) = self.index.field(slot) {
            self.look_up(field, facts.cell(slot, line));
        }
    }

    /// Adds the later rules that a new line can match.
    pub(crate) fn line_added(&mut self, facts: &Facts, line: usize) {
        let index = self.index;
        for field in index.fields.iter().filter(|field| field.slot.is_line()) {
            self.look_up(field, facts.cell(&field.slot, Some(line)));
        }
    }

    fn add(&mut self, posting: &[u32]) {
        let later = posting.partition_point(|position| *position < self.next);
        for position in posting.get(later..).unwrap_or_default() {
            self.heap.push(Reverse(*position));
        }
    }

    fn look_up(&mut self, field: &FieldIndex, cell: &Cell) {
        if !field.blank.is_empty() && cell.value.is_blank() {
            self.add(&field.blank);
        }
        cell.any_folded(|text| {
            self.look_up_text(field, text);
            false
        });
        if let Some(ordinal) = value_ordinal(&cell.value) {
            let end = field.greater.partition_point(|(bound, _)| *bound <= ordinal);
            let start = field.less.partition_point(|(bound, _)| *bound < ordinal);
            let greater = field.greater.get(..end).unwrap_or_default();
            for (_, position) in greater.iter().chain(field.less.get(start..).unwrap_or_default()) {
                if *position >= self.next {
                    self.heap.push(Reverse(*position));
                }
            }
        }
    }

    fn look_up_text(&mut self, field: &FieldIndex, text: &str) {
        if let Some(posting) = field.equals.get(text) {
            self.add(posting);
        }
        for length in &field.prefixes.lengths {
            let head = text.get(..*length);
            if let Some(posting) = head.and_then(|head| field.prefixes.postings.get(head)) {
                self.add(posting);
            }
        }
        for length in &field.suffixes.lengths {
            let tail = text
                .len()
                .checked_sub(*length)
                .and_then(|start| text.get(start..));
            if let Some(posting) = tail.and_then(|tail| field.suffixes.postings.get(tail)) {
                self.add(posting);
            }
        }
        if let Some((automaton, postings)) = &field.contains {
            for found in automaton.find_overlapping_iter(text) {
                self.add(
                    postings
                        .get(found.pattern().as_usize())
                        .map(Vec::as_slice)
                        .unwrap_or_default(),
                );
            }
        }
    }
}

fn leaf_keys(leaf: &Leaf) -> Option<Vec<(Slot, Key)>> {
    let folded = |text: &str| -> Box<str> { fold(text).into() };
    let one = |key| Some(vec![(leaf.slot.clone(), key)]);
    let ordered = !matches!(leaf.slot, Slot::Extended(_));
    match &leaf.test {
        Test::Equals(true, needle) => one(Key::Equals(folded(needle))),
        Test::Prefix(needle) => one(Key::Prefix(folded(needle))),
        Test::Suffix(needle) => one(Key::Suffix(folded(needle))),
        Test::Contains(true, needle) => one(Key::Contains(folded(needle))),
        Test::InList(needles) => Some(
            needles
                .iter()
                .map(|needle| (leaf.slot.clone(), Key::Equals(folded(needle))))
                .collect(),
        ),
        Test::Greater { bound, .. } if ordered => one(Key::Greater(bound.ordinal())),
        Test::Less { bound, .. } if ordered => one(Key::Less(bound.ordinal())),
        Test::Blank(true) => one(Key::Blank),
        _ => None,
    }
}

fn count(tree: &Tree, counts: &mut HashMap<(Slot, Key), usize>) {
    match tree {
        Tree::Always => {}
        Tree::Leaf(leaf) => {
            for (slot, key) in leaf_keys(leaf).unwrap_or_default() {
                *counts.entry((slot, counted(key))).or_default() += 1;
            }
        }
        Tree::All(parts) | Tree::Any(parts) => parts.iter().for_each(|part| count(part, counts)),
    }
}

/// How many candidates a key gives when it is found. Of the bounds on one field about half are passed.
fn cost((slot, key): &(Slot, Key), counts: &HashMap<(Slot, Key), usize>) -> usize {
    let count = counts
        .get(&(slot.clone(), counted(key.clone())))
        .copied()
        .unwrap_or(1);
    match key {
        Key::Greater(_) | Key::Less(_) => count.div_ceil(2),
        _ => count,
    }
}

/// The key under which another is counted: all bounds on one side of a field together.
fn counted(key: Key) -> Key {
    match key {
        Key::Greater(_) => Key::Greater(Decimal::ZERO),
        Key::Less(_) => Key::Less(Decimal::ZERO),
        other => other,
    }
}

/// The keys under which a tree is posted, with their cost; nothing when it must always be tried. A tree can only hold when
/// one of its keys is found.
fn find_anchors(tree: &Tree, counts: &HashMap<(Slot, Key), usize>) -> Option<(usize, Vec<(Slot, Key)>)> {
    match tree {
        Tree::Always => None,
        Tree::Leaf(leaf) => {
            let keys = leaf_keys(leaf)?;
            // The longest posting counts: a value of the document meets one key of a list.
            Some((
                keys.iter().map(|key| cost(key, counts)).max().unwrap_or_default(),
                keys,
            ))
        }
        Tree::All(parts) => parts
            .iter()
            .filter_map(|part| find_anchors(part, counts))
            .min_by_key(|(cost, _)| *cost),
        Tree::Any(parts) => {
            let mut all = (0, Vec::new());
            for part in parts {
                let (cost, keys) = find_anchors(part, counts)?;
                all.0 += cost;
                all.1.extend(keys);
            }
            Some(all)
        }
    }
}

#[derive(Default)]
struct Builder {
    fields: HashMap<Slot, HashMap<Key, Posting>>,
    always: Posting,
}

impl Builder {
    fn post(&mut self, slot: Slot, key: Key, position: u32) {
        let posting = self.fields.entry(slot).or_default().entry(key).or_default();
        if posting.last() != Some(&position) {
            posting.push(position);
        }
    }

    fn finish(self) -> Index {
        let mut fields: Vec<(Slot, HashMap<Key, Posting>)> = self.fields.into_iter().collect();
        fields.sort_by(|left, right| left.0.cmp(&right.0));
        let mut index = Index {
            always: self.always,
            ..Index::default()
        };
        for (slot, keys) in fields {
            let at = index.fields.len();
            let places = match &slot {
                Slot::Header(place) => Some((&mut index.header, *place)),
                Slot::Line(place) => Some((&mut index.line, *place)),
                Slot::Extended(_) => None,
            };
            if let Some((places, place)) = places {
                if places.len() <= place {
                    places.resize(place + 1, None);
                }
                if let Some(entry) = places.get_mut(place) {
                    *entry = Some(at);
                }
            }
            let (field, not_built) = FieldIndex::new(slot, keys);
            index.fields.push(field);
            index.always.extend(not_built);
        }
        index.always.sort_unstable();
        index.always.dedup();
        index
    }
}

impl FieldIndex {
    /// The index of one field, and the rules that it cannot look up (when the automaton would be too large).
    fn new(slot: Slot, keys: HashMap<Key, Posting>) -> (Self, Posting) {
        let mut field = Self {
            slot,
            equals: HashMap::new(),
            prefixes: ByLength::default(),
            suffixes: ByLength::default(),
            contains: None,
            greater: Vec::new(),
            less: Vec::new(),
            blank: Vec::new(),
        };
        let mut contained: Vec<(Box<str>, Posting)> = Vec::new();
        for (key, posting) in keys {
            match key {
                Key::Equals(text) => drop(field.equals.insert(text, posting)),
                Key::Prefix(text) => drop(field.prefixes.postings.insert(text, posting)),
                Key::Suffix(text) => drop(field.suffixes.postings.insert(text, posting)),
                Key::Contains(text) => contained.push((text, posting)),
                Key::Greater(bound) => field
                    .greater
                    .extend(posting.into_iter().map(|position| (bound, position))),
                Key::Less(bound) => field
                    .less
                    .extend(posting.into_iter().map(|position| (bound, position))),
                Key::Blank => field.blank = posting,
            }
        }
        field.greater.sort_unstable();
        field.less.sort_unstable();
        field.prefixes.measure();
        field.suffixes.measure();
        contained.sort();
        let (texts, postings): (Vec<Box<str>>, Vec<Posting>) = contained.into_iter().unzip();
        if texts.is_empty() {
            return (field, Vec::new());
        }
        match AhoCorasick::new(texts.iter().map(|text| text.as_bytes())) {
            Ok(automaton) => {
                field.contains = Some((automaton, postings));
                (field, Vec::new())
            }
            Err(_) => (field, postings.concat()),
        }
    }
}

impl ByLength {
    fn measure(&mut self) {
        self.lengths = self.postings.keys().map(|text| text.len()).collect();
        self.lengths.sort_unstable();
        self.lengths.dedup();
    }
}
