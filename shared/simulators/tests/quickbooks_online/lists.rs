//! Names, customers, items, tax codes, company objects (quickbooks-online.md 3.2, 3.3, 3.11, 3.18, 3.20, 3.22).

use rust_decimal::Decimal;
use serde_json::json;
use simulators::quickbooks_online::{CompanySeed, EntityKind, NameComparison};

use crate::client::{Company, code, decimal};

#[tokio::test]
async fn a_display_name_is_unique_over_customers_vendors_and_employees_in_any_case() {
    let company = Company::united_kingdom().await;
    for name in ["WEB ORDERS", "royal parcel co", "Emily Platt"] {
        let (_, fault) = company.post("customer", &json!({"DisplayName": name})).await;
        assert_eq!(code(&fault), "6240", "{name}");
    }
    company
        .simulator
        .set_switches(|switches| switches.name_comparison = NameComparison::Exact);
    assert_eq!(
        company
            .post("customer", &json!({"DisplayName": "WEB ORDERS"}))
            .await
            .0,
        200
    );
    assert_eq!(
        company.post("customer", &json!({"DisplayName": "Renée"})).await.0,
        200
    );
    company
        .simulator
        .set_switches(|switches| switches.name_comparison = NameComparison::CaseAndAccentInsensitive);
    assert_eq!(
        code(&company.post("customer", &json!({"DisplayName": "renee"})).await.1),
        "6240"
    );
}

#[tokio::test]
async fn a_customer_made_inactive_is_renamed_and_hidden_from_plain_queries() {
    let company = Company::united_kingdom().await;
    let (_, answer) = company
        .post("customer", &json!({"GivenName": "Jane", "FamilyName": "Doe"}))
        .await;
    assert_eq!(answer["Customer"]["DisplayName"], "Jane Doe");
    assert_eq!(answer["Customer"]["CurrencyRef"]["value"], "GBP");
    let patch = json!({"Id": answer["Customer"]["Id"], "SyncToken": "0", "sparse": true, "Active": false});
    let (_, inactive) = company.post("customer", &patch).await;
    assert_eq!(inactive["Customer"]["DisplayName"], "Jane Doe (deleted)");
    let (_, plain) = company
        .query("select * from Customer where DisplayName = 'Jane Doe (deleted)'")
        .await;
    assert_eq!(plain["QueryResponse"], json!({}));
    let statement = "select * from Customer where DisplayName IN ('Jane Doe', 'Jane Doe (deleted)') and Active IN (true,false)";
    assert_eq!(company.query(statement).await.1["QueryResponse"]["maxResults"], 1);
    assert_eq!(
        company
            .post("customer", &json!({"DisplayName": "Jane Doe"}))
            .await
            .0,
        200
    );
    company
        .simulator
        .set_switches(|switches| switches.deleted_suffix = false);
    let id = company
        .id_of(EntityKind::Customer, "DisplayName", "Jane Doe")
        .await;
    company
        .simulator
        .deactivate_by_hand(EntityKind::Customer, &id)
        .unwrap();
    assert_eq!(
        code(
            &company
                .post("customer", &json!({"DisplayName": "Jane Doe"}))
                .await
                .1
        ),
        "6240"
    );
}

#[tokio::test]
async fn names_are_checked_for_length_and_forbidden_letters() {
    let company = Company::united_kingdom().await;
    let long = "x".repeat(501);
    for (body, expected) in [
        (json!({"DisplayName": long}), "2050"),
        (json!({"DisplayName": "a:b"}), "2040"),
        (json!({"CompanyName": "only"}), "6080"),
        (
            json!({"DisplayName": "mail", "PrimaryEmailAddr": {"Address": "nobody"}}),
            "2210",
        ),
    ] {
        assert_eq!(code(&company.post("customer", &body).await.1), expected, "{body}");
    }
}

#[tokio::test]
async fn a_customers_currency_is_fixed_and_needs_multicurrency() {
    let company = Company::united_kingdom().await;
    let body = json!({"DisplayName": "Swiss", "CurrencyRef": {"value": "CHF"}});
    let (_, answer) = company.post("customer", &body).await;
    let patch = json!({"Id": answer["Customer"]["Id"], "SyncToken": "0", "sparse": true,
        "CurrencyRef": {"value": "GBP"}});
    assert_eq!(
        company.post("customer", &patch).await.1["Customer"]["CurrencyRef"]["value"],
        "CHF"
    );
    let (_, listed) = company
        .query("select * from CompanyCurrency where Code = 'CHF'")
        .await;
    assert_eq!(listed["QueryResponse"]["maxResults"], 1);
    let company = Company::start(CompanySeed::united_states()).await;
    assert_eq!(code(&company.post("customer", &body).await.1), "6000");
}

#[tokio::test]
async fn an_inventory_item_needs_its_accounts_quantity_and_the_preference() {
    let company = Company::united_kingdom().await;
    let account = |name: &'static str| company.id_of(EntityKind::Account, "Name", name);
    let mut body = json!({"Name": "Lamp", "Sku": "LAMP", "Type": "Inventory", "TrackQtyOnHand": true, "QtyOnHand": 4,
        "InvStartDate": "2020-01-01", "IncomeAccountRef": {"value": account("Sales").await},
        "ExpenseAccountRef": {"value": account("Cost of Goods Sold").await},
        "AssetAccountRef": {"value": account("Inventory Asset").await}});
    let (status, answer) = company.post("item", &body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(decimal(&answer["Item"]["QtyOnHand"]), Decimal::from(4));
    body["Name"] = json!("Lamp 2");
    body["IncomeAccountRef"] = json!({"value": account("Current Account").await});
    assert_eq!(code(&company.post("item", &body).await.1), "6430");
    body.as_object_mut().unwrap().remove("QtyOnHand");
    assert_eq!(code(&company.post("item", &body).await.1), "2020");
    let mut seed = CompanySeed::united_kingdom();
    seed.preferences.quantity_on_hand = false;
    assert_eq!(
        code(&Company::start(seed).await.post("item", &body).await.1),
        "6000"
    );
}

#[tokio::test]
async fn children_carry_their_parents_name() {
    let company = Company::united_kingdom().await;
    let (_, parent) = company
        .post("item", &json!({"Name": "Chairs", "Type": "Category"}))
        .await;
    let income = company.id_of(EntityKind::Account, "Name", "Sales").await;
    let body = json!({"Name": "Stool", "Type": "Service", "SubItem": true,
        "ParentRef": {"value": parent["Item"]["Id"]}, "IncomeAccountRef": {"value": income}});
    let (_, child) = company.post("item", &body).await;
    assert_eq!(child["Item"]["FullyQualifiedName"], "Chairs:Stool");
    assert_eq!(code(&company.post("item", &body).await.1), "6240");
}

#[tokio::test]
async fn the_tax_service_makes_a_code_and_refuses_a_taken_name() {
    let company = Company::united_kingdom().await;
    let body = json!({"TaxCode": "25.0% SE", "TaxRateDetails": [
        {"TaxRateName": "25.0% SE", "RateValue": "25", "TaxAgencyId": "2", "TaxApplicableOn": "Sales"}]});
    let (status, answer) = company.post("taxservice/taxcode", &body).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["TaxCodeId"].is_string() && answer.get("time").is_none());
    assert_eq!(code(&company.post("taxservice/taxcode", &body).await.1), "6240");
    let (_, fault) = company.post("taxcode", &json!({"Name": "x"})).await;
    assert_eq!(code(&fault), "500");
}

#[tokio::test]
async fn company_objects_and_exchange_rates_are_read() {
    let company = Company::united_kingdom().await;
    let (_, info) = company.get("companyinfo/4620816365000000000").await;
    assert_eq!(info["CompanyInfo"]["Country"], "GB");
    let (_, preferences) = company.query("select * from Preferences").await;
    let preferences = &preferences["QueryResponse"]["Preferences"][0];
    assert_eq!(preferences["CurrencyPrefs"]["HomeCurrency"]["value"], "GBP");
    assert_eq!(preferences["SalesFormsPrefs"]["CustomTxnNumbers"], false);
    let set = json!({"SourceCurrencyCode": "EUR", "Rate": 0.9, "AsOfDate": "2026-01-31"});
    assert_eq!(company.post("exchangerate", &set).await.0, 200);
    let (_, found) = company
        .query("select * from ExchangeRate where SourceCurrencyCode = 'EUR'")
        .await;
    assert_eq!(
        decimal(&found["QueryResponse"]["ExchangeRate"][0]["Rate"]),
        Decimal::new(9, 1)
    );
    let rate = |day: &'static str| format!("exchangerate?sourcecurrencycode=EUR&asofdate={day}");
    assert_eq!(
        decimal(&company.get(&rate("2026-01-30")).await.1["ExchangeRate"]["Rate"]),
        Decimal::new(85, 2)
    );
    assert_eq!(
        decimal(&company.get(&rate("2026-01-31")).await.1["ExchangeRate"]["Rate"]),
        Decimal::new(9, 1)
    );
}

#[tokio::test]
async fn other_lists_are_created() {
    let company = Company::united_kingdom().await;
    for (entity, body) in [
        ("class", json!({"Name": "Amazon"})),
        ("department", json!({"Name": "UK"})),
        (
            "paymentmethod",
            json!({"Name": "Klarna", "Type": "NON_CREDIT_CARD"}),
        ),
        ("term", json!({"Name": "Net 7", "DueDays": 7})),
        ("account", json!({"Name": "Etsy Clearing", "AccountType": "Bank"})),
        ("vendor", json!({"DisplayName": "Supplier"})),
        ("taxagency", json!({"DisplayName": "Revenue"})),
    ] {
        let (status, answer) = company.post(entity, &body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(code(&company.post(entity, &body).await.1), "6240", "{entity}");
    }
    assert_eq!(
        code(&company.post("account", &json!({"Name": "No type"})).await.1),
        "6010"
    );
    assert_eq!(
        code(
            &company
                .post("paymentmethod", &json!({"Name": "x".repeat(32)}))
                .await
                .1
        ),
        "2050"
    );
}

#[tokio::test]
async fn a_us_company_refuses_letters_outside_latin_1() {
    let us = Company::start(CompanySeed::united_states()).await;
    assert_eq!(
        code(&us.post("customer", &json!({"DisplayName": "Łukasz"})).await.1),
        "2040"
    );
    assert_eq!(us.post("customer", &json!({"DisplayName": "Renée"})).await.0, 200);
    let uk = Company::united_kingdom().await;
    assert_eq!(
        uk.post("customer", &json!({"DisplayName": "Łukasz"})).await.0,
        200
    );
}
