//! The name of the customer that each matching mode makes (behaviours.md 4.5).
//!
//! In: the order and the mode. Out: a name, maybe empty, and the path it came from. Looks nothing up.

use domain::order::Address;
use rules::fields;

use crate::customer::{person_of, split_emails};
use crate::person::strip_attention;
use crate::settings::{Customer, CustomerMode, find_channel};
use crate::work::Work;

const BILLING: &str = "CustomerInfo.BillingAddress.FullName";
const SHIPPING: &str = "CustomerInfo.Address.FullName";
/// Stands for the path of a store's name that a rule wrote.
pub const RULED_STORE: &str = "store_name, which a rule wrote";
/// The path of the e-mail address that customers are matched by.
pub const EMAIL: &str = "CustomerInfo.BillingAddress.EmailAddress";

impl Work<'_> {
    /// The customer's name and where it came from; an empty name is missing.
    pub(crate) fn customer_name(&self, settings: &Customer) -> (String, &'static str) {
        let single = || settings.name.clone().unwrap_or_default();
        match settings.mode {
            CustomerMode::StoreName => self.store_name(),
            CustomerMode::StoreNameAndCurrency => {
                let (store, path) = self.store_name();
                let code = self.order.totals.currency.code();
                let name = if store.is_empty() {
                    store
                } else {
                    format!("{store} {code}")
                };
                (name, path)
            }
            CustomerMode::SingleCustomer => (single(), "customer.name"),
            CustomerMode::BillingCompanyElseSingleCustomer => {
                (company_or(self.order.bill_to(), single), BILLING)
            }
            CustomerMode::OrderNumber => (self.order.number.to_string(), "NumOrderId"),
            CustomerMode::EmailAsName => (email_of(self.order.bill_to()), EMAIL),
            mode => match delivery_name(mode, &self.order.shipping_address) {
                Some(name) => (name, SHIPPING),
                None => (billing_name(mode, self.order.bill_to()), BILLING),
            },
        }
    }

    /// The store: a `[[channel]]` name, else the sub source, else the source as its owner writes it.
    pub(crate) fn store_name(&self) -> (String, &'static str) {
        if let Some(ruled) = self.ruled(fields::STORE_NAME) {
            return (ruled.text.unwrap_or_default(), RULED_STORE);
        }
        let channel = &self.order.channel;
        let set = find_channel(&self.context.settings.channel, self.order, |channel| {
            channel.store_name.as_deref()
        });
        match set {
            Some(name) => (name.to_owned(), "channel.store_name"),
            None if !channel.sub_source.trim().is_empty() => {
                (channel.sub_source.trim().to_owned(), "GeneralInfo.SubSource")
            }
            None => (title_case(channel.source.trim()), "GeneralInfo.Source"),
        }
    }
}

/// The name from the delivery address, for the modes that take it from there.
fn delivery_name(mode: CustomerMode, address: &Address) -> Option<String> {
    let person = person_of(address);
    match mode {
        CustomerMode::ShippingCompanyElseFirstLast => Some(company_or(address, || person.first_last())),
        CustomerMode::ShippingCompanyElseLastFirst => Some(company_or(address, || person.last_first())),
        CustomerMode::ShippingLastFirst => Some(person.last_first()),
        CustomerMode::ShippingFirstLast => Some(person.first_last()),
        CustomerMode::ShippingFullName => Some(full_name(address)),
        _ => None,
    }
}

/// The name from the billing address.
fn billing_name(mode: CustomerMode, address: &Address) -> String {
    let person = person_of(address);
    match mode {
        CustomerMode::LastFirst => person.last_first(),
        CustomerMode::LastFirstMiddle => person.last_first_middle(),
        CustomerMode::BillingFullName => full_name(address),
        CustomerMode::BillingCompanyElseFirstLast => company_or(address, || person.first_last()),
        CustomerMode::BillingCompanyElseLastFirst => company_or(address, || person.last_first()),
        CustomerMode::LastFirstEmail => with_email(&person.last_first(), &email_of(address)),
        CustomerMode::FirstLastEmail => {
            let parts = [person.first.as_str(), person.last.as_str()];
            let named: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            with_email(&named.join(", "), &email_of(address))
        }
        _ => person.first_last(),
    }
}

fn full_name(address: &Address) -> String {
    address
        .full_name
        .as_deref()
        .map(strip_attention)
        .unwrap_or_default()
        .to_owned()
}

fn email_of(address: &Address) -> String {
    let first = address
        .email
        .as_deref()
        .and_then(|text| split_emails(text).next());
    first.unwrap_or_default().to_owned()
}

fn company_or(address: &Address, other: impl FnOnce() -> String) -> String {
    match address
        .company
        .as_deref()
        .map(str::trim)
        .filter(|company| !company.is_empty())
    {
        Some(company) => company.to_owned(),
        None => other(),
    }
}

fn with_email(name: &str, email: &str) -> String {
    if name.is_empty() || email.is_empty() {
        String::new()
    } else {
        format!("{name}, {email}")
    }
}

/// A source as its owner writes it: `EBAY` is eBay.
fn title_case(source: &str) -> String {
    match source.to_ascii_uppercase().as_str() {
        "EBAY" => return "eBay".to_owned(),
        "BIGCOMMERCE" => return "BigCommerce".to_owned(),
        "WOOCOMMERCE" => return "WooCommerce".to_owned(),
        "PRESTASHOP" => return "PrestaShop".to_owned(),
        "ONBUY" => return "OnBuy".to_owned(),
        "TIKTOK" => return "TikTok".to_owned(),
        _ => {}
    }
    if source.chars().any(char::is_lowercase) {
        return source.to_owned();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        let first: String = letters
            .next()
            .map(|first| first.to_uppercase().collect())
            .unwrap_or_default();
        first + &letters.as_str().to_lowercase()
    };
    source.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_written_as_their_owners_write_them() {
        assert_eq!(title_case("AMAZON"), "Amazon");
        assert_eq!(title_case("EBAY"), "eBay");
        assert_eq!(title_case("My Shop"), "My Shop");
    }
}
