//! The accounting document: what QuickBooks shall hold for one source document.
//!
//! In: mapping fills it, with references already resolved to list ids. Out: connectors encode it. Knows no JSON of
//! QuickBooks and no name that still has to be looked up, except customers and items that are to be created.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{DocNumber, ListId, ListRef};
use crate::money::{Currency, Money};

/// A balanced document: its lines and tax come to `total`, to the penny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountingDocument {
    /// Which transaction, with what only that kind has.
    pub kind: DocumentKind,
    /// The visible number; absent only where the company numbers by itself.
    pub doc_number: Option<DocNumber>,
    /// TxnDate, in the company's time zone.
    pub date: Date,
    /// Whom it is for.
    pub customer: CustomerRef,
    /// Currency of every amount.
    pub currency: Currency,
    /// Home units per unit of `currency`.
    pub exchange_rate: ExchangeRate,
    /// Billing address.
    pub billing_address: Option<PostalAddress>,
    /// Shipping address.
    pub shipping_address: Option<PostalAddress>,
    /// E-mail of the buyer.
    pub email: Option<String>,
    /// Where the money lies.
    pub deposit_account: Option<ListRef>,
    /// Payment method.
    pub payment_method: Option<ListRef>,
    /// Reference of the payment, at most 21 characters.
    pub payment_reference: Option<String>,
    /// Class of the header.
    pub class: Option<ListRef>,
    /// Location (department).
    pub department: Option<ListRef>,
    /// Date of despatch.
    pub ship_date: Option<Date>,
    /// Shipping method, free text.
    pub ship_method: Option<String>,
    /// Tracking number.
    pub tracking_number: Option<String>,
    /// Memo that the buyer sees.
    pub customer_memo: Option<String>,
    /// Note that the buyer does not see, without the marker (the connector adds it).
    pub private_note: String,
    /// Lines, in order.
    pub lines: Vec<DocumentLine>,
    /// How the tax is asked for.
    pub tax: DocumentTax,
    /// What the document must come to: the order's total.
    pub total: Money,
}

/// The kind of document a source document becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A sale paid at once.
    SalesReceipt,
    /// A sale to be paid later; with a payment when it was paid already.
    Invoice {
        /// Terms.
        terms: Option<ListRef>,
        /// Due date; QuickBooks derives it from the terms when absent.
        due_date: Option<Date>,
        /// The payment that follows the invoice.
        payment: Option<PaymentPlan>,
    },
}

impl DocumentKind {
    /// The transactions to be made, in order.
    pub fn steps(&self) -> &'static [TransactionKind] {
        match self {
            Self::SalesReceipt => &[TransactionKind::SalesReceipt],
            Self::Invoice { payment: None, .. } => &[TransactionKind::Invoice],
            Self::Invoice { payment: Some(_), .. } => &[TransactionKind::Invoice, TransactionKind::Payment],
        }
    }
}

/// The payment that closes an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentPlan {
    /// Date of the payment.
    pub date: Date,
    /// PaymentRefNum; the look-up key of a payment (quickbooks-online.md 2.6), at most 21 characters.
    pub reference: String,
    /// Where the money lies.
    pub deposit_account: Option<ListRef>,
    /// Payment method.
    pub payment_method: Option<ListRef>,
}

/// A transaction of QuickBooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionKind {
    /// SalesReceipt.
    SalesReceipt,
    /// Invoice.
    Invoice,
    /// Payment.
    Payment,
}

impl TransactionKind {
    /// The name QuickBooks uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SalesReceipt => "SalesReceipt",
            Self::Invoice => "Invoice",
            Self::Payment => "Payment",
        }
    }
}

/// The customer of a document.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives inside a boxed document, once per document"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerRef {
    /// In QuickBooks already.
    Existing(ListRef),
    /// To be created before the document is posted.
    New(NewCustomer),
}

impl CustomerRef {
    /// The name people know.
    pub fn name(&self) -> &str {
        match self {
            Self::Existing(customer) => &customer.name,
            Self::New(customer) => &customer.display_name,
        }
    }
}

/// A customer to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCustomer {
    /// DisplayName, safe and unique.
    pub display_name: String,
    /// Currency for life; absent where the company has one currency only.
    pub currency: Option<Currency>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Company.
    pub company_name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Billing address.
    pub billing_address: Option<PostalAddress>,
    /// Shipping address.
    pub shipping_address: Option<PostalAddress>,
}

/// The item of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemRef {
    /// In QuickBooks already.
    Existing(ListRef),
    /// The shipping line built into QuickBooks (quickbooks-online.md 3.5).
    BuiltInShipping,
    /// To be created before the document is posted.
    New(NewItem),
}

impl ItemRef {
    /// The name people know.
    pub fn name(&self) -> &str {
        match self {
            Self::Existing(item) => &item.name,
            Self::BuiltInShipping => "Shipping",
            Self::New(item) => &item.name,
        }
    }
}

/// An item to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewItem {
    /// Name, at most 100 characters.
    pub name: String,
    /// SKU.
    pub sku: Option<String>,
    /// Sales description.
    pub description: Option<String>,
    /// Type, with what only that type has.
    pub kind: NewItemKind,
    /// Income account.
    pub income_account: ListRef,
}

/// The type of an item to create (quickbooks-online.md 3.11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewItemKind {
    /// Not tracked.
    NonInventory {
        /// Expense account.
        expense_account: Option<ListRef>,
    },
    /// Service.
    Service,
    /// Tracked by quantity.
    Inventory {
        /// Cost of goods sold.
        expense_account: ListRef,
        /// Inventory asset.
        asset_account: ListRef,
        /// Before the first sale, or every older sale is refused with 6270.
        start_date: Date,
    },
}

/// The rate between the document's currency and the home currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeRate {
    /// The document is in the home currency.
    Home,
    /// QuickBooks' own rate of the document's date, read once and sent.
    OfTheDay,
    /// A rate that was given or has been read.
    Given(Decimal),
}

/// A postal address, each part within QuickBooks' lengths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Up to five lines.
    pub lines: Vec<String>,
    /// City.
    pub city: Option<String>,
    /// Region or state (CountrySubDivisionCode).
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentLine {
    /// A line with an item. Boxed: it is much larger than its siblings.
    Item(Box<ItemLine>),
    /// A discount of the whole document; `amount` is positive and reduces the total.
    Discount {
        /// The amount taken off.
        amount: Decimal,
        /// The account it is booked to.
        account: Option<ListRef>,
    },
    /// Text alone.
    Description(String),
}

/// A line with an item. `unit_price` x `quantity`, rounded half-up, always equals `amount` (quickbooks-online.md 3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLine {
    /// What the line is for.
    pub role: LineRole,
    /// The item.
    pub item: ItemRef,
    /// Description, at most 4000 characters.
    pub description: Option<String>,
    /// Quantity; absent on lines that are an amount only.
    pub quantity: Option<Decimal>,
    /// Unit price, at most 7 decimals; absent on lines that are an amount only.
    pub unit_price: Option<Decimal>,
    /// Amount as sent, in the basis of the tax form.
    pub amount: Decimal,
    /// Tax code; required on every line outside the US.
    pub tax_code: Option<ListRef>,
    /// The amount with tax, where the form sends it.
    pub tax_inclusive_amount: Option<Decimal>,
    /// Class of the line.
    pub class: Option<ListRef>,
}

/// What a line is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineRole {
    /// A row of the order, by its RowId.
    Row(crate::ids::RowId),
    /// Postage.
    Shipping,
    /// Discount as a line of its own.
    Discount,
    /// Tax as a line of its own.
    Tax,
    /// The difference of pennies, capped.
    Rounding,
}

/// How the tax is asked for (quickbooks-online.md 3.19). Which forms QuickBooks honours is partly unverified, so each is a
/// setting, and the total that comes back is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentTax {
    /// The form.
    pub form: TaxForm,
    /// The tax of the order, whole pennies.
    pub total_tax: Decimal,
    /// Per rate: what the order has. Sent only by the forms with an override.
    pub lines: Vec<TaxLine>,
}

/// The form in which tax is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxForm {
    /// Outside the US: TaxExcluded, net amounts; QuickBooks computes the tax per rate over the summed net.
    Excluded,
    /// Outside the US: TaxExcluded with TxnTaxDetail.TaxLine carrying the order's own tax per rate.
    ExcludedWithOverride,
    /// Outside the US: TaxInclusive, net amounts with TaxInclusiveAmt.
    Inclusive,
    /// Outside the US: TaxInclusive, net amounts with TaxInclusiveAmt, and the order's own tax per rate.
    InclusiveWithOverride,
    /// Outside the US: TaxInclusive with the gross as Amount and no TaxInclusiveAmt.
    InclusiveGross,
    /// Outside the US: NotApplicable; no tax at all on the document.
    NotApplicable,
    /// US: lines TAX or NON, TxnTaxDetail.TotalTax with the order's own tax.
    UnitedStatesTotalTax,
    /// US: lines NON, tax as a line of its own (or no tax at all).
    UnitedStatesTaxLine,
}

impl TaxForm {
    /// The name in settings, states and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::ExcludedWithOverride => "excluded_with_override",
            Self::Inclusive => "inclusive",
            Self::InclusiveWithOverride => "inclusive_with_override",
            Self::InclusiveGross => "inclusive_gross",
            Self::NotApplicable => "not_applicable",
            Self::UnitedStatesTotalTax => "united_states_total_tax",
            Self::UnitedStatesTaxLine => "united_states_tax_line",
        }
    }
}

/// The tax of one rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLine {
    /// The rate's id.
    pub rate_id: ListId,
    /// Percent.
    pub percent: Decimal,
    /// Net amount the tax is on.
    pub net: Decimal,
    /// Tax.
    pub tax: Decimal,
}
