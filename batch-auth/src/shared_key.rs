//! The account key: decoded once, never shown, wiped on drop.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Error;
use crate::error::{Account, Key, Kind};

/// Name and access key of a Batch account.
///
/// Clones share one key. `Debug` shows the account, never the key.
///
/// The key is stored as prepared HMAC-SHA256 states, so that signing needs no key schedule. They
/// are as secret as the key and are overwritten when the last clone is dropped. Copies that the
/// compiler leaves in registers or on the stack are out of reach of this crate.
///
/// ```
/// use batch_auth::SharedKey;
///
/// let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
/// assert_eq!(key.account(), "myaccount");
/// assert_eq!(format!("{key:?}"), r#"SharedKey { account: "myaccount", key: "[redacted]" }"#);
/// # Ok::<(), batch_auth::Error>(())
/// ```
#[doc(alias = "SharedKeyCredentials")]
#[doc(alias = "BatchSharedKeyCredentials")]
#[doc(alias = "AzureNamedKeyCredential")]
#[derive(Clone)]
pub struct SharedKey {
    inner: Arc<Inner>,
}

struct Inner {
    account: String,
    mac: Hmac<Sha256>,
}

impl SharedKey {
    /// Takes the account name and one of the account's two access keys, in base64 as the Azure
    /// portal shows it. Whitespace around the key is removed.
    ///
    /// # Errors
    ///
    /// - [`Error::is_invalid_account`]: the name is empty or has characters that are not allowed in
    ///   an `Authorization` header: blanks, control characters, `:`, `/` and those outside of
    ///   ASCII. The message shows the name unless it is longer than any account name.
    /// - [`Error::is_invalid_key`]: the key is empty or not base64. The message says which
    ///   character is wrong, or that a connection string was passed, and does not show the key.
    pub fn new(account: impl Into<String>, key: impl AsRef<str>) -> Result<Self, Error> {
        let account = account.into();
        let fits_header = |b: u8| b.is_ascii_graphic() && !matches!(b, b':' | b'/');
        if account.is_empty() || !account.bytes().all(fits_header) {
            return Err(Kind::Account(Account::of(account)).into());
        }

        // The buffer does not grow and is wiped in every case, even if decoding fails midway.
        let encoded = key.as_ref().trim();
        let mut key = Zeroizing::new(vec![0; base64::decoded_len_estimate(encoded.len())]);
        // The decoder's error would show a byte of the key.
        let refused = || Kind::Key(Key::of(encoded));
        let length = STANDARD
            .decode_slice(encoded, &mut key)
            .map_err(|_| refused())?;
        if length == 0 {
            return Err(refused().into());
        }
        let mac = Hmac::new_from_slice(&key[..length]).map_err(|_| refused())?;
        Ok(Self {
            inner: Arc::new(Inner { account, mac }),
        })
    }

    /// The name of the Batch account.
    pub fn account(&self) -> &str {
        &self.inner.account
    }

    /// HMAC-SHA256 with the key, ready for one string.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.inner.mac.clone()
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKey")
            .field("account", &self.account())
            .field("key", &"[redacted]")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn a_key_is_trimmed() {
        assert!(SharedKey::new("acct", " \tc2VjcmV0\r\n").is_ok());
    }

    #[test]
    fn invalid_keys_are_refused_and_not_shown() {
        for key in [
            "",
            "  ",
            "====",
            "secret-key",
            "c2VjcmV0LWtleQ",
            "c2Vj\ncmV0",
        ] {
            let error = SharedKey::new("acct", key).unwrap_err();
            assert!(error.is_invalid_key());
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(key.trim().is_empty() || !shown.contains(key), "{shown}");
            }
        }
    }

    #[test]
    fn account_names_that_break_the_header_are_refused() {
        for account in ["", "a b", "a:b", "a/b", "a\n", "é"] {
            let error = SharedKey::new(account, "c2VjcmV0").unwrap_err();
            assert!(error.is_invalid_account(), "{account:?}");
        }
    }

    #[test]
    fn it_is_shared_between_threads_and_wiped_on_drop() {
        fn shared<T: Send + Sync>() {}
        fn wiped<T: ZeroizeOnDrop>() {}
        shared::<SharedKey>();
        // The HMAC consists of such states, so this does not compile if sha2 loses its `zeroize`
        // feature.
        wiped::<Sha256>();
    }
}
