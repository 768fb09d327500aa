//! Signed URLs within strings that are not URLs as a whole, such as command lines and values of
//! environment settings.
//!
//! A shared access signature is signed again for each run of a program, so what differs in it
//! alone is the same task. Here, in doubt nothing is left out: a query without a signature may be
//! what the program is for, and what follows a URL counts.

use std::borrow::Cow;
use std::ops::Range;

/// Returns a text without the queries of the signed URLs in it: those of `http` and `https` whose
/// query has a parameter `sig`.
pub(super) fn without_their_queries(text: &str) -> Cow<'_, str> {
    let (mut rest, mut kept) = (text, String::new());
    while let Some(query) = next_query(rest) {
        if is_signed(&rest[query.clone()]) {
            kept.push_str(&rest[..query.start]);
        } else {
            kept.push_str(&rest[..query.end]);
        }
        rest = &rest[query.end..];
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// Returns the range of the first query of a URL, with its `?`.
fn next_query(text: &str) -> Option<Range<usize>> {
    for (colon, separator) in text.match_indices("://") {
        if !ends_with_scheme(&text[..colon]) {
            continue;
        }
        let start = colon + separator.len();
        let end = start + length_of_url(&text[start..]);
        let url = &text[start..end];
        let url = &url[..url.find('#').unwrap_or(url.len())];
        if let Some(query) = url.find('?') {
            return Some(start + query..start + url.len());
        }
    }
    None
}

fn ends_with_scheme(text: &str) -> bool {
    let word = text
        .rfind(|c: char| !c.is_alphanumeric())
        .map_or(text, |end| {
            text[end..].trim_start_matches(|c: char| !c.is_alphanumeric())
        });
    ["http", "https"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Returns the length of a URL up to the first character that none contains unencoded, or that
/// separates it from a further URL.
fn length_of_url(text: &str) -> usize {
    let ends = |at: usize, c: char| match c {
        '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '{' | '}' | '|' | ';' => true,
        // JSON within a string writes the `&` of a query so.
        '\\' => !text[at..].starts_with(AMPERSAND),
        ',' => ["http://", "https://"]
            .iter()
            .any(|scheme| text[at + 1..].starts_with(scheme)),
        c => c.is_whitespace() || c.is_control(),
    };
    let end = text.char_indices().find(|(at, c)| ends(*at, *c));
    end.map_or(text.len(), |(at, _)| at)
}

const AMPERSAND: &str = "\\u0026";

/// Returns true if a query, with its `?`, has a signature.
fn is_signed(query: &str) -> bool {
    query[1..]
        .split(AMPERSAND)
        .flat_map(|part| part.split('&'))
        .any(|parameter| parameter.starts_with("sig="))
}

#[cfg(test)]
mod tests {
    use super::without_their_queries;

    #[test]
    fn the_queries_of_signed_urls_are_left_out() {
        for (text, expected) in [
            ("https://h/a?sv=1&sig=x%3D", "https://h/a"),
            ("https://h/a?sig=x&sv=1", "https://h/a"),
            ("HTTP://h/a?sig=x", "HTTP://h/a"),
            ("https://h/a?sig=x#part", "https://h/a#part"),
            (
                "curl -o b 'https://h/a?sv=1&sig=x' && render b",
                "curl -o b 'https://h/a' && render b",
            ),
            (
                "get https://h/a?sig=x https://h/b?sig=y\thttps://h/c?x=1",
                "get https://h/a https://h/b\thttps://h/c?x=1",
            ),
            (
                "https://h/a?sig=x,https://h/b?sig=y;https://h/c?sig=z",
                "https://h/a,https://h/b;https://h/c",
            ),
            ("https://h/a?spr=https,http&sig=x", "https://h/a"),
            ("--in=https://h/a?sig=x", "--in=https://h/a"),
            ("é=https://h/ü?sig=x é", "é=https://h/ü é"),
            (
                r#"{"in":"https://h/a?sv=1\u0026sig=x"}"#,
                r#"{"in":"https://h/a"}"#,
            ),
            (r#""https://h/a?sig=x\" -v""#, r#""https://h/a\" -v""#),
            (
                r#"cmd /c "(curl https://h/a?sv=1^&sig=x)""#,
                r#"cmd /c "(curl https://h/a)""#,
            ),
        ] {
            assert_eq!(without_their_queries(text), expected, "{text}");
        }
    }

    #[test]
    fn all_else_counts() {
        for text in [
            "",
            "echo",
            "https://h/a",
            "https://h/a?x=1",
            "https://h/a?design=1&signature=2",
            "https://h/a?x=1 sig=2",
            "https://h/sig=1",
            "https://h/a#b?sig=1",
            "ftp://h/a?sig=1",
            "xhttps://h/a?sig=1",
            "h/a?sig=1",
            "://?sig=1",
            "what? sig=1",
        ] {
            assert_eq!(without_their_queries(text), text);
        }
    }
}
