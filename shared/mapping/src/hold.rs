//! The way a mapping step ends early: a reason to hold the order.

use domain::lists::{ListEntry, ListKind};
use domain::{Lists, Reason, ReasonCode};

/// The result of a step. The reason is boxed, for it is larger than most values.
pub type Hold<T> = Result<T, Box<Reason>>;

/// A reason to hold the order.
pub fn hold(code: ReasonCode, cause: impl Into<String>, remedy: impl Into<String>) -> Box<Reason> {
    Box::new(Reason::new(code, cause, remedy))
}

/// The active list entry with a name that the settings give.
pub fn find_listed<'a>(
    lists: &'a Lists,
    kind: ListKind,
    name: &str,
    code: ReasonCode,
    setting: &str,
) -> Hold<&'a ListEntry> {
    if let Some(entry) = lists.find_active(kind, name) {
        return Ok(entry);
    }
    let noun = kind_noun(kind);
    if !lists.named(kind, name).is_empty() {
        let cause = format!("The {noun} '{name}' was made inactive in QuickBooks");
        return Err(hold(
            code,
            cause,
            format!("Make it active again, or change {}.", name_setting(setting)),
        ));
    }
    let names: Vec<&str> = lists
        .all(kind)
        .filter(|entry| entry.active)
        .map(|entry| entry.name.as_str())
        .collect();
    let near = crate::settings::parse::nearest(name, &names);
    let hint = near
        .map(|near| format!("Did you mean '{near}'? "))
        .unwrap_or_default();
    let remedy = format!(
        "{hint}Create it in QuickBooks, or change {}.",
        name_setting(setting)
    );
    Err(hold(code, format!("QuickBooks has no {noun} '{name}'"), remedy))
}

/// The word for a kind of list object.
pub fn kind_noun(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Customer => "customer",
        ListKind::Vendor => "vendor",
        ListKind::Employee => "employee",
        ListKind::Item => "item",
        ListKind::Account => "account",
        ListKind::TaxCode => "tax code",
        ListKind::TaxRate => "tax rate",
        ListKind::Class => "class",
        ListKind::Department => "location",
        ListKind::Term => "term",
        ListKind::PaymentMethod => "payment method",
    }
}

/// What decided, in a sentence: `the setting class.name`, or `the rule 'Amazon'`.
pub fn name_setting(setting: &str) -> String {
    if setting.starts_with("rule '") {
        format!("the {setting}")
    } else {
        format!("the setting {setting}")
    }
}
