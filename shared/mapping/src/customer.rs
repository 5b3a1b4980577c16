//! The customer: the name that the settings' mode makes, found in QuickBooks or to be created there (behaviours.md 4.5).
//!
//! In a company with several currencies a customer has one for life (quickbooks-online.md 3.20). An order in another
//! currency than the home currency therefore goes to `Name USD`, unless the customer `Name` has that currency already, so
//! that the result does not depend on which order came first.

use domain::lists::{ListDetail, ListEntry, ListKind};
use domain::order::Address;
use domain::{Currency, CustomerRef, NewCustomer, ReasonCode};
use rules::fields;

use crate::customer_name::EMAIL;
use crate::hold::{Hold, hold};
use crate::person::Person;
use crate::settings::{Customer, CustomerMode, InactiveCustomer, MissingCustomer};
use crate::text;
use crate::work::Work;

const NAME_CHARACTERS_MAX: usize = 500;
/// Put after a name that a vendor or an employee has (quickbooks-online.md 3.2).
const SUFFIX: &str = " (C)";

/// What stands in QuickBooks under a name.
enum Found<'a> {
    Customer(&'a ListEntry),
    OtherCurrency,
    Inactive,
    Taken(&'static str),
    Nothing,
}

impl<'a> Work<'a> {
    /// CustomerRef.
    pub(crate) fn map_customer(&mut self) -> Hold<CustomerRef> {
        let settings = &self.context.settings.customer;
        if let Some(ruled) = self.ruled(fields::CUSTOMER_NAME) {
            return self.map_ruled_customer(&ruled.text.unwrap_or_default(), &ruled.by);
        }
        if settings.mode == CustomerMode::EmailField
            && let Some(entry) = self.find_by_email()?
        {
            self.explanation
                .note("customer", entry.name.clone(), Some(EMAIL), Some("customer.mode"));
            return Ok(CustomerRef::Existing(entry.to_ref()));
        }
        let (raw, path) = self.customer_name(settings);
        let missing_name = || {
            let cause = format!("The order has no {path}, from which the customer's name is made");
            hold(
                ReasonCode::CustomerNameMissing,
                cause,
                "Complete the order in Linnworks, or set customer.mode to another mode.",
            )
        };
        let name = self.make_safe_name(&raw).ok_or_else(missing_name)?;
        let customer = self.resolve_customer(&name, settings)?;
        self.explanation
            .note("customer", customer.name(), Some(path), Some("customer.mode"));
        Ok(customer)
    }

    /// The customer that a rule names; found or made like any other, without a buyer's data.
    fn map_ruled_customer(&mut self, raw: &str, by: &str) -> Hold<CustomerRef> {
        let name = self.make_safe_name(raw).ok_or_else(|| {
            let cause = format!("The {by} takes the customer's name away");
            hold(ReasonCode::CustomerNameMissing, cause, "Correct the rule.")
        })?;
        let customer = self.resolve_customer(&name, &self.context.settings.customer)?;
        self.explanation.note("customer", customer.name(), None, Some(by));
        Ok(customer)
    }

    /// A name that QuickBooks takes.
    fn make_safe_name(&mut self, raw: &str) -> Option<String> {
        let cleaned = self.text(raw, usize::MAX)?;
        let name = text::safe_name(&cleaned, NAME_CHARACTERS_MAX - 20)?;
        if name != raw.trim() {
            self.explanation.warn(format!(
                "The customer's name was changed to '{name}', which QuickBooks takes."
            ));
        }
        Some(name)
    }

    /// The first e-mail address of the bill-to address.
    pub(crate) fn map_email(&mut self) -> Option<String> {
        let order = self.order;
        let candidates = [
            order.bill_to().email.as_deref(),
            order.shipping_address.email.as_deref(),
        ];
        let email = candidates
            .into_iter()
            .flatten()
            .flat_map(split_emails)
            .find(|email| is_email(email))?;
        self.text(email, 100)
    }

    fn resolve_customer(&mut self, name: &str, settings: &Customer) -> Hold<CustomerRef> {
        let ruled = self.overrides.header(fields::CUSTOMER_NAME).is_some();
        let fixed = settings.mode == CustomerMode::SingleCustomer && !ruled;
        let wanted = self.order.totals.currency;
        let preferences = &self.context.company.preferences;
        let foreign = preferences.multicurrency && wanted != preferences.home_currency;
        let in_currency = with_currency(name, wanted);
        match self.look_up(name)? {
            Found::Customer(entry) => Ok(CustomerRef::Existing(entry.to_ref())),
            Found::OtherCurrency if fixed => Err(self.wrong_currency(name)),
            Found::OtherCurrency if in_currency == name => Err(self.wrong_currency(name)),
            Found::OtherCurrency => {
                self.explanation.warn(format!(
                    "The customer '{name}' has another currency, so '{in_currency}' is used."
                ));
                self.resolve_plain(&in_currency, settings)
            }
            _ if foreign && !fixed && in_currency != name => self.resolve_plain(&in_currency, settings),
            _ => self.resolve_plain(name, settings),
        }
    }

    /// The customer with exactly this name, or with ` (C)` after it where the name is blocked.
    fn resolve_plain(&mut self, name: &str, settings: &Customer) -> Hold<CustomerRef> {
        let suffixed = format!("{name}{SUFFIX}");
        match self.look_up(name)? {
            Found::Customer(entry) => Ok(CustomerRef::Existing(entry.to_ref())),
            Found::OtherCurrency => Err(self.wrong_currency(name)),
            Found::Nothing => self.missing_customer(name, settings),
            Found::Inactive if settings.inactive_customer == InactiveCustomer::Hold => Err(hold(
                ReasonCode::InactiveCustomer,
                format!("The customer '{name}' was made inactive in QuickBooks"),
                "Make it active again, or set customer.inactive_customer = \"suffix\".",
            )),
            Found::Inactive => self.resolve_suffixed(name, &suffixed, "an inactive customer", settings),
            Found::Taken(by) => self.resolve_suffixed(name, &suffixed, by, settings),
        }
    }

    fn resolve_suffixed(
        &mut self,
        name: &str,
        suffixed: &str,
        by: &str,
        settings: &Customer,
    ) -> Hold<CustomerRef> {
        self.explanation.warn(format!(
            "The name '{name}' belongs to {by}, so '{suffixed}' is used."
        ));
        match self.look_up(suffixed)? {
            Found::Customer(entry) => Ok(CustomerRef::Existing(entry.to_ref())),
            Found::Nothing => self.missing_customer(suffixed, settings),
            Found::OtherCurrency => Err(self.wrong_currency(suffixed)),
            Found::Inactive | Found::Taken(_) => Err(hold(
                ReasonCode::NameTaken,
                format!("The names '{name}' and '{suffixed}' are both taken in QuickBooks"),
                "Rename one of them in QuickBooks, or set customer.mode to another mode.",
            )),
        }
    }

    fn missing_customer(&mut self, name: &str, settings: &Customer) -> Hold<CustomerRef> {
        match settings.missing {
            MissingCustomer::Create => Ok(CustomerRef::New(self.new_customer(name, settings))),
            MissingCustomer::Hold => Err(hold(
                ReasonCode::UnknownCustomer,
                format!("QuickBooks has no customer '{name}'"),
                "Create it in QuickBooks, or set customer.missing = \"create\".",
            )),
            MissingCustomer::FixedName => {
                let fixed = settings.missing_name.as_deref().unwrap_or_default();
                self.explanation
                    .note("missing customer", fixed, None, Some("customer.missing_name"));
                match self.look_up(fixed)? {
                    Found::Customer(entry) => Ok(CustomerRef::Existing(entry.to_ref())),
                    Found::OtherCurrency => Err(self.wrong_currency(fixed)),
                    _ => Err(hold(
                        ReasonCode::UnknownCustomer,
                        format!("QuickBooks has no active customer '{fixed}' to stand in for '{name}'"),
                        "Create it in QuickBooks, or change customer.missing_name.",
                    )),
                }
            }
        }
    }

    fn look_up(&self, name: &str) -> Hold<Found<'a>> {
        let lists = self.context.lists;
        let named = lists.named(ListKind::Customer, name);
        let active: Vec<&ListEntry> = named.iter().copied().filter(|entry| entry.active).collect();
        let fitting: Vec<&ListEntry> = active
            .iter()
            .copied()
            .filter(|entry| self.has_currency(entry))
            .collect();
        match fitting.as_slice() {
            [] if !active.is_empty() => return Ok(Found::OtherCurrency),
            [] => {}
            [entry] => return Ok(Found::Customer(entry)),
            several => return self.pick_by_email(name, several).map(Found::Customer),
        }
        let retired = lists.named(ListKind::Customer, &format!("{name} (deleted)"));
        if !named.is_empty() || retired.iter().any(|entry| !entry.active) {
            return Ok(Found::Inactive);
        }
        let taken = |kind| !lists.named(kind, name).is_empty();
        Ok(match (taken(ListKind::Vendor), taken(ListKind::Employee)) {
            (true, _) => Found::Taken("a vendor"),
            (_, true) => Found::Taken("an employee"),
            _ => Found::Nothing,
        })
    }

    /// Of several customers with one name, the one with the order's e-mail address (behaviours.md 1, line 24).
    fn pick_by_email<'b>(&self, name: &str, several: &[&'b ListEntry]) -> Hold<&'b ListEntry> {
        let emails: Vec<&str> = self
            .order
            .bill_to()
            .email
            .as_deref()
            .map(split_emails)
            .into_iter()
            .flatten()
            .collect();
        let mut matching = several.iter().copied().filter(|entry| has_email(entry, &emails));
        match (matching.next(), matching.next()) {
            (Some(entry), None) => Ok(entry),
            _ => Err(hold(
                ReasonCode::UnknownCustomer,
                format!(
                    "QuickBooks has several customers '{name}', and not one of them alone has the order's e-mail address"
                ),
                "Make all but one inactive in QuickBooks, or correct their e-mail addresses.",
            )),
        }
    }

    /// The customer whose e-mail field is one of the order's addresses; of several, the one with the buyer's name.
    fn find_by_email(&self) -> Hold<Option<&'a ListEntry>> {
        let Some(text) = self.order.bill_to().email.as_deref() else {
            return Ok(None);
        };
        let mut found: Vec<&ListEntry> = split_emails(text)
            .flat_map(|email| self.context.lists.customers_with_email(email))
            .filter(|entry| entry.active && self.has_currency(entry))
            .collect();
        found.sort_by(|left, right| left.id.cmp(&right.id));
        found.dedup_by(|left, right| left.id == right.id);
        let person = person_of(self.order.bill_to());
        let names = [person.first_last(), person.last_first()].map(|name| domain::lists::fold_name(&name));
        match found.as_slice() {
            [] => Ok(None),
            [entry] => Ok(Some(entry)),
            several => {
                let named = several
                    .iter()
                    .find(|entry| names.contains(&domain::lists::fold_name(&entry.name)));
                named.copied().map(Some).ok_or_else(|| {
                    let shown: Vec<&str> = several.iter().map(|entry| entry.name.as_str()).take(5).collect();
                    hold(
                        ReasonCode::UnknownCustomer,
                        format!(
                            "Several customers have the order's e-mail address: {}",
                            shown.join(", ")
                        ),
                        "Leave the address with one of them in QuickBooks.",
                    )
                })
            }
        }
    }

    fn has_currency(&self, entry: &ListEntry) -> bool {
        let preferences = &self.context.company.preferences;
        let ListDetail::Customer { currency, .. } = &entry.detail else {
            return false;
        };
        !preferences.multicurrency
            || currency.unwrap_or(preferences.home_currency) == self.order.totals.currency
    }

    fn wrong_currency(&self, name: &str) -> Box<domain::Reason> {
        let currency = self.order.totals.currency;
        hold(
            ReasonCode::CustomerCurrency,
            format!("The order is in {currency}, and the customer '{name}' has another currency for life"),
            "Set customer.mode = \"store_name_and_currency\", or name a customer of that currency.",
        )
    }

    fn new_customer(&mut self, name: &str, settings: &Customer) -> NewCustomer {
        let multicurrency = self.context.company.preferences.multicurrency;
        let currency = multicurrency.then_some(self.order.totals.currency);
        self.explanation.warn(format!(
            "QuickBooks has no customer '{name}'; it will be created."
        ));
        let mut customer = NewCustomer {
            display_name: name.to_owned(),
            currency,
            given_name: None,
            family_name: None,
            company_name: None,
            email: None,
            phone: None,
            billing_address: None,
            shipping_address: None,
        };
        let bill = self.order.bill_to();
        let is_single = settings.mode == CustomerMode::BillingCompanyElseSingleCustomer
            && settings
                .name
                .as_deref()
                .is_some_and(|single| single.trim() == name);
        let ruled = self.overrides.header(fields::CUSTOMER_NAME).is_some();
        if settings.mode.is_shared() || is_single || ruled {
            return customer;
        }
        let person = person_of(bill);
        customer.given_name = text::safe_name(&person.first, 100).and_then(|first| self.text(&first, 100));
        customer.family_name = text::safe_name(&person.last, 100).and_then(|last| self.text(&last, 100));
        customer.company_name = bill
            .company
            .as_deref()
            .and_then(|company| self.text(company, 100));
        customer.email = self.map_email();
        customer.phone = bill.phone.as_deref().and_then(|phone| self.text(phone, 30));
        customer.billing_address = self.map_address(bill);
        customer.shipping_address = self.map_address(&self.order.shipping_address);
        customer
    }
}

/// The person at an address.
pub fn person_of(address: &Address) -> Person {
    Person::split(address.full_name.as_deref().unwrap_or_default())
}

fn with_currency(name: &str, currency: Currency) -> String {
    let ends_so = name.rsplit(' ').next() == Some(currency.code());
    if ends_so {
        name.to_owned()
    } else {
        format!("{name} {currency}")
    }
}

/// The e-mail addresses of a field.
pub fn split_emails(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';'])
        .map(str::trim)
        .filter(|email| !email.is_empty())
}

fn is_email(text: &str) -> bool {
    let domain = text.split_once('@').map(|(_, domain)| domain);
    domain.is_some_and(|domain| domain.contains('.'))
        && text.chars().count() <= 100
        && !text.contains(char::is_whitespace)
}

fn has_email(entry: &ListEntry, emails: &[&str]) -> bool {
    let ListDetail::Customer { email: Some(own), .. } = &entry.detail else {
        return false;
    };
    split_emails(own).any(|own| emails.iter().any(|email| email.eq_ignore_ascii_case(own)))
}
