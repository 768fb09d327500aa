//! Promise: file contents arrive byte for byte, as a whole or in part.

use batch_client::chrono::TimeDelta;
use batch_client::models::{TaskAddParameter, TaskState};
use batch_client::{Client, Error, codes};
use batch_emulator::Emulator;

use super::fixtures::ready;
use super::waiting::task_in;
use super::{Outcome, config, detail, refused, start};

/// More than the HTTP client reads at once, less than the maximum size of a request.
const LENGTH: usize = 900_000;

/// Starts a service with a task whose output is long; returns that output.
async fn output() -> Result<(Emulator, Client, String), Error> {
    let (emulator, client) = start(config()).await;
    ready(&client, "j").await?;
    let command = "0123456789 äöü ".repeat(LENGTH / 18);
    client
        .task()
        .add("j", TaskAddParameter::new("t", &command))
        .await?;
    task_in(&client, "j", "t", TaskState::Completed).await?;
    Ok((emulator, client, format!("simulated: {command}\n")))
}

#[tokio::test]
async fn contents_arrive_in_chunks() -> Outcome {
    let (_emulator, client, content) = output().await?;
    let answer = client.file().get_from_task("j", "t", "stdout.txt").await?;
    assert_eq!(
        answer.properties().content_length,
        i64::try_from(content.len()).ok()
    );
    let mut download = answer.into_inner();
    let (mut found, mut chunks) = (Vec::new(), 0);
    while let Some(piece) = download.try_next().await? {
        found.extend_from_slice(&piece);
        chunks += 1;
    }
    assert!(found == content.as_bytes(), "{} bytes arrived", found.len());
    assert!(chunks > 1, "the contents arrived in one chunk");
    Ok(())
}

#[tokio::test]
async fn a_range_returns_that_part_of_the_contents() -> Outcome {
    let (_emulator, client, content) = output().await?;
    let get = || client.file().get_from_task("j", "t", "stdout.txt");
    let (content, length) = (content.as_bytes(), content.len());
    let tail = format!("bytes={}-", length - 7);
    for (range, expected) in [
        ("bytes=0-0", &content[..1]),
        ("bytes=1-10", &content[1..11]),
        (&*tail, &content[length - 7..]),
        ("bytes=0-99999999", content),
    ] {
        let answer = get().ocp_range(range).await?;
        assert_eq!(
            answer.properties().content_length,
            i64::try_from(expected.len()).ok()
        );
        assert!(answer.into_inner().bytes().await? == expected, "{range}");
    }
    for range in [&*format!("bytes={length}-"), "bytes=3-2", "lines=1-2"] {
        let error = refused(get().ocp_range(range).await, 416, codes::INVALID_RANGE);
        assert_eq!(detail(&error, "HeaderValue"), Some(range));
    }
    Ok(())
}

#[tokio::test]
async fn files_are_read_conditionally() -> Outcome {
    let (_emulator, client, _) = output().await?;
    let head = || {
        client
            .file()
            .get_properties_from_task("j", "t", "stdout.txt")
    };
    let get = || client.file().get_from_task("j", "t", "stdout.txt");
    let modified = head()
        .await?
        .last_modified
        .expect("the time of the last change");
    let second = TimeDelta::seconds(1);
    for error in [
        get().if_modified_since(modified).await.err(),
        head().if_modified_since(modified).await.err(),
    ] {
        assert!(error.is_some_and(|error| error.is_not_modified()));
    }
    get().if_modified_since(modified - second).await?;
    get().if_unmodified_since(modified).await?;
    let changed = get().if_unmodified_since(modified - second).await;
    refused(changed, 412, codes::CONDITION_NOT_MET);
    Ok(())
}

#[tokio::test]
async fn directories_and_missing_files_are_reported() -> Outcome {
    let (_emulator, client, _) = output().await?;
    let directory = client
        .file()
        .get_properties_from_task("j", "t", "wd")
        .await?;
    assert_eq!(directory.is_directory, Some(true));
    assert_eq!(directory.mode.as_deref(), Some("0o40755"));
    let content = client.file().get_from_task("j", "t", "wd").await;
    refused(content, 409, codes::OPERATION_INVALID_FOR_CURRENT_STATE);
    let nothing = client
        .file()
        .get_from_task("j", "t", "wd/nothing ä?#%.txt")
        .await;
    refused(nothing, 404, codes::FILE_NOT_FOUND);
    let empty = client.file().get_from_task("j", "t", "stderr.txt").await?;
    assert_eq!(empty.into_inner().bytes().await?, b""[..]);
    Ok(())
}

#[tokio::test]
async fn downloads_can_move_to_other_tasks() -> Outcome {
    let (_emulator, client, content) = output().await?;
    let call = client.file().get_from_task("j", "t", "stdout.txt");
    let found = tokio::spawn(async move { call.await?.into_inner().bytes().await });
    assert!(found.await.expect("no panic")? == content);
    Ok(())
}
