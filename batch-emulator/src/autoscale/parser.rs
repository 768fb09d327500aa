//! Builds a tree from a formula's tokens.
//!
//! Operators of equal precedence are kept in a list instead of nested nodes, so that the depth of
//! the tree is the nesting depth, which is bounded.

use super::lexer::Token;
use super::{Error, MAX_STATEMENTS, Place};

/// Maximum nesting of parentheses, arguments, conditional operators and signs.
const MAX_DEPTH: usize = 48;

/// One statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// The variable that it sets; `None` if it is only evaluated.
    pub(super) target: Option<String>,
    pub(super) value: Node,
}

/// An expression and its position.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) expression: Expression,
}

/// An expression.
#[derive(Debug)]
pub(super) enum Expression {
    Number(f64),
    Text(String),
    Name(String),
    /// A list in brackets.
    List(Vec<Node>),
    Call(String, Vec<Node>),
    Member(Box<Node>, String),
    /// A method of a value, with the position of its opening parenthesis.
    Method(Box<Node>, String, Vec<Node>, Place),
    Sign(&'static str, Box<Node>),
    /// Operators of equal precedence, from left to right, each with its position.
    Chain(Box<Node>, Vec<(&'static str, Place, Node)>),
    Choice(Box<[Node; 3]>),
}

/// Binary operators by precedence, the loosest first.
const RANKS: [&[&str]; 6] = [
    &["||"],
    &["&&"],
    &["==", "!="],
    &["<", "<=", ">", ">="],
    &["+", "-"],
    &["*", "/"],
];

pub(super) fn parse(tokens: Vec<(Token, Place)>) -> Result<Vec<Statement>, Error> {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    let mut statements = Vec::new();
    loop {
        while parser.take_mark(";") {}
        if parser.token() == &Token::End {
            return Ok(statements);
        }
        if statements.len() == MAX_STATEMENTS {
            let what = format!("The formula has more than {MAX_STATEMENTS} statements");
            return Err(Error::syntax(parser.place(), what));
        }
        statements.push(parser.statement()?);
        if parser.token() != &Token::End {
            parser.expect(";")?;
        }
    }
}

struct Parser {
    /// The last token is the end, which is never consumed.
    tokens: Vec<(Token, Place)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn token(&self) -> &Token {
        self.tokens
            .get(self.at)
            .map_or(&Token::End, |(token, _)| token)
    }

    fn place(&self) -> Place {
        let last = self.tokens.len().saturating_sub(1);
        let found = self.tokens.get(self.at.min(last));
        found.map_or(Place { line: 1, column: 1 }, |(_, place)| *place)
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        let found = matches!(self.token(), Token::Mark(next) if *next == mark);
        self.at += usize::from(found);
        found
    }

    fn take_one_of(&mut self, marks: &[&'static str]) -> Option<&'static str> {
        marks.iter().copied().find(|mark| self.take_mark(mark))
    }

    fn expect(&mut self, mark: &str) -> Result<(), Error> {
        if self.take_mark(mark) {
            return Ok(());
        }
        Err(self.unexpected(&format!("{mark} expected")))
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let found = match self.token() {
            Token::Number(number) => number.to_string(),
            Token::Text(text) => format!("\"{text}\""),
            Token::Name(name) => name.clone(),
            Token::Mark(mark) => (*mark).to_owned(),
            Token::End => "the end of the formula".to_owned(),
        };
        Error::syntax(self.place(), format!("{wanted}, found {found}"))
    }

    fn statement(&mut self) -> Result<Statement, Error> {
        let next = self.tokens.get(self.at + 1).map(|(token, _)| token);
        let target = match (self.token(), next) {
            (Token::Name(name), Some(Token::Mark("="))) => Some(name.clone()),
            _ => None,
        };
        if target.is_some() {
            self.at += 2;
        }
        let value = self.expression()?;
        Ok(Statement { target, value })
    }

    /// Parses one level deeper.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::syntax(
                self.place(),
                "The formula is nested too deeply",
            ));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn expression(&mut self) -> Result<Node, Error> {
        self.deeper(|parser| {
            let place = parser.place();
            let condition = parser.chain(0)?;
            if !parser.take_mark("?") {
                return Ok(condition);
            }
            let yes = parser.expression()?;
            parser.expect(":")?;
            let no = parser.expression()?;
            let expression = Expression::Choice(Box::new([condition, yes, no]));
            Ok(Node { place, expression })
        })
    }

    fn chain(&mut self, rank: usize) -> Result<Node, Error> {
        let Some(operators) = RANKS.get(rank) else {
            return self.sign();
        };
        let place = self.place();
        let first = self.chain(rank + 1)?;
        let mut more = Vec::new();
        loop {
            let at = self.place();
            let Some(operator) = self.take_one_of(operators) else {
                break;
            };
            more.push((operator, at, self.chain(rank + 1)?));
        }
        if more.is_empty() {
            return Ok(first);
        }
        let expression = Expression::Chain(Box::new(first), more);
        Ok(Node { place, expression })
    }

    fn sign(&mut self) -> Result<Node, Error> {
        let place = self.place();
        let Some(sign) = self.take_one_of(&["-", "!"]) else {
            return self.members();
        };
        let operand = self.deeper(Self::sign)?;
        let expression = Expression::Sign(sign, Box::new(operand));
        Ok(Node { place, expression })
    }

    /// Parses an expression followed by members and methods. No member returns a value with members
    /// of its members, so the chain is short.
    fn members(&mut self) -> Result<Node, Error> {
        let mut node = self.primary()?;
        let mut count = 0;
        while self.take_mark(".") {
            count += 1;
            if count > MAX_DEPTH {
                return Err(Error::syntax(
                    self.place(),
                    "The formula is nested too deeply",
                ));
            }
            let Token::Name(name) = self.token().clone() else {
                return Err(self.unexpected("Member name expected"));
            };
            self.at += 1;
            let place = node.place;
            let open = self.place();
            let expression = if self.take_mark("(") {
                Expression::Method(Box::new(node), name, self.list(")")?, open)
            } else {
                Expression::Member(Box::new(node), name)
            };
            node = Node { place, expression };
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, Error> {
        let place = self.place();
        let expression = match self.token().clone() {
            Token::Number(number) => Expression::Number(number),
            Token::Text(text) => Expression::Text(text),
            Token::Name(name) => {
                self.at += 1;
                if self.take_mark("(") {
                    let expression = Expression::Call(name, self.list(")")?);
                    return Ok(Node { place, expression });
                }
                let expression = Expression::Name(name);
                return Ok(Node { place, expression });
            }
            Token::Mark("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Mark("[") => {
                self.at += 1;
                let expression = Expression::List(self.list("]")?);
                return Ok(Node { place, expression });
            }
            Token::Mark(_) | Token::End => return Err(self.unexpected("Value expected")),
        };
        self.at += 1;
        Ok(Node { place, expression })
    }

    /// Parses comma-separated expressions up to an end token.
    fn list(&mut self, end: &str) -> Result<Vec<Node>, Error> {
        let mut items = Vec::new();
        if self.take_mark(end) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if !self.take_mark(",") {
                self.expect(end)?;
                return Ok(items);
            }
        }
    }
}
