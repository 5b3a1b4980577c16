//! Whom a document is for, under which address.

use domain::{CustomerRef, Order, ReasonCode};

use super::world::*;

fn name_in(mode: &str, order: &Order) -> String {
    let text = format!("[customer]\nmode = \"{mode}\"\nname = \"Web Store\"");
    document(map(order, &text)).customer.name().to_owned()
}

#[test]
fn every_matching_mode_makes_its_golden_name() {
    let mut order = order();
    let mut billing = address();
    billing.full_name = Some("John Smith".to_owned());
    billing.company = Some("Smith Ltd".to_owned());
    order.billing_address = Some(billing);
    let modes = [
        ("store_name", "Amazon UK"),
        ("store_name_and_currency", "Amazon UK GBP"),
        ("single_customer", "Web Store"),
        ("last_first", "Smith, John"),
        ("first_last", "John Smith"),
        ("billing_company_else_first_last", "Smith Ltd"),
        ("billing_company_else_last_first", "Smith Ltd"),
        ("billing_company_else_single_customer", "Smith Ltd"),
        ("last_first_email", "Smith, John, jane@example.com"),
        ("first_last_email", "John, Smith, jane@example.com"),
        ("order_number", "100234"),
        ("last_first_middle", "Smith, John"),
        ("shipping_company_else_first_last", "Jane Mary Doe"),
        ("shipping_company_else_last_first", "Mary Doe, Jane"),
        ("shipping_last_first", "Mary Doe, Jane"),
        ("shipping_full_name", "Jane Mary Doe"),
        ("shipping_first_last", "Jane Mary Doe"),
        ("billing_first_last", "John Smith"),
        ("billing_full_name", "John Smith"),
        ("email_as_name", "jane@example.com"),
        ("email_field", "John Smith"),
    ];
    for (mode, name) in modes {
        assert_eq!(name_in(mode, &order), name, "{mode}");
    }
    order.billing_address = None;
    assert_eq!(
        name_in("billing_company_else_last_first", &order),
        "Mary Doe, Jane"
    );
    assert_eq!(
        name_in("billing_company_else_single_customer", &order),
        "Web Store"
    );
    assert_eq!(name_in("last_first_middle", &order), "Doe, Jane M");
}

#[test]
fn store_name_and_currency_makes_ebay_gbp_and_amazon_usd() {
    let mut ebay = order();
    ebay.channel.source = "EBAY".to_owned();
    ebay.channel.sub_source = String::new();
    assert_eq!(name_in("store_name_and_currency", &ebay), "eBay GBP");
    let mut amazon = order();
    amazon.channel.sub_source = " ".to_owned();
    amazon.totals.currency = currency("USD");
    let text = "[customer]\nmode = \"store_name_and_currency\"";
    let CustomerRef::New(customer) = document(map(&amazon, text)).customer else {
        panic!("not new")
    };
    assert_eq!(
        (customer.display_name.as_str(), customer.currency),
        ("Amazon USD", Some(currency("USD")))
    );
}

#[test]
fn a_channel_table_names_the_store_and_the_sub_source_beats_the_source() {
    let text = "[[channel]]\nsource = \"AMAZON\"\nstore_name = \"Amazon\"\n[[channel]]\nsource = \"amazon\"\nsub_source = \"amazon uk\"\nstore_name = \"Amazon Britain\"";
    assert_eq!(document(map(&order(), text)).customer.name(), "Amazon Britain");
    let mut german = order();
    german.channel.sub_source = "Amazon DE".to_owned();
    assert_eq!(document(map(&german, text)).customer.name(), "Amazon");
}

#[test]
fn a_table_of_a_sub_source_beats_one_of_a_source_and_the_first_of_equals_wins() {
    let table = |key: &str, value: &str, name: &str| {
        format!("[[channel]]\n{key} = \"{value}\"\nstore_name = \"{name}\"\n")
    };
    let by_sub_source = table("sub_source", "Amazon UK", "Sub");
    let by_source = table("source", "AMAZON", "Source");
    let by_currency = table("currency", "GBP", "Pounds");
    let name = |text: String| document(map(&order(), &text)).customer.name().to_owned();
    assert_eq!(name(format!("{by_currency}{by_source}{by_sub_source}")), "Sub");
    assert_eq!(name(format!("{by_currency}{by_source}")), "Source");
    assert_eq!(
        name(format!("{by_source}{}", table("source", "amazon", "Second"))),
        "Source"
    );
}

#[test]
fn an_existing_customer_is_found_in_any_case() {
    let lists = lists_with([customer("61", "AMAZON UK", Some("GBP"))]);
    let found = document(map_with(&order(), "", &lists, &company())).customer;
    assert!(matches!(found, CustomerRef::Existing(customer) if customer.id.as_str() == "61"));
}

#[test]
fn an_order_without_channel_is_held_for_its_customer() {
    let mut order = order();
    order.channel.source = String::new();
    order.channel.sub_source = String::new();
    assert_eq!(held(map(&order, "")).code, ReasonCode::CustomerNameMissing);
}

#[test]
fn a_missing_customer_is_held_with_its_name_when_none_may_be_created() {
    let reason = held(map(&order(), "[customer]\nmissing = \"hold\""));
    assert_eq!(reason.code, ReasonCode::UnknownCustomer);
    assert!(reason.cause.contains("'Amazon UK'"), "{reason}");
}

#[test]
fn a_missing_customer_goes_under_the_fixed_name_and_keeps_its_own_addresses() {
    let text = "[customer]\nmode = \"first_last\"\nmissing = \"fixed_name\"\nmissing_name = \"Web Store\"";
    let lists = lists_with([customer("70", "Web Store", None)]);
    let mapped = document(map_with(&order(), text, &lists, &company()));
    assert_eq!(mapped.customer.name(), "Web Store");
    assert_eq!(
        mapped.shipping_address.unwrap().lines,
        ["Jane Mary Doe", "1 High Street"]
    );
    assert_eq!(held(map(&order(), text)).code, ReasonCode::UnknownCustomer);
}

#[test]
fn a_name_that_a_vendor_has_gets_a_suffix_and_a_warning() {
    let lists = lists_with([vendor("80", "amazon uk")]);
    let mapped = map_with(&order(), "", &lists, &company());
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("belongs to a vendor"))
    );
    assert_eq!(document(mapped).customer.name(), "Amazon UK (C)");
}

#[test]
fn a_name_taken_by_a_vendor_and_with_suffix_by_an_employee_holds_the_order() {
    let lists = lists_with([vendor("80", "Amazon UK"), employee("81", "Amazon UK (C)")]);
    assert_eq!(
        held(map_with(&order(), "", &lists, &company())).code,
        ReasonCode::NameTaken
    );
}

#[test]
fn an_inactive_customer_holds_the_order_unless_a_suffix_is_allowed() {
    for name in ["Amazon UK", "Amazon UK (deleted)"] {
        let lists = lists_with([inactive(customer("61", name, None))]);
        let reason = held(map_with(&order(), "", &lists, &company()));
        assert_eq!(reason.code, ReasonCode::InactiveCustomer);
        let text = "[customer]\ninactive_customer = \"suffix\"";
        assert_eq!(
            document(map_with(&order(), text, &lists, &company()))
                .customer
                .name(),
            "Amazon UK (C)"
        );
    }
}

#[test]
fn a_dollar_order_of_a_pound_customer_goes_under_a_customer_of_its_own() {
    let mut order = order();
    order.totals.currency = currency("USD");
    let lists = lists_with([customer("61", "Amazon UK", Some("GBP"))]);
    let CustomerRef::New(new) = document(map_with(&order, "", &lists, &company())).customer else {
        panic!("not new")
    };
    assert_eq!(
        (new.display_name.as_str(), new.currency),
        ("Amazon UK USD", Some(currency("USD")))
    );
    let lists = lists_with([customer("62", "Amazon UK", Some("USD"))]);
    assert_eq!(
        document(map_with(&order, "", &lists, &company())).customer.name(),
        "Amazon UK"
    );
    let lists = lists_with([customer("61", "Amazon UK USD", Some("EUR"))]);
    assert_eq!(
        held(map_with(&order, "", &lists, &company())).code,
        ReasonCode::CustomerCurrency
    );
}

#[test]
fn a_single_customer_of_another_currency_holds_the_order() {
    let mut order = order();
    order.totals.currency = currency("USD");
    let text = "[customer]\nmode = \"single_customer\"\nname = \"Web Store\"";
    let lists = lists_with([customer("70", "Web Store", Some("GBP"))]);
    assert_eq!(
        held(map_with(&order, text, &lists, &company())).code,
        ReasonCode::CustomerCurrency
    );
}

#[test]
fn of_two_customers_with_one_name_the_one_with_the_e_mail_is_used() {
    let twins = [
        customer_with_email("61", "Amazon UK", "joe@example.com"),
        customer_with_email("62", "Amazon UK", "other@example.com, JANE@example.com"),
    ];
    let lists = lists_with(twins.clone());
    let found = document(map_with(&order(), "", &lists, &company())).customer;
    assert!(matches!(found, CustomerRef::Existing(customer) if customer.id.as_str() == "62"));
    let mut stranger = order();
    stranger.shipping_address.email = None;
    assert_eq!(
        held(map_with(&stranger, "", &lists, &company())).code,
        ReasonCode::UnknownCustomer
    );
}

#[test]
fn the_e_mail_mode_finds_the_customer_by_any_of_the_orders_addresses() {
    let mut order = order();
    order.shipping_address.email = Some("first@example.com, jane@example.com".to_owned());
    let text = "[customer]\nmode = \"email_field\"";
    let lists = lists_with([customer_with_email("61", "Jane & Co", "jane@example.com")]);
    assert_eq!(
        document(map_with(&order, text, &lists, &company()))
            .customer
            .name(),
        "Jane & Co"
    );
    let lists = lists_with([
        customer_with_email("61", "Jane & Co", "jane@example.com"),
        customer_with_email("62", "Other", "jane@example.com"),
    ]);
    assert_eq!(
        held(map_with(&order, text, &lists, &company())).code,
        ReasonCode::UnknownCustomer
    );
}

#[test]
fn a_new_customer_of_a_buyer_carries_the_buyers_data_and_a_safe_name() {
    let mut order = order();
    order.shipping_address.full_name = Some("Jane:\tDoe".to_owned());
    let mapped = map(&order, "[customer]\nmode = \"billing_full_name\"");
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("was changed to 'Jane- Doe'"))
    );
    let CustomerRef::New(new) = document(mapped).customer else {
        panic!("not new")
    };
    assert_eq!(new.display_name, "Jane- Doe");
    assert_eq!(new.family_name.as_deref(), Some("Doe"));
    assert_eq!(new.email.as_deref(), Some("jane@example.com"));
    assert_eq!(new.billing_address.unwrap().city.as_deref(), Some("Leeds"));
}

#[test]
fn a_shared_customer_carries_no_buyers_data() {
    let CustomerRef::New(new) = document(map(&order(), "")).customer else {
        panic!("not new")
    };
    assert_eq!(
        (new.email, new.given_name, new.billing_address),
        (None, None, None)
    );
}

#[test]
fn countries_are_written_with_two_letters_when_set() {
    let text = "[customer]\ncountry_form = \"two_letter\"";
    assert_eq!(
        document(map(&order(), text))
            .billing_address
            .unwrap()
            .country
            .as_deref(),
        Some("GB")
    );
    let mut order = order();
    order.shipping_address.country = Some("Atlantis".to_owned());
    let mapped = map(&order, text);
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("two-letter"))
    );
    assert_eq!(
        document(mapped).billing_address.unwrap().country.as_deref(),
        Some("Atlantis")
    );
}

#[test]
fn an_american_company_gets_no_character_beyond_latin() {
    let mut order = american_order();
    order.shipping_address.town = Some("Łódź".to_owned());
    let mapped = map_with(&order, "", &lists(), &american_company());
    assert!(
        mapped
            .explanation
            .warnings
            .iter()
            .any(|warning| warning.contains("replaced by '?'"))
    );
    assert_eq!(
        document(mapped).shipping_address.unwrap().city.as_deref(),
        Some("?ód?")
    );
}
