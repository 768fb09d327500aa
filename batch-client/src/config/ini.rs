//! The Azure CLI's file, by the rules of the parser that the Azure CLI has: Python's
//! `configparser` with its defaults. A crate for INI files would have other rules (comments behind
//! values, quotes, duplicates), and this one is short.

use std::collections::BTreeMap;
use std::path::Path;

use super::save;
use super::value::{Layer, Setting};
use crate::error::Error;

const SECTION: &str = "batch";
/// Its options are those of every section.
const DEFAULTS: &str = "DEFAULT";
const KEYS: [Setting; 4] = [
    Setting::Account,
    Setting::Endpoint,
    Setting::AuthMode,
    Setting::AccessKey,
];
/// References within references end here, as in Python.
const DEEPEST: usize = 10;

type Options = BTreeMap<String, String>;

/// Reads the section `[batch]`; a file that does not exist has none.
pub(super) fn layer(path: &Path, warnings: &mut Vec<String>) -> Result<Layer, Error> {
    let mut layer = Layer::default();
    let Some(text) = save::read(path, false, warnings)? else {
        return Ok(layer);
    };
    let wrong = |why: String| {
        Error::invalid_request(format!(
            "cannot read {}: {why}; correct the file, or move it away and sign in by `az batch \
             account login` again",
            path.display()
        ))
    };
    let mut sections = parse(&text).map_err(wrong)?;
    let Some(own) = sections.remove(SECTION) else {
        return Ok(layer);
    };
    let mut options = sections.remove(DEFAULTS).unwrap_or_default();
    options.extend(own);
    for key in KEYS {
        let Some(raw) = options.get(key.name()).filter(|raw| !raw.is_empty()) else {
            continue;
        };
        let value = interpolated(raw, &options, 0)
            .map_err(|why| wrong(format!("[{SECTION}] {}: {why}", key.name())))?;
        layer.set(key, value, format!("{} [{SECTION}]", path.display()));
    }
    Ok(layer)
}

/// Parses a file into its sections. Option names are in lower case.
fn parse(text: &str) -> Result<BTreeMap<String, Options>, String> {
    let mut sections = BTreeMap::<String, BTreeMap<String, Vec<String>>>::new();
    // Section and option that a deeper line continues.
    let mut section: Option<String> = None;
    let mut option: Option<String> = None;
    let mut indent = 0;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = number + 1;
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            continue;
        }
        let current = section.as_ref().and_then(|name| sections.get_mut(name));
        let lines = match (current, &option) {
            (Some(options), Some(name)) => options.get_mut(name),
            _ => None,
        };
        if value.is_empty() {
            if let Some(lines) = lines {
                lines.push(String::new());
            }
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        if let Some(lines) = lines
            && depth > indent
        {
            lines.push(value.to_owned());
            continue;
        }
        indent = depth;
        if let Some(name) = header(value) {
            if name != DEFAULTS && sections.contains_key(name) {
                return Err(format!(
                    "line {number}: the section [{name}] is there twice"
                ));
            }
            sections.entry(name.to_owned()).or_default();
            section = Some(name.to_owned());
            option = None;
            continue;
        }
        let Some(options) = section.as_ref().and_then(|name| sections.get_mut(name)) else {
            return Err(format!("line {number}: it is before the first [section]"));
        };
        let Some((name, first)) = value.split_once(['=', ':']) else {
            return Err(format!("line {number}: it has neither `=` nor `:`"));
        };
        let name = name.trim_end().to_lowercase();
        if name.is_empty() {
            return Err(format!("line {number}: it has no name before `=`"));
        }
        if options.contains_key(&name) {
            return Err(format!("line {number}: `{name}` is there twice"));
        }
        options.insert(name.clone(), vec![first.trim().to_owned()]);
        option = Some(name);
    }
    let joined = |lines: Vec<String>| lines.join("\n").trim_end().to_owned();
    let joined = |options: BTreeMap<String, Vec<String>>| {
        options
            .into_iter()
            .map(|(name, lines)| (name, joined(lines)))
            .collect()
    };
    Ok(sections
        .into_iter()
        .map(|(name, options)| (name, joined(options)))
        .collect())
}

/// The name in `[name]`, up to the last bracket.
fn header(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('[')?;
    let name = &rest[..rest.rfind(']')?];
    (!name.is_empty()).then_some(name)
}

/// Replaces `%%` and `%(name)s`.
fn interpolated(raw: &str, options: &Options, depth: usize) -> Result<String, String> {
    if depth > DEEPEST {
        return Err("its references go round in circles".to_owned());
    }
    let mut value = String::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('%') {
        value.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            value.push('%');
            rest = after;
            continue;
        }
        let reference = after
            .strip_prefix('(')
            .and_then(|name| name.split_once(")s"));
        let Some((name, after)) = reference else {
            return Err("a `%` must be followed by another one, or by `(name)s`".to_owned());
        };
        let Some(raw) = options.get(&name.to_lowercase()) else {
            return Err(format!("it refers to `{name}`, which is not there"));
        };
        value.push_str(&interpolated(raw, options, depth + 1)?);
        rest = after;
    }
    value.push_str(rest);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(text: &str) -> Result<Options, String> {
        let mut sections = parse(text)?;
        Ok(sections.remove(SECTION).unwrap_or_default())
    }

    #[test]
    fn values_are_read_as_python_reads_them() {
        for (text, expected) in [
            ("[batch]\naccount = acct\n", "acct"),
            ("[batch]\nACCOUNT:acct", "acct"),
            ("; a comment\n[batch]\n# another\naccount=acct\n", "acct"),
            // Quotes, and a comment sign behind a value, are part of the value.
            ("[batch]\naccount = acct ; me", "acct ; me"),
            ("[batch]\naccount = \"acct\"", "\"acct\""),
            ("[batch]\naccount = a=b:c", "a=b:c"),
            (
                "[batch]\naccount = acct\n  more\n\n  again\n\n",
                "acct\nmore\n\nagain",
            ),
            ("[batch]\n  account = acct\n  endpoint = x", "acct"),
            (
                "[cloud]\nname = x\n\n[batch]\r\naccount = acct\r\n[other]",
                "acct",
            ),
            ("\u{feff}[batch]\naccount = acct", "acct"),
            ("[batch]\naccount =", ""),
        ] {
            let options = batch(text).expect(text);
            assert_eq!(
                options.get("account").map(String::as_str),
                Some(expected),
                "{text:?}"
            );
        }
        assert!(batch("[Batch]\naccount = a").expect("sections").is_empty());
    }

    #[test]
    fn mistakes_are_errors_with_their_line() {
        for (text, expected) in [
            ("account = a", "line 1: it is before the first [section]"),
            ("[batch]\n\naccount", "line 3: it has neither `=` nor `:`"),
            ("[batch]\n= x", "line 2: it has no name before `=`"),
            ("[batch]\na = 1\nA = 2", "line 3: `a` is there twice"),
            (
                "[batch]\n[x]\n[batch]",
                "line 3: the section [batch] is there twice",
            ),
        ] {
            assert_eq!(batch(text).expect_err(text), expected, "{text:?}");
        }
    }

    #[test]
    fn references_are_replaced() {
        let options = batch("[batch]\na = 1%%\nb = %(A)s-%(a)s\nc = %(c)s\nd = 5%\ne = %(x)s");
        let options = options.expect("options");
        let value = |name: &str| interpolated(&options[name], &options, 0);
        assert_eq!(value("b").as_deref(), Ok("1%-1%"));
        for (name, expected) in [
            ("c", "its references go round in circles"),
            (
                "d",
                "a `%` must be followed by another one, or by `(name)s`",
            ),
            ("e", "it refers to `x`, which is not there"),
        ] {
            assert_eq!(value(name).expect_err(name), expected);
        }
    }
}
