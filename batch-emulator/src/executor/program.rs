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
use super::groups::{Group, Groups};
use super::upload::Outputs;
use super::{environment, fetch, packages};
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
    /// Ensures that the missing isolation is reported once.
    pub(super) warned: Once,
}

/// Creates the failure for a program that cannot be started.
fn start_failure(code: &str, text: &str) -> Failure {
    Failure {
        server: false,
        code: code.to_owned(),
        message: "The program of the task could not be started.".to_owned(),
        details: vec![("Message".to_owned(), text.to_owned())],
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
        match self.containers {
            _ if !launch.in_container => {}
            Some(Containers::Plain) => self.warned.call_once(|| {
                eprintln!(
                    "batch-emulator: tasks with container settings run as plain processes, without their image"
                );
            }),
            None => {
                let text = "Containers are not supported; omit containerSettings, or start the emulator with \
                    --containers plain.";
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
        for file in &launch.common_files.0 {
            fetch::fetch(&self.blobs, &self.access, file, &dir).await?;
        }
        let wd = dir.open_dir("wd").map_err(|error| no_folder(&error))?;
        for file in &launch.resource_files.0 {
            fetch::fetch(&self.blobs, &self.access, file, &wd).await?;
        }
        Ok(dir)
    }

    async fn run(&self, launch: &Launch, dir: &Dir) -> (End, Option<Group>) {
        let (status, group) = match self.start(launch, dir) {
            Ok((mut child, group)) => (child.wait().await, group),
            Err(failure) => return (failed(failure), None),
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

    fn start(&self, launch: &Launch, dir: &Dir) -> Result<(tokio::process::Child, Group), Failure> {
        let words = shlex::split(&launch.command_line)
            .filter(|words| !words.is_empty())
            .ok_or_else(|| {
                let text = "The command line is empty or has an unclosed quotation.";
                start_failure("CommandLaunchFailed", text)
            })?;
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        let output = |name: &str| {
            let file = new_file(dir, Path::new(name), 0o644)?;
            Ok::<_, io::Error>(Stdio::from(file.into_std()))
        };
        let variables = environment::of(launch, &self.folders, &self.endpoint);
        let mut command = Command::new(&program);
        command
            .args(words)
            .current_dir(
                self.folders
                    .path(&launch.node, &format!("{}/wd", launch.directory)),
            )
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(output("stdout.txt").map_err(|error| no_folder(&error))?)
            .stderr(output("stderr.txt").map_err(|error| no_folder(&error))?);
        self.groups.spawn(&mut command).map_err(|error| {
            let text = format!("{program}: {error}");
            if error.kind() == io::ErrorKind::NotFound {
                start_failure("CommandProgramNotFound", &text)
            } else {
                start_failure("CommandLaunchFailed", &text)
            }
        })
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
