//! A body that is sent as a score says: piece by piece, with pauses, to its end or until it breaks.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use tokio::time::{Sleep, sleep};

/// How long a body that breaks waits before it does, so that what came before it is on its way.
const BEFORE_BREAK: Duration = Duration::from_millis(20);

/// What comes next of a body.
enum Step {
    Piece(Bytes),
    Pause(Duration),
    Break,
}

/// A body in steps. Its length is not known before its end, so that it goes out in chunks unless a
/// header tells a length.
pub(super) struct ScriptedBody {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl ScriptedBody {
    /// So many bytes at a time, with pauses between them.
    pub(super) fn slowly(bytes: &Bytes, size: usize, pause: Duration) -> Body {
        let starts = (0..bytes.len()).step_by(size.max(1));
        Self::body(starts.flat_map(|start| {
            let end = start.saturating_add(size.max(1)).min(bytes.len());
            [Step::Piece(bytes.slice(start..end)), Step::Pause(pause)]
        }))
    }

    /// These bytes; then the connection is closed although more should come.
    pub(super) fn cut(bytes: Bytes) -> Body {
        Self::body([Step::Piece(bytes), Step::Pause(BEFORE_BREAK), Step::Break])
    }

    fn body(steps: impl IntoIterator<Item = Step>) -> Body {
        let steps = steps.into_iter();
        let steps = steps
            .filter(|step| !matches!(step, Step::Piece(bytes) if bytes.is_empty()))
            .collect();
        Body::new(Self { steps, pause: None })
    }
}

impl HttpBody for ScriptedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match self.steps.pop_front() {
                Some(Step::Piece(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Pause(time)) => self.pause = Some(Box::pin(sleep(time))),
                Some(Step::Break) => {
                    return Poll::Ready(Some(Err(io::Error::other("cut on order"))));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

/// A body that does not tell its length before its end.
struct Untold(Body);

/// The same body, which goes out in chunks.
pub(super) fn of_untold_length(body: Body) -> Body {
    Body::new(Untold(body))
}

impl HttpBody for Untold {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}
