//! Ready companies: one in the United Kingdom, one in the United States.
//!
//! In: nothing. Out: a `CompanySeed` with the accounts, taxes and lists a web shop's books hold. Ids follow the order here,
//! but differ per company in the real service: look everything up by name.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::seed::{
    AccountSeed, CompanySeed, CustomerSeed, ExchangeRateSeed, ItemSeed, PaymentMethodSeed, PreferencesSeed,
    TaxCodeSeed, TaxRateSeed, TermSeed, VendorSeed,
};

fn account(name: &str, account_type: &str, account_sub_type: &str, currency: Option<&str>) -> AccountSeed {
    AccountSeed {
        name: name.to_owned(),
        account_type: account_type.to_owned(),
        account_sub_type: account_sub_type.to_owned(),
        currency: currency.map(str::to_owned),
    }
}

/// The accounts both companies have; clearing accounts per channel and per foreign currency.
fn accounts(channels: &[&str], foreign: &[&str]) -> Vec<AccountSeed> {
    let mut accounts = vec![
        account(
            "Accounts Receivable (A/R)",
            "Accounts Receivable",
            "AccountsReceivable",
            None,
        ),
        account("Current Account", "Bank", "Checking", None),
        account(
            "Undeposited Funds",
            "Other Current Asset",
            "UndepositedFunds",
            None,
        ),
        account("Inventory Asset", "Other Current Asset", "Inventory", None),
        account("Sales", "Income", "SalesOfProductIncome", None),
        account("Shipping Income", "Income", "SalesOfProductIncome", None),
        account("Discounts given", "Income", "DiscountsRefundsGiven", None),
        account(
            "Cost of Goods Sold",
            "Cost of Goods Sold",
            "SuppliesMaterialsCogs",
            None,
        ),
        account("Tax Payable", "Other Current Liability", "GlobalTaxPayable", None),
        account(
            "Marketplace Fees",
            "Expense",
            "OtherMiscellaneousServiceCost",
            None,
        ),
        account("Opening Balance Equity", "Equity", "OpeningBalanceEquity", None),
    ];
    for channel in channels {
        accounts.push(account(
            &format!("{channel} Clearing"),
            "Bank",
            "CashOnHand",
            None,
        ));
        for currency in foreign {
            accounts.push(account(
                &format!("{channel} Clearing {currency}"),
                "Bank",
                "CashOnHand",
                Some(currency),
            ));
        }
    }
    accounts
}

fn items() -> Vec<ItemSeed> {
    vec![
        ItemSeed::service("Services", "Sales"),
        ItemSeed::service("Shipping", "Shipping Income"),
        ItemSeed::service("Discount", "Discounts given"),
        ItemSeed::service("Rounding", "Sales"),
        ItemSeed::non_inventory("Uncategorised Sale", "UNCATEGORISED"),
    ]
}

fn payment_methods() -> Vec<PaymentMethodSeed> {
    [
        ("Cash", false),
        ("Cheque", false),
        ("PayPal", false),
        ("Amazon", false),
        ("eBay", false),
        ("Visa", true),
    ]
    .into_iter()
    .map(|(name, credit_card)| PaymentMethodSeed {
        name: name.to_owned(),
        credit_card,
    })
    .collect()
}

fn tax(name: &str, percent: Decimal, agency: &str) -> (TaxRateSeed, TaxCodeSeed) {
    let rate = TaxRateSeed {
        name: name.to_owned(),
        percent,
        agency: agency.to_owned(),
    };
    let code = TaxCodeSeed {
        name: name.to_owned(),
        sales_rates: vec![name.to_owned()],
        taxable: true,
        active: true,
    };
    (rate, code)
}

fn exchange_rate(currency: &str, rate: Decimal) -> ExchangeRateSeed {
    ExchangeRateSeed {
        currency: currency.to_owned(),
        as_of: Date::constant(2020, 1, 1),
        rate,
    }
}

impl CompanySeed {
    /// A company without lists; base of the presets.
    fn bare(company_name: &str, country: &str, home_currency: &str) -> Self {
        Self {
            realm_id: "4620816365000000000".to_owned(),
            client_id: "cid".to_owned(),
            client_secret: "secret".to_owned(),
            refresh_token: "RT1".to_owned(),
            authorization_code: "AC1".to_owned(),
            company_name: company_name.to_owned(),
            country: country.to_owned(),
            home_currency: home_currency.to_owned(),
            multicurrency: false,
            time_zone: "America/Los_Angeles".to_owned(),
            preferences: PreferencesSeed::default(),
            accounts: Vec::new(),
            items: items(),
            customers: Vec::new(),
            vendors: vec![VendorSeed {
                display_name: "Royal Parcel Co".to_owned(),
                currency: None,
            }],
            employees: vec!["Emily Platt".to_owned()],
            tax_rates: Vec::new(),
            tax_codes: Vec::new(),
            engine_tax_code: None,
            classes: vec!["Online".to_owned(), "Wholesale".to_owned()],
            departments: vec!["Main Warehouse".to_owned(), "Second Warehouse".to_owned()],
            terms: vec![
                TermSeed {
                    name: "Due on receipt".to_owned(),
                    due_days: 0,
                },
                TermSeed {
                    name: "Net 30".to_owned(),
                    due_days: 30,
                },
            ],
            payment_methods: payment_methods(),
            exchange_rates: Vec::new(),
        }
    }

    /// A company in the United Kingdom: GBP at home, EUR and USD on, VAT codes, EU rates as further codes.
    pub fn united_kingdom() -> Self {
        let mut seed = Self {
            multicurrency: true,
            time_zone: "Europe/London".to_owned(),
            accounts: accounts(&["Amazon", "eBay", "Shopify"], &["EUR", "USD"]),
            customers: vec![
                CustomerSeed::new("Web Orders"),
                CustomerSeed::in_currency("Web Orders EUR", "EUR"),
                CustomerSeed::in_currency("Web Orders USD", "USD"),
            ],
            exchange_rates: vec![
                exchange_rate("EUR", Decimal::new(85, 2)),
                exchange_rate("USD", Decimal::new(79, 2)),
                exchange_rate("JPY", Decimal::new(53, 4)),
            ],
            ..Self::bare("Sample Trading Ltd", "GB", "GBP")
        };
        let vat = "HM Revenue & Customs (VAT)";
        let rates = [
            ("20.0% S", Decimal::new(200, 1), vat),
            ("5.0% R", Decimal::new(50, 1), vat),
            ("0.0% Z", Decimal::ZERO, vat),
            ("Exempt", Decimal::ZERO, vat),
            ("No VAT", Decimal::ZERO, vat),
            ("19.0% DE", Decimal::new(190, 1), "EU One Stop Shop"),
            ("20.0% FR", Decimal::new(200, 1), "EU One Stop Shop"),
            ("21.0% NL", Decimal::new(210, 1), "EU One Stop Shop"),
            ("23.0% IE", Decimal::new(230, 1), "EU One Stop Shop"),
        ];
        for (name, percent, agency) in rates {
            let (rate, code) = tax(name, percent, agency);
            seed.tax_rates.push(rate);
            seed.tax_codes.push(code);
        }
        seed
    }

    /// A company in the United States: USD only, TAX and NON on lines, automated sales tax.
    pub fn united_states() -> Self {
        let mut seed = Self {
            accounts: accounts(&["Amazon", "eBay", "Shopify"], &[]),
            customers: vec![CustomerSeed::new("Web Orders")],
            engine_tax_code: Some("Tucson".to_owned()),
            ..Self::bare("Sample Trading Inc", "US", "USD")
        };
        seed.preferences.partner_tax_enabled = true;
        let agency = "Arizona Department of Revenue".to_owned();
        for (name, percent) in [
            ("AZ State tax", Decimal::new(71, 1)),
            ("Tucson City", Decimal::from(2)),
        ] {
            seed.tax_rates.push(TaxRateSeed {
                name: name.to_owned(),
                percent,
                agency: agency.clone(),
            });
        }
        seed.tax_codes.push(TaxCodeSeed {
            name: "Tucson".to_owned(),
            sales_rates: vec!["AZ State tax".to_owned(), "Tucson City".to_owned()],
            taxable: true,
            active: true,
        });
        seed
    }
}
