//! Adding many tasks: any number of them, in as few requests as they fit, with exactly one outcome
//! for each.
//!
//! ```text
//! tasks ──► pack (chunks of at most 100 tasks and 1 MiB) ──► send (one request, its results)
//!             ▲                                                 │    └─► lookup (existing tasks)
//!      (pace) └──── again: throttled, lost, split ◄─────────────┤
//!                                                               ▼
//!                                                outcomes as they come, and the report
//! ```
//!
//! [`AddAll`] holds the settings; polling [`AddAllStream`] does the work. Requests go through the
//! transport like those of any other call, but without its retries: this module decides about them,
//! because it knows the effect of a retry on each task.

mod chunk;
mod error;
mod lookup;
mod outcome;
mod pace;
mod positions;
mod report;
mod results;
mod run;
mod saved;
mod send;

pub use error::AddAllError;
pub use outcome::{AddOutcome, TaskOutcome};
pub use report::{AddFailure, AddReport};
pub use run::AddAllStream;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use crate::models::TaskAddParameter;
use crate::operations::task::Operations;
use crate::retry::RetryPolicy;
use crate::retry::comparison::Queries;
use crate::{BoxFuture, Client};

/// Where the tasks come from.
type Tasks = Pin<Box<dyn Stream<Item = TaskAddParameter> + Send>>;
/// Callback for progress reports.
type Progress = Box<dyn FnMut(&AddReport) + Send>;

/// Most requests that are under way at the same time, unless another number is set.
const CONCURRENCY: usize = 8;

impl Operations {
    /// Adds any number of tasks to a job.
    ///
    /// The tasks are taken from the iterator as fast as they can be sent and put into as few
    /// requests as the service's limits allow (100 tasks and 1 MiB each); some requests are under
    /// way at a time, spread at the service's rate once it throttles. What fails in a way that may
    /// pass is sent again, what does not fit is split, and a task that is there already is compared
    /// with the one that was to be added. So each task has exactly one [`TaskOutcome`].
    ///
    /// There are three ways to run it:
    ///
    /// - `.await?` gives the [`AddReport`] if every task is in the job, and otherwise an
    ///   [`AddAllError`], which has the report.
    /// - [`.report().await`](AddAll::report) gives the report in any case, for programs that handle
    ///   failed tasks themselves.
    /// - [`.stream()`](AddAll::stream) gives the outcomes as they come.
    ///
    /// Memory holds the requests under way, however many tasks there are. Dropping it stops at once
    /// and leaves nothing in the background; what was sent by then may have been added.
    ///
    /// ```no_run
    /// use batch_client::models::TaskAddParameter;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// let frames = (1..=20_000)
    ///     .map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render {n}")));
    /// let report = client.task().add_all("nightly", frames).await?;
    /// println!("{report}"); // 20000 tasks: 20000 added
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// To continue although some tasks were rejected:
    ///
    /// ```no_run
    /// # use batch_client::models::TaskAddParameter;
    /// # async fn example(client: batch_client::Client, frames: Vec<TaskAddParameter>) {
    /// let report = client.task().add_all("nightly", frames).report().await;
    /// println!("{report}"); // 20000 tasks: 19998 added, 2 rejected
    /// for failure in &report.failures {
    ///     println!("{}: {}", failure.id, failure.outcome);
    /// }
    /// # }
    /// ```
    #[doc(alias = "add_collection")]
    #[doc(alias = "TaskAddCollection")]
    #[doc(alias = "create_tasks")]
    #[doc(alias = "create_task_collection")]
    #[doc(alias = "AddTask")]
    #[inline]
    pub fn add_all<I>(&self, job_id: impl Into<String>, tasks: I) -> AddAll
    where
        I: IntoIterator<Item = TaskAddParameter>,
        I::IntoIter: Send + 'static,
    {
        self.add_stream(job_id, Iter(tasks.into_iter()))
    }

    /// As [`add_all`](Self::add_all), from a stream of tasks that need not be there all at once.
    #[inline]
    pub fn add_stream(
        &self,
        job_id: impl Into<String>,
        tasks: impl Stream<Item = TaskAddParameter> + Send + 'static,
    ) -> AddAll {
        AddAll {
            client: self.client.clone(),
            job_id: job_id.into(),
            tasks: Box::pin(tasks),
            concurrency: CONCURRENCY,
            retry: None,
            timeout: None,
            queries: Queries::Count,
            progress: None,
            report: AddReport::default(),
        }
    }
}

/// Adding many tasks, from [`add_all`](Operations::add_all); it begins when it is awaited or its
/// stream is polled.
#[must_use = "nothing is sent before this is awaited or its stream is polled"]
pub struct AddAll {
    client: Client,
    job_id: String,
    tasks: Tasks,
    concurrency: usize,
    retry: Option<RetryPolicy>,
    timeout: Option<Duration>,
    queries: Queries,
    progress: Option<Progress>,
    report: AddReport,
}

impl AddAll {
    /// Most requests that are under way at the same time; 8 by default, at least 1. Once the
    /// service has throttled, they are also spread in time, at the rate that it lets through.
    #[inline]
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Sets the retry policy for transient failures. The default is the client's policy with twice
    /// its attempts, because a failure here ends more than one call. Throttled attempts are not
    /// counted. The policy's `total_time` is the longest time that one request is retried or
    /// throttled; after that the call ends.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Limits the whole call; no limit by default.
    ///
    /// When the time has passed, the call ends with its report: tasks in flight are
    /// [`Unknown`](AddOutcome::Unknown), no further task is read, and the report's
    /// [`error`](AddReport::error) is a timeout. Dropping the call's future instead, as
    /// `tokio::time::timeout` does, loses the report.
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Leaves out the queries of URLs when a task is compared with an existing one. Set it if they
    /// are SAS that are signed again for each run. By default the whole URL counts.
    ///
    /// The URLs of resource files, and of the containers of resource and output files, are compared
    /// without any query. In all other strings, such as command lines and values of environment
    /// settings, only the queries of signed URLs are left out: `http` and `https` with a parameter
    /// `sig`. A URL ends there at a blank, quote, bracket, `|`, `;` or `\`; what follows counts.
    #[inline]
    pub fn ignore_url_queries(mut self) -> Self {
        self.queries = Queries::Ignored;
        self
    }

    /// Is told after each request how far it is. It runs where the call is polled, so it should be
    /// quick.
    #[inline]
    pub fn progress(mut self, tell: impl FnMut(&AddReport) + Send + 'static) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Continues an earlier call of the same tasks in the same order: tasks that it has settled are
    /// skipped, and its counts are carried on. All others are sent: those that were not read, not
    /// attempted, or whose outcome is unknown. What is in the job already is compared, never added
    /// twice.
    ///
    /// It does not matter how the earlier call ended: by an error, by its
    /// [`timeout`](Self::timeout), or because its stream was dropped. A report can be written and
    /// read with serde, so that the earlier call can be one of an earlier process.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use batch_client::models::TaskAddParameter;
    /// use batch_client::bulk::AddReport;
    ///
    /// # async fn example(client: batch_client::Client) {
    /// let tasks = || (1..=20_000)
    ///     .map(|n| TaskAddParameter::new(format!("frame-{n}"), "render"));
    /// let mut report = AddReport::default();
    /// for attempt in 0..10 {
    ///     let call = client.task().add_all("nightly", tasks());
    ///     report = call.resume(report).timeout(Duration::from_secs(600)).report().await;
    ///     if report.is_settled() {
    ///         break;
    ///     }
    ///     println!("attempt {attempt}: {report}");
    ///     tokio::time::sleep(Duration::from_secs(60)).await;
    /// }
    /// # }
    /// ```
    #[inline]
    pub fn resume(mut self, report: AddReport) -> Self {
        self.report = report;
        self
    }

    /// Runs to the end and returns the report, whatever the outcomes of the tasks are.
    ///
    /// ```no_run
    /// # use batch_client::models::TaskAddParameter;
    /// # async fn example(client: batch_client::Client, tasks: Vec<TaskAddParameter>) {
    /// let report = client.task().add_all("nightly", tasks).report().await;
    /// if !report.is_complete() {
    ///     println!("{} tasks were rejected", report.rejected);
    /// }
    /// # }
    /// ```
    #[inline]
    pub async fn report(self) -> AddReport {
        let mut outcomes = self.stream();
        while outcomes.next().await.is_some() {}
        outcomes.into_report()
    }

    /// The outcomes as they come, in no particular order.
    ///
    /// ```no_run
    /// # use batch_client::models::TaskAddParameter;
    /// # async fn example(client: batch_client::Client, tasks: Vec<TaskAddParameter>) {
    /// let mut outcomes = client.task().add_all("nightly", tasks).stream();
    /// while let Some(task) = outcomes.next().await {
    ///     if !task.outcome.is_added() {
    ///         println!("{}: {}", task.id, task.outcome);
    ///     }
    /// }
    /// println!("{}", outcomes.report());
    /// # }
    /// ```
    #[inline]
    pub fn stream(self) -> AddAllStream {
        AddAllStream::new(self)
    }
}

/// Runs to the end: the report if every task is in the job, otherwise the error that has it.
impl IntoFuture for AddAll {
    type Output = Result<AddReport, AddAllError>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.report().await.into_result() })
    }
}

impl fmt::Debug for AddAll {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddAll")
            .field("job_id", &self.job_id)
            .field("concurrency", &self.concurrency)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// An iterator as a stream that is always ready.
struct Iter<I>(I);

impl<I: Iterator> Stream for Iter<I> {
    type Item = I::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.get_mut().0.next())
    }
}

impl<I> Unpin for Iter<I> {}
