//! The tables of the language and their pages.

use std::collections::HashSet;

use crate::{
    ACTIONS, ActionSpec, Field, FieldId, Form, Kind, Level, Operator, actions_markdown, conditions_markdown,
    fields_markdown,
};

#[test]
fn every_field_is_found_by_its_name_and_its_aliases() {
    for id in FieldId::all() {
        let spec = id.spec();
        for kind in Kind::ALL.into_iter().filter(|kind| spec.kinds.contains(*kind)) {
            let parsed = Field::parse(kind, spec.name).unwrap();
            assert_eq!(parsed, Field::Known(id), "{} of {kind:?}", spec.name);
            for alias in spec.aliases {
                assert_eq!(
                    Field::parse(kind, alias).unwrap(),
                    Field::Known(id),
                    "{alias} of {kind:?}"
                );
            }
        }
    }
}

#[test]
fn every_action_and_comparison_is_found_by_its_name_and_its_aliases() {
    for spec in ACTIONS {
        for name in std::iter::once(&spec.name).chain(spec.aliases) {
            assert_eq!(ActionSpec::find(name).unwrap().name, spec.name, "{name}");
        }
    }
    for operator in Operator::ALL {
        for name in std::iter::once(operator.as_str()).chain(operator.aliases().iter().copied()) {
            assert_eq!(Operator::parse(name), Some(*operator), "{name}");
        }
    }
}

#[test]
fn every_field_that_rules_may_write_has_an_action_of_its_own_or_is_changed_by_one() {
    let named: HashSet<FieldId> = ACTIONS
        .iter()
        .filter_map(|spec| match spec.form {
            Form::MapTo(field) | Form::TemplateTo(field) => Some(field),
            _ => None,
        })
        .collect();
    let without: Vec<&str> = FieldId::all()
        .filter(|id| id.spec().writable && !named.contains(id))
        .map(|id| id.spec().name)
        .collect();
    assert_eq!(
        without,
        ["billing_full_name", "ship_method", "stock_level", "quantity"]
    );
}

#[test]
fn line_fields_come_after_header_fields() {
    let levels: Vec<bool> = FieldId::all().map(|id| id.spec().level == Level::Line).collect();
    assert!(levels.is_sorted());
}

#[test]
fn extended_properties_are_fields() {
    for name in [
        "extended_property.Gift",
        "Extended Property.Gift",
        "custom field value.Gift",
    ] {
        assert_eq!(
            Field::parse(Kind::Order, name).unwrap(),
            Field::Extended("Gift".into())
        );
    }
    assert!(Field::parse(Kind::Order, "extended_property.").is_err());
}

#[test]
fn reference_pages_are_written_from_the_tables() {
    insta::assert_snapshot!("fields", fields_markdown());
    insta::assert_snapshot!("conditions", conditions_markdown());
    insta::assert_snapshot!("actions", actions_markdown());
}
