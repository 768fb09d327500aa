//! The property `odata.metadata`, with which every JSON object of the service begins.
//!
//! It names the set that an answer is of, and for a single element `/@Element` behind it. Most sets
//! have the name of the collection in the path; the others are listed here, as the live service
//! writes them.

use crate::table::{Answer, Operation};

/// The counterpart in a refusal.
const REFUSAL: &str = "Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element";

/// The metadata of an answer.
pub(super) fn of_answer(operation: &Operation, base: &str) -> String {
    let fragment = match operation.id {
        "Application_Get" => "getapplicationsummaryresponse/@Element".to_owned(),
        "Application_List" => "listapplicationsummariesresponses".to_owned(),
        "ComputeNode_GetRemoteLoginSettings" => entity("RemoteLoginSettings"),
        "ComputeNode_UploadBatchServiceLogs" => entity("UploadBatchServiceLogsResult"),
        "Job_GetTaskCounts" => "taskcountsresult/@Element".to_owned(),
        "Job_ListPreparationAndReleaseTaskStatus" => {
            "jobpreparationandreleasetaskstatuslist".to_owned()
        }
        "Account_ListPoolNodeCounts" => "poolnodecounts".to_owned(),
        "Pool_EvaluateAutoScale" => entity("AutoScaleRun"),
        "Task_AddCollection" => "taskaddresult".to_owned(),
        "Task_ListSubtasks" => "subtaskinfo".to_owned(),
        _ => {
            let set = collection(operation);
            match operation.answer {
                Answer::Page { .. } => set.to_owned(),
                _ => format!("{set}/@Element"),
            }
        }
    };
    format!("{base}/$metadata#{fragment}")
}

/// The metadata of a refusal.
pub(super) fn of_refusal(base: &str) -> String {
    format!("{base}/$metadata#{REFUSAL}")
}

fn entity(name: &str) -> String {
    format!("Microsoft.Azure.Batch.Protocol.Entities.{name}")
}

/// The last literal text of the path: `pools`, or `certificates` of `certificates(…`.
fn collection(operation: &Operation) -> &'static str {
    operation
        .path
        .iter()
        .rev()
        .filter_map(|segment| segment.texts.first().copied())
        .find(|text| !text.is_empty())
        .and_then(|text| text.split('(').next())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::operation;

    #[test]
    fn sets_and_elements_are_named() {
        for (id, fragment) in [
            ("Pool_List", "pools"),
            ("Pool_Get", "pools/@Element"),
            ("Certificate_Get", "certificates/@Element"),
            ("ComputeNodeExtension_Get", "extensions/@Element"),
            ("ComputeNode_List", "nodes"),
            ("File_ListFromTask", "files"),
            ("Job_ListFromJobSchedule", "jobs"),
            ("Pool_ListUsageMetrics", "poolusagemetrics"),
            ("Account_ListPoolNodeCounts", "poolnodecounts"),
            ("Task_AddCollection", "taskaddresult"),
        ] {
            let metadata = of_answer(operation(id).unwrap(), "http://h");
            assert_eq!(metadata, format!("http://h/$metadata#{fragment}"));
        }
    }
}
