//! `print!` and `println!` for the whole of xtask: who reads may stop, as `head` does, and the work
//! goes on.
//!
//! Those of the standard library panic where standard output is closed, and a panic in the middle
//! of a command would leave its work undone. `main` names this module first, so that all others see
//! these in place of those.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

macro_rules! print {
    ($($text:tt)*) => { $crate::say::say(format_args!($($text)*)) };
}

macro_rules! println {
    () => { $crate::say::say(format_args!("\n")) };
    ($($text:tt)*) => { $crate::say::say(format_args!("{}\n", format_args!($($text)*))) };
}

/// Prints.
///
/// # Panics
///
/// Where standard output is open and takes nothing, as on a full disk: a page that nobody gets is
/// no success.
pub(crate) fn say(text: Arguments<'_>) {
    if let Err(error) = written(&mut io::stdout().lock(), text) {
        panic!("cannot print: {error}");
    }
}

/// Writes what a reader takes; one that has gone is no error.
pub(crate) fn written(to: &mut impl Write, text: Arguments<'_>) -> io::Result<()> {
    match to.write_fmt(text).and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails every write in one way.
    struct Closed(ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_has_gone_is_no_error_and_a_full_disk_is() {
        written(&mut Closed(ErrorKind::BrokenPipe), format_args!("x")).expect("nobody reads");
        let full = written(&mut Closed(ErrorKind::StorageFull), format_args!("x"));
        assert_eq!(full.map_err(|e| e.kind()), Err(ErrorKind::StorageFull));
    }
}
