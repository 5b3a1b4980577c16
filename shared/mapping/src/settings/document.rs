//! Settings of the document itself: type, number, date, memo; and which orders become one.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::value::{self, ZoneName};

/// `[start]`: from when on orders are posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// Nothing dated before it is posted (behaviours.md 1, line 6).
    #[serde(deserialize_with = "value::date", skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Date>,
}

/// `[orders]`: which orders are posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Orders {
    /// Which orders are read and posted (behaviours.md 4.3).
    pub status: OrderStatusWanted,
    /// What happens to orders without any value.
    pub zero_value_orders: ZeroValueOrders,
}

/// Which orders are read and posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatusWanted {
    /// Processed orders only.
    #[default]
    Processed,
    /// Open orders only.
    Open,
    /// Open and processed orders.
    Both,
}

/// What happens to orders whose total and lines are all zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroValueOrders {
    /// They are skipped.
    #[default]
    Skip,
    /// They are posted like any other.
    Post,
}

/// `[document]`: type, number, date and memo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Document {
    /// The transaction an order becomes.
    #[serde(rename = "type")]
    pub kind: DocumentType,
    /// The transaction an order becomes that is not paid; absent means the same as `type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_when_unpaid: Option<DocumentType>,
    /// Where the document number comes from.
    pub number_from: NumberFrom,
    /// Text before the number; a `[[channel]]` may have its own.
    #[serde(
        deserialize_with = "value::text::<_, 12>",
        skip_serializing_if = "Option::is_none"
    )]
    pub number_prefix: Option<String>,
    /// Text after the number that keeps equal numbers of two channels apart.
    pub number_suffix: NumberSuffix,
    /// What happens while the company numbers by itself (quickbooks-online.md 3.25).
    pub custom_numbers_off: CustomNumbersOff,
    /// Which instant of the order gives the date.
    pub date_from: DateFrom,
    /// Which instants stand in, in this order, when that one is missing.
    pub date_fallback: Vec<DateFrom>,
    /// Time zone of the dates; absent means the company's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<ZoneName>,
    /// Memo that the buyer sees.
    pub customer_memo: CustomerMemo,
    /// Terms of invoices, by name.
    #[serde(
        deserialize_with = "value::text::<_, 31>",
        skip_serializing_if = "Option::is_none"
    )]
    pub terms: Option<String>,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            kind: DocumentType::SalesReceipt,
            type_when_unpaid: None,
            number_from: NumberFrom::OrderNumber,
            number_prefix: None,
            number_suffix: NumberSuffix::None,
            custom_numbers_off: CustomNumbersOff::Refuse,
            date_from: DateFrom::Processed,
            date_fallback: Vec::new(),
            time_zone: None,
            customer_memo: CustomerMemo::None,
            terms: None,
        }
    }
}

/// The transaction an order becomes (behaviours.md 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentType {
    /// A SalesReceipt.
    SalesReceipt,
    /// An Invoice.
    Invoice,
    /// An Invoice, with its Payment when the order is paid.
    InvoiceWithPayment,
}

/// Where the document number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFrom {
    /// NumOrderId.
    OrderNumber,
    /// ReferenceNum.
    Reference,
    /// SecondaryReference.
    Secondary,
    /// ExternalReferenceNum.
    External,
}

/// Text after the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberSuffix {
    /// Nothing.
    None,
    /// The Linnworks order number, which is unique.
    OrderNumber,
    /// A short code of the channel: two letters and two hexadecimal digits.
    Channel,
}

/// What happens while the company numbers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomNumbersOff {
    /// Orders are held.
    Refuse,
    /// Documents are posted without a number.
    PostWithoutNumber,
}

/// An instant of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFrom {
    /// ProcessedDateTime.
    Processed,
    /// Despatch, which Linnworks keeps as ProcessedDateTime.
    Despatched,
    /// ReceivedDate.
    Received,
    /// PaidDateTime.
    Paid,
}

/// Memo that the buyer sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerMemo {
    /// Nothing.
    None,
    /// ReferenceNum.
    Reference,
    /// NumOrderId.
    OrderNumber,
    /// The notes that are not internal.
    Notes,
}
