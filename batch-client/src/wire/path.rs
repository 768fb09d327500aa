//! One segment of a request's path: checked, then percent-encoded.
//!
//! This is a matter of safety. The URL parser in the HTTP library folds `..` and `\`, so that
//! deleting the file `..` of a task, sent as it stands, is `DELETE /jobs/j/tasks/t/`: it deletes
//! the task. Dots cannot be encoded away either, because a URL parser takes `%2E%2E` for `..`.
//! Hence both steps, in this order: [`check`] refuses what cannot be a name, [`encode`] leaves
//! nothing that a URL parser could give a meaning to.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes the value as one segment: `a/b c` becomes `a%2Fb%20c`.
///
/// A path of a file is one segment, too: the service wants its slashes encoded.
pub(crate) fn encode(segment: &str) -> String {
    let mut text = String::new();
    encode_into(&mut text, segment);
    text
}

/// As [`encode`], at the end of a text.
pub(crate) fn encode_into(text: &mut String, segment: &str) {
    text.extend(utf8_percent_encode(segment, RESERVED));
}

/// Refuses a value that would make the request address something else than the caller means:
///
/// - the empty one, and one of separators only (`/`), which name nothing, so that the path is that
///   of the collection or of the parent;
/// - one with a part `.` or `..`, be the parts separated by `/` or, as Windows nodes have it, by
///   `\`: the server sees them after decoding, and may climb.
///
/// Empty parts beside others (`a//b`, `logs/`) mean the same to a file system as one separator and
/// pass.
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

/// A value that may not stand in a request's path. Its message names the parameter, the reason and
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
        match self.problem {
            Problem::Empty => write!(
                f,
                "`{parameter}` is empty: the request would address the collection or the parent \
                 instead of one item; give the item's name"
            ),
            Problem::OnlySeparators => write!(
                f,
                "`{parameter}` is made of separators only: the request would address the directory \
                 above instead of one item; give the item's path"
            ),
            Problem::Dot => write!(
                f,
                "`{parameter}` is `.` or has it as a part: URLs and file systems leave it out, so \
                 the request could address another resource; give the name without it"
            ),
            Problem::DotDot => write!(
                f,
                "`{parameter}` is `..` or has it as a part: URLs and file systems climb to the \
                 parent there, so the request could address (or delete) another resource; give the \
                 path without it"
            ),
        }
    }
}

impl std::error::Error for InvalidSegment {}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
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
    fn what_addresses_something_else_is_refused() {
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
            "`job_id` is empty: the request would address the collection or the parent instead of \
             one item; give the item's name"
        );
        for value in [".", "..", "/"] {
            let message = check("file_path", value).unwrap_err().to_string();
            assert!(message.starts_with("`file_path` is "), "{message}");
            assert!(message.contains("; give the "), "{message}");
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

        /// What passes has a name in it and no part that climbs.
        #[test]
        fn what_passes_is_a_name(value in "[a./\\\\]{0,8}") {
            let mut parts = value.split(['/', '\\']);
            let climbs = parts.clone().any(|part| part == "." || part == "..");
            let names = parts.any(|part| !part.is_empty());
            prop_assert_eq!(check("file_path", &value).is_ok(), names && !climbs);
        }
    }
}
