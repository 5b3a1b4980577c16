//! Items and attribute values: made from plain ones, and read back by name.
//!
//! In: texts, numbers, bytes. Out: what DynamoDB takes. A missing attribute is an error that names the record and the attribute.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use ports::StoreError;

use crate::keys::{self, ItemKey};

/// An item as DynamoDB has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item with a key and nothing else.
pub(crate) fn key_item(key: &ItemKey) -> Item {
    HashMap::from([
        (keys::PARTITION.to_owned(), text(&key.partition)),
        (keys::SORT.to_owned(), text(&key.sort)),
    ])
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn bytes(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// A text attribute that must be there.
pub(crate) fn read_text<'a>(place: &str, item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value
        .map(String::as_str)
        .ok_or_else(|| crate::error::unreadable(place, format!("its attribute {name} is missing")))
}

/// A number attribute that must be there.
pub(crate) fn read_number(place: &str, item: &Item, name: &str) -> Result<u64, StoreError> {
    let value = item
        .get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok());
    value.ok_or_else(|| crate::error::unreadable(place, format!("its attribute {name} is missing")))
}

/// A bytes attribute that must be there.
pub(crate) fn read_bytes<'a>(place: &str, item: &'a Item, name: &str) -> Result<&'a [u8], StoreError> {
    let value = item.get(name).and_then(|value| value.as_b().ok());
    value
        .map(AsRef::as_ref)
        .ok_or_else(|| crate::error::unreadable(place, format!("its attribute {name} is missing")))
}
