//! Who calls, and what the caller may do.
//!
//! In: what API Gateway's authorizer proved. Out: an identity with a scope, or why the request is refused: 401 without an identity, 403
//! without the scope. A wider scope includes the narrower ones.
//!
//! A stack of the project's own tests has no authorizer. There, and only there (`allow_loopback`, which a production stack cannot have),
//! the header `x-linnbooks-test-scopes` stands in for it.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use lambda_host::http::Caller;

use crate::api::Api;
use crate::problem::Problem;
use crate::strict::refuse_stray_query;

/// What a caller may do; each scope includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Look.
    Read,
    /// Ask for runs, try documents again, resolve conflicts.
    Operate,
    /// Change settings, rules and connections.
    Admin,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Admin];

    /// The scope as Cognito names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "linnbooks/read",
            Self::Operate => "linnbooks/operate",
            Self::Admin => "linnbooks/admin",
        }
    }
}

/// The header that stands in for the authorizer in tests.
const TEST_SCOPES: &str = "x-linnbooks-test-scopes";

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name in the audit trail: `api` and the subject of the token.
    pub actor: String,
    /// The widest scope.
    pub scope: Option<Scope>,
}

impl Identity {
    fn of(subject: &str, scopes: &[&str]) -> Self {
        let has = |scope: &Scope| scopes.contains(&scope.as_str());
        Self {
            actor: format!("api {subject}"),
            scope: Scope::ALL.into_iter().filter(has).max(),
        }
    }
}

/// Who calls, from what came with the request.
fn identify(parts: &Parts, is_test: bool) -> Option<Identity> {
    if let Some(caller) = parts.extensions.get::<Caller>() {
        let scopes: Vec<&str> = caller.scopes.iter().map(String::as_str).collect();
        return Some(Identity::of(&caller.subject, &scopes));
    }
    let scopes = parts
        .headers
        .get(TEST_SCOPES)
        .filter(|_| is_test)?
        .to_str()
        .ok()?;
    let scopes: Vec<&str> = scopes.split_whitespace().collect();
    Some(Identity::of("test", &scopes))
}

/// A scope as a type, for [`Allowed`].
pub trait Needed {
    /// The scope.
    const SCOPE: Scope;
}

/// [`Scope::Read`].
pub struct Read;
/// [`Scope::Operate`].
pub struct Operate;
/// [`Scope::Admin`].
pub struct Admin;

impl Needed for Read {
    const SCOPE: Scope = Scope::Read;
}
impl Needed for Operate {
    const SCOPE: Scope = Scope::Operate;
}
impl Needed for Admin {
    const SCOPE: Scope = Scope::Admin;
}

/// A caller who has the scope `S`; the first argument of every handler but the public ones.
pub struct Allowed<S>(pub Identity, pub PhantomData<S>);

impl<S: Needed + Send> FromRequestParts<Api> for Allowed<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let is_test = api.stack().await?.description().allow_loopback;
        let identity = identify(parts, is_test).ok_or_else(unknown)?;
        if identity.scope >= Some(S::SCOPE) {
            refuse_stray_query(parts)?;
            return Ok(Self(identity, PhantomData));
        }
        let detail = format!("the token has not the scope {}", S::SCOPE.as_str());
        Err(
            Problem::new(StatusCode::FORBIDDEN, "scope", "A scope is missing", detail)
                .with_remedy("Ask for a token with that scope (infra/README.md, the API)"),
        )
    }
}

fn unknown() -> Problem {
    let status = StatusCode::UNAUTHORIZED;
    Problem::new(
        status,
        "unknown-caller",
        "It is not known who calls",
        "the request has no valid token",
    )
    .with_remedy("Send `Authorization: Bearer TOKEN` (infra/README.md, the API)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(test_scopes: Option<&str>) -> Parts {
        let mut builder = axum::http::Request::builder();
        if let Some(scopes) = test_scopes {
            builder = builder.header(TEST_SCOPES, scopes);
        }
        builder.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_header_for_tests_means_nothing_outside_a_stack_of_tests() {
        let parts = parts(Some("linnbooks/admin"));
        assert_eq!(identify(&parts, false), None);
        assert_eq!(identify(&parts, true).unwrap().scope, Some(Scope::Admin));
    }

    #[test]
    fn what_the_authorizer_proved_counts_and_not_the_header() {
        let mut parts = parts(Some("linnbooks/admin"));
        let scopes = ["linnbooks/read".to_owned(), "openid".to_owned()].into();
        parts.extensions.insert(Caller {
            subject: "5f-1".into(),
            scopes,
        });
        let identity = identify(&parts, true).unwrap();
        assert_eq!(
            (identity.scope, identity.actor.as_str()),
            (Some(Scope::Read), "api 5f-1")
        );
    }

    #[test]
    fn a_wider_scope_includes_the_narrower_ones_and_a_foreign_one_nothing() {
        assert!(Identity::of("a", &["linnbooks/admin"]).scope >= Some(Scope::Operate));
        assert!(Identity::of("a", &["linnbooks/operate"]).scope < Some(Scope::Admin));
        assert_eq!(Identity::of("a", &["other/admin", "admin"]).scope, None);
    }
}
