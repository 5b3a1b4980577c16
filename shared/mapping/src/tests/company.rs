//! Settings against a company, and orders beyond all reason.

use domain::order::{Address, OrderKind, PaymentStatus};
use domain::{Order, ReasonCode};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::world::*;
use crate::{Context, map_order};

fn codes(text: &str, company: &domain::Company) -> Vec<ReasonCode> {
    settings(text)
        .check(&lists(), company)
        .into_iter()
        .map(|reason| reason.code)
        .collect()
}

#[test]
fn the_default_settings_fit_an_ordinary_company() {
    assert_eq!(codes("", &company()), []);
    assert_eq!(codes("", &american_company()), []);
}

#[test]
fn every_name_that_quickbooks_lacks_is_reported_before_any_order_runs() {
    let text = "
[document]
terms = \"Net 60\"
[product]
unlinked_item = \"Nothing\"
map = [{ sku = \"A\", item = \"Widgett\" }]
[shipping]
item = \"Shippin\"
[rounding]
item = \"Round\"
[tax.codes]
\"20\" = \"20% S\"
[payment.method]
Visa = \"Visa\"
[payment.deposit_account_by_currency]
EUR = \"Euro\"
[class]
name = \"Shop\"
[[channel]]
source = \"EBAY\"
location = \"DE\"
deposit_account = \"eBay\"";
    let found = codes(text, &company());
    let count = |code: ReasonCode| found.iter().filter(|other| **other == code).count();
    assert_eq!(count(ReasonCode::UnknownItem), 4);
    assert_eq!(count(ReasonCode::UnknownAccount), 2);
    for code in [
        ReasonCode::UnknownTerm,
        ReasonCode::UnknownTaxCode,
        ReasonCode::UnknownPaymentMethod,
        ReasonCode::UnknownClass,
        ReasonCode::UnknownDepartment,
    ] {
        assert_eq!(count(code), 1, "{code}");
    }
    assert_eq!(found.len(), 11);
}

#[test]
fn what_the_companys_own_settings_refuse_is_reported() {
    let mut company = company();
    let preferences = &mut company.preferences;
    preferences.custom_txn_numbers = false;
    preferences.multicurrency = false;
    preferences.class_tracking_per_txn = false;
    preferences.track_departments = false;
    preferences.quantity_on_hand = false;
    preferences.allow_shipping = false;
    preferences.allow_discount = false;
    preferences.book_close_date = Some("2026-01-31".parse().unwrap());
    let text = "
[tax]
form = \"united_states_total_tax\"
[class]
name = \"Online\"
[location]
name = \"UK\"
[discount]
mode = \"own_line\"
account = \"Discounts given\"
[payment.deposit_account_by_currency]
USD = \"Dollar clearing\"
[product]
missing = \"create_inventory\"
income_account = \"Sales\"
expense_account = \"Cost of goods\"
asset_account = \"Stock\"
inventory_start_date = \"2020-01-01\"";
    let mut found = codes(text, &company);
    found.sort();
    let mut expected = vec![
        ReasonCode::CustomNumbersOff,
        ReasonCode::MulticurrencyOff,
        ReasonCode::ClosedBooks,
    ];
    expected.extend([ReasonCode::SettingUnusable; 6]);
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn accounts_of_the_wrong_type_or_currency_are_reported() {
    let text = "
[payment]
deposit_account = \"Sales\"
[payment.deposit_account_by_currency]
EUR = \"Dollar clearing\"
[product]
missing = \"create_service\"
income_account = \"Stock\"";
    assert_eq!(codes(text, &company()), [ReasonCode::WrongAccount; 3]);
}

#[test]
fn a_tax_code_of_another_rate_is_reported() {
    let text = "[tax]\nzero_rate_code = \"20.0% S\"\n[tax.codes]\n\"5\" = \"20.0% S\"";
    assert_eq!(codes(text, &company()), [ReasonCode::UnknownTaxCode; 2]);
}

#[test]
fn open_orders_dated_by_despatch_are_reported() {
    assert_eq!(
        codes("[orders]\nstatus = \"both\"", &company()),
        [ReasonCode::DateMissing]
    );
}

#[test]
fn amounts_beyond_all_reason_hold_the_order() {
    let mut order = order();
    order.lines[0].cost = Decimal::MAX;
    assert_eq!(held(map(&order, "")).code, ReasonCode::Malformed);
    order = self::order();
    order.lines[0].quantity = decimal("-1");
    assert_eq!(held(map(&order, "")).code, ReasonCode::Malformed);
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        60 => (-2_000_000i64..2_000_000, 0u32..5).prop_map(|(number, scale)| Decimal::new(number, scale)),
        20 => (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 20u32..=28)
            .prop_map(|(low, middle, high, negative, scale)| Decimal::from_parts(low, middle, high, negative, scale)),
        10 => Just(Decimal::ZERO),
        1 => (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0u32..=19)
            .prop_map(|(low, middle, high, negative, scale)| Decimal::from_parts(low, middle, high, negative, scale)),
        1 => Just(decimal("100000000")),
        5 => Just(decimal("10000000000")),
        5 => Just(decimal("0.0000000000000000000000000001")),
        5 => Just(decimal("98.9999999999")),
    ]
}

fn any_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(prop_oneof![
        "\\PC{0,40}",
        ".{0,600}",
        Just("ATTN".to_owned()),
        Just("\u{0}:\t".to_owned())
    ])
}

fn address_from(texts: &[Option<String>]) -> Address {
    Address {
        full_name: texts[6].clone(),
        company: texts[7].clone(),
        line_1: texts[8].clone(),
        country: texts[9].clone(),
        email: texts[10].clone(),
        phone: texts[11].clone(),
        ..Address::default()
    }
}

/// Untaxed amounts whose sum is the total, so that strange numbers come as far as the lines.
fn make_consistent(order: &mut Order) {
    let mut total = Some(order.totals.postage_cost);
    for line in &mut order.lines {
        line.cost = line.cost_inc_tax;
        total = total.and_then(|total| total.checked_add(line.cost_inc_tax));
    }
    order.totals.postage_cost_ex_tax = order.totals.postage_cost;
    order.totals.tax = Decimal::ZERO;
    order.totals.total_charge = total.unwrap_or_default();
}

const SETTINGS: [&str; 4] = [
    "",
    "[customer]\nmode = \"last_first_middle\"\ncountry_form = \"two_letter\"\n[discount]\nmode = \"own_line\"\nitem = \"Discount\"\n[rounding]\nitem = \"Rounding\"\ncap = \"1\"\n[tax]\nform = \"excluded\"\n[product]\nunlinked_item = \"Widget\"\nunit_price_decimals_max = 2",
    "[document]\nnumber_from = \"reference\"\nnumber_suffix = \"order_number\"\nnumber_prefix = \"PREFIX\"\ndate_fallback = [\"received\"]\n[customer]\nmode = \"email_field\"\n[product]\nmissing = \"create_service\"\nincome_account = \"Sales\"\n[currency]\nrate_from = \"order\"\nconversion_rate = \"foreign_per_home\"\n[tax]\nform = \"excluded_with_override\"",
    "[document]\ntype = \"invoice_with_payment\"\nnumber_suffix = \"channel\"\n[orders]\nstatus = \"both\"\nzero_value_orders = \"post\"\n[discount]\nmode = \"own_line\"\naccount = \"Discounts given\"\n[tax]\nform = \"not_applicable\"\n[product]\nunlinked_item = \"Widget\"",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_makes_the_mapping_panic(
        amounts in prop::collection::vec(any_decimal(), 24),
        texts in prop::collection::vec(any_text(), 12),
        number in any::<i64>(),
        seconds in prop_oneof![Just(-377_705_023_201i64), Just(253_402_207_200), -99_999_999_999i64..99_999_999_999],
        flags in any::<[bool; 8]>(),
        united_states in any::<bool>(),
        chosen in 0usize..4,
        code in prop_oneof![Just("GBP"), Just("USD"), Just("JPY"), Just("KWD")],
    ) {
        let mut amounts = amounts.into_iter().cycle();
        let mut next = || amounts.next().unwrap();
        let mut order = order_of(vec![row("WIDGET", 1, "1", "20"), row("GADGET", 2, "2", "5")], "3");
        for line in &mut order.lines {
            line.cost = next();
            line.cost_inc_tax = next();
            line.quantity = next().abs();
            line.tax_rate = next();
            line.discount_percent = next();
            line.discount_value = next();
            line.is_service = flags[0];
            line.is_unlinked = flags[1];
            line.title = texts[0].clone();
            line.channel_sku = texts[1].clone();
            line.sku = texts[2].clone().map(domain::Sku::new);
        }
        if flags[2] {
            order.lines[0].sku = Some(domain::Sku::new("WIDGET"));
            order.lines[1].sku = Some(domain::Sku::new("WIDGET"));
        }
        let totals = &mut order.totals;
        totals.postage_cost = next();
        totals.postage_cost_ex_tax = next();
        totals.tax = next();
        totals.total_charge = next().abs();
        totals.conversion_rate = Some(next());
        totals.country_tax_rate = Some(next());
        totals.currency = currency(code);
        if flags[7] {
            make_consistent(&mut order);
        }
        order.number = domain::OrderNumber(number);
        order.references.reference = texts[3].clone();
        order.channel.source = texts[4].clone().unwrap_or_default();
        order.channel.sub_source = texts[5].clone().unwrap_or_default();
        order.shipping_address = address_from(&texts);
        order.processed = flags[3];
        order.hold_or_cancel = flags[4] && flags[5];
        order.status = if flags[6] { PaymentStatus::Paid } else { PaymentStatus::Unpaid };
        order.kind = OrderKind::Sale;
        order.dates.processed = jiff::Timestamp::from_second(seconds).ok();
        let company = if united_states { american_company() } else { company() };
        let settings = settings(SETTINGS[chosen]);
        map_order(&order, &Context { settings: &settings, lists: &lists(), company: &company, rules: None });
    }
}
