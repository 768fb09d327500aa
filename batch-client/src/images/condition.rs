//! Conditions on an image.

use std::fmt;

use crate::models::{ImageInformation, ImageReference, OSType};

/// A condition on an image.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Publisher(String),
    Offer(String),
    OfferPrefix(String),
    Sku(String),
    SkuPrefix(String),
    Os(OSType),
    NodeAgent(String),
    Capability(String),
}

impl Condition {
    #[inline]
    pub(super) fn is_met_by(&self, image: &ImageInformation) -> bool {
        let reference = |part: fn(&ImageReference) -> Option<&String>| {
            let part = image.image_reference.as_deref().and_then(part);
            part.map(String::as_str).unwrap_or_default()
        };
        match self {
            Self::Publisher(name) => reference(|r| r.publisher.as_ref()).eq_ignore_ascii_case(name),
            Self::Offer(name) => reference(|r| r.offer.as_ref()).eq_ignore_ascii_case(name),
            Self::OfferPrefix(prefix) => begins(reference(|r| r.offer.as_ref()), prefix),
            Self::Sku(name) => reference(|r| r.sku.as_ref()).eq_ignore_ascii_case(name),
            Self::SkuPrefix(prefix) => begins(reference(|r| r.sku.as_ref()), prefix),
            Self::Os(os) => image.os_type.as_ref() == Some(os),
            Self::NodeAgent(name) => {
                let agent = image.node_agent_sku_id.as_deref().unwrap_or_default();
                agent.eq_ignore_ascii_case(name)
            }
            Self::Capability(name) => {
                let mut capabilities = image.capabilities.iter().flatten();
                capabilities.any(|capability| capability.eq_ignore_ascii_case(name))
            }
        }
    }
}

#[inline]
fn begins(text: &str, prefix: &str) -> bool {
    let start = text.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl fmt::Display for Condition {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publisher(name) => write!(f, "publisher `{name}`"),
            Self::Offer(name) => write!(f, "offer `{name}`"),
            Self::OfferPrefix(prefix) => write!(f, "offer `{prefix}*`"),
            Self::Sku(name) => write!(f, "SKU `{name}`"),
            Self::SkuPrefix(prefix) => write!(f, "SKU `{prefix}*`"),
            Self::Os(os) => write!(f, "operating system `{os}`"),
            Self::NodeAgent(name) => write!(f, "node agent `{name}`"),
            Self::Capability(name) => write!(f, "capability `{name}`"),
        }
    }
}
