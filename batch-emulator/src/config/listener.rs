//! The settings of the listener: its address, its names and its certificate.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use super::{Config, DEVELOPMENT_KEY};

/// The certificate of a listener with TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// A certificate that is made at the start, with its authority, for all names of the service.
    /// Clients have to trust [`Emulator::authority`](crate::Emulator::authority).
    Generated,
    /// A certificate and its private key in PEM files.
    Files {
        /// The certificate, followed by those that lead to its authority.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
}

/// Builder methods of the listener. See the field of the same name for what each one sets.
impl Config {
    /// Sets [`host`](Self#structfield.host).
    #[must_use]
    pub fn host(self, host: impl Into<IpAddr>) -> Self {
        let host = host.into();
        Self { host, ..self }
    }

    /// Sets [`tls`](Self#structfield.tls).
    #[must_use]
    pub fn tls(self, tls: Tls) -> Self {
        let tls = Some(tls);
        Self { tls, ..self }
    }

    /// Sets [`public_url`](Self#structfield.public_url).
    #[must_use]
    pub fn public_url(self, url: impl Into<String>) -> Self {
        let public_url = Some(url.into());
        Self { public_url, ..self }
    }

    /// Adds a name to [`allowed_hosts`](Self#structfield.allowed_hosts).
    #[must_use]
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// Returns the scheme of the service's address.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Returns the host in [`public_url`](Self#structfield.public_url).
    #[cfg_attr(
        not(feature = "tls"),
        allow(dead_code, reason = "only certificates need it")
    )]
    pub(crate) fn public_host(&self) -> Option<String> {
        let url: http::Uri = self.public_url.as_deref()?.parse().ok()?;
        let host = url.host()?.trim_matches(['[', ']']);
        Some(host.to_owned())
    }

    /// Rejects settings that no listener can have.
    pub(super) fn check_listener(&self) -> io::Result<()> {
        let wrong = |text: String| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        if !self.host.is_loopback() && self.accounts().any(|(_, key)| key == DEVELOPMENT_KEY) {
            return wrong(format!(
                "cannot listen on {}: the key is the published one, with which anybody could use the service; set \
                 your own key for each account",
                self.host
            ));
        }
        if let Some(url) = &self.public_url {
            let parsed = url.parse::<http::Uri>().ok();
            let usable = parsed.is_some_and(|parsed| {
                let scheme = parsed.scheme_str();
                matches!(scheme, Some("http" | "https"))
                    && parsed.host().is_some()
                    && ["", "/"].contains(&parsed.path())
                    && parsed.query().is_none()
            });
            if !usable {
                return wrong(format!(
                    "cannot use the public URL {url}: expected a scheme and a host, such as https://batch.example.org"
                ));
            }
        }
        for name in &self.allowed_hosts {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            if name.is_empty() || !name.bytes().all(known) {
                return wrong(format!(
                    "cannot allow the host {name:?}: expected a name without scheme and port, such as emulator"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_published_key_never_listens_beyond_this_machine() {
        let everywhere = Config::default().host(Ipv4Addr::UNSPECIFIED);
        let error = everywhere.check_listener().unwrap_err().to_string();
        assert!(error.contains("your own key"), "{error}");
        let own = everywhere.key("b3duIGtleQ==");
        assert!(own.check_listener().is_ok());
        let second = own.also_account("second", DEVELOPMENT_KEY);
        assert!(second.check_listener().is_err());
        let local = Config::default().host(Ipv4Addr::new(127, 0, 0, 9));
        assert!(local.check_listener().is_ok());
    }

    #[test]
    fn names_are_checked() {
        for url in [
            "batch",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a/?c",
        ] {
            let config = Config::default().public_url(url);
            assert!(config.check_listener().is_err(), "{url}");
        }
        for (url, host) in [
            ("https://a.example:8443", "a.example"),
            ("http://[::1]:80/", "::1"),
        ] {
            let config = Config::default().public_url(url);
            assert!(config.check_listener().is_ok(), "{url}");
            assert_eq!(config.public_host().as_deref(), Some(host));
        }
        for name in ["", "a:80", "http://a"] {
            assert!(Config::default().allow_host(name).check_listener().is_err());
        }
        assert!(
            Config::default()
                .allow_host("emulator")
                .check_listener()
                .is_ok()
        );
    }
}
