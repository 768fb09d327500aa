//! Operations on applications, images, node counts and usage.

use super::Account;
use super::listing::Listing;
use super::reply::{self};
use crate::refusal::Refusal;
use crate::request::{Object, Reply, Request};
use crate::state::account;

/// Lists the node counts by state for each pool.
///
/// Source: recorded, `Account_ListPoolNodeCounts`. The live counts can lag behind; these do not, so
/// that tests need not wait.
pub(super) fn list_node_counts(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let pools = account.state.pools.from(listing.after());
    Ok(listing.reply(pools.map(|(key, pool)| (key, pool.node_counts()))))
}

/// Lists the images that pools can use.
///
/// Source: description of `Account_ListSupportedImages`.
pub(super) fn list_images(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let images: Vec<(String, Object)> = account::images().collect();
    Ok(listing.reply_all(
        images
            .iter()
            .map(|(key, image)| (key.as_str(), image.clone())),
    ))
}

/// Returns an application.
///
/// Source: recorded, `Application_Get`.
pub(super) fn get_application(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let found = account.state.application(request.path("applicationId"))?;
    Ok(reply::object(account::application(found)))
}

/// Lists the applications.
///
/// Source: recorded, `Application_List`.
pub(super) fn list_applications(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let applications = account.state.settings.applications.iter();
    let items = applications
        .map(|application| (application.id.as_str(), account::application(application)));
    Ok(listing.reply_all(items))
}

/// Lists the usage, which is always empty because no interval is ever complete here.
///
/// Source: description of `Pool_ListUsageMetrics` and its recording, whose intervals are half an
/// hour. No source for an empty list; chosen because usage costs nothing here.
pub(super) fn list_usage(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    Ok(listing.reply(std::iter::empty()))
}
