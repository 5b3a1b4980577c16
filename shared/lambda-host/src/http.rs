//! One process of a function behind an HTTP API.
//!
//! In: a service that answers requests. Out: its answers, as Lambda takes them. Beside each request stand who calls, as API Gateway's
//! authorizer proved it (nobody, without one), and Lambda's id of the invocation. Knows no route.

use std::collections::BTreeSet;

use lambda_http::aws_lambda_events::apigw::ApiGatewayRequestAuthorizer;
use lambda_http::request::RequestContext;
use lambda_http::{IntoResponse, Request, RequestExt, Service, service_fn};
use lambda_runtime::Diagnostic;

use crate::log;

/// Who calls, as the authorizer proved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The subject of the token, or the client it was given to: an identifier, never a name.
    pub subject: String,
    /// The scopes of the token.
    pub scopes: BTreeSet<String>,
}

/// Lambda's id of the invocation that brought a request, under which its log lines stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvocationId(pub String);

/// Serves requests until Lambda ends the process. The service must be ready at any time, as a router is.
///
/// # Errors
/// Those of the operating system and of Lambda's runtime interface.
pub fn serve_http<S, R>(stage: &'static str, service: S) -> Result<(), lambda_runtime::Error>
where
    S: Service<Request, Response = R> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: std::fmt::Debug + Into<Diagnostic>,
    R: IntoResponse,
{
    log::install(stage);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(lambda_http::run(service_fn(move |mut request: Request| {
        let mut service = service.clone();
        let caller = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.authorizer.as_ref().and_then(caller_of),
            _ => None,
        };
        if let Some(id) = request
            .lambda_context_ref()
            .map(|context| context.request_id.clone())
        {
            request.extensions_mut().insert(InvocationId(id));
        }
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        async move { service.call(request).await }
    })))
}

/// The caller of a request that passed the JWT authorizer.
fn caller_of(authorizer: &ApiGatewayRequestAuthorizer) -> Option<Caller> {
    let claims = &authorizer.jwt.as_ref()?.claims;
    let subject = claims.get("sub").or_else(|| claims.get("client_id"))?.clone();
    let scopes = claims.get("scope").map_or("", String::as_str);
    Some(Caller {
        subject,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorizer(claims: serde_json::Value) -> ApiGatewayRequestAuthorizer {
        serde_json::from_value(serde_json::json!({ "jwt": { "claims": claims } })).unwrap()
    }

    #[test]
    fn the_caller_is_the_subject_of_the_token_with_its_scopes() {
        let read = caller_of(&authorizer(
            serde_json::json!({"sub": "5f-1", "scope": "linnbooks/read linnbooks/operate", "email": "a@b.c"}),
        ));
        let caller = read.unwrap();
        assert_eq!(caller.subject, "5f-1");
        assert_eq!(caller.scopes.len(), 2);
    }

    #[test]
    fn a_client_that_speaks_for_itself_is_known_by_its_id_and_a_token_without_scopes_has_none() {
        let caller = caller_of(&authorizer(serde_json::json!({"client_id": "integration"}))).unwrap();
        assert_eq!((caller.subject.as_str(), caller.scopes.len()), ("integration", 0));
        assert_eq!(caller_of(&authorizer(serde_json::json!({}))), None);
    }
}
