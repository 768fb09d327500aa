//! The file of profiles, as text and in memory.
//!
//! Read by toml-span, which knows the line of every value and, without serde, builds in a fraction
//! of the time of `toml`. It does not write; the little that has to be written is below.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::fmt::Write as _;
use std::path::Path;

use toml_span::value::{Table, ValueInner};
use toml_span::{Span, Value};

use super::value::{AAD, Place, SHARED_KEY, Setting};
use crate::error::Error;

const PROFILE: &str = "profile";
const PROFILES: &str = "profiles";
const DEFAULT_JOB_TYPE: &str = "default_job_type";
const JOB_TYPES: &str = "job_types";

/// A file of profiles.
#[derive(Clone, Default)]
pub(super) struct Document {
    /// The comment at its beginning, which survives.
    header: String,
    pub(super) default_profile: Option<String>,
    pub(super) profiles: BTreeMap<String, Profile>,
}

/// A profile.
#[derive(Clone, Default)]
pub(super) struct Profile {
    pub(super) values: BTreeMap<Setting, Entry>,
    pub(super) default_job_type: Option<String>,
    pub(super) job_types: BTreeMap<String, JobType>,
}

/// A value and its line; 0 if it is not from the file.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: String,
    pub(super) place: Place,
    pub(super) line: usize,
}

/// The places of a key, by the names that a profile has for them.
const OF_KEYS: [(&str, Place); 3] = [
    ("access_key", Place::Here),
    ("access_key_variable", Place::Variable),
    ("access_key_keyring", Place::Keyring),
];

/// A job type of a profile: parameters under names that the program chooses.
///
/// ```
/// use batch_client::config::Config;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("job-type-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("config.toml");
/// # std::fs::write(&path, "")?;
/// let mut config = Config::from_file(&path)?;
/// config.add_job_type("render").set("frames", "250").set("pool", "render");
/// config.set_default_job_type("render")?;
/// config.save()?;
///
/// let config = Config::from_file(&path)?;
/// let render = config.default_job_type().expect("it was saved");
/// assert_eq!(render.get("frames"), Some("250"));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobType(BTreeMap<String, String>);

impl JobType {
    /// Returns a parameter. Numbers and booleans of the file are strings here.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Returns names and values of all parameters, by name.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Sets a parameter.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Removes a parameter; returns its value.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    /// Removes all parameters.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Document {
    /// Parses a file, strictly: a name that is not known is an error.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let parsed = toml_span::parse(text)
            .map_err(|why| Mistake {
                at: why.span,
                why: why.to_string(),
            })
            .and_then(|root| Self::of(root, text));
        parsed.map_err(|Mistake { at, why }| {
            Error::invalid_request(format!(
                "cannot read {}: line {}: {why}; correct it there",
                path.display(),
                line(text, at)
            ))
        })
    }

    fn of(root: Value<'_>, text: &str) -> Result<Self, Mistake> {
        let mut document = Self {
            header: header(text),
            ..Self::default()
        };
        for (name, value, at) in table(root)? {
            match &*name {
                PROFILE => document.default_profile = Some(string(value)?),
                PROFILES => {
                    for (name, value, _) in table(value)? {
                        document.profiles.insert(name, Profile::of(value, text)?);
                    }
                }
                _ => return Err(Mistake::unknown(&name, at, "`profile`, `profiles`")),
            }
        }
        Ok(document)
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        let mut text = self.header.clone();
        if let Some(name) = &self.default_profile {
            let _ = writeln!(text, "{PROFILE} = {}", quoted(name));
        }
        for (name, profile) in &self.profiles {
            if !text.is_empty() {
                text.push('\n');
            }
            profile.write(&mut text, &quoted_key(name));
        }
        text
    }
}

impl Profile {
    fn of(value: Value<'_>, text: &str) -> Result<Self, Mistake> {
        let mut profile = Self::default();
        let mut default = None;
        for (name, value, at) in table(value)? {
            let value_at = value.span;
            match (&*name, known(&name)) {
                (_, Some((key, place))) => {
                    let value = string(value)?;
                    if let Some(other) = profile.values.get(&key) {
                        let why = format!(
                            "`{name}` and `{}` exclude each other",
                            key_name(other.place)
                        );
                        return Err(Mistake { at, why });
                    }
                    if key == Setting::AuthMode && value != AAD && value != SHARED_KEY {
                        let why =
                            format!("`auth_mode` is `{AAD}` or `{SHARED_KEY}`, not {value:?}");
                        return Err(Mistake { at: value_at, why });
                    }
                    let line = line(text, at);
                    profile.values.insert(key, Entry { value, place, line });
                }
                (DEFAULT_JOB_TYPE, _) => default = Some((string(value)?, value_at)),
                (JOB_TYPES, _) => {
                    for (name, value, _) in table(value)? {
                        profile.job_types.insert(name, JobType::of(value)?);
                    }
                }
                _ => {
                    let known = "`endpoint`, `account`, `auth_mode`, `access_key`, \
                                 `access_key_variable`, `access_key_keyring`, `log_level`, \
                                 `default_job_type`, `job_types`";
                    return Err(Mistake::unknown(&name, at, known));
                }
            }
        }
        if let Some((name, at)) = default {
            if !profile.job_types.contains_key(&name) {
                let why = format!("there is no job type {name:?} in this profile");
                return Err(Mistake { at, why });
            }
            profile.default_job_type = Some(name);
        }
        Ok(profile)
    }

    fn write(&self, text: &mut String, name: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "[{PROFILES}.{name}]");
        for key in Setting::OF_PROFILE {
            if let Some(Entry { value, place, .. }) = self.values.get(&key) {
                let name = match key {
                    Setting::AccessKey => key_name(*place),
                    _ => key.name(),
                };
                let _ = writeln!(text, "{name} = {}", quoted(value));
            }
        }
        if let Some(default) = &self.default_job_type {
            let _ = writeln!(text, "{DEFAULT_JOB_TYPE} = {}", quoted(default));
        }
        for (job_type, JobType(parameters)) in &self.job_types {
            let _ = writeln!(
                text,
                "\n[{PROFILES}.{name}.{JOB_TYPES}.{}]",
                quoted_key(job_type)
            );
            for (key, value) in parameters {
                let _ = writeln!(text, "{} = {}", quoted_key(key), quoted(value));
            }
        }
    }
}

impl JobType {
    fn of(value: Value<'_>) -> Result<Self, Mistake> {
        let mut parameters = BTreeMap::new();
        for (name, mut value, _) in table(value)? {
            let at = value.span;
            let value = match value.take() {
                ValueInner::String(text) => text.into_owned(),
                ValueInner::Integer(number) => number.to_string(),
                ValueInner::Float(number) => number.to_string(),
                ValueInner::Boolean(is) => is.to_string(),
                ValueInner::Array(_) | ValueInner::Table(_) => {
                    let why = "a parameter is a string, a number or a boolean".to_owned();
                    return Err(Mistake { at, why });
                }
            };
            match parameters.entry(name) {
                Slot::Vacant(slot) => slot.insert(value),
                Slot::Occupied(_) => unreachable!("the parser refuses duplicate keys"),
            };
        }
        Ok(Self(parameters))
    }
}

/// The setting of a name in a profile, and where its value is.
fn known(name: &str) -> Option<(Setting, Place)> {
    if let Some((_, place)) = OF_KEYS.into_iter().find(|(of, _)| *of == name) {
        return Some((Setting::AccessKey, place));
    }
    let mut settings = Setting::OF_PROFILE.into_iter();
    Some((settings.find(|key| key.name() == name)?, Place::Here))
}

/// The name in a profile of a key in a place.
fn key_name(place: Place) -> &'static str {
    let found = OF_KEYS.into_iter().find(|(_, of)| *of == place);
    found.expect("every place has a name").0
}

/// A mistake in a file.
struct Mistake {
    at: Span,
    why: String,
}

impl Mistake {
    fn unknown(name: &str, at: Span, known: &str) -> Self {
        let why = format!("`{name}` is not known here; there are {known}");
        Self { at, why }
    }
}

/// The entries of a table, with the places of their names.
fn table(mut value: Value<'_>) -> Result<Vec<(String, Value<'_>, Span)>, Mistake> {
    let at = value.span;
    match value.take() {
        ValueInner::Table(table) => {
            let table: Table<'_> = table;
            let entries = table.into_iter();
            Ok(entries
                .map(|(key, value)| (key.name.into_owned(), value, key.span))
                .collect())
        }
        other => Err(Mistake {
            at,
            why: format!("expected a table, found {}", other.type_str()),
        }),
    }
}

fn string(mut value: Value<'_>) -> Result<String, Mistake> {
    let at = value.span;
    match value.take() {
        ValueInner::String(text) => Ok(text.into_owned()),
        other => Err(Mistake {
            at,
            why: format!("expected a string, found {}", other.type_str()),
        }),
    }
}

fn line(text: &str, at: Span) -> usize {
    text.get(..at.start).unwrap_or(text).matches('\n').count() + 1
}

/// The comment at the beginning, up to the first empty line.
fn header(text: &str) -> String {
    let comment: Vec<&str> = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .collect();
    if comment.is_empty() {
        return String::new();
    }
    format!("{}\n\n", comment.join("\n"))
}

fn quoted_key(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// A string in TOML's quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
