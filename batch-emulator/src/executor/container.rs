//! Containers: the command lines of docker and podman, by which tasks with container settings run.
//!
//! Source: description of `TaskContainerSettings`: the image, the options, the working directory,
//! and that the node's folders are mounted at their own paths. Secrets are not in command lines,
//! which every user of the machine can read: passwords go to the standard input, and environment
//! settings through the environment of docker or podman.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::environment;
use super::program::start_failure;
use crate::config::Containers;
use crate::folders::Folders;
use crate::registries::{Registries, Registry};
use crate::state::orders::{Container, Launch};
use crate::state::report::Failure;

/// Variables of docker and podman themselves, whose values for a container are in the command line.
const OF_ENGINES: [&str; 8] = [
    "PATH",
    "HOME",
    "DOCKER_",
    "BUILDKIT_",
    "CONTAINER",
    "REGISTRY_",
    "XDG_",
    "TMPDIR",
];
/// Number of characters of an error message that a failure shows.
const SHOWN: usize = 500;

/// Runs containers.
#[derive(Debug)]
pub(super) struct Engine {
    program: &'static str,
    registries: Arc<Registries>,
    /// Number of containers so far.
    count: AtomicU64,
}

impl Engine {
    pub(super) fn new(containers: Containers, registries: Arc<Registries>) -> Option<Self> {
        let program = match containers {
            Containers::Plain => return None,
            Containers::Docker => "docker",
            Containers::Podman => "podman",
        };
        Some(Self {
            program,
            registries,
            count: AtomicU64::new(0),
        })
    }

    pub(super) fn program(&self) -> &'static str {
        self.program
    }

    /// Pulls an image unless it is there.
    pub(super) async fn pull(&self, container: &Container) -> Result<(), Failure> {
        let image = container.image.as_str();
        if image.is_empty() || image.starts_with('-') {
            return Err(bad_image(image, "It is not the name of an image."));
        }
        let found = self.call(&["image", "inspect", image], None, None).await?;
        if found.status.success() {
            return Ok(());
        }
        // The login must not change the user's own.
        let folder = tempfile::tempdir().map_err(|error| bad_image(image, &error.to_string()))?;
        let mut own = None;
        if let Some(registry) = container.registries.iter().find(|known| known.has(image))
            && let Some(password) = self.registries.password(registry)
        {
            own = Some(folder.path());
            let Registry { server, user } = registry;
            let login = ["login", "--username", user, "--password-stdin", server];
            let login = self.call(&login, own, Some(&password)).await?;
            succeeded(image, &login)?;
        }
        succeeded(image, &self.call(&["pull", image], own, None).await?)
    }

    /// Runs the engine to its end.
    async fn call(
        &self,
        arguments: &[&str],
        config: Option<&Path>,
        input: Option<&str>,
    ) -> Result<Output, Failure> {
        let mut command = Command::new(self.program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(folder) = config {
            command
                .env("DOCKER_CONFIG", folder)
                .env("REGISTRY_AUTH_FILE", folder.join("auth.json"));
        }
        let run = async {
            let mut child = command.spawn()?;
            // Dropping it ends the input. A program that has not read it says why.
            if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
                let _ = pipe.write_all(input.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        run.await.map_err(|error: io::Error| self.absent(&error))
    }

    /// Creates the failure for an engine that cannot be run.
    pub(super) fn absent(&self, error: &io::Error) -> Failure {
        let text = format!(
            "cannot run {}: {error}; install it, or start the emulator with --containers plain",
            self.program
        );
        start_failure("ContainerPoolNotSupported", &text)
    }

    /// Returns the command that runs a program in its container, and a guard that ends the
    /// container.
    pub(super) fn command(
        &self,
        launch: &Launch,
        container: &Container,
        words: &[String],
        (folders, endpoint): (&Folders, &str),
    ) -> Result<(Command, Running), Failure> {
        let options = shlex::split(&container.options).ok_or_else(|| {
            let text = "containerRunOptions have an unclosed quotation.";
            start_failure("CommandLaunchFailed", text)
        })?;
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let name = format!("batch-emulator-{}-{count}", std::process::id());
        let mut command = Command::new(self.program);
        command.args(["run", "--rm", "--name", &name]);
        for (path, read_only) in mounts(launch, container) {
            let path = folders.path(&launch.node, &path);
            command.arg("--mount").arg(mount(&path, read_only));
        }
        if !container.own_directory {
            let wd = format!("{}/wd", launch.directory);
            let wd = folders.path(&launch.node, &wd);
            command.arg("--workdir").arg(wd);
        }
        // The last value applies.
        let variables: BTreeMap<_, _> = environment::own(launch, folders, endpoint)
            .into_iter()
            .collect();
        for (name, value) in variables {
            command.arg("--env");
            if OF_ENGINES.iter().any(|start| name.starts_with(start)) {
                command.arg(format!("{name}={value}"));
            } else {
                command.arg(&name).env(&name, value);
            }
        }
        command.args(options).arg(&container.image).args(words);
        let program = self.program;
        Ok((command, Running { program, name }))
    }
}

/// Returns the folders of the node that a container sees, and whether it may only read them.
///
/// Source: descriptions of `containerHostBatchBindMounts` and `ContainerHostDataPath`: without a
/// list, the whole folder of the node. A mount that does not exist for the task is left out.
fn mounts(launch: &Launch, container: &Container) -> Vec<(String, bool)> {
    let Some(mounts) = &container.mounts else {
        return vec![(String::new(), false)];
    };
    let path = |source: &str| match source.to_ascii_lowercase().as_str() {
        "shared" => Some("shared".to_owned()),
        "startup" => Some("startup".to_owned()),
        "applications" => Some("applications".to_owned()),
        "task" => Some(launch.directory.clone()),
        "jobprep" => launch.preparation.clone(),
        _ => None,
    };
    let known = |(source, read_only): &(String, bool)| Some((path(source)?, *read_only));
    mounts.iter().filter_map(known).collect()
}

fn mount(path: &Path, read_only: bool) -> OsString {
    let mut mount = OsString::from("type=bind,source=");
    mount.push(path);
    mount.push(",target=");
    mount.push(path);
    if read_only {
        mount.push(",readonly");
    }
    mount
}

/// A container that runs. Dropping it ends the container, since ending `docker run` does not.
#[derive(Debug)]
pub(super) struct Running {
    program: &'static str,
    name: String,
}

impl Running {
    /// Accepts that the container has ended.
    pub(super) fn ended(mut self) {
        self.name.clear();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.name.is_empty() {
            // It may have ended. The next program in its folder must not start before.
            let _ = std::process::Command::new(self.program)
                .args(["kill", &self.name])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

fn succeeded(image: &str, output: &Output) -> Result<(), Failure> {
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let text: String = text.trim().chars().take(SHOWN).collect();
    Err(bad_image(image, &text))
}

/// Creates the failure for an image that cannot be pulled.
///
/// Source: users of the live service report the code.
fn bad_image(image: &str, text: &str) -> Failure {
    Failure {
        message: "The image of the container could not be pulled.".to_owned(),
        ..start_failure("ContainerInvalidImage", &format!("{image}: {text}"))
    }
}
