//! The words of linnbooks: money, identities, orders, accounting documents and the states they pass through.
//!
//! ```text
//! Order                      what Linnworks holds: references, addresses, totals, lines
//!   OrderLine                one row, with its composite children
//! AccountingDocument         what QuickBooks shall hold: a SalesReceipt, an Invoice, an Invoice with its Payment
//!   DocumentLine             item, shipping, discount, tax or rounding line
//!   DocumentTax              how the tax is asked for
//! DocumentState              Fetched > Ready > Posting > Posted, or Unknown, Skipped, Held, Conflict
//!   Reason                   cause and remedy in plain words, with the raw fault of QuickBooks
//! Lists                      the company's customers, items, accounts, tax codes ...
//! ```
//!
//! Does no I/O, reads no clock, draws no random number, and has no binary floating point number.

pub mod company;
pub mod document;
pub mod explain;
pub mod ids;
pub mod lists;
pub mod money;
pub mod order;
pub mod reason;
pub mod state;

pub use company::{Company, Preferences};
pub use document::{
    AccountingDocument, CustomerRef, DocumentKind, DocumentLine, DocumentTax, ExchangeRate, ItemLine,
    ItemRef, LineRole, NewCustomer, NewItem, NewItemKind, PaymentPlan, PostalAddress, TaxForm, TaxLine,
    TransactionKind,
};
pub use explain::{
    Explanation, FactTrace, FieldTrace, FiredRule, KeptValue, NearMiss, RuleChange, RuleTrace,
};
pub use ids::{
    DocNumber, DocumentKey, ListId, ListRef, Marker, OrderId, OrderNumber, RealmId, RequestId, RowId, Sku,
    SourceKind, SyncToken, TransactionId,
};
pub use lists::Lists;
pub use money::{Currency, Money, MoneyError};
pub use order::{Order, OrderLine};
pub use reason::{RawFault, Reason, ReasonCode};
pub use state::{DocumentState, PostedTransaction, Ready, StateName};
