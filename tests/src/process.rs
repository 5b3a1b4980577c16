//! The real program as a process: `linnbooks` from the target directory, run against simulated accounts.
//!
//! In: a directory with `linnbooks.toml`. Out: exit codes, parsed JSON, or a process that was killed. Does not build the program.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::{Child, Command};

/// The program that cargo built beside this test.
///
/// # Panics
/// When it is not there.
pub fn linnbooks_path() -> PathBuf {
    let test = std::env::current_exe().expect("a running test knows its own path");
    let target = test
        .parent()
        .and_then(Path::parent)
        .expect("a test lies in target/PROFILE/deps");
    let path = target.join(format!("linnbooks{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build -p local` first, or `tests/run`",
        path.display()
    );
    path
}

/// The program with its directory: `linnbooks.toml`, `settings.toml` and the data.
#[derive(Clone, Debug)]
pub struct Linnbooks {
    program: PathBuf,
    directory: PathBuf,
}

/// A run that ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; -1 after a signal.
    pub code: i32,
    /// What it printed to stdout as JSON; null when that was none.
    pub json: Value,
    /// What it printed to stderr.
    pub errors: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// A count of the report, such as `unknown`.
    pub fn count(&self, name: &str) -> u64 {
        self.json[name].as_u64().unwrap_or(0)
    }

    /// True when the run went to its end and nothing moves any more.
    pub fn is_settled(&self) -> bool {
        (self.code == 0 || self.code == 3) && self.json["unknown"] == 0 && self.json["pending"] == 0
    }
}

impl Linnbooks {
    /// The program for this directory.
    pub fn in_directory(directory: &Path) -> Self {
        Self {
            program: linnbooks_path(),
            directory: directory.to_owned(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--config")
            .arg(self.directory.join("linnbooks.toml"))
            .arg("--data")
            .arg(self.directory.join("data"))
            .args(arguments)
            .env_remove("LINNBOOKS_CONFIG")
            .env_remove("LINNBOOKS_DATA")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts it with these arguments.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .spawn()
            .expect("the program can be started")
    }

    /// Runs it with these arguments to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(
            &self
                .command(arguments)
                .output()
                .await
                .expect("the program can be started"),
        )
    }

    /// Waits for a started process.
    pub async fn end(child: Child) -> Ended {
        Ended::of(&child.wait_with_output().await.expect("the program ends"))
    }
}
