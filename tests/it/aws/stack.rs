//! A deployed stack on an emulator: what a test does with it.
//!
//! In: a seller with simulated accounts. Out: the stack, fed with secrets and settings; its documents; faults. Reads the documents with
//! the product's own store. Patience is for a standstill, not for the whole: a slow machine only takes longer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::StateName;
use integration_tests::audit::{Stage, audit_books, audit_log};
use integration_tests::world::Seller;
use pipeline::fetch::LAST_RUN;
use pipeline::report::summarise_records;
use ports::{DocumentFilter, Store, SystemClock};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use store_aws::DynamoStore;

use super::emulators::{self, Emulator};
use super::processes::{function_of, functions_below, kill, peak_memory_kilobytes};
use super::speak::{Recorder, connect, speak, variable};

/// How long the queues hide a message here: what a killed function had comes back soon.
const HIDDEN_SECONDS: &str = "25";

/// How often the state is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long nothing may change before the test gives up: several sweeps, and the longest lease.
const STANDSTILL: Duration = Duration::from_secs(300);

/// How long functions are killed at most.
const KILLING: Duration = Duration::from_secs(90);

/// The shortest schedule that there is.
pub const EVERY_MINUTE: &str = "rate(1 minute)";
/// A schedule that does not come while a test runs.
pub const NEVER: &str = "cron(0 0 1 1 ? 2099)";

/// What a test chooses of its stack.
pub struct Options {
    /// Its name, unlike those of other tests.
    pub name: &'static str,
    /// When orders are fetched.
    pub fetch: &'static str,
    /// When what stands still is looked after.
    pub sweep: &'static str,
    /// The settings are in force from the beginning.
    pub settings: bool,
    /// The table lies in AWS's own DynamoDB Local: every conditional write is judged there.
    pub judged: bool,
}

/// A stack, with its emulators and the proxy that records its calls.
pub struct Stack {
    name: &'static str,
    url: String,
    api: String,
    store: DynamoStore,
    /// The proxy.
    pub recorder: Recorder,
    emulator: Emulator,
    _judge: Option<Emulator>,
}

impl Stack {
    /// Deploys the template and feeds the stack; its schedules begin to work at once.
    pub async fn deploy(seller: &Seller, options: &Options) -> Self {
        let name = options.name;
        let emulator = emulators::start_ministack();
        let judge = options.judged.then(emulators::start_dynamodb_local);
        let url = emulator.url();
        let judged_at = judge.as_ref().map(Emulator::url);
        let recorder = Recorder::start(&url, judged_at.as_deref());
        let parameters = parameters(seller, recorder.address(), options);
        let functions = variable("LINNBOOKS_FUNCTIONS");
        let mut arguments = vec!["deploy", url.as_str(), functions.as_str(), name];
        arguments.extend(parameters.iter().map(String::as_str));
        let deployed = speak(&arguments, "").await;
        println!("{name}: packages, in bytes: {}", deployed["package_bytes"]);
        let table = deployed["outputs"]["TableName"].as_str().unwrap().to_owned();
        if let Some(judged_at) = &judged_at {
            speak(&["mirror", &url, &table, judged_at], "").await;
        }
        // Straight to the gateway: the proxy is for calls of functions.
        let api = deployed["outputs"]["ApiUrl"].as_str().unwrap();
        let api = api.replace(recorder.address(), &url);
        let connection = connect(judged_at.as_deref().unwrap_or(&url)).await;
        let store = DynamoStore::new(connection.dynamodb(), &table, Arc::new(SystemClock));
        let stack = Self {
            name,
            url,
            api,
            store,
            recorder,
            emulator,
            _judge: judge,
        };
        stack.feed(seller).await;
        if options.settings {
            stack.put_settings(seller).await;
        }
        stack
    }

    async fn feed(&self, seller: &Seller) {
        let (source, books) = (seller.linnworks.credentials(), seller.quickbooks.credentials());
        for queue in ["orders", "postings", "requests"] {
            speak(&["hide", &self.url, &self.queue(queue), HIDDEN_SECONDS], "").await;
        }
        let linnworks = json!({
            "application_id": source.application_id, "application_secret": source.application_secret, "token": source.token,
        });
        let quickbooks = json!({
            "client_id": books.client_id, "client_secret": books.client_secret, "realm_id": books.realm_id,
            "refresh_token": books.refresh_token,
        });
        for (secret, value) in [("linnworks", linnworks), ("quickbooks", quickbooks)] {
            let name = format!("linnbooks/{}/{secret}", self.name);
            speak(&["secret", &self.url, &name], &value.to_string()).await;
        }
    }

    async fn put_settings(&self, seller: &Seller) {
        let settings = json!({"task": "put_settings", "text": seller.settings_text()});
        let answer = self.invoke("reconcile", &settings).await;
        assert!(
            answer["error"].is_null() && answer["answer"]["version"].is_string(),
            "{answer}"
        );
    }

    fn queue(&self, name: &str) -> String {
        format!("{}/000000000000/{}-{name}", self.url, self.name)
    }

    /// The address of its HTTP API.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Its documents.
    pub fn store(&self) -> &DynamoStore {
        &self.store
    }

    /// From now on no queue and no schedule starts a function.
    pub async fn pause(&self) {
        speak(&["pause", &self.url, self.name], "").await;
    }

    /// The variables that the template gives to a function.
    pub async fn environment(&self, function: &str) -> BTreeMap<String, String> {
        let name = format!("{}-{function}", self.name);
        serde_json::from_value(speak(&["environment", &self.url, &name], "").await).unwrap()
    }

    /// Ends invocations of a function after so many seconds.
    pub async fn limit(&self, function: &str, seconds: u32) {
        let name = format!("{}-{function}", self.name);
        speak(&["limit", &self.url, &name, &seconds.to_string()], "").await;
    }

    /// Invokes a function with an event and returns `{"error", "answer"}`.
    pub async fn invoke(&self, function: &str, event: &Value) -> Value {
        let name = format!("{}-{function}", self.name);
        speak(&["invoke", &self.url, &name], &event.to_string()).await
    }

    /// Sends texts to a queue.
    pub async fn send(&self, queue: &str, texts: &[String]) {
        let texts = serde_json::to_string(texts).unwrap();
        speak(&["send", &self.url, &self.queue(queue)], &texts).await;
    }

    /// Empties a queue.
    pub async fn purge(&self, queue: &str) {
        speak(&["purge", &self.url, &self.queue(queue)], "").await;
    }

    /// Messages in a queue, hidden ones included.
    pub async fn count(&self, queue: &str) -> u64 {
        speak(&["count", &self.url, &self.queue(queue)], "").await["messages"]
            .as_u64()
            .unwrap()
    }

    /// How many documents move in each state, read from the index: a list of all documents reads the whole table.
    async fn moving(&self) -> BTreeMap<&'static str, usize> {
        let states = StateName::ALL.into_iter().filter(|state| state.is_moving());
        let filter = DocumentFilter {
            states: states.collect(),
            ..DocumentFilter::default()
        };
        let mut counts = BTreeMap::new();
        for record in self.store.list(&filter).await.unwrap() {
            *counts.entry(record.state.name().as_str()).or_default() += 1;
        }
        let calls = self.store.open_calls().await.unwrap().len();
        if calls > 0 {
            counts.insert("open calls", calls);
        }
        counts
    }

    /// Waits until a look finds what it looks for; gives up when what it tells has not changed for long.
    pub async fn wait(&self, what: &str, look: impl AsyncFn() -> Result<(), String>) {
        let mut changed_at = Instant::now();
        let mut told = String::new();
        while let Err(state) = look().await {
            if state != told {
                (told, changed_at) = (state, Instant::now());
            }
            assert!(
                changed_at.elapsed() < STANDSTILL,
                "{what}: nothing has changed for {} s: {told}\n{}",
                STANDSTILL.as_secs(),
                self.words()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until a fetch came to its end.
    pub async fn wait_until_fetched(&self) {
        self.wait("a fetch comes to its end", async || {
            match self.store.watermark(LAST_RUN).await.unwrap() {
                Some(_) => Ok(()),
                None => Err(format!("{:?}", self.moving().await)),
            }
        })
        .await;
    }

    /// Waits until all documents are fetched and none moves.
    pub async fn wait_until_settled(&self) {
        self.wait_until_fetched().await;
        self.wait_until_still().await;
    }

    /// Waits until no document moves.
    pub async fn wait_until_still(&self) {
        self.wait("no document moves", async || {
            let moving = self.moving().await;
            if moving.is_empty() {
                Ok(())
            } else {
                Err(format!("{moving:?}"))
            }
        })
        .await;
    }

    /// Waits until these queues are empty.
    pub async fn wait_until_empty(&self, queues: &[&str]) {
        for queue in queues {
            self.wait("a queue becomes empty", async || match self.count(queue).await {
                0 => Ok(()),
                count => Err(format!("{count} in {queue}")),
            })
            .await;
        }
    }

    /// The documents as `linnbooks log --json` has them.
    pub async fn log(&self) -> Value {
        let records = self.store.list(&DocumentFilter::default()).await.unwrap();
        serde_json::to_value(summarise_records(&records)).unwrap()
    }

    /// The books and the store are those that were expected.
    pub async fn audit(&self, seller: &Seller, stage: Stage) {
        let rows = self.log().await;
        let books = seller.quickbooks.books();
        let mut violations = audit_books(&seller.expected, seller.document(), &books, stage);
        violations.extend(audit_log(&seller.expected, &books, &rows, stage));
        violations.truncate(20);
        assert!(violations.is_empty(), "{violations:#?}\n{}", self.words());
    }

    /// Kills processes of functions one by one at random instants, up to so many; returns of which function how many. Ends before a
    /// message can have been given so often that SQS takes it for poison: five times, each hidden for [`HIDDEN_SECONDS`].
    pub async fn kill_functions(&self, count: usize, seed: u64) -> BTreeMap<String, usize> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut killed: BTreeMap<String, usize> = BTreeMap::new();
        let begun = Instant::now();
        while killed.values().sum::<usize>() < count && begun.elapsed() < KILLING {
            tokio::time::sleep(Duration::from_millis(random.random_range(200..2_000))).await;
            let running = functions_below(self.emulator.process_id());
            if running.is_empty() {
                continue;
            }
            let chosen = running[random.random_range(0..running.len())];
            let function = function_of(chosen);
            if !function.is_empty() && kill(chosen) {
                *killed.entry(function).or_default() += 1;
            }
        }
        assert!(
            killed.values().sum::<usize>() > count / 3,
            "only {killed:?} could be killed: nothing was at work"
        );
        killed
    }

    /// Peak memory of each function's processes, in KB.
    pub fn peak_memory_kilobytes(&self) -> BTreeMap<String, u64> {
        let mut peaks: BTreeMap<String, u64> = BTreeMap::new();
        for process in functions_below(self.emulator.process_id()) {
            let known = peaks.entry(function_of(process)).or_default();
            *known = peak_memory_kilobytes(process).max(*known);
        }
        peaks
    }

    /// The last words of the emulator, for a test that fails.
    pub fn words(&self) -> String {
        self.emulator.words(40)
    }
}

/// The parameters of the template for a test.
fn parameters(seller: &Seller, endpoint: &str, options: &Options) -> Vec<String> {
    let quickbooks = seller.quickbooks.address();
    let architecture = if cfg!(target_arch = "x86_64") {
        "x86_64"
    } else {
        "arm64"
    };
    vec![
        "Stage=test".to_owned(),
        format!("TestEndpoint={endpoint}"),
        format!("LinnworksAuthUrl={}", seller.linnworks.address()),
        format!("QuickBooksApiUrl={quickbooks}"),
        format!("QuickBooksTokenUrl={quickbooks}/oauth2/v1/tokens/bearer"),
        format!("FetchSchedule={}", options.fetch),
        format!("SweepSchedule={}", options.sweep),
        format!("Architecture={architecture}"),
    ]
}
