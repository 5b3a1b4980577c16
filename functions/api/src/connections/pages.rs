//! The pages that a person sees after a consent: plain HTML, without scripts, without personal data.
//!
//! In: what happened. Out: a page with what to do. Every text stands here and none of it comes from a request.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ports::StoreError;
use stack::company::{AcceptError, ConsentError};

use crate::problem::Problem;

const AGAIN: &str =
    "Ask for a new address with POST /v1/connections/quickbooks, and open it in this browser.";

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    status: StatusCode,
    /// Its name in the log.
    pub(super) name: &'static str,
    title: &'static str,
    text: &'static str,
    remedy: &'static str,
}

const fn page(
    status: StatusCode,
    name: &'static str,
    title: &'static str,
    text: &'static str,
    remedy: &'static str,
) -> Page {
    Page {
        status,
        name,
        title,
        text,
        remedy,
    }
}

pub(super) const CONNECTED: Page = page(
    StatusCode::OK,
    "connected",
    "QuickBooks is connected",
    "The company was read with the new connection, and orders can be posted to it.",
    "You can close this page. GET /v1/connections shows the connection.",
);
pub(super) const NO_TICKET: Page = page(
    StatusCode::GONE,
    "no_ticket",
    "This address was used, or its time is over",
    "An address opens once, within ten minutes.",
    AGAIN,
);
pub(super) const NO_STATE: Page = page(
    StatusCode::GONE,
    "no_state",
    "This answer was used, or its time is over",
    "An answer of QuickBooks counts once, within ten minutes. If QuickBooks was connected a moment ago, it still is.",
    "Look at GET /v1/connections. If it is not connected, ask for a new address with POST /v1/connections/quickbooks.",
);
pub(super) const OTHER_BROWSER: Page = page(
    StatusCode::FORBIDDEN,
    "other_browser",
    "This is not the browser that began",
    "The answer of QuickBooks counts only in the browser in which the connection was begun. Nothing was connected.",
    AGAIN,
);
pub(super) const CANCELLED: Page = page(
    StatusCode::OK,
    "cancelled",
    "QuickBooks was not connected",
    "The connection was cancelled at QuickBooks. Nothing was changed.",
    AGAIN,
);
pub(super) const REFUSED_BY_INTUIT: Page = page(
    StatusCode::BAD_GATEWAY,
    "refused",
    "QuickBooks was not connected",
    "QuickBooks did not give what a connection needs. Nothing was changed.",
    "See in the app's settings at Intuit that the redirect URI and the scope are right, then ask for a new address with POST \
     /v1/connections/quickbooks.",
);
pub(super) const OTHER_COMPANY: Page = page(
    StatusCode::CONFLICT,
    "other_company",
    "This stack is connected with another company",
    "You chose another QuickBooks company than the one this stack posts to. Nothing was changed.",
    "Choose the same company. To change the company for good: DELETE /v1/connections/quickbooks?forget_company=true, then connect anew.",
);
pub(super) const LOST: Page = page(
    StatusCode::BAD_GATEWAY,
    "lost",
    "The answer of QuickBooks was lost",
    "QuickBooks may have given tokens, and they did not arrive. A connection that was there before is kept, and may have ended.",
    AGAIN,
);
pub(super) const NOT_STORED: Page = page(
    StatusCode::BAD_GATEWAY,
    "not_stored",
    "The connection could not be stored",
    "QuickBooks gave tokens, the store of this stack did not take them, and they are lost. Nothing was posted.",
    "When the stack is well again, ask for a new address with POST /v1/connections/quickbooks, and connect again.",
);
pub(super) const NOT_PROVED: Page = page(
    StatusCode::BAD_GATEWAY,
    "not_proved",
    "The connection could not be proved",
    "The tokens are stored, and reading the company with them failed. Nothing is posted unless the stack was connected before.",
    AGAIN,
);
pub(super) const KEYS: Page = page(
    StatusCode::CONFLICT,
    "not_configured",
    "QuickBooks was not connected",
    "The keys of the QuickBooks app are missing, or QuickBooks does not accept them.",
    "Give them with PUT /v1/connections/quickbooks/app; development and production have keys of their own. Then ask for a new address.",
);
pub(super) const FAILED: Page = page(
    StatusCode::SERVICE_UNAVAILABLE,
    "failed",
    "It did not work",
    "The stack could not do it now. Nothing was changed.",
    AGAIN,
);
pub(super) const NOT_THIS_WAY: Page = page(
    StatusCode::METHOD_NOT_ALLOWED,
    "not_this_way",
    "Open this address in a browser",
    "It answers to GET alone. Nothing was used up.",
    "Open it in a browser.",
);

/// The page for an error of the API.
pub(super) fn of_problem(problem: Problem) -> Page {
    if problem.kind.ends_with("not-configured") {
        KEYS
    } else {
        FAILED
    }
}

/// The page for an error of the store.
pub(super) fn of_store(error: StoreError) -> Page {
    of_problem(error.into())
}

/// The page for a consent that did not become a connection.
pub(super) fn of_accept(error: AcceptError) -> Page {
    match error {
        AcceptError::OtherCompany => OTHER_COMPANY,
        AcceptError::NotProved => NOT_PROVED,
        AcceptError::Consent(ConsentError::Refused) => REFUSED_BY_INTUIT,
        AcceptError::Consent(ConsentError::Lost) => LOST,
        AcceptError::Consent(ConsentError::NotStored) => NOT_STORED,
        AcceptError::Consent(ConsentError::Connector(error)) => {
            of_problem(pipeline::RunError::from(error).into())
        }
        AcceptError::Run(error) => of_problem(error.into()),
    }
}

/// The headers of every answer to a browser: kept nowhere, told to nobody, running nothing.
pub(super) fn protect(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
}

/// The page as an answer.
pub(super) fn show(page: &Page) -> Response {
    let Page {
        status,
        title,
        text,
        remedy,
        ..
    } = page;
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><body style=\"font: 1rem/1.5 sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem\">\
         <h1 style=\"font-size: 1.4rem\">{title}</h1><p>{text}</p><p>{remedy}</p></body></html>\n"
    );
    let mut response = (*status, html).into_response();
    protect(response.headers_mut());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
