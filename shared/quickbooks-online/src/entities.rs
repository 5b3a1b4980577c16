//! Customers and items: found or created, each once by its unique name (quickbooks-online.md 3.2, 3.3, 3.11).
//!
//! In: list objects to be. Out: the entry in QuickBooks, or why there can be none. Names are unique in QuickBooks, so repeating a
//! create is safe: the second one is refused with 6240 and the first is found.

use std::collections::BTreeMap;

use domain::lists::{ListDetail, ListEntry, ListKind, fold_name};
use domain::{NewCustomer, NewItem, NewItemKind, RawFault, Reason, ReasonCode};
use ports::{ConnectorError, Disposition, EntityOutcome, NewEntity};
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::QuickBooksOnline;
use crate::client::{Call, CallFailure, fault_error};
use crate::convert::{
    BATCH, BATCH_ITEMS_MAX, encode_batch, filled, request_id, to_address, to_email, to_json, to_ref,
};
use crate::faults::{FaultAct, classify, read_fault};
use crate::limits::Weight;
use crate::lists::to_entry;
use crate::query::{Query, VALUES_MAX};
use crate::send::{find_item, read_batch};
use crate::wire::answer::MembersWire;
use crate::wire::list::{NewCustomerWire, NewItemWire, PhoneWire};
use crate::wire::{NumberWire, RefWire};

/// How often a chunk is sent in all.
const ATTEMPTS_MAX: u32 = 3;
const PLACE: &str = "QuickBooks customers and items";

/// What an attempt left of one entity.
enum State {
    Settled(EntityOutcome),
    /// Refused with a fault that may mean that it is there already (6240, or 6000 for a batch that is replayed): the lists tell.
    Doubtful(RawFault),
    /// Not answered.
    Open,
}

/// The entities of one batch.
struct Progress {
    settled: BTreeMap<usize, EntityOutcome>,
    /// The last doubtful refusal of each.
    doubtful: BTreeMap<usize, RawFault>,
}

impl QuickBooksOnline {
    pub(crate) async fn ensure_all(
        &self,
        entities: &[NewEntity],
    ) -> Result<Vec<EntityOutcome>, ConnectorError> {
        let mut outcomes = Vec::with_capacity(entities.len());
        for chunk in entities.chunks(BATCH_ITEMS_MAX) {
            outcomes.extend(self.ensure_chunk(chunk).await?);
        }
        Ok(outcomes)
    }

    async fn ensure_chunk(&self, chunk: &[NewEntity]) -> Result<Vec<EntityOutcome>, ConnectorError> {
        let bodies: Result<Vec<String>, ConnectorError> = chunk.iter().map(encode).collect();
        let bodies = bodies?;
        let creates = chunk
            .iter()
            .zip(&bodies)
            .map(|(entity, body)| (entity.kind().as_str(), body.as_str()));
        let body = encode_batch(creates);
        let mut progress = Progress {
            settled: BTreeMap::new(),
            doubtful: BTreeMap::new(),
        };
        let mut lost = None;
        for _ in 0..ATTEMPTS_MAX {
            let states = match self.create(chunk, &body, !progress.doubtful.is_empty()).await {
                Ok(states) => states,
                Err(CallFailure::NotDone(error)) => return Err(error),
                Err(CallFailure::Unknown(cause)) => {
                    lost = Some(cause);
                    chunk.iter().map(|_| State::Open).collect()
                }
            };
            let open = progress.take(states);
            self.resolve_names(chunk, open, &mut progress.settled).await?;
            if progress.settled.len() == chunk.len() {
                break;
            }
        }
        progress.finish(chunk.len()).ok_or_else(|| {
            let cause = lost.unwrap_or_else(|| "QuickBooks neither made nor has some of them".to_owned());
            let remedy = "It is tried again later; names are unique, so nothing is made twice";
            ConnectorError::new(Disposition::Retry { after: None }, PLACE, cause, remedy)
        })
    }

    async fn create(
        &self,
        chunk: &[NewEntity],
        body: &str,
        is_fresh: bool,
    ) -> Result<Vec<State>, CallFailure> {
        // The same bytes have the same key; another one, of the day, only after a refusal that the lists do not explain, since
        // a refusal that is merely replayed would never end.
        let salt = match is_fresh {
            true => format!("entities {}", self.client.clock().now().strftime("%Y-%m-%d")),
            false => "entities".to_owned(),
        };
        let key = request_id(&self.client.config().realm_id, &salt, body).to_string();
        let call = Call {
            method: Method::POST,
            path: BATCH,
            parameters: &[("requestid", &key)],
            body: Some(("application/json", body)),
            weight: Weight::Batch(u32::try_from(chunk.len()).unwrap_or(u32::MAX)),
        };
        let answer = self.client.call(&call).await?;
        if let Some(raw) = &answer.fault {
            if classify(raw).act == FaultAct::LookUp || raw.code == "6000" {
                // A replayed batch may be answered so (reliability.md 0.1).
                return Ok(chunk.iter().map(|_| State::Doubtful(raw.clone())).collect());
            }
            return Err(CallFailure::NotDone(fault_error(PLACE, raw)));
        }
        let tid = answer.intuit_tid.as_deref();
        let Some(items) = read_batch(&answer.members) else {
            return Err(CallFailure::Unknown(
                "the answer of the batch has no items".to_owned(),
            ));
        };
        chunk
            .iter()
            .enumerate()
            .map(
                |(index, entity)| match find_item(&items, &(index + 1).to_string()) {
                    Ok(item) => read_state(entity, item, tid).map_err(CallFailure::NotDone),
                    Err(_) => Ok(State::Open),
                },
            )
            .collect()
    }

    /// Looks the names up that are not settled: our own kind first, then who else may hold the name.
    async fn resolve_names(
        &self,
        chunk: &[NewEntity],
        open: Vec<(usize, Option<RawFault>)>,
        settled: &mut BTreeMap<usize, EntityOutcome>,
    ) -> Result<(), ConnectorError> {
        let mut holders: BTreeMap<ListKind, Vec<ListEntry>> = BTreeMap::new();
        for kind in [ListKind::Customer, ListKind::Item] {
            let names = names_of(chunk, open.iter().map(|(index, _)| *index), kind);
            holders.insert(kind, self.find_names(kind, &names).await?);
        }
        let mut others: Vec<usize> = Vec::new();
        for (index, raw) in &open {
            let Some(entity) = chunk.get(*index) else { continue };
            let own = holders.get(&entity.kind()).map(Vec::as_slice).unwrap_or_default();
            match judge_own(entity, own, raw.as_ref()) {
                Some(outcome) => {
                    settled.insert(*index, outcome);
                }
                None if raw.is_some() && entity.kind() == ListKind::Customer => others.push(*index),
                None => {}
            }
        }
        let names = names_of(chunk, others.iter().copied(), ListKind::Customer);
        for kind in [ListKind::Vendor, ListKind::Employee] {
            let found = match self.find_names(kind, &names).await {
                // Employees are hidden from many users; the refusal then stands without a holder.
                Err(error) if error.disposition == Disposition::Forbidden => continue,
                found => found?,
            };
            for index in &others {
                let Some(entity) = chunk.get(*index) else { continue };
                let is_held = found
                    .iter()
                    .any(|entry| fold_name(&entry.name) == fold_name(entity.name()));
                if is_held {
                    let raw = open
                        .iter()
                        .find(|(other, _)| other == index)
                        .and_then(|(_, raw)| raw.clone());
                    settled.insert(*index, refuse_taken(entity, kind, raw));
                }
            }
        }
        Ok(())
    }

    /// Entries with these names, inactive ones and their `X (deleted)` names included.
    async fn find_names(&self, kind: ListKind, names: &[&str]) -> Result<Vec<ListEntry>, ConnectorError> {
        let attribute = if kind == ListKind::Item {
            "Name"
        } else {
            "DisplayName"
        };
        let mut found = Vec::new();
        for names in names.chunks(VALUES_MAX / 2) {
            let deleted: Vec<String> = names.iter().map(|name| format!("{name} (deleted)")).collect();
            let values = names.iter().copied().chain(deleted.iter().map(String::as_str));
            let query = Query::new(kind.as_str()).among(attribute, values).with_inactive();
            for row in self.query(&query).await?.rows {
                found.extend(to_entry(kind, &row)?.into_entry());
            }
        }
        Ok(found)
    }
}

impl Progress {
    /// Takes the states of one attempt over; gives what is not settled.
    fn take(&mut self, states: Vec<State>) -> Vec<(usize, Option<RawFault>)> {
        let mut open = Vec::new();
        for (index, state) in states.into_iter().enumerate() {
            if self.settled.contains_key(&index) {
                continue;
            }
            match state {
                State::Settled(outcome) => {
                    self.settled.insert(index, outcome);
                }
                State::Doubtful(raw) => {
                    self.doubtful.insert(index, raw.clone());
                    open.push((index, Some(raw)));
                }
                State::Open => open.push((index, None)),
            }
        }
        open
    }

    /// The outcomes, where a refusal that nothing explains stands; `None` when something was never answered.
    fn finish(mut self, count: usize) -> Option<Vec<EntityOutcome>> {
        for (index, raw) in self.doubtful {
            let refuse = || EntityOutcome::Refused(classify(&raw).to_reason(&raw));
            self.settled.entry(index).or_insert_with(refuse);
        }
        (self.settled.len() == count).then(|| self.settled.into_values().collect())
    }
}

fn names_of(chunk: &[NewEntity], indexes: impl Iterator<Item = usize>, kind: ListKind) -> Vec<&str> {
    indexes
        .filter_map(|index| chunk.get(index))
        .filter(|entity| entity.kind() == kind)
        .map(NewEntity::name)
        .collect()
}

/// The outcome of one batch item.
fn read_state(entity: &NewEntity, item: &MembersWire, tid: Option<&str>) -> Result<State, ConnectorError> {
    if let Some(raw) = read_fault(item, tid) {
        let class = classify(&raw);
        return match class.act {
            FaultAct::Person if matches!(raw.code.as_str(), "6240" | "630" | "6000") => {
                Ok(State::Doubtful(raw))
            }
            FaultAct::LookUp => Ok(State::Doubtful(raw)),
            FaultAct::RetryLater | FaultAct::Throttled | FaultAct::Reconnect | FaultAct::Unavailable => {
                Err(fault_error(PLACE, &raw))
            }
            _ => Ok(State::Settled(EntityOutcome::Refused(class.to_reason(&raw)))),
        };
    }
    let Some(row) = item.get(entity.kind().as_str()) else {
        return Ok(State::Open);
    };
    let row: &RawValue = row;
    Ok(match to_entry(entity.kind(), row)?.into_entry() {
        Some(entry) => State::Settled(EntityOutcome::Exists(Box::new(entry))),
        None => State::Open,
    })
}

/// What the entries of the entity's own kind say about its name; `None` when none of them holds it.
fn judge_own(entity: &NewEntity, entries: &[ListEntry], raw: Option<&RawFault>) -> Option<EntityOutcome> {
    let wanted = fold_name(entity.name());
    if let Some(entry) = entries
        .iter()
        .find(|entry| entry.active && fold_name(&entry.name) == wanted)
    {
        return Some(accept(entity, entry, raw));
    }
    // An inactive entry matters only when QuickBooks said that the name is held.
    let raw = raw?;
    let deleted = format!("{wanted} (deleted)");
    let held = entries
        .iter()
        .any(|entry| fold_name(&entry.name) == wanted || fold_name(&entry.name) == deleted);
    held.then(|| {
        let (code, word) = match entity {
            NewEntity::Customer(_) => (ReasonCode::InactiveCustomer, "customer"),
            NewEntity::Item(_) => (ReasonCode::InactiveItem, "item"),
        };
        let name = entity.name();
        let reason = Reason::new(
            code,
            format!("The {word} \"{name}\" is inactive in QuickBooks"),
            format!("Make the {word} active again in QuickBooks, or change the mapping"),
        );
        EntityOutcome::Refused(reason.with_raw(raw.clone()))
    })
}

/// An active entry with the name, unless it cannot stand for the entity.
fn accept(entity: &NewEntity, entry: &ListEntry, raw: Option<&RawFault>) -> EntityOutcome {
    let refusal = match (entity, &entry.detail) {
        (
            NewEntity::Customer(NewCustomer {
                currency: Some(wanted),
                ..
            }),
            ListDetail::Customer {
                currency: Some(has), ..
            },
        ) if wanted != has => Some(Reason::new(
            ReasonCode::CustomerCurrency,
            format!(
                "The customer \"{}\" is in QuickBooks in {has}, not {wanted}",
                entry.name
            ),
            "A customer's currency never changes: use another customer for this currency in the settings",
        )),
        (NewEntity::Item(_), ListDetail::Item { item_type, .. }) if item_type == "Category" => {
            Some(Reason::new(
                ReasonCode::NameTaken,
                format!(
                    "A category in QuickBooks has the name of the item \"{}\"",
                    entry.name
                ),
                "Rename the category in QuickBooks, or map the SKU to another item",
            ))
        }
        _ => None,
    };
    match refusal {
        None => EntityOutcome::Exists(Box::new(entry.clone())),
        Some(reason) => EntityOutcome::Refused(match raw {
            Some(raw) => reason.with_raw(raw.clone()),
            None => reason,
        }),
    }
}

fn refuse_taken(entity: &NewEntity, holder: ListKind, raw: Option<RawFault>) -> EntityOutcome {
    let word = if holder == ListKind::Vendor {
        "a supplier"
    } else {
        "an employee"
    };
    let reason = Reason::new(
        ReasonCode::NameTaken,
        format!("The name \"{}\" belongs to {word} in QuickBooks", entity.name()),
        "Rename one of the two in QuickBooks, or let linnbooks add a suffix to customer names",
    );
    EntityOutcome::Refused(match raw {
        Some(raw) => reason.with_raw(raw),
        None => reason,
    })
}

fn encode(entity: &NewEntity) -> Result<String, ConnectorError> {
    match entity {
        NewEntity::Customer(customer) => to_json(&to_customer(customer)),
        NewEntity::Item(item) => to_json(&to_item(item)),
    }
}

fn to_customer(customer: &NewCustomer) -> NewCustomerWire {
    let part = |part: &Option<String>| part.as_deref().and_then(filled);
    NewCustomerWire {
        display_name: customer.display_name.clone(),
        given_name: part(&customer.given_name),
        family_name: part(&customer.family_name),
        company_name: part(&customer.company_name),
        primary_email_addr: to_email(customer.email.as_deref()),
        primary_phone: part(&customer.phone).map(|number| PhoneWire {
            free_form_number: number,
        }),
        currency_ref: customer.currency.map(|currency| RefWire::new(currency.code())),
        bill_addr: customer.billing_address.as_ref().and_then(to_address),
        ship_addr: customer.shipping_address.as_ref().and_then(to_address),
    }
}

fn to_item(item: &NewItem) -> NewItemWire {
    let part = |part: &Option<String>| part.as_deref().and_then(filled);
    let mut wire = NewItemWire {
        name: item.name.clone(),
        sku: part(&item.sku),
        description: part(&item.description),
        kind: "Service",
        track_qty_on_hand: None,
        qty_on_hand: None,
        inv_start_date: None,
        income_account_ref: to_ref(&item.income_account),
        expense_account_ref: None,
        asset_account_ref: None,
    };
    match &item.kind {
        NewItemKind::Service => {}
        NewItemKind::NonInventory { expense_account } => {
            wire.kind = "NonInventory";
            wire.expense_account_ref = expense_account.as_ref().map(to_ref);
        }
        NewItemKind::Inventory {
            expense_account,
            asset_account,
            start_date,
        } => {
            wire.kind = "Inventory";
            wire.track_qty_on_hand = Some(true);
            wire.qty_on_hand = Some(NumberWire(Decimal::ZERO));
            wire.inv_start_date = Some(start_date.to_string());
            wire.expense_account_ref = Some(to_ref(expense_account));
            wire.asset_account_ref = Some(to_ref(asset_account));
        }
    }
    wire
}
