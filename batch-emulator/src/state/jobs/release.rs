//! Job release tasks: at its end, a job runs one on each node that was prepared for it.
//!
//! Source: description of `JobReleaseTask`; "Job preparation and release tasks".

use super::JobState;
use crate::state::State;
use crate::state::events::Event;
use crate::state::nodes::NodeState;
use crate::state::numbers::{JobNumber, NodeKey};
use crate::state::programs::ProgramStatus;
use crate::state::report::{End, Program};

impl State {
    /// Releases the nodes of a job that ends.
    ///
    /// Source: description of `JobReleaseTask`: it runs where the preparation has completed. No
    /// source for nodes that are not up, which are skipped; chosen because nothing can run there.
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
                self.stop(Program::preparation(number, node, attempt));
            }
            let found = self.node(node);
            let up = found.is_some_and(|node| {
                matches!(
                    node.phase.state,
                    NodeState::Idle | NodeState::Running | NodeState::Offline
                )
            });
            let attempt = self.new_generation(number, node);
            let Some(known) = self.prepared_mut(number, node) else {
                continue;
            };
            known.course.cut(now);
            if let (true, Some(attempt)) = (releases && done && up, attempt) {
                known.release = Some(ProgramStatus::new(now));
                self.run(Program::release(number, node, attempt));
            }
        }
    }

    /// Runs releases again that a restart of the node has interrupted.
    ///
    /// Source: description of `JobReleaseTask`: it runs again once the node is up.
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
            self.run(Program::release(number, node, attempt));
        }
    }

    /// Handles the end of a release.
    ///
    /// Source: "Azure Batch job and task errors": a failed release does not prevent the job from
    /// completing.
    pub(crate) fn release_over(&mut self, number: JobNumber, node: NodeKey, end: Option<&End>) {
        let now = self.now;
        let known = self.prepared_mut(number, node);
        if let Some(course) = known.and_then(|known| known.release.as_mut()) {
            course.finish(end, now);
        }
        self.job_released(number);
    }

    /// Ends a job without waiting for its nodes, now or once its end is requested.
    ///
    /// Source: description of the parameter `force` of `Job_Terminate` and `Job_Delete`: the job
    /// ends even if its nodes have not fully processed that. No source for the releases of a job
    /// that is terminated, which still run to their end; chosen because the nodes do process it.
    pub(crate) fn force_job(&mut self, number: JobNumber) {
        if let Some(job) = self.jobs.get_mut(number) {
            job.forced = true;
        }
        self.job_released(number);
    }

    /// Stops the releases of a job that is removed without waiting for them.
    ///
    /// No source; chosen because their results and files are deleted with the job.
    pub(super) fn stop_releases(&mut self, number: JobNumber) {
        let Some(job) = self.job(number) else {
            return;
        };
        let known = job.prepared.values();
        let running = known.filter(|known| known.release.as_ref().is_some_and(ProgramStatus::runs));
        let programs: Vec<Program> = running
            .map(|known| Program::release(number, known.node, known.attempt))
            .collect();
        for program in programs {
            self.stop(program);
        }
    }

    /// Ends a job that has waited for its releases.
    pub(super) fn job_released(&mut self, number: JobNumber) {
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
}
