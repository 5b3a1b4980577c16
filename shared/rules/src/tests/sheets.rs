//! Sheets: the peer's two columns, the full form, and bad rows.

use super::{order, read, run, shown_on_line};
use crate::{Kind, RuleError, RuleFile, TwoColumns, fields, import_two_columns};

const WANTED: TwoColumns<'_> = TwoColumns {
    name: "skus",
    kind: Kind::Order,
    action: "map_sku",
    field: "sku",
};

fn told(errors: &[RuleError]) -> Vec<String> {
    errors
        .iter()
        .map(|error| format!("{} {} [{}]", error.line, error.cause, error.code))
        .collect()
}

#[test]
fn the_peers_two_columns_become_one_grouped_rule() {
    let text = "QuickBooks item name,Source SKU\nWidget,ABC\n\"Gadget, large\",XYZ\nWidget, ABC-2 \n";
    let rule = import_two_columns("skus.csv", text, &WANTED).unwrap();
    assert_eq!(rule.table.len(), 3);
    let file = RuleFile {
        rules: vec![rule],
        tests: Vec::new(),
    };
    let mut facts = order(&["abc", "XYZ", "abc-2", "other"]);
    assert_eq!(run(&file, &mut facts).fired.len(), 1);
    let skus: Vec<String> = (0..4)
        .map(|line| shown_on_line(&facts, line, fields::SKU))
        .collect();
    assert_eq!(skus, ["Widget", "Gadget, large", "Widget", "other"]);
    assert_eq!(RuleFile::parse("r", &file.to_yaml()), Ok(file));
}

#[test]
fn sheets_with_semicolons_and_a_byte_order_mark_are_read() {
    let rule = import_two_columns("skus.csv", "\u{feff}Widget, blue;ABC\nGadget;XYZ\n", &WANTED).unwrap();
    assert_eq!(
        rule.table,
        [
            ("ABC".to_owned(), "Widget, blue".to_owned()),
            ("XYZ".to_owned(), "Gadget".to_owned())
        ]
    );
}

#[test]
fn a_bad_row_refuses_the_sheet_and_every_bad_row_is_named() {
    let text = "Widget,ABC\nGadget,\nWidget,abc\nalone\nA,B,C\nGadget,XYZ\n";
    let errors = import_two_columns("skus.csv", text, &WANTED).unwrap_err();
    assert_eq!(
        told(&errors),
        [
            "2 row 2: a cell is empty [cell-missing]",
            "3 row 3: 'abc' stands in row 1 already [repeated-table-value]",
            "4 row 4: 1 columns instead of 2 [wrong-column-count]",
            "5 row 5: 3 columns instead of 2 [wrong-column-count]",
        ]
    );
}

#[test]
fn the_two_columns_must_fit_the_field_that_is_written() {
    let wanted = TwoColumns {
        name: "types",
        kind: Kind::Order,
        action: "map transaction type",
        field: "source",
    };
    let errors = import_two_columns("t.csv", "Sales Receipts,AMAZON\nReceipt,EBAY\n", &wanted).unwrap_err();
    assert_eq!(
        told(&errors),
        ["2 row 2: 'document_type' cannot be 'Receipt' [unknown-value]"]
    );
}

#[test]
fn an_unknown_action_or_field_of_an_import_is_named_with_the_nearest() {
    let wanted = TwoColumns {
        name: "n",
        kind: Kind::Order,
        action: "map_sk",
        field: "skuu",
    };
    let errors = import_two_columns("t.csv", "A,B\n", &wanted).unwrap_err();
    assert_eq!(
        told(&errors),
        [
            "0 'map_sk' is no action that sets a field [unknown-action]",
            "0 there is no field 'skuu' for documents of kind order [unknown-field]",
        ]
    );
    assert!(
        errors[0].remedy.starts_with("Did you mean 'map_sku'?"),
        "{}",
        errors[0].remedy
    );
    assert!(errors[1].to_string().contains("Did you mean 'sku'?"));
    assert_eq!(
        told(&import_two_columns("t.csv", "", &WANTED).unwrap_err()),
        ["0 this sheet has no rows [empty-table]"]
    );
}

#[test]
fn the_full_form_carries_everything() {
    let file = read(
        "rules:\n  - name: \"a, \\\"b\\\"\\nc\"\n    enabled: false\n    for: refund\n    connection: [One|Two, Three]\n    \
         when: { all: [{ field: source, in_list: [\"a|b\", \"c\\\\d\"], case: exact }, { any: [{ field: sku, is_blank: true }, always] }] }\n    \
         then: [{ add_line: { sku: \"x=1\", description: \"a|b\" } }, { strip: sku, suffix: \" \" }, { template: \"{sku}\", to: memo }, { add_surcharge: \"10%\" }]\n    \
         stop: true\n  - name: t\n    when: { field: sku, in_table: true }\n    table: { \" A\": \"B \" }\n    then: [{ from_table: item }]\n\
         tests:\n  - { name: t, for: refund, connection: One, given: { source: \"a,b\", lines: [{ sku: X }] }, expect: { held: why, rules: [] } }\n",
    );
    let sheet = file.to_csv();
    insta::assert_snapshot!(sheet);
    assert_eq!(RuleFile::parse_csv("rules.csv", &sheet), Ok(file));
}

#[test]
fn every_bad_row_of_the_full_form_is_named() {
    let text = "\
rule,part,path,name,field,value,to,case,enabled,for,connection,stop
a,rule,,,,,,,maybe,,,
b,rule,,,,,,,,,,
b,when,1,equalz,source,X,,,,,,
b,when,x,equals,source,X,,,,,,
b,then,,map_sku,,A
b,rule,,,,,,,,,,
c,rule,,,,,,,,,,
c,when,1,greater_than,source,5,,,,,,
c,then,,set,order_number,5,,,,,,
d,thn,,,,,,,,,,
e,when,1,always,,,,,,,,
,rule,,,,,,,,,,
f,rule,,,,,,,,,,
f,when,1,equals,source,A,,,,,,
f,when,2,equals,source,B,,,,,,
f,then,,map_class,,X,,,,,,
t,test,,,,{ name: t },,,,,,
";
    let errors = RuleFile::parse_csv("rules.csv", text).unwrap_err();
    insta::assert_snapshot!(told(&errors).join("\n"));
}

#[test]
fn an_unknown_column_is_named() {
    let errors = RuleFile::parse_csv("rules.csv", "rule,prt\na,rule\n").unwrap_err();
    assert_eq!(told(&errors)[0], "1 there is no column 'prt' [unknown-column]");
    assert!(errors[0].remedy.starts_with("Did you mean 'part'?"));
}
