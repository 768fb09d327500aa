//! Job preparation and release tasks: they run on each node that runs tasks of the job, before and
//! after these tasks.
//!
//! A node is prepared when the first task of the job is assigned to it. If that finally fails, the
//! job's tasks avoid the node, unless the job does not wait for the preparation. When the job ends,
//! each prepared node is released: see `release`.
//!
//! Source: descriptions of `JobPreparationTask` and `JobReleaseTask`; "Job preparation and release
//! tasks".

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Job;
use crate::request::Object;
use crate::state::State;
use crate::state::nodes::After;
use crate::state::numbers::{JobNumber, NodeKey, TaskKey};
use crate::state::programs::{ProgramStatus, most_retries, tries_again};
use crate::state::report::{End, Program};
use crate::state::resource::{child, flag, object, put, text};
use crate::state::tasks::{Seat, TaskState};

/// A node on which the job preparation task has started.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) seat: Arc<Seat>,
    pub(crate) node: NodeKey,
    /// Generation, so that reports about earlier runs are recognized as stale.
    pub(crate) attempt: u32,
    pub(crate) course: ProgramStatus,
    pub(crate) release: Option<ProgramStatus>,
    /// True if the release waits until the node is up again.
    pub(super) postponed: bool,
}

impl Job {
    fn preparation(&self) -> Option<&Object> {
        child(&self.given, "jobPreparationTask")
    }

    /// Returns true if its tasks wait until their node is prepared.
    fn waits_for_preparation(&self) -> bool {
        self.preparation()
            .is_some_and(|task| flag(task, "waitForSuccess") != Some(false))
    }

    /// Returns true if its tasks cannot run on a node because its preparation failed.
    ///
    /// Source: description of `JobPreparationTask.waitForSuccess`: the node receives no tasks of
    /// this job and remains available to others.
    pub(crate) fn avoids(&self, node: &str) -> bool {
        let failed = |prepared: &Prepared| !prepared.course.runs() && !prepared.course.succeeded();
        !self.prepared.is_empty()
            && self.waits_for_preparation()
            && self.prepared.get(node).is_some_and(failed)
    }

    /// Returns true if a task on this node has to wait for its preparation.
    ///
    /// Source: description of the task state `preparing`.
    pub(crate) fn prepares(&self, node: &str) -> bool {
        let runs = |prepared: &Prepared| prepared.course.runs();
        self.waits_for_preparation() && self.prepared.get(node).is_some_and(runs)
    }

    /// Returns true while its end waits for one of its releases.
    ///
    /// Source: description of `Job_Terminate`: the job is completed after its releases.
    pub(crate) fn releasing(&self) -> bool {
        let mut releases = self.prepared.values().filter_map(|p| p.release.as_ref());
        !self.forced && releases.any(ProgramStatus::runs)
    }

    fn special_id(&self, kind: &str) -> &str {
        child(&self.given, kind)
            .and_then(|task| text(task, "id"))
            .unwrap_or_default()
    }

    /// Returns the directory of its preparation or release task on a node.
    ///
    /// Source: recorded, `Job_ListPreparationAndReleaseTaskStatus`.
    pub(crate) fn special_directory(&self, kind: &str) -> String {
        format!("workitems/{}/job-1/{}", self.id, self.special_id(kind))
    }
}

impl State {
    pub(crate) fn prepared(&self, job: JobNumber, node: NodeKey) -> Option<&Prepared> {
        let seat = &self.node(node)?.seat;
        let prepared = self.job(job)?.prepared.get(&seat.node_id)?;
        (prepared.node == node).then_some(prepared)
    }

    pub(super) fn prepared_mut(&mut self, job: JobNumber, node: NodeKey) -> Option<&mut Prepared> {
        let seat = self.node(node)?.seat.clone();
        self.jobs.get_mut(job)?.prepared.get_mut(&seat.node_id)
    }

    /// Starts preparing a node for a job, if required and not already started.
    ///
    /// Source: description of `JobPreparationTask`: once per node, before all other tasks of the
    /// job.
    pub(crate) fn prepare_node(&mut self, number: JobNumber, node: NodeKey, seat: &Arc<Seat>) {
        let now = self.now;
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        if job.preparation().is_none() || job.prepared.contains_key(&seat.node_id) {
            return;
        }
        job.courses += 1;
        let attempt = job.courses;
        let prepared = Prepared {
            seat: seat.clone(),
            node,
            attempt,
            course: ProgramStatus::new(now),
            release: None,
            postponed: false,
        };
        job.prepared.insert(seat.node_id.clone(), prepared);
        self.run(Program::preparation(number, node, attempt));
    }

    /// Starts a new generation of a prepared node's programs.
    pub(super) fn new_generation(&mut self, number: JobNumber, node: NodeKey) -> Option<u32> {
        let job = self.jobs.get_mut(number)?;
        job.courses += 1;
        let attempt = job.courses;
        self.prepared_mut(number, node)?.attempt = attempt;
        Some(attempt)
    }

    /// Handles the end of an attempt to prepare a node.
    ///
    /// Source: descriptions of `JobPreparationTask.constraints` and
    /// `JobPreparationTask.waitForSuccess`.
    pub(crate) fn preparation_over(&mut self, number: JobNumber, node: NodeKey, end: Option<&End>) {
        let now = self.now;
        let constraints = self
            .job(number)
            .and_then(Job::preparation)
            .and_then(|task| child(task, "constraints"));
        let most = most_retries(constraints);
        let Some(prepared) = self.prepared_mut(number, node) else {
            return;
        };
        if tries_again(end, prepared.course.retries, most) {
            prepared.course.again(now);
            if let Some(attempt) = self.new_generation(number, node) {
                self.run_again(Program::preparation(number, node, attempt));
            }
            return;
        }
        prepared.course.finish(end, now);
        let good = prepared.course.succeeded();
        for task in self.preparing_tasks(number, node) {
            if good {
                self.prepare_task(task);
            } else {
                self.put_back(task, |_| {});
            }
        }
        if !good {
            self.continue_after_tasks(number);
            self.dispatch_job(number);
        }
    }

    /// Returns the tasks of the job that wait for the preparation of the node.
    fn preparing_tasks(&self, number: JobNumber, node: NodeKey) -> Vec<TaskKey> {
        let Some(node) = self.node(node) else {
            return Vec::new();
        };
        let own = node.tasks.iter().filter(|(task, _)| task.job == number);
        let preparing = |task: &TaskKey| {
            let task = self.task(*task);
            task.is_some_and(|task| task.phase.is(TaskState::Preparing))
        };
        own.map(|(task, _)| *task).filter(preparing).collect()
    }

    /// Starts a task, or keeps it waiting while one of its nodes is still being prepared.
    ///
    /// Source: description of the task state `preparing`.
    pub(crate) fn prepare_task(&mut self, key: TaskKey) {
        let now = self.now;
        let seats = self.seats_of(key);
        let Some(job) = self.jobs.get_mut(key.job) else {
            return;
        };
        if seats.iter().any(|seat| job.prepares(&seat.node_id)) {
            job.change(key.task, |task| task.phase.enter(TaskState::Preparing, now));
        } else {
            self.begin_task(key);
        }
    }

    /// Updates preparations and releases on a node that is removed or restarts.
    ///
    /// Source: description of `JobPreparationTask.rerunOnNodeRebootAfterSuccess`: after a reimage,
    /// or if it did not complete, the preparation runs again regardless of this property.
    /// Description of `JobReleaseTask`: a reimaged node is skipped unless it was prepared again,
    /// and a release that a reboot interrupts runs again.
    pub(crate) fn unprepare_node(&mut self, node: NodeKey, after: After) {
        if after == After::Offline {
            return;
        }
        let now = self.now;
        let jobs: Vec<JobNumber> = self.jobs.iter().map(|(number, _)| number).collect();
        for number in jobs {
            let Some(attempt) = self.prepared(number, node).map(|known| known.attempt) else {
                continue;
            };
            self.stop(Program::preparation(number, node, attempt));
            self.stop(Program::release(number, node, attempt));
            let rerun = self.job(number).and_then(Job::preparation);
            let rerun =
                rerun.is_none_or(|task| flag(task, "rerunOnNodeRebootAfterSuccess") != Some(false));
            let open = self.job(number).is_some_and(|job| job.open().is_ok());
            self.new_generation(number, node);
            let Some(prepared) = self.prepared_mut(number, node) else {
                continue;
            };
            let stays = after == After::Reboot && prepared.course.succeeded() && !rerun;
            let releases = prepared.release.as_ref().is_some_and(ProgramStatus::runs);
            if after == After::Reboot && releases {
                prepared.postponed = true;
            } else if after == After::Leave || !open {
                prepared.course.cut(now);
                prepared
                    .release
                    .iter_mut()
                    .for_each(|course| course.cut(now));
            } else if !stays {
                let id = prepared.seat.node_id.clone();
                if let Some(job) = self.jobs.get_mut(number) {
                    job.prepared.remove(&id);
                }
            }
            self.job_released(number);
        }
    }

    /// Returns the status of preparation and release per node, in the order of node ids.
    ///
    /// Source: recorded, `Job_ListPreparationAndReleaseTaskStatus`;
    /// `JobReleaseTaskExecutionInformation` has no retry count.
    pub(crate) fn preparations<'a>(
        job: &'a Job,
        base: &'a str,
    ) -> impl Iterator<Item = (&'a str, Object)> + use<'a> {
        job.prepared.iter().map(move |(node, prepared)| {
            let seat = &prepared.seat;
            let mut row = object([
                ("poolId", seat.pool_id.as_ref().into()),
                ("nodeId", node.as_ref().into()),
                ("nodeUrl", seat.url(base).into()),
            ]);
            let info = special(job, "jobPreparationTask", seat, &prepared.course, base);
            put(&mut row, "jobPreparationTaskExecutionInfo", info);
            if let Some(course) = &prepared.release {
                let mut info = special(job, "jobReleaseTask", seat, course, base);
                info.remove("retryCount");
                put(&mut row, "jobReleaseTaskExecutionInfo", info);
            }
            (node.as_ref(), row)
        })
    }
}

fn special(job: &Job, kind: &str, seat: &Seat, course: &ProgramStatus, base: &str) -> Object {
    let directory = job.special_directory(kind);
    let mut info = course.object();
    put(&mut info, "taskRootDirectory", seat.path(&directory));
    let url = format!("{}/files/{directory}", seat.url(base));
    put(&mut info, "taskRootDirectoryUrl", url);
    info
}
