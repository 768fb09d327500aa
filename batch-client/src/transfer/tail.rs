//! Following a file of a task that grows, as `tail -f` does.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::remote::{Owner, Remote};
use crate::client::Client;
use crate::download::Download;
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

/// A file of a task to follow; [`follow`](Self::follow) makes the stream.
#[derive(Debug, Clone)]
#[must_use = "`follow` makes the stream"]
pub struct Tail {
    client: Client,
    job: String,
    task: String,
    path: String,
    from_end: Option<u64>,
    intervals: Intervals,
}

impl Tail {
    /// Begins at most so many bytes before the end that the file has when it is first seen; by
    /// default at its beginning.
    #[inline]
    pub fn from_end(mut self, bytes: u64) -> Self {
        self.from_end = Some(bytes);
        self
    }

    /// The longest pause before the file is looked at again; 5 s by default. Pauses are shorter
    /// while there is news, from a quarter of a second on.
    #[inline]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.intervals.max = interval;
        self
    }

    /// The content as a stream that goes on while the task does.
    ///
    /// It waits for a task that has not begun and for a file that does not exist yet, and ends when
    /// the task is completed and everything was read. Failures that may pass (throttling, statuses
    /// 5xx, lost connections) do not end it, unless for an hour nothing else comes; bytes come
    /// once, whatever breaks. A task that runs again writes its output anew: where the file gets
    /// shorter, the stream goes on from its new beginning.
    ///
    /// Errors: a task or job that does not exist or is deleted meanwhile, a completed task without
    /// such a file, a node that is gone with its files.
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

/// The content of a file that grows, piece by piece. Ends after the first error; dropping it ends
/// it, too.
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
    /// The next piece, or `None` at the end. Where this future is dropped, nothing is lost.
    ///
    /// # Errors
    ///
    /// What [`Tail::follow`] names; the stream has ended then.
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

/// Where a stream is.
struct Following {
    remote: Remote,
    from_end: Option<u64>,
    intervals: Intervals,
    /// Up to where it was read; absent before the file was seen.
    offset: Option<u64>,
    body: Option<Download>,
    /// Whether the task was completed when there last was nothing new.
    completed: bool,
    /// When something last came.
    news: Instant,
    /// Since when everything fails.
    failing: Option<Instant>,
}

impl Following {
    #[inline]
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            match self.look().await {
                Ok(Seen::Piece(piece)) => {
                    (self.news, self.failing) = (Instant::now(), None);
                    self.completed = false;
                    return Ok(Some(piece));
                }
                Ok(Seen::End) => return Ok(None),
                Ok(Seen::Again) => {}
                Ok(Seen::Nothing) => {
                    self.failing = None;
                    tokio::time::sleep(self.intervals.next(self.news.elapsed())).await;
                }
                Err(error) if error.may_pass() => {
                    self.body = None;
                    let since = *self.failing.get_or_insert_with(Instant::now);
                    if since.elapsed() > LONGEST_OUTAGE {
                        return Err(error);
                    }
                    tracing::warn!(%error, "following a file failed and goes on");
                    let pause = self.intervals.next(since.elapsed());
                    let asked = error.retry_after().unwrap_or_default();
                    tokio::time::sleep(pause.max(asked)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    #[inline]
    async fn look(&mut self) -> Result<Seen, Error> {
        if let Some(body) = &mut self.body {
            let Some(piece) = body.try_next().await? else {
                self.body = None;
                return Ok(Seen::Again);
            };
            *self.offset.get_or_insert(0) += piece.len() as u64;
            return Ok(if piece.is_empty() {
                Seen::Again
            } else {
                Seen::Piece(piece)
            });
        }
        let properties = match self.remote.properties(Some(poll_retry())).await {
            Ok(properties) => properties,
            // There is no such file yet, or the service will not say why there is none.
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
            // It was written anew.
            *offset = 0;
        }
        if *offset == length {
            return self.nothing(None).await;
        }
        match self.remote.content(format!("bytes={offset}-"), None).await {
            Ok(body) => {
                self.body = Some(body);
                Ok(Seen::Again)
            }
            // It has changed in between.
            Err(error) if error.status().is_some_and(|status| status.as_u16() == 416) => {
                Ok(Seen::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// There is nothing new: the end, if there was nothing either when the task was seen to be
    /// completed.
    #[inline]
    async fn nothing(&mut self, error: Option<Error>) -> Result<Seen, Error> {
        if self.completed {
            return match error {
                Some(error) => Err(self.remote.explained(error).await),
                None => Ok(Seen::End),
            };
        }
        let Owner::Task { job, task } = &self.remote.owner else {
            return Ok(Seen::Nothing);
        };
        let call = self.remote.client.task().get(job, task).select("id,state");
        let task = call.retry(poll_retry()).await?;
        self.completed = task.state == Some(TaskState::Completed);
        // What was written between the two calls is still to be read.
        Ok(if self.completed {
            Seen::Again
        } else {
            Seen::Nothing
        })
    }
}

/// What a look brings.
enum Seen {
    Piece(Bytes),
    /// The next look comes at once.
    Again,
    /// Nothing new.
    Nothing,
    End,
}
