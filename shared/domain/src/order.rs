//! A Linnworks order with every field that a rule or a document can use (linnworks.md 4.3).
//!
//! In: what the connector parsed. Out: plain data. Does not judge the sums; mapping does.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{OrderId, OrderNumber, RowId, Sku};
use crate::money::{Currency, Money};

/// An order, open or processed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// pkOrderID.
    pub id: OrderId,
    /// NumOrderId.
    pub number: OrderNumber,
    /// True when despatched.
    pub processed: bool,
    /// Sale, resend or exchange.
    pub kind: OrderKind,
    /// HoldOrCancel: on hold while open, cancelled once processed.
    pub hold_or_cancel: bool,
    /// GeneralInfo.Status.
    pub status: PaymentStatus,
    /// The three references.
    pub references: References,
    /// Channel, account and site.
    pub channel: Channel,
    /// The instants of its life.
    pub dates: OrderDates,
    /// FulfilmentLocationId; the nil guid is the Default location.
    pub location_id: Uuid,
    /// The location's name, when known.
    pub location_name: Option<String>,
    /// The buyer's tax number.
    pub tax_id: Option<String>,
    /// Folder names.
    pub folders: Vec<String>,
    /// Identifier tags, such as Prime.
    pub identifiers: Vec<String>,
    /// Notes.
    pub notes: Vec<Note>,
    /// Extended properties, in the order Linnworks gives them.
    pub extended_properties: Vec<ExtendedProperty>,
    /// Courier and postage.
    pub shipping: Shipping,
    /// The buyer's name on the channel.
    pub channel_buyer_name: Option<String>,
    /// Delivery address.
    pub shipping_address: Address,
    /// Billing address; Linnworks may leave it out, then the delivery address stands for it.
    pub billing_address: Option<Address>,
    /// Totals of the header.
    pub totals: Totals,
    /// Top-level rows.
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// True for a processed order that was cancelled afterwards.
    pub fn is_cancelled(&self) -> bool {
        self.processed && self.hold_or_cancel
    }

    /// What the buyer pays.
    pub fn total_charge(&self) -> Money {
        Money::new(self.totals.total_charge, self.totals.currency)
    }

    /// The billing address, or the delivery address where there is none.
    pub fn bill_to(&self) -> &Address {
        self.billing_address.as_ref().unwrap_or(&self.shipping_address)
    }
}

/// Whether an order is a sale (linnworks.md 4.1: IsResend, IsExchange; status 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// A sale.
    Sale,
    /// Goods sent again; no revenue.
    Resend,
    /// Goods sent in exchange; no revenue of its own.
    Exchange,
}

/// GeneralInfo.Status (linnworks.md 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// 0
    Unpaid,
    /// 1
    Paid,
    /// 2
    Return,
    /// 3
    Pending,
    /// 4
    Resend,
}

impl PaymentStatus {
    /// The word shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
            Self::Return => "return",
            Self::Pending => "pending",
            Self::Resend => "resend",
        }
    }
}

/// The references of an order; none of them is unique.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct References {
    /// ReferenceNum, set by the channel.
    pub reference: Option<String>,
    /// SecondaryReference.
    pub secondary: Option<String>,
    /// ExternalReferenceNum.
    pub external: Option<String>,
}

/// Where the order came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Source, such as AMAZON.
    pub source: String,
    /// SubSource: the account on the channel; may be empty.
    pub sub_source: String,
    /// SiteCode, such as "Amazon UK".
    pub site_code: Option<String>,
}

/// The instants of an order, in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDates {
    /// Placed on the channel.
    pub received: Option<Timestamp>,
    /// Processed (despatched).
    pub processed: Option<Timestamp>,
    /// Marked paid.
    pub paid: Option<Timestamp>,
    /// To be despatched by.
    pub despatch_by: Option<Timestamp>,
    /// Cancelled.
    pub cancelled: Option<Timestamp>,
}

/// A note on an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The text.
    pub text: String,
    /// Not for the buyer.
    pub internal: bool,
    /// When.
    pub at: Option<Timestamp>,
    /// By whom.
    pub by: Option<String>,
}

/// A name and value that a channel or a person attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedProperty {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
    /// Type.
    pub kind: Option<String>,
}

/// Courier and postage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipping {
    /// Courier.
    pub vendor: Option<String>,
    /// Postal service.
    pub service: Option<String>,
    /// Tracking number.
    pub tracking_number: Option<String>,
    /// Weight of the parcel, in the account's unit.
    pub total_weight: Option<Decimal>,
    /// Package type.
    pub package_type: Option<String>,
}

/// A postal address with the person at it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Full name.
    pub full_name: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// First line.
    pub line_1: Option<String>,
    /// Second line.
    pub line_2: Option<String>,
    /// Third line.
    pub line_3: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// Region, county or state.
    pub region: Option<String>,
    /// Postal code, as text.
    pub postal_code: Option<String>,
    /// Country by name, as Linnworks has it.
    pub country: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

/// Totals of the header (linnworks.md 4.4). All amounts are in `currency` and may have more decimals than it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Currency of every amount in the order.
    pub currency: Currency,
    /// Items without tax, after discount.
    pub subtotal: Decimal,
    /// Postage with tax.
    pub postage_cost: Decimal,
    /// Postage without tax.
    pub postage_cost_ex_tax: Decimal,
    /// Tax.
    pub tax: Decimal,
    /// What the buyer pays.
    pub total_charge: Decimal,
    /// Discount applied.
    pub total_discount: Decimal,
    /// Rate of the destination country, percent.
    pub country_tax_rate: Option<Decimal>,
    /// Order currency to system currency, as set at save.
    pub conversion_rate: Option<Decimal>,
    /// Payment method by name.
    pub payment_method: Option<String>,
}

/// One row of an order (linnworks.md 4.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// RowId: the key of the line.
    pub row_id: RowId,
    /// Linnworks SKU; absent on unlinked and service rows.
    pub sku: Option<Sku>,
    /// SKU on the channel.
    pub channel_sku: Option<String>,
    /// Item number on the channel.
    pub item_number: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Title on the channel.
    pub channel_title: Option<String>,
    /// Barcode.
    pub barcode: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// How many.
    pub quantity: Decimal,
    /// Unit price before discount; for display only, its basis is uncertain (linnworks.md 4.4).
    pub price_per_unit: Decimal,
    /// Purchase cost.
    pub unit_cost: Option<Decimal>,
    /// Discount in percent.
    pub discount_percent: Decimal,
    /// Discount of the whole line, computed by Linnworks.
    pub discount_value: Decimal,
    /// Tax rate in percent.
    pub tax_rate: Decimal,
    /// Line total without tax, after discount.
    pub cost: Decimal,
    /// Line total with tax, after discount.
    pub cost_inc_tax: Decimal,
    /// SalesTax as Linnworks gives it.
    pub sales_tax: Option<Decimal>,
    /// Tax is included in the price.
    pub tax_cost_inclusive: bool,
    /// No stock behind it.
    pub is_service: bool,
    /// Not linked to a stock item.
    pub is_unlinked: bool,
    /// Bin and rack.
    pub bin_rack: Option<String>,
    /// Options such as size, as name and value.
    pub options: Vec<(String, String)>,
    /// Components of a composite item; their money is on the parent.
    pub children: Vec<OrderLine>,
}
