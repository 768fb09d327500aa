//! The state of the service: a simulation of a Batch account in virtual time.
//!
//! `service` calls the state after a request has passed all checks; the state does not know HTTP.
//! Every access starts with [`State::advance`], which processes the events that are due, so nothing
//! runs in the background and a test can control the time.
//!
//! There are two kinds of inputs: operations, and reports of what happened outside ([`report`]).
//! The state requests actions outside by orders ([`orders`]). So it can be rebuilt by replaying its
//! inputs in order.
//!
//! The simulation covers nodes that come up, run tasks in slots and leave. A program is a duration
//! and an exit code (see [`tasks::Simulated`]) with derived files, unless it is executed outside
//! (see [`programs`]). The load of nodes, for autoscale formulas, follows from the tasks on them
//! (see `pools::metrics`).
//!
//! # Sources of the rules
//!
//! Each rule names its source after "Source:". A *description* is that of an operation or a
//! property in `spec/BatchService.json`; *recorded* is an exchange with the live service, named by
//! its operation; a title is that of a page on Microsoft Learn:
//!
//! - "Nodes and pools in Azure Batch": <https://learn.microsoft.com/azure/batch/nodes-and-pools>
//! - "Jobs and tasks in Azure Batch": <https://learn.microsoft.com/azure/batch/jobs-and-tasks>
//! - "Files and directories in Azure Batch":
//!   <https://learn.microsoft.com/azure/batch/files-and-directories>
//! - "Create a formula to automatically scale compute nodes":
//!   <https://learn.microsoft.com/azure/batch/batch-automatic-scaling>
//! - "Create task dependencies to run tasks":
//!   <https://learn.microsoft.com/azure/batch/batch-task-dependencies>
//! - "Job preparation and release tasks":
//!   <https://learn.microsoft.com/azure/batch/batch-job-prep-release>
//! - "Use multi-instance tasks": <https://learn.microsoft.com/azure/batch/batch-mpi>
//! - "Run tasks concurrently": <https://learn.microsoft.com/azure/batch/batch-parallel-node-tasks>
//! - "Azure Batch runtime environment variables":
//!   <https://learn.microsoft.com/azure/batch/batch-compute-node-environment-variables>
//! - "Error handling and detection": <https://learn.microsoft.com/azure/batch/error-handling>
//! - "Azure Batch job and task errors":
//!   <https://learn.microsoft.com/azure/batch/batch-job-task-error-checking>
//! - "Batch Status and Error Codes":
//!   <https://learn.microsoft.com/rest/api/batchservice/batch-status-and-error-codes>
//!
//! "No source" marks a choice of this project and gives its reason. Error codes and their statuses
//! have no individual sources: all of them come from "Batch Status and Error Codes", as recorded in
//! `spec/error-codes.json`.

pub(crate) mod account;
pub(crate) mod catalog;
pub(crate) mod certificates;
pub(crate) mod clock;
pub(crate) mod deleted;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod filled;
pub(crate) mod given;
pub(crate) mod incidents;
pub(crate) mod jobs;
pub(crate) mod nodes;
pub(crate) mod numbers;
pub(crate) mod orders;
pub(crate) mod pools;
pub(crate) mod programs;
pub(crate) mod report;
pub(crate) mod resource;
mod runs;
pub(crate) mod scenario;
mod scheduler;
pub(crate) mod schedules;
mod snapshot;
pub(crate) mod tasks;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::chance;
use crate::config::{Application, Config};
use crate::scenario::Scenario;
use crate::time::{Span, Time};
use catalog::Catalog;
use certificates::Certificate;
use deleted::Deleted;
use events::{Event, Events};
use incidents::Incidents;
use jobs::Job;
use nodes::Node;
use numbers::{CertificateNumber, JobNumber, NodeKey, PoolNumber, ScheduleNumber, TaskKey};
use orders::Order;
use pools::Pool;
use scenario::Progress;
use scheduler::Waiting;
use schedules::Schedule;
use tasks::Task;

/// Time that a job, a job schedule or a certificate takes to change its state.
///
/// No source; chosen because the live service takes from a second to minutes, and a test should see
/// the intermediate state without waiting for it.
pub(crate) const TRANSITION: Span = Span::seconds(1);

/// Settings of the simulation from the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) account: String,
    pub(crate) task_duration: Span,
    pub(crate) node_start: Span,
    pub(crate) applications: Vec<Application>,
    /// True if programs really run outside the state, which then receives reports of their ends.
    pub(crate) execute: bool,
    pub(crate) scenario: Scenario,
}

impl Settings {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            account: config.account.clone(),
            task_duration: config.task_duration.into(),
            node_start: config.node_start.into(),
            applications: config.applications.clone(),
            execute: config.execute,
            scenario: config.scenario.clone(),
        }
    }
}

/// A Batch account.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) now: Time,
    pub(crate) pools: Catalog<PoolNumber, Pool>,
    pub(crate) jobs: Catalog<JobNumber, Job>,
    pub(crate) schedules: Catalog<ScheduleNumber, Schedule>,
    pub(crate) certificates: Catalog<CertificateNumber, Certificate>,
    pub(crate) waiting: Waiting,
    pub(crate) events: Events,
    /// Effects of the scenario's rules so far.
    pub(crate) progress: Progress,
    /// Totals of deleted jobs; data folders of earlier builds have none.
    #[serde(default)]
    pub(crate) deleted: Deleted,
    /// Failures of nodes and resizes; data folders of earlier builds have none.
    #[serde(default)]
    pub(crate) incidents: Incidents,
    /// Orders for actions outside that have not been handed over.
    #[serde(skip)]
    pub(super) orders: Vec<Order>,
    last_stamp: Time,
    seed: u64,
}

impl State {
    pub(crate) fn new(settings: Settings, now: Time) -> Self {
        let mut state = Self {
            settings,
            now,
            pools: Catalog::default(),
            jobs: Catalog::default(),
            schedules: Catalog::default(),
            certificates: Catalog::default(),
            waiting: Waiting::default(),
            events: Events::default(),
            progress: Progress::default(),
            deleted: Deleted::default(),
            incidents: Incidents::default(),
            orders: Vec::new(),
            last_stamp: now,
            seed: now.ticks().unsigned_abs(),
        };
        state.start_scenario();
        state
    }

    /// Returns the job with this number, unless it is gone.
    pub(crate) fn job(&self, number: JobNumber) -> Option<&Job> {
        self.jobs.get(number)
    }

    /// Returns the task with this key, unless it or its job is gone.
    pub(crate) fn task(&self, key: TaskKey) -> Option<&Task> {
        self.job(key.job)?.tasks.get(key.task)
    }

    /// Returns the pool with this number, unless it is gone.
    pub(crate) fn pool(&self, number: PoolNumber) -> Option<&Pool> {
        self.pools.get(number)
    }

    /// Returns the node with this key, unless it or its pool is gone.
    pub(crate) fn node(&self, key: NodeKey) -> Option<&Node> {
        self.pool(key.pool)?.nodes.get(key.node)
    }

    /// Returns the node with this key mutably.
    pub(crate) fn node_mut(&mut self, key: NodeKey) -> Option<&mut Node> {
        self.pools.get_mut(key.pool)?.nodes.get_mut(key.node)
    }

    /// Returns the job schedule with this number, unless it is gone.
    pub(crate) fn schedule(&self, number: ScheduleNumber) -> Option<&Schedule> {
        self.schedules.get(number)
    }

    /// Processes the events that are due until now, each at its own time.
    pub(crate) fn advance(&mut self, now: Time) {
        while let Some((time, event)) = self.events.due(now) {
            self.now = self.now.max(time);
            self.process(event);
        }
        self.now = self.now.max(now);
    }

    /// Takes the orders for actions outside.
    pub(crate) fn take_orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    fn process(&mut self, event: Event) {
        match event {
            Event::PoolAllocated { pool, epoch } => self.pool_allocated(pool, epoch),
            Event::PoolSettled { pool, epoch } => self.pool_settled(pool, epoch),
            Event::PoolGone { pool } => self.pool_gone(pool),
            Event::PoolScale { pool, epoch } => self.pool_scale(pool, epoch),
            Event::PoolSample { pool, epoch } => self.pool_sample(pool, epoch),
            Event::NodeNext { pool, node, epoch } => self.node_next(NodeKey { pool, node }, epoch),
            Event::NodeLost {
                pool,
                node,
                rule,
                generation,
            } => self.node_lost(NodeKey { pool, node }, rule, generation),
            Event::Program(program) => self.program_due(program),
            Event::Retry(program) => self.retry(program),
            Event::Retention { job, task, attempt } => {
                self.retention_over(TaskKey { job, task }, attempt);
            }
            Event::JobNext { job, epoch } => self.job_next(job, epoch),
            Event::JobExpired { job } => self.job_expired(job),
            Event::JobIdle { job } => self.job_idle(job),
            Event::ScheduleNext { schedule, epoch } => self.schedule_next(schedule, epoch),
            Event::CertificateNext { certificate, epoch } => {
                self.certificate_next(certificate, epoch);
            }
        }
    }

    /// Returns the time of a change: now, or the first later tick that no other change has.
    ///
    /// Source: recorded, `Pool_Get` among others: an `ETag` is the time of the last change, so two
    /// changes cannot share a time.
    fn stamp(&mut self) -> Time {
        self.last_stamp = self.now.max(self.last_stamp.plus(Span(1)));
        self.last_stamp
    }

    /// Returns the time that a node or a resize spends in each of its states.
    ///
    /// No source; chosen because live nodes take minutes, which a test cannot wait for.
    /// `Config::node_start` sets it.
    fn step(&self) -> Span {
        self.settings.node_start
    }

    /// Returns a random-looking id in the format of a GUID; replayed inputs yield the same id.
    ///
    /// Source: description of `AutoPoolSpecification.autoPoolIdPrefix`, and recorded,
    /// `ComputeNode_UploadBatchServiceLogs`: the directory of a node's logs ends with a GUID. No
    /// source for capital letters; chosen because ids ignore case.
    pub(crate) fn unique_id(&mut self) -> String {
        let halves = (chance::next(&mut self.seed), chance::next(&mut self.seed));
        format!("{:X}", Uuid::from_u64_pair(halves.0, halves.1))
    }
}
