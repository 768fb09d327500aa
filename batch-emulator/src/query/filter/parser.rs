//! Parses the tokens of a filter into conditions.
//!
//! Operators from the loosest to the tightest: `or`, `and`, `not`; comparisons and functions are
//! the leaves.

use super::FilterError;
use super::condition::{Comparison, Condition, Node, Path};
use super::documented;
use super::lexer::{Lexer, Token};
use super::literal;
use crate::query::no_property;
use crate::table::{self, Kind, Model};
use crate::version::Version;

/// Maximum nesting of parentheses and `not`. Nobody needs more, and the stack is limited.
const DEPTH: usize = 100;

/// Parses a whole filter.
pub(super) fn parse(
    text: &str,
    item: &'static Model,
    version: Version,
) -> Result<Node, FilterError> {
    let mut lexer = Lexer::new(text);
    let (at, token) = lexer.next()?;
    let mut parser = Parser {
        lexer,
        at,
        token,
        depth: 0,
        item,
        version,
    };
    let node = parser.disjunction()?;
    match parser.token {
        Token::End => Ok(node),
        _ => Err(FilterError::new(
            parser.at,
            "expected `and`, `or` or the end",
        )),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Offset of the current token.
    at: usize,
    /// The current token.
    token: Token<'a>,
    depth: usize,
    item: &'static Model,
    version: Version,
}

impl<'a> Parser<'a> {
    /// Returns the current token and reads the next one.
    fn advance(&mut self) -> Result<(usize, Token<'a>), FilterError> {
        let (at, token) = self.lexer.next()?;
        let before = std::mem::replace(&mut self.token, token);
        Ok((std::mem::replace(&mut self.at, at), before))
    }

    /// Returns true if the current token is this word; the documentation writes `AND` and `OR`, its
    /// examples `and` and `or`.
    fn at_word(&self, word: &str) -> bool {
        matches!(self.token, Token::Name(name) if name.eq_ignore_ascii_case(word))
    }

    fn expect(&mut self, token: &Token<'_>, text: &str) -> Result<(), FilterError> {
        if self.token != *token {
            return Err(FilterError::new(self.at, format!("expected `{text}`")));
        }
        self.advance().map(drop)
    }

    fn disjunction(&mut self) -> Result<Node, FilterError> {
        self.chain("or", Self::conjunction, Node::Any)
    }

    fn conjunction(&mut self) -> Result<Node, FilterError> {
        self.chain("and", Self::term, Node::All)
    }

    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Node, FilterError>,
        join: fn(Vec<Node>) -> Node,
    ) -> Result<Node, FilterError> {
        let first = part(self)?;
        if !self.at_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.at_word(word) {
            self.advance()?;
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn term(&mut self) -> Result<Node, FilterError> {
        if self.at_word("not") {
            return self.nested(Self::negation);
        }
        if self.token == Token::Open {
            return self.nested(Self::group);
        }
        let (at, token) = self.advance()?;
        match token {
            Token::Name(name) if self.token == Token::Open => self.function(at, name),
            Token::Name(name) => self.comparison(at, name),
            _ => Err(FilterError::new(
                at,
                "expected a property, a function, `not` or `(`",
            )),
        }
    }

    fn nested(
        &mut self,
        inner: fn(&mut Self) -> Result<Node, FilterError>,
    ) -> Result<Node, FilterError> {
        if self.depth == DEPTH {
            let why = format!("parentheses and `not` are nested more than {DEPTH} deep");
            return Err(FilterError::new(self.at, why));
        }
        self.depth += 1;
        let node = inner(self);
        self.depth -= 1;
        node
    }

    fn group(&mut self) -> Result<Node, FilterError> {
        self.advance()?;
        let node = self.disjunction()?;
        self.expect(&Token::Close, ")")?;
        Ok(node)
    }

    fn negation(&mut self) -> Result<Node, FilterError> {
        self.advance()?;
        let at = self.at;
        let bare = matches!(self.token, Token::Name(_));
        let negated = self.term()?;
        // In OData `not` binds tighter than `eq`: without parentheses it would apply to a property
        // only.
        let comparison = matches!(&negated, Node::Test(_, condition) if !matches!(condition, Condition::StartsWith(_)));
        if bare && comparison {
            return Err(FilterError::new(
                at,
                "a comparison after `not` needs parentheses",
            ));
        }
        Ok(Node::Not(Box::new(negated)))
    }

    fn function(&mut self, at: usize, name: &str) -> Result<Node, FilterError> {
        if name != "startswith" {
            let why = format!("there is no function `{name}`; `startswith` is the only one");
            return Err(FilterError::new(at, why));
        }
        self.expect(&Token::Open, "(")?;
        let (at, token) = self.advance()?;
        let Token::Name(property) = token else {
            return Err(FilterError::new(at, "expected a property"));
        };
        let (path, kind) = self.property(at, property)?;
        self.allowed(at, property, "startswith")?;
        self.expect(&Token::Comma, ",")?;
        let (at, token) = self.advance()?;
        let (Token::Text(prefix), Kind::Text | Kind::Enum(_)) = (token, kind) else {
            return Err(FilterError::new(at, "expected a string in single quotes"));
        };
        self.expect(&Token::Close, ")")?;
        Ok(Node::Test(path, Condition::StartsWith(prefix.into_owned())))
    }

    fn comparison(&mut self, at: usize, property: &str) -> Result<Node, FilterError> {
        let (path, kind) = self.property(at, property)?;
        let (operator_at, operator) = self.advance()?;
        let found = match operator {
            Token::Name(name) => Comparison::parse(name).map(|comparison| (name, comparison)),
            _ => None,
        };
        let Some((name, comparison)) = found else {
            let why = "expected one of the comparisons `eq`, `ne`, `gt`, `ge`, `lt`, `le`";
            return Err(FilterError::new(operator_at, why));
        };
        self.allowed(at, property, name)?;
        let (at, value) = self.advance()?;
        let condition = literal::condition(kind, comparison, &value)
            .map_err(|why| FilterError::new(at, why))?;
        Ok(Node::Test(path, condition))
    }

    /// Returns the path to a property of the item, and its type.
    fn property(&self, at: usize, name: &str) -> Result<(Path, Kind), FilterError> {
        let mut names = Vec::new();
        let mut kind = Kind::Model(self.item.name);
        let mut at = at;
        for part in name.split('/') {
            let Kind::Model(owner) = kind else {
                return Err(FilterError::new(
                    at,
                    format!("there is no `{part}` in a value that is not an object"),
                ));
            };
            let Some(owner) = table::model(owner) else {
                return Err(FilterError::new(at, format!("{owner} is not defined")));
            };
            let Some(property) = owner.property_in(part, self.version) else {
                let why = no_property(owner, part, self.version);
                return Err(FilterError::new(at, why));
            };
            names.push(property.name);
            kind = property.kind;
            at += part.len() + 1;
        }
        let mut names = names.into_iter();
        let first = names.next().unwrap_or_default();
        let inner = names.collect();
        Ok((Path { first, inner }, kind))
    }

    /// Checks that the service documents this operator for the property.
    fn allowed(&self, at: usize, property: &str, operator: &str) -> Result<(), FilterError> {
        let properties = documented::properties(self.item.name);
        let Some((_, operators)) = properties.iter().find(|(name, _)| *name == property) else {
            let names: Vec<_> = properties.iter().map(|(name, _)| *name).collect();
            let why = format!(
                "cannot filter by `{property}`, only by {}",
                names.join(", ")
            );
            return Err(FilterError::new(at, why));
        };
        if !operators.contains(&operator) {
            let why = format!(
                "`{property}` does not support `{operator}`, only {}",
                operators.join(", ")
            );
            return Err(FilterError::new(at, why));
        }
        Ok(())
    }
}
