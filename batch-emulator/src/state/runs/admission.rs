//! Validation of a new task beyond its types.
//!
//! Source of each check: the description of the property that it concerns; codes are named there or
//! on "Batch Status and Error Codes".

use serde_json::Value;

use crate::refusal::Refusal;
use crate::refusal::{conflict, exists};
use crate::request::Object;
use crate::state::given;
use crate::state::jobs::Job;
use crate::state::resource::{child, flag, list, number, text};

/// Maximum total length of dependency ids. The service includes some overhead in its count; this
/// simulation counts only the ids.
///
/// Source: description of `TaskDependencies.taskIds`.
const MAX_DEPENDENCY_CHARACTERS: usize = 64_000;

impl Job {
    /// Checks the service's rules for a new task beyond its types.
    ///
    /// Source: descriptions of `JobPreparationTask.id`, `JobReleaseTask.id` and
    /// `CloudTask.requiredSlots`.
    pub(super) fn check_task(&self, body: &Object) -> Result<(), Refusal> {
        let id = text(body, "id").unwrap_or_default();
        let special = [
            ("jobPreparationTask", "TaskIdSameAsJobPreparationTask"),
            ("jobReleaseTask", "TaskIdSameAsJobReleaseTask"),
        ];
        for (name, code) in special {
            let taken = child(&self.given, name).and_then(|task| text(task, "id"));
            if taken.is_some_and(|taken| taken.eq_ignore_ascii_case(id)) {
                return Err(conflict(code, "Another task of the job has this id."));
            }
        }
        if self.tasks.number(id).is_some() {
            return Err(exists("TaskExists", "task"));
        }
        let slots = number(body, "requiredSlots").unwrap_or(1);
        if !(1..=256).contains(&slots) || (slots != 1 && body.contains_key("multiInstanceSettings"))
        {
            let reason = "A task must require 1 to 256 slots, a multi-instance task exactly 1";
            return Err(given::bad_value(
                "requiredSlots",
                &slots.to_string(),
                reason,
            ));
        }
        self.check_dependencies(body)?;
        self.check_exit_conditions(body)
    }

    /// Checks the dependencies of a task against the settings of its job.
    ///
    /// Source: description of `CloudJob.usesTaskDependencies`; "Create task dependencies to run
    /// tasks". Users of the live service report the code `UnsupportedProperty`, and that empty
    /// lists are accepted.
    fn check_dependencies(&self, body: &Object) -> Result<(), Refusal> {
        let Some(dependencies) = child(body, "dependsOn") else {
            return Ok(());
        };
        let empty = ["taskIds", "taskIdRanges"]
            .iter()
            .all(|name| list(dependencies, name).is_empty());
        if !empty && flag(&self.given, "usesTaskDependencies") != Some(true) {
            let message = "The job does not use task dependencies.";
            return Err(Refusal::new(400, "UnsupportedProperty", message)
                .with("PropertyName", "dependsOn")
                .with("Reason", "usesTaskDependencies of the job is not true"));
        }
        let letters: usize = list(dependencies, "taskIds")
            .iter()
            .filter_map(Value::as_str)
            .map(str::len)
            .sum();
        if letters > MAX_DEPENDENCY_CHARACTERS {
            let message = "The total length of the task's dependency ids is too long.";
            return Err(Refusal::new(400, "TaskDependencyListTooLong", message));
        }
        Ok(())
    }

    /// Rejects tasks that react to failures if the job ignores failures.
    ///
    /// Source: description of `ExitOptions.jobAction`: rejected with `InvalidPropertyValue` if the
    /// job ignores failures.
    fn check_exit_conditions(&self, body: &Object) -> Result<(), Refusal> {
        let acts = self.has_value("onTaskFailure", "performexitoptionsjobaction");
        let conditions = child(body, "exitConditions");
        if acts || !conditions.is_some_and(names_job_action) {
            return Ok(());
        }
        let reason = "The job's onTaskFailure is noaction, so a task cannot specify a job action";
        Err(given::bad_value("jobAction", "", reason))
    }
}

fn names_job_action(conditions: &Object) -> bool {
    let in_options = |options: Option<&Object>| {
        options
            .and_then(|options| text(options, "jobAction"))
            .is_some_and(|action| !action.eq_ignore_ascii_case("none"))
    };
    let mapped = ["exitCodes", "exitCodeRanges"].iter().any(|name| {
        let mut mappings = list(conditions, name).iter().filter_map(Value::as_object);
        mappings.any(|mapping| in_options(child(mapping, "exitOptions")))
    });
    let direct = ["default", "preProcessingError", "fileUploadError"];
    mapped
        || direct
            .iter()
            .any(|name| in_options(child(conditions, name)))
}
