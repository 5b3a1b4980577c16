//! Random baskets in every tax form: a document comes to the order's total exactly and its lines multiply out, or the
//! order is held. The judge computes everything anew from the document and shares no code with the mapping.

use std::cell::Cell;
use std::collections::BTreeMap;

use domain::{AccountingDocument, DocumentLine, LineRole, Order, OrderLine, RowId, TaxForm};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rust_decimal::{Decimal, RoundingStrategy};
use uuid::Uuid;

use super::world::*;
use crate::{Context, Outcome, map_order};

const BASKETS_PER_FORM: u32 = 12_500;

#[derive(Clone, Debug)]
struct RandomRow {
    quantity: i64,
    /// Pennies for one, or yen.
    price: i64,
    percent: i64,
    discount: i64,
    by_channel_tax: bool,
}

#[derive(Clone, Debug)]
struct Basket {
    currency: &'static str,
    rows: Vec<RandomRow>,
    postage: i64,
    postage_taxed: bool,
    /// Decimals that Linnworks keeps.
    decimals: u32,
    /// Pennies by which the header was edited.
    edited: i64,
    own_line: bool,
}

fn baskets() -> impl Strategy<Value = Basket> {
    let percent = prop_oneof![4 => Just(20i64), 2 => Just(5i64), 1 => Just(12i64), 2 => Just(0i64)];
    let quantity = prop_oneof![8 => 1i64..=12, 1 => 13i64..=500, 1 => 1i64..=90_000];
    let discount =
        prop_oneof![4 => Just(0i64), 1 => Just(10i64), 1 => Just(15i64), 1 => Just(33i64), 1 => Just(100i64)];
    let row = (quantity, 0i64..=9_999, percent, discount, any::<bool>()).prop_map(
        |(quantity, price, percent, discount, by_channel_tax)| RandomRow {
            quantity,
            price,
            percent,
            discount,
            by_channel_tax,
        },
    );
    let edited = prop_oneof![12 => Just(0i64), 1 => -3i64..=3, 1 => -20i64..=20];
    let currency = prop_oneof![4 => Just("GBP"), 2 => Just("EUR"), 1 => Just("USD"), 1 => Just("JPY")];
    (
        currency,
        prop::collection::vec(row, 1..8),
        0i64..=1_500,
        any::<bool>(),
        2u32..=6,
        edited,
        any::<bool>(),
    )
        .prop_map(
            |(currency, rows, postage, postage_taxed, decimals, edited, own_line)| Basket {
                currency,
                rows,
                postage,
                postage_taxed,
                decimals,
                edited,
                own_line,
            },
        )
}

fn round(amount: Decimal, places: u32) -> Decimal {
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

fn without_tax(gross: Decimal, percent: i64) -> Decimal {
    gross * Decimal::ONE_HUNDRED / Decimal::from(100 + percent)
}

fn order_from(basket: &Basket) -> Order {
    let places = currency(basket.currency).exponent();
    let money = |units: i64| Decimal::new(units, places);
    let kept = basket.decimals.max(places);
    let rows: Vec<OrderLine> = basket
        .rows
        .iter()
        .enumerate()
        .map(|(index, random)| {
            let full = money(random.price) * Decimal::from(random.quantity);
            let left = full * Decimal::from(100 - random.discount) / Decimal::ONE_HUNDRED;
            let gross = round(left, kept);
            let mut line = row("WIDGET", random.quantity, "0", &random.percent.to_string());
            line.row_id = RowId(Uuid::from_u128(index as u128 + 1));
            line.cost_inc_tax = gross;
            let net_decimals = if random.by_channel_tax && random.percent > 0 {
                places
            } else {
                kept
            };
            line.cost = round(without_tax(gross, random.percent), net_decimals);
            line.discount_percent = Decimal::from(random.discount);
            line.discount_value = full - left;
            line
        })
        .collect();
    let mut order = order_of(Vec::new(), "0");
    let postage = money(basket.postage);
    let totals = &mut order.totals;
    totals.currency = currency(basket.currency);
    totals.postage_cost = postage;
    totals.postage_cost_ex_tax = if basket.postage_taxed {
        round(without_tax(postage, 20), kept)
    } else {
        postage
    };
    let gross: Decimal = rows.iter().map(|line| line.cost_inc_tax).sum();
    let net: Decimal = rows.iter().map(|line| line.cost).sum();
    totals.subtotal = net;
    totals.tax = gross - net + totals.postage_cost - totals.postage_cost_ex_tax;
    totals.total_charge = gross + postage + money(basket.edited);
    order.lines = rows;
    order
}

/// What QuickBooks makes of the document, computed from its lines alone.
fn total_in_quickbooks(document: &AccountingDocument) -> Decimal {
    let rates = BTreeMap::from([
        ("3", vec![20]),
        ("5", vec![5]),
        ("7", vec![0]),
        ("12", vec![5, 7]),
    ]);
    let mut sum = Decimal::ZERO;
    let mut by_rate: BTreeMap<i64, Decimal> = BTreeMap::new();
    let mut inclusive = Decimal::ZERO;
    for line in &document.lines {
        match line {
            DocumentLine::Item(line) => {
                sum += line.amount;
                inclusive += line.tax_inclusive_amount.unwrap_or_default();
                let code = line.tax_code.as_ref().map_or("", |code| code.id.as_str());
                for percent in rates.get(code).into_iter().flatten() {
                    *by_rate.entry(*percent).or_default() += line.amount;
                }
            }
            DocumentLine::Discount { amount, .. } => sum -= amount,
            DocumentLine::Description(_) => {}
        }
    }
    let places = document.currency.exponent();
    match document.tax.form {
        TaxForm::Inclusive => inclusive,
        TaxForm::InclusiveGross | TaxForm::NotApplicable | TaxForm::UnitedStatesTaxLine => sum,
        TaxForm::ExcludedWithOverride | TaxForm::InclusiveWithOverride => {
            sum + document.tax.lines.iter().map(|line| line.tax).sum::<Decimal>()
        }
        TaxForm::UnitedStatesTotalTax => sum + document.tax.total_tax,
        TaxForm::Excluded => {
            let tax = |(percent, net): (&i64, &Decimal)| round(*net * Decimal::new(*percent, 2), places);
            sum + by_rate.iter().map(tax).sum::<Decimal>()
        }
    }
}

fn judge(
    order: &Order,
    document: &AccountingDocument,
    form: TaxForm,
    unit_price_decimals_max: u32,
) -> Result<(), TestCaseError> {
    let places = order.totals.currency.exponent();
    let total = round(order.totals.total_charge, places);
    prop_assert_eq!(document.tax.form, form);
    prop_assert_eq!(document.total.amount, total);
    prop_assert_eq!(total_in_quickbooks(document), total, "{:#?}", document);
    let mut quantities: BTreeMap<RowId, Decimal> = BTreeMap::new();
    for line in item_lines(document) {
        prop_assert_eq!(round(line.amount, places), line.amount);
        if let (Some(quantity), Some(unit_price)) = (line.quantity, line.unit_price) {
            prop_assert_eq!(round(quantity * unit_price, 2), line.amount, "{:#?}", line);
            prop_assert!(unit_price.scale() <= unit_price_decimals_max);
        }
        match &line.role {
            LineRole::Row(row) => *quantities.entry(*row).or_default() += line.quantity.unwrap(),
            LineRole::Rounding => prop_assert!(line.amount.abs() <= Decimal::new(5, places)),
            _ => {}
        }
        let coded = form == TaxForm::NotApplicable || line.tax_code.is_some();
        prop_assert!(coded, "{:#?}", line);
    }
    for line in &order.lines {
        prop_assert_eq!(quantities.get(&line.row_id), Some(&line.quantity));
    }
    judge_tax(order, document, form)
}

/// Outside the forms without tax, the document's tax is the order's.
fn judge_tax(order: &Order, document: &AccountingDocument, form: TaxForm) -> Result<(), TestCaseError> {
    let tax = round(order.totals.tax, order.totals.currency.exponent());
    let lines = item_lines(document);
    match form {
        TaxForm::Inclusive | TaxForm::InclusiveWithOverride => {
            let of_lines: Decimal = lines
                .iter()
                .map(|line| line.tax_inclusive_amount.unwrap() - line.amount)
                .sum();
            prop_assert_eq!(of_lines, tax);
            prop_assert_eq!(document.tax.total_tax, tax);
        }
        TaxForm::ExcludedWithOverride | TaxForm::UnitedStatesTotalTax | TaxForm::InclusiveGross => {
            prop_assert_eq!(document.tax.total_tax, tax);
        }
        TaxForm::UnitedStatesTaxLine => {
            let of_lines: Decimal = lines
                .iter()
                .filter(|line| line.role == LineRole::Tax)
                .map(|line| line.amount)
                .sum();
            prop_assert_eq!(of_lines, tax);
        }
        TaxForm::Excluded | TaxForm::NotApplicable => {}
    }
    Ok(())
}

fn settings_text(form: TaxForm, mode: &str, decimals: u32) -> String {
    format!(
        "[tax]\nform = \"{}\"\nitem = \"Sales tax\"\n[rounding]\nitem = \"Rounding\"\n[discount]\nmode = \"{mode}\"\n\
         item = \"Discount\"\n[product]\nunit_price_decimals_max = {decimals}\n",
        form.as_str()
    )
}

/// Maps many baskets in one form; at least `documents_min` of a hundred must become documents.
fn check_form(form: TaxForm, documents_min: u32) {
    let united_states = matches!(form, TaxForm::UnitedStatesTotalTax | TaxForm::UnitedStatesTaxLine);
    let mut company = if united_states {
        american_company()
    } else {
        company()
    };
    company.preferences.multicurrency = true;
    let lists = lists();
    let [inside, own_line] = [("already_inside", 7), ("own_line", 2)]
        .map(|(mode, decimals)| settings(&settings_text(form, mode, decimals)));
    let documents = Cell::new(0u32);
    let config = Config {
        cases: BASKETS_PER_FORM,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&baskets(), |basket| {
        let order = order_from(&basket);
        let settings = if basket.own_line { &own_line } else { &inside };
        let mapped = map_order(
            &order,
            &Context {
                settings,
                lists: &lists,
                company: &company,
                rules: None,
            },
        );
        match mapped.outcome {
            Outcome::Document(document) => {
                documents.set(documents.get() + 1);
                judge(&order, &document, form, if basket.own_line { 2 } else { 7 })
            }
            Outcome::Held(reason) if basket.edited == 0 && form != TaxForm::Excluded => {
                // Eight roundings of half a unit stay below the cap of five units.
                Err(TestCaseError::fail(format!(
                    "held although nothing was edited: {reason}"
                )))
            }
            _ => Ok(()),
        }
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let least = BASKETS_PER_FORM / 100 * documents_min;
    assert!(
        documents.get() >= least,
        "only {} of {BASKETS_PER_FORM} became documents",
        documents.get()
    );
}

#[test]
fn baskets_come_to_the_orders_total_in_the_inclusive_form() {
    check_form(TaxForm::Inclusive, 85);
}

#[test]
fn baskets_come_to_the_orders_total_in_the_inclusive_form_with_override() {
    check_form(TaxForm::InclusiveWithOverride, 85);
}

#[test]
fn baskets_come_to_the_orders_total_in_the_inclusive_gross_form() {
    check_form(TaxForm::InclusiveGross, 85);
}

#[test]
fn baskets_come_to_the_orders_total_in_the_excluded_form() {
    check_form(TaxForm::Excluded, 70);
}

#[test]
fn baskets_come_to_the_orders_total_in_the_excluded_form_with_override() {
    check_form(TaxForm::ExcludedWithOverride, 85);
}

#[test]
fn baskets_come_to_the_orders_total_without_any_tax() {
    check_form(TaxForm::NotApplicable, 85);
}

#[test]
fn baskets_come_to_the_orders_total_with_the_total_tax_of_the_united_states() {
    check_form(TaxForm::UnitedStatesTotalTax, 85);
}

#[test]
fn baskets_come_to_the_orders_total_with_a_tax_line_of_the_united_states() {
    check_form(TaxForm::UnitedStatesTaxLine, 85);
}
