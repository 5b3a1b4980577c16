//! The switches: how the simulated service behaves where Intuit's documents are silent, disagree, or things go wrong.
//!
//! In: values set by a test or the demo, before or while the server runs. Out: read at every request. The defaults are the
//! best documented behaviour; the rate limits are off because simulated time may stand still while thousands of calls are
//! made (`RateLimits::documented` turns them on). Does not hold company data (see `seed`).

use std::collections::VecDeque;

/// What a repeated `requestid` does (quickbooks-online.md 2.4, reliability.md 0.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestIdMode {
    /// The stored answer comes back, nothing is written again.
    #[default]
    Honoured,
    /// As `Honoured`, forgotten after so many simulated hours.
    HonouredHours(u32),
    /// Every repeat writes again.
    Ignored,
    /// A repeated batch answers fault 6000; a repeated single request gives the stored answer.
    Replay6000,
}

/// What the same `requestid` with another body does (not documented).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestIdOtherBody {
    /// The stored answer comes back, as for the same body.
    #[default]
    Replayed,
    /// Fault 600, Duplicate Request ID.
    Fault600,
}

/// When a write commits whose answer was lost to a `CommitThen…` fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LateCommit {
    /// Before the answer is lost.
    #[default]
    None,
    /// So many real milliseconds after the answer was lost.
    Milliseconds(u64),
    /// So many simulated seconds after the answer was lost; committed at the first request or look at the books after.
    SimulatedSeconds(u64),
}

/// Whether the refresh token's value changes (quickbooks-online.md 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenRotation {
    /// At the first refresh more than 24 simulated hours after the value was issued.
    #[default]
    Every24Hours,
    /// At every refresh.
    EveryRefresh,
}

/// How long the previous refresh token still works after a new value was handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreviousTokenGrace {
    /// It stops at once.
    #[default]
    None,
    /// It works for so many simulated hours.
    Hours(u32),
}

/// How a `TaxInclusive` request is read (quickbooks-online.md 3.19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaxInclusiveReading {
    /// `Amount` is net and `TaxInclusiveAmt`, where given, is the gross that counts.
    #[default]
    TaxInclusiveAmtHonoured,
    /// `Amount` is gross; `TaxInclusiveAmt` is ignored.
    AmountTakenAsGross,
    /// `Amount` is net and tax comes on top; `TaxInclusiveAmt` is ignored (the reading of ruckus/quickbooks-ruby#346).
    AmountTakenAsNet,
}

/// What a `TotalTax` sent to a company with automated sales tax does (quickbooks-online.md 3.19 US).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsTotalTax {
    /// It is kept when a line is TAX; without such a line it is dropped.
    #[default]
    Honoured,
    /// The engine computes its own.
    Recomputed,
    /// As `Honoured`, but refused with 6000 when no line is TAX.
    RefusedWithoutTaxLine,
}

/// How names are compared for 6240 (quickbooks-online.md 3.2, 9.12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameComparison {
    /// Upper and lower case are the same.
    #[default]
    CaseInsensitive,
    /// Only the same text is the same.
    Exact,
    /// Case and Latin accents do not matter.
    CaseAndAccentInsensitive,
}

/// What a ClassRef or DepartmentRef does while the company does not track them (quickbooks-online.md 3.16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UntrackedReference {
    /// It is dropped without a word.
    #[default]
    Ignored,
    /// Fault 6000.
    Fault6000,
}

/// The form of an answer to too many requests (quickbooks-online.md 2.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThrottleForm {
    /// HTTP 429, JSON.
    #[default]
    Json,
    /// HTTP 429, XML although JSON was asked for.
    Xml,
    /// HTTP 403 with `statusCode=403`, JSON.
    Old403,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The write is done, then the connection closes without an answer.
    CommitThenDropConnection,
    /// The write is done, the answer is HTTP 500.
    CommitThen500,
    /// The connection closes, nothing is done.
    DropBeforeCommit,
    /// HTTP 503, nothing is done.
    Unavailable503BeforeCommit,
    /// A gateway's HTML page with HTTP 502; `committed` says whether the write was done.
    HtmlBadGateway502 {
        /// Whether the write was done.
        committed: bool,
    },
    /// The write is done, HTTP 200, the JSON is cut in the middle.
    TruncatedJson,
    /// The write is done, HTTP 200, no body.
    EmptyBody,
    /// The write is done, the answer comes so many real milliseconds later.
    SlowAnswer {
        /// Real milliseconds.
        milliseconds: u64,
    },
    /// The write is done so many real milliseconds later (also when the client has gone), then answered.
    SlowCommit {
        /// Real milliseconds.
        milliseconds: u64,
    },
    /// Too many requests, nothing is done.
    TooManyRequests(ThrottleForm),
    /// HTTP 401 with the expired-token envelope, nothing is done; the token stays good.
    AccessTokenExpired,
    /// The first `committed` items of a batch are done, then the connection closes. Batches only.
    BatchPartialThenDrop {
        /// Items done.
        committed: usize,
    },
    /// The items of a batch's answer come in reverse order. Batches only.
    BatchReordered,
}

impl FaultKind {
    /// Whether it only makes sense on a batch.
    pub(super) fn is_batch_only(self) -> bool {
        matches!(
            self,
            FaultKind::BatchPartialThenDrop { .. } | FaultKind::BatchReordered
        )
    }
}

/// Which requests a fault may hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaultTarget {
    /// Any request except the discovery document.
    #[default]
    Any,
    /// A create, update, delete or void that is not in a batch.
    Write,
    /// A batch.
    Batch,
    /// A write or a batch.
    WriteOrBatch,
    /// A read: GET, query, change data capture.
    Read,
    /// The token endpoint.
    Token,
}

/// A fault that happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedFault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Which requests count.
    pub target: FaultTarget,
    /// How many matching requests pass before it strikes.
    pub after: usize,
}

impl PlannedFault {
    /// A fault for the next matching request.
    pub fn next(kind: FaultKind, target: FaultTarget) -> Self {
        Self {
            kind,
            target,
            after: 0,
        }
    }
}

/// Faults drawn at random: each matching request draws once per entry, in order; the first that strikes is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultProbabilities {
    /// The seed; setting another plan starts the draws anew.
    pub seed: u64,
    /// (fault, requests it may hit, probability between 0 and 1).
    pub entries: Vec<(FaultKind, FaultTarget, f64)>,
}

/// The limits of quickbooks-online.md 2.10, counted against simulated time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Whether they are applied.
    pub enabled: bool,
    /// Calls in any 60 seconds.
    pub per_minute: usize,
    /// Calls in any second.
    pub per_second: usize,
    /// Calls in progress.
    pub concurrent: usize,
    /// Batches in any 60 seconds.
    pub batch_per_minute: usize,
    /// Whether each item of a batch counts as a call of `per_minute` (reliability.md 0.6).
    pub batch_items_count: bool,
    /// The form of the refusal.
    pub form: ThrottleForm,
}

impl RateLimits {
    /// The documented limits, applied.
    pub fn documented() -> Self {
        Self {
            enabled: true,
            ..Self::default()
        }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            enabled: false,
            per_minute: 500,
            per_second: 10,
            concurrent: 10,
            batch_per_minute: 40,
            batch_items_count: false,
            form: ThrottleForm::Json,
        }
    }
}

/// What the person does on the authorize page (quickbooks-online.md 1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonDecision {
    /// Connects the company.
    #[default]
    Allows,
    /// Presses cancel: `error=access_denied`.
    Cancels,
}

/// Every switch.
#[derive(Clone, Debug, PartialEq)]
pub struct Switches {
    /// What a repeated `requestid` does.
    pub requestid: RequestIdMode,
    /// What the same `requestid` with another body does.
    pub requestid_other_body: RequestIdOtherBody,
    /// Whether a refused request's fault is remembered and replayed too.
    pub requestid_remembers_faults: bool,
    /// Under `Replay6000`: whether the whole batch is refused rather than each item.
    pub replay_6000_whole: bool,
    /// Whether a DocNumber used by another transaction of the type is refused with 6140.
    pub docnumber_unique: bool,
    /// Simulated seconds for which new transactions are missing from queries (reads by id see them).
    pub query_staleness_seconds: u32,
    /// When a write commits whose answer was lost.
    pub late_commit: LateCommit,
    /// Faults that happen once, each at its first matching request.
    pub fault_queue: VecDeque<PlannedFault>,
    /// Faults drawn at random.
    pub fault_probabilities: Option<FaultProbabilities>,
    /// Limits.
    pub rate_limits: RateLimits,
    /// Whether the refresh token's value changes.
    pub token_rotation: TokenRotation,
    /// How long the previous refresh token works.
    pub previous_token_grace: PreviousTokenGrace,
    /// What the person does on the authorize page.
    pub person: PersonDecision,
    /// Whether a second exchange of a code ends the tokens of the first (quickbooks-online.md 1.2).
    pub second_exchange_revokes: bool,
    /// Life of an access token, simulated seconds.
    pub access_token_life_seconds: u32,
    /// How a `TaxInclusive` request is read.
    pub tax_inclusive: TaxInclusiveReading,
    /// Whether `TxnTaxDetail.TaxLine` amounts replace the computed ones outside the US.
    pub tax_line_override: bool,
    /// What `TotalTax` does under automated sales tax.
    pub us_total_tax: UsTotalTax,
    /// Whether unknown members are refused with 2010.
    pub unknown_property_2010: bool,
    /// Whether letters outside ISO-8859-1 are refused with 2040 in a US company (quickbooks-online.md 3.0).
    pub us_latin1_only: bool,
    /// How names are compared for 6240.
    pub name_comparison: NameComparison,
    /// Whether an object made inactive is renamed `X (deleted)`.
    pub deleted_suffix: bool,
    /// What class and department references do while not tracked.
    pub untracked_reference: UntrackedReference,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            requestid: RequestIdMode::default(),
            requestid_other_body: RequestIdOtherBody::default(),
            requestid_remembers_faults: false,
            replay_6000_whole: false,
            docnumber_unique: true,
            query_staleness_seconds: 0,
            late_commit: LateCommit::default(),
            fault_queue: VecDeque::new(),
            fault_probabilities: None,
            rate_limits: RateLimits::default(),
            token_rotation: TokenRotation::default(),
            previous_token_grace: PreviousTokenGrace::default(),
            person: PersonDecision::default(),
            second_exchange_revokes: true,
            access_token_life_seconds: 3600,
            tax_inclusive: TaxInclusiveReading::default(),
            tax_line_override: true,
            us_total_tax: UsTotalTax::default(),
            unknown_property_2010: true,
            us_latin1_only: true,
            name_comparison: NameComparison::default(),
            deleted_suffix: true,
            untracked_reference: UntrackedReference::default(),
        }
    }
}

impl Switches {
    /// Adds a fault for the next matching request.
    pub fn strike_next(&mut self, kind: FaultKind, target: FaultTarget) {
        self.fault_queue.push_back(PlannedFault::next(kind, target));
    }
}
