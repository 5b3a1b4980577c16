//! Orders through rules and the mapping: every field that rules write reaches the document, or its absence is said.

use domain::{AccountingDocument, DocumentKind, DocumentLine, Order, ReasonCode};
use rules::{CompiledRules, RuleFile};

use super::world::*;
use crate::{CompanyNames, Context, Mapped, Outcome, explain_order, map_order};

const SETTINGS: &str = "[shipping]\nitem = \"Postage\"\n";

fn compile(text: &str) -> (RuleFile, CompiledRules) {
    let file = RuleFile::parse("rules.yaml", text).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let compiled = CompiledRules::compile(&file).unwrap();
    (file, compiled)
}

fn ruled_with(order: &Order, settings_text: &str, rules: &str) -> Mapped {
    let (_, compiled) = compile(rules);
    let (settings, lists, company) = (settings(settings_text), lists(), company());
    let context = Context {
        settings: &settings,
        lists: &lists,
        company: &company,
        rules: Some(&compiled),
    };
    let mapped = map_order(order, &context);
    let explained = explain_order(order, &context);
    assert_eq!(
        mapped.outcome, explained.outcome,
        "an explanation changes nothing"
    );
    mapped
}

fn ruled(rules: &str) -> Mapped {
    ruled_with(&order(), SETTINGS, rules)
}

/// One rule on every order with these actions.
fn always(then: &str) -> String {
    format!("rules:\n  - name: R\n    when: always\n    then:\n{then}")
}

fn made(then: &str) -> AccountingDocument {
    document(ruled(&always(then)))
}

fn held(mapped: Mapped) -> domain::Reason {
    match mapped.outcome {
        Outcome::Held(reason) => reason,
        other => panic!("not held: {other:?}"),
    }
}

fn first_line(document: &AccountingDocument) -> &domain::ItemLine {
    match &document.lines[0] {
        DocumentLine::Item(line) => line,
        other => panic!("no item: {other:?}"),
    }
}

#[test]
fn without_a_rule_that_matches_the_document_is_the_same_byte_for_byte() {
    let plain = map(&order(), SETTINGS);
    let none = ruled(
        "rules:\n  - name: R\n    when: { field: source, equals: EBAY }\n    then:\n      - set: memo\n        to: x\n",
    );
    assert_eq!(document(plain), document(none));
}

#[test]
fn the_sub_source_as_store_name_becomes_the_customer() {
    let rules = "rules:\n  - name: Stores\n    when: { field: order source WH, always: true }\n    then:\n      - map store name to quickbooks:\n";
    let mut order = order();
    order.channel.sub_source = "Amazon Outlet".to_owned();
    let settings_text = format!("{SETTINGS}[[channel]]\nsource = \"AMAZON\"\nstore_name = \"Amazon\"\n");
    assert_eq!(document(map(&order, &settings_text)).customer.name(), "Amazon");
    let made = document(ruled_with(&order, &settings_text, rules));
    assert_eq!(made.customer.name(), "Amazon Outlet");
}

#[test]
fn store_name_and_currency_can_be_grouped_by_a_rule() {
    let made = made("      - template: \"Shop {currency}\"\n        to: customer_name\n");
    assert_eq!(made.customer.name(), "Shop GBP");
}

#[test]
fn number_prefix_memo_reference_and_dates_come_from_rules() {
    let then = "      - map_document_number: A1\n      - map_number_prefix: AZ-\n      - map_memo: \"for {sub_source}\"\n      \
                - map_customer_memo: Thanks\n      - set: payment_reference\n        to: REF9\n      \
                - map_date: 2026-03-05\n      - map_ship_date: 2026-03-06\n";
    let made = made(then);
    assert_eq!(made.doc_number.unwrap().as_str(), "AZ-A1");
    assert_eq!(made.private_note, "for Amazon UK");
    assert_eq!(made.customer_memo.as_deref(), Some("Thanks"));
    assert_eq!(made.payment_reference.as_deref(), Some("REF9"));
    assert_eq!(made.date.to_string(), "2026-03-05");
    assert_eq!(made.ship_date.unwrap().to_string(), "2026-03-06");
}

#[test]
fn account_method_class_location_and_terms_come_from_rules() {
    let then = "      - set: deposit_account\n        to: Amazon clearing\n      - set: payment_method\n        to: PayPal\n      \
                - map_class: Online\n      - map_location: UK\n      - map_document_type: invoice\n      - map_terms: Net 30\n      \
                - map_due_date: 2026-04-01\n";
    let made = made(then);
    assert_eq!(made.class.unwrap().name, "Online");
    assert_eq!(made.department.unwrap().name, "UK");
    let DocumentKind::Invoice { terms, due_date, .. } = made.kind else {
        panic!("no invoice")
    };
    assert_eq!(terms.unwrap().name, "Net 30");
    assert_eq!(due_date.unwrap().to_string(), "2026-04-01");
    let receipt = self::made("      - set: deposit_account\n        to: Amazon clearing\n");
    assert_eq!(receipt.deposit_account.unwrap().name, "Amazon clearing");
}

#[test]
fn a_multiplied_quantity_keeps_the_line_and_the_total() {
    let made = made("      - multiply_quantity: 6\n");
    let line = first_line(&made);
    assert_eq!(line.quantity, Some(decimal("12")));
    assert_eq!(made.total, order().total_charge());
    assert_eq!(line.tax_inclusive_amount, Some(decimal("19.98")));
}

#[test]
fn a_sku_item_and_description_are_those_of_the_rules() {
    let sku = made("      - map_sku: GADGET\n");
    assert_eq!(first_line(&sku).item.name(), "GADGET");
    let item = made("      - map_item: Hats:RED\n      - map_description: \"{sku} in red\"\n");
    assert_eq!(first_line(&item).item.name(), "Hats:RED");
    assert_eq!(first_line(&item).description.as_deref(), Some("WIDGET in red"));
}

#[test]
fn a_suffix_is_stripped_from_the_sku_that_has_it_and_from_no_other() {
    let rules =
        "rules:\n  - name: FBA\n    when: { field: sku, ends_with: -FBA }\n    then:\n      - map_sku:\n";
    let order = order_of(
        vec![
            row("WIDGET-FBA", 1, "12.00", "20"),
            row("GADGET", 1, "6.00", "20"),
        ],
        "0",
    );
    let made = document(ruled_with(&order, SETTINGS, rules));
    let names: Vec<&str> = made
        .lines
        .iter()
        .filter_map(|line| match line {
            DocumentLine::Item(line) => Some(line.item.name()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["Widget", "GADGET"]);
}

#[test]
fn a_skip_and_a_hold_carry_the_name_of_the_rule() {
    let Outcome::Skipped(reason) = ruled(&always("      - skip: test order\n")).outcome else {
        panic!("not skipped")
    };
    assert_eq!(
        (reason.code, reason.rule.as_deref()),
        (ReasonCode::SkippedByRule, Some("R"))
    );
    assert!(reason.cause.contains("test order"), "{reason}");
    let reason = held(ruled(&always("      - hold: ask the boss\n")));
    assert_eq!(
        (reason.code, reason.rule.as_deref()),
        (ReasonCode::HeldByRule, Some("R"))
    );
}

#[test]
fn a_surcharge_is_held_until_the_settings_allow_another_total() {
    let rules = always("      - add_surcharge: 1.50\n");
    let reason = held(ruled(&rules));
    assert_eq!(reason.code, ReasonCode::TotalChangedByRule);
    assert!(
        reason.cause.contains("25.50") && reason.cause.contains("24.00"),
        "{reason}"
    );
    let mapped = ruled_with(
        &order(),
        &format!("{SETTINGS}[rules]\nchanged_totals = \"post\"\n"),
        &rules,
    );
    assert_eq!(mapped.explanation.rules.ruled_difference, Some(decimal("1.50")));
    let made = document(mapped);
    assert_eq!(
        (made.total.amount, made.tax.total_tax),
        (decimal("25.50"), decimal("4.25"))
    );
}

#[test]
fn an_added_line_with_an_amount_is_in_the_total_and_one_of_text_is_not() {
    let allowed = format!("{SETTINGS}[rules]\nchanged_totals = \"post\"\n");
    let rules = always("      - add_line: { item: GADGET, quantity: 2, line_total: 2.40, tax_rate: 20 }\n");
    let made = document(ruled_with(&order(), &allowed, &rules));
    assert_eq!((made.total.amount, made.lines.len()), (decimal("26.40"), 3));
    let text = document(ruled(&always(
        "      - add_line: { description: Gift wrapped }\n",
    )));
    assert_eq!(
        text.lines.last(),
        Some(&DocumentLine::Description("Gift wrapped".to_owned()))
    );
    assert_eq!(text.total, order().total_charge());
}

#[test]
fn a_tax_code_of_another_rate_is_held_and_one_of_the_same_rate_is_taken() {
    let reason = held(ruled(&always("      - map_tax_code: 5.0% R\n")));
    assert!(
        reason.cause.contains("of 5 %, and the order was taxed with 20 %"),
        "{reason}"
    );
    let made = made("      - map_tax_code: 20.0% S\n");
    assert_eq!(first_line(&made).tax_code.as_ref().unwrap().name, "20.0% S");
}

#[test]
fn a_site_a_bin_and_a_unit_are_kept_as_data_and_said_not_to_be_sent() {
    let mapped = ruled(&always(
        "      - map_site: B30\n      - map_bin: \"7\"\n      - map_unit_of_measure: case\n",
    ));
    let kept: Vec<(&str, Option<usize>, &str)> = mapped
        .explanation
        .rules
        .kept
        .iter()
        .map(|kept| (kept.field.as_str(), kept.line, kept.value.as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            ("unit_of_measure", Some(1), "case"),
            ("site", Some(1), "B30"),
            ("bin", Some(1), "7")
        ]
    );
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("'site'"))
    );
    assert_eq!(document(mapped), document(map(&order(), SETTINGS)));
}

#[test]
fn a_rule_that_names_what_quickbooks_lacks_holds_the_order_and_is_found_by_the_check() {
    let rules = always("      - set: deposit_account\n        to: Amazn clearing\n");
    let reason = held(ruled(&rules));
    assert_eq!(reason.code, ReasonCode::UnknownAccount);
    assert!(
        reason.remedy.contains("Did you mean 'Amazon clearing'?") && reason.remedy.contains("the rule 'R'"),
        "{reason}"
    );
    let (file, _) = compile(&rules);
    let findings = file.check(&CompanyNames(&lists()));
    assert_eq!(findings[0].code, "unknown-name");
    assert!(findings[0].remedy.contains("Amazon clearing"), "{}", findings[0]);
}

#[test]
fn a_line_class_where_lines_track_none_is_held_instead_of_lost() {
    let reason = held(ruled(&always("      - map_line_class: Online\n")));
    assert_eq!(reason.code, ReasonCode::SettingUnusable);
}

#[test]
fn the_explanation_tells_each_rule_in_order_with_before_and_after() {
    let rules = "rules:\n  - name: One\n    when: always\n    then:\n      - map_store_name: A\n  - name: Two\n    when: { field: store_name, equals: a }\n    \
                 then:\n      - map_store_name: B\n  - name: Three\n    when: { all: [{ field: store_name, equals: B }, { field: source, equals: EBAY }] }\n    \
                 then:\n      - map_store_name: C\n";
    let (_, compiled) = compile(rules);
    let (settings, lists, company) = (settings(SETTINGS), lists(), company());
    let context = Context {
        settings: &settings,
        lists: &lists,
        company: &company,
        rules: Some(&compiled),
    };
    let told = explain_order(&order(), &context).explanation.rules;
    let store = told.facts.iter().find(|fact| fact.field == "store_name").unwrap();
    assert_eq!(
        (store.before.as_str(), store.after.as_str(), store.rules.join(",")),
        ("Amazon UK", "B", "One,Two".to_owned())
    );
    assert_eq!(told.near_misses.len(), 1);
    assert_eq!(told.near_misses[0].actual, "AMAZON");
}
