//! Waiting for the tasks of a job, with progress.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};

use batch_client::Client;
use batch_client::wait::{TasksOutcome, TasksSnapshot};
use futures_core::Stream;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc::unbounded_channel;

use crate::BoxFuture;
use crate::error::Result;

type Callback = Box<dyn FnMut(&Progress) + Send>;

/// A wait for all tasks of a job, which starts when it is awaited; see
/// [`SubmittedJob::watch`](super::SubmittedJob::watch).
#[must_use = "a wait starts only when it is awaited"]
pub struct Watch {
    client: Client,
    job: String,
    timeout: Option<Duration>,
    min_interval: Option<Duration>,
    progress: Option<Callback>,
}

/// An item of [`Watch::stream`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Watched {
    /// Tasks are waiting or running.
    Progress(Progress),
    /// The wait is over. The last item.
    Done(TasksOutcome),
}

impl Watch {
    pub(super) fn new(client: Client, job: String) -> Self {
        Self {
            client,
            job,
            timeout: None,
            min_interval: None,
            progress: None,
        }
    }

    /// Sets the longest time to wait; none by default. When it passes, the wait is an error for
    /// which [`batch_client::Error::is_timeout`] is true.
    pub fn timeout(self, timeout: Duration) -> Self {
        let timeout = Some(timeout);
        Self { timeout, ..self }
    }

    /// Sets the first polling interval; 250 ms by default. Intervals grow to 15 s.
    pub fn min_interval(self, interval: Duration) -> Self {
        let min_interval = Some(interval);
        Self {
            min_interval,
            ..self
        }
    }

    /// Sets a callback for the progress that each poll sees.
    pub fn progress(self, callback: impl FnMut(&Progress) + Send + 'static) -> Self {
        let progress: Option<Callback> = Some(Box::new(callback));
        Self { progress, ..self }
    }

    /// Returns the progress and, at the end, the outcome.
    ///
    /// ```no_run
    /// use batch_jobs::Watched;
    /// use futures_util::StreamExt;
    ///
    /// # async fn example(job: batch_jobs::SubmittedJob) -> batch_jobs::Result<()> {
    /// let mut watched = job.watch().stream();
    /// while let Some(item) = watched.next().await {
    ///     match item? {
    ///         Watched::Progress(now) => println!("{now}"),
    ///         Watched::Done(outcome) => println!("{outcome}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> Pin<Box<dyn Stream<Item = Result<Watched>> + Send>> {
        let (sender, mut receiver) = unbounded_channel();
        let watch = self.progress(move |now| {
            // Nobody listens any more when the stream is dropped.
            let _ = sender.send(*now);
        });
        let progress = stream::poll_fn(move |context| receiver.poll_recv(context));
        let progress = progress.map(|now| Ok(Watched::Progress(now)));
        let done = stream::once(async move { watch.await.map(Watched::Done) });
        Box::pin(stream::select(progress, done))
    }

    async fn run(self) -> Result<TasksOutcome> {
        let begun = Instant::now();
        let mut wait = self.client.job().wait(&self.job).tasks_completed();
        if let Some(timeout) = self.timeout {
            wait = wait.timeout(timeout);
        }
        if let Some(interval) = self.min_interval {
            wait = wait.min_interval(interval);
        }
        if let Some(mut progress) = self.progress {
            let mut first = None;
            wait = wait.progress(move |tasks| {
                let before = *first.get_or_insert(tasks.completed);
                progress(&Progress::new(tasks, before, begun.elapsed()));
            });
        }
        Ok(wait.await?)
    }
}

impl IntoFuture for Watch {
    type Output = Result<TasksOutcome>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("job", &self.job)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Progress of a job. Display is one line.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Tasks that wait for a node or for other tasks.
    pub waiting: u32,
    /// Tasks that run.
    pub running: u32,
    /// Tasks that have succeeded.
    pub succeeded: u32,
    /// Tasks that have failed.
    pub failed: u32,
    /// Tasks that were completed in a second, on average since the wait began.
    pub rate: f64,
    /// Time until the last task is completed at this rate; `None` until one is.
    pub left: Option<Duration>,
}

impl Progress {
    fn new(tasks: &TasksSnapshot, before: u32, elapsed: Duration) -> Self {
        let done = tasks.completed.saturating_sub(before);
        let open = tasks.active.saturating_add(tasks.running);
        let rate = f64::from(done) / elapsed.as_secs_f64().max(0.001);
        let left = (done > 0).then(|| f64::from(open) / rate);
        Self {
            waiting: tasks.active,
            running: tasks.running,
            succeeded: tasks.succeeded,
            failed: tasks.failed,
            rate,
            left: left.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        }
    }

    /// Returns the number of all tasks.
    pub fn total(&self) -> u32 {
        self.waiting + self.running + self.succeeded + self.failed
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} waiting, {} running, {} succeeded, {} failed",
            self.waiting, self.running, self.succeeded, self.failed
        )?;
        match self.left {
            Some(left) => write!(f, ", {} s left", left.as_secs()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_this_wait() {
        let mut tasks = TasksSnapshot::default();
        (tasks.active, tasks.running) = (30, 10);
        (tasks.completed, tasks.succeeded, tasks.failed) = (60, 59, 1);
        // 40 tasks were completed before the wait began.
        let now = Progress::new(&tasks, 40, Duration::from_secs(10));
        assert_eq!(now.total(), 100);
        assert!((now.rate - 2.0).abs() < 1e-9, "{}", now.rate);
        assert_eq!(now.left, Some(Duration::from_secs(20)));
        let shown = "30 waiting, 10 running, 59 succeeded, 1 failed, 20 s left";
        assert_eq!(now.to_string(), shown);
        let first = Progress::new(&tasks, 60, Duration::ZERO);
        assert_eq!(first.left, None);
    }
}
