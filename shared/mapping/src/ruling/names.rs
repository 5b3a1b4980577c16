//! Looks the names that rules write up in the company's lists, as the mapping would.
//!
//! In: the lists. Out: known, unknown with near names, or not checked: sites and locations of Linnworks are in no list of
//! QuickBooks Online.

use domain::Lists;
use domain::lists::ListKind;
use rules::{NameKind, NameLookup, Names};

use crate::accounts::is_deposit_type;
use crate::item::find_item;
use crate::settings::parse::nearest;

/// The names of a company.
#[derive(Clone, Copy, Debug)]
pub struct CompanyNames<'a>(pub &'a Lists);

impl Names for CompanyNames<'_> {
    fn look_up(&self, kind: NameKind, name: &str) -> NameLookup {
        let lists = self.0;
        let list = match kind {
            NameKind::Account => ListKind::Account,
            NameKind::Item => ListKind::Item,
            NameKind::Class => ListKind::Class,
            NameKind::Location => ListKind::Department,
            NameKind::TaxCode => ListKind::TaxCode,
            NameKind::PaymentMethod => ListKind::PaymentMethod,
            NameKind::Terms => ListKind::Term,
            NameKind::Site | NameKind::StockLocation => return NameLookup::NotChecked,
        };
        let united_states =
            list == ListKind::TaxCode && matches!(name.to_ascii_uppercase().as_str(), "TAX" | "NON");
        let is_item =
            || list == ListKind::Item && (find_item(lists, name, "").is_ok() || has_sku(lists, name));
        if united_states || lists.find_active(list, name).is_some() || is_item() {
            return NameLookup::Known;
        }
        let active = lists.all(list).filter(|entry| entry.active);
        // Of accounts, those that money can be deposited to are meant.
        let names: Vec<&str> = active
            .filter(|entry| match &entry.detail {
                domain::lists::ListDetail::Account { account_type, .. } => is_deposit_type(account_type),
                _ => true,
            })
            .map(|entry| entry.name.as_str())
            .collect();
        NameLookup::Unknown(nearest(name, &names).map(str::to_owned).into_iter().collect())
    }
}

fn has_sku(lists: &Lists, sku: &str) -> bool {
    lists.items_with_sku(sku).iter().any(|entry| entry.active)
}
