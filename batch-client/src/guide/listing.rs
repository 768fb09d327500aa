//! Reading many things, and only those that are wanted.
//!
//! # All items
//!
//! `.stream()` gives item after item and asks for the next page when it is needed:
//!
//! ```
//! use batch_client::filter;
//! use batch_client::models::JobState;
//! use batch_client::select;
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use batch_client::models::{JobAddParameter, PoolInformation};
//! # let service = batch_emulator::start(
//! #     batch_emulator::Config::default().page_size(2).sparse_pages(true),
//! # )
//! #     .await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # for id in ["nightly-1", "nightly-2", "nightly-3", "daily"] {
//! #     client.job()
//! #         .add(JobAddParameter::new(id, PoolInformation::default().with_pool_id("render")))
//! #         .await?;
//! # }
//! let open = filter::job::id()
//!     .starts_with("nightly-") & filter::job::state()
//!     .ne(JobState::Completed);
//! let mut jobs = client.job().list().filter(open).select(select::job().id().state()).stream();
//! let mut count = 0;
//! while let Some(job) = jobs.try_next().await? {
//!     println!("{:?} {:?}", job.id, job.state);
//!     count += 1;
//! }
//! assert_eq!(count, 3);
//! # Ok(())
//! # }
//! ```
//!
//! The stream is a [`Stream`](crate::Stream) for the combinators of `futures`, and needs none of
//! them: [`try_next`](crate::ItemStream::try_next) and
//! [`try_collect`](crate::ItemStream::try_collect) are its own. It ends after its first error, with
//! that.
//!
//! # Page by page
//!
//! Awaiting a listing gives its first [`Page`](crate::Page), with at most as many items as
//! `max_results` asks for (1000 at most, which is the default, for most listings). A page may be
//! **empty and still not be the last**: only the absence of
//! [`continuation`](crate::Page::continuation) ends a listing. `.pages()` gives them all, with
//! their headers.
//!
//! The continuation is text that can be kept, to go on later or in another process:
//!
//! ```
//! # use batch_client::{Client, SharedKey};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use batch_client::models::{JobAddParameter, PoolInformation};
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # for id in ["a", "b", "c"] {
//! #     client.job()
//! #         .add(JobAddParameter::new(id, PoolInformation::default().with_pool_id("render")))
//! #         .await?;
//! # }
//! let page = client.job().list().max_results(2).await?;
//! let place = page.continuation().expect("there are three").as_str().to_owned();
//! // … in another process:
//! let rest = client.job().list().continue_from(place).stream().try_collect().await?;
//! assert_eq!(rest.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! It is an address of the same account and has filter and selection in it, so those of the new
//! call do not count. One that leads elsewhere is refused unsent. How long the service keeps it
//! valid is not documented.
//!
//! Where a listing broke off, [`PageStream::continuation`](crate::PageStream::continuation) says
//! from which page to go on.
//!
//! # Less of it
//!
//! - **Which items**: [`filter`](crate::filter) has for each listing the properties and comparisons
//!   that the service documents. Texts do as well: `.filter("state eq 'active'")`, unchecked.
//! - **Which properties**: [`select`](crate::select). Everything that was not selected is `None`.
//! - **Statistics**: `.expand(Expand::Stats)`, where the service has them.
//!
//! Whatever was selected, every property of an answer is an `Option`: the service leaves out even
//! what its description requires. A `None` means "not said", not "none".
//!
//! # Counting
//!
//! [`job().get_task_counts`](crate::operations::job::Operations::get_task_counts) and
//! [`account().list_pool_node_counts`](crate::operations::account::Operations::list_pool_node_counts)
//! count without listing. Both may be some seconds behind.
