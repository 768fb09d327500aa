//! The work, done while the stream is polled: tasks in, requests under way, outcomes out.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::chunk::{Chunk, Pending};
use super::outcome::{AddOutcome, TaskOutcome};
use super::report::AddReport;
use super::send::{Sender, Sent};
use super::{AddAll, Progress, Tasks};
use crate::BoxFuture;

/// The outcomes of tasks as they come, from [`AddAll::stream`]; each task has one.
///
/// Whoever wants no more drops it. What was sent by then may have been added;
/// [`report`](Self::report) knows what came back.
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
    under_way: FuturesUnordered<BoxFuture<Sent>>,
    outcomes: VecDeque<TaskOutcome>,
    pace: Pace,
    progress: Option<Progress>,
    report: AddReport,
}

/// How many requests are sent at a time: halved when the service throttles, one more after each
/// round of successes.
struct Pace {
    most: usize,
    now: usize,
    successes: usize,
    not_before: Option<Instant>,
}

impl Pace {
    #[inline]
    fn slower(&mut self, pause: Duration) {
        self.now = (self.now / 2).max(1);
        self.successes = 0;
        let until = Instant::now().checked_add(pause);
        self.not_before = self.not_before.max(until);
    }

    #[inline]
    fn succeeded(&mut self) {
        self.successes += 1;
        if self.successes >= self.now && self.now < self.most {
            self.now += 1;
            self.successes = 0;
        }
    }
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
            pace: Pace {
                most: call.concurrency,
                now: call.concurrency,
                successes: 0,
                not_before: None,
            },
            progress: call.progress,
            report,
        }
    }

    /// The next outcome; `None` when all tasks have theirs.
    #[inline]
    pub async fn next(&mut self) -> Option<TaskOutcome> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// What is known by now.
    #[inline]
    pub fn report(&self) -> &AddReport {
        &self.report
    }

    /// What is known by now, for a call to [resume](AddAll::resume) with. Tasks without an outcome
    /// yet count as open.
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

    /// Sends as many chunks as there may be under way.
    #[inline]
    fn start(&mut self, context: &mut Context<'_>) {
        while self.under_way.len() < self.pace.now && self.outcomes.is_empty() {
            if self.report.error().is_some() {
                self.give_up();
            }
            let Some(chunk) = self.waiting.pop_front().or_else(|| self.fill(context)) else {
                return;
            };
            if self.report.error().is_some() {
                self.waiting.push_back(chunk);
                continue;
            }
            self.report.requests += 1;
            let sender = self.sender.clone();
            let until = Instant::now()
                .checked_add(chunk.pause)
                .max(self.pace.not_before);
            self.under_way.push(Box::pin(async move {
                if let Some(until) = until {
                    tokio::time::sleep_until(until).await;
                }
                sender.send(chunk).await
            }));
        }
    }

    /// What waits when the call has ended is not sent.
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

    /// Takes in what came of a chunk.
    #[inline]
    fn take_in(&mut self, sent: Sent) {
        match sent.throttled {
            Some(pause) => {
                self.report.throttled += 1;
                self.pace.slower(pause);
            }
            None => self.pace.succeeded(),
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
            self.start(context);
            if !self.outcomes.is_empty() {
                continue;
            }
            match Pin::new(&mut self.under_way).poll_next(context) {
                Poll::Ready(Some(sent)) => self.take_in(sent),
                Poll::Pending => return Poll::Pending,
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
