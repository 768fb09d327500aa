//! Diagnosis of a signature that the service rejected: it echoes the string to sign that it used.

use super::Error;

/// Diagnosis, from the service's string to sign, of a rejected signature.
pub(super) enum Diagnosis<'a> {
    /// The strings differ.
    Different(batch_auth::Difference<'a>),
    /// The strings are equal, so the keys are not. The account, if the string names one.
    OtherKey(Option<&'a str>),
}

impl Error {
    /// The first difference between the string that this client signed and the one that the service
    /// signed, if the service rejected the signature and echoed its string.
    ///
    /// `None` for a rejection means that the strings are equal, so that the key is not the
    /// account's, or that there is another reason, which [`details`](Self::details) has.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) {
    /// if let Err(error) = client.job().get("nightly").await {
    ///     if let Some(difference) = error.signature_difference() {
    ///         eprintln!("{difference}"); // the header `ocp-date` differs: we signed …, they …
    ///     }
    /// }
    /// # }
    /// ```
    pub fn signature_difference(&self) -> Option<batch_auth::Difference<'_>> {
        match self.diagnosis()? {
            Diagnosis::Different(difference) => Some(difference),
            Diagnosis::OtherKey(_) => None,
        }
    }

    /// The string that this client signed, if the service answered 401 or 403 to a request signed
    /// by a shared key. It has the whole path and query, and Display does not show it.
    pub fn string_to_sign(&self) -> Option<&str> {
        let signed = self.inner.history.signed.as_deref();
        signed.filter(|_| self.is_auth())
    }

    pub(super) fn diagnosis(&self) -> Option<Diagnosis<'_>> {
        let ours = self.string_to_sign()?;
        let mut details = self
            .details()
            .iter()
            .filter_map(|detail| detail.value.as_deref());
        let theirs = details.find_map(echoed)?;
        Some(match batch_auth::difference(ours, theirs) {
            Some(difference) => Diagnosis::Different(difference),
            None => Diagnosis::OtherKey(account(ours)),
        })
    }
}

/// The string to sign in a detail of the service.
pub(super) fn echoed(detail: &str) -> Option<&str> {
    let (_, rest) = detail
        .split_once("string to sign: '")
        .or_else(|| detail.split_once("string to sign '"))?;
    rest.rsplit_once('\'').map(|(text, _)| text)
}

/// The account, which the line of the path begins with.
fn account(signed: &str) -> Option<&str> {
    let path = signed
        .split('\n')
        .skip(12)
        .find_map(|l| l.strip_prefix('/'));
    path?.split('/').next()
}
