//! Pages of a listing, and the links between them.
//!
//! A token holds the key of the last item that was scanned, not a number of items, so that items
//! added or deleted between two pages do not shift the position.
//!
//! Source: recorded, `Pool_List` with a next link: the whole URL, with the request's other
//! parameters and `$skiptoken`. The contents of the live service's token are unknown; the format
//! here is our own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::invalid;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::table::Segment;

/// Prefix that identifies the format of a token, so that a later format can be distinguished.
const TAG: &str = "after:";

/// Position where the next page starts; opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkipToken {
    key: String,
}

impl SkipToken {
    /// Creates the token of the page after the item with this key.
    pub(crate) fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
        }
    }

    /// Encodes the token for the link, with letters, digits, `-` and `_` only.
    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{TAG}{}", self.key))
    }

    /// Parses the output of [`encode`](Self::encode).
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded
            .as_deref()
            .and_then(|decoded| decoded.strip_prefix(TAG))
        {
            Some(key) => Ok(Self::new(key)),
            None => Err(invalid(
                "$skiptoken",
                text,
                "This is not a token from a next link.",
            )),
        }
    }

    /// Returns the key of the last item of the previous page.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

/// Takes the next page from the remaining items, in the order of their keys, and returns where the
/// page after it starts.
///
/// The page ends after `limit` selected or `scan_limit` scanned items, so that one request has a
/// bounded cost. A page may therefore be empty and still have a next link, as with the live
/// service.
pub(crate) fn page<'a, T>(
    items: impl Iterator<Item = (&'a str, T)>,
    limit: usize,
    scan_limit: usize,
    mut keep: impl FnMut(&T) -> bool,
) -> (Vec<T>, Option<SkipToken>) {
    let mut items = items.peekable();
    let mut selected = Vec::new();
    let mut scanned = 0;
    while let Some((key, item)) = items.next() {
        scanned += 1;
        if keep(&item) {
            selected.push(item);
        }
        // Checked only after an item, so that limits of zero make progress too.
        if selected.len() >= limit || scanned >= scan_limit {
            let token = items.peek().map(|_| SkipToken::new(key));
            return (selected, token);
        }
    }
    (selected, None)
}

/// Characters that need no encoding in a path or a value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// Names such as `$filter` start with a dollar sign, which the service does not encode.
const NAME: &AsciiSet = &VALUE.remove(b'$');

/// Returns the URL of the next page: the same request with a new token.
///
/// Source: recorded, `Pool_List`.
pub(crate) fn next_link(request: &Request, token: &SkipToken) -> String {
    let mut link = request.base.trim_end_matches('/').to_owned();
    for segment in request.operation.path {
        link.push('/');
        push_segment(&mut link, segment, request);
    }
    let mut separator = '?';
    let others = request
        .query
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("$skiptoken"));
    for (name, value) in others {
        push_parameter(&mut link, separator, name, value);
        separator = '&';
    }
    push_parameter(&mut link, separator, "$skiptoken", &token.encode());
    link
}

fn push_segment(link: &mut String, segment: &Segment, request: &Request) {
    let mut parameters = segment.parameters.iter();
    for text in segment.texts {
        link.push_str(text);
        if let Some(name) = parameters.next() {
            link.extend(utf8_percent_encode(request.path(name), VALUE));
        }
    }
}

fn push_parameter(link: &mut String, separator: char, name: &str, value: &str) {
    link.push(separator);
    link.extend(utf8_percent_encode(name, NAME));
    link.push('=');
    link.extend(utf8_percent_encode(value, VALUE));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::Conditions;

    const KEYS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

    /// Reads all pages and returns their items.
    fn pages(limit: usize, scan_limit: usize, keep: &str) -> Vec<String> {
        let mut pages = Vec::new();
        let mut after = String::new();
        loop {
            let left = KEYS
                .iter()
                .filter(|key| **key > after.as_str())
                .map(|key| (*key, *key));
            let (page, token) = page(left, limit, scan_limit, |key| keep.contains(*key));
            pages.push(page.concat());
            match token {
                Some(token) => after = token.key().to_owned(),
                None => return pages,
            }
        }
    }

    #[test]
    fn ends_a_page_at_either_limit() {
        let cases: &[(usize, usize, &str, &[&str])] = &[
            (100, 100, "abcdefg", &["abcdefg"]),
            (7, 100, "abcdefg", &["abcdefg"]),
            (100, 7, "abcdefg", &["abcdefg"]),
            (6, 100, "abcdefg", &["abcdef", "g"]),
            (3, 100, "abcdefg", &["abc", "def", "g"]),
            (3, 2, "abcdefg", &["ab", "cd", "ef", "g"]),
            (100, 3, "g", &["", "", "g"]),
            (100, 3, "", &["", "", ""]),
            (1, 100, "ad", &["a", "d", ""]),
            (2, 100, "fg", &["fg"]),
            // Limits of zero make progress too.
            (0, 100, "ab", &["a", "b", "", "", "", "", ""]),
            (2, 0, "ab", &["a", "b", "", "", "", "", ""]),
        ];
        for (limit, scan_limit, keep, expected) in cases {
            let found = pages(*limit, *scan_limit, keep);
            assert_eq!(found, *expected, "{limit} {scan_limit} {keep:?}");
        }
        let (page, token) = page(std::iter::empty::<(&str, ())>(), 1, 1, |()| true);
        assert_eq!((page.len(), token), (0, None));
    }

    #[test]
    fn rejects_foreign_tokens() {
        let foreign = [
            String::new(),
            "x".to_owned(),
            "1!8".to_owned(),
            "YWZ0ZXI6YQ==".to_owned(),
            URL_SAFE_NO_PAD.encode("before:a"),
            URL_SAFE_NO_PAD.encode(b"after:\xff"),
            "é".to_owned(),
        ];
        for text in foreign {
            let refusal = SkipToken::parse(&text).expect_err(&text);
            assert_eq!(
                (refusal.status, refusal.code),
                (400, "InvalidQueryParameterValue")
            );
            assert_eq!(refusal.values[0].1, "$skiptoken");
            assert_eq!(refusal.values[1].1, text);
        }
    }

    fn request(operation: &str, path: &[(&'static str, &str)], query: &[(&str, &str)]) -> Request {
        Request {
            operation: crate::table::operation(operation).expect("an operation"),
            version: crate::version::Version::default(),
            path: path
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            conditions: Conditions::default(),
            range: None,
            body: None,
            base: "http://127.0.0.1:4321".to_owned(),
        }
    }

    #[test]
    fn links_to_the_same_request() {
        let request = request(
            "Task_List",
            &[("jobId", "my job/1")],
            &[
                ("api-version", "2024-02-01.19.0"),
                (
                    "$filter",
                    "id eq 'a&b+c' and creationTime gt datetime'2024-01-01T00:00:00+00:00'",
                ),
                ("$select", "id,state"),
                ("$skiptoken", "old"),
                ("maxresults", "10"),
                ("timeout", "30"),
            ],
        );
        let link = next_link(&request, &SkipToken::new("ü"));
        let expected = "http://127.0.0.1:4321/jobs/my%20job%2F1/tasks?api-version=2024-02-01.19.0\
            &$filter=id%20eq%20%27a%26b%2Bc%27%20and%20creationTime%20gt%20datetime%272024-01-01T00%3A00%3A00%2B00%3A00%27\
            &$select=id%2Cstate&maxresults=10&timeout=30&$skiptoken=YWZ0ZXI6w7w";
        assert_eq!(link, expected);
    }

    #[test]
    fn links_without_other_parameters() {
        let link = next_link(&request("Pool_List", &[], &[]), &SkipToken::new("p"));
        assert_eq!(link, "http://127.0.0.1:4321/pools?$skiptoken=YWZ0ZXI6cA");
    }

    proptest! {
        #[test]
        fn a_token_survives_a_round_trip(key in any::<String>()) {
            let text = SkipToken::new(&key).encode();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(SkipToken::parse(&text), Ok(SkipToken { key }));
        }

        #[test]
        fn no_text_panics_as_a_token(text in any::<String>()) {
            let _ = SkipToken::parse(&text);
        }

        #[test]
        fn pages_together_return_every_item_once(limit in 1_usize..9, scan_limit in 1_usize..9, keep in "[a-g]{0,7}") {
            let expected: String = KEYS.iter().filter(|key| keep.contains(**key)).copied().collect();
            prop_assert_eq!(pages(limit, scan_limit, &keep).concat(), expected);
        }
    }
}
