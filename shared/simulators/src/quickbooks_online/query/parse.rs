//! Turns a statement into its parts.
//!
//! In: the text. Out: a `Statement` or fault 4000. Keywords, entity and member names take any case; `'` in a text is
//! escaped as `\'` and a backslash as `\\`. Does not know which members exist (see `run`).

use crate::quickbooks_online::fault::Fault;

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    All,
    Count,
    Members(Vec<String>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    In,
    Like,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub member: String,
    pub operator: Operator,
    pub values: Vec<String>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub selection: Selection,
    pub entity: String,
    pub conditions: Vec<Condition>,
    /// (member, descending).
    pub order: Vec<(String, bool)>,
    pub start: i64,
    pub max: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Symbol(&'static str),
}

fn parse_error(found: &str, column: usize) -> Fault {
    Fault::new("4000", "Error parsing query", {
        format!("QueryParserError: Encountered \" <IDENTIFIER> \"{found} \"\" at line 1, column {column}.")
    })
}

/// The tokens of a statement, each with its column.
fn tokens(statement: &str) -> Result<Vec<(Token, usize)>, Fault> {
    let mut found = Vec::new();
    let mut letters = statement.chars().enumerate().peekable();
    while let Some((at, letter)) = letters.next() {
        let column = at + 1;
        let follows_equal = letters.peek().is_some_and(|(_, next)| *next == '=');
        let token = match letter {
            letter if letter.is_whitespace() => continue,
            '\'' => {
                let mut text = String::new();
                loop {
                    match letters.next() {
                        Some((_, '\\')) => match letters.next() {
                            Some((_, escaped)) => text.push(escaped),
                            None => return Err(parse_error("<EOF>", column)),
                        },
                        Some((_, '\'')) => break,
                        Some((_, other)) => text.push(other),
                        None => return Err(parse_error(&text, column)),
                    }
                }
                Token::Text(text)
            }
            '*' => Token::Symbol("*"),
            ',' => Token::Symbol(","),
            '(' => Token::Symbol("("),
            ')' => Token::Symbol(")"),
            '=' => Token::Symbol("="),
            '<' | '>' => {
                if follows_equal {
                    letters.next();
                }
                Token::Symbol(match (letter, follows_equal) {
                    ('<', true) => "<=",
                    ('<', false) => "<",
                    (_, true) => ">=",
                    (_, false) => ">",
                })
            }
            letter if letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.') => {
                let mut word = String::from(letter);
                while let Some((_, next)) = letters.peek().copied() {
                    if !(next.is_alphanumeric() || matches!(next, '_' | '-' | '.' | ':' | '+')) {
                        break;
                    }
                    word.push(next);
                    letters.next();
                }
                Token::Word(word)
            }
            other => return Err(parse_error(&other.to_string(), column)),
        };
        found.push((token, column));
    }
    Ok(found)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<(Token, usize)>>,
}

impl Parser {
    fn unexpected(&mut self) -> Fault {
        match self.tokens.peek() {
            Some((Token::Word(text) | Token::Text(text), column)) => parse_error(text, *column),
            Some((Token::Symbol(text), column)) => parse_error(text, *column),
            None => parse_error("<EOF>", 0),
        }
    }

    fn is_keyword(&mut self, keyword: &str) -> bool {
        matches!(self.tokens.peek(), Some((Token::Word(word), _)) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let is_next = self.is_keyword(keyword);
        if is_next {
            self.tokens.next();
        }
        is_next
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.tokens.peek(), Some((Token::Symbol(found), _)) if *found == symbol);
        if is_next {
            self.tokens.next();
        }
        is_next
    }

    fn expect(&mut self, is_there: bool) -> Result<(), Fault> {
        if is_there { Ok(()) } else { Err(self.unexpected()) }
    }

    fn word(&mut self) -> Result<String, Fault> {
        if let Some((Token::Word(word), _)) = self.tokens.peek() {
            let word = word.clone();
            self.tokens.next();
            return Ok(word);
        }
        Err(self.unexpected())
    }

    fn value(&mut self) -> Result<String, Fault> {
        match self.tokens.peek() {
            Some((Token::Text(text) | Token::Word(text), _)) => {
                let text = text.clone();
                self.tokens.next();
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn selection(&mut self) -> Result<Selection, Fault> {
        if self.take_keyword("count") {
            let opened = self.take_symbol("(");
            self.expect(opened)?;
            let star = self.take_symbol("*");
            self.expect(star)?;
            let closed = self.take_symbol(")");
            self.expect(closed)?;
            return Ok(Selection::Count);
        }
        let mut everything = false;
        let mut members = Vec::new();
        loop {
            if self.take_symbol("*") {
                everything = true;
            } else {
                members.push(self.word()?);
            }
            if !self.take_symbol(",") {
                // `*, Sku` is everything (quickbooks-online.md 3.11).
                return Ok(if everything {
                    Selection::All
                } else {
                    Selection::Members(members)
                });
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, Fault> {
        let member = self.word()?;
        if self.take_keyword("in") {
            let opened = self.take_symbol("(");
            self.expect(opened)?;
            let mut values = vec![self.value()?];
            while self.take_symbol(",") {
                values.push(self.value()?);
            }
            let closed = self.take_symbol(")");
            self.expect(closed)?;
            return Ok(Condition {
                member,
                operator: Operator::In,
                values,
            });
        }
        let operator = if self.take_keyword("like") {
            Operator::Like
        } else {
            let symbols = [
                ("=", Operator::Equal),
                ("<=", Operator::LessOrEqual),
                (">=", Operator::GreaterOrEqual),
                ("<", Operator::Less),
                (">", Operator::Greater),
            ];
            match symbols.into_iter().find(|(symbol, _)| self.take_symbol(symbol)) {
                Some((_, operator)) => operator,
                None => return Err(self.unexpected()),
            }
        };
        Ok(Condition {
            member,
            operator,
            values: vec![self.value()?],
        })
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, Fault> {
        let mut order = Vec::new();
        loop {
            let member = self.word()?;
            let descending = self.take_keyword("desc");
            if !descending {
                self.take_keyword("asc");
            }
            order.push((member, descending));
            if !self.take_symbol(",") {
                return Ok(order);
            }
        }
    }

    fn number(&mut self) -> Result<i64, Fault> {
        let word = match self.tokens.peek() {
            Some((Token::Word(word), _)) => word.parse::<i64>().ok(),
            _ => None,
        };
        match word {
            Some(number) => {
                self.tokens.next();
                Ok(number)
            }
            None => Err(self.unexpected()),
        }
    }
}

/// Parses a statement.
pub(super) fn parse(text: &str) -> Result<Statement, Fault> {
    let mut parser = Parser {
        tokens: tokens(text)?.into_iter().peekable(),
    };
    let selects = parser.take_keyword("select");
    parser.expect(selects)?;
    let selection = parser.selection()?;
    let from = parser.take_keyword("from");
    parser.expect(from)?;
    let entity = parser.word()?;
    let mut statement = Statement {
        selection,
        entity,
        conditions: Vec::new(),
        order: Vec::new(),
        start: 1,
        max: None,
    };
    if parser.take_keyword("where") {
        statement.conditions.push(parser.condition()?);
        while parser.take_keyword("and") {
            statement.conditions.push(parser.condition()?);
        }
    }
    loop {
        if parser.take_keyword("orderby") {
            statement.order = parser.order()?;
        } else if parser.take_keyword("order") {
            let by = parser.take_keyword("by");
            parser.expect(by)?;
            statement.order = parser.order()?;
        } else if parser.take_keyword("startposition") {
            statement.start = parser.number()?;
        } else if parser.take_keyword("maxresults") {
            statement.max = Some(parser.number()?);
        } else if parser.tokens.peek().is_some() {
            return Err(parser.unexpected());
        } else {
            return Ok(statement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_parsed_in_any_case_and_with_escapes() {
        let statement =
            parse(r"select * from customer where DisplayName = 'Amy\'s' ORDER BY Id desc maxresults 5 STARTPOSITION 3")
                .unwrap();
        assert_eq!(statement.conditions[0].values, ["Amy's"]);
        assert_eq!(statement.order, [("Id".to_owned(), true)]);
        assert_eq!((statement.start, statement.max), (3, Some(5)));
    }

    #[test]
    fn or_is_not_part_of_the_language() {
        let fault = parse("select * from Item where Name = 'a' or Name = 'b'").unwrap_err();
        assert_eq!(fault.code, "4000");
    }
}
