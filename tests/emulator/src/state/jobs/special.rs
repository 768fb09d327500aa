//! How a job's preparation and release tasks fared on the nodes.

use super::{Job, Prepared};
use crate::request::Object;
use crate::state::resource::{child, object, put, put_time, text};
use crate::state::time::Time;
use crate::state::{State, TRANSITION};

impl State {
    /// How preparation and release fared on each node, in the order of node ids.
    pub(crate) fn preparations<'a>(
        job: &'a Job,
        base: &'a str,
        now: Time,
    ) -> impl Iterator<Item = (&'a str, Object)> + use<'a> {
        job.prepared.iter().map(move |(node, prepared)| {
            let seat = &prepared.seat;
            let mut row = object([
                ("poolId", seat.pool_id.as_ref().into()),
                ("nodeId", node.as_ref().into()),
                ("nodeUrl", seat.url(base).into()),
            ]);
            let preparation = special(
                job,
                "jobPreparationTask",
                prepared,
                (prepared.start, prepared.ready),
                base,
                now,
            );
            put(&mut row, "jobPreparationTaskExecutionInfo", preparation);
            if let Some(start) = job.released {
                let times = (start, start.plus(TRANSITION));
                let mut release = special(job, "jobReleaseTask", prepared, times, base, now);
                release.remove("retryCount");
                put(&mut row, "jobReleaseTaskExecutionInfo", release);
            }
            (node.as_ref(), row)
        })
    }
}

/// A preparation or release task on a node; in this simulation it always succeeds.
fn special(
    job: &Job,
    kind: &str,
    node: &Prepared,
    (start, end): (Time, Time),
    base: &str,
    now: Time,
) -> Object {
    let id = child(&job.given, kind)
        .and_then(|task| text(task, "id"))
        .unwrap_or_default();
    let directory = format!("workitems/{}/job-1/{id}", job.id);
    let mut info = object([
        ("startTime", start.to_string().into()),
        ("taskRootDirectory", node.seat.path(&directory).into()),
        (
            "taskRootDirectoryUrl",
            format!("{}/files/{directory}", node.seat.url(base)).into(),
        ),
        ("retryCount", 0.into()),
        ("state", "running".into()),
    ]);
    if now >= end {
        put(&mut info, "state", "completed");
        put_time(&mut info, "endTime", end);
        put(&mut info, "exitCode", 0);
        put(&mut info, "result", "success");
    }
    info
}
