//! The service behind the socket: one request in, one verdict out.
//!
//! In: a request and how many are in progress. Out: an answer, or an instruction to close the connection, to wait, or to
//! commit later. Everything here is done under one lock and without waiting (see `server` for the waiting).

use jiff::{SignedDuration, Timestamp};

use super::books::Books;
use super::chaos::Chaos;
use super::counters::Counters;
use super::fault::Fault;
use super::http::{Answer, Request};
use super::json::Json;
use super::kind::EntityKind;
use super::limits::Windows;
use super::oauth::{Access, Tokens, discovery};
use super::query::{QueryContext, run as run_query};
use super::replay::{self, Outcome, Replays, RequestKey};
use super::route::{self, CompanyRoute, Route};
use super::sales::date_member;
use super::seed::CompanySeed;
use super::switches::{FaultKind, LateCommit, Switches, ThrottleForm};
use super::write::{self, Operation, Write};
use super::{batch, cdc, company, load, xml};
use crate::time::SimulatedTime;

/// What the socket does with a request.
#[derive(Debug)]
pub(super) enum Verdict {
    Answer(Answer),
    /// Close the connection.
    Drop,
    /// Answer after so many real milliseconds.
    AnswerLater {
        milliseconds: u64,
        answer: Answer,
    },
    /// Answer (or close) now, commit after so many real milliseconds.
    CommitLater {
        milliseconds: u64,
        answer: Option<Answer>,
    },
    /// Commit after so many real milliseconds, then answer.
    CommitThenAnswer {
        milliseconds: u64,
    },
}

/// Everything the service knows.
pub(super) struct Core {
    pub books: Books,
    pub switches: Switches,
    pub counters: Counters,
    pub tokens: Tokens,
    pub replays: Replays,
    pub time: SimulatedTime,
    /// The address in the discovery document.
    pub base: String,
    realm_id: String,
    windows: Windows,
    chaos: Chaos,
    /// Requests whose answer was lost and that commit at an instant.
    pending: Vec<(Timestamp, Request)>,
}

impl Core {
    /// A service over a fresh company.
    pub fn new(seed: CompanySeed, time: SimulatedTime, base: String) -> Self {
        let now = time.now();
        Self {
            tokens: Tokens::new(&seed, now),
            realm_id: seed.realm_id.clone(),
            books: load::load(seed, now),
            switches: Switches::default(),
            counters: Counters::default(),
            replays: Replays::default(),
            time,
            base,
            windows: Windows::default(),
            chaos: Chaos::default(),
            pending: Vec::new(),
        }
    }

    /// Commits what is due.
    pub fn commit_due(&mut self) {
        let now = self.time.now();
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.pending = later;
        for (_, request) in due {
            self.perform(&request, None);
        }
    }

    /// Decides a request.
    pub fn serve(&mut self, request: &Request, in_progress: usize) -> Verdict {
        self.commit_due();
        let route = route::parse(request);
        self.count(&route);
        if let Route::Company(realm, company) = &route
            && let Some(answer) = self.refused_at_gate(request, realm, company, in_progress)
        {
            return Verdict::Answer(self.counted(answer));
        }
        let verdict = match self.chaos.pick(&mut self.switches, &route) {
            None => Verdict::Answer(self.perform_route(request, route, None)),
            Some(kind) => self.struck(request, kind),
        };
        match verdict {
            Verdict::Answer(answer) => Verdict::Answer(self.counted(answer)),
            Verdict::Drop | Verdict::CommitLater { answer: None, .. } => {
                self.counters.dropped += 1;
                verdict
            }
            other => other,
        }
    }

    /// Refusals before anything is looked at: token, company, limits.
    fn refused_at_gate(
        &mut self,
        request: &Request,
        realm: &str,
        company: &CompanyRoute,
        in_progress: usize,
    ) -> Option<Answer> {
        let now = self.time.now();
        if self.tokens.check(&request.authorization, now) == Access::ExpiredOrUnknown {
            return Some(self.refusal(request, &Fault::token_expired()));
        }
        if realm != self.realm_id {
            return Some(self.refusal(request, &Fault::wrong_company()));
        }
        let items = match company {
            CompanyRoute::Batch(body) => Some(body.items_at("BatchItemRequest").len()),
            _ => None,
        };
        let limits = self.switches.rate_limits;
        if self.windows.admit(&limits, items, in_progress, now) {
            return None;
        }
        Some(self.throttled(request, limits.form))
    }

    fn struck(&mut self, request: &Request, kind: FaultKind) -> Verdict {
        let failed = |core: &Self| core.refusal(request, &Fault::system());
        match kind {
            FaultKind::CommitThenDropConnection => self.commit_and_lose(request, None),
            FaultKind::CommitThen500 => {
                let answer = failed(self);
                self.commit_and_lose(request, Some(answer))
            }
            FaultKind::DropBeforeCommit => Verdict::Drop,
            FaultKind::Unavailable503BeforeCommit => {
                Verdict::Answer(Answer::html(503, "503 Service Temporarily Unavailable"))
            }
            FaultKind::HtmlBadGateway502 { committed } => {
                let answer = Answer::html(502, "502 Bad Gateway");
                if committed {
                    self.commit_and_lose(request, Some(answer))
                } else {
                    Verdict::Answer(answer)
                }
            }
            FaultKind::TruncatedJson => {
                let mut answer = self.perform(request, None);
                let half = answer.body.char_indices().nth(answer.body.chars().count() / 2);
                answer.body.truncate(half.map_or(0, |(at, _)| at));
                Verdict::Answer(answer)
            }
            FaultKind::EmptyBody => {
                let mut answer = self.perform(request, None);
                answer.body.clear();
                Verdict::Answer(answer)
            }
            FaultKind::SlowAnswer { milliseconds } => {
                let answer = self.perform(request, None);
                Verdict::AnswerLater { milliseconds, answer }
            }
            FaultKind::SlowCommit { milliseconds } => Verdict::CommitThenAnswer { milliseconds },
            FaultKind::TooManyRequests(form) => Verdict::Answer(self.throttled(request, form)),
            FaultKind::AccessTokenExpired => Verdict::Answer(self.refusal(request, &Fault::token_expired())),
            FaultKind::BatchPartialThenDrop { committed } => {
                self.perform(request, Some(committed));
                Verdict::Drop
            }
            FaultKind::BatchReordered => {
                let answer = self.perform(request, None);
                Verdict::Answer(reordered(answer))
            }
        }
    }

    /// Commits now or later by switch; the answer is lost, or is `answer`.
    fn commit_and_lose(&mut self, request: &Request, answer: Option<Answer>) -> Verdict {
        match self.switches.late_commit {
            LateCommit::Milliseconds(milliseconds) => return Verdict::CommitLater { milliseconds, answer },
            LateCommit::SimulatedSeconds(seconds) => {
                let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
                let due = self.time.now().saturating_add(seconds).unwrap_or(Timestamp::MAX);
                self.pending.push((due, request.clone()));
            }
            LateCommit::None => {
                self.perform(request, None);
            }
        }
        answer.map_or(Verdict::Drop, Verdict::Answer)
    }

    fn throttled(&self, request: &Request, form: ThrottleForm) -> Answer {
        let fault = Fault::throttled(form == ThrottleForm::Old403);
        let answer = self.refusal(request, &fault);
        if form == ThrottleForm::Xml {
            xml::answer(answer)
        } else {
            answer
        }
    }

    fn refusal(&self, request: &Request, fault: &Fault) -> Answer {
        let now = self.time.now();
        let envelope = fault.envelope(&self.books.envelope_time(now), now.as_millisecond());
        let answer = Answer::json(fault.status(), envelope);
        match fault.status() {
            401 => answer.with_header(
                "www-authenticate",
                "Bearer realm=\"Intuit\", error=\"invalid_token\"",
            ),
            _ if request.accepts_json => answer,
            _ => xml::answer(answer),
        }
    }

    /// Does what a request asks for, no faults in the way. `limit` bounds the items of a batch.
    pub fn perform(&mut self, request: &Request, limit: Option<usize>) -> Answer {
        self.perform_route(request, route::parse(request), limit)
    }

    fn perform_route(&mut self, request: &Request, route: Route, limit: Option<usize>) -> Answer {
        let now = self.time.now();
        match route {
            Route::Discovery => discovery(&self.base),
            Route::Authorize => self.tokens.authorize(request, &self.switches, now),
            Route::Token => self.tokens.token(request, &self.switches, now),
            Route::Revoke => self.tokens.revoke_by_request(request),
            Route::Nowhere => Answer::html(404, "404 Not Found"),
            Route::Company(_, company) => {
                let bare = matches!(company, CompanyRoute::TaxService(_));
                match self.execute(request, &company, limit) {
                    Err(fault) => self.refusal(request, &fault),
                    Ok(body) => {
                        let body = if bare {
                            body
                        } else {
                            body.with("time", Json::text(self.books.envelope_time(now)))
                        };
                        let answer = Answer::json(200, body);
                        if request.accepts_json {
                            answer
                        } else {
                            xml::answer(answer)
                        }
                    }
                }
            }
        }
    }

    fn execute(&mut self, request: &Request, route: &CompanyRoute, limit: Option<usize>) -> Outcome {
        let requestid = request.parameter("requestid");
        match route {
            CompanyRoute::Refused(fault) => Err(fault.clone()),
            CompanyRoute::Query(text) => self.query(text),
            CompanyRoute::Read(kind, id) => self.read(*kind, id),
            CompanyRoute::ExchangeRate => self.read_exchange_rate(request),
            CompanyRoute::Cdc => {
                let entities = request
                    .parameter("entities")
                    .ok_or_else(|| Fault::missing("entities"))?;
                let since = request
                    .parameter("changedSince")
                    .ok_or_else(|| Fault::missing("changedSince"))?;
                let response = cdc::run(&self.books, entities, since, self.time.now())?;
                Ok(Json::object().with("CDCResponse", response))
            }
            CompanyRoute::Batch(body) => batch::run(self, body, requestid, limit),
            CompanyRoute::TaxService(body) => {
                let now = self.time.now();
                company::create_tax_code(&mut self.books, body, now)
            }
            CompanyRoute::Write(write) => {
                if let Some(requestid) = requestid {
                    replay::check_length(requestid, false)?;
                }
                let key = requestid.map(|requestid| RequestKey { requestid, bid: "" });
                self.write_once(write, key, &request.body)
            }
        }
    }

    /// Does a write unless its request id was seen; gives the entity in its envelope.
    pub fn write_once(&mut self, write: &Write, key: Option<RequestKey<'_>>, sent: &str) -> Outcome {
        let now = self.time.now();
        if let Some(stored) = key.and_then(|key| self.replays.find(key, sent, &self.switches, now)) {
            return stored;
        }
        let outcome = write::execute(&mut self.books, &self.switches, write, now)
            .map(|entity| Json::object().with(write.kind.name(), entity));
        if let Some(key) = key {
            self.replays.remember(key, sent, &outcome, &self.switches, now);
        }
        outcome
    }

    /// Runs a statement; gives the `QueryResponse` in its envelope.
    pub fn query(&self, text: &str) -> Outcome {
        let context = QueryContext {
            books: &self.books,
            staleness_seconds: self.switches.query_staleness_seconds,
            now: self.time.now(),
        };
        Ok(Json::object().with("QueryResponse", run_query(&context, text)?))
    }

    fn read(&self, kind: EntityKind, id: &str) -> Outcome {
        let entity = match kind {
            EntityKind::Preferences => company::preferences_body(&self.books),
            EntityKind::CompanyInfo => company::company_info_body(&self.books),
            EntityKind::ExchangeRate => return Err(Fault::unsupported("read of ExchangeRate by id")),
            _ => {
                if kind != EntityKind::TaxCode {
                    write::check_id(id)?;
                }
                let record = self.books.get(kind, id).ok_or_else(Fault::not_found)?;
                self.books.render(kind, record)
            }
        };
        Ok(Json::object().with(kind.name(), entity))
    }

    fn read_exchange_rate(&self, request: &Request) -> Outcome {
        let code = request.parameter("sourcecurrencycode");
        let code = code.ok_or_else(|| Fault::missing("sourcecurrencycode"))?;
        let day = request
            .parameter("asofdate")
            .map(|day| Json::object().with("AsOfDate", Json::text(day)));
        let day = day
            .map(|body| date_member(&body, "AsOfDate"))
            .transpose()?
            .flatten();
        let day = day.unwrap_or_else(|| self.books.server_date(self.time.now()));
        Ok(Json::object().with("ExchangeRate", company::exchange_rate(&self.books, code, day)?))
    }

    fn count(&mut self, route: &Route) {
        let counters = &mut self.counters;
        counters.total += 1;
        let company = match route {
            Route::Token => {
                counters.token += 1;
                return;
            }
            Route::Company(_, company) => company,
            _ => return,
        };
        counters.reads += u64::from(company.is_read());
        counters.queries += u64::from(matches!(company, CompanyRoute::Query(_)));
        counters.cdc += u64::from(matches!(company, CompanyRoute::Cdc));
        match company {
            CompanyRoute::Write(write) => self.count_write(write),
            CompanyRoute::Batch(body) => {
                counters.batch += 1;
                counters.batch_items += body.items_at("BatchItemRequest").len() as u64;
                for write in batch::writes(body) {
                    self.count_write(&write);
                }
            }
            _ => {}
        }
    }

    fn count_write(&mut self, write: &Write) {
        let is_create = write.operation == Operation::Save && write.is_create();
        let counts = if is_create {
            &mut self.counters.create
        } else {
            &mut self.counters.change
        };
        *counts.entry(write.kind).or_insert(0) += 1;
    }

    fn counted(&mut self, answer: Answer) -> Answer {
        let is_throttle = answer.body.contains("errorCode=003001");
        self.counters.throttled_429 += u64::from(is_throttle);
        self.counters.unauthorized_401 += u64::from(answer.status == 401);
        answer
    }
}

/// The answer of a batch with its items in reverse order.
fn reordered(answer: Answer) -> Answer {
    let Ok(mut body) = Json::parse(&answer.body) else {
        return answer;
    };
    let mut items = body.items_at("BatchItemResponse").to_vec();
    items.reverse();
    body.set("BatchItemResponse", Json::Array(items));
    Answer {
        body: body.to_string(),
        ..answer
    }
}
