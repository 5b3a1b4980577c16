//! The reference pages of fields, conditions and actions, written from the tables in code.
//!
//! In: the tables. Out: Markdown, the same every time. Checked for drift by whoever keeps the pages.

use std::fmt::Write;

use crate::action::{ACTIONS, ActionSpec, Form};
use crate::field::{FieldId, Level, Origin};
use crate::operator::{Operator, Takes};

/// The page of all fields.
pub fn fields_markdown() -> String {
    let mut out = String::from(
        "# Fields\n\nNames are those of the previewer. Spaces, hyphens and case are free; the other names work too.\n\
         Extended properties are `extended_property.NAME`.\n",
    );
    let groups = [
        (
            "What Linnworks holds: the document",
            Level::Header,
            Origin::Source,
        ),
        ("What the document becomes", Level::Header, Origin::Mapped),
        ("What Linnworks holds: each line", Level::Line, Origin::Source),
        ("What each line becomes", Level::Line, Origin::Mapped),
    ];
    for (title, level, origin) in groups {
        add(&mut out, format_args!("\n## {title}\n\n"));
        out.push_str("| Field | Type | Of | Written by rules | Other names | From | What it is |\n|---|---|---|---|---|---|---|\n");
        for spec in FieldId::all()
            .map(FieldId::spec)
            .filter(|spec| spec.level == level && spec.origin == origin)
        {
            let (aliases, kinds) = (spec.aliases.join(", "), spec.kinds.to_words());
            let writable = if spec.writable { "yes" } else { "no" };
            let names = spec
                .names
                .map(|kind| format!(" Must be the name of a QuickBooks {}.", kind.as_str()));
            let names = names
                .unwrap_or_default()
                .replace("QuickBooks Linnworks", "Linnworks");
            add(
                &mut out,
                format_args!(
                    "| `{}` | {} | {kinds} | {writable} | {aliases} | {} | {}{names} |\n",
                    spec.name,
                    spec.field_type.as_str(),
                    spec.source,
                    spec.doc
                ),
            );
        }
    }
    out
}

/// The page of all conditions.
pub fn conditions_markdown() -> String {
    let mut out = String::from(
        "# Conditions\n\nA condition is `{ field: NAME, COMPARISON: VALUE }`. Text is compared without regard to case, letter by \
         letter in Unicode\nlower case; `case: exact` makes case count. White space is never trimmed. Numbers and dates are \
         compared by value with\nequals, not_equals, in_list, greater and less, and by their text (`12.5`, `2026-01-31`) with \
         the others. A list field\npasses when one of its entries does; a negative comparison is the opposite of its positive \
         one, so it also holds when\nthe field is blank. On an extended property greater and less read the text as a number or \
         a date.\n\nConditions are joined with `all: [...]` and `any: [...]`, nested as needed. A list whose rows carry `and` or \
         `or` is read\nwhen all rows carry the same; a mixture is refused.\n\nA rule with a condition on a line field is tried on \
         each line, with all its conditions on that one line: its line actions\nrun on the lines that match, its document actions \
         run once when any line matches, and read line fields from the first of\nthem. A rule without such a condition runs its \
         line actions on every line, and its\ndocument actions read line fields from the first line. All conditions are judged \
         before the first action.\n\n\
         | Comparison | Value | Other names | What it means |\n|---|---|---|---|\n",
    );
    for operator in Operator::ALL {
        let takes = match operator.takes() {
            Takes::Nothing => "`true`",
            Takes::One => "one",
            Takes::Several => "a list",
        };
        let (name, aliases) = (operator.as_str(), operator.aliases().join(", "));
        add(
            &mut out,
            format_args!("| `{name}` | {takes} | {aliases} | {} |\n", operator.doc().trim()),
        );
    }
    out
}

/// The page of all actions.
pub fn actions_markdown() -> String {
    let mut out = String::from(
        "# Actions\n\nAn action is a map with the action's name as its key. Actions run in the order written; `skip` and `hold` end \
         the\ndocument. An action named `map_...` with a value sets the field to that value; without one it copies the compared \
         field,\nand takes away the prefix or suffix by which `starts_with` or `ends_with` matched. The compared field is that of \
         the one\n`always` condition, else that of the one `starts_with` or `ends_with`, else the only one there is.\n\n\
         | Action | Written | Other names | What it does |\n|---|---|---|---|\n",
    );
    for spec in ACTIONS {
        let aliases = spec.aliases.join(", ");
        add(
            &mut out,
            format_args!(
                "| `{}` | {} | {aliases} | {} |\n",
                spec.name,
                written(spec),
                spec.doc
            ),
        );
    }
    out
}

fn written(spec: &ActionSpec) -> String {
    match spec.form {
        Form::Set => "`set: FIELD`, `to: VALUE`".to_owned(),
        Form::Clear => "`clear: FIELD`".to_owned(),
        Form::Copy => "`copy: FIELD`, `to: FIELD`".to_owned(),
        Form::Map => "`map: FIELD`, with `to: VALUE` or `from: FIELD`".to_owned(),
        Form::FromTable => "`from_table: FIELD`".to_owned(),
        Form::Strip => "`strip: FIELD`, with `prefix: TEXT` or `suffix: TEXT`".to_owned(),
        Form::Template => "`template: TEXT`, `to: FIELD`".to_owned(),
        Form::SplitSku => "`split_sku: left` or `right`, `separator: TEXT`".to_owned(),
        Form::Multiply | Form::Divide => format!("`{}: NUMBER`", spec.name),
        Form::Surcharge => "`add_surcharge: 1.50` or `\"10%\"`".to_owned(),
        Form::AddLine => "`add_line: { FIELD: VALUE }`".to_owned(),
        Form::Skip | Form::Hold => format!("`{}: REASON`", spec.name),
        Form::MapTo(field) => format!("`{}: VALUE`, writes `{}`", spec.name, field.spec().name),
        Form::TemplateTo(field) => format!("`{}: TEXT`, writes `{}`", spec.name, field.spec().name),
    }
}

fn add(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}
