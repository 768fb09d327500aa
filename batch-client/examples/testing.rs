//! Testing your own code against the emulator: the code and its tests.
//!
//! ```toml
//! [dependencies]
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! batch-emulator = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! In this repository, `cargo run -p batch-client --example testing` runs the program and
//! `cargo test -p batch-client --example testing` its tests.
//!
//! Each test starts its own service on a free port and without files, so that all tests can run in
//! parallel. Time runs fast there, tasks end as the test wants, and faults are injected on demand.

use std::io::{self, Write as _, stdout};
use std::time::Duration;

use batch_client::models::{JobAddParameter, TaskAddParameter};
use batch_client::{Client, Error, SharedKey, codes};
use batch_emulator::{Config, Emulator};

/// Timeout for rendering a night's frames. Without one, the wait would never end if tasks cannot
/// run, for example because there are no nodes.
const NIGHT: Duration = Duration::from_secs(8 * 3600);

/// The code under test: renders frames in a job and returns those that failed. Continues with an
/// existing job.
async fn render(
    client: &Client,
    job: &str,
    frames: impl IntoIterator<Item = TaskAddParameter, IntoIter: Send + 'static>,
) -> Result<Vec<String>, Error> {
    let added = client.job().add(JobAddParameter::new(job, "render")).await;
    match added {
        Err(error) if error.code() == Some(codes::JOB_EXISTS) => {}
        other => drop(other?),
    }
    let added = client.task().add_all(job, frames).report().await;
    if let Some(error) = added.error() {
        return Err(error.clone());
    }
    let rejected = added.failures.into_iter().map(|failure| failure.id);
    let done = client.job().wait(job).tasks_completed().timeout(NIGHT);
    let done = done.await?;
    let failed = done.failures.into_iter().map(|failure| failure.id);
    Ok(rejected.chain(failed).collect())
}

fn frames(count: u32) -> impl Iterator<Item = TaskAddParameter> {
    (1..=count).map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match tonight().await {
        // The reader of a pipe may end first, as in `testing | head -1`.
        Err(error) if is_closed_pipe(&*error) => Ok(()),
        result => result,
    }
}

/// Renders twenty frames on a service that exists only for this.
async fn tonight() -> Result<(), Box<dyn std::error::Error>> {
    let (service, client) = service(Config::default()).await?;
    let failed = render(&client, "tonight", frames(20)).await?;
    writeln!(stdout(), "failed frames: {}", failed.len())?;
    for (operation, count) in service.calls() {
        writeln!(stdout(), "  {count:3} × {operation}")?;
    }
    Ok(())
}

fn is_closed_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Starts a service with a pool, and creates a client for it. The service stops when it is dropped,
/// so keep it.
async fn service(config: Config) -> Result<(Emulator, Client), Box<dyn std::error::Error>> {
    use batch_client::models::{
        ImageReference, PoolAddParameter, VirtualMachineConfiguration as Machines,
    };
    // A minute in the service takes less than a second.
    let service = batch_emulator::start(config.clock_speed(100.0)).await?;
    let key = SharedKey::new(service.account(), service.key())?;
    let client = Client::new(service.endpoint(), key)?;
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let pool = PoolAddParameter::new("render", "standard_d2s_v3")
        .with_virtual_machine_configuration(Machines::new(image, "batch.node.ubuntu 24.04"))
        .with_target_dedicated_nodes(2);
    client.pool().add(pool).await?;
    Ok((service, client))
}

#[cfg(test)]
mod tests {
    use batch_client::models::EnvironmentSetting;
    use batch_emulator::{AnswerFault, Fault, FaultKind};

    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    #[tokio::test]
    async fn all_frames_are_rendered_in_few_requests() -> Outcome {
        let (service, client) = service(Config::default()).await?;
        assert!(render(&client, "j", frames(250)).await?.is_empty());
        // 250 tasks are 3 collections, not 250 requests.
        assert_eq!(service.calls()["Task_AddCollection"], 3);
        assert_eq!(service.calls().get("Task_Add"), None);
        Ok(())
    }

    #[tokio::test]
    async fn a_frame_that_fails_is_named() -> Outcome {
        let (_service, client) = service(Config::default()).await?;
        // Tasks are simulated; this variable says how one ends.
        let exits = EnvironmentSetting::new("EMULATOR_EXIT_CODE", "7");
        let frames = frames(3).map(move |frame| match frame.id.as_str() {
            "frame-2" => frame.with_environment_settings([exits.clone()]),
            _ => frame,
        });
        assert_eq!(render(&client, "j", frames).await?, ["frame-2"]);
        Ok(())
    }

    #[tokio::test]
    async fn a_busy_service_is_retried() -> Outcome {
        let (service, client) = service(Config::default()).await?;
        let busy = AnswerFault::new(503).retry_after(1);
        let busy = Fault::new(FaultKind::Answer(busy)).operation("Task_AddCollection");
        service.set_faults([busy.most(1)])?;
        assert!(render(&client, "j", frames(10)).await?.is_empty());
        assert_eq!(service.faults()[0].hits, 1);
        // Both attempts are in the log: the rejected one and the successful one.
        let requests = service.requests().into_iter();
        let adds = requests.filter(|request| request.operation == Some("Task_AddCollection"));
        let statuses: Vec<_> = adds.map(|request| request.status).collect();
        assert_eq!(statuses, [503, 200]);
        Ok(())
    }

    #[tokio::test]
    async fn a_lost_response_adds_nothing_twice() -> Outcome {
        let (service, client) = service(Config::default()).await?;
        // The job is added, but the connection breaks before the response.
        let lost = FaultKind::Reset { applied: true };
        service.set_faults([Fault::new(lost).method("POST").most(2)])?;
        assert!(render(&client, "j", frames(10)).await?.is_empty());
        assert_eq!(
            client.task().list("j").stream().try_collect().await?.len(),
            10
        );
        Ok(())
    }

    #[tokio::test]
    async fn a_second_run_adds_what_is_new() -> Outcome {
        let (_service, client) = service(Config::default()).await?;
        assert!(render(&client, "j", frames(5)).await?.is_empty());
        assert!(render(&client, "j", frames(8)).await?.is_empty());
        assert_eq!(
            client.task().list("j").stream().try_collect().await?.len(),
            8
        );
        Ok(())
    }

    #[tokio::test]
    async fn a_job_that_has_ended_is_an_error() -> Outcome {
        let (_service, client) = service(Config::default()).await?;
        assert!(render(&client, "j", frames(1)).await?.is_empty());
        client.job().terminate("j").await?;
        client.job().wait("j").completed().timeout(NIGHT).await?;
        let error = render(&client, "j", frames(2))
            .await
            .expect_err("it has ended");
        assert_eq!(error.code(), Some(codes::JOB_COMPLETED));
        Ok(())
    }
}
