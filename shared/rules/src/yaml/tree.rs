//! A YAML document as a tree of texts, lists and maps, each with its place.
//!
//! In: text. Out: [`Node`]. Refuses what a rules file does not need: aliases, tags, several documents, repeated keys.

use std::collections::HashSet;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use crate::error::{Errors, Place};

/// Deepest nesting of lists and maps.
const NESTING_MAX: usize = 40;

/// A node of the tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    /// A scalar, as text.
    Text(String),
    /// A plain empty scalar: a key without a value.
    Nothing,
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) text: String,
}

impl Node {
    /// What it is, for messages.
    pub(super) fn describe(&self) -> &'static str {
        match self.kind {
            NodeKind::Text(_) => "a text",
            NodeKind::Nothing => "nothing",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map",
        }
    }
}

/// Reads the one document of the text; nothing when it is empty or something is wrong.
pub(super) fn read(text: &str, errors: &mut Errors<'_>) -> Option<Node> {
    let mut builder = Builder {
        errors,
        open: Vec::new(),
        root: None,
        documents: 0,
        failed: false,
    };
    for next in Parser::new_from_str(text) {
        match next {
            Ok((event, span)) => builder.take(event, span, text),
            Err(error) => {
                let marker = error.marker();
                let place = Place {
                    line: marker.line().max(1),
                    column: marker.col() + 1,
                    width: 1,
                };
                let remedy = "Check the indentation, use spaces and not tabs, and put texts with : # { } [ ] in quotes.";
                builder.errors.add(
                    place,
                    "not-yaml",
                    format!("this is not YAML: {}", error.kind()),
                    remedy,
                );
                return None;
            }
        }
        if builder.failed {
            return None;
        }
    }
    builder.root
}

enum Open {
    List(Place, Vec<Node>),
    Map(Place, Vec<(Key, Node)>, Option<Key>, HashSet<String>),
}

struct Builder<'a, 'e> {
    errors: &'a mut Errors<'e>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    failed: bool,
}

impl Builder<'_, '_> {
    fn take(&mut self, event: Event<'_>, span: Span, text: &str) {
        let place = to_place(span, text);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.fail(
                        place,
                        "several-documents",
                        "a rules file has one document",
                        "Remove the line with ---.",
                    );
                }
            }
            Event::Alias(_) => {
                self.fail(
                    place,
                    "yaml-alias",
                    "aliases (*name) are not read",
                    "Write the value out.",
                );
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, _, Some(_))
            | Event::MappingStart(_, _, Some(_)) => {
                self.fail(
                    place,
                    "yaml-tag",
                    "tags (!name) are not read",
                    "Remove the tag; every value is text.",
                );
            }
            Event::Scalar(value, style, ..) => {
                let written = span.byte_range().is_none_or(|range| !range.is_empty());
                self.take_scalar(&value, style, written, place);
            }
            Event::SequenceStart(..) => self.open(Open::List(place, Vec::new())),
            Event::MappingStart(..) => self.open(Open::Map(place, Vec::new(), None, HashSet::new())),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => {}
        }
    }

    fn fail(&mut self, place: Place, code: &'static str, cause: &str, remedy: &str) {
        self.errors.add(place, code, cause, remedy);
        self.failed = true;
    }

    fn open(&mut self, open: Open) {
        let (Open::List(place, _) | Open::Map(place, ..)) = &open;
        if self.open.len() >= NESTING_MAX {
            self.fail(
                *place,
                "nested-too-deep",
                "lists and maps are nested too deep",
                "Use fewer groups in groups.",
            );
            return;
        }
        self.open.push(open);
    }

    /// The parser gives `~` for a key without a value; `written` tells it from a `~` that stands in the text.
    fn take_scalar(&mut self, value: &str, style: ScalarStyle, written: bool, place: Place) {
        let plain = style == ScalarStyle::Plain;
        if plain && written && matches!(value, "~" | "null" | "Null" | "NULL") {
            let remedy = format!("Leave the key out, or write \"{value}\" in quotes when the text is meant.");
            self.errors.add(
                place,
                "null-value",
                format!("{value} means nothing in YAML"),
                remedy,
            );
        }
        let kind = if plain && (value.is_empty() || !written) {
            NodeKind::Nothing
        } else {
            NodeKind::Text(value.to_owned())
        };
        self.add(Node { place, kind });
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::List(place, nodes)) => self.add(Node {
                place,
                kind: NodeKind::List(nodes),
            }),
            Some(Open::Map(place, entries, ..)) => self.add(Node {
                place,
                kind: NodeKind::Map(entries),
            }),
            None => {}
        }
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, nodes)) => nodes.push(node),
            Some(Open::Map(_, entries, pending, seen)) => match pending.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let NodeKind::Text(text) = node.kind else {
                        self.fail(
                            node.place,
                            "key-not-text",
                            "a key must be a text",
                            "Put the key in quotes.",
                        );
                        return;
                    };
                    let repeated = !seen.insert(text.clone());
                    *pending = Some(Key {
                        place: node.place,
                        text: text.clone(),
                    });
                    if repeated {
                        let cause = format!("'{text}' stands here twice");
                        self.errors
                            .add(node.place, "repeated-key", cause, "Keep one of the two.");
                    }
                }
            },
        }
    }
}

fn to_place(span: Span, text: &str) -> Place {
    let width = match span.byte_range().and_then(|range| text.get(range)) {
        Some(marked) => marked
            .lines()
            .next()
            .map_or(1, |line| line.trim_end().chars().count()),
        None => 1,
    };
    Place {
        line: span.start.line().max(1),
        column: span.start.col() + 1,
        width: width.max(1),
    }
}
