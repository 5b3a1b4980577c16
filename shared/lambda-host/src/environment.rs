//! What the template tells a function.
//!
//! In: environment variables. Out: their values. No secret is ever in the environment: it holds names and addresses only.

/// A variable; `None` where it is absent or empty.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
