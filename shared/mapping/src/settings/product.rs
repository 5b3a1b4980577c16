//! Settings of the lines: products, postage, discounts.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::value;

/// `[product]`: which item a line gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Product {
    /// What the SKU is compared with (behaviours.md 4.6).
    pub match_by: MatchBy,
    /// Which field of the line is the SKU: the first that is not blank.
    pub sku_from: Vec<SkuFrom>,
    /// What happens to a SKU without item.
    pub missing: MissingProduct,
    /// Item of lines that have no SKU at all or are not linked to a stock item.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub unlinked_item: Option<String>,
    /// Item of service lines; absent means they are treated as products.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub service_item: Option<String>,
    /// Income account of items to create.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub income_account: Option<String>,
    /// Expense account (cost of goods sold) of items to create.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub expense_account: Option<String>,
    /// Inventory asset account of items to create.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub asset_account: Option<String>,
    /// First day of inventory items to create; sales before it are refused (quickbooks-online.md 3.11).
    #[serde(deserialize_with = "value::date", skip_serializing_if = "Option::is_none")]
    pub inventory_start_date: Option<Date>,
    /// What happens to lines without value.
    pub zero_value_lines: ZeroValueLines,
    /// Decimals of unit prices, at most 7 (quickbooks-online.md 3.4).
    #[serde(deserialize_with = "value::whole::<_, 2, 7>")]
    pub unit_price_decimals_max: u64,
    /// Item by SKU, before any other match.
    pub map: Vec<ProductMap>,
}

impl Default for Product {
    fn default() -> Self {
        Self {
            match_by: MatchBy::SkuElseItemName,
            sku_from: vec![SkuFrom::Sku, SkuFrom::ChannelSku, SkuFrom::ItemNumber],
            missing: MissingProduct::Hold,
            unlinked_item: None,
            service_item: None,
            income_account: None,
            expense_account: None,
            asset_account: None,
            inventory_start_date: None,
            zero_value_lines: ZeroValueLines::Keep,
            unit_price_decimals_max: 7,
            map: Vec::new(),
        }
    }
}

/// `[[product.map]]`: the item of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductMap {
    /// SKU; upper and lower case are the same.
    pub sku: String,
    /// Item by full name (`Parent:Child`) or by its own name.
    pub item: String,
}

/// What the SKU is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchBy {
    /// The SKU field; the name where no item has that SKU.
    SkuElseItemName,
    /// The SKU field.
    Sku,
    /// The item's name: its full name, else its own name under any one parent.
    ItemName,
    /// The full name, `Parent:Child`.
    FullName,
}

/// A field of the line that can be the SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkuFrom {
    /// SKU.
    Sku,
    /// ChannelSKU.
    ChannelSku,
    /// ItemNumber.
    ItemNumber,
}

/// What happens to a SKU without item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingProduct {
    /// The order is held.
    Hold,
    /// A non-inventory item is created.
    CreateNonInventory,
    /// A service item is created.
    CreateService,
    /// An inventory item with quantity 0 is created.
    CreateInventory,
}

/// What happens to lines without value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroValueLines {
    /// They stay, when they have an item.
    Keep,
    /// They are left out.
    Drop,
}

/// `[shipping]`: the line of the postage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shipping {
    /// Item by name, or `built_in` for QuickBooks' own shipping line (quickbooks-online.md 3.5).
    pub item: String,
    /// US: postage is taxable.
    pub taxable: bool,
}

impl Shipping {
    /// The word for QuickBooks' own shipping line.
    pub const BUILT_IN: &'static str = "built_in";
}

impl Default for Shipping {
    fn default() -> Self {
        Self {
            item: Self::BUILT_IN.to_owned(),
            taxable: false,
        }
    }
}

/// `[discount]`: how discounts are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Discount {
    /// Inside the lines or as a line of its own.
    pub mode: DiscountMode,
    /// Item of the discount line.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub item: Option<String>,
    /// Account of QuickBooks' discount line, which is used when no item is set. Not for documents with VAT.
    #[serde(
        deserialize_with = "value::text::<_, 500>",
        skip_serializing_if = "Option::is_none"
    )]
    pub account: Option<String>,
}

/// How discounts are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscountMode {
    /// Lines carry what was paid; Cost and CostIncTax are after discount (linnworks.md 4.4).
    #[default]
    AlreadyInside,
    /// Lines carry the price before discount, and one line per tax rate takes the discount off.
    OwnLine,
}
