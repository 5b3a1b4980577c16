//! Addresses within QuickBooks' lengths (quickbooks-online.md 3.1).

use celes::Country;
use domain::PostalAddress;
use domain::order::Address;

use crate::person::strip_attention;
use crate::settings::CountryForm;
use crate::work::Work;

/// Five lines of 400 characters stay within the 2000 that all lines together may have.
const LINE_CHARACTERS_MAX: usize = 400;
const LINES_MAX: usize = 5;

impl Work<'_> {
    /// The billing address; the delivery address stands in for it (linnworks.md 4.3).
    pub(crate) fn map_billing_address(&mut self) -> Option<PostalAddress> {
        let given = self.order.billing_address.is_some();
        let path = if given {
            "CustomerInfo.BillingAddress"
        } else {
            "CustomerInfo.Address"
        };
        let address = self.map_address(self.order.bill_to())?;
        self.explanation.note(
            "billing address",
            show(&address),
            Some(path),
            Some("customer.country_form"),
        );
        Some(address)
    }

    /// The delivery address.
    pub(crate) fn map_shipping_address(&mut self) -> Option<PostalAddress> {
        let address = self.map_address(&self.order.shipping_address)?;
        let path = Some("CustomerInfo.Address");
        self.explanation.note(
            "shipping address",
            show(&address),
            path,
            Some("customer.country_form"),
        );
        Some(address)
    }

    /// An address of the order; `None` when it is empty. Every order keeps its own, even under a shared customer.
    pub(crate) fn map_address(&mut self, address: &Address) -> Option<PostalAddress> {
        let name = address.full_name.as_deref().map(strip_attention);
        let texts = [
            name,
            address.company.as_deref(),
            address.line_1.as_deref(),
            address.line_2.as_deref(),
            address.line_3.as_deref(),
        ];
        let mut lines: Vec<String> = Vec::with_capacity(LINES_MAX);
        for line in texts
            .into_iter()
            .flatten()
            .filter_map(|text| self.text(text, LINE_CHARACTERS_MAX))
        {
            if lines.last() != Some(&line) {
                lines.push(line);
            }
        }
        let city = address.town.as_deref().and_then(|town| self.text(town, 255));
        let region = address
            .region
            .as_deref()
            .and_then(|region| self.text(region, 255));
        let postal_code = address
            .postal_code
            .as_deref()
            .and_then(|code| self.text(code, 30));
        let country = self.map_country(address.country.as_deref());
        let empty = lines.is_empty()
            && city.is_none()
            && region.is_none()
            && postal_code.is_none()
            && country.is_none();
        (!empty).then_some(PostalAddress {
            lines,
            city,
            region,
            postal_code,
            country,
        })
    }

    fn map_country(&mut self, country: Option<&str>) -> Option<String> {
        let name = country.and_then(|country| self.text(country, 255))?;
        if self.context.settings.customer.country_form == CountryForm::Name {
            return Some(name);
        }
        match country_code(&name) {
            Some(code) => Some(code.to_owned()),
            None => {
                self.warn_once("A country has no known two-letter code, so its name is kept.");
                Some(name)
            }
        }
    }
}

fn show(address: &PostalAddress) -> String {
    let rest = [
        &address.city,
        &address.region,
        &address.postal_code,
        &address.country,
    ];
    let parts = address.lines.iter().chain(rest.into_iter().flatten());
    parts.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The two-letter code of a country's name or of one of its other names (behaviours.md 2.1).
pub fn country_code(name: &str) -> Option<&'static str> {
    let letters: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let alias = match letters.as_str() {
        "uk"
        | "gb"
        | "greatbritain"
        | "unitedkingdom"
        | "england"
        | "scotland"
        | "wales"
        | "northernireland"
        | "unitedkingdomofgreatbritainandnorthernireland" => "GB",
        "usa" | "us" | "unitedstates" | "unitedstatesofamerica" | "america" => "US",
        "holland" | "netherlands" | "thenetherlands" => "NL",
        "czechrepublic" | "czechia" => "CZ",
        "southkorea" | "republicofkorea" | "korea" => "KR",
        "ireland" | "eire" | "republicofireland" => "IE",
        "russia" | "russianfederation" => "RU",
        "uae" | "unitedarabemirates" => "AE",
        "turkey" | "turkiye" | "türkiye" => "TR",
        "taiwan" => "TW",
        "vietnam" => "VN",
        _ => "",
    };
    if !alias.is_empty() {
        return Some(alias);
    }
    let found = Country::from_name(letters.as_str())
        .or_else(|_| Country::from_name(format!("the{letters}")))
        .or_else(|_| Country::from_alias(letters.as_str()))
        .or_else(|_| Country::from_alpha2(letters.as_str()))
        .or_else(|_| Country::from_alpha3(letters.as_str()));
    found.ok().map(|country| country.alpha2)
}

#[cfg(test)]
mod tests {
    use super::country_code;

    #[test]
    fn countries_are_known_by_name_alias_and_code() {
        for name in ["UK", "gb", "Great Britain", "England", "United Kingdom"] {
            assert_eq!(country_code(name), Some("GB"), "{name}");
        }
        for name in ["USA", "United States", "U.S.A.", "us"] {
            assert_eq!(country_code(name), Some("US"), "{name}");
        }
        assert_eq!(country_code("Germany"), Some("DE"));
        assert_eq!(country_code("France"), Some("FR"));
        assert_eq!(country_code("Philippines"), Some("PH"));
        assert_eq!(country_code("deu"), Some("DE"));
        assert_eq!(country_code("Atlantis"), None);
    }
}
