//! Files of a task, and of the node on which it ran.

use batch_client::models::{NodeFile, TaskState};
use batch_client::{Client, codes};

use super::fixtures::{ready, task};
use super::waiting::task_in;
use super::{Outcome, refused};

const OUTPUT: &[u8] = b"simulated: echo one\n";

pub(super) async fn part(client: &Client, quirks: bool) -> Outcome {
    ready(client, "files").await?;
    client.task().add("files", task("one")).await?;
    let done = task_in(client, "files", "one", TaskState::Completed).await?;
    of_task(client, quirks).await?;
    let node = done.node_info.and_then(|info| info.node_id);
    of_node(client, &node.expect("the node of a task that ran")).await
}

fn named<'a>(files: &'a [NodeFile], name: &str) -> &'a NodeFile {
    let found = files.iter().find(|file| file.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in {files:?}"))
}

async fn of_task(client: &Client, quirks: bool) -> Outcome {
    let listed = client
        .file()
        .list_from_task("files", "one")
        .recursive(true)
        .stream();
    let listed = listed.try_collect().await?;
    assert_eq!(named(&listed, "wd").is_directory, Some(true));
    let output = named(&listed, "stdout.txt");
    assert_eq!(output.is_directory, Some(false));
    let properties = output.properties.as_ref().expect("a file has properties");
    assert_eq!(properties.content_length, i64::try_from(OUTPUT.len()).ok());

    let content = client
        .file()
        .get_from_task("files", "one", "stdout.txt")
        .await?;
    // A file sent in chunks has no length.
    let length = properties.content_length.filter(|_| !quirks);
    assert_eq!(content.properties().content_length, length);
    assert_eq!(content.into_inner().bytes().await?, OUTPUT);
    let head = client
        .file()
        .get_properties_from_task("files", "one", "stdout.txt")
        .await?;
    assert_eq!(head.content_length, properties.content_length);
    assert_eq!(head.content_type.as_deref(), Some("text/plain"));
    assert_eq!((head.is_directory, &head.url), (Some(false), &output.url));
    assert_eq!(head.mode.as_deref(), Some("0o100644"));
    assert_eq!(
        head.last_modified,
        head.last_modified.max(head.creation_time)
    );

    client
        .file()
        .delete_from_task("files", "one", "stdout.txt")
        .await?;
    let gone = client
        .file()
        .get_from_task("files", "one", "stdout.txt")
        .await;
    refused(gone, 404, codes::FILE_NOT_FOUND);
    Ok(())
}

async fn of_node(client: &Client, node: &str) -> Outcome {
    let directory = "workitems/files/job-1/one";
    let path = format!("{directory}/stderr.txt");
    let listed = client
        .file()
        .list_from_compute_node("files", node)
        .recursive(true)
        .stream();
    let listed = listed.try_collect().await?;
    let file = named(&listed, &path);
    let length = file
        .properties
        .as_ref()
        .and_then(|properties| properties.content_length);
    assert_eq!(length, Some(0));
    let content = client
        .file()
        .get_from_compute_node("files", node, &path)
        .await?;
    assert_eq!(content.into_inner().bytes().await?, b""[..]);
    let head = client
        .file()
        .get_properties_from_compute_node("files", node, &path)
        .await?;
    assert_eq!((head.content_length, &head.url), (length, &file.url));

    let full = client
        .file()
        .delete_from_compute_node("files", node, directory)
        .await;
    refused(full, 409, codes::OPERATION_INVALID_FOR_CURRENT_STATE);
    let delete = client
        .file()
        .delete_from_compute_node("files", node, directory);
    delete.recursive(true).await?;
    let gone = client
        .file()
        .get_from_compute_node("files", node, &path)
        .await;
    refused(gone, 404, codes::FILE_NOT_FOUND);
    Ok(())
}
