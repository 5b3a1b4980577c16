//! Settings that need another setting which is not there, or that say nothing.
//!
//! In: settings whose values are each fine. Out: the first contradiction among them. Knows no place in the file.

use std::collections::BTreeSet;

use domain::lists::fold_name;

use super::{
    ChannelSettings, CustomerMode, DiscountMode, MissingCustomer, MissingProduct, Settings, TaxFormWanted,
};

/// A setting that cannot work, by table and key.
pub struct Contradiction {
    /// Table.
    pub table: &'static str,
    /// Key.
    pub key: &'static str,
    /// What is the matter.
    pub cause: String,
    /// What to do about it.
    pub remedy: &'static str,
}

fn contradiction(
    table: &'static str,
    key: &'static str,
    cause: impl Into<String>,
    remedy: &'static str,
) -> Option<Contradiction> {
    Some(Contradiction {
        table,
        key,
        cause: cause.into(),
        remedy,
    })
}

/// The first contradiction.
pub fn find_contradiction(settings: &Settings) -> Option<Contradiction> {
    in_customer(settings)
        .or_else(|| in_product(settings))
        .or_else(|| in_map(settings))
        .or_else(|| in_money(settings))
        .or_else(|| in_channels(settings))
}

fn in_customer(settings: &Settings) -> Option<Contradiction> {
    let customer = &settings.customer;
    let needs_name = matches!(
        customer.mode,
        CustomerMode::SingleCustomer | CustomerMode::BillingCompanyElseSingleCustomer
    );
    if needs_name && customer.name.is_none() {
        let cause = "this mode needs the name of a customer";
        return contradiction("customer", "mode", cause, "Set `name` in [customer].");
    }
    if customer.missing == MissingCustomer::FixedName && customer.missing_name.is_none() {
        let cause = "fixed_name needs a name";
        return contradiction("customer", "missing", cause, "Set `missing_name` in [customer].");
    }
    None
}

fn in_product(settings: &Settings) -> Option<Contradiction> {
    let product = &settings.product;
    if product.sku_from.is_empty() {
        let remedy = "Name at least one of \"sku\", \"channel_sku\", \"item_number\".";
        return contradiction("product", "sku_from", "no field is named", remedy);
    }
    if product.missing != MissingProduct::Hold && product.income_account.is_none() {
        let cause = "an item to create needs an income account";
        return contradiction("product", "missing", cause, "Set `income_account` in [product].");
    }
    let ready = product.expense_account.is_some()
        && product.asset_account.is_some()
        && product.inventory_start_date.is_some();
    if product.missing == MissingProduct::CreateInventory && !ready {
        let cause = "an inventory item to create needs accounts and a first day";
        let remedy = "Set `expense_account`, `asset_account` and `inventory_start_date` in [product].";
        return contradiction("product", "missing", cause, remedy);
    }
    None
}

/// Of two items for one SKU only the first would ever be used.
fn in_map(settings: &Settings) -> Option<Contradiction> {
    let mut seen = BTreeSet::new();
    let twice = settings
        .product
        .map
        .iter()
        .find(|entry| !seen.insert(fold_name(&entry.sku)))?;
    contradiction(
        "product",
        "map",
        format!("the SKU '{}' is mapped twice", twice.sku),
        "Remove one of the two.",
    )
}

fn in_money(settings: &Settings) -> Option<Contradiction> {
    let discount = &settings.discount;
    if discount.mode == DiscountMode::OwnLine && discount.item.is_none() && discount.account.is_none() {
        let cause = "a discount line needs an item or an account";
        return contradiction(
            "discount",
            "mode",
            cause,
            "Set `item` or `account` in [discount].",
        );
    }
    if settings.tax.form == TaxFormWanted::UnitedStatesTaxLine && settings.tax.item.is_none() {
        return contradiction("tax", "form", "a tax line needs an item", "Set `item` in [tax].");
    }
    None
}

fn in_channels(settings: &Settings) -> Option<Contradiction> {
    let long = |channel: &ChannelSettings| {
        channel
            .number_prefix
            .as_ref()
            .is_some_and(|prefix| prefix.chars().count() > 12)
    };
    if settings.channel.iter().any(long) {
        let cause = "a prefix has at most 12 characters, for a number has 21";
        return contradiction("channel", "number_prefix", cause, "Shorten the prefix.");
    }
    let unconditional = |channel: &ChannelSettings| {
        channel.source.is_none() && channel.sub_source.is_none() && channel.currency.is_none()
    };
    if settings.channel.iter().any(unconditional) {
        let cause = "a table without source, sub_source or currency says of no order that it is meant";
        return contradiction("channel", "source", cause, "Name at least one of the three.");
    }
    None
}
