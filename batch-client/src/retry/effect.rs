//! What an operation does, as far as a second try of it is concerned.

use crate::codes;
use reqwest::Method;

/// What an operation does to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It changes nothing.
    Read,
    /// It adds one resource, which is there on a second try.
    Add(Kind),
    /// It takes something away, which is gone or going on a second try.
    Delete,
    /// It sets values; a second time the same ones.
    Change,
    /// Nobody knows: the request is the caller's own.
    Unknown,
    /// It does something; these codes say on a second try that it is done.
    Action(&'static [&'static str]),
}

/// A kind of resource that can be added and then read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pool,
    Job,
    JobSchedule,
    Task,
    Certificate,
}

impl Kind {
    /// The code that says that there is one already.
    pub(crate) fn exists_code(self) -> &'static str {
        match self {
            Self::Pool => codes::POOL_EXISTS,
            Self::Job => codes::JOB_EXISTS,
            Self::JobSchedule => codes::JOB_SCHEDULE_EXISTS,
            Self::Task => codes::TASK_EXISTS,
            Self::Certificate => codes::CERTIFICATE_EXISTS,
        }
    }
}

/// What the operation of this id does.
pub(crate) fn effect(operation: &str, method: &Method) -> Effect {
    match *method {
        Method::GET | Method::HEAD => Effect::Read,
        Method::DELETE => Effect::Delete,
        Method::PUT | Method::PATCH => Effect::Change,
        _ => posted(operation),
    }
}

/// What a request that is the caller's own does, by its method alone.
pub(crate) fn effect_of_request(method: &Method) -> Effect {
    match *method {
        Method::GET | Method::HEAD => Effect::Read,
        _ => Effect::Unknown,
    }
}

fn posted(operation: &str) -> Effect {
    match operation {
        "Pool_Add" => Effect::Add(Kind::Pool),
        "Job_Add" => Effect::Add(Kind::Job),
        "JobSchedule_Add" => Effect::Add(Kind::JobSchedule),
        "Task_Add" => Effect::Add(Kind::Task),
        "Certificate_Add" => Effect::Add(Kind::Certificate),
        "Pool_EvaluateAutoScale" => Effect::Read,
        "Job_Terminate" => Effect::Action(&[codes::JOB_BEING_TERMINATED, codes::JOB_COMPLETED]),
        "Job_Disable" => Effect::Action(&[codes::JOB_DISABLED]),
        "JobSchedule_Terminate" => Effect::Action(&[
            codes::JOB_SCHEDULE_BEING_TERMINATED,
            codes::JOB_SCHEDULE_COMPLETED,
        ]),
        "JobSchedule_Disable" => Effect::Action(&[codes::JOB_SCHEDULE_DISABLED]),
        "Task_Terminate" => Effect::Action(&[codes::TASK_COMPLETED]),
        "Task_Reactivate" => Effect::Action(&[codes::TASK_NOT_COMPLETED]),
        "ComputeNode_Reboot" => Effect::Action(&[codes::NODE_BEING_REBOOTED]),
        "ComputeNode_Reimage" => Effect::Action(&[codes::NODE_BEING_REIMAGED]),
        "ComputeNode_EnableScheduling" | "ComputeNode_DisableScheduling" => {
            Effect::Action(&[codes::NODE_ALREADY_IN_TARGET_SCHEDULING_STATE])
        }
        _ => Effect::Action(&[]),
    }
}

/// The codes that say of a deletion on a second try that it is going on.
pub(crate) const GOING: [&str; 4] = [
    codes::POOL_BEING_DELETED,
    codes::JOB_BEING_DELETED,
    codes::JOB_SCHEDULE_BEING_DELETED,
    codes::CERTIFICATE_BEING_DELETED,
];
