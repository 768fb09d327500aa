//! The bound of what the emulator itself writes for a program: its resource files, and its output.
//!
//! Other files that a program writes are not limited, as without the emulator.

use std::io;
use std::time::Duration;

use cap_std::fs::Dir;

/// Time between two looks at the size of the output.
const INTERVAL: Duration = Duration::from_millis(200);

/// Returns once stdout and stderr together have more bytes than a limit.
pub(super) async fn overflow(dir: &Dir, limit: u64) {
    let size = |name| dir.metadata(name).map_or(0, |file| file.len());
    while size("stdout.txt").saturating_add(size("stderr.txt")) <= limit {
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Returns the error for more bytes than the limit.
pub(super) fn exceeded() -> io::Error {
    io::Error::other("more bytes than --disk-limit allows")
}
