//! Templates of command lines.
//!
//! A template is parsed once, when the plan is submitted, and expanded for each task. Values that
//! go into a shell command are quoted as one word each, so that a file name with a blank or a `;`
//! stays a file name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::error::{Error, Result};

/// A parsed template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    parts: Vec<Part>,
    shell: Shell,
}

/// The program that reads a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    /// `/bin/sh -c '…'`.
    Sh,
    /// None: the command is a program and its arguments.
    None,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    /// A name, such as `filePath`, or a number of a sweep.
    Value {
        name: String,
        width: usize,
    },
}

/// Values of the placeholders of one task.
pub(crate) type Values = BTreeMap<String, String>;

impl Template {
    /// Parses a template; `{{` and `}}` stand for braces.
    pub(crate) fn parse(text: &str, shell: Shell) -> Result<Self> {
        let wrong = |reason: &str| {
            Error::invalid(format!(
                "cannot read the command `{text}`: {reason}; write `{{{{` and `}}}}` for braces that \
                 are meant as such"
            ))
        };
        if text.trim().is_empty() {
            return Err(Error::invalid("cannot submit an empty command"));
        }
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let (brace, after) = rest[at..].split_at(1);
            if after.starts_with(brace) {
                plain.push_str(brace);
                rest = &after[1..];
                continue;
            }
            if brace == "}" {
                return Err(wrong("a `}` closes nothing"));
            }
            let (inside, after) = after
                .split_once('}')
                .ok_or_else(|| wrong("a `{` is not closed"))?;
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(
                placeholder(inside)
                    .ok_or_else(|| wrong(&format!("`{{{inside}}}` is not a placeholder")))?,
            );
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Self { parts, shell })
    }

    /// Returns the command line for a task.
    pub(crate) fn expand(&self, values: &Values) -> Result<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value { name, width } => {
                    let value = values.get(name).ok_or_else(|| unknown(name, values))?;
                    out.push_str(&word(&padded(value, *width), self.shell));
                }
            }
        }
        Ok(match self.shell {
            Shell::Sh => format!("/bin/sh -c '{}'", out.replace('\'', r"'\''")),
            Shell::None => out,
        })
    }
}

fn placeholder(inside: &str) -> Option<Part> {
    let (name, width) = match inside.split_once(':') {
        // A width is only for the numbers of a sweep.
        Some((name, width)) if name.parse::<usize>().is_ok() => (name, width.parse().ok()?),
        Some(_) => return None,
        None => (inside, 0),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_legal = !name.is_empty() && name.chars().all(is_name) && width <= 64;
    is_legal.then(|| Part::Value {
        name: name.to_owned(),
        width,
    })
}

/// Pads a number with zeros, after its sign.
fn padded(value: &str, width: usize) -> String {
    match value.strip_prefix('-') {
        Some(digits) => format!("-{digits:0>width$}", width = width.saturating_sub(1)),
        None => format!("{value:0>width$}"),
    }
}

fn unknown(name: &str, values: &Values) -> Error {
    let mut known = String::new();
    for (position, name) in values.keys().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(known, "{comma}`{{{name}}}`");
    }
    let remedy = if known.is_empty() {
        "this plan has no values; call `each_file`, `sweep` or `parameter`".to_owned()
    } else {
        format!("this plan has {known}")
    };
    Error::invalid(format!(
        "cannot fill in the placeholder `{{{name}}}`: {remedy}; write `{{{{` and `}}}}` for braces \
         that are meant as such"
    ))
}

/// Quotes a value as one word, if it has to be.
fn word(value: &str, shell: Shell) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,=@%".contains(c) || !c.is_ascii();
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let special: &[char] = match shell {
        Shell::Sh => &['"', '\\', '$', '`'],
        Shell::None => &['"', '\\'],
    };
    let mut out = String::from("\"");
    for c in value.chars() {
        if special.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Returns the values for a file: its path, and what is made of it.
pub(crate) fn file_values(path: &str) -> Values {
    let name = path.rsplit('/').next().unwrap_or(path);
    // The dot of `.hidden` does not begin an extension.
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    Values::from([
        ("filePath".to_owned(), path.to_owned()),
        ("fileName".to_owned(), name.to_owned()),
        ("fileNameWithoutExtension".to_owned(), stem.to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(template: &str, shell: Shell, values: &[(&str, &str)]) -> String {
        let values = values.iter();
        let values = values.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let template = Template::parse(template, shell).expect("a template");
        template.expand(&values.collect()).expect("all values")
    }

    #[test]
    fn placeholders_are_filled_in() {
        for (template, expected) in [
            ("render {filePath}", "render a/b.exr"),
            ("{0}{1}", "5-12"),
            ("{0:3} {1:4} {0:1}", "005 -012 5"),
            ("x{{y}}z {{{0}}}", "x{y}z {5}"),
            ("{quality}", "10"),
            ("plain", "plain"),
        ] {
            let values = [
                ("filePath", "a/b.exr"),
                ("0", "5"),
                ("1", "-12"),
                ("quality", "10"),
            ];
            assert_eq!(expanded(template, Shell::None, &values), expected);
        }
    }

    #[test]
    fn values_stay_one_word_of_the_shell() {
        for (value, expected) in [
            ("a.exr", "/bin/sh -c 'cat a.exr'"),
            ("ä.exr", "/bin/sh -c 'cat ä.exr'"),
            ("a b", "/bin/sh -c 'cat \"a b\"'"),
            ("a'b", r#"/bin/sh -c 'cat "a'\''b"'"#),
            ("$(rm x)", r#"/bin/sh -c 'cat "\$(rm x)"'"#),
            ("a\"`b\\", r#"/bin/sh -c 'cat "a\"\`b\\"'"#),
            ("", "/bin/sh -c 'cat \"\"'"),
            ("#;&|<>", "/bin/sh -c 'cat \"#;&|<>\"'"),
        ] {
            assert_eq!(expanded("cat {f}", Shell::Sh, &[("f", value)]), expected);
        }
        // The user's own quotation survives.
        let quoted = expanded("echo 'a  b' {f}", Shell::Sh, &[("f", "c d")]);
        assert_eq!(quoted, r#"/bin/sh -c 'echo '\''a  b'\'' "c d"'"#);
        assert_eq!(
            expanded("run {f}", Shell::None, &[("f", "a b$")]),
            "run \"a b$\""
        );
    }

    #[test]
    fn a_real_shell_reads_the_words_as_they_were() {
        if !cfg!(unix) {
            return;
        }
        for value in [
            "a b",
            "a'b",
            "$(exit 3)",
            "`x`",
            "\\",
            "\"",
            "*",
            "~",
            "ä#%+",
            "!",
        ] {
            let line = expanded("printf %s {f}", Shell::Sh, &[("f", value)]);
            let line = std::process::Command::new("/bin/sh")
                .args(["-c", &line])
                .output()
                .expect("a shell");
            assert_eq!(String::from_utf8_lossy(&line.stdout), value);
        }
    }

    #[test]
    fn malformed_templates_are_refused() {
        for template in [
            "",
            "  ",
            "{",
            "}",
            "a {b",
            "a } b",
            "{}",
            "{a b}",
            "{print $1}",
            "{x:3}",
            "{0:x}",
            "{0:99}",
        ] {
            let error = Template::parse(template, Shell::Sh).expect_err(template);
            assert!(error.is_invalid(), "{error}");
        }
        let template = Template::parse("{filepath}", Shell::Sh).expect("a template");
        let error = template.expand(&file_values("a.exr")).expect_err("a typo");
        assert!(error.to_string().contains("`{filePath}`"), "{error}");
    }

    #[test]
    fn a_path_has_a_name_and_a_stem() {
        for (path, name, stem) in [
            ("a.exr", "a.exr", "a"),
            ("s/a.b.exr", "a.b.exr", "a.b"),
            (".hidden", ".hidden", ".hidden"),
            ("d.x/none", "none", "none"),
        ] {
            let values = file_values(path);
            assert_eq!(values["filePath"], path);
            assert_eq!(values["fileName"], name);
            assert_eq!(values["fileNameWithoutExtension"], stem);
        }
    }
}
