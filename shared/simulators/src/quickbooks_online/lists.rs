//! List objects: customers, vendors, items, accounts, classes and the like.
//!
//! In: a request body merged with what is stored. Out: the complete object, or a fault. Holds the rules of names
//! (quickbooks-online.md 3.2), of items (3.11) and accounts (3.21). Does not store (see `write`).

use super::books::{Books, Record};
use super::currency;
use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;
use super::load::classification;
use super::switches::Switches;

/// Members every customer's answer has.
pub(super) fn complete_customer(body: &mut Json) {
    body.set_default("Taxable", Json::Bool(false));
    body.set_default("Job", Json::Bool(false));
    body.set_default("BillWithParent", Json::Bool(false));
    body.set_default("Balance", Json::count(0));
    body.set_default("BalanceWithJobs", Json::count(0));
    body.set_default("PreferredDeliveryMethod", Json::text("Print"));
    if let Some(name) = body.text_at("DisplayName").map(str::to_owned) {
        body.set_default("FullyQualifiedName", Json::text(&name));
        body.set_default("PrintOnCheckName", Json::text(name));
    }
}

/// Completes a list object; `previous` is its stored form when it is being changed.
pub(super) fn complete(
    books: &Books,
    switches: &Switches,
    kind: EntityKind,
    mut body: Json,
    previous: Option<&Record>,
) -> Result<Json, Fault> {
    body.set_default("Active", Json::Bool(true));
    complete_name(kind, &mut body)?;
    rename_when_inactive(books, switches, kind, &mut body, previous);
    complete_hierarchy(books, kind, &mut body)?;
    let name = unique_name(kind, &body).to_owned();
    let except = previous.map(|record| record.id.as_str());
    if books
        .same_name(kind, &name, except, switches.name_comparison)
        .is_some()
    {
        return Err(Fault::new("6240", "Duplicate Name Exists Error", {
            let list = if kind.is_name_list() { "customer, vendor or employee" } else { kind.name() };
            format!(
                "The name supplied already exists. : Another {list} is already using this name. Please use a different \
                 name."
            )
        })
        .at(""));
    }
    match kind {
        EntityKind::Customer | EntityKind::Vendor => complete_person(books, kind, &mut body, previous)?,
        EntityKind::Item => complete_item(books, &mut body, previous)?,
        EntityKind::Account => complete_account(books, &mut body)?,
        EntityKind::PaymentMethod => body.set_default("Type", Json::text("NON_CREDIT_CARD")),
        EntityKind::Term => body.set_default("Type", Json::text("STANDARD")),
        EntityKind::CompanyCurrency => complete_company_currency(books, &mut body)?,
        _ => {}
    }
    Ok(body)
}

/// The name that has to be unique: the full path where there is one.
fn unique_name(kind: EntityKind, body: &Json) -> &str {
    let qualified = if kind.is_name_list() {
        None
    } else {
        body.text_at("FullyQualifiedName")
    };
    qualified
        .or_else(|| body.text_at(kind.name_member()))
        .unwrap_or("")
}

fn complete_name(kind: EntityKind, body: &mut Json) -> Result<(), Fault> {
    let member = kind.name_member();
    let mut name = body.text_at(member).map(|text| text.trim().to_owned());
    if name.is_none() && kind.is_name_list() {
        let parts = ["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"];
        let joined: Vec<&str> = parts.iter().filter_map(|part| body.text_at(part)).collect();
        name = (!joined.is_empty()).then(|| joined.join(" "));
    }
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(if kind.is_name_list() {
            let detail =
                "At least one of Title, GivenName, MiddleName, FamilyName, Suffix, DisplayName is needed";
            Fault::new("6080", "No Name Provided", detail).at("DisplayName")
        } else {
            Fault::missing(member)
        });
    };
    let forbidden: &[char] = match kind {
        EntityKind::Customer | EntityKind::Vendor => &[':', '\t', '\n'],
        EntityKind::Account => &[':', '"'],
        _ => &[':'],
    };
    if name.contains(forbidden) {
        let detail = format!("{member} element contains invalid characters");
        return Err(
            Fault::new("2040", "Invalid String. The string is not a valid string", detail).at(member),
        );
    }
    body.set(member, Json::text(name));
    Ok(())
}

/// `X` becomes `X (deleted)`, then `X (deleted-1)`… when made inactive (quickbooks-online.md 3.2).
fn rename_when_inactive(
    books: &Books,
    switches: &Switches,
    kind: EntityKind,
    body: &mut Json,
    previous: Option<&Record>,
) {
    let goes_inactive = body.bool_at("Active") == Some(false) && previous.is_some_and(Record::is_active);
    let name = body.text_at(kind.name_member()).unwrap_or("").to_owned();
    if !goes_inactive
        || !switches.deleted_suffix
        || !kind.is_renamed_when_inactive()
        || name.contains("(deleted")
    {
        return;
    }
    let mut renamed = format!("{name} (deleted)");
    let mut series = 0;
    while books
        .same_name(kind, &renamed, None, switches.name_comparison)
        .is_some()
    {
        series += 1;
        renamed = format!("{name} (deleted-{series})");
    }
    body.set(kind.name_member(), Json::text(renamed));
}

fn complete_hierarchy(books: &Books, kind: EntityKind, body: &mut Json) -> Result<(), Fault> {
    let flag = match kind {
        EntityKind::Item => "SubItem",
        EntityKind::Class => "SubClass",
        EntityKind::Department => "SubDepartment",
        EntityKind::Account => "SubAccount",
        EntityKind::Customer => "Job",
        _ => return Ok(()),
    };
    let name = body.text_at(kind.name_member()).unwrap_or("").to_owned();
    let qualified = match books.resolve(kind, body, "ParentRef")? {
        Some(parent) => {
            let path = parent
                .body
                .text_at("FullyQualifiedName")
                .unwrap_or_else(|| parent.display_name(kind));
            if path.matches(':').count() >= 4 {
                let detail = "The hierarchy is limited to 5 levels";
                return Err(Fault::new("6180", "Invalid Parent Level", detail).at("ParentRef"));
            }
            let qualified = format!("{path}:{name}");
            let reference = Json::reference(&parent.id, Some(parent.display_name(kind)));
            body.set("ParentRef", reference);
            body.set(flag, Json::Bool(true));
            qualified
        }
        None => {
            body.set_default(flag, Json::Bool(false));
            name
        }
    };
    body.set("FullyQualifiedName", Json::text(qualified));
    Ok(())
}

fn complete_person(
    books: &Books,
    kind: EntityKind,
    body: &mut Json,
    previous: Option<&Record>,
) -> Result<(), Fault> {
    let home = books.company.home_currency.clone();
    let fixed = previous
        .and_then(|record| record.body.text_at("CurrencyRef.value"))
        .map(str::to_owned);
    let code = fixed
        .or_else(|| body.text_at("CurrencyRef.value").map(str::to_owned))
        .unwrap_or(home.clone());
    if !currency::is_code(&code) {
        let detail = format!("Invalid currency type. Supplied value:{code}");
        return Err(Fault::new("2220", "Invalid Currency Type", detail).at("CurrencyRef"));
    }
    if code != home && !books.company.multicurrency {
        return Err(Fault::business(&format!(
            "Multicurrency is turned off, {code} can't be used."
        )));
    }
    if let Some(address) = body.text_at("PrimaryEmailAddr.Address")
        && (!address.contains('@') || !address.contains('.'))
    {
        let detail = "Email Address does not conform to the RFC 822 standard.";
        return Err(Fault::new("2210", "Invalid Email Address format", detail).at("PrimaryEmailAddr"));
    }
    body.set("CurrencyRef", Json::reference(&code, Some(currency::name(&code))));
    let balance = previous.and_then(|record| record.body.get("Balance")).cloned();
    body.set("Balance", balance.unwrap_or(Json::count(0)));
    books.complete_reference(EntityKind::PaymentMethod, body, "PaymentMethodRef")?;
    books.complete_reference(EntityKind::Term, body, "SalesTermRef")?;
    if kind == EntityKind::Customer {
        complete_customer(body);
    } else {
        body.set_default("Vendor1099", Json::Bool(false));
        let name = body.text_at("DisplayName").unwrap_or("").to_owned();
        body.set_default("PrintOnCheckName", Json::text(name));
    }
    Ok(())
}

/// Checks an account reference: needed or not, and of one of the types.
fn complete_account_reference(
    books: &Books,
    body: &mut Json,
    member: &str,
    types: &[&str],
    needed: bool,
) -> Result<(), Fault> {
    let Some(account) = books.resolve(EntityKind::Account, body, member)? else {
        return if needed {
            Err(Fault::missing(member))
        } else {
            Ok(())
        };
    };
    if !account
        .body
        .text_at("AccountType")
        .is_some_and(|kind| types.contains(&kind))
    {
        let detail = format!("Invalid account type used for {member}");
        return Err(Fault::new("6430", "Invalid account type used", detail).at(member));
    }
    books.complete_reference(EntityKind::Account, body, member)
}

fn complete_item(books: &Books, body: &mut Json, previous: Option<&Record>) -> Result<(), Fault> {
    let before = previous.and_then(|record| record.body.text_at("Type"));
    let Some(item_type) = body.text_at("Type").or(before).map(str::to_owned) else {
        return Err(Fault::missing("Type"));
    };
    if before == Some("Inventory") && item_type != "Inventory" {
        return Err(Fault::business(
            "An inventory item can't be changed to another type.",
        ));
    }
    let income = ["Income", "Other Income"];
    let cost = ["Cost of Goods Sold", "Expense", "Other Expense"];
    let sold = body.get("ExpenseAccountRef").is_none();
    match item_type.as_str() {
        "Inventory" => {
            if !books.company.preferences.quantity_on_hand {
                return Err(Fault::business(
                    "When you create an item, if Track quantity on hand is turned off, the item cannot be of type \
                     Inventory",
                ));
            }
            for member in ["QtyOnHand", "InvStartDate"] {
                if body.get(member).is_none() {
                    return Err(Fault::missing(member));
                }
            }
            let start = super::sales::date_member(body, "InvStartDate")?;
            if let Some(start) = start {
                body.set("InvStartDate", Json::text(start.to_string()));
            }
            body.set("TrackQtyOnHand", Json::Bool(true));
            complete_account_reference(books, body, "IncomeAccountRef", &income, true)?;
            complete_account_reference(books, body, "ExpenseAccountRef", &cost, true)?;
            complete_account_reference(books, body, "AssetAccountRef", &["Other Current Asset"], true)?;
        }
        "Service" | "NonInventory" => {
            complete_account_reference(books, body, "IncomeAccountRef", &income, sold)?;
            complete_account_reference(books, body, "ExpenseAccountRef", &cost, false)?;
        }
        "Category" => {}
        other => {
            let detail = format!("Property Name:Type. Supplied value:{other}");
            return Err(Fault::new("2170", "Invalid Enumeration", detail).at("Type"));
        }
    }
    body.set("Type", Json::text(item_type));
    body.set_default("TrackQtyOnHand", Json::Bool(false));
    body.set_default("UnitPrice", Json::count(0));
    Ok(())
}

fn complete_account(books: &Books, body: &mut Json) -> Result<(), Fault> {
    let account_type = match (body.text_at("AccountType"), body.text_at("AccountSubType")) {
        (Some(account_type), _) => account_type.to_owned(),
        (None, Some(sub_type)) => type_of_sub_type(sub_type).to_owned(),
        (None, None) => {
            let detail = "Either AccountType or AccountSubType is needed";
            return Err(Fault::new("6010", "Account type and sub type", detail).at("AccountType"));
        }
    };
    body.set("Classification", Json::text(classification(&account_type)));
    body.set_default("AccountSubType", Json::text(account_type.replace(' ', "")));
    body.set("AccountType", Json::text(account_type));
    body.set_default("CurrentBalance", Json::count(0));
    let code = body
        .text_at("CurrencyRef.value")
        .unwrap_or(&books.company.home_currency)
        .to_owned();
    body.set("CurrencyRef", Json::reference(&code, Some(currency::name(&code))));
    Ok(())
}

fn type_of_sub_type(sub_type: &str) -> &'static str {
    match sub_type {
        "Checking" | "Savings" | "CashOnHand" | "MoneyMarket" => "Bank",
        "Inventory" | "UndepositedFunds" | "OtherCurrentAssets" => "Other Current Asset",
        "SalesOfProductIncome" | "ServiceFeeIncome" | "DiscountsRefundsGiven" => "Income",
        "SuppliesMaterialsCogs" => "Cost of Goods Sold",
        _ => "Expense",
    }
}

fn complete_company_currency(books: &Books, body: &mut Json) -> Result<(), Fault> {
    let code = body.text_at("Code").unwrap_or("").to_owned();
    if !currency::is_code(&code) {
        let detail = format!("Invalid currency type. Supplied value:{code}");
        return Err(Fault::new("2220", "Invalid Currency Type", detail).at("Code"));
    }
    if !books.company.multicurrency {
        return Err(Fault::business("Multicurrency is turned off."));
    }
    body.set("Name", Json::text(currency::name(&code)));
    Ok(())
}
