//! Clients of AWS with this project's limits of time and repetition.
//!
//! In: region, credentials and, for emulators, endpoints, as the SDK finds them in the environment. Out: clients. Makes no
//! request; nothing is read from the instance metadata where a region and keys are in the environment, as in Lambda.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};

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
    /// Region and credentials from the environment, the profile or the role.
    pub async fn from_environment() -> Self {
        Self::on(&aws_config::defaults(BehaviorVersion::v2026_01_12()).load().await)
    }

    /// This project's limits on a configuration made elsewhere, such as one with an endpoint of its own.
    pub fn on(config: &SdkConfig) -> Self {
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS_MAX)
            .with_max_backoff(BACKOFF_MAX);
        let config = config
            .to_builder()
            .timeout_config(timeouts(Duration::ZERO))
            .retry_config(retries)
            .build();
        Self { config }
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
