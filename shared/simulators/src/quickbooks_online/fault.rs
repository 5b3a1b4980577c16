//! Faults: what the API answers when it refuses.
//!
//! In: a code and its texts. Out: the envelopes of quickbooks-online.md 2.11, as JSON. Does not decide anything.

use super::json::Json;

/// Which envelope and `type` a fault has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultClass {
    /// HTTP 400, `ValidationFault`.
    Validation,
    /// HTTP 401 in the gateway's lower-case envelope.
    Authentication,
    /// HTTP 403 in the gateway's lower-case envelope.
    Authorization,
    /// HTTP 500, `SystemFault`.
    System,
    /// HTTP 429, `SERVICE`.
    Throttled,
    /// HTTP 403 with the throttle's texts, the old form.
    ThrottledOldForm,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub class: FaultClass,
    pub code: &'static str,
    pub message: String,
    pub detail: String,
    pub element: Option<String>,
}

impl Fault {
    /// A validation fault without an element.
    pub fn new(code: &'static str, message: &str, detail: impl Into<String>) -> Self {
        Self {
            class: FaultClass::Validation,
            code,
            message: message.to_owned(),
            detail: detail.into(),
            element: None,
        }
    }

    /// The same fault pointing at an element.
    pub fn at(mut self, element: &str) -> Self {
        self.element = Some(element.to_owned());
        self
    }

    /// 2020: a needed member is missing.
    pub fn missing(member: &str) -> Self {
        Self::new(
            "2020",
            "Required param missing, need to supply the required value for the API",
            format!("Required parameter {member} is missing in the request"),
        )
        .at(member)
    }

    /// 6000: a business rule in free text (quickbooks-online.md 2.13).
    pub fn business(text: &str) -> Self {
        Self::new(
            "6000",
            "A business validation error has occurred while processing your request",
            format!("Business Validation Error: {text}"),
        )
        .at("")
    }

    /// 610: the object or a reference is missing or inactive (quickbooks-online.md 2.8).
    pub fn not_found() -> Self {
        Self::new(
            "610",
            "Object Not Found",
            "Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts, \
             customers, items, vendors or employees.",
        )
        .at("")
    }

    /// 2500: an id in a reference does not exist (quickbooks-online.md 2.12).
    pub fn bad_reference(list: &str, id: &str, element: &str) -> Self {
        Self::new("2500", "Invalid Reference Id", {
            format!("Invalid Reference Id : {list} element id {id} not found")
        })
        .at(element)
    }

    /// 500: the operation does not exist (also a wrong address).
    pub fn unsupported(what: &str) -> Self {
        Self::new(
            "500",
            "Unsupported Operation",
            format!("Operation {what} is not supported."),
        )
    }

    /// 2050: a text is longer than allowed (quickbooks-online.md 3.1).
    pub fn too_long(member: &str, max: usize, length: usize) -> Self {
        Self::new("2050", "Invalid String Length", {
            format!("String length is either shorter or longer than supported by specification. Min:0 Max:{max} supported. Supplied length:{length}")
        })
        .at(member)
    }

    /// 3200: the access token is expired or unknown.
    pub fn token_expired() -> Self {
        Self {
            class: FaultClass::Authentication,
            ..Self::new(
                "3200",
                "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                "Token expired: AB0XXXXXXXXX",
            )
        }
    }

    /// 3100: the token does not belong to the company.
    pub fn wrong_company() -> Self {
        Self {
            class: FaultClass::Authorization,
            ..Self::new(
                "3100",
                "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
                "The application is not authorized for this company",
            )
        }
    }

    /// 3001: too many requests; `old_form` is HTTP 403 (quickbooks-online.md 2.10).
    pub fn throttled(old_form: bool) -> Self {
        let (class, status) = if old_form {
            (FaultClass::ThrottledOldForm, 403)
        } else {
            (FaultClass::Throttled, 429)
        };
        Self {
            class,
            ..Self::new(
                "3001",
                &format!("message=ThrottleExceeded; errorCode=003001; statusCode={status}"),
                "The request limit was reached.  Try again later",
            )
        }
    }

    /// 10000: the server failed.
    pub fn system() -> Self {
        Self {
            class: FaultClass::System,
            ..Self::new(
                "10000",
                "An application error has occurred while processing your request",
                "System Failure Error: Unexpected Internal Error",
            )
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self.class {
            FaultClass::Validation => 400,
            FaultClass::Authentication => 401,
            FaultClass::Authorization | FaultClass::ThrottledOldForm => 403,
            FaultClass::System => 500,
            FaultClass::Throttled => 429,
        }
    }

    /// The `Fault` member alone, as in a batch item.
    pub fn body(&self) -> Json {
        let mut error = Json::object()
            .with("Message", Json::text(&self.message))
            .with("Detail", Json::text(&self.detail))
            .with("code", Json::text(self.code));
        if let Some(element) = &self.element {
            error.set("element", Json::text(element));
        }
        let kind = match self.class {
            FaultClass::Validation => "ValidationFault",
            FaultClass::Authentication => "AUTHENTICATION",
            FaultClass::Authorization => "AUTHORIZATION",
            FaultClass::System => "SystemFault",
            FaultClass::Throttled | FaultClass::ThrottledOldForm => "SERVICE",
        };
        Json::object()
            .with("Error", Json::Array(vec![error]))
            .with("type", Json::text(kind))
    }

    /// The whole answer: the usual envelope, or the gateway's with lower-case keys and a numeric time.
    pub fn envelope(&self, time: &str, time_milliseconds: i64) -> Json {
        if !matches!(self.class, FaultClass::Authentication | FaultClass::Authorization) {
            return Json::object()
                .with("Fault", self.body())
                .with("time", Json::text(time));
        }
        let error = Json::object()
            .with("message", Json::text(&self.message))
            .with("detail", Json::text(&self.detail))
            .with("code", Json::text(self.code))
            .with("element", Json::Null);
        let kind = if self.class == FaultClass::Authentication {
            "AUTHENTICATION"
        } else {
            "AUTHORIZATION"
        };
        let fault = Json::object()
            .with("error", Json::Array(vec![error]))
            .with("type", Json::text(kind));
        let mut envelope = Json::object().with("fault", fault);
        for name in [
            "warnings",
            "intuitObject",
            "report",
            "queryResponse",
            "syncErrorResponse",
            "requestId",
            "status",
        ] {
            envelope.set(name, Json::Null);
        }
        for name in ["batchItemResponse", "attachableResponse", "cdcresponse"] {
            envelope.set(name, Json::Array(Vec::new()));
        }
        envelope.with("time", Json::Number(time_milliseconds.to_string()))
    }
}
