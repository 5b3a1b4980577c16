//! Texts with `{field}` in them.
//!
//! In: the text and the kind of document. Out: its parts. `{{` and `}}` stand for braces.

use crate::condition::Wrong;
use crate::error::did_you_mean;
use crate::field::{Field, Kind, Unknown};

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text as it is.
    Text(String),
    /// The value of a field.
    Field(Field),
}

/// Splits a template into its parts.
pub(crate) fn parse(text: &str, kind: Kind) -> Result<Vec<Part>, Wrong> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '{' | '}' if rest.peek() == Some(&letter) => {
                rest.next();
                plain.push(letter);
            }
            '{' => {
                let name: String = rest.by_ref().take_while(|letter| *letter != '}').collect();
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Field(find(&name, kind)?));
            }
            '}' => {
                let cause = "a } stands alone in the template";
                return Err(Wrong::new(
                    "bad-template",
                    cause,
                    "Write a field as {field}, and a brace as {{ or }}.",
                ));
            }
            other => plain.push(other),
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

fn find(name: &str, kind: Kind) -> Result<Field, Wrong> {
    Field::parse(kind, name).map_err(|unknown| {
        let near = match unknown {
            Unknown::Nowhere(near) => near,
            Unknown::OtherKind(_) => None,
        };
        let cause = format!("the template names '{name}', which is no field here");
        Wrong::new(
            "bad-template",
            cause,
            format!(
                "{}Write a field as {{field}}, and a brace as {{{{ or }}}}.",
                did_you_mean(near)
            ),
        )
    })
}
