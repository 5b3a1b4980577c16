//! The authorization server: discovery, authorize page, tokens, revocation (quickbooks-online.md 1).
//!
//! In: requests to its addresses. Out: answers, and the tokens that are good. Refresh tokens keep their value for 24 hours
//! of simulated time unless switched; access tokens live as long as switched. One consent, one company.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::http::{Answer, Request, base64, form_decoded};
use super::json::Json;
use super::seed::CompanySeed;
use super::switches::{PersonDecision, PreviousTokenGrace, Switches, TokenRotation};

/// The scope of the accounting API (quickbooks-online.md 1.2).
const SCOPE: &str = "com.intuit.quickbooks.accounting";
/// How long a code can be exchanged: RFC 6749 4.1.2 recommends no more; Intuit says "short lived".
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// A code that was handed out.
struct Code {
    value: String,
    /// The exchange must name the same; any for the seed's code.
    redirect_uri: Option<String>,
    issued: Timestamp,
}

/// What an access token is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Good,
    ExpiredOrUnknown,
}

/// The tokens of one company.
pub(super) struct Tokens {
    client_id: String,
    client_secret: String,
    realm_id: String,
    code: Option<Code>,
    /// The code that was exchanged last.
    exchanged: Option<String>,
    refresh_token: Option<String>,
    refresh_issued: Timestamp,
    /// The value before, and when it stops.
    previous: Option<(String, Timestamp)>,
    access: HashMap<String, Timestamp>,
    issued: u64,
}

fn refused(status: u16, error: &str) -> Answer {
    Answer::json(status, Json::object().with("error", Json::text(error)))
}

fn invalid_grant() -> Answer {
    let body = Json::object()
        .with("error", Json::text("invalid_grant"))
        .with("error_description", Json::text("Token invalid"));
    Answer::json(400, body)
}

/// The discovery document with every address on this server (quickbooks-online.md 7).
pub(super) fn discovery(base: &str) -> Answer {
    let texts = |values: &[&str]| Json::Array(values.iter().map(|value| Json::text(*value)).collect());
    let body = Json::object()
        .with("issuer", Json::text(format!("{base}/op/v1")))
        .with(
            "authorization_endpoint",
            Json::text(format!("{base}/connect/oauth2")),
        )
        .with(
            "token_endpoint",
            Json::text(format!("{base}/oauth2/v1/tokens/bearer")),
        )
        .with(
            "userinfo_endpoint",
            Json::text(format!("{base}/v1/openid_connect/userinfo")),
        )
        .with(
            "revocation_endpoint",
            Json::text(format!("{base}/v2/oauth2/tokens/revoke")),
        )
        .with("jwks_uri", Json::text(format!("{base}/op/v1/jwks")))
        .with("response_types_supported", texts(&["code"]))
        .with("subject_types_supported", texts(&["public"]))
        .with("id_token_signing_alg_values_supported", texts(&["RS256"]))
        .with(
            "scopes_supported",
            texts(&["openid", "email", "profile", "address", "phone"]),
        )
        .with(
            "token_endpoint_auth_methods_supported",
            texts(&["client_secret_post", "client_secret_basic"]),
        )
        .with(
            "claims_supported",
            texts(&["aud", "exp", "iat", "iss", "realmid", "sub"]),
        );
    Answer::json(200, body)
}

impl Tokens {
    /// The tokens a company starts with.
    pub fn new(seed: &CompanySeed, now: Timestamp) -> Self {
        Self {
            client_id: seed.client_id.clone(),
            client_secret: seed.client_secret.clone(),
            realm_id: seed.realm_id.clone(),
            code: Some(Code {
                value: seed.authorization_code.clone(),
                redirect_uri: None,
                issued: now,
            }),
            exchanged: None,
            refresh_token: Some(seed.refresh_token.clone()),
            refresh_issued: now,
            previous: None,
            access: HashMap::new(),
            issued: 0,
        }
    }

    /// The refresh token that is good now, if the app is connected.
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// The user disconnects the app: every token dies.
    pub fn revoke(&mut self) {
        self.refresh_token = None;
        self.previous = None;
        self.access.clear();
    }

    /// Every access token ends.
    pub fn expire_access(&mut self) {
        self.access.clear();
    }

    /// The user connects the app again: gives a new refresh token.
    pub fn connect(&mut self, now: Timestamp) -> String {
        let token = self.new_value("RT");
        self.refresh_token = Some(token.clone());
        self.refresh_issued = now;
        self.previous = None;
        token
    }

    /// What the header `Authorization` is worth.
    pub fn check(&self, authorization: &str, now: Timestamp) -> Access {
        let token = authorization
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match token.and_then(|(_, token)| self.access.get(token.trim())) {
            Some(expires) if now < *expires => Access::Good,
            _ => Access::ExpiredOrUnknown,
        }
    }

    /// `GET /connect/oauth2`: the person decides at once and is sent back with a code, or an error (quickbooks-online.md 1.2).
    pub fn authorize(&mut self, request: &Request, switches: &Switches, now: Timestamp) -> Answer {
        let redirect = request.parameter("redirect_uri");
        let (Some(redirect), Some(client)) = (redirect, request.parameter("client_id")) else {
            return refused(400, "invalid_request");
        };
        if client != self.client_id {
            return refused(400, "invalid_client");
        }
        if request.parameter("response_type") != Some("code") {
            return refused(400, "unsupported_response_type");
        }
        let state: String = request
            .parameter("state")
            .unwrap_or("")
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect();
        let scopes = request.parameter("scope").unwrap_or("");
        let location = if !scopes.split(' ').any(|scope| scope == SCOPE) {
            format!("{redirect}?error=invalid_scope&state={state}")
        } else if switches.person == PersonDecision::Cancels {
            format!("{redirect}?error=access_denied&state={state}")
        } else {
            let code = self.new_value("AC");
            self.code = Some(Code {
                value: code.clone(),
                redirect_uri: Some(redirect.to_owned()),
                issued: now,
            });
            format!("{redirect}?code={code}&state={state}&realmId={}", self.realm_id)
        };
        Answer::json(302, "").with_header("location", location)
    }

    fn is_client(&self, request: &Request, form: &[(String, String)]) -> bool {
        let basic = base64(&format!("{}:{}", self.client_id, self.client_secret));
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        match request.authorization.split_once(' ') {
            Some((scheme, given)) if scheme.eq_ignore_ascii_case("basic") => given.trim() == basic,
            _ => {
                field("client_id") == Some(self.client_id.as_str())
                    && field("client_secret") == Some(self.client_secret.as_str())
            }
        }
    }

    /// `POST /oauth2/v1/tokens/bearer` (quickbooks-online.md 1.3 to 1.5).
    pub fn token(&mut self, request: &Request, switches: &Switches, now: Timestamp) -> Answer {
        let form = form_decoded(&request.body);
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        if !self.is_client(request, &form) {
            return refused(401, "invalid_client");
        }
        match field("grant_type").as_deref() {
            Some("refresh_token") => match field("refresh_token") {
                Some(token) => self.refresh(&token, switches, now),
                None => refused(400, "invalid_request"),
            },
            Some("authorization_code") => {
                let Some(code) = field("code") else {
                    return refused(400, "invalid_request");
                };
                self.exchange(&code, field("redirect_uri").as_deref(), switches, now)
            }
            Some(_) => refused(400, "unsupported_grant_type"),
            None => refused(400, "invalid_request"),
        }
    }

    /// A code is good once, for a while, for the address it was sent to.
    fn exchange(
        &mut self,
        code: &str,
        redirect_uri: Option<&str>,
        switches: &Switches,
        now: Timestamp,
    ) -> Answer {
        if self.exchanged.as_deref() == Some(code) {
            if switches.second_exchange_revokes {
                self.revoke();
            }
            return invalid_grant();
        }
        let is_good = self.code.as_ref().is_some_and(|known| {
            known.value == code
                && now.duration_since(known.issued) < CODE_LIFE
                && known
                    .redirect_uri
                    .as_deref()
                    .is_none_or(|wanted| redirect_uri == Some(wanted))
        });
        if !is_good {
            return invalid_grant();
        }
        self.code = None;
        self.exchanged = Some(code.to_owned());
        self.connect(now);
        self.issue(switches, now)
    }

    fn refresh(&mut self, token: &str, switches: &Switches, now: Timestamp) -> Answer {
        if self.refresh_token.as_deref() != Some(token) {
            let is_graced = self
                .previous
                .as_ref()
                .is_some_and(|(previous, stops)| previous == token && now < *stops);
            return if is_graced {
                self.issue(switches, now)
            } else {
                invalid_grant()
            };
        }
        let is_due = match switches.token_rotation {
            TokenRotation::EveryRefresh => true,
            TokenRotation::Every24Hours => {
                now.duration_since(self.refresh_issued) >= SignedDuration::from_hours(24)
            }
        };
        if is_due {
            let hours = match switches.previous_token_grace {
                PreviousTokenGrace::None => 0,
                PreviousTokenGrace::Hours(hours) => i64::from(hours),
            };
            self.previous = Some((token.to_owned(), now + SignedDuration::from_hours(hours)));
            self.refresh_token = Some(self.new_value("RT"));
            self.refresh_issued = now;
        }
        self.issue(switches, now)
    }

    fn new_value(&mut self, prefix: &str) -> String {
        self.issued += 1;
        format!("{prefix}-{}-{}", self.issued, uuid::Uuid::new_v4().simple())
    }

    fn issue(&mut self, switches: &Switches, now: Timestamp) -> Answer {
        let access = self.new_value("AT");
        let life = i64::from(switches.access_token_life_seconds);
        self.access
            .insert(access.clone(), now + SignedDuration::from_secs(life));
        let refresh = self.refresh_token.clone().unwrap_or_default();
        let body = Json::object()
            .with("token_type", Json::text("bearer"))
            .with("access_token", Json::text(access))
            .with("refresh_token", Json::text(refresh))
            .with("expires_in", Json::Number(life.to_string()))
            .with("x_refresh_token_expires_in", Json::count(8_726_400));
        Answer::json(200, body)
    }

    /// `POST /v2/oauth2/tokens/revoke`: JSON or form, either token (quickbooks-online.md 1.6).
    pub fn revoke_by_request(&mut self, request: &Request) -> Answer {
        let form = form_decoded(&request.body);
        if !self.is_client(request, &form) {
            return refused(401, "invalid_client");
        }
        let json = Json::parse(&request.body).ok();
        let token = json
            .as_ref()
            .and_then(|body| body.text_at("token"))
            .map(str::to_owned);
        let token = token.or_else(|| {
            form.iter()
                .find(|(key, _)| key == "token")
                .map(|(_, value)| value.clone())
        });
        let Some(token) = token else {
            return refused(400, "invalid_request");
        };
        if self.refresh_token.as_deref() != Some(&token) && !self.access.contains_key(&token) {
            return refused(400, "invalid_request");
        }
        self.revoke();
        Answer {
            status: 200,
            content_type: "text/plain",
            headers: Vec::new(),
            body: String::new(),
        }
    }
}
