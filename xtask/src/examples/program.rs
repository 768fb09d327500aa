//! One example as a program: run to its end, without a reader of its output, or interrupted.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::service::{self, ENVIRONMENT};

/// A program with its argument and environment.
pub(super) struct Example<'a> {
    pub(super) program: &'a Path,
    pub(super) argument: Option<String>,
    /// The account that it uses; without one, it starts its own emulator.
    pub(super) environment: Option<[(&'static str, String); 3]>,
    pub(super) limit: Duration,
}

impl Example<'_> {
    /// Runs the program; returns the combined output of both streams. A status other than 0, the
    /// time limit and files that are left behind are errors.
    pub(super) fn run(&self) -> Result<String> {
        let (log, temporary) = (self.log(), self.temporary()?);
        // A file takes any amount of output and does not wait for processes that the program left
        // running. It stays for later inspection.
        let printed =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut child = self
            .command(&temporary)
            .stdout(printed.try_clone()?)
            .stderr(printed)
            .spawn()?;
        let status = wait_with_limit(&mut child, self.limit)?;
        let printed = read(&log)?;
        let status = status.with_context(|| {
            let seconds = self.limit.as_secs();
            format!("it was killed after {seconds} s, the time limit, and printed\n{printed}")
        })?;
        ensure!(status.success(), "{status}, and it printed\n{printed}");
        remove_if_empty(&temporary)?;
        Ok(printed)
    }

    /// Runs the program while nobody reads its output, as in `quickstart | true`. It has to end
    /// with status 0 and nothing on stderr.
    pub(super) fn run_without_reader(&self) -> Result<()> {
        let (log, temporary) = (self.log(), self.temporary()?);
        let mut child = self
            .command(&temporary)
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        drop(child.stdout.take());
        let status = wait_with_limit(&mut child, self.limit)?;
        let printed = read(&log)?;
        let ended_quietly = status.is_some_and(|status| status.success()) && printed.is_empty();
        ensure!(
            ended_quietly,
            "without a reader of its output, it ends with {status:?} and prints {printed:?}"
        );
        remove_if_empty(&temporary)
    }

    /// Sends Ctrl-C to the program once it has printed the text. It has to end with an error that
    /// says so, and to leave no files behind.
    pub(super) fn interrupt_after(&self, text: &str) -> Result<()> {
        let (log, temporary) = (self.log(), self.temporary()?);
        let printed = File::create(&log)?;
        let mut child = self
            .command(&temporary)
            .stdout(printed.try_clone()?)
            .stderr(printed)
            .spawn()?;
        let begun = Instant::now();
        while !read(&log)?.contains(text) && begun.elapsed() < self.limit {
            sleep(Duration::from_millis(5));
        }
        service::interrupt(&child)?;
        let status = wait_with_limit(&mut child, self.limit)?;
        let printed = read(&log)?;
        ensure!(
            status.is_some_and(|status| status.code() == Some(1))
                && printed.contains("interrupted"),
            "it ends with {status:?}, and it printed\n{printed}"
        );
        remove_if_empty(&temporary)
    }

    fn command(&self, temporary: &Path) -> Command {
        let mut command = Command::new(self.program);
        // Those of a shell would direct the example to a real account, or lengthen its errors.
        for name in ENVIRONMENT.into_iter().chain(["RUST_BACKTRACE"]) {
            command.env_remove(name);
        }
        for name in ["TMPDIR", "TMP", "TEMP"] {
            command.env(name, temporary);
        }
        command.stdin(Stdio::null()).args(&self.argument);
        command.envs(self.environment.iter().flatten().cloned());
        command
    }

    fn log(&self) -> PathBuf {
        self.program.with_extension("log")
    }

    /// Creates an empty folder for the program's temporary files.
    fn temporary(&self) -> Result<PathBuf> {
        let folder = self.program.with_extension("tmp");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }
}

fn read(log: &Path) -> Result<String> {
    let printed = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

fn remove_if_empty(folder: &Path) -> Result<()> {
    if let Some(left) = fs::read_dir(folder)?.next() {
        let left = left?.path();
        anyhow::bail!("it leaves {} behind", left.display());
    }
    Ok(fs::remove_dir(folder)?)
}

/// Waits for the end of a program. It is killed at the time limit, and then has no status.
pub(super) fn wait_with_limit(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

#[cfg(all(test, unix))]
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a path to the method has one lifetime, and the argument any"
)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;

    /// Runs a script as an example.
    fn with_script<T>(script: &str, work: impl FnOnce(&Example) -> T) -> T {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("example");
        fs::write(&program, format!("#!/bin/sh\n{script}")).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("permissions");
        work(&Example {
            program: &program,
            argument: Some("argument".to_owned()),
            environment: None,
            limit: Duration::from_secs(5),
        })
    }

    #[test]
    fn a_failure_shows_both_streams() {
        let error =
            with_script("echo $1; echo err >&2; exit 3", |example| example.run()).unwrap_err();
        assert!(error.to_string().contains("argument\nerr\n"), "{error}");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert_eq!(
            with_script("echo fine", |example| example.run()).unwrap(),
            "fine\n"
        );
    }

    #[test]
    fn a_program_is_killed_at_the_time_limit() {
        let begun = Instant::now();
        let error = with_script("echo begun; exec sleep 1000", |example| {
            let limit = Duration::from_millis(300);
            let argument = example.argument.clone();
            let quick = Example {
                limit,
                argument,
                environment: None,
                ..*example
            };
            quick.run()
        });
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("time limit") && error.ends_with("begun\n"),
            "{error}"
        );
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn files_that_are_left_behind_are_errors() {
        let error = with_script("touch $TMPDIR/left", |example| example.run()).unwrap_err();
        assert!(error.to_string().contains("left behind"), "{error}");
    }

    #[test]
    fn a_closed_pipe_has_to_be_quiet() {
        with_script(
            "trap '' PIPE; sleep 0.1; echo x 2>/dev/null; exit 0",
            |example| example.run_without_reader(),
        )
        .unwrap();
        let error =
            with_script("echo panicked >&2", |example| example.run_without_reader()).unwrap_err();
        assert!(error.to_string().contains("panicked"), "{error}");
    }

    /// A shell cannot trap a signal that was ignored when it started, as SIGINT is in the
    /// background of a script. From a process that handles the signal, it starts with the default.
    fn handle_interrupts() {
        let as_usual = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal_hook::consts::SIGINT, as_usual)
            .unwrap();
    }

    #[test]
    fn ctrl_c_has_to_end_it() {
        handle_interrupts();
        let script = "trap 'echo interrupted; exit 1' INT; echo ready; sleep 0.5; sleep 0.5";
        with_script(script, |example| example.interrupt_after("ready")).unwrap();
        let script = "trap '' INT; echo ready; sleep 0.2";
        with_script(script, |example| example.interrupt_after("ready")).unwrap_err();
    }
}
