//! From the wire to the domain, pure.
//!
//! In: [`crate::wire`] values. Out: headers and orders, or the first field that is not what it must be and why, without its
//! value. Absent money that a document rests on is an error, never zero. Does not judge sums; mapping does.

use domain::order::{
    Address, Channel, ExtendedProperty, Note, Order, OrderDates, OrderKind, OrderLine, PaymentStatus,
    References, Shipping, Totals,
};
use domain::{Currency, OrderId, OrderNumber, RowId, Sku};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ports::OrderHeader;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::wire::{
    AddressWire, Field, GeneralInfoWire, ItemWire, Number, OrderWire, ShippingInfoWire, TotalsInfoWire,
};

/// Linnworks writes "no date" as year 1; years up to this one are none (linnworks.md 3.2).
const YEAR_OF_NO_DATE_MAX: i16 = 1970;
/// Composite items hold components; components of components are not known, deeper nesting is hostile.
const NESTING_MAX: usize = 8;

/// Field and cause, without values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

fn malformed<T>(path: &str, cause: &str) -> Result<T, Malformed> {
    Err(Malformed(format!("{path} {cause}")))
}

/// A guid of any case.
pub fn parse_guid(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text.trim()).ok()
}

/// An instant in UTC: 0 to 9 fraction digits, `Z`, an offset or no zone (then UTC); blank and years up to 1970 are none.
///
/// # Errors
/// `Err(())` for a text that is no date.
pub fn parse_instant(text: &str) -> Result<Option<Timestamp>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let instant = match text.parse::<Timestamp>() {
        Ok(instant) => instant,
        Err(_) => text
            .parse::<DateTime>()
            .and_then(|civil| civil.to_zoned(TimeZone::UTC))
            .map(|zoned| zoned.timestamp())
            .map_err(|_| ())?,
    };
    let year = instant.to_zoned(TimeZone::UTC).year();
    Ok((year > YEAR_OF_NO_DATE_MAX).then_some(instant))
}

fn text(field: &Field<String>, path: &str) -> Result<Option<String>, Malformed> {
    match field {
        Field::Absent => Ok(None),
        Field::Value(value) if value.trim().is_empty() => Ok(None),
        Field::Value(value) => Ok(Some(value.clone())),
        Field::Wrong => malformed(path, "is no text"),
    }
}

fn flag(field: &Field<bool>, path: &str) -> Result<Option<bool>, Malformed> {
    match field {
        Field::Absent => Ok(None),
        Field::Value(value) => Ok(Some(*value)),
        Field::Wrong => malformed(path, "is neither true nor false"),
    }
}

fn instant(field: &Field<String>, path: &str) -> Result<Option<Timestamp>, Malformed> {
    match field {
        Field::Absent => Ok(None),
        Field::Value(value) => parse_instant(value).or_else(|()| malformed(path, "is no date")),
        Field::Wrong => malformed(path, "is no date"),
    }
}

fn number(field: &Field<Number>, path: &str) -> Result<Option<Decimal>, Malformed> {
    match field {
        Field::Absent => Ok(None),
        Field::Value(Number(value)) => Ok(Some(*value)),
        Field::Wrong => malformed(path, "is no number that a decimal holds"),
    }
}

fn amount(field: &Field<Number>, path: &str) -> Result<Decimal, Malformed> {
    number(field, path)?.map_or_else(|| malformed(path, "is missing"), Ok)
}

/// A guid that must be there.
pub fn guid(field: &Field<String>, path: &str) -> Result<Uuid, Malformed> {
    match field {
        Field::Absent => malformed(path, "is missing"),
        Field::Value(value) => parse_guid(value).map_or_else(|| malformed(path, "is no guid"), Ok),
        Field::Wrong => malformed(path, "is no guid"),
    }
}

/// The object, or an empty one where Linnworks left it out.
fn object<T: Clone + Default>(field: &Field<T>, path: &str) -> Result<T, Malformed> {
    match field {
        Field::Absent => Ok(T::default()),
        Field::Value(value) => Ok(value.clone()),
        Field::Wrong => malformed(path, "has another form than expected"),
    }
}

fn required<'a, T>(field: &'a Field<T>, path: &str) -> Result<&'a T, Malformed> {
    match field {
        Field::Absent => malformed(path, "is missing"),
        Field::Value(value) => Ok(value),
        Field::Wrong => malformed(path, "has another form than expected"),
    }
}

/// A whole order (linnworks.md 4.3). `header` is what the search told: kind and cancellation are merged from it.
///
/// # Errors
/// The first field that is missing or not what it must be.
pub fn convert_order(wire: &OrderWire, header: &OrderHeader) -> Result<Order, Malformed> {
    let general = required(&wire.general_info, "GeneralInfo")?;
    let totals = required(&wire.totals_info, "TotalsInfo")?;
    let shipping = object(&wire.shipping_info, "ShippingInfo")?;
    let customer = object(&wire.customer_info, "CustomerInfo")?;
    let processed = flag(&wire.processed, "Processed")?.unwrap_or(header.processed);
    let status = payment_status(general)?;
    let kind = if header.kind == OrderKind::Sale && status == PaymentStatus::Resend {
        OrderKind::Resend
    } else {
        header.kind
    };
    let held = flag(&general.hold_or_cancel, "GeneralInfo.HoldOrCancel")?.unwrap_or(false);
    Ok(Order {
        id: OrderId(guid(&wire.order_id, "OrderId")?),
        number: OrderNumber(*required(&wire.num_order_id, "NumOrderId")?),
        processed,
        kind,
        hold_or_cancel: held || (processed && header.cancelled),
        status,
        references: references(general)?,
        channel: channel(general)?,
        dates: OrderDates {
            received: instant(&general.received_date, "GeneralInfo.ReceivedDate")?,
            processed: instant(&wire.processed_date_time, "ProcessedDateTime")?.or(header.processed_at),
            paid: instant(&wire.paid_date_time, "PaidDateTime")?,
            despatch_by: instant(&general.despatch_by_date, "GeneralInfo.DespatchByDate")?,
            cancelled: None,
        },
        location_id: match &wire.fulfilment_location_id {
            Field::Absent => Uuid::nil(),
            field => guid(field, "FulfilmentLocationId")?,
        },
        location_name: None,
        tax_id: text(&wire.tax_id, "TaxId")?,
        folders: texts(object(&wire.folder_name, "FolderName")?, "FolderName")?,
        identifiers: identifiers(general)?,
        notes: notes(wire)?,
        extended_properties: extended_properties(wire)?,
        shipping: shipping_of(&shipping)?,
        channel_buyer_name: text(&customer.channel_buyer_name, "CustomerInfo.ChannelBuyerName")?,
        shipping_address: address(
            &object(&customer.address, "CustomerInfo.Address")?,
            "CustomerInfo.Address",
        )?,
        billing_address: billing_address(&customer.billing_address)?,
        totals: totals_of(totals, &shipping)?,
        lines: lines(object(&wire.items, "Items")?, "Items", 0)?,
    })
}

fn payment_status(general: &GeneralInfoWire) -> Result<PaymentStatus, Malformed> {
    match required(&general.status, "GeneralInfo.Status")? {
        0 => Ok(PaymentStatus::Unpaid),
        1 => Ok(PaymentStatus::Paid),
        2 => Ok(PaymentStatus::Return),
        3 => Ok(PaymentStatus::Pending),
        4 => Ok(PaymentStatus::Resend),
        _ => malformed("GeneralInfo.Status", "is none of 0 to 4"),
    }
}

fn references(general: &GeneralInfoWire) -> Result<References, Malformed> {
    Ok(References {
        reference: text(&general.reference_num, "GeneralInfo.ReferenceNum")?,
        secondary: text(&general.secondary_reference, "GeneralInfo.SecondaryReference")?,
        external: text(
            &general.external_reference_num,
            "GeneralInfo.ExternalReferenceNum",
        )?,
    })
}

fn channel(general: &GeneralInfoWire) -> Result<Channel, Malformed> {
    Ok(Channel {
        source: text(&general.source, "GeneralInfo.Source")?.unwrap_or_default(),
        sub_source: text(&general.sub_source, "GeneralInfo.SubSource")?.unwrap_or_default(),
        site_code: text(&general.site_code, "GeneralInfo.SiteCode")?,
    })
}

fn texts(fields: Vec<Field<String>>, path: &str) -> Result<Vec<String>, Malformed> {
    fields
        .iter()
        .filter_map(|field| text(field, path).transpose())
        .collect()
}

fn identifiers(general: &GeneralInfoWire) -> Result<Vec<String>, Malformed> {
    let path = "GeneralInfo.Identifiers";
    let mut found = Vec::new();
    for identifier in object(&general.identifiers, path)? {
        let name =
            text(&identifier.tag, path)?.map_or_else(|| text(&identifier.name, path), |tag| Ok(Some(tag)))?;
        found.extend(name);
    }
    Ok(found)
}

fn notes(wire: &OrderWire) -> Result<Vec<Note>, Malformed> {
    object(&wire.notes, "Notes")?
        .iter()
        .map(|note| {
            Ok(Note {
                text: text(&note.note, "Notes.Note")?.unwrap_or_default(),
                internal: flag(&note.internal, "Notes.Internal")?.unwrap_or(false),
                at: instant(&note.note_date, "Notes.NoteDate")?,
                by: text(&note.created_by, "Notes.CreatedBy")?,
            })
        })
        .collect()
}

fn extended_properties(wire: &OrderWire) -> Result<Vec<ExtendedProperty>, Malformed> {
    object(&wire.extended_properties, "ExtendedProperties")?
        .iter()
        .map(|property| {
            Ok(ExtendedProperty {
                name: text(&property.name, "ExtendedProperties.Name")?.unwrap_or_default(),
                value: text(&property.value, "ExtendedProperties.Value")?.unwrap_or_default(),
                kind: text(&property.kind, "ExtendedProperties.Type")?,
            })
        })
        .collect()
}

fn shipping_of(wire: &ShippingInfoWire) -> Result<Shipping, Malformed> {
    Ok(Shipping {
        vendor: text(&wire.vendor, "ShippingInfo.Vendor")?,
        service: text(&wire.postal_service_name, "ShippingInfo.PostalServiceName")?,
        tracking_number: text(&wire.tracking_number, "ShippingInfo.TrackingNumber")?,
        total_weight: number(&wire.total_weight, "ShippingInfo.TotalWeight")?,
        package_type: text(&wire.package_type, "ShippingInfo.PackageType")?,
    })
}

/// A billing address that is absent or wholly blank is none, and the delivery address stands for it.
fn billing_address(field: &Field<AddressWire>) -> Result<Option<Address>, Malformed> {
    let path = "CustomerInfo.BillingAddress";
    let address = address(&object(field, path)?, path)?;
    Ok((address != Address::default()).then_some(address))
}

fn address(wire: &AddressWire, path: &str) -> Result<Address, Malformed> {
    let part = |field: &Field<String>, name: &str| text(field, &format!("{path}.{name}"));
    Ok(Address {
        full_name: part(&wire.full_name, "FullName")?,
        company: part(&wire.company, "Company")?,
        line_1: part(&wire.address1, "Address1")?,
        line_2: part(&wire.address2, "Address2")?,
        line_3: part(&wire.address3, "Address3")?,
        town: part(&wire.town, "Town")?,
        region: part(&wire.region, "Region")?,
        postal_code: part(&wire.post_code, "PostCode")?,
        country: part(&wire.country, "Country")?,
        email: part(&wire.email_address, "EmailAddress")?,
        phone: part(&wire.phone_number, "PhoneNumber")?,
    })
}

fn totals_of(wire: &TotalsInfoWire, shipping: &ShippingInfoWire) -> Result<Totals, Malformed> {
    let code = text(&wire.currency, "TotalsInfo.Currency")?;
    let code = code.map_or_else(|| malformed("TotalsInfo.Currency", "is missing"), Ok)?;
    let currency =
        Currency::parse(&code).or_else(|_| malformed("TotalsInfo.Currency", "is no ISO 4217 code"))?;
    // TotalsInfo repeats ShippingInfo's pair (linnworks.md 4.3); the pair is taken from one place, never mixed.
    let (postage, ex_tax, place) = match number(&wire.postage_cost, "TotalsInfo.PostageCost")? {
        Some(postage) => (postage, &wire.postage_cost_ex_tax, "TotalsInfo"),
        None => (
            amount(&shipping.postage_cost, "ShippingInfo.PostageCost")?,
            &shipping.postage_cost_ex_tax,
            "ShippingInfo",
        ),
    };
    let path = format!("{place}.PostageCostExTax");
    let postage_cost_ex_tax = match number(ex_tax, &path)? {
        Some(ex_tax) => ex_tax,
        None if postage.is_zero() => Decimal::ZERO,
        None => return malformed(&path, "is missing"),
    };
    Ok(Totals {
        currency,
        subtotal: amount(&wire.subtotal, "TotalsInfo.Subtotal")?,
        postage_cost: postage,
        postage_cost_ex_tax,
        tax: amount(&wire.tax, "TotalsInfo.Tax")?,
        total_charge: amount(&wire.total_charge, "TotalsInfo.TotalCharge")?,
        total_discount: number(&wire.total_discount, "TotalsInfo.TotalDiscount")?.unwrap_or_default(),
        country_tax_rate: number(&wire.country_tax_rate, "TotalsInfo.CountryTaxRate")?,
        conversion_rate: number(&wire.conversion_rate, "TotalsInfo.ConversionRate")?,
        payment_method: text(&wire.payment_method, "TotalsInfo.PaymentMethod")?,
    })
}

fn lines(items: Vec<Field<ItemWire>>, path: &str, depth: usize) -> Result<Vec<OrderLine>, Malformed> {
    if depth > NESTING_MAX {
        return malformed(path, "is nested too deeply");
    }
    let convert = |(index, field): (usize, &Field<ItemWire>)| {
        let path = format!("{path}[{index}]");
        line(required(field, &path)?, &path, depth)
    };
    items.iter().enumerate().map(convert).collect()
}

/// One row. Money of components is on their parent (linnworks.md 4.3), so only top-level rows must carry it.
fn line(wire: &ItemWire, path: &str, depth: usize) -> Result<OrderLine, Malformed> {
    let at = |name: &str| format!("{path}.{name}");
    let part = |field: &Field<String>, name: &str| text(field, &at(name));
    let optional = |field: &Field<Number>, name: &str| number(field, &at(name));
    let money = |field: &Field<Number>, name: &str| match optional(field, name)? {
        None if depth == 0 => malformed(&at(name), "is missing"),
        amount => Ok(amount.unwrap_or_default()),
    };
    let is = |field: &Field<bool>, name: &str| flag(field, &at(name)).map(|value| value.unwrap_or(false));
    Ok(OrderLine {
        row_id: RowId(guid(&wire.row_id, &at("RowId"))?),
        sku: part(&wire.sku, "SKU")?.map(Sku::new),
        channel_sku: part(&wire.channel_sku, "ChannelSKU")?,
        item_number: part(&wire.item_number, "ItemNumber")?,
        title: part(&wire.title, "Title")?,
        channel_title: part(&wire.channel_title, "ChannelTitle")?,
        barcode: part(&wire.barcode_number, "BarcodeNumber")?,
        category: part(&wire.category_name, "CategoryName")?,
        quantity: money(&wire.quantity, "Quantity")?,
        price_per_unit: optional(&wire.price_per_unit, "PricePerUnit")?.unwrap_or_default(),
        unit_cost: optional(&wire.unit_cost, "UnitCost")?,
        discount_percent: optional(&wire.discount, "Discount")?.unwrap_or_default(),
        discount_value: optional(&wire.discount_value, "DiscountValue")?.unwrap_or_default(),
        tax_rate: optional(&wire.tax_rate, "TaxRate")?.unwrap_or_default(),
        cost: money(&wire.cost, "Cost")?,
        cost_inc_tax: money(&wire.cost_inc_tax, "CostIncTax")?,
        sales_tax: optional(&wire.sales_tax, "SalesTax")?,
        tax_cost_inclusive: is(&wire.tax_cost_inclusive, "TaxCostInclusive")?,
        is_service: is(&wire.is_service, "IsService")?,
        is_unlinked: is(&wire.is_unlinked, "IsUnlinked")?,
        bin_rack: part(&wire.bin_rack, "BinRack")?,
        options: options(wire, path)?,
        children: lines(
            object(&wire.composite_sub_items, &at("CompositeSubItems"))?,
            &at("CompositeSubItems"),
            depth + 1,
        )?,
    })
}

fn options(wire: &ItemWire, path: &str) -> Result<Vec<(String, String)>, Malformed> {
    let path = format!("{path}.AdditionalInfo");
    object(&wire.additional_info, &path)?
        .iter()
        .map(|option| {
            Ok((
                text(&option.property, &path)?.unwrap_or_default(),
                text(&option.value, &path)?.unwrap_or_default(),
            ))
        })
        .collect()
}
