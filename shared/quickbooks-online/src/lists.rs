//! The lists of a company: read whole, or what changed since (quickbooks-online.md 2.6, 2.7, 3.18, 3.22).
//!
//! In: how far the lists are known. Out: entries changed and removed, kinds read whole, the company, and the new cursor in
//! QuickBooks' own time. Keeps no list itself.

use domain::lists::{ListDetail, ListEntry, ListKind};
use domain::{Company, Currency, ListId, Preferences};
use jiff::{SignedDuration, Timestamp};
use ports::{ConnectorError, Disposition, ListsCursor, ListsUpdate};
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::QuickBooksOnline;
use crate::client::Call;
use crate::limits::Weight;
use crate::query::Query;
use crate::transactions::{broken, expect_done, expect_member};
use crate::wire::answer::{ChangesWire, MembersWire, read_member, read_time};
use crate::wire::list::{CompanyInfoWire, ListObjectWire, PreferencesWire};

/// Change data capture looks back 30 days; a day is kept for clocks and for the overlap.
const CHANGES_SPAN_MAX: SignedDuration = SignedDuration::from_hours(29 * 24);
/// Changes are asked for from a little before the cursor.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// Objects after which an answer may have been cut (quickbooks-online.md 2.7).
const CHANGES_MAX: usize = 1000;
/// What change data capture carries.
const CHANGING: [ListKind; 9] = [
    ListKind::Customer,
    ListKind::Vendor,
    ListKind::Employee,
    ListKind::Item,
    ListKind::Account,
    ListKind::Class,
    ListKind::Department,
    ListKind::Term,
    ListKind::PaymentMethod,
];
/// What it does not carry.
const DAILY: [ListKind; 2] = [ListKind::TaxCode, ListKind::TaxRate];
/// Kinds that a plan or user may lack; they are then empty.
const OPTIONAL: [ListKind; 3] = [ListKind::Employee, ListKind::Class, ListKind::Department];

/// What one look at the changes gave.
struct Changes {
    changed: Vec<ListEntry>,
    removed: Vec<(ListKind, ListId)>,
    /// The answer may have been cut.
    is_cut: bool,
    read_at: Option<Timestamp>,
}

impl QuickBooksOnline {
    pub(crate) async fn update_lists(
        &self,
        cursor: Option<&ListsCursor>,
    ) -> Result<ListsUpdate, ConnectorError> {
        let now = self.client.clock().now();
        let Some(cursor) =
            cursor.filter(|cursor| now.duration_since(cursor.changed_until) < CHANGES_SPAN_MAX)
        else {
            return self.read_all(now).await;
        };
        let mut update = ListsUpdate {
            replaced: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            company: None,
            cursor: cursor.clone(),
        };
        let changes = match self.read_changes(cursor).await {
            Ok(changes) => Some(changes),
            // The plan or user lacks one of the lists: each is read by itself.
            Err(error) if error.disposition == Disposition::Forbidden => None,
            Err(error) => return Err(error),
        };
        match changes.filter(|changes| !changes.is_cut) {
            Some(changes) => {
                update.changed = changes.changed;
                update.removed = changes.removed;
                update.cursor.changed_until = until(changes.read_at, now);
            }
            // Whether 1000 objects are the most of one list or of the call is not certain, so all are read whole.
            None => update.cursor.changed_until = self.read_whole(&CHANGING, &mut update, now).await?,
        }
        let hours = i64::from(self.client.config().lists_refresh_hours);
        if now.duration_since(cursor.daily_read_at) >= SignedDuration::from_hours(hours) {
            self.read_daily(&mut update, now).await?;
        }
        Ok(update)
    }

    async fn read_all(&self, now: Timestamp) -> Result<ListsUpdate, ConnectorError> {
        let mut update = ListsUpdate {
            replaced: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            company: None,
            cursor: ListsCursor {
                changed_until: now,
                daily_read_at: now,
            },
        };
        update.cursor.changed_until = self.read_whole(&CHANGING, &mut update, now).await?;
        self.read_daily(&mut update, now).await?;
        Ok(update)
    }

    async fn read_daily(&self, update: &mut ListsUpdate, now: Timestamp) -> Result<(), ConnectorError> {
        self.read_whole(&DAILY, update, now).await?;
        update.company = Some(self.read_company().await?);
        update.cursor.daily_read_at = now;
        Ok(())
    }

    /// Reads kinds whole; gives the instant of the first answer, since later changes may be missing from it.
    async fn read_whole(
        &self,
        kinds: &[ListKind],
        update: &mut ListsUpdate,
        now: Timestamp,
    ) -> Result<Timestamp, ConnectorError> {
        let mut first = None;
        for kind in kinds.iter().copied() {
            let rows = match self.query(&Query::new(kind.as_str()).with_inactive()).await {
                Ok(rows) => rows,
                Err(error) if error.disposition == Disposition::Forbidden && OPTIONAL.contains(&kind) => {
                    tracing::info!(
                        list = kind.as_str(),
                        "QuickBooks does not let this list be read; it is taken as empty"
                    );
                    update.replaced.push(kind);
                    continue;
                }
                Err(error) => return Err(error),
            };
            first = first.or(rows.read_at);
            for row in &rows.rows {
                update.changed.extend(to_entry(kind, row)?.into_entry());
            }
            update.replaced.push(kind);
        }
        Ok(until(first, now))
    }

    async fn read_changes(&self, cursor: &ListsCursor) -> Result<Changes, ConnectorError> {
        let since = cursor
            .changed_until
            .saturating_sub(OVERLAP)
            .unwrap_or(cursor.changed_until)
            .to_string();
        let entities = CHANGING.map(ListKind::as_str).join(",");
        let call = Call {
            method: Method::GET,
            path: "cdc",
            parameters: &[("entities", &entities), ("changedSince", &since)],
            body: None,
            weight: Weight::Single,
        };
        let answer = expect_done("QuickBooks cdc", self.client.read(&call).await?)?;
        let raw = answer.members.get("CDCResponse").ok_or_else(|| broken("cdc"))?;
        let wire: ChangesWire = serde_json::from_str(&format!(r#"{{"CDCResponse":{}}}"#, raw.get()))
            .map_err(|_| broken("cdc"))?;
        let read_at = read_time(&answer.members);
        let mut changes = Changes {
            changed: Vec::new(),
            removed: Vec::new(),
            is_cut: false,
            read_at,
        };
        let mut count = 0;
        for part in wire.responses {
            if let Some(fault) = part.fault {
                let raw = crate::faults::to_raw(fault, answer.intuit_tid.as_deref());
                return Err(crate::client::fault_error("QuickBooks cdc", &raw));
            }
            for list in &part.lists {
                count += collect_changes(list, &mut changes)?;
            }
        }
        changes.is_cut = count >= CHANGES_MAX;
        Ok(changes)
    }

    /// CompanyInfo of the company itself.
    pub(crate) async fn read_company_info(&self) -> Result<CompanyInfoWire, ConnectorError> {
        let realm_id = &self.client.config().realm_id;
        let path = format!("companyinfo/{realm_id}");
        let call = Call {
            method: Method::GET,
            path: &path,
            parameters: &[],
            body: None,
            weight: Weight::Single,
        };
        let answer = expect_done("QuickBooks companyinfo", self.client.read(&call).await?)?;
        expect_member("companyinfo", &answer, "CompanyInfo")
    }

    async fn read_company(&self) -> Result<Company, ConnectorError> {
        let info = self.read_company_info().await?;
        Ok(Company {
            realm_id: self.client.config().realm_id.clone(),
            name: info.company_name.unwrap_or_default(),
            country: info.country.unwrap_or_default(),
            time_zone: info.default_time_zone.filter(|zone| !zone.is_empty()),
            preferences: self.read_preferences().await?,
        })
    }

    async fn read_preferences(&self) -> Result<Preferences, ConnectorError> {
        let rows = self.query(&Query::single("Preferences")).await?.rows;
        let row = rows.first().ok_or_else(|| broken("preferences"))?;
        let wire: PreferencesWire = serde_json::from_str(row.get()).map_err(|_| broken("preferences"))?;
        let code = wire
            .currency_prefs
            .home_currency
            .and_then(|currency| currency.value);
        let home_currency = code
            .and_then(|code| Currency::parse(&code).ok())
            .ok_or_else(|| broken("preferences"))?;
        *self.home_currency.lock().await = Some(home_currency);
        let accounting = wire.accounting_info_prefs;
        Ok(Preferences {
            home_currency,
            multicurrency: wire.currency_prefs.multi_currency_enabled,
            custom_txn_numbers: wire.sales_forms_prefs.custom_txn_numbers,
            allow_shipping: wire.sales_forms_prefs.allow_shipping,
            allow_discount: wire.sales_forms_prefs.allow_discount,
            quantity_on_hand: wire.product_and_services_prefs.quantity_on_hand,
            track_departments: accounting.track_departments,
            class_tracking_per_txn: accounting.class_tracking_per_txn,
            class_tracking_per_txn_line: accounting.class_tracking_per_txn_line,
            using_sales_tax: wire.tax_prefs.using_sales_tax,
            partner_tax_enabled: wire.tax_prefs.partner_tax_enabled,
            auto_apply_credit: wire.sales_forms_prefs.auto_apply_credit,
            book_close_date: accounting.book_close_date.as_deref().and_then(read_date),
        })
    }

    /// The home currency, read once: the currency of transactions that name none.
    pub(crate) async fn home_currency(&self) -> Result<Currency, ConnectorError> {
        if let Some(currency) = *self.home_currency.lock().await {
            return Ok(currency);
        }
        Ok(self.read_preferences().await?.home_currency)
    }
}

fn until(read_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
    // Without QuickBooks' time ours is used, less what clocks may differ.
    read_at.unwrap_or_else(|| now.saturating_sub(OVERLAP).unwrap_or(now))
}

/// Takes the objects of one list of changes over and counts them.
fn collect_changes(list: &MembersWire, changes: &mut Changes) -> Result<usize, ConnectorError> {
    let mut count = 0;
    for kind in CHANGING {
        if !list.contains_key(kind.as_str()) {
            continue;
        }
        let rows: Vec<Box<RawValue>> = read_member(list, kind.as_str()).ok_or_else(|| broken("cdc"))?;
        count += rows.len();
        for row in &rows {
            match to_entry(kind, row)? {
                Read::Entry(entry) => changes.changed.push(*entry),
                Read::Deleted(id) => changes.removed.push((kind, id)),
                Read::Nothing => {}
            }
        }
    }
    Ok(count)
}

/// One object of a list.
pub(crate) enum Read {
    /// An entry.
    Entry(Box<ListEntry>),
    /// The stub of a deleted one.
    Deleted(ListId),
    /// One without a use (a tax rate that has no percentage).
    Nothing,
}

impl Read {
    pub(crate) fn into_entry(self) -> Option<ListEntry> {
        match self {
            Self::Entry(entry) => Some(*entry),
            Self::Deleted(_) | Self::Nothing => None,
        }
    }
}

/// Reads one object of a list.
///
/// # Errors
/// Retry for an object without id or of unknown shape: the answer is broken.
pub(crate) fn to_entry(kind: ListKind, row: &RawValue) -> Result<Read, ConnectorError> {
    let wire: ListObjectWire = serde_json::from_str(row.get()).map_err(|_| broken(kind.as_str()))?;
    let id = wire
        .id
        .as_ref()
        .map(|id| ListId::new(id.0.clone()))
        .ok_or_else(|| broken(kind.as_str()))?;
    if wire.status.as_deref() == Some("Deleted") {
        return Ok(Read::Deleted(id));
    }
    let active = wire.active.unwrap_or(true);
    let name = match kind {
        ListKind::Customer | ListKind::Vendor | ListKind::Employee => wire.display_name.clone(),
        ListKind::Item | ListKind::Account | ListKind::Class | ListKind::Department => {
            wire.fully_qualified_name.clone().or_else(|| wire.name.clone())
        }
        ListKind::TaxCode | ListKind::TaxRate | ListKind::Term | ListKind::PaymentMethod => wire.name.clone(),
    };
    let Some(detail) = to_detail(kind, wire) else {
        return Ok(Read::Nothing);
    };
    Ok(Read::Entry(Box::new(ListEntry {
        id,
        name: name.unwrap_or_default(),
        active,
        detail,
    })))
}

fn to_detail(kind: ListKind, wire: ListObjectWire) -> Option<ListDetail> {
    let currency = wire.currency_ref.and_then(|currency| currency.value);
    let currency = currency.and_then(|code| Currency::parse(&code).ok());
    Some(match kind {
        ListKind::Customer => {
            let email = wire
                .primary_email_addr
                .and_then(|email| email.address)
                .filter(|email| !email.is_empty());
            ListDetail::Customer { currency, email }
        }
        ListKind::Vendor => ListDetail::Vendor,
        ListKind::Employee => ListDetail::Employee,
        ListKind::Item => ListDetail::Item {
            short_name: wire.name.unwrap_or_default(),
            sku: wire.sku.filter(|sku| !sku.is_empty()),
            item_type: wire.kind.unwrap_or_default(),
            start_date: wire.inv_start_date.as_deref().and_then(read_date),
        },
        ListKind::Account => ListDetail::Account {
            account_type: wire.account_type.unwrap_or_default(),
            currency,
        },
        ListKind::TaxCode => ListDetail::TaxCode {
            taxable: wire.taxable.unwrap_or(false),
            sales_rates: wire
                .sales_tax_rate_list
                .and_then(|list| list.tax_rate_detail)
                .unwrap_or_default()
                .into_iter()
                .filter_map(|rate| {
                    rate.tax_rate_ref
                        .and_then(|reference| reference.value)
                        .map(ListId::new)
                })
                .collect(),
        },
        ListKind::TaxRate => ListDetail::TaxRate {
            percent: read_percent(wire.rate_value, wire.effective_tax_rate)?,
        },
        ListKind::Class => ListDetail::Class,
        ListKind::Department => ListDetail::Department,
        ListKind::Term => ListDetail::Term,
        ListKind::PaymentMethod => ListDetail::PaymentMethod,
    })
}

/// RateValue, or the rate of the latest span of dates.
fn read_percent(
    rate: Option<crate::wire::NumberWire>,
    spans: Option<Vec<crate::wire::list::EffectiveRateWire>>,
) -> Option<Decimal> {
    let latest = || spans.and_then(|spans| spans.into_iter().filter_map(|span| span.rate_value).next_back());
    rate.or_else(latest).map(|rate| rate.0)
}

fn read_date(text: &str) -> Option<jiff::civil::Date> {
    text.get(..10).and_then(|date| date.parse().ok())
}
