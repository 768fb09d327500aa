//! The environment: its variables, and the places of files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::value::{Layer, Setting};

/// Variables with their keys. The first three are the Azure CLI's; the next two have the same
/// meaning for Nextflow.
const VARIABLES: [(&str, Setting); 7] = [
    ("AZURE_BATCH_ENDPOINT", Setting::Endpoint),
    ("AZURE_BATCH_ACCOUNT", Setting::Account),
    ("AZURE_BATCH_ACCESS_KEY", Setting::AccessKey),
    ("AZURE_BATCH_ACCOUNT_NAME", Setting::Account),
    ("AZURE_BATCH_ACCOUNT_KEY", Setting::AccessKey),
    ("AZURE_BATCH_AUTH_MODE", Setting::AuthMode),
    ("AZURE_BATCH_PROFILE", Setting::Profile),
];
/// Variables of every task.
const OF_TASKS: [(&str, Setting); 2] = [
    ("AZ_BATCH_ACCOUNT_URL", Setting::Endpoint),
    ("AZ_BATCH_ACCOUNT_NAME", Setting::Account),
];
const FILE: &str = "AZURE_BATCH_CONFIG";
const AZ_FOLDER: &str = "AZURE_CONFIG_DIR";

/// The variables of the process, or of a test.
#[derive(Clone, Default)]
pub(super) struct Environment(Option<BTreeMap<String, String>>);

impl Environment {
    pub(super) fn process() -> Self {
        Self(None)
    }

    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)]) -> Self {
        let pairs = variables
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Self(Some(pairs.collect()))
    }

    /// A variable without the whitespace around it; one that is empty is as good as not set.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            None => std::env::var(name).ok()?,
            Some(variables) => variables.get(name)?.clone(),
        };
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(super) fn variables(&self) -> Layer {
        self.layer(&VARIABLES)
    }

    pub(super) fn task(&self) -> Layer {
        self.layer(&OF_TASKS)
    }

    fn layer(&self, variables: &[(&str, Setting)]) -> Layer {
        let mut layer = Layer::default();
        for (name, key) in variables {
            if layer.get(*key).is_none()
                && let Some(value) = self.read(name)
            {
                layer.set(*key, value, *name);
            }
        }
        layer
    }

    /// The file of profiles, and whether it has to exist.
    pub(super) fn profiles_file(&self) -> Option<(PathBuf, bool)> {
        if let Some(path) = self.read(FILE) {
            return Some((path.into(), true));
        }
        Some((
            self.configuration()?.join("batch").join("config.toml"),
            false,
        ))
    }

    /// The Azure CLI's file.
    pub(super) fn az_file(&self) -> Option<PathBuf> {
        let folder = self.read(AZ_FOLDER).map(PathBuf::from);
        let folder = folder.or_else(|| Some(self.home()?.join(".azure")))?;
        Some(folder.join("config"))
    }

    /// The user's configuration folder.
    fn configuration(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return self.read("APPDATA").map(PathBuf::from);
        }
        if cfg!(target_os = "macos") {
            return Some(self.home()?.join("Library").join("Application Support"));
        }
        let xdg = self.read("XDG_CONFIG_HOME").map(PathBuf::from);
        // The specification has relative paths ignored.
        let xdg = xdg.filter(|path| path.is_absolute());
        xdg.or_else(|| Some(self.home()?.join(".config")))
    }

    fn home(&self) -> Option<PathBuf> {
        match &self.0 {
            None => std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            Some(_) => self.read("HOME").map(PathBuf::from),
        }
    }

    /// A path with `~` for the home folder, as people write it.
    pub(super) fn shown(&self, path: &Path) -> String {
        let below = self.home().and_then(|home| {
            let rest = path.strip_prefix(home).ok()?;
            Some(Path::new("~").join(rest))
        });
        below.as_deref().unwrap_or(path).display().to_string()
    }
}
