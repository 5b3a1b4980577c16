//! The one table: reads, conditional writes, transactions, large items. Knows DynamoDB, not what is kept in it.
//!
//! In: [`Write`]s with their conditions. Out: done, or the items whose condition failed, as they are now. A conflict between
//! transactions and a throttled one are tried again here, a bounded number of times; the SDK repeats the rest.
//!
//! A write whose answer was lost may have been applied, and `ClientRequestToken` protects a transaction for 10 minutes only
//! (reliability.md 1.1). So every write stamps its own mark into the item (`w`): a failed condition on an item with our mark is
//! our own write, done.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, PutRequest, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update, WriteRequest,
};
use ports::StoreError;

use crate::error::{at, broken};
use crate::keys::ItemKey;
pub(crate) use crate::together::together;
use crate::together::{TRIES_MAX, wait};
pub(crate) use crate::value::{Item, bytes, key_item, number, read_bytes, read_number, read_text, text};

/// Actions in one transaction; DynamoDB's own bound.
pub const ACTIONS_PER_TRANSACTION_MAX: usize = 100;
/// Keys in one BatchGetItem; DynamoDB's own bound.
const KEYS_PER_BATCH_MAX: usize = 100;
/// Puts in one BatchWriteItem; DynamoDB's own bound.
const PUTS_PER_BATCH_MAX: usize = 25;
/// Bytes in one item, below DynamoDB's 400 KB so that keys fit beside them.
pub(crate) const BYTES_PER_ITEM_MAX: usize = 380 * 1024;
/// Bytes in one BatchWriteItem, below DynamoDB's 16 MB.
const BYTES_PER_BATCH_MAX: usize = 8 * 1024 * 1024;

/// One conditional change of an item.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) key: ItemKey,
    /// Attributes to set.
    pub(crate) set: Vec<(&'static str, AttributeValue)>,
    /// Attributes to take away.
    pub(crate) remove: Vec<&'static str>,
    /// A list attribute with what comes at its end.
    pub(crate) append: Option<(&'static str, Vec<AttributeValue>)>,
    /// The condition, with `#x` for names and `:x` for values; empty for none.
    pub(crate) condition: String,
    /// Values that only the condition has.
    pub(crate) values: Vec<(&'static str, AttributeValue)>,
}

impl Write {
    pub(crate) fn new(key: ItemKey, condition: impl Into<String>) -> Self {
        Self {
            key,
            set: vec![],
            remove: vec![],
            append: None,
            condition: condition.into(),
            values: vec![],
        }
    }

    pub(crate) fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.set.push((name, value));
        self
    }

    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.remove.push(name);
        self
    }

    pub(crate) fn value(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.values.push((name, value));
        self
    }

    /// Expression, names and values as DynamoDB takes them.
    fn compose(&self) -> (String, HashMap<String, String>, HashMap<String, AttributeValue>) {
        let mut values: HashMap<String, AttributeValue> = self
            .values
            .iter()
            .map(|(name, value)| (format!(":{name}"), value.clone()))
            .collect();
        let mut sets: Vec<String> = Vec::new();
        for (name, value) in &self.set {
            sets.push(format!("#{name} = :set_{name}"));
            values.insert(format!(":set_{name}"), value.clone());
        }
        if let Some((name, more)) = &self.append {
            sets.push(format!(
                "#{name} = list_append(if_not_exists(#{name}, :none), :more)"
            ));
            values.insert(":none".into(), AttributeValue::L(vec![]));
            values.insert(":more".into(), AttributeValue::L(more.clone()));
        }
        let mut expression = String::new();
        if !sets.is_empty() {
            expression = format!("SET {}", sets.join(", "));
        }
        if !self.remove.is_empty() {
            let removes: Vec<String> = self.remove.iter().map(|name| format!("#{name}")).collect();
            expression = format!("{expression} REMOVE {}", removes.join(", "));
        }
        let names = names_in(&format!("{expression} {}", self.condition));
        (expression, names, values)
    }
}

/// The names that an expression mentions as `#x`.
pub(crate) fn names_in(expression: &str) -> HashMap<String, String> {
    expression
        .split('#')
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(char::is_ascii_lowercase)
                .collect::<String>()
        })
        .map(|name| (format!("#{name}"), name))
        .collect()
}

/// The table and its client. A clone is the same table.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: Arc<str>,
}

impl Table {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The item of a key, with all that was written before.
    pub(crate) async fn get(&self, place: &str, key: &ItemKey) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| at(place, &error))?;
        Ok(answer.item)
    }

    /// The items of keys, in no order; those not there are left out.
    pub(crate) async fn get_many(&self, place: &str, keys: &[ItemKey]) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        for chunk in keys.chunks(KEYS_PER_BATCH_MAX) {
            let mut wanted: Vec<Item> = chunk.iter().map(key_item).collect();
            let mut tries = 0;
            while !wanted.is_empty() {
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(true)
                    .build()
                    .map_err(|_| broken(place, "the request could not be made"))?;
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&*self.name, keys)
                    .send()
                    .await
                    .map_err(|error| at(place, &error))?;
                let found = answer
                    .responses
                    .and_then(|mut tables| tables.remove(&*self.name))
                    .unwrap_or_default();
                let came = !found.is_empty();
                items.extend(found);
                wanted = answer
                    .unprocessed_keys
                    .and_then(|mut tables| tables.remove(&*self.name))
                    .map(|left| left.keys)
                    .unwrap_or_default();
                if !wanted.is_empty() {
                    tries = if came { 0 } else { tries + 1 };
                    wait(place, tries).await?;
                }
            }
        }
        Ok(items)
    }

    /// Makes one conditional change. `Some` has the item whose condition failed, empty when there is none.
    pub(crate) async fn update(&self, place: &str, write: &Write) -> Result<Option<Item>, StoreError> {
        let (expression, names, values) = write.compose();
        let mut tries = 0;
        loop {
            let answer = self
                .client
                .update_item()
                .table_name(&*self.name)
                .set_key(Some(key_item(&write.key)))
                .update_expression(&expression)
                .set_condition_expression(condition_of(write))
                .set_expression_attribute_names(Some(names.clone()))
                .set_expression_attribute_values(values_of(&values))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            let Err(error) = answer else { return Ok(None) };
            if let Some(UpdateItemError::ConditionalCheckFailedException(failure)) = error.as_service_error()
            {
                return Ok(Some(failure.item().cloned().unwrap_or_default()));
            }
            if error.code() != Some("TransactionConflictException") || tries + 1 == TRIES_MAX {
                return Err(at(place, &error));
            }
            tries += 1;
            wait(place, tries).await?;
        }
    }

    /// Makes all changes or none. The answer has the places, within `writes`, of failed conditions with their items; empty when
    /// all is done. At most [`ACTIONS_PER_TRANSACTION_MAX`] changes, each of another item.
    pub(crate) async fn transact(
        &self,
        place: &str,
        writes: &[Write],
    ) -> Result<Vec<(usize, Item)>, StoreError> {
        if writes.len() > ACTIONS_PER_TRANSACTION_MAX {
            let cause = format!(
                "{} changes at once are more than the {ACTIONS_PER_TRANSACTION_MAX} that DynamoDB takes",
                writes.len()
            );
            return Err(broken(place, cause));
        }
        let actions = writes
            .iter()
            .map(|write| self.action(place, write))
            .collect::<Result<Vec<_>, _>>()?;
        let mut tries = 0;
        loop {
            let answer = self
                .client
                .transact_write_items()
                .set_transact_items(Some(actions.clone()))
                .send()
                .await;
            let Err(error) = answer else { return Ok(vec![]) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                let in_progress = matches!(
                    error.code(),
                    Some("TransactionInProgressException" | "TransactionConflictException")
                );
                if !in_progress || tries + 1 == TRIES_MAX {
                    return Err(at(place, &error));
                }
                tries += 1;
                wait(place, tries).await?;
                continue;
            };
            let reasons = cancelled.cancellation_reasons();
            let failed = failed_conditions(reasons);
            if !failed.is_empty() {
                return Ok(failed);
            }
            let code = reasons
                .iter()
                .filter_map(|reason| reason.code())
                .find(|code| *code != "None")
                .unwrap_or("none");
            let may_pass = matches!(
                code,
                "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
            );
            if !may_pass || tries + 1 == TRIES_MAX {
                return Err(broken(place, format!("the transaction was cancelled: {code}")));
            }
            tries += 1;
            wait(place, tries).await?;
        }
    }

    fn action(&self, place: &str, write: &Write) -> Result<TransactWriteItem, StoreError> {
        let (expression, names, values) = write.compose();
        let update = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(key_item(&write.key)))
            .update_expression(expression)
            .set_condition_expression(condition_of(write))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(values_of(&values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|_| broken(place, "the request could not be made"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Puts items, each whole, whatever was there.
    pub(crate) async fn put_all(&self, place: &str, items: Vec<Item>) -> Result<(), StoreError> {
        let mut batches: Vec<Vec<WriteRequest>> = Vec::new();
        let mut bytes = 0;
        for item in items {
            let size = crate::units::item_bytes(&item);
            let put = PutRequest::builder()
                .set_item(Some(item))
                .build()
                .map_err(|_| broken(place, "the request could not be made"))?;
            let request = WriteRequest::builder().put_request(put).build();
            match batches.last_mut() {
                Some(batch) if batch.len() < PUTS_PER_BATCH_MAX && bytes + size <= BYTES_PER_BATCH_MAX => {
                    batch.push(request)
                }
                _ => {
                    batches.push(vec![request]);
                    bytes = 0;
                }
            }
            bytes += size;
        }
        let works = batches
            .into_iter()
            .map(|batch| self.clone().put_batch(place.to_owned(), batch));
        together(works.collect()).await.into_iter().collect()
    }

    async fn put_batch(self, place: String, mut batch: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            let before = batch.len();
            let answer = self
                .client
                .batch_write_item()
                .request_items(&*self.name, batch)
                .send()
                .await
                .map_err(|error| at(&place, &error))?;
            batch = answer
                .unprocessed_items
                .and_then(|mut tables| tables.remove(&*self.name))
                .unwrap_or_default();
            if batch.is_empty() {
                return Ok(());
            }
            tries = if batch.len() < before { 0 } else { tries + 1 };
            wait(&place, tries).await?;
        }
    }

    /// Puts an item unless there is one; false when there is.
    pub(crate) async fn put_new(&self, place: &str, item: Item) -> Result<bool, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&*self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#p)")
            .set_expression_attribute_names(Some(names_in("#p")))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(at(place, &error)),
        }
    }

    /// Deletes an item when its condition holds (empty: in any case); false when it did not.
    pub(crate) async fn delete(&self, place: &str, write: &Write) -> Result<bool, StoreError> {
        let names = names_in(&write.condition);
        let values: HashMap<String, AttributeValue> = write
            .values
            .iter()
            .map(|(name, value)| (format!(":{name}"), value.clone()))
            .collect();
        let answer = self
            .client
            .delete_item()
            .table_name(&*self.name)
            .set_key(Some(key_item(&write.key)))
            .set_condition_expression(condition_of(write))
            .set_expression_attribute_names((!names.is_empty()).then_some(names))
            .set_expression_attribute_values(values_of(&values))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(at(place, &error)),
        }
    }
}

fn condition_of(write: &Write) -> Option<String> {
    (!write.condition.is_empty()).then(|| write.condition.clone())
}

fn values_of(values: &HashMap<String, AttributeValue>) -> Option<HashMap<String, AttributeValue>> {
    (!values.is_empty()).then(|| values.clone())
}

/// The places of failed conditions among the reasons of a cancelled transaction, with the items that made them fail.
fn failed_conditions(reasons: &[CancellationReason]) -> Vec<(usize, Item)> {
    reasons
        .iter()
        .enumerate()
        .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
        .map(|(index, reason)| (index, reason.item().cloned().unwrap_or_default()))
        .collect()
}
