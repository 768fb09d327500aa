//! A short ASCII text on the stack: what [`timestamp`](crate::timestamp) and
//! [`TimeSpan`](crate::TimeSpan) write into, so that encoding a model allocates nothing.

/// Room for the longest text: a time in a year of six digits with its sign has 31 bytes, the
/// longest duration 29.
const CAPACITY: usize = 32;

/// The text. Writing more than the capacity is a bug of this crate and panics.
pub(crate) struct Ascii {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Ascii {
    pub(crate) fn new() -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
        }
    }

    /// Appends an ASCII character.
    pub(crate) fn push(&mut self, byte: u8) {
        debug_assert!(byte.is_ascii());
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    /// Appends a number, without leading zeros.
    pub(crate) fn number(&mut self, value: u64) {
        self.digits(value, value.checked_ilog10().unwrap_or(0) as usize + 1);
    }

    /// Appends the last `width` digits of a number, with leading zeros.
    pub(crate) fn digits(&mut self, mut value: u64, width: usize) {
        let end = self.length + width;
        for place in self.bytes[self.length..end].iter_mut().rev() {
            *place = last_digit(value);
            value /= 10;
        }
        self.length = end;
    }

    /// Appends a point and a fraction of a second in ticks, without trailing zeros; nothing for
    /// zero.
    pub(crate) fn fraction(&mut self, ticks: u64) {
        if ticks == 0 {
            return;
        }
        self.push(b'.');
        self.digits(ticks, 7);
        while self.bytes[self.length - 1] == b'0' {
            self.length -= 1;
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        // Always ASCII; checking so few bytes is cheaper than an allocation.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

fn last_digit(value: u64) -> u8 {
    // Below 10, so that the lowest byte is all of it.
    b'0' + (value % 10).to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Ascii)) -> String {
        let mut text = Ascii::new();
        write(&mut text);
        text.as_str().to_owned()
    }

    #[test]
    fn fractions_have_no_trailing_zero() {
        for (ticks, text) in [
            (0, ""),
            (1, ".0000001"),
            (5_000_000, ".5"),
            (9_999_999, ".9999999"),
        ] {
            assert_eq!(written(|to| to.fraction(ticks)), text);
        }
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn more_than_the_capacity_panics() {
        written(|to| (0..=CAPACITY).for_each(|_| to.digits(0, 1)));
    }

    proptest! {
        #[test]
        fn numbers_are_as_the_standard_library_writes_them(value: u64, width in 1_usize..=20) {
            prop_assert_eq!(written(|to| to.number(value)), value.to_string());
            let long = format!("{value:020}");
            prop_assert_eq!(written(|to| to.digits(value, width)), &long[20 - width..]);
        }
    }
}
