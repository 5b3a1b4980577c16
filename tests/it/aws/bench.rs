//! A stack whose functions the test drives itself: deployed on the emulator, its table in DynamoDB Local, no schedules, no mappings.
//!
//! In: a seller. Out: processes of the built functions with the template's own variables, batches of any size and order. The documents
//! are fetched, mapped and sent when the test says so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::{DocumentKey, StateName};
use integration_tests::audit::Stage;
use integration_tests::world::Seller;
use ports::{DocumentFilter, Store};
use serde_json::{Value, json};

use super::driver::{Ended, Process};
use super::speak::variable;
use super::stack::{NEVER, Options, Stack};

/// How long a killed sender may still be thought alive: its process is dead, as the test knows.
const LIFE_SECONDS: &str = "2";

/// How long the documents may take to come to their end; on a quiet machine they take seconds.
const PATIENCE: Duration = Duration::from_secs(900);

/// Documents handed to one invocation when it does not matter.
const DOCUMENTS_PER_BATCH: usize = 60;

/// The bench.
pub struct Bench {
    /// The stack.
    pub stack: Stack,
    /// How often a failed invocation is made.
    pub attempts_max: usize,
    environments: BTreeMap<&'static str, BTreeMap<String, String>>,
    directory: tempfile::TempDir,
}

/// A batch as SQS hands it over (AWS Lambda developer guide, "Using Lambda with Amazon SQS").
pub fn batch(keys: &[DocumentKey]) -> Value {
    let record = |(index, key): (usize, &DocumentKey)| {
        json!({
            "messageId": format!("message-{index}"),
            "receiptHandle": format!("receipt-{index}"),
            "body": json!({"version": 1, "key": key.to_string()}).to_string(),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "awsRegion": super::emulators::REGION,
        })
    };
    json!({"Records": keys.iter().enumerate().map(record).collect::<Vec<_>>()})
}

impl Bench {
    /// Deploys, fetches all orders, reads the lists of QuickBooks and maps: every document is ready, or is not to be sent.
    pub async fn ready(seller: &Seller, name: &'static str) -> Self {
        let bench = Self::open(seller, name).await;
        bench.invoke("fetch", &json!({})).await;
        bench.sweep().await;
        bench.hand_out("transform", &[StateName::Fetched]).await;
        bench
    }

    /// Deploys and stops what would start functions.
    pub async fn open(seller: &Seller, name: &'static str) -> Self {
        let options = Options {
            name,
            fetch: NEVER,
            sweep: NEVER,
            settings: true,
            judged: true,
        };
        let stack = Stack::deploy(seller, &options).await;
        stack.pause().await;
        let mut environments = BTreeMap::new();
        for function in ["fetch", "transform", "post", "reconcile"] {
            let mut variables = stack.environment(function).await;
            variables.insert("FUNCTION_LIFE_SECONDS".into(), LIFE_SECONDS.into());
            environments.insert(function, variables);
        }
        Self {
            stack,
            attempts_max: 1,
            environments,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// Starts a process of a function.
    pub async fn start(&self, function: &'static str) -> Process {
        let program = PathBuf::from(variable("LINNBOOKS_FUNCTIONS")).join(function);
        let log = self.directory.path().join("log.txt");
        Process::start(&program, &self.environments[function], &log).await
    }

    /// Documents in these states.
    pub async fn keys(&self, states: &[StateName]) -> Vec<DocumentKey> {
        let filter = DocumentFilter {
            states: states.to_vec(),
            ..DocumentFilter::default()
        };
        let records = self.stack.store().list(&filter).await.unwrap();
        let mut keys: Vec<DocumentKey> = records.into_iter().map(|record| record.key).collect();
        keys.sort();
        keys
    }

    /// Hands an event to a new process of a function; a failed one is given again, as often as the test allows.
    pub async fn invoke(&self, function: &'static str, event: &Value) -> Value {
        let mut ended = Ended::Gone;
        for _ in 0..self.attempts_max {
            let mut process = self.start(function).await;
            ended = process.invoke(event).await;
            if let Ended::Answer(answer) = ended {
                return answer;
            }
        }
        panic!("{function} ended as {ended:?}: {}", self.words());
    }

    /// Sweeps once.
    pub async fn sweep(&self) {
        self.invoke("reconcile", &json!({"task": "sweep"})).await;
    }

    /// Hands out every document of these states, as its queue would.
    async fn hand_out(&self, function: &'static str, states: &[StateName]) -> usize {
        let keys = self.keys(states).await;
        for part in keys.chunks(DOCUMENTS_PER_BATCH) {
            self.invoke(function, &batch(part)).await;
        }
        keys.len()
    }

    /// Sweeps, maps and posts until nothing moves, as the schedules and queues would.
    pub async fn settle(&self) {
        let begun = Instant::now();
        loop {
            self.sweep().await;
            self.hand_out("transform", &[StateName::Fetched]).await;
            let states = StateName::ALL.into_iter().filter(|state| state.is_moving());
            let moving = self.hand_out("post", &states.collect::<Vec<_>>()).await;
            if moving == 0 && self.stack.store().open_calls().await.unwrap().is_empty() {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{moving} documents still move: {}",
                self.words()
            );
        }
    }

    /// Settles, and audits books and store.
    pub async fn settle_and_audit(&self, seller: &Seller) {
        self.settle().await;
        self.stack.audit(seller, Stage::Ended).await;
    }

    /// The last lines that the functions logged, and the emulator's.
    pub fn words(&self) -> String {
        let log = std::fs::read_to_string(self.directory.path().join("log.txt")).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(12).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n") + &self.stack.words()
    }
}
