//! Splits a filter into tokens.

use std::borrow::Cow;

use super::FilterError;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    Comma,
    /// A property with its slashes, an operator, a function, `true` or `null`.
    Name(&'a str),
    /// Starts like a number; parsing decides if it is one.
    Number(&'a str),
    /// A string in single quotes, without them.
    Text(Cow<'a, str>),
    /// A string in single quotes after a type, as in `DateTime'…'`.
    Typed(&'a str, Cow<'a, str>),
    End,
}

/// Splits a filter into tokens.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the next token and the offset at which it starts.
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
            other => return Err(FilterError::new(at, self.unexpected(other))),
        };
        Ok((at, token))
    }

    /// Explains a character that starts no token: most often, an operator of another language.
    fn unexpected(&self, first: char) -> String {
        const OPERATORS: [(&str, &str); 9] = [
            ("==", "eq"),
            ("!=", "ne"),
            ("<=", "le"),
            (">=", "ge"),
            ("&&", "and"),
            ("||", "or"),
            ("=", "eq"),
            ("<", "lt"),
            (">", "gt"),
        ];
        let mut operators = OPERATORS.iter();
        if let Some((other, ours)) = operators.find(|(other, _)| self.rest().starts_with(other)) {
            return format!("unexpected `{other}`; did you mean `{ours}`?");
        }
        if first == '"' {
            return "unexpected `\"`; put strings in single quotes".to_owned();
        }
        format!("`{}` is not allowed here", first.escape_debug())
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

    /// Reads a quoted string; a quote inside it is doubled.
    fn quoted(&mut self) -> Result<Cow<'a, str>, FilterError> {
        let opening = self.at;
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let part = self.take(|c| c != '\'');
            if self.rest().is_empty() {
                return Err(FilterError::new(
                    opening,
                    "the string that starts here has no closing quote",
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
