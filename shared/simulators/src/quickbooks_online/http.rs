//! The simulator's own view of a request and an answer, free of the HTTP library.
//!
//! In: raw texts. Out: decoded query and form parameters, answers with their type. Does not open sockets.

/// A request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub is_post: bool,
    pub path: String,
    pub parameters: Vec<(String, String)>,
    pub authorization: String,
    pub content_type: String,
    /// Whether the caller accepts JSON; without that the API answers XML (quickbooks-online.md 2.1).
    pub accepts_json: bool,
    pub body: String,
}

impl Request {
    /// A parameter of the address; empty ones count as not given.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self
            .parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// The JSON content type of the API.
pub(super) const JSON: &str = "application/json;charset=UTF-8";

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: impl ToString) -> Self {
        Self {
            status,
            content_type: JSON,
            headers: Vec::new(),
            body: body.to_string(),
        }
    }

    /// A gateway's page.
    pub fn html(status: u16, title: &str) -> Self {
        let body = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
        Self {
            status,
            content_type: "text/html",
            headers: Vec::new(),
            body,
        }
    }

    /// The same answer with a header more.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Decodes `%41` and `+`.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut ahead = bytes.clone();
                match (ahead.next().and_then(hex), ahead.next().and_then(hex)) {
                    (Some(high), Some(low)) => {
                        bytes = ahead;
                        high * 16 + low
                    }
                    _ => b'%',
                }
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Decodes `a=b&c=d`.
pub(super) fn form_decoded(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (percent_decoded(name), percent_decoded(value)))
        .collect()
}

/// Base64 with padding, for comparing Basic credentials.
pub(super) fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * position) & 63).unwrap_or(0);
            let letter = LETTERS.get(index).copied().unwrap_or(b'=');
            encoded.push(if position <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_to_groups_of_four() {
        assert_eq!(base64("cid:secret"), "Y2lkOnNlY3JldA==");
        assert_eq!(base64("abc"), "YWJj");
        assert_eq!(base64("ab"), "YWI=");
    }

    #[test]
    fn percent_escapes_and_plus_are_decoded() {
        assert_eq!(percent_decoded("a%20b+c%27%C3%A9%"), "a b c'é%");
    }
}
