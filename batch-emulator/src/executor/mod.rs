//! Execution of programs outside the state, if tasks are executed.
//!
//! This module is not part of the request pipeline: [`Executor`] processes the state's orders one
//! after another, starts programs in their folders and reports how they end. A driver advances the
//! state at its next event, since there may be no request in the meantime. Dropping it ends all
//! processes and removes the temporary folder.

mod access;
mod blobs;
mod container;
mod environment;
mod fetch;
mod groups;
mod limits;
mod packages;
mod program;
mod upload;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::{Config, Containers};
use crate::folders::{Folders, open_file};
use crate::registries::Registries;
use crate::service::Service;
use crate::state::orders::{Launch, Order};
use crate::state::report::{End, Program, Report};
use access::Access;
use blobs::Blobs;
use container::Engine;
use groups::Groups;
use program::Runner;

/// Runs programs. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Executor {
    groups: Groups,
    orders: JoinHandle<()>,
    driver: JoinHandle<()>,
    folders: Arc<Folders>,
}

impl Executor {
    /// Connects to the service, which sends its orders from now on.
    pub(crate) fn start(
        config: &Config,
        endpoint: &str,
        service: Arc<Service>,
    ) -> io::Result<Self> {
        let folders = Arc::new(Folders::open(config)?);
        let groups = Groups::start(folders.temporary())?;
        let registries = Arc::new(Registries::default());
        let engine = config
            .containers
            .and_then(|containers| Engine::new(containers, registries.clone()));
        let learns = engine.is_some().then_some(registries);
        let runner = Arc::new(Runner {
            folders: folders.clone(),
            groups: groups.clone(),
            blobs: Blobs::new()?,
            access: Access::new(config, endpoint)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?,
            endpoint: endpoint.to_owned(),
            packages: config.packages.clone(),
            containers: config.containers,
            engine,
            disk_limit: config.disk_limit,
            warned: Once::new(),
        });
        let (sender, receiver) = unbounded_channel();
        service.connect(sender, folders.clone(), learns);
        Ok(Self {
            groups,
            orders: tokio::spawn(follow(receiver, runner, service.clone())),
            driver: tokio::spawn(drive(service)),
            folders,
        })
    }
}

impl Executor {
    /// Returns the folder that holds the nodes' folders.
    pub(crate) fn work_dir(&self) -> &Path {
        self.folders.root_path()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.driver.abort();
        self.orders.abort();
        self.groups.end();
        self.folders.clean();
    }
}

/// Advances the state at its next event, or when a change wakes it.
async fn drive(service: Arc<Service>) {
    loop {
        let pause = service.tick();
        let changed = service.changed();
        match pause {
            // Pause for a minimum time: with a fast clock, waiting for each tick would busy-loop.
            Some(pause) => {
                let pause = pause.clamp(Duration::from_millis(1), Duration::from_secs(3600));
                let _ = tokio::time::timeout(pause, changed).await;
            }
            None => changed.await,
        }
    }
}

/// A running program. It ends when this is dropped.
struct Running {
    stop: oneshot::Sender<()>,
    over: JoinHandle<()>,
}

/// Carries out orders in sequence: nothing starts in a folder before the programs that had to end
/// there have ended.
async fn follow(mut orders: UnboundedReceiver<Order>, runner: Arc<Runner>, service: Arc<Service>) {
    let (done, mut ended) = unbounded_channel();
    let mut running: HashMap<Program, Running> = HashMap::new();
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            Some(program) = ended.recv() => {
                running.remove(&program);
                continue;
            }
        };
        let Some(order) = order else {
            return;
        };
        match order {
            Order::Run(launch) => {
                let program = launch.program;
                running.insert(program, begin(*launch, &runner, &service, &done));
            }
            Order::Stop { program } => {
                if let Some(Running { stop, over }) = running.remove(&program) {
                    // It may have ended on its own.
                    let _ = stop.send(());
                    let _ = over.await;
                }
            }
            Order::Remove { node, path } => {
                if let Err(error) = runner.folders.remove(&node, &path).await {
                    eprintln!("batch-emulator: cannot remove {node}/{path}: {error}");
                }
            }
            Order::UploadLogs {
                node,
                container,
                prefix,
            } => {
                let runner = runner.clone();
                tokio::spawn(async move {
                    upload_logs(&runner, &node, &container.0, &prefix).await;
                });
            }
        }
    }
}

fn begin(
    launch: Launch,
    runner: &Arc<Runner>,
    service: &Arc<Service>,
    done: &UnboundedSender<Program>,
) -> Running {
    let (stop, mut stopped) = oneshot::channel();
    let (runner, service, done) = (runner.clone(), service.clone(), done.clone());
    let over = tokio::spawn(async move {
        let program = launch.program;
        let performed = tokio::select! {
            // Dropping the future ends the process.
            _ = &mut stopped => None,
            performed = runner.perform(&launch) => Some(performed),
        };
        log(&runner, &launch, performed.as_ref().map(|(end, _)| end));
        let Some((end, group)) = performed else {
            return;
        };
        service.report(&Report::Ended { program, end });
        if group.is_some() {
            // An error means that the runner shuts down.
            let _ = stopped.await;
        }
        drop(group);
        let _ = done.send(program);
    });
    Running { stop, over }
}

/// Logs the end of a program on its node, on a best-effort basis.
fn log(runner: &Runner, launch: &Launch, end: Option<&End>) {
    use std::io::Write as _;
    let code = end.map(|end| end.exit_code.map(|code| format!("exit code {code}")));
    let what = match code {
        None => "stopped".to_owned(),
        Some(code) => code.unwrap_or_else(|| "not run".to_owned()),
    };
    let mut options = cap_std::fs::OpenOptions::new();
    options.append(true).create(true);
    let file = runner
        .folders
        .node(&launch.node)
        .and_then(|node| node.open_with(LOG, &options));
    if let Ok(mut file) = file {
        let time = chrono::Utc::now().to_rfc3339();
        let how = match (&launch.container, runner.containers, &runner.engine) {
            (Some(container), _, Some(engine)) => {
                format!(" (by {}, in {})", engine.program(), container.image)
            }
            (Some(_), Some(Containers::Plain), None) => {
                " (as a plain process, without its container)".to_owned()
            }
            _ => String::new(),
        };
        let _ = writeln!(file, "{time} {}: {what}{how}", launch.directory);
    }
}

const LOG: &str = "logs/agent-debug.log";

/// Uploads logs. A failure cannot be reported to anyone: the operation was answered when it
/// started.
async fn upload_logs(runner: &Runner, node: &str, container: &str, prefix: &str) {
    let opened = runner
        .folders
        .make_node(node)
        .and_then(|dir| {
            let mut options = cap_std::fs::OpenOptions::new();
            dir.open_with(LOG, options.append(true).create(true))?;
            open_file(&dir, Path::new(LOG))
        })
        .and_then(|file| Ok((file.metadata()?.len(), file.into_std())));
    let url = fetch::blob_url(container, &format!("{prefix}/agent-debug.log"));
    if let (Ok((length, file)), Ok(url)) = (opened, url)
        && let Err(trouble) = runner.blobs.put(url, file, length, &[]).await
    {
        let text = trouble.text();
        eprintln!("batch-emulator: cannot upload the logs of {node}: {text}");
    }
}
