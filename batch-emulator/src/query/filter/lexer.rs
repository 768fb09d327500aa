//! The text of a filter as tokens.

use std::borrow::Cow;

use super::FilterError;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    Comma,
    /// A property with its slashes, an operator, a function, `true`, `null`.
    Name(&'a str),
    /// Begins like a number; whether it is one shows when it is read.
    Number(&'a str),
    /// A text in single quotes, without them.
    Text(Cow<'a, str>),
    /// A text in single quotes behind a type, as in `DateTime'…'`.
    Typed(&'a str, Cow<'a, str>),
    End,
}

/// Cuts tokens off a text.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and the offset at which it begins.
    pub(super) fn next(&mut self) -> Result<(usize, Token<'a>), FilterError> {
        self.take(|c| c.is_ascii_whitespace());
        let at = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok((at, Token::End));
        };
        let token = match first {
            '(' => self.single(Token::Open),
            ')' => self.single(Token::Close),
            ',' => self.single(Token::Comma),
            '\'' => Token::Text(self.quoted()?),
            'a'..='z' | 'A'..='Z' | '_' => self.name()?,
            '0'..='9' | '-' | '+' | '.' => {
                Token::Number(self.take(|c| c.is_ascii_alphanumeric() || "+-._".contains(c)))
            }
            other => {
                return Err(FilterError::new(
                    at,
                    format!("`{}` has no meaning here", other.escape_debug()),
                ));
            }
        };
        Ok((at, token))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn single(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }

    fn name(&mut self) -> Result<Token<'a>, FilterError> {
        let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '/');
        if self.rest().starts_with('\'') {
            return Ok(Token::Typed(name, self.quoted()?));
        }
        Ok(Token::Name(name))
    }

    /// A text in quotes; a quote inside it is doubled.
    fn quoted(&mut self) -> Result<Cow<'a, str>, FilterError> {
        let opening = self.at;
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let part = self.take(|c| c != '\'');
            if self.rest().is_empty() {
                return Err(FilterError::new(
                    opening,
                    "the text that begins here has no closing quote",
                ));
            }
            self.at += 1;
            text += part;
            if !self.rest().starts_with('\'') {
                return Ok(text);
            }
            self.at += 1;
            text += "'";
        }
    }
}
