//! What can go wrong in one call, and what it means to the caller (linnworks.md 1.5, 2.1).
//!
//! In: status, headers and body of an answer, or the failure to get one. Out: a [`Fault`], and from it the
//! [`ConnectorError`] with cause and remedy. Bodies are never repeated, only their Message, cut and without secrets.

use std::time::Duration;

use ports::{ConnectorError, Disposition};
use serde_json::value::RawValue;

/// Characters of a Message that are repeated in an error.
const MESSAGE_CHARACTERS_MAX: usize = 200;

/// Texts of 400 answers that mean an overloaded backend (linnworks.md 2.1), lower case.
const TRANSIENT_SIGNATURES: [&str; 3] = [
    "connection timeout expired",
    "pre-login handshake",
    "timeout period elapsed",
];
/// Texts that mean a refused session token whatever the status (linnworks.md 1.5), lower case.
const SESSION_SIGNATURES: [&str; 3] = ["token is wrong", "unauthorized", "invalid token"];
/// Texts that mean that a request asked for too much at once, lower case.
const SIZE_SIGNATURES: [&str; 6] = [
    "too many",
    "too large",
    "too long",
    "maximum request length",
    "maxjsonlength",
    "exceeds the maximum",
];

/// Why one request did not bring an answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The session token is not, or no longer, good.
    Session,
    /// The quota is used up.
    Throttled {
        /// Retry-After.
        after: Option<Duration>,
    },
    /// May succeed later.
    Transient {
        /// What happened.
        cause: String,
    },
    /// The request asked for too much at once, or something in it is refused.
    Refused {
        /// HTTP status.
        status: u16,
        /// What Linnworks said.
        message: String,
    },
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// Already judged.
    Final(Box<ConnectorError>),
}

impl Fault {
    /// True when the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Transient { .. })
    }

    /// The error of a data call.
    pub fn into_error(self, method: &str) -> ConnectorError {
        let place = place(method);
        match self {
            Self::Session => reconnect(
                method,
                "Linnworks refuses the session even after a new authorization",
            ),
            Self::Throttled { after } => ConnectorError::new(
                Disposition::Retry { after },
                place,
                match after {
                    Some(after) => format!(
                        "the calls allowed per minute are used up; Linnworks asks to wait {} seconds",
                        after.as_secs()
                    ),
                    None => "the calls allowed per minute are used up".to_owned(),
                },
                "It is tried again later; stop other programs that use the same Linnworks app if it persists",
            ),
            Self::Transient { cause } => ConnectorError::new(
                Disposition::Retry { after: None },
                place,
                cause,
                "It is tried again later; see the Linnworks status page if it persists",
            ),
            Self::Refused { status, message } => ConnectorError::new(
                Disposition::Defect,
                place,
                format!("Linnworks refused the request: HTTP {status}, {message}"),
                "Report this to the makers of linnbooks",
            ),
            Self::Forbidden => ConnectorError::new(
                Disposition::Forbidden,
                place,
                format!("the permission {} is missing", permission(method)),
                "Give the permission to the user who installed the app in Linnworks (Settings, User Management), or install the app as another user",
            ),
            Self::NotFound => ConnectorError::new(
                Disposition::Configuration,
                place,
                "HTTP 404: wrong cluster or method",
                "If the account has moved to another Linnworks cluster this ends with the next authorization; else check auth_url",
            ),
            Self::Final(error) => *error,
        }
    }
}

/// How a call is named in errors.
pub fn place(method: &str) -> String {
    format!("linnworks {method}")
}

/// An error that ends only when a person connects the account again.
pub fn reconnect(method: &str, cause: impl Into<String>) -> ConnectorError {
    ConnectorError::new(
        Disposition::Reconnect,
        place(method),
        cause,
        "Install the app in Linnworks again and copy the new token into the configuration; check application_id and application_secret too",
    )
}

/// The permission a method needs (linnworks.md 1.5, 4.1).
fn permission(method: &str) -> &'static str {
    match method.split('/').next() {
        Some("ProcessedOrders") => "GlobalPermissions.OrderBook.ProcessedOrdersNode",
        Some("OpenOrders") => "for open orders (GlobalPermissions.OrderBook)",
        Some("Orders") => "to view orders (GlobalPermissions.OrderBook)",
        Some("Inventory") => "to view inventory (GlobalPermissions.Inventory)",
        _ => "for this method",
    }
}

/// What an answer that is not 2xx means. `retry_after` is the header's text; `secrets` are cut out of what is repeated.
pub fn judge_failure(status: u16, retry_after: Option<&str>, body: &str, secrets: &[&str]) -> Fault {
    let lower = body.to_lowercase();
    let has = |signatures: &[&str]| signatures.iter().any(|signature| lower.contains(signature));
    match status {
        401 => Fault::Session,
        429 => Fault::Throttled {
            after: retry_after.and_then(parse_retry_after),
        },
        400 if has(&TRANSIENT_SIGNATURES) => Fault::Transient {
            cause: "HTTP 400: the Linnworks database did not answer in time".to_owned(),
        },
        // Before the texts of a refused session: .NET says "unauthorized operation" of a missing permission too.
        403 => Fault::Forbidden,
        404 => Fault::NotFound,
        400..=499 if has(&SESSION_SIGNATURES) => Fault::Session,
        408 => Fault::Transient {
            cause: "HTTP 408: Linnworks waited too long".to_owned(),
        },
        500..=599 if has(&SIZE_SIGNATURES) => Fault::Refused {
            status,
            message: describe_body(body, secrets),
        },
        500..=599 => Fault::Transient {
            cause: format!("HTTP {status}, {}", describe_body(body, secrets)),
        },
        _ => Fault::Refused {
            status,
            message: describe_body(body, secrets),
        },
    }
}

/// Retry-After in seconds; the form as a date is not seen from Linnworks and counts as none (linnworks.md 2.3).
fn parse_retry_after(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

/// The Message of an error body in any of its forms, or what kind of body it is: an object with Message, a bare JSON string,
/// HTML, text, empty (linnworks.md 2.1).
pub fn describe_body(body: &str, secrets: &[&str]) -> String {
    let body = body.trim_start_matches('\u{feff}').trim();
    if body.is_empty() {
        return "an empty body".to_owned();
    }
    if body.starts_with('<') {
        return "an HTML page".to_owned();
    }
    match read_message(body) {
        Some(message) => format!("\"{}\"", clean(&message, secrets)),
        None if serde_json::from_str::<&RawValue>(body).is_ok() => "JSON without a Message".to_owned(),
        None => "a text that is no JSON".to_owned(),
    }
}

fn read_message(body: &str) -> Option<String> {
    match serde_json::from_str::<serde_json::Value>(body).ok()? {
        serde_json::Value::String(message) => Some(message),
        serde_json::Value::Object(members) => members
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("message"))
            .and_then(|(_, value)| value.as_str())
            .map(str::to_owned),
        _ => None,
    }
}

fn clean(message: &str, secrets: &[&str]) -> String {
    let mut message = message.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        message = message.replace(secret, "[secret]");
    }
    message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MESSAGE_CHARACTERS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "CONNECTION Timeout Expired.  The timeout period elapsed";

    #[test]
    fn every_error_form_is_judged_by_who_must_act() {
        let transient = |fault: &Fault| matches!(fault, Fault::Transient { .. });
        let refused = |fault: &Fault| matches!(fault, Fault::Refused { .. });
        type Check = fn(&Fault) -> bool;
        let cases: [(u16, String, Check); 22] = [
            (
                400,
                r#"{"Code":null,"Message":"request is empty"}"#.into(),
                refused,
            ),
            (400, r#""request is empty""#.into(), refused),
            (400, "request is empty".into(), refused),
            (400, "<html><body>Bad request</body></html>".into(), refused),
            (400, String::new(), refused),
            (400, format!(r#"{{"Code":null,"Message":"{SQL}"}}"#), transient),
            (400, format!(r#""{SQL}""#), transient),
            (400, SQL.into(), transient),
            (
                400,
                r#"{"Message":"during the Pre-Login Handshake"}"#.into(),
                transient,
            ),
            (
                400,
                r#"{"Code":null,"Message":"Token is wrong"}"#.into(),
                |fault| *fault == Fault::Session,
            ),
            (401, String::new(), |fault| *fault == Fault::Session),
            (401, "<html>".into(), |fault| *fault == Fault::Session),
            (
                403,
                r#"{"Message":"Attempted to perform an unauthorized operation."}"#.into(),
                |fault| *fault == Fault::Forbidden,
            ),
            (404, String::new(), |fault| *fault == Fault::NotFound),
            (404, r#""unauthorized""#.into(), |fault| *fault == Fault::NotFound),
            (408, String::new(), transient),
            (413, String::new(), refused),
            (414, "<html>".into(), refused),
            (429, r#""API calls quota exceeded!""#.into(), |fault| {
                *fault == Fault::Throttled { after: None }
            }),
            (500, "<html>".into(), transient),
            (500, r#"{"Message":"Too many ids"}"#.into(), refused),
            (503, String::new(), transient),
        ];
        for (status, body, check) in cases {
            let fault = judge_failure(status, None, &body, &[]);
            assert!(check(&fault), "{status} {body:?} gave {fault:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_and_anything_else_is_none() {
        let after = |text| judge_failure(429, Some(text), "", &[]);
        assert_eq!(
            after(" 7 "),
            Fault::Throttled {
                after: Some(Duration::from_secs(7))
            }
        );
        assert_eq!(after("soon"), Fault::Throttled { after: None });
    }

    #[test]
    fn a_long_message_is_cut_and_secrets_are_taken_out() {
        let message = format!(r#"{{"message":"Token abc-1 is bad\n{}"}}"#, "x".repeat(500));
        let shown = describe_body(&message, &["abc-1", ""]);
        assert!(shown.starts_with("\"Token [secret] is bad xxx"), "{shown}");
        assert_eq!(shown.chars().count(), MESSAGE_CHARACTERS_MAX + 2);
    }

    #[test]
    fn bodies_without_a_message_are_described_and_never_repeated() {
        assert_eq!(describe_body(" ", &[]), "an empty body");
        assert_eq!(describe_body("<html>Jane Doe</html>", &[]), "an HTML page");
        assert_eq!(describe_body("Jane Doe", &[]), "a text that is no JSON");
        assert_eq!(
            describe_body(r#"{"Buyer":"Jane Doe"}"#, &[]),
            "JSON without a Message"
        );
        assert_eq!(describe_body("\u{feff}\"quota\"", &[]), "\"quota\"");
    }

    #[test]
    fn a_missing_permission_is_named() {
        let error = Fault::Forbidden.into_error("ProcessedOrders/SearchProcessedOrders");
        assert_eq!(error.disposition, Disposition::Forbidden);
        assert!(
            error
                .cause
                .contains("GlobalPermissions.OrderBook.ProcessedOrdersNode")
        );
    }
}
