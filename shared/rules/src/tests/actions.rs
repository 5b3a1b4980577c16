//! Every action and the forms of map-all.

use super::{one_rule, order, run, shown, shown_on_line};
use crate::{Facts, FieldId, Value, fields};

/// Runs one action on an order and returns what a header field became.
fn after(when: &str, then: &str, field: FieldId) -> String {
    let mut facts = order(&["ABC-FBA", "XYZ"]);
    run(&one_rule(when, then), &mut facts);
    shown(&facts, field)
}

#[test]
fn every_action_that_sets_a_header_field_sets_it() {
    let cases: &[(&str, &str, FieldId, &str)] = &[
        ("map_class", "Online", fields::CLASS, "Online"),
        ("ChangeOrderClass", "Online", fields::CLASS, "Online"),
        ("map_location", "UK", fields::LOCATION, "UK"),
        ("map_shipping_tax_code", "S20", fields::SHIPPING_TAX_CODE, "S20"),
        ("map_discount_tax_code", "S20", fields::DISCOUNT_TAX_CODE, "S20"),
        ("map_customer_tax_code", "S20", fields::CUSTOMER_TAX_CODE, "S20"),
        (
            "map shipping method to QuickBooks",
            "Postage",
            fields::SHIPPING_ITEM,
            "Postage",
        ),
        (
            "override shipping amount",
            "3.99",
            fields::SHIPPING_AMOUNT,
            "3.99",
        ),
        ("map discount", "Coupon", fields::DISCOUNT_ITEM, "Coupon"),
        (
            "map order deposit account",
            "PayPal",
            fields::DEPOSIT_ACCOUNT,
            "PayPal",
        ),
        ("map_payment_method", "Visa", fields::PAYMENT_METHOD, "Visa"),
        (
            "map payment reference number",
            "P1",
            fields::PAYMENT_REFERENCE,
            "P1",
        ),
        (
            "map order A/R account",
            "Debtors EUR",
            fields::RECEIVABLE_ACCOUNT,
            "Debtors EUR",
        ),
        ("map currency code", "eur", fields::CURRENCY, "EUR"),
        (
            "map transaction type",
            "Sales Receipts",
            fields::DOCUMENT_TYPE,
            "sales_receipt",
        ),
        ("map_document_type", "invoice", fields::DOCUMENT_TYPE, "invoice"),
        ("map order number", "N7", fields::DOCUMENT_NUMBER, "N7"),
        ("add order prefix", "AZ-", fields::NUMBER_PREFIX, "AZ-"),
        ("map_terms", "NET 30", fields::TERMS, "NET 30"),
        ("map store name to QuickBooks", "Shop", fields::STORE_NAME, "Shop"),
        ("map_customer_name", "Jo", fields::CUSTOMER_NAME, "Jo"),
        (
            "map billing address company",
            "ABC",
            fields::BILLING_COMPANY,
            "ABC",
        ),
        ("map_date", "2026-02-01", fields::DATE, "2026-02-01"),
        ("map_due_date", "2026-03-01", fields::DUE_DATE, "2026-03-01"),
        ("map_ship_date", "2026-02-02", fields::SHIP_DATE, "2026-02-02"),
        ("map_memo", "thanks", fields::MEMO, "thanks"),
        (
            "map_customer_memo",
            "hello {reference}",
            fields::CUSTOMER_MEMO,
            "hello AZ-77",
        ),
    ];
    for (action, value, field, wanted) in cases {
        assert_eq!(
            after("always", &format!("{{ {action}: \"{value}\" }}"), *field),
            *wanted,
            "{action}"
        );
    }
}

#[test]
fn every_action_that_sets_a_line_field_sets_it_on_the_lines_that_match() {
    let cases: &[(&str, &str, FieldId)] = &[
        ("map_sku", "Widget", fields::SKU),
        ("map_item", "Widgets:Blue", fields::ITEM),
        ("map_description", "Blue", fields::DESCRIPTION),
        ("map_unit_of_measure", "each", fields::UNIT_OF_MEASURE),
        ("map inventory site", "B30", fields::SITE),
        ("map_bin", "7", fields::BIN),
        ("ChangeOrderDetailClass", "Retail", fields::LINE_CLASS),
        ("map order item tax code", "S20", fields::TAX_CODE),
    ];
    for (action, value, field) in cases {
        let mut facts = order(&["ABC-FBA", "XYZ"]);
        let before = shown_on_line(&facts, 1, *field);
        run(
            &one_rule(
                "{ field: sku, equals: abc-fba }",
                &format!("{{ {action}: \"{value}\" }}"),
            ),
            &mut facts,
        );
        assert_eq!(shown_on_line(&facts, 0, *field), *value, "{action}");
        assert_eq!(shown_on_line(&facts, 1, *field), before, "{action}");
    }
}

#[test]
fn map_all_without_a_target_copies_the_compared_field() {
    let when = "{ field: order source WH, map all: true }";
    assert_eq!(
        after(when, "{ map store name to QuickBooks: }", fields::STORE_NAME),
        "EBAY1"
    );
    assert_eq!(after(when, "{ map: store_name }", fields::STORE_NAME), "EBAY1");
    assert_eq!(
        after(
            "{ field: reference number, always: true }",
            "{ map order number: }",
            fields::DOCUMENT_NUMBER
        ),
        "AZ-77"
    );
}

#[test]
fn map_all_with_a_target_sets_the_constant() {
    let when = "{ field: shipping_service, always: true }";
    assert_eq!(
        after(when, "{ map_shipping_item: Postage }", fields::SHIPPING_ITEM),
        "Postage"
    );
    assert_eq!(
        after(
            "always",
            "{ map: shipping_item, to: Postage }",
            fields::SHIPPING_ITEM
        ),
        "Postage"
    );
    assert_eq!(
        after(
            "always",
            "{ set: shipping_item, to: Postage }",
            fields::SHIPPING_ITEM
        ),
        "Postage"
    );
}

#[test]
fn map_all_limited_to_a_channel_still_copies_the_field_that_is_mapped() {
    let when = "[{ field: sub_source, always: true }, { and: { field: source, equals: amazon } }]";
    assert_eq!(after(when, "{ map: store_name }", fields::STORE_NAME), "EBAY1");
}

#[test]
fn map_and_copy_take_another_field_when_it_is_named() {
    assert_eq!(
        after("always", "{ map: memo, from: reference }", fields::MEMO),
        "AZ-77"
    );
    assert_eq!(
        after("always", "{ copy: total_charge, to: memo }", fields::MEMO),
        ""
    );
    assert_eq!(
        after("always", "{ copy: shipping_amount, to: memo }", fields::MEMO),
        "4.5"
    );
}

#[test]
fn ends_with_and_an_empty_target_strip_the_suffix_and_leave_other_skus() {
    for then in ["{ map_sku: }", "{ strip: sku }"] {
        let mut facts = order(&["ABC-FBA", "ABC", "abc-fba", "-FBA"]);
        run(&one_rule("{ field: sku, ends_with: \"-FBA\" }", then), &mut facts);
        let skus: Vec<String> = (0..4)
            .map(|line| shown_on_line(&facts, line, fields::SKU))
            .collect();
        assert_eq!(skus, ["ABC", "ABC", "abc", ""], "{then}");
    }
}

#[test]
fn starts_with_and_an_empty_target_strip_the_prefix() {
    let mut facts = order(&["AMZ-1", "1"]);
    run(
        &one_rule("{ field: sku, starts_with: amz- }", "{ map_sku: }"),
        &mut facts,
    );
    assert_eq!(
        [
            shown_on_line(&facts, 0, fields::SKU),
            shown_on_line(&facts, 1, fields::SKU)
        ],
        ["1", "1"]
    );
}

#[test]
fn stripping_with_case_exact_leaves_the_other_case() {
    let mut facts = order(&["A-FBA", "A-fba"]);
    run(
        &one_rule(
            "{ field: sku, ends_with: \"-FBA\", case: exact }",
            "{ strip: sku }",
        ),
        &mut facts,
    );
    assert_eq!(
        [
            shown_on_line(&facts, 0, fields::SKU),
            shown_on_line(&facts, 1, fields::SKU)
        ],
        ["A", "A-fba"]
    );
}

#[test]
fn strip_with_a_given_prefix_or_suffix_takes_it_away_where_it_is() {
    let mut facts = order(&["A-1-X", "B"]);
    run(
        &one_rule(
            "always",
            "{ strip: sku, prefix: a- }, { strip: sku, suffix: \"-X\" }",
        ),
        &mut facts,
    );
    assert_eq!(
        [
            shown_on_line(&facts, 0, fields::SKU),
            shown_on_line(&facts, 1, fields::SKU)
        ],
        ["1", "B"]
    );
}

#[test]
fn split_sku_keeps_the_side_of_the_first_separator() {
    for (side, wanted) in [("left", "A"), ("right", "B-C")] {
        let mut facts = order(&["A-B-C", "ABC"]);
        run(
            &one_rule("always", &format!("{{ split_sku: {side}, separator: \"-\" }}")),
            &mut facts,
        );
        assert_eq!(
            [
                shown_on_line(&facts, 0, fields::SKU),
                shown_on_line(&facts, 1, fields::SKU)
            ],
            [wanted, "ABC"]
        );
    }
}

#[test]
fn templates_name_fields_of_the_line_and_of_the_order() {
    let mut facts = order(&["A"]);
    facts.push_extended("Gift note", "hi");
    let then =
        "{ map_description: \"{sku} x {quantity} {{{source}}} {extended_property.gift note}{terms}\" }";
    run(&one_rule("always", then), &mut facts);
    assert_eq!(shown_on_line(&facts, 0, fields::DESCRIPTION), "A x 2 {AMAZON} hi");
}

#[test]
fn multiply_quantity_keeps_the_line_total() {
    let mut facts = order(&["3 pack", "single"]);
    run(
        &one_rule("{ field: sku, contains: 3 pack }", "{ multiply_quantity: 3 }"),
        &mut facts,
    );
    assert_eq!(shown_on_line(&facts, 0, fields::QUANTITY), "6");
    assert_eq!(shown_on_line(&facts, 0, fields::LINE_TOTAL), "10");
    assert_eq!(shown_on_line(&facts, 0, fields::PRICE_PER_UNIT), "1.6666666667");
    assert_eq!(shown_on_line(&facts, 1, fields::QUANTITY), "2");
}

#[test]
fn a_surcharge_is_an_amount_or_a_share_of_the_shipping_amount() {
    assert_eq!(
        after("always", "{ add_surcharge: 1.50 }", fields::SHIPPING_AMOUNT),
        "6"
    );
    assert_eq!(
        after("always", "{ add_surcharge: \"10%\" }", fields::SHIPPING_AMOUNT),
        "4.95"
    );
    let mut facts = Facts::new();
    run(&one_rule("always", "{ add_surcharge: 2 }"), &mut facts);
    assert_eq!(shown(&facts, fields::SHIPPING_AMOUNT), "2");
}

#[test]
fn clearing_the_ship_date_leaves_nothing() {
    let mut facts = order(&[]);
    facts.set(
        fields::SHIP_DATE,
        "2026-01-01".parse::<jiff::civil::Date>().unwrap(),
    );
    run(&one_rule("always", "{ remove: ship_date }"), &mut facts);
    assert_eq!(*facts.get(fields::SHIP_DATE), Value::Absent);
}
