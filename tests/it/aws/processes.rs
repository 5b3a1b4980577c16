//! The processes of functions that an emulator runs: which they are, what memory they took, how they are killed.
//!
//! In: the emulator's process. Out: its descendants named `bootstrap`, as `/proc` tells; Linux only, as the emulator runs functions.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// Kills a process at once; false when it had ended.
pub fn kill(process: u32) -> bool {
    let status = Command::new("kill")
        .args(["-9", &process.to_string()])
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// The processes named `bootstrap` that descend from a process.
pub fn functions_below(ancestor: u32) -> Vec<u32> {
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
        // What has ended and was not looked after yet still has a name.
        let has_ended = field("State:").is_some_and(|state| state.starts_with('Z'));
        if field("Name:") == Some("bootstrap") && !has_ended {
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

/// The function that a process runs, by its environment; empty when it has ended.
pub fn function_of(process: u32) -> String {
    let environment = read(process, "environ");
    let name = environment
        .split('\0')
        .find_map(|one| one.strip_prefix("AWS_LAMBDA_FUNCTION_NAME="));
    name.unwrap_or("").to_owned()
}

/// Peak memory of a process in KB, as the operating system counted it; 0 when it has ended.
pub fn peak_memory_kilobytes(process: u32) -> u64 {
    let status = read(process, "status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn read(process: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default()
}
