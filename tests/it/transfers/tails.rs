//! Following a growing file.

use std::time::Duration;

use batch_client::models::{EnvironmentSetting, TaskState};
use batch_client::transfer::TailStream;
use batch_client::{Error, codes};
use batch_emulator::Config;
use batch_tests::file::{FileServer, bytes};

use super::{Outcome, client};
use crate::waits::{client as client_of, ready, task};

/// Reads until the end, or until at least this many bytes have arrived.
async fn read(stream: &mut TailStream, most: usize) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    while all.len() < most {
        let next = tokio::time::timeout(Duration::from_secs(60), stream.try_next());
        match next.await.expect("data or the end")? {
            Some(piece) => all.extend(piece),
            None => break,
        }
    }
    Ok(all)
}

fn follow(server: &FileServer) -> TailStream {
    let tail = client(server).file().tail_task("j", "t", "stdout.txt");
    tail.max_interval(Duration::from_millis(10)).follow()
}

#[tokio::test]
async fn a_growing_file_is_followed_to_the_end_of_its_task() -> Outcome {
    let server = FileServer::start(0).await;
    // Following starts before the task does.
    server.change(|remote| (remote.length, remote.task) = (None, "active"));
    let mut stream = follow(&server);
    let patience = Duration::from_millis(200);
    assert!(
        tokio::time::timeout(patience, stream.try_next())
            .await
            .is_err(),
        "the file does not exist yet"
    );
    server.change(|remote| (remote.length, remote.task) = (Some(0), "running"));
    assert!(
        tokio::time::timeout(patience, stream.try_next())
            .await
            .is_err(),
        "the file is empty"
    );
    let mut all = Vec::new();
    for length in [1, 1_000, 200_000] {
        server.change(|remote| remote.length = Some(length as u64));
        all.extend(read(&mut stream, length - all.len()).await?);
        assert_eq!(all.len(), length);
    }
    // The last output arrives together with the end.
    server.change(|remote| (remote.length, remote.task) = (Some(300_000), "completed"));
    all.extend(read(&mut stream, usize::MAX).await?);
    assert!(all == bytes(1, 0, 300_000), "{}", all.len());
    assert!(stream.try_next().await?.is_none());
    Ok(())
}

/// The task writes its last output after the file was read and before the task was seen to be
/// completed.
#[tokio::test]
async fn the_last_output_is_read() -> Outcome {
    let server = FileServer::start(100).await;
    server.change(|remote| (remote.task, remote.last_words) = ("completed", Some(150)));
    let all = read(&mut follow(&server), usize::MAX).await?;
    assert_eq!(all, bytes(1, 0, 150));
    Ok(())
}

#[tokio::test]
async fn a_task_in_the_emulator_is_followed() -> Outcome {
    let config = Config::default().clock_speed(50.0);
    let emulator = batch_emulator::start(config).await.expect("a service");
    let client = client_of(&emulator, emulator.endpoint());
    ready(&client, "j", 1).await?;
    let seconds = EnvironmentSetting::new("EMULATOR_SECONDS", "25");
    let task = task("t").with_environment_settings([seconds]);
    client.task().add("j", task).await?;
    let tail = client.file().tail_task("j", "t", "stdout.txt");
    let mut stream = tail.max_interval(Duration::from_millis(10)).follow();
    assert_eq!(read(&mut stream, usize::MAX).await?, b"simulated: echo t\n");
    let task = client.task().get("j", "t").await?;
    assert_eq!(task.state, Some(TaskState::Completed));

    client.task().delete("j", "t").await?;
    let tail = client.file().tail_task("j", "t", "stdout.txt");
    let error = read(&mut tail.follow(), 1).await.expect_err("no task");
    assert_eq!(error.code(), Some(codes::TASK_NOT_FOUND));
    Ok(())
}

#[tokio::test]
async fn transient_failures_do_not_end_a_tail_and_no_byte_arrives_twice() -> Outcome {
    let server = FileServer::start(400_000).await;
    server.change(|remote| {
        remote.task = "completed";
        remote.cuts.extend([10, 0, 70_000, 65_536, 1, 0, 100_000]);
    });
    let all = read(&mut follow(&server), usize::MAX).await?;
    assert!(all == bytes(1, 0, 400_000), "{}", all.len());
    Ok(())
}

#[tokio::test]
async fn a_tail_can_start_before_the_end() -> Outcome {
    let server = FileServer::start(10_000).await;
    let tail = client(&server).file().tail_task("j", "t", "stdout.txt");
    let tail = tail.max_interval(Duration::from_millis(10)).from_end(100);
    let mut stream = tail.clone().follow();
    assert_eq!(read(&mut stream, 100).await?, bytes(1, 9_900, 100));
    server.change(|remote| (remote.length, remote.task) = (Some(10_050), "completed"));
    assert_eq!(read(&mut stream, usize::MAX).await?, bytes(1, 10_000, 50));

    server.change(|remote| remote.length = Some(60));
    assert_eq!(read(&mut tail.follow(), usize::MAX).await?, bytes(1, 0, 60));
    Ok(())
}

/// A task that runs again overwrites its output.
#[tokio::test]
async fn a_file_that_shrinks_is_read_from_the_beginning() -> Outcome {
    let server = FileServer::start(500).await;
    let mut stream = follow(&server);
    assert_eq!(read(&mut stream, 500).await?.len(), 500);
    server
        .change(|remote| (remote.length, remote.content, remote.task) = (Some(40), 2, "completed"));
    assert_eq!(read(&mut stream, usize::MAX).await?, bytes(2, 0, 40));
    Ok(())
}

#[tokio::test]
async fn a_completed_task_without_the_file_is_an_error() {
    let server = FileServer::start(0).await;
    server.change(|remote| (remote.length, remote.task) = (None, "completed"));
    let error = read(&mut follow(&server), 1)
        .await
        .expect_err("no such file");
    assert_eq!(error.code(), Some(codes::FILE_NOT_FOUND));
}
