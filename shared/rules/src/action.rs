//! The names of actions in files and sheets, the peer's among them, and what each means (behaviours.md 3).
//!
//! In: a word of a file. Out: an [`ActionSpec`]. Does nothing itself; see `apply`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::field::{FieldId, Kind, simplify};
use crate::fields;

/// How an action is written and what it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `set: FIELD` with `to: VALUE`.
    Set,
    /// `clear: FIELD`.
    Clear,
    /// `copy: FIELD` with `to: FIELD`.
    Copy,
    /// `map: FIELD`, with `to: VALUE` for a constant, or `from: FIELD` to name the copied field.
    Map,
    /// `from_table: FIELD`.
    FromTable,
    /// `strip: FIELD`, with `prefix: TEXT` or `suffix: TEXT`, or neither for what the condition matched.
    Strip,
    /// `template: TEXT` with `to: FIELD`.
    Template,
    /// `split_sku: left` or `right` with `separator: TEXT`.
    SplitSku,
    /// `multiply_quantity: NUMBER`.
    Multiply,
    /// `divide_quantity: NUMBER`.
    Divide,
    /// `add_surcharge: 1.50` or `10%`.
    Surcharge,
    /// `add_line:` with the fields of the line.
    AddLine,
    /// `skip: REASON`.
    Skip,
    /// `hold: REASON`.
    Hold,
    /// `NAME: VALUE` sets the field; `NAME:` alone copies the compared field.
    MapTo(FieldId),
    /// `NAME: TEXT` sets the field to a text with `{field}` in it.
    TemplateTo(FieldId),
}

/// One row of the table of actions.
#[derive(Debug)]
pub struct ActionSpec {
    /// The name in files.
    pub name: &'static str,
    /// Other names, the peer's among them.
    pub aliases: &'static [&'static str],
    /// How it is written.
    pub form: Form,
    /// What it does.
    pub doc: &'static str,
}

macro_rules! actions {
    ($($name:literal $form:expr, [$($alias:literal),*] $doc:literal;)+) => {
        /// Every action there is.
        pub static ACTIONS: &[ActionSpec] = &[$(ActionSpec { name: $name, aliases: &[$($alias),*], form: $form, doc: $doc }),+];
    };
}

actions! {
    "set" Form::Set, [] "Sets a field to a constant.";
    "clear" Form::Clear, ["remove"] "Sets a field to nothing.";
    "copy" Form::Copy, [] "Copies a field to another.";
    "map" Form::Map, ["map field", "map fields conditionally"] "With `to`, sets a field to a constant; without it, copies the compared field, without the prefix or suffix that the condition matched.";
    "from_table" Form::FromTable, [] "Sets a field to the right value of the row of the rule's `table` whose left value the compared field equals.";
    "strip" Form::Strip, ["remove part of sku"] "Removes a prefix or suffix: the given one where it is there, or the one by which the condition matched.";
    "template" Form::Template, [] "Sets a field to a text in which `{field}` stands for a field's value; a blank field gives nothing.";
    "split_sku" Form::SplitSku, ["split a sku"] "Keeps what stands left or right of the first separator in the SKU; a SKU without it stays.";
    "multiply_quantity" Form::Multiply, ["multiply"] "Multiplies the line's quantity and keeps the line's total; on a stock update multiplies the level.";
    "divide_quantity" Form::Divide, ["divide"] "Divides the level of a stock update, rounded down to a whole number.";
    "add_surcharge" Form::Surcharge, ["add shipping surcharge", "shipping surcharge"] "Adds an amount (`1.50`) or a share of the shipping amount (`10%`) to the shipping amount.";
    "add_line" Form::AddLine, [] "Adds a line with the given fields.";
    "skip" Form::Skip, ["do not import order to quickbooks", "do not import", "do not export", "exclude", "exclude product from inventory sync", "exclude orders syncing from quickbooks"] "Leaves the document out, with a reason that the log and the reconciliation show. No later rule runs.";
    "hold" Form::Hold, [] "Holds the document for a person, with a reason. No later rule runs.";
    "map_sku" Form::MapTo(fields::SKU), ["map product", "map sku to quickbooks"] "The item in QuickBooks: its SKU or name.";
    "map_item" Form::MapTo(fields::ITEM), [] "The item in QuickBooks by its full name; stands before the SKU.";
    "map_description" Form::TemplateTo(fields::DESCRIPTION), ["map product description"] "The line's description, with `{field}` in it.";
    "map_unit_of_measure" Form::MapTo(fields::UNIT_OF_MEASURE), [] "The line's unit of measure.";
    "map_site" Form::MapTo(fields::SITE), ["map inventory site"] "The line's inventory site.";
    "map_bin" Form::MapTo(fields::BIN), [] "The line's bin.";
    "map_class" Form::MapTo(fields::CLASS), ["map order class", "ChangeOrderClass"] "The document's class.";
    "map_line_class" Form::MapTo(fields::LINE_CLASS), ["map class on line items", "ChangeOrderDetailClass"] "The line's class.";
    "map_location" Form::MapTo(fields::LOCATION), [] "The document's location.";
    "map_tax_code" Form::MapTo(fields::TAX_CODE), ["map order item tax code", "map item tax code"] "The line's tax code.";
    "map_shipping_tax_code" Form::MapTo(fields::SHIPPING_TAX_CODE), ["map shipping line tax code"] "The shipping line's tax code.";
    "map_discount_tax_code" Form::MapTo(fields::DISCOUNT_TAX_CODE), [] "The discount line's tax code.";
    "map_customer_tax_code" Form::MapTo(fields::CUSTOMER_TAX_CODE), ["map sales tax code"] "The customer's tax code.";
    "map_shipping_item" Form::MapTo(fields::SHIPPING_ITEM), ["map shipping method to quickbooks", "map shipping method"] "The item of the shipping line.";
    "map_shipping_amount" Form::MapTo(fields::SHIPPING_AMOUNT), ["override shipping amount"] "The shipping amount.";
    "map_discount_item" Form::MapTo(fields::DISCOUNT_ITEM), ["map discount to quickbooks", "map discount code to quickbooks", "map discount"] "The item of the discount line.";
    "map_deposit_account" Form::MapTo(fields::DEPOSIT_ACCOUNT), ["map order deposit account"] "The account where the money lies.";
    "map_payment_method" Form::MapTo(fields::PAYMENT_METHOD), [] "The payment method.";
    "map_payment_reference" Form::MapTo(fields::PAYMENT_REFERENCE), ["map payment reference number"] "The payment's reference.";
    "map_receivable_account" Form::MapTo(fields::RECEIVABLE_ACCOUNT), ["map order a/r account", "map a/r account"] "The receivable account.";
    "map_currency" Form::MapTo(fields::CURRENCY), ["map currency code"] "The document's currency.";
    "map_document_type" Form::MapTo(fields::DOCUMENT_TYPE), ["map transaction type"] "What the document becomes.";
    "map_document_number" Form::MapTo(fields::DOCUMENT_NUMBER), ["map order number"] "The document's number.";
    "map_number_prefix" Form::MapTo(fields::NUMBER_PREFIX), ["add order prefix"] "The prefix of the document's number.";
    "map_terms" Form::MapTo(fields::TERMS), [] "The terms.";
    "map_store_name" Form::MapTo(fields::STORE_NAME), ["map store name to quickbooks"] "The store name, from which the customer is made.";
    "map_customer_name" Form::MapTo(fields::CUSTOMER_NAME), ["map customer"] "The customer by name.";
    "map_billing_company" Form::MapTo(fields::BILLING_COMPANY), ["map billing address company"] "The company at the billing address.";
    "map_date" Form::MapTo(fields::DATE), [] "The document's date.";
    "map_due_date" Form::MapTo(fields::DUE_DATE), [] "The due date.";
    "map_ship_date" Form::MapTo(fields::SHIP_DATE), ["map shipping date"] "The date of despatch.";
    "map_memo" Form::TemplateTo(fields::MEMO), [] "The note that the buyer does not see, with `{field}` in it.";
    "map_customer_memo" Form::TemplateTo(fields::CUSTOMER_MEMO), [] "The memo that the buyer sees, with `{field}` in it.";
    "map_stock_sku" Form::MapTo(fields::STOCK_SKU), [] "On a stock update, the SKU in Linnworks.";
    "map_stock_location" Form::MapTo(fields::STOCK_LOCATION), [] "On a stock update, the Linnworks location.";
}

impl ActionSpec {
    /// The action that a word means; spaces, hyphens and case are free.
    pub fn find(word: &str) -> Option<&'static Self> {
        static NAMES: LazyLock<HashMap<String, &'static ActionSpec>> = LazyLock::new(|| {
            let names = |spec: &'static ActionSpec| {
                std::iter::once(&spec.name)
                    .chain(spec.aliases)
                    .map(move |name| (simplify(name), spec))
            };
            ACTIONS.iter().flat_map(names).collect()
        });
        NAMES.get(&simplify(word)).copied()
    }

    /// The keys that may stand beside the action's own.
    pub(crate) fn extra_keys(&self) -> &'static [&'static str] {
        match self.form {
            Form::Set | Form::Copy | Form::Template => &["to"],
            Form::Map => &["to", "from"],
            Form::Strip => &["prefix", "suffix"],
            Form::SplitSku => &["separator"],
            _ => &[],
        }
    }
}

/// The values a field takes, with the peer's words for them, where not every text is one.
pub(crate) fn choices(field: FieldId) -> Option<&'static [(&'static str, &'static [&'static str])]> {
    let document_types: &[(&str, &[&str])] = &[
        ("sales_receipt", &["sales_receipts"]),
        ("invoice", &["invoices"]),
        ("invoice_with_payment", &[]),
        ("sales_order", &["sales_orders"]),
        ("estimate", &["estimates"]),
        ("credit_memo", &["credit_memos"]),
        ("refund_receipt", &["refund_receipts"]),
        ("bill", &["bills"]),
        ("purchase_order", &["purchase_orders"]),
    ];
    (field == fields::DOCUMENT_TYPE).then_some(document_types)
}

/// The field that an action means in a stock update: `map_sku` there is the SKU in Linnworks.
pub(crate) fn target_for(kind: Kind, field: FieldId) -> FieldId {
    match (kind, field) {
        (Kind::Stock, fields::SKU) => fields::STOCK_SKU,
        (Kind::Stock, fields::LOCATION) => fields::STOCK_LOCATION,
        _ => field,
    }
}
