//! From JSON text to the domain, exactly.

use domain::Order;
use domain::order::{OrderKind, PaymentStatus};
use rust_decimal::Decimal;

use super::*;
use crate::convert::{Malformed, convert_order, parse_instant};
use crate::field::parse_decimal;
use crate::header::convert_header;
use crate::wire::{HeaderWire, OrderWire, parse_order};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn convert(json: &str) -> Result<Order, String> {
    let wire: OrderWire = serde_json::from_str(json).unwrap();
    convert_order(&wire, &headers([1])[0]).map_err(|Malformed(cause)| cause)
}

/// The fixture with one text replaced, which must be in it.
fn changed(from: &str, to: &str) -> String {
    let text = order(1);
    assert!(text.contains(from), "{from} is not in the fixture");
    text.replacen(from, to, 1)
}

fn header(change: impl FnOnce(&mut Value)) -> ports::OrderHeader {
    let mut row = row(1, "2026-05-05T10:00:00.19Z");
    change(&mut row);
    let wire: HeaderWire = serde_json::from_str(&row.to_string()).unwrap();
    convert_header(&wire).unwrap()
}

#[test]
fn numbers_are_taken_from_their_text_without_loss() {
    let cases = [
        ("23.325", "23.325"),
        ("4.665", "4.665"),
        ("1.2e1", "12"),
        ("1.2E+1", "12"),
        ("125e-2", "1.25"),
        ("-2.5e-3", "-0.0025"),
        ("1e3", "1000"),
        ("12.345e1", "123.45"),
        ("0", "0"),
        ("-0.0", "0"),
        ("0e99", "0"),
        ("0.1", "0.1"),
        ("27.989999999999998", "27.989999999999998"),
        ("79228162514264337593543950335", "79228162514264337593543950335"),
        ("5.684341886080802E-14", "0.0000000000000568434188608080"),
        ("1e-999", "0"),
    ];
    for (text, value) in cases {
        assert_eq!(parse_decimal(text), Some(decimal(value)), "{text}");
    }
    for text in [
        "79228162514264337593543950336",
        "1e29",
        "1e999999999",
        "9e99999999999999999999",
        "\"1\"",
        "true",
        "[1]",
        "",
        "+1",
        "NaN",
    ] {
        assert_eq!(parse_decimal(text), None, "{text}");
    }
}

#[test]
fn the_sum_of_exact_amounts_is_exact() {
    let order = convert(&changed(
        "\"TotalCharge\": 20.0",
        "\"TotalCharge\": 1.9999999999999e1",
    ))
    .unwrap();
    assert_eq!(order.totals.total_charge.to_string(), "19.999999999999");
    assert_eq!(order.totals.subtotal + order.totals.tax, decimal("20.0000"));
}

#[test]
fn dates_come_in_every_form_that_linnworks_uses() {
    let expected = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let cases = [
        ("2022-05-23T07:25:47Z", "2022-05-23T07:25:47Z"),
        ("2022-05-23T07:25:47.1Z", "2022-05-23T07:25:47.1Z"),
        ("2022-05-23T07:25:47.19Z", "2022-05-23T07:25:47.19Z"),
        ("2022-05-23T07:25:47.1039999Z", "2022-05-23T07:25:47.1039999Z"),
        ("2022-05-23T07:25:47", "2022-05-23T07:25:47Z"),
        ("2022-05-23 07:25:47", "2022-05-23T07:25:47Z"),
        ("2022-05-23T07:25:47.507", "2022-05-23T07:25:47.507Z"),
        ("2022-05-23T07:25:47+00:00", "2022-05-23T07:25:47Z"),
        ("2022-05-23T08:25:47+01:00", "2022-05-23T07:25:47Z"),
        ("2022-05-23T07:25:47.000000+0000", "2022-05-23T07:25:47Z"),
        (" 2022-05-23T07:25:47Z ", "2022-05-23T07:25:47Z"),
    ];
    for (text, at) in cases {
        assert_eq!(parse_instant(text), Ok(expected(at)), "{text}");
    }
    for none in [
        "",
        " ",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "1900-01-01T00:00:00Z",
        "1970-12-31T23:59:59Z",
    ] {
        assert_eq!(parse_instant(none), Ok(None), "{none}");
    }
    for wrong in [
        "yesterday",
        "2022-13-01T00:00:00Z",
        "2022-02-30T00:00:00Z",
        "/Date(1)/",
        "1653290747",
    ] {
        assert_eq!(parse_instant(wrong), Err(()), "{wrong}");
    }
}

#[test]
fn an_order_is_converted_with_every_field() {
    let order = convert(&order(1)).unwrap();
    assert_eq!((order.id, order.number.0, order.processed), (id(1), 1, true));
    assert_eq!((order.status, order.kind), (PaymentStatus::Paid, OrderKind::Sale));
    assert_eq!(order.references.reference.as_deref(), Some("20-0001"));
    assert_eq!(order.references.secondary, None);
    assert_eq!(order.references.external.as_deref(), Some("2500001"));
    assert_eq!(
        (order.channel.source.as_str(), order.channel.sub_source.as_str()),
        ("EBAY", "EBAY0")
    );
    assert_eq!(order.dates.processed, "2026-05-05T14:03:21.507Z".parse().ok());
    assert_eq!(order.dates.received, "2026-05-04T09:12:43.1039999Z".parse().ok());
    assert_eq!(
        (order.dates.paid, order.dates.despatch_by, order.tax_id.as_deref()),
        (None, None, None)
    );
    assert_eq!(order.folders, ["Wholesale"]);
    assert_eq!(order.identifiers, ["Prime", "Scheduled"]);
    assert!(order.notes[0].internal && order.notes[0].at.is_some());
    assert_eq!(order.extended_properties[0].name, "GiftMessage");
    assert_eq!(order.shipping.total_weight, Some(decimal("1.5")));
    assert_eq!(order.billing_address, None);
    assert_eq!(
        (
            order.shipping_address.line_1.as_deref(),
            order.shipping_address.line_2.as_deref()
        ),
        (Some("1 Example Street"), None)
    );
    let line = &order.lines[0];
    assert_eq!(
        (line.cost, line.cost_inc_tax, line.quantity),
        (decimal("16.6667"), decimal("20"), decimal("2"))
    );
    assert_eq!(line.sku.as_ref().unwrap().as_str(), "MUG-BLUE");
    assert_eq!((line.barcode.as_deref(), line.tax_cost_inclusive), (None, true));
    assert_eq!(line.options, [("Colour".to_owned(), "Blue".to_owned())]);
    assert_eq!(
        (line.children[0].quantity, line.children[0].cost),
        (decimal("2"), Decimal::ZERO)
    );
}

#[test]
fn a_wrong_or_missing_field_is_named_and_its_value_is_not_shown() {
    let cases = [
        (
            "\"Currency\": \"GBP\"",
            "\"Currency\": \"Sentinel\"",
            "TotalsInfo.Currency is no ISO 4217 code",
        ),
        (
            "\"Currency\": \"GBP\"",
            "\"Currency\": \" \"",
            "TotalsInfo.Currency is missing",
        ),
        (
            "\"TotalCharge\": 20.0",
            "\"TotalCharge\": null",
            "TotalsInfo.TotalCharge is missing",
        ),
        (
            "\"TotalCharge\": 20.0",
            "\"TotalCharge\": 1e40",
            "TotalsInfo.TotalCharge is no number that a decimal holds",
        ),
        (
            "\"Tax\": 3.3333",
            "\"Tax\": {}",
            "TotalsInfo.Tax is no number that a decimal holds",
        ),
        (
            "\"Status\": 1",
            "\"Status\": 9",
            "GeneralInfo.Status is none of 0 to 4",
        ),
        (
            "\"Status\": 1",
            "\"Status\": \"PAID\"",
            "GeneralInfo.Status has another form than expected",
        ),
        (
            "\"NumOrderId\": 1",
            "\"NumOrderId\": \"Sentinel\"",
            "NumOrderId has another form than expected",
        ),
        (
            "\"Processed\": true",
            "\"Processed\": \"yes\"",
            "Processed is neither true nor false",
        ),
        (
            "\"FullName\": \"Name Sentinel\"",
            "\"FullName\": [\"Sentinel\"]",
            "CustomerInfo.Address.FullName is no text",
        ),
        (
            "2026-05-05T14:03:21.507Z",
            "Sentinel",
            "ProcessedDateTime is no date",
        ),
        (
            "\"Quantity\": 2,",
            "\"Quantity\": \"2\",",
            "Items[0].Quantity is no number that a decimal holds",
        ),
        ("\"Cost\": 16.6667,", "", "Items[0].Cost is missing"),
        (
            "\"RowId\": \"11111111-0000-4000-8000-000000000002\"",
            "\"RowId\": \"Sentinel\"",
            "Items[0].CompositeSubItems[0].RowId is no guid",
        ),
        ("\"TotalsInfo\"", "\"Other\"", "TotalsInfo is missing"),
        ("\"Items\": [", "\"Items\": [null,", "Items[0] is missing"),
        (
            "\"Items\": [",
            "\"Items\": [3,",
            "Items[0] has another form than expected",
        ),
        (
            "\"FulfilmentLocationId\": \"0",
            "\"FulfilmentLocationId\": \"x",
            "FulfilmentLocationId is no guid",
        ),
    ];
    for (from, to, cause) in cases {
        assert_eq!(convert(&changed(from, to)).unwrap_err(), cause, "{to}");
    }
}

#[test]
fn null_lists_and_objects_are_empty() {
    let mut value: Value = serde_json::from_str(&order(1)).unwrap();
    for name in [
        "FolderName",
        "Notes",
        "ExtendedProperties",
        "Items",
        "CustomerInfo",
        "FulfilmentLocationId",
        "TaxId",
    ] {
        value[name] = Value::Null;
    }
    value["GeneralInfo"]["Identifiers"] = Value::Null;
    let order = convert(&value.to_string()).unwrap();
    assert!(
        order.lines.is_empty()
            && order.notes.is_empty()
            && order.identifiers.is_empty()
            && order.location_id.is_nil()
    );
}

#[test]
fn postage_that_the_totals_leave_out_is_taken_from_the_shipping() {
    let mut value: Value = serde_json::from_str(&order(1)).unwrap();
    value["TotalsInfo"]["PostageCost"] = Value::Null;
    value["ShippingInfo"]["PostageCost"] = json!(2.99);
    value["ShippingInfo"]["PostageCostExTax"] = json!(2.4917);
    let order = convert(&value.to_string()).unwrap();
    assert_eq!(
        (order.totals.postage_cost, order.totals.postage_cost_ex_tax),
        (decimal("2.99"), decimal("2.4917"))
    );
    value["ShippingInfo"]["PostageCostExTax"] = Value::Null;
    assert_eq!(
        convert(&value.to_string()).unwrap_err(),
        "ShippingInfo.PostageCostExTax is missing"
    );
    value["ShippingInfo"] = Value::Null;
    assert_eq!(
        convert(&value.to_string()).unwrap_err(),
        "ShippingInfo.PostageCost is missing"
    );
}

#[test]
fn kind_and_cancellation_of_the_search_are_merged_into_the_order() {
    let wire: OrderWire = serde_json::from_str(&order(1)).unwrap();
    let exchange = convert_order(&wire, &header(|row| row["IsExchange"] = json!(true))).unwrap();
    assert_eq!(exchange.kind, OrderKind::Exchange);
    let cancelled = convert_order(&wire, &header(|row| row["HoldOrCancel"] = json!(true))).unwrap();
    assert!(cancelled.is_cancelled());
    let resend = convert(&changed("\"Status\": 1", "\"Status\": 4")).unwrap();
    assert_eq!(resend.kind, OrderKind::Resend);
    assert_eq!(
        header(|row| row["IsResend"] = json!(true)).kind,
        OrderKind::Resend
    );
    assert_eq!(header(|row| row["nStatus"] = json!(4)).kind, OrderKind::Resend);
}

#[test]
fn composites_nested_without_end_are_refused() {
    let mut item = json!({"RowId": id(5).to_string(), "Quantity": 1, "Cost": 0, "CostIncTax": 0});
    for _ in 0..20 {
        item = json!({"RowId": id(5).to_string(), "Quantity": 1, "Cost": 0, "CostIncTax": 0, "CompositeSubItems": [item]});
    }
    let mut value: Value = serde_json::from_str(&order(1)).unwrap();
    value["Items"] = json!([item]);
    assert!(
        convert(&value.to_string())
            .unwrap_err()
            .ends_with("is nested too deeply")
    );
}

#[test]
fn the_fingerprint_changes_with_what_matters_and_with_nothing_else() {
    let first = header(|_| ()).fingerprint;
    assert_eq!(first.len(), 64);
    type Change = fn(&mut Value);
    let matters: [Change; 9] = [
        |row| row["fTotalCharge"] = json!(28.99),
        |row| row["fTax"] = json!(4.66),
        |row| row["cCurrency"] = json!("EUR"),
        |row| row["HoldOrCancel"] = json!(true),
        |row| row["IsResend"] = json!(true),
        |row| row["dProcessedOn"] = json!("2026-05-05T10:00:01Z"),
        |row| row["ReferenceNum"] = json!("other"),
        |row| row["SecondaryReference"] = json!("other"),
        |row| row["ExternalReference"] = json!("other"),
    ];
    for (index, change) in matters.iter().enumerate() {
        assert_ne!(header(*change).fingerprint, first, "{index}");
    }
    let same: [Change; 4] = [
        |row| row["cFullName"] = json!("Another"),
        |row| row["timeDiff"] = json!(7.5),
        |row| row["cCurrency"] = json!("gbp"),
        |row| row["dProcessedOn"] = json!("2026-05-05T10:00:00.190"),
    ];
    for (index, change) in same.iter().enumerate() {
        assert_eq!(header(*change).fingerprint, first, "{index}");
    }
}

#[test]
fn a_header_with_unreadable_parts_still_leads_to_its_order() {
    let header = header(|row| {
        row["fTotalCharge"] = json!("much");
        row["nOrderId"] = json!("one");
        row["cCurrency"] = json!("???");
        row["dProcessedOn"] = json!("yesterday");
    });
    assert_eq!(
        (header.id, header.number.0, header.total, header.processed_at),
        (id(1), 0, None, None)
    );
}

#[test]
fn json_nested_without_end_is_no_order() {
    let deep = format!(
        "{}1{}",
        r#"{"Items":[{"CompositeSubItems":["#.repeat(100_000),
        "]}]}".repeat(100_000)
    );
    assert!(parse_order(&deep).is_none());
    assert!(parse_order(r#"{"TaxId":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[","Notes":[]}"#).is_some());
    for text in ["[]", "[1]", "\"{}\"", "null", "3"] {
        assert!(parse_order(text).is_none(), "{text}");
    }
}
