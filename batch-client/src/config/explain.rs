//! The explanation of a configuration: each value with its origin.

use std::fmt::Write as _;

use super::Config;
use super::choose::Way;
use super::value::{Setting, Sourced};
use crate::wire::redact;

impl Config {
    /// Describes each value with its origin, a line each, without secrets:
    ///
    /// ```text
    /// endpoint https://acct.westeurope.batch.azure.com from /home/me/.azure/config [batch]
    /// credential Microsoft Entra ID, because auth_mode is `aad` (/home/me/.azure/config [batch])
    /// ignored key from AZURE_BATCH_ACCESS_KEY
    /// ```
    ///
    /// With the feature `azure-identity`, the line of the credential also says which one the
    /// environment offers.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        if let Some((name, because)) = &self.selected {
            let _ = writeln!(text, "profile {name:?}, selected by {because}");
        }
        for key in [Setting::Endpoint, Setting::Account] {
            let _ = match self.find(key) {
                Some(Sourced { value, origin, .. }) => {
                    writeln!(
                        text,
                        "{} {} from {origin}",
                        key.name(),
                        redact::text(&value)
                    )
                }
                None => writeln!(text, "{} is not set", key.name()),
            };
        }
        let _ = match self.way() {
            Ok(Way::Key { because }) => match self.find(Setting::AccessKey) {
                Some(Sourced { origin, .. }) if self.has_key() => {
                    writeln!(text, "credential key from {origin}")
                }
                Some(Sourced { origin, .. }) => {
                    writeln!(text, "credential missing: the key from {origin} is not set")
                }
                None => writeln!(text, "credential missing: no key, although {because}"),
            },
            Ok(Way::Entra { because }) => self.explain_entra(&mut text, &because),
            Err(why) => writeln!(text, "credential missing: {why}"),
        };
        for warning in &self.warnings {
            let _ = writeln!(text, "warning: {warning}");
        }
        text
    }

    fn explain_entra(&self, text: &mut String, because: &str) -> std::fmt::Result {
        writeln!(text, "credential Microsoft Entra ID, because {because}")?;
        #[cfg(feature = "azure-identity")]
        match crate::entra::Choice::from_env() {
            Ok(choice) => writeln!(text, "token by {}", choice.explain())?,
            Err(why) => writeln!(text, "token missing: {why}")?,
        }
        for origin in self.keys() {
            writeln!(text, "ignored key from {origin}")?;
        }
        Ok(())
    }
}
