//! Numbers that look random and are the same in every run: they depend on what is put in, and on
//! nothing else.

/// Mixes numbers to one; a change in any bit of any of them changes about half of its bits.
pub(crate) fn mix(numbers: &[u64]) -> u64 {
    numbers
        .iter()
        .fold(0, |mixed, number| finish(mixed ^ finish(*number)))
}

/// A number for a text.
pub(crate) fn of_text(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |mixed, byte| {
        finish(mixed ^ u64::from(byte))
    })
}

/// Whether what has this probability happens for these numbers.
pub(crate) fn happens(probability: f64, numbers: &[u64]) -> bool {
    // The 53 highest bits are as many as a double holds.
    #[allow(clippy::cast_precision_loss)]
    let at = (mix(numbers) >> 11) as f64 / (1u64 << 53) as f64;
    at < probability
}

/// The next number of a seed, which moves on.
pub(crate) fn next(seed: &mut u64) -> u64 {
    let number = finish(*seed);
    *seed = seed.wrapping_add(STEP);
    number
}

/// How far `SplitMix64` moves its seed for each number.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A step of `SplitMix64`.
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
            of_text("a"),
            of_text("b"),
            of_text(""),
        ];
        let mut unique = found.to_vec();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), found.len());
    }
}
