//! Which of two images is newer.

use std::cmp::Reverse;

use crate::models::{ImageInformation, ImageReference};

/// Sorts the newest image first: by the numbers of its SKU, then the plainest SKU.
#[inline]
pub(super) fn key(image: &ImageInformation) -> (Reverse<Vec<u64>>, usize, String) {
    let unnamed = ImageReference::default();
    let image = image.image_reference.as_deref().unwrap_or(&unnamed);
    let sku = image.sku.as_deref().unwrap_or_default();
    let mut numbers = numbers(sku);
    if numbers.is_empty() {
        numbers = self::numbers(image.offer.as_deref().unwrap_or_default());
    }
    (Reverse(numbers), sku.len(), sku.to_owned())
}

/// The numbers of a name: 22 and 4 in `22_04-lts-gen2`, whose generation is not a version.
#[inline]
fn numbers(name: &str) -> Vec<u64> {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter_map(|word| word.parse().ok()).collect()
}
