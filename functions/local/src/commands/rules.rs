//! `linnbooks rules`: list, check, test and explain the rules.
//!
//! In: the rules of the place, the company's lists, stored orders. Out: tables, findings, test results. Changes nothing; `rules_file` does.

use std::collections::BTreeMap;

use domain::Lists;
use mapping::{CompanyNames, Context, facts_of};
use pipeline::RuleBook;
use rules::{Facts, Finding, Given, NoNames, Rule, RuleFile, Severity};
use serde_json::json;

use super::rules_file::{NamedSheet, export, import, roll_back};
use crate::cli::{RulesArguments, RulesCommand};
use crate::config::ConfigError;
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::no_progress;
use crate::show;

/// Runs the command.
///
/// # Errors
/// Configuration, a rules file that is not there or cannot be used, QuickBooks for `check`, Linnworks for `explain`.
pub async fn run(place: &Place, arguments: &RulesArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        RulesCommand::List { json } => list(place.rules_there().await?.as_ref(), *json),
        RulesCommand::Check { offline, json } => check(place, *offline, *json).await,
        RulesCommand::Test { json } => test(place, *json).await,
        RulesCommand::Import {
            file: Some(file),
            replaces,
            ..
        } => {
            say!("{}", place.import("rules", file, replaces.as_deref()).await?);
            Ok(Exit::Fine)
        }
        RulesCommand::Import {
            csv: Some(csv),
            name,
            action,
            field,
            ..
        } => {
            let named = match (name, action, field) {
                (Some(name), Some(action), Some(field)) => Some(NamedSheet { name, action, field }),
                _ => None,
            };
            import(place, csv, named.as_ref()).await
        }
        RulesCommand::Import { .. } => {
            Err(ConfigError::Argument("name a file, or a sheet with --csv".into()).into())
        }
        RulesCommand::Export { csv } => export(place, csv.as_deref()).await,
        RulesCommand::Explain { number, json } => explain(place, number, *json).await,
        RulesCommand::History { json } => super::history::run(place, "rules", *json).await,
        RulesCommand::Rollback { version } => roll_back(place, version).await,
    }
}

fn list(book: &RuleBook, as_json: bool) -> anyhow::Result<Exit> {
    let rows = book.file.rules.iter().map(|rule| {
        let (when, then) = show_rule(rule);
        json!({
            "name": rule.name.value, "enabled": rule.enabled, "for": rule.kind.as_str(), "when": when, "then": then,
            "rows": rule.table.len(), "stop": rule.stop,
        })
    });
    if as_json {
        let rows: Vec<_> = rows.collect();
        show::print_json(&json!({ "version": book.version(), "rules": rows }))?;
        return Ok(Exit::Fine);
    }
    let mut shown = show::table(&["#", "Rule", "For", "When", "Then"]);
    for (index, rule) in book.file.rules.iter().enumerate() {
        let (when, then) = show_rule(rule);
        let off = if rule.enabled { "" } else { " (off)" };
        let then = [
            then,
            if rule.stop {
                "stop".to_owned()
            } else {
                String::new()
            },
        ]
        .join("\n");
        shown.add_row([
            (index + 1).to_string(),
            format!("{}{off}", rule.name.value),
            rule.kind.as_str().to_owned(),
            when,
            then.trim().to_owned(),
        ]);
    }
    say!(
        "{shown}\n{} rules, version {}",
        book.file.rules.len(),
        book.version()
    );
    Ok(Exit::Fine)
}

/// When and then of a rule as the file has them; a table is only counted.
fn show_rule(rule: &Rule) -> (String, String) {
    let alone = Rule {
        table: Vec::new(),
        ..rule.clone()
    };
    let text = RuleFile {
        rules: vec![alone],
        tests: Vec::new(),
    }
    .to_yaml();
    let when = text
        .lines()
        .find_map(|line| line.strip_prefix("    when: "))
        .unwrap_or_default();
    let rows = if rule.table.is_empty() {
        String::new()
    } else {
        format!(" ({} rows)", rule.table.len())
    };
    let then: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("      - "))
        .collect();
    (format!("{when}{rows}"), then.join("\n"))
}

async fn check(place: &Place, offline: bool, as_json: bool) -> anyhow::Result<Exit> {
    let book = place.rules_there().await?;
    let findings = if offline {
        book.file.check(&NoNames)
    } else {
        let assembly = place.assemble(no_progress()).await?;
        let update = assembly.books.read_lists(None).await?;
        book.file
            .check(&CompanyNames(&Lists::from_entries(update.changed)))
    };
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    if as_json {
        let rows: Vec<_> = findings.iter().map(finding_json).collect();
        show::print_json(
            &json!({ "version": book.version(), "rules": book.file.rules.len(), "findings": rows }),
        )?;
    } else {
        for finding in &findings {
            say!("{finding}");
        }
        let (rules, warnings) = (book.file.rules.len(), findings.len() - errors);
        say!(
            "{rules} rules (version {}): {errors} errors, {warnings} warnings.",
            book.version()
        );
    }
    Ok(if errors > 0 { Exit::Misused } else { Exit::Fine })
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    let severity = if finding.severity == Severity::Error {
        "error"
    } else {
        "warning"
    };
    json!({
        "severity": severity, "code": finding.code, "rule": finding.rule, "line": finding.line,
        "cause": finding.cause, "remedy": finding.remedy,
    })
}

async fn test(place: &Place, as_json: bool) -> anyhow::Result<Exit> {
    let book = place.rules_there().await?;
    let fixtures = read_fixtures(place, &book.file).await?;
    let results = book
        .file
        .run_tests(&|name| fixtures.get(name).cloned())
        .map_err(pipeline::RulesRefused)?;
    let failed = results.iter().filter(|result| !result.passed()).count();
    if as_json {
        let rows: Vec<_> = results
            .iter()
            .map(|result| {
                let differences: Vec<String> = result.differences.iter().map(ToString::to_string).collect();
                json!({ "name": result.name, "passed": result.passed(), "differences": differences })
            })
            .collect();
        show::print_json(&json!({ "version": book.version(), "failed": failed, "tests": rows }))?;
    } else {
        for result in &results {
            say!("{result}");
        }
        say!("{} tests, {failed} failed.", results.len());
    }
    Ok(if failed > 0 { Exit::Failed } else { Exit::Fine })
}

/// The facts of the stored orders that tests name by number or reference.
async fn read_fixtures(place: &Place, file: &RuleFile) -> anyhow::Result<BTreeMap<String, Facts>> {
    let mut fixtures = BTreeMap::new();
    let names = file.tests.iter().filter_map(|test| match &test.given {
        Given::Fixture(name) => Some(name.as_str()),
        Given::Inline(_) => None,
    });
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Ok(fixtures);
    }
    let settings = place.settings().await?;
    let store = place.store()?;
    let Some(known) = store.lists().await? else {
        return Ok(fixtures);
    };
    let context = Context {
        settings: settings.as_ref(),
        lists: &known.lists,
        company: &known.company,
        rules: None,
    };
    for name in names {
        for record in store.find(name).await? {
            if let Some(order) = store.payload(&record.key).await? {
                fixtures.insert(name.to_owned(), facts_of(&order, &context));
            }
        }
    }
    Ok(fixtures)
}

async fn explain(place: &Place, number: &str, as_json: bool) -> anyhow::Result<Exit> {
    let assembly = place.assemble(no_progress()).await?;
    let (source, books) = (assembly.source.as_ref(), assembly.books.as_ref());
    let preview = pipeline::preview::preview(&assembly.core, source, books, number).await?;
    let rules = &preview.explanation.rules;
    if as_json {
        show::print_json(rules)?;
    } else if rules.version.is_none() {
        say!("There are no rules: {}.", place.no_rules()?);
    } else {
        super::preview::print_rules(rules);
        if let pipeline::preview::Plan::Skip(reason) | pipeline::preview::Plan::Hold(reason) = &preview.plan {
            say!("{reason}");
        }
    }
    Ok(Exit::Fine)
}
