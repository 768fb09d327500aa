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

/// A value and where it comes from, such as `AZURE_BATCH_ENDPOINT`.
#[derive(Clone)]
pub(super) struct Sourced {
    pub(super) value: String,
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
        let origin = origin.into();
        self.0.insert(key, Sourced { value, origin });
    }

    pub(super) fn remove(&mut self, key: Setting) {
        self.0.remove(&key);
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (key, Sourced { value, .. }) in &self.0 {
            let shown = match key {
                Setting::AccessKey => "[redacted]",
                _ => &crate::wire::redact::text(value),
            };
            map.entry(&key.name(), &shown);
        }
        map.finish()
    }
}
