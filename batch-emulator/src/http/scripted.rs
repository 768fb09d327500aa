//! A response body that follows a script: piece by piece, with pauses, to its end or until it
//! breaks.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use tokio::time::{Sleep, sleep};

/// Delay before a body breaks, so that the bytes before the break are sent.
const BEFORE_BREAK: Duration = Duration::from_millis(20);

/// Next step of a body.
enum Step {
    Piece(Bytes),
    Pause(Duration),
    Break,
}

/// A body in steps. Its length is unknown in advance, so it is chunked unless a header states the
/// length.
pub(super) struct ScriptedBody {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl ScriptedBody {
    /// Creates a body that is sent in pieces of `size` bytes with pauses in between.
    pub(super) fn slowly(bytes: &Bytes, size: usize, pause: Duration) -> Body {
        let starts = (0..bytes.len()).step_by(size.max(1));
        Self::body(starts.flat_map(|start| {
            let end = start.saturating_add(size.max(1)).min(bytes.len());
            [Step::Piece(bytes.slice(start..end)), Step::Pause(pause)]
        }))
    }

    /// Creates a body that sends these bytes and then fails, which closes the connection early.
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
                    return Poll::Ready(Some(Err(io::Error::other("cut by an injected fault"))));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

/// A body that does not reveal its length.
struct UnknownLength(Body);

/// Hides the length of a body, so that it is sent in chunks.
pub(super) fn with_unknown_length(body: Body) -> Body {
    Body::new(UnknownLength(body))
}

impl HttpBody for UnknownLength {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}
