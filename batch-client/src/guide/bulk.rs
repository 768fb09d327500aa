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
//! | `Unknown` | was sent, but until the attempts were used up the service did not say whether it added the task | yes; it is compared then |
//!
//! [`is_complete`](crate::bulk::AddReport::is_complete) is true if all tasks are in the job,
//! [`is_settled`](crate::bulk::AddReport::is_settled) if another call would change nothing. Both
//! are false until the input was read to its end and each task has an outcome, so they are never
//! true of a call that was cut off. [`error`](crate::bulk::AddReport::error) is the reason why the
//! call ended early, such as a job that does not exist.
//!
//! An error of the whole request (its signature, version or job) ends the call: no further task is
//! sent. An error that names a property of a task is narrowed down to that task, and the others are
//! added.
//!
//! # Continuing later
//!
//! A call can end early: by an error, by its [`timeout`](crate::bulk::AddAll::timeout), or because
//! its stream was dropped. Pass the report to [`resume`](crate::bulk::AddAll::resume) with the same
//! tasks in the same order. Tasks that are settled are skipped; those that were not read, not sent,
//! or have no certain outcome are sent. This loop ends with every task in the job, or with the
//! reason why one cannot be:
//!
//! ```
//! use std::time::Duration;
//!
//! use batch_client::bulk::AddReport;
//! use batch_client::models::TaskAddParameter;
//! # use batch_client::models::JobAddParameter;
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use batch_emulator::{AnswerFault, Config, Fault, FaultKind};
//! # let refused = Fault::new(FaultKind::Answer(AnswerFault::new(403)))
//! #     .operation("Task_AddCollection")
//! #     .most(1);
//! # let service = batch_emulator::start(Config::default().faults([refused])).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # client.job().add(JobAddParameter::new("nightly", "render")).await?;
//! # let pause = Duration::from_millis(1);
//! # /*
//! let pause = Duration::from_secs(60);
//! # */
//! let frames = || (1..=10_000)
//!     .map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")));
//! let mut report = AddReport::default(); // or one that an earlier process has saved
//! for _ in 0..10 {
//!     let call = client.task().add_all("nightly", frames()).resume(report);
//!     report = call.timeout(Duration::from_secs(600)).report().await;
//!     if report.is_settled() {
//!         break;
//!     }
//!     println!("{report}"); // save it here with serde to survive a restart
//!     tokio::time::sleep(pause).await;
//! }
//! let report = report.into_result()?; // an error if a task is not in the job
//! println!("{report}"); // 10000 tasks: 10000 added
//! # assert_eq!(report.added, 10_000);
//! # let stored = client.task().list("nightly").select("id").stream().try_collect().await?;
//! # assert_eq!(stored.len(), 10_000);
//! # Ok(())
//! # }
//! ```
//!
//! Use the call's own `timeout`: `tokio::time::timeout` around `report()` drops the report with the
//! future.
//!
//! Resuming needs tasks that can be made again, as by the closure above. If they come from a
//! source that can be read only once, such as a channel, keep the
//! [`stream`](crate::bulk::AddAll::stream) instead: its [`next`](crate::bulk::AddAllStream::next)
//! can be cancelled and called again later, and no task is lost in between. Tasks that are
//! `NotAttempted` because the call ended with an error have been taken from the source, so keep a
//! copy of those that you cannot make again.
//!
//! # Running it again without a report
//!
//! Adding the same tasks with the same ids is safe, too: tasks that exist are compared with those
//! given. A property that was given has to be there, and one that was not given has to be absent,
//! empty, or the service's default. Where it takes fewer requests, existing tasks are listed
//! instead of read one by one: a second run of 5,000 tasks in a job of that size costs 5 listing
//! requests and one for the job's counts, beside the 50 that add.
//!
//! A SAS in the URL of a file differs from day to day, and the task with it.
//! [`ignore_url_queries`](crate::bulk::AddAll::ignore_url_queries) compares URLs without their
//! queries, and command lines and environment settings without those of signed URLs.
//!
//! # Limits
//!
//! - A request has at most 100 tasks and 1 MiB (1,048,576 bytes). `add_all` respects both. A single
//!   task that is larger is `Rejected` with `RequestBodyTooLarge`: move what makes it large into a
//!   resource file.
//! - Up to 8 requests are in flight ([`concurrency`](crate::bulk::AddAll::concurrency)). Once the
//!   service throttles, they are spread in time, at the rate that it accepts.
//! - Transient failures are retried by the client's policy, with twice its attempts
//!   ([`retry`](crate::bulk::AddAll::retry)). Being throttled does not count as an attempt. The
//!   policy's `total_time` (5 minutes unless set) is the longest time that a request is retried or
//!   throttled, and `max_retry_after` (5 minutes) the longest pause that a `Retry-After` can ask
//!   for; if a pause would exceed the total time, the call ends with the error.
//! - To wait for a state or a quota that passes, name its code with
//!   [`RetryPolicy::also_on`](crate::RetryPolicy::also_on).
//! - Existing tasks that were listed for comparison take at most 64 MiB; others are read.
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
//! the job. An input without an end is fine: the call yields to other futures of its task, so that
//! they can stop it.
