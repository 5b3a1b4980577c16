//! The preview of one order in the form that people and programs are shown.
//!
//! In: an order number. Out: the preview with what QuickBooks holds of it now, what differs, and the JSON of `linnbooks preview --json`,
//! which the API answers too. Writes nothing; two runs make the same bytes.

use domain::{DocumentState, StateName, TransactionKind};
use ports::{Books, FoundTransaction, OrderSource, Probe, ProbeBy, StoreError};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::core::Core;
use crate::error::RunError;
use crate::preview::{Plan, PlannedRequest, Preview, preview};

/// A preview, and what QuickBooks holds now where the order is posted already.
#[derive(Clone, Debug)]
pub struct PreviewReport {
    /// What would be posted.
    pub preview: Preview,
    /// What QuickBooks holds.
    pub posted: Vec<FoundTransaction>,
}

impl PreviewReport {
    /// Previews an order; with `part` only fields whose name contains it.
    ///
    /// # Errors
    /// A number that fits none or several orders, Linnworks, QuickBooks, the store.
    pub async fn of(
        core: &Core,
        source: &dyn OrderSource,
        books: &dyn Books,
        number: &str,
        part: Option<&str>,
    ) -> Result<Self, RunError> {
        let mut preview = preview(core, source, books, number).await?;
        if let Some(part) = part {
            let part = part.to_lowercase();
            let explanation = &mut preview.explanation;
            explanation
                .fields
                .retain(|field| field.field.to_lowercase().contains(&part));
            explanation.rules.facts.retain(|fact| fact.field.contains(&part));
        }
        let posted = read_posted(books, &preview).await?;
        Ok(Self { preview, posted })
    }

    /// True when the order is posted already.
    pub fn is_posted(&self) -> bool {
        let state = self.preview.record.as_ref().map(|record| record.state.name());
        state == Some(StateName::Posted)
    }

    /// What differs between the plan and what QuickBooks holds, in sentences; empty when nothing does.
    pub fn differences(&self) -> Vec<String> {
        let (preview, posted) = (&self.preview, &self.posted);
        let Plan::Post { document, .. } = &preview.plan else {
            return Vec::new();
        };
        let Some(record) = &preview.record else {
            return Vec::new();
        };
        let mut differences = Vec::new();
        for (kind, made) in document.kind.steps().iter().zip(record.state.transactions()) {
            let Some(now) = posted
                .iter()
                .find(|one| one.id == made.id && one.kind == made.kind)
            else {
                differences.push(format!(
                    "{} {} is no longer in QuickBooks",
                    made.kind.as_str(),
                    made.id
                ));
                continue;
            };
            let name = format!("{} {}", kind.as_str(), now.id);
            if *kind != now.kind {
                differences.push(format!(
                    "{} {} would be a {}",
                    now.kind.as_str(),
                    now.id,
                    kind.as_str()
                ));
            }
            if now.total != document.total.amount || now.currency != document.total.currency {
                differences.push(format!(
                    "{name}: total {} {} would be {}",
                    now.total, now.currency, document.total
                ));
            }
            if *kind != TransactionKind::Payment {
                if now.date.is_some_and(|date| date != document.date) {
                    differences.push(format!("{name}: another date would be sent: {}", document.date));
                }
                let number = document.doc_number.as_ref().map(ToString::to_string);
                if number.is_some() && number != now.number {
                    differences.push(format!(
                        "{name}: number {} would be {}",
                        now.number.as_deref().unwrap_or("-"),
                        number.unwrap_or_default()
                    ));
                }
                if now.total_tax.is_some_and(|tax| tax != document.tax.total_tax) {
                    differences.push(format!(
                        "{name}: tax {} would be {}",
                        now.total_tax.unwrap_or_default(),
                        document.tax.total_tax
                    ));
                }
            }
        }
        differences
    }

    /// As JSON; amounts are texts, request bodies are given both as values and as the very bytes.
    ///
    /// # Errors
    /// A planned body that is no JSON: a defect of the connector.
    pub fn to_json(&self) -> Result<Value, RunError> {
        let preview = &self.preview;
        let rules = &preview.explanation.rules;
        let total = preview.order.total_charge().rounded();
        let mut value = json!({
            "number": preview.order.number,
            "source_id": preview.order.id,
            "total": domain::money::show_amount(total.amount, total.currency),
            "currency": total.currency,
            "state": preview.record.as_ref().map(|record| record.state.name()),
            "fields": preview.explanation.fields,
            "order": rules.facts,
            "rules": rules.fired,
            "near_misses": rules.near_misses,
            "rules_version": rules.version,
            "ruled_difference": rules.ruled_difference.map(|amount| amount.to_string()),
            "kept": rules.kept,
            "warnings": preview.explanation.warnings,
        });
        if let (Some(value), Value::Object(plan)) = (value.as_object_mut(), plan_json(&preview.plan)?) {
            value.extend(plan);
            if !self.posted.is_empty() || self.is_posted() {
                value.insert("differences".into(), json!(self.differences()));
            }
        }
        Ok(value)
    }
}

fn plan_json(plan: &Plan) -> Result<Value, RunError> {
    let (document, creates, requests) = match plan {
        Plan::Skip(reason) => return Ok(json!({ "plan": "skip", "reason": reason })),
        Plan::Hold(reason) => return Ok(json!({ "plan": "hold", "reason": reason })),
        Plan::Post {
            document,
            creates,
            requests,
        } => (document, creates, requests),
    };
    let requests = requests.iter().map(request_json).collect::<Result<Vec<_>, _>>()?;
    let creates: Vec<Value> = creates
        .iter()
        .map(|one| json!({ "kind": one.kind().as_str(), "name": one.name() }))
        .collect();
    Ok(json!({ "plan": "post", "document": document, "creates": creates, "requests": requests }))
}

fn request_json(request: &PlannedRequest) -> Result<Value, RunError> {
    let body = RawValue::from_string(request.body.clone()).and_then(|body| serde_json::to_value(&body));
    let body = body.map_err(|error| StoreError::Unreadable {
        place: format!("the planned {}", request.resource),
        cause: error.to_string(),
    })?;
    Ok(json!({ "resource": request.resource, "body": body, "bytes": request.body }))
}

/// What QuickBooks holds of a document that is posted already.
async fn read_posted(books: &dyn Books, preview: &Preview) -> Result<Vec<FoundTransaction>, RunError> {
    let Some(DocumentState::Posted { transactions, .. }) =
        preview.record.as_ref().map(|record| &record.state)
    else {
        return Ok(Vec::new());
    };
    let probe = |one: &domain::PostedTransaction| Probe {
        kind: one.kind,
        by: ProbeBy::Id(one.id.clone()),
    };
    let probes: Vec<Probe> = transactions.iter().map(probe).collect();
    Ok(books.look_up(&probes).await?)
}
