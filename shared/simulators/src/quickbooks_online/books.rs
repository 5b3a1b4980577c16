//! The company's books: every object, by entity and id, with the indexes the checks need.
//!
//! In: bodies that were checked and completed elsewhere. Out: stored records, references resolved, names and document
//! numbers found. Gives out ids and sync tokens (quickbooks-online.md 2.8). Does not check business rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;
use super::seed::CompanySeed;
use super::switches::NameComparison;

/// Sorts ids as numbers; `TAX` and `NON` come after short numbers of the same length.
pub(super) type Key = (usize, String);

pub(super) fn key(id: &str) -> Key {
    (id.len(), id.to_owned())
}

/// One stored object; `body` has no Id, SyncToken, MetaData, domain or sparse.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub id: String,
    pub sync_token: u64,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub body: Json,
}

impl Record {
    /// Whether it is active; what has no such member is.
    pub fn is_active(&self) -> bool {
        self.body.bool_at("Active").unwrap_or(true)
    }

    /// The name shown in references.
    pub fn display_name(&self, kind: EntityKind) -> &str {
        let qualified = if kind.is_name_list() {
            None
        } else {
            self.body.text_at("FullyQualifiedName")
        };
        qualified
            .or_else(|| self.body.text_at(kind.name_member()))
            .unwrap_or("")
    }
}

/// A transaction or list object that is gone: what change data capture still tells.
#[derive(Clone, Debug)]
pub(super) struct Tombstone {
    pub kind: EntityKind,
    pub id: String,
    pub at: Timestamp,
}

/// The books of one company.
pub(super) struct Books {
    /// Country, currencies and preferences; its lists are empty once loaded.
    pub company: CompanySeed,
    /// Time zone of the servers.
    pub pacific: TimeZone,
    pub deleted: Vec<Tombstone>,
    /// What payments have applied to a transaction: (payment id, amount).
    pub applied: BTreeMap<(EntityKind, String), Vec<(String, Decimal)>>,
    tables: BTreeMap<EntityKind, BTreeMap<Key, Record>>,
    last_ids: HashMap<&'static str, u64>,
    last_doc_number: u64,
    doc_numbers: HashMap<(EntityKind, String), BTreeSet<Key>>,
    names: HashMap<(&'static str, String), BTreeSet<(EntityKind, Key)>>,
}

/// The lists within which names are unique.
fn name_scope(kind: EntityKind) -> &'static str {
    if kind.is_name_list() { "names" } else { kind.name() }
}

/// The counters from which ids are given out.
fn id_scope(kind: EntityKind) -> &'static str {
    if kind.is_transaction() {
        "transactions"
    } else {
        name_scope(kind)
    }
}

/// A name without case and Latin accents.
fn folded(name: &str) -> String {
    name.trim()
        .to_lowercase()
        .chars()
        .map(|letter| match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
            'ç' => 'c',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ñ' => 'n',
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            'ý' | 'ÿ' => 'y',
            other => other,
        })
        .collect()
}

fn is_same_name(a: &str, b: &str, comparison: NameComparison) -> bool {
    match comparison {
        NameComparison::Exact => a.trim() == b.trim(),
        NameComparison::CaseInsensitive => a.trim().to_lowercase() == b.trim().to_lowercase(),
        NameComparison::CaseAndAccentInsensitive => folded(a) == folded(b),
    }
}

impl Books {
    /// Empty books of a company; see `load` for its lists.
    pub fn new(company: CompanySeed) -> Self {
        Self {
            company,
            pacific: TimeZone::get("America/Los_Angeles").unwrap_or(TimeZone::UTC),
            deleted: Vec::new(),
            applied: BTreeMap::new(),
            tables: BTreeMap::new(),
            last_ids: HashMap::new(),
            last_doc_number: 1000,
            doc_numbers: HashMap::new(),
            names: HashMap::new(),
        }
    }

    /// The records of an entity, by id.
    pub fn rows(&self, kind: EntityKind) -> impl Iterator<Item = &Record> {
        self.tables.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// One record.
    pub fn get(&self, kind: EntityKind, id: &str) -> Option<&Record> {
        self.tables.get(&kind)?.get(&key(id))
    }

    /// The records whose DocNumber is this, in any case.
    pub fn by_doc_number(&self, kind: EntityKind, number: &str) -> impl Iterator<Item = &Record> {
        let keys = self.doc_numbers.get(&(kind, number.to_lowercase()));
        keys.into_iter()
            .flatten()
            .filter_map(move |found| self.tables.get(&kind).and_then(|table| table.get(found)))
    }

    /// Another record, active or not, that has this name in the same list (quickbooks-online.md 3.2).
    pub fn same_name(
        &self,
        kind: EntityKind,
        name: &str,
        except: Option<&str>,
        comparison: NameComparison,
    ) -> Option<(EntityKind, &Record)> {
        self.names
            .get(&(name_scope(kind), folded(name)))?
            .iter()
            .filter(|(other, id)| !(*other == kind && except == Some(id.1.as_str())))
            .filter_map(|(other, id)| self.tables.get(other)?.get(id).map(|record| (*other, record)))
            .find(|(other, record)| is_same_name(record.display_name(*other), name, comparison))
    }

    /// The records whose unique name is this but for case and accents, active or not.
    pub fn named_like(&self, kind: EntityKind, name: &str) -> impl Iterator<Item = &Record> {
        let keys = self.names.get(&(name_scope(kind), folded(name)));
        keys.into_iter()
            .flatten()
            .filter(move |(other, _)| *other == kind)
            .filter_map(move |(_, id)| self.tables.get(&kind).and_then(|table| table.get(id)))
    }

    /// The active or inactive record of that name.
    pub fn by_name(&self, kind: EntityKind, name: &str) -> Option<&Record> {
        self.named_like(kind, name).next()
    }

    /// The next DocNumber of the shared sequence (quickbooks-online.md 2.14).
    pub fn next_doc_number(&mut self) -> String {
        self.last_doc_number += 1;
        self.last_doc_number.to_string()
    }

    /// Stores a new object and gives it an id.
    pub fn insert(&mut self, kind: EntityKind, body: Json, now: Timestamp) -> String {
        let last = self.last_ids.entry(id_scope(kind)).or_insert(0);
        *last += 1;
        let id = last.to_string();
        self.insert_with_id(kind, &id, body, now);
        id
    }

    /// Stores a new object under an id that is not a number (`TAX`, `NON`).
    pub fn insert_with_id(&mut self, kind: EntityKind, id: &str, body: Json, now: Timestamp) {
        let record = Record {
            id: id.to_owned(),
            sync_token: 0,
            created: now,
            updated: now,
            body,
        };
        self.put(kind, record);
    }

    /// Stores a changed body: the sync token rises by one.
    pub fn replace(&mut self, kind: EntityKind, id: &str, body: Json, now: Timestamp) {
        if let Some(mut record) = self.take(kind, id) {
            record.body = body;
            record.sync_token += 1;
            record.updated = now;
            self.put(kind, record);
        }
    }

    /// Stores a changed body without a new sync token, as stock movements do (quickbooks-online.md 2.8).
    pub fn touch(&mut self, kind: EntityKind, id: &str, now: Timestamp, change: impl FnOnce(&mut Json)) {
        if let Some(mut record) = self.take(kind, id) {
            change(&mut record.body);
            record.updated = now;
            self.put(kind, record);
        }
    }

    /// Removes an object and remembers that it was there.
    pub fn delete(&mut self, kind: EntityKind, id: &str, now: Timestamp) -> Option<Record> {
        let record = self.take(kind, id)?;
        self.deleted.push(Tombstone {
            kind,
            id: id.to_owned(),
            at: now,
        });
        Some(record)
    }

    fn put(&mut self, kind: EntityKind, record: Record) {
        let id = key(&record.id);
        if let Some(number) = record.body.text_at("DocNumber") {
            self.doc_numbers
                .entry((kind, number.to_lowercase()))
                .or_default()
                .insert(id.clone());
        }
        if !kind.is_transaction() {
            let name = folded(record.display_name(kind));
            self.names
                .entry((name_scope(kind), name))
                .or_default()
                .insert((kind, id.clone()));
        }
        self.tables.entry(kind).or_default().insert(id, record);
    }

    fn take(&mut self, kind: EntityKind, id: &str) -> Option<Record> {
        let id = key(id);
        let record = self.tables.get_mut(&kind)?.remove(&id)?;
        if let Some(number) = record.body.text_at("DocNumber")
            && let Some(keys) = self.doc_numbers.get_mut(&(kind, number.to_lowercase()))
        {
            keys.remove(&id);
        }
        let name = folded(record.display_name(kind));
        if let Some(keys) = self.names.get_mut(&(name_scope(kind), name)) {
            keys.remove(&(kind, id));
        }
        Some(record)
    }

    /// Resolves the reference `body[element]`: `Ok(None)` when there is none, 2500 when the id does not exist, 610 when the
    /// object is inactive (quickbooks-online.md 2.12).
    pub fn resolve(&self, kind: EntityKind, body: &Json, element: &str) -> Result<Option<&Record>, Fault> {
        let Some(reference) = body.get(element) else {
            return Ok(None);
        };
        let Some(id) = reference.text_at("value") else {
            return Err(Fault::missing(&format!("{element}.value")));
        };
        let record = self
            .get(kind, id)
            .ok_or_else(|| Fault::bad_reference(&plural(kind), id, element))?;
        if record.is_active() {
            Ok(Some(record))
        } else {
            Err(Fault::not_found())
        }
    }

    /// Resolves a reference and writes its name into the body.
    pub fn complete_reference(&self, kind: EntityKind, body: &mut Json, element: &str) -> Result<(), Fault> {
        if let Some(record) = self.resolve(kind, body, element)? {
            let reference = Json::reference(&record.id, Some(record.display_name(kind)));
            body.set(element, reference);
        }
        Ok(())
    }

    /// A time as the API writes it: the servers' offset, seconds.
    pub fn stamp(&self, at: Timestamp) -> String {
        at.to_zoned(self.pacific.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    }

    /// The `time` of an envelope, with milliseconds.
    pub fn envelope_time(&self, at: Timestamp) -> String {
        at.to_zoned(self.pacific.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
            .to_string()
    }

    /// The date on the servers, the default of TxnDate (quickbooks-online.md 3.0).
    pub fn server_date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.pacific.clone()).date()
    }

    /// The object as the API shows it.
    pub fn render(&self, kind: EntityKind, record: &Record) -> Json {
        let mut shown = record.body.clone();
        shown.set("Id", Json::text(&record.id));
        shown.set("domain", Json::text("QBO"));
        shown.set("sparse", Json::Bool(false));
        if !(kind == EntityKind::TaxCode && record.id.parse::<u64>().is_err()) {
            shown.set("SyncToken", Json::text(record.sync_token.to_string()));
        }
        let times = Json::object()
            .with("CreateTime", Json::text(self.stamp(record.created)))
            .with("LastUpdatedTime", Json::text(self.stamp(record.updated)));
        shown.set("MetaData", times);
        shown
    }
}

/// The list's name in fault 2500.
fn plural(kind: EntityKind) -> String {
    match kind {
        EntityKind::Class => "Classes".to_owned(),
        other => format!("{other}s"),
    }
}
