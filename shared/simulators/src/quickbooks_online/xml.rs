//! XML answers, which the API gives when JSON was not asked for (quickbooks-online.md 2.1) and in some throttles (2.10).
//!
//! In: a JSON answer. Out: the same as XML by the mapping of quickbooks-online.md 6: references become an element with a
//! `name` attribute, repeated members repeat. Enough for a client to see that it is no JSON, and to read a fault.

use super::http::Answer;
use super::json::Json;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn element(out: &mut String, name: &str, value: &Json) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| element(out, name, item)),
        Json::Null => {}
        Json::Object(_) if name.ends_with("Ref") && value.get("value").is_some() => {
            let label = value
                .text_at("name")
                .map(|label| format!(" name=\"{}\"", escaped(label)));
            let id = escaped(value.text_at("value").unwrap_or(""));
            out.push_str(&format!("<{name}{}>{id}</{name}>", label.unwrap_or_default()));
        }
        Json::Object(_) => {
            let attributes: String = ["domain", "sparse", "status", "type", "code", "element"]
                .into_iter()
                .filter_map(|attribute| {
                    let text = match value.get(attribute)? {
                        Json::Bool(flag) => flag.to_string(),
                        other => other.as_text()?.to_owned(),
                    };
                    Some(format!(" {attribute}=\"{}\"", escaped(&text)))
                })
                .collect();
            out.push_str(&format!("<{name}{attributes}>"));
            for (member, inner) in value.members() {
                if !attributes.contains(&format!(" {member}=\"")) {
                    element(out, member, inner);
                }
            }
            out.push_str(&format!("</{name}>"));
        }
        Json::Bool(flag) => out.push_str(&format!("<{name}>{flag}</{name}>")),
        Json::Text(text) | Json::Number(text) => out.push_str(&format!("<{name}>{}</{name}>", escaped(text))),
    }
}

/// The answer as XML.
pub(super) fn answer(answer: Answer) -> Answer {
    let Ok(body) = Json::parse(&answer.body) else {
        return answer;
    };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>");
    let time = escaped(body.text_at("time").unwrap_or(""));
    out.push_str(&format!(
        "<IntuitResponse time=\"{time}\" xmlns=\"http://schema.intuit.com/finance/v3\">"
    ));
    for (name, value) in body.members().filter(|(name, _)| *name != "time") {
        element(&mut out, name, value);
    }
    out.push_str("</IntuitResponse>");
    Answer {
        body: out,
        content_type: "application/xml;charset=UTF-8",
        ..answer
    }
}
