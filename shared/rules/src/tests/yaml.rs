//! What YAML readers usually get wrong, and writing.

use super::{order, read, run, shown, shown_on_line};
use crate::{Given, RuleFile, fields};

#[test]
fn unquoted_no_0123_and_1e5_stay_text() {
    let file = read(
        "rules:\n  - name: r\n    when: { field: sku, in_list: [NO, 0123, 1e5, true, 1.0, 0x1F, 2026-01-02] }\n    \
         then: [{ map_sku: 0123 }, { map_line_class: NO }]\n  - { name: s, when: { field: shipping_country_code, equals: NO }, then: [{ map_class: 1e5 }] }\n",
    );
    let mut facts = order(&[
        "no",
        "0123",
        "1E5",
        "123",
        "100000",
        "TRUE",
        "1.0",
        "0x1f",
        "2026-01-02",
    ]);
    facts.set(fields::SHIPPING_COUNTRY_CODE, "NO");
    run(&file, &mut facts);
    let classes: Vec<bool> = (0..9)
        .map(|line| shown_on_line(&facts, line, fields::LINE_CLASS) == "NO")
        .collect();
    assert_eq!(classes, [true, true, true, false, false, true, true, true, true]);
    assert_eq!(
        (
            shown_on_line(&facts, 0, fields::SKU).as_str(),
            shown(&facts, fields::CLASS).as_str()
        ),
        ("0123", "1e5")
    );
}

#[test]
fn an_empty_file_has_no_rules() {
    for text in ["", "# nothing\n", "rules:\n", "rules: []\ntests:\n"] {
        assert_eq!(read(text), RuleFile::default(), "{text}");
    }
}

#[test]
fn writing_and_reading_keeps_awkward_texts() {
    let awkward = [
        "a: b",
        "#x",
        " x ",
        "\"",
        "\\",
        "line\nbreak",
        "tab\t",
        "null",
        "~",
        "[x]",
        "{x}",
        "*x",
        "&x",
        "!x",
        "- x",
        "é ü 漢",
        "\u{200b}\u{7f}\u{85}",
        "%",
        "@",
        "`",
        "x:",
        "yes",
        "---",
        "a - b",
        "😀",
    ];
    for text in awkward {
        let mut file = read(
            "rules: [{ name: r, when: { field: source, equals: X }, then: [{ map_memo: X }] }]\ntests: [{ name: t, given: { source: X }, expect: {} }]",
        );
        file.rules[0].name.value = text.to_owned();
        file.rules[0].table = vec![(text.to_owned(), text.to_owned())];
        if let Given::Inline(sample) = &mut file.tests[0].given {
            sample.header[0].1 = text.to_owned();
        }
        assert_eq!(
            RuleFile::parse("r", &file.to_yaml()),
            Ok(file.clone()),
            "{text:?}\n{}",
            file.to_yaml()
        );
        assert_eq!(
            RuleFile::parse_csv("r", &file.to_csv()),
            Ok(file.clone()),
            "{text:?}\n{}",
            file.to_csv()
        );
    }
}

#[test]
fn the_version_follows_the_content_and_not_the_layout() {
    let one = read("rules: [{ name: r, when: always, then: [{ map_class: X }] }]");
    let same = read(
        "# comment\nrules:\n  - name: r\n    enabled: yes\n    when: always\n    then:\n      - set: class\n        to: X\n",
    );
    let other = read("rules: [{ name: r, when: always, then: [{ map_class: Y }] }]");
    assert_eq!((one.version(), one.version().len()), (same.version(), 16));
    assert_ne!(one.version(), other.version());
}

#[test]
fn rules_know_their_lines() {
    let file = read(
        "rules:\n  - name: a\n    when:\n      field: sku\n      equals: X\n    then:\n      - map_class: X\n",
    );
    let conditions = file.rules[0].when.conditions();
    assert_eq!(
        (
            file.rules[0].name.line,
            conditions[0].line,
            file.rules[0].then[0].line
        ),
        (2, 4, 7)
    );
}

#[test]
fn hostile_files_are_refused_and_do_not_hang() {
    let nested = format!("rules: {}", "[".repeat(10_000));
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nrules: *b\n";
    for text in [
        nested.as_str(),
        bomb,
        "\u{0}",
        "rules: [",
        "\t- x",
        "--- a\n--- b\n",
        "rules: !!map {}",
    ] {
        assert!(
            RuleFile::parse("r", text).is_err(),
            "{}",
            text.chars().take(30).collect::<String>()
        );
    }
}
