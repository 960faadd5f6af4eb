//! SQS, for AWS: a FIFO queue in which each user is a group, and another for what could not be handled.

mod dead_letters;
mod publisher;

use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::{Client, Config};
use runtime::ConfigError;

pub use dead_letters::{Failed, SqsDeadLetters};
pub use publisher::Sqs;

use crate::PublishError;

/// The maximum number of messages in one SQS call.
const BATCH: usize = 10;
/// One call with its retries.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client with the region and the credentials that Lambda sets in the environment (`AWS_REGION`,
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`). `AWS_ENDPOINT_URL_SQS` names another server.
///
/// # Errors
/// When a variable is missing.
pub fn client_from_env() -> Result<Client, ConfigError> {
    let credentials = Credentials::new(
        runtime::required("AWS_ACCESS_KEY_ID", "set by Lambda")?,
        runtime::required("AWS_SECRET_ACCESS_KEY", "set by Lambda")?,
        runtime::optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let region = runtime::required("AWS_REGION", "set by Lambda")?;
    let mut config = Config::builder()
        .region(Region::new(region))
        .credentials_provider(credentials)
        .timeout_config(TimeoutConfig::builder().operation_timeout(TIMEOUT).build());
    config.set_endpoint_url(runtime::optional("AWS_ENDPOINT_URL_SQS"));
    Ok(Client::from_conf(config.build()))
}

fn unavailable(error: &(impl Error + ProvideErrorMetadata)) -> PublishError {
    PublishError::Unavailable(reason(error))
}

/// SQS's own code; without an answer, the innermost cause. The whole error would fill a page.
fn reason(error: &(impl Error + ProvideErrorMetadata)) -> String {
    if let Some(code) = error.code() {
        return code.to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
