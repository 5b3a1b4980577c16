//! Clients of AWS with this project's limits of time and repetition.
//!
//! In: region, keys and, for emulators, an endpoint, from the environment; or a configuration made elsewhere. Out: clients. Makes no
//! request and reads no file: Lambda gives a function its keys in the environment, so that the SDK's search for them (profiles, sign-in,
//! instance metadata) is neither in a function nor in its first invocation (tooling.md part 1, 3).

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{SharedCredentialsProvider, SharedHttpClient};

use crate::http::Http;

/// How often one request is made, the first time included.
const ATTEMPTS_MAX: u32 = 5;
/// The longest wait between two attempts.
const BACKOFF_MAX: Duration = Duration::from_secs(3);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long one attempt may take; one of SQS may take a long poll more.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a request may take with its repetitions.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(25);
/// The longest long poll of SQS.
const LONG_POLL_MAX: Duration = Duration::from_secs(20);

/// How to reach AWS.
#[derive(Clone, Debug)]
pub struct Connection {
    config: SdkConfig,
}

impl Connection {
    /// What Lambda gives a function: AWS_REGION, the role's keys, and in a test AWS_ENDPOINT_URL. What is absent is missed by the
    /// first request.
    pub fn from_environment() -> Self {
        let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .credentials_provider(SharedCredentialsProvider::new(
                EnvironmentVariableCredentialsProvider::new(),
            ));
        config.set_region(given("AWS_REGION").map(Region::new));
        config.set_endpoint_url(given("AWS_ENDPOINT_URL"));
        // The name that the template gives each function: by it AWS's logs, and the tests' record of calls, tell them apart.
        config.set_app_name(given("AWS_SDK_UA_APP_ID").and_then(|name| AppName::new(name).ok()));
        Self::on(&config.build())
    }

    /// This project's limits and HTTP client on a configuration made elsewhere, such as that of whoever types a command.
    pub fn on(config: &SdkConfig) -> Self {
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS_MAX)
            .with_max_backoff(BACKOFF_MAX);
        let config = config
            .to_builder()
            .timeout_config(timeouts(Duration::ZERO))
            .retry_config(retries)
            .http_client(Self::http_client())
            .build();
        Self { config }
    }

    /// The HTTP client of all clients of AWS, for a configuration that is made elsewhere and asks for keys over HTTP.
    pub fn http_client() -> SharedHttpClient {
        SharedHttpClient::new(Http::new(CONNECT_TIMEOUT))
    }

    /// A client of DynamoDB.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// A client of Secrets Manager.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }

    /// A client of SQS, whose answers may take as long as a long poll.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::config::Builder::from(&self.config)
            .timeout_config(timeouts(LONG_POLL_MAX))
            .build();
        aws_sdk_sqs::Client::from_conf(config)
    }
}

/// The limits of time, with `more` for answers that are meant to take long.
fn timeouts(more: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT + more)
        .operation_timeout(OPERATION_TIMEOUT + more)
        .build()
}
