//! Adding thousands of tasks.
//!
//! [`add_all`](crate::operations::task::Operations::add_all) takes any number of tasks, from an
//! iterator that is read only as fast as tasks are sent:
//!
//! ```
//! use batch_client::models::TaskAddParameter;
//! # use batch_client::models::{JobAddParameter, PoolInformation};
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use batch_emulator::{AnswerFault, Config, Fault, FaultKind};
//! # let lost = Fault::new(FaultKind::Reset { applied: true })
//! #     .operation("Task_AddCollection")
//! #     .most(1);
//! # let service = batch_emulator::start(Config::default().faults([lost])).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # client.job()
//! #     .add(JobAddParameter::new("nightly", PoolInformation::default().with_pool_id("render")))
//! #     .await?;
//! # client.task().add("nightly", TaskAddParameter::new("frame-7", "something else")).await?;
//! let frames = (1..=1000)
//!     .map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")));
//! let report = client.task().add_all("nightly", frames).report().await;
//!
//! println!("{report}"); // 1000 tasks: 899 added, 100 already there, 1 exist as others
//! for failure in &report.failures {
//!     println!("{}: {:?}", failure.id, failure.outcome);
//! }
//! # assert_eq!(
//! #     (report.total(), report.different, report.failures.len()),
//! #     (1000, 1, 1),
//! #     "{report}",
//! # );
//! # assert_eq!(report.added + report.already_there, 999, "{report}");
//! # Ok(())
//! # }
//! ```
//!
//! # Each task has one outcome
//!
//! A report is no `Result`: some tasks can be in the job and others not.
//! [`AddOutcome`](crate::bulk::AddOutcome):
//!
//! | outcome | the task | send it again? |
//! | --- | --- | --- |
//! | `Added` | was added | no |
//! | `AlreadyThere` | was there as it was given: by an earlier call, or by a try whose answer was lost | no |
//! | `ExistsDifferent` | its id is another task's, which was left as it is | with another id |
//! | `Rejected` | the service would not have it; its code says why | when it is mended |
//! | `NotAttempted` | was not sent, since the call ended before | yes |
//! | `Unknown` | was sent, no clear answer came, and the tries are used up | yes; it is compared then |
//!
//! [`is_complete`](crate::bulk::AddReport::is_complete): all are in the job.
//! [`is_settled`](crate::bulk::AddReport::is_settled): another call would change nothing.
//! [`error`](crate::bulk::AddReport::error): what ended the call early, such as a job that does not
//! exist; with [`into_result`](crate::bulk::AddReport::into_result) and `?` it is an error like
//! that of any call.
//!
//! # Going on later
//!
//! A report can be written with serde and given to [`resume`](crate::bulk::AddAll::resume) with the
//! same tasks in the same order. What it has settled is not sent again. Without a report, adding
//! the same tasks with the same ids is safe, too, and takes longer: those that are there are read
//! and compared.
//!
//! # Limits
//!
//! - A request has at most 100 tasks and 1 MiB (1,048,576 bytes). Both are kept without your doing.
//!   A single task that is larger is `Rejected` with `RequestBodyTooLarge`: put what makes it large
//!   into a resource file.
//! - 8 requests are under way at a time ([`concurrency`](crate::bulk::AddAll::concurrency)). Once
//!   the service has throttled one, they are spread in time, at the rate that it lets through.
//! - A failure that may pass is tried again as by the client's policy, with twice its attempts
//!   ([`retry`](crate::bulk::AddAll::retry)). Being throttled counts as no attempt.
//! - Memory holds what is under way, and the failures in the report.
//!
//! Ids are compared without regard to case by the service: `Frame-1` and `frame-1` are one task.
//!
//! # While it runs
//!
//! [`progress`](crate::bulk::AddAll::progress) is told after each request;
//! [`stream`](crate::bulk::AddAll::stream) gives each outcome as it comes, in no particular order;
//! [`add_stream`](crate::operations::task::Operations::add_stream) takes tasks from a stream that
//! makes them meanwhile. Dropping the future stops it; tasks that were sent by then may be in the
//! job.
