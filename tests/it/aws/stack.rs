//! A deployed stack on an emulator: what a test does with it.
//!
//! In: a seller with simulated accounts. Out: the stack, fed with secrets and settings; its documents; faults. Speaks through
//! tests/aws/stack.py where a call is for the test alone, and reads the documents with the product's own store.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use domain::StateName;
use integration_tests::world::Seller;
use pipeline::fetch::LAST_RUN;
use pipeline::report::summarise_records;
use ports::{DocumentFilter, Store, SystemClock};
use serde_json::{Value, json};
use store_aws::{Connection, DynamoStore};
use tokio::io::AsyncWriteExt;

#[path = "../../emulators/mod.rs"]
#[allow(dead_code, reason = "shared with other tests, which use the rest")]
mod emulators;

/// How long the queues hide a message here: what a killed function had comes back soon.
const HIDDEN_SECONDS: &str = "25";

/// How often the state is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A stack, with its emulator and the proxy that records its calls.
pub struct Stack {
    name: &'static str,
    url: String,
    store: DynamoStore,
    recorder: Child,
    directory: tempfile::TempDir,
    emulator: emulators::Emulator,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start this test with tests/aws/run"))
}

impl Stack {
    /// Deploys the template and feeds the stack; its schedules begin to work at once.
    pub async fn deploy(seller: &Seller, name: &'static str) -> Self {
        let emulator = emulators::start_ministack();
        let directory = tempfile::tempdir().unwrap();
        let url = emulator.url();
        let (recorder, proxy) = start_recorder(&url, &directory.path().join("calls.json"));
        let quickbooks = seller.quickbooks.address();
        let parameters = [
            "Stage=test".to_owned(),
            format!("TestEndpoint={proxy}"),
            format!("LinnworksAuthUrl={}", seller.linnworks.address()),
            format!("QuickBooksApiUrl={quickbooks}"),
            format!("QuickBooksTokenUrl={quickbooks}/oauth2/v1/tokens/bearer"),
            "FetchSchedule=rate(1 minute)".to_owned(),
            "SweepSchedule=rate(1 minute)".to_owned(),
            format!(
                "Architecture={}",
                if cfg!(target_arch = "x86_64") {
                    "x86_64"
                } else {
                    "arm64"
                }
            ),
        ];
        let functions = variable("LINNBOOKS_FUNCTIONS");
        let mut arguments = vec!["deploy", url.as_str(), functions.as_str(), name];
        arguments.extend(parameters.iter().map(String::as_str));
        let deployed = speak(&arguments, "").await;
        println!("packages, in bytes: {}", deployed["package_bytes"]);
        let table = deployed["outputs"]["TableName"].as_str().unwrap().to_owned();
        let store = DynamoStore::new(connect(&url).await.dynamodb(), &table, Arc::new(SystemClock));
        let stack = Self {
            name,
            url,
            store,
            recorder,
            directory,
            emulator,
        };
        stack.feed(seller).await;
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

    /// Invokes a function with an event and returns `{"error", "answer"}`.
    pub async fn invoke(&self, function: &str, event: &Value) -> Value {
        speak(
            &["invoke", &self.url, &format!("{}-{function}", self.name)],
            &event.to_string(),
        )
        .await
    }

    /// Sends a text to a queue.
    pub async fn send(&self, queue: &str, body: &str) {
        speak(&["send", &self.url, &self.queue(queue)], body).await;
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

    /// The documents as `linnbooks log --json` has them, once all are fetched and none moves. What moves is read from the index: a list
    /// of all documents reads the whole table, and is made once, at the end.
    pub async fn wait_until_settled(&self, documents: usize, patience: Duration) -> Value {
        let end = Instant::now() + patience;
        self.wait_until_fetched(patience).await;
        let states: Vec<StateName> = StateName::ALL
            .into_iter()
            .filter(|state| state.is_moving())
            .collect();
        let moving = DocumentFilter {
            states,
            ..DocumentFilter::default()
        };
        loop {
            let moving = self.store.list(&moving).await.unwrap();
            if moving.is_empty() && self.store.open_calls().await.unwrap().is_empty() {
                break;
            }
            assert!(
                Instant::now() < end,
                "{} documents still move\n{}",
                moving.len(),
                self.words()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let records = self.store.list(&DocumentFilter::default()).await.unwrap();
        assert_eq!(records.len(), documents, "{}", self.words());
        serde_json::to_value(summarise_records(&records)).unwrap()
    }

    /// Waits until a fetch came to its end.
    pub async fn wait_until_fetched(&self, patience: Duration) {
        let end = Instant::now() + patience;
        while self.store.watermark(LAST_RUN).await.unwrap().is_none() {
            assert!(Instant::now() < end, "no fetch came to its end\n{}", self.words());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until these queues are empty.
    pub async fn wait_until_empty(&self, queues: &[&str], patience: Duration) {
        let end = Instant::now() + patience;
        for queue in queues {
            while self.count(queue).await > 0 {
                assert!(Instant::now() < end, "{queue} is not empty\n{}", self.words());
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Kills processes of functions for so long, whichever the emulator runs at the moment; returns how many.
    pub async fn kill_functions_until_posted(&self, seller: &Seller, span: Duration) -> usize {
        let end = Instant::now() + span;
        let mut killed = 0;
        let mut seen = BTreeSet::new();
        while Instant::now() < end {
            let posted = seller.quickbooks.books().transactions.len();
            // At instants that differ from round to round: a prime number of milliseconds, and what QuickBooks has.
            tokio::time::sleep(Duration::from_millis(1_709 + (posted as u64 % 13) * 97)).await;
            for process in functions_below(self.emulator.process_id()) {
                if seen.insert((process, posted)) {
                    killed += usize::from(
                        Command::new("kill")
                            .args(["-9", &process.to_string()])
                            .status()
                            .unwrap()
                            .success(),
                    );
                }
            }
        }
        killed
    }

    /// Peak memory of each function's processes, in KB, as the operating system counted it.
    pub fn peak_memory_kilobytes(&self) -> BTreeMap<String, u64> {
        let mut peaks = BTreeMap::new();
        for process in functions_below(self.emulator.process_id()) {
            let read =
                |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
            let environment = read("environ");
            let name = environment
                .split('\0')
                .find_map(|one| one.strip_prefix("AWS_LAMBDA_FUNCTION_NAME="))
                .unwrap_or("")
                .to_owned();
            let status = read("status");
            let peak = status.lines().find_map(|line| {
                line.strip_prefix("VmHWM:")?
                    .split_whitespace()
                    .next()?
                    .parse()
                    .ok()
            });
            let known = peaks.entry(name).or_default();
            *known = peak.unwrap_or(0).max(*known);
        }
        peaks
    }

    /// Compares the roles of the template with the calls that were recorded.
    pub async fn check_policies(mut self) {
        let record = self.directory.path().join("calls.json");
        Command::new("kill")
            .args(["-TERM", &self.recorder.id().to_string()])
            .status()
            .unwrap();
        self.recorder.wait().unwrap();
        let transformed = self.directory.path().join("transformed.json");
        let lint = variable("LINNBOOKS_LINT_PYTHON");
        let run = |script: &str, arguments: [&Path; 2], last: &str| {
            let mut command = Command::new(&lint);
            command
                .arg(root().join("tests/aws").join(script))
                .args(arguments)
                .current_dir(root());
            command.env("AWS_DEFAULT_REGION", emulators::REGION);
            if !last.is_empty() {
                command.arg(last);
            }
            let output = command.output().unwrap();
            let words = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{script}: {words}");
            words
        };
        run(
            "template_checks.py",
            [&root().join("template.yaml"), &transformed],
            "",
        );
        println!(
            "{}",
            run("policies.py", [&transformed, &record], self.name).trim()
        );
    }

    /// The last words of the emulator, for a test that fails.
    pub fn words(&self) -> String {
        self.emulator.words(40)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // The emulator is ended by its own handle; the functions that it runs are its children, and ours to end.
        for process in functions_below(self.emulator.process_id()) {
            Command::new("kill")
                .args(["-9", &process.to_string()])
                .stderr(Stdio::null())
                .status()
                .ok();
        }
        self.recorder.kill().ok();
        self.recorder.wait().ok();
    }
}

/// The processes named `bootstrap` that descend from a process.
fn functions_below(ancestor: u32) -> Vec<u32> {
    let mut parents = BTreeMap::new();
    let mut functions = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(status) = std::fs::read_to_string(entry.path().join("status")) else {
            continue;
        };
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        parents.insert(
            process,
            field("PPid:").and_then(|text| text.parse().ok()).unwrap_or(0),
        );
        if field("Name:") == Some("bootstrap") {
            functions.push(process);
        }
    }
    let descends = |process: &u32| {
        let line = std::iter::successors(Some(*process), |one| {
            parents.get(one).copied().filter(|parent| *parent > 1)
        });
        line.skip(1).any(|one| one == ancestor)
    };
    functions.retain(descends);
    functions
}

fn start_recorder(emulator: &str, record: &Path) -> (Child, String) {
    let mut child = Command::new(variable("LINNBOOKS_AWS_PYTHON"))
        .arg(root().join("tests/aws/recorder.py"))
        .arg(emulator)
        .arg(record)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, line.trim().to_owned())
}

async fn connect(url: &str) -> Connection {
    let key = emulators::ACCESS_KEY;
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(emulators::REGION))
        .credentials_provider(Credentials::new(key, key, None, None, "tests"))
        .endpoint_url(url)
        .load()
        .await;
    Connection::on(&config)
}

/// Runs tests/aws/stack.py and returns what it prints.
async fn speak(arguments: &[&str], input: &str) -> Value {
    let mut child = tokio::process::Command::new(variable("LINNBOOKS_AWS_PYTHON"))
        .arg(root().join("tests/aws/stack.py"))
        .args(arguments)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{:?}: {}",
        arguments.first(),
        words.lines().last().unwrap_or("")
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
