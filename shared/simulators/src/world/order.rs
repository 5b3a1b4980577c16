//! One order as `Orders/GetOrdersById` returns it (linnworks.md 4.3), every key present, absent values null.
//!
//! In: `OrderFacts`. Out: OrderDetails JSON whose totals follow linnworks.md 4.4. Money is emitted from decimal text.

use std::str::FromStr;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Number, Value, json};

use super::catalogue::Channel;
use super::lines::{Line, exclude_tax};
use super::people::Buyer;
use super::random::Random;

pub(crate) const ZERO_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// Everything decided about an order before it becomes JSON.
pub(crate) struct OrderFacts<'a> {
    pub(crate) id: String,
    pub(crate) number: i32,
    pub(crate) reference: String,
    pub(crate) channel: &'a Channel,
    pub(crate) buyer: Buyer,
    pub(crate) lines: Vec<Line>,
    /// Postage including tax.
    pub(crate) postage: Decimal,
    /// `GeneralInfo.Status` (linnworks.md 5).
    pub(crate) status: i32,
    pub(crate) cancelled: bool,
    pub(crate) folder: Option<&'static str>,
    pub(crate) received: Timestamp,
    pub(crate) paid: Option<Timestamp>,
    pub(crate) processed: Timestamp,
    /// Decimals kept in amounts without tax.
    pub(crate) decimals: u32,
}

/// The totals of an order (linnworks.md 4.4).
pub(crate) struct Totals {
    pub(crate) subtotal: Decimal,
    pub(crate) postage_excluding_tax: Decimal,
    pub(crate) tax: Decimal,
    pub(crate) total_charge: Decimal,
    pub(crate) discount: Decimal,
}

/// A JSON number with exactly this decimal text, always with a fraction, as .NET writes a Double.
pub(crate) fn number(amount: Decimal) -> Value {
    let text = amount.normalize().to_string();
    let text = if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    };
    Number::from_str(&text).map_or(Value::Null, Value::Number)
}

/// The GUID of the stock item with this SKU, the same in every world.
pub(crate) fn stock_item_id(sku: &str) -> String {
    let hash = sku.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    Random::new(hash, 1).guid()
}

impl OrderFacts<'_> {
    /// The totals that follow from the lines and the postage.
    pub(crate) fn totals(&self) -> Totals {
        let rate = self.channel.tax_rate;
        let postage_excluding_tax = exclude_tax(self.postage, rate, self.decimals);
        let including: Decimal = self.lines.iter().map(Line::cost_including_tax).sum();
        let subtotal: Decimal = self.lines.iter().map(|line| line.cost(self.decimals)).sum();
        Totals {
            subtotal,
            postage_excluding_tax,
            tax: including - subtotal + self.postage - postage_excluding_tax,
            total_charge: including + self.postage,
            discount: self.lines.iter().map(Line::discount_value).sum(),
        }
    }

    /// OrderDetails; draws row ids, properties and notes from the order's stream.
    pub(crate) fn to_json(&self, random: &mut Random) -> Value {
        let items: Vec<Value> = self.lines.iter().map(|line| self.item(line, random)).collect();
        let notes = self.notes(random);
        let shipping = self.shipping_info(random);
        json!({
            "OrderId": self.id,
            "NumOrderId": self.number,
            "Processed": true,
            "ProcessedDateTime": self.processed.to_string(),
            "FulfilmentLocationId": ZERO_GUID,
            "GeneralInfo": self.general_info(notes.len(), random),
            "ShippingInfo": shipping,
            "CustomerInfo": self.buyer.customer_info,
            "TotalsInfo": self.totals_info(),
            "ExtendedProperties": extended_properties(random),
            "FolderName": self.folder.into_iter().collect::<Vec<_>>(),
            "Items": items,
            "Notes": notes,
            "PaidDateTime": self.paid.map(|paid| paid.to_string()),
            "TaxId": self.buyer.tax_id,
        })
    }

    fn general_info(&self, notes: usize, random: &mut Random) -> Value {
        let second = match self.channel.source {
            "EBAY" => json!(self.reference),
            "AMAZON" => json!(format!("A{}", random.digits(13))),
            _ => Value::Null,
        };
        let external = if self.channel.source == "EBAY" {
            json!(format!("25{}", random.digits(11)))
        } else {
            Value::Null
        };
        let site = if self.channel.site_code.is_empty() {
            Value::Null
        } else {
            json!(self.channel.site_code)
        };
        json!({
            "Status": self.status,
            "LabelPrinted": true,
            "LabelError": "",
            "InvoicePrinted": true,
            "InvoicePrintError": null,
            "PickListPrinted": false,
            "PickListPrintError": null,
            "IsRuleRun": true,
            "Notes": notes,
            "PartShipped": false,
            "Marker": 0,
            "IsParked": false,
            "Identifiers": if random.happens(500) { json!([]) } else { Value::Null },
            "ReferenceNum": self.reference,
            "SecondaryReference": second,
            "ExternalReferenceNum": external,
            "ReceivedDate": self.received.to_string(),
            "Source": self.channel.source,
            "SubSource": self.channel.sub_source,
            "SiteCode": site,
            "HoldOrCancel": self.cancelled,
            "DespatchByDate": "0001-01-01T00:00:00Z",
            "ScheduledDelivery": null,
            "HasScheduledDelivery": false,
            "Location": ZERO_GUID,
            "NumItems": self.lines.len(),
            "PickwaveIds": null,
            "StockAllocationType": null,
        })
    }

    fn shipping_info(&self, random: &mut Random) -> Value {
        json!({
            "Vendor": "Royal Mail",
            "PostalServiceId": "f6ee9abf-2cc0-47e4-bcbe-93c90cdeb288",
            "PostalServiceName": "Royal Mail Tracked 48",
            "TotalWeight": 0.5,
            "ItemWeight": 0.5,
            "PackageCategoryId": ZERO_GUID,
            "PackageCategory": "Default",
            "PackageTypeId": ZERO_GUID,
            "PackageType": "Default",
            "PostageCost": number(self.postage),
            "PostageCostExTax": number(self.totals().postage_excluding_tax),
            "TrackingNumber": format!("JH{}GB", random.digits(9)),
            "ManualAdjust": false,
        })
    }

    fn totals_info(&self) -> Value {
        let totals = self.totals();
        json!({
            "Subtotal": number(totals.subtotal),
            "PostageCost": number(self.postage),
            "PostageCostExTax": number(totals.postage_excluding_tax),
            "Tax": number(totals.tax),
            "TotalCharge": number(totals.total_charge),
            "PaymentMethod": self.channel.payment_method,
            "PaymentMethodId": stock_item_id(self.channel.payment_method),
            "ProfitMargin": number(Decimal::ZERO),
            "TotalDiscount": number(totals.discount),
            "Currency": self.channel.currency,
            "CountryTaxRate": number(self.channel.tax_rate),
            "ConversionRate": number(self.channel.conversion_rate),
        })
    }

    fn item(&self, line: &Line, random: &mut Random) -> Value {
        let children: Vec<Value> = line
            .children
            .iter()
            .map(|child| self.item(child, random))
            .collect();
        let linked = !line.is_unlinked && !line.is_service;
        let stock_item = if linked {
            stock_item_id(&line.item_number)
        } else {
            ZERO_GUID.to_owned()
        };
        let mut item = json!({
            "RowId": random.guid(),
            "OrderId": self.id,
            "ItemId": stock_item,
            "StockItemId": stock_item,
            "StockItemIntId": 0,
            "ItemNumber": line.item_number,
            "SKU": line.sku,
            "ItemSource": self.channel.source,
            "Title": line.title,
            "Quantity": line.quantity,
            "CategoryName": "Default",
            "ChannelSKU": line.channel_sku,
            "ChannelTitle": line.title,
            "IsService": line.is_service,
            "IsUnlinked": line.is_unlinked,
            "CompositeSubItems": children,
            "AddedDate": self.received.to_string(),
        });
        let parts = [money_members(line, self.decimals), stock_members(line)];
        if let Some(members) = item.as_object_mut() {
            for part in parts {
                members.extend(part.as_object().cloned().unwrap_or_default());
            }
        }
        item
    }

    fn notes(&self, random: &mut Random) -> Vec<Value> {
        let mut notes = Vec::new();
        if random.happens(150) {
            let text = random.pick_text(&[
                "Gift wrap, please",
                "Leave with neighbour \u{2013} no. 7",
                "VIP <b>& friend</b>",
            ]);
            notes.push(json!({
                "OrderNoteId": random.guid(),
                "OrderId": self.id,
                "NoteDate": self.received.to_string(),
                "Internal": true,
                "Note": text,
                "CreatedBy": "seller@example.com",
                "NoteTypeId": null,
            }));
        }
        notes
    }
}

fn money_members(line: &Line, decimals: u32) -> Value {
    let cost = line.cost(decimals);
    let tax = line.cost_including_tax() - cost;
    let unit_cost = (line.price * Decimal::new(35, 2)).round_dp(2);
    json!({
        "PricePerUnit": number(line.price),
        "UnitCost": number(unit_cost),
        "DespatchStockUnitCost": number(unit_cost),
        "Discount": number(line.discount),
        "DiscountValue": number(line.discount_value()),
        "Tax": number(tax),
        "SalesTax": number(tax),
        "TaxRate": number(line.rate),
        "Cost": number(cost),
        "CostIncTax": number(line.cost_including_tax()),
        "TaxCostInclusive": true,
        "ShippingCost": number(Decimal::ZERO),
    })
}

fn stock_members(line: &Line) -> Value {
    json!({
        "CompositeAvailablity": null,
        "StockLevelsSpecified": true,
        "OnOrder": 0,
        "OnPurchaseOrder": null,
        "InOrderBook": null,
        "Level": 25,
        "MinimumLevel": null,
        "AvailableStock": 25,
        "StockLevelIndicator": 3,
        "PartShipped": false,
        "PartShippedQty": 0,
        "Weight": 0.25,
        "BarcodeNumber": null,
        "Market": 0,
        "HasImage": false,
        "ImageId": null,
        "AdditionalInfo": [],
        "ItemName": null,
        "BatchNumberScanRequired": false,
        "SerialNumberScanRequired": false,
        "BinRack": if line.is_service { Value::Null } else { json!("A-01") },
        "BinRacks": null,
        "InventoryTrackingType": 0,
        "isBatchedStockItem": false,
        "IsWarehouseManaged": false,
        "Boxes": null,
    })
}

fn extended_properties(random: &mut Random) -> Vec<Value> {
    if !random.happens(200) {
        return Vec::new();
    }
    let message = random.pick_text(&["Happy birthday", "F\u{fc}r Oma \u{2764}", "\"quoted\" \\ slash"]);
    vec![json!({ "RowId": random.guid(), "Name": "GiftMessage", "Value": message, "Type": "Attribute" })]
}
