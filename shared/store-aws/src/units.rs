//! Sizes of items and write units, by AWS's rule (DynamoDB Developer Guide, "Item sizes and formats" and "Write operations").
//!
//! In: items. Out: bytes and units of 1 KB. Used to keep batches within DynamoDB's bounds and to compute what an order costs.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// Bytes that one write unit pays for.
pub const UNIT_BYTES: usize = 1_024;

/// The size of an item: names and values of all its attributes.
pub fn item_bytes(item: &HashMap<String, AttributeValue>) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value_bytes(value))
        .sum()
}

/// Write units of one write that leaves an item at `bytes` (the larger of before and after).
pub fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT_BYTES).max(1)
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // One byte for two significant digits, and one more.
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        AttributeValue::M(values) => {
            3 + values
                .iter()
                .map(|(name, value)| 1 + name.len() + value_bytes(value))
                .sum::<usize>()
        }
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Bs(blobs) => blobs.iter().map(|blob| blob.as_ref().len()).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|digits| digits.len().div_ceil(2) + 1).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::primitives::Blob;

    use super::*;

    #[test]
    fn sizes_follow_the_developer_guide() {
        let item = HashMap::from([
            ("p".to_owned(), AttributeValue::S("Łódź".into())),
            ("v".to_owned(), AttributeValue::N("123".into())),
            ("b".to_owned(), AttributeValue::B(Blob::new(vec![0; 10]))),
            ("z".to_owned(), AttributeValue::Bool(true)),
            (
                "e".to_owned(),
                AttributeValue::L(vec![AttributeValue::S("ab".into())]),
            ),
        ]);
        assert_eq!(
            item_bytes(&item),
            (1 + 7) + (1 + 3) + (1 + 10) + (1 + 1) + (1 + 3 + 1 + 2)
        );
        assert_eq!([0, 1, 1_024, 1_025].map(write_units), [1, 1, 1, 2]);
    }
}
