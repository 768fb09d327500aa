//! Keys in the keyring of the system.
//!
//! By keyring-core, the library of the crate `keyring`, and one store for each system. Where the
//! program has set a default store, that is used instead: of the Secret Service on a Linux desktop,
//! or the one of a test.

#[cfg(feature = "keyring")]
pub(super) use self::stored::{delete, read, store};

#[cfg(not(feature = "keyring"))]
pub(super) fn read(_: &str) -> Result<String, String> {
    Err(
        "the feature `keyring` of batch-client is off; turn it on, or set AZURE_BATCH_ACCESS_KEY \
         to the key"
            .to_owned(),
    )
}

#[cfg(feature = "keyring")]
mod stored {
    use std::sync::{Mutex, PoisonError};

    use keyring_core::{Entry, Error};

    /// The service of our entries.
    const SERVICE: &str = "azure-batch";

    /// Reads a key; the error is the reason, without the entry's name.
    pub(in super::super) fn read(entry: &str) -> Result<String, String> {
        let result = open(entry).and_then(|entry| entry.get_password());
        result.map_err(|why| reason(&why))
    }

    /// Stores a key, or replaces it.
    pub(in super::super) fn store(entry: &str, key: &str) -> Result<(), String> {
        let result = open(entry).and_then(|entry| entry.set_password(key));
        result.map_err(|why| reason(&why))
    }

    /// Deletes a key.
    pub(in super::super) fn delete(entry: &str) -> Result<(), String> {
        let result = open(entry).and_then(|entry| entry.delete_credential());
        result.map_err(|why| reason(&why))
    }

    fn open(entry: &str) -> Result<Entry, Error> {
        // Two threads must not set two stores.
        static CHOICE: Mutex<()> = Mutex::new(());
        let choice = CHOICE.lock().unwrap_or_else(PoisonError::into_inner);
        if keyring_core::get_default_store().is_none() {
            #[cfg(target_os = "linux")]
            keyring_core::set_default_store(linux_keyutils_keyring_store::Store::new()?);
            #[cfg(target_os = "macos")]
            keyring_core::set_default_store(apple_native_keyring_store::keychain::Store::new()?);
            #[cfg(windows)]
            keyring_core::set_default_store(windows_native_keyring_store::Store::new()?);
        }
        drop(choice);
        Entry::new(SERVICE, entry)
    }

    /// Describes an error without the data of an entry, which some of them have.
    fn reason(why: &Error) -> String {
        match why {
            Error::NoEntry => format!(
                "the service {SERVICE:?} has no such entry; store the key by \
                 `Config::store_access_key`"
            ),
            Error::NoDefaultStore => "this system has no keyring that is known here; set a store \
                                      by `keyring_core::set_default_store`"
                .to_owned(),
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                "the entry is not text; store the key again by `Config::store_access_key`"
                    .to_owned()
            }
            Error::NoStorageAccess(_) => format!(
                "{why}; unlock the keyring (on Linux, it belongs to a session, which `keyctl \
                 session` starts)"
            ),
            // The entries that match have nothing to show but their names.
            Error::Ambiguous(_) => "there are several entries; remove all but one".to_owned(),
            other => other.to_string(),
        }
    }
}
