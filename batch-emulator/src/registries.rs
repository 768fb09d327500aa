//! Passwords of container registries.
//!
//! The state does not keep passwords, so those that requests have brought are here until the
//! emulator stops.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::request::Object;

/// The registry of an image without a host.
const DEFAULT: &str = "docker.io";

/// The passwords, by registry and user.
#[derive(Default)]
pub(crate) struct Registries(Mutex<BTreeMap<Registry, String>>);

/// Redacts the passwords.
impl fmt::Debug for Registries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

/// A registry and the user who pulls from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Registry {
    pub(crate) server: String,
    pub(crate) user: String,
}

impl Registry {
    /// Reads a `ContainerRegistry` with a user.
    pub(crate) fn read(registry: &Object) -> Option<Self> {
        let server = text(registry, "registryServer").unwrap_or(DEFAULT);
        Some(Self {
            server: server.to_owned(),
            user: text(registry, "username")?.to_owned(),
        })
    }

    /// Returns true if an image is in this registry.
    pub(crate) fn has(&self, image: &str) -> bool {
        let host = self.server.split("://").last().unwrap_or_default();
        let host = host.trim_end_matches('/');
        let rest = image.strip_prefix(host);
        rest.is_some_and(|rest| rest.starts_with('/')) || host == DEFAULT && !names_host(image)
    }
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// Returns true if the first part of an image's name is a host.
fn names_host(image: &str) -> bool {
    let first = image.split_once('/').map(|(first, _)| first);
    first.is_some_and(|first| first.contains(['.', ':']) || first == "localhost")
}

impl Registries {
    /// Remembers the passwords of the registries in a body.
    pub(crate) fn learn(&self, body: &Object) {
        for (name, value) in body {
            match (name.as_str(), value) {
                ("registry", Value::Object(registry)) => self.add(registry),
                ("containerRegistries", Value::Array(registries)) => registries
                    .iter()
                    .filter_map(Value::as_object)
                    .for_each(|registry| self.add(registry)),
                (_, Value::Object(object)) => self.learn(object),
                (_, Value::Array(items)) => items
                    .iter()
                    .filter_map(Value::as_object)
                    .for_each(|object| self.learn(object)),
                _ => {}
            }
        }
    }

    fn add(&self, registry: &Object) {
        if let (Some(known), Some(password)) =
            (Registry::read(registry), text(registry, "password"))
        {
            let mut passwords = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            passwords.insert(known, password.to_owned());
        }
    }

    pub(crate) fn password(&self, registry: &Registry) -> Option<String> {
        let passwords = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        passwords.get(registry).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_are_found_anywhere_in_a_body() {
        let registry =
            |server: &str| json!({"registryServer": server, "username": "u", "password": server});
        let body = json!({
            "virtualMachineConfiguration": {"containerConfiguration": {"containerRegistries": [registry("a"), registry("b")]}},
            "value": [{"containerSettings": {"registry": registry("c")}}],
            "registry": {"username": "u", "password": "p"},
        });
        let registries = Registries::default();
        registries.learn(body.as_object().expect("an object"));
        let password = |server: &str| {
            let (server, user) = (server.to_owned(), "u".to_owned());
            registries.password(&Registry { server, user })
        };
        for (server, wanted) in [("a", "a"), ("b", "b"), ("c", "c"), (DEFAULT, "p")] {
            assert_eq!(password(server).as_deref(), Some(wanted));
        }
        assert_eq!(password("d"), None);
        assert_eq!(format!("{registries:?}"), "redacted");
    }

    #[test]
    fn an_image_belongs_to_a_registry_by_its_host() {
        let has = |server: &str, image: &str| {
            let (server, user) = (server.to_owned(), String::new());
            Registry { server, user }.has(image)
        };
        assert!(has("a.azurecr.io", "a.azurecr.io/b/c:1"));
        assert!(has("https://a.azurecr.io/", "a.azurecr.io/b"));
        assert!(!has("a.azurecr.io", "a.azurecr.io.evil/b"));
        assert!(has(DEFAULT, "ubuntu") && has(DEFAULT, "library/ubuntu"));
        assert!(!has(DEFAULT, "localhost/ubuntu") && !has(DEFAULT, "h:1/ubuntu"));
    }
}
