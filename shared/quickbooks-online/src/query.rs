//! Statements of QuickBooks' query language (quickbooks-online.md 2.6).
//!
//! In: entity, attributes and values. Out: the text of one page. Every value passes the one escaping function. Sends nothing.

/// Rows of a full page.
pub(crate) const PAGE_ROWS_MAX: usize = 1000;
/// Values in one IN list.
pub(crate) const VALUES_MAX: usize = 30;

/// A value as it stands in a statement: in single quotes, with `\` and `'` escaped by a `\`.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        if matches!(character, '\'' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

/// A statement without its paging.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    entity: &'static str,
    conditions: Vec<String>,
    is_single: bool,
}

impl Query {
    /// All rows of an entity that its default filter lets through.
    pub(crate) fn new(entity: &'static str) -> Self {
        Self {
            entity,
            conditions: Vec::new(),
            is_single: false,
        }
    }

    /// The one object of an entity that has no list (Preferences): without order and pages.
    pub(crate) fn single(entity: &'static str) -> Self {
        Self {
            entity,
            conditions: Vec::new(),
            is_single: true,
        }
    }

    /// Inactive rows too.
    pub(crate) fn with_inactive(mut self) -> Self {
        self.conditions.push("Active in (true,false)".to_owned());
        self
    }

    /// `attribute operator 'value'`.
    pub(crate) fn compare(mut self, attribute: &str, operator: &str, value: &str) -> Self {
        self.conditions
            .push(format!("{attribute} {operator} {}", quote(value)));
        self
    }

    /// `attribute in ('a','b')`; `values` must not be empty.
    pub(crate) fn among<'a>(mut self, attribute: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let list: Vec<String> = values.into_iter().map(quote).collect();
        self.conditions
            .push(format!("{attribute} in ({})", list.join(",")));
        self
    }

    /// The entity.
    pub(crate) fn entity(&self) -> &'static str {
        self.entity
    }

    /// The statement of the page that begins at row `start` (the first is 1), ordered by Id so that pages fit together.
    pub(crate) fn page(&self, start: usize) -> String {
        let mut text = format!("select * from {}", self.entity);
        for (index, condition) in self.conditions.iter().enumerate() {
            text.push_str(if index == 0 { " where " } else { " and " });
            text.push_str(condition);
        }
        if self.is_single {
            return text;
        }
        text.push_str(&format!(
            " orderby Id startposition {start} maxresults {PAGE_ROWS_MAX}"
        ));
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the string literals of a statement, knowing nothing of how they were written.
    fn parse_literals(statement: &str) -> Option<Vec<String>> {
        let mut literals = Vec::new();
        let mut characters = statement.chars();
        while let Some(character) = characters.next() {
            if character != '\'' {
                continue;
            }
            let mut literal = String::new();
            loop {
                match characters.next()? {
                    '\\' => literal.push(characters.next()?),
                    '\'' => break,
                    other => literal.push(other),
                }
            }
            literals.push(literal);
        }
        Some(literals)
    }

    proptest! {
        #[test]
        fn every_value_comes_out_of_a_statement_as_it_went_in(values in prop::collection::vec("[\\PC'\\\\\n]{0,12}", 1..6)) {
            let statement = Query::new("Customer").among("DisplayName", values.iter().map(String::as_str)).page(1);
            prop_assert_eq!(parse_literals(&statement), Some(values));
        }

        #[test]
        fn a_value_never_ends_its_literal_early(value in "['\\\\ a-z)(=,]{0,20}") {
            let statement = Query::new("Item").compare("Name", "=", &value).compare("Sku", "=", "end").page(1);
            prop_assert_eq!(parse_literals(&statement), Some(vec![value, "end".to_owned()]));
        }
    }

    #[test]
    fn an_apostrophe_is_escaped_as_recorded() {
        assert_eq!(quote("Mickey O'Neil"), r"'Mickey O\'Neil'");
        assert_eq!(quote(r"back\slash"), r"'back\\slash'");
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn a_statement_names_its_page() {
        let query = Query::new("Vendor")
            .with_inactive()
            .compare("DisplayName", ">=", "M");
        let expected = "select * from Vendor where Active in (true,false) and DisplayName >= 'M' orderby Id startposition 1001 maxresults 1000";
        assert_eq!(query.page(1001), expected);
        assert_eq!(Query::single("Preferences").page(1), "select * from Preferences");
    }
}
