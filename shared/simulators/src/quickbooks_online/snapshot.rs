//! The books as plain data, for assertions.
//!
//! In: the books. Out: every live transaction, customer and item. Later changes do not show.

use rust_decimal::Decimal;

use super::books::{Books, Record};
use super::kind::EntityKind;

/// A live transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionView {
    /// Entity.
    pub kind: EntityKind,
    /// Id.
    pub id: String,
    /// SyncToken.
    pub sync_token: u64,
    /// DocNumber.
    pub doc_number: Option<String>,
    /// TxnDate, `YYYY-MM-DD`.
    pub txn_date: String,
    /// CustomerRef.value.
    pub customer_id: Option<String>,
    /// CustomerRef.name.
    pub customer_name: Option<String>,
    /// ISO currency code.
    pub currency: String,
    /// TotalAmt.
    pub total: Decimal,
    /// Balance; zero where the entity has none.
    pub balance: Decimal,
    /// TxnTaxDetail.TotalTax; zero where the entity has none.
    pub total_tax: Decimal,
    /// PrivateNote.
    pub private_note: Option<String>,
    /// The object as the API shows it, as JSON text with exact numbers.
    pub json_text: String,
    /// The same, parsed; fractions are binary floats here, so compare money by the fields above or by `json_text`.
    pub json: serde_json::Value,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerView {
    /// Id.
    pub id: String,
    /// DisplayName.
    pub display_name: String,
    /// Whether it is active.
    pub active: bool,
    /// ISO currency code.
    pub currency: String,
    /// The object as the API shows it, as JSON text.
    pub json_text: String,
}

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemView {
    /// Id.
    pub id: String,
    /// Name with its parents', `Parent:Child`.
    pub full_name: String,
    /// Sku.
    pub sku: Option<String>,
    /// Type.
    pub item_type: String,
    /// Whether it is active.
    pub active: bool,
    /// QtyOnHand; zero where not counted.
    pub quantity_on_hand: Decimal,
    /// The object as the API shows it, as JSON text.
    pub json_text: String,
}

/// The books at an instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Live transactions, by entity and id; voided ones are live with a total of zero, deleted ones are not here.
    pub transactions: Vec<TransactionView>,
    /// Customers, active or not.
    pub customers: Vec<CustomerView>,
    /// Items, active or not.
    pub items: Vec<ItemView>,
}

impl Snapshot {
    /// The live transactions of an entity.
    pub fn of_kind(&self, kind: EntityKind) -> impl Iterator<Item = &TransactionView> {
        self.transactions.iter().filter(move |one| one.kind == kind)
    }

    /// The live transactions of an entity with a DocNumber.
    pub fn with_doc_number(&self, kind: EntityKind, number: &str) -> Vec<&TransactionView> {
        self.of_kind(kind)
            .filter(|one| one.doc_number.as_deref() == Some(number))
            .collect()
    }

    /// The live transaction with an id.
    pub fn transaction(&self, kind: EntityKind, id: &str) -> Option<&TransactionView> {
        self.of_kind(kind).find(|one| one.id == id)
    }

    /// The item with a Sku.
    pub fn item_with_sku(&self, sku: &str) -> Option<&ItemView> {
        self.items.iter().find(|item| item.sku.as_deref() == Some(sku))
    }
}

fn text(record: &Record, path: &str) -> Option<String> {
    record.body.text_at(path).map(str::to_owned)
}

fn transaction(books: &Books, kind: EntityKind, record: &Record) -> TransactionView {
    let json_text = books.render(kind, record).to_string();
    let money = |path: &str| record.body.decimal_at(path).unwrap_or_default();
    TransactionView {
        kind,
        id: record.id.clone(),
        sync_token: record.sync_token,
        doc_number: text(record, "DocNumber"),
        txn_date: text(record, "TxnDate").unwrap_or_default(),
        customer_id: text(record, "CustomerRef.value"),
        customer_name: text(record, "CustomerRef.name"),
        currency: text(record, "CurrencyRef.value").unwrap_or_default(),
        total: money("TotalAmt"),
        balance: money("Balance"),
        total_tax: money("TxnTaxDetail.TotalTax"),
        private_note: text(record, "PrivateNote"),
        json: serde_json::from_str(&json_text).unwrap_or_default(),
        json_text,
    }
}

/// Copies the books.
pub(super) fn take(books: &Books) -> Snapshot {
    let kinds = EntityKind::ALL.into_iter().filter(|kind| kind.is_transaction());
    let transactions = kinds
        .flat_map(|kind| {
            books
                .rows(kind)
                .map(move |record| transaction(books, kind, record))
        })
        .collect();
    let customers = books.rows(EntityKind::Customer).map(|record| CustomerView {
        id: record.id.clone(),
        display_name: text(record, "DisplayName").unwrap_or_default(),
        active: record.is_active(),
        currency: text(record, "CurrencyRef.value").unwrap_or_default(),
        json_text: books.render(EntityKind::Customer, record).to_string(),
    });
    let items = books.rows(EntityKind::Item).map(|record| ItemView {
        id: record.id.clone(),
        full_name: text(record, "FullyQualifiedName").unwrap_or_default(),
        sku: text(record, "Sku"),
        item_type: text(record, "Type").unwrap_or_default(),
        active: record.is_active(),
        quantity_on_hand: record.body.decimal_at("QtyOnHand").unwrap_or_default(),
        json_text: books.render(EntityKind::Item, record).to_string(),
    });
    Snapshot {
        transactions,
        customers: customers.collect(),
        items: items.collect(),
    }
}
