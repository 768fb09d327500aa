//! Jobs and files for [Azure Batch](https://learn.microsoft.com/azure/batch/), above
//! [`batch_client`].

mod command;
mod error;
mod fetch;
mod files;
mod group;
mod job;
mod names;
mod storage;
mod sweep;

pub use error::{Error, Result};
pub use fetch::{Fetch, FetchFailure, FetchReport};
pub use files::{Dir, FileSet, LocalFile};
pub use group::{FileGroup, RemoteFile, Upload, UploadFailure, UploadProgress, UploadReport};
pub use job::{
    CleanUp, FailedTask, JobManager, JobPlan, Outputs, Progress, Submit, SubmitProgress,
    SubmittedJob, Watch, Watched,
};
pub use storage::{Storage, StorageKey};
pub use sweep::Range;

use std::pin::Pin;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
