//! Answers of the simulated Linnworks, with its error envelopes.
//!
//! In: a status and a JSON value or text. Out: an HTTP response, whole or broken on purpose (linnworks.md 2.1).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame};
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::switches::{Fault, QuotaBody};

const SQL_TIMEOUT: &str = "Connection Timeout Expired.  The timeout period elapsed while attempting to consume the \
                           pre-login handshake acknowledgement.";

/// An answer before it becomes HTTP.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) retry_after_seconds: Option<u32>,
    /// The connection breaks after half of the body.
    pub(crate) broken: bool,
}

impl Reply {
    fn text(status: StatusCode, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type,
            body,
            retry_after_seconds: None,
            broken: false,
        }
    }

    /// 200 with a JSON body.
    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    fn json(status: StatusCode, value: &Value) -> Self {
        Self::text(status, "application/json; charset=utf-8", value.to_string())
    }

    /// 400 with the common envelope.
    pub(crate) fn bad_request(message: &str) -> Self {
        Self::json(
            StatusCode::BAD_REQUEST,
            &json!({ "Code": null, "Message": message }),
        )
    }

    /// 400 for a body of the wrong shape; this one has no `Code`.
    pub(crate) fn invalid() -> Self {
        Self::json(
            StatusCode::BAD_REQUEST,
            &json!({ "Message": "The request is invalid." }),
        )
    }

    /// 400 with the code that `Stock/SetStockLevel` uses.
    pub(crate) fn unknown_skus(skus: &[String]) -> Self {
        let message = format!("No item found for the following SKUs: {}", skus.join(", "));
        Self::json(
            StatusCode::BAD_REQUEST,
            &json!({ "Code": "-", "Message": message }),
        )
    }

    /// 401.
    pub(crate) fn unauthorised() -> Self {
        Self::json(
            StatusCode::UNAUTHORIZED,
            &json!({ "Code": null, "Message": "Token is wrong" }),
        )
    }

    /// 404 of a wrong cluster or a missing method.
    pub(crate) fn not_found() -> Self {
        Self::text(StatusCode::NOT_FOUND, "text/plain", String::new())
    }

    /// 429 in one of its two forms.
    pub(crate) fn quota_exceeded(per_minute: u32, body: QuotaBody, retry_after_seconds: Option<u32>) -> Self {
        let message = format!("API calls quota exceeded! Maximum admitted {per_minute} per Minute.");
        let body = match body {
            QuotaBody::BareString => json!(message),
            QuotaBody::Object => json!({ "Message": message }),
        };
        Self {
            retry_after_seconds,
            ..Self::json(StatusCode::TOO_MANY_REQUESTS, &body)
        }
    }

    /// The answer a fault makes of the right one; `None` closes the connection without an answer.
    pub(crate) fn spoiled(right: Self, fault: Fault, quota: (u32, QuotaBody, Option<u32>)) -> Option<Self> {
        let envelope =
            |status, message: &str| Self::json(status, &json!({ "Code": null, "Message": message }));
        Some(match fault {
            Fault::SqlTimeout => Self::bad_request(SQL_TIMEOUT),
            Fault::ServerError => envelope(StatusCode::INTERNAL_SERVER_ERROR, "An error has occurred."),
            Fault::BadGatewayHtml => Self::text(
                StatusCode::BAD_GATEWAY,
                "text/html",
                "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
                    .to_owned(),
            ),
            Fault::EmptyBody => Self { body: String::new(), ..right },
            Fault::NullBody => Self::ok(&Value::Null),
            Fault::TruncatedJson => {
                let half = right.body.chars().count() / 2;
                Self { body: right.body.chars().take(half).collect(), ..right }
            }
            Fault::BrokenBody => Self { broken: true, ..right },
            Fault::DroppedConnection => return None,
            Fault::QuotaExceeded => Self::quota_exceeded(quota.0, quota.1, quota.2),
            Fault::Unauthorised => Self::unauthorised(),
            Fault::WrongCluster => Self::not_found(),
            Fault::Forbidden => envelope(StatusCode::FORBIDDEN, "You do not have permission for this action."),
        })
    }

    /// The HTTP response.
    pub(crate) fn into_response(self) -> Response<ReplyBody> {
        let bytes = Bytes::from(self.body);
        let body = if self.broken {
            ReplyBody {
                bytes: Some(bytes.slice(..bytes.len() / 2)),
                breaks: true,
                is_flushed: false,
            }
        } else {
            ReplyBody {
                bytes: Some(bytes),
                breaks: false,
                is_flushed: false,
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        response.headers_mut().insert(
            CONTENT_TYPE,
            hyper::header::HeaderValue::from_static(self.content_type),
        );
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A body in one piece that may end with a broken connection.
pub(crate) struct ReplyBody {
    bytes: Option<Bytes>,
    breaks: bool,
    is_flushed: bool,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.bytes.take() {
            Some(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            // A pause lets the server send the head and the first half before the break.
            _ if self.breaks && !self.is_flushed => {
                self.is_flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            _ if self.breaks => {
                self.breaks = false;
                Poll::Ready(Some(Err(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "broken on purpose",
                ))))
            }
            _ => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.breaks && self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match (&self.bytes, self.breaks) {
            (Some(bytes), false) => {
                hyper::body::SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }
            (None, false) => hyper::body::SizeHint::with_exact(0),
            (_, true) => hyper::body::SizeHint::default(),
        }
    }
}
