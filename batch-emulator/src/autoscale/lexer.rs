//! Splits a formula into tokens; white space and comments are dropped.

use std::iter::Peekable;
use std::str::Chars;

use super::{Error, Place};

/// A token of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// A name, including its dollar sign if it has one.
    Name(String),
    /// An operator or punctuation.
    Mark(&'static str),
    End,
}

/// Longer ones first.
const MARKS: [&str; 23] = [
    "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "<", ">", "=", "!", "?", ":", ";", ",",
    ".", "(", ")", "[", "]",
];

/// Returns the tokens with their positions; the last one is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Place)>, Error> {
    let mut lexer = Lexer {
        rest: text.chars().peekable(),
        place: Place { line: 1, column: 1 },
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip()?;
        let place = lexer.place;
        let token = lexer.next()?;
        let ends = token == Token::End;
        tokens.push((token, place));
        if ends {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    place: Place,
}

impl Lexer<'_> {
    fn take(&mut self) -> Option<char> {
        let taken = self.rest.next()?;
        if taken == '\n' {
            self.place.line += 1;
            self.place.column = 1;
        } else {
            self.place.column += 1;
        }
        Some(taken)
    }

    fn starts(&self, with: &str) -> bool {
        let mut rest = self.rest.clone();
        with.chars().all(|wanted| rest.next() == Some(wanted))
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(next) = self.rest.peek().copied().filter(|next| keep(*next)) {
            taken.push(next);
            self.take();
        }
        taken
    }

    /// Skips white space and comments.
    fn skip(&mut self) -> Result<(), Error> {
        loop {
            self.take_while(char::is_whitespace);
            if self.starts("//") {
                self.take_while(|next| next != '\n');
            } else if self.starts("/*") {
                self.skip_block()?;
            } else {
                return Ok(());
            }
        }
    }

    fn skip_block(&mut self) -> Result<(), Error> {
        let begun = self.place;
        while !self.starts("*/") {
            if self.take().is_none() {
                return Err(Error::syntax(begun, "A comment is not closed"));
            }
        }
        self.take();
        self.take();
        Ok(())
    }

    fn next(&mut self) -> Result<Token, Error> {
        let Some(first) = self.rest.peek().copied() else {
            return Ok(Token::End);
        };
        let mut ahead = self.rest.clone();
        ahead.next();
        let digit_follows = ahead.peek().is_some_and(char::is_ascii_digit);
        if first.is_ascii_digit() || (first == '.' && digit_follows) {
            return self.number();
        }
        if first == '"' {
            return self.text();
        }
        if first == '$' || first == '_' || first.is_alphabetic() {
            return self.name();
        }
        self.mark(first)
    }

    fn number(&mut self) -> Result<Token, Error> {
        let begun = self.place;
        let mut digits = self.take_while(|next| next.is_ascii_digit() || next == '.');
        let exponent = self
            .rest
            .peek()
            .is_some_and(|next| matches!(next, 'e' | 'E'));
        if exponent {
            digits.extend(self.take());
            if self
                .rest
                .peek()
                .is_some_and(|next| matches!(next, '+' | '-'))
            {
                digits.extend(self.take());
            }
            digits.push_str(&self.take_while(|next| next.is_ascii_digit()));
        }
        let number = digits
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        number
            .map(Token::Number)
            .ok_or_else(|| Error::syntax(begun, format!("Not a number: {digits}")))
    }

    fn text(&mut self) -> Result<Token, Error> {
        let begun = self.place;
        self.take();
        let text = self.take_while(|next| next != '"');
        if self.take().is_none() {
            return Err(Error::syntax(begun, "A string is not closed"));
        }
        Ok(Token::Text(text))
    }

    fn name(&mut self) -> Result<Token, Error> {
        let begun = self.place;
        let mut name = String::new();
        if self.starts("$") {
            name.extend(self.take());
        }
        name.push_str(&self.take_while(|next| next.is_alphanumeric() || next == '_'));
        if name == "$" {
            return Err(Error::syntax(begun, "A name is missing after $"));
        }
        Ok(Token::Name(name))
    }

    fn mark(&mut self, first: char) -> Result<Token, Error> {
        let found = MARKS.into_iter().find(|mark| self.starts(mark));
        let Some(mark) = found else {
            return Err(Error::syntax(
                self.place,
                format!("Unexpected character: {first}"),
            ));
        };
        for _ in mark.chars() {
            self.take();
        }
        Ok(Token::Mark(mark))
    }
}
