//! What a request asks for.
//!
//! In: a request. Out: its route, with bodies parsed. Addresses take any case of entity names (quickbooks-online.md 2.1) and
//! unknown parameters are ignored (quickbooks-online.md 7). Does not execute anything.

use super::fault::Fault;
use super::http::Request;
use super::json::Json;
use super::kind::EntityKind;
use super::switches::FaultTarget;
use super::write::{Operation, Write};

/// A request to a company, understood.
#[derive(Clone, Debug)]
pub(super) enum CompanyRoute {
    Read(EntityKind, String),
    ExchangeRate,
    Query(String),
    Cdc,
    Batch(Json),
    Write(Write),
    TaxService(Json),
    /// Something that cannot be done.
    Refused(Fault),
}

/// A request, understood.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Discovery,
    Authorize,
    Token,
    Revoke,
    Company(String, CompanyRoute),
    Nowhere,
}

impl Route {
    /// Whether a fault aimed at `target` may hit it.
    pub fn is_hit_by(&self, target: FaultTarget) -> bool {
        let company = match self {
            Route::Token => return matches!(target, FaultTarget::Any | FaultTarget::Token),
            Route::Company(_, company) => company,
            _ => return false,
        };
        match target {
            FaultTarget::Any => true,
            FaultTarget::Token => false,
            FaultTarget::Batch => company.is_batch(),
            FaultTarget::Write => company.is_write(),
            FaultTarget::WriteOrBatch => company.is_batch() || company.is_write(),
            FaultTarget::Read => company.is_read(),
        }
    }
}

impl CompanyRoute {
    /// Whether it is a batch.
    pub fn is_batch(&self) -> bool {
        matches!(self, CompanyRoute::Batch(_))
    }

    /// Whether it writes, and is no batch.
    pub fn is_write(&self) -> bool {
        matches!(self, CompanyRoute::Write(_) | CompanyRoute::TaxService(_))
    }

    /// Whether it reads.
    pub fn is_read(&self) -> bool {
        matches!(
            self,
            CompanyRoute::Read(..) | CompanyRoute::ExchangeRate | CompanyRoute::Query(_) | CompanyRoute::Cdc
        )
    }
}

/// Understands a request.
pub(super) fn parse(request: &Request) -> Route {
    let segments: Vec<&str> = request
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    match segments.as_slice() {
        [
            ".well-known",
            "openid_configuration" | "openid_sandbox_configuration",
        ] => Route::Discovery,
        ["connect", "oauth2"] => Route::Authorize,
        ["oauth2", "v1", "tokens", "bearer"] if request.is_post => Route::Token,
        ["v2", "oauth2", "tokens", "revoke"] if request.is_post => Route::Revoke,
        ["v3", "company", realm, rest @ ..] => Route::Company((*realm).to_owned(), company(request, rest)),
        _ => Route::Nowhere,
    }
}

fn unsupported(request: &Request) -> CompanyRoute {
    CompanyRoute::Refused(Fault::unsupported(&format!(
        "Could not find resource for relative : {}",
        request.path
    )))
}

fn company(request: &Request, rest: &[&str]) -> CompanyRoute {
    let lower: Vec<String> = rest.iter().map(|segment| segment.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    match (request.is_post, lower.as_slice()) {
        (false, ["query"]) => CompanyRoute::Query(request.parameter("query").unwrap_or("").to_owned()),
        (true, ["query"]) if request.content_type.contains("json") => {
            let detail = "The content type of a query is application/text";
            CompanyRoute::Refused(Fault::new("1050", "Invalid content type", detail))
        }
        (true, ["query"]) => CompanyRoute::Query(request.body.clone()),
        (false, ["cdc"]) => CompanyRoute::Cdc,
        (true, ["batch"]) => with_body(request, CompanyRoute::Batch),
        (true, ["taxservice", "taxcode"]) => with_body(request, CompanyRoute::TaxService),
        (false, ["exchangerate"]) => CompanyRoute::ExchangeRate,
        (false, ["preferences"]) => CompanyRoute::Read(EntityKind::Preferences, "1".to_owned()),
        (false, [entity, _]) => match (EntityKind::parse(entity), rest.get(1)) {
            (Some(kind), Some(id)) => CompanyRoute::Read(kind, (*id).to_owned()),
            _ => unsupported(request),
        },
        (true, [entity]) => match EntityKind::parse(entity) {
            Some(kind) => write(request, kind),
            None => unsupported(request),
        },
        _ => unsupported(request),
    }
}

fn with_body(request: &Request, route: impl FnOnce(Json) -> CompanyRoute) -> CompanyRoute {
    if !request.content_type.is_empty() && !request.content_type.contains("json") {
        let detail = "The content type of a request is application/json";
        return CompanyRoute::Refused(Fault::new("1050", "Invalid content type", detail));
    }
    match Json::parse(&request.body) {
        Ok(body @ Json::Object(_)) => route(body),
        _ => CompanyRoute::Refused(Fault::new(
            "2010",
            "Request has invalid or unsupported property",
            "Property Name:Can not parse the request body as a JSON object specified is unsupported or invalid",
        )),
    }
}

fn write(request: &Request, kind: EntityKind) -> CompanyRoute {
    let include = request.parameter("include").unwrap_or("").to_lowercase();
    let operation = match request.parameter("operation").map(str::to_lowercase).as_deref() {
        Some("delete") => Operation::Delete,
        Some("void") if kind == EntityKind::SalesReceipt => {
            // A sales receipt is voided by `operation=update&include=void` only (quickbooks-online.md 2.2).
            return CompanyRoute::Refused(Fault::unsupported("void of SalesReceipt"));
        }
        Some("void") => Operation::Void,
        Some("update") if include.split(',').any(|word| word == "void") => Operation::Void,
        None | Some("update" | "create") => Operation::Save,
        Some(other) => return CompanyRoute::Refused(Fault::unsupported(other)),
    };
    let allow_duplicate = include.split(',').any(|word| word == "allowduplicatedocnum");
    with_body(request, |body| {
        CompanyRoute::Write(Write {
            kind,
            operation,
            body,
            allow_duplicate,
        })
    })
}
