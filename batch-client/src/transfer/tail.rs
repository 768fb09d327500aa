//! Following a file of a task that grows, as `tail -f` does.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::content::{Body, Failure, Fetched, SEGMENT, fetch};
use super::remote::{Owner, Remote};
use crate::client::Client;
use crate::error::Error;
use crate::models::TaskState;
use crate::polling::{Intervals, LONGEST_OUTAGE, poll_retry};
use crate::{BoxFuture, Stream, operations};

impl operations::file::Operations {
    /// Follows a file of a task, such as `stdout.txt`, while the task writes it.
    ///
    /// ```no_run
    /// use std::io::Write as _;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut output = client.file().tail_task("nightly", "frame-1", "stdout.txt").follow();
    /// while let Some(piece) = output.try_next().await? {
    ///     std::io::stdout().write_all(&piece)?;
    /// }
    /// println!("the task is completed");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn tail_task(
        &self,
        job_id: impl Into<String>,
        task_id: impl Into<String>,
        file_path: impl Into<String>,
    ) -> Tail {
        Tail {
            client: self.client.clone(),
            job: job_id.into(),
            task: task_id.into(),
            path: file_path.into(),
            from_end: None,
            intervals: Intervals::new(Duration::from_millis(250), Duration::from_secs(5)),
        }
    }
}

/// A file of a task to follow; call [`follow`](Self::follow) for its content.
#[derive(Debug, Clone)]
#[must_use = "call `follow` for the content"]
pub struct Tail {
    client: Client,
    job: String,
    task: String,
    path: String,
    from_end: Option<u64>,
    intervals: Intervals,
}

impl Tail {
    /// Starts at most this many bytes before the end that the file has when it is first seen; by
    /// default at the beginning.
    #[inline]
    pub fn from_end(mut self, bytes: u64) -> Self {
        self.from_end = Some(bytes);
        self
    }

    /// Sets the longest polling interval; 5 s by default. Intervals start at a quarter of a second
    /// after new bytes.
    #[inline]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.intervals.max = interval;
        self
    }

    /// Returns the content as a stream, which lasts as long as the task runs.
    ///
    /// The stream waits for a task that has not started and for a file that does not exist yet, and
    /// ends when the task is completed and everything was read. Each byte is returned once: every
    /// response has to be the range that was requested. Transient failures (throttling, statuses
    /// 5xx, lost connections) do not end it unless nothing but failures arrives for an hour, or for
    /// [`RetryPolicy::total_time`](crate::RetryPolicy::total_time) once the task is completed. When
    /// a task runs again, it writes its output again: if the file gets shorter, the stream
    /// continues from its new beginning.
    ///
    /// # Errors
    ///
    /// A task or job that does not exist or is deleted meanwhile, a completed task without such a
    /// file, a node that is gone with its files, a service or proxy that ignores the requested
    /// range.
    #[inline]
    pub fn follow(self) -> TailStream {
        let remote = Remote {
            client: self.client,
            owner: Owner::Task {
                job: self.job,
                task: self.task,
            },
            path: self.path,
        };
        TailStream {
            step: Step::Idle(Box::new(Following {
                remote,
                from_end: self.from_end,
                intervals: self.intervals,
                offset: None,
                body: None,
                completed: false,
                news: Instant::now(),
                failing: None,
            })),
        }
    }
}

/// The content of a growing file, piece by piece. It ends after the first error. Dropping it stops
/// following the file.
#[must_use = "a file is followed only when the stream is polled"]
pub struct TailStream {
    step: Step,
}

type Next = BoxFuture<(Box<Following>, Result<Option<Bytes>, Error>)>;

enum Step {
    Idle(Box<Following>),
    Busy(Next),
    Ended,
}

impl TailStream {
    /// Returns the next piece, or `None` at the end. Dropping this future loses nothing.
    ///
    /// # Errors
    ///
    /// The errors of [`Tail::follow`], after which the stream has ended.
    #[inline]
    pub async fn try_next(&mut self) -> Result<Option<Bytes>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

impl Stream for TailStream {
    type Item = Result<Bytes, Error>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.step, Step::Ended) {
                Step::Ended => return Poll::Ready(None),
                Step::Idle(mut following) => {
                    self.step = Step::Busy(Box::pin(async move {
                        let next = following.next().await;
                        (following, next)
                    }));
                }
                Step::Busy(mut next) => {
                    let polled = next.as_mut().poll(context);
                    if polled.is_pending() {
                        self.step = Step::Busy(next);
                    }
                    let (following, result) = ready!(polled);
                    return Poll::Ready(match result {
                        Ok(Some(piece)) => {
                            self.step = Step::Idle(following);
                            Some(Ok(piece))
                        }
                        Ok(None) => None,
                        Err(error) => Some(Err(error)),
                    });
                }
            }
        }
    }
}

impl fmt::Debug for TailStream {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TailStream").finish_non_exhaustive()
    }
}

/// State of a stream.
struct Following {
    remote: Remote,
    from_end: Option<u64>,
    intervals: Intervals,
    /// Number of bytes that were read or skipped; absent until the file was seen.
    offset: Option<u64>,
    body: Option<Body>,
    /// True if the task was completed when there last was nothing new.
    completed: bool,
    /// Time of the last new bytes.
    news: Instant,
    /// Start of a series of failures.
    failing: Option<Instant>,
}

impl Following {
    #[inline]
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            match self.poll().await {
                Ok(Polled::Piece(piece)) => {
                    (self.news, self.failing) = (Instant::now(), None);
                    self.completed = false;
                    return Ok(Some(piece));
                }
                Ok(Polled::End) => return Ok(None),
                Ok(Polled::Again) => {}
                Ok(Polled::Nothing) => {
                    self.failing = None;
                    tokio::time::sleep(self.intervals.next(self.news.elapsed())).await;
                }
                Ok(Polled::Refused(error)) => self.recover(error).await?,
                Err(error) if error.may_pass() => self.recover(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Pauses after a transient failure, or returns it if there were nothing but failures for too
    /// long.
    #[inline]
    async fn recover(&mut self, error: Error) -> Result<(), Error> {
        self.body = None;
        let since = *self.failing.get_or_insert_with(Instant::now);
        let limit = if self.completed || is_completed(&self.remote).await.unwrap_or(false) {
            self.remote.client.transport().retry.total_time
        } else {
            LONGEST_OUTAGE
        };
        let left = limit.saturating_sub(since.elapsed());
        if left.is_zero() {
            return Err(error);
        }
        tracing::warn!(%error, "following a file failed and continues");
        let pause = self.intervals.next(since.elapsed());
        let longest = self.remote.client.transport().retry.max_retry_after;
        let asked = error.retry_after().unwrap_or_default().min(longest);
        tokio::time::sleep(pause.max(asked).min(left)).await;
        Ok(())
    }

    #[inline]
    async fn poll(&mut self) -> Result<Polled, Error> {
        if self.body.is_some() {
            return self.read().await;
        }
        let properties = match self.remote.properties(Some(poll_retry())).await {
            Ok(properties) => properties,
            // The file does not exist yet, or the service does not say why there is none.
            Err(error) if error.is_not_found() || error.is_conflict() => {
                return self.nothing(Some(error)).await;
            }
            Err(error) => return Err(error),
        };
        let length = properties.content_length.unwrap_or_default().max(0);
        let length = length.unsigned_abs();
        let start = self
            .from_end
            .map_or(0, |bytes| length.saturating_sub(bytes));
        let offset = self.offset.get_or_insert(start);
        if *offset > length {
            // The task has started the file again.
            *offset = 0;
        }
        let offset = *offset;
        if offset == length {
            return self.nothing(None).await;
        }
        let end = length.min(offset.saturating_add(SEGMENT));
        match fetch(&self.remote, offset..end, None).await {
            Ok(Fetched::Proven(body)) => {
                self.body = Some(body);
                Ok(Polled::Again)
            }
            Ok(Fetched::Unproven(body)) => match body.bytes(false).await {
                Ok(piece) => {
                    self.offset = Some(end);
                    Ok(Polled::Piece(piece))
                }
                Err(failure) => Err(failure.into_error()),
            },
            Err(Failure::Changed(error)) if error.status().is_some() => Ok(Polled::Refused(error)),
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// Reads on from the open response.
    #[inline]
    async fn read(&mut self) -> Result<Polled, Error> {
        let Some(body) = &mut self.body else {
            return Ok(Polled::Again);
        };
        match body.try_next_of_growing().await {
            Ok(Some(piece)) => {
                *self.offset.get_or_insert(0) += piece.len() as u64;
                Ok(if piece.is_empty() {
                    Polled::Again
                } else {
                    Polled::Piece(piece)
                })
            }
            Ok(None) => {
                self.body = None;
                Ok(Polled::Again)
            }
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// There is nothing new. This is the end if the task was already completed the last time.
    #[inline]
    async fn nothing(&mut self, error: Option<Error>) -> Result<Polled, Error> {
        if self.completed {
            return match error {
                Some(error) => Err(self.remote.explained(error).await),
                None => Ok(Polled::End),
            };
        }
        self.completed = is_completed(&self.remote).await?;
        // Bytes that were written between the two calls are still to be read.
        Ok(if self.completed {
            Polled::Again
        } else {
            Polled::Nothing
        })
    }
}

#[inline]
async fn is_completed(remote: &Remote) -> Result<bool, Error> {
    let Owner::Task { job, task } = &remote.owner else {
        return Ok(false);
    };
    let call = remote.client.task().get(job, task).select("id,state");
    let task = call.retry(poll_retry()).await?;
    Ok(task.state == Some(TaskState::Completed))
}

/// Result of a poll.
enum Polled {
    Piece(Bytes),
    /// Poll again at once.
    Again,
    /// Nothing new.
    Nothing,
    /// The range does not exist: the file was started again between the two calls. If that goes on,
    /// something is wrong.
    Refused(Error),
    End,
}
