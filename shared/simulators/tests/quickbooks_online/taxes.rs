//! Tax to the penny (quickbooks-online.md 3.19).

use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulators::quickbooks_online::{EntityKind, TaxInclusiveReading, UsTotalTax};

use crate::client::{Company, code, decimal};

async fn created(company: &Company, body: &Value) -> Value {
    let (status, answer) = company.post("salesreceipt", body).await;
    assert_eq!(status, 200, "{answer}");
    answer["SalesReceipt"].clone()
}

/// Three lines of 0.99 gross, 0.83 net at 20 %, in the form of the worked body of 3.26.
async fn three_gross_lines(company: &Company, number: &str) -> Value {
    let mut line = company.line("GAD-1", "1", "0.83", "0.83", "20.0% S").await;
    line["SalesItemLineDetail"]["TaxInclusiveAmt"] = json!(0.99);
    let mut body = company.receipt(number).await;
    body["GlobalTaxCalculation"] = json!("TaxInclusive");
    body["Line"] = json!([line, line, line]);
    body
}

#[tokio::test]
async fn tax_is_rounded_once_per_rate_on_the_summed_net() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("N1").await;
    let standard = company.line("GAD-1", "1", "0.99", "0.99", "20.0% S").await;
    let reduced = company.line("GAD-1", "1", "1.01", "1.01", "5.0% R").await;
    let zero = company.line("GAD-1", "1", "3", "3", "0.0% Z").await;
    body["Line"] = json!([standard, standard, standard, reduced, zero]);
    let receipt = created(&company, &body).await;
    // 2.97 at 20 % is 0.594, 1.01 at 5 % is 0.0505.
    assert_eq!(decimal(&receipt["TxnTaxDetail"]["TotalTax"]), Decimal::new(64, 2));
    assert_eq!(decimal(&receipt["TotalAmt"]), Decimal::new(762, 2));
    let lines = receipt["TxnTaxDetail"]["TaxLine"].as_array().unwrap();
    let of_standard = lines
        .iter()
        .find(|line| decimal(&line["TaxLineDetail"]["TaxPercent"]) == Decimal::from(20));
    assert_eq!(
        decimal(&of_standard.unwrap()["TaxLineDetail"]["NetAmountTaxable"]),
        Decimal::new(297, 2)
    );
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn the_worked_gross_order_totals_what_the_channel_took() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("G1").await;
    let mut line = company.line("GAD-1", "2", "8.325", "16.65", "20.0% S").await;
    line["SalesItemLineDetail"]["TaxInclusiveAmt"] = json!(19.98);
    let shipping = json!({"DetailType": "SalesItemLineDetail", "Amount": 3.35, "SalesItemLineDetail": {
        "ItemRef": {"value": "SHIPPING_ITEM_ID"}, "TaxInclusiveAmt": 4.02,
        "TaxCodeRef": line["SalesItemLineDetail"]["TaxCodeRef"]}});
    body["GlobalTaxCalculation"] = json!("TaxInclusive");
    body["Line"] = json!([line, shipping]);
    let receipt = created(&company, &body).await;
    assert_eq!(decimal(&receipt["TotalAmt"]), Decimal::from(24));
    assert_eq!(decimal(&receipt["TxnTaxDetail"]["TotalTax"]), Decimal::from(4));
    assert_eq!(
        decimal(&receipt["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"]),
        Decimal::new(1998, 2)
    );
}

#[tokio::test]
async fn each_reading_of_gross_amounts_gives_its_own_total() {
    let company = Company::united_kingdom().await;
    let mut totals = Vec::new();
    for (index, reading) in [
        TaxInclusiveReading::TaxInclusiveAmtHonoured,
        TaxInclusiveReading::AmountTakenAsGross,
        TaxInclusiveReading::AmountTakenAsNet,
    ]
    .into_iter()
    .enumerate()
    {
        company
            .simulator
            .set_switches(|switches| switches.tax_inclusive = reading);
        let receipt = created(&company, &three_gross_lines(&company, &format!("R{index}")).await).await;
        totals.push(decimal(&receipt["TotalAmt"]));
    }
    // Honoured: 3 x 0.99. As gross: 3 x 0.83. As net: 2.49 plus 0.498 rounded.
    assert_eq!(
        totals,
        [Decimal::new(297, 2), Decimal::new(249, 2), Decimal::new(299, 2)]
    );
}

#[tokio::test]
async fn a_sparse_update_of_a_gross_form_keeps_its_total_under_each_reading() {
    let company = Company::united_kingdom().await;
    for (index, reading) in [
        TaxInclusiveReading::TaxInclusiveAmtHonoured,
        TaxInclusiveReading::AmountTakenAsGross,
    ]
    .into_iter()
    .enumerate()
    {
        company
            .simulator
            .set_switches(|switches| switches.tax_inclusive = reading);
        let receipt = created(&company, &three_gross_lines(&company, &format!("K{index}")).await).await;
        let patch = json!({"Id": receipt["Id"], "SyncToken": "0", "sparse": true, "PrivateNote": "n"});
        let changed = created(&company, &patch).await;
        assert_eq!(changed["TotalAmt"], receipt["TotalAmt"]);
        assert_eq!(
            changed["TxnTaxDetail"]["TotalTax"],
            receipt["TxnTaxDetail"]["TotalTax"]
        );
    }
}

#[tokio::test]
async fn own_tax_amounts_replace_the_computed_ones_unless_switched_off() {
    let company = Company::united_kingdom().await;
    let rate = company.id_of(EntityKind::TaxRate, "Name", "20.0% S").await;
    let mut body = company.receipt("O1").await;
    body["TxnTaxDetail"] = json!({"TotalTax": 4.01, "TaxLine": [{"Amount": 4.01, "DetailType": "TaxLineDetail",
        "TaxLineDetail": {"TaxRateRef": {"value": rate}, "PercentBased": true, "TaxPercent": 20,
        "NetAmountTaxable": 20}}]});
    let receipt = created(&company, &body).await;
    assert_eq!(decimal(&receipt["TotalAmt"]), Decimal::new(2401, 2));
    let delta = &receipt["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["OverrideDeltaAmount"];
    assert_eq!(decimal(delta), Decimal::new(1, 2));
    company
        .simulator
        .set_switches(|switches| switches.tax_line_override = false);
    body["DocNumber"] = json!("O2");
    assert_eq!(
        decimal(&created(&company, &body).await["TotalAmt"]),
        Decimal::from(24)
    );
}

#[tokio::test]
async fn a_line_without_a_code_is_refused_outside_the_us_unless_tax_does_not_apply() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("M1").await;
    body["Line"][0]["SalesItemLineDetail"]
        .as_object_mut()
        .unwrap()
        .remove("TaxCodeRef");
    let (_, fault) = company.post("salesreceipt", &body).await;
    assert_eq!(code(&fault), "6000");
    assert!(
        fault["Fault"]["Error"][0]["Detail"]
            .as_str()
            .unwrap()
            .contains("have a VAT rate before you save")
    );
    body["GlobalTaxCalculation"] = json!("NotApplicable");
    assert_eq!(
        decimal(&created(&company, &body).await["TotalAmt"]),
        Decimal::from(20)
    );
    body["TxnTaxDetail"] = json!({"TotalTax": 1});
    body["DocNumber"] = json!("M2");
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6170");
}

async fn us_body(company: &Company, number: &str, tax: &str) -> Value {
    let line = company.line("GAD-1", "2", "9.99", "19.98", tax).await;
    json!({"DocNumber": number, "TxnDate": "2026-03-02", "Line": [line]})
}

#[tokio::test]
async fn a_us_form_takes_only_tax_or_non() {
    let company = Company::united_states().await;
    let mut body = us_body(&company, "A1", "TAX").await;
    body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] = json!({"value": "3"});
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6100");
}

#[tokio::test]
async fn the_us_total_of_the_channel_is_kept_recomputed_or_refused_by_switch() {
    let company = Company::united_states().await;
    let mut body = us_body(&company, "A2", "TAX").await;
    body["TxnTaxDetail"] = json!({"TotalTax": 1.74});
    let receipt = created(&company, &body).await;
    assert_eq!(decimal(&receipt["TotalAmt"]), Decimal::new(2172, 2));
    let lines = receipt["TxnTaxDetail"]["TaxLine"].as_array().unwrap();
    let spread: Decimal = lines.iter().map(|line| decimal(&line["Amount"])).sum();
    assert_eq!((lines.len(), spread), (2, Decimal::new(174, 2)));
    company
        .simulator
        .set_switches(|switches| switches.us_total_tax = UsTotalTax::Recomputed);
    body["DocNumber"] = json!("A3");
    // 19.98 at 7.1 % is 1.41858, at 2 % 0.3996.
    assert_eq!(
        decimal(&created(&company, &body).await["TxnTaxDetail"]["TotalTax"]),
        Decimal::new(182, 2)
    );
    company
        .simulator
        .set_switches(|switches| switches.us_total_tax = UsTotalTax::RefusedWithoutTaxLine);
    let mut body = us_body(&company, "A4", "NON").await;
    body["TxnTaxDetail"] = json!({"TotalTax": 1.74});
    assert_eq!(code(&company.post("salesreceipt", &body).await.1), "6000");
}
