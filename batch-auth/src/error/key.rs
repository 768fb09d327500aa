//! Reasons for which a string is not an account name or an account key.

use std::fmt;

/// Reason for which a string is not the name of an account.
pub(crate) enum Account {
    Empty,
    /// It has characters that are not part of a name.
    Characters(String),
    /// It also has more characters than a name, so it could be a key: only their number is stored.
    Long(usize),
}

impl Account {
    /// Names have at most 24 characters, keys 88.
    const LONGEST_SHOWN: usize = 24;

    /// Finds the reason for which `name` is not allowed.
    pub(crate) fn of(name: String) -> Self {
        match name.chars().count() {
            0 => Self::Empty,
            length if length > Self::LONGEST_SHOWN => Self::Long(length),
            _ => Self::Characters(name),
        }
    }
}

/// Reason for which a string is not an account key. It never holds a part of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    Empty,
    /// A character that is not base64, at a position counted from 1.
    Character(Found, usize),
    ConnectionString,
    /// The padding is missing.
    Padding,
    /// It has only characters of base64 and still cannot be decoded.
    Encoding,
}

/// A character that does not belong into a key, without showing it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    LineBreak,
    Quote,
    Blank,
    Other,
}

impl Key {
    /// Finds the reason for which `text`, trimmed, is not a key.
    pub(crate) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        if text.contains("AccountKey=") || text.contains("AccountEndpoint=") {
            return Self::ConnectionString;
        }
        let strange = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
        if let Some((place, c)) = text.chars().enumerate().find(|(_, c)| strange(*c)) {
            let found = match c {
                '\n' | '\r' => Found::LineBreak,
                '"' | '\'' | '`' => Found::Quote,
                c if c.is_whitespace() => Found::Blank,
                _ => Found::Other,
            };
            return Self::Character(found, place + 1);
        }
        if !text.len().is_multiple_of(4) {
            return Self::Padding;
        }
        Self::Encoding
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("invalid account name \"\"")?,
            Self::Characters(name) => write!(f, "invalid account name {name:?}")?,
            Self::Long(length) => write!(f, "invalid account name of {length} characters")?,
        }
        f.write_str(": expected the Batch account's name alone, e.g. acct")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const COPY: &str = "copy the whole key from the Batch account's Keys page";
        f.write_str("cannot use account key: ")?;
        match self {
            Self::Empty => write!(f, "it is empty; {COPY}"),
            Self::ConnectionString => {
                f.write_str("it looks like a connection string; pass the value of AccountKey alone")
            }
            Self::Character(found, place) => {
                let (what, remedy) = match found {
                    Found::LineBreak => ("a line break", "pass the key as one line"),
                    Found::Quote => ("a quotation mark", "pass the key without quotation marks"),
                    Found::Blank => ("a blank", "pass the key alone, without blanks"),
                    Found::Other => ("a character that is not base64", COPY),
                };
                write!(f, "it has {what} at position {place}; {remedy}")
            }
            Self::Padding => write!(
                f,
                "it is not whole base64, since its padding `=` is missing; was it cut? {COPY}"
            ),
            Self::Encoding => write!(f, "it is not valid base64; {COPY}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_found() {
        for (text, expected) in [
            ("", Key::Empty),
            ("c2Vj\ncmV0", Key::Character(Found::LineBreak, 5)),
            ("\"c2VjcmV0\"", Key::Character(Found::Quote, 1)),
            ("c2Vj cmV0", Key::Character(Found::Blank, 5)),
            ("secret-key", Key::Character(Found::Other, 7)),
            ("AccountName=a;AccountKey=c2VjcmV0", Key::ConnectionString),
            ("c2VjcmV0LWtleQ", Key::Padding),
            ("====", Key::Encoding),
        ] {
            assert_eq!(Key::of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn messages_say_the_reason_and_the_remedy() {
        const COPY: &str = "copy the whole key from the Batch account's Keys page";
        for (key, expected) in [
            (Key::Empty, format!("it is empty; {COPY}")),
            (
                Key::Character(Found::LineBreak, 5),
                "it has a line break at position 5; pass the key as one line".to_owned(),
            ),
            (
                Key::Character(Found::Quote, 1),
                "it has a quotation mark at position 1; pass the key without quotation marks"
                    .to_owned(),
            ),
            (
                Key::Character(Found::Blank, 5),
                "it has a blank at position 5; pass the key alone, without blanks".to_owned(),
            ),
            (
                Key::Character(Found::Other, 7),
                format!("it has a character that is not base64 at position 7; {COPY}"),
            ),
            (
                Key::ConnectionString,
                "it looks like a connection string; pass the value of AccountKey alone".to_owned(),
            ),
            (
                Key::Padding,
                format!(
                    "it is not whole base64, since its padding `=` is missing; was it cut? {COPY}"
                ),
            ),
            (Key::Encoding, format!("it is not valid base64; {COPY}")),
        ] {
            assert_eq!(
                key.to_string(),
                format!("cannot use account key: {expected}")
            );
        }
    }

    #[test]
    fn an_account_name_is_shown_unless_it_could_be_a_key() {
        for (name, shown) in [
            (String::new(), "\"\"".to_owned()),
            ("dev account".to_owned(), "\"dev account\"".to_owned()),
            ("c2Vj/".repeat(17), "of 85 characters".to_owned()),
        ] {
            let expected = "expected the Batch account's name alone, e.g. acct";
            assert_eq!(
                Account::of(name).to_string(),
                format!("invalid account name {shown}: {expected}")
            );
        }
    }
}
