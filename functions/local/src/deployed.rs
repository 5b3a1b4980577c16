//! Finds a deployed stack by its name.
//!
//! In: a name, a region, the AWS credentials of whoever types the command. Out: the stack, described by CloudFormation's outputs and
//! parameters under the names that its functions have in their environment. Asks CloudFormation one question and changes nothing.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::ProvideCredentials;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;
use aws_sdk_cloudformation::types::Stack as Found;
use ports::SystemClock;
use stack::{Description, Stack};
use store_aws::Connection;
use thiserror::Error as ThisError;

/// The outputs that every stack of linnbooks has.
const OUTPUTS: [&str; 4] = [
    "TableName",
    "OrdersQueueUrl",
    "PostingsQueueUrl",
    "RequestsQueueUrl",
];

/// Why there is no way to a stack; nothing was changed.
#[derive(Debug, ThisError)]
pub enum StackError {
    /// Nobody says where it is.
    #[error(
        "it is not known in which region the stack is. Name it with --region, AWS_REGION, or `region` in the AWS profile"
    )]
    NoRegion,
    /// There are no credentials, or they cannot be had.
    #[error("{cause}. {remedy}")]
    Credentials {
        /// What is the matter.
        cause: String,
        /// What to do.
        remedy: &'static str,
    },
    /// It is not there.
    #[error(
        "there is no stack '{name}' in {region} of {account}. Look with `aws cloudformation list-stacks --region {region}`; \
         --region and AWS_PROFILE lead to another region and account"
    )]
    NotFound {
        /// As it was named.
        name: String,
        /// Where it was looked for.
        region: String,
        /// Whose account.
        account: String,
    },
    /// It is something else, or not whole.
    #[error(
        "the stack '{name}' in {region} is no stack of linnbooks, or its deployment did not succeed ({status}): it has no output {missing}. \
         Name another, or deploy template.yaml again"
    )]
    Other {
        /// As it was named.
        name: String,
        /// Where it is.
        region: String,
        /// What CloudFormation says of it.
        status: String,
        /// The first output that is missing.
        missing: &'static str,
    },
    /// These credentials may not do it.
    #[error(
        "{account} gives these credentials no permission for {action}. Ask its administrator for the actions that README.md \
         names for --stack, or use other credentials (AWS_PROFILE)"
    )]
    Denied {
        /// Whose account.
        account: String,
        /// What was asked.
        action: &'static str,
    },
    /// CloudFormation did not answer, or with something else.
    #[error(
        "CloudFormation in {region}: {cause}. Try again; if it stays so, check the region and the network"
    )]
    Unreachable {
        /// Where.
        region: String,
        /// The service's code, without values.
        cause: String,
    },
    /// An argument or a command that does not go with a stack.
    #[error("{0}")]
    Refused(String),
}

/// What to do where credentials are missing or outdated.
const SIGN_IN: &str = "Sign in and hand them over: `aws sso login`, then `eval \"$(aws configure export-credentials --format env)\"`; or set \
                       AWS_PROFILE to a profile with keys or a credential_process";

/// Opens the stack of a name.
///
/// # Errors
/// [`StackError`] with cause and remedy; outputs that cannot be read.
pub async fn open(name: &str, region: Option<&str>) -> anyhow::Result<Stack> {
    let config = load(region).await?;
    let account = account_of(&config).await?;
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let asked = Client::new(&config)
        .describe_stacks()
        .stack_name(name)
        .send()
        .await;
    let answer = asked.map_err(|error| explain(&error, name, (&region, &account)))?;
    let not_found = || StackError::NotFound {
        name: name.to_owned(),
        region: region.clone(),
        account: account.clone(),
    };
    let found = answer.stacks().first().ok_or_else(not_found)?;
    let description = describe(found, &region)?;
    Ok(Stack::open(
        description,
        &Connection::on(&config),
        Arc::new(SystemClock),
    ))
}

async fn load(region: Option<&str>) -> Result<SdkConfig, StackError> {
    let mut loader =
        aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(Connection::http_client());
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    match config.region() {
        Some(region) if !region.as_ref().is_empty() => Ok(config),
        _ => Err(StackError::NoRegion),
    }
}

/// The account in words, as far as the credentials tell which it is.
async fn account_of(config: &SdkConfig) -> Result<String, StackError> {
    let profile = std::env::var("AWS_PROFILE")
        .ok()
        .filter(|profile| !profile.is_empty());
    let refuse = |cause: String| StackError::Credentials {
        cause,
        remedy: SIGN_IN,
    };
    let Some(provider) = config.credentials_provider() else {
        return Err(refuse("there are no AWS credentials".into()));
    };
    let credentials = provider.provide_credentials().await.map_err(|error| {
        // Only known words are looked for: what a credential process or a file says is not shown.
        let causes = std::iter::successors(error.source(), |cause| (*cause).source());
        let words = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        let named = profile.as_deref().map_or(String::new(), |name| format!(" '{name}'"));
        refuse(if words.contains("sso") || words.contains("login") {
            format!("the AWS profile{named} signs in through the browser, which linnbooks leaves to the AWS command line")
        } else if profile.is_some() {
            format!("the AWS profile{named} gives no credentials")
        } else {
            "there are no AWS credentials".to_owned()
        })
    })?;
    Ok(match (credentials.account_id(), profile) {
        (Some(id), _) => format!("the account {}", id.as_str()),
        (None, Some(profile)) => format!("the account of the AWS profile {profile}"),
        (None, None) => "the account of these credentials".to_owned(),
    })
}

fn explain<R>(
    error: &SdkError<DescribeStacksError, R>,
    name: &str,
    (region, account): (&str, &str),
) -> StackError {
    let (region, account) = (region.to_owned(), account.to_owned());
    let refuse = |cause: &str| StackError::Credentials {
        cause: cause.into(),
        remedy: SIGN_IN,
    };
    match error.code() {
        // Whose message says that it does not exist; a name that cannot be one is answered with the same code.
        Some("ValidationError") => StackError::NotFound {
            name: name.to_owned(),
            region,
            account,
        },
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => {
            refuse("the AWS credentials have expired")
        }
        Some(
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "AuthFailure"
            | "MissingAuthenticationToken",
        ) => refuse("AWS does not accept these credentials"),
        Some("AccessDenied" | "AccessDeniedException" | "OptInRequired") => StackError::Denied {
            account,
            action: "cloudformation:DescribeStacks",
        },
        Some(code) => StackError::Unreachable {
            region,
            cause: format!("it answered {code}"),
        },
        None => StackError::Unreachable {
            region,
            cause: "no answer came".into(),
        },
    }
}

/// The stack's names and addresses, from its outputs and parameters.
fn describe(found: &Found, region: &str) -> anyhow::Result<Description> {
    let name = found.stack_name().unwrap_or_default();
    let outputs: BTreeMap<&str, &str> = found
        .outputs()
        .iter()
        .filter_map(|one| one.output_key().zip(one.output_value()))
        .collect();
    let parameters: BTreeMap<&str, &str> = found
        .parameters()
        .iter()
        .filter_map(|one| one.parameter_key().zip(one.parameter_value()))
        .collect();
    if let Some(missing) = OUTPUTS.into_iter().find(|output| !outputs.contains_key(output)) {
        let status = found.stack_status().map_or("", |status| status.as_str());
        return Err(StackError::Other {
            name: name.to_owned(),
            region: region.to_owned(),
            status: status.to_owned(),
            missing,
        }
        .into());
    }
    Ok(Description::read(&|variable| {
        variable_of(variable, name, &outputs, &parameters)
    })?)
}

type Texts<'a> = BTreeMap<&'a str, &'a str>;

/// A variable as template.yaml gives it to the functions.
fn variable_of(variable: &str, name: &str, outputs: &Texts<'_>, parameters: &Texts<'_>) -> Option<String> {
    let output = |key: &str| outputs.get(key).map(|text| (*text).to_owned());
    let parameter = |key: &str| {
        parameters
            .get(key)
            .filter(|text| !text.is_empty())
            .map(|text| (*text).to_owned())
    };
    match variable {
        // A table that was restored from a backup takes the place of the stack's own.
        "TABLE_NAME" => parameter("RestoredTable").or_else(|| output("TableName")),
        "ORDERS_QUEUE_URL" => output("OrdersQueueUrl"),
        "ORDERS_DEAD_LETTERS_URL" => output("OrdersDeadLettersUrl"),
        "POSTINGS_QUEUE_URL" => output("PostingsQueueUrl"),
        "POSTINGS_DEAD_LETTERS_URL" => output("PostingsDeadLettersUrl"),
        "REQUESTS_QUEUE_URL" => output("RequestsQueueUrl"),
        "SECRETS_PREFIX" => output("SecretsPrefix").or_else(|| Some(format!("linnbooks/{name}/"))),
        "PAYLOAD_DAYS" => parameter("PayloadDays"),
        "LINNWORKS_AUTH_URL" => parameter("LinnworksAuthUrl"),
        "QUICKBOOKS_API_URL" => parameter("QuickBooksApiUrl"),
        "QUICKBOOKS_TOKEN_URL" => parameter("QuickBooksTokenUrl"),
        "ALLOW_LOOPBACK" => Some(is_test(parameters).to_string()),
        "QUICKBOOKS_SHARES" => shares(parameter("PostConcurrency").as_deref()),
        _ => None,
    }
}

/// True for a stack of the project's own tests, whose vendors are on loopback.
fn is_test(parameters: &Texts<'_>) -> bool {
    let is_loopback = |key: &str| {
        parameters
            .get(key)
            .is_some_and(|address| address.starts_with("http://127.0.0.1:"))
    };
    parameters.get("Stage") == Some(&"test")
        && ["LinnworksAuthUrl", "QuickBooksApiUrl", "QuickBooksTokenUrl"]
            .into_iter()
            .all(is_loopback)
}

/// The instances of post and one more, as the template's mapping has it.
fn shares(concurrency: Option<&str>) -> Option<String> {
    let instances: u32 = concurrency?.parse().ok()?;
    Some(instances.saturating_add(1).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::types::{Output, Parameter, StackStatus};

    fn stack(outputs: &[(&str, &str)], parameters: &[(&str, &str)]) -> Found {
        let outputs = outputs
            .iter()
            .map(|(key, value)| Output::builder().output_key(*key).output_value(*value).build());
        let parameters = parameters.iter().map(|(key, value)| {
            Parameter::builder()
                .parameter_key(*key)
                .parameter_value(*value)
                .build()
        });
        Found::builder()
            .stack_name("shop")
            .stack_status(StackStatus::CreateComplete)
            .creation_time(aws_sdk_cloudformation::primitives::DateTime::from_secs(0))
            .set_outputs(Some(outputs.collect()))
            .set_parameters(Some(parameters.collect()))
            .build()
    }

    const WHOLE: [(&str, &str); 4] = [
        ("TableName", "shop-table"),
        ("OrdersQueueUrl", "https://sqs/orders"),
        ("PostingsQueueUrl", "https://sqs/postings"),
        ("RequestsQueueUrl", "https://sqs/requests"),
    ];

    #[test]
    fn a_stack_is_described_as_its_functions_see_it() {
        let parameters = [
            ("PostConcurrency", "4"),
            ("PayloadDays", "7"),
            ("QuickBooksApiUrl", "https://sandbox-quickbooks.api.intuit.com"),
            ("Stage", "production"),
            ("RestoredTable", ""),
        ];
        let read = describe(&stack(&WHOLE, &parameters), "eu-west-2").unwrap();
        assert_eq!((read.table.as_str(), read.payload_days), ("shop-table", 7));
        assert_eq!(
            (read.quickbooks_shares, read.secrets_prefix.as_str()),
            (5, "linnbooks/shop/")
        );
        assert_eq!(
            read.quickbooks_api_url.as_deref(),
            Some("https://sandbox-quickbooks.api.intuit.com")
        );
        assert!(!read.allow_loopback);
    }

    #[test]
    fn a_restored_table_takes_the_place_of_the_stacks_own() {
        let read = describe(&stack(&WHOLE, &[("RestoredTable", "restored")]), "eu-west-2").unwrap();
        assert_eq!(read.table, "restored");
    }

    #[test]
    fn loopback_is_let_in_by_a_test_stack_alone_whose_vendors_are_all_there() {
        let loopback = "http://127.0.0.1:8080";
        let vendors = [
            ("LinnworksAuthUrl", loopback),
            ("QuickBooksApiUrl", loopback),
            ("QuickBooksTokenUrl", loopback),
        ];
        let is_let_in = |stage: &'static str, vendors: &[(&'static str, &'static str)]| {
            is_test(&vendors.iter().copied().chain([("Stage", stage)]).collect())
        };
        assert!(is_let_in("test", &vendors));
        assert!(!is_let_in("production", &vendors));
        assert!(!is_let_in("test", &vendors[..2]));
    }

    #[test]
    fn a_stack_of_something_else_is_told_by_the_output_it_lacks() {
        let error = describe(&stack(&WHOLE[..1], &[]), "eu-west-2")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no stack of linnbooks")
                && error.contains("OrdersQueueUrl")
                && error.contains("CREATE_COMPLETE"),
            "{error}"
        );
    }
}
