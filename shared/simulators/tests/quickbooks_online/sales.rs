//! Sales forms: amounts, references, dates, numbers, stock, changes (quickbooks-online.md 2.2, 2.8, 2.14, 3).

use std::time::Duration;

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulators::quickbooks_online::{CompanySeed, CustomerSeed, EntityKind, ItemSeed, UntrackedReference};

use crate::client::{Company, code, decimal};

#[tokio::test]
async fn a_sales_receipt_comes_back_complete_and_its_request_total_is_ignored() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("LW1").await;
    body["TotalAmt"] = json!(999);
    let (status, answer) = company.post("salesreceipt?minorversion=75", &body).await;
    assert_eq!(status, 200, "{answer}");
    let receipt = &answer["SalesReceipt"];
    assert_eq!(decimal(&receipt["TotalAmt"]), Decimal::from(24));
    assert_eq!(receipt["SyncToken"], "0");
    assert_eq!(receipt["Line"][0]["Id"], "1");
    assert_eq!(receipt["Line"][1]["DetailType"], "SubTotalLineDetail");
    assert_eq!(receipt["DepositToAccountRef"]["name"], "Undeposited Funds");
    assert_eq!(receipt["CustomerRef"]["name"], "Web Orders");
    let stamp = receipt["MetaData"]["CreateTime"].as_str().unwrap();
    assert!(stamp.ends_with("-08:00") || stamp.ends_with("-07:00"), "{stamp}");
    let books = company.simulator.books();
    let stored = books.with_doc_number(EntityKind::SalesReceipt, "LW1");
    assert_eq!(
        (stored.len(), stored[0].total, stored[0].total_tax),
        (1, Decimal::from(24), Decimal::from(4))
    );
}

#[tokio::test]
async fn the_amount_rule_has_no_cent_of_tolerance() {
    let company = Company::united_kingdom().await;
    for (amount, expected) in [
        ("1861.08", None),
        ("1861.07", Some("6070")),
        ("1861.09", Some("6070")),
    ] {
        let mut body = company.receipt(amount).await;
        body["Line"] = json!([company.line("GAD-1", "14.50", "128.35", amount, "20.0% S").await]);
        let (status, answer) = company.post("salesreceipt", &body).await;
        match expected {
            None => assert_eq!(status, 200, "{answer}"),
            Some(expected) => {
                assert_eq!(code(&answer), expected);
                let detail = answer["Fault"]["Error"][0]["Detail"].as_str().unwrap().to_owned();
                assert!(detail.contains("Supplied value:1,861.0"), "{detail}");
            }
        }
    }
}

#[tokio::test]
async fn seven_decimals_of_a_price_are_kept_and_eight_are_refused() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("D7").await;
    body["Line"] = json!([company
        .line("GAD-1", "450", "0.9090889", "409.09", "20.0% S")
        .await]);
    let (_, answer) = company.post("salesreceipt", &body).await;
    assert_eq!(
        answer["SalesReceipt"]["Line"][0]["SalesItemLineDetail"]["UnitPrice"].to_string(),
        "0.9090889"
    );
    body["DocNumber"] = json!("D8");
    body["Line"] = json!([company
        .line("GAD-1", "450", "0.90908891", "409.09", "20.0% S")
        .await]);
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "2110");
}

#[tokio::test]
async fn a_document_number_in_use_is_refused_and_names_the_other_transaction() {
    let company = Company::united_kingdom().await;
    let body = company.receipt("LW7").await;
    let (_, first) = company.post("salesreceipt", &body).await;
    let id = first["SalesReceipt"]["Id"].as_str().unwrap();
    let (_, fault) = company.post("salesreceipt", &body).await;
    assert_eq!(code(&fault), "6140");
    let detail = fault["Fault"]["Error"][0]["Detail"].as_str().unwrap();
    assert!(detail.contains(&format!(
        "DocNumber=LW7 is assigned to TxnType=SalesReceipt with TxnId={id}"
    )));
    assert_eq!(
        company
            .post("salesreceipt?include=allowduplicatedocnum", &body)
            .await
            .0,
        200
    );
    company
        .simulator
        .set_switches(|switches| switches.docnumber_unique = false);
    assert_eq!(company.post("salesreceipt", &body).await.0, 200);
    let books = company.simulator.books();
    assert_eq!(books.with_doc_number(EntityKind::SalesReceipt, "LW7").len(), 3);
}

#[tokio::test]
async fn a_missing_document_number_is_given_out_unless_custom_numbers_are_on() {
    let company = Company::united_kingdom().await;
    let (_, answer) = company.post("salesreceipt", &company.receipt("").await).await;
    assert_eq!(answer["SalesReceipt"]["DocNumber"], "1001");
    let mut seed = CompanySeed::united_kingdom().with_items(vec![ItemSeed::non_inventory("Gadget", "GAD-1")]);
    seed.preferences.custom_txn_numbers = true;
    let company = Company::start(seed).await;
    let (_, answer) = company.post("salesreceipt", &company.receipt("").await).await;
    assert!(answer["SalesReceipt"]["DocNumber"].is_null());
    let (_, answer) = company
        .post("salesreceipt", &company.receipt("AUTO_GENERATE").await)
        .await;
    assert_eq!(answer["SalesReceipt"]["DocNumber"], "1001");
}

#[tokio::test]
async fn unknown_missing_and_too_long_members_are_refused() {
    let company = Company::united_kingdom().await;
    let good = company.receipt("V1").await;
    let changed = |path: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let mut unknown = good.clone();
    unknown["BadJson"] = json!(true);
    let mut unknown_in_line = good.clone();
    unknown_in_line["Line"][0]["SalesItemLineDetail"]["Quantity"] = json!(1);
    let mut inactive = good.clone();
    let customer = company
        .id_of(EntityKind::Customer, "DisplayName", "Web Orders USD")
        .await;
    company
        .simulator
        .deactivate_by_hand(EntityKind::Customer, &customer)
        .unwrap();
    inactive["CustomerRef"]["value"] = json!(customer);
    let cases = [
        (unknown, "2010"),
        (unknown_in_line, "2010"),
        (changed("/Line", json!([])), "2020"),
        (changed("/CurrencyRef", json!({})), "2020"),
        (changed("/DocNumber", json!("x".repeat(22))), "2050"),
        (changed("/CustomerRef/value", json!("999999")), "2500"),
        (inactive, "610"),
        (changed("/CurrencyRef/value", json!("pounds")), "2220"),
        (changed("/TxnDate", json!("yesterday")), "2060"),
    ];
    for (body, expected) in cases {
        let (status, answer) = company.post("salesreceipt", &body).await;
        assert_eq!((status, code(&answer).as_str()), (400, expected), "{answer}");
    }
    assert!(company.simulator.books().transactions.is_empty());
}

#[tokio::test]
async fn empty_texts_count_as_not_set() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("E1").await;
    for member in ["DueDate", "PrivateNote", "TrackingNum", "Id"] {
        body[member] = json!("");
    }
    body["SyncToken"] = json!(0);
    body["BillAddr"] = json!({"Line1": "", "City": ""});
    let (status, answer) = company.post("salesreceipt", &body).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["SalesReceipt"]["PrivateNote"].is_null());
}

#[tokio::test]
async fn a_transaction_must_be_in_its_customers_currency_and_shows_home_amounts() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("C1").await;
    body["CurrencyRef"] = json!({"value": "EUR"});
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6000");
    body["CustomerRef"]["value"] = json!(
        company
            .id_of(EntityKind::Customer, "DisplayName", "Web Orders EUR")
            .await
    );
    let (_, answer) = company.post("salesreceipt", &body).await;
    assert_eq!(
        decimal(&answer["SalesReceipt"]["ExchangeRate"]),
        Decimal::new(85, 2)
    );
    assert_eq!(
        decimal(&answer["SalesReceipt"]["HomeTotalAmt"]),
        Decimal::new(2040, 2)
    );
    body["DocNumber"] = json!("C2");
    body["DepositToAccountRef"] =
        json!({"value": company.id_of(EntityKind::Account, "Name", "Amazon Clearing USD").await});
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6000");
    body["DepositToAccountRef"] =
        json!({"value": company.id_of(EntityKind::Account, "Name", "Amazon Clearing EUR").await});
    assert_eq!(company.post("salesreceipt", &body).await.0, 200);
    body["DocNumber"] = json!("C3");
    body["DepositToAccountRef"] = json!({"value": company.id_of(EntityKind::Account, "Name", "Sales").await});
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6000");
}

#[tokio::test]
async fn yen_amounts_have_no_decimals() {
    let seed = CompanySeed::united_kingdom()
        .with_items(vec![ItemSeed::non_inventory("Gadget", "GAD-1")])
        .with_customers(vec![CustomerSeed::in_currency("Web Orders JPY", "JPY")]);
    let company = Company::start(seed).await;
    let mut body = company.receipt("Y1").await;
    body["CurrencyRef"] = json!({"value": "JPY"});
    body["CustomerRef"]["value"] = json!(
        company
            .id_of(EntityKind::Customer, "DisplayName", "Web Orders JPY")
            .await
    );
    body["Line"] = json!([company.line("GAD-1", "3", "33.5", "101", "20.0% S").await]);
    let (_, answer) = company.post("salesreceipt", &body).await;
    assert_eq!(
        decimal(&answer["SalesReceipt"]["TotalAmt"]),
        Decimal::from(121),
        "{answer}"
    );
}

#[tokio::test]
async fn closed_books_refuse_creates_changes_and_deletes() {
    let company = Company::united_kingdom().await;
    let body = company.receipt("B1").await;
    let (_, answer) = company.post("salesreceipt", &body).await;
    company.simulator.close_books(Some(date(2026, 3, 2)));
    assert_eq!(
        code(&company.post("salesreceipt", &company.receipt("B2").await).await.1),
        "6210"
    );
    let stored = json!({"Id": answer["SalesReceipt"]["Id"], "SyncToken": "0"});
    assert_eq!(
        code(&company.post("salesreceipt?operation=delete", &stored).await.1),
        "6210"
    );
    let id = answer["SalesReceipt"]["Id"].as_str().unwrap();
    assert_eq!(
        company
            .simulator
            .delete_by_hand(EntityKind::SalesReceipt, id)
            .unwrap_err()
            .code,
        "6210"
    );
    company.simulator.close_books(None);
    company
        .simulator
        .delete_by_hand(EntityKind::SalesReceipt, id)
        .unwrap();
    assert!(company.simulator.books().transactions.is_empty());
}

#[tokio::test]
async fn the_default_date_is_the_pacific_one() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("P1").await;
    body.as_object_mut().unwrap().remove("TxnDate");
    // Moves to 03:00 UTC of a later day, which is the evening before in California.
    let now = company.time.now().to_zoned(jiff::tz::TimeZone::UTC);
    let target =
        now.tomorrow().unwrap().start_of_day().unwrap().timestamp() + jiff::SignedDuration::from_hours(3);
    let ahead = target.duration_since(now.timestamp());
    company.time.advance(Duration::try_from(ahead).unwrap());
    let mut company = company;
    company.refresh().await;
    let (_, answer) = company.post("salesreceipt", &body).await;
    assert_eq!(answer["SalesReceipt"]["TxnDate"], now.date().to_string());
}

#[tokio::test]
async fn stock_moves_without_a_new_sync_token_and_comes_back() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("S1").await;
    body["Line"] = json!([company.line("WID-1", "3", "10", "30", "20.0% S").await]);
    let (_, answer) = company.post("salesreceipt", &body).await;
    let on_hand = || {
        company
            .simulator
            .books()
            .item_with_sku("WID-1")
            .unwrap()
            .quantity_on_hand
    };
    assert_eq!(on_hand(), Decimal::from(7));
    let (_, item) = company.query("select * from Item where Sku = 'WID-1'").await;
    assert_eq!(item["QueryResponse"]["Item"][0]["SyncToken"], "0");
    body["DocNumber"] = json!("S2");
    body["DepositToAccountRef"] =
        json!({"value": company.id_of(EntityKind::Account, "Name", "Current Account").await});
    assert_eq!(company.post("refundreceipt", &body).await.0, 200);
    assert_eq!(on_hand(), Decimal::from(10));
    let void = json!({"Id": answer["SalesReceipt"]["Id"], "SyncToken": "0", "sparse": true});
    assert_eq!(
        company
            .post("salesreceipt?operation=update&include=void", &void)
            .await
            .0,
        200
    );
    assert_eq!(on_hand(), Decimal::from(13));
}

#[tokio::test]
async fn inventory_lines_need_a_quantity_and_a_date_after_the_start() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("I1").await;
    body["Line"] = json!([company.line("WID-1", "1", "10", "10", "20.0% S").await]);
    body["TxnDate"] = json!("2019-12-31");
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6270");
    body["TxnDate"] = json!("2020-01-01");
    body["Line"][0]["SalesItemLineDetail"]
        .as_object_mut()
        .unwrap()
        .remove("Qty");
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6520");
}

#[tokio::test]
async fn a_stale_sync_token_is_refused_and_a_sparse_update_keeps_the_rest() {
    let company = Company::united_kingdom().await;
    let (_, answer) = company.post("salesreceipt", &company.receipt("U1").await).await;
    let id = answer["SalesReceipt"]["Id"].clone();
    let patch = json!({"Id": id, "SyncToken": "0", "sparse": true, "PrivateNote": "checked"});
    let (_, changed) = company.post("salesreceipt", &patch).await;
    assert_eq!(changed["SalesReceipt"]["SyncToken"], "1");
    assert_eq!(changed["SalesReceipt"]["Line"], answer["SalesReceipt"]["Line"]);
    assert_eq!(decimal(&changed["SalesReceipt"]["TotalAmt"]), Decimal::from(24));
    assert_eq!(code(&company.post("salesreceipt", &patch).await.1), "5010");
    let full = json!({"Id": id, "SyncToken": "1", "CurrencyRef": {"value": "GBP"},
        "Line": [company.line("GAD-1", "1", "5", "5", "0.0% Z").await]});
    let (_, replaced) = company.post("salesreceipt", &full).await;
    assert_eq!(replaced["SalesReceipt"]["Line"][0]["Id"], "2");
    assert!(replaced["SalesReceipt"]["PrivateNote"].is_null());
    assert_eq!(decimal(&replaced["SalesReceipt"]["TotalAmt"]), Decimal::from(5));
    let (_, missing) = company
        .post("salesreceipt", &json!({"Id": id, "sparse": true}))
        .await;
    assert_eq!(code(&missing), "2020");
}

#[tokio::test]
async fn a_void_keeps_the_object_with_zeroes_and_a_delete_removes_it() {
    let company = Company::united_kingdom().await;
    let (_, answer) = company.post("salesreceipt", &company.receipt("X1").await).await;
    let stored = json!({"Id": answer["SalesReceipt"]["Id"], "SyncToken": "0", "sparse": true});
    assert_eq!(
        code(&company.post("salesreceipt?operation=void", &stored).await.1),
        "500"
    );
    let (_, voided) = company
        .post("salesreceipt?operation=update&include=void", &stored)
        .await;
    assert_eq!(voided["SalesReceipt"]["PrivateNote"], "Voided");
    assert_eq!(decimal(&voided["SalesReceipt"]["TotalAmt"]), Decimal::ZERO);
    let stored = json!({"Id": answer["SalesReceipt"]["Id"], "SyncToken": "1"});
    let (_, deleted) = company.post("salesreceipt?operation=delete", &stored).await;
    assert_eq!(deleted["SalesReceipt"]["status"], "Deleted");
    assert_eq!(
        code(&company.post("salesreceipt?operation=delete", &stored).await.1),
        "610"
    );
}

#[tokio::test]
async fn shipping_discount_and_description_lines_work_by_preference() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("L1").await;
    let mut shipping = body["Line"][0].clone();
    shipping["Amount"] = json!(5);
    shipping["SalesItemLineDetail"] = json!({"ItemRef": {"value": "SHIPPING_ITEM_ID"},
        "TaxCodeRef": body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]});
    let discount = json!({"DetailType": "DiscountLineDetail", "Amount": 2.5,
        "DiscountLineDetail": {"PercentBased": false}});
    let note =
        json!({"DetailType": "DescriptionOnly", "Description": "Thank you", "DescriptionLineDetail": {}});
    body["Line"]
        .as_array_mut()
        .unwrap()
        .extend([shipping, discount, note]);
    let (_, answer) = company.post("salesreceipt", &body).await;
    assert_eq!(
        decimal(&answer["SalesReceipt"]["TotalAmt"]),
        Decimal::from(27),
        "{answer}"
    );
    let mut seed = CompanySeed::united_kingdom().with_items(vec![ItemSeed::non_inventory("Gadget", "GAD-1")]);
    seed.preferences.allow_shipping = false;
    seed.preferences.allow_discount = false;
    let company = Company::start(seed).await;
    let mut refused = company.receipt("L2").await;
    refused["Line"]
        .as_array_mut()
        .unwrap()
        .push(body["Line"][1].clone());
    let (_, answer) = company.post("salesreceipt", &refused).await;
    assert!(
        answer["Fault"]["Error"][0]["Detail"]
            .as_str()
            .unwrap()
            .contains("Shipping is turned off")
    );
    refused["Line"][1] = body["Line"][2].clone();
    assert_eq!(code(&company.post("salesreceipt", &refused).await.1), "6000");
}

#[tokio::test]
async fn references_that_are_not_tracked_are_dropped_or_refused() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("T1").await;
    body["ClassRef"] = json!({"value": company.id_of(EntityKind::Class, "Name", "Online").await});
    let (_, answer) = company.post("salesreceipt", &body).await;
    assert!(answer["SalesReceipt"]["ClassRef"].is_null());
    company
        .simulator
        .set_switches(|switches| switches.untracked_reference = UntrackedReference::Fault6000);
    body["DocNumber"] = json!("T2");
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6000");
}
