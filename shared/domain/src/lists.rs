//! The lists of a QuickBooks company: customers, items, accounts, tax codes and the rest, indexed by name.
//!
//! In: changes read by the connector. Out: look-ups for mapping. Names are compared without regard to case
//! (quickbooks-online.md 3.2). Does no I/O; stores keep the entries, this holds them in memory.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{ListId, ListRef};
use crate::money::Currency;

/// One list object of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// Its id within its kind.
    pub id: ListId,
    /// Display name, or full name with parents (`Parent:Child`).
    pub name: String,
    /// False when made inactive; QuickBooks then usually renames it `X (deleted)`.
    pub active: bool,
    /// What only this kind has.
    pub detail: ListDetail,
}

impl ListEntry {
    /// The reference to it.
    pub fn to_ref(&self) -> ListRef {
        ListRef {
            id: self.id.clone(),
            name: self.name.clone(),
        }
    }
}

/// The kinds of list objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// Customer.
    Customer,
    /// Vendor; its name blocks the same customer name.
    Vendor,
    /// Employee; likewise.
    Employee,
    /// Item.
    Item,
    /// Account.
    Account,
    /// Tax code.
    TaxCode,
    /// Tax rate.
    TaxRate,
    /// Class.
    Class,
    /// Location.
    Department,
    /// Terms.
    Term,
    /// Payment method.
    PaymentMethod,
}

impl ListKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Customer,
        Self::Vendor,
        Self::Employee,
        Self::Item,
        Self::Account,
        Self::TaxCode,
        Self::TaxRate,
        Self::Class,
        Self::Department,
        Self::Term,
        Self::PaymentMethod,
    ];

    /// The entity name QuickBooks uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::Vendor => "Vendor",
            Self::Employee => "Employee",
            Self::Item => "Item",
            Self::Account => "Account",
            Self::TaxCode => "TaxCode",
            Self::TaxRate => "TaxRate",
            Self::Class => "Class",
            Self::Department => "Department",
            Self::Term => "Term",
            Self::PaymentMethod => "PaymentMethod",
        }
    }
}

/// What only one kind of list object has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListDetail {
    /// A customer.
    Customer {
        /// Its currency, fixed at creation; absent in a company with one currency.
        currency: Option<Currency>,
        /// Its e-mail address.
        email: Option<String>,
    },
    /// A vendor.
    Vendor,
    /// An employee.
    Employee,
    /// An item. The entry's name is the full name with parents.
    Item {
        /// Own name, without parents.
        short_name: String,
        /// SKU; not unique in QuickBooks.
        sku: Option<String>,
        /// Inventory, NonInventory, Service, Group, Category ...
        item_type: String,
        /// Nothing can be sold before this date (inventory items).
        start_date: Option<Date>,
    },
    /// An account.
    Account {
        /// AccountType, such as Bank or Other Current Asset.
        account_type: String,
        /// Its currency.
        currency: Option<Currency>,
    },
    /// A tax code.
    TaxCode {
        /// False for codes without tax.
        taxable: bool,
        /// Rates on sales, by id.
        sales_rates: Vec<ListId>,
    },
    /// A tax rate.
    TaxRate {
        /// Percent.
        percent: Decimal,
    },
    /// A class.
    Class,
    /// A location.
    Department,
    /// Terms.
    Term,
    /// A payment method.
    PaymentMethod,
}

impl ListDetail {
    /// The kind this detail belongs to.
    pub fn kind(&self) -> ListKind {
        match self {
            Self::Customer { .. } => ListKind::Customer,
            Self::Vendor => ListKind::Vendor,
            Self::Employee => ListKind::Employee,
            Self::Item { .. } => ListKind::Item,
            Self::Account { .. } => ListKind::Account,
            Self::TaxCode { .. } => ListKind::TaxCode,
            Self::TaxRate { .. } => ListKind::TaxRate,
            Self::Class => ListKind::Class,
            Self::Department => ListKind::Department,
            Self::Term => ListKind::Term,
            Self::PaymentMethod => ListKind::PaymentMethod,
        }
    }
}

/// All lists of one company, in memory.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    entries: BTreeMap<(ListKind, ListId), ListEntry>,
    by_name: BTreeMap<(ListKind, String), Vec<ListId>>,
    items_by_short_name: BTreeMap<String, Vec<ListId>>,
    items_by_sku: BTreeMap<String, Vec<ListId>>,
    customers_by_email: BTreeMap<String, Vec<ListId>>,
}

/// A name folded for comparison: trimmed, lower case.
pub fn fold_name(name: &str) -> String {
    name.trim().to_lowercase()
}

impl Lists {
    /// Lists from entries.
    pub fn from_entries(entries: impl IntoIterator<Item = ListEntry>) -> Self {
        let mut lists = Self::default();
        for entry in entries {
            lists.put(entry);
        }
        lists
    }

    /// Adds an entry or replaces the one of the same kind and id.
    pub fn put(&mut self, entry: ListEntry) {
        let key = (entry.detail.kind(), entry.id.clone());
        self.remove(key.0, &key.1);
        index(&mut self.by_name, (key.0, fold_name(&entry.name)), &entry.id);
        match &entry.detail {
            ListDetail::Item { short_name, sku, .. } => {
                index(&mut self.items_by_short_name, fold_name(short_name), &entry.id);
                if let Some(sku) = sku {
                    index(&mut self.items_by_sku, fold_name(sku), &entry.id);
                }
            }
            ListDetail::Customer {
                email: Some(email), ..
            } => {
                index(&mut self.customers_by_email, fold_name(email), &entry.id);
            }
            _ => {}
        }
        self.entries.insert(key, entry);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, kind: ListKind, id: &ListId) {
        let Some(entry) = self.entries.remove(&(kind, id.clone())) else {
            return;
        };
        unindex(&mut self.by_name, &(kind, fold_name(&entry.name)), id);
        match &entry.detail {
            ListDetail::Item { short_name, sku, .. } => {
                unindex(&mut self.items_by_short_name, &fold_name(short_name), id);
                if let Some(sku) = sku {
                    unindex(&mut self.items_by_sku, &fold_name(sku), id);
                }
            }
            ListDetail::Customer {
                email: Some(email), ..
            } => {
                unindex(&mut self.customers_by_email, &fold_name(email), id);
            }
            _ => {}
        }
    }

    /// The entry of a kind and id.
    pub fn get(&self, kind: ListKind, id: &ListId) -> Option<&ListEntry> {
        self.entries.get(&(kind, id.clone()))
    }

    /// All entries of a kind, by id.
    pub fn all(&self, kind: ListKind) -> impl Iterator<Item = &ListEntry> {
        self.entries
            .iter()
            .filter(move |((of, _), _)| *of == kind)
            .map(|(_, entry)| entry)
    }

    /// Active and inactive entries with this name.
    pub fn named(&self, kind: ListKind, name: &str) -> Vec<&ListEntry> {
        self.resolve(kind, self.by_name.get(&(kind, fold_name(name))))
    }

    /// The one active entry with this name.
    pub fn find_active(&self, kind: ListKind, name: &str) -> Option<&ListEntry> {
        self.named(kind, name).into_iter().find(|entry| entry.active)
    }

    /// Items by their own name, whatever their parent.
    pub fn items_with_short_name(&self, name: &str) -> Vec<&ListEntry> {
        self.resolve(ListKind::Item, self.items_by_short_name.get(&fold_name(name)))
    }

    /// Items by SKU; several may share one.
    pub fn items_with_sku(&self, sku: &str) -> Vec<&ListEntry> {
        self.resolve(ListKind::Item, self.items_by_sku.get(&fold_name(sku)))
    }

    /// Customers by e-mail.
    pub fn customers_with_email(&self, email: &str) -> Vec<&ListEntry> {
        self.resolve(ListKind::Customer, self.customers_by_email.get(&fold_name(email)))
    }

    fn resolve(&self, kind: ListKind, ids: Option<&Vec<ListId>>) -> Vec<&ListEntry> {
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.get(kind, id))
            .collect()
    }
}

fn index<K: Ord>(map: &mut BTreeMap<K, Vec<ListId>>, key: K, id: &ListId) {
    map.entry(key).or_default().push(id.clone());
}

fn unindex<K: Ord>(map: &mut BTreeMap<K, Vec<ListId>>, key: &K, id: &ListId) {
    if let Some(ids) = map.get_mut(key) {
        ids.retain(|other| other != id);
        if ids.is_empty() {
            map.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: &str, name: &str, active: bool) -> ListEntry {
        ListEntry {
            id: ListId::new(id),
            name: name.into(),
            active,
            detail: ListDetail::Customer {
                currency: None,
                email: Some("jo@example.com".into()),
            },
        }
    }

    #[test]
    fn a_renamed_customer_is_found_under_its_new_name_only() {
        let mut lists = Lists::from_entries([customer("1", "Amazon GBP", true)]);
        lists.put(customer("1", "Amazon Pounds", true));
        assert!(lists.find_active(ListKind::Customer, "amazon gbp").is_none());
        assert_eq!(
            lists
                .find_active(ListKind::Customer, " AMAZON pounds")
                .map(|entry| entry.id.as_str()),
            Some("1")
        );
        assert_eq!(lists.customers_with_email("JO@example.com").len(), 1);
    }

    #[test]
    fn an_inactive_entry_is_named_but_not_active() {
        let lists = Lists::from_entries([customer("1", "Jo", false)]);
        assert_eq!(lists.named(ListKind::Customer, "jo").len(), 1);
        assert!(lists.find_active(ListKind::Customer, "jo").is_none());
    }
}
