//! Execution of a bulk add, driven by polling the stream: tasks in, requests in flight, outcomes
//! out.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_core::Stream;
use futures_util::stream::FuturesUnordered;

use super::chunk::{Chunk, Pending};
use super::outcome::{AddOutcome, TaskOutcome};
use super::pace::Pace;
use super::report::AddReport;
use super::send::{Sender, Sent};
use super::{AddAll, Progress, Tasks};
use crate::BoxFuture;

/// The outcomes of tasks as they come, from [`AddAll::stream`]; each task has one.
///
/// Dropping it cancels the call. Tasks sent before that may have been added;
/// [`report`](Self::report) has the outcomes received so far.
#[must_use = "tasks are added while the stream is polled"]
pub struct AddAllStream {
    sender: Arc<Sender>,
    /// The tasks that are yet to come; none after the last.
    tasks: Option<Tasks>,
    /// The place of the next task.
    position: u64,
    /// The chunk that is being filled.
    filling: Chunk,
    /// Chunks that are to be sent again.
    waiting: VecDeque<Chunk>,
    /// Requests with the time at which they were sent.
    under_way: FuturesUnordered<BoxFuture<(Instant, Sent)>>,
    outcomes: VecDeque<TaskOutcome>,
    /// Most requests under way.
    concurrency: usize,
    pace: Pace,
    progress: Option<Progress>,
    report: AddReport,
}

impl AddAllStream {
    #[inline]
    pub(super) fn new(call: AddAll) -> Self {
        let policy = call.client.transport().retry;
        let retry = call.retry.unwrap_or_else(|| match policy.attempts {
            1 => policy,
            attempts => policy.with_attempts(attempts.saturating_mul(2)),
        });
        let mut report = call.report;
        report.reopen();
        Self {
            sender: Arc::new(Sender {
                client: call.client,
                job_id: call.job_id,
                retry,
            }),
            tasks: Some(call.tasks),
            position: 0,
            filling: Chunk::default(),
            waiting: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            outcomes: VecDeque::new(),
            concurrency: call.concurrency,
            pace: Pace::new(),
            progress: call.progress,
            report,
        }
    }

    /// The next outcome; `None` when all tasks have theirs.
    #[inline]
    pub async fn next(&mut self) -> Option<TaskOutcome> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the outcomes so far.
    #[inline]
    pub fn report(&self) -> &AddReport {
        &self.report
    }

    /// Returns the outcomes so far, for a call to [resume](AddAll::resume) with. Tasks without an
    /// outcome yet count as open.
    #[inline]
    pub fn into_report(self) -> AddReport {
        self.report
    }

    /// Takes the next task, unless there is none now (`Pending`) or ever (`None`).
    #[inline]
    fn take(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Pending, TaskOutcome>>> {
        loop {
            let Some(tasks) = &mut self.tasks else {
                return Poll::Ready(None);
            };
            let task = match tasks.as_mut().poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    self.tasks = None;
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(task)) => task,
            };
            let position = self.position;
            self.position += 1;
            if self.report.is_done(position) {
                continue;
            }
            if self.report.error().is_some() {
                return Poll::Ready(Some(Err(TaskOutcome {
                    position,
                    id: task.id,
                    outcome: AddOutcome::NotAttempted,
                })));
            }
            return Poll::Ready(Some(Pending::new(position, task)));
        }
    }

    /// Fills a chunk from the tasks and gives it when it is full, or when there are no more tasks
    /// for now.
    #[inline]
    fn fill(&mut self, context: &mut Context<'_>) -> Option<Chunk> {
        while !self.filling.is_full() {
            match self.take(context) {
                Poll::Ready(Some(Ok(task))) => {
                    if let Err(task) = self.filling.push(task) {
                        let full = std::mem::take(&mut self.filling);
                        // An empty chunk takes any task.
                        let _ = self.filling.push(task);
                        return Some(full);
                    }
                }
                Poll::Ready(Some(Err(outcome))) => {
                    self.settle(outcome);
                    // One at a time, so that they do not pile up.
                    return None;
                }
                Poll::Ready(None) => break,
                // A slow stream does not hold back what is there, nor is each of its tasks a
                // request where others are under way.
                Poll::Pending if self.under_way.is_empty() => break,
                Poll::Pending => return None,
            }
        }
        (!self.filling.is_empty()).then(|| std::mem::take(&mut self.filling))
    }

    /// Sends as many chunks as there may be under way, as fast as the service lets them through.
    /// `Pending` where one waits for its time.
    #[inline]
    fn start(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.under_way.len() < self.concurrency && self.outcomes.is_empty() {
            if self.report.error().is_some() {
                self.give_up();
            }
            let Some(chunk) = self.waiting.pop_front().or_else(|| self.fill(context)) else {
                break;
            };
            if self.report.error().is_some() {
                self.waiting.push_back(chunk);
                continue;
            }
            if self.pace.poll_next(context).is_pending() {
                self.waiting.push_front(chunk);
                return Poll::Pending;
            }
            self.report.requests += 1;
            let sender = self.sender.clone();
            let pause = chunk.pause;
            self.under_way.push(Box::pin(async move {
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                let began = Instant::now();
                let sent = sender.send(chunk).await;
                (began, sent)
            }));
        }
        Poll::Ready(())
    }

    /// Tasks that are still waiting when the call ends are not sent.
    #[inline]
    fn give_up(&mut self) {
        let mut open = Vec::from(std::mem::take(&mut self.waiting));
        open.push(std::mem::take(&mut self.filling));
        for chunk in open {
            let unclear = chunk.unclear;
            for task in chunk.tasks {
                let outcome = if unclear {
                    AddOutcome::Unknown {
                        message: "the call ended before a clear answer came".to_owned(),
                    }
                } else {
                    AddOutcome::NotAttempted
                };
                self.settle(task.end(outcome));
            }
        }
    }

    #[inline]
    fn settle(&mut self, outcome: TaskOutcome) {
        self.report.count(&outcome);
        self.outcomes.push_back(outcome);
    }

    /// Records the result of a chunk.
    #[inline]
    fn take_in(&mut self, began: Instant, sent: Sent) {
        match sent.throttled {
            Some(pause) => {
                self.report.throttled += 1;
                self.pace.throttled(began, pause);
            }
            None => self.pace.served(),
        }
        self.waiting.extend(sent.again);
        for outcome in sent.outcomes {
            self.settle(outcome);
        }
        if let Some(error) = sent.stopped {
            self.report.stop(error);
        }
        if let Some(tell) = &mut self.progress {
            tell(&self.report);
        }
    }
}

impl Stream for AddAllStream {
    type Item = TaskOutcome;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<TaskOutcome>> {
        loop {
            if let Some(outcome) = self.outcomes.pop_front() {
                return Poll::Ready(Some(outcome));
            }
            let started = self.start(context);
            if !self.outcomes.is_empty() {
                continue;
            }
            match Pin::new(&mut self.under_way).poll_next(context) {
                Poll::Ready(Some((began, sent))) => self.take_in(began, sent),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) if started.is_pending() => return Poll::Pending,
                // Nothing is under way and nothing can be sent: the tasks are at their end, or not
                // there yet.
                Poll::Ready(None) if self.tasks.is_some() => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for AddAllStream {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddAllStream")
            .field("job_id", &self.sender.job_id)
            .field("under_way", &self.under_way.len())
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
