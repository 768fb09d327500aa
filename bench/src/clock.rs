//! CPU time of the current thread, which excludes the server, other threads and other programs.

use std::time::Duration;

/// CPU time of the current thread since its start.
#[cfg(unix)]
pub fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Time since the first call, because there is no safe way to read the CPU time of a thread here.
#[cfg(not(unix))]
pub fn cpu() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
