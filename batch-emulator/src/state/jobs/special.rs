//! Job preparation and release tasks: they run on each node that the job's tasks run on, before and after them.
//!
//! A node is prepared when the first task of the job comes to it. If that fails for good, the job's tasks go elsewhere,
//! unless the job does not wait for it. When the job ends, each node that was prepared is released.

use super::{Job, JobState};
use crate::request::Object;
use crate::state::State;
use crate::state::events::Event;
use crate::state::nodes::{After, NodeState};
use crate::state::numbers::{JobNumber, NodeKey, TaskKey};
use crate::state::programs::{Course, most_retries, tries_again};
use crate::state::report::{End, Program};
use crate::state::resource::{child, flag, object, put, text};
use crate::state::tasks::{Seat, TaskState};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A node on which the job preparation task has begun.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) seat: Arc<Seat>,
    pub(crate) node: NodeKey,
    /// Counts the courses, so that what is said of former ones is known as stale.
    pub(crate) attempt: u32,
    pub(crate) course: Course,
    pub(crate) release: Option<Course>,
    /// Whether the release waits for the node to be up again.
    postponed: bool,
}

impl Job {
    fn preparation(&self) -> Option<&Object> {
        child(&self.given, "jobPreparationTask")
    }

    /// Whether its tasks wait until their node is prepared.
    fn waits_for_preparation(&self) -> bool {
        self.preparation()
            .is_some_and(|task| flag(task, "waitForSuccess") != Some(false))
    }

    /// Whether its tasks cannot run on a node, because it could not be prepared.
    pub(crate) fn shuns(&self, node: &str) -> bool {
        let failed = |prepared: &Prepared| !prepared.course.runs() && !prepared.course.succeeded();
        !self.prepared.is_empty()
            && self.waits_for_preparation()
            && self.prepared.get(node).is_some_and(failed)
    }

    /// Whether a task on this node has to wait for its preparation.
    pub(crate) fn prepares(&self, node: &str) -> bool {
        let runs = |prepared: &Prepared| prepared.course.runs();
        self.waits_for_preparation() && self.prepared.get(node).is_some_and(runs)
    }

    pub(crate) fn releasing(&self) -> bool {
        let mut releases = self.prepared.values().filter_map(|p| p.release.as_ref());
        releases.any(Course::runs)
    }

    fn special_id(&self, kind: &str) -> &str {
        child(&self.given, kind)
            .and_then(|task| text(task, "id"))
            .unwrap_or_default()
    }

    /// The directory of its preparation or release task on a node.
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

    fn prepared_mut(&mut self, job: JobNumber, node: NodeKey) -> Option<&mut Prepared> {
        let seat = self.node(node)?.seat.clone();
        self.jobs.get_mut(job)?.prepared.get_mut(&seat.node_id)
    }

    /// Begins to prepare a node for a job, where that is asked for and has not begun.
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
            course: Course::new(now),
            release: None,
            postponed: false,
        };
        job.prepared.insert(seat.node_id.clone(), prepared);
        self.run(preparation(number, node, attempt));
    }

    /// Puts the course of a prepared node's programs on a new number.
    fn new_course(&mut self, number: JobNumber, node: NodeKey) -> Option<u32> {
        let job = self.jobs.get_mut(number)?;
        job.courses += 1;
        let attempt = job.courses;
        self.prepared_mut(number, node)?.attempt = attempt;
        Some(attempt)
    }

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
            if let Some(attempt) = self.new_course(number, node) {
                self.run_again(preparation(number, node, attempt));
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
            self.job_rests(number);
            self.dispatch_job(number);
        }
    }

    /// Tasks of the job that wait on the node for its preparation.
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

    /// Begins a task, or lets it wait while one of its nodes is still being prepared.
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

    /// What becomes of preparations and releases on a node that goes or starts anew.
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
            self.stop(preparation(number, node, attempt));
            self.stop(release(number, node, attempt));
            let rerun = self.job(number).and_then(Job::preparation);
            let rerun =
                rerun.is_none_or(|task| flag(task, "rerunOnNodeRebootAfterSuccess") != Some(false));
            let open = self.job(number).is_some_and(|job| job.open().is_ok());
            self.new_course(number, node);
            let Some(prepared) = self.prepared_mut(number, node) else {
                continue;
            };
            let stays = after == After::Reboot && prepared.course.succeeded() && !rerun;
            let releases = prepared.release.as_ref().is_some_and(Course::runs);
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

    /// Releases the nodes of a job that ends.
    pub(crate) fn release_nodes(&mut self, number: JobNumber) {
        let now = self.now;
        let Some(job) = self.job(number) else {
            return;
        };
        let releases = job.given.contains_key("jobReleaseTask");
        let nodes: Vec<NodeKey> = job.prepared.values().map(|known| known.node).collect();
        for node in nodes {
            let Some(known) = self.prepared(number, node) else {
                continue;
            };
            let (runs, attempt) = (known.course.runs(), known.attempt);
            let done = known.course.succeeded();
            if runs {
                self.stop(preparation(number, node, attempt));
            }
            let found = self.node(node);
            let up = found.is_some_and(|node| {
                matches!(
                    node.phase.state,
                    NodeState::Idle | NodeState::Running | NodeState::Offline
                )
            });
            let attempt = self.new_course(number, node);
            let Some(known) = self.prepared_mut(number, node) else {
                continue;
            };
            known.course.cut(now);
            if let (true, Some(attempt)) = (releases && done && up, attempt) {
                known.release = Some(Course::new(now));
                self.run(release(number, node, attempt));
            }
        }
    }

    /// Runs the releases again that a restart of the node has cut off.
    pub(crate) fn resume_releases(&mut self, node: NodeKey) {
        let now = self.now;
        let jobs: Vec<JobNumber> = self.jobs.iter().map(|(number, _)| number).collect();
        for number in jobs {
            let Some(known) = self.prepared_mut(number, node) else {
                continue;
            };
            if !std::mem::take(&mut known.postponed) {
                continue;
            }
            if let Some(course) = &mut known.release {
                course.start = now;
            }
            let attempt = known.attempt;
            self.run(release(number, node, attempt));
        }
    }

    pub(crate) fn release_over(&mut self, number: JobNumber, node: NodeKey, end: Option<&End>) {
        let now = self.now;
        let known = self.prepared_mut(number, node);
        if let Some(course) = known.and_then(|known| known.release.as_mut()) {
            course.finish(end, now);
        }
        self.job_released(number);
    }

    /// Lets a job end that has waited for its releases.
    fn job_released(&mut self, number: JobNumber) {
        let Some(job) = self.job(number) else {
            return;
        };
        let ends = job.phase.is(JobState::Terminating) || job.phase.is(JobState::Deleting);
        if ends && !job.releasing() {
            let event = Event::JobNext {
                job: number,
                epoch: job.epoch,
            };
            self.events.at(self.now, event);
        }
    }

    /// How preparation and release fared on each node, in the order of node ids.
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

fn preparation(job: JobNumber, NodeKey { pool, node }: NodeKey, attempt: u32) -> Program {
    Program::Preparation {
        job,
        pool,
        node,
        attempt,
    }
}

fn release(job: JobNumber, NodeKey { pool, node }: NodeKey, attempt: u32) -> Program {
    Program::Release {
        job,
        pool,
        node,
        attempt,
    }
}

fn special(job: &Job, kind: &str, seat: &Seat, course: &Course, base: &str) -> Object {
    let directory = job.special_directory(kind);
    let mut info = course.object();
    put(&mut info, "taskRootDirectory", seat.path(&directory));
    let url = format!("{}/files/{directory}", seat.url(base));
    put(&mut info, "taskRootDirectoryUrl", url);
    info
}
