//! Changes of the description as a whole: version, URL, security, media types.

use std::collections::BTreeMap;

use crate::emit::items;
use crate::review::diff::change::{Change, Class, Item, Kind, Subject, code};
use crate::review::diff::view::View;
use crate::swagger::Swagger;

pub(super) fn changes(old: &View, new: &View) -> Vec<Change> {
    let (old, new) = (&old.swagger, &new.swagger);
    let mut changes: Vec<Change> = [
        version(old, new),
        different("host", &host(old), &host(new)),
        different("basePath", &base(old), &base(new)),
        different("schemes", &sorted(&old.schemes), &sorted(&new.schemes)),
        different("security", &security(old), &security(new)),
    ]
    .into_iter()
    .flatten()
    .collect();
    changes.extend(media("consumes", &old.consumes, &new.consumes).map(whole));
    changes.extend(media("produces", &old.produces, &new.produces).map(whole));
    changes.extend(Change::descriptions(
        &Subject::Description,
        &descriptions(old, new),
    ));
    changes
}

fn version(old: &Swagger, new: &Swagger) -> Option<Change> {
    let (from, to) = (&old.info.version, &new.info.version);
    let what = format!("{} → {}; every call sends it", code(from), code(to));
    let change = Change::of(&Subject::Description, Kind::Changed, what).part("version");
    let items = vec![Item::both(items::API_VERSION.to_owned())];
    let class = Class::Behaviour;
    (from != to).then(|| change.wire(class).rust(class, items))
}

/// Compares a fact about reaching the service. Users configure it in the client, so it does not
/// affect Rust.
fn different(part: &str, old: &str, new: &str) -> Option<Change> {
    let what = format!("{} → {}", code(old), code(new));
    let change = Change::of(&Subject::Description, Kind::Changed, what).part(part);
    (old != new).then(|| change.wire(Class::Breaking))
}

/// Returns the host as on the wire: the names of its parameters do not matter.
fn host(of: &Swagger) -> String {
    match (&of.parameterized_host, &of.host) {
        (Some(host), _) => {
            let template = host.host_template.split('{').map(|part| {
                let rest = part.split_once('}').map(|(_, rest)| rest);
                rest.map_or(part.to_owned(), |rest| format!("{{}}{rest}"))
            });
            let scheme = host.use_scheme_prefix.unwrap_or(true);
            let scheme = if scheme { "scheme://" } else { "" };
            format!("{scheme}{}", template.collect::<String>())
        }
        (None, Some(host)) => format!("scheme://{host}"),
        (None, None) => "none".into(),
    }
}

fn base(of: &Swagger) -> String {
    let base = of.base_path.as_deref().unwrap_or("/");
    base.trim_end_matches('/').to_owned() + "/"
}

fn sorted(values: &[String]) -> String {
    let mut values = values.to_vec();
    values.sort();
    values.join(", ")
}

/// Returns the credentials that a request needs, by their kind and not by their name.
fn security(of: &Swagger) -> String {
    let alternatives = of.security.iter().map(|requirement| {
        let parts = requirement.iter().map(|(name, scopes)| {
            let known = of.security_definitions.get(name);
            let kind = known.map_or(name.as_str(), |d| d.kind.as_str());
            let carrier = known.and_then(|d| d.name.as_deref()).unwrap_or_default();
            format!("{kind} {carrier} {}", sorted(scopes))
                .trim()
                .to_owned()
        });
        sorted(&parts.collect::<Vec<_>>())
    });
    let mut alternatives: Vec<String> = alternatives.collect();
    alternatives.sort();
    match alternatives.as_slice() {
        [] => "none".into(),
        all => all.join(" or "),
    }
}

/// Returns a change of media types without its subject: key, sentence and class.
pub(super) fn media(key: &str, old: &[String], new: &[String]) -> Option<(String, String, Class)> {
    if sorted(old) == sorted(new) {
        return None;
    }
    let lost = old.iter().any(|media| !new.contains(media));
    let class = if lost {
        Class::Breaking
    } else {
        Class::Addition
    };
    let (old, new) = (sorted(old), sorted(new));
    let what = format!("{} → {}", code(&old), code(&new));
    Some((key.to_owned(), what, class))
}

fn whole((key, what, class): (String, String, Class)) -> Change {
    let change = Change::of(&Subject::Description, Kind::Changed, what).part(key);
    change.wire(class).rust(Class::Behaviour, Vec::new())
}

fn descriptions(old: &Swagger, new: &Swagger) -> Vec<String> {
    let tags = |of: &Swagger| -> BTreeMap<_, _> {
        let tags = of.tags.iter();
        tags.map(|t| (t.name.clone(), t.description.clone()))
            .collect()
    };
    let ways = |of: &Swagger| -> BTreeMap<_, _> {
        let ways = of.security_definitions.iter();
        ways.map(|(name, d)| (name.clone(), d.description.clone()))
            .collect()
    };
    let all = [
        ("title", old.info.title != new.info.title),
        ("description", old.info.description != new.info.description),
        ("tags", tags(old) != tags(new)),
        ("security", ways(old) != ways(new)),
    ];
    let differing = all.iter().filter(|(_, differs)| *differs);
    differing.map(|(place, _)| (*place).to_owned()).collect()
}
