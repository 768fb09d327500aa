//! Segments of a request's path: checked, then percent-encoded.
//!
//! This is a matter of safety. The URL parser of the HTTP library resolves `..` and `\`: a request
//! to delete the file `..` of a task, sent unchanged, is `DELETE /jobs/j/tasks/t/` and deletes the
//! task. Encoding the dots does not help, because a URL parser reads `%2E%2E` as `..`. Hence two
//! steps, in this order: [`check`] refuses what cannot be a name, and [`encode`] leaves nothing
//! that has a meaning to a URL parser.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All characters except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes the value as one segment: `a/b c` becomes `a%2Fb%20c`.
///
/// The path of a file is one segment too: the service expects its slashes encoded.
pub(crate) fn encode(segment: &str) -> String {
    let mut text = String::new();
    encode_into(&mut text, segment);
    text
}

/// As [`encode`], at the end of a text.
pub(crate) fn encode_into(text: &mut String, segment: &str) {
    text.extend(utf8_percent_encode(segment, RESERVED));
}

/// Refuses a value for which the request would address another resource:
///
/// - an empty one, and one of separators only (`/`), which name nothing, so that the path is that
///   of the collection or of the parent;
/// - one with a segment `.` or `..`, separated by `/` or, as on Windows nodes, by `\`: the server
///   sees them after decoding, and may resolve them.
///
/// Empty segments beside others (`a//b`, `logs/`) are allowed: to a file system they are a single
/// separator.
pub(crate) fn check(parameter: &'static str, value: &str) -> Result<(), InvalidSegment> {
    let mut names_something = false;
    for part in value.split(['/', '\\']) {
        let problem = match part {
            "" => continue,
            "." => Problem::Dot,
            ".." => Problem::DotDot,
            _ => {
                names_something = true;
                continue;
            }
        };
        return Err(InvalidSegment { parameter, problem });
    }
    if names_something {
        return Ok(());
    }
    let problem = if value.is_empty() {
        Problem::Empty
    } else {
        Problem::OnlySeparators
    };
    Err(InvalidSegment { parameter, problem })
}

/// Returns the ids in the path of a request, for messages: `/jobs/j/tasks/t` has `j/t`.
///
/// The segments of a path are in turn the name of a collection and the id of one of its items.
pub(crate) fn ids(path: &str) -> Option<String> {
    let mut segments = path.split('/').skip(1).peekable();
    let certificate = segments.peek().and_then(|first| {
        let (_, thumbprint) = first.strip_prefix("certificates(")?.rsplit_once('=')?;
        thumbprint.strip_suffix(')')
    });
    let ids = segments.skip(1).step_by(2).filter(|id| !id.is_empty());
    let ids: Vec<_> = match certificate {
        Some(thumbprint) => vec![thumbprint],
        None => ids.collect(),
    };
    let ids = ids
        .into_iter()
        .map(|id| percent_decode_str(id).decode_utf8_lossy());
    let ids = ids.collect::<Vec<_>>().join("/");
    (!ids.is_empty()).then_some(ids)
}

/// A value that is not allowed in a request's path. The message has the parameter, the reason and
/// the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidSegment {
    parameter: &'static str,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Empty,
    OnlySeparators,
    Dot,
    DotDot,
}

impl fmt::Display for InvalidSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameter = self.parameter;
        write!(f, "cannot use `{parameter}`: ")?;
        f.write_str(match self.problem {
            Problem::Empty => {
                "it is empty, so the request would address the collection instead of one item; pass \
                 the item's name"
            }
            Problem::OnlySeparators => {
                "it has only separators, so the request would address the parent directory; pass \
                 the item's path"
            }
            Problem::Dot => {
                "it has the segment `.`, which URLs drop, so the request could address another \
                 resource; pass the name without it"
            }
            Problem::DotDot => {
                "it has the segment `..`, which URLs resolve, so the request could address or \
                 delete another resource; pass the path without it"
            }
        })
    }
}

impl std::error::Error for InvalidSegment {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(value: &str) -> Option<Problem> {
        check("file_path", value).err().map(|error| error.problem)
    }

    #[test]
    fn encodes_all_but_the_unreserved() {
        for (segment, encoded) in [
            ("job-1_a.b~c", "job-1_a.b~c"),
            ("wd/out put.txt", "wd%2Fout%20put.txt"),
            ("a\\b", "a%5Cb"),
            ("a\tb\n\0", "a%09b%0A%00"),
            ("50%", "50%25"),
            ("%2e%2e", "%252e%252e"),
            ("?q=1&r#f", "%3Fq%3D1%26r%23f"),
            ("a+b;c,d:e@f", "a%2Bb%3Bc%2Cd%3Ae%40f"),
            ("!$'()*[]", "%21%24%27%28%29%2A%5B%5D"),
            ("größe", "gr%C3%B6%C3%9Fe"),
            ("", ""),
        ] {
            assert_eq!(encode(segment), encoded);
        }
    }

    #[test]
    fn messages_show_the_ids_of_a_path() {
        for (path, expected) in [
            ("/jobs/nightly", Some("nightly")),
            (
                "/jobs/a%2Fb/tasks/t%201/files/wd%2Fout",
                Some("a/b/t 1/wd/out"),
            ),
            ("/pools/p/nodes", Some("p")),
            ("/jobs/j/terminate", Some("j")),
            (
                "/certificates(thumbprintAlgorithm=sha1,thumbprint=0f)/canceldelete",
                Some("0f"),
            ),
            ("/certificates", None),
            ("/jobs", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(ids(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn names_pass() {
        for value in [
            "job-1",
            "a.b",
            ".hidden",
            "..a",
            "a..",
            "...",
            ". .",
            "wd/stdout.txt",
            "wd\\a.txt",
            "a//b",
            "logs/",
            "/abs",
            "%2e%2e",
            " ",
        ] {
            assert_eq!(problem(value), None, "{value}");
        }
    }

    #[test]
    fn names_that_address_something_else_are_refused() {
        assert_eq!(problem(""), Some(Problem::Empty));
        for value in ["/", "\\", "//", "/\\/"] {
            assert_eq!(problem(value), Some(Problem::OnlySeparators), "{value}");
        }
        for value in [".", "./a", "a/.", "a/./b", ".\\a", "/."] {
            assert_eq!(problem(value), Some(Problem::Dot), "{value}");
        }
        for value in [
            "..",
            "../a",
            "a/..",
            "a/../../x",
            "..\\x",
            "a\\..\\..",
            "a/..\\b",
            "/..",
        ] {
            assert_eq!(problem(value), Some(Problem::DotDot), "{value}");
        }
    }

    #[test]
    fn the_message_names_parameter_reason_and_remedy() {
        assert_eq!(
            check("job_id", "").unwrap_err().to_string(),
            "cannot use `job_id`: it is empty, so the request would address the collection instead \
             of one item; pass the item's name"
        );
        for value in [".", "..", "/"] {
            let message = check("file_path", value).unwrap_err().to_string();
            assert!(
                message.starts_with("cannot use `file_path`: it has "),
                "{message}"
            );
            assert!(message.contains("; pass the "), "{message}");
        }
    }

    proptest! {
        #[test]
        fn decoding_gives_the_segment_back(segment: String) {
            let encoded = encode(&segment);
            prop_assert_eq!(percent_decode_str(&encoded).decode_utf8().unwrap(), segment.as_str());
        }

        #[test]
        fn only_unreserved_and_escapes_come_out(segment in ".*|[/\\\\.%?#]*") {
            let encoded = encode(&segment);
            let mut bytes = encoded.bytes();
            while let Some(byte) = bytes.next() {
                if byte == b'%' {
                    let upper_hex = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
                    prop_assert!(bytes.next().is_some_and(upper_hex));
                    prop_assert!(bytes.next().is_some_and(upper_hex));
                } else {
                    prop_assert!(byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
                }
            }
        }

        /// An accepted path has a name and no `..` segment.
        #[test]
        fn what_passes_is_a_name(value in "[a./\\\\]{0,8}") {
            let mut parts = value.split(['/', '\\']);
            let climbs = parts.clone().any(|part| part == "." || part == "..");
            let names = parts.any(|part| !part.is_empty());
            prop_assert_eq!(check("file_path", &value).is_ok(), names && !climbs);
        }
    }
}
