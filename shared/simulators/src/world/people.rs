//! Buyers and their addresses, with the names that break naive code.
//!
//! In: the order's random stream and channel. Out: `Buyer`. All persons are invented.

use serde_json::{Value, json};

use super::catalogue::Channel;
use super::random::Random;

const NAMES: [&str; 28] = [
    "Jane Smith",
    "Siobh\u{e1}n O'Connor",
    "Zo\u{eb} M\u{fc}ller",
    "Jos\u{e9} N\u{fa}\u{f1}ez",
    "\u{141}ukasz \u{17b}\u{f3}\u{142}kiewski",
    "\u{5c71}\u{7530} \u{592a}\u{90ce}",
    "Peter D\u{2019}Arcy",
    "ATTN: Accounts, Anna Brown",
    "Books: New and Old",
    "Tom  Double-Space",
    "M. A. Okonkwo-Adeyemi",
    "Bj\u{f6}rn \u{c5}kesson",
    "Fran\u{e7}ois L'H\u{f4}pital",
    "\u{41e}\u{43b}\u{435}\u{43d}\u{430} \u{418}\u{432}\u{430}\u{43d}\u{43e}\u{432}\u{430}",
    "Priya Raman",
    "Wei Zhang",
    "Ahmed El-Sayed",
    "Grace Hopper-Jones",
    "Smith & Sons",
    "Maximiliane-Theodora von und zu Hohenstein-Langenburg-Wertheim",
    "Ian Mc\"Mac\" Donald",
    "Chidi Eze",
    "Ann Lee",
    "Rhys ap Rhydderch",
    "Ewa Nowak",
    "Oliver Twist",
    "Sinead Byrne",
    "Lars S\u{f8}rensen",
];

const STREETS_BRITISH: [&str; 6] = [
    "1 Example Street",
    "Flat 2, The Old Mill",
    "St. Mary's Road 14",
    "Unit 7 (rear)",
    "Caf\u{e9} Row 9",
    "88 High St",
];
const TOWNS_BRITISH: [(&str, &str, &str); 5] = [
    ("London", "Greater London", "N1 1AA"),
    ("King's Lynn", "Norfolk", "PE30 1AA"),
    ("Ynys M\u{f4}n", "", "LL77 1AA"),
    ("Leeds", "West Yorkshire", "LS1 1AA"),
    ("Newcastle upon Tyne", "Tyne & Wear", "NE1 1AA"),
];
const TOWNS_GERMAN: [(&str, &str, &str); 3] = [
    ("K\u{f6}ln", "Nordrhein-Westfalen", "50667"),
    ("M\u{fc}nchen", "Bayern", "80331"),
    ("Berlin", "", "10785"),
];
const TOWNS_AMERICAN: [(&str, &str, &str); 3] = [
    ("Portland", "OR", "97201"),
    ("Coeur d'Alene", "ID", "83814"),
    ("San Jos\u{e9}", "CA", "95112"),
];
const COMPANIES: [&str; 5] = [
    "",
    "Example Ltd",
    "M\u{fc}ller & S\u{f6}hne GmbH",
    "A:B Trading",
    "O'Neill Stores",
];

/// Who bought: names and addresses as `CustomerInfo` holds them.
pub(crate) struct Buyer {
    /// `CustomerInfo` complete.
    pub(crate) customer_info: Value,
    /// `TaxId` of a company that buys on account.
    pub(crate) tax_id: Value,
}

fn address(random: &mut Random, channel: &Channel, name: &str, company: &str) -> Value {
    let (towns, street, continent, country_id): (&[(&str, &str, &str)], String, &str, &str) =
        match channel.country {
            "Germany" => {
                let house = random.below(90) + 1;
                (
                    &TOWNS_GERMAN,
                    format!("Gr\u{fc}ne Stra\u{df}e {house}"),
                    "Europe",
                    "5d2a2a10-0a51-4f0e-8a44-0d8a0a000049",
                )
            }
            "United States" => {
                let house = random.below(9000) + 100;
                (
                    &TOWNS_AMERICAN,
                    format!("{house} Main St"),
                    "North America",
                    "5d2a2a10-0a51-4f0e-8a44-0d8a0a000001",
                )
            }
            _ => {
                let street = random.pick_text(&STREETS_BRITISH).to_owned();
                (
                    &TOWNS_BRITISH,
                    street,
                    "Europe",
                    "5d2a2a10-0a51-4f0e-8a44-0d8a0a000044",
                )
            }
        };
    let (town, region, post_code) = random.pick(towns).copied().unwrap_or(("", "", ""));
    json!({
        "EmailAddress": format!("buyer{}@example.com", random.digits(6)),
        "Address1": street,
        "Address2": if random.happens(200) { "2nd floor" } else { "" },
        "Address3": "",
        "Town": town,
        "Region": region,
        "PostCode": post_code,
        "Country": channel.country,
        "Continent": continent,
        "FullName": name,
        "Company": company,
        "PhoneNumber": format!("0000{}", random.digits(7)),
        "CountryId": country_id,
    })
}

/// A buyer on the channel; one on account is a company with a tax number.
pub(crate) fn buyer(random: &mut Random, channel: &Channel, on_account: bool) -> Buyer {
    let name = random.pick_text(&NAMES);
    let company = match (on_account, random.happens(150)) {
        (true, _) => random.pick_text(COMPANIES.split_first().map_or(&[], |(_, named)| named)),
        (false, true) => random.pick_text(&COMPANIES),
        (false, false) => "",
    };
    let delivery = address(random, channel, name, company);
    let billing = match random.below(10) {
        0..3 => Value::Null,
        3..8 => delivery.clone(),
        _ => {
            let payer = random.pick_text(&NAMES);
            address(random, channel, payer, company)
        }
    };
    let tax_id = if on_account {
        json!(format!("GB{}", random.digits(9)))
    } else {
        Value::Null
    };
    let channel_name = if channel.source == "DIRECT" {
        Value::Null
    } else {
        json!(format!("buyer_{}", random.digits(5)))
    };
    let customer_info =
        json!({ "ChannelBuyerName": channel_name, "Address": delivery, "BillingAddress": billing });
    Buyer {
        customer_info,
        tax_id,
    }
}
