//! Texts that QuickBooks takes: cleaned, shortened, hashed.

use sha2::{Digest, Sha256};

/// The text without control characters, with single spaces, trimmed, at most `max` characters; `None` when nothing is
/// left.
pub fn clean(text: &str, max: usize) -> Option<String> {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = joined.chars().take(max).collect();
    let short = short.trim_end();
    (!short.is_empty()).then(|| short.to_owned())
}

/// A name that QuickBooks takes: as [`clean`], and no colon, which QuickBooks reads as parent and child
/// (quickbooks-online.md 3.2).
pub fn safe_name(text: &str, max: usize) -> Option<String> {
    clean(&text.replace(':', "-"), max)
}

/// The text with each character beyond ISO-8859-1 replaced: companies in the US take no others (quickbooks-online.md 3.0).
pub fn to_latin(text: &str) -> String {
    text.chars()
        .map(|c| if u32::from(c) <= 0xFF { c } else { '?' })
        .collect()
}

/// The first `digits` hexadecimal digits of the text's hash.
pub fn hash(text: &str, digits: usize) -> String {
    let hex: String = Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    hex.chars().take(digits).collect()
}

/// The first `max` characters, or when the text is longer, a beginning and a hash of the whole, together `max` characters.
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let head: String = text.chars().take(max.saturating_sub(5)).collect();
    format!("{head}-{}", hash(text, 4)).chars().take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_colons_never_reach_a_name() {
        assert_eq!(safe_name("  A:B\t\nC  ", 500).as_deref(), Some("A-B C"));
        assert_eq!(safe_name(" \u{7} ", 500), None);
    }

    #[test]
    fn two_long_texts_with_the_same_beginning_are_shortened_apart() {
        let one = shorten("026-1234567-1234567-A", 19);
        let two = shorten("026-1234567-1234567-B", 19);
        assert_eq!(one.chars().count(), 19);
        assert_ne!(one, two);
    }
}
