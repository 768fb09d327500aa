//! Redaction of secrets in Debug output, errors and logs.
//!
//! A secret field is shown as [`Secret`]. Other strings (URLs of resource files, command lines,
//! messages of the service) go through [`text`], which removes what gives access and leaves what
//! helps to find the cause of a failure:
//!
//! ```text
//! https://a.blob.core.windows.net/c?sv=2023&sig=Zm9v
//!     ──► https://a.blob.core.windows.net/c?[redacted]
//! ```
//!
//! In doubt it removes too much: the end of a URL within other text is a guess.
//!
//! [`line`] also makes it one line of limited length, for errors, which repeat what a service or a
//! proxy sent.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

const REDACTED: &str = "[redacted]";

/// Placeholder of a secret value in Debug output: `[redacted]`.
pub(crate) struct Secret;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Returns the Debug output of an optional secret, which shows only if there is one.
#[expect(
    clippy::ref_option,
    reason = "generated code has a reference to the field"
)]
pub(crate) fn secret<T>(value: &Option<T>) -> Option<Secret> {
    value.as_ref().map(|_| Secret)
}

/// Prints like the plain Debug, with each string passed through [`text`].
pub(crate) struct Shown<'a, T: ?Sized>(pub(crate) &'a T);

impl fmt::Debug for Shown<'_, str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&text(self.0), f)
    }
}

impl fmt::Debug for Shown<'_, String> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Shown(self.0.as_str()), f)
    }
}

impl fmt::Debug for Shown<'_, Vec<String>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(Shown)).finish()
    }
}

impl<T> fmt::Debug for Shown<'_, Option<T>>
where
    for<'a> Shown<'a, T>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => f.debug_tuple("Some").field(&Shown(value)).finish(),
            None => f.write_str("None"),
        }
    }
}

/// Removes what gives access from a string:
///
/// - of every URL, whatever its scheme, the user information, the query and the fragment;
/// - `user:password` before an `@` without a URL, as in the address of a registry;
/// - the values of `sig=` (a shared access signature without its URL, or in an encoded one), of
///   `AccountKey=` (a connection string), and of passwords and tokens, also as properties of JSON;
/// - what follows `Bearer` and `SharedKey`, and tokens in the form of a JWT.
///
/// Makes a single pass and allocates only if there is something to remove.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut shown = String::new();
    // Everything before `copied` is in `shown`.
    let mut copied = 0;
    // End of the current URL; at most `at` outside of one.
    let mut url_end = 0;
    let mut at = 0;
    while at < bytes.len() {
        // All patterns begin with an ASCII character, so no slice splits a character.
        let hidden = match bytes[at] {
            b':' if bytes[at..].starts_with(b"://") => {
                // A URL in the path of another one has its own user information, but the same end.
                if url_end <= at {
                    url_end = end_of_url(text, at);
                }
                user_information(text, at, url_end)
            }
            b':' => value_in_json(text, at),
            b'?' | b'#' if at < url_end => at + 1..url_end,
            b'@' if at >= url_end => user_without_url(text, copied.max(url_end), at),
            b' ' => value_of_scheme(text, at),
            b'e' if bytes[at..].starts_with(b"eyJ") => web_token(text, at),
            b'=' => value_of_secret(text, at, at + 1),
            b'%' if bytes[at..].len() >= 3 && bytes[at + 1..at + 3].eq_ignore_ascii_case(b"3D") => {
                value_of_secret(text, at, at + 3)
            }
            _ => 0..0,
        };
        // A hidden user begins before its `@`, and everything before `copied` is done.
        if hidden.is_empty() || hidden.start < copied {
            at += 1;
        } else {
            shown.push_str(&text[copied..hidden.start]);
            shown.push_str(REDACTED);
            copied = hidden.end;
            at = hidden.end.max(at);
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[copied..]);
    Cow::Owned(shown)
}

/// Returns the end of the URL whose `://` is at `colon`: the first character that no URL contains.
/// A `'` can be part of one, so it ends only a URL that it also precedes.
fn end_of_url(text: &str, colon: usize) -> usize {
    let scheme = scheme_before(text, colon);
    let quoted = text[..colon - scheme.len()].ends_with('\'');
    let rest = &text[colon..];
    let length = rest
        .find(|c| ends_any_url(c) || (quoted && c == '\''))
        .unwrap_or(rest.len());
    colon + without_escape(rest, length)
}

fn ends_any_url(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '`')
}

/// Excludes the `\` of `\"` from the length: in JSON within a string it belongs to the quote.
fn without_escape(text: &str, length: usize) -> usize {
    if text[length..].starts_with(['"', '\'']) {
        text[..length].trim_end_matches('\\').len()
    } else {
        length
    }
}

/// Returns the letters, digits and signs before the colon; if there are none, the rest still counts
/// as a URL.
fn scheme_before(text: &str, colon: usize) -> &str {
    let is_scheme = |b: &&u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
    let length = text.as_bytes()[..colon]
        .iter()
        .rev()
        .take_while(is_scheme)
        .count();
    &text[colon - length..colon]
}

/// Returns the range before the `@` of the URL whose `://` is at `colon`.
fn user_information(text: &str, colon: usize, url_end: usize) -> Range<usize> {
    let start = (colon + "://".len()).min(url_end);
    let rest = &text[start..url_end];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let Some(user) = authority.rfind('@').map(|at| &authority[..at]) else {
        return 0..0;
    };
    // `abfss://container@account…`: the drivers of Azure storage name the container there.
    let scheme = scheme_before(text, colon);
    let names_container = ["abfs", "abfss", "wasb", "wasbs"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    if names_container && !user.contains(':') {
        return 0..0;
    }
    start..start + user.len()
}

/// Returns the range before an `@` that is not in a URL, if it has a password: `user:pass@host`.
/// The digest of a container image (`name:tag@sha256:…`) looks similar.
fn user_without_url(text: &str, from: usize, at: usize) -> Range<usize> {
    let after = &text[at + 1..];
    let is_digest = after.starts_with("sha256:") || after.starts_with("sha512:");
    let before = &text[from..at];
    let is_end = |c: char| ends_any_url(c) || c == '\'';
    let start = before.rfind(is_end).map_or(0, |end| {
        let c = before[end..].chars().next();
        end + c.map_or(0, char::len_utf8)
    });
    if is_digest || !after.starts_with(char::is_alphanumeric) || !before[start..].contains(':') {
        return 0..0;
    }
    from + start..at
}

/// Returns the range of the credential after the space, if the word before it is the scheme of an
/// `Authorization` header.
fn value_of_scheme(text: &str, space: usize) -> Range<usize> {
    let word_start = text[..space]
        .rfind(|c: char| !c.is_ascii_alphanumeric())
        .map_or(0, |end| end + 1);
    // The character before the word can have several bytes.
    let word = text.get(word_start..space).unwrap_or_default();
    let is_bearer = word.eq_ignore_ascii_case("bearer");
    if !is_bearer && !word.eq_ignore_ascii_case("sharedkey") {
        return 0..0;
    }
    let rest = text[space + 1..].trim_start_matches([' ', '"', '\'', '\\']);
    let start = text.len() - rest.len();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-._~+/=:".contains(c);
    let token = &rest[..rest.find(|c| !is_token(c)).unwrap_or(rest.len())];
    if is_bearer {
        // A word of a sentence or a parameter (`realm=`) has neither a digit nor this length.
        let is_opaque = token.bytes().any(|b| b.is_ascii_digit()) || token.len() >= 24;
        return if token.len() >= 6 && is_opaque {
            start..start + token.len()
        } else {
            0..0
        };
    }
    match token.split_once(':') {
        Some((account, signature)) => {
            let start = start + account.len() + 1;
            start..start + signature.len()
        }
        None => 0..0,
    }
}

/// Returns the range of a JWT, which begins with the base64 of `{"`.
fn web_token(text: &str, at: usize) -> Range<usize> {
    if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return 0..0;
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-._=".contains(c);
    let rest = &text[at..];
    let length = rest.find(|c| !is_token(c)).unwrap_or(rest.len());
    if length < 16 { 0..0 } else { at..at + length }
}

/// Names of secrets, each with whether it also counts as the end of a longer name.
const SECRETS: [(&str, bool); 12] = [
    ("sig", false),
    ("AccountKey", false),
    ("SharedAccessKey", true),
    ("sasKey", true),
    ("sshPrivateKey", true),
    ("password", true),
    ("passwd", true),
    ("pwd", true),
    ("client_secret", true),
    ("access_token", true),
    ("refresh_token", true),
    ("id_token", true),
];

/// Returns the range of a string in JSON, if the name before the colon is a secret's.
fn value_in_json(text: &str, colon: usize) -> Range<usize> {
    let name = text[..colon].trim_ascii_end();
    let Some(name) = name.strip_suffix('"') else {
        return 0..0;
    };
    let name = name.trim_end_matches('\\').as_bytes();
    let is_secret = SECRETS.iter().any(|(secret, _)| {
        name.split_at_checked(name.len().wrapping_sub(secret.len()))
            .is_some_and(|(before, end)| {
                end.eq_ignore_ascii_case(secret.as_bytes()) && before.ends_with(b"\"")
            })
    });
    let rest = text[colon + 1..].trim_ascii_start();
    // In JSON within a string, each quote has a `\` of its own.
    let value = rest.trim_start_matches('\\');
    let escaped = value.len() < rest.len();
    let Some(value) = value.strip_prefix('"').filter(|_| is_secret) else {
        return 0..0;
    };
    let start = text.len() - value.len();
    let mut bytes = value.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' if !escaped => {
                bytes.next();
            }
            b'"' => return start..start + without_escape(value, at),
            _ => {}
        }
    }
    start..text.len()
}

/// Returns the range of the value from `start`, if the name before the equals sign is a secret's.
fn value_of_secret(text: &str, equals: usize, start: usize) -> Range<usize> {
    let before = &text.as_bytes()[..equals];
    let secret = SECRETS.iter().find(|(name, ends)| {
        before
            .split_at_checked(before.len().wrapping_sub(name.len()))
            .is_some_and(|(before, end)| {
                let is_end = *ends && matches!(before.last(), Some(b'_' | b'-'));
                end.eq_ignore_ascii_case(name.as_bytes()) && (is_end || begins_name(before))
            })
    });
    let Some((_, is_password)) = secret else {
        return 0..0;
    };
    // The value may be quoted: sig='…', or \"…\" in JSON within a string.
    let rest = &text[start..];
    let rest = rest.trim_start_matches('\\');
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let start = text.len() - rest.len();
    let ends = |c| {
        if *is_password {
            ends_any_url(c) || matches!(c, '\'' | '&' | ';')
        } else {
            ends_secret(c)
        }
    };
    let length = rest.find(ends).unwrap_or(rest.len());
    start..start + without_escape(rest, length)
}

/// `?`, `#` and `:` are among the ends, so that a URL after the value is recognized.
fn ends_secret(c: char) -> bool {
    ends_any_url(c) || matches!(c, '\'' | '&' | ';' | ',' | '?' | '#' | ':')
}

/// Returns true if a name can start after this string: not within a word, like `sig` in `design`,
/// but right after an encoded `&` or `?`.
fn begins_name(before: &[u8]) -> bool {
    match before.last() {
        Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-') => {
            let separators: [&[u8]; 4] = [b"%26", b"%3F", b"u0026", b"u003F"];
            separators.iter().any(|separator| {
                before
                    .split_at_checked(before.len().wrapping_sub(separator.len()))
                    .is_some_and(|(_, end)| end.eq_ignore_ascii_case(separator))
            })
        }
        _ => true,
    }
}

/// Returns text of a service or proxy as one line, of at most `most` characters, without secrets.
///
/// Line breaks and other characters that a terminal would obey become spaces, and runs of spaces
/// one.
pub(crate) fn line(given: &str, most: usize) -> Cow<'_, str> {
    // A secret that is cut off could no longer be recognized, so it is removed first. What is far
    // longer than a line does not have to be searched.
    let searched = most.saturating_mul(4).saturating_add(4096);
    let end = given.char_indices().nth(searched);
    let shown = text(&given[..end.map_or(given.len(), |(end, _)| end)]);
    let is_plain = |c: char| !is_obeyed(c);
    if shown.len() <= most && shown.chars().all(is_plain) {
        return shown;
    }
    let mut line = String::new();
    let mut length = 0;
    for c in shown.chars() {
        let c = if is_plain(c) { c } else { ' ' };
        if c == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if length == most {
            line.push('…');
            break;
        }
        line.push(c);
        length += 1;
    }
    line.truncate(line.trim_end().len());
    Cow::Owned(line)
}

/// Returns true for characters that are not shown as they are: control characters, and those that
/// separate lines or change the direction of text.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
