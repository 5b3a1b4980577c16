//! A request as one of Linnworks' methods sees it, whichever encoding it came in (linnworks.md 3.1).
//!
//! In: path, query, content type, body. Out: `Call` with named parameters. Names are compared without regard to case and
//! unknown ones are ignored.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::reply::Reply;

/// The parameters of a call, or of an object inside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    members: Map<String, Value>,
    /// Complex parameters came as JSON text in a field of their own.
    is_form: bool,
}

/// One call of a method.
#[derive(Debug)]
pub(crate) struct Call {
    /// `controller/method` in lower case, without `/api/`; "" for any other path.
    pub(crate) method: String,
    pub(crate) parameters: Result<Parameters, Reply>,
}

impl Call {
    /// Reads a request. The method is known even when the parameters are not; their error is the answer to give.
    pub(crate) fn read(path: &str, query: &str, content_type: &str, body: &[u8]) -> Self {
        let lower = path.to_ascii_lowercase();
        let method = lower
            .strip_prefix("/api/")
            .unwrap_or_default()
            .trim_end_matches('/')
            .to_owned();
        Self {
            method,
            parameters: read_parameters(query, content_type, body),
        }
    }
}

fn read_parameters(query: &str, content_type: &str, body: &[u8]) -> Result<Parameters, Reply> {
    let mut parameters = Parameters {
        members: form_members(query),
        is_form: true,
    };
    let text = std::str::from_utf8(body).map_err(|_| Reply::invalid())?;
    let is_json =
        content_type.to_ascii_lowercase().contains("json") || text.trim_start().starts_with(['{', '[']);
    if text.trim().is_empty() {
        return Ok(parameters);
    }
    if is_json {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => parameters.members.extend(members),
            Ok(_) | Err(_) => return Err(Reply::invalid()),
        }
        parameters.is_form = false;
    } else {
        parameters.members.extend(form_members(text));
    }
    Ok(parameters)
}

impl Parameters {
    /// The parameter of that name; null counts as absent.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        let found = self
            .members
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// The object the method takes as `request`, where the JSON body wraps it too.
    pub(crate) fn wrapped(&self, name: &str) -> Result<Self, Reply> {
        match self.value(name) {
            Some(Value::Object(members)) => Ok(Self {
                members: members.clone(),
                is_form: self.is_form,
            }),
            Some(_) => Err(Reply::invalid()),
            None => Err(Reply::bad_request("request is empty")),
        }
    }

    /// The object the method takes as `request`, where a JSON body is that object and only a form names it.
    pub(crate) fn unwrapped(&self, name: &str) -> Self {
        match self.value(name) {
            Some(Value::Object(members)) if self.is_form => Self {
                members: members.clone(),
                is_form: true,
            },
            _ => self.clone(),
        }
    }

    /// Text, or a number's text; "" when absent.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.value(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// A whole number, also as text; the error is the answer for anything else.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Reply> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Number(number)) => number.as_i64().map(Some).ok_or_else(Reply::invalid),
            Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| Reply::invalid()),
            Some(_) => Err(Reply::invalid()),
        }
    }

    /// True for `true` and "true".
    pub(crate) fn is_true(&self, name: &str) -> bool {
        match self.value(name) {
            Some(Value::Bool(truth)) => *truth,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// An instant in any of the forms clients send; text without a zone is UTC (linnworks.md 3.2).
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Reply> {
        let text = self.text(name);
        if text.is_empty() || text == "null" {
            return Ok(None);
        }
        parse_instant(&text).map(Some).ok_or_else(Reply::invalid)
    }

    /// A list; the error is the answer for anything else that is present.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Value>, Reply> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values.clone()),
            Some(_) => Err(Reply::invalid()),
        }
    }

    /// A list of GUIDs in lower case.
    pub(crate) fn guids(&self, name: &str) -> Result<Vec<String>, Reply> {
        self.list(name)?
            .iter()
            .map(|value| guid(value.as_str().unwrap_or_default()))
            .collect()
    }

    /// The parameters of a JSON object inside a list.
    pub(crate) fn of(value: &Value) -> Self {
        Self {
            members: value.as_object().cloned().unwrap_or_default(),
            is_form: false,
        }
    }
}

/// A GUID in lower case; the error is the answer for text that is not one.
pub(crate) fn guid(text: &str) -> Result<String, Reply> {
    uuid::Uuid::try_parse(text.trim())
        .map(|guid| guid.to_string())
        .map_err(|_| Reply::invalid())
}

/// An instant in any of the forms that occur.
pub(crate) fn parse_instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let date_time = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0)));
    date_time
        .ok()?
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

fn form_members(text: &str) -> Map<String, Value> {
    let mut members = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value);
        let is_json = value.trim_start().starts_with(['{', '[']);
        let parsed = if is_json {
            serde_json::from_str(&value).ok()
        } else {
            None
        };
        members.insert(decode(name), parsed.unwrap_or(Value::String(value)));
    }
    members
}

/// Undoes `application/x-www-form-urlencoded`; a broken escape stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (
            first,
            escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
