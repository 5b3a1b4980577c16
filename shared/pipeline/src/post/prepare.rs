//! Makes documents sendable: customers and items that are to be created exist, exchange rates are known.
//!
//! In: records in state Ready. Out: the same with references resolved, or held with the reason. Creates each list object once, by
//! its unique name. Sends no document.

use std::collections::BTreeMap;

use domain::document::{CustomerRef, DocumentLine, ExchangeRate, ItemRef};
use domain::lists::{ListEntry, ListKind, fold_name};
use domain::{Currency, DocumentState, ListRef, Ready, Reason, ReasonCode};
use jiff::civil::Date;
use ports::{Books, DocumentRecord, EntityOutcome, ListsUpdate, NewEntity};
use rust_decimal::Decimal;

use crate::core::Core;
use crate::error::RunError;

/// A record with its document ready to be frozen.
pub(super) struct Prepared {
    pub(super) record: DocumentRecord,
    pub(super) ready: Box<Ready>,
}

/// Prepares documents; those that cannot be are held.
pub(super) async fn prepare(
    core: &Core,
    books: &dyn Books,
    records: Vec<DocumentRecord>,
) -> Result<(Vec<Prepared>, Vec<DocumentRecord>), RunError> {
    let entities = ensure_entities(core, books, &records).await?;
    let mut prepared = Vec::new();
    let mut held = Vec::new();
    for record in records {
        let DocumentState::Ready { ready } = record.state.clone() else {
            continue;
        };
        match resolve(core, books, ready, &entities).await? {
            Ok(ready) => prepared.push(Prepared { record, ready }),
            Err(reason) => {
                let posted = record.state.transactions().to_vec();
                let what = format!("held: {}", reason.code);
                let change = core.change(record.clone(), DocumentState::Held { reason, posted }, what);
                core.store.write(vec![change]).await?;
                held.push(record);
            }
        }
    }
    Ok((prepared, held))
}

pub(super) type Entities = BTreeMap<(ListKind, String), Result<ListEntry, Reason>>;

/// What the documents need that may not be in QuickBooks yet, each once.
fn wanted_entities(records: &[DocumentRecord]) -> BTreeMap<(ListKind, String), NewEntity> {
    let mut wanted = BTreeMap::new();
    for record in records {
        let DocumentState::Ready { ready } = &record.state else {
            continue;
        };
        for entity in new_entities(ready) {
            wanted
                .entry((entity.kind(), fold_name(entity.name())))
                .or_insert(entity);
        }
    }
    wanted
}

/// Makes the customers and items that these documents lack, each once.
pub(super) async fn ensure_entities(
    core: &Core,
    books: &dyn Books,
    records: &[DocumentRecord],
) -> Result<Entities, RunError> {
    let mut wanted = wanted_entities(records);
    let mut entities = Entities::new();
    if wanted.is_empty() {
        return Ok(entities);
    }
    let known = core.store.lists().await?;
    if let Some(known) = &known {
        wanted.retain(
            |key, entity| match known.lists.find_active(key.0, entity.name()) {
                Some(entry) => {
                    entities.insert(key.clone(), Ok(entry.clone()));
                    false
                }
                None => true,
            },
        );
    }
    let list: Vec<NewEntity> = wanted.values().cloned().collect();
    if list.is_empty() {
        return Ok(entities);
    }
    let outcomes = books.ensure_entities(&list).await?;
    let mut changed = Vec::new();
    for (key, outcome) in wanted.into_keys().zip(outcomes) {
        match outcome {
            EntityOutcome::Exists(entry) => {
                changed.push((*entry).clone());
                entities.insert(key, Ok(*entry));
            }
            EntityOutcome::Refused(reason) => {
                entities.insert(key, Err(reason));
            }
        }
    }
    if let Some(known) = known {
        let update = ListsUpdate {
            replaced: Vec::new(),
            changed,
            removed: Vec::new(),
            company: None,
            cursor: known.cursor,
        };
        core.store.apply_lists(&update).await?;
    }
    Ok(entities)
}

fn new_entities(ready: &Ready) -> Vec<NewEntity> {
    let mut entities = Vec::new();
    if let CustomerRef::New(customer) = &ready.document.customer {
        entities.push(NewEntity::Customer(customer.clone()));
    }
    for line in &ready.document.lines {
        if let DocumentLine::Item(line) = line
            && let ItemRef::New(item) = &line.item
        {
            entities.push(NewEntity::Item(item.clone()));
        }
    }
    entities
}

async fn resolve(
    core: &Core,
    books: &dyn Books,
    mut ready: Box<Ready>,
    entities: &Entities,
) -> Result<Result<Box<Ready>, Reason>, RunError> {
    let document = &mut ready.document;
    if let CustomerRef::New(new) = &document.customer {
        match find(entities, ListKind::Customer, &new.display_name) {
            Ok(found) => document.customer = CustomerRef::Existing(found),
            Err(reason) => return Ok(Err(*reason)),
        }
    }
    for line in &mut document.lines {
        if let DocumentLine::Item(line) = line
            && let ItemRef::New(new) = &line.item
        {
            match find(entities, ListKind::Item, &new.name) {
                Ok(found) => line.item = ItemRef::Existing(found),
                Err(reason) => return Ok(Err(*reason)),
            }
        }
    }
    if document.exchange_rate == ExchangeRate::OfTheDay {
        match rate_of_the_day(core, books, document.currency, document.date).await? {
            Some(rate) => document.exchange_rate = ExchangeRate::Given(rate),
            None => return Ok(Err(no_rate(document.currency, document.date))),
        }
    }
    Ok(Ok(ready))
}

fn find(entities: &Entities, kind: ListKind, name: &str) -> Result<ListRef, Box<Reason>> {
    match entities.get(&(kind, fold_name(name))) {
        Some(Ok(entry)) => Ok(entry.to_ref()),
        Some(Err(reason)) => Err(Box::new(reason.clone())),
        None => Err(Box::new(Reason::new(
            ReasonCode::Defect,
            format!("{} '{name}' was to be created and was not", kind.as_str()),
            "Run again; when it persists, report it",
        ))),
    }
}

/// QuickBooks' own rate of a day, read once and kept.
pub(super) async fn rate_of_the_day(
    core: &Core,
    books: &dyn Books,
    currency: Currency,
    date: Date,
) -> Result<Option<Decimal>, RunError> {
    if let Some(rate) = core.store.exchange_rate(currency, date).await? {
        return Ok(Some(rate));
    }
    let rate = books.read_exchange_rate(currency, date).await?;
    if let Some(rate) = rate {
        core.store.put_exchange_rate(currency, date, rate).await?;
        return Ok(core.store.exchange_rate(currency, date).await?);
    }
    Ok(None)
}

fn no_rate(currency: Currency, date: Date) -> Reason {
    Reason::new(
        ReasonCode::NoExchangeRate,
        format!("QuickBooks has no exchange rate for {currency} on {date}"),
        "Enter the rate under Settings, Currencies in QuickBooks, or set currency.exchange_rate = \"order\"",
    )
}
