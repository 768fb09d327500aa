//! Where a program finds its account: endpoint, credential and parameters of its jobs, from
//! variables, profiles and the Azure CLI's file.
//!
//! ```text
//! what is set in code         explicit
//!   variables                 environment  AZURE_BATCH_ENDPOINT, …
//!     a profile               profiles     batch/config.toml
//!       the Azure CLI's file  ini          ~/.azure/config, section [batch]
//!         a task's variables  environment  AZ_BATCH_ACCOUNT_URL, …
//! ```
//!
//! The first that has a value wins, value by value; [`Config::explain`] says where each comes from.
//! [`Client::from_env`](crate::Client::from_env) does all of it.
//!
//! # The file of profiles
//!
//! It is the file in `AZURE_BATCH_CONFIG`, else `batch/config.toml` in the user's configuration
//! folder: `$XDG_CONFIG_HOME` or `~/.config`, on macOS `~/Library/Application Support`, on Windows
//! `%APPDATA%`. [`Config::save`] creates it. All of it is optional:
//!
//! ```toml
#![doc = include_str!("sample.toml")]
//! ```
//!
//! # Where the key is
//!
//! A profile that signs in with a key has it in one of three places: in the file (`access_key`), in
//! a variable that it names (`access_key_variable`), or, with the feature `keyring`, in an entry of
//! the system's keyring (`access_key_keyring`). A place that is named and empty is an error; the
//! key of another origin is not taken instead, because it could be that of another account. The
//! variable `AZURE_BATCH_ACCESS_KEY` wins over all three.
//!
//! The keyring is read when a client is created, and [`Config::explain`] does not read it. A
//! keyring of a desktop may ask the user to unlock it, and blocks meanwhile.

mod choose;
mod environment;
mod explain;
mod ini;
mod keyring;
mod profiles;
mod save;
mod value;

use std::fmt;
use std::path::{Path, PathBuf};

use self::environment::Environment;
pub use self::profiles::JobType;
use self::profiles::{Document, Profile};
use self::value::{Layer, Place, Setting};
use crate::error::Error;

/// The profile that setters create where none is selected.
const DEFAULT_PROFILE: &str = "default";

/// The configuration of a program: see the [module](self). Debug shows no secrets.
#[derive(Clone)]
pub struct Config {
    environment: Environment,
    path: Option<PathBuf>,
    document: Document,
    /// Name of the selected profile, and what selected it.
    selected: Option<(String, String)>,
    explicit: Layer,
    variables: Layer,
    az: Layer,
    task: Layer,
    /// Warnings about the files.
    warnings: Vec<String>,
}

impl Config {
    /// Reads variables, the file of profiles and the Azure CLI's file.
    ///
    /// The profile is the one in `AZURE_BATCH_PROFILE`, else the one that the file names as
    /// `profile`, else the one called `default`, if there is one. A file that others can read is
    /// used, with a warning in the log.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: a file cannot be read or has a mistake, with the file and its
    /// line; or there is no such profile. A file that does not exist is not an error, unless
    /// `AZURE_BATCH_CONFIG` names it.
    pub fn load() -> Result<Self, Error> {
        Self::load_from(Environment::process())
    }

    fn load_from(environment: Environment) -> Result<Self, Error> {
        let mut config = Self::empty(environment);
        if let Some((path, required)) = config.environment.profiles_file() {
            config.read_profiles(path, required)?;
        }
        if let Some(path) = config.environment.az_file() {
            config.az = ini::layer(&path, &mut config.warnings)?;
        }
        config.variables = config.environment.variables();
        config.task = config.environment.task();
        config.select_default()?;
        config.warn();
        Ok(config)
    }

    /// The configuration of a task: its account, with the managed identity of its pool.
    pub(crate) fn of_task() -> Result<Self, Error> {
        let mut config = Self::empty(Environment::process());
        config.task = config.environment.task();
        config
            .task
            .set(Setting::AuthMode, value::AAD.to_owned(), "the task");
        if config.task.get(Setting::Endpoint).is_none() {
            return Err(Error::invalid_request(
                "cannot create a client for the task's account: AZ_BATCH_ACCOUNT_URL is not set, so \
                 this program does not run within a task; use `Client::from_env` elsewhere",
            ));
        }
        Ok(config)
    }

    /// Reads a file of profiles alone: neither variables nor the Azure CLI's file, except for the
    /// variables that a profile names.
    ///
    /// # Errors
    ///
    /// Those of [`load`](Self::load), and the file does not exist.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let mut config = Self::empty(Environment::process());
        config.read_profiles(path.as_ref().to_owned(), true)?;
        config.select_default()?;
        config.warn();
        Ok(config)
    }

    fn empty(environment: Environment) -> Self {
        Self {
            environment,
            path: None,
            document: Document::default(),
            selected: None,
            explicit: Layer::default(),
            variables: Layer::default(),
            az: Layer::default(),
            task: Layer::default(),
            warnings: Vec::new(),
        }
    }

    fn read_profiles(&mut self, path: PathBuf, required: bool) -> Result<(), Error> {
        if let Some(text) = save::read(&path, required, &mut self.warnings)? {
            self.document = Document::parse(&text, &path)?;
        }
        self.path = Some(path);
        Ok(())
    }

    fn select_default(&mut self) -> Result<(), Error> {
        let by_variable = self
            .variables
            .get(Setting::Profile)
            .map(|found| (found.value.clone(), found.origin.clone()));
        let by_file = || {
            let name = self.document.default_profile.clone()?;
            Some((name, format!("`profile` in {}", self.file())))
        };
        let by_name = || {
            let exists = self.document.profiles.contains_key(DEFAULT_PROFILE);
            exists.then(|| (DEFAULT_PROFILE.to_owned(), "its name".to_owned()))
        };
        match by_variable.or_else(by_file).or_else(by_name) {
            Some((name, because)) => self.select(&name, &because),
            None => Ok(()),
        }
    }

    /// Selects a profile.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: there is no such profile, and the message names those that
    /// exist.
    pub fn profile(mut self, name: &str) -> Result<Self, Error> {
        self.select(name, "the program")?;
        Ok(self)
    }

    fn select(&mut self, name: &str, because: &str) -> Result<(), Error> {
        if !self.document.profiles.contains_key(name) {
            let names: Vec<&str> = self.profiles().collect();
            return Err(Error::invalid_request(format!(
                "cannot use profile {name:?}, which {because} selects: {} does not have it; its \
                 profiles are: {}",
                self.file(),
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                },
            )));
        }
        self.selected = Some((name.to_owned(), because.to_owned()));
        Ok(())
    }

    /// Names of the profiles in the file.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.document.profiles.keys().map(String::as_str)
    }

    /// The file of profiles, whether it exists or not.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The account's endpoint, as it is configured.
    pub fn endpoint(&self) -> Option<String> {
        Some(self.find(Setting::Endpoint)?.value)
    }

    /// The account's name, as it is configured.
    pub fn account(&self) -> Option<String> {
        Some(self.find(Setting::Account)?.value)
    }

    /// The way to sign in, if it is configured: `aad` (Microsoft Entra ID) or `shared_key`.
    pub fn auth_mode(&self) -> Option<String> {
        Some(self.find(Setting::AuthMode)?.value)
    }

    /// Returns true if there is a key, whether it is ignored or not. An entry of the keyring counts
    /// as one, and is not read.
    pub fn has_key(&self) -> bool {
        self.find(Setting::AccessKey)
            .is_some_and(|found| match found.place {
                Place::Here | Place::Keyring => true,
                Place::Variable => self.environment.read(&found.value).is_some(),
            })
    }

    /// The profile's log level, for the program to apply.
    pub fn log_level(&self) -> Option<&str> {
        let level = self.current()?.values.get(&Setting::LogLevel)?;
        Some(&level.value)
    }

    /// A job type of the profile.
    pub fn job_type(&self, name: &str) -> Option<&JobType> {
        self.current()?.job_types.get(name)
    }

    /// The profile's default job type.
    pub fn default_job_type(&self) -> Option<&JobType> {
        let profile = self.current()?;
        profile.job_types.get(profile.default_job_type.as_ref()?)
    }

    /// Sets the endpoint, for this configuration and for its profile.
    pub fn set_endpoint(&mut self, endpoint: impl Into<String>) {
        self.set(Setting::Endpoint, endpoint.into());
    }

    /// Sets the account's name, for this configuration and for its profile.
    pub fn set_account(&mut self, account: impl Into<String>) {
        self.set(Setting::Account, account.into());
    }

    /// Signs in with the key that is configured, even if a mode that is set elsewhere ignores it.
    pub fn set_shared_key(&mut self) {
        self.set(Setting::AuthMode, value::SHARED_KEY.to_owned());
    }

    /// Sets account and key, which then win over any other credential.
    ///
    /// [`save`](Self::save) writes the key into the file. To keep it elsewhere, see
    /// [`set_access_key_variable`](Self::set_access_key_variable) and
    #[cfg_attr(
        feature = "keyring",
        doc = "[`store_access_key`](Self::store_access_key)."
    )]
    #[cfg_attr(not(feature = "keyring"), doc = "the feature `keyring`.")]
    pub fn set_access_key(&mut self, account: impl Into<String>, key: impl Into<String>) {
        self.set_account(account);
        self.set_shared_key();
        self.set(Setting::AccessKey, key.into());
    }

    /// Sets the account, and names the environment variable that has its key. The file has the
    /// variable's name only.
    pub fn set_access_key_variable(
        &mut self,
        account: impl Into<String>,
        variable: impl Into<String>,
    ) {
        self.set_account(account);
        self.set_shared_key();
        let variable = variable.into();
        let origin = format!("{}, by the program", Place::Variable.shown(&variable));
        self.explicit.set_at(
            Setting::AccessKey,
            Place::Variable,
            variable.clone(),
            origin,
        );
        self.set_of_profile(Setting::AccessKey, Place::Variable, variable);
    }

    /// Sets account and key, and stores the key in the system's keyring at once. The file has the
    /// name of its entry only.
    ///
    /// The entry is that of the service `azure-batch`, under the host of the endpoint, so set the
    /// endpoint first; without one, it is under the account's name. A key that is already there is
    /// replaced.
    ///
    /// The keyring is the Keychain on macOS, the Credential Manager on Windows, and on Linux the
    /// keyring of the kernel, which belongs to the user's session, and forgets a key after three
    /// days without use and when the machine restarts. A program can use another one, such as the
    /// Secret Service of a Linux desktop: pass a store from the project of `keyring-core` to its
    /// `set_default_store` first.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: there is no keyring, or it refuses the key. The message names
    /// the entry, and nothing is changed.
    #[cfg(feature = "keyring")]
    pub fn store_access_key(
        &mut self,
        account: impl Into<String>,
        key: impl Into<String>,
    ) -> Result<(), Error> {
        let (account, key) = (account.into(), key.into());
        let host = self.endpoint().and_then(|endpoint| {
            let host = endpoint.split_once("://").map_or(&*endpoint, |(_, at)| at);
            Some(host.split('/').next()?.to_owned())
        });
        let entry = host.unwrap_or_else(|| account.clone());
        keyring::store(&entry, &key).map_err(|why| {
            let place = Place::Keyring.shown(&entry);
            Error::invalid_request(format!("cannot store the account's key in {place}: {why}"))
        })?;
        self.set_access_key(account, key);
        self.set_of_profile(Setting::AccessKey, Place::Keyring, entry);
        Ok(())
    }

    /// Deletes the key that the profile has in the system's keyring, there and in the profile;
    /// returns false if it has none there.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: there is no keyring, it does not have the entry, or it
    /// refuses to delete it. The message names the entry, and the profile still has it.
    #[cfg(feature = "keyring")]
    pub fn delete_stored_access_key(&mut self) -> Result<bool, Error> {
        let stored = self
            .current()
            .and_then(|profile| profile.values.get(&Setting::AccessKey));
        let Some(stored) = stored.filter(|stored| stored.place == Place::Keyring) else {
            return Ok(false);
        };
        keyring::delete(&stored.value).map_err(|why| {
            let place = Place::Keyring.shown(&stored.value);
            Error::invalid_request(format!("cannot delete the account's key in {place}: {why}"))
        })?;
        self.explicit.remove(Setting::AccessKey);
        self.current_mut().values.remove(&Setting::AccessKey);
        Ok(true)
    }

    /// Signs in with Microsoft Entra ID, and removes a key from the profile; from the keyring, see
    #[cfg_attr(
        feature = "keyring",
        doc = "[`delete_stored_access_key`](Self::delete_stored_access_key)."
    )]
    #[cfg_attr(not(feature = "keyring"), doc = "the feature `keyring`.")]
    pub fn set_entra(&mut self) {
        self.set(Setting::AuthMode, value::AAD.to_owned());
        self.explicit.remove(Setting::AccessKey);
        self.current_mut().values.remove(&Setting::AccessKey);
    }

    /// Sets the log level of the profile.
    pub fn set_log_level(&mut self, level: impl Into<String>) {
        self.set(Setting::LogLevel, level.into());
    }

    /// Returns a job type of the profile, added if there is none of the name. Its parameters are
    /// free.
    pub fn add_job_type(&mut self, name: impl Into<String>) -> &mut JobType {
        self.current_mut().job_types.entry(name.into()).or_default()
    }

    /// Removes a job type from the profile; returns true if there was one.
    pub fn remove_job_type(&mut self, name: &str) -> bool {
        let profile = self.current_mut();
        profile.default_job_type.take_if(|default| default == name);
        profile.job_types.remove(name).is_some()
    }

    /// Sets the default job type of the profile.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: the profile does not have it.
    pub fn set_default_job_type(&mut self, name: &str) -> Result<(), Error> {
        if self.job_type(name).is_none() {
            return Err(Error::invalid_request(format!(
                "cannot make {name:?} the default job type: the profile does not have it; add it \
                 first"
            )));
        }
        self.current_mut().default_job_type = Some(name.to_owned());
        Ok(())
    }

    fn set(&mut self, key: Setting, value: String) {
        self.explicit.set(key, value.clone(), "the program");
        self.set_of_profile(key, Place::Here, value);
    }

    fn set_of_profile(&mut self, key: Setting, place: Place, value: String) {
        let entry = profiles::Entry {
            value,
            place,
            line: 0,
        };
        self.current_mut().values.insert(key, entry);
    }

    fn current(&self) -> Option<&Profile> {
        self.document.profiles.get(&self.selected.as_ref()?.0)
    }

    fn current_mut(&mut self) -> &mut Profile {
        let (name, _) = self
            .selected
            .get_or_insert_with(|| (DEFAULT_PROFILE.to_owned(), "its name".to_owned()));
        self.document.profiles.entry(name.clone()).or_default()
    }

    /// The file of profiles, for messages.
    fn file(&self) -> String {
        match &self.path {
            Some(path) => self.environment.shown(path),
            None => "the file of profiles".to_owned(),
        }
    }

    fn warn(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("path", &self.path)
            .field("selected", &self.selected)
            .field("explicit", &self.explicit)
            .field("variables", &self.variables)
            .field("profile", &self.profile_layer())
            .field("az", &self.az)
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
