//! Speed of the index against the plain scan, in one process: 5,000 rules over an order with three lines, at most 20 of them
//! matching, actions applied.
//!
//! `cargo bench -p rules` prints both times and their ratio and ends with an error below 20. With `--count RULES RUNS` it
//! only runs the index, for instruction counts; see `count_instructions.sh`.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rules::{CompiledRules, Facts, Kind, RuleFile, Value, fields};

/// The index must be so many times faster than the scan.
const RATIO_MIN: u128 = 20;
/// So many samples; the fastest counts, for other work on the machine only makes a sample slower.
const SAMPLES: usize = 15;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let numbers: Vec<usize> = arguments
        .iter()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    match (arguments.first().map(String::as_str), numbers.as_slice()) {
        (Some("--count"), [rules, runs]) => {
            let compiled = compile(*rules);
            let facts = order();
            for _ in 0..*runs {
                let mut facts = facts.clone();
                black_box(measured_run(&compiled, &mut facts));
            }
            ExitCode::SUCCESS
        }
        _ => compare(),
    }
}

fn compare() -> ExitCode {
    let rules = compile(5_000);
    let fired = rules.run(&mut order(), Kind::Order, None).fired.len();
    let index = time(400, || measured_run(&rules, &mut order()));
    let scan = time(20, || measured_scan(&rules, &mut order()));
    let facts = time(400, || drop(black_box(order())));
    let (index, scan) = (index.saturating_sub(facts), scan.saturating_sub(facts));
    let ratio = scan.as_nanos() / index.as_nanos().max(1);
    println!("5,000 rules, 3 lines, {fired} fired: index {index:?}, scan {scan:?}, ratio {ratio}");
    let large = compile(50_000);
    let index_large = time(400, || measured_run(&large, &mut order())).saturating_sub(facts);
    println!("50,000 rules, the same fired: index {index_large:?}");
    if ratio >= RATIO_MIN && fired <= 20 {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "the index must be at least {RATIO_MIN} times faster than the scan, with at most 20 rules fired"
    );
    ExitCode::FAILURE
}

/// The time of one run in the fastest sample.
fn time<T>(runs: u32, mut run: impl FnMut() -> T) -> Duration {
    let sample = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..runs).for_each(|_| run());
        start.elapsed() / runs
    };
    let mut one = || drop(black_box(run()));
    (0..SAMPLES).map(|_| sample(&mut one)).min().unwrap_or_default()
}

#[inline(never)]
fn measured_run(rules: &CompiledRules, facts: &mut Facts) -> usize {
    rules.run(facts, Kind::Order, Some("Shop 1")).fired.len()
}

#[inline(never)]
fn measured_scan(rules: &CompiledRules, facts: &mut Facts) -> usize {
    rules.scan(facts, Kind::Order, Some("Shop 1")).fired.len()
}

fn order() -> Facts {
    let mut facts = Facts::new();
    facts.set(fields::ORDER_NUMBER, "104233");
    facts.set(fields::REFERENCE, "AZ-77-104233");
    facts.set(fields::SOURCE, "AMAZON");
    facts.set(fields::SUB_SOURCE, "Amazon UK");
    facts.set(fields::PAYMENT_METHOD, "PayPal Express");
    facts.set(fields::SHIPPING_SERVICE, "Royal Mail Tracked 48");
    facts.set(fields::SHIPPING_COUNTRY_CODE, "GB");
    facts.set(fields::SHIPPING_REGION, "Greater London");
    facts.set(fields::CURRENCY, "GBP");
    facts.set(fields::TOTAL_CHARGE, Value::Number(42.into()));
    facts.set(fields::SHIPPING_AMOUNT, Value::Number(4.into()));
    for line in 0..3 {
        let at = facts.push_line();
        facts.set_on_line(at, fields::SKU, format!("SKU-{line}-FBA"));
        facts.set_on_line(at, fields::TITLE, format!("Garden chair, green, size {line}"));
        facts.set_on_line(at, fields::CATEGORY, "Garden");
        facts.set_on_line(at, fields::QUANTITY, Value::Number((line + 1).into()));
        facts.set_on_line(at, fields::LINE_TOTAL, Value::Number(14.into()));
    }
    facts
}

/// `count` rules of the mixture of tooling.md part 2, section 2: about 60 % equals, the rest contains, starts, ends and
/// greater, one to three conditions each; 16 match, and some of them only because an earlier one changed a field.
fn compile(count: usize) -> CompiledRules {
    let matching = [
        (
            "{ field: sub_source, equals: amazon uk }",
            "{ map_store_name: Amazon UK }",
        ),
        ("{ field: sku, ends_with: \"-FBA\" }", "{ map_sku: }"),
        ("{ field: sku, equals: SKU-0 }", "{ map_item: Chair:Green }"),
        (
            "{ field: sku, in_list: [SKU-1, SKU-9] }",
            "{ map_item: Chair:Blue }",
        ),
        (
            "{ field: store_name, starts_with: amazon }",
            "{ map_class: Marketplace }",
        ),
        (
            "{ field: class, equals: marketplace }",
            "{ map_line_class: Marketplace }",
        ),
        (
            "{ field: payment_method, contains: paypal }",
            "{ map_deposit_account: PayPal }",
        ),
        (
            "{ field: shipping_service, contains: tracked }",
            "{ map_shipping_item: Postage }",
        ),
        (
            "{ all: [{ field: currency, equals: GBP }, { field: source, equals: AMAZON }] }",
            "{ map_receivable_account: Debtors }",
        ),
        (
            "{ all: [{ field: total_charge, greater_than: 40 }, { field: source, equals: AMAZON }] }",
            "{ add_surcharge: 1.50 }",
        ),
        (
            "{ field: title, contains: chair }",
            "{ map_description: \"{title} ({sku})\" }",
        ),
        ("{ field: category, equals: garden }", "{ map_tax_code: S20 }"),
        (
            "{ field: shipping_country_code, equals: GB }",
            "{ map_terms: Net 30 }",
        ),
        ("{ field: item, starts_with: chair }", "{ map_site: B30 }"),
        (
            "{ field: reference, starts_with: az- }",
            "{ map: document_number, from: reference }",
        ),
        ("always", "{ map_memo: \"order {order_number}\" }"),
    ];
    let step = count / matching.len();
    let mut text = String::from("rules:\n");
    for number in 0..count {
        let (when, then) = match matching.get(number / step).filter(|_| number % step == step / 2) {
            Some((when, then)) => ((*when).to_owned(), (*then).to_owned()),
            None => (miss(number), format!("{{ map_sku: Item {number} }}")),
        };
        text.push_str(&format!(
            "  - {{ name: r{number}, when: {when}, then: [{then}] }}\n"
        ));
    }
    let file = match RuleFile::parse("rules.yaml", &text) {
        Ok(file) => file,
        Err(errors) => unreachable_rules(&errors.iter().map(ToString::to_string).collect::<Vec<_>>()),
    };
    match CompiledRules::compile(&file) {
        Ok(rules) => rules,
        Err(errors) => unreachable_rules(&errors.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

fn unreachable_rules(errors: &[String]) -> ! {
    eprintln!("the rules of the benchmark are wrong:\n{}", errors.join("\n"));
    std::process::exit(2)
}

/// Conditions that do not match the order.
fn miss(number: usize) -> String {
    let first = match number % 20 {
        0..=7 => format!("{{ field: sku, equals: PART-{number} }}"),
        8..=9 => format!("{{ field: sub_source, equals: Shop {number} }}"),
        10..=11 => format!("{{ field: shipping_region, equals: Region {number} }}"),
        12..=14 => format!("{{ field: title, contains: word{number} }}"),
        15..=16 => format!("{{ field: sku, starts_with: PRE{number} }}"),
        17 => format!("{{ field: sku, ends_with: \"-END{number}\" }}"),
        18 => format!("{{ field: total_charge, greater_than: {} }}", 1_000 + number),
        _ => format!("{{ field: store_name, equals: Store {number} }}"),
    };
    match number % 3 {
        0 => first,
        1 => format!("{{ all: [{{ field: source, equals: AMAZON }}, {first}] }}"),
        _ => format!(
            "{{ all: [{{ field: source, equals: AMAZON }}, {first}, {{ field: currency, not_equals: EUR }}] }}"
        ),
    }
}
