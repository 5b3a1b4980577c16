//! The company's own objects: CompanyInfo, Preferences, ExchangeRate reads, and tax codes made through the tax service.
//!
//! In: the books. Out: the objects of quickbooks-online.md 3.18, 3.20 and 3.22. Preferences cannot be changed through the
//! API here; tests change the seed or call the simulator.

use jiff::Timestamp;
use jiff::civil::Date;

use super::books::Books;
use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;
use super::sales::rate_of_day;
use super::seed::ExchangeRateSeed;
use super::write::exchange_rate_body;

/// CompanyInfo, `Id` 1.
pub(super) fn company_info_body(books: &Books) -> Json {
    let company = &books.company;
    let pair = |name: &str, value: &str| {
        Json::object()
            .with("Name", Json::text(name))
            .with("Value", Json::text(value))
    };
    Json::object()
        .with("Id", Json::text("1"))
        .with("SyncToken", Json::text("4"))
        .with("domain", Json::text("QBO"))
        .with("sparse", Json::Bool(false))
        .with("CompanyName", Json::text(&company.company_name))
        .with("LegalName", Json::text(&company.company_name))
        .with("Country", Json::text(&company.country))
        .with("FiscalYearStartMonth", Json::text("January"))
        .with("SupportedLanguages", Json::text("en"))
        .with("DefaultTimeZone", Json::text(&company.time_zone))
        .with(
            "NameValue",
            Json::Array(vec![
                pair("NeoEnabled", "true"),
                pair("SubscriptionStatus", "PAID"),
                pair("OfferingSku", "QuickBooks Online Plus"),
            ]),
        )
}

/// SalesFormsPrefs and AccountingInfoPrefs.
fn form_preferences(books: &Books) -> (Json, Json) {
    let preferences = &books.company.preferences;
    let flag = Json::Bool;
    let account = |name: &str| {
        books
            .by_name(EntityKind::Account, name)
            .map(|found| found.id.clone())
    };
    let mut sales = Json::object()
        .with("CustomTxnNumbers", flag(preferences.custom_txn_numbers))
        .with("AllowShipping", flag(preferences.allow_shipping))
        .with("AllowDiscount", flag(preferences.allow_discount))
        .with("AllowDeposit", flag(true))
        .with("AutoApplyCredit", flag(false));
    if let Some(id) = account("Discounts given").filter(|_| preferences.allow_discount) {
        sales.set("DefaultDiscountAccount", Json::text(id));
    }
    if let Some(id) = account("Shipping Income").filter(|_| preferences.allow_shipping) {
        sales.set("DefaultShippingAccount", Json::text(id));
    }
    let mut accounting = Json::object()
        .with("TrackDepartments", flag(preferences.track_departments))
        .with("ClassTrackingPerTxn", flag(preferences.class_tracking_per_txn))
        .with(
            "ClassTrackingPerTxnLine",
            flag(preferences.class_tracking_per_txn_line),
        )
        .with("UseAccountNumbers", flag(false));
    if let Some(date) = preferences.book_close_date {
        accounting.set("BookCloseDate", Json::text(date.to_string()));
    }
    (sales, accounting)
}

/// Preferences.
pub(super) fn preferences_body(books: &Books) -> Json {
    let company = &books.company;
    let preferences = &company.preferences;
    let flag = Json::Bool;
    let (sales, accounting) = form_preferences(books);
    let mut taxes = Json::object().with("UsingSalesTax", flag(true));
    if company.is_united_states() {
        taxes.set("PartnerTaxEnabled", flag(preferences.partner_tax_enabled));
        taxes.set(
            "AllowPartnerTaxOverride",
            flag(preferences.allow_partner_tax_override),
        );
    }
    let currencies = Json::object()
        .with("MultiCurrencyEnabled", flag(company.multicurrency))
        .with("HomeCurrency", Json::reference(&company.home_currency, None));
    let products = Json::object()
        .with("QuantityOnHand", flag(preferences.quantity_on_hand))
        .with("ForSales", flag(true))
        .with("ForPurchase", flag(true));
    Json::object()
        .with("Id", Json::text("1"))
        .with("SyncToken", Json::text("6"))
        .with("domain", Json::text("QBO"))
        .with("sparse", Json::Bool(false))
        .with("SalesFormsPrefs", sales)
        .with("AccountingInfoPrefs", accounting)
        .with("TaxPrefs", taxes)
        .with("CurrencyPrefs", currencies)
        .with("ProductAndServicesPrefs", products)
        .with(
            "VendorAndPurchasesPrefs",
            Json::object().with("BillableExpenseTracking", flag(false)),
        )
        .with(
            "OtherPrefs",
            Json::object().with("NameValue", Json::Array(Vec::new())),
        )
}

/// `GET /exchangerate`: the rate of a day; the home currency's is 1.
pub(super) fn exchange_rate(books: &Books, code: &str, day: Date) -> Result<Json, Fault> {
    let rate = if code == books.company.home_currency {
        rust_decimal::Decimal::ONE
    } else {
        rate_of_day(books, code, day).ok_or_else(Fault::not_found)?
    };
    let entry = ExchangeRateSeed {
        currency: code.to_owned(),
        as_of: day,
        rate,
    };
    Ok(exchange_rate_body(books, &entry, day)
        .with("domain", Json::text("QBO"))
        .with("SyncToken", Json::text("0")))
}

/// `POST /taxservice/taxcode`: makes a code and its rates; the answer has no envelope.
pub(super) fn create_tax_code(books: &mut Books, body: &Json, now: Timestamp) -> Result<Json, Fault> {
    let name = body
        .text_at("TaxCode")
        .ok_or_else(|| Fault::missing("TaxCode"))?
        .to_owned();
    let taken = |what: &str| {
        let detail = format!("The name supplied already exists. : Another {what} is already using this name");
        Fault::new("6240", "Duplicate Name Exists Error", detail).at("")
    };
    if books.by_name(EntityKind::TaxCode, &name).is_some() {
        return Err(taken("tax code"));
    }
    if body.items_at("TaxRateDetails").is_empty() {
        return Err(Fault::missing("TaxRateDetails"));
    }
    for detail in body.items_at("TaxRateDetails") {
        let new = detail
            .text_at("TaxRateName")
            .filter(|_| detail.get("TaxRateId").is_none());
        if new.is_some_and(|rate| books.by_name(EntityKind::TaxRate, rate).is_some()) {
            return Err(taken("tax rate"));
        }
        match detail.text_at("TaxRateId") {
            Some(id) if books.get(EntityKind::TaxRate, id).is_none() => {
                return Err(Fault::bad_reference("TaxRates", id, "TaxRateId"));
            }
            None if detail.decimal_at("RateValue").is_none() => return Err(Fault::missing("RateValue")),
            None if new.is_none() => return Err(Fault::missing("TaxRateName")),
            _ => {}
        }
    }
    Ok(store_tax_code(books, &name, body.items_at("TaxRateDetails"), now))
}

fn store_tax_code(books: &mut Books, name: &str, details: &[Json], now: Timestamp) -> Json {
    let (mut sales, mut purchases, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for (order, detail) in details.iter().enumerate() {
        let id = match detail.text_at("TaxRateId") {
            Some(id) => id.to_owned(),
            None => {
                let rate_name = detail.text_at("TaxRateName").unwrap_or(name);
                let body = Json::object()
                    .with("Name", Json::text(rate_name))
                    .with("Description", Json::text(rate_name))
                    .with("Active", Json::Bool(true))
                    .with(
                        "RateValue",
                        Json::decimal(detail.decimal_at("RateValue").unwrap_or_default()),
                    )
                    .with(
                        "AgencyRef",
                        Json::reference(detail.text_at("TaxAgencyId").unwrap_or("1"), None),
                    );
                books.insert(EntityKind::TaxRate, body, now)
            }
        };
        let entry = Json::object()
            .with("TaxRateRef", Json::reference(&id, None))
            .with("TaxTypeApplicable", Json::text("TaxOnAmount"))
            .with("TaxOrder", Json::count(order));
        let is_purchase = detail.text_at("TaxApplicableOn") == Some("Purchase");
        if is_purchase {
            purchases.push(entry)
        } else {
            sales.push(entry)
        }
        shown.push(detail.clone().with("TaxRateId", Json::text(id)));
    }
    let list = |entries| Json::object().with("TaxRateDetail", Json::Array(entries));
    let body = Json::object()
        .with("Name", Json::text(name))
        .with("Description", Json::text(name))
        .with("Active", Json::Bool(true))
        .with("Taxable", Json::Bool(true))
        .with("TaxGroup", Json::Bool(true))
        .with("SalesTaxRateList", list(sales))
        .with("PurchaseTaxRateList", list(purchases));
    let id = books.insert(EntityKind::TaxCode, body, now);
    Json::object()
        .with("TaxCode", Json::text(name))
        .with("TaxCodeId", Json::text(id))
        .with("TaxRateDetails", Json::Array(shown))
}
