//! Client for the [Azure Batch](https://learn.microsoft.com/azure/batch/) data plane, version
//! [`API_VERSION`]: pools of compute nodes, jobs, tasks, job schedules and files.
//!
//! ```no_run
//! use batch_client::Client;
//! use batch_client::models::{JobAddParameter, TaskAddParameter};
//!
//! # async fn example() -> Result<(), batch_client::Error> {
//! // Reads AZURE_BATCH_ENDPOINT, AZURE_BATCH_ACCOUNT and AZURE_BATCH_ACCESS_KEY.
//! let client = Client::from_env()?;
//! // A job on the pool `render`.
//! client.job().add(JobAddParameter::new("nightly", "render")).await?;
//!
//! let frames = (1..=5000)
//!     .map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")));
//! client.task().add_all("nightly", frames).await?;
//!
//! let outcome = client.job().wait("nightly").tasks_completed().await?;
//! println!("{outcome}");
//! for failure in &outcome.failures {
//!     println!("{failure}\n{}", failure.stderr_text());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Every operation of the service has a method. Optional parameters are setters, listings are
//! streams, and errors have the service's code:
//!
//! ```no_run
//! use batch_client::{Client, codes};
//!
//! # async fn example(client: Client) -> Result<(), batch_client::Error> {
//! let mut tasks = client.task().list("nightly").filter("state eq 'completed'").stream();
//! while let Some(task) = tasks.try_next().await? {
//!     println!("{}", task.id.as_deref().unwrap_or("?"));
//! }
//! match client.job().get("gone").select("id,state").await {
//!     Err(e) if e.code() == Some(codes::JOB_NOT_FOUND) => println!("no such job"),
//!     job => println!("{:?}", job?.state),
//! }
//! # Ok(())
//! # }
//! ```
//!
#![cfg_attr(
    all(any(doc, doctest), feature = "fs", feature = "config"),
    doc = "**The [guide] has a page for each task**: authentication, errors and retries, listing, bulk adds, waiting, files,",
    doc = "testing without an account, and a table of all calls for those who come from the Python client.",
    doc = ""
)]
//! # How it is built
//!
//! Every call takes the same path, once down: a typed operation ([`operations`]) → the raw client
//! that is generated from the description (private), which builds the request → the transport,
//! which completes it, has it signed ([`SharedKey`]), sends it and decides about retries → the
//! response. [`Client::execute`] sends any other request along it.
//!
//! - A [`Client`] is made once with its [`Credential`] and cloned cheaply; all clones share one
//!   connection pool.
//! - `client.pool()`, `client.job()` … lead to the ten groups of operations. Required parameters
//!   are arguments, optional ones setters; awaiting the operation sends it.
//! - A response is a [`Response`]: it derefs to the model and has the headers. Listings return a
//!   [`Page`] when they are awaited, all items through `.stream()`. File contents are a
//!   [`Download`].
//! - [`models`] are plain structs. All properties of a response are optional, because the
//!   service leaves out even what its description requires.
//! - [`filter`] and [`select`] make `$filter` and `$select` of typed names; [`edit`] converts
//!   models of responses to models of requests.
//! - Transient failures are retried by a [`RetryPolicy`], whose docs list the effect of a retry on
//!   each kind of call.
//! - [`bulk`] adds any number of tasks, [`wait`] waits for pools, jobs, tasks and nodes,
//!   [`transfer`] downloads and follows files.
//! - An [`Error`] has the service's code, its details and the id of the request.
//! - Each call is a `tracing` span, each of its attempts one below it, in the words of
//!   OpenTelemetry's conventions for HTTP clients. URLs are shown without their query values;
//!   headers and bodies are not shown.
//!
//! # Features
//!
//! - `rustls` (default): TLS in Rust with ring and the system's certificates.
//! - `native-tls`: the operating system's TLS; it is taken where both are on.
//! - `config` (default): profiles and the Azure CLI's file for [`Client::from_env`]; see `config`.
//! - `fs` (default): downloads to files of this machine, in [`transfer`].
//! - `metrics`: figures of attempts through the facade [`metrics`](https://docs.rs/metrics): the
//!   counters `batch_client_attempts_total` and `batch_client_retries_total`, the histogram
//!   `batch_client_attempt_duration_seconds`.
//! - `azure-identity`: tokens by Microsoft's `azure_identity`, in `entra`: service principals,
//!   workload and managed identities, the Azure CLI.
//! - `keyring`: keys in the keyring of the system instead of the file of profiles; see `config`.
//! - `http2`: HTTP/2 where the service offers it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod api_version;
pub mod bulk;
mod call;
mod client;
#[cfg(feature = "config")]
pub mod config;
mod credential;
mod download;
pub mod edit;
mod endpoint;
#[cfg(feature = "azure-identity")]
pub mod entra;
mod error;
pub mod filter;
#[rustfmt::skip]
// `Sends` is public, because operations implement it, and cannot be reached.
#[allow(unreachable_pub, private_interfaces, clippy::pedantic, clippy::single_match)]
mod generated;
// It has no code; its examples use what `default` turns on.
#[cfg(all(any(doc, doctest), feature = "fs", feature = "config"))]
pub mod guide;
pub mod images;
mod options;
mod page;
mod polling;
mod response;
mod retry;
pub mod select;
mod shortcuts;
pub mod transfer;
mod transport;
pub mod wait;
mod wire;

pub use batch_auth::SharedKey;
pub use call::{AddedIfAbsent, Call, IfAbsent, IfPresent, Listing, Operation};
pub use client::{Client, ClientBuilder};
#[cfg(feature = "config")]
pub use config::Config;
pub use credential::{BearerToken, Credential, Token, TokenRequest, TokenSource};
pub use download::Download;
pub use edit::Versioned;
pub use error::Error;
pub use filter::Filter;
pub use generated::API_VERSION;
pub use generated::headers::FileProperties;
pub use generated::version::ApiVersion;
pub use page::{ContinuationToken, ItemStream, Page, PageStream};
pub use response::{RawResponse, Response};
pub use retry::RetryPolicy;
pub use select::{Expand, Selection};
pub use shortcuts::Container;
pub use wire::UnknownValue;
#[doc(inline)]
pub use wire::{NegativeTimeSpanError, ParseTimeSpanError, TimeSpan};

// Crates with types in public signatures, so that users need not match versions.
pub use {batch_auth, bytes, chrono, futures_core, futures_core::Stream, reqwest};

/// The models and enums of the API, each under its name in the description.
///
/// A property of a response is an `Option`. Where it holds a large model, it is an
/// `Option<Box<_>>`, so that a list of resources does not reserve space for properties they rarely
/// have. The setters take the model itself, a field is read as without the box, and `as_deref()`
/// gives an `Option<&_>` of the model, to match a pattern against:
///
/// ```
/// use batch_client::models::{CloudTask, TaskExecutionInformation};
///
/// let info = TaskExecutionInformation::default().with_exit_code(3);
/// let task = CloudTask::default().with_execution_info(info);
///
/// let code = task.execution_info.as_ref().and_then(|info| info.exit_code);
/// assert_eq!(code, Some(3));
/// if let Some(TaskExecutionInformation { exit_code, .. }) = task.execution_info.as_deref() {
///     assert_eq!(*exit_code, Some(3));
/// }
/// ```
pub mod models {
    pub use crate::generated::enums::*;
    pub use crate::generated::models::*;
}

/// The operations, a module for each of the ten groups.
///
/// A module has the group's methods ([`Operations`](crate::operations::pool::Operations)) and a
/// type for each operation, of which its [`Call`] is made. The module [`takes`](operations::takes)
/// says which operations take a parameter that several have.
pub mod operations {
    pub use crate::call::takes;
    pub use crate::generated::operations::*;
}

/// The error codes that the service is known to return.
///
/// Compare them with [`Error::code`], or with the codes in task failures, resize errors and the
/// like.
pub mod codes {
    pub use crate::generated::codes::*;
}

/// The future that an awaited operation is.
pub type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'static>>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
