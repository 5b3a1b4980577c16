//! Turns errors of the AWS SDK into [`StoreError`], with the place and the service's code, never a message or a value.
//!
//! In: an error and the place it happened at. Out: the error a use case sees. The SDK has already repeated what may be repeated.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use ports::StoreError;

/// Adds the place to an error of an AWS service. Messages of the services can quote values; the code is enough.
pub(crate) fn at<E: ProvideErrorMetadata>(
    place: impl Into<String>,
    error: &SdkError<E, HttpResponse>,
) -> StoreError {
    StoreError::Unreachable {
        place: place.into(),
        cause: cause(error),
    }
}

fn cause<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    match error {
        SdkError::ConstructionFailure(_) => "the request could not be made".into(),
        SdkError::TimeoutError(_) => "no answer came in time".into(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no answer came in time".into(),
        SdkError::DispatchFailure(failure) if failure.is_user() => "the request could not be sent".into(),
        SdkError::DispatchFailure(failure) if failure.is_io() => "the connection failed".into(),
        SdkError::DispatchFailure(_) => "the request could not be signed or sent".into(),
        SdkError::ResponseError(_) => "the answer could not be read".into(),
        other => format!("AWS answered {}", other.code().unwrap_or("without a code")),
    }
}

/// A defect of ours or of the service, at a place.
pub(crate) fn broken(place: impl Into<String>, cause: impl Into<String>) -> StoreError {
    StoreError::Unreachable {
        place: place.into(),
        cause: cause.into(),
    }
}

/// A record that this version cannot read.
pub(crate) fn unreadable(place: impl Into<String>, cause: impl Into<String>) -> StoreError {
    StoreError::Unreadable {
        place: place.into(),
        cause: cause.into(),
    }
}
