//! `print!` and `println!` for all of xtask: if the reader closes the pipe, as `head` does, the
//! command continues.
//!
//! The macros of the standard library panic if standard output is closed, and a panic in the middle
//! of a command would leave its work incomplete. `main` declares this module first, so that these
//! macros replace the others everywhere.

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
/// Panics if standard output is open but cannot be written, as on a full disk: lost output must not
/// look like success.
pub(crate) fn say(text: Arguments<'_>) {
    if let Err(error) = write_unless_closed(&mut io::stdout().lock(), text) {
        panic!("cannot print: {error}");
    }
}

/// Writes a text; a closed pipe is not an error.
pub(crate) fn write_unless_closed(to: &mut impl Write, text: Arguments<'_>) -> io::Result<()> {
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
    fn a_full_disk_is_an_error_but_a_closed_pipe_is_not() {
        write_unless_closed(&mut Closed(ErrorKind::BrokenPipe), format_args!("x"))
            .expect("nobody reads");
        let full = write_unless_closed(&mut Closed(ErrorKind::StorageFull), format_args!("x"));
        assert_eq!(full.map_err(|e| e.kind()), Err(ErrorKind::StorageFull));
    }
}
