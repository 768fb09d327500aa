//! Process groups: every program leads one, which ends together with everything that it started.
//!
//! A watchdog, a shell that waits on a pipe, ends the remaining groups if the emulator itself is
//! killed, and removes its temporary folder.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child as Watchdog, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// Tracks the groups that start (`+`) and end (`-`); end of input means that the emulator is gone.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
groups=
while read -r sign group; do
  if [ "$sign" = + ]; then groups="$groups $group"; continue; fi
  left=
  for known in $groups; do [ "$known" = "$group" ] || left="$left $known"; done
  groups=$left
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
[ -z "$1" ] || rm -rf -- "$1"
"#;

/// All running groups.
#[derive(Debug, Clone)]
pub(super) struct Groups(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    running: BTreeSet<i32>,
    closed: bool,
    pipe: Option<ChildStdin>,
    watchdog: Option<Watchdog>,
}

impl Inner {
    /// Notifies the watchdog. If that fails, groups are left behind only if the emulator is killed.
    fn notify(&mut self, sign: char, group: i32) {
        if let Some(pipe) = &mut self.pipe
            && writeln!(pipe, "{sign} {group}").is_err()
        {
            self.pipe = None;
        }
    }
}

impl Groups {
    pub(super) fn start(temporary: Option<&Path>) -> io::Result<Self> {
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "batch-emulator-watchdog"])
            .arg(temporary.unwrap_or(Path::new("")))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self(Arc::new(Mutex::new(Inner {
            running: BTreeSet::new(),
            closed: false,
            pipe: watchdog.stdin.take(),
            watchdog: Some(watchdog),
        }))))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a process as the leader of a new group.
    pub(super) fn spawn(
        &self,
        command: &mut tokio::process::Command,
    ) -> io::Result<(Child, Group)> {
        // Holds the lock, so that no group can start while `end` runs.
        let mut inner = self.lock();
        if inner.closed {
            return Err(io::Error::other("the emulator is shutting down"));
        }
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.ok_or_else(|| io::Error::other("the process has no id"))?;
        inner.running.insert(id);
        inner.notify('+', id);
        drop(inner);
        let groups = self.clone();
        Ok((child, Group { id, groups }))
    }

    /// Ends all groups and prevents new ones.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        for id in std::mem::take(&mut inner.running) {
            kill(id);
        }
        // Closing its input ends the watchdog too.
        inner.pipe = None;
        if let Some(mut watchdog) = inner.watchdog.take() {
            drop(inner);
            let _ = watchdog.wait();
        }
    }
}

/// A process group that ends when this is dropped.
#[derive(Debug)]
pub(super) struct Group {
    id: i32,
    groups: Groups,
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut inner = self.groups.lock();
        if inner.running.remove(&self.id) {
            kill(self.id);
            inner.notify('-', self.id);
        }
    }
}

/// The group may already be empty, which is fine.
fn kill(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}
