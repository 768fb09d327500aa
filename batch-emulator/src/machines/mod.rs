//! The images and sizes of virtual machines that pools can have: tables of facts, below everything
//! else.
//!
//! Both are selections. The lists of the live service are longer, differ between regions and change
//! over time, so a configuration can allow images and sizes that are not here.

pub(crate) mod images;
pub(crate) mod sizes;

/// The generations of virtual machines that an image or a size is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    First,
    Second,
}
