//! The index and the scan come to the same end on random rules and documents.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    Action, Affix, CompiledRules, Condition, Facts, Field, Kind, Operator, Placed, Rule, RuleFile, Side,
    Surcharge, Takes, Value, When, fields,
};

/// A small generator (splitmix64): the seed is printed when a test fails.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const WORDS: &[&str] = &[
    "A",
    "a",
    "ab",
    "AB",
    "B",
    "b-A",
    "A-b",
    "abba",
    "Ä",
    "ä",
    "12",
    "12.50",
    "",
    "b",
    "É-a",
    "2026-01-02",
];
const NUMBERS: &[&str] = &["0", "1", "2", "2.5", "2.50", "10", "-1"];
const DATES: &[&str] = &["2026-01-01", "2026-01-02", "2025-12-31"];

fn all_fields() -> Vec<Field> {
    let known = [
        fields::SOURCE,
        fields::STORE_NAME,
        fields::CLASS,
        fields::TERMS,
        fields::MEMO,
        fields::FOLDERS,
        fields::SHIPPING_AMOUNT,
        fields::TOTAL_CHARGE,
        fields::DATE,
        fields::RECEIVED_DATE,
        fields::SKU,
        fields::ITEM,
        fields::LINE_CLASS,
        fields::QUANTITY,
        fields::LINE_TOTAL,
    ];
    let mut all: Vec<Field> = known.into_iter().map(Field::Known).collect();
    all.push(Field::Extended("Gift".into()));
    all
}

fn writable() -> Vec<Field> {
    [
        fields::STORE_NAME,
        fields::CLASS,
        fields::TERMS,
        fields::MEMO,
        fields::SKU,
        fields::ITEM,
        fields::LINE_CLASS,
    ]
    .into_iter()
    .map(Field::Known)
    .collect()
}

fn text_for(random: &mut Random, field: &Field) -> String {
    let from = match field.field_type() {
        crate::FieldType::Number | crate::FieldType::Money => NUMBERS,
        crate::FieldType::Date => DATES,
        _ => WORDS,
    };
    (*random.pick(from)).to_owned()
}

fn random_condition(random: &mut Random) -> When {
    loop {
        let field = random.pick(&all_fields()).clone();
        let operator = *random.pick(Operator::ALL);
        if operator == Operator::InTable {
            continue;
        }
        let values: Vec<String> = match operator.takes() {
            Takes::Nothing => Vec::new(),
            Takes::One if operator == Operator::Regex => {
                vec![(*random.pick(&["^a", "b$", "a.b", "[0-9]+", "ä"])).to_owned()]
            }
            Takes::One => vec![text_for(random, &field)],
            Takes::Several => (0..=random.below(3)).map(|_| text_for(random, &field)).collect(),
        };
        let condition = Condition {
            field,
            operator,
            values,
            exact: random.below(5) == 0,
        };
        if crate::condition::check_condition(&condition, false).is_ok() {
            return When::Is(Placed::nowhere(condition));
        }
    }
}

fn random_when(random: &mut Random, depth: usize) -> When {
    match random.below(if depth > 2 { 6 } else { 10 }) {
        0 if random.below(4) == 0 => When::Always,
        0..=5 => random_condition(random),
        6..=8 => When::All(
            (0..=random.below(3))
                .map(|_| random_when(random, depth + 1))
                .collect(),
        ),
        _ => When::Any(
            (0..=random.below(3))
                .map(|_| random_when(random, depth + 1))
                .collect(),
        ),
    }
}

fn random_action(random: &mut Random) -> Action {
    let field = random.pick(&writable()).clone();
    let word = |random: &mut Random| loop {
        let word = *random.pick(WORDS);
        if !word.is_empty() {
            return word.to_owned();
        }
    };
    match random.below(13) {
        0..=3 => Action::Set {
            value: word(random),
            field,
        },
        4 => Action::Clear { field },
        5 => Action::Copy {
            from: random.pick(&all_fields()).clone(),
            to: field,
        },
        6 => Action::Strip {
            field,
            affix: Affix::Prefix(word(random)),
        },
        7 => Action::Strip {
            field,
            affix: Affix::Suffix(word(random)),
        },
        8 => Action::Template {
            field,
            text: format!("{}{{store_name}}-{{sku}}", word(random)),
        },
        9 => Action::SplitSku {
            keep: *random.pick(&[Side::Left, Side::Right]),
            separator: "-".to_owned(),
        },
        10 => Action::MultiplyQuantity(2.into()),
        11 => Action::Surcharge(*random.pick(&[Surcharge::Amount(1.into()), Surcharge::Percent(10.into())])),
        _ => match random.below(6) {
            0 => Action::Skip("no".to_owned()),
            1 => Action::Hold("wait".to_owned()),
            2 => Action::AddLine(vec![
                (fields::SKU, word(random)),
                (fields::QUANTITY, "1".to_owned()),
            ]),
            _ => Action::Map { field },
        },
    }
}

pub(super) fn random_file(random: &mut Random, rules_max: usize) -> RuleFile {
    let mut file = RuleFile::default();
    for number in 0..=random.below(rules_max) {
        let mut rule = Rule {
            name: Placed::nowhere(format!("r{number}")),
            enabled: random.below(20) != 0,
            kind: if random.below(20) == 0 {
                Kind::Refund
            } else {
                Kind::Order
            },
            connections: if random.below(10) == 0 {
                vec!["Shop".to_owned()]
            } else {
                Vec::new()
            },
            when: random_when(random, 0),
            table: Vec::new(),
            then: Vec::new(),
            stop: random.below(25) == 0,
        };
        for _ in 0..=random.below(2) {
            let action = random_action(random);
            if crate::verify::check_action(&action, rule.kind, &rule.when).is_ok() {
                rule.then.push(Placed::nowhere(action));
            }
        }
        if random.below(12) == 0 {
            let condition = Condition {
                field: random.pick(&all_fields()).clone(),
                operator: Operator::InTable,
                values: Vec::new(),
                exact: false,
            };
            rule.table = vec![
                ("A".to_owned(), "b".to_owned()),
                ("ab".to_owned(), "AB".to_owned()),
                ("2".to_owned(), "a".to_owned()),
            ];
            if crate::condition::check_condition(&condition, true).is_ok() {
                rule.when = When::Is(Placed::nowhere(condition));
                rule.then = vec![Placed::nowhere(Action::FromTable {
                    field: random.pick(&writable()).clone(),
                })];
            }
        }
        if !rule.then.is_empty() {
            file.rules.push(rule);
        }
    }
    file
}

fn random_value(random: &mut Random, field: &Field) -> Value {
    if random.below(6) == 0 {
        return Value::Absent;
    }
    let text = text_for(random, field);
    match field.field_type() {
        crate::FieldType::List => Value::List(vec![text, (*random.pick(WORDS)).to_owned()]),
        field_type => Value::parse(field_type, &text).unwrap(),
    }
}

fn random_facts(random: &mut Random) -> Facts {
    let mut facts = Facts::new();
    let lines = random.below(4);
    for _ in 0..lines {
        facts.push_line();
    }
    for field in all_fields() {
        match field {
            Field::Known(id) if id.spec().level == crate::Level::Line => {
                for line in 0..lines {
                    let value = random_value(random, &field);
                    facts.set_on_line(line, id, value);
                }
            }
            Field::Known(id) => {
                let value = random_value(random, &field);
                facts.set(id, value);
            }
            Field::Extended(_) => {
                let value = random_value(random, &field);
                facts.push_extended("GIFT", value);
            }
        }
    }
    facts
}

#[test]
fn index_and_scan_agree_on_random_rules_and_documents() {
    // 20,000 sets of rules with five documents each.
    let fired = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for half in 0..2_u64 {
            let fired = &fired;
            scope.spawn(move || {
                for seed in (0..20_000_u64).filter(|seed| seed % 2 == half) {
                    let mut random = Random::new(seed);
                    let rules = CompiledRules::compile(&random_file(&mut random, 12)).unwrap();
                    for _ in 0..5 {
                        let mut indexed = random_facts(&mut random);
                        let mut scanned = indexed.clone();
                        let connection = if random.below(2) == 0 { Some("shop") } else { None };
                        let trace = rules.run(&mut indexed, Kind::Order, connection);
                        assert_eq!(
                            trace,
                            rules.scan(&mut scanned, Kind::Order, connection),
                            "seed {seed}"
                        );
                        assert_eq!(indexed, scanned, "seed {seed}");
                        fired.fetch_add(trace.fired.len() as u64, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    // The rules must do something for the agreement to mean something.
    assert!(fired.load(Ordering::Relaxed) > 100_000, "{fired:?}");
}

#[test]
fn random_rules_read_back_from_yaml_and_from_sheets_as_they_were() {
    for seed in 0..2_000 {
        let file = random_file(&mut Random::new(seed), 12);
        let from_yaml = RuleFile::parse("rules.yaml", &file.to_yaml());
        assert_eq!(from_yaml.as_ref(), Ok(&file), "seed {seed}\n{}", file.to_yaml());
        let from_csv = RuleFile::parse_csv("rules.csv", &file.to_csv());
        assert_eq!(from_csv.as_ref(), Ok(&file), "seed {seed}\n{}", file.to_csv());
    }
}
