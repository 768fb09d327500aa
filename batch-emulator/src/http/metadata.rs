//! The property `odata.metadata`, which is the first property of every JSON object of the service.
//!
//! It names the entity set of a response, followed by `/@Element` for a single element. Most sets
//! have the name of the collection in the path; the exceptions are listed here, as the live service
//! writes them.

use crate::generated::OperationId;
use crate::table::{Operation, Returns};

/// The value in an error response.
const REFUSAL: &str = "Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element";

/// Returns the metadata of a response.
pub(super) fn of_response(operation: &Operation, base: &str) -> String {
    use OperationId as Id;
    let fragment = match operation.action {
        Some(Id::ApplicationGet) => "getapplicationsummaryresponse/@Element".to_owned(),
        Some(Id::ApplicationList) => "listapplicationsummariesresponses".to_owned(),
        Some(Id::ComputeNodeGetRemoteLoginSettings) => entity("RemoteLoginSettings"),
        Some(Id::ComputeNodeUploadBatchServiceLogs) => entity("UploadBatchServiceLogsResult"),
        Some(Id::JobGetTaskCounts) => "taskcountsresult/@Element".to_owned(),
        Some(Id::JobListPreparationAndReleaseTaskStatus) => {
            "jobpreparationandreleasetaskstatuslist".to_owned()
        }
        Some(Id::AccountListPoolNodeCounts) => "poolnodecounts".to_owned(),
        Some(Id::PoolEvaluateAutoScale) => entity("AutoScaleRun"),
        Some(Id::TaskAddCollection) => "taskaddresult".to_owned(),
        Some(Id::TaskListSubtasks) => "subtaskinfo".to_owned(),
        _ => {
            let set = collection(operation);
            match operation.returns {
                Returns::Page { .. } => set.to_owned(),
                _ => format!("{set}/@Element"),
            }
        }
    };
    format!("{base}/$metadata#{fragment}")
}

/// Returns the metadata of an error response.
pub(super) fn of_refusal(base: &str) -> String {
    format!("{base}/$metadata#{REFUSAL}")
}

fn entity(name: &str) -> String {
    format!("Microsoft.Azure.Batch.Protocol.Entities.{name}")
}

/// Returns the last literal segment of the path: `pools`, or `certificates` of `certificates(…`.
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
            let metadata = of_response(operation(id).unwrap(), "http://h");
            assert_eq!(metadata, format!("http://h/$metadata#{fragment}"));
        }
    }
}
