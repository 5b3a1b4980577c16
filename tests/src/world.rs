//! A seller: a simulated Linnworks account and a simulated QuickBooks company over real HTTP, and what ought to become of each
//! order.
//!
//! In: a seed, a document type, settings for the traffic. Out: running simulators, the files that lead to them, the expectation of
//! every order ever added. Does not run the program.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;
use simulators::linnworks::LinnworksSimulator;
use simulators::quickbooks_online::{CompanySeed, ItemSeed, QuickBooksOnlineSimulator};
use simulators::time::SimulatedTime;
use simulators::world::{Expectation, World, WorldOptions};

/// What a test varies about a seller.
#[derive(Clone, Debug)]
pub struct SellerOptions {
    /// The seed of its orders.
    pub seed: u64,
    /// `document.type`.
    pub document: &'static str,
    /// `posting.batch_documents_max`.
    pub batch_documents_max: u32,
    /// `posting.settle_unknown_after_seconds`.
    pub settle_unknown_after_seconds: u32,
    /// Whether QuickBooks takes our numbers; when not, documents are posted without.
    pub custom_numbers: bool,
    /// Whether some orders are cancelled, resent, of unknown items and so on.
    pub anomalies: bool,
    /// Leaves out the channels in EUR and USD.
    pub gbp_only: bool,
    /// Further settings: lines of TOML for the table `[document]`.
    pub document_lines: &'static str,
}

impl Default for SellerOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            document: "sales_receipt",
            batch_documents_max: 7,
            settle_unknown_after_seconds: 1,
            custom_numbers: true,
            anomalies: true,
            gbp_only: false,
            document_lines: "",
        }
    }
}

/// An order's id in small letters, as the auditor finds it in the books.
pub type OrderGuid = String;

/// What an order ought to come to.
#[derive(Clone, Debug)]
pub struct Expected {
    /// NumOrderId.
    pub number: i32,
    /// Its end.
    pub end: Expectation,
}

/// A seller with its accounts.
pub struct Seller {
    /// Linnworks.
    pub linnworks: LinnworksSimulator,
    /// QuickBooks.
    pub quickbooks: Arc<QuickBooksOnlineSimulator>,
    /// The clock of both.
    pub time: SimulatedTime,
    /// What ought to become of each order.
    pub expected: BTreeMap<OrderGuid, Expected>,
    options: SellerOptions,
    next_number: i32,
}

impl Seller {
    /// A seller without orders.
    pub async fn open(options: SellerOptions, time: SimulatedTime) -> Self {
        let world = World::generate(
            options.seed,
            WorldOptions {
                orders_count: 0,
                ..WorldOptions::default()
            },
        );
        let linnworks = LinnworksSimulator::start(Vec::new(), time.clone())
            .await
            .expect("a free port");
        // Many runs follow each other within a minute of real time: Linnworks' own limits are another test's subject.
        linnworks.set_switches(|switches| switches.rate_limits = false);
        let mut company = CompanySeed::united_kingdom();
        company.preferences.custom_txn_numbers = options.custom_numbers;
        company.items.extend(world.items.iter().map(|item| ItemSeed {
            unit_price: item.unit_price,
            ..ItemSeed::non_inventory(&item.title, &item.sku)
        }));
        let quickbooks = QuickBooksOnlineSimulator::start(company, time.clone())
            .await
            .expect("a free port");
        let quickbooks = Arc::new(quickbooks);
        Self {
            linnworks,
            quickbooks,
            time,
            expected: BTreeMap::new(),
            options,
            next_number: 100_001,
        }
    }

    /// Adds orders processed within the last minutes and returns their ids.
    pub fn add_orders(&mut self, count: u32) -> Vec<OrderGuid> {
        let until = self
            .time
            .now()
            .checked_sub(SignedDuration::from_secs(1))
            .expect("a date of this era");
        let shares = if self.options.anomalies {
            WorldOptions {
                cancelled_per_mille: 60,
                resends_per_mille: 30,
                exchanges_per_mille: 20,
                unknown_sku_per_mille: 40,
                totals_disagree_per_mille: 30,
                ..WorldOptions::default()
            }
        } else {
            WorldOptions::default().without_anomalies()
        };
        let options = WorldOptions {
            orders_count: count,
            first_number: self.next_number,
            until,
            span: SignedDuration::from_mins(8),
            gbp_only: self.options.gbp_only,
            ..shares
        };
        self.next_number += i32::try_from(count).expect("few orders");
        let world = World::generate(self.options.seed, options);
        let mut ids = Vec::new();
        for made in &world.orders {
            let id = guid_of(&made.order);
            self.expected.insert(
                id.clone(),
                Expected {
                    number: made.number,
                    end: made.expectation.clone(),
                },
            );
            ids.push(id);
        }
        self.linnworks.add_orders(world.order_values());
        ids
    }

    /// Adds an order as it is.
    pub fn add_order(&mut self, order: Value, end: Expectation) -> OrderGuid {
        let id = guid_of(&order);
        let number = order["NumOrderId"]
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .expect("a number");
        self.expected.insert(id.clone(), Expected { number, end });
        self.linnworks.add_orders(vec![order]);
        id
    }

    /// An order as Linnworks has it.
    pub fn order(&self, id: &str) -> Value {
        self.linnworks
            .orders()
            .into_iter()
            .find(|order| guid_of(order) == id)
            .expect("an order of this seller")
    }

    /// What an order ought to come to.
    pub fn end_of(&self, id: &str) -> Expectation {
        self.expected[id].end.clone()
    }

    /// The document type of the settings.
    pub fn document(&self) -> &'static str {
        self.options.document
    }

    /// The settings as a file's text.
    pub fn settings_text(&self) -> String {
        settings_text(&self.options, self.time.now())
    }

    /// Writes `linnbooks.toml` and `settings.toml` into a directory.
    pub fn write_files(&self, directory: &Path) {
        std::fs::write(directory.join("linnbooks.toml"), self.config_text()).expect("a writable directory");
        std::fs::write(directory.join("settings.toml"), self.settings_text()).expect("a writable directory");
    }

    fn config_text(&self) -> String {
        let (source, books) = (self.linnworks.credentials(), self.quickbooks.credentials());
        format!(
            "[linnworks]\napplication_id = \"{}\"\napplication_secret = \"{}\"\ntoken = \"{}\"\nauth_url = \"{}\"\n\n\
             [quickbooks_online]\nclient_id = \"{}\"\nclient_secret = \"{}\"\nrefresh_token = \"{}\"\nrealm_id = \"{}\"\n\
             api_url = \"{address}\"\ntoken_url = \"{address}/oauth2/v1/tokens/bearer\"\n\n\
             [network]\nallow_loopback = true\n",
            source.application_id,
            source.application_secret,
            source.token,
            self.linnworks.address(),
            books.client_id,
            books.client_secret,
            books.refresh_token,
            books.realm_id,
            address = self.quickbooks.address(),
        )
    }
}

/// The id of an order's JSON, in small letters.
pub fn guid_of(order: &Value) -> OrderGuid {
    order["OrderId"]
        .as_str()
        .expect("an order has an id")
        .to_ascii_lowercase()
}

fn settings_text(options: &SellerOptions, now: Timestamp) -> String {
    let start = now
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .saturating_sub(30.days());
    let custom_numbers_off = if options.custom_numbers {
        "refuse"
    } else {
        "post_without_number"
    };
    format!(
        r#"
[start]
start_date = "{start}"
[document]
type = "{}"
custom_numbers_off = "{custom_numbers_off}"
{}
[customer]
mode = "store_name_and_currency"
[shipping]
item = "Shipping"
[tax.codes]
"20" = "20.0% S"
"19" = "19.0% DE"
"0" = "0.0% Z"
[rounding]
item = "Rounding"
tax_code = "No VAT"
[payment.deposit_account_by_currency]
GBP = "Amazon Clearing"
EUR = "Amazon Clearing EUR"
USD = "Amazon Clearing USD"
[posting]
batch_documents_max = {}
settle_unknown_after_seconds = {}
[limits.quickbooks]
calls_per_minute = 100000
calls_per_second = 1000
batches_per_minute = 10000
throttle_wait_seconds = 1
"#,
        options.document,
        options.document_lines,
        options.batch_documents_max,
        options.settle_unknown_after_seconds,
    )
}
