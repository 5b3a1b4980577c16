//! The error catalogue: each thing that can go wrong for a user, as a situation that runs, with the exact words the user reads.
//!
//! In: the real program, both simulators, one mistake or mishap. Out: `tests/errors/NAME/message.snap` for each: the command, what it
//! said, its exit code, and what `linnbooks log` tells of the documents afterwards. Every situation then ends well: the cause is taken
//! away, and a run posts everything exactly once. No run may show a secret or a buyer's data on standard error, however much is logged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use integration_tests::audit::{Stage, audit_books};
use integration_tests::process::linnbooks_path;
use integration_tests::world::{Expected, OrderGuid, guid_of};
use jiff::SignedDuration;
use serde_json::Value;
use simulators::linnworks::LinnworksSimulator;
use simulators::quickbooks_online::{CompanySeed, ItemSeed, QuickBooksOnlineSimulator};
use simulators::time::SimulatedTime;
use simulators::world::{Expectation, World, WorldOptions};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Runs until everything is settled: one more for a lost answer, one more for what waited.
const HEALTHY_RUNS_MAX: usize = 6;

const CLIENT_SECRET: &str = "canary-of-the-client-secret";
const REFRESH_TOKEN: &str = "canary-of-the-refresh-token";

const SETTINGS: &str = r#"[start]
start_date = "2026-01-01"
[document]
type = "sales_receipt"
[customer]
mode = "store_name_and_currency"
[shipping]
item = "Shipping"
[tax.codes]
"20" = "20.0% S"
"0" = "0.0% Z"
[rounding]
item = "Rounding"
tax_code = "No VAT"
[payment.deposit_account_by_currency]
GBP = "Amazon Clearing"
[posting]
settle_unknown_after_seconds = 1
[limits.quickbooks]
throttle_wait_seconds = 1
"#;

/// A seller in front of the program.
pub struct Situation {
    pub linnworks: LinnworksSimulator,
    pub quickbooks: QuickBooksOnlineSimulator,
    pub ids: Vec<OrderGuid>,
    pub world: World,
    expected: BTreeMap<OrderGuid, Expected>,
    directory: TempDir,
    environment: Vec<(String, String)>,
}

/// A run that ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    stderr: String,
}

impl Situation {
    /// A UK seller with three ordinary orders, and files that are right.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same with another company.
    pub async fn open_with(change: impl FnOnce(&mut CompanySeed)) -> Self {
        let time = SimulatedTime::new();
        let until = time.now().checked_sub(SignedDuration::from_secs(60)).unwrap();
        let options = WorldOptions {
            orders_count: 3,
            until,
            span: SignedDuration::from_mins(8),
            gbp_only: true,
            ..WorldOptions::default()
        };
        let mut world = World::generate(7, options.without_anomalies());
        // All from one channel, so that they share customer and form.
        let channel = ["Source", "SubSource"].map(|name| world.orders[0].order["GeneralInfo"][name].clone());
        for made in &mut world.orders {
            let info = &mut made.order["GeneralInfo"];
            [info["Source"], info["SubSource"]] = channel.clone();
        }
        let mut company = CompanySeed::united_kingdom();
        company.client_secret = CLIENT_SECRET.into();
        company.refresh_token = REFRESH_TOKEN.into();
        company.preferences.custom_txn_numbers = true;
        company.items.extend(
            world
                .items
                .iter()
                .map(|item| ItemSeed::non_inventory(&item.title, &item.sku)),
        );
        change(&mut company);
        let linnworks = LinnworksSimulator::start(world.order_values(), time.clone())
            .await
            .unwrap();
        let quickbooks = QuickBooksOnlineSimulator::start(company, time).await.unwrap();
        let ids: Vec<OrderGuid> = world.orders.iter().map(|made| guid_of(&made.order)).collect();
        let ends = world.orders.iter().map(|made| Expected {
            number: made.number,
            end: made.expectation.clone(),
        });
        let expected = ids.iter().cloned().zip(ends).collect();
        let directory = tempfile::tempdir().unwrap();
        let one = Self {
            linnworks,
            quickbooks,
            ids,
            world,
            expected,
            directory,
            environment: Vec::new(),
        };
        one.write_config();
        std::fs::write(one.path("settings.toml"), SETTINGS).unwrap();
        one
    }

    /// A file of the seller.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes `linnbooks.toml` as it ought to be.
    pub fn write_config(&self) {
        let (source, books) = (self.linnworks.credentials(), self.quickbooks.credentials());
        let text = format!(
            "[linnworks]\napplication_id = \"{}\"\napplication_secret = \"{}\"\ntoken = \"{}\"\nauth_url = \"{}\"\n\n\
             [quickbooks_online]\nclient_id = \"{}\"\nclient_secret = \"{}\"\nrefresh_token = \"{}\"\nrealm_id = \"{}\"\n\
             api_url = \"{address}\"\ntoken_url = \"{address}/oauth2/v1/tokens/bearer\"\n\n[network]\nallow_loopback = true\n",
            source.application_id,
            source.application_secret,
            source.token,
            self.linnworks.address(),
            books.client_id,
            books.client_secret,
            books.refresh_token,
            books.realm_id,
            address = self.quickbooks.address(),
        );
        std::fs::write(self.path("linnbooks.toml"), text).unwrap();
    }

    /// Changes a text in a file; the text must be there.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        std::fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    /// Changes the value of a key of `linnbooks.toml`.
    pub fn configure(&self, key: &str, value: &str) {
        let text = std::fs::read_to_string(self.path("linnbooks.toml")).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{key} = ")))
            .expect("a known key")
            .to_owned();
        self.edit("linnbooks.toml", &line, &format!("{key} = \"{value}\""));
    }

    /// Sets a variable of the environment of later runs.
    pub fn export(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The order's number.
    pub fn number(&self, at: usize) -> i32 {
        self.world.orders[at].number
    }

    /// Says that an order is not to be in the books.
    pub fn expect_absent(&mut self, at: usize) {
        let order = self.expected.get_mut(&self.ids[at]).unwrap();
        order.end = Expectation::Held {
            why: "the situation cannot be healed",
        };
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(linnbooks_path());
        command
            .args(["--config", "linnbooks.toml", "--data", "data"])
            .args(arguments)
            .current_dir(self.directory.path())
            .env_remove("LINNBOOKS_CONFIG")
            .env_remove("LINNBOOKS_DATA")
            .env("LINNBOOKS_LOG", "debug")
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts the program.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// Runs the program with everything logged, and looks for secrets in what it wrote to standard error.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        self.end(self.start(arguments)).await
    }

    /// Waits for a started program.
    pub async fn end(&self, child: Child) -> Ended {
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let stderr = text(&output.stderr);
        self.look_for_secrets(&stderr);
        let (logs, said): (Vec<&str>, Vec<&str>) = stderr.lines().partition(|line| is_log_line(line));
        assert!(logs.iter().all(|line| !line.contains("panicked")), "{stderr}");
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: said.join("\n"),
        }
    }

    fn look_for_secrets(&self, text: &str) {
        let source = self.linnworks.credentials();
        let books = self.quickbooks.credentials();
        let mut hidden = vec![
            source.application_secret,
            source.token,
            CLIENT_SECRET.into(),
            REFRESH_TOKEN.into(),
        ];
        hidden.push(books.refresh_token);
        hidden.extend(["AT-", "Bearer ", "Basic "].map(str::to_owned));
        for made in &self.world.orders {
            personal_texts(&made.order["CustomerInfo"], &mut hidden);
        }
        for secret in hidden.iter().filter(|secret| secret.len() >= 3) {
            assert!(!text.contains(secret.as_str()), "standard error shows {secret}");
        }
    }

    /// What `linnbooks log` tells of each document: number, state, reason.
    pub async fn log(&self) -> Vec<(String, String, String)> {
        let ended = self.run(&["log", "--json"]).await;
        let json: Value = serde_json::from_str(&ended.stdout).unwrap_or(Value::Null);
        let rows = json["documents"].as_array().into_iter().flatten();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("").to_owned();
        rows.map(|row| (text(row, "number"), text(row, "state"), text(row, "reason")))
            .collect()
    }

    /// Runs the command and compares what the user reads with the catalogue.
    pub async fn catalogue(&self, name: &str, what: &str, arguments: &[&str], code: i32) {
        let ended = self.run(arguments).await;
        self.compare(name, what, arguments, &ended, code).await;
    }

    /// Compares what the user read with the catalogue.
    pub async fn compare(&self, name: &str, what: &str, arguments: &[&str], ended: &Ended, code: i32) {
        let table = |line: &&str| !line.starts_with(['┌', '│', '└', '├', '╞', '+', '|', '╭', '╰']);
        let printed: Vec<&str> = ended.stdout.lines().filter(table).collect();
        let mut text = format!("$ linnbooks {}\n", arguments.join(" "));
        for part in [ended.stderr.trim(), printed.join("\n").trim()]
            .into_iter()
            .filter(|part| !part.is_empty())
        {
            text.push_str(part);
            text.push('\n');
        }
        text.push_str(&format!("exit code {}\n", ended.code));
        let rows = self.log().await;
        if !rows.is_empty() {
            text.push_str("\n$ linnbooks log\n");
        }
        for (number, state, reason) in rows {
            text.push_str(format!("{number} {state} {reason}").trim_end());
            text.push('\n');
        }
        self.assert_snapshot(name, what, &text);
        assert_eq!(ended.code, code, "exit code of {name}: {text}");
    }

    fn assert_snapshot(&self, name: &str, what: &str, text: &str) {
        let text = text
            .replace(&self.linnworks.address(), "http://LINNWORKS")
            .replace(&self.quickbooks.address(), "http://QUICKBOOKS")
            .replace(&self.directory.path().display().to_string(), "DIRECTORY");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("errors").join(name));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(what);
        settings.add_filter(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z", "INSTANT");
        settings.add_filter(r"1-[0-9a-f]{8}-5b6e7fd9c0de", "TID");
        settings.add_filter(r"\d{4}-\d\d-\d\d", "DATE");
        settings.add_filter(
            r"\d+ calls? to Linnworks, \d+ to QuickBooks",
            "N calls to Linnworks, N to QuickBooks",
        );
        settings.add_filter(r"process \d+", "process PID");
        settings.add_filter(
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "GUID",
        );
        settings.bind(|| insta::assert_snapshot!("message", text));
    }

    /// Posts the first order alone: the customer is there and the form of the documents is known, so that the next write is a posting.
    pub async fn post_first_order(&self) {
        let number = self.number(0).to_string();
        let ended = self.run(&["sync", "--order", &number]).await;
        assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    }

    /// The state of every document.
    pub async fn states(&self) -> Vec<String> {
        self.log().await.into_iter().map(|(_, state, _)| state).collect()
    }

    /// With the cause gone, runs until nothing moves: every order is in the books once, with its total, and nothing else is.
    pub async fn ends_well(&self) {
        let mut last = String::new();
        for _ in 0..HEALTHY_RUNS_MAX {
            let ended = self.run(&["sync", "--json"]).await;
            let problems = audit_books(
                &self.expected,
                "sales_receipt",
                &self.quickbooks.books(),
                Stage::Ended,
            );
            let json: Value = serde_json::from_str(&ended.stdout).unwrap_or(Value::Null);
            let is_settled =
                json["unknown"] == 0 && json["pending"] == 0 && ended.code != 1 && ended.code != 2;
            if problems.is_empty() && is_settled {
                return;
            }
            last = format!(
                "exit {}: {}\n{}\n{problems:?}",
                ended.code, ended.stdout, ended.stderr
            );
            // An unknown outcome is looked up one second after the answer was lost.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        panic!("it did not end well: {last}");
    }
}

/// A line of the log begins with its instant.
fn is_log_line(line: &str) -> bool {
    let mut bytes = line.bytes();
    bytes.by_ref().take(4).all(|byte| byte.is_ascii_digit())
        && line.get(4..5) == Some("-")
        && line.get(10..11) == Some("T")
}

/// The values that tell who a buyer is: everything about a person that is long enough not to be found by chance.
fn personal_texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if !["Country", "CountryId", "Continent", "Region", "Town"].contains(&name.as_str()) {
                    personal_texts(member, found);
                }
            }
        }
        Value::String(text) if text.len() >= 6 => found.push(text.clone()),
        _ => {}
    }
}

#[test]
fn every_situation_of_the_catalogue_is_run_by_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    for entry in std::fs::read_dir(folder.join("it")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("errors") {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let mut count = 0;
    for entry in std::fs::read_dir(folder.join("errors")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            sources.contains(&format!("\"{name}\"")),
            "no test runs tests/errors/{name}: remove it"
        );
        count += 1;
    }
    assert!(count >= 35, "only {count} situations are in the catalogue");
}
