//! Finding an image for a pool among those that the account supports, with its node agent.
//!
//! ```no_run
//! use batch_client::models::PoolAddParameter;
//!
//! # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
//! let machines = client
//!     .account()
//!     .find_image()
//!     .publisher("canonical")
//!     .offer_prefix("ubuntu-")
//!     .newest()
//!     .await?;
//! let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//!     .with_virtual_machine_configuration(machines)
//!     .with_target_dedicated_nodes(2);
//! client.pool().add(pool).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`ImageQuery`] holds the conditions. It lists the supported images when
//! [`newest`](ImageQuery::newest) or [`all`](ImageQuery::all) is awaited. `condition` says what an
//! image is checked for, and `order` which of two images is newer.

mod condition;
mod order;

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::models::{
    ImageInformation, ImageReference, OSType, VerificationType, VirtualMachineConfiguration,
};
use crate::operations::account::Operations;
use crate::{Client, wire::redact};
use condition::Condition;

const OPERATION: &str = "Account_ListSupportedImages";

impl Operations {
    /// Finds images for pools among those that the account supports; see [`images`](crate::images).
    ///
    /// Only images that Batch has verified and whose support has not ended are found, unless the
    /// query says otherwise.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let images = client.account().find_image();
    /// let machines = images.publisher("canonical").sku_prefix("22_04").newest().await?;
    /// println!("{:?}", machines.node_agent_sku_id); // Some("batch.node.ubuntu 22.04")
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "list_supported_images")]
    #[doc(alias = "node_agent_sku_id")]
    #[inline]
    pub fn find_image(&self) -> ImageQuery {
        ImageQuery {
            client: self.client.clone(),
            conditions: Vec::new(),
            unverified: false,
            until: None,
        }
    }
}

/// Conditions on an image, from [`find_image`](Operations::find_image).
///
/// An image has to meet all of them. Names are compared without regard to letter case.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `newest` or `all` is awaited"]
pub struct ImageQuery {
    client: Client,
    conditions: Vec<Condition>,
    unverified: bool,
    until: Option<DateTime<Utc>>,
}

impl ImageQuery {
    /// Only images of this publisher, such as `canonical`.
    #[inline]
    pub fn publisher(self, publisher: impl Into<String>) -> Self {
        self.with(Condition::Publisher(publisher.into()))
    }

    /// Only images of this offer, such as `ubuntu-24_04-lts`.
    #[inline]
    pub fn offer(self, offer: impl Into<String>) -> Self {
        self.with(Condition::Offer(offer.into()))
    }

    /// Only images whose offer begins so.
    #[inline]
    pub fn offer_prefix(self, prefix: impl Into<String>) -> Self {
        self.with(Condition::OfferPrefix(prefix.into()))
    }

    /// Only images with this SKU, such as `22_04-lts`.
    #[inline]
    pub fn sku(self, sku: impl Into<String>) -> Self {
        self.with(Condition::Sku(sku.into()))
    }

    /// Only images whose SKU begins so, such as `22_04`.
    #[inline]
    pub fn sku_prefix(self, prefix: impl Into<String>) -> Self {
        self.with(Condition::SkuPrefix(prefix.into()))
    }

    /// Only images of this operating system.
    #[inline]
    pub fn os(self, os: impl Into<OSType>) -> Self {
        self.with(Condition::Os(os.into()))
    }

    /// Only images that run this node agent, such as `batch.node.ubuntu 24.04`.
    #[inline]
    pub fn node_agent(self, sku_id: impl Into<String>) -> Self {
        self.with(Condition::NodeAgent(sku_id.into()))
    }

    /// Only images with this capability, such as `DockerCompatible` for container tasks. Several
    /// calls ask for several capabilities.
    #[inline]
    pub fn capability(self, capability: impl Into<String>) -> Self {
        self.with(Condition::Capability(capability.into()))
    }

    /// Also images that Batch has not verified to work with their node agent.
    #[inline]
    pub fn include_unverified(mut self) -> Self {
        self.unverified = true;
        self
    }

    /// Only images that Batch supports until this time at least; now by default. An image without
    /// an end of support meets every time.
    #[inline]
    pub fn supported_until(mut self, time: DateTime<Utc>) -> Self {
        self.until = Some(time);
        self
    }

    /// The newest image that meets the conditions, with its node agent.
    ///
    /// The numbers in the SKU decide, compared from left to right: `22_04-lts` is newer than
    /// `20_04-lts`, and `2022-datacenter` than `2019-datacenter`. A SKU without numbers counts as
    /// those of its offer, such as `server` of `ubuntu-24_04-lts`. Among equals, the shortest SKU
    /// is chosen, which is the one without extras such as `-smalldisk` or `-gen2`.
    ///
    /// # Errors
    ///
    /// The errors of the listing, and one of which [`Error::is_invalid_request`] is true if no
    /// image meets the conditions; it names the image that comes nearest.
    #[inline]
    pub async fn newest(self) -> Result<VirtualMachineConfiguration, Error> {
        let listed = self.list().await?;
        match self.ranked(&listed).first() {
            Some(image) => Ok(configuration(image)),
            None => Err(Error::refused(OPERATION, self.nothing_found(&listed))),
        }
    }

    /// All images that meet the conditions, the newest first. An empty list is not an error.
    ///
    /// # Errors
    ///
    /// The errors of the listing.
    #[inline]
    pub async fn all(self) -> Result<Vec<ImageInformation>, Error> {
        let listed = self.list().await?;
        Ok(self.ranked(&listed).into_iter().cloned().collect())
    }

    #[inline]
    fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Lists all images, so that an error can name the nearest one.
    #[inline]
    async fn list(&self) -> Result<Vec<ImageInformation>, Error> {
        let images = self.client.account().list_supported_images();
        images.stream().try_collect().await
    }

    #[inline]
    fn ranked<'a>(&self, listed: &'a [ImageInformation]) -> Vec<&'a ImageInformation> {
        let found = listed.iter().filter(|image| {
            image.image_reference.is_some()
                && image.node_agent_sku_id.is_some()
                && self.failed(image).is_empty()
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_cached_key(|image| order::key(image));
        found
    }

    /// The conditions that the image does not meet.
    #[inline]
    fn failed(&self, image: &ImageInformation) -> Vec<String> {
        let conditions = self.conditions.iter();
        let failed = conditions.filter(|condition| !condition.is_met_by(image));
        let mut failed: Vec<String> = failed.map(ToString::to_string).collect();
        if !self.unverified && image.verification_type != Some(VerificationType::Verified) {
            failed.push("verified".to_owned());
        }
        let until = self.until.unwrap_or_else(Utc::now);
        if image
            .batch_support_end_of_life
            .is_some_and(|end| end < until)
        {
            failed.push(format!("supported until {}", until.format("%Y-%m-%d")));
        }
        failed
    }

    #[inline]
    fn nothing_found(&self, listed: &[ImageInformation]) -> String {
        let asked: Vec<String> = self.conditions.iter().map(ToString::to_string).collect();
        let asked = if asked.is_empty() {
            "is verified and supported".to_owned()
        } else {
            format!("has {}", asked.join(", "))
        };
        let text = format!(
            "cannot find an image: none of the {} supported images {asked}",
            listed.len()
        );
        let nearest = listed
            .iter()
            .min_by_key(|image| (self.failed(image).len(), order::key(image)));
        let text = match nearest {
            Some(image) => format!(
                "{text}; the nearest is {}, which fails {}",
                name(image),
                self.failed(image).join(", ")
            ),
            None => text,
        };
        redact::text(&text).into_owned()
    }
}

#[inline]
fn configuration(image: &ImageInformation) -> VirtualMachineConfiguration {
    let agent = image.node_agent_sku_id.clone().unwrap_or_default();
    VirtualMachineConfiguration::new(
        image
            .image_reference
            .as_deref()
            .cloned()
            .unwrap_or_default(),
        agent,
    )
}

/// `canonical ubuntu-24_04-lts server`.
#[inline]
fn name(image: &ImageInformation) -> String {
    let unnamed = ImageReference::default();
    let image = image.image_reference.as_deref().unwrap_or(&unnamed);
    let parts = [&image.publisher, &image.offer, &image.sku];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests;
