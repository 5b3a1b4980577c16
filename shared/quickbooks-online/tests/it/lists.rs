//! Lists read whole and their changes.

use domain::lists::{ListDetail, ListEntry, ListKind};
use domain::{Currency, ListId};
use jiff::SignedDuration;
use ports::{Books, Disposition, ListsCursor};
use quickbooks_online::QuickBooksOnline;

use crate::support::*;

/// The entity of a query statement.
fn entity(request: &Request) -> &str {
    request
        .body
        .strip_prefix("select * from ")
        .map_or("", |rest| rest.split(' ').next().unwrap())
}

fn preferences() -> String {
    r#"{"SalesFormsPrefs":{"CustomTxnNumbers":true,"AllowShipping":true,"AllowDiscount":false,"AutoApplyCredit":true},
        "ProductAndServicesPrefs":{"QuantityOnHand":true},
        "AccountingInfoPrefs":{"TrackDepartments":true,"ClassTrackingPerTxnLine":true,"BookCloseDate":"2018-12-31"},
        "TaxPrefs":{"UsingSalesTax":true},"CurrencyPrefs":{"HomeCurrency":{"value":"GBP"},"MultiCurrencyEnabled":true},"Id":"1"}"#
        .to_owned()
}

fn company_info() -> Reply {
    let info =
        r#"{"CompanyName":"Larry's Bakery","Country":"GB","DefaultTimeZone":"Europe/London","Id":"1"}"#;
    json(200, envelope("CompanyInfo", info))
}

/// One object of each list.
fn list_rows(request: &Request) -> Reply {
    let objects: &[&str] = match entity(request) {
        "Customer" => &[
            r#"{"Id":"61","DisplayName":"Amazon GBP","Active":true,"CurrencyRef":{"value":"GBP"},"PrimaryEmailAddr":{"Address":"jo@example.com"}}"#,
            r#"{"Id":"62","DisplayName":"Old (deleted)","Active":false}"#,
        ],
        "Vendor" => &[r#"{"Id":"30","DisplayName":"Acme","Balance":755.0}"#],
        "Item" => &[
            r#"{"Id":"19","Name":"Widget","FullyQualifiedName":"Chairs:Widget","Sku":"W","Type":"Inventory","InvStartDate":"2020-01-01","UnitPrice":13,"Active":true}"#,
        ],
        "Account" => &[
            r#"{"Id":"140","Name":"Clearing","FullyQualifiedName":"Bank:Clearing","AccountType":"Bank","CurrencyRef":{"value":"GBP"}}"#,
        ],
        "TaxCode" => &[
            r#"{"Id":"3","Name":"20.0% S","Taxable":true,"Active":true,"SalesTaxRateList":{"TaxRateDetail":[{"TaxRateRef":{"value":"12"},"TaxOrder":0}]}}"#,
            r#"{"TaxGroup":false,"Name":"NON","Taxable":false,"Id":"NON"}"#,
        ],
        "TaxRate" => &[
            r#"{"Id":"12","Name":"20%","RateValue":20,"Active":true}"#,
            r#"{"Id":"13","Name":"odd","EffectiveTaxRate":[{"RateValue":7.1},{"RateValue":7.25}]}"#,
            r#"{"Id":"14","Name":"none"}"#,
        ],
        "Preferences" => return rows("Preferences", &[preferences()]),
        _ => &[],
    };
    rows(
        entity(request),
        &objects
            .iter()
            .map(|object| (*object).to_owned())
            .collect::<Vec<_>>(),
    )
}

fn answer(request: &Request) -> Reply {
    if request.path().contains("/companyinfo/") {
        company_info()
    } else {
        list_rows(request)
    }
}

fn changes(lists: &str) -> Reply {
    let body = format!(
        r#"{{"CDCResponse":[{{"QueryResponse":[{lists}]}}],"time":"2026-03-02T00:58:00.000-08:00"}}"#
    );
    json(200, body)
}

fn cursor(changed: &str, daily: &str) -> ListsCursor {
    ListsCursor {
        changed_until: changed.parse().unwrap(),
        daily_read_at: daily.parse().unwrap(),
    }
}

/// Known a few minutes ago.
fn fresh() -> ListsCursor {
    cursor("2026-03-02T08:00:00Z", "2026-03-02T00:00:00Z")
}

fn entry<'a>(entries: &'a [ListEntry], kind: ListKind, id: &str) -> &'a ListEntry {
    entries
        .iter()
        .find(|entry| entry.detail.kind() == kind && entry.id.as_str() == id)
        .unwrap()
}

#[tokio::test]
async fn the_first_read_takes_one_call_per_list_and_reads_inactive_entries_too() {
    let server = Server::start(|request, _| answer(request)).await;
    let books = connect(&server);
    let update = books.read_lists(None).await.unwrap();
    assert_eq!(books.calls(), 13);
    let mut replaced = update.replaced.clone();
    replaced.sort();
    let mut all = ListKind::ALL.to_vec();
    all.sort();
    assert_eq!(replaced, all);
    for request in server
        .requests()
        .iter()
        .filter(|request| !matches!(entity(request), "" | "Preferences"))
    {
        let expected = format!(
            "select * from {} where Active in (true,false) orderby Id startposition 1 maxresults 1000",
            entity(request)
        );
        assert_eq!(request.body, expected);
    }
    // QuickBooks' own time, not ours.
    assert_eq!(update.cursor.changed_until.to_string(), "2026-03-02T08:59:00Z");
    assert_eq!(update.cursor.daily_read_at.to_string(), "2026-03-02T09:00:00Z");
}

#[tokio::test]
async fn every_kind_of_entry_is_understood() {
    let server = Server::start(|request, _| answer(request)).await;
    let entries = connect(&server).read_lists(None).await.unwrap().changed;
    let gbp = Some(gbp());
    let customer = entry(&entries, ListKind::Customer, "61");
    assert_eq!(
        customer.detail,
        ListDetail::Customer {
            currency: gbp,
            email: Some("jo@example.com".into())
        }
    );
    assert!(!entry(&entries, ListKind::Customer, "62").active);
    let item = entry(&entries, ListKind::Item, "19");
    assert_eq!(item.name, "Chairs:Widget");
    let ListDetail::Item {
        short_name,
        sku,
        item_type,
        start_date,
    } = &item.detail
    else {
        panic!()
    };
    assert_eq!(
        (short_name.as_str(), sku.as_deref(), item_type.as_str()),
        ("Widget", Some("W"), "Inventory")
    );
    assert_eq!(start_date.unwrap().to_string(), "2020-01-01");
    let account = entry(&entries, ListKind::Account, "140");
    assert_eq!(
        account.detail,
        ListDetail::Account {
            account_type: "Bank".into(),
            currency: gbp
        }
    );
    let code = entry(&entries, ListKind::TaxCode, "3");
    assert_eq!(
        code.detail,
        ListDetail::TaxCode {
            taxable: true,
            sales_rates: vec![ListId::new("12")]
        }
    );
    assert!(entry(&entries, ListKind::TaxCode, "NON").active);
    assert_eq!(
        entry(&entries, ListKind::TaxRate, "12").detail,
        ListDetail::TaxRate {
            percent: decimal("20")
        }
    );
    assert_eq!(
        entry(&entries, ListKind::TaxRate, "13").detail,
        ListDetail::TaxRate {
            percent: decimal("7.25")
        }
    );
    assert!(
        !entries.iter().any(|entry| entry.id.as_str() == "14"),
        "a rate without a percentage is of no use"
    );
}

#[tokio::test]
async fn the_company_and_its_settings_are_read() {
    let server = Server::start(|request, _| answer(request)).await;
    let company = connect(&server).read_lists(None).await.unwrap().company.unwrap();
    assert_eq!(
        (company.name.as_str(), company.country.as_str()),
        ("Larry's Bakery", "GB")
    );
    assert_eq!(company.time_zone.as_deref(), Some("Europe/London"));
    let preferences = company.preferences;
    assert_eq!(preferences.home_currency, Currency::parse("GBP").unwrap());
    assert!(preferences.multicurrency && preferences.custom_txn_numbers && preferences.track_departments);
    assert!(
        !preferences.allow_discount
            && !preferences.class_tracking_per_txn
            && !preferences.partner_tax_enabled
    );
    assert_eq!(preferences.book_close_date.unwrap().to_string(), "2018-12-31");
}

#[tokio::test]
async fn a_full_page_of_a_list_is_followed() {
    let server = Server::start(|request, _| match entity(request) {
        "Customer" if request.body.contains("startposition 1 ") => {
            let page: Vec<String> = (1..=1000)
                .map(|id| format!(r#"{{"Id":"{id}","DisplayName":"C{id}"}}"#))
                .collect();
            rows("Customer", &page)
        }
        "Customer" => rows("Customer", &[r#"{"Id":"1001","DisplayName":"last"}"#.into()]),
        _ => answer(request),
    })
    .await;
    let update = connect(&server).read_lists(None).await.unwrap();
    let customers = update
        .changed
        .iter()
        .filter(|entry| entry.detail.kind() == ListKind::Customer)
        .count();
    assert_eq!((customers, server.requests().len()), (1001, 14));
}

#[tokio::test]
async fn changes_take_one_call_with_some_minutes_of_overlap() {
    let server = Server::start(|_, _| {
        changes(
            r#"{"Customer":[{"Id":"63","DisplayName":"New"},{"domain":"QBO","status":"Deleted","Id":"9"}],"startPosition":1,"maxResults":2},{},{"Item":[{"Id":"19","Name":"Widget","Type":"Service"}]}"#,
        )
    })
    .await;
    let books = connect(&server);
    let update = books.read_lists(Some(&fresh())).await.unwrap();
    assert_eq!(books.calls(), 1);
    let target = &server.requests()[0].target;
    let entities =
        "Customer%2CVendor%2CEmployee%2CItem%2CAccount%2CClass%2CDepartment%2CTerm%2CPaymentMethod";
    assert!(
        target.contains(&format!("/cdc?minorversion=75&entities={entities}&")),
        "{target}"
    );
    assert!(
        target.ends_with("changedSince=2026-03-02T07%3A55%3A00Z"),
        "{target}"
    );
    assert_eq!(update.changed.len(), 2);
    assert_eq!(update.removed, [(ListKind::Customer, ListId::new("9"))]);
    assert!(update.replaced.is_empty() && update.company.is_none());
    assert_eq!(update.cursor.changed_until.to_string(), "2026-03-02T08:58:00Z");
    assert_eq!(update.cursor.daily_read_at, fresh().daily_read_at);
}

#[tokio::test]
async fn a_thousand_changes_may_have_been_cut_and_the_lists_are_read_whole() {
    for count in [999, 1000] {
        let server = Server::start(move |request, _| match request.path().ends_with("/cdc") {
            true => {
                let customers: Vec<String> = (0..count)
                    .map(|id| format!(r#"{{"Id":"{id}","DisplayName":"C{id}"}}"#))
                    .collect();
                changes(&format!(r#"{{"Customer":[{}]}}"#, customers.join(",")))
            }
            false => answer(request),
        })
        .await;
        let update = connect(&server).read_lists(Some(&fresh())).await.unwrap();
        if count < 1000 {
            assert_eq!((update.changed.len(), server.requests().len()), (999, 1));
            continue;
        }
        assert_eq!(server.requests().len(), 10);
        assert_eq!(update.replaced.len(), 9);
        let customers = update
            .changed
            .iter()
            .filter(|entry| entry.detail.kind() == ListKind::Customer)
            .count();
        assert_eq!(customers, 2, "what the cut answer had is dropped");
        assert_eq!(update.cursor.changed_until.to_string(), "2026-03-02T08:59:00Z");
    }
}

#[tokio::test]
async fn a_gap_of_a_month_reads_everything() {
    let server = Server::start(|request, _| answer(request)).await;
    let books = connect(&server);
    let old = cursor("2026-01-30T09:00:00Z", "2026-03-02T08:00:00Z");
    let update = books.read_lists(Some(&old)).await.unwrap();
    assert_eq!((books.calls(), update.replaced.len()), (13, 11));
}

#[tokio::test]
async fn tax_codes_rates_and_settings_are_read_again_once_a_day() {
    let server = Server::start(|request, _| match request.path().ends_with("/cdc") {
        true => changes("{}"),
        false => answer(request),
    })
    .await;
    let clock = FakeClock::new();
    let books = QuickBooksOnline::new(config(&server.url), clock.clone(), MemoryVault::connected()).unwrap();
    let update = books
        .read_lists(Some(&cursor("2026-03-02T08:00:00Z", "2026-03-01T09:00:01Z")))
        .await
        .unwrap();
    assert_eq!(books.calls(), 1);
    clock.advance(SignedDuration::from_secs(1));
    let update = books.read_lists(Some(&update.cursor)).await.unwrap();
    assert_eq!(books.calls(), 1 + 5);
    assert_eq!(update.replaced, [ListKind::TaxCode, ListKind::TaxRate]);
    assert!(update.company.is_some());
    assert_eq!(update.cursor.daily_read_at.to_string(), "2026-03-02T09:00:01Z");
}

#[tokio::test]
async fn without_quickbooks_time_ours_less_the_skew_is_used() {
    let server = Server::start(|_, _| json(200, r#"{"CDCResponse":[{"QueryResponse":[{}]}]}"#)).await;
    let update = connect(&server).read_lists(Some(&fresh())).await.unwrap();
    assert_eq!(update.cursor.changed_until.to_string(), "2026-03-02T08:55:00Z");
}

#[tokio::test]
async fn a_list_that_the_plan_lacks_is_taken_as_empty() {
    let server = Server::start(|request, _| match entity(request) {
        "Class" | "Employee" => fault(400, "5030", "Feature Not Supported"),
        _ => answer(request),
    })
    .await;
    let update = connect(&server).read_lists(None).await.unwrap();
    assert!(update.replaced.contains(&ListKind::Class));
    let strict = Server::start(|request, _| match entity(request) {
        "Customer" => fault(400, "5020", "Permission Denied"),
        _ => answer(request),
    })
    .await;
    let error = connect(&strict).read_lists(None).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Forbidden);
}

#[tokio::test]
async fn changes_that_are_refused_for_a_feature_are_read_list_by_list() {
    let server = Server::start(|request, _| match request.path().ends_with("/cdc") {
        true => {
            json(200, r#"{"CDCResponse":[{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"5030"}],"type":"ValidationFault"}}]}"#)
        }
        false => answer(request),
    })
    .await;
    let update = connect(&server).read_lists(Some(&fresh())).await.unwrap();
    assert_eq!(update.replaced.len(), 9);
}

#[tokio::test]
async fn an_answer_of_another_shape_changes_nothing_and_is_tried_again() {
    for body in [
        r#"{"time":"2026-03-02T09:00:00Z"}"#,
        r#"{"CDCResponse":7}"#,
        r#"{"CDCResponse":[{"QueryResponse":[{"Item":[{"Name":"x"}]}]}]}"#,
    ] {
        let server = Server::start(move |_, _| json(200, body)).await;
        assert!(
            connect(&server)
                .read_lists(Some(&fresh()))
                .await
                .unwrap_err()
                .is_transient(),
            "{body}"
        );
    }
}
