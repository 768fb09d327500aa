//! Time that this thread has spent on the processor: what the server, other threads and other
//! programs do is not counted.

use std::time::Duration;

/// CPU time of the current thread since it began.
#[cfg(unix)]
pub fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Time since the first call: there is no safe way to the CPU time of a thread here.
#[cfg(not(unix))]
pub fn cpu() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
