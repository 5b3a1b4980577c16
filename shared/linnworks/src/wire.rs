//! The JSON of Linnworks, field by field (linnworks.md 1.2, 4.1 to 4.3).
//!
//! In: JSON text. Out: fields that are absent, readable or wrong, each remembered under its own name, so that one wrong field
//! neither hides its neighbours nor needs the value to be described. Numbers are taken from their text. Does not judge; see
//! [`crate::convert`].

use serde::{Deserialize, Serialize};

use crate::field::is_deeper_than;
pub use crate::field::{Field, Number};

/// Orders hold lines that hold lines; nothing of Linnworks is nested deeper in JSON.
const DEPTH_MAX: usize = 64;

/// Reads an order; `None` for what is no object.
pub fn parse_order(json: &str) -> Option<OrderWire> {
    // A list would be taken for the members in their order.
    if !json.starts_with('{') || is_deeper_than(json, DEPTH_MAX) {
        return None;
    }
    serde_json::from_str(json).ok()
}

/// The answer of Auth/AuthorizeByApplication, only what is used (linnworks.md 1.2). It holds secrets: no Debug.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct AuthorizationWire {
    /// The session token.
    pub token: Field<String>,
    /// Stands in for `Token` where that is missing.
    pub access_token: Field<String>,
    /// Base URL of the data calls.
    pub server: Field<String>,
    /// Seconds.
    #[serde(rename = "TTL")]
    pub ttl: Field<i64>,
    /// Whether the account can be used.
    pub status: Field<StatusWire>,
}

/// StatusDetails of the authorization.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct StatusWire {
    /// AVAILABLE, LOCKED_BASIC, LOCKED_FULL or MAINTENANCE.
    pub state: Field<String>,
}

/// `{"request": ...}` around the parameters of some methods (linnworks.md 3.1).
#[derive(Serialize)]
pub struct RequestWire<T> {
    /// The parameters.
    pub request: T,
}

/// SearchProcessedOrdersRequest (linnworks.md 4.1).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SearchWire<'a> {
    /// Text that an order must contain; empty for all.
    pub search_term: &'a str,
    /// `processed`.
    pub date_field: &'static str,
    /// First instant.
    pub from_date: String,
    /// Last instant.
    pub to_date: String,
    /// From 1.
    pub page_number: u64,
    /// Rows wanted on a page.
    pub results_per_page: u64,
    /// The order of the rows.
    pub search_sorting: SortingWire,
}

/// SearchSorting.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SortingWire {
    /// The column.
    pub sort_field: &'static str,
    /// ASC or DESC.
    pub sort_direction: &'static str,
}

/// The answer of ProcessedOrders/SearchProcessedOrders.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct SearchAnswerWire {
    /// The page.
    pub processed_orders: Field<PageWire<HeaderWire>>,
}

/// A page of any search (linnworks.md 3.4).
#[derive(Deserialize)]
#[serde(default, rename_all = "PascalCase", bound = "T: Deserialize<'de>")]
pub struct PageWire<T> {
    /// From 1.
    pub page_number: Field<u64>,
    /// The page size that the server used.
    pub entries_per_page: Field<u64>,
    /// Rows on all pages.
    pub total_entries: Field<u64>,
    /// Rows that a filter of the view took away (open orders).
    pub result_count_removed_by_post_filter: Field<u64>,
    /// The rows.
    pub data: Field<Vec<Field<T>>>,
}

impl<T> Default for PageWire<T> {
    fn default() -> Self {
        Self {
            page_number: Field::Absent,
            entries_per_page: Field::Absent,
            total_entries: Field::Absent,
            result_count_removed_by_post_filter: Field::Absent,
            data: Field::Absent,
        }
    }
}

/// ProcessedOrderWeb, only what a header needs (linnworks.md 4.1).
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default)]
pub struct HeaderWire {
    /// The key.
    #[serde(rename = "pkOrderID")]
    pub id: Field<String>,
    /// The number.
    #[serde(rename = "nOrderId")]
    pub number: Field<i64>,
    /// Processed.
    #[serde(rename = "dProcessedOn")]
    pub processed_on: Field<String>,
    /// Cancelled.
    #[serde(rename = "dCancelledOn")]
    pub cancelled_on: Field<String>,
    /// Postage with tax.
    #[serde(rename = "fPostageCost")]
    pub postage_cost: Field<Number>,
    /// Total.
    #[serde(rename = "fTotalCharge")]
    pub total_charge: Field<Number>,
    /// Items without tax.
    #[serde(rename = "Subtotal")]
    pub subtotal: Field<Number>,
    /// Tax.
    #[serde(rename = "fTax")]
    pub tax: Field<Number>,
    /// Discount.
    #[serde(rename = "TotalDiscount")]
    pub total_discount: Field<Number>,
    /// Payment status.
    #[serde(rename = "nStatus")]
    pub status: Field<i64>,
    /// Currency code.
    #[serde(rename = "cCurrency")]
    pub currency: Field<String>,
    /// Channel's order number.
    #[serde(rename = "ReferenceNum")]
    pub reference: Field<String>,
    /// Second reference.
    #[serde(rename = "SecondaryReference")]
    pub secondary_reference: Field<String>,
    /// Third reference.
    #[serde(rename = "ExternalReference")]
    pub external_reference: Field<String>,
    /// Cancelled, on a processed row.
    #[serde(rename = "HoldOrCancel")]
    pub hold_or_cancel: Field<bool>,
    /// A resend.
    #[serde(rename = "IsResend")]
    pub is_resend: Field<bool>,
    /// An exchange.
    #[serde(rename = "IsExchange")]
    pub is_exchange: Field<bool>,
}

/// Orders/GetOrdersById.
#[derive(Serialize)]
pub struct OrdersByIdWire {
    /// The keys, lower case.
    #[serde(rename = "pkOrderIds")]
    pub ids: Vec<String>,
}

/// OpenOrders/GetOpenOrderIds, sent unwrapped (linnworks.md 3.1).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OpenOrderIdsWire {
    /// The view.
    pub view_id: i64,
    /// The location.
    pub location_id: String,
    /// Ids wanted on a page.
    pub entries_per_page: u64,
    /// From 1.
    pub page_number: u64,
}

/// StockLocation, only what is used (linnworks.md 4.10).
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct LocationWire {
    /// The key; zero for Default.
    pub stock_location_id: Field<String>,
    /// The name.
    pub location_name: Field<String>,
}

/// OrderDetails (linnworks.md 4.3).
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct OrderWire {
    /// The key.
    pub order_id: Field<String>,
    /// The number.
    pub num_order_id: Field<i64>,
    /// Processed.
    pub processed: Field<bool>,
    /// When.
    pub processed_date_time: Field<String>,
    /// The location.
    pub fulfilment_location_id: Field<String>,
    /// Paid.
    pub paid_date_time: Field<String>,
    /// The buyer's tax number.
    pub tax_id: Field<String>,
    /// Folders.
    pub folder_name: Field<Vec<Field<String>>>,
    /// Notes.
    pub notes: Field<Vec<NoteWire>>,
    /// Extended properties.
    pub extended_properties: Field<Vec<PropertyWire>>,
    /// References, channel and states.
    pub general_info: Field<GeneralInfoWire>,
    /// Courier and postage.
    pub shipping_info: Field<ShippingInfoWire>,
    /// The buyer.
    pub customer_info: Field<CustomerInfoWire>,
    /// Totals.
    pub totals_info: Field<TotalsInfoWire>,
    /// Rows.
    pub items: Field<Vec<Field<ItemWire>>>,
}

/// OrderNote.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct NoteWire {
    /// When.
    pub note_date: Field<String>,
    /// Not for the buyer.
    pub internal: Field<bool>,
    /// The text.
    pub note: Field<String>,
    /// By whom.
    pub created_by: Field<String>,
}

/// ExtendedProperty.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct PropertyWire {
    /// Name.
    pub name: Field<String>,
    /// Value.
    pub value: Field<String>,
    /// Type.
    #[serde(rename = "Type")]
    pub kind: Field<String>,
}

/// GeneralInfo.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct GeneralInfoWire {
    /// 0 to 4.
    pub status: Field<i64>,
    /// Identifiers.
    pub identifiers: Field<Vec<IdentifierWire>>,
    /// Channel's order number.
    pub reference_num: Field<String>,
    /// Second reference.
    pub secondary_reference: Field<String>,
    /// Third reference.
    pub external_reference_num: Field<String>,
    /// Placed on the channel.
    pub received_date: Field<String>,
    /// Channel.
    pub source: Field<String>,
    /// Account on the channel.
    pub sub_source: Field<String>,
    /// Site of the channel.
    pub site_code: Field<String>,
    /// On hold, or cancelled once processed.
    pub hold_or_cancel: Field<bool>,
    /// To be despatched by.
    pub despatch_by_date: Field<String>,
}

/// Identifier.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct IdentifierWire {
    /// Name, where there is no tag.
    pub name: Field<String>,
    /// Tag, such as Prime.
    pub tag: Field<String>,
}

/// ShippingInfo.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct ShippingInfoWire {
    /// Courier.
    pub vendor: Field<String>,
    /// Service.
    pub postal_service_name: Field<String>,
    /// Weight.
    pub total_weight: Field<Number>,
    /// Package.
    pub package_type: Field<String>,
    /// Postage with tax.
    pub postage_cost: Field<Number>,
    /// Postage without tax.
    pub postage_cost_ex_tax: Field<Number>,
    /// Tracking number.
    pub tracking_number: Field<String>,
}

/// CustomerInfo.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct CustomerInfoWire {
    /// Name on the channel.
    pub channel_buyer_name: Field<String>,
    /// Delivery.
    pub address: Field<AddressWire>,
    /// Billing; often null.
    pub billing_address: Field<AddressWire>,
}

/// CustomerAddress.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct AddressWire {
    /// E-mail.
    pub email_address: Field<String>,
    /// First line.
    pub address1: Field<String>,
    /// Second line.
    pub address2: Field<String>,
    /// Third line.
    pub address3: Field<String>,
    /// Town.
    pub town: Field<String>,
    /// Region.
    pub region: Field<String>,
    /// Postal code.
    pub post_code: Field<String>,
    /// Country by name.
    pub country: Field<String>,
    /// Name.
    pub full_name: Field<String>,
    /// Company.
    pub company: Field<String>,
    /// Telephone.
    pub phone_number: Field<String>,
}

/// TotalsInfo.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct TotalsInfoWire {
    /// Items without tax.
    pub subtotal: Field<Number>,
    /// Postage with tax.
    pub postage_cost: Field<Number>,
    /// Postage without tax.
    pub postage_cost_ex_tax: Field<Number>,
    /// Tax.
    pub tax: Field<Number>,
    /// What the buyer pays.
    pub total_charge: Field<Number>,
    /// Payment method.
    pub payment_method: Field<String>,
    /// Discount.
    pub total_discount: Field<Number>,
    /// Currency code.
    pub currency: Field<String>,
    /// Percent.
    pub country_tax_rate: Field<Number>,
    /// To the system currency.
    pub conversion_rate: Field<Number>,
}

/// OrderItem.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct ItemWire {
    /// The key of the line.
    pub row_id: Field<String>,
    /// SKU.
    #[serde(rename = "SKU")]
    pub sku: Field<String>,
    /// SKU on the channel.
    #[serde(rename = "ChannelSKU")]
    pub channel_sku: Field<String>,
    /// Item number on the channel.
    pub item_number: Field<String>,
    /// Title.
    pub title: Field<String>,
    /// Title on the channel.
    pub channel_title: Field<String>,
    /// Barcode.
    pub barcode_number: Field<String>,
    /// Category.
    pub category_name: Field<String>,
    /// How many.
    pub quantity: Field<Number>,
    /// Unit price.
    pub price_per_unit: Field<Number>,
    /// Purchase cost.
    pub unit_cost: Field<Number>,
    /// Percent.
    pub discount: Field<Number>,
    /// Amount.
    pub discount_value: Field<Number>,
    /// Percent.
    pub tax_rate: Field<Number>,
    /// Line total without tax.
    pub cost: Field<Number>,
    /// Line total with tax.
    pub cost_inc_tax: Field<Number>,
    /// Tax.
    pub sales_tax: Field<Number>,
    /// Tax is in the price.
    pub tax_cost_inclusive: Field<bool>,
    /// No stock.
    pub is_service: Field<bool>,
    /// No stock item.
    pub is_unlinked: Field<bool>,
    /// Bin and rack.
    pub bin_rack: Field<String>,
    /// Options.
    pub additional_info: Field<Vec<OptionWire>>,
    /// Components.
    pub composite_sub_items: Field<Vec<Field<ItemWire>>>,
}

/// AdditionalInfo of a line.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub struct OptionWire {
    /// Name.
    pub property: Field<String>,
    /// Value.
    pub value: Field<String>,
}
