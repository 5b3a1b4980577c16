//! What a Linnworks account holds: orders, cancellation times, stock; and what its seller does with them.
//!
//! In: OrderDetails JSON. Out: the orders with the times they are searched by. Does not know HTTP or sessions.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::call::parse_instant;
use crate::world::ZERO_GUID;

/// An order and the times it is searched by.
#[derive(Clone, Debug)]
pub(crate) struct StoredOrder {
    pub(crate) details: Value,
    pub(crate) processed: Option<Timestamp>,
    pub(crate) received: Option<Timestamp>,
    pub(crate) paid: Option<Timestamp>,
    pub(crate) cancelled: Option<Timestamp>,
}

/// A stock item with its level at the default location.
#[derive(Clone, Debug)]
pub(crate) struct StockItem {
    pub(crate) id: String,
    pub(crate) sku: String,
    pub(crate) title: String,
    pub(crate) level: i64,
}

/// The account. The seller's doings are its public methods; the simulator passes them on, and an action between two
/// requests gets the account itself.
#[derive(Debug)]
pub struct Account {
    pub(crate) orders: BTreeMap<String, StoredOrder>,
    /// By SKU in lower case.
    pub(crate) stock: BTreeMap<String, StockItem>,
    pub(crate) now: Timestamp,
}

/// The member under a path of names; null when any is missing.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter()
        .fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The text under a path of names; "" when there is none.
pub(crate) fn text_at<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// The instant under a path; `None` for null and for the year 1 that means "no value" (linnworks.md 3.2).
fn instant_at(value: &Value, path: &[&str]) -> Option<Timestamp> {
    parse_instant(text_at(value, path)).filter(|instant| *instant > Timestamp::UNIX_EPOCH)
}

impl StoredOrder {
    fn new(details: Value, cancelled: Option<Timestamp>) -> Self {
        let is_processed = at(&details, &["Processed"]).as_bool().unwrap_or_default();
        let is_cancelled = is_processed && at(&details, &["GeneralInfo", "HoldOrCancel"]) == &json!(true);
        let processed = instant_at(&details, &["ProcessedDateTime"]).filter(|_| is_processed);
        Self {
            processed,
            received: instant_at(&details, &["GeneralInfo", "ReceivedDate"]),
            paid: instant_at(&details, &["PaidDateTime"]),
            cancelled: if is_cancelled {
                cancelled.or(processed)
            } else {
                None
            },
            details,
        }
    }

    /// True once the order has left the open orders.
    pub(crate) fn is_processed(&self) -> bool {
        at(&self.details, &["Processed"]).as_bool().unwrap_or_default()
    }

    /// The rows of the order, without the components of composites.
    pub(crate) fn items(&self) -> &[Value] {
        at(&self.details, &["Items"])
            .as_array()
            .map_or(&[], Vec::as_slice)
    }
}

impl Account {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            orders: BTreeMap::new(),
            stock: BTreeMap::new(),
            now,
        }
    }

    /// Adds orders, or replaces those with the same `OrderId`. An order without one is ignored.
    pub fn add_orders(&mut self, orders: Vec<Value>) {
        for details in orders {
            let id = text_at(&details, &["OrderId"]).to_ascii_lowercase();
            if id.is_empty() {
                continue;
            }
            let order = StoredOrder::new(details, None);
            self.learn_stock(&order);
            self.orders.insert(id, order);
        }
    }

    fn learn_stock(&mut self, order: &StoredOrder) {
        for item in order.items() {
            let (id, sku) = (text_at(item, &["StockItemId"]), text_at(item, &["SKU"]));
            if id == ZERO_GUID || id.is_empty() || sku.is_empty() {
                continue;
            }
            self.stock.entry(sku.to_lowercase()).or_insert_with(|| StockItem {
                id: id.to_ascii_lowercase(),
                sku: sku.to_owned(),
                title: text_at(item, &["Title"]).to_owned(),
                level: at(item, &["Level"]).as_i64().unwrap_or_default(),
            });
        }
    }

    /// Changes the OrderDetails JSON of an order; false if there is no such order.
    pub fn edit_order(&mut self, id: &str, edit: impl FnOnce(&mut Value)) -> bool {
        let now = self.now;
        let Some(order) = self.orders.get_mut(&id.to_ascii_lowercase()) else {
            return false;
        };
        let mut details = std::mem::take(&mut order.details);
        edit(&mut details);
        *order = StoredOrder::new(details, order.cancelled.or(Some(now)));
        true
    }

    /// Cancels an order now; a processed one stays in the processed list (linnworks.md 4.1).
    pub fn cancel_order(&mut self, id: &str) -> bool {
        self.edit_order(id, |details| {
            set(details, &["GeneralInfo", "HoldOrCancel"], json!(true))
        })
    }

    /// Processes an open order now: it leaves the open orders and appears in the processed search.
    pub fn process_order(&mut self, id: &str) -> bool {
        let now = self.now.round(jiff::Unit::Millisecond).unwrap_or(self.now);
        self.edit_order(id, |details| {
            set(details, &["Processed"], json!(true));
            set(details, &["ProcessedDateTime"], json!(now.to_string()));
        })
    }

    /// Makes an order vanish; false if there was none.
    pub fn remove_order(&mut self, id: &str) -> bool {
        self.orders.remove(&id.to_ascii_lowercase()).is_some()
    }

    /// OrderDetails of every order, by `OrderId`.
    pub fn orders(&self) -> Vec<Value> {
        self.orders.values().map(|order| order.details.clone()).collect()
    }

    /// The order with this number.
    pub(crate) fn order_by_number(&self, number: i64) -> Option<&StoredOrder> {
        self.orders
            .values()
            .find(|order| at(&order.details, &["NumOrderId"]).as_i64() == Some(number))
    }

    /// True when a search can see the processed order, which may take a while (`late_visible_seconds`).
    pub(crate) fn is_visible(&self, order: &StoredOrder, late_seconds: u32) -> bool {
        let late = SignedDuration::from_secs(i64::from(late_seconds));
        let since = order
            .processed
            .and_then(|processed| processed.saturating_add(late).ok());
        order.is_processed() && (late_seconds == 0 || since.is_some_and(|since| since <= self.now))
    }
}

/// Sets the member under a path of names, if the objects on the way exist.
fn set(value: &mut Value, path: &[&str], new: Value) {
    let Some((last, way)) = path.split_last() else {
        return;
    };
    let mut target = value;
    for name in way {
        match target.get_mut(name) {
            Some(next) => target = next,
            None => return,
        }
    }
    if let Some(members) = target.as_object_mut() {
        members.insert((*last).to_owned(), new);
    }
}
