//! Names and addresses of one stack.
//!
//! In: variables by name: the environment that the template gives its functions, or what the command line read of the deployed stack
//! under the same names. Out: the description, or an error that names the missing one. Holds no secret.

use std::str::FromStr;
use std::time::Duration;

use pipeline::RunError;

use crate::configuration;

/// The longest that an invocation of any function lives, and a little for clocks that differ; Lambda's own bound is 900 seconds. Leases
/// outlive it, and a call sent longer ago has no living sender (reliability.md 1.2, step 2).
const FUNCTION_LIFE_SECONDS: u64 = 960;

/// The template's names of what a stack is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The table.
    pub table: String,
    /// Documents to be mapped.
    pub orders_queue_url: String,
    /// Those that were given up; empty where the function does not look after them.
    pub orders_dead_letters_url: String,
    /// Documents to be posted.
    pub postings_queue_url: String,
    /// Those that were given up; empty where the function does not look after them.
    pub postings_dead_letters_url: String,
    /// Requests to fetch; empty where the function makes none.
    pub requests_queue_url: String,
    /// What the names of the stack's secrets begin with; empty for a function without secrets.
    pub secrets_prefix: String,
    /// Days for which an order's content is kept once its document is final.
    pub payload_days: u64,
    /// Where Linnworks signs in; `None` for the vendor's address.
    pub linnworks_auth_url: Option<String>,
    /// The API of QuickBooks; `None` for the vendor's address.
    pub quickbooks_api_url: Option<String>,
    /// Where Intuit gives and renews tokens; `None` for the vendor's address.
    pub quickbooks_token_url: Option<String>,
    /// Where a person allows the connection with QuickBooks; `None` for the vendor's address.
    pub quickbooks_authorize_url: Option<String>,
    /// Where Intuit ends tokens; `None` for the vendor's address.
    pub quickbooks_revoke_url: Option<String>,
    /// The address of the stack's API, without a slash at its end; `None` where there is none.
    pub public_url: Option<String>,
    /// Loopback may stand in for the vendors: a stack of the project's own tests.
    pub allow_loopback: bool,
    /// How many share the company's limits.
    pub quickbooks_shares: u32,
    /// The longest that an invocation lives.
    pub function_life_max: Duration,
}

impl Description {
    /// Reads the description from variables.
    ///
    /// # Errors
    /// Configuration, naming the variable that is missing or cannot be read.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, RunError> {
        let optional = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let required = |name: &str| optional(name).ok_or_else(|| missing(name));
        let life = number(
            optional("FUNCTION_LIFE_SECONDS"),
            "FUNCTION_LIFE_SECONDS",
            FUNCTION_LIFE_SECONDS,
        )?;
        Ok(Self {
            table: required("TABLE_NAME")?,
            orders_queue_url: required("ORDERS_QUEUE_URL")?,
            orders_dead_letters_url: optional("ORDERS_DEAD_LETTERS_URL").unwrap_or_default(),
            postings_queue_url: required("POSTINGS_QUEUE_URL")?,
            postings_dead_letters_url: optional("POSTINGS_DEAD_LETTERS_URL").unwrap_or_default(),
            requests_queue_url: optional("REQUESTS_QUEUE_URL").unwrap_or_default(),
            secrets_prefix: optional("SECRETS_PREFIX").unwrap_or_default(),
            payload_days: number(optional("PAYLOAD_DAYS"), "PAYLOAD_DAYS", store_aws::PAYLOAD_DAYS)?,
            linnworks_auth_url: optional("LINNWORKS_AUTH_URL"),
            quickbooks_api_url: optional("QUICKBOOKS_API_URL"),
            quickbooks_token_url: optional("QUICKBOOKS_TOKEN_URL"),
            quickbooks_authorize_url: optional("QUICKBOOKS_AUTHORIZE_URL"),
            quickbooks_revoke_url: optional("QUICKBOOKS_REVOKE_URL"),
            public_url: optional("PUBLIC_URL"),
            allow_loopback: number(optional("ALLOW_LOOPBACK"), "ALLOW_LOOPBACK", false)?,
            quickbooks_shares: number(optional("QUICKBOOKS_SHARES"), "QUICKBOOKS_SHARES", 1)?,
            function_life_max: Duration::from_secs(life),
        })
    }
}

fn missing(name: &str) -> RunError {
    configuration(
        format!("the environment has no {name}"),
        "Deploy the function with template.yaml, which sets it",
    )
}

/// A number or a truth value; `default` when it is absent.
fn number<T: FromStr>(value: Option<String>, name: &str, default: T) -> Result<T, RunError> {
    value.map_or(Ok(default), |value| {
        value
            .trim()
            .parse()
            .map_err(|_| configuration(format!("{name} cannot be read"), "Correct it in the template"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        let value = match name {
            "TABLE_NAME" => "books",
            "ORDERS_QUEUE_URL" => "http://orders",
            "POSTINGS_QUEUE_URL" => "http://postings",
            "PAYLOAD_DAYS" => "7",
            "SECRETS_PREFIX" => " ",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn what_the_template_leaves_out_has_its_default() {
        let read = Description::read(&variables).unwrap();
        assert_eq!((read.table.as_str(), read.payload_days), ("books", 7));
        assert_eq!(read.function_life_max, Duration::from_secs(960));
        assert!(read.secrets_prefix.is_empty() && !read.allow_loopback);
    }

    #[test]
    fn a_missing_or_unreadable_variable_is_named() {
        let error = Description::read(&|_| None).unwrap_err().to_string();
        assert!(error.contains("TABLE_NAME"), "{error}");
        let broken = |name: &str| {
            if name == "PAYLOAD_DAYS" {
                Some("soon".into())
            } else {
                variables(name)
            }
        };
        let error = Description::read(&broken).unwrap_err().to_string();
        assert!(error.contains("PAYLOAD_DAYS"), "{error}");
    }
}
