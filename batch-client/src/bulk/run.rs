//! Execution of a bulk add, driven by polling the stream: tasks in, requests in flight, outcomes
//! out.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::BytesMut;
use futures_core::Stream;
use futures_util::stream::FuturesUnordered;

use super::chunk::{BUFFER, Chunk, Pending};
use super::lookup::Lookup;
use super::outcome::{AddOutcome, TaskOutcome};
use super::pace::Pace;
use super::report::AddReport;
use super::send::{Deadline, Sender, Sent};
use super::{AddAll, Progress, Tasks};
use crate::BoxFuture;

/// Most outcomes in a row before the caller's other futures get their turn. Where the input is
/// endless and nothing is sent any more, nothing else would let its timeout fire.
const MOST_IN_A_ROW: u32 = 256;

/// The outcomes of tasks as they come, from [`AddAll::stream`]; each task has one.
///
/// [`next`](Self::next) can be cancelled, such as by a timeout, and called again later: no task and
/// no outcome is lost. Dropping the stream cancels the call. Tasks sent before that may have been
/// added; [`into_report`](Self::into_report) returns the outcomes received so far, with which the
/// call can be [resumed](AddAll::resume).
#[must_use = "tasks are added while the stream is polled"]
pub struct AddAllStream {
    sender: Arc<Sender>,
    /// The tasks that are yet to come; none after the last.
    tasks: Option<Tasks>,
    /// The place of the next task.
    position: u64,
    /// Buffer that tasks are written to.
    buffer: BytesMut,
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
    /// Timer of the call's timeout.
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
    /// Outcomes that were returned in a row.
    in_a_row: u32,
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
        let deadline = call.timeout.and_then(Deadline::after);
        Self {
            timer: None,
            in_a_row: 0,
            buffer: BytesMut::with_capacity(BUFFER),
            sender: Arc::new(Sender {
                client: call.client,
                job_id: call.job_id,
                retry,
                deadline,
                lookup: Lookup::new(call.queries),
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

    /// Returns the outcomes so far, for a call to [resume](AddAll::resume) with. Unless this stream
    /// has ended, the report is neither complete nor settled.
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
                    self.report.end_input();
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(task)) => task,
            };
            let position = self.position;
            self.position += 1;
            if self.report.is_done(position) {
                continue;
            }
            self.report.take();
            if self.report.error().is_some() {
                return Poll::Ready(Some(Err(TaskOutcome {
                    position,
                    id: task.id,
                    outcome: AddOutcome::NotAttempted,
                })));
            }
            return Poll::Ready(Some(Pending::new(position, task, &mut self.buffer)));
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
            self.under_way.push(Box::pin(async move {
                sender.pause(&chunk).await;
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
                        message: "the call ended before a conclusive response arrived".to_owned(),
                    }
                } else {
                    AddOutcome::NotAttempted
                };
                self.settle(task.end(outcome));
            }
        }
    }

    /// Ends the call when its timeout has passed: nothing more is read or sent. Requests in flight
    /// end by themselves at the same time.
    #[inline]
    fn end_in_time(&mut self, context: &mut Context<'_>) {
        let Some(deadline) = self.sender.deadline else {
            return;
        };
        if self.tasks.is_none() && self.report.error().is_some() {
            return;
        }
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.at.into())));
        if timer.as_mut().poll(context).is_ready() {
            self.tasks = None;
            self.report.stop(deadline.error());
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
            if self.in_a_row >= MOST_IN_A_ROW {
                self.in_a_row = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(outcome) = self.outcomes.pop_front() {
                self.in_a_row += 1;
                return Poll::Ready(Some(outcome));
            }
            self.end_in_time(context);
            let started = self.start(context);
            if !self.outcomes.is_empty() {
                continue;
            }
            match Pin::new(&mut self.under_way).poll_next(context) {
                Poll::Ready(Some((began, sent))) => {
                    self.take_in(began, sent);
                    continue;
                }
                // Nothing is under way and nothing can be sent: the tasks are at their end, or not
                // there yet.
                Poll::Ready(None) if started.is_ready() && self.tasks.is_none() => {
                    return Poll::Ready(None);
                }
                Poll::Pending | Poll::Ready(None) => {}
            }
            self.in_a_row = 0;
            return Poll::Pending;
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
