//! The plan of a job, as the caller describes it.

use std::collections::BTreeMap;
use std::fmt;

#[cfg(feature = "config")]
use batch_client::config::JobType;
use batch_client::models::{AutoPoolSpecification, PoolInformation, TaskAddParameter};

use super::JobManager;
use super::submit::Submit;
use crate::command::Shell;
use crate::files::FileSet;
use crate::group::FileGroup;
use crate::sweep::Range;

pub(super) type Edit = Box<dyn Fn(TaskAddParameter) -> TaskAddParameter + Send + Sync>;

/// Where the tasks of a plan come from.
pub(super) enum Work {
    None,
    Files(FileGroup, FileSet),
    Sweep(Vec<Range>),
    Tasks(Vec<TaskAddParameter>),
}

/// A job that is not submitted yet; see [`JobManager::job`].
///
/// Commands have placeholders:
///
/// | placeholder | value |
/// | --- | --- |
/// | `{filePath}` | path of the task's file below the working directory, as in the set |
/// | `{fileName}` | its last part |
/// | `{fileNameWithoutExtension}` | its last part without the last extension |
/// | `{url}` | its URL in storage, without a signature |
/// | `{0}`, `{1}` … | numbers of a sweep; `{0:3}` fills up to three digits with zeros |
/// | `{quality}` … | the parameter of this name |
/// | `{{`, `}}` | braces |
///
/// A value is one word of the command, whatever characters it has.
#[must_use = "`submit` submits the job"]
pub struct JobPlan {
    pub(super) manager: JobManager,
    pub(super) id: String,
    pub(super) pool: Option<PoolInformation>,
    pub(super) command: Option<(String, Shell)>,
    pub(super) work: Work,
    pub(super) merge: Option<String>,
    pub(super) outputs: Vec<String>,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) identity: Option<String>,
    pub(super) edit: Option<Edit>,
}

impl JobPlan {
    pub(super) fn new(manager: JobManager, id: String) -> Self {
        Self {
            manager,
            id,
            pool: None,
            command: None,
            work: Work::None,
            merge: None,
            outputs: Vec::new(),
            parameters: BTreeMap::new(),
            identity: None,
            edit: None,
        }
    }

    /// Runs the job on an existing pool. The job stays active when its tasks are completed.
    pub fn on_pool(mut self, id: impl Into<String>) -> Self {
        self.pool = Some(PoolInformation::new().with_pool_id(id));
        self
    }

    /// Runs the job on a pool that Batch makes for it. The job ends when its tasks are completed,
    /// so that the pool is deleted; failed tasks of such a job cannot be retried.
    pub fn auto_pool(mut self, spec: AutoPoolSpecification) -> Self {
        self.pool = Some(PoolInformation::new().with_auto_pool_specification(spec));
        self
    }

    /// Sets the command of each task, which `/bin/sh` runs on the node.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some((command.into(), Shell::Sh));
        self
    }

    /// Sets the command line of each task: a program and its arguments, without a shell. On Windows
    /// nodes, it may begin with `cmd /c`.
    pub fn command_line(mut self, command_line: impl Into<String>) -> Self {
        self.command = Some((command_line.into(), Shell::None));
        self
    }

    /// Makes a task for each file, which is uploaded to the group unless it is there, and
    /// downloaded to the task's working directory.
    ///
    /// The id of a task comes from the name of its file, so that the same plan makes the same
    /// tasks.
    pub fn each_file(mut self, group: &FileGroup, files: FileSet) -> Self {
        self.work = Work::Files(group.clone(), files);
        self
    }

    /// Makes a task for each combination of the numbers of these ranges. The ids are `0`, `1` …;
    /// the last range varies fastest.
    ///
    /// ```no_run
    /// use batch_jobs::{JobManager, Range};
    ///
    /// # fn example(manager: JobManager) {
    /// let plan = manager
    ///     .job("turntable")
    ///     .on_pool("render")
    ///     .sweep([Range::new(1, 250), Range::new(0, 315).step(45)])
    ///     .command("render --frame {0:4} --angle {1}");
    /// # }
    /// ```
    pub fn sweep(mut self, ranges: impl IntoIterator<Item = Range>) -> Self {
        self.work = Work::Sweep(ranges.into_iter().collect());
        self
    }

    /// Takes tasks as they are. Outputs and logs are added to them; commands are not expanded.
    pub fn tasks(mut self, tasks: impl IntoIterator<Item = TaskAddParameter>) -> Self {
        self.work = Work::Tasks(tasks.into_iter().collect());
        self
    }

    /// Runs a command, with `/bin/sh`, after all other tasks have succeeded. If the plan has
    /// outputs, they are in the folder `outputs` of this task, as `TASK/$TaskOutput/…`.
    pub fn merge(mut self, command: impl Into<String>) -> Self {
        self.merge = Some(command.into());
        self
    }

    /// Keeps the files of a task that match a pattern when it succeeds; more patterns with more
    /// calls. `*` stands for any characters except `/`, `**` for any folders.
    ///
    /// They go to the job's container ([`Storage::outputs_container`]) as
    /// `TASK/$TaskOutput/…`, those of the merge task as `$JobOutput/…`. Standard output and error
    /// of every task are kept as `TASK/$TaskLog/…` in any case.
    ///
    /// [`Storage::outputs_container`]: crate::Storage::outputs_container
    pub fn outputs(mut self, pattern: impl Into<String>) -> Self {
        self.outputs.push(pattern.into());
        self
    }

    /// Sets a placeholder of the commands: `parameter("quality", 10)` is `{quality}`.
    pub fn parameter(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.parameters.insert(name.into(), value.to_string());
        self
    }

    /// Takes the parameters of a job type of the configuration, except those that are set with
    /// [`parameter`](Self::parameter). Its parameter `pool` is the pool to run on, unless the plan
    /// has one.
    ///
    /// ```no_run
    /// use batch_client::config::Config;
    ///
    /// # fn example(manager: batch_jobs::JobManager) -> Result<(), batch_client::Error> {
    /// let config = Config::load()?;
    /// let mut plan = manager.job("nightly").command("render --frames {frames} {filePath}");
    /// if let Some(render) = config.job_type("render") {
    ///     plan = plan.job_type(render);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "config")]
    #[cfg_attr(docsrs, doc(cfg(feature = "config")))]
    pub fn job_type(mut self, job_type: &JobType) -> Self {
        for (name, value) in job_type.parameters() {
            let parameter = self.parameters.entry(name.to_owned());
            parameter.or_insert_with(|| value.to_owned());
        }
        match job_type.get("pool") {
            Some(pool) if self.pool.is_none() => self.on_pool(pool),
            _ => self,
        }
    }

    /// Gives nodes access to storage by a user-assigned identity of the pool, its resource id,
    /// instead of signatures. Tasks then hold no secret, and wait for as long as they have to.
    pub fn identity(mut self, id: impl Into<String>) -> Self {
        self.identity = Some(id.into());
        self
    }

    /// Sets a function that changes each task before it is sent: its constraints, user, container.
    /// The function has to do the same each time, because a task that differs from the one in the
    /// job is an error.
    pub fn edit_tasks(
        mut self,
        edit: impl Fn(TaskAddParameter) -> TaskAddParameter + Send + Sync + 'static,
    ) -> Self {
        self.edit = Some(Box::new(edit));
        self
    }

    /// Submits the job: checks the plan, uploads files, makes the container of outputs, adds the
    /// job and its tasks. What is there already is left as it is, so the same plan can be
    /// submitted again and again.
    pub fn submit(self) -> Submit {
        Submit::new(self)
    }
}

impl fmt::Debug for JobPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobPlan")
            .field("id", &self.id)
            .field("pool", &self.pool)
            .field("command", &self.command)
            .field("merge", &self.merge)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}
