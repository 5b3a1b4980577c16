//! The search over processed orders (linnworks.md 4.1).
//!
//! In: search parameters. Out: pages of `ProcessedOrderWeb` rows without null keys. Rows have no lines.

use std::cmp::Ordering;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::account::{Account, StoredOrder, at, text_at};
use super::call::Parameters;
use super::office::location_name;
use super::reply::Reply;
use super::switches::{Bound, Switches};
use crate::world::number;

const NO_DATE: &str = "0001-01-01T00:00:00Z";
const PAGED_ROWS_MAX: i64 = 200;
const PAGED_RANGE_DAYS_MAX: i64 = 93; // "3 months" of the specification

#[derive(Clone, Copy)]
enum DateField {
    Any,
    Processed,
    Payment,
    Cancelled,
    Received,
}

impl DateField {
    fn parse(text: &str) -> Result<Self, Reply> {
        match text.to_ascii_lowercase().as_str() {
            "" | "processed" => Ok(Self::Processed),
            "alldates" => Ok(Self::Any),
            "payment" | "paymentreceived" => Ok(Self::Payment),
            "cancelled" => Ok(Self::Cancelled),
            "received" => Ok(Self::Received),
            _ => Err(Reply::invalid()),
        }
    }

    fn of(self, order: &StoredOrder) -> Option<Timestamp> {
        match self {
            Self::Any | Self::Processed => order.processed,
            Self::Payment => order.paid,
            Self::Cancelled => order.cancelled,
            Self::Received => order.received,
        }
    }
}

struct Query {
    date_field: DateField,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    term: String,
    exact: bool,
    filters: Vec<(String, String)>,
    sort_field: String,
    descending: bool,
    page_number: i64,
    page_rows: i64,
}

/// `ProcessedOrders/SearchProcessedOrders`.
pub(crate) fn search(
    account: &Account,
    switches: &Switches,
    parameters: &Parameters,
) -> Result<Reply, Reply> {
    let request = parameters.wrapped("request")?;
    let filters = request.list("SearchFilters")?;
    let filters = filters.iter().map(Parameters::of);
    let filters = filters.map(|filter| {
        (
            filter.text("SearchField").to_ascii_lowercase(),
            filter.text("SearchTerm"),
        )
    });
    let filters: Vec<(String, String)> = filters.collect();
    if filters
        .iter()
        .any(|(field, _)| !["source", "subsource", "itemidentifier"].contains(&field.as_str()))
    {
        return Err(Reply::invalid());
    }
    let sorting = request
        .value("SearchSorting")
        .map(Parameters::of)
        .unwrap_or_default();
    let direction = sorting.text("SortDirection").to_ascii_uppercase();
    if !["", "ASC", "DESC"].contains(&direction.as_str()) {
        return Err(Reply::invalid());
    }
    let least = i64::from(switches.search_page_rows_min);
    let most = i64::from(switches.search_page_rows_max.max(1));
    let query = Query {
        date_field: DateField::parse(&request.text("DateField"))?,
        from: request.instant("FromDate")?,
        to: request.instant("ToDate")?,
        term: request.text("SearchTerm").trim().to_lowercase(),
        exact: false,
        filters,
        sort_field: sorting.text("SortField").to_ascii_lowercase(),
        descending: direction != "ASC",
        page_number: request.integer("PageNumber")?.unwrap_or(1).max(1),
        page_rows: request
            .integer("ResultsPerPage")?
            .unwrap_or(0)
            .max(least)
            .min(most),
    };
    Ok(Reply::ok(
        &json!({ "ProcessedOrders": query.page(account, switches) }),
    ))
}

/// `ProcessedOrders/SearchProcessedOrdersPaged`, the older form: at most 200 rows and three months.
pub(crate) fn search_paged(
    account: &Account,
    switches: &Switches,
    parameters: &Parameters,
) -> Result<Reply, Reply> {
    let (from, to) = (parameters.instant("from")?, parameters.instant("to")?);
    let longest = SignedDuration::from_hours(PAGED_RANGE_DAYS_MAX * 24);
    if from
        .zip(to)
        .is_some_and(|(from, to)| to.duration_since(from) > longest)
    {
        return Err(Reply::bad_request("Date range must not exceed 3 months."));
    }
    let query = Query {
        date_field: DateField::parse(&parameters.text("dateType"))?,
        from,
        to,
        term: parameters.text("searchTerm").trim().to_lowercase(),
        exact: parameters.is_true("exactMatch"),
        filters: Vec::new(),
        sort_field: String::new(),
        descending: true,
        page_number: parameters.integer("pageNum")?.unwrap_or(1).max(1),
        page_rows: parameters
            .integer("numEntriesPerPage")?
            .unwrap_or(PAGED_ROWS_MAX)
            .clamp(1, PAGED_ROWS_MAX),
    };
    Ok(Reply::ok(&query.page(account, switches)))
}

impl Query {
    fn page(&self, account: &Account, switches: &Switches) -> Value {
        let mut found: Vec<&StoredOrder> = account
            .orders
            .values()
            .filter(|order| account.is_visible(order, switches.late_visible_seconds))
            .filter(|order| self.is_in_range(order, switches) && self.matches(order))
            .collect();
        found.sort_by(|left, right| {
            let order = self.compare(left, right);
            if self.descending { order.reverse() } else { order }
        });
        let skip =
            usize::try_from((self.page_number - 1).saturating_mul(self.page_rows)).unwrap_or(usize::MAX);
        let take = usize::try_from(self.page_rows).unwrap_or(0);
        let rows: Vec<Value> = found
            .iter()
            .skip(skip)
            .take(take)
            .map(|order| row(order))
            .collect();
        json!({
            "PageNumber": self.page_number,
            "EntriesPerPage": self.page_rows,
            "TotalEntries": found.len(),
            "TotalPages": found.len().div_ceil(take.max(1)),
            "Data": rows,
        })
    }

    fn is_in_range(&self, order: &StoredOrder, switches: &Switches) -> bool {
        let Some(instant) = self.date_field.of(order) else {
            return false;
        };
        let starts = self.from.is_none_or(|from| match switches.from_date {
            Bound::Inclusive => instant >= from,
            Bound::Exclusive => instant > from,
        });
        let ends = self.to.is_none_or(|to| match switches.to_date {
            Bound::Inclusive => instant <= to,
            Bound::Exclusive => instant < to,
        });
        starts && ends
    }

    fn matches(&self, order: &StoredOrder) -> bool {
        let general = at(&order.details, &["GeneralInfo"]);
        let number = at(&order.details, &["NumOrderId"]).to_string();
        let references = ["ReferenceNum", "SecondaryReference", "ExternalReferenceNum"]
            .map(|name| text_at(general, &[name]));
        let is_named = self.term.is_empty()
            || number == self.term
            || references
                .iter()
                .map(|reference| reference.to_lowercase())
                .any(|reference| {
                    if self.exact {
                        reference == self.term
                    } else {
                        reference.contains(&self.term)
                    }
                });
        is_named
            && self.filters.iter().all(|(field, term)| match field.as_str() {
                "source" => text_at(general, &["Source"]).eq_ignore_ascii_case(term),
                "subsource" => text_at(general, &["SubSource"]).eq_ignore_ascii_case(term),
                _ => order.items().iter().any(|item| {
                    ["SKU", "ItemNumber", "ChannelSKU"]
                        .iter()
                        .any(|name| text_at(item, &[name]).eq_ignore_ascii_case(term))
                }),
            })
    }

    fn compare(&self, left: &StoredOrder, right: &StoredOrder) -> Ordering {
        let number = |order: &StoredOrder| at(&order.details, &["NumOrderId"]).as_i64();
        let text = |order: &StoredOrder, path: &[&str]| text_at(&order.details, path).to_lowercase();
        let by_text = |path: &[&str]| text(left, path).cmp(&text(right, path));
        let charge = |order: &StoredOrder| {
            Decimal::from_str(&at(&order.details, &["TotalsInfo", "TotalCharge"]).to_string()).ok()
        };
        let by_field = match self.sort_field.as_str() {
            "norderid" => Ordering::Equal,
            "dreceiveddate" => left.received.cmp(&right.received),
            "dpaidon" => left.paid.cmp(&right.paid),
            "dcancelledon" => left.cancelled.cmp(&right.cancelled),
            "ftotalcharge" => charge(left).cmp(&charge(right)),
            "source" => by_text(&["GeneralInfo", "Source"]),
            "subsource" => by_text(&["GeneralInfo", "SubSource"]),
            "referencenum" => by_text(&["GeneralInfo", "ReferenceNum"]),
            "cfullname" => by_text(&["CustomerInfo", "Address", "FullName"]),
            _ => left.processed.cmp(&right.processed),
        };
        by_field.then_with(|| number(left).cmp(&number(right)))
    }
}

/// One `ProcessedOrderWeb`; keys without a value are left out, as captured answers do (linnworks.md 3.3).
pub(crate) fn row(order: &StoredOrder) -> Value {
    let mut row = Map::new();
    row.extend(identity_members(order));
    row.extend(money_members(order));
    row.extend(address_members(order));
    row.retain(|_, value| !value.is_null());
    Value::Object(row)
}

fn members(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value {
        members
    } else {
        Map::new()
    }
}

fn identity_members(order: &StoredOrder) -> Map<String, Value> {
    let details = &order.details;
    let general = |name: &str| at(details, &["GeneralInfo", name]).clone();
    let shipping = |name: &str| at(details, &["ShippingInfo", name]).clone();
    let written =
        |instant: Option<Timestamp>| instant.map_or(NO_DATE.to_owned(), |instant| instant.to_string());
    let resent = general("Status") == json!(4);
    let folders = at(details, &["FolderName"])
        .as_array()
        .cloned()
        .unwrap_or_default();
    let is_exchange = resent && folders.iter().any(|folder| folder == "Exchange");
    members(json!({
        "pkOrderID": text_at(details, &["OrderId"]).to_ascii_lowercase(),
        "dReceivedDate": general("ReceivedDate"),
        "dProcessedOn": at(details, &["ProcessedDateTime"]),
        "dPaidOn": written(order.paid),
        "dCancelledOn": written(order.cancelled),
        "timeDiff": days_between(order.received, order.processed),
        "nOrderId": at(details, &["NumOrderId"]),
        "nStatus": general("Status"),
        "HoldOrCancel": general("HoldOrCancel"),
        "IsResend": resent && !is_exchange,
        "IsExchange": is_exchange,
        "Source": general("Source"),
        "SubSource": general("SubSource"),
        "ReferenceNum": general("ReferenceNum"),
        "SecondaryReference": general("SecondaryReference"),
        "ExternalReference": general("ExternalReferenceNum"),
        "AccountName": "Default",
        "TaxId": at(details, &["TaxId"]),
        "FolderCollection": folders.first(),
        "FulfilmentLocationName": location_name(text_at(details, &["FulfilmentLocationId"])),
        "PostalTrackingNumber": shipping("TrackingNumber"),
        "PostalServiceName": shipping("PostalServiceName"),
        "ItemWeight": shipping("ItemWeight"),
        "TotalWeight": shipping("TotalWeight"),
    }))
}

fn days_between(received: Option<Timestamp>, processed: Option<Timestamp>) -> Value {
    let milliseconds = received
        .zip(processed)
        .map_or(0, |(start, end)| end.duration_since(start).as_millis());
    number(Decimal::from_i128_with_scale(milliseconds, 0) / Decimal::from(86_400_000))
}

fn money_members(order: &StoredOrder) -> Map<String, Value> {
    let totals = |name: &str| at(&order.details, &["TotalsInfo", name]).clone();
    members(json!({
        "fPostageCost": totals("PostageCost"),
        "fTotalCharge": totals("TotalCharge"),
        "PostageCostExTax": totals("PostageCostExTax"),
        "Subtotal": totals("Subtotal"),
        "fTax": totals("Tax"),
        "TotalDiscount": totals("TotalDiscount"),
        "ProfitMargin": totals("ProfitMargin"),
        "CountryTaxRate": totals("CountryTaxRate"),
        "cCurrency": totals("Currency"),
    }))
}

fn address_members(order: &StoredOrder) -> Map<String, Value> {
    let part = |part: &str, name: &str| at(&order.details, &["CustomerInfo", part, name]).clone();
    let (delivery, billing) = (
        |name: &str| part("Address", name),
        |name: &str| part("BillingAddress", name),
    );
    members(json!({
        "cCountry": delivery("Country"),
        "Address1": delivery("Address1"),
        "Address2": delivery("Address2"),
        "Address3": delivery("Address3"),
        "Town": delivery("Town"),
        "Region": delivery("Region"),
        "cPostCode": delivery("PostCode"),
        "cFullName": delivery("FullName"),
        "Company": delivery("Company"),
        "cEmailAddress": delivery("EmailAddress"),
        "BuyerPhoneNumber": delivery("PhoneNumber"),
        "ChannelBuyerName": at(&order.details, &["CustomerInfo", "ChannelBuyerName"]),
        "BillingName": billing("FullName"),
        "BillingCompany": billing("Company"),
        "BillingAddress1": billing("Address1"),
        "BillingAddress2": billing("Address2"),
        "BillingAddress3": billing("Address3"),
        "BillingTown": billing("Town"),
        "BillingRegion": billing("Region"),
        "BillingPostCode": billing("PostCode"),
        "BillingCountryName": billing("Country"),
        "BillingPhoneNumber": billing("PhoneNumber"),
        "BillingEmailAddress": billing("EmailAddress"),
    }))
}
