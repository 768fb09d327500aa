//! Chunks: tasks, written once, and packed by the limits of a request.

use std::time::{Duration, Instant};

use bytes::{BufMut as _, Bytes, BytesMut};

use super::outcome::{AddOutcome, TaskOutcome};
use crate::codes;
use crate::models::TaskAddParameter;

/// The most tasks that the service takes in one request.
const MOST_TASKS: usize = 100;
/// The longest body that the service takes.
const LIMIT: usize = 1024 * 1024;
/// A chunk of several tasks keeps away from the limit; what it is split into when the service
/// counts otherwise costs more.
const MOST_BYTES: usize = LIMIT - 16 * 1024;
/// Size of the buffers that tasks are written to, one after the other: a buffer for each task
/// would be another allocation beside six.
pub(super) const BUFFER: usize = 16 * 1024;
const BEFORE: &[u8] = b"{\"value\":[";
const AFTER: &[u8] = b"]}";

/// A task to send.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) position: u64,
    pub(super) id: String,
    pub(super) body: Bytes,
    /// How often the service failed at it.
    pub(super) failures: u32,
}

impl Pending {
    /// Writes a task into a buffer that many share, and takes it out of that; a task that no
    /// request can hold has its outcome at once.
    #[inline]
    pub(super) fn new(
        position: u64,
        task: TaskAddParameter,
        buffer: &mut BytesMut,
    ) -> Result<Self, TaskOutcome> {
        buffer.reserve(BUFFER / 8);
        let written = serde_json::to_writer((&mut *buffer).writer(), &task);
        let body = buffer.split().freeze();
        let id = task.id;
        let refused = |code: Option<&str>, message: String| TaskOutcome {
            position,
            id: id.clone(),
            outcome: AddOutcome::Rejected {
                code: code.map(str::to_owned),
                message,
            },
        };
        if let Err(why) = written {
            return Err(refused(None, format!("cannot serialize the task: {why}")));
        }
        let length = BEFORE.len() + body.len() + AFTER.len();
        if length > LIMIT {
            let message = format!(
                "cannot send the task: its request has {length} bytes, and the service accepts at \
                 most {LIMIT}; shorten it, such as by a file with its settings"
            );
            return Err(refused(Some(codes::REQUEST_BODY_TOO_LARGE), message));
        }
        Ok(Self {
            position,
            id,
            body,
            failures: 0,
        })
    }

    #[inline]
    pub(super) fn end(self, outcome: AddOutcome) -> TaskOutcome {
        TaskOutcome {
            position: self.position,
            id: self.id,
            outcome,
        }
    }
}

/// Tasks that go into one request.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) tasks: Vec<Pending>,
    /// The length of its body, with all separators.
    length: usize,
    /// How often sending it as a whole failed, throttling excluded.
    pub(super) failures: u32,
    /// Since when it fails.
    pub(super) failing: Option<Instant>,
    /// The clock was corrected for it, which does not help twice.
    pub(super) clock_corrected: bool,
    /// Since when it is throttled, and how often.
    pub(super) throttled: Option<(Instant, u32)>,
    /// True if an earlier attempt may have added tasks of the chunk.
    pub(super) unclear: bool,
    /// Delay before the chunk is sent.
    pub(super) pause: Duration,
}

impl Chunk {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.tasks.len() >= MOST_TASKS
    }

    /// Takes a task, or gives it back where it does not fit any more. An empty chunk takes any.
    #[inline]
    pub(super) fn push(&mut self, task: Pending) -> Result<(), Pending> {
        let longer = self.length + task.body.len() + 1;
        let fits = !self.is_full() && BEFORE.len() + longer + AFTER.len() <= MOST_BYTES;
        if !fits && !self.is_empty() {
            return Err(task);
        }
        self.length = longer;
        self.tasks.push(task);
        Ok(())
    }

    /// The body of its request.
    #[inline]
    pub(super) fn body(&self) -> Bytes {
        let mut body = BytesMut::with_capacity(BEFORE.len() + self.length + AFTER.len());
        body.extend_from_slice(BEFORE);
        for (number, task) in self.tasks.iter().enumerate() {
            if number > 0 {
                body.extend_from_slice(b",");
            }
            body.extend_from_slice(&task.body);
        }
        body.extend_from_slice(AFTER);
        body.freeze()
    }

    /// Splits the chunk into two halves.
    #[inline]
    pub(super) fn split(mut self) -> [Self; 2] {
        let second = self.tasks.split_off(self.tasks.len() / 2);
        [self.tasks, second].map(|tasks| Self {
            length: tasks.iter().map(|task| task.body.len() + 1).sum(),
            tasks,
            unclear: self.unclear,
            clock_corrected: self.clock_corrected,
            ..Self::default()
        })
    }

    /// A chunk of tasks that were in others, to be sent after a pause.
    #[inline]
    pub(super) fn again(tasks: Vec<Pending>, pause: Duration) -> Self {
        Self {
            length: tasks.iter().map(|task| task.body.len() + 1).sum(),
            tasks,
            unclear: true,
            pause,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::EnvironmentSetting;

    fn task(position: u64, size: usize) -> TaskAddParameter {
        let setting = EnvironmentSetting::new("X", "x".repeat(size));
        TaskAddParameter::new(format!("t{position}"), "echo")
            .with_environment_settings(vec![setting])
    }

    fn pack(sizes: &[usize]) -> Vec<Chunk> {
        let mut chunks = vec![Chunk::default()];
        for (position, size) in sizes.iter().enumerate() {
            let pending = Pending::new(
                position as u64,
                task(position as u64, *size),
                &mut BytesMut::new(),
            )
            .expect("a task that fits");
            if let Err(pending) = chunks.last_mut().expect("a chunk").push(pending) {
                let mut chunk = Chunk::default();
                chunk.push(pending).expect("an empty chunk takes it");
                chunks.push(chunk);
            }
        }
        chunks
    }

    #[test]
    fn chunks_keep_both_limits() {
        for sizes in [
            vec![10; 250],
            vec![30_000; 100],
            vec![600_000; 3],
            vec![1_030_000, 10, 1_030_000],
            vec![],
        ] {
            let chunks = pack(&sizes);
            let count: usize = chunks.iter().map(|chunk| chunk.tasks.len()).sum();
            assert_eq!(count, sizes.len());
            for chunk in &chunks {
                let body = chunk.body();
                assert!(
                    chunk.tasks.len() <= 100 && body.len() <= LIMIT,
                    "{}",
                    body.len()
                );
                assert!(
                    chunk.tasks.len() <= 1 || body.len() <= MOST_BYTES,
                    "{}",
                    body.len()
                );
                let read: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
                assert_eq!(
                    read["value"].as_array().map(Vec::len),
                    Some(chunk.tasks.len())
                );
            }
        }
        assert_eq!(pack(&[10; 250]).len(), 3);
        assert_eq!(pack(&[30_000; 100]).len(), 3);
    }

    #[test]
    fn a_task_that_no_request_holds_is_an_outcome() {
        let outcome = Pending::new(3, task(3, LIMIT), &mut BytesMut::new()).expect_err("too large");
        assert_eq!((outcome.position, &*outcome.id), (3, "t3"));
        assert_eq!(outcome.outcome.code(), Some("RequestBodyTooLarge"));
        assert!(Pending::new(3, task(3, LIMIT - 200), &mut BytesMut::new()).is_ok());
    }

    #[test]
    fn halves_hold_all() {
        let [mut chunk] = <[Chunk; 1]>::try_from(pack(&[10; 7])).expect("one chunk");
        chunk.unclear = true;
        let halves = chunk.split();
        let ids: Vec<&str> = halves
            .iter()
            .flat_map(|half| &half.tasks)
            .map(|task| &*task.id)
            .collect();
        assert_eq!(ids, ["t0", "t1", "t2", "t3", "t4", "t5", "t6"]);
        assert!(halves.iter().all(|half| half.unclear && !half.is_empty()));
    }
}
