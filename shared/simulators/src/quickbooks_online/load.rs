//! Fills the books from a company seed.
//!
//! In: a `CompanySeed`. Out: `Books` with its lists stored, ids from 1 in the seed's order. Does not check the seed.

use jiff::Timestamp;

use super::books::Books;
use super::currency;
use super::json::Json;
use super::kind::EntityKind;
use super::seed::{AccountSeed, CompanySeed, CustomerSeed, ItemSeed, TaxCodeSeed, TaxRateSeed};

/// Stores every list of the seed.
pub(super) fn load(mut seed: CompanySeed, now: Timestamp) -> Books {
    let lists = CompanySeed {
        accounts: std::mem::take(&mut seed.accounts),
        items: std::mem::take(&mut seed.items),
        customers: std::mem::take(&mut seed.customers),
        vendors: std::mem::take(&mut seed.vendors),
        employees: std::mem::take(&mut seed.employees),
        tax_rates: std::mem::take(&mut seed.tax_rates),
        tax_codes: std::mem::take(&mut seed.tax_codes),
        classes: std::mem::take(&mut seed.classes),
        departments: std::mem::take(&mut seed.departments),
        terms: std::mem::take(&mut seed.terms),
        payment_methods: std::mem::take(&mut seed.payment_methods),
        ..seed.clone()
    };
    let mut books = Books::new(seed);
    let home = lists.home_currency.clone();
    for account in &lists.accounts {
        books.insert(EntityKind::Account, account_body(account, &home), now);
    }
    load_taxes(&mut books, &lists.tax_rates, &lists.tax_codes, now);
    for item in &lists.items {
        let body = item_body(&books, item);
        books.insert(EntityKind::Item, body, now);
    }
    load_people(&mut books, &lists, now);
    load_small_lists(&mut books, &lists, now);
    load_currencies(&mut books, &lists.customers, now);
    books
}

fn load_people(books: &mut Books, lists: &CompanySeed, now: Timestamp) {
    let home = &lists.home_currency;
    for customer in &lists.customers {
        books.insert(EntityKind::Customer, customer_body(customer, home), now);
    }
    for vendor in &lists.vendors {
        let body = person_body(
            &vendor.display_name,
            vendor.currency.as_deref().unwrap_or(home),
            true,
        )
        .with("Balance", Json::count(0))
        .with("Vendor1099", Json::Bool(false));
        books.insert(EntityKind::Vendor, body, now);
    }
    for employee in &lists.employees {
        let body = Json::object()
            .with("DisplayName", Json::text(employee))
            .with("Active", Json::Bool(true));
        books.insert(EntityKind::Employee, body, now);
    }
}

fn load_small_lists(books: &mut Books, lists: &CompanySeed, now: Timestamp) {
    for (kind, names) in [
        (EntityKind::Class, &lists.classes),
        (EntityKind::Department, &lists.departments),
    ] {
        for name in names {
            books.insert(
                kind,
                named(name).with("FullyQualifiedName", Json::text(name)),
                now,
            );
        }
    }
    for term in &lists.terms {
        let days = Json::Number(term.due_days.to_string());
        let body = named(&term.name)
            .with("Type", Json::text("STANDARD"))
            .with("DueDays", days);
        books.insert(EntityKind::Term, body, now);
    }
    for method in &lists.payment_methods {
        let kind = if method.credit_card {
            "CREDIT_CARD"
        } else {
            "NON_CREDIT_CARD"
        };
        books.insert(
            EntityKind::PaymentMethod,
            named(&method.name).with("Type", Json::text(kind)),
            now,
        );
    }
}

fn named(name: &str) -> Json {
    Json::object()
        .with("Name", Json::text(name))
        .with("Active", Json::Bool(true))
}

fn currency_reference(code: &str) -> Json {
    Json::reference(code, Some(currency::name(code)))
}

/// Classification follows from the account type (quickbooks-online.md 3.21).
pub(super) fn classification(account_type: &str) -> &'static str {
    match account_type {
        "Bank" | "Accounts Receivable" | "Other Current Asset" | "Fixed Asset" | "Other Asset" => "Asset",
        "Accounts Payable" | "Credit Card" | "Other Current Liability" | "Long Term Liability" => "Liability",
        "Equity" => "Equity",
        "Income" | "Other Income" => "Revenue",
        _ => "Expense",
    }
}

fn account_body(account: &AccountSeed, home: &str) -> Json {
    named(&account.name)
        .with("FullyQualifiedName", Json::text(&account.name))
        .with("SubAccount", Json::Bool(false))
        .with("AccountType", Json::text(&account.account_type))
        .with("AccountSubType", Json::text(&account.account_sub_type))
        .with(
            "Classification",
            Json::text(classification(&account.account_type)),
        )
        .with("CurrentBalance", Json::count(0))
        .with(
            "CurrencyRef",
            currency_reference(account.currency.as_deref().unwrap_or(home)),
        )
}

fn load_taxes(books: &mut Books, rates: &[TaxRateSeed], codes: &[TaxCodeSeed], now: Timestamp) {
    if books.company.is_united_states() {
        for (id, taxable) in [("TAX", true), ("NON", false)] {
            let body = Json::object()
                .with("Name", Json::text(id))
                .with("Description", Json::text(id))
                .with("Taxable", Json::Bool(taxable))
                .with("TaxGroup", Json::Bool(false));
            books.insert_with_id(EntityKind::TaxCode, id, body, now);
        }
    }
    for rate in rates {
        let agency = match books
            .by_name(EntityKind::TaxAgency, &rate.agency)
            .map(|found| found.id.clone())
        {
            Some(id) => id,
            None => {
                let body = Json::object()
                    .with("DisplayName", Json::text(&rate.agency))
                    .with("TaxTrackedOnSales", Json::Bool(true))
                    .with("TaxTrackedOnPurchases", Json::Bool(false));
                books.insert(EntityKind::TaxAgency, body, now)
            }
        };
        let body = named(&rate.name)
            .with("Description", Json::text(&rate.name))
            .with("RateValue", Json::decimal(rate.percent))
            .with("AgencyRef", Json::reference(&agency, None))
            .with("SpecialTaxType", Json::text("NONE"))
            .with("DisplayType", Json::text("ReadOnly"));
        books.insert(EntityKind::TaxRate, body, now);
    }
    for code in codes {
        let body = tax_code_body(books, code);
        books.insert(EntityKind::TaxCode, body, now);
    }
}

fn tax_code_body(books: &Books, code: &TaxCodeSeed) -> Json {
    let details = code
        .sales_rates
        .iter()
        .filter_map(|name| books.by_name(EntityKind::TaxRate, name))
        .enumerate()
        .map(|(order, rate)| {
            Json::object()
                .with(
                    "TaxRateRef",
                    Json::reference(&rate.id, Some(rate.display_name(EntityKind::TaxRate))),
                )
                .with("TaxTypeApplicable", Json::text("TaxOnAmount"))
                .with("TaxOrder", Json::count(order))
        })
        .collect();
    let list = |details| Json::object().with("TaxRateDetail", Json::Array(details));
    Json::object()
        .with("Name", Json::text(&code.name))
        .with("Description", Json::text(&code.name))
        .with("Active", Json::Bool(code.active))
        .with("Taxable", Json::Bool(code.taxable))
        .with("TaxGroup", Json::Bool(true))
        .with("SalesTaxRateList", list(details))
        .with("PurchaseTaxRateList", list(Vec::new()))
}

fn item_body(books: &Books, item: &ItemSeed) -> Json {
    let mut body = Json::object()
        .with("Name", Json::text(&item.name))
        .with("Type", Json::text(&item.item_type))
        .with("Active", Json::Bool(item.active))
        .with("Taxable", Json::Bool(true))
        .with("UnitPrice", Json::decimal(item.unit_price))
        .with("TrackQtyOnHand", Json::Bool(item.item_type == "Inventory"));
    let parent = item
        .parent
        .as_ref()
        .and_then(|name| books.by_name(EntityKind::Item, name));
    let qualified = match parent {
        Some(parent) => {
            let name = parent.display_name(EntityKind::Item);
            body.set("SubItem", Json::Bool(true));
            body.set("ParentRef", Json::reference(&parent.id, Some(name)));
            format!("{name}:{}", item.name)
        }
        None => item.name.clone(),
    };
    body.set("FullyQualifiedName", Json::text(qualified));
    if let Some(sku) = &item.sku {
        body.set("Sku", Json::text(sku));
    }
    let accounts = [
        ("IncomeAccountRef", &item.income_account),
        ("ExpenseAccountRef", &item.expense_account),
        ("AssetAccountRef", &item.asset_account),
    ];
    for (member, name) in accounts {
        if let Some(account) = name
            .as_ref()
            .and_then(|name| books.by_name(EntityKind::Account, name))
        {
            body.set(
                member,
                Json::reference(&account.id, Some(account.display_name(EntityKind::Account))),
            );
        }
    }
    if item.item_type == "Inventory" {
        body.set("QtyOnHand", Json::decimal(item.quantity_on_hand));
        if let Some(start) = item.inventory_start {
            body.set("InvStartDate", Json::text(start.to_string()));
        }
    }
    body
}

fn person_body(display_name: &str, currency: &str, active: bool) -> Json {
    Json::object()
        .with("DisplayName", Json::text(display_name))
        .with("PrintOnCheckName", Json::text(display_name))
        .with("Active", Json::Bool(active))
        .with("CurrencyRef", currency_reference(currency))
}

fn customer_body(customer: &CustomerSeed, home: &str) -> Json {
    let mut body = person_body(
        &customer.display_name,
        customer.currency.as_deref().unwrap_or(home),
        customer.active,
    );
    if let Some(email) = &customer.email {
        body.set(
            "PrimaryEmailAddr",
            Json::object().with("Address", Json::text(email)),
        );
    }
    super::lists::complete_customer(&mut body);
    body
}

fn load_currencies(books: &mut Books, customers: &[CustomerSeed], now: Timestamp) {
    if !books.company.multicurrency {
        return;
    }
    let rates = books
        .company
        .exchange_rates
        .iter()
        .map(|rate| rate.currency.clone());
    let mut codes: Vec<String> = rates
        .chain(customers.iter().filter_map(|one| one.currency.clone()))
        .collect();
    codes.sort();
    codes.dedup();
    for code in codes {
        let body = Json::object()
            .with("Code", Json::text(&code))
            .with("Name", Json::text(currency::name(&code)))
            .with("Active", Json::Bool(true));
        books.insert(EntityKind::CompanyCurrency, body, now);
    }
}
