//! Checks of the version that a client asks for: an operation or a parameter that the version does
//! not have is refused before anything is sent.

use crate::ApiVersion;
use crate::wire::request::BuildError;

impl ApiVersion {
    /// Refuses an operation, or one of its parameters, that this version does not have. An empty
    /// string stands for no limit.
    pub(crate) fn check(
        &self,
        operation: &str,
        parameter: Option<&str>,
        since: &str,
        until: &str,
    ) -> Result<(), BuildError> {
        let reason = if self.as_str() < since {
            format!("and only versions since {since} have it; set {since} or a newer one")
        } else if !until.is_empty() && self.is_after(until) {
            format!("and only versions up to {until} have it; set {until} or an older one")
        } else {
            return Ok(());
        };
        let what = match parameter {
            Some(parameter) => format!("cannot send `{parameter}` with {operation}"),
            None => format!("cannot call {operation}"),
        };
        Err(BuildError::Version(format!(
            "{what}: the client asks for version {self} of the API, {reason} \
             with `ClientBuilder::api_version`"
        )))
    }

    /// Returns true if this version came after another one. Versions begin with a date, so they
    /// compare as text.
    pub(crate) fn is_after(&self, other: &str) -> bool {
        self.as_str() > other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(version: &str, since: &str, until: &str) -> Option<String> {
        let version = ApiVersion::from(version);
        match version.check("Job_Delete", Some("force"), since, until) {
            Ok(()) => None,
            Err(BuildError::Version(text)) => Some(text),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_version_has_what_is_within_its_limits() {
        for (version, since, until) in [
            ("2024-02-01.19.0", "", ""),
            ("2024-02-01.19.0", "", "2024-02-01.19.0"),
            ("2025-06-01", "2024-07-01.20.0", ""),
            ("2024-07-01.20.0", "2024-07-01.20.0", "2024-07-01.20.0"),
            ("2030-01-01", "2025-06-01", ""),
        ] {
            assert_eq!(refused(version, since, until), None, "{version}");
        }
    }

    #[test]
    fn a_refusal_names_both_versions() {
        assert_eq!(
            refused("2024-02-01.19.0", "2024-07-01.20.0", "").as_deref(),
            Some(
                "cannot send `force` with Job_Delete: the client asks for version 2024-02-01.19.0 of \
                 the API, and only versions since 2024-07-01.20.0 have it; set \
                 2024-07-01.20.0 or a newer one with `ClientBuilder::api_version`"
            )
        );
        let late = refused("2025-06-01", "", "2024-07-01.20.0").expect("a refusal");
        assert!(late.contains("up to 2024-07-01.20.0"), "{late}");
        assert!(refused("2030-01-01", "", "2024-07-01.20.0").is_some());
    }
}
