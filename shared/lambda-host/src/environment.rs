//! What the template tells a function.
//!
//! In: environment variables. Out: their values, or an error that names the missing one. No secret is ever in the environment: it
//! holds names and addresses only.

use std::str::FromStr;
use std::time::Duration;

use crate::error::HostError;

/// A variable that must be set.
///
/// # Errors
/// Configuration, naming the variable.
pub fn required(name: &str) -> Result<String, HostError> {
    optional(name).ok_or_else(|| {
        HostError::configuration(format!(
            "the environment has no {name}. Deploy the function with template.yaml, which sets it"
        ))
    })
}

/// A variable that may be absent or empty.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// A variable that is a number or the like; `default` when it is absent.
///
/// # Errors
/// Configuration for a value that cannot be read.
pub fn parsed<T: FromStr>(name: &str, default: T) -> Result<T, HostError> {
    match optional(name) {
        None => Ok(default),
        Some(value) => value.trim().parse().map_err(|_| {
            HostError::configuration(format!("{name} cannot be read. Correct it in the template"))
        }),
    }
}

/// The longest that an invocation of any function of the stack lives, and a little for clocks that differ; Lambda's own bound is 900
/// seconds. Leases outlive it, and a call sent longer ago has no living sender (reliability.md 1.2, step 2).
///
/// # Errors
/// Configuration, for a value that is no number.
pub fn function_life_max() -> Result<Duration, HostError> {
    parsed("FUNCTION_LIFE_SECONDS", 960).map(Duration::from_secs)
}
