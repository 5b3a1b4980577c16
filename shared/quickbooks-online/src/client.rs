//! One HTTP call to QuickBooks and what became of it (quickbooks-online.md 2.1, 2.10, 2.11; reliability.md 1.2 step 3).
//!
//! In: path, parameters and the exact body. Out: a body of 200 or of a definite refusal; or that provably nothing was done; or
//! that it is not known. Renews the token after a 401 and repeats the same bytes once. Nothing else is repeated here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{RawFault, ReasonCode};
use ports::{Clock, ConnectorError, Disposition, TokenVault};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::{CONFIGURATION, QuickBooksConfig, check_url, http_client, is_realm};
use crate::faults::{FaultAct, FaultClass, classify, read_fault, read_xml_fault};
use crate::limits::{Limiter, Weight};
use crate::oauth::Tokens;
use crate::wire::answer::MembersWire;

/// A call to make.
/// Has no Debug: the body holds personal data.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// Below `/v3/company/<realm>/`.
    pub(crate) path: &'a str,
    /// Parameters besides minorversion.
    pub(crate) parameters: &'a [(&'a str, &'a str)],
    /// Content type and body.
    pub(crate) body: Option<(&'static str, &'a str)>,
    pub(crate) weight: Weight,
}

/// An answer whose meaning is certain.
pub(crate) struct Answer {
    pub(crate) members: MembersWire,
    pub(crate) intuit_tid: Option<String>,
    /// The refusal of the whole call, which then did nothing.
    pub(crate) fault: Option<RawFault>,
}

/// Why there is no such answer.
pub(crate) enum CallFailure {
    /// Provably nothing was done.
    NotDone(ConnectorError),
    /// Something may have been done.
    Unknown(String),
}

/// What one attempt gave.
enum Attempt {
    Answer(Answer),
    Unauthorized,
    Failed(CallFailure),
}

/// Calls one QuickBooks company.
pub(crate) struct Client {
    config: Arc<QuickBooksConfig>,
    base: Url,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    limiter: Limiter,
    tokens: Tokens,
    calls: Arc<AtomicU64>,
}

impl Client {
    pub(crate) fn new(
        config: Arc<QuickBooksConfig>,
        clock: Arc<dyn Clock>,
        vault: Arc<dyn TokenVault>,
    ) -> Result<Self, ConnectorError> {
        let settings = |cause: &str, remedy: &str| {
            ConnectorError::new(Disposition::Configuration, CONFIGURATION, cause, remedy)
        };
        let base = check_url("api_url", &config.api_url, config.allow_loopback)?;
        let token_url = check_url("token_url", &config.token_url, config.allow_loopback)?;
        if !is_realm(&config.realm_id) {
            return Err(settings(
                "`realm_id` is not the number of a company",
                "Copy the company id from QuickBooks",
            ));
        }
        let http = http_client(config.answer_seconds_max, config.allow_loopback)?;
        let calls = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&calls);
        let count = Box::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let limiter = Limiter::new(config.limits.clone(), Arc::clone(&clock));
        let tokens = Tokens::new(
            Arc::clone(&config),
            token_url,
            http.clone(),
            Arc::clone(&clock),
            vault,
            count,
        );
        Ok(Self {
            config,
            base,
            http,
            clock,
            limiter,
            tokens,
            calls,
        })
    }

    pub(crate) fn config(&self) -> &QuickBooksConfig {
        &self.config
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Makes the call; after a 401 once more with a renewed token.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Answer, CallFailure> {
        let url = self.url(call)?;
        let mut token = self.tokens.access().await.map_err(CallFailure::NotDone)?;
        for is_repeat in [false, true] {
            match self.attempt(call, url.clone(), &token).await {
                Attempt::Answer(answer) => return Ok(answer),
                Attempt::Failed(failure) => return Err(failure),
                Attempt::Unauthorized if !is_repeat => {
                    token = self
                        .tokens
                        .access_after(&token)
                        .await
                        .map_err(CallFailure::NotDone)?;
                }
                Attempt::Unauthorized => {}
            }
        }
        let cause = "QuickBooks rejects a token that was just renewed";
        let remedy = "Connect QuickBooks again; nothing that waits is lost";
        Err(CallFailure::NotDone(ConnectorError::new(
            Disposition::Reconnect,
            place(call),
            cause,
            remedy,
        )))
    }

    /// A read: waits out throttling and short outages, since reading twice does no harm. A refusal of the whole read is given
    /// back as an answer with its fault.
    pub(crate) async fn read(&self, call: &Call<'_>) -> Result<Answer, ConnectorError> {
        let attempts_max = self.config.limits.throttle_attempts_max.max(1);
        let mut attempt = 1;
        loop {
            let error = match self.call(call).await {
                Ok(Answer { fault: Some(raw), .. }) if classify(&raw).act == FaultAct::RetryLater => {
                    fault_error(&place(call), &raw)
                }
                Ok(answer) => return Ok(answer),
                Err(CallFailure::NotDone(error)) => error,
                Err(CallFailure::Unknown(cause)) => ConnectorError::new(
                    Disposition::Retry { after: None },
                    place(call),
                    cause,
                    "It is tried again later",
                ),
            };
            let Disposition::Retry { after } = error.disposition else {
                return Err(error);
            };
            // A wait of many minutes is the caller's to arrange.
            let is_long = after.is_some_and(|after| after > self.throttle_wait() * 2);
            if attempt >= attempts_max || is_long {
                return Err(error);
            }
            // A throttled call waits in the limiter; other failures wait 1, 2, 4 ... seconds.
            if after.is_none() {
                self.clock
                    .sleep(Duration::from_secs(1 << (attempt - 1).min(5)))
                    .await;
            }
            attempt += 1;
        }
    }

    fn throttle_wait(&self) -> Duration {
        Duration::from_secs(u64::from(self.config.limits.throttle_wait_seconds))
    }

    fn url(&self, call: &Call<'_>) -> Result<Url, CallFailure> {
        let mut url = self.base.clone();
        let defect = || {
            let remedy = "Report this as a defect of linnbooks";
            CallFailure::NotDone(ConnectorError::new(
                Disposition::Defect,
                place(call),
                "the URL has no path",
                remedy,
            ))
        };
        url.path_segments_mut()
            .map_err(|()| defect())?
            .pop_if_empty()
            .extend(["v3", "company", self.config.realm_id.as_str()])
            .extend(call.path.split('/'));
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("minorversion", &self.config.minor_version.to_string());
        for (name, value) in call.parameters {
            pairs.append_pair(name, value);
        }
        drop(pairs);
        Ok(url)
    }

    async fn attempt(&self, call: &Call<'_>, url: Url, token: &SecretString) -> Attempt {
        let _permit = self.limiter.enter(call.weight).await;
        let started = self.clock.now();
        let mut request = self
            .http
            .request(call.method.clone(), url)
            .bearer_auth(token.expose_secret())
            .header("Accept", "application/json");
        if let Some((content_type, body)) = call.body {
            request = request.header("Content-Type", content_type).body(body.to_owned());
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Attempt::Failed(sort_transport(call, &error)),
        };
        let status = response.status();
        let tid = read_tid(response.headers());
        let retry_after = read_retry_after(response.headers());
        // Only the status of a throttled answer matters, so a broken body does not.
        let body = response.text().await;
        tracing::debug!(place = %place(call), status = status.as_u16(), intuit_tid = tid.as_deref(), "QuickBooks call");
        let body = match body {
            Ok(body) => body,
            Err(_) if status == StatusCode::TOO_MANY_REQUESTS => String::new(),
            Err(_) => return Attempt::Failed(unknown("the answer broke off", tid.as_deref())),
        };
        let attempt = sort_answer(call, status, &body, tid);
        if let Attempt::Failed(CallFailure::NotDone(error)) = &attempt
            && let Disposition::Retry { .. } = error.disposition
        {
            let wait = retry_after.unwrap_or(self.throttle_wait());
            self.limiter
                .slow_down(started, wait.min(self.throttle_wait() * 2));
            let error = ConnectorError {
                disposition: Disposition::Retry { after: Some(wait) },
                ..error.clone()
            };
            return Attempt::Failed(CallFailure::NotDone(error));
        }
        attempt
    }
}

/// The name of a call in errors and logs: no ids, no parameters.
pub(crate) fn place(call: &Call<'_>) -> String {
    format!("QuickBooks {}", call.path.split('/').next().unwrap_or_default())
}

/// intuit_tid of an answer.
pub(crate) fn read_tid(headers: &HeaderMap) -> Option<String> {
    let text = headers
        .get("intuit_tid")
        .or_else(|| headers.get("intuit-tid"))?
        .to_str()
        .ok()?;
    Some(text.chars().take(64).collect())
}

fn read_retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get("Retry-After")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

/// Errors without any answer: a connection that never came about did nothing.
fn sort_transport(call: &Call<'_>, error: &reqwest::Error) -> CallFailure {
    if error.is_connect() {
        let remedy = "Check the network of this machine; it is tried again";
        let cause = "QuickBooks could not be reached";
        return CallFailure::NotDone(ConnectorError::new(
            Disposition::Retry { after: None },
            place(call),
            cause,
            remedy,
        ));
    }
    if error.is_builder() {
        let remedy = "Report this as a defect of linnbooks";
        let cause = "the request could not be built";
        return CallFailure::NotDone(ConnectorError::new(
            Disposition::Defect,
            place(call),
            cause,
            remedy,
        ));
    }
    unknown(
        if error.is_timeout() {
            "no answer in time"
        } else {
            "the connection was lost"
        },
        None,
    )
}

fn unknown(cause: &str, tid: Option<&str>) -> CallFailure {
    CallFailure::Unknown(match tid {
        Some(tid) => format!("{cause} (intuit_tid {tid})"),
        None => cause.to_owned(),
    })
}

fn sort_answer(call: &Call<'_>, status: StatusCode, body: &str, tid: Option<String>) -> Attempt {
    if status == StatusCode::UNAUTHORIZED {
        return Attempt::Unauthorized;
    }
    let members = serde_json::from_str::<MembersWire>(body).ok();
    let fault = match &members {
        Some(members) => read_fault(members, tid.as_deref()),
        None => read_xml_fault(body, tid.as_deref()),
    };
    let class = fault.as_ref().map(classify);
    if status == StatusCode::TOO_MANY_REQUESTS
        || class
            .as_ref()
            .is_some_and(|class| class.act == FaultAct::Throttled)
    {
        let cause = "QuickBooks got too many calls";
        let remedy =
            "It is tried again after a wait; if it lasts for hours the month's quota of the app is used up";
        let disposition = Disposition::Retry { after: None };
        return Attempt::Failed(CallFailure::NotDone(ConnectorError::new(
            disposition,
            place(call),
            cause,
            remedy,
        )));
    }
    if status.is_server_error() {
        return Attempt::Failed(unknown(
            &format!("QuickBooks answered {}", status.as_u16()),
            tid.as_deref(),
        ));
    }
    match (fault, class, members) {
        (Some(raw), Some(class), members) => {
            sort_fault(call, status, raw, &class, members.unwrap_or_default(), tid)
        }
        (None, _, Some(members)) if status.is_success() && !members.is_empty() => Attempt::Answer(Answer {
            members,
            intuit_tid: tid,
            fault: None,
        }),
        _ => {
            let cause = format!(
                "QuickBooks answered {} with something that is not an answer",
                status.as_u16()
            );
            Attempt::Failed(unknown(&cause, tid.as_deref()))
        }
    }
}

/// A refusal of the whole call: of the connection or company, or of what was asked.
fn sort_fault(
    call: &Call<'_>,
    status: StatusCode,
    raw: RawFault,
    class: &FaultClass,
    members: MembersWire,
    tid: Option<String>,
) -> Attempt {
    match class.act {
        FaultAct::Reconnect if matches!(raw.code.as_str(), "100" | "110" | "3200") => Attempt::Unauthorized,
        FaultAct::Reconnect | FaultAct::Unavailable => {
            Attempt::Failed(CallFailure::NotDone(fault_error(&place(call), &raw)))
        }
        // A bare 200 with a fault of unknown shape tells nothing; a 4xx refuses.
        _ if raw.code.is_empty() && status.is_success() => Attempt::Failed(unknown(
            "QuickBooks answered with a fault without code",
            tid.as_deref(),
        )),
        _ => Attempt::Answer(Answer {
            members,
            intuit_tid: tid,
            fault: Some(raw),
        }),
    }
}

/// The error of a fault outside a document: code and intuit_tid, but never its texts, which may name people.
pub(crate) fn fault_error(place: &str, raw: &RawFault) -> ConnectorError {
    let class = classify(raw);
    let disposition = match (class.act, raw.code.as_str()) {
        (FaultAct::RetryLater | FaultAct::Throttled | FaultAct::LookUp, _) => {
            Disposition::Retry { after: None }
        }
        (FaultAct::Reconnect, _) => Disposition::Reconnect,
        (FaultAct::Unavailable, _) => Disposition::Unavailable,
        (_, "5020" | "5030") => Disposition::Forbidden,
        _ if class.code == ReasonCode::Defect => Disposition::Defect,
        _ => Disposition::Configuration,
    };
    let tid = raw.intuit_tid.as_deref().unwrap_or("none");
    let cause = format!("{} (code {}, intuit_tid {tid})", class.cause, raw.code);
    ConnectorError::new(disposition, place, cause, class.remedy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CALL: Call<'static> = Call {
        method: Method::POST,
        path: "salesreceipt",
        parameters: &[],
        body: None,
        weight: Weight::Single,
    };

    proptest! {
        #[test]
        fn no_body_that_is_not_a_json_object_counts_as_an_answer(
            status in prop::sample::select(vec![200u16, 201, 302, 400, 403, 404, 413, 500, 502, 503, 504]),
            body in "(<[a-zFE/ =\"]{0,30}>)?[\\PC{}\\[\\]\"]{0,60}",
        ) {
            let is_object = serde_json::from_str::<MembersWire>(&body).is_ok();
            let attempt = sort_answer(&CALL, StatusCode::from_u16(status).unwrap(), &body, None);
            match attempt {
                Attempt::Answer(Answer { fault: None, .. }) => prop_assert!(is_object && (200..300).contains(&status)),
                Attempt::Answer(Answer { fault: Some(_), .. }) => prop_assert!(status < 500),
                Attempt::Failed(CallFailure::Unknown(_)) | Attempt::Unauthorized => {}
                Attempt::Failed(CallFailure::NotDone(error)) => prop_assert!(status < 500, "{error}"),
            }
        }
    }

    #[test]
    fn only_a_success_without_fault_is_done() {
        let sort =
            |status: u16, body: &str| sort_answer(&CALL, StatusCode::from_u16(status).unwrap(), body, None);
        let good = r#"{"SalesReceipt":{"Id":"1"}}"#;
        assert!(matches!(
            sort(200, good),
            Attempt::Answer(Answer { fault: None, .. })
        ));
        for status in [302, 400, 404, 500] {
            assert!(
                matches!(sort(status, good), Attempt::Failed(CallFailure::Unknown(_))),
                "{status}"
            );
        }
        assert!(matches!(sort(401, good), Attempt::Unauthorized));
        let unauthorized = r#"{"Fault":{"Error":[{"code":"3200"}]}}"#;
        assert!(matches!(sort(400, unauthorized), Attempt::Unauthorized));
        assert!(matches!(
            sort(200, r#"{"Fault":{}}"#),
            Attempt::Failed(CallFailure::Unknown(_))
        ));
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_url() {
        let mut url = Url::parse("https://quickbooks.api.intuit.com").unwrap();
        url.path_segments_mut()
            .unwrap()
            .pop_if_empty()
            .extend(["v3", "company", "1"])
            .extend("invoice/../..?x=1#y".split('/'));
        assert_eq!(url.path(), "/v3/company/1/invoice/..%3Fx=1%23y");
        assert_eq!((url.query(), url.fragment()), (None, None));
    }
}
