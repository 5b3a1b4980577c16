//! What may depend on what, and which crates may be there at all.
//!
//! In: `cargo metadata` of the locked workspace, without the network. Out: a snapshot of the arrows between our packages, and every
//! crate that is where it must not be. Changing an arrow means to look at a changed snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// What cargo says.
fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        serde_json::from_str(&cargo(&[
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
        ]))
        .unwrap()
    })
}

fn packages() -> impl Iterator<Item = &'static Value> {
    metadata()["packages"].as_array().unwrap().iter()
}

/// Our packages: those without a registry.
fn ours() -> Vec<&'static Value> {
    packages().filter(|package| package["source"].is_null()).collect()
}

fn text(value: &'static Value) -> &'static str {
    value.as_str().unwrap_or("")
}

/// The names in a package's table of dependencies; the kind is "normal", "dev" or "build".
fn dependencies(package: &'static Value, kind: &str) -> BTreeSet<&'static str> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.filter(|one| one["kind"].as_str().unwrap_or("normal") == kind)
        .map(|one| text(&one["name"]))
        .collect()
}

/// The packages of ours that use a crate themselves, with the kind.
fn users_of(name: &str) -> BTreeSet<String> {
    let mut users = BTreeSet::new();
    for package in ours() {
        for kind in ["normal", "dev", "build"] {
            if dependencies(package, kind).contains(name) {
                users.insert(format!("{} ({kind})", text(&package["name"])));
            }
        }
    }
    users
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The crates that are built for this machine: `name version feature,feature`; of one package, or of all with their tests.
fn built_for(package: Option<&str>) -> Vec<String> {
    let mut arguments = vec![
        "tree",
        "--offline",
        "--locked",
        "--prefix",
        "none",
        "--format",
        "{p} {f}",
    ];
    match package {
        Some(name) => arguments.extend(["--package", name, "--edges", "normal"]),
        None => arguments.extend(["--workspace", "--edges", "normal,build,dev"]),
    }
    let tree = cargo(&arguments);
    let lines: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    lines.into_iter().map(str::to_owned).collect()
}

fn built() -> Vec<String> {
    built_for(None)
}

/// The features with which a crate is built.
fn features_of(name: &str) -> BTreeSet<String> {
    let lines = built()
        .into_iter()
        .filter(|line| line.split(' ').next() == Some(name));
    let features: BTreeSet<String> = lines
        .flat_map(|line| {
            line.split(' ')
                .skip(2)
                .flat_map(|part| part.split(','))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(!features.is_empty(), "{name} is not built at all");
    features
}

#[test]
fn the_arrows_between_our_packages_are_those_that_were_decided() {
    let names: BTreeSet<&str> = ours().into_iter().map(|package| text(&package["name"])).collect();
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in ours() {
        let internal = dependencies(package, "normal")
            .intersection(&names)
            .copied()
            .collect();
        arrows.insert(text(&package["name"]), internal);
    }
    let lines: Vec<String> = arrows
        .iter()
        .map(|(from, to)| {
            format!("{from} -> {}", to.iter().copied().collect::<Vec<_>>().join(", "))
                .trim_end()
                .to_owned()
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// What each room may import (DESIGN: rooms). A room that is not named here is refused by the test.
fn allowed(package: &str) -> Option<&'static [&'static str]> {
    Some(match package {
        "domain" | "simulators" => &[],
        "rules" | "ports" => &["domain"],
        "mapping" => &["domain", "rules"],
        "pipeline" => &["domain", "rules", "mapping", "ports"],
        "linnworks" | "quickbooks-online" | "quickbooks-desktop" | "store-aws" | "store-sqlite"
        | "lambda-host" => &["domain", "ports"],
        "console" => &["domain", "ports", "pipeline"],
        "stack" => &[
            "domain",
            "ports",
            "mapping",
            "pipeline",
            "store-aws",
            "linnworks",
            "quickbooks-online",
        ],
        "fetch" | "transform" | "post" | "inventory" | "reconcile" | "desktop" | "api" | "local"
        | "integration-tests" => {
            return None;
        }
        other => panic!("the package {other} has no place in the plan of rooms: add it here"),
    })
}

#[test]
fn shared_packages_import_only_what_their_place_allows() {
    let names: BTreeSet<&str> = ours().into_iter().map(|package| text(&package["name"])).collect();
    for package in ours() {
        let name = text(&package["name"]);
        let Some(allowed) = allowed(name) else { continue };
        for imported in dependencies(package, "normal").intersection(&names) {
            assert!(
                allowed.contains(imported),
                "{name} imports {imported}; it may import only {allowed:?}"
            );
        }
    }
}

#[test]
fn nobody_imports_the_command_line_or_the_tests() {
    for name in ["local", "integration-tests"] {
        assert_eq!(users_of(name), set(&[]), "of {name}");
    }
}

#[test]
fn the_simulators_share_no_code_with_what_they_stand_for() {
    let simulators = ours()
        .into_iter()
        .find(|package| package["name"] == "simulators")
        .unwrap();
    for kind in ["normal", "dev"] {
        let used = dependencies(simulators, kind);
        for shared in ["linnworks", "quickbooks-online", "mapping", "pipeline", "ports"] {
            assert!(
                !used.contains(shared),
                "a simulator that shares code with {shared} shares its mistakes"
            );
        }
    }
}

#[test]
fn only_the_connectors_and_the_clients_of_aws_speak_http() {
    let mut users = users_of("reqwest");
    for tests in [
        "api (dev)",
        "simulators (dev)",
        "integration-tests (dev)",
        "integration-tests (normal)",
    ] {
        users.remove(tests);
    }
    let wanted = [
        "linnworks (normal)",
        "quickbooks-online (normal)",
        "store-aws (normal)",
    ];
    assert_eq!(users, set(&wanted));
}

#[test]
fn only_one_store_speaks_sql() {
    let mut users = users_of("rusqlite");
    users.remove("store-sqlite (dev)");
    assert_eq!(users, set(&["store-sqlite (normal)"]));
}

#[test]
fn only_entry_points_and_tests_use_untyped_errors() {
    let libraries: Vec<String> = users_of("anyhow")
        .into_iter()
        .filter(|user| {
            user.ends_with("(normal)")
                && !user.starts_with("local ")
                && !user.starts_with("integration-tests ")
        })
        .collect();
    assert_eq!(libraries, Vec::<String>::new());
}

/// What a function would carry besides its one HTTP client, and pay for in size and start.
const SECOND_STACK: [&str; 3] = ["aws-smithy-http-client", "h2", "hyper-tls"];

#[test]
fn each_program_contains_only_what_it_is_for() {
    let cases: [(&str, &str, &[&str]); 5] = [
        ("local", "rusqlite", &["lambda_runtime", "lambda-host"]),
        ("fetch", "linnworks", &["quickbooks-online", "rusqlite", "clap"]),
        (
            "transform",
            "aws-sdk-dynamodb",
            &["linnworks", "quickbooks-online", "rusqlite", "clap"],
        ),
        ("post", "quickbooks-online", &["linnworks", "rusqlite", "clap"]),
        ("reconcile", "quickbooks-online", &["rusqlite", "clap"]),
    ];
    for (program, must, never) in cases {
        let all = built_for(Some(program));
        let has = |name: &str| all.iter().any(|line| line.split(' ').next() == Some(name));
        assert!(has(must), "{program} has no {must}: the test looks wrong");
        let heavy: &[&str] = if program == "local" { &[] } else { &SECOND_STACK };
        let strangers: Vec<&&str> = never.iter().chain(heavy).filter(|name| has(name)).collect();
        assert!(strangers.is_empty(), "{program} contains {strangers:?}");
    }
}

#[test]
fn one_provider_of_tls_is_built_and_no_second_one() {
    let built = built();
    let named = |name: &str| built.iter().any(|line| line.split(' ').next() == Some(name));
    assert!(
        named("aws-lc-rs"),
        "the one provider is not there: the test looks wrong"
    );
    for other in [
        "ring",
        "openssl",
        "openssl-sys",
        "native-tls",
        "schannel",
        "security-framework-sys",
    ] {
        assert!(
            !named(other) || other.starts_with("security"),
            "{other} is built beside aws-lc-rs"
        );
    }
}

#[test]
fn decimals_and_json_numbers_never_pass_through_a_float() {
    let decimal = features_of("rust_decimal");
    for float in [
        "serde-with-float",
        "serde-float",
        "serde-with-arbitrary-precision",
        "serde-arbitrary-precision",
    ] {
        assert!(!decimal.contains(float), "rust_decimal is built with {float}");
    }
    let json = features_of("serde_json");
    assert!(
        json.contains("raw_value"),
        "numbers are read from their text, which needs raw_value: {json:?}"
    );
    assert!(
        !json.contains("arbitrary_precision"),
        "arbitrary_precision changes how every number is read: {json:?}"
    );
}

#[test]
fn one_library_for_time_is_used_by_us() {
    for other in ["chrono", "time"] {
        assert_eq!(
            users_of(other),
            set(&[]),
            "of {other}: jiff is the library for time"
        );
    }
}

/// Licences that need no further thought for a program that is given away in binary form.
const LICENCES: [&str; 10] = [
    "Apache-2.0",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "0BSD",
    "MIT-0",
];

/// True when the expression of a licence can be met with [`LICENCES`]: for every part joined by AND one alternative of OR is known.
fn is_acceptable(expression: &str) -> bool {
    let flat = expression
        .replace(" WITH LLVM-exception", "")
        .replace(['(', ')'], "")
        .replace('/', " OR ");
    flat.split(" AND ")
        .all(|part| part.split(" OR ").any(|name| LICENCES.contains(&name.trim())))
}

#[test]
fn every_licence_is_one_that_allows_to_pass_the_program_on() {
    let names: BTreeSet<String> = built()
        .iter()
        .map(|line| line.split(' ').next().unwrap_or("").to_owned())
        .collect();
    let unknown: Vec<String> = packages()
        .filter(|package| names.contains(text(&package["name"])) && !package["source"].is_null())
        .filter(|package| !is_acceptable(text(&package["license"])))
        .map(|package| {
            format!(
                "{} {}: {}",
                text(&package["name"]),
                text(&package["version"]),
                package["license"]
            )
        })
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn a_licence_that_must_be_thought_about_is_noticed() {
    assert!(is_acceptable("MIT OR GPL-3.0"));
    assert!(is_acceptable("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!is_acceptable("MIT AND GPL-3.0"));
    assert!(!is_acceptable("LGPL-2.1"));
    assert!(!is_acceptable(""));
}

#[test]
fn every_crate_comes_from_the_one_registry() {
    let strangers: Vec<&str> = packages()
        .filter(|package| !package["source"].is_null())
        .map(|package| text(&package["source"]))
        .filter(|source| *source != "registry+https://github.com/rust-lang/crates.io-index")
        .collect();
    assert_eq!(strangers, Vec::<&str>::new());
}
