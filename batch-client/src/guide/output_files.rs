//! Output files: what a task writes is uploaded to a container of Azure Storage.
//!
//! Files on a node disappear with the node, and after the task's retention time. A task with
//! `output_files` uploads them when it ends:
//!
//! ```
//! use batch_client::models::{
//!     OutputFile, OutputFileBlobContainerDestination, OutputFileUploadCondition, TaskAddParameter,
//! };
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # use batch_client::models::JobAddParameter;
//! # client.job().add(JobAddParameter::new("nightly", "render")).await?;
//! // A container's URL with a SAS that allows writing.
//! let container = "https://acct.blob.core.windows.net/results?sv=…&sp=w&sig=…";
//! let to = OutputFileBlobContainerDestination::new(container).with_path("frame-1");
//! let images = OutputFile::new(
//!     "wd/*.exr",
//!     to,
//!     OutputFileUploadCondition::TaskSuccess,
//! );
//! let task = TaskAddParameter::new("frame-1", "render 1").with_output_files([images]);
//! client.task().add("nightly", task).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`OutputFile::to_container`](crate::models::OutputFile::to_container) is shorter if the files are
//! to be uploaded whether or not the task succeeds:
//!
//! ```
//! use batch_client::models::OutputFile;
//!
//! let logs = OutputFile::to_container(
//!     "../std*.txt",
//!     "https://acct.blob.core.windows.net/results?sv=…&sp=w&sig=…",
//! )
//!     .with_path("frame-1/logs");
//! # assert!(logs.destination.is_some());
//! ```
//!
//! # Good to know
//!
//! - **The pattern** is relative to the task's working directory, `wd`; `../std*.txt` matches the
//!   standard output and error. `*` matches within a folder, `**` any number of folders, `?` one
//!   character.
//! - **The path** is the name of the blob if the pattern has no wildcard, otherwise a folder for
//!   all blobs, and empty by default: give each task its own, or they overwrite each other's.
//! - **The condition** is `TaskSuccess`, `TaskFailure` or `TaskCompletion`.
//! - **Access** is by a SAS in the URL, or by a managed identity of the pool
//!   (`identity_reference`). The SAS has to be valid until the task ends, which can be long after
//!   it was added. It never shows in Debug output.
//! - **A failed upload** fails the task, with a code such as
//!   [`FILE_UPLOAD_ACCESS_DENIED`](crate::codes::FILE_UPLOAD_ACCESS_DENIED) although the exit code
//!   was 0: see `failure_info` in its execution information. The exit condition
//!   `file_upload_error` can react to it.
//! - To read a file without a container, while the node exists, see [files](super::files).
