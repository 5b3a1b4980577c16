//! Amounts, rounding, discounts, currencies and accounts.

use domain::{DocumentLine, ExchangeRate, LineRole, ReasonCode};
use proptest::prelude::*;

use super::world::*;
use crate::lines::price;

#[test]
fn a_line_of_14_90_at_ten_percent_totals_14_90_in_every_form() {
    let lists = lists_with([tax_rate("r10", "10"), tax_code("10", "10%", &["r10"])]);
    let order = order_of(vec![row("WIDGET", 1, "14.90", "10")], "0");
    for form in [
        "inclusive",
        "inclusive_gross",
        "inclusive_with_override",
        "excluded_with_override",
        "excluded",
    ] {
        let text = format!("[tax]\nform = \"{form}\"\n[rounding]\nitem = \"Rounding\"");
        let mapped = document(map_with(&order, &text, &lists, &company()));
        assert_eq!(mapped.total.amount, decimal("14.90"), "{form}");
        let rounding = item_lines(&mapped)
            .into_iter()
            .find(|line| line.role == LineRole::Rounding);
        assert_eq!(rounding.is_some(), form == "excluded", "{form}");
    }
}

#[test]
fn a_difference_within_the_cap_goes_on_the_rounding_line_without_tax() {
    let mut order = order();
    order.totals.total_charge = decimal("24.03");
    let text = "[rounding]\nitem = \"Rounding\"";
    let mapped = map(&order, text);
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("rounding line of 0.03"))
    );
    let mapped = document(mapped);
    let lines = item_lines(&mapped);
    let rounding = lines.last().unwrap();
    assert_eq!(rounding.role, LineRole::Rounding);
    assert_eq!(
        (rounding.amount, rounding.tax_inclusive_amount),
        (decimal("0.03"), Some(decimal("0.03")))
    );
    assert_eq!(rounding.tax_code.as_ref().unwrap().name, "0.0% Z");
    order.totals.total_charge = decimal("24.05");
    document(map(&order, text));
}

#[test]
fn a_difference_beyond_the_cap_holds_the_order_and_shows_the_sums() {
    let mut order = order();
    order.totals.total_charge = decimal("24.06");
    let reason = held(map(&order, "[rounding]\nitem = \"Rounding\""));
    assert_eq!(reason.code, ReasonCode::TotalsDisagree);
    for sum in ["19.98", "4.02", "4.00", "24.06 GBP", "0.06"] {
        assert!(reason.cause.contains(sum), "{sum}: {reason}");
    }
}

#[test]
fn a_difference_without_rounding_item_holds_the_order_and_names_the_setting() {
    let mut order = order();
    order.totals.total_charge = decimal("24.01");
    assert!(held(map(&order, "")).remedy.contains("rounding.item"));
}

#[test]
fn a_total_below_zero_is_held() {
    let mut order = order();
    order.totals.total_charge = decimal("-1");
    assert_eq!(held(map(&order, "")).code, ReasonCode::NegativeTotal);
}

#[test]
fn a_total_with_half_a_penny_is_rounded_half_up() {
    let mut order = order_of(vec![row("WIDGET", 1, "23.325", "0")], "0");
    order.lines[0].tax_rate = decimal("0");
    assert_eq!(document(map(&order, "")).total.amount, decimal("23.33"));
}

#[test]
fn a_discount_line_takes_off_what_the_row_lost_and_the_total_stays() {
    let mut order = order();
    order.lines[0].discount_percent = decimal("10");
    order.lines[0].discount_value = decimal("2.22");
    let mapped = document(map(
        &order,
        "[discount]\nmode = \"own_line\"\nitem = \"Discount\"",
    ));
    let lines = item_lines(&mapped);
    assert_eq!(lines[0].tax_inclusive_amount, Some(decimal("22.20")));
    assert_eq!(
        (lines[2].role.clone(), lines[2].tax_inclusive_amount),
        (LineRole::Discount, Some(decimal("-2.22")))
    );
    assert_eq!(lines[2].tax_code.as_ref().unwrap().name, "20.0% S");
    assert_eq!(mapped.total.amount, decimal("24.00"));
}

#[test]
fn quickbooks_own_discount_line_is_used_without_vat_and_refused_with_it() {
    let mut order = american_order();
    order.lines[0].discount_percent = decimal("50");
    let text = "[discount]\nmode = \"own_line\"\naccount = \"Discounts given\"";
    let mapped = document(map_with(&order, text, &lists(), &american_company()));
    let DocumentLine::Discount { amount, account } = &mapped.lines[1] else {
        panic!("no discount line")
    };
    assert_eq!(
        (*amount, account.as_ref().unwrap().name.as_str()),
        (decimal("19.98"), "Discounts given")
    );
    let mut british = self::order();
    british.lines[0].discount_percent = decimal("50");
    assert_eq!(held(map(&british, text)).code, ReasonCode::SettingUnusable);
}

#[test]
fn a_price_that_does_not_divide_is_split_when_prices_have_two_decimals() {
    let order = order_of(vec![row("WIDGET", 3, "10.00", "0")], "0");
    let mapped = document(map(&order, "[product]\nunit_price_decimals_max = 2"));
    let lines: Vec<String> = item_lines(&mapped)
        .iter()
        .map(|line| {
            format!(
                "{} @ {} = {} ({})",
                line.quantity.unwrap(),
                line.unit_price.unwrap(),
                line.amount,
                line.tax_inclusive_amount.unwrap()
            )
        })
        .collect();
    assert_eq!(lines, ["2 @ 3.33 = 6.66 (6.66)", "1 @ 3.34 = 3.34 (3.34)"]);
    let whole = document(map(&order, ""));
    assert_eq!(item_lines(&whole)[0].unit_price, Some(decimal("3.3333333")));
}

#[test]
fn a_foreign_order_takes_quickbooks_rate_or_its_own() {
    let mut order = order();
    order.totals.currency = currency("EUR");
    order.totals.conversion_rate = Some(decimal("0.8"));
    assert_eq!(document(map(&order, "")).exchange_rate, ExchangeRate::OfTheDay);
    let own = "[currency]\nrate_from = \"order\"";
    assert_eq!(
        document(map(&order, own)).exchange_rate,
        ExchangeRate::Given(decimal("0.8"))
    );
    let inverse = "[currency]\nrate_from = \"order\"\nconversion_rate = \"foreign_per_home\"";
    assert_eq!(
        document(map(&order, inverse)).exchange_rate,
        ExchangeRate::Given(decimal("1.25"))
    );
    order.totals.conversion_rate = Some(decimal("0"));
    assert_eq!(held(map(&order, own)).code, ReasonCode::NoExchangeRate);
}

#[test]
fn a_foreign_order_is_held_while_multicurrency_is_off() {
    let mut company = company();
    company.preferences.multicurrency = false;
    let mut order = order();
    order.totals.currency = currency("EUR");
    assert_eq!(
        held(map_with(&order, "", &lists(), &company)).code,
        ReasonCode::MulticurrencyOff
    );
}

#[test]
fn the_deposit_account_goes_by_channel_then_method_then_currency() {
    let general = "[payment]\ndeposit_account = \"Stock\"\n";
    let by_method = "[payment.deposit_account_by_method]\npaypal = \"Amazon clearing\"\n";
    let by_currency = "[payment.deposit_account_by_currency]\nGBP = \"Amazon clearing\"\n";
    let by_channel = "[[channel]]\nsource = \"AMAZON\"\ndeposit_account = \"Amazon clearing\"\n";
    let account = |text: &str| document(map(&order(), text)).deposit_account.unwrap().name;
    assert_eq!(account(general), "Stock");
    for special in [by_method, by_currency, by_channel] {
        assert_eq!(account(&format!("{general}{special}")), "Amazon clearing");
    }
}

#[test]
fn a_deposit_account_of_the_wrong_type_or_currency_holds_the_order() {
    let text = |name: &str| format!("[payment]\ndeposit_account = \"{name}\"");
    for name in ["Sales", "Dollar clearing"] {
        assert_eq!(
            held(map(&order(), &text(name))).code,
            ReasonCode::WrongAccount,
            "{name}"
        );
    }
    let mut dollars = order();
    dollars.totals.currency = currency("USD");
    document(map(&dollars, &text("Dollar clearing")));
    assert_eq!(
        held(map(&order(), &text("Amazon clearin"))).code,
        ReasonCode::UnknownAccount
    );
}

#[test]
fn a_foreign_order_may_be_deposited_in_the_home_currency() {
    let lists = lists_with([account("150", "Pound bank", "Bank", Some("GBP"))]);
    let mut order = order();
    order.totals.currency = currency("USD");
    let text = "[payment]\ndeposit_account = \"Pound bank\"";
    let mapped = document(map_with(&order, text, &lists, &company()));
    assert_eq!(mapped.deposit_account.unwrap().name, "Pound bank");
}

#[test]
fn rows_and_their_discount_come_to_the_same_as_the_rows_alone() {
    let mut order = order_of(
        vec![row("WIDGET", 1, "3.333", "20"), row("GADGET", 1, "3.333", "20")],
        "0",
    );
    for line in &mut order.lines {
        line.discount_percent = decimal("10");
    }
    for mode in ["already_inside", "own_line"] {
        let text =
            format!("[discount]\nmode = \"{mode}\"\nitem = \"Discount\"\n[rounding]\nitem = \"Rounding\"");
        let mapped = document(map(&order, &text));
        let lines = item_lines(&mapped);
        let rounding = lines.last().unwrap();
        assert_eq!(
            (rounding.role.clone(), rounding.amount),
            (LineRole::Rounding, decimal("0.01")),
            "{mode}"
        );
    }
}

#[test]
fn an_unknown_payment_method_is_left_out_or_holds_the_order() {
    let mut order = order();
    order.totals.payment_method = Some("Klarna".to_owned());
    assert_eq!(document(map(&order, "")).payment_method, None);
    assert_eq!(
        held(map(&order, "[payment]\nmissing_method = \"hold\"")).code,
        ReasonCode::UnknownPaymentMethod
    );
    let mapped = document(map(&order, "[payment.method]\nKLARNA = \"PayPal\""));
    assert_eq!(mapped.payment_method.unwrap().name, "PayPal");
}

#[test]
fn class_and_location_go_on_the_header_or_the_lines_as_the_company_tracks_them() {
    let text = "[class]\nname = \"Online\"\n[location]\nname = \"UK\"";
    let mapped = document(map(&order(), text));
    assert_eq!(
        (mapped.class.unwrap().name, mapped.department.unwrap().name),
        ("Online".to_owned(), "UK".to_owned())
    );
    let mut company = company();
    company.preferences.class_tracking_per_txn = false;
    assert_eq!(
        held(map_with(&order(), text, &lists(), &company)).code,
        ReasonCode::SettingUnusable
    );
    company.preferences.class_tracking_per_txn_line = true;
    let mapped = document(map_with(&order(), text, &lists(), &company));
    assert_eq!(mapped.class, None);
    assert!(
        item_lines(&mapped)
            .iter()
            .all(|line| line.class.as_ref().unwrap().name == "Online")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_multiply_out_and_come_to_the_amount_and_the_quantity(
        pence in -100_000_000i64..100_000_000,
        thousandths in 1i64..200_000_000,
        whole in any::<bool>(),
        decimals in 2u32..=7,
        yen in any::<bool>(),
    ) {
        let places = if yen { 0 } else { 2 };
        let amount = rust_decimal::Decimal::new(pence, places);
        let quantity = rust_decimal::Decimal::new(if whole { thousandths / 1000 + 1 } else { thousandths }, if whole { 0 } else { 3 });
        let pieces = price(amount, quantity, decimals, places);
        prop_assert_eq!(pieces.iter().map(|piece| piece.amount).sum::<rust_decimal::Decimal>(), amount);
        prop_assert_eq!(pieces.iter().map(|piece| piece.quantity).sum::<rust_decimal::Decimal>(), quantity);
        for piece in pieces {
            let product = (piece.unit_price * piece.quantity)
                .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
            prop_assert_eq!(product, piece.amount);
            prop_assert_eq!(piece.amount.round_dp(places), piece.amount);
            prop_assert!(piece.unit_price.normalize().scale() <= decimals);
        }
    }
}
