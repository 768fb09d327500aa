//! From a plan to its tasks: pure, so that everything is checked before anything is sent.

use std::collections::HashSet;

use batch_client::chrono::{DateTime, Utc};
use batch_client::models::{
    JobAddParameter, MetadataItem, OutputFile, OutputFileBlobContainerDestination,
    OutputFileUploadCondition, ResourceFile, TaskAddParameter, TaskDependencies,
};

use super::check_job;
use super::jobs::SUBMITTED_BY;
use super::plan::{JobPlan, Work};
use crate::command::{Shell, Template, Values, file_values};
use crate::error::{Error, Result};
use crate::names::{check_id, job_container, task_id};
use crate::sweep::Sweep;

/// Largest resource files of a task, in characters of JSON.
const RESOURCES: usize = 32_768;
/// Largest request that adds tasks; one task has to fit.
const TASK: usize = 1024 * 1024;
/// Most characters of the ids on which a task depends.
const DEPENDENCIES: usize = 64_000;
/// Id of the task that runs after the others.
const MERGE: &str = "merge";

/// The job and the tasks of a plan.
pub(super) struct Built {
    pub(super) job: JobAddParameter,
    pub(super) tasks: Vec<TaskAddParameter>,
}

/// Addresses in storage, with signatures or with an identity.
struct Access<'a> {
    plan: &'a JobPlan,
    /// URL of the container of outputs.
    outputs: String,
}

pub(super) fn build(plan: &JobPlan, now: DateTime<Utc>) -> Result<Built> {
    check_job(&plan.id)?;
    let pool = plan.pool.clone().ok_or_else(|| {
        Error::invalid(format!(
            "cannot submit the job `{}`: it has no pool; call `on_pool` or `auto_pool`",
            plan.id
        ))
    })?;
    if let Some(id) = &pool.pool_id {
        check_id("pool", id)?;
    }
    let storage = &plan.manager.storage;
    let container = job_container(&plan.id);
    let outputs = match plan.identity {
        Some(_) => storage.url(&container, None),
        None => storage.signed(&container, "rcwl", now),
    };
    let outputs = outputs.to_string();
    let access = Access { plan, outputs };
    let mut tasks = access.tasks(now)?;
    if tasks.is_empty() {
        return Err(Error::invalid(format!(
            "cannot submit the job `{}`: it has no tasks; check the folder and the pattern of its \
             files",
            plan.id
        )));
    }
    if let Some(command) = &plan.merge {
        tasks.push(access.merge(command, &tasks)?);
    }
    if let Some(edit) = &plan.edit {
        tasks = tasks.into_iter().map(edit).collect();
    }
    check(&tasks)?;
    let mark = MetadataItem::new(SUBMITTED_BY, env!("CARGO_PKG_VERSION"));
    let mut job = JobAddParameter::new(&plan.id, pool).with_metadata(vec![mark]);
    if plan.merge.is_some() {
        job = job.with_uses_task_dependencies(true);
    }
    Ok(Built { job, tasks })
}

impl Access<'_> {
    fn tasks(&self, now: DateTime<Utc>) -> Result<Vec<TaskAddParameter>> {
        let plan = self.plan;
        match &plan.work {
            Work::None => Err(Error::invalid(format!(
                "cannot submit the job `{}`: it has no work; call `each_file`, `sweep` or `tasks`",
                plan.id
            ))),
            Work::Tasks(tasks) => Ok(tasks
                .iter()
                .map(|task| self.with_outputs(task.clone(), &task.id))
                .collect()),
            Work::Sweep(ranges) => {
                let sweep = Sweep::new(ranges.clone())?;
                let template = self.template()?;
                let tasks = (0..sweep.len()).map(|position| {
                    let numbers = sweep.at(position).into_iter().enumerate();
                    let numbers = numbers.map(|(at, value)| (at.to_string(), value.to_string()));
                    let command = self.expand(&template, numbers.collect())?;
                    let id = position.to_string();
                    Ok(self.with_outputs(TaskAddParameter::new(&id, command), &id))
                });
                tasks.collect()
            }
            Work::Files(group, files) => {
                let template = self.template()?;
                let signed = match plan.identity {
                    Some(_) => None,
                    None => Some(group.storage().signed(group.container(), "rl", now)),
                };
                let query = signed.as_ref().and_then(|url| url.query());
                let tasks = files.iter().map(|file| {
                    let mut url = group.storage().url(group.container(), Some(file.name()));
                    let mut values = file_values(file.name());
                    values.insert("url".to_owned(), url.to_string());
                    url.set_query(query);
                    let mut input = ResourceFile::new()
                        .with_http_url(url)
                        .with_file_path(file.name());
                    if let Some(identity) = &plan.identity {
                        input = input.with_identity_reference(&**identity);
                    }
                    let id = task_id(file.name());
                    let task = TaskAddParameter::new(&id, self.expand(&template, values)?)
                        .with_display_name(file.name())
                        .with_resource_files([input]);
                    Ok(self.with_outputs(task, &id))
                });
                tasks.collect()
            }
        }
    }

    fn template(&self) -> Result<Template> {
        let (text, shell) = self.plan.command.as_ref().ok_or_else(|| {
            Error::invalid(format!(
                "cannot submit the job `{}`: it has no command; call `command`",
                self.plan.id
            ))
        })?;
        Template::parse(text, *shell)
    }

    fn expand(&self, template: &Template, mut values: Values) -> Result<String> {
        for (name, value) in &self.plan.parameters {
            if values.insert(name.clone(), value.clone()).is_some() {
                return Err(Error::invalid(format!(
                    "cannot use the parameter `{name}`: a placeholder has this name already; rename \
                     the parameter"
                )));
            }
        }
        template.expand(&values)
    }

    fn merge(&self, command: &str, tasks: &[TaskAddParameter]) -> Result<TaskAddParameter> {
        let template = Template::parse(command, Shell::Sh)?;
        let command = self.expand(&template, Values::new())?;
        let mut merge = TaskAddParameter::new(MERGE, command);
        if !self.plan.outputs.is_empty() {
            let mut inputs = ResourceFile::new()
                .with_storage_container_url(&*self.outputs)
                .with_file_path("outputs");
            if let Some(identity) = &self.plan.identity {
                inputs = inputs.with_identity_reference(&**identity);
            }
            merge = merge.with_resource_files([inputs]);
        }
        let before = if let Work::Sweep(_) = &self.plan.work {
            let last = i32::try_from(tasks.len() - 1);
            TaskDependencies::on_id_range(0, last.expect("a sweep has at most 1,000,000 tasks"))
        } else {
            let ids: Vec<&str> = tasks.iter().map(|task| &*task.id).collect();
            let chars: usize = ids.iter().map(|id| id.len()).sum();
            if chars > DEPENDENCIES {
                return Err(Error::invalid(format!(
                    "cannot merge {} tasks: their ids have {chars} characters, and a task can \
                     depend on {DEPENDENCIES}; merge in a second job, or use fewer files",
                    tasks.len()
                )));
            }
            TaskDependencies::on_ids(ids)
        };
        Ok(self.with_outputs(merge.with_depends_on(before), ""))
    }

    /// Adds the uploads of outputs and logs, in the folders of the .NET file conventions. The
    /// outputs of the merge task, which has no folder, are those of the job.
    fn with_outputs(&self, task: TaskAddParameter, folder: &str) -> TaskAddParameter {
        use OutputFileUploadCondition::{TaskCompletion, TaskSuccess};
        let outputs = match folder {
            "" => "$JobOutput".to_owned(),
            folder => format!("{folder}/$TaskOutput"),
        };
        let logs = format!("{}/$TaskLog", task.id);
        let mut files = task.output_files.clone().unwrap_or_default();
        let patterns = self.plan.outputs.iter();
        files.extend(patterns.map(|pattern| self.output(pattern, &outputs, TaskSuccess)));
        files.push(self.output("../std*.txt", &logs, TaskCompletion));
        task.with_output_files(files)
    }

    fn output(
        &self,
        pattern: &str,
        path: &str,
        condition: OutputFileUploadCondition,
    ) -> OutputFile {
        // Without a wildcard, the path is the name of the blob instead of its folder.
        let path = if pattern.contains(['*', '?', '[']) {
            path.to_owned()
        } else {
            let name = pattern.rsplit('/').next().unwrap_or(pattern);
            format!("{path}/{name}")
        };
        let mut to = OutputFileBlobContainerDestination::new(&*self.outputs).with_path(path);
        if let Some(identity) = &self.plan.identity {
            to = to.with_identity_reference(&**identity);
        }
        OutputFile::new(pattern, to, condition)
    }
}

/// Checks tasks against the limits of the service.
fn check(tasks: &[TaskAddParameter]) -> Result<()> {
    let mut ids = HashSet::new();
    for task in tasks {
        check_id("task", &task.id)?;
        if !ids.insert(task.id.to_lowercase()) {
            return Err(Error::invalid(format!(
                "cannot submit two tasks with the id `{}`; Batch compares ids without case",
                task.id
            )));
        }
        let too_large = |what: &str, len: usize, most: usize| {
            Error::invalid(format!(
                "cannot submit the task `{}`: {what} have {len} characters, more than {most}; put \
                 files into a container instead of listing them",
                task.id
            ))
        };
        let len = task.resource_files.as_ref().map_or(0, json_len);
        if len > RESOURCES {
            return Err(too_large("its resource files", len, RESOURCES));
        }
        let len = json_len(task);
        if len > TASK {
            return Err(too_large("all its properties", len, TASK));
        }
    }
    Ok(())
}

fn json_len(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.chars().count())
}
