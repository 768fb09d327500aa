//! Why a signature failed: the first line in which two strings to sign differ.

use std::fmt;

use crate::canonical::STANDARD_HEADERS;

/// The first difference between two strings to sign, from [`difference`]. `Display` describes it in
/// one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference<'a> {
    part: Part<'a>,
    ours: Option<&'a str>,
    theirs: Option<&'a str>,
}

impl<'a> Difference<'a> {
    /// The part that differs: `method`, `path` (with the account), or the name of a header or query
    /// parameter.
    pub fn name(&self) -> &'a str {
        match self.part {
            Part::Method => "method",
            Part::Standard(place) => STANDARD_HEADERS[place],
            Part::Ocp(name) | Part::Parameter(name) => name,
            Part::Path => "path",
        }
    }

    /// Our line of the string to sign; `None` if we have no such line.
    pub fn ours(&self) -> Option<&'a str> {
        self.ours
    }

    /// The other side's line; `None` if it has no such line.
    pub fn theirs(&self) -> Option<&'a str> {
        self.theirs
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Method | Part::Path => write!(f, "the {}", self.name())?,
            Part::Standard(_) | Part::Ocp(_) => write!(f, "the header `{}`", self.name())?,
            Part::Parameter(name) => write!(f, "the query parameter `{name}`")?,
        }
        f.write_str(" differs: we signed ")?;
        write_line(f, self.ours)?;
        f.write_str(", they ")?;
        write_line(f, self.theirs)
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, line: Option<&str>) -> fmt::Result {
    match line {
        Some(line) => write!(f, "{line:?}"),
        None => f.write_str("nothing"),
    }
}

/// Meaning of a line in a string to sign, in the order of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Method,
    Standard(usize),
    Ocp(&'a str),
    Path,
    Parameter(&'a str),
}

/// Finds the first difference between the string that we signed and the one that the other side
/// reports; `None` if they are equal.
///
/// A header or parameter that only one side has is recognized as such, so that the lines after it
/// do not count as different.
///
/// ```
/// let ours = "GET\n\n\n\n\n\n\n\n\n\n\n\n\
///             ocp-date:Tue, 05 Mar 2024 01:02:03 GMT\n/a/jobs\ntimeout:30";
/// let theirs = "GET\n\n\n\n\n\n\n\n\n\n\n\nocp-date:Tue, 05 Mar 2024 01:02:03 GMT\n/a/jobs";
/// let difference = batch_auth::difference(ours, theirs).unwrap();
/// assert_eq!(
///     difference.to_string(),
///     "the query parameter `timeout` differs: we signed \"timeout:30\", they nothing",
/// );
/// ```
pub fn difference<'a>(ours: &'a str, theirs: &'a str) -> Option<Difference<'a>> {
    let mut our_parts = parts(ours);
    let mut their_parts = parts(theirs);
    loop {
        let (our, their) = match (our_parts.next(), their_parts.next()) {
            (None, None) => return None,
            (our, their) if our == their => continue,
            different => different,
        };
        // Both sides sort, so the earlier one in the order is missing on the other side.
        let part = our.into_iter().chain(their).map(|(part, _)| part).min()?;
        let line_of = |side: Option<(Part<'a>, &'a str)>| {
            side.filter(|(p, _)| *p == part).map(|(_, line)| line)
        };
        return Some(Difference {
            part,
            ours: line_of(our),
            theirs: line_of(their),
        });
    }
}

fn parts(text: &str) -> impl Iterator<Item = (Part<'_>, &str)> {
    let mut after_path = false;
    text.split('\n').enumerate().map(move |(number, line)| {
        let name = line.split(':').next().unwrap_or(line);
        let part = match number {
            0 => Part::Method,
            1..=11 => Part::Standard(number - 1),
            _ if after_path => Part::Parameter(name),
            _ if line.starts_with('/') => {
                after_path = true;
                Part::Path
            }
            _ => Part::Ocp(name),
        };
        (part, line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "GET\n\n\n0\n\n\n\n\n\n\n\n\nocp-date:d\n/acct/p\na:1\nc:2";

    fn found(theirs: &str) -> (&str, Option<&str>, Option<&str>) {
        let difference = difference(BASE, theirs).expect("a difference");
        (difference.name(), difference.ours(), difference.theirs())
    }

    #[test]
    fn equal_strings_have_no_difference() {
        assert_eq!(difference(BASE, BASE), None);
        assert_eq!(difference("", ""), None);
    }

    #[test]
    fn each_kind_of_line_is_named() {
        assert_eq!(found(&BASE.replace("GET", "PUT")).0, "method");
        assert_eq!(found(&BASE.replace('0', "")).0, "Content-Length");
        assert_eq!(found(&BASE.replace(":d", ":e")).0, "ocp-date");
        assert_eq!(found(&BASE.replace("/p", "/q")).0, "path");
        assert_eq!(
            found(&BASE.replace("c:2", "c:3")),
            ("c", Some("c:2"), Some("c:3"))
        );
    }

    #[test]
    fn a_line_that_one_side_lacks_is_distinguished_from_a_changed_one() {
        let more = BASE.replace("/acct", "ocp-range:r\n/acct");
        assert_eq!(found(&more), ("ocp-range", None, Some("ocp-range:r")));
        assert_eq!(found(&BASE.replace("\na:1", "")), ("a", Some("a:1"), None));
        assert_eq!(
            found(&BASE.replace("\nc:2", "\nb:x\nc:2")),
            ("b", None, Some("b:x"))
        );
        assert_eq!(found(&BASE.replace("\nc:2", "")), ("c", Some("c:2"), None));
    }

    #[test]
    fn a_truncated_string_does_not_panic() {
        assert_eq!(found("GET").0, "Content-Encoding");
        assert_eq!(found("").0, "method");
    }
}
