//! Reads `then`: a list of actions, each a map with the action's name as its key.
//!
//! In: nodes, and the rule's `when` for actions that take the compared field. Out: [`Action`]s.

use super::read::{Reader, find};
use super::tree::{Key, Node, NodeKind};
use crate::action::{ACTIONS, ActionSpec, Form, target_for};
use crate::error::{Place, did_you_mean};
use crate::field::{Field, FieldId, Kind, simplify};
use crate::nearest::nearest;
use crate::rule::{Action, Affix, Placed, Side, When};
use crate::verify::{check_action, parse_factor, parse_surcharge};

const EXAMPLE: &str = "Write for example `- map_store_name: Amazon`.";

impl Reader<'_> {
    pub(super) fn read_actions(
        &mut self,
        node: &Node,
        kind: Kind,
        when: Option<&When>,
    ) -> Option<Vec<Placed<Action>>> {
        let nodes = self.list(node, "then", EXAMPLE);
        if nodes.is_empty() {
            self.errors
                .add(node.place, "then-missing", "`then` has no action", EXAMPLE);
            return None;
        }
        let mut actions = Vec::with_capacity(nodes.len());
        let mut complete = true;
        for node in nodes {
            let Some((action, place)) = self.read_action(node, kind) else {
                complete = false;
                continue;
            };
            if let Some(Err(wrong)) = when.map(|when| check_action(&action, kind, when)) {
                self.errors.add(place, wrong.code, wrong.cause, wrong.remedy);
                complete = false;
            }
            actions.push(Placed {
                value: action,
                line: node.place.line,
            });
        }
        complete.then_some(actions)
    }

    /// An action, and the place of its argument.
    fn read_action(&mut self, node: &Node, kind: Kind) -> Option<(Action, Place)> {
        let entries = self.map(node, "an action", EXAMPLE)?;
        let (spec, value) = self.find_action(node, entries)?;
        let action = self.read_form(spec, node, entries, value, kind)?;
        Some((action, value.place))
    }

    fn read_form(
        &mut self,
        spec: &ActionSpec,
        node: &Node,
        entries: &[(Key, Node)],
        value: &Node,
        kind: Kind,
    ) -> Option<Action> {
        match spec.form {
            Form::Set => {
                let field = self.named_field(value, kind, spec.name)?;
                let to = self.sibling(node, entries, "to", spec.name)?;
                Some(Action::Set {
                    field,
                    value: self.text(to, "to")?,
                })
            }
            Form::Clear => Some(Action::Clear {
                field: self.named_field(value, kind, spec.name)?,
            }),
            Form::Copy => {
                let from = self.named_field(value, kind, spec.name)?;
                let to = self.sibling(node, entries, "to", spec.name)?;
                Some(Action::Copy {
                    from,
                    to: self.named_field(to, kind, "to")?,
                })
            }
            Form::Map => self.read_map(entries, value, kind),
            Form::FromTable => Some(Action::FromTable {
                field: self.named_field(value, kind, spec.name)?,
            }),
            Form::Strip => self.read_strip(entries, value, kind),
            Form::Template => {
                let to = self.sibling(node, entries, "to", spec.name)?;
                Some(Action::Template {
                    text: self.text(value, spec.name)?,
                    field: self.named_field(to, kind, "to")?,
                })
            }
            Form::SplitSku => self.read_split(node, entries, value),
            Form::Multiply => self.factor(value, spec.name).map(Action::MultiplyQuantity),
            Form::Divide => self.factor(value, spec.name).map(Action::DivideQuantity),
            Form::Surcharge => self.read_surcharge(value),
            Form::AddLine => self.read_line(value, kind).map(Action::AddLine),
            Form::Skip => self.text(value, "skip").map(Action::Skip),
            Form::Hold => self.text(value, "hold").map(Action::Hold),
            Form::MapTo(field) => Some(map_to(target_for(kind, field), optional(self, value, spec.name)?)),
            Form::TemplateTo(field) => match optional(self, value, spec.name)? {
                Some(text) if text.contains(['{', '}']) => Some(Action::Template {
                    field: field.into(),
                    text,
                }),
                other => Some(map_to(field, other)),
            },
        }
    }

    fn read_surcharge(&mut self, value: &Node) -> Option<Action> {
        let text = self.text(value, "add_surcharge")?;
        match parse_surcharge(&text) {
            Ok(surcharge) => Some(Action::Surcharge(surcharge)),
            Err(wrong) => self.refuse(value, wrong),
        }
    }

    fn find_action<'n>(
        &mut self,
        node: &Node,
        entries: &'n [(Key, Node)],
    ) -> Option<(&'static ActionSpec, &'n Node)> {
        let Some((key, value)) = entries
            .iter()
            .find(|(key, _)| ActionSpec::find(&key.text).is_some())
        else {
            let (place, word) = entries
                .first()
                .map_or((node.place, ""), |(key, _)| (key.place, key.text.as_str()));
            let words: Vec<&str> = ACTIONS
                .iter()
                .flat_map(|spec| std::iter::once(spec.name).chain(spec.aliases.iter().copied()))
                .collect();
            let near = did_you_mean(nearest(&simplify(word), &words));
            let remedy = format!("{near}`linnbooks rules` has a reference page of all actions. {EXAMPLE}");
            self.errors.add(
                place,
                "unknown-action",
                format!("there is no action '{word}'"),
                remedy,
            );
            return None;
        };
        let spec = ActionSpec::find(&key.text)?;
        for (other, _) in entries.iter().filter(|(other, _)| other.text != key.text) {
            if spec.extra_keys().contains(&simplify(&other.text).as_str()) {
                continue;
            }
            if ActionSpec::find(&other.text).is_some() {
                let cause = format!("'{}' stands beside '{}'", other.text, key.text);
                self.errors.add(
                    other.place,
                    "two-actions",
                    cause,
                    "Begin each action with its own `-`.",
                );
            } else {
                let allowed = spec.extra_keys();
                let near = did_you_mean(nearest(&other.text, allowed));
                let here = if allowed.is_empty() {
                    "nothing".to_owned()
                } else {
                    allowed.join(", ")
                };
                let remedy = format!("{near}Possible beside it: {here}.");
                self.errors.add(
                    other.place,
                    "unknown-key",
                    format!("the action '{}' has no '{}'", spec.name, other.text),
                    remedy,
                );
            }
            return None;
        }
        Some((spec, value))
    }

    fn refuse<T>(&mut self, node: &Node, wrong: crate::condition::Wrong) -> Option<T> {
        self.errors.add(node.place, wrong.code, wrong.cause, wrong.remedy);
        None
    }

    fn sibling<'n>(
        &mut self,
        node: &Node,
        entries: &'n [(Key, Node)],
        key: &str,
        action: &str,
    ) -> Option<&'n Node> {
        let found = find(entries, key);
        if found.is_none() {
            let cause = format!("the action '{action}' needs '{key}'");
            self.errors.add(
                node.place,
                "argument-missing",
                cause,
                format!("Write `{action}: ...` and `{key}: ...` in one map."),
            );
        }
        found
    }

    fn named_field(&mut self, node: &Node, kind: Kind, what: &str) -> Option<Field> {
        let name = self.text(node, what)?;
        self.field(node.place, kind, &name)
    }

    fn read_map(&mut self, entries: &[(Key, Node)], value: &Node, kind: Kind) -> Option<Action> {
        let field = self.named_field(value, kind, "map")?;
        match (find(entries, "to"), find(entries, "from")) {
            (Some(to), Some(_)) => {
                let remedy = "Keep `to` for a constant, or `from` for another field.";
                self.errors.add(
                    to.place,
                    "to-and-from",
                    "`to` and `from` stand beside each other",
                    remedy,
                );
                None
            }
            (Some(to), None) => Some(Action::Set {
                field,
                value: self.text(to, "to")?,
            }),
            (None, Some(from)) => Some(Action::Copy {
                from: self.named_field(from, kind, "from")?,
                to: field,
            }),
            (None, None) => Some(Action::Map { field }),
        }
    }

    fn read_strip(&mut self, entries: &[(Key, Node)], value: &Node, kind: Kind) -> Option<Action> {
        let field = self.named_field(value, kind, "strip")?;
        let affix = match (find(entries, "prefix"), find(entries, "suffix")) {
            (Some(prefix), None) => Affix::Prefix(self.text(prefix, "prefix")?),
            (None, Some(suffix)) => Affix::Suffix(self.text(suffix, "suffix")?),
            (None, None) => Affix::Matched,
            (Some(prefix), Some(_)) => {
                let remedy = "Write two actions, one for each.";
                self.errors.add(
                    prefix.place,
                    "prefix-and-suffix",
                    "`prefix` and `suffix` stand beside each other",
                    remedy,
                );
                return None;
            }
        };
        Some(Action::Strip { field, affix })
    }

    fn read_split(&mut self, node: &Node, entries: &[(Key, Node)], value: &Node) -> Option<Action> {
        let side = self.text(value, "split_sku")?;
        let keep = match simplify(&side).as_str() {
            "left" => Side::Left,
            "right" => Side::Right,
            _ => {
                let cause = format!("a SKU has no side '{side}'");
                self.errors.add(
                    value.place,
                    "unknown-side",
                    cause,
                    "Write `split_sku: left` or `split_sku: right`.",
                );
                return None;
            }
        };
        let separator = self.sibling(node, entries, "separator", "split_sku")?;
        Some(Action::SplitSku {
            keep,
            separator: self.text(separator, "separator")?,
        })
    }

    fn factor(&mut self, value: &Node, what: &str) -> Option<rust_decimal::Decimal> {
        let text = self.text(value, what)?;
        match parse_factor(&text) {
            Ok(factor) => Some(factor),
            Err(wrong) => self.refuse(value, wrong),
        }
    }

    fn read_line(&mut self, value: &Node, kind: Kind) -> Option<Vec<(FieldId, String)>> {
        let entries = self.map(
            value,
            "a line",
            "Write `add_line: { item: Gift wrap, quantity: 1, line_total: 2.50 }`.",
        )?;
        let mut fields = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let field = self.field(key.place, kind, &key.text)?;
            let text = self.text(value, &key.text)?;
            match field {
                Field::Known(id) => fields.push((id, text)),
                Field::Extended(_) => {
                    let cause = format!("'{}' is no field of a line", key.text);
                    self.errors.add(
                        key.place,
                        "not-a-line-field",
                        cause,
                        "Name fields of lines, such as item and quantity.",
                    );
                    return None;
                }
            }
        }
        Some(fields)
    }
}

fn map_to(field: FieldId, value: Option<String>) -> Action {
    match value {
        Some(value) => Action::Set {
            field: field.into(),
            value,
        },
        None => Action::Map { field: field.into() },
    }
}

/// A text, or nothing where nothing is written; absent when it is neither.
fn optional(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<Option<String>> {
    match &node.kind {
        NodeKind::Nothing => Some(None),
        NodeKind::Text(text) if text.is_empty() => Some(None),
        _ => reader.text(node, what).map(Some),
    }
}
