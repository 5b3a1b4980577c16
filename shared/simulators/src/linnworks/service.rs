//! What happens to one request: counting, planned actions, faults, sessions, quotas, and then the method itself.
//!
//! In: a request's parts. Out: a `Reply`, or none when the connection is to be dropped. Does not read sockets.

use std::collections::HashMap;
use std::net::SocketAddr;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::account::Account;
use super::call::{Call, Parameters, guid};
use super::details::OpenPage;
use super::reply::Reply;
use super::switches::{Counters, Fault, QuotaBody, Switches};
use super::{Credentials, details, office, search};
use crate::world::ZERO_GUID;
use crate::world::random::Random;

const SESSION_SECONDS_WITHOUT_TTL: u32 = 1800; // "about 30 min idle" (linnworks.md 1.4)
const AUTHORIZE: &str = "auth/authorizebyapplication";
const SEARCH: [&str; 2] = [
    "processedorders/searchprocessedorders",
    "processedorders/searchprocessedorderspaged",
];
const ORDERS_BY_ID: &str = "orders/getordersbyid";

/// Methods and how many calls a minute each admits (linnworks.md 2.3).
const METHODS: [(&str, u32); 28] = [
    (AUTHORIZE, 150),
    ("auth/getserverutctime", 150),
    ("auth/ping", 150),
    ("processedorders/searchprocessedorders", 150),
    ("processedorders/searchprocessedorderspaged", 150),
    ("processedorders/getorderinfo", 250),
    ("processedorders/getprocessedaudittrail", 150),
    ("processedorders/getrefunds", 150),
    (ORDERS_BY_ID, 250),
    ("orders/getorderbyid", 150),
    ("orders/getorderdetailsbynumorderid", 250),
    ("orders/getorderdetailsbyreferenceid", 250),
    ("openorders/getopenorders", 150),
    ("openorders/getopenorderids", 150),
    ("openorders/getopenordersdetails", 150),
    ("returnsrefunds/searchreturnsrefundspaged", 150),
    ("returnsrefunds/getprocessedorackederrorrefundheaders", 150),
    ("returnsrefunds/getrefundheadersbyorderid", 150),
    ("purchaseorder/search_purchaseorders2", 150),
    ("purchaseorder/get_purchaseorder", 250),
    ("stock/getstocklevel", 250),
    ("stock/getstocklevel_batch", 250),
    ("stock/setstocklevel", 250),
    ("stock/updatestocklevelsbulk", 150),
    ("inventory/getstockitemidsbysku", 250),
    ("inventory/getstocklocations", 150),
    ("inventory/getsuppliers", 150),
    ("settings/getcurrencyconversionrates", 250),
];

/// When a planned action runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moment {
    /// Before the request that makes `Counters::total` this number is answered.
    Request(u64),
    /// Before the request that makes `Counters::search` this number is answered.
    Search(u64),
}

type Action = Box<dyn FnOnce(&mut Account) + Send>;

/// Everything behind the lock.
pub(crate) struct Service {
    pub(crate) account: Account,
    pub(crate) switches: Switches,
    pub(crate) counters: Counters,
    pub(crate) credentials: Credentials,
    pub(crate) is_installed: bool,
    pub(crate) sessions: HashMap<String, Timestamp>,
    pub(crate) faults: Vec<(String, Fault)>,
    pub(crate) actions: Vec<(Moment, Action)>,
    address: SocketAddr,
    quota: HashMap<String, (i64, u32)>,
    sessions_opened: u64,
    requests_seen: u64,
}

impl Service {
    pub(crate) fn new(account: Account, address: SocketAddr) -> Self {
        Self {
            account,
            switches: Switches::default(),
            counters: Counters::default(),
            credentials: Credentials::default(),
            is_installed: true,
            sessions: HashMap::new(),
            faults: Vec::new(),
            actions: Vec::new(),
            address,
            quota: HashMap::new(),
            sessions_opened: 0,
            requests_seen: 0,
        }
    }

    /// Answers a request; `None` drops the connection.
    pub(crate) fn answer(&mut self, call: Call, authorization: &str, now: Timestamp) -> Option<Reply> {
        self.account.now = now;
        let method = call.method.clone();
        self.count(&method);
        self.run_actions();
        let reply = match self.take_fault(&method) {
            None => Some(self.right_reply(call, authorization)),
            Some(fault @ (Fault::EmptyBody | Fault::TruncatedJson | Fault::BrokenBody)) => {
                let right = self.right_reply(call, authorization);
                Reply::spoiled(right, fault, (0, QuotaBody::BareString, None))
            }
            Some(fault) => {
                let seconds = self
                    .switches
                    .retry_after
                    .then_some(self.switches.fault_retry_after_seconds);
                let quota = (limit(&method).unwrap_or(150), self.switches.quota_body, seconds);
                Reply::spoiled(Reply::ok(&Value::Null), fault, quota)
            }
        };
        match reply.as_ref().map(|reply| reply.status.as_u16()) {
            Some(429) => self.counters.answered_429 += 1,
            Some(401) => self.counters.answered_401 += 1,
            _ => {}
        }
        reply
    }

    fn count(&mut self, method: &str) {
        self.requests_seen += 1;
        self.counters.total += 1;
        if method.starts_with("auth/") {
            self.counters.auth += 1;
        } else if SEARCH.contains(&method) {
            self.counters.search += 1;
        } else if method == ORDERS_BY_ID {
            self.counters.get_orders_by_id += 1;
        } else {
            self.counters.others += 1;
        }
    }

    fn run_actions(&mut self) {
        let (total, search) = (self.counters.total, self.counters.search);
        let is_due = |moment: &Moment| match moment {
            Moment::Request(number) => *number <= total,
            Moment::Search(number) => *number <= search,
        };
        let (due, later) = std::mem::take(&mut self.actions)
            .into_iter()
            .partition(|(moment, _)| is_due(moment));
        self.actions = later;
        let due: Vec<(Moment, Action)> = due;
        for (_, action) in due {
            action(&mut self.account);
        }
    }

    /// The first planned fault for the method, else a random one.
    fn take_fault(&mut self, method: &str) -> Option<Fault> {
        let fits = |wanted: &str| wanted.is_empty() || wanted == method;
        if let Some(index) = self.faults.iter().position(|(wanted, _)| fits(wanted)) {
            return Some(self.faults.remove(index).1);
        }
        let plan = self.switches.random_faults.as_ref()?;
        if plan.spare_authentication && method.starts_with("auth/") {
            return None;
        }
        let mut random = Random::new(plan.seed, self.requests_seen);
        if random.happens(plan.per_mille) {
            random.pick(&plan.kinds).copied()
        } else {
            None
        }
    }

    fn right_reply(&mut self, call: Call, authorization: &str) -> Reply {
        if call.method != AUTHORIZE && !self.has_session(authorization) {
            return Reply::unauthorised();
        }
        let Some(per_minute) = limit(&call.method) else {
            return Reply::not_found();
        };
        if let Some(seconds) = self.exceeds_quota(&call.method, per_minute) {
            let seconds = self.switches.retry_after.then_some(seconds);
            return Reply::quota_exceeded(per_minute, self.switches.quota_body, seconds);
        }
        call.parameters
            .and_then(|given| self.dispatch(&call.method, &given))
            .unwrap_or_else(|reply| reply)
    }

    fn has_session(&self, authorization: &str) -> bool {
        self.sessions
            .get(authorization)
            .is_some_and(|ends| *ends > self.account.now)
    }

    /// Counts a call; the seconds until the next minute when it is one too many.
    fn exceeds_quota(&mut self, method: &str, per_minute: u32) -> Option<u32> {
        let second = self.account.now.as_second();
        let window = self.quota.entry(method.to_owned()).or_insert((0, 0));
        if window.0 != second.div_euclid(60) {
            *window = (second.div_euclid(60), 0);
        }
        window.1 += 1;
        let exceeds = self.switches.rate_limits && window.1 > per_minute;
        exceeds.then(|| u32::try_from(60 - second.rem_euclid(60)).unwrap_or(60))
    }

    fn dispatch(&mut self, method: &str, parameters: &Parameters) -> Result<Reply, Reply> {
        let (account, switches) = (&self.account, &self.switches);
        match method {
            AUTHORIZE => self.authorize(parameters),
            "auth/getserverutctime" => Ok(Reply::ok(&json!(account.now.to_string()))),
            "auth/ping" => Ok(Reply::ok(&json!(true))),
            "processedorders/searchprocessedorders" => search::search(account, switches, parameters),
            "processedorders/searchprocessedorderspaged" => {
                search::search_paged(account, switches, parameters)
            }
            "processedorders/getorderinfo" => details::order_info(account, parameters),
            "processedorders/getprocessedaudittrail" => details::audit_trail(account, parameters),
            "processedorders/getrefunds" => Ok(Reply::ok(&json!([]))),
            ORDERS_BY_ID => details::orders_by_id(account, switches, parameters),
            "orders/getorderbyid" => details::order_by_id(account, parameters),
            "orders/getorderdetailsbynumorderid" => details::order_by_number(account, parameters),
            "orders/getorderdetailsbyreferenceid" => Ok(details::orders_by_reference(account, parameters)),
            "openorders/getopenorders" => details::open_orders(account, parameters, OpenPage::Orders),
            "openorders/getopenorderids" => details::open_orders(account, parameters, OpenPage::Ids),
            "openorders/getopenordersdetails" => details::open_orders_details(account, parameters),
            "returnsrefunds/searchreturnsrefundspaged" => office::search_refunds(parameters),
            "returnsrefunds/getprocessedorackederrorrefundheaders" => office::refund_headers(parameters),
            "returnsrefunds/getrefundheadersbyorderid" => office::refund_headers_by_order(parameters),
            "purchaseorder/search_purchaseorders2" => office::search_purchase_orders(account, parameters),
            "purchaseorder/get_purchaseorder" => office::purchase_order(account, parameters),
            "stock/getstocklevel" => office::stock_levels(account, parameters),
            "stock/getstocklevel_batch" => office::stock_levels_batch(account, parameters),
            "stock/setstocklevel" => office::set_stock_levels(&mut self.account, parameters),
            "stock/updatestocklevelsbulk" => office::update_stock_levels(&mut self.account, parameters),
            "inventory/getstockitemidsbysku" => office::stock_item_ids(account, parameters),
            "inventory/getstocklocations" => Ok(office::stock_locations()),
            "inventory/getsuppliers" => Ok(office::suppliers()),
            "settings/getcurrencyconversionrates" => Ok(office::currency_rates(account, parameters)),
            _ => Err(Reply::not_found()),
        }
    }

    /// `Auth/AuthorizeByApplication` (linnworks.md 1.1, 1.2): 400, not 401, for wrong secrets or a revoked install.
    fn authorize(&mut self, parameters: &Parameters) -> Result<Reply, Reply> {
        let request = parameters.unwrapped("request");
        let same = |name: &str, wanted: &str| guid(&request.text(name)).is_ok_and(|given| given == wanted);
        let known = &self.credentials;
        if !same("ApplicationId", &known.application_id)
            || !same("ApplicationSecret", &known.application_secret)
        {
            return Err(Reply::bad_request("Application credentials are not valid"));
        }
        if !self.is_installed || !same("Token", &known.token) {
            return Err(Reply::bad_request("Application is not installed"));
        }
        self.sessions_opened += 1;
        let token = Random::new(0x5E55_1011, self.sessions_opened).guid();
        let seconds = self
            .switches
            .session_ttl_seconds
            .unwrap_or(SESSION_SECONDS_WITHOUT_TTL);
        let lasts = SignedDuration::from_secs(i64::from(seconds));
        let ends = self.account.now.saturating_add(lasts).unwrap_or(self.account.now);
        self.sessions.insert(token.clone(), ends);
        Ok(Reply::ok(&self.session(&token)))
    }

    fn session(&self, token: &str) -> Value {
        let user = "f6ea65cd-4b4a-4d1b-8e2a-0d6c1b0e9a11";
        let server = self
            .switches
            .server
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.address));
        let mut session = json!({
            "CustomerId": 123_456, "FullName": "Test User", "Company": "Example Ltd",
            "ProductName": "linnworks.net", "ExpirationDate": "2036-11-30T00:00:00Z", "IsAccountHolder": true,
            "SessionUserId": 1, "IsAutoTestSession": false, "Id": user,
            "EntityId": "2a1f7b0e-52f5-43b4-8c9f-1d2c3b4a5f60", "DatabaseName": "example_ltd",
            "DatabaseServer": null, "PrivateDatabaseServer": null, "DatabaseUser": null, "DatabasePassword": null,
            "AppName": "Example Sync", "sid_registration": ZERO_GUID, "UserName": "test.user@example.com",
            "Md5Hash": "d41d8cd98f00b204e9800998ecf8427e", "Locality": "EU", "SuperAdmin": true,
            "Token": token, "AccessToken": null, "GroupName": "", "Device": "", "DeviceType": "",
            "UserType": "Linnworks.net",
            "Status": { "State": self.switches.account_state.as_text(), "Reason": "", "Parameters": {} },
            "UserId": user, "Properties": {}, "Email": "test.user@example.com", "Server": server,
            "PushServer": "https://eu-push.linnworks.net",
        });
        if let (Some(seconds), Some(members)) = (self.switches.session_ttl_seconds, session.as_object_mut()) {
            members.insert("TTL".to_owned(), json!(seconds));
        }
        session
    }
}

fn limit(method: &str) -> Option<u32> {
    METHODS
        .iter()
        .find(|(known, _)| *known == method)
        .map(|(_, per_minute)| *per_minute)
}
