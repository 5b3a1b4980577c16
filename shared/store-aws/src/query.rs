//! Reads of many items: a partition, a partition from its end, the sparse index, the whole table.
//!
//! In: keys and bounds. Out: items. Reads of the table see all that was written before; those of the index a moment later.

use ports::StoreError;

use crate::error::at;
use crate::keys::{self, ItemKey};
use crate::table::{Item, Table, key_item, names_in, read_text, text};

impl Table {
    /// All items of a partition whose sort key lies within two bounds, by sort key.
    pub(crate) async fn query(
        &self,
        place: &str,
        partition: &str,
        from: &str,
        to: &str,
    ) -> Result<Vec<Item>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&*self.name)
            .consistent_read(true)
            .key_condition_expression("#p = :p AND #s BETWEEN :from AND :to")
            .set_expression_attribute_names(Some(names_in("#p #s")))
            .expression_attribute_values(":p", text(partition))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.map_err(|error| at(place, &error))?);
        }
        Ok(items)
    }

    /// Up to `most` items of a partition, the greatest sort key first, below `before` where it is given.
    pub(crate) async fn query_down(
        &self,
        place: &str,
        partition: &str,
        before: Option<&str>,
        most: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&*self.name)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .set_expression_attribute_names(Some(names_in("#p")))
            .expression_attribute_values(":p", text(partition));
        query = match before {
            Some(before) => query
                .key_condition_expression("#p = :p AND #s < :s")
                .expression_attribute_names("#s", keys::SORT)
                .expression_attribute_values(":s", text(before)),
            None => query.key_condition_expression("#p = :p"),
        };
        let answer = query.send().await.map_err(|error| at(place, &error))?;
        Ok(answer.items.unwrap_or_default())
    }

    /// The keys in the sparse index under a value. The index follows the table a moment later.
    pub(crate) async fn query_index(&self, place: &str, value: &str) -> Result<Vec<ItemKey>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&*self.name)
            .index_name(keys::INDEX)
            .key_condition_expression("#m = :m")
            .set_expression_attribute_names(Some(names_in("#m")))
            .expression_attribute_values(":m", text(value))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| at(place, &error))?;
            found.push(ItemKey::new(
                read_text(place, &item, keys::PARTITION)?,
                read_text(place, &item, keys::SORT)?,
            ));
        }
        Ok(found)
    }

    /// All items of the table whose sort key begins with `sort` and whose partition begins with `prefix`. Reads the whole table.
    pub(crate) async fn scan(&self, place: &str, prefix: &str, sort: &str) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let (part, next) = self.scan_part(place, (prefix, sort), after).await?;
            items.extend(part);
            if next.is_none() {
                return Ok(items);
            }
            after = next;
        }
    }

    /// The items of a part of the table, as [`Table::scan`] chooses them, after a key; and the last key that was looked at, where there is
    /// more. That key may be of an item that was not chosen; it is moved up to the last document before it.
    pub(crate) async fn scan_part(
        &self,
        place: &str,
        (prefix, sort): (&str, &str),
        after: Option<ItemKey>,
    ) -> Result<(Vec<Item>, Option<ItemKey>), StoreError> {
        let answer = self
            .client
            .scan()
            .table_name(&*self.name)
            .consistent_read(true)
            .filter_expression("begins_with(#p, :p) AND begins_with(#s, :s)")
            .set_expression_attribute_names(Some(names_in("#p #s")))
            .expression_attribute_values(":p", text(prefix))
            .expression_attribute_values(":s", text(sort))
            .set_exclusive_start_key(after.as_ref().map(key_item))
            .send()
            .await
            .map_err(|error| at(place, &error))?;
        let next = answer.last_evaluated_key.as_ref().map(|item| {
            let partition = read_text(place, item, keys::PARTITION)?;
            let sort = read_text(place, item, keys::SORT)?;
            Ok::<ItemKey, StoreError>(ItemKey::new(partition, sort))
        });
        Ok((answer.items.unwrap_or_default(), next.transpose()?))
    }
}
