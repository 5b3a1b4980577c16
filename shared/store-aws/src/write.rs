//! The order of writes that makes a change whole.
//!
//! ```text
//! 1 large bytes and find entries    plain puts, named by their content: harmless when nothing follows
//! 2 state items (and the call)      one conditional update, or one transaction of all of them
//! 3 time to live of large items     once the document or call is final, where they have none yet (`ends`)
//! ```
//! In: plans. Out: done, or the documents that were stale. A crash between 2 and 3 leaves bytes that do not expire by themselves;
//! `expire_settled` sets their end.
//!
//! Most changes need nothing read: the condition names what is taken for granted (version, same references, few events, not
//! final, the accounting document is there). When only such an assumption fails, the answer has the item, what is missing is
//! written, and the update is made again without it.

use aws_sdk_dynamodb::types::AttributeValue;
use ports::StoreError;

use crate::documents::{Plan, found_by_hash, place_of};
use crate::ends::Ends;
use crate::keys::{
    self, DOCUMENT, ENDS, EVENTS, EXPIRES, FINAL, FOUND_BY, INDEX_PARTITION, PAYLOAD, RECORD, VERSION, WRITE,
};
use crate::record::hex;
use crate::table::{ACTIONS_PER_TRANSACTION_MAX, Item, Table, Write, bytes, number, together};
use crate::{find, large};

/// Events in a state item before they are moved out. An ordinary order has three or four.
pub(crate) const EVENTS_INSIDE_MAX: usize = 8;

/// Rounds of writing what was missing; each grants at least one assumption, so that more are a defect.
const ROUNDS_MAX: usize = 6;

/// What a condition need not ask any more, because it was made true.
#[derive(Clone, Debug, Default)]
struct Granted {
    found_by: bool,
    document: bool,
    not_final: bool,
    /// The large items have an end that is late enough, or will be given one.
    ends: bool,
    /// Events to move out: the item's list as it is, at its version.
    moved: Option<(u64, AttributeValue)>,
}

/// A plan with what was granted.
#[derive(Clone, Debug)]
struct Step {
    plan: Plan,
    ends: Ends,
    granted: Granted,
}

/// A call to be written with documents: its update, and what it is called.
pub(crate) struct CallWrite {
    pub(crate) place: String,
    pub(crate) write: Write,
    pub(crate) mark: Vec<u8>,
}

/// A mark that no other write has.
pub(crate) fn new_mark() -> Vec<u8> {
    uuid::Uuid::new_v4().into_bytes().to_vec()
}

/// True when an item carries our mark: a write whose answer was lost had been applied.
pub(crate) fn is_ours(item: &Item, mark: &[u8]) -> bool {
    item.get(WRITE)
        .and_then(|value| value.as_b().ok())
        .is_some_and(|kept| kept.as_ref() == mark)
}

/// Writes plans, all or none, in transactions of as many as fit; alone, without a transaction, at half the price.
///
/// # Errors
/// [`StoreError::Stale`] naming the first stale document.
pub(crate) async fn write_all(table: &Table, plans: Vec<Plan>, ends: Ends) -> Result<(), StoreError> {
    put_large(table, &plans, ends).await?;
    let steps: Vec<Step> = plans.into_iter().map(|plan| Step::new(plan, ends)).collect();
    let mut done = Vec::new();
    for chunk in steps.chunks(ACTIONS_PER_TRANSACTION_MAX) {
        done.extend(write_together(table, None, chunk.to_vec()).await?);
    }
    expire_final(table, &done, ends).await;
    Ok(())
}

/// Writes a call with its documents in one transaction.
///
/// # Errors
/// As [`write_all`]; also for more than a transaction holds.
pub(crate) async fn write_call(
    table: &Table,
    call: CallWrite,
    plans: Vec<Plan>,
    ends: Ends,
) -> Result<(), StoreError> {
    put_large(table, &plans, ends).await?;
    let steps = plans.into_iter().map(|plan| Step::new(plan, ends)).collect();
    let done = write_together(table, Some(call), steps).await?;
    expire_final(table, &done, ends).await;
    Ok(())
}

/// Writes plans, each by itself, then the call that they settle.
///
/// # Errors
/// As [`write_all`]; others may be written then, and the call is not.
pub(crate) async fn close_call(
    table: &Table,
    call: CallWrite,
    plans: Vec<Plan>,
    ends: Ends,
) -> Result<(), StoreError> {
    if let Some(stale) = write_each(table, plans, ends).await?.first() {
        return Err(StoreError::Stale(place_of(&stale.key)));
    }
    write_together(table, Some(call), vec![]).await.map(|_| ())
}

/// Writes plans, each by itself; the stale ones come back.
pub(crate) async fn write_each(table: &Table, plans: Vec<Plan>, ends: Ends) -> Result<Vec<Plan>, StoreError> {
    put_large(table, &plans, ends).await?;
    let works = plans.into_iter().map(|plan| {
        let table = table.clone();
        async move {
            let written = write_together(&table, None, vec![Step::new(plan.clone(), ends)]).await;
            (plan, written)
        }
    });
    let mut stale = Vec::new();
    let mut done = Vec::new();
    let mut failure = None;
    for (plan, written) in together(works.collect()).await {
        match written {
            Ok(steps) => done.extend(steps),
            Err(StoreError::Stale(_)) => stale.push(plan),
            Err(error) => failure = Some(error),
        }
    }
    expire_final(table, &done, ends).await;
    failure.map_or(Ok(stale), Err)
}

/// Puts what the state items will point at.
async fn put_large(table: &Table, plans: &[Plan], ends: Ends) -> Result<(), StoreError> {
    let mut items = Vec::new();
    for plan in plans {
        if let Some(payload) = &plan.payload {
            let mut parts = large::items(&keys::payload(&plan.key, &payload.hash), &payload.bytes);
            if plan.has_first_payload() {
                for part in &mut parts {
                    part.insert(EXPIRES.into(), number(ends.of_first));
                }
            }
            items.extend(parts);
        }
        if let (Some(document), true) = (&plan.document, plan.document_is_new) {
            items.extend(large::items(
                &keys::document(&plan.key, &document.hash),
                &document.bytes,
            ));
        }
    }
    items.extend(find::items(
        plans
            .iter()
            .filter(|plan| plan.based_on == 0)
            .map(|plan| (&plan.key, &plan.found_by)),
    ));
    table.put_all("large items", items).await
}

/// One transaction, or one plain update; assumptions that fail are made true and the write is made again. Returns the steps with what
/// was granted.
async fn write_together(
    table: &Table,
    call: Option<CallWrite>,
    mut steps: Vec<Step>,
) -> Result<Vec<Step>, StoreError> {
    let mark = call.as_ref().map_or_else(new_mark, |call| call.mark.clone());
    for _ in 0..ROUNDS_MAX {
        let mut writes = Vec::new();
        let mut owners = Vec::new();
        if let Some(call) = &call {
            writes.push(call.write.clone());
            owners.push(None);
        }
        for (index, step) in steps.iter().enumerate() {
            for write in step.writes(&mark) {
                writes.push(write);
                owners.push(Some(index));
            }
        }
        let failed = run(table, &writes).await?;
        if failed.is_empty() || failed.iter().any(|(_, item)| is_ours(item, &mark)) {
            return Ok(steps);
        }
        for (place, item) in failed {
            match owners.get(place).copied().flatten() {
                Some(owner) => {
                    if let Some(step) = steps.get_mut(owner) {
                        step.grant(table, &item).await?;
                    }
                }
                None => return Err(StoreError::Stale(call.map(|call| call.place).unwrap_or_default())),
            }
        }
    }
    Err(crate::error::broken(
        "documents",
        "they are changed again and again by others",
    ))
}

async fn run(table: &Table, writes: &[Write]) -> Result<Vec<(usize, Item)>, StoreError> {
    let outcome = match writes {
        [] => Ok(vec![]),
        [only] => table
            .update("document", only)
            .await
            .map(|failed| failed.map(|item| (0, item)).into_iter().collect()),
        _ => table.transact("documents", writes).await,
    };
    // No answer, after every repetition: what is there now tells whether it was done.
    match (outcome, writes.first()) {
        (Err(error), Some(first)) => match table.get("documents", &first.key).await {
            Ok(Some(item))
                if first
                    .set
                    .iter()
                    .any(|(name, value)| *name == WRITE && item.get(WRITE) == Some(value)) =>
            {
                Ok(vec![])
            }
            _ => Err(error),
        },
        (outcome, _) => outcome,
    }
}

impl Step {
    fn new(plan: Plan, ends: Ends) -> Self {
        Self {
            plan,
            ends,
            granted: Granted::default(),
        }
    }

    /// The updates of a step: the state item, after it events that move out.
    fn writes(&self, mark: &[u8]) -> Vec<Write> {
        let plan = &self.plan;
        let (condition, values) = self.condition();
        let mut write = Write {
            values,
            ..Write::new(keys::state(&plan.key), condition)
        }
        .set(VERSION, number(plan.version))
        .set(RECORD, bytes(&*plan.record))
        .set(WRITE, bytes(mark))
        .set(FOUND_BY, bytes(found_by_hash(&plan.found_by)));
        write = match plan.index {
            Some(index) => write.set(INDEX_PARTITION, AttributeValue::S(index.into())),
            None => write.without(INDEX_PARTITION),
        };
        write = match &plan.document {
            Some(document) => write.set(DOCUMENT, bytes(unhex(&document.hash))),
            None => write.without(DOCUMENT),
        };
        write = if plan.is_final {
            write.set(FINAL, number(1))
        } else {
            write.without(FINAL)
        };
        if let Some(payload) = &plan.payload {
            write = write.set(PAYLOAD, bytes(unhex(&payload.hash)));
        }
        if plan.has_first_payload() {
            write = write.set(ENDS, number(self.ends.of_first));
        } else if plan.payload.is_some() || plan.document.is_some() || self.granted.not_final {
            write = write.without(ENDS);
        }
        let events: Vec<AttributeValue> = plan.events.iter().map(|event| bytes(&**event)).collect();
        match (&self.granted.moved, events.is_empty()) {
            (_, true) => vec![write],
            (None, false) => {
                write.append = Some((EVENTS, events));
                vec![write]
            }
            (Some((version, list)), false) => {
                let moved = Write::new(keys::events(&plan.key, *version), "attribute_not_exists(#p)")
                    .set(EVENTS, list.clone())
                    .set(WRITE, bytes(mark));
                vec![write.set(EVENTS, AttributeValue::L(events)), moved]
            }
        }
    }

    /// The condition of the state item with its values.
    fn condition(&self) -> (String, Vec<(&'static str, AttributeValue)>) {
        let plan = &self.plan;
        if plan.based_on == 0 {
            return ("attribute_not_exists(#p)".into(), vec![]);
        }
        let mut conditions = vec!["#v = :v".to_owned()];
        let mut values = vec![("v", number(plan.based_on))];
        if !self.granted.found_by {
            conditions.push("#f = :f".into());
            values.push(("f", bytes(found_by_hash(&plan.found_by))));
        }
        if let (Some(document), false, false) = (&plan.document, plan.document_is_new, self.granted.document)
        {
            conditions.push("#d = :d".into());
            values.push(("d", bytes(unhex(&document.hash))));
        }
        if self.asks_for_ends() && !self.granted.ends {
            conditions.push("#k >= :k".into());
            values.push(("k", number(self.ends.of_settled)));
        }
        if !plan.is_final && !self.granted.not_final {
            conditions.push("attribute_not_exists(#z)".into());
        }
        if !plan.events.is_empty() && self.granted.moved.is_none() {
            conditions.push("(attribute_not_exists(#e) OR size(#e) < :e)".into());
            values.push(("e", number(EVENTS_INSIDE_MAX)));
        }
        (conditions.join(" AND "), values)
    }

    /// True where the end that a first payload was written with may do.
    fn asks_for_ends(&self) -> bool {
        self.plan.is_final && self.plan.based_on > 0 && self.plan.payload.is_none()
    }

    /// True where large items may have no end, or one too early, for a document that is final now.
    fn needs_ends(&self) -> bool {
        self.plan.is_final && !self.plan.has_first_payload() && (self.granted.ends || !self.asks_for_ends())
    }

    /// Makes true what the item as it is falls short of.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when its version is another.
    async fn grant(&mut self, table: &Table, item: &Item) -> Result<(), StoreError> {
        let plan = &self.plan;
        let place = place_of(&plan.key);
        let version = item
            .get(VERSION)
            .and_then(|value| value.as_n().ok())
            .and_then(|digits| digits.parse::<u64>().ok());
        if plan.based_on == 0 || version != Some(plan.based_on) {
            return Err(StoreError::Stale(place));
        }
        if item.get(FOUND_BY) != Some(&bytes(found_by_hash(&plan.found_by))) {
            table
                .put_all(&place, find::items([(&plan.key, &plan.found_by)].into_iter()))
                .await?;
            self.granted.found_by = true;
        }
        if let Some(document) = &plan.document
            && !plan.document_is_new
            && item.get(DOCUMENT) != Some(&bytes(unhex(&document.hash)))
        {
            table
                .put_all(
                    &place,
                    large::items(&keys::document(&plan.key, &document.hash), &document.bytes),
                )
                .await?;
            self.granted.document = true;
        }
        if self.asks_for_ends() && crate::ends::end_in(item).is_none_or(|end| end < self.ends.of_settled) {
            self.granted.ends = true;
        }
        if !plan.is_final && item.contains_key(FINAL) {
            large::expire(table, &place, &keys::document_partition(&plan.key), None).await?;
            self.granted.not_final = true;
        }
        if let Some(AttributeValue::L(list)) = item.get(EVENTS)
            && list.len() >= EVENTS_INSIDE_MAX
        {
            self.granted.moved = Some((plan.based_on, AttributeValue::L(list.clone())));
        }
        Ok(())
    }
}

/// Sets the time to live of the large items of final documents. The state is written; a failure here only leaves bytes longer.
async fn expire_final(table: &Table, steps: &[Step], ends: Ends) {
    let works = steps.iter().filter(|step| step.needs_ends()).map(|step| {
        let (table, partition) = (table.clone(), keys::document_partition(&step.plan.key));
        async move { large::expire(&table, "large items", &partition, Some(ends.of_settled)).await }
    });
    let _left_for_later: Vec<Result<(), StoreError>> = together(works.collect()).await;
}

/// The bytes of hexadecimal digits of our own making.
fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .bytes()
        .filter_map(|digit| char::from(digit).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    let whole: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| Some(pair.first()? << 4 | pair.last()?))
        .collect();
    debug_assert_eq!(hex(&whole).len(), digits.len());
    whole
}
