//! Values, each with its origin.

use std::collections::BTreeMap;
use std::fmt;

/// The credential is the account's key.
pub(super) const SHARED_KEY: &str = "shared_key";
/// The credential is Microsoft Entra ID, under its older name, as the Azure CLI writes it.
pub(super) const AAD: &str = "aad";

/// A setting. Job types are the profiles' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    Endpoint,
    Account,
    AccessKey,
    AuthMode,
    LogLevel,
    Profile,
}

impl Setting {
    /// Keys of a profile.
    pub(super) const OF_PROFILE: [Self; 5] = [
        Self::Endpoint,
        Self::Account,
        Self::AuthMode,
        Self::AccessKey,
        Self::LogLevel,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Account => "account",
            Self::AccessKey => "access_key",
            Self::AuthMode => "auth_mode",
            Self::LogLevel => "log_level",
            Self::Profile => "profile",
        }
    }
}

/// Where a value is. Only keys can be elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the text.
    Here,
    /// In the variable that the text names.
    Variable,
    /// In the entry of the keyring that the text names.
    Keyring,
}

impl Place {
    /// Shows the place that a text names.
    pub(super) fn shown(self, text: &str) -> String {
        match self {
            Self::Here | Self::Variable => text.to_owned(),
            Self::Keyring => format!("the entry {text:?} of the keyring"),
        }
    }
}

/// A value, or the place that it names, and where it comes from, such as `AZURE_BATCH_ENDPOINT`.
#[derive(Clone)]
pub(super) struct Sourced {
    pub(super) value: String,
    pub(super) place: Place,
    pub(super) origin: String,
}

/// The values of one origin.
#[derive(Clone, Default)]
pub(super) struct Layer(BTreeMap<Setting, Sourced>);

impl Layer {
    pub(super) fn get(&self, key: Setting) -> Option<&Sourced> {
        self.0.get(&key)
    }

    pub(super) fn set(&mut self, key: Setting, value: String, origin: impl Into<String>) {
        self.set_at(key, Place::Here, value, origin);
    }

    pub(super) fn set_at(
        &mut self,
        key: Setting,
        place: Place,
        value: String,
        origin: impl Into<String>,
    ) {
        let sourced = Sourced {
            value,
            place,
            origin: origin.into(),
        };
        self.0.insert(key, sourced);
    }

    pub(super) fn remove(&mut self, key: Setting) {
        self.0.remove(&key);
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (key, Sourced { value, place, .. }) in &self.0 {
            let shown = match key {
                Setting::AccessKey if *place == Place::Here => "[redacted]",
                _ => &crate::wire::redact::text(value),
            };
            map.entry(&key.name(), &shown);
        }
        map.finish()
    }
}
