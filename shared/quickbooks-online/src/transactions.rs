//! Transactions as QuickBooks holds them: look-ups, lists by date, deleting; and QuickBooks' exchange rate
//! (quickbooks-online.md 2.2, 2.6, 2.8, 3.20).
//!
//! In: probes, spans of dates. Out: found transactions. Pages are read until one is not full; what changes between two pages may
//! come twice and is given once.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Currency, TransactionId, TransactionKind};
use jiff::civil::Date;
use ports::{ConnectorError, Disposition, FoundTransaction, Probe, ProbeBy};
use reqwest::Method;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::QuickBooksOnline;
use crate::client::{Answer, Call, CallFailure, fault_error, place};
use crate::convert::{request_id, resource, to_found};
use crate::limits::Weight;
use crate::query::{PAGE_ROWS_MAX, Query, VALUES_MAX};
use crate::wire::answer::{MembersWire, read_member, read_time};
use crate::wire::list::ExchangeRateWire;
use crate::wire::transaction::FoundWire;

/// Pages of one query; more is a server that repeats itself.
const PAGES_MAX: usize = 10_000;

/// Rows of a query with the instant of the first page.
pub(crate) struct Rows {
    pub(crate) rows: Vec<Box<RawValue>>,
    pub(crate) read_at: Option<jiff::Timestamp>,
}

impl QuickBooksOnline {
    /// Every row of a query. `Err` carries the fault's error.
    pub(crate) async fn query(&self, query: &Query) -> Result<Rows, ConnectorError> {
        let mut rows: Vec<Box<RawValue>> = Vec::new();
        let mut read_at = None;
        for page in 0..PAGES_MAX {
            let statement = query.page(page * PAGE_ROWS_MAX + 1);
            let call = Call {
                method: Method::POST,
                path: "query",
                parameters: &[],
                body: Some(("application/text", &statement)),
                weight: Weight::Single,
            };
            let answer = expect_done("QuickBooks query", self.client.read(&call).await?)?;
            if page == 0 {
                read_at = read_time(&answer.members);
            }
            let list: MembersWire =
                read_member(&answer.members, "QueryResponse").ok_or_else(|| broken("query"))?;
            let found: Vec<Box<RawValue>> = match list.get(query.entity()) {
                Some(_) => read_member(&list, query.entity()).ok_or_else(|| broken("query"))?,
                None => Vec::new(),
            };
            let is_full = found.len() >= PAGE_ROWS_MAX;
            rows.extend(found);
            if !is_full {
                return Ok(Rows { rows, read_at });
            }
        }
        Err(broken("query"))
    }

    pub(crate) async fn find(
        &self,
        kind: TransactionKind,
        query: &Query,
    ) -> Result<Vec<FoundTransaction>, ConnectorError> {
        let rows = self.query(query).await?.rows;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let wire: FoundWire = serde_json::from_str(row.get()).map_err(|_| broken("query"))?;
            let fallback = if wire.currency_ref.is_some() {
                None
            } else {
                Some(self.home_currency().await?)
            };
            found.push(to_found(kind, wire, fallback).ok_or_else(|| broken("query"))?);
        }
        Ok(found)
    }

    pub(crate) async fn look_up_probes(
        &self,
        probes: &[Probe],
    ) -> Result<Vec<FoundTransaction>, ConnectorError> {
        let mut found: BTreeMap<(TransactionKind, String), FoundTransaction> = BTreeMap::new();
        for (kind, query) in plan_look_up(probes) {
            for transaction in self.find(kind, &query).await? {
                found.insert((kind, transaction.id.to_string()), transaction);
            }
        }
        Ok(found.into_values().collect())
    }

    pub(crate) async fn list_span(
        &self,
        kinds: &[TransactionKind],
        from: Date,
        to: Date,
    ) -> Result<Vec<FoundTransaction>, ConnectorError> {
        let mut all = Vec::new();
        for kind in kinds.iter().copied().collect::<BTreeSet<_>>() {
            let query = Query::new(kind.as_str())
                .compare("TxnDate", ">=", &from.to_string())
                .compare("TxnDate", "<=", &to.to_string());
            let mut ids = BTreeSet::new();
            let found = self.find(kind, &query).await?;
            all.extend(
                found
                    .into_iter()
                    .filter(|transaction| ids.insert(transaction.id.clone())),
            );
        }
        Ok(all)
    }

    pub(crate) async fn read_rate(
        &self,
        currency: Currency,
        date: Date,
    ) -> Result<Option<Decimal>, ConnectorError> {
        let day = date.to_string();
        let call = Call {
            method: Method::GET,
            path: "exchangerate",
            parameters: &[("sourcecurrencycode", currency.code()), ("asofdate", &day)],
            body: None,
            weight: Weight::Single,
        };
        let answer = self.client.read(&call).await?;
        match &answer.fault {
            // No rate of that currency or day.
            Some(raw) if matches!(raw.code.as_str(), "610" | "2500" | "2220") => Ok(None),
            Some(raw) => Err(fault_error(&place(&call), raw)),
            None => Ok(read_member::<ExchangeRateWire>(&answer.members, "ExchangeRate")
                .and_then(|wire| wire.rate)
                .map(|rate| rate.0)
                .filter(|rate| *rate > Decimal::ZERO)),
        }
    }

    /// Reads the SyncToken and deletes; once more when another was faster (5010).
    pub(crate) async fn delete_transaction(
        &self,
        kind: TransactionKind,
        id: &TransactionId,
    ) -> Result<(), ConnectorError> {
        let place = format!("QuickBooks delete {}", resource(kind));
        for _ in 0..2 {
            let Some(sync_token) = self.read_sync_token(kind, id).await? else {
                return Ok(());
            };
            let body = serde_json::json!({ "Id": id.as_str(), "SyncToken": sync_token }).to_string();
            let key = request_id(&self.client.config().realm_id, &place, &body).to_string();
            let call = Call {
                method: Method::POST,
                path: resource(kind),
                parameters: &[("operation", "delete"), ("requestid", &key)],
                body: Some(("application/json", &body)),
                weight: Weight::Single,
            };
            match self.client.call(&call).await {
                Ok(Answer { fault: None, .. }) => return Ok(()),
                Ok(Answer { fault: Some(raw), .. }) if raw.code == "610" => return Ok(()),
                Ok(Answer { fault: Some(raw), .. }) if matches!(raw.code.as_str(), "5010" | "600") => {}
                Ok(Answer { fault: Some(raw), .. }) => return Err(fault_error(&place, &raw)),
                Err(CallFailure::NotDone(error)) => return Err(error),
                Err(CallFailure::Unknown(cause)) => {
                    let remedy = "Deleting again is safe: what is gone stays gone";
                    return Err(ConnectorError::new(
                        Disposition::Retry { after: None },
                        place,
                        cause,
                        remedy,
                    ));
                }
            }
        }
        let cause = "another user keeps changing the transaction";
        Err(ConnectorError::new(
            Disposition::Retry { after: None },
            place,
            cause,
            "It is tried again later",
        ))
    }

    /// SyncToken of a transaction; `None` when it is gone. Read by id, since lists may be late (quickbooks-online.md 2.8).
    async fn read_sync_token(
        &self,
        kind: TransactionKind,
        id: &TransactionId,
    ) -> Result<Option<String>, ConnectorError> {
        let path = format!("{}/{id}", resource(kind));
        let call = Call {
            method: Method::GET,
            path: &path,
            parameters: &[],
            body: None,
            weight: Weight::Single,
        };
        let answer = self.client.read(&call).await?;
        match &answer.fault {
            Some(raw) if raw.code == "610" => return Ok(None),
            Some(raw) => return Err(fault_error(&place(&call), raw)),
            None => {}
        }
        let wire: FoundWire =
            read_member(&answer.members, kind.as_str()).ok_or_else(|| broken(resource(kind)))?;
        if wire.status.as_deref() == Some("Deleted") {
            return Ok(None);
        }
        wire.sync_token
            .map(|token| Some(token.0))
            .ok_or_else(|| broken(resource(kind)))
    }
}

/// The queries that answer the probes: up to 30 numbers, ids or totals of a day in each.
fn plan_look_up(probes: &[Probe]) -> Vec<(TransactionKind, Query)> {
    let mut numbers: BTreeMap<TransactionKind, BTreeSet<&str>> = BTreeMap::new();
    let mut ids: BTreeMap<TransactionKind, BTreeSet<&str>> = BTreeMap::new();
    let mut totals: BTreeMap<(TransactionKind, Date), BTreeSet<String>> = BTreeMap::new();
    for probe in probes {
        match &probe.by {
            ProbeBy::Number(number) => {
                numbers.entry(probe.kind).or_default().insert(number);
            }
            ProbeBy::Id(id) => {
                ids.entry(probe.kind).or_default().insert(id.as_str());
            }
            ProbeBy::DateAndTotal { date, total } => {
                totals
                    .entry((probe.kind, *date))
                    .or_default()
                    .insert(show_total(*total));
            }
        }
    }
    let mut plan = Vec::new();
    for (attribute_of, values) in [
        (number_attribute as fn(TransactionKind) -> &'static str, numbers),
        (|_| "Id", ids),
    ] {
        for (kind, values) in values {
            let values: Vec<&str> = values.into_iter().collect();
            for chunk in values.chunks(VALUES_MAX) {
                let query = Query::new(kind.as_str()).among(attribute_of(kind), chunk.iter().copied());
                plan.push((kind, query));
            }
        }
    }
    for ((kind, date), totals) in totals {
        for total in &totals {
            let query = Query::new(kind.as_str()).compare("TxnDate", "=", &date.to_string());
            plan.push((kind, query.compare("TotalAmt", "=", total)));
        }
    }
    plan
}

/// A payment has no DocNumber (quickbooks-online.md 2.6).
fn number_attribute(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Payment => "PaymentRefNum",
        _ => "DocNumber",
    }
}

/// An amount with at least two decimals, as the recorded queries have it.
fn show_total(total: Decimal) -> String {
    let mut total = total.normalize();
    if total.scale() < 2 {
        total.rescale(2);
    }
    total.to_string()
}

/// The answer, unless the whole call was refused.
pub(crate) fn expect_done(place: &str, answer: Answer) -> Result<Answer, ConnectorError> {
    match &answer.fault {
        Some(raw) => Err(fault_error(place, raw)),
        None => Ok(answer),
    }
}

/// The error of an answer without what must be in it.
pub(crate) fn broken(resource: &str) -> ConnectorError {
    let place = format!("QuickBooks {resource}");
    let cause = "the answer lacks what must be in it";
    ConnectorError::new(
        Disposition::Retry { after: None },
        place,
        cause,
        "It is tried again later",
    )
}

/// Reads one member of an answer or fails.
pub(crate) fn expect_member<T: for<'de> Deserialize<'de>>(
    resource: &str,
    answer: &Answer,
    name: &str,
) -> Result<T, ConnectorError> {
    read_member(&answer.members, name).ok_or_else(|| broken(resource))
}
