//! A person's name in parts (behaviours.md 2.1, 4.5).

/// First, middle and family name. One word is a first name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// First name.
    pub first: String,
    /// Everything after it; empty for one word.
    pub last: String,
}

impl Person {
    /// Splits a full name: the first word, and the rest.
    pub fn split(full_name: &str) -> Self {
        let name = strip_attention(full_name).trim();
        match name.split_once(char::is_whitespace) {
            Some((first, last)) => Self {
                first: first.to_owned(),
                last: last.trim().to_owned(),
            },
            None => Self {
                first: name.to_owned(),
                last: String::new(),
            },
        }
    }

    /// `First Last`.
    pub fn first_last(&self) -> String {
        join(&[&self.first, &self.last], " ")
    }

    /// `Last, First`.
    pub fn last_first(&self) -> String {
        join(&[&self.last, &self.first], ", ")
    }

    /// `Last, First M`, where M is the initial of a second of at least three names.
    pub fn last_first_middle(&self) -> String {
        match self.last.split_once(char::is_whitespace) {
            Some((middle, last)) => {
                let initial: String = middle.chars().take(1).collect();
                format!("{}, {} {initial}", last.trim(), self.first)
            }
            None => self.last_first(),
        }
    }
}

fn join(parts: &[&str], between: &str) -> String {
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(between)
}

/// The name without a leading `ATTN`, whatever its case, with `:`, `-`, `.` or spaces after it. `Attnborough` stays.
pub fn strip_attention(name: &str) -> &str {
    let trimmed = name.trim();
    let Some((word, rest)) = trimmed.split_at_checked(4) else {
        return trimmed;
    };
    let separator = |c: char| c.is_whitespace() || matches!(c, ':' | '-' | '.');
    if !word.eq_ignore_ascii_case("attn") || !(rest.is_empty() || rest.starts_with(separator)) {
        return trimmed;
    }
    rest.trim_start_matches(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attention_is_stripped_in_any_case_and_attnborough_is_not_touched() {
        for name in ["ATTN: Jo Doe", "attn Jo Doe", "Attn.- Jo Doe", "Jo Doe"] {
            assert_eq!(strip_attention(name), "Jo Doe", "{name}");
        }
        assert_eq!(strip_attention("Attnborough"), "Attnborough");
        assert_eq!(strip_attention("Ünnä"), "Ünnä");
    }

    #[test]
    fn a_middle_name_becomes_an_initial() {
        assert_eq!(Person::split("Jane Mary Doe").last_first_middle(), "Doe, Jane M");
        assert_eq!(Person::split("Jane Doe").last_first_middle(), "Doe, Jane");
        assert_eq!(Person::split("Cher").last_first(), "Cher");
    }
}
