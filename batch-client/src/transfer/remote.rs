//! A file of a task or of a node: the same calls for both.

use chrono::{DateTime, Utc};

use crate::client::Client;
use crate::download::Download;
use crate::error::Error;
use crate::generated::headers::FileProperties;
use crate::response::Response;
use crate::retry::RetryPolicy;

/// The owner of a file.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    Task { job: String, task: String },
    Node { pool: String, node: String },
}

/// A file of a task or node.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) client: Client,
    pub(crate) owner: Owner,
    pub(crate) path: String,
}

impl Remote {
    /// Requests the properties of the file.
    #[inline]
    pub(crate) async fn properties(
        &self,
        retry: Option<RetryPolicy>,
    ) -> Result<Response<FileProperties>, Error> {
        let (files, path) = (self.client.file(), &*self.path);
        let retry = retry.unwrap_or(self.client.transport().retry);
        match &self.owner {
            Owner::Task { job, task } => {
                let call = files.get_properties_from_task(job, task, path);
                call.retry(retry).await
            }
            Owner::Node { pool, node } => {
                let call = files.get_properties_from_compute_node(pool, node, path);
                call.retry(retry).await
            }
        }
    }

    /// Requests content of the file, in one attempt.
    #[inline]
    pub(crate) async fn content(
        &self,
        range: String,
        unmodified_since: Option<DateTime<Utc>>,
    ) -> Result<Response<Download>, Error> {
        let (files, path) = (self.client.file(), &*self.path);
        match &self.owner {
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
        }
    }

    /// Returns the error with the service's code for one of a HEAD, whose response has no body.
    #[inline]
    pub(crate) async fn explained(&self, error: Error) -> Error {
        if error.status().is_none() || error.code().is_some() {
            return error;
        }
        match self.content("bytes=0-0".to_owned(), None).await {
            Err(explained) if explained.status() == error.status() => explained,
            _ => error,
        }
    }

    /// Returns the operation that reads the content.
    #[inline]
    pub(crate) fn operation(&self) -> &'static str {
        match self.owner {
            Owner::Task { .. } => "File_GetFromTask",
            Owner::Node { .. } => "File_GetFromComputeNode",
        }
    }
}
