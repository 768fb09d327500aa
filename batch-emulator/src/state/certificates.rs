//! Certificates: they are added, used by pools, and deleted.
//!
//! Source: descriptions of the operations on certificates and of `CertificateState`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events::Event;
use super::numbers::CertificateNumber;
use super::resource::{Phase, list, object, put_some, text, words};
use super::{State, TRANSITION};
use crate::refusal::Refusal;
use crate::refusal::{conflict, exists, missing};
use crate::request::Object;
use crate::time::Time;

words! {
    /// State of a certificate.
    CertificateState { Active = "active", Deleting = "deleting", DeleteFailed = "deletefailed", }
}

/// A certificate; its private part is not stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) thumbprint: String,
    pub(crate) algorithm: String,
    public_data: Option<String>,
    pub(crate) phase: Phase<CertificateState>,
    error: Option<Value>,
    epoch: u32,
}

impl Certificate {
    /// Formats the certificate as the service does.
    ///
    /// Source: recorded, `Certificate_List`.
    pub(crate) fn object(&self, base: &str) -> Object {
        let mut object = object([
            ("thumbprint", self.thumbprint.as_str().into()),
            ("thumbprintAlgorithm", self.algorithm.as_str().into()),
            ("url", format!("{base}/{}", self.path()).into()),
        ]);
        self.phase.describe_with_past(&mut object);
        put_some(&mut object, "publicData", self.public_data.clone());
        if self.phase.is(CertificateState::DeleteFailed) {
            put_some(&mut object, "deleteCertificateError", self.error.clone());
        }
        object
    }

    /// Returns the path of its URL.
    ///
    /// Source: recorded, `Certificate_List`: the end of `url`.
    pub(crate) fn path(&self) -> String {
        format!(
            "certificates(thumbprintAlgorithm={},thumbprint={})",
            self.algorithm, self.thumbprint
        )
    }
}

/// Returns the normalized form of a thumbprint.
///
/// Source: description of `CertificateAddParameter.thumbprint`: spaces are removed. Recorded,
/// `Certificate_List`: lower case.
fn normalize_thumbprint(thumbprint: &str) -> String {
    thumbprint
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase()
}

fn id(algorithm: &str, thumbprint: &str) -> String {
    format!("{algorithm}:{}", normalize_thumbprint(thumbprint))
}

fn not_found() -> Refusal {
    missing("CertificateNotFound", "certificate")
}

impl State {
    /// Finds the certificate with an algorithm and a thumbprint, and its number.
    pub(crate) fn find_certificate(
        &self,
        algorithm: &str,
        thumbprint: &str,
    ) -> Result<(CertificateNumber, &Certificate), Refusal> {
        let number = self
            .certificates
            .number(&id(algorithm, thumbprint))
            .ok_or_else(not_found)?;
        let certificate = self.certificates.get(number).ok_or_else(not_found)?;
        Ok((number, certificate))
    }

    /// Adds a certificate. The public part of one with a private key is not returned.
    ///
    /// Source: description of `Certificate.publicData`; recorded, `Certificate_List`. No source for
    /// a certificate with a private key, whose public part is not returned; chosen because it would
    /// have to be extracted from the archive.
    pub(crate) fn add_certificate(&mut self, body: &Object) -> Result<String, Refusal> {
        let algorithm = text(body, "thumbprintAlgorithm")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let thumbprint = normalize_thumbprint(text(body, "thumbprint").unwrap_or_default());
        let id = id(&algorithm, &thumbprint);
        if self.certificates.number(&id).is_some() {
            return Err(exists("CertificateExists", "certificate"));
        }
        let public = text(body, "certificateFormat")
            .is_some_and(|format| format.eq_ignore_ascii_case("cer"));
        let certificate = Certificate {
            thumbprint,
            algorithm,
            public_data: text(body, "data").filter(|_| public).map(str::to_owned),
            phase: Phase::new(CertificateState::Active, self.now),
            error: None,
            epoch: 0,
        };
        let path = certificate.path();
        self.certificates.add(&id, certificate);
        Ok(path)
    }

    fn move_certificate(&mut self, number: CertificateNumber, state: CertificateState) {
        let now = self.now;
        if let Some(certificate) = self.certificates.get_mut(number) {
            certificate.phase.enter(state, now);
            certificate.epoch += 1;
            let event = Event::CertificateNext {
                certificate: number,
                epoch: certificate.epoch,
            };
            self.events.at(now.plus(TRANSITION), event);
        }
    }

    /// Starts deleting a certificate.
    ///
    /// Source: description of `Certificate_Delete`.
    pub(crate) fn delete_certificate(&mut self, number: CertificateNumber) -> Result<(), Refusal> {
        let certificate = self.certificates.get(number).ok_or_else(not_found)?;
        if certificate.phase.is(CertificateState::Deleting) {
            return Err(conflict(
                "CertificateBeingDeleted",
                "The certificate is being deleted.",
            ));
        }
        self.move_certificate(number, CertificateState::Deleting);
        Ok(())
    }

    /// Reactivates a certificate whose deletion has failed.
    ///
    /// Source: description of `Certificate_CancelDeletion`; recorded, `Certificate_CancelDeletion`
    /// rejected with `CertificateStateActive`.
    pub(crate) fn cancel_certificate(&mut self, number: CertificateNumber) -> Result<(), Refusal> {
        match self
            .certificates
            .get(number)
            .ok_or_else(not_found)?
            .phase
            .state
        {
            CertificateState::Active => Err(conflict(
                "CertificateStateActive",
                "The certificate is active.",
            )),
            CertificateState::Deleting => Err(conflict(
                "CertificateBeingDeleted",
                "The certificate is being deleted.",
            )),
            CertificateState::DeleteFailed => {
                self.move_certificate(number, CertificateState::Active);
                Ok(())
            }
        }
    }

    /// Completes a deletion unless pools use the certificate.
    ///
    /// Source: descriptions of `Certificate_Delete` and `DeleteCertificateError.values`. No source
    /// for the names of these values; chosen as the kind of the resource that uses the certificate.
    pub(crate) fn certificate_next(&mut self, number: CertificateNumber, epoch: u32) {
        let now: Time = self.now;
        let Some(certificate) = self.certificates.get(number) else {
            return;
        };
        if certificate.epoch != epoch || !certificate.phase.is(CertificateState::Deleting) {
            return;
        }
        let id = id(&certificate.algorithm, &certificate.thumbprint);
        let users: Vec<Value> = self
            .certificate_users(&id)
            .map(|pool| json!({"name": "pool", "value": pool}))
            .collect();
        if users.is_empty() {
            self.certificates.remove(&id);
        } else if let Some(certificate) = self.certificates.get_mut(number) {
            certificate.phase.enter(CertificateState::DeleteFailed, now);
            let message = "Pools use the certificate.";
            let error =
                json!({"code": "CertificateDeleteFailed", "message": message, "values": users});
            certificate.error = Some(error);
        }
    }

    /// Returns the pools that reference a certificate.
    fn certificate_users<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a str> {
        let pools = self.pools.from(None).filter(move |(_, pool)| {
            let mut references = list(&pool.given, "certificateReferences")
                .iter()
                .filter_map(Value::as_object);
            references.any(|reference| reference_id(reference) == wanted)
        });
        pools.map(|(_, pool)| pool.id.as_ref())
    }

    /// Checks that the certificates of a pool exist.
    ///
    /// Source: "Batch Status and Error Codes": `InvalidCertificateReferences`.
    pub(crate) fn check_certificates(&self, pool: &Object) -> Result<(), Refusal> {
        let mut references = list(pool, "certificateReferences")
            .iter()
            .filter_map(Value::as_object);
        if references.all(|reference| self.certificates.number(&reference_id(reference)).is_some())
        {
            return Ok(());
        }
        Err(conflict(
            "InvalidCertificateReferences",
            "The account does not have a certificate that the pool references.",
        ))
    }
}

fn reference_id(reference: &Object) -> String {
    let algorithm = text(reference, "thumbprintAlgorithm")
        .unwrap_or_default()
        .to_ascii_lowercase();
    id(
        &algorithm,
        text(reference, "thumbprint").unwrap_or_default(),
    )
}
