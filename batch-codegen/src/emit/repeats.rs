//! What it means to send an operation a second time, after the answer to the first was lost: a sentence for its docs.
//!
//! The client does what is said here (`retry` in batch-client); the rules follow from the method, and for POST from
//! what the service's pages say of the operation.

use crate::api::Operation;

/// The sentence; `None` where a repeat changes nothing.
pub(crate) fn sentence(operation: &Operation) -> Option<String> {
    let text = match operation.method.to_ascii_lowercase().as_str() {
        "get" | "head" => return None,
        "delete" => "it succeeds where it finds nothing any more",
        "put" | "patch" => {
            "it sets the same values again; under `if_match` that can fail with 412, as the first try has changed \
             the `ETag`"
        }
        _ => posted(&operation.id)?,
    };
    Some(format!("Tried again after a lost answer, {text}."))
}

fn posted(id: &str) -> Option<&'static str> {
    Some(match id {
        "Pool_EvaluateAutoScale" => return None,
        "Pool_Add" | "Job_Add" | "JobSchedule_Add" | "Task_Add" | "Certificate_Add" => {
            "it succeeds if what exists then is what was sent"
        }
        "Task_AddCollection" => {
            "it answers `TaskExists` for each task that the first try has added, without telling them from tasks \
             that were there before"
        }
        "ComputeNode_AddUser" => {
            "it can fail with `NodeUserExists`, as the service shows no users that could be compared"
        }
        "Pool_Resize" | "Pool_RemoveNodes" => {
            "it can fail with `PoolBeingResized`, as the first try is being carried out"
        }
        "Pool_StopResize" | "Job_Enable" | "JobSchedule_Enable" | "Certificate_CancelDeletion" => {
            "it can fail with a conflict, as the first try has left nothing to do"
        }
        "Pool_EnableAutoScale" => {
            "it sets the same formula and interval again, which the service can refuse within 30 seconds"
        }
        "Pool_DisableAutoScale" => "it changes nothing more",
        "Job_Disable"
        | "Job_Terminate"
        | "JobSchedule_Disable"
        | "JobSchedule_Terminate"
        | "Task_Terminate"
        | "Task_Reactivate"
        | "ComputeNode_EnableScheduling"
        | "ComputeNode_DisableScheduling" => {
            "it succeeds where the state is the wanted one already"
        }
        "ComputeNode_Reboot" | "ComputeNode_Reimage" => {
            "it succeeds while the node is at it, and does it once more where that is over"
        }
        "ComputeNode_UploadBatchServiceLogs" => {
            "the files are uploaded once more, into a folder of their own"
        }
        _ => "it is carried out once more",
    })
}
