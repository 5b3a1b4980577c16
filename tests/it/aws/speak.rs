//! How the tests speak with the emulator and with the proxy before it.
//!
//! In: addresses on loopback. Out: what tests/aws/stack.py prints; the record of the proxy, and its faults (tests/aws/recorder.py).

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use serde_json::Value;
use store_aws::Connection;
use tokio::io::AsyncWriteExt;

use super::emulators;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A variable that tests/aws/run sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start this test with tests/aws/run"))
}

/// The proxy between the functions and the emulator; ends with its handle, and with the process of the test.
pub struct Recorder {
    child: Child,
    address: String,
}

impl Recorder {
    /// Starts it before an emulator; calls of DynamoDB go to the second address where there is one.
    pub fn start(emulator: &str, dynamodb: Option<&str>) -> Self {
        let mut child = Command::new(variable("LINNBOOKS_AWS_PYTHON"))
            .arg(root().join("tests/aws/recorder.py"))
            .arg(emulator)
            .args(dynamodb)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().to_owned();
        assert!(
            address.starts_with("http://127.0.0.1:"),
            "the proxy said {address:?}"
        );
        Self { child, address }
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on calls go wrong: shares by the names of tests/aws/recorder.py; `{}` ends it.
    pub async fn set_faults(&self, shares: &Value) {
        let address = format!("{}/_faults", self.address);
        let answer = reqwest::Client::new().post(address).body(shares.to_string());
        assert!(answer.send().await.unwrap().status().is_success(), "{shares}");
    }

    /// The calls, and the faults that struck.
    pub async fn record(&self) -> Value {
        let answer = reqwest::get(format!("{}/_record", self.address)).await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Keeps the record for the comparison of the roles (tests/aws/policies.py), and returns the faults that struck.
    pub async fn keep_record(&self, stack: &str) -> Value {
        let mut record = self.record().await;
        record["stack"] = stack.into();
        let directory = PathBuf::from(variable("LINNBOOKS_RECORDS"));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("{stack}.json")), record.to_string()).unwrap();
        record["faults"].take()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Clients of the product at an endpoint.
pub async fn connect(url: &str) -> Connection {
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
pub async fn speak(arguments: &[&str], input: &str) -> Value {
    let mut child = tokio::process::Command::new(variable("LINNBOOKS_AWS_PYTHON"))
        .arg(root().join("tests/aws/stack.py"))
        .args(arguments)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
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
