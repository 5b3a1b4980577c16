//! Invoices, payments, credits (quickbooks-online.md 2.2, 3.7 to 3.9).

use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulators::quickbooks_online::EntityKind;

use crate::client::{Company, code, decimal};

async fn invoice(company: &Company, number: &str) -> Value {
    let (status, answer) = company.post("invoice", &company.receipt(number).await).await;
    assert_eq!(status, 200, "{answer}");
    answer["Invoice"].clone()
}

fn payment_for(invoice: &Value, amount: f64, total: f64) -> Value {
    json!({"CustomerRef": invoice["CustomerRef"], "CurrencyRef": {"value": "GBP"}, "TotalAmt": total,
        "TxnDate": "2026-03-03",
        "Line": [{"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}]})
}

async fn balance(company: &Company, invoice: &Value) -> Decimal {
    let (_, body) = company
        .get(&format!("invoice/{}", invoice["Id"].as_str().unwrap()))
        .await;
    decimal(&body["Invoice"]["Balance"])
}

#[tokio::test]
async fn a_payment_lowers_the_balance_and_the_rest_is_unapplied() {
    let company = Company::united_kingdom().await;
    let bill = invoice(&company, "P1").await;
    assert_eq!(decimal(&bill["Balance"]), Decimal::from(24));
    let (_, answer) = company.post("payment", &payment_for(&bill, 20.0, 30.0)).await;
    assert_eq!(
        decimal(&answer["Payment"]["UnappliedAmt"]),
        Decimal::from(10),
        "{answer}"
    );
    assert_eq!(balance(&company, &bill).await, Decimal::from(4));
    assert_eq!(
        code(&company.post("payment", &payment_for(&bill, 5.0, 5.0)).await.1),
        "6000"
    );
    let void = json!({"Id": answer["Payment"]["Id"], "SyncToken": "0", "sparse": true});
    assert_eq!(
        company
            .post("payment?operation=update&include=void", &void)
            .await
            .0,
        200
    );
    assert_eq!(balance(&company, &bill).await, Decimal::from(24));
}

#[tokio::test]
async fn a_payment_cannot_be_linked_to_another_customers_or_a_missing_invoice() {
    let company = Company::united_kingdom().await;
    let bill = invoice(&company, "P2").await;
    let (_, other) = company.post("customer", &json!({"DisplayName": "Other"})).await;
    let mut payment = payment_for(&bill, 24.0, 24.0);
    payment["CustomerRef"] = json!({"value": other["Customer"]["Id"]});
    assert_eq!(code(&company.post("payment", &payment).await.1), "620");
    let mut payment = payment_for(&bill, 24.0, 24.0);
    payment["Line"][0]["LinkedTxn"][0]["TxnId"] = json!("99999");
    assert_eq!(code(&company.post("payment", &payment).await.1), "620");
    let payment = payment_for(&bill, 24.0, 20.0);
    assert_eq!(code(&company.post("payment", &payment).await.1), "6000");
}

#[tokio::test]
async fn voiding_an_invoice_frees_its_payments() {
    let company = Company::united_kingdom().await;
    let bill = invoice(&company, "P3").await;
    let (_, paid) = company.post("payment", &payment_for(&bill, 24.0, 24.0)).await;
    let void = json!({"Id": bill["Id"], "SyncToken": "1"});
    let (status, answer) = company.post("invoice?operation=void", &void).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["Invoice"]["LinkedTxn"], json!([]));
    let (_, read) = company
        .get(&format!("payment/{}", paid["Payment"]["Id"].as_str().unwrap()))
        .await;
    assert_eq!(decimal(&read["Payment"]["UnappliedAmt"]), Decimal::from(24));
}

#[tokio::test]
async fn a_zero_payment_uses_a_credit_memo_on_an_invoice() {
    let company = Company::united_kingdom().await;
    let bill = invoice(&company, "P4").await;
    let (_, credit) = company.post("creditmemo", &company.receipt("CM4").await).await;
    let credit = &credit["CreditMemo"];
    assert_eq!(decimal(&credit["RemainingCredit"]), Decimal::from(24));
    let mut payment = payment_for(&bill, 12.5, 0.0);
    payment["Line"]
        .as_array_mut()
        .unwrap()
        .push(json!({"Amount": 12.5, "LinkedTxn": [{"TxnId": credit["Id"], "TxnType": "CreditMemo"}]}));
    let (status, answer) = company.post("payment", &payment).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(balance(&company, &bill).await, Decimal::new(115, 1));
    let books = company.simulator.books();
    let stored = books
        .transaction(EntityKind::CreditMemo, credit["Id"].as_str().unwrap())
        .unwrap();
    assert_eq!(stored.balance, Decimal::new(115, 1));
    let delete = json!({"Id": answer["Payment"]["Id"], "SyncToken": "0"});
    assert_eq!(company.post("payment?operation=delete", &delete).await.0, 200);
    assert_eq!(balance(&company, &bill).await, Decimal::from(24));
}

#[tokio::test]
async fn credit_memos_and_refund_receipts_cannot_be_voided() {
    let company = Company::united_kingdom().await;
    let (_, credit) = company.post("creditmemo", &company.receipt("CM5").await).await;
    let void = json!({"Id": credit["CreditMemo"]["Id"], "SyncToken": "0"});
    assert_eq!(
        code(&company.post("creditmemo?operation=void", &void).await.1),
        "500"
    );
    assert_eq!(
        code(
            &company
                .post("refundreceipt", &company.receipt("RR5").await)
                .await
                .1
        ),
        "2020"
    );
}

#[tokio::test]
async fn an_invoice_needs_a_customer_and_gets_its_due_date_from_the_term() {
    let company = Company::united_kingdom().await;
    let mut body = company.receipt("P6").await;
    body["SalesTermRef"] = json!({"value": company.id_of(EntityKind::Term, "Name", "Net 30").await});
    let (_, answer) = company.post("invoice", &body).await;
    assert_eq!(answer["Invoice"]["DueDate"], "2026-04-01");
    body.as_object_mut().unwrap().remove("CustomerRef");
    assert_eq!(code(&company.post("invoice", &body).await.1), "2020");
}
