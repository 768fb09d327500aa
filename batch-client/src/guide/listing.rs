//! Reading many resources, and only the parts that you need.
//!
//! # All items
//!
//! `.stream()` yields one item after another and requests the next page when it is needed:
//!
//! ```
//! use batch_client::filter;
//! use batch_client::models::JobState;
//! use batch_client::select;
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use batch_client::models::JobAddParameter;
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
//! #         .add(JobAddParameter::new(id, "render"))
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
//! It implements [`Stream`](crate::Stream), so the combinators of `futures` work, but
//! [`try_next`](crate::ItemStream::try_next) and [`try_collect`](crate::ItemStream::try_collect) are
//! inherent methods and need no import. The stream ends after the first error.
//!
//! # Page by page
//!
//! Awaiting a listing returns its first [`Page`](crate::Page), with at most `max_results` items
//! (for most listings, 1000 is both the default and the maximum). A page can be **empty without
//! being the last**: a listing ends when a page has no [`continuation`](crate::Page::continuation).
//! `.pages()` yields all pages with their headers.
//!
//! A continuation is a string that you can store, to continue later or in another process:
//!
//! ```
//! # use batch_client::{Client, SharedKey};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use batch_client::models::JobAddParameter;
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # for id in ["a", "b", "c"] {
//! #     client.job()
//! #         .add(JobAddParameter::new(id, "render"))
//! #         .await?;
//! # }
//! let page = client.job().list().max_results(2).await?;
//! let token = page.continuation().expect("a second page").as_str().to_owned();
//! // … in another process:
//! let rest = client.job().list().continue_from(token).stream().try_collect().await?;
//! assert_eq!(rest.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! It is a URL of the same account that contains filter and selection, so those of the new call are
//! ignored. A URL of another host is refused before anything is sent. How long the service accepts
//! a continuation is not documented.
//!
//! If a listing fails halfway, [`PageStream::continuation`](crate::PageStream::continuation) is the
//! page to continue from.
//!
//! # Reading less
//!
//! - **Items**: [`filter`](crate::filter) has the properties and comparisons that the service
//!   documents for each listing. Plain strings work too, unchecked: `.filter("state eq 'active'")`.
//! - **Properties**: [`select`](crate::select). Everything that was not selected is `None`.
//! - **Statistics**: `.expand(Expand::Stats)`, where the service has them.
//!
//! Every property of a response is an `Option`, whatever was selected, because the service omits
//! even properties that its description requires. `None` means that the service did not say, not
//! that there is none.
//!
//! # Counting
//!
//! [`job().get_task_counts`](crate::operations::job::Operations::get_task_counts) and
//! [`account().list_pool_node_counts`](crate::operations::account::Operations::list_pool_node_counts)
//! count without listing. Both may lag behind by some seconds.
