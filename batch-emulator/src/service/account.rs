//! Applications, images, counts of nodes and usage.

use super::Account;
use super::listing::Listing;
use super::reply::{self};
use crate::refusal::Refusal;
use crate::request::{Object, Reply, Request};
use crate::state::account;

pub(super) fn list_node_counts(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let pools = account.state.pools.from(listing.after());
    Ok(listing.reply(pools.map(|(key, pool)| (key, pool.node_counts()))))
}

pub(super) fn list_images(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let images: Vec<(String, Object)> = account::images().collect();
    Ok(listing.reply_all(
        images
            .iter()
            .map(|(key, image)| (key.as_str(), image.clone())),
    ))
}

pub(super) fn get_application(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let found = account.state.application(request.path("applicationId"))?;
    Ok(reply::object(account::application(found)))
}

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

/// No interval of usage is ever complete here.
pub(super) fn list_usage(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    Ok(listing.reply(std::iter::empty()))
}
