//! Jobs: dependencies, preparation and release tasks, exit conditions, schedules, multi-instance
//! tasks.
//!
//! # Tasks that depend on each other
//!
//! ```
//! use batch_client::models::{JobAddParameter, TaskAddParameter, TaskDependencies};
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! let job = JobAddParameter::new("film", "render").with_uses_task_dependencies(true);
//! client.job().add(job).await?;
//!
//! let frames = (1..=10).map(|n| TaskAddParameter::new(format!("frame-{n}"), format!("render
//! {n}"))); client.task().add_all("film", frames).await?; let ids = (1..=10).map(|n|
//! format!("frame-{n}")); let merge = TaskAddParameter::new("merge", "merge frames/*.exr")
//! .with_depends_on(TaskDependencies::on_ids(ids)); client.task().add("film", merge).await?;
//! # Ok(())
//! # }
//! ```
//!
//! - The job has to have `uses_task_dependencies`, and it cannot be set later.
//! - A dependency is satisfied when the other task *succeeds*. If it fails, the dependent task
//!   stays active, unless the other task's [`ExitOptions`](crate::models::ExitOptions) say
//!   `DependencyAction::Satisfy` for that exit code.
//! - The ids of one task's dependencies have at most 64,000 characters together. Ranges
//!   ([`TaskIdRange`](crate::models::TaskIdRange)) are short, but need ids that are numbers without
//!   leading zeros.
//!
//! # Before and after the tasks of a node
//!
//! A *preparation task* runs on a node before its first task of the job, a *release task* after the
//! job ends, on every node where the preparation task has run:
//!
//! ```
//! use batch_client::models::{JobAddParameter, JobPreparationTask, JobReleaseTask};
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! let job = JobAddParameter::new("film", "render")
//!     .with_job_preparation_task(JobPreparationTask::new("mkdir -p scenes"))
//!     .with_job_release_task(JobReleaseTask::new("rm -r scenes"));
//! client.job().add(job).await?;
//!
//! let mut nodes = client.job().list_preparation_and_release_task_status("film").stream();
//! while let Some(node) = nodes.try_next().await? {
//!     let prepared = node.job_preparation_task_execution_info;
//!     println!("{:?}: {:?}", node.node_id, prepared.and_then(|info| info.exit_code));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Release tasks run for at most 15 minutes, or `max_wall_clock_time` if that is less.
//!
//! # What a failure does
//!
//! A task that exits with another code than 0 has failed. It is retried `max_task_retry_count`
//! times (of its constraints, or of the job's; 0 by default). After that:
//!
//! | setting | effect |
//! | --- | --- |
//! | nothing | the job continues |
//! | `on_task_failure: PerformExitOptionsJobAction` on the job | the action in the task's `exit_conditions`, or else the job ends |
//! | `exit_conditions` on the task | by exit code, range of exit codes, pre-processing error, file upload error or default: an action for the job (`None`, `Disable`, `Terminate`) and one for dependent tasks (`Satisfy`, `Block`) |
//! | `on_all_tasks_complete: TerminateJob` on the job | the job ends when all of its tasks are completed, successful or not |
//!
//! Set `on_all_tasks_complete` with an [update](super::editing) after the tasks are added: a job
//! without tasks has completed all of them, so a new one would end at once.
//!
//! # On a schedule
//!
//! A job schedule creates a job at each recurrence, but never while its last job is active:
//!
//! ```
//! use batch_client::TimeSpan;
//! use batch_client::models::{
//!     JobManagerTask, JobScheduleAddParameter, JobSpecification, Schedule,
//! };
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! let hourly = Schedule::every(TimeSpan::from_mins(60));
//! let job = JobSpecification::new("render")
//!     .with_job_manager_task(JobManagerTask::new("manager", "submit-tasks"));
//! client.job_schedule().add(JobScheduleAddParameter::new("reports", hourly, job)).await?;
//!
//! let schedule = client.job_schedule().get("reports").await?;
//! let info = schedule.execution_info.as_ref();
//! println!("next run: {:?}", info.and_then(|info| info.next_run_time));
//! # Ok(())
//! # }
//! ```
//!
//! - Times are UTC. The interval is at least 1 minute; `do_not_run_until` and `do_not_run_after`
//!   bound the schedule.
//! - Let each job end, by its job manager (`kill_job_on_completion`, the default) or by
//!   `on_all_tasks_complete`: otherwise the schedule creates only one.
//! - The jobs are named `<schedule>:job-<n>`; `job().list_from_job_schedule` lists them.
//! - `client.job_schedule().wait(id)` [waits](super::waiting): `next_job()`, `completed()`,
//!   `deleted()`.
//! - `disable` pauses it, `enable` resumes it, `terminate` ends it; `delete` deletes its jobs, too.
//!
//! # On several nodes at once
//!
//! A multi-instance task runs one coordination command on several nodes, and then its own command
//! on one of them, with the addresses of all in its environment, as MPI programs need it:
//!
//! ```
//! use batch_client::models::{MultiInstanceSettings, TaskAddParameter};
//!
//! let settings = MultiInstanceSettings::new("start-daemon").with_number_of_instances(3);
//! let solve = TaskAddParameter::new("solve", "mpirun -np 3 -host $AZ_BATCH_HOST_LIST ./solver")
//!     .with_multi_instance_settings(settings);
//! # assert!(solve.multi_instance_settings.is_some());
//! ```
//!
//! The pool needs `enable_inter_node_communication`, and one task slot per node. The coordination
//! command must return: start servers in the background. `task().list_subtasks` lists the instances
//! other than the primary one.
