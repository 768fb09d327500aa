//! Adding thousands of tasks.
//!
//! [`add_all`](crate::operations::task::Operations::add_all) takes any number of tasks, from an
//! iterator that is read only as fast as tasks are sent:
//!
//! ```
//! use batch_client::models::TaskAddParameter;
//! # use batch_client::models::JobAddParameter;
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
//! # client.job().add(JobAddParameter::new("nightly", "render")).await?;
//! # client.task().add("nightly", TaskAddParameter::new("frame-7", "something else")).await?;
//! let frames = (1..=1000)
//!     .map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")));
//! match client.task().add_all("nightly", frames).await {
//!     Ok(report) => println!("{report}"), // 1000 tasks: 1000 added
//!     Err(error) => {
//!         println!("{error}"); // cannot add 1 of 1000 tasks to job "nightly": …
//!         for failure in error.failures() {
//!             println!("{}: {}", failure.id, failure.outcome);
//!         }
//! #       let report = error.report();
//! #       assert_eq!((report.total(), report.different, report.failures.len()), (1000, 1, 1));
//! #       assert_eq!(report.added + report.already_there, 999, "{report}");
//! #       return Ok(());
//!     }
//! }
//! # panic!("one task exists as another");
//! # }
//! ```
//!
//! So `add_all(…).await?` suffices if a single missing task is an error for you. To handle missing
//! tasks yourself, `add_all(…).report().await` returns the
//! [`AddReport`](crate::bulk::AddReport) in every case, and is never an error.
//!
//! # One outcome for each task
//!
//! Some tasks can be in the job and others not. Each has exactly one
//! [`AddOutcome`](crate::bulk::AddOutcome):
//!
//! | outcome | the task | send it again? |
//! | --- | --- | --- |
//! | `Added` | was added | no |
//! | `AlreadyThere` | exists exactly as given: from an earlier call, or from an attempt whose response was lost | no |
//! | `ExistsDifferent` | has the id of another task, which was left as it is | with another id |
//! | `Rejected` | was rejected by the service, for the reason in its code | after correcting it |
//! | `NotAttempted` | was not sent, because the call ended earlier | yes |
//! | `Unknown` | was sent without a clear response until the attempts were used up | yes; it is compared then |
//!
//! [`is_complete`](crate::bulk::AddReport::is_complete) is true if all tasks are in the job,
//! [`is_settled`](crate::bulk::AddReport::is_settled) if another call would change nothing.
//! [`error`](crate::bulk::AddReport::error) is the reason why the call ended early, such as a job
//! that does not exist.
//!
//! # Continuing later
//!
//! Serialize the report with serde, and pass it to [`resume`](crate::bulk::AddAll::resume) with the
//! same tasks in the same order. Tasks that are settled are not sent again. Without a report,
//! adding the same tasks with the same ids is safe, too, but takes longer: tasks that exist are
//! read and compared.
//!
//! # Limits
//!
//! - A request has at most 100 tasks and 1 MiB (1,048,576 bytes). `add_all` respects both. A single
//!   task that is larger is `Rejected` with `RequestBodyTooLarge`: move what makes it large into a
//!   resource file.
//! - Up to 8 requests are in flight ([`concurrency`](crate::bulk::AddAll::concurrency)). Once the
//!   service throttles, they are spread in time, at the rate that it accepts.
//! - Transient failures are retried by the client's policy, with twice its attempts
//!   ([`retry`](crate::bulk::AddAll::retry)). Being throttled does not count as an attempt.
//! - Memory holds the requests in flight and the failures in the report.
//!
//! The service compares ids without regard to case: `Frame-1` and `frame-1` are the same task.
//!
//! # Progress
//!
//! [`progress`](crate::bulk::AddAll::progress) calls a function after each request.
//! [`stream`](crate::bulk::AddAll::stream) yields each outcome as it arrives, in no particular
//! order. [`add_stream`](crate::operations::task::Operations::add_stream) takes the tasks from an
//! asynchronous stream. Dropping the future stops the call; tasks that were sent by then may be in
//! the job.
