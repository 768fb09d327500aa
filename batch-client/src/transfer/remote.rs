//! A file of a task or of a node: one face for the operations on both.

use chrono::{DateTime, Utc};

use crate::client::Client;
use crate::download::Download;
use crate::error::Error;
use crate::generated::headers::FileProperties;
use crate::response::Response;
use crate::retry::RetryPolicy;

/// Whose files.
#[derive(Debug, Clone)]
pub(super) enum Owner {
    Task { job: String, task: String },
    Node { pool: String, node: String },
}

/// A file of a task or node.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    pub(super) client: Client,
    pub(super) owner: Owner,
    pub(super) path: String,
}

impl Remote {
    /// What the service says of the file.
    #[inline]
    pub(super) async fn properties(
        &self,
        retry: Option<RetryPolicy>,
    ) -> Result<FileProperties, Error> {
        let (files, path) = (self.client.file(), &*self.path);
        let retry = retry.unwrap_or(self.client.transport().retry);
        let answer = match &self.owner {
            Owner::Task { job, task } => {
                let call = files.get_properties_from_task(job, task, path);
                call.retry(retry).await
            }
            Owner::Node { pool, node } => {
                let call = files.get_properties_from_compute_node(pool, node, path);
                call.retry(retry).await
            }
        };
        answer.map(Response::into_inner)
    }

    /// Its content, of one attempt.
    #[inline]
    pub(super) async fn content(
        &self,
        range: String,
        unmodified_since: Option<DateTime<Utc>>,
    ) -> Result<Download, Error> {
        let (files, path) = (self.client.file(), &*self.path);
        let answer = match &self.owner {
            Owner::Task { job, task } => {
                let mut call = files.get_from_task(job, task, path).ocp_range(range);
                if let Some(date) = unmodified_since {
                    call = call.if_unmodified_since(date);
                }
                call.retry(RetryPolicy::none()).await
            }
            Owner::Node { pool, node } => {
                let mut call = files.get_from_compute_node(pool, node, path);
                call = call.ocp_range(range);
                if let Some(date) = unmodified_since {
                    call = call.if_unmodified_since(date);
                }
                call.retry(RetryPolicy::none()).await
            }
        };
        answer.map(Response::into_inner)
    }

    /// An error with the service's code for one of a HEAD, whose answer has no body to say it.
    #[inline]
    pub(super) async fn explained(&self, error: Error) -> Error {
        if error.status().is_none() || error.code().is_some() {
            return error;
        }
        match self.content("bytes=0-0".to_owned(), None).await {
            Err(told) if told.status() == error.status() => told,
            _ => error,
        }
    }

    #[cfg(feature = "fs")]
    #[inline]
    pub(super) fn operation(&self) -> &'static str {
        match self.owner {
            Owner::Task { .. } => "File_GetFromTask",
            Owner::Node { .. } => "File_GetFromComputeNode",
        }
    }
}
