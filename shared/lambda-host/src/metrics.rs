//! CloudWatch metrics, written as log lines in the embedded metric format: no call, no library, no permission is needed.
//!
//! In: names and whole numbers. Out: one JSON line on stdout. Dimensions are the stack and the stage; nothing of a document.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::environment::optional;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "linnbooks";

/// A measured value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// `Count`, `Milliseconds`, `Seconds`.
    pub unit: &'static str,
    /// Its value.
    pub value: u64,
}

impl Metric {
    /// A count.
    pub fn count(name: &'static str, value: usize) -> Self {
        Self {
            name,
            unit: "Count",
            value: u64::try_from(value).unwrap_or(u64::MAX),
        }
    }

    /// 1 or 0.
    pub fn flag(name: &'static str, value: bool) -> Self {
        Self::count(name, usize::from(value))
    }

    /// A span of seconds.
    pub fn seconds(name: &'static str, value: u64) -> Self {
        Self {
            name,
            unit: "Seconds",
            value,
        }
    }
}

/// Writes metrics of a stage.
pub fn emit(stage: &str, metrics: &[Metric]) {
    let stack = optional("STACK_NAME").unwrap_or_else(|| "local".into());
    let line = line(&stack, stage, jiff::Timestamp::now().as_millisecond(), metrics);
    // A log that cannot be written must not end the work.
    writeln!(std::io::stdout().lock(), "{line}").ok();
}

fn line(stack: &str, stage: &str, milliseconds: i64, metrics: &[Metric]) -> Value {
    let names: Vec<Value> = metrics
        .iter()
        .map(|metric| json!({"Name": metric.name, "Unit": metric.unit}))
        .collect();
    let mut fields = Map::new();
    fields.insert(
        "_aws".into(),
        json!({
            "Timestamp": milliseconds,
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Stack", "Stage"]], "Metrics": names}],
        }),
    );
    fields.insert("Stack".into(), stack.into());
    fields.insert("Stage".into(), stage.into());
    for metric in metrics {
        fields.insert(metric.name.into(), metric.value.into());
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_line_declares_each_value_that_it_holds() {
        let written = line(
            "acme",
            "post",
            1_700_000_000_000,
            &[Metric::count("Posted", 30), Metric::flag("Run", true)],
        );
        let declared = &written["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(declared["Namespace"], "linnbooks");
        assert_eq!(declared["Dimensions"], json!([["Stack", "Stage"]]));
        for metric in declared["Metrics"].as_array().unwrap() {
            assert!(written[metric["Name"].as_str().unwrap()].is_u64(), "{written}");
        }
        assert_eq!(
            (&written["Posted"], &written["Stack"]),
            (&json!(30), &json!("acme"))
        );
    }
}
