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
/// - the values of `sig=` (a shared access signature without its URL, or in an encoded one) and of
///   `AccountKey=` (a connection string).
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
            b'?' | b'#' if at < url_end => at + 1..url_end,
            b'=' => value_of_secret(text, at, at + 1),
            b'%' if bytes[at..].len() >= 3 && bytes[at + 1..at + 3].eq_ignore_ascii_case(b"3D") => {
                value_of_secret(text, at, at + 3)
            }
            _ => 0..0,
        };
        if hidden.is_empty() {
            at += 1;
        } else {
            shown.push_str(&text[copied..hidden.start]);
            shown.push_str(REDACTED);
            copied = hidden.end;
            at = hidden.end;
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

/// Returns the range of the value from `start`, if the name before the equals sign is a secret's.
fn value_of_secret(text: &str, equals: usize, start: usize) -> Range<usize> {
    let before = &text.as_bytes()[..equals];
    let is_secret = ["sig", "AccountKey"].iter().any(|name| {
        before
            .split_at_checked(before.len().wrapping_sub(name.len()))
            .is_some_and(|(before, end)| {
                end.eq_ignore_ascii_case(name.as_bytes()) && begins_name(before)
            })
    });
    if !is_secret {
        return 0..0;
    }
    // The value may be quoted: sig='…', or \"…\" in JSON within a string.
    let rest = &text[start..];
    let rest = rest.trim_start_matches('\\');
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let start = text.len() - rest.len();
    let length = rest.find(ends_secret).unwrap_or(rest.len());
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOB: &str = "https://a.blob.core.windows.net/c/f.txt";

    #[track_caller]
    fn shows(given: &str, expected: &str) {
        assert_eq!(text(given), expected);
        // Redacted text stays unchanged.
        assert_eq!(text(expected), expected);
    }

    #[track_caller]
    fn keeps(given: &str) {
        assert!(
            matches!(text(given), Cow::Borrowed(same) if same == given),
            "{given}"
        );
    }

    #[test]
    fn urls() {
        shows(
            &format!("{BLOB}?sv=2023&sig=a%2Bb%3D"),
            &format!("{BLOB}?[redacted]"),
        );
        shows("HTTPS://h/p?x", "HTTPS://h/p?[redacted]");
        shows("https://h?x", "https://h?[redacted]");
        shows("https://h/p#x", "https://h/p#[redacted]");
        shows("https://h/p?x#y?z", "https://h/p?[redacted]");
        shows("ftp://h/p?x", "ftp://h/p?[redacted]");
        shows(
            "wasbs://c@a.blob.core.windows.net/p?x",
            "wasbs://c@a.blob.core.windows.net/p?[redacted]",
        );
        shows("https://user:pass@h/p", "https://[redacted]@h/p");
        shows(
            "https://tok@h:8080?x",
            "https://[redacted]@h:8080?[redacted]",
        );
        shows("https://u:p@ss@h/p", "https://[redacted]@h/p");
        shows("abfss://u:p@h/p", "abfss://[redacted]@h/p");
        shows(
            "https://h/http://u:p@i/q?x",
            "https://h/http://[redacted]@i/q?[redacted]",
        );
        shows("https://h/é?ü", "https://h/é?[redacted]");
        keeps(BLOB);
        keeps("https://h/a@b/c");
        keeps("https://h/p?");
        keeps("abfss://container@account.dfs.core.windows.net/p");
        keeps("https://");
        keeps("://");
        keeps("?a=b#c");
        keeps("what? no. #1");
    }

    #[test]
    fn urls_in_other_text() {
        shows(
            "wget -O a \"https://h/a?sig=x\" && curl 'https://h/b?sig=y' | tar",
            "wget -O a \"https://h/a?[redacted]\" && curl 'https://h/b?[redacted]' | tar",
        );
        shows("see <https://h/a?x>.", "see <https://h/a?[redacted]>.");
        shows("`https://h/a?x` failed", "`https://h/a?[redacted]` failed");
        shows(
            "url=https://h/a?x\nwhat? yes",
            "url=https://h/a?[redacted]\nwhat? yes",
        );
        shows(
            r#"{"a":"https://h/a?x=1\u0026sig=y","b":1}"#,
            r#"{"a":"https://h/a?[redacted]","b":1}"#,
        );
        shows(
            r#""{\"a\":\"https://h/a?x\",\"b\":1}""#,
            r#""{\"a\":\"https://h/a?[redacted]\",\"b\":1}""#,
        );
        // The quote may be part of it: better to remove too much than too little.
        shows("https://h/'http://i?a'b", "https://h/'http://i?[redacted]");
        shows("https://h/a?$filter='b'&code=c", "https://h/a?[redacted]");
        shows("(https://h/a?x)", "(https://h/a?[redacted]");
        shows(
            "https://h/a,http://h/b?x",
            "https://h/a,http://h/b?[redacted]",
        );
        shows(
            "https://h/a?x http://h/b?y",
            "https://h/a?[redacted] http://h/b?[redacted]",
        );
    }

    #[test]
    fn signatures_without_url() {
        shows("?sv=2023&sig=a%2Bb%3D&se=1", "?sv=2023&sig=[redacted]&se=1");
        shows("sig=abc", "sig=[redacted]");
        shows("SIG=abc def", "SIG=[redacted] def");
        shows("sig='a+b=' x", "sig='[redacted]' x");
        shows(
            r#"{"q":"sv=1\u0026sig=a\u002Bb"}"#,
            r#"{"q":"sv=1\u0026sig=[redacted]"}"#,
        );
        shows(r#"\"sig=\"abc\"\""#, r#"\"sig=\"[redacted]\"\""#);
        shows(
            "u=https%3A%2F%2Fh%3Fsv%3D1%26sig%3Dabc x",
            "u=https%3A%2F%2Fh%3Fsv%3D1%26sig%3D[redacted] x",
        );
        shows(
            "u=https%3a%2f%2fh%3fsig%3dabc",
            "u=https%3a%2f%2fh%3fsig%3d[redacted]",
        );
        shows("a&amp;sig=abc", "a&amp;sig=[redacted]");
        shows(
            "a.blob.core.windows.net/c?sv=1&sig=x",
            "a.blob.core.windows.net/c?sv=1&sig=[redacted]",
        );
        shows(
            "AccountName=a;AccountKey=Zm9v==;Suffix=b",
            "AccountName=a;AccountKey=[redacted];Suffix=b",
        );
        shows(
            "sig=https://u:p@h?a,b",
            "sig=[redacted]://[redacted]@h?[redacted]",
        );
        shows("https://h/sig=a?b,c", "https://h/sig=[redacted]?[redacted]");
        keeps("design=blue --orig=1 my_sig=2");
        keeps("sig= sig");
        keeps("sig=");
        keeps("=");
        keeps("%3D %3");
        keeps("signature=yes");
    }

    #[test]
    fn shown_prints_like_debug() {
        let list = vec![BLOB.to_owned(), "a\n\"b\"".to_owned()];
        assert_eq!(format!("{:?}", Shown(&list)), format!("{list:?}"));
        assert_eq!(format!("{:#?}", Shown(&list)), format!("{list:#?}"));
        let some = Some(list);
        assert_eq!(format!("{:?}", Shown(&some)), format!("{some:?}"));
        assert_eq!(format!("{:#?}", Shown(&some)), format!("{some:#?}"));
        assert_eq!(format!("{:?}", Shown(&Some(String::new()))), "Some(\"\")");
        assert_eq!(format!("{:?}", Shown(&None::<String>)), "None");
        assert_eq!(format!("{:?}", Shown(&None::<Vec<String>>)), "None");
        assert_eq!(
            format!("{:?}", Shown("https://h?x")),
            "\"https://h?[redacted]\""
        );
        assert_eq!(
            format!("{:?}", Shown(&Some(vec!["https://h?x".to_owned()]))),
            "Some([\"https://h?[redacted]\"])"
        );
    }

    #[test]
    fn secrets_show_only_that_they_are() {
        assert_eq!(
            format!("{:?}", secret(&Some("password"))),
            "Some([redacted])"
        );
        assert_eq!(format!("{:?}", secret(&None::<String>)), "None");
    }

    /// Strings in which the patterns are frequent.
    fn texts() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("://"),
            Just("https://"),
            Just("sig="),
            Just("AccountKey="),
            Just("%3D"),
            Just("%26"),
            Just("?"),
            Just("#"),
            Just("@"),
            Just("'"),
            Just("\""),
            Just("\\"),
            Just("&"),
            Just("/"),
            Just(" "),
            Just(","),
            Just("a"),
            Just("é"),
            Just("[redacted]"),
        ];
        prop::collection::vec(token, 0..20).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn no_text_panics(given in prop_oneof![any::<String>(), texts()]) {
            let _ = text(&given);
        }

        /// Whatever surrounds a URL, nothing of its query is shown.
        #[test]
        fn no_query_comes_through(
            before in texts(),
            scheme in "[a-zA-Z][a-zA-Z0-9+.-]{0,5}",
            rest in "[a-z.@:/]{0,9}",
            mark in "[?#]",
            query in "[!#-;=?-_a-z~&&[^'`]]{0,9}",
            after in texts(),
        ) {
            let given = format!("{before}{scheme}://{rest}{mark}{query}SECRET{after}");
            let shown = text(&given);
            prop_assert!(!shown.contains("SECRET"), "{given} shows {shown}");
        }

        #[test]
        fn no_signature_comes_through(
            before in texts(),
            value in "[A-Za-z0-9+/=%]{0,9}",
            after in texts(),
        ) {
            let given = format!("{before}&sig={value}SECRET{after}");
            let shown = text(&given);
            prop_assert!(!shown.contains("SECRET"), "{given} shows {shown}");
        }

        #[test]
        fn nothing_to_redact_is_borrowed(given in "[a-zA-Z0-9 :/.,;'\"-]*") {
            prop_assert!(matches!(text(&given), Cow::Borrowed(_)));
        }
    }
}
