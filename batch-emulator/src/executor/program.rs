//! One program from order to end: folders, packages, files, process, uploads.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::Once;

use cap_std::fs::Dir;
use tokio::process::Command;

use super::access::Access;
use super::blobs::Blobs;
use super::container::{Engine, Running};
use super::groups::{Group, Groups};
use super::upload::Outputs;
use super::{environment, fetch, limits, packages};
use crate::config::Containers;
use crate::folders::{Folders, new_file};
use crate::state::orders::Launch;
use crate::state::report::{End, Failure};

/// State shared by all programs.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) folders: Arc<Folders>,
    pub(super) groups: Groups,
    pub(super) blobs: Blobs,
    pub(super) access: Access,
    pub(super) endpoint: String,
    pub(super) packages: Option<PathBuf>,
    pub(super) containers: Option<Containers>,
    /// The engine that runs containers, unless they are plain processes.
    pub(super) engine: Option<Engine>,
    /// Maximum number of bytes of resource files, and of output, of a program.
    pub(super) disk_limit: u64,
    /// Ensures that the missing isolation is reported once.
    pub(super) warned: Once,
}

/// Creates the failure for a program that cannot be started.
pub(super) fn start_failure(code: &str, text: &str) -> Failure {
    Failure {
        server: false,
        code: code.to_owned(),
        message: "The program of the task could not be started.".to_owned(),
        details: vec![("Message".to_owned(), text.to_owned())],
    }
}

/// Creates the failure for output beyond the limit.
///
/// No source for the code; chosen because it is that of a node whose disk is full.
fn too_much_output() -> Failure {
    Failure {
        message: "The program of the task was ended because of its output.".to_owned(),
        ..start_failure("DiskFull", &limits::exceeded().to_string())
    }
}

/// Creates the failure for a folder error, which is an error of this service.
fn no_folder(error: &io::Error) -> Failure {
    Failure {
        server: true,
        ..start_failure("ResourceDirectoryCreateFailed", &error.to_string())
    }
}

impl Runner {
    /// Runs a program with everything that belongs to it. Processes that it leaves behind run until
    /// the group is dropped.
    pub(super) async fn perform(&self, launch: &Launch) -> (End, Option<Group>) {
        match self.prepare(launch).await {
            Ok(dir) => self.run(launch, &dir).await,
            Err(failure) => (failed(failure), None),
        }
    }

    async fn prepare(&self, launch: &Launch) -> Result<Dir, Failure> {
        match (&launch.container, self.containers) {
            (None, _) => {}
            (Some(container), Some(Containers::Docker | Containers::Podman)) => {
                if let Some(engine) = &self.engine {
                    engine.pull(container).await?;
                }
            }
            (Some(_), Some(Containers::Plain)) => self.warned.call_once(|| {
                eprintln!(
                    "batch-emulator: tasks with container settings run as plain processes, without their image"
                );
            }),
            (Some(_), None) => {
                let text = "Containers are not supported; omit containerSettings, or start the emulator with \
                    --containers plain, docker or podman.";
                return Err(start_failure("ContainerPoolNotSupported", text));
            }
        }
        let dir = self.folders.make(&launch.node, &launch.directory);
        let dir = dir.map_err(|error| no_folder(&error))?;
        let node = self.folders.node(&launch.node);
        let node = Arc::new(node.map_err(|error| no_folder(&error))?);
        for package in &launch.packages {
            let (node, packages) = (node.clone(), self.packages.clone());
            let package = package.clone();
            let deploy = move || packages::deploy(&node, packages.as_deref(), &package);
            let deployed = tokio::task::spawn_blocking(deploy).await;
            deployed
                .map_err(|error| start_failure("CommandLaunchFailed", &error.to_string()))??;
        }
        let mut left = self.disk_limit;
        for file in &launch.common_files.0 {
            fetch::fetch(&self.blobs, &self.access, file, &dir, &mut left).await?;
        }
        let wd = dir.open_dir("wd").map_err(|error| no_folder(&error))?;
        for file in &launch.resource_files.0 {
            fetch::fetch(&self.blobs, &self.access, file, &wd, &mut left).await?;
        }
        Ok(dir)
    }

    async fn run(&self, launch: &Launch, dir: &Dir) -> (End, Option<Group>) {
        let (mut child, group, container) = match self.start(launch, dir) {
            Ok(started) => started,
            Err(failure) => return (failed(failure), None),
        };
        let status = tokio::select! {
            status = child.wait() => {
                if let Some(container) = container {
                    container.ended();
                }
                status
            }
            () = limits::overflow(dir, self.disk_limit) => {
                drop((group, container));
                let _ = child.wait().await;
                return (failed(too_much_output()), None);
            }
        };
        let code = match status {
            Ok(status) => exit_code(status),
            Err(error) => {
                let failure = start_failure("CommandLaunchFailed", &error.to_string());
                return (failed(failure), None);
            }
        };
        // A coordination command may leave background processes running on purpose.
        let group = launch.keeps_background.then_some(group);
        let mut end = End::exit(code);
        if code == 0 || !launch.tried_again {
            let path = self.folders.path(&launch.node, &launch.directory);
            let outputs = Outputs {
                blobs: &self.blobs,
                access: &self.access,
                dir,
                path: &path,
                files: &launch.output_files.0,
            };
            end.failure = outputs.upload(code).await;
        }
        (end, group)
    }

    fn start(
        &self,
        launch: &Launch,
        dir: &Dir,
    ) -> Result<(tokio::process::Child, Group, Option<Running>), Failure> {
        let (mut command, container) = self.command(launch)?;
        let output = |name: &str| {
            let file = new_file(dir, Path::new(name), 0o644)?;
            Ok::<_, io::Error>(Stdio::from(file.into_std()))
        };
        command
            .current_dir(
                self.folders
                    .path(&launch.node, &format!("{}/wd", launch.directory)),
            )
            .stdin(Stdio::null())
            .stdout(output("stdout.txt").map_err(|error| no_folder(&error))?)
            .stderr(output("stderr.txt").map_err(|error| no_folder(&error))?);
        let (child, group) = self.groups.spawn(&mut command).map_err(|error| {
            let program = command.as_std().get_program().to_string_lossy();
            let text = format!("{program}: {error}");
            match &self.engine {
                Some(engine) if container.is_some() => engine.absent(&error),
                _ if error.kind() == io::ErrorKind::NotFound => {
                    start_failure("CommandProgramNotFound", &text)
                }
                _ => start_failure("CommandLaunchFailed", &text),
            }
        })?;
        Ok((child, group, container))
    }

    /// Returns the command of a program, and its container if it has one.
    fn command(&self, launch: &Launch) -> Result<(Command, Option<Running>), Failure> {
        let unclosed = || {
            let text = "The command line is empty or has an unclosed quotation.";
            start_failure("CommandLaunchFailed", text)
        };
        let words = shlex::split(&launch.command_line).ok_or_else(unclosed)?;
        if let (Some(container), Some(engine)) = (&launch.container, &self.engine) {
            let place = (&*self.folders, self.endpoint.as_str());
            let (command, running) = engine.command(launch, container, &words, place)?;
            return Ok((command, Some(running)));
        }
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().ok_or_else(unclosed)?);
        let variables = environment::of(launch, &self.folders, &self.endpoint);
        command.args(words).env_clear().envs(variables);
        Ok((command, None))
    }
}

fn failed(failure: Failure) -> End {
    End {
        exit_code: None,
        failure: Some(failure),
    }
}

/// Returns the exit code as a shell does: 128 plus the number of the signal that ended the process.
fn exit_code(status: ExitStatus) -> i32 {
    let by_signal = || status.signal().map_or(-1, |signal| 128 + signal);
    status.code().unwrap_or_else(by_signal)
}
