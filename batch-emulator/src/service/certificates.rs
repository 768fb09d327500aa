//! Operations on certificates.

use super::Account;
use super::listing::Listing;
use super::reply::{self, Projection};
use crate::refusal::Refusal;
use crate::request::{Reply, Request};
use crate::state::certificates::Certificate;
use crate::state::numbers::CertificateNumber;

fn find<'a>(
    account: &'a Account,
    request: &Request,
) -> Result<(CertificateNumber, &'a Certificate), Refusal> {
    account.state.find_certificate(
        request.path("thumbprintAlgorithm"),
        request.path("thumbprint"),
    )
}

/// Adds a certificate.
///
/// Source: description of `Certificate_Add`.
pub(super) fn add(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let path = account.state.add_certificate(&reply::body(request))?;
    Ok(reply::added(request, None, &path))
}

/// Lists the certificates.
///
/// Source: recorded, `Certificate_List`.
pub(super) fn list(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let certificates = account.state.certificates.from(listing.after());
    Ok(listing
        .reply(certificates.map(|(key, certificate)| (key, certificate.object(&request.base)))))
}

/// Returns a certificate.
///
/// Source: description of `Certificate_Get`.
pub(super) fn get(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = Projection::of(request)?;
    let (_, certificate) = find(account, request)?;
    Ok(wanted.reply(&certificate.object(&request.base), None))
}

/// Starts deleting a certificate.
///
/// Source: recorded, `Certificate_Delete`: 202 without a body.
pub(super) fn delete(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, _) = find(account, request)?;
    account.state.delete_certificate(number)?;
    Ok(Reply::default())
}

/// Reactivates a certificate whose deletion has failed.
///
/// Source: description of `Certificate_CancelDeletion`.
pub(super) fn cancel_deletion(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, _) = find(account, request)?;
    account.state.cancel_certificate(number)?;
    Ok(Reply::default())
}
