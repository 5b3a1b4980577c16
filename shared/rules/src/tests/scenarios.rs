//! Recipes of the peer's users, and what explaining says.

use super::{compile, number, order, read, run, shown, shown_on_line};
use crate::{CompiledRules, Kind, RuleFile, fields};

#[test]
fn sub_source_as_store_name_recipe() {
    let file = read(
        "rules:\n  - name: sub source as store name\n    when: { field: order source WH, map all: true }\n    then:\n      \
         - map store name to QuickBooks:\n",
    );
    let mut facts = order(&["A"]);
    let trace = run(&file, &mut facts);
    assert_eq!(shown(&facts, fields::STORE_NAME), "EBAY1");
    assert_eq!(trace.fired[0].changes[0].to_string(), "store_name: '' -> 'EBAY1'");
}

#[test]
fn store_name_and_currency_grouping_by_rule() {
    let file = read(
        "rules:\n  - name: store and currency\n    when: always\n    then: [{ template: \"{source} {currency}\", to: store_name }]\n",
    );
    let mut facts = order(&[]);
    facts.set(fields::SOURCE, "Amazon");
    facts.set(fields::CURRENCY, "USD");
    run(&file, &mut facts);
    assert_eq!(shown(&facts, fields::STORE_NAME), "Amazon USD");
}

#[test]
fn deposit_account_by_payment_method_and_receivable_account_by_currency() {
    let file = read(
        "rules:\n  - { name: paypal, when: { field: payment method, matches: paypal }, then: [{ map_deposit_account: PayPal }] }\n  \
         - { name: euro, when: { field: currency code, equals: eur }, then: [{ map A/R account: Debtors EUR }] }\n",
    );
    let mut facts = order(&[]);
    facts.set(fields::PAYMENT_METHOD, "PayPal Express");
    facts.set(fields::CURRENCY, "EUR");
    run(&file, &mut facts);
    assert_eq!(shown(&facts, fields::DEPOSIT_ACCOUNT), "PayPal");
    assert_eq!(shown(&facts, fields::RECEIVABLE_ACCOUNT), "Debtors EUR");
}

#[test]
fn site_rule_gives_each_matching_line_its_site_and_the_others_keep_the_default() {
    let file = read(
        "rules: [{ name: s, when: { field: bin_rack, starts_with: B }, then: [{ map inventory site: B30 }] }]",
    );
    let mut facts = order(&["A", "C"]);
    facts.set(fields::SITE, "Main");
    facts.set_on_line(0, fields::BIN_RACK, "b-7");
    run(&file, &mut facts);
    assert_eq!(
        [
            shown_on_line(&facts, 0, fields::SITE),
            shown_on_line(&facts, 1, fields::SITE)
        ],
        ["B30", "Main"]
    );
}

#[test]
fn explain_names_the_condition_that_failed() {
    let file = read(
        "rules:\n  - name: uk\n    when: { all: [{ field: source, equals: amazon }, { field: shipping_country_code, equals: GB }] }\n    \
         then: [{ map_class: UK }]\n  - name: two off\n    when: { all: [{ field: source, equals: x }, { field: terms, equals: y }] }\n    \
         then: [{ map_class: X }]\n  - name: far off\n    when: { field: sub_source, equals: EBAY2 }\n    then: [{ map_class: X }]\n  \
         - name: slip of a space\n    when: { field: sub_source, equals: \"EBAY1 \" }\n    then: [{ map_class: X }]\n  \
         - name: line\n    when: { all: [{ field: sku, equals: B }, { field: quantity, greater_than: 5 }] }\n    then: [{ map_class: X }]\n",
    );
    let mut facts = order(&["A", "B"]);
    facts.set(fields::SHIPPING_COUNTRY_CODE, "FR");
    let trace = compile(&file).explain(&mut facts, Kind::Order, None);
    let told: Vec<String> = trace.near_misses.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "rule 'uk' did not match: shipping_country_code equals 'GB' failed, the value is 'FR'",
            "rule 'slip of a space' did not match: sub_source equals 'EBAY1 ' failed, the value is 'EBAY1'",
            "rule 'line' did not match line 2: quantity greater_than '5' failed, the value is '2'",
        ]
    );
    assert!(
        compile(&file)
            .run(&mut order(&["A", "B"]), Kind::Order, None)
            .near_misses
            .is_empty()
    );
}

#[test]
fn of_thousands_of_near_misses_the_nearest_are_told_and_the_rest_counted() {
    let mut text = String::from("rules:\n");
    for number in 0..100 {
        let sku = if number == 70 {
            "\"A \"".to_owned()
        } else {
            format!("X-{number}")
        };
        text.push_str(&format!(
            "  - {{ name: r{number}, when: {{ all: [{{ field: source, equals: amazon }}, {{ field: sku, equals: {sku} }}] }}, then: [{{ map_class: X }}] }}\n"
        ));
    }
    let trace = compile(&read(&text)).explain(&mut order(&["B", "A"]), Kind::Order, None);
    let told: Vec<usize> = trace.near_misses.iter().map(|miss| miss.rule).collect();
    assert_eq!(
        (told.len(), trace.near_misses_omitted, told.is_sorted()),
        (20, 80, true)
    );
    let slip = trace.near_misses.iter().find(|miss| miss.rule == 70).unwrap();
    assert_eq!(
        slip.to_string(),
        "rule 'r70' did not match line 2: sku equals 'A ' failed, the value is 'A'"
    );
}

#[test]
fn explaining_comes_to_the_same_end_as_running() {
    for seed in 0..300 {
        let mut random = super::property::Random::new(seed);
        let rules = CompiledRules::compile(&super::property::random_file(&mut random, 12)).unwrap();
        let (mut left, mut right) = (order(&["A", "b-A"]), order(&["A", "b-A"]));
        let mut explained = rules.explain(&mut left, Kind::Order, None);
        explained.near_misses.clear();
        explained.near_misses_omitted = 0;
        assert_eq!(explained, rules.run(&mut right, Kind::Order, None), "seed {seed}");
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let file = read("rules: [{ name: r, when: { field: sku, contains: a }, then: [{ map_line_class: X }] }]");
    let once = || {
        compile(&file)
            .explain(&mut order(&["A", "BA"]), Kind::Order, None)
            .to_string()
    };
    assert_eq!(once(), once());
}

#[test]
fn five_thousand_rules_are_read_checked_run_and_exported() {
    let mut text = String::from("rules:\n");
    for number in 0..5_000 {
        text.push_str(&format!("  - name: rule {number}\n    when: {{ field: sku, equals: SKU-{number} }}\n    then: [{{ map_sku: Item {number} }}]\n"));
    }
    let file = read(&text);
    assert!(file.check(&crate::NoNames).is_empty());
    let mut facts = order(&["sku-17", "SKU-4999", "none"]);
    assert_eq!(run(&file, &mut facts).fired.len(), 2);
    assert_eq!(RuleFile::parse_csv("rules.csv", &file.to_csv()), Ok(file));
}

#[test]
fn numbers_equal_by_value_and_money_keeps_its_digits() {
    let file = read(
        "rules: [{ name: r, when: { field: order total, equals: 300.00 }, then: [{ copy: order total, to: memo }] }]",
    );
    let mut facts = order(&[]);
    facts.set(fields::TOTAL_CHARGE, number("300"));
    run(&file, &mut facts);
    assert_eq!(shown(&facts, fields::MEMO), "300");
}
