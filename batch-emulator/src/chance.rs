//! Deterministic pseudo-random numbers: each depends only on its inputs and is the same in every
//! run.

/// Mixes several numbers into one. Changing any bit of any input changes about half of the output
/// bits.
pub(crate) fn mix(numbers: &[u64]) -> u64 {
    numbers
        .iter()
        .fold(0, |mixed, number| finish(mixed ^ finish(*number)))
}

/// Hashes a string to a number.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |mixed, byte| {
        finish(mixed ^ u64::from(byte))
    })
}

/// Returns true if an event with this probability happens for these numbers.
pub(crate) fn happens(probability: f64, numbers: &[u64]) -> bool {
    // A double holds exactly the 53 highest bits.
    #[allow(clippy::cast_precision_loss)]
    let at = (mix(numbers) >> 11) as f64 / (1u64 << 53) as f64;
    at < probability
}

/// Returns the next number of a seed and advances the seed.
pub(crate) fn next(seed: &mut u64) -> u64 {
    let number = finish(*seed);
    *seed = seed.wrapping_add(STEP);
    number
}

/// Increment that `SplitMix64` adds to its seed for each number.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finishing step of `SplitMix64`.
fn finish(number: u64) -> u64 {
    let mixed = number.wrapping_add(STEP);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_is_about_what_it_says() {
        for (probability, low, high) in [
            (0.0, 0, 0),
            (0.1, 900, 1100),
            (0.5, 4800, 5200),
            (1.0, 10_000, 10_000),
        ] {
            let hits = (0..10_000)
                .filter(|&n| happens(probability, &[7, n]))
                .count();
            assert!((low..=high).contains(&hits), "{probability}: {hits}");
        }
    }

    #[test]
    fn every_number_counts() {
        let found = [
            mix(&[1, 2]),
            mix(&[2, 1]),
            mix(&[1, 2, 0]),
            mix(&[1]),
            hash("a"),
            hash("b"),
            hash(""),
        ];
        let mut unique = found.to_vec();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), found.len());
    }
}
