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
