//! What can be changed about the simulated Linnworks while it runs, and what it counts.
//!
//! Out: `Switches` (the defaults are the documented behaviour), `Fault`, `Counters`.

/// `Status.State` of the authentication answer (linnworks.md 1.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AccountState {
    /// The account can be used.
    #[default]
    Available,
    /// Locked in part.
    LockedBasic,
    /// Locked entirely.
    LockedFull,
    /// Under maintenance.
    Maintenance,
}

impl AccountState {
    pub(crate) fn as_text(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::LockedBasic => "LOCKED_BASIC",
            Self::LockedFull => "LOCKED_FULL",
            Self::Maintenance => "MAINTENANCE",
        }
    }
}

/// Whether the end of a date range belongs to it; Linnworks does not say (linnworks.md 6.4, question 8).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Bound {
    /// A row exactly at the bound is found.
    #[default]
    Inclusive,
    /// A row exactly at the bound is not found.
    Exclusive,
}

/// The two forms of a 429 body (linnworks.md 2.1).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum QuotaBody {
    /// A JSON string.
    #[default]
    BareString,
    /// `{"Message": "..."}`.
    Object,
}

/// Something that goes wrong with one request. `EmptyBody`, `TruncatedJson` and `BrokenBody` spoil the answer of a request
/// that was carried out; all others stop the request before it does anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// 400 with the SQL Server time-out text: transient (linnworks.md 2.1).
    SqlTimeout,
    /// 500 with an envelope.
    ServerError,
    /// 502 with an HTML page.
    BadGatewayHtml,
    /// 200 without a body.
    EmptyBody,
    /// 200 with the body `null`.
    NullBody,
    /// 200 whose JSON text ends in the middle, in a complete HTTP message.
    TruncatedJson,
    /// The connection breaks in the middle of the body.
    BrokenBody,
    /// The connection is closed without an answer.
    DroppedConnection,
    /// 429 as if the quota were used up.
    QuotaExceeded,
    /// 401 as if the session had ended.
    Unauthorised,
    /// 404 without a useful body, as from another regional cluster.
    WrongCluster,
    /// 403: a permission is missing.
    Forbidden,
}

/// Faults that befall requests at random, the same ones for the same seed and sequence of requests.
#[derive(Clone, Debug)]
pub struct RandomFaults {
    /// Decides which requests.
    pub seed: u64,
    /// So many of a thousand requests.
    pub per_mille: u32,
    /// Chosen among evenly.
    pub kinds: Vec<Fault>,
    /// Leaves authentication alone.
    pub spare_authentication: bool,
}

/// Behaviour of the simulated Linnworks; `Default` is what the vendor documents.
#[derive(Clone, Debug)]
pub struct Switches {
    /// `TTL` of a session in seconds; `None` leaves it out of the answer (the session then lives 1800 s).
    pub session_ttl_seconds: Option<u32>,
    /// `Status.State` of the authentication answer. Data calls work all the same: what a locked account answers to them
    /// is not documented.
    pub account_state: AccountState,
    /// `Server` of the authentication answer; `None` is the simulator's own address.
    pub server: Option<String>,
    /// Longest `pkOrderIds` that is answered; a longer list gets 400. 0 is no limit (linnworks.md 6.4, question 9).
    pub details_ids_max: usize,
    /// Fewest rows of a search page whatever is asked (linnworks.md 3.4: 20).
    pub search_page_rows_min: u32,
    /// Most rows of a search page whatever is asked; the answer's `EntriesPerPage` says how many.
    pub search_page_rows_max: u32,
    /// The end of the searched range.
    pub to_date: Bound,
    /// The start of the searched range.
    pub from_date: Bound,
    /// A processed order is invisible to search until so many simulated seconds after its processed time.
    pub late_visible_seconds: u32,
    /// Counts calls per method and simulated minute and answers 429 beyond 150 or 250 (linnworks.md 2.3).
    pub rate_limits: bool,
    /// Form of the 429 body.
    pub quota_body: QuotaBody,
    /// Sends `Retry-After` with a 429.
    pub retry_after: bool,
    /// Seconds in the `Retry-After` of an injected `Fault::QuotaExceeded`.
    pub fault_retry_after_seconds: u32,
    /// Faults at random.
    pub random_faults: Option<RandomFaults>,
    /// Order ids `Orders/GetOrdersById` leaves out of its answer, in any case.
    pub omitted_from_details: Vec<String>,
    /// `Orders/GetOrdersById` spells order ids in upper case (linnworks.md 3.3: case varies between methods).
    pub details_ids_upper_case: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            session_ttl_seconds: Some(3600),
            account_state: AccountState::Available,
            server: None,
            details_ids_max: 0,
            search_page_rows_min: 20,
            search_page_rows_max: 500,
            to_date: Bound::Inclusive,
            from_date: Bound::Inclusive,
            late_visible_seconds: 0,
            rate_limits: true,
            quota_body: QuotaBody::BareString,
            retry_after: true,
            fault_retry_after_seconds: 1,
            random_faults: None,
            omitted_from_details: Vec::new(),
            details_ids_upper_case: false,
        }
    }
}

/// HTTP requests since the start or the last reset; each request is in `total` and in one of the next four.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counters {
    /// Every request, also one that was dropped without an answer.
    pub total: u64,
    /// `Auth/*`.
    pub auth: u64,
    /// `ProcessedOrders/SearchProcessedOrders` and `...Paged`.
    pub search: u64,
    /// `Orders/GetOrdersById`.
    pub get_orders_by_id: u64,
    /// Every other path.
    pub others: u64,
    /// Answered 429.
    pub answered_429: u64,
    /// Answered 401.
    pub answered_401: u64,
}
