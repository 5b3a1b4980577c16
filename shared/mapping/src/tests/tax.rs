//! Tax forms, codes and rates.

use domain::{LineRole, ReasonCode, TaxForm};

use super::world::*;

#[test]
fn the_orders_own_tax_overrides_the_tax_quickbooks_would_compute() {
    let lists = lists_with([tax_rate("q", "9.975"), tax_code("q", "QST", &["q"])]);
    let mut order = order_of(vec![row("WIDGET", 1, "4943.56", "9.975")], "0");
    order.lines[0].cost = decimal("4495.16");
    order.totals.tax = decimal("448.40");
    let own = document(map_with(
        &order,
        "[tax]\nform = \"excluded_with_override\"",
        &lists,
        &company(),
    ));
    assert_eq!(
        (own.tax.lines[0].net, own.tax.lines[0].tax),
        (decimal("4495.16"), decimal("448.40"))
    );
    // QuickBooks computes 448.39 on either net, so the net takes the penny.
    let mapped = map_with(&order, "[tax]\nform = \"excluded\"", &lists, &company());
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("448.39"))
    );
    let computed = document(mapped);
    assert_eq!(
        (item_lines(&computed)[0].amount, computed.tax.total_tax),
        (decimal("4495.17"), decimal("448.39"))
    );
}

#[test]
fn two_rates_become_two_tax_lines() {
    let lines = vec![row("WIDGET", 1, "12.00", "20"), row("GADGET", 1, "10.50", "5")];
    let mapped = document(map(
        &order_of(lines, "0"),
        "[tax]\nform = \"inclusive_with_override\"",
    ));
    let taxes: Vec<String> = mapped
        .tax
        .lines
        .iter()
        .map(|line| format!("{} {} {}", line.percent, line.net, line.tax))
        .collect();
    assert_eq!(taxes, ["20 10 2.00", "5 10 0.50"]);
}

#[test]
fn a_tax_code_with_two_rates_shares_its_tax_out() {
    let entries = [
        tax_rate("gst", "5"),
        tax_rate("qst", "9.975"),
        tax_code("q", "GST/QST QC", &["gst", "qst"]),
    ];
    let mut order = order_of(vec![row("WIDGET", 1, "114.98", "14.975")], "0");
    order.lines[0].cost = decimal("100");
    order.totals.tax = decimal("14.98");
    let text = "[tax]\nform = \"excluded_with_override\"";
    let mapped = document(map_with(&order, text, &lists_with(entries), &company()));
    let taxes: Vec<String> = mapped
        .tax
        .lines
        .iter()
        .map(|line| format!("{} {}", line.rate_id, line.tax))
        .collect();
    assert_eq!(taxes, ["gst 5.00", "qst 9.98"]);
}

#[test]
fn a_tax_that_leaves_out_the_postage_is_understood_and_warned_of() {
    let mut order = order();
    order.totals.tax = decimal("3.33");
    let mapped = map(&order, "");
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("leaves out the tax on postage"))
    );
    assert_eq!(document(mapped).tax.total_tax, decimal("4.00"));
}

#[test]
fn a_tax_that_the_lines_do_not_have_holds_the_order() {
    let mut order = order();
    order.totals.tax = decimal("5");
    let reason = held(map(&order, ""));
    assert_eq!(reason.code, ReasonCode::TotalsDisagree);
    assert!(
        reason.cause.contains("5.00") && reason.cause.contains("4.00"),
        "{reason}"
    );
}

#[test]
fn an_odd_rate_counts_as_the_known_rate_nearby() {
    let mut order = order_of(vec![row("WIDGET", 1, "12.00", "20.15")], "0");
    let mapped = document(map(&order, ""));
    assert_eq!(item_lines(&mapped)[0].tax_code.as_ref().unwrap().name, "20.0% S");
    order = order_of(vec![row("WIDGET", 1, "12.00", "19")], "0");
    let reason = held(map(&order, ""));
    assert_eq!(reason.code, ReasonCode::UnknownTaxCode);
    assert!(reason.remedy.contains("\"19\""), "{reason}");
}

#[test]
fn a_row_that_states_a_rate_and_has_no_tax_is_untaxed() {
    let mut order = order_of(vec![row("WIDGET", 1, "12.00", "20")], "0");
    order.lines[0].cost = decimal("12.00");
    order.totals.tax = decimal("0");
    let mapped = document(map(&order, ""));
    assert_eq!(item_lines(&mapped)[0].tax_code.as_ref().unwrap().name, "0.0% Z");
}

#[test]
fn several_codes_of_one_rate_hold_the_order_until_the_settings_choose() {
    let lists = lists_with([tax_code("30", "20.0% ECG", &["r20"])]);
    let reason = held(map_with(&order(), "", &lists, &company()));
    assert_eq!(reason.code, ReasonCode::UnknownTaxCode);
    assert!(
        reason.cause.contains("20.0% S, ") || reason.cause.contains(", 20.0% S"),
        "{reason}"
    );
    let text = "[tax.codes]\n\"20.0\" = \"20.0% S\"";
    document(map_with(&order(), text, &lists, &company()));
}

#[test]
fn a_misspelt_tax_code_is_held_with_the_nearest_one() {
    let reason = held(map(&order(), "[tax.codes]\n\"20\" = \"20.0 % S\""));
    assert!(reason.remedy.contains("Did you mean '20.0% S'?"), "{reason}");
}

#[test]
fn an_american_order_keeps_the_channels_tax_figure() {
    let mapped = document(map_with(&american_order(), "", &lists(), &american_company()));
    assert_eq!(mapped.tax.form, TaxForm::UnitedStatesTotalTax);
    assert_eq!(mapped.tax.total_tax, decimal("1.74"));
    let lines = item_lines(&mapped);
    assert_eq!(lines[0].tax_code.as_ref().unwrap().id.as_str(), "TAX");
    assert_eq!(
        (lines[0].amount, lines[0].unit_price),
        (decimal("19.98"), Some(decimal("9.99")))
    );
}

#[test]
fn american_tax_on_the_header_alone_makes_the_rows_taxable() {
    let mut order = american_order();
    order.lines[0].cost_inc_tax = decimal("19.98");
    order.lines[0].tax_rate = decimal("0");
    let mapped = document(map_with(&order, "", &lists(), &american_company()));
    assert_eq!(mapped.tax.total_tax, decimal("1.74"));
    assert_eq!(
        item_lines(&mapped)[0].tax_code.as_ref().unwrap().id.as_str(),
        "TAX"
    );
}

#[test]
fn american_tax_on_postage_alone_still_has_a_taxable_line() {
    let mut order = order_of(vec![row("WIDGET", 1, "10.00", "0")], "6.00");
    order.totals.currency = currency("USD");
    let mapped = document(map_with(&order, "", &lists(), &american_company()));
    let codes: Vec<&str> = item_lines(&mapped)
        .iter()
        .map(|line| line.tax_code.as_ref().unwrap().id.as_str())
        .collect();
    assert_eq!(codes, ["NON", "TAX"]);
    assert_eq!(mapped.tax.total_tax, decimal("1.00"));
}

#[test]
fn american_tax_as_a_line_of_its_own_leaves_all_lines_untaxed() {
    let text = "[tax]\nform = \"united_states_tax_line\"\nitem = \"Sales tax\"";
    let mapped = document(map_with(&american_order(), text, &lists(), &american_company()));
    let lines = item_lines(&mapped);
    assert!(
        lines
            .iter()
            .all(|line| line.tax_code.as_ref().unwrap().id.as_str() == "NON")
    );
    assert_eq!(
        (lines[1].role.clone(), lines[1].amount),
        (LineRole::Tax, decimal("1.74"))
    );
}

#[test]
fn tax_collected_by_the_channel_stays_out_of_the_document_or_holds_the_order() {
    let text = "[[channel]]\nsource = \"AMAZON\"\ntax_collected_by_channel = true";
    let mut order = american_order();
    let reason = held(map_with(&order, text, &lists(), &american_company()));
    assert_eq!(reason.code, ReasonCode::TotalsDisagree);
    order.totals.total_charge = decimal("19.98");
    let mapped = document(map_with(&order, text, &lists(), &american_company()));
    assert_eq!(mapped.tax.total_tax, decimal("0"));
    assert_eq!(
        item_lines(&mapped)[0].tax_code.as_ref().unwrap().id.as_str(),
        "NON"
    );
}

#[test]
fn a_tax_form_of_the_other_country_is_refused() {
    let reason = held(map(&order(), "[tax]\nform = \"united_states_total_tax\""));
    assert_eq!(reason.code, ReasonCode::SettingUnusable);
    let reason = held(map_with(
        &american_order(),
        "[tax]\nform = \"inclusive\"",
        &lists(),
        &american_company(),
    ));
    assert_eq!(reason.code, ReasonCode::SettingUnusable);
}

#[test]
fn a_company_without_sales_tax_gets_gross_lines_and_no_code() {
    let mut company = company();
    company.preferences.using_sales_tax = false;
    let mapped = document(map_with(&order(), "", &lists(), &company));
    assert_eq!(mapped.tax.form, TaxForm::NotApplicable);
    let lines = item_lines(&mapped);
    assert!(
        lines
            .iter()
            .all(|line| line.tax_code.is_none() && line.tax_inclusive_amount.is_none())
    );
    assert_eq!(lines[0].amount, decimal("19.98"));
}

#[test]
fn the_rounding_line_stands_in_the_net_of_rate_zero() {
    let mut order = order();
    order.totals.total_charge = decimal("24.02");
    let text = "[tax]\nform = \"inclusive_with_override\"\n[rounding]\nitem = \"Rounding\"";
    let mapped = document(map(&order, text));
    let taxes: Vec<String> = mapped
        .tax
        .lines
        .iter()
        .map(|line| format!("{} {} {}", line.rate_id, line.net, line.tax))
        .collect();
    assert_eq!(taxes, ["r0 0.02 0.00", "r20 20.00 4.00"]);
}

#[test]
fn an_american_company_without_sales_tax_gets_gross_lines() {
    let mut company = american_company();
    company.preferences.using_sales_tax = false;
    let mapped = document(map_with(&american_order(), "", &lists(), &company));
    assert_eq!(
        (mapped.tax.form, mapped.tax.total_tax),
        (TaxForm::UnitedStatesTaxLine, decimal("0"))
    );
    let lines = item_lines(&mapped);
    assert_eq!((lines.len(), lines[0].amount), (1, decimal("21.72")));
    assert_eq!(lines[0].tax_code.as_ref().unwrap().id.as_str(), "NON");
}

#[test]
fn american_tax_outside_the_total_is_held_with_the_setting_for_it() {
    let mut order = american_order();
    order.lines[0].cost_inc_tax = decimal("19.98");
    order.lines[0].tax_rate = decimal("0");
    order.totals.total_charge = decimal("19.98");
    let reason = held(map_with(&order, "", &lists(), &american_company()));
    assert!(reason.remedy.contains("tax_collected_by_channel"), "{reason}");
}

#[test]
fn a_rounding_line_whose_code_has_tax_is_refused() {
    let mut order = order();
    order.totals.total_charge = decimal("24.01");
    let text = "[rounding]\nitem = \"Rounding\"\ntax_code = \"20.0% S\"";
    assert_eq!(held(map(&order, text)).code, ReasonCode::SettingUnusable);
}

#[test]
fn a_little_tax_never_counts_as_none() {
    let order = order_of(vec![row("WIDGET", 1, "100.20", "0.2")], "0");
    let reason = held(map(&order, ""));
    assert_eq!(reason.code, ReasonCode::UnknownTaxCode);
    assert!(reason.cause.contains("0.2 %"), "{reason}");
}

#[test]
fn an_inactive_tax_code_is_never_taken() {
    let lists = lists_with([inactive(tax_code("30", "20.0% old", &["r20"]))]);
    let mapped = document(map_with(&order(), "", &lists, &company()));
    assert_eq!(item_lines(&mapped)[0].tax_code.as_ref().unwrap().name, "20.0% S");
    let lists = lists_with([inactive(tax_code("3", "20.0% S", &["r20"]))]);
    assert_eq!(
        held(map_with(&order(), "", &lists, &company())).code,
        ReasonCode::UnknownTaxCode
    );
}
