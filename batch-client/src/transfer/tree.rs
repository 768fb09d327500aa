//! All files and directories of a task or node.

use std::pin::Pin;
use std::task::{Context, Poll};

use chrono::{DateTime, Utc};

use super::remote::Owner;
use crate::error::Error;
use crate::models::NodeFile;
use crate::page::ItemStream;
use crate::{Client, Stream, operations};

impl operations::file::Operations {
    /// Lists all files and directories of a task, recursively.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let mut tree = client.file().tree_from_task("nightly", "frame-1");
    /// while let Some(entry) = tree.try_next().await? {
    ///     if !entry.is_directory {
    ///         println!("{:>12} {}", entry.length, entry.path);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn tree_from_task(
        &self,
        job_id: impl Into<String>,
        task_id: impl Into<String>,
    ) -> FileTree {
        let owner = Owner::Task {
            job: job_id.into(),
            task: task_id.into(),
        };
        FileTree::of(&self.client, &owner)
    }

    /// Lists all files and directories of a node, recursively.
    ///
    /// ```no_run
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let tree = client.file().tree_from_compute_node("render", "tvm-1");
    /// println!("{} entries", tree.try_collect().await?.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn tree_from_compute_node(
        &self,
        pool_id: impl Into<String>,
        node_id: impl Into<String>,
    ) -> FileTree {
        let owner = Owner::Node {
            pool: pool_id.into(),
            node: node_id.into(),
        };
        FileTree::of(&self.client, &owner)
    }
}

/// A file or directory of a task or node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileEntry {
    /// Path relative to the folder of the task or node, as the service returns it: with backslashes
    /// on Windows nodes.
    pub path: String,
    /// True for a directory.
    pub is_directory: bool,
    /// Length in bytes; 0 for a directory.
    pub length: u64,
    /// Time of the last change.
    pub last_modified: Option<DateTime<Utc>>,
}

impl From<NodeFile> for FileEntry {
    #[inline]
    fn from(file: NodeFile) -> Self {
        let properties = file.properties.unwrap_or_default();
        let length = properties.content_length.unwrap_or_default();
        Self {
            path: file.name.unwrap_or_default(),
            is_directory: file.is_directory == Some(true),
            length: u64::try_from(length).unwrap_or_default(),
            last_modified: properties.last_modified,
        }
    }
}

/// The entries of a tree, in the service's order. It ends after the first error.
#[derive(Debug)]
#[must_use = "a listing is sent only when it is polled"]
pub struct FileTree(ItemStream<NodeFile>);

impl FileTree {
    #[inline]
    pub(super) fn of(client: &Client, owner: &Owner) -> Self {
        let files = client.file();
        Self(match owner {
            Owner::Task { job, task } => files.list_from_task(job, task).recursive(true).stream(),
            Owner::Node { pool, node } => {
                let list = files.list_from_compute_node(pool, node);
                list.recursive(true).stream()
            }
        })
    }

    /// Returns the next entry, or `None` after the last.
    ///
    /// # Errors
    ///
    /// The errors of the listing, after which the stream has ended.
    #[inline]
    pub async fn try_next(&mut self) -> Result<Option<FileEntry>, Error> {
        Ok(self.0.try_next().await?.map(FileEntry::from))
    }

    /// Collects all remaining entries in memory.
    ///
    /// # Errors
    ///
    /// The errors of the listing.
    #[inline]
    pub async fn try_collect(self) -> Result<Vec<FileEntry>, Error> {
        let files = self.0.try_collect().await?;
        Ok(files.into_iter().map(FileEntry::from).collect())
    }
}

impl Stream for FileTree {
    type Item = Result<FileEntry, Error>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.0).poll_next(context);
        next.map(|item| item.map(|file| file.map(FileEntry::from)))
    }
}
