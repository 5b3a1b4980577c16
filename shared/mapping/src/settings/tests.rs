//! Tests of reading the settings: defaults, places of mistakes, suggestions.

use super::*;

#[test]
fn the_example_file_is_the_default() {
    assert_eq!(
        Settings::parse("settings.example.toml", Settings::default_toml()),
        Ok(Settings::default())
    );
}

#[test]
fn an_unknown_key_is_shown_with_its_place_and_the_nearest_key() {
    let error = Settings::parse("settings.toml", "[document]\nnumber_fromm = \"reference\"\n").unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.starts_with("settings.toml:2:1: unknown key 'number_fromm' [settings]\n"),
        "{shown}"
    );
    assert!(
        shown.contains("2 | number_fromm = \"reference\"\n  | ^^^^^^^^^^^^\n"),
        "{shown}"
    );
    assert!(shown.contains("Did you mean 'number_from'?"), "{shown}");
}

#[test]
fn an_unknown_value_is_shown_with_the_nearest_value() {
    let shown = Settings::parse("s.toml", "[tax]\nform = \"inclusiv\"\n")
        .unwrap_err()
        .to_string();
    assert!(
        shown.starts_with("s.toml:2:8: unknown value 'inclusiv'"),
        "{shown}"
    );
    assert!(shown.contains("Did you mean 'inclusive'?"), "{shown}");
}

#[test]
fn a_batch_of_31_is_refused_at_the_door() {
    let shown = Settings::parse("s.toml", "[posting]\nbatch_documents_max = 31\n")
        .unwrap_err()
        .to_string();
    assert!(
        shown.starts_with("s.toml:2:23: 31 is out of range, expected a number from 1 to 30"),
        "{shown}"
    );
}

#[test]
fn a_binary_float_is_refused_where_money_is_meant() {
    let shown = Settings::parse("s.toml", "[rounding]\ncap = 0.05\n")
        .unwrap_err()
        .to_string();
    assert!(shown.contains("a decimal number in quotes"), "{shown}");
}

#[test]
fn an_unknown_time_zone_is_refused() {
    let shown = Settings::parse("s.toml", "[document]\ntime_zone = \"Europe/Londn\"\n")
        .unwrap_err()
        .to_string();
    assert!(shown.contains("'Europe/Londn' is not a time zone"), "{shown}");
}

#[test]
fn a_mode_that_needs_another_key_names_it() {
    let shown = Settings::parse("s.toml", "\n[customer]\nmode = \"single_customer\"\n")
        .unwrap_err()
        .to_string();
    assert!(
        shown.starts_with("s.toml:3:1: this mode needs the name of a customer"),
        "{shown}"
    );
    assert!(shown.ends_with("Set `name` in [customer]."), "{shown}");
}

#[test]
fn the_version_depends_on_the_content_and_not_on_the_layout() {
    let one = Settings::parse(
        "s.toml",
        "[tax]\nform = \"excluded\"\n[rounding]\ncap = \"0.050\"\n",
    )
    .unwrap();
    let two = Settings::parse(
        "s.toml",
        "# the same\n[rounding]\ncap = \"0.05\"\n[tax]\nform = 'excluded'\n",
    )
    .unwrap();
    assert_eq!(one.version(), two.version());
    assert_ne!(one.version(), Settings::default().version());
}

#[test]
fn a_wrong_type_is_shown_with_its_place() {
    let shown = Settings::parse("s.toml", "[posting]\nfirst_of_form_alone = \"yes\"\n")
        .unwrap_err()
        .to_string();
    assert!(
        shown.starts_with("s.toml:2:23: invalid type: string \"yes\", expected a boolean"),
        "{shown}"
    );
}

#[test]
fn a_file_that_is_not_toml_is_shown_with_its_place() {
    let error = Settings::parse("s.toml", "[tax]\nform = inclusive\n").unwrap_err();
    assert_eq!((error.line, error.excerpt.as_str()), (2, "form = inclusive"));
}

#[test]
fn a_sku_that_is_mapped_twice_is_refused() {
    let text = "[[product.map]]\nsku = \"A\"\nitem = \"x\"\n[[product.map]]\nsku = \"a \"\nitem = \"y\"\n";
    let error = Settings::parse("s.toml", text).unwrap_err();
    assert_eq!(error.cause, "the SKU 'a ' is mapped twice");
}

#[test]
fn a_channel_table_that_names_no_orders_is_refused() {
    let error = Settings::parse("s.toml", "[[channel]]\nclass = \"Online\"\n").unwrap_err();
    assert_eq!((error.line, error.column), (1, 1));
}

#[test]
fn every_contradiction_names_the_key_that_is_missing() {
    let cases = [
        ("[customer]\nmissing = \"fixed_name\"", "missing_name"),
        ("[product]\nmissing = \"create_service\"", "income_account"),
        (
            "[product]\nmissing = \"create_inventory\"\nincome_account = \"Sales\"",
            "inventory_start_date",
        ),
        ("[product]\nsku_from = []", "channel_sku"),
        ("[discount]\nmode = \"own_line\"", "account"),
        ("[tax]\nform = \"united_states_tax_line\"", "item"),
        (
            "[[channel]]\nsource = \"EBAY\"\nnumber_prefix = \"1234567890123\"",
            "Shorten",
        ),
    ];
    for (text, key) in cases {
        let error = Settings::parse("s.toml", text).unwrap_err();
        assert!(error.remedy.contains(key), "{error}");
    }
}

/// The example file with every key that is commented out taken in.
fn full_example() -> String {
    let is_key = |line: &str| {
        let rest = line.trim_start_matches("# ");
        let key = rest.split(" = ").next().unwrap_or_default().trim_matches('"');
        rest != line
            && (rest.starts_with("[[")
                || (rest.contains(" = ") && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ')))
    };
    let lines = Settings::default_toml().lines().map(|line| {
        if is_key(line) {
            line.trim_start_matches("# ")
        } else {
            line
        }
    });
    let text: Vec<&str> = lines.collect();
    text.join("\n")
        .replace("number_suffix = \"none\"", "number_suffix = \"channel\"")
        .replace("customer_memo = \"none\"", "customer_memo = \"notes\"")
}

#[test]
fn every_key_stands_in_the_example_file_and_every_key_there_exists() {
    let settings = Settings::parse("full.toml", &full_example()).unwrap_or_else(|error| panic!("{error}"));
    let shown = format!("{settings:?}");
    assert!(
        !shown.contains("None"),
        "a key is missing from the example: {shown}"
    );
}

#[test]
fn settings_survive_their_canonical_form() {
    let settings = Settings::parse("full.toml", &full_example()).unwrap();
    let canonical = toml::to_string(&settings).unwrap();
    assert_eq!(Settings::parse("canonical.toml", &canonical), Ok(settings));
}
