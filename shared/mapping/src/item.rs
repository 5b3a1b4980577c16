//! The item of a line: matched by SKU or name, or to be created (behaviours.md 4.6).

use domain::lists::{ListDetail, ListEntry, ListKind, fold_name};
use domain::order::OrderLine;
use domain::{ItemRef, ListRef, Lists, NewItem, NewItemKind, ReasonCode};
use jiff::civil::Date;
use rules::fields;

use crate::hold::{Hold, find_listed, hold};
use crate::screen::name_line;
use crate::settings::{MatchBy, MissingProduct, SkuFrom};
use crate::text;
use crate::work::Work;

/// The item of a row and where its SKU came from.
pub struct RowItem {
    /// The item.
    pub item: ItemRef,
    /// The path of the SKU.
    pub source: Option<&'static str>,
    /// The setting that decided.
    pub setting: String,
}

impl<'a> Work<'a> {
    /// The item of a row.
    pub(crate) fn map_item(&mut self, row: usize, line: &OrderLine, date: Date) -> Hold<RowItem> {
        let product = &self.context.settings.product;
        if let Some((name, by)) = self.ruled_item(row) {
            let item = self.named_item(&name, &by, date)?;
            return Ok(RowItem {
                item,
                source: None,
                setting: by,
            });
        }
        if let Some(name) = product.service_item.as_deref().filter(|_| line.is_service) {
            let item = self.named_item(name, "product.service_item", date)?;
            return Ok(RowItem {
                item,
                source: Some("Items.IsService"),
                setting: "product.service_item".to_owned(),
            });
        }
        let unlinked = product.unlinked_item.as_deref();
        let Some((sku, source)) = self.sku_of(row, line) else {
            return match unlinked {
                Some(name) => self.unlinked_item(name, date),
                None => Err(self.no_sku(line)),
            };
        };
        let mapped = product
            .map
            .iter()
            .find(|entry| fold_name(&entry.sku) == fold_name(&sku));
        if let Some(entry) = mapped {
            let item = self.named_item(&entry.item, "product.map", date)?;
            return Ok(RowItem {
                item,
                source: Some(source),
                setting: "product.map".to_owned(),
            });
        }
        match self.match_item(&sku)? {
            Some(entry) => {
                check_item(entry, date)?;
                let item = ItemRef::Existing(entry.to_ref());
                Ok(RowItem {
                    item,
                    source: Some(source),
                    setting: "product.match_by".to_owned(),
                })
            }
            None => match unlinked {
                Some(name) if is_unlinked(line) => self.unlinked_item(name, date),
                _ => self.missing_item(&sku, line, source),
            },
        }
    }

    /// True when the row has an item, or would get one.
    pub(crate) fn has_item(&self, row: usize, line: &OrderLine) -> bool {
        let product = &self.context.settings.product;
        if self.ruled_item(row).is_some() {
            return true;
        }
        (line.is_service && product.service_item.is_some())
            || product.unlinked_item.is_some()
            || self.sku_of(row, line).is_some()
    }

    /// The item that a rule names by its full name, and the rule.
    fn ruled_item(&self, row: usize) -> Option<(String, String)> {
        let ruled = self.ruled_on(Some(row), fields::ITEM)?;
        Some((ruled.text?, ruled.by))
    }

    fn unlinked_item(&self, name: &str, date: Date) -> Hold<RowItem> {
        let item = self.named_item(name, "product.unlinked_item", date)?;
        Ok(RowItem {
            item,
            source: None,
            setting: "product.unlinked_item".to_owned(),
        })
    }

    fn sku_of(&self, row: usize, line: &OrderLine) -> Option<(String, &'static str)> {
        // A SKU that a rule wrote counts whatever product.sku_from says.
        if let Some(ruled) = self.ruled_on(Some(row), fields::SKU) {
            return Some((ruled.text?, "sku, which a rule wrote"));
        }
        let filled = |text: &str| {
            Some(text.trim())
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        self.context
            .settings
            .product
            .sku_from
            .iter()
            .find_map(|from| match from {
                SkuFrom::Sku => Some((
                    line.sku.as_ref().and_then(|sku| filled(sku.as_str()))?,
                    "Items.SKU",
                )),
                SkuFrom::ChannelSku => {
                    Some((line.channel_sku.as_deref().and_then(filled)?, "Items.ChannelSKU"))
                }
                SkuFrom::ItemNumber => {
                    Some((line.item_number.as_deref().and_then(filled)?, "Items.ItemNumber"))
                }
            })
    }

    fn no_sku(&self, line: &OrderLine) -> Box<domain::Reason> {
        let remedy = if line.is_service {
            "Set product.service_item to the item of service rows."
        } else {
            "Link the row to a stock item in Linnworks, or set product.unlinked_item."
        };
        hold(
            ReasonCode::UnknownItem,
            format!("The row '{}' has no SKU", name_line(line)),
            remedy,
        )
    }

    /// An item that the settings name, by full name or by its own name.
    pub(crate) fn named_item(&self, name: &str, setting: &str, date: Date) -> Hold<ItemRef> {
        let entry = find_item(self.context.lists, name, setting)?;
        check_item(entry, date)?;
        Ok(ItemRef::Existing(entry.to_ref()))
    }

    fn match_item(&self, sku: &str) -> Hold<Option<&'a ListEntry>> {
        match self.context.settings.product.match_by {
            MatchBy::Sku => self.match_sku(sku),
            MatchBy::ItemName => self.match_name(sku),
            MatchBy::FullName => pick(sku, self.context.lists.named(ListKind::Item, sku)),
            MatchBy::SkuElseItemName => match pick_active(sku, self.context.lists.items_with_sku(sku))? {
                Some(entry) => Ok(Some(entry)),
                None => match self.match_name(sku)? {
                    Some(entry) => Ok(Some(entry)),
                    None => self.match_sku(sku),
                },
            },
        }
    }

    fn match_sku(&self, sku: &str) -> Hold<Option<&'a ListEntry>> {
        pick(sku, self.context.lists.items_with_sku(sku))
    }

    /// The full name; else the item's own name, when it stands under one parent only (behaviours.md 1, line 26).
    fn match_name(&self, name: &str) -> Hold<Option<&'a ListEntry>> {
        let lists = self.context.lists;
        match pick_active(name, lists.named(ListKind::Item, name))? {
            Some(entry) => Ok(Some(entry)),
            None => pick(name, lists.items_with_short_name(name)),
        }
    }

    fn missing_item(&mut self, sku: &str, line: &OrderLine, source: &'static str) -> Hold<RowItem> {
        let product = &self.context.settings.product;
        let income = product.income_account.as_deref();
        let kind = match product.missing {
            MissingProduct::Hold => {
                return Err(hold(
                    ReasonCode::UnknownItem,
                    format!("QuickBooks has no item for the SKU '{sku}'"),
                    format!(
                        "Create it in QuickBooks, or add {{ sku = \"{sku}\", item = \"...\" }} to product.map in the settings."
                    ),
                ));
            }
            MissingProduct::CreateNonInventory => NewItemKind::NonInventory {
                expense_account: match product.expense_account.as_deref() {
                    Some(name) => Some(self.item_account(Some(name), "product.expense_account")?),
                    None => None,
                },
            },
            MissingProduct::CreateService => NewItemKind::Service,
            MissingProduct::CreateInventory => self.new_inventory()?,
        };
        let income_account = self.item_account(income, "product.income_account")?;
        let raw_name = self.text(sku, 1000).and_then(|name| text::safe_name(&name, 1000));
        let name = raw_name
            .map(|name| text::shorten(&name, 100))
            .unwrap_or_else(|| text::hash(sku, 16));
        let sku_text = self.text(sku, 100);
        let description = line.title.as_deref().and_then(|title| self.text(title, 4000));
        self.explanation.warn(format!(
            "QuickBooks has no item for the SKU '{sku}'; it will be created."
        ));
        let item = ItemRef::New(NewItem {
            name,
            sku: sku_text,
            description,
            kind,
            income_account,
        });
        Ok(RowItem {
            item,
            source: Some(source),
            setting: "product.missing".to_owned(),
        })
    }

    fn new_inventory(&self) -> Hold<NewItemKind> {
        let product = &self.context.settings.product;
        if !self.context.company.preferences.quantity_on_hand {
            return Err(hold(
                ReasonCode::SettingUnusable,
                "An inventory item is to be created, and QuickBooks does not track quantities",
                "Turn on quantity on hand in QuickBooks, or set product.missing = \"create_non_inventory\".",
            ));
        }
        let start_date = product.inventory_start_date.ok_or_else(|| {
            let cause = "An inventory item is to be created without a first day";
            hold(
                ReasonCode::SettingUnusable,
                cause,
                "Set product.inventory_start_date.",
            )
        })?;
        Ok(NewItemKind::Inventory {
            expense_account: self
                .item_account(product.expense_account.as_deref(), "product.expense_account")?,
            asset_account: self.item_account(product.asset_account.as_deref(), "product.asset_account")?,
            start_date,
        })
    }

    fn item_account(&self, name: Option<&str>, setting: &str) -> Hold<ListRef> {
        let name = name.ok_or_else(|| {
            let cause = "An item is to be created without the account it needs";
            hold(ReasonCode::SettingUnusable, cause, format!("Set {setting}."))
        })?;
        find_listed(
            self.context.lists,
            ListKind::Account,
            name,
            ReasonCode::UnknownAccount,
            setting,
        )
        .map(ListEntry::to_ref)
    }
}

/// The active item that the settings name, by full name or by its own name.
pub fn find_item<'b>(lists: &'b Lists, name: &str, setting: &str) -> Hold<&'b ListEntry> {
    if let Some(entry) = pick_active(name, lists.named(ListKind::Item, name))? {
        return Ok(entry);
    }
    match pick_active(name, lists.items_with_short_name(name))? {
        Some(entry) => Ok(entry),
        None => find_listed(lists, ListKind::Item, name, ReasonCode::UnknownItem, setting),
    }
}

fn is_unlinked(line: &OrderLine) -> bool {
    line.is_unlinked || line.sku.as_ref().is_none_or(|sku| sku.as_str().trim().is_empty())
}

/// The one active entry; held when several are active, or when there are inactive ones only.
fn pick<'b>(name: &str, entries: Vec<&'b ListEntry>) -> Hold<Option<&'b ListEntry>> {
    let inactive = !entries.is_empty();
    match pick_active(name, entries)? {
        Some(entry) => Ok(Some(entry)),
        None if inactive => Err(hold(
            ReasonCode::InactiveItem,
            format!("The item '{name}' was made inactive in QuickBooks"),
            "Make it active again, or map the SKU to another item in product.map.",
        )),
        None => Ok(None),
    }
}

fn pick_active<'b>(name: &str, entries: Vec<&'b ListEntry>) -> Hold<Option<&'b ListEntry>> {
    let active: Vec<&ListEntry> = entries.into_iter().filter(|entry| entry.active).collect();
    match active.as_slice() {
        [] => Ok(None),
        [entry] => Ok(Some(entry)),
        several => {
            let shown: Vec<&str> = several.iter().map(|entry| entry.name.as_str()).take(5).collect();
            Err(hold(
                ReasonCode::AmbiguousItem,
                format!("Several items in QuickBooks fit '{name}': {}", shown.join(", ")),
                "Map the SKU to one of them by its full name in product.map.",
            ))
        }
    }
}

/// Categories and bundles cannot stand on a line, and inventory cannot be sold before its first day
/// (quickbooks-online.md 3.4, 3.11).
fn check_item(entry: &ListEntry, date: Date) -> Hold<()> {
    let ListDetail::Item {
        item_type,
        start_date,
        ..
    } = &entry.detail
    else {
        return Ok(());
    };
    if matches!(item_type.as_str(), "Category" | "Group") {
        let cause = format!(
            "The item '{}' is a {}, which cannot stand on a line",
            entry.name,
            item_type.to_lowercase()
        );
        return Err(hold(
            ReasonCode::BadReference,
            cause,
            "Map the SKU to another item in product.map.",
        ));
    }
    match start_date {
        Some(start) if date < *start => Err(hold(
            ReasonCode::BadReference,
            format!(
                "The document would be dated {date}, and the item '{}' starts on {start}",
                entry.name
            ),
            "Set an earlier inventory start date on the item in QuickBooks.",
        )),
        _ => Ok(()),
    }
}
